"""Which archive pages fill a gap, and how their entries join the source's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.feeds.archive import MAX_PAGES, has_pages, joined, missed_days, pages, reaches_back
from watchdog_bot.core.feeds.gap import Gap
from watchdog_bot.core.feeds.rules import SourceRules
from watchdog_bot.core.model import Feed, FeedId, FeedKind, ParsedEntry, ParsedFeed

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DAILY = SourceRules(section="/a/*", archive="/Watchdog/{year}/{month}/{day}")


def gap(days: float, *, before: float = 0.1) -> Gap:
    """Of a source that has failed for so many days, and was well shortly before."""
    since = NOW - timedelta(days=days)
    return Gap(since, since - timedelta(days=before), unreachable=True)


def addresses(days: float, rules: str = DAILY.to_text()) -> tuple[str, ...]:
    """The archive pages to look at after so many days."""
    feed = Feed(FeedId(1), "https://radio.example/Watchdog", "Watchdog", rules=rules)
    assert has_pages(feed) == ("archive" in rules)
    return pages(feed, missed_days(gap(days), NOW))


def test_after_an_outage_the_days_missed_are_looked_up_newest_first() -> None:
    assert missed_days(gap(3), NOW) == (
        date(2026, 11, 24),
        date(2026, 11, 23),
        date(2026, 11, 22),
        date(2026, 11, 21),
    )
    assert addresses(1.5) == (
        "https://radio.example/Watchdog/2026/11/24",
        "https://radio.example/Watchdog/2026/11/23",
        "https://radio.example/Watchdog/2026/11/22",
    )


def test_of_a_short_gap_today_and_the_day_of_the_last_good_answer_are_looked_up() -> None:
    assert missed_days(gap(0.2), NOW) == (date(2026, 11, 24),)
    assert missed_days(gap(0.4), NOW) == (date(2026, 11, 24), date(2026, 11, 23))


def test_a_fortnight_does_not_reach_back_over_a_longer_gap() -> None:
    assert reaches_back(missed_days(gap(12), NOW), gap(12))
    assert not reaches_back(missed_days(gap(15), NOW), gap(15))
    assert not reaches_back((), gap(1))


def test_without_an_archive_nothing_is_looked_up() -> None:
    assert addresses(3, "") == ()
    assert addresses(3, SourceRules(section="/a/*").to_text()) == ()
    assert addresses(3, "no rules at all") == ()


def test_an_archive_by_month_is_asked_once_a_month() -> None:
    monthly = SourceRules(archive="https://archive.example/{year}-{month02}/").to_text()
    assert addresses(40, monthly) == ("https://archive.example/2026-11/",)


def test_a_day_is_a_day_in_utc_whatever_zone_the_clock_has() -> None:
    east = NOW.astimezone(timezone(timedelta(hours=14)))
    assert missed_days(gap(2), east) == missed_days(gap(2), NOW)


@settings(max_examples=60, deadline=None)
@given(days=st.floats(min_value=0, max_value=4000), before=st.floats(min_value=0, max_value=400))
def test_it_is_never_more_than_a_fortnight_of_pages_each_once_and_none_of_the_future(
    days: float, before: float
) -> None:
    missed = missed_days(gap(days, before=before), NOW)
    assert len(missed) == len(set(missed)) <= MAX_PAGES
    assert list(missed) == sorted(missed, reverse=True)
    assert not missed or missed[0] == NOW.date()


def page(*numbers: int, kind: FeedKind = FeedKind.PAGE, say: str = "post") -> ParsedFeed:
    entries = tuple(
        ParsedEntry(id=None, link=f"https://radio.example/a/{number}.html", title=f"{say} {number}")
        for number in numbers
    )
    return ParsedFeed(kind=kind, title="Watchdog", entries=entries)


def test_entries_of_the_archive_follow_the_sources_own_each_once() -> None:
    both = joined(page(9, 8), (page(8, 7, say="archived"), page(7, 6, say="archived")), days=())
    assert [entry.title for entry in both.entries] == ["post 9", "post 8", "archived 7", "archived 6"]
    assert (both.kind, both.title) == (FeedKind.PAGE, "Watchdog")


def test_entries_without_an_address_are_told_apart_by_their_id_and_title() -> None:
    bare = ParsedFeed(kind=FeedKind.RSS, entries=(ParsedEntry(id="1", link=None, title="One"),))
    other = ParsedFeed(kind=FeedKind.RSS, entries=(ParsedEntry(id="2", link=None, title="Two"),))
    assert [entry.title for entry in joined(bare, (bare, other), days=()).entries] == ["One", "Two"]


def test_without_archive_pages_the_document_stays_as_it_is() -> None:
    assert joined(page(2, 1), (), days=()) == page(2, 1)


def test_where_the_source_dates_its_posts_only_entries_of_the_missed_days_count() -> None:
    def dated(number: int, day: int | None) -> ParsedFeed:
        moment = datetime(2026, 11, day, 23, 30, tzinfo=UTC) if day else None
        [entry] = page(number).entries
        return ParsedFeed(kind=FeedKind.PAGE, entries=(replace(entry, published=moment),))

    archived = (dated(4, 22), dated(3, 20), dated(2, 12), dated(1, None))
    both = joined(dated(9, 24), archived, days=(date(2026, 11, 22), date(2026, 11, 21)))
    assert [entry.title for entry in both.entries] == ["post 9", "post 4", "post 3"]
