"""A known feed that turns mostly new: recognised by its headlines, or held until somebody says what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from watchdog_bot.core import flood
from watchdog_bot.core.decide import EntryFacts
from watchdog_bot.core.model import (
    EntryKeys,
    Feed,
    FeedHealth,
    FeedId,
    KnownPost,
    ParsedEntry,
    PostId,
)

NOW = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
LAST_OK = NOW - timedelta(minutes=15)
FEED = Feed(
    FeedId(1),
    "https://example.org/feed",
    "Example",
    baseline_done=True,
    health=FeedHealth(last_ok_at=LAST_OK),
)


def unknown(number: int, *, published: datetime | None = None) -> EntryFacts:
    title = f"Court number {number} jails an editor"
    return EntryFacts(
        ParsedEntry(f"new-{number}", None, title, published=published), EntryKeys((bytes([number]),)), None
    )


def known(number: int) -> EntryFacts:
    return replace(unknown(number), known=KnownPost(PostId(number), b"", seen_here=True))


def test_complaint_1_and_2_new_guids_and_links_are_recognised_by_their_headlines() -> None:
    facts = [unknown(number) for number in range(6)]
    titles = {f"court number {number} jails an editor": PostId(number) for number in range(6)}
    found = flood.recognised(facts, titles)
    assert [each.known.post_id for each in found if each.known] == list(range(6))
    assert not any(each.edited for each in found)


def test_a_headline_that_stands_twice_or_is_short_names_no_post() -> None:
    twice = [unknown(1), unknown(1)]
    assert not any(
        each.known for each in flood.recognised(twice, {"court number 1 jails an editor": PostId(1)})
    )
    assert flood.title_key("Daily news brief") is None


def test_undated_or_old_entries_are_held_when_they_are_most_of_the_document() -> None:
    undated = [unknown(number) for number in range(8)]
    old = [unknown(number, published=NOW - timedelta(days=40)) for number in range(8)]
    for facts in (undated, old):
        assert flood.held(FEED, facts, total=10) == frozenset(range(8))


def test_fresh_entries_are_never_held_however_many() -> None:
    fresh = [unknown(number, published=NOW - timedelta(minutes=number)) for number in range(30)]
    assert not flood.held(FEED, fresh, total=30)


def test_few_entries_or_a_small_part_of_the_document_are_not_held() -> None:
    assert not flood.held(FEED, [unknown(number) for number in range(4)], total=4)
    assert not flood.held(FEED, [unknown(number) for number in range(6)], total=20)
    assert not flood.is_flood([*(unknown(n) for n in range(5)), *(known(n) for n in range(5))], total=10)


def test_after_an_outage_undated_entries_are_the_backlog_and_alert() -> None:
    away = replace(
        FEED, health=FeedHealth(last_ok_at=NOW - timedelta(days=2), failing_since=NOW - timedelta(days=2))
    )
    assert not flood.held(away, [unknown(number) for number in range(10)], total=10)


def test_a_feed_that_never_answered_before_holds_nothing() -> None:
    assert not flood.held(
        replace(FEED, health=FeedHealth()), [unknown(number) for number in range(10)], total=10
    )
