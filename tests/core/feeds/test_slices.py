"""Reading only what is new must give exactly what reading everything gives."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.feeds.golden import documents
from tests.corpora import corpora
from watchdog_bot.core.feeds import slices
from watchdog_bot.core.feeds.entry import MAX_ENTRIES
from watchdog_bot.core.feeds.identity import keys
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.feeds.slices import HASH_SIZE, cut, known_hashes, work
from watchdog_bot.core.model import FeedKind, ParsedFeed

URL = "https://source.example/feed"


def rss(*items: str, head: str = "<title>T</title>", tail: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}{"".join(items)}{tail}</channel></rss>'.encode()


def item(number: int, more: str = "") -> str:
    return f'<item><title>No. {number}</title><link>https://a.example/{number}</link><guid isPermaLink="false">g{number}</guid>{more}</item>\n'


def same_as_whole(body: bytes, known: Iterable[int]) -> bool:
    """Whether the entries that are not in `known` are read alike either way. False where it cannot be cut."""
    sliced = cut(body)
    whole = parse_document(body, url=URL)
    if sliced is None or whole.damaged:
        return False
    without = {sliced.hashes[number] for number in known}
    part = parse_document(sliced.document(without=without), url=URL)
    rest = [at for at, each in enumerate(sliced.hashes) if each not in without]
    assert part.entries == tuple(whole.entries[at] for at in rest)
    assert (part.title, part.link, part.language, part.ttl, part.hub) == (
        whole.title,
        whole.link,
        whole.language,
        whole.ttl,
        whole.hub,
    )
    whole_keys = keys(whole.entries)
    assert keys(part.entries) == tuple(whole_keys[at] for at in rest)
    return True


@pytest.mark.corpora
def test_a_part_of_a_real_document_is_read_as_in_the_whole() -> None:
    cut_up = 0
    paths = sorted(corpora("feeds").glob("*.xml"))
    for path in paths:
        body = path.read_bytes()
        sliced = cut(body)
        if sliced is None:
            continue
        count = len(sliced.hashes)
        cut_up += same_as_whole(body, range(1, count))  # all but the first are known
        same_as_whole(body, range(0, count, 3))
    assert cut_up >= len(paths) * 3 // 4


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_a_part_of_a_golden_document_is_read_as_in_the_whole(path: Path) -> None:
    body = path.read_bytes()
    sliced = cut(body)
    for number in range(len(sliced.hashes) if sliced else 0):
        same_as_whole(body, {number})


PIECES = st.sampled_from([
    "", "words", "<![CDATA[ <b>x</b> ]]>", "<![CDATA[ </item> ]]>", "<![CDATA[ <item> ]]>", "<!-- c -->", "<!-- <item> -->", "]]>", "-->",
    "<item>", "</item>", "&lt;item&gt;", "<category>c</category>", "<entry>", "<description>d</description>",
])  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 6), PIECES), max_size=6), st.sets(st.integers(0, 5)), PIECES, PIECES)
def test_whatever_stands_in_an_entry_the_part_is_read_as_in_the_whole(
    entries: list[tuple[int, str]], known: set[int], head: str, tail: str
) -> None:
    body = rss(*(item(number, piece) for number, piece in entries), head=head, tail=tail)
    sliced = cut(body)
    if sliced is not None:
        same_as_whole(body, {number for number in known if number < len(sliced.hashes)})


def test_a_document_is_the_sum_of_its_parts() -> None:
    body = rss(item(1), item(2), item(3))
    sliced = cut(body)
    assert sliced is not None
    assert b"".join(sliced.document(without=()).split()) == b"".join(body.split())
    assert len(sliced.slices) == 3
    assert all(len(each) == HASH_SIZE for each in sliced.hashes)


def test_a_first_document_is_read_whole_and_its_state_is_kept() -> None:
    body = rss(item(1), item(2))
    first = work(body, b"")
    assert first.document == body
    assert first.expected is None
    assert first.total == 2
    assert len(first.state) == 2 * HASH_SIZE
    assert first.fits(parse_document(body, url=URL))


def test_a_new_date_in_the_head_is_nothing_to_read() -> None:
    before = work(rss(item(1), item(2), head="<lastBuildDate>Mon</lastBuildDate>"), b"")
    after = work(rss(item(1), item(2), head="<lastBuildDate>Tue</lastBuildDate>"), before.state)
    assert after.document is None
    assert after.state == before.state


def test_a_new_entry_is_read_alone() -> None:
    before = work(rss(item(2), item(1)), b"")
    after = work(rss(item(3), item(2), item(1)), before.state)
    assert after.document is not None
    assert after.expected == 1
    parsed = parse_document(after.document, url=URL)
    assert [entry.id for entry in parsed.entries] == ["g3"]
    assert after.fits(parsed)


def test_an_edited_entry_is_read_again() -> None:
    before = work(rss(item(2), item(1)), b"")
    after = work(rss(item(2, "<category>new</category>"), item(1)), before.state)
    assert after.document is not None
    assert parse_document(after.document, url=URL).entries[0].tags == ("new",)


def test_a_part_that_is_read_oddly_is_not_believed() -> None:
    before = work(rss(item(1), item(2)), b"")
    after = work(rss(item(1), item(2), item(3)), before.state)
    assert not after.fits(ParsedFeed(FeedKind.RSS))
    damaged = parse_document(after.document or b"", url=URL)
    assert after.fits(damaged)
    assert not after.fits(ParsedFeed(FeedKind.RSS, entries=damaged.entries, damaged=True))


SAME_GUID = '<item><guid isPermaLink="false">0</guid><link>https://a.example/{0}</link></item>'
ODD = {
    "no entries": rss(),
    "a page": b"<html><item></item></html>",
    "json": b'{"version": "https://jsonfeed.org/version/1", "items": []}',
    "utf-16": rss(item(1)).decode().encode("utf-16"),
    "utf-16 without a mark": rss(item(1)).decode().encode("utf-16-le"),
    "another encoding": rss(item(1, "<category>й</category>")).decode().replace("utf-8", "windows-1251").encode("cp1251"),
    "an encoding that is not what it says": rss(item(1, "<category>й</category>")).decode().encode("cp1251"),
    "nested entries": rss("<item>" + item(1) + "</item>"),
    "an unclosed entry": rss(item(1), "<item><guid>2</guid>"),
    "an entry closed twice": rss(item(1), "</item>"),
    "text between entries": rss(item(1), "text", item(2)),
    "an element between entries": rss(item(1), "<ttl>5</ttl>", item(2)),
    "the end of an entry in a text": rss(item(1, "<description><![CDATA[</item>]]></description>")),
    "an open comment": rss(item(1, "<!-- "), item(2, " -->")),
    "an arrow": rss(item(1, "<description>a --> b</description>")),
    "one guid for all": rss(SAME_GUID.format(1), SAME_GUID.format(2)),
    "one link for all": rss("<item><guid>1</guid><link>https://a.example/</link></item>", "<item><guid>2</guid><link>https://a.example</link></item>"),
    "links that differ in their fragment": rss("<item><guid>1</guid><link>https://a.example/x#1</link></item>", "<item><guid>2</guid><link>https://a.example/x#2</link></item>"),
    "links that differ in how they are tracked": rss("<item><guid>1</guid><link>https://a.example/x?utm_id=1</link></item>", "<item><guid>2</guid><link>https://a.example/x?utm_id=2</link></item>"),
    "guids of two hosts": rss("<item><guid>http://a.example/?p=1</guid></item>", "<item><guid>http://b.example/?p=1</guid></item>"),
    "nothing to be told apart by": rss("<item><title>x</title></item>"),
    "too many entries": rss(*map(item, range(MAX_ENTRIES + 1))),
    "items and entries": rss(item(1), "<entry><id>2</id></entry>"),
}  # fmt: skip


@pytest.mark.parametrize("body", ODD.values(), ids=ODD.keys())
def test_an_odd_document_is_read_whole(body: bytes) -> None:
    assert cut(body) is None
    odd = work(body, b"\0" * 80)
    assert (odd.document, odd.state, odd.expected, odd.total) == (body, b"", None, None)


def test_a_stray_nul_in_the_head_is_read_whole() -> None:
    assert cut(b"\0" + rss(item(1))) is None


def test_a_charset_that_the_server_names_counts() -> None:
    assert cut(rss(item(1)), content_type="text/xml; charset=utf-8") is not None
    assert cut(rss(item(1)), content_type="text/xml; charset=shift_jis") is None


def test_a_state_that_was_cut_off_still_counts_as_far_as_it_goes() -> None:
    assert known_hashes(b"12345678abcdefgh123") == {b"12345678", b"abcdefgh"}
    assert known_hashes(b"") == frozenset()


def test_the_module_says_how_it_is_used() -> None:
    assert "work.fits(parsed)" in (slices.__doc__ or "")
