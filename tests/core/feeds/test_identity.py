"""An entry is known if any of its keys is. Each test here is a way in which readers double or lose posts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.feeds.identity import canonical_link, content_hash, keys
from watchdog_bot.core.model import EntryKeys, ParsedEntry


def entry(guid: str | None = None, link: str | None = None, title: str = "A title") -> ParsedEntry:
    return ParsedEntry(id=guid, link=link, title=title)


def flat(found: EntryKeys) -> set[bytes]:
    return {*found.local, *found.shared}


def same(one: ParsedEntry, other: ParsedEntry) -> bool:
    """Whether `other`, in a later document, is known as `one`."""
    return bool(flat(keys([one])[0]) & flat(keys([other])[0]))


def test_a_key_is_128_bits_and_never_32() -> None:
    for each in flat(keys([entry("g", "https://a.example/x")])[0]):
        assert len(each) == 16


def test_an_edited_headline_or_date_is_the_same_post() -> None:
    one = entry("g1", "https://a.example/x")
    later = replace(one, title="Another title", published=datetime(2026, 5, 5, tzinfo=UTC))
    assert same(one, later)


def test_a_changed_guid_with_the_same_link_is_the_same_post() -> None:
    assert same(entry("g1", "https://a.example/x"), entry("g2", "https://a.example/x?utm_source=rss"))


def test_a_move_to_https_or_to_another_host_keeps_every_guid() -> None:
    old = entry("http://old.example/2026/05/story/", "http://old.example/2026/05/story/")
    assert same(old, entry("https://old.example/2026/05/story/", "https://old.example/2026/05/story/"))
    assert same(old, entry("https://new.example/2026/05/story", "https://new.example/2026/05/story"))
    assert same(entry("http://old.example/?p=12"), entry("https://www.new.example/?p=12"))


def test_posts_of_two_blogs_in_one_feed_are_not_mistaken_for_each_other() -> None:
    found = keys(
        [
            entry("http://a.example/?p=12", "http://a.example/x"),
            entry("http://b.example/?p=12", "http://b.example/x"),
        ]
    )
    assert not flat(found[0]) & flat(found[1])


def test_entries_whose_guids_are_all_alike_are_all_kept() -> None:
    found = keys([entry("0", f"https://a.example/{number}", f"Title {number}") for number in range(10)])
    assert len({each.local for each in found}) == 10
    assert all(not flat(one) & flat(other) for at, one in enumerate(found) for other in found[at + 1 :])


def test_a_guid_that_repeats_later_is_still_the_post_it_was() -> None:
    one, other = entry("0", "https://a.example/1", "One"), entry("0", "https://a.example/2", "Two")
    alone = flat(keys([one])[0])
    together = keys([other, one])
    assert alone & flat(together[1])
    assert not alone & flat(together[0])


def test_without_a_guid_the_link_counts_and_without_a_link_title_and_date() -> None:
    assert same(entry(None, "https://a.example/x", "One"), entry(None, "https://a.example/x", "Edited"))
    moment = datetime(2026, 5, 5, tzinfo=UTC)
    bare = replace(entry(title="One"), published=moment)
    assert same(bare, bare)
    assert not same(bare, replace(bare, title="Two"))
    assert not same(bare, replace(bare, published=datetime(2026, 5, 6, tzinfo=UTC)))
    undated = replace(entry(title="One"), summary="text")
    assert same(undated, undated)
    assert not same(undated, replace(undated, summary="other text"))


def test_posts_that_all_link_to_the_front_page_are_all_kept() -> None:
    found = keys([entry(None, "https://a.example/", title) for title in ("One", "Two", "Three")])
    assert len(set(map(frozenset, map(flat, found)))) == 3
    assert not same(entry("g1", "https://a.example"), entry("g2", "https://a.example/"))


def test_a_link_or_guid_that_cannot_be_read_is_still_an_identity() -> None:
    odd = entry("http://[x", "http://[y", "One")
    assert same(odd, odd)
    assert not same(entry(None, "http://[y", "One"), entry(None, "http://[y", "Two"))


def test_posts_that_share_a_page_but_not_a_title_are_all_kept() -> None:
    found = keys([entry("g1", "https://a.example/live", "One"), entry("g2", "https://a.example/live", "Two")])
    assert not flat(found[0]) & flat(found[1])


def test_the_same_story_twice_in_one_document_is_one_post() -> None:
    found = keys(
        [entry("g1", "https://a.example/s", "Same"), entry("g2", "https://a.example/s?utm_medium=x", "same ")]
    )
    assert flat(found[0]) & flat(found[1])


def test_fragments_count_where_they_are_the_only_difference() -> None:
    found = keys(
        [entry("g1", "https://a.example/log#v1", "One"), entry("g2", "https://a.example/log#v2", "Two")]
    )
    assert not set(found[0].shared) & set(found[1].shared)
    assert found[0].shared


def test_the_same_story_in_two_feeds_has_a_key_in_common() -> None:
    one = keys([entry("feed-a-1", "http://www.a.example/story/?fbclid=1")])[0]
    other = keys([entry("feed-b-9", "https://a.example/story")])[0]
    assert set(one.shared) & set(other.shared)
    assert not set(one.local) & set(other.local)


PAGE = "https://www.news.example/2026/05/verdict"


@pytest.mark.parametrize(
    "link",
    [
        "http://www.news.example/2026/05/verdict",
        "https://news.example/2026/05/verdict/",
        "https://news.example/2026/05/verdict?utm_source=rss&utm_medium=feed&fbclid=x1#comments",
        "https://WWW.NEWS.example:443/2026/05/verdict",
        "https://m.news.example/2026/05/verdict",
        "https://mobile.news.example/2026/05/verdict?yclid=2",
        "https://amp.news.example/2026/05/verdict",
        "https://news.example/2026/05/verdict/amp/",
        "https://news.example/2026/05/verdict.amp",
        "https://news.example/2026/05/verdict?amp",
        "https://news.example/2026/05/verdict?amp=1",
        "https://news.example/2026/05/verdict?outputType=amp",
        "https://www-news-example.cdn.ampproject.org/c/s/www.news.example/2026/05/verdict/amp",
        "https://cdn.ampproject.org/v/news.example/2026/05/verdict?amp=1&utm_source=x",
        "https://www.google.com/amp/s/amp.news.example/2026/05/verdict",
        "https://www.google.co.uk/amp/s/www.news.example/2026/05/verdict/amp/",
    ],
)
def test_spellings_and_variants_of_one_page_have_a_key_in_common(link: str) -> None:
    (one,), (other,) = keys([entry("1", PAGE)]), keys([entry("2", link)])
    assert one.shared == other.shared


@pytest.mark.parametrize(
    "link",
    [
        "https://news.example/2026/05/verdict-2",
        "https://news.example/2026/05/verdict?id=1",
        "https://en.news.example/2026/05/verdict",
        "https://ham.news.example/2026/05/verdict",
        "https://news.example/2026/05/verdict/ramp",
        "https://news.example/2026/05/verdict?amp=2",
        "https://news.example/2026/05/verdict?amplitude=1",
        "https://www.google.com/search/amp/s/www.news.example/2026/05/verdict",
        "https://cdn.ampproject.org.evil.example/c/s/www.news.example/2026/05/verdict",
        "https://cdn.ampproject.org/i/s/www.news.example/2026/05/verdict",
    ],
)
def test_what_is_not_certainly_the_same_page_is_another(link: str) -> None:
    (one,), (other,) = keys([entry("1", PAGE)]), keys([entry("2", link)])
    assert other.shared
    assert one.shared != other.shared


def test_a_page_called_amp_on_a_site_and_a_short_host_are_what_they_are() -> None:
    links = ["https://a.example/amp", "https://a.example/other", "https://m.example/x", "https://a.example/"]
    found = [each.shared for each in keys([entry(str(at), link) for at, link in enumerate(links)])]
    assert found[3] == ()
    assert len(set(found)) == 4


@given(st.text(max_size=60) | st.from_regex(r"https?://[a-z.:\[\]]{0,12}/(amp/s/|c/s/)?[a-z./?&=]{0,20}"))
def test_a_variant_of_no_link_at_all_is_found_without_an_error(link: str) -> None:
    assert keys([entry("1", link)])


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        (
            "https://www.forum18.org/archive.php?article_id=3011",
            "https://forum18.org/archive.php?article_id=3011",
        ),
        ("http://WWW.A.example:80/Path/?utm_source=x&id=5&utm_medium=y#top", "https://a.example/Path?id=5"),
        ("https://a.example/x?gclid=1", "https://a.example/x"),
        ("https://a.example/#!/story/5", "https://a.example#!/story/5"),
        ("https://a.example:8443/x", "https://a.example:8443/x"),
        ("https://a.example/%d0%b0", "https://a.example/%D0%B0"),
        ("https://a.example/x?a=1&&b=2&", "https://a.example/x?a=1&b=2"),
        ("http://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("http://[broken", "http://[broken"),
        ("https://a.example/x?ref=menu&page=2", "https://a.example/x?ref=menu&page=2"),
    ],
)
def test_only_what_is_known_to_track_is_removed_from_a_link(url: str, canonical: str) -> None:
    assert canonical_link(url) == canonical


URLS = st.one_of(
    st.text(max_size=40),
    st.builds(
        lambda scheme, host, path, query, fragment: (
            f"{scheme}://{host}/{path}{'?' + query if query else ''}{'#' + fragment if fragment else ''}"
        ),
        st.sampled_from(["http", "https", "HTTP"]),
        st.sampled_from(
            [
                "a.example",
                "www.a.example",
                "www.www.a.example",
                "A.Example:80",
                "a.example:443",
                "[::1]:8080",
                "www.com",
            ]
        ),
        st.text(alphabet="ab/%2f.?#! ", max_size=12),
        st.text(alphabet="utm_a=&b5;%", max_size=16),
        st.text(alphabet="a!/", max_size=6),
    ),
)
ENTRIES = st.lists(
    st.builds(
        ParsedEntry,
        id=st.one_of(
            st.none(),
            st.sampled_from(["0", "g", "http://a.example/?p=1", "https://b.example/x", "http://["]),
            st.text(max_size=8),
        ),
        link=st.one_of(st.none(), URLS),
        title=st.text(max_size=6),
        summary=st.text(max_size=6),
        published=st.one_of(st.none(), st.just(datetime(2026, 5, 5, tzinfo=UTC))),
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=200)
@given(URLS)
def test_a_canonical_link_is_its_own_canonical_link(url: str) -> None:
    assert canonical_link(canonical_link(url)) == canonical_link(url)
    assert canonical_link(canonical_link(url, fragment=True), fragment=True) == canonical_link(
        url, fragment=True
    )


@settings(deadline=None, max_examples=200)
@given(ENTRIES)
def test_identity_is_idempotent_and_everything_has_one(entries: list[ParsedEntry]) -> None:
    found = keys(entries)
    assert found == keys(entries)
    assert len(found) == len(entries)
    assert all(each.local for each in found)


@settings(deadline=None, max_examples=200)
@given(ENTRIES)
def test_the_order_of_a_document_does_not_matter(entries: list[ParsedEntry]) -> None:
    assert keys(entries[::-1]) == keys(entries)[::-1]


def test_an_edit_changes_the_content_hash_and_a_new_date_does_not() -> None:
    one = ParsedEntry(
        id="g", link="https://a.example/x", title="T", summary="S", content="C", tags=("a", "b")
    )
    assert content_hash(one) == content_hash(
        replace(one, published=datetime(2026, 5, 5, tzinfo=UTC), id="other", tags=("b", "a"))
    )
    for edited in (
        replace(one, title="t"), replace(one, summary=""), replace(one, content="c"), replace(one, tags=("a",)),
        replace(one, link=None), replace(one, title="TS", summary=""), replace(one, summary="SC", content=""),
    ):  # fmt: skip
        assert content_hash(edited) != content_hash(one)
    assert len(content_hash(one)) == 16
