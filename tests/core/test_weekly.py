from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.telegram_html import parse
from watchdog_bot.core.hours import is_quiet
from watchdog_bot.core.match.query import restore
from watchdog_bot.core.model import (
    Feed,
    FeedHealth,
    FeedId,
    Gone,
    Moved,
    NoRights,
    NotSent,
    Rejected,
    RetryAt,
    Sent,
    TopicGone,
    Unknown,
)
from watchdog_bot.core.tempo import ChatSettings, QuietMode
from watchdog_bot.core.weekly import NoteChange, WeeklyView, after, first_due, may_concern, next_due, note

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ZONES = st.sampled_from(["UTC", "Europe/Kyiv", "Asia/Almaty", "+05:45", "America/New_York"])
MINUTES = st.integers(0, 1439)


def feed(
    name: str = "Source", *, countries: tuple[str, ...] = (), failing: float = 0, paused: bool = False
) -> Feed:
    """`failing`: for so many hours."""
    since = NOW - timedelta(hours=failing) if failing else None
    health = FeedHealth(failing_since=since, cause="HTTP 403" if failing else None)
    return Feed(FeedId(1), "https://a.example/feed", name, countries=countries, health=health, paused=paused)


def test_the_note_comes_at_the_daily_time_once_seven_days_have_passed() -> None:
    kyiv = ChatSettings(zone="Europe/Kyiv", daily_at=8 * 60)
    heard = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    assert first_due(kyiv, heard) == datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
    assert first_due(kyiv, heard.replace(hour=6)) == datetime(2026, 3, 9, 6, 0, tzinfo=UTC)


def test_the_next_note_is_a_week_later_though_this_one_went_out_late() -> None:
    at_eight = ChatSettings(daily_at=8 * 60)
    for late in (0, 5, 3600):
        told = datetime(2026, 3, 2, 8, 0, tzinfo=UTC) + timedelta(seconds=late)
        assert next_due(at_eight, told) == datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


@settings(max_examples=100, deadline=None)
@given(ZONES, MINUTES, MINUTES, MINUTES, st.sampled_from(QuietMode), st.integers(0, 400 * 1440))
def test_no_note_comes_in_quiet_hours_nor_before_its_week_is_over(  # noqa: PLR0917 - Hypothesis passes them
    zone: str, daily: int, start: int, end: int, mode: QuietMode, minute: int
) -> None:
    chosen = ChatSettings(zone=zone, daily_at=daily, quiet_from=start, quiet_to=end, quiet_mode=mode)
    heard = NOW + timedelta(minutes=minute)
    due = first_due(chosen, heard)
    assert not is_quiet(chosen, due)
    assert 7 * DAY <= due - heard <= 9 * DAY + timedelta(hours=2)
    assert 6.4 * DAY <= next_due(chosen, due) - due <= 8 * DAY + timedelta(hours=2)


@pytest.mark.parametrize(
    ("query", "concerns"),
    [
        ("torture", True),
        ("country:UA", False),
        ("country:UA,BY", True),
        ("source:memorial", False),
        ('source:"the source"', True),
        ("torture OR source:memorial", True),
        ("torture source:memorial", False),
        ("torture -source:source", False),
        ("torture -source:memorial", True),
    ],
)
def test_a_source_that_can_bring_nothing_asked_for_does_not_concern_the_reader(
    query: str, concerns: bool
) -> None:
    assert may_concern(restore(query), feed("The Source", countries=("BY",))) is concerns


def test_a_source_about_everything_concerns_everybody_who_does_not_exclude_it() -> None:
    assert may_concern(restore("country:UA"), feed())
    assert may_concern(restore("country:UA -torture"), feed())


def test_it_says_what_is_watched_and_makes_no_sound() -> None:
    said = note(WeeklyView(2, [feed(), feed()], NOW))
    assert said.silent
    assert (
        parse(said.html).text
        == "👀 Nothing new in 7 days.\nI am still watching 2 sources for your 2 subscriptions."
    )
    assert [button.data for row in said.buttons for button in row] == ["v1:so:weekly:0", "v1:se"]


def test_it_says_plainly_that_a_source_is_failing() -> None:
    said = note(WeeklyView(1, [feed(), feed("Kavkaz <b>", failing=75), feed("Hiccup", failing=0.5)], NOW))
    assert (
        "1 of them does not answer, so I cannot see what they post:\n• Kavkaz <b>, for 3 days: HTTP 403"
        in parse(said.html).text
    )
    assert "Hiccup" not in said.html


def test_a_source_that_is_not_asked_any_more_is_not_counted_and_named() -> None:
    said = parse(note(WeeklyView(1, [feed(), feed("Gone", paused=True)], NOW)).html).text
    assert "watching 1 source for" in said
    assert "1 source not asked any more: Gone" in said


def test_of_many_failing_sources_some_are_named_and_all_counted() -> None:
    failing = [feed(f"{n} " + "x" * 200, failing=5) for n in range(300)]
    said = note(WeeklyView(1, failing + [replace(each, paused=True) for each in failing], NOW))
    assert "300 of them do not answer" in said.html
    assert "• and 295 more" in said.html
    assert len(parse(said.html).text) < 2000


def test_what_surely_was_not_sent_comes_again_and_a_doubt_does_not() -> None:
    assert after(Sent(1), NOW) == after(Unknown("lost"), NOW) == NoteChange()
    assert after(RetryAt(30), NOW) == NoteChange(
        NOW + timedelta(seconds=30), gate_until=NOW + timedelta(seconds=30)
    )
    assert after(NotSent("no net"), NOW) == NoteChange(NOW + timedelta(minutes=15), cause="no net")
    assert after(Moved(-5), NOW) == NoteChange(NOW, moved_to=-5)
    assert after(Gone("blocked"), NOW) == NoteChange(suspend=True, cause="blocked")
    for refused in (TopicGone("closed"), NoRights("no rights"), Rejected("bad")):
        assert after(refused, NOW) == NoteChange(cause=refused.cause)
