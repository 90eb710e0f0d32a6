"""Filling a gap from a source's dated archive: which of its pages to look at after an outage, and what they add.

A page shows its newest posts only. Where a source has a page for each day (`SourceRules.archive`), what came and went
while it could not be reached stands there. Rules:

1. Only after an outage of more than a day: a shorter one is covered by the page itself.
2. The days from the last good answer to today, newest first, fourteen at most. A source whose last good answer is not
   known was never read, and has no gap.
3. Of an address that is the same for several days (an archive by month) each is asked once.
4. An archive page that cannot be read is left out: the gap is then told as one that may remain.
5. The source's own page comes first: an entry that stands on both is the page's.
6. Where the source dates its posts, an archived entry counts with a date of the missed days only, give or take one:
   on the page of a day without posts a guess may find the site's other lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.identity import canonical_link
from watchdog_bot.core.feeds.rules import SourceRules, archive_address
from watchdog_bot.core.model import Feed, FeedHealth, ParsedEntry, ParsedFeed

OUTAGE = timedelta(days=1)
MAX_PAGES = 14


def missed_days(health: FeedHealth, now: datetime) -> tuple[date, ...]:
    """The days that an outage which is over now may have swallowed, newest first, in UTC (rules 1 and 2).

    `health` is that before the good answer.
    """
    if health.failing_since is None or health.last_ok_at is None or now - health.failing_since <= OUTAGE:
        return ()
    first, last = health.last_ok_at.astimezone(UTC).date(), now.astimezone(UTC).date()
    count = min((last - first).days + 1, MAX_PAGES)
    return tuple(last - timedelta(days=back) for back in range(count))


def pages(feed: Feed, now: datetime) -> tuple[str, ...]:
    """The archive pages to look at beside the source itself, newest first; none where there is no gap or no archive."""
    if not feed.rules or not feed.baseline_done:
        return ()
    try:
        rules = SourceRules.from_text(feed.rules)
    except ParseError:
        return ()
    addresses = (archive_address(rules, day, url=feed.url) for day in missed_days(feed.health, now))
    return tuple(dict.fromkeys(address for address in addresses if address is not None))


def joined(own: ParsedFeed, archived: Iterable[ParsedFeed], *, days: Sequence[date]) -> ParsedFeed:
    """The source's document with the entries of its archive pages after its own, each address once (rules 5 and 6)."""
    entries = list(own.entries)
    dated = any(_day(entry) for entry in own.entries)
    near = {day + timedelta(days=slack) for day in days for slack in (-1, 0, 1)}
    seen = {_mark(entry) for entry in entries}
    for page in archived:
        for entry in page.entries:
            if (mark := _mark(entry)) not in seen and (not dated or _day(entry) in near):
                seen.add(mark)
                entries.append(entry)
    return replace(own, entries=tuple(entries))


def _day(entry: ParsedEntry) -> date | None:
    moment = entry.published or entry.updated
    return moment.astimezone(UTC).date() if moment is not None else None


def _mark(entry: ParsedEntry) -> str:
    return canonical_link(entry.link) if entry.link else f"{entry.id} {entry.title}"
