from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.feeds import health as healths
from watchdog_bot.core.feeds.schedule import (
    BACK_OFF_CAP,
    LONGEST,
    MAX_AGE_CAP,
    RETRY_AFTER_CAP,
    SHORTEST,
    Pace,
    next_check,
    pace_of,
    rhythm,
    usual_gap,
    wants_whole,
)  # fmt: skip
from watchdog_bot.core.model import (
    FailureWeight,
    Feed,
    FeedHealth,
    FeedId,
    FeedKind,
    Fetched,
    FetchFailed,
    FetchResult,
    NotModified,
    ParsedEntry,
    ParsedFeed,
)  # fmt: skip

NOW = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)  # a Tuesday
OK = Fetched("https://a.example/f", b"x", "text/xml")


def feed(every: int | None = 900, number: int = 7) -> Feed:
    return Feed(FeedId(number), "https://a.example/f", "A", every=every)


def wait(
    result: FetchResult,
    *,
    every: int | None = 900,
    parsed: ParsedFeed | None = None,
    health: FeedHealth | None = None,
    floor: int = 0,
) -> float:
    due = next_check(
        feed(every), result, parsed=parsed, health=health or FeedHealth(), now=NOW, min_interval=floor
    )
    return (due - NOW).total_seconds()


def posts(*ages: timedelta) -> tuple[ParsedEntry, ...]:
    return tuple(ParsedEntry(str(age), None, "T", published=NOW - age) for age in ages)


def test_the_configured_interval_is_kept_within_a_tenth() -> None:
    waits = {
        (
            next_check(feed(number=number), OK, parsed=None, health=FeedHealth(), now=NOW, min_interval=0)
            - NOW
        ).total_seconds()
        for number in range(200)
    }
    assert min(waits) >= 810
    assert max(waits) <= 990
    assert len(waits) > 100


def test_jitter_is_a_hash_and_no_dice() -> None:
    assert wait(OK) == wait(OK)


def test_the_floor_is_never_undercut() -> None:
    assert wait(OK, every=60, floor=900) == 900


def test_retry_after_is_obeyed_exactly_and_bounded() -> None:
    assert wait(FetchFailed("x", FailureWeight.TEMPORARY, retry_after=7200)) == 7200
    assert wait(FetchFailed("x", FailureWeight.TEMPORARY, retry_after=10**9)) == RETRY_AFTER_CAP
    assert wait(FetchFailed("x", FailureWeight.TEMPORARY, retry_after=5)) >= 810


def test_max_age_is_obeyed_up_to_five_hours_after_200_and_304() -> None:
    assert wait(NotModified(max_age=3600)) == 3600
    assert wait(Fetched("u", b"", "", max_age=16 * 365 * 86_400)) == MAX_AGE_CAP == 18_000
    assert wait(NotModified(max_age=5)) >= 810


def test_ttl_is_obeyed_up_to_a_day() -> None:
    assert wait(OK, parsed=ParsedFeed(FeedKind.RSS, ttl=7200)) == 7200
    assert wait(OK, parsed=ParsedFeed(FeedKind.RSS, ttl=10**7)) == 86_400


def test_skipped_hours_and_days_are_waited_out() -> None:
    parsed = ParsedFeed(FeedKind.RSS, skip_hours=frozenset({12, 13}), skip_days=frozenset())
    assert wait(OK, parsed=parsed) == 7200
    parsed = ParsedFeed(FeedKind.RSS, skip_days=frozenset({1}))
    assert wait(OK, parsed=parsed) == 12 * 3600
    everything = ParsedFeed(FeedKind.RSS, skip_days=frozenset(range(7)))
    assert wait(OK, parsed=everything) < 1000


def test_failures_back_off_to_a_day_and_never_end() -> None:
    health, previous = FeedHealth(), 0.0
    for _ in range(30):
        failed = FetchFailed("x", FailureWeight.HARD)
        health = healths.after(health, failed, NOW)
        waited = wait(failed, health=health)
        assert waited >= previous
        previous = waited
    assert previous == BACK_OFF_CAP == 86_400


def test_a_hard_failure_backs_off_faster_than_a_passing_one() -> None:
    waits = [
        wait(FetchFailed("x", weight), health=healths.after(FeedHealth(), FetchFailed("x", weight), NOW))
        for weight in FailureWeight
    ]
    assert sorted(waits, reverse=True) == waits
    assert len(set(waits)) == 3


def test_a_document_that_cannot_be_read_backs_off_too() -> None:
    health = healths.after(FeedHealth(), "a web page, not a feed", NOW)
    assert wait(OK, health=health) > wait(OK)


