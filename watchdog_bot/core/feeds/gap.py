"""Gaps: after a time in which a source could not be read, whether posts may have come and gone, and how to say it. Pure.

1. A gap opens when a source cannot be reached, or when the bot did not ask it for an hour after it was due (it was off,
   or the source paused). A source that was never read has none.
2. A document closes it if one of the three posts that the source brought last is in it: lists begin with the newest, so
   nothing can be missing between what is known and what is new. A post that is pinned for months is none of the three.
3. Else the source's archive, or its site's sitemap, is looked into. They close the gap if one of those three posts is in
   them, or if they are seen to be complete: they reach back to the last good answer and hold what the source's own
   document has of that time.
4. Of a sitemap only what says that it was published in the gap counts: a date of publication, or one in the address. When
   an entry was last changed says nothing, old ones are edited. A whole site's sitemap counts only for a source that
   is the whole site: of what both date alike, four fifths must be the same. An operator who names a sitemap for the
   source vouches for that; a section does not, sections may share the form of their addresses.
5. What is said is no more than that: "nothing is missing", or "some may be missing".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog_bot.core.feeds.health import span
from watchdog_bot.core.feeds.identity import canonical_link
from watchdog_bot.core.feeds.sitemap_index import named_date
from watchdog_bot.core.model import Feed, ParsedEntry, ParsedFeed, PostId

IDLE = timedelta(hours=1)
LAST = 3  # posts that a document is joined to what is known by
SLACK = timedelta(hours=1)
ALIKE = 0.8
ENOUGH = 3  # entries by which a sitemap and a source are compared


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nothing was read of a source, up to now."""

    since: datetime
    read_until: datetime  # the last good answer
    unreachable: bool  # else nobody asked


@dataclass(frozen=True, slots=True)
class Closing:
    """How a gap ended: whether nothing can be missing, and how many new posts stood in which other place only."""

    gap: Gap
    certain: bool
    filled: int = 0
    place: str = ""


def open_gap(feed: Feed, now: datetime) -> Gap | None:
    """The gap before an answer that came now (rule 1)."""
    state = feed.health
    if not feed.baseline_done:
        return None
    if state.failing_since is not None:
        return Gap(state.failing_since, state.last_ok_at or state.failing_since, unreachable=True)
    if state.last_ok_at is None:
        return None
    due = feed.next_check_at or state.last_ok_at
    if now - max(due, state.last_ok_at) > IDLE:
        return Gap(state.last_ok_at, state.last_ok_at, unreachable=False)
    return None


def joins(known: Iterable[PostId], last: Collection[PostId]) -> bool:
    """Rule 2. `known`: the known posts of a document; `last`: those that the source brought last, none if none is
    remembered: then any will do.
    """
    return any(not last or post in last for post in known)


def in_words(closing: Closing, *, new: int, now: datetime) -> str | None:
    """Rule 5: "unreachable 3 h; caught up 4 posts; some may be missing". None where nobody asked and nothing came."""
    gap = closing.gap
    if not gap.unreachable and new == 0:
        return None
    away = f"{'unreachable' if gap.unreachable else 'not asked for'} {span(now - gap.since)}"
    if new == 0 and closing.certain:
        return f"{away}; nothing was missed"
    posts = "no post" if new == 0 else "1 post" if new == 1 else f"{new} posts"
    filled = f", {closing.filled} of them from its {closing.place}" if closing.filled else ""
    return f"{away}; caught up {posts}{filled}; {'nothing is' if closing.certain else 'some may be'} missing"


# --------------------------------------------------------------------------- what a sitemap adds (rules 3 and 4)


def from_sitemap(
    own: ParsedFeed, site: ParsedFeed, gap: Gap, now: datetime, *, vouched: bool
) -> tuple[ParsedEntry, ...]:
    """The entries of a sitemap that fill the gap; none where it is of something else."""
    if not vouched and not _alike(own, site, now):
        return ()
    return tuple(
        entry
        for entry in site.entries
        if (moment := published(entry)) is not None and gap.read_until - _slack(entry) <= moment <= now
    )


def covers(own: ParsedFeed, other: Iterable[ParsedEntry], gap: Gap) -> bool:
    """Whether another list is seen to be complete for the gap, but for its beginning: it has every entry of the source's
    own document that is dated within it, and there is one at least.
    """
    links = {canonical_link(entry.link) for entry in other if entry.link}
    dated = [entry for entry in own.entries if (moment := published(entry)) and moment > gap.read_until]
    return bool(dated) and all(entry.link and canonical_link(entry.link) in links for entry in dated)


def reaches_back(site: ParsedFeed, gap: Gap) -> bool:
    """Whether a list of dated entries begins before the gap."""
    return any(
        (moment := published(entry)) is not None and moment <= gap.read_until for entry in site.entries
    )


def published(entry: ParsedEntry) -> datetime | None:
    """When an entry was published, by its own word or by the day in its address."""
    return entry.published or (named_date(entry.link) if entry.link else None)


def _slack(entry: ParsedEntry) -> timedelta:
    return SLACK if entry.published else timedelta(days=1)  # a day in an address begins at midnight somewhere


def _alike(own: ParsedFeed, site: ParsedFeed, now: datetime) -> bool:
    ours, theirs = _dated(own), _dated(site)
    if len(ours) < ENOUGH or len(theirs) < ENOUGH:
        return False
    begin = max(min(ours.values()), min(theirs.values()))
    here, there = (
        {link for link, moment in each.items() if begin <= moment <= now} for each in (ours, theirs)
    )
    both = len(here & there)
    return both >= ENOUGH and both >= ALIKE * max(len(here), len(there))


def _dated(feed: ParsedFeed) -> dict[str, datetime]:
    return {
        canonical_link(entry.link): moment
        for entry in feed.entries
        if entry.link and (moment := published(entry)) is not None
    }
