"""When to look again. Every rule is the source's wish or the operator's; the slowest wins.

1. The operator's interval for the feed, else the feed's own rhythm: an eighth of the time since its last new post, and
   at least a twenty-fourth of its usual gap between posts; from 5 minutes to 6 hours. ±10 % by a hash.
2. Never sooner than the operator's floor (`min_interval`).
3. `Retry-After`, as it is, at most a week.
4. `Cache-Control: max-age` or `Expires`, at most 5 hours (a max-age of 16 years has been seen).
5. The document's own wish (ttl, sy:), at most a day; its skipHours and skipDays.
6. After failures the interval doubles with each unit of weight, to at most 24 hours. It never ends.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from statistics import median

from watchdog_bot.core.model import (
    Feed,
    FeedHealth,
    FetchFailed,
    FetchResult,
    ParsedEntry,
    ParsedFeed,
)

SHORTEST = 300
LONGEST = 6 * 3600
UNKNOWN_RHYTHM = 900  # seconds between checks of a feed of which nothing is known yet
MAX_AGE_CAP = 5 * 3600
BACK_OFF_CAP = 24 * 3600
RETRY_AFTER_CAP = 7 * 86_400
JITTER = 0.1
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Pace:
    """What a source's documents said about when to come, kept for the answers that bring no document."""

    ttl: int | None = None  # seconds
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    gap: int | None = None  # seconds between its posts, usually

    def to_text(self) -> str:
        """For a column; empty for nothing said."""
        if self == Pace():
            return ""
        return json.dumps([self.ttl, sorted(self.skip_hours), sorted(self.skip_days), self.gap])

    @classmethod
    def from_text(cls, text: str) -> Pace:
        """Undo `to_text`; what it never wrote is as if nothing had been said."""
        try:
            ttl, hours, days, gap = json.loads(text)
            return cls(ttl, frozenset(hours), frozenset(days), gap)
        except (ValueError, TypeError):
            return cls()


def pace_of(parsed: ParsedFeed, before: Pace | None = None) -> Pace:
    """What a document says. A part of a document (see `slices`) has too few entries to show the gap between them; then
    the one known before stays.
    """
    gap = usual_gap(parsed.entries)
    if gap is None and before is not None:
        gap = before.gap
    return Pace(parsed.ttl, parsed.skip_hours, parsed.skip_days, gap)


def next_check(
    feed: Feed,
    result: FetchResult,
    *,
    parsed: ParsedFeed | None,
    health: FeedHealth,
    now: datetime,
    min_interval: int,
    pace: Pace | None = None,
) -> datetime:
    """The moment of the next check. `health` is that after `result`; `parsed` is None where no document was read.

    `min_interval` is in seconds. `pace` is what was kept of earlier documents.
    """
    if parsed is not None:
        pace = pace_of(parsed, pace)
    pace = pace or Pace()
    own = feed.every if feed.every is not None else rhythm(parsed, health, now, gap=pace.gap)
    wait = max(own * (1 + JITTER * _spread(feed, now)), min_interval)
    if isinstance(result, FetchFailed) or health.failures:
        wait = max(wait, min(BACK_OFF_CAP, max(wait, SHORTEST) * 2.0 ** min(health.failures, 20.0)))
    wait = max(wait, asked_by_server(result), min(pace.ttl or 0, DAY))
    return _not_skipped(now + timedelta(seconds=round(wait)), pace)


def rhythm(parsed: ParsedFeed | None, health: FeedHealth, now: datetime, *, gap: int | None = None) -> int:
    """Seconds between checks that suit the feed's own pace (rule 1). `gap` is its usual one, if known."""
    entries = parsed.entries if parsed is not None else ()
    newest = max(
        (moment for entry in entries if (moment := _date(entry)) is not None and moment <= now), default=None
    )
    last_new = max((moment for moment in (health.last_new_at, newest) if moment is not None), default=None)
    if last_new is None:
        return UNKNOWN_RHYTHM
    quiet = max(0.0, (now - last_new).total_seconds()) / 8
    return round(min(LONGEST, max(SHORTEST, quiet, (gap or usual_gap(entries) or 0) / 24)))


def usual_gap(entries: Sequence[ParsedEntry]) -> int | None:
    """The median of seconds between the posts of a document; None with fewer than three dated ones."""
    return gap_between([moment for entry in entries if (moment := _date(entry)) is not None])


def gap_between(moments: Sequence[datetime]) -> int | None:
    """The median of seconds between moments; None for fewer than three."""
    if len(moments) < 3:
        return None
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(sorted(moments))]
    return round(median(gaps))


def asked_by_server(result: FetchResult) -> int:
    """Seconds that the answer's headers ask for (rules 3 and 4)."""
    if isinstance(result, FetchFailed):
        return min(max(result.retry_after or 0, 0), RETRY_AFTER_CAP)
    return min(max(result.max_age or 0, 0), MAX_AGE_CAP)


def wants_whole(feed: Feed, now: datetime) -> bool:
    """Whether this check should be unconditional: the first in each day of the feed's own, against servers that say
    304 for ever. Each feed's day begins at another second.
    """
    last = feed.health.last_checked_at
    if last is None:
        return True
    phase = _hash(feed, b"day") % DAY
    return int(last.timestamp() + phase) // DAY != int(now.timestamp() + phase) // DAY


def _date(entry: ParsedEntry) -> datetime | None:
    return entry.published or entry.updated


def _not_skipped(due: datetime, pace: Pace) -> datetime:
    """The first moment from `due` on that is in no skipped hour or day (RSS 2.0, skipHours and skipDays: GMT)."""
    if not pace.skip_hours and not pace.skip_days:
        return due
    moment = due.astimezone(UTC)
    for _ in range(8 * 24):
        if moment.hour not in pace.skip_hours and moment.weekday() not in pace.skip_days:
            return moment
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due


def _spread(feed: Feed, now: datetime) -> float:
    """From -1 to 1, by feed and moment."""
    return _hash(feed, int(now.timestamp()).to_bytes(8, "big", signed=True)) % 2001 / 1000 - 1


def _hash(feed: Feed, salt: bytes) -> int:
    raw = int(feed.id).to_bytes(8, "big", signed=True) + salt
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big")
