from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from watchdog_bot.core.feeds.health import after, in_words, quiet_for, span, to_tell
from watchdog_bot.core.model import FailureWeight, FeedHealth, Fetched, FetchFailed, NotModified

NOW = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)
OK = Fetched("u", b"x", "")


def failed(weight: FailureWeight = FailureWeight.SOFT, cause: str = "not there (404)") -> FetchFailed:
    return FetchFailed(cause, weight)


def test_failures_are_weighed_and_one_good_answer_clears_them() -> None:
    health = FeedHealth()
    for weight in FailureWeight:
        health = after(health, failed(weight), NOW)
    assert health.failures == 1.75
    assert health.failing_since == NOW
    assert health.cause == "not there (404)"
    for answer in (OK, NotModified()):
        well = after(health, answer, NOW + timedelta(hours=1))
        assert (well.failures, well.failing_since, well.cause) == (0.0, None, None)
        assert well.last_ok_at == well.last_checked_at == NOW + timedelta(hours=1)


def test_the_beginning_of_a_trouble_is_kept_and_its_latest_cause() -> None:
    health = after(after(FeedHealth(), failed(), NOW), "malformed XML at line 3", NOW + timedelta(hours=1))
    assert health.failing_since == NOW
    assert health.cause == "malformed XML at line 3"
    assert health.last_ok_at is None


def test_admins_are_told_after_hours_once_and_again_when_it_works() -> None:
    told = []
    health = FeedHealth()
    for hour in range(12):
        now = NOW + timedelta(hours=hour)
        answer = failed(FailureWeight.TEMPORARY) if hour < 8 else OK
        before, health = health, after(health, answer, now)
        if to_tell(before, health, now):
            told.append((hour, health.failing_since is not None))
    assert told == [(3, True), (8, False)]


def test_a_hiccup_is_told_to_nobody() -> None:
    once = after(FeedHealth(), failed(), NOW)
    assert not to_tell(FeedHealth(), once, NOW)
    assert not to_tell(once, after(once, OK, NOW + timedelta(hours=1)), NOW + timedelta(hours=1))


def test_what_will_not_mend_by_itself_is_told_sooner() -> None:
    first = after(FeedHealth(), failed(FailureWeight.HARD), NOW)
    second = after(first, failed(FailureWeight.HARD), NOW + timedelta(minutes=40))
    assert to_tell(first, second, NOW + timedelta(minutes=40))


def test_health_is_told_in_words() -> None:
    assert in_words(FeedHealth(), NOW) == "not checked yet"
    assert in_words(after(FeedHealth(), OK, NOW), NOW) == "well"
    assert (
        in_words(after(FeedHealth(), failed(), NOW), NOW + timedelta(hours=3))
        == "failing for 3 h: not there (404)"
    )


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "1 min"), (30, "1 min"), (600, "10 min"), (7200, "2 h"), (172_800, "2 days")]
)
def test_a_span_is_told_as_people_say_it(seconds: int, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words


def test_unusual_silence_is_noticed_and_usual_silence_is_not() -> None:
    health = FeedHealth(last_new_at=NOW - timedelta(days=10))
    assert quiet_for(health, usual_gap=3600, now=NOW) == timedelta(days=10)
    assert quiet_for(health, usual_gap=5 * 86_400, now=NOW) is None
    assert quiet_for(health, usual_gap=None, now=NOW) is None
    assert quiet_for(FeedHealth(), usual_gap=60, now=NOW) is None
    assert quiet_for(FeedHealth(last_new_at=NOW - timedelta(days=2)), usual_gap=60, now=NOW) is None
