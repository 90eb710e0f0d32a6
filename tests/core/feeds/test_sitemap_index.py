"""Of the sitemaps that an index names the newest and most promising are read, and what was there all along is no news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clock import START
from watchdog_bot.core.feeds.sitemap_index import (
    MOST,
    NAMED,
    Child,
    Followed,
    IndexMemory,
    is_due,
    is_old,
    mark,
    named_day,
    not_news,
    ordered,
)
from watchdog_bot.core.model import HttpMemory, ParsedEntry

HOST = "https://source.example/"


def children(*names: str, lastmod: str = "") -> list[Child]:
    return [Child(HOST + name, lastmod) for name in names]


def names(chosen: tuple[Child, ...]) -> list[str]:
    return [child.url.removeprefix(HOST) for child in chosen]


@pytest.mark.parametrize(
    ("named", "chosen"),
    [
        (["sitemap_8_sections.xml.gz", "sitemap_8_latest.xml.gz", "sitemap_8_news.xml.gz"],
         ["sitemap_8_news.xml.gz", "sitemap_8_latest.xml.gz"]),
        ([f"sitemap-2026-{month:02}.xml" for month in range(1, 13)], ["sitemap-2026-03.xml", "sitemap-2026-02.xml"]),
        (["map_2024.xml", "map_2026.xml", "map_2025.xml"], ["map_2026.xml", "map_2025.xml"]),
        (["sitemap.xml?yyyy=2026&mm=02&dd=27", "sitemap.xml?yyyy=2026&mm=03&dd=01", "sitemap.xml?yyyy=2026&mm=02&dd=28"],
         ["sitemap.xml?yyyy=2026&mm=03&dd=01", "sitemap.xml?yyyy=2026&mm=02&dd=28"]),
        (["s20260228.xml", "s20260301.xml", "s20251231.xml"], ["s20260301.xml", "s20260228.xml"]),
        (["wp-sitemap-posts-post-1.xml", "wp-sitemap-posts-post-2.xml", "wp-sitemap-posts-post-10.xml"],
         ["wp-sitemap-posts-post-10.xml", "wp-sitemap-posts-post-1.xml"]),
        (["post-sitemap.xml", "page-sitemap.xml", "category-sitemap.xml", "statement-sitemap.xml"],
         ["post-sitemap.xml", "statement-sitemap.xml"]),
        (["tags.xml", "category.xml"], ["tags.xml", "category.xml"]),
    ],
)  # fmt: skip
def test_what_is_newest_by_its_name_is_read_first(named: list[str], chosen: list[str]) -> None:
    assert names(ordered(children(*named), START)) == chosen


def test_the_index_s_own_dates_decide_where_names_do_not_and_the_highest_number_is_read_besides() -> None:
    named = [
        Child(HOST + "post-sitemap1.xml", "2019-01-01"),
        Child(HOST + "post-sitemap2.xml", "2026-02-28T10:00:00+03:00"),
        Child(HOST + "post-sitemap3.xml", "2026-02-01"),
    ]
    assert names(ordered(named, START)) == ["post-sitemap2.xml", "post-sitemap3.xml"]
    assert names(ordered(named[::2], START)) == ["post-sitemap3.xml", "post-sitemap1.xml"]


def test_an_old_year_that_was_edited_does_not_displace_the_present_one() -> None:
    named = [Child(HOST + "map-2019.xml", "2026-03-01"), Child(HOST + "map-2026.xml", "2026-02-01")]
    assert names(ordered(named, START))[0] == "map-2026.xml"


def test_every_series_has_its_turn_before_any_has_two() -> None:
    named = [f"{kind}-{number}.xml" for kind in "abcdef" for number in range(5)]
    assert names(ordered(children(*named), START))[:MOST] == [f"{kind}-4.xml" for kind in "abcdef"]


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("map-2026-03.xml", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026/3/9/map.xml", datetime(2026, 3, 9, tzinfo=UTC)),
        ("map202602.xml", datetime(2026, 2, 1, tzinfo=UTC)),
        ("map-2026-02-31.xml", datetime(2026, 2, 1, tzinfo=UTC)),
        ("map-2026.xml", datetime(2026, 1, 1, tzinfo=UTC)),
        ("map-12026.xml", None),
        ("map-3.xml", None),
    ],
)
def test_a_date_in_a_name_is_read(name: str, day: datetime | None) -> None:
    assert named_day(HOST + name) == day


def test_one_whose_date_is_what_it_was_is_not_asked_for_but_once_a_day() -> None:
    child = Child(HOST + "map-2.xml", "2026-02-01")
    memory = IndexMemory().with_read(Followed(child.url, child.lastmod))
    assert not is_due(child, memory, whole=False)
    assert is_due(child, memory, whole=True)
    assert is_due(Child(child.url, "2026-02-02"), memory, whole=False)
    assert is_due(Child(child.url), memory, whole=False)
    assert is_due(child, IndexMemory(), whole=False)
    news = Child(HOST + "news.xml", "2026-02-01")
    assert is_due(news, IndexMemory().with_read(Followed(news.url, news.lastmod)), whole=False)


def test_one_that_was_named_all_along_and_never_read_is_old_unless_its_name_is_of_these_weeks() -> None:
    year, month, fresh = children("map-2019.xml", "map-2026-02.xml", "map-7.xml")
    memory = IndexMemory().with_index((year, month), ())
    assert is_old(year, memory, START)
    assert not is_old(month, memory, START)
    assert not is_old(fresh, memory, START)
    assert is_old(month, replace(memory, awaited=frozenset({mark(month.url)})), START)
    assert not is_old(year, memory.with_read(Followed(year.url)), START)


def test_what_an_old_one_holds_is_news_only_where_it_says_so() -> None:
    entries = [
        ParsedEntry(None, HOST + "1", "One", updated=START - timedelta(days=400)),
        ParsedEntry(None, HOST + "2", "Two", updated=START),
        ParsedEntry(None, HOST + "3", "Three"),
        ParsedEntry(None, None, "Four"),
    ]
    assert not_news(entries, START - timedelta(hours=1)) == {HOST + "1", HOST + "3"}
    assert not_news(entries, None) == {HOST + "1", HOST + "2", HOST + "3"}


def test_of_thousands_of_names_a_bounded_number_is_remembered_the_latest_for_sure() -> None:
    memory = IndexMemory()
    for turn in range(4):
        memory = memory.with_index(children(*(f"{turn}-{number}.xml" for number in range(900))), ())
    assert len(memory.named) == NAMED
    assert mark(HOST + "3-899.xml") in memory.named


texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8)
reads = st.builds(
    Followed,
    texts,
    texts,
    st.builds(
        HttpMemory, st.none() | texts, st.none() | texts, st.none() | st.binary(min_size=16, max_size=16)
    ),
    st.integers(0, 2000),
)


@given(st.lists(st.builds(Child, texts, texts, texts), max_size=4), st.lists(reads, max_size=4))
@settings(max_examples=50, deadline=None)
def test_what_is_remembered_survives_the_column(named: list[Child], read: list[Followed]) -> None:
    memory = IndexMemory().with_index(named, tuple(named))
    for each in read:
        memory = memory.with_read(each)
    assert IndexMemory.from_text(memory.to_text()) == memory


@pytest.mark.parametrize("text", ["", "[]", "{}", "[[1],[2],[3]]", '[[],[["a"]],[]]', "null"])
def test_what_was_never_written_is_nothing(text: str) -> None:
    assert IndexMemory.from_text(text) == IndexMemory()


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=12)), max_size=20))
@settings(max_examples=80, deadline=None)
def test_whatever_an_index_names_choosing_never_fails_and_invents_nothing(
    named: list[tuple[str, str]],
) -> None:
    all_named = [Child(HOST + name.replace("/", ""), lastmod) for name, lastmod in named]
    chosen = ordered(all_named, START)
    assert set(chosen) <= set(all_named)
    assert len(set(chosen)) == len(chosen)
    assert bool(chosen) == bool(all_named)
