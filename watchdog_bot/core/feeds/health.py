"""How a source has been answering, and what to say about it. Nothing is ever switched off here.

A failure weighs by what it says about the source: hard 1, soft ½, temporary ¼ (see `FailureWeight`). The weights of
consecutive failures add up; one good answer clears them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from watchdog_bot.core.model import FailureWeight, FeedHealth, Fetched, FetchFailed, FetchResult, NotModified

WEIGHTS = {FailureWeight.HARD: 1.0, FailureWeight.SOFT: 0.5, FailureWeight.TEMPORARY: 0.25}
MAX_FAILURES = 1000.0  # a bound for the number, not for the patience
TELL_AFTER = timedelta(hours=3)  # admins hear of a failing source after hours, not weeks
TELL_HARD_AFTER = timedelta(minutes=30)
QUIET = timedelta(days=7)  # no silence is unusual before that
EMPTY = "answers, but is empty since "


def after(health: FeedHealth, result: FetchResult | str, now: datetime) -> FeedHealth:
    """The health after an answer. A text is why a document that did arrive could not be read (a soft failure)."""
    health = _not_ahead(health, now)
    match result:
        case Fetched() | NotModified():
            return replace(
                health, last_checked_at=now, last_ok_at=now, failures=0.0, failing_since=None, cause=None
            )
        case FetchFailed():
            return _failed(health, result.cause, WEIGHTS[result.weight], now)
        case str():
            return _failed(health, result, WEIGHTS[FailureWeight.SOFT], now)
        case _:
            assert_never(result)


def _not_ahead(health: FeedHealth, now: datetime) -> FeedHealth:
    """Moments noted by a clock that has been set back since count as now: a year ahead must not last a year."""

    def bounded(moment: datetime | None) -> datetime | None:
        return None if moment is None else min(moment, now)

    noted = (health.last_ok_at, health.last_new_at, health.failing_since)
    if not any(moment is not None and moment > now for moment in noted):
        return health
    last_ok_at, last_new_at, failing_since = map(bounded, noted)
    return replace(health, last_ok_at=last_ok_at, last_new_at=last_new_at, failing_since=failing_since)


def _failed(health: FeedHealth, cause: str, weight: float, now: datetime) -> FeedHealth:
    return replace(
        health,
        last_checked_at=now,
        failures=min(health.failures + weight, MAX_FAILURES),
        failing_since=health.failing_since or now,
        cause=cause,
    )


def to_tell(before: FeedHealth, health: FeedHealth, now: datetime) -> bool:
    """Whether admins are to hear of it now: once a trouble has lasted, and once when it is over.

    A trouble has lasted after 3 hours, or after half an hour if it will not mend by itself.
    """
    return _told(before, before.last_checked_at or now) != _told(health, now)


def _told(health: FeedHealth, at: datetime) -> bool:
    if health.failing_since is None:
        return False
    lasted = at - health.failing_since
    return lasted >= TELL_AFTER or (health.failures >= 2.0 and lasted >= TELL_HARD_AFTER)


DAMAGED = (
    "answers, but its document is damaged and was read as far as it can be: posts or dates may be lacking"
)


def in_words(health: FeedHealth, now: datetime) -> str:
    """A clause for a list of feeds: "well", "failing for 3 h: …", "not checked yet"."""
    if health.last_checked_at is None:
        return "not checked yet"
    if health.failing_since is None:
        return DAMAGED if health.damaged else "well"
    return f"failing for {span(now - health.failing_since)}: {health.cause}"


def empty_since(health: FeedHealth, now: datetime) -> str:
    """The cause of a document without entries, from a source that had some: "answers, but is empty since 3 May"."""
    if health.cause is not None and health.cause.startswith(EMPTY):
        return health.cause
    return f"{EMPTY}{now.day} {now:%B}"


def span(duration: timedelta) -> str:
    """A duration as people say it: "3 min", "5 h", "12 days"."""
    seconds = max(0, int(duration.total_seconds()))
    if seconds < 3600:
        return f"{max(1, seconds // 60)} min"
    if seconds < 2 * 86_400:
        return f"{seconds // 3600} h"
    return f"{seconds // 86_400} days"


def quiet_for(health: FeedHealth, *, usual_gap: int | None, now: datetime) -> timedelta | None:
    """How long a source has been silent, if that is unusual for it: more than a week and more than eight usual gaps.

    `usual_gap` is in seconds (see `schedule.usual_gap`). For press freedom, silence can be the news.
    """
    if usual_gap is None or health.last_new_at is None:
        return None
    silent = now - health.last_new_at
    return silent if silent > max(QUIET, timedelta(seconds=8 * usual_gap)) else None