@pytest.mark.parametrize(
    ("ages", "seconds"),
    [
        ((timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=25)), SHORTEST),
        ((timedelta(hours=8), timedelta(hours=32), timedelta(hours=56)), 3600),
        ((timedelta(0), timedelta(hours=24), timedelta(hours=48)), 3600),
        ((timedelta(days=300),), LONGEST),
        ((timedelta(days=-30),), 900),
        ((), 900),
    ],
)
def test_a_feed_without_an_interval_is_checked_in_its_own_rhythm(
    ages: tuple[timedelta, ...], seconds: int
) -> None:
    assert rhythm(ParsedFeed(FeedKind.RSS, entries=posts(*ages)), FeedHealth(), NOW) == seconds


def test_the_rhythm_goes_on_when_there_is_nothing_new() -> None:
    assert rhythm(None, FeedHealth(last_new_at=NOW - timedelta(hours=16)), NOW) == 7200
    assert (
        wait(NotModified(), every=None, health=FeedHealth(last_new_at=NOW - timedelta(days=90)))
        >= LONGEST * 0.9
    )


def test_what_a_document_asked_for_holds_for_the_answers_without_one() -> None:
    pace = pace_of(ParsedFeed(FeedKind.RSS, ttl=7200))
    due = next_check(
        feed(), NotModified(), parsed=None, health=FeedHealth(), now=NOW, min_interval=0, pace=pace
    )
    assert due == NOW + timedelta(hours=2)
    skipping = Pace(skip_hours=frozenset({12, 13}))
    due = next_check(
        feed(), NotModified(), parsed=None, health=FeedHealth(), now=NOW, min_interval=0, pace=skipping
    )
    assert due == NOW + timedelta(hours=2)


def test_a_part_of_a_document_keeps_the_gap_that_the_whole_one_showed() -> None:
    whole = pace_of(
        ParsedFeed(FeedKind.RSS, entries=posts(timedelta(0), timedelta(hours=24), timedelta(hours=48)))
    )
    part = pace_of(ParsedFeed(FeedKind.RSS, entries=posts(timedelta(0))), whole)
    assert part.gap == whole.gap == 86_400
    assert rhythm(None, FeedHealth(last_new_at=NOW), NOW, gap=part.gap) == 3600


def test_a_pace_survives_being_kept_as_text() -> None:
    pace = Pace(60, frozenset({1, 2}), frozenset({6}), 3600)
    assert Pace.from_text(pace.to_text()) == pace
    assert Pace().to_text() == ""
    for wrong in ("", "{", "5", "[1]", "[1, 2, 3, 4]"):
        assert Pace.from_text(wrong) == Pace()


def test_the_usual_gap_is_a_median() -> None:
    assert usual_gap(posts(timedelta(0), timedelta(hours=1), timedelta(hours=2), timedelta(days=50))) == 3600
    assert usual_gap(posts(timedelta(0), timedelta(hours=1))) is None


def test_one_check_a_day_is_unconditional_at_another_time_for_each_feed() -> None:
    hours = set()
    for number in range(60):
        whole = 0
        for hour in range(48):
            before, now = NOW + timedelta(hours=hour - 1), NOW + timedelta(hours=hour)
            one = Feed(FeedId(number), "u", "n", health=FeedHealth(last_checked_at=before))
            if wants_whole(one, now):
                whole += 1
                hours.add(hour % 24)
        assert whole == 2
    assert len(hours) > 12
    assert wants_whole(feed(), NOW)


RESULTS = st.one_of(
    st.builds(
        Fetched,
        st.just("u"),
        st.just(b""),
        st.just(""),
        max_age=st.one_of(st.none(), st.integers(-10, 10**10)),
    ),
    st.builds(NotModified, max_age=st.one_of(st.none(), st.integers(-10, 10**10))),
    st.builds(
        FetchFailed,
        st.just("x"),
        st.sampled_from(FailureWeight),
        retry_after=st.one_of(st.none(), st.integers(-10, 10**10)),
    ),
)


@settings(deadline=None, max_examples=200)
@given(
    RESULTS,
    st.one_of(st.none(), st.integers(1, 10**6)),
    st.floats(0, 1000),
    st.integers(0, 10**5),
    st.builds(ParsedFeed, st.just(FeedKind.RSS), ttl=st.one_of(st.none(), st.integers(1, 10**6)),
              skip_hours=st.frozensets(st.integers(0, 23)), skip_days=st.frozensets(st.integers(0, 6))),
)  # fmt: skip
def test_the_next_check_is_always_later_and_never_never(
    result: FetchResult, every: int | None, failures: float, floor: int, parsed: ParsedFeed
) -> None:
    waited = wait(result, every=every, parsed=parsed, health=FeedHealth(failures=failures), floor=floor)
    assert waited >= max(floor, 1)
    assert waited <= max(RETRY_AFTER_CAP, floor, (every or 0) * 1.1, BACK_OFF_CAP) + 8 * 86_400
