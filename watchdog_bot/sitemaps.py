"""Reading the sitemaps that a sitemap index names (`core.feeds.sitemap_index` says which), within bounds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from watchdog_bot.asking import Fetching, Parsing, read
from watchdog_bot.clock import Clock
from watchdog_bot.core import decide
from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds import sitemap_index
from watchdog_bot.core.feeds.rules import NO_RULES, SourceRules
from watchdog_bot.core.feeds.sitemap_index import Child, Followed, IndexMemory
from watchdog_bot.core.model import (
    FailureWeight,
    Feed,
    FeedKind,
    Fetched,
    FetchFailed,
    HttpMemory,
    NotModified,
    ParsedEntry,
    ParsedFeed,
)
from watchdog_bot.fetch import body_hash

log = structlog.get_logger(__name__)

TIME = timedelta(seconds=60)  # for all sitemaps of one poll together: the lease must hold
BYTES = 30_000_000  # of all sitemaps of one poll together, decompressed
TRIES = sitemap_index.MOST + 3
DEPTH = 2  # an index may name an index, and that is all


@dataclass
class Reading:
    """What came of one look at the sitemaps of an index."""

    memory: IndexMemory
    entries: list[ParsedEntry] = field(default_factory=list)
    old: frozenset[str] = frozenset()  # links that alert nobody
    answered: int = 0
    changed: bool = False
    failure: FetchFailed | None = None  # the first
    bytes: int = 0
    named: list[Child] = field(default_factory=list)  # all that were named in documents read this time
    unread: set[str] = field(default_factory=set)  # that were to be read and could not be
    below: tuple[Child, ...] = ()  # what the sitemap under way names, where it is an index itself

    @property
    def total(self) -> int:
        """Entries in all sitemaps that are read, those included that were not asked for this time."""
        known = (self.memory.of(child.url) for child in self.memory.children)
        return max(len(self.entries), sum(each.entries for each in known if each is not None))

    @property
    def worst(self) -> FetchFailed | None:
        """Why nothing could be read, where that is so."""
        if self.answered or self.failure is None:
            return None
        return replace(
            self.failure, cause=f"none of the sitemaps it names can be read: {self.failure.cause}", gone=False
        )


class Sitemaps:
    """Follows indexes for the poller."""

    def __init__(self, fetcher: Fetching, parser: Parsing, clock: Clock) -> None:
        """All parts stay the caller's."""
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock

    async def read(
        self, feed: Feed, index: ParsedFeed | None, memory: IndexMemory, *, whole: bool
    ) -> Reading:
        """Look at the sitemaps that `index` names, or where it is None (it is unchanged) at those chosen last.

        `whole`: the daily look at everything, without conditions.
        """
        now = self._clock.now()
        reading = Reading(memory)
        queue = [child for child in memory.children if not child.parent]
        if index is not None:
            reading.named.extend(sitemap_index.children_of(index))
            queue = list(sitemap_index.ordered(reading.named, now))
            reading.entries.extend(index.entries)
            reading.changed = bool(index.entries)
        wanted = await self._read_all(feed, queue, reading, whole=whole, until=now + TIME)
        named = (child for child in reading.named if child.url not in reading.unread)
        reading.memory = reading.memory.with_index(named, tuple(wanted))
        if not feed.baseline_done:
            awaited = frozenset(map(sitemap_index.mark, reading.unread))
            reading.memory = replace(reading.memory, awaited=awaited)
        return reading

    async def _read_all(
        self, feed: Feed, queue: list[Child], reading: Reading, *, whole: bool, until: datetime
    ) -> list[Child]:
        """Returns those that count, which `MOST` bounds: one that is gone makes room for the next."""
        wanted: list[Child] = []
        tries = 0
        while queue and len(wanted) < sitemap_index.MOST and tries < TRIES:
            if reading.bytes > BYTES or self._clock.now() > until:
                reading.unread.update(child.url for child in queue)
                break
            child, tries = queue.pop(0), tries + 1
            reading.below = tuple(each for each in reading.memory.children if each.parent == child.url)
            if not sitemap_index.is_due(child, reading.memory, whole=whole):
                reading.answered += 1
            elif not await self._read_one(feed, child, reading, whole=whole):
                continue
            wanted.append(child)
            queue[:0] = reading.below if not child.parent else ()
        return wanted

    async def _read_one(self, feed: Feed, child: Child, reading: Reading, *, whole: bool) -> bool:
        """False where it is gone for good."""
        known = reading.memory.of(child.url) or Followed(child.url)
        asked = HttpMemory() if whole else known.memory
        match await self._fetcher.get(child.url, asked):
            case FetchFailed() as failure:
                self._blame(feed, child, failure, reading)
                return failure.weight is not FailureWeight.HARD
            case NotModified() as result:
                memory = decide.remembered(known.memory, result)
                reading.memory = reading.memory.with_read(
                    replace(known, lastmod=child.lastmod, memory=memory)
                )
            case Fetched() as result:
                return await self._take(feed, child, known, result, reading)
        reading.answered += 1
        return True

    def _blame(self, feed: Feed, child: Child, failure: FetchFailed, reading: Reading) -> None:
        log.warning("sitemap_failed", feed=feed.id, url=child.url, cause=failure.cause)
        reading.failure = reading.failure or failure
        reading.unread.add(child.url)

    async def _take(
        self, feed: Feed, child: Child, known: Followed, fetched: Fetched, reading: Reading
    ) -> bool:
        memory = replace(decide.remembered(known.memory, fetched), body_hash=body_hash(fetched.body))
        reading.bytes += len(fetched.body)
        parsed: ParsedFeed | None = None
        if memory.body_hash != known.memory.body_hash:
            try:
                parsed = await read(self._parser, feed, fetched, now=self._clock.now())
            except ParseError as error:
                self._blame(feed, child, FetchFailed(str(error), FailureWeight.SOFT), reading)
                return True
        if parsed is not None:
            if feed.baseline_done and sitemap_index.is_old(child, reading.memory, self._clock.now()):
                reading.old |= sitemap_index.not_news(parsed.entries, feed.health.last_ok_at)
            reading.entries.extend(parsed.entries)
            reading.changed = True
            below = sitemap_index.children_of(parsed, parent=child.url)
            reading.below = sitemap_index.ordered(below, self._clock.now())[: sitemap_index.A_SERIES]
            reading.named.extend(below)
        reading.answered += 1
        entries = len(parsed.entries) if parsed is not None else known.entries
        reading.memory = reading.memory.with_read(Followed(child.url, child.lastmod, memory, entries))
        return True


async def opened(
    fetcher: Fetching,
    parser: Parsing,
    index: ParsedFeed,
    *,
    now: datetime,
    rules: SourceRules = NO_RULES,
    most: int = 2,
    depth: int = DEPTH,
) -> ParsedFeed:
    """An index with the entries of its most promising sitemaps, for somebody who wants to see what it holds; a document
    that is none as it is. What cannot be read is left out.
    """
    entries = list(index.entries)
    for child in sitemap_index.ordered(sitemap_index.children_of(index), now)[:most] if depth else ():
        result = await fetcher.get(child.url, HttpMemory())
        if not isinstance(result, Fetched):
            continue
        try:
            parsed = await parser.parse(
                result.body,
                url=result.url,
                content_type=result.content_type,
                kind=FeedKind.SITEMAP,
                rules=rules,
                now=now,
            )
        except ParseError:
            continue
        inner = await opened(fetcher, parser, parsed, now=now, rules=rules, most=1, depth=depth - 1)
        entries.extend(inner.entries)
    return replace(index, entries=tuple(entries))
