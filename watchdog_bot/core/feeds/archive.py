"""Filling a gap from a source's dated archive: which of its pages to look at after an outage, and what they add.

A page shows its newest posts only. Where a source has a page for each day (`SourceRules.archive`), what came and went
while it could not be reached stands there. Rules:

1. Only where the page itself does not reach back to what is known (`core.feeds.gap`).
2. The days from the last good answer to today, newest first, fourteen at most.
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
from watchdog_bot.core.feeds.gap import Gap
from watchdog_bot.core.feeds.identity import canonical_link
from watchdog_bot.core.feeds.rules import NO_RULES, SourceRules, archive_address
from watchdog_bot.core.model import Feed, ParsedEntry, ParsedFeed

MAX_PAGES = 14


def missed_days(gap: Gap, now: datetime) -> tuple[date, ...]:
    """The days that a gap which is over now may have swallowed, newest first, in UTC (rule 2)."""
    first, last = gap.read_until.astimezone(UTC).date(), now.astimezone(UTC).date()
    count = min((last - first).days + 1, MAX_PAGES)
    return tuple(last - timedelta(days=back) for back in range(count))


def reaches_back(days: Sequence[date], gap: Gap) -> bool:
    """Whether the days begin with that of the last good answer: of a long gap only a fortnight is looked at."""
    return bool(days) and min(days) <= gap.read_until.astimezone(UTC).date()


def has_pages(feed: Feed) -> bool:
    """Whether the source is said to have a page for each day."""
    return bool(_rules(feed).archive)


def pages(feed: Feed, days: Iterable[date]) -> tuple[str, ...]:
    """The archive pages to look at beside the source itself, newest first; none where there is no archive."""
    rules = _rules(feed)
    addresses = (archive_address(rules, day, url=feed.url) for day in days)
    return tuple(dict.fromkeys(address for address in addresses if address is not None))


def _rules(feed: Feed) -> SourceRules:
    try:
        return SourceRules.from_text(feed.rules)
    except ParseError:
        return NO_RULES


def with_others(own: ParsedFeed, others: Iterable[ParsedEntry]) -> ParsedFeed:
    """The source's document with other entries after its own, each address once."""
    return joined(own, [replace(own, entries=tuple(others))], days=None)


def joined(own: ParsedFeed, archived: Iterable[ParsedFeed], *, days: Sequence[date] | None) -> ParsedFeed:
    """The source's document with the entries of its archive pages after its own, each address once (rules 5 and 6).

    `days`: those missed; None where what is archived was looked at already.
    """
    entries = list(own.entries)
    dated = days is not None and any(_day(entry) for entry in own.entries)
    near = {day + timedelta(days=slack) for day in days or () for slack in (-1, 0, 1)}
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
