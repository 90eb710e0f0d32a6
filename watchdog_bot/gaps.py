"""Filling what an outage swallowed, from the places where a source keeps more than its document holds (`core.feeds.gap`)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from watchdog_bot.asking import Fetching, Parsing, known, read
from watchdog_bot.clock import Clock
from watchdog_bot.core.decide import EntryFacts
from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds import archive, gap
from watchdog_bot.core.feeds.charset import decode
from watchdog_bot.core.feeds.discover import sitemaps_in
from watchdog_bot.core.feeds.links import absolute
from watchdog_bot.core.feeds.rules import NO_RULES, SourceRules
from watchdog_bot.core.model import (
    FailureWeight,
    Feed,
    FeedKind,
    Fetched,
    FetchFailed,
    HttpMemory,
    ParsedFeed,
    PostId,
)
from watchdog_bot.sitemaps import opened
from watchdog_bot.store import Store

log = structlog.get_logger(__name__)

TIME = timedelta(seconds=60)  # for all that is looked at after one outage: the lease must hold
SITEMAPS = 2  # that robots.txt names and that are looked into


@dataclass(frozen=True, slots=True)
class Filled:
    """A document with what another place holds of the gap besides. `complete`: that place is seen to hold all of it."""

    parsed: ParsedFeed
    place: str = ""
    complete: bool = False


class Gaps:
    """Looks for what came and went while a source was not read."""

    def __init__(self, store: Store, fetcher: Fetching, parser: Parsing, clock: Clock) -> None:
        """All parts stay the caller's."""
        self._store = store
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock

    async def close(
        self, feed: Feed, parsed: ParsedFeed, entries: tuple[EntryFacts, ...], missed: gap.Gap
    ) -> tuple[ParsedFeed, tuple[EntryFacts, ...], gap.Closing]:
        """After a time in which nothing was read: the document and its entries, where that is needed with what the archive
        or sitemap holds besides, and what is known of the gap now.
        """
        last = await self._store.last_posts(feed.id, gap.LAST)
        if _joined(entries, last) or all(each.known is not None for each in entries):
            return parsed, entries, gap.Closing(missed, certain=True)
        filled = await self._filled(feed, parsed, missed)
        if filled.parsed is parsed:
            return parsed, entries, gap.Closing(missed, certain=False)
        others = frozenset(filled.parsed.entries[len(parsed.entries) :])
        entries = await known(self._store, feed, filled.parsed)
        closing = gap.Closing(
            missed,
            certain=filled.complete or _joined(entries, last),
            filled=sum(each.known is None and each.entry in others for each in entries),
            place=filled.place,
        )
        return filled.parsed, entries, closing

    async def closing(self, feed: Feed, entries: tuple[EntryFacts, ...]) -> gap.Closing | None:
        """What is known of the gap before an index was read: its sitemaps are all that there is. None without a gap."""
        missed = gap.open_gap(feed, self._clock.now())
        if missed is None:
            return None
        last = await self._store.last_posts(feed.id, gap.LAST)
        return gap.Closing(missed, certain=_joined(entries, last))

    async def _filled(self, feed: Feed, parsed: ParsedFeed, missed: gap.Gap) -> Filled:
        """The archive pages of the missed days where the source has such, else what its site's sitemap says."""
        until = self._clock.now() + TIME
        if archive.has_pages(feed):
            return await self._from_archive(feed, parsed, missed, until)
        if feed.kind is FeedKind.SITEMAP:
            return Filled(parsed)
        with suppress(TimeoutError):
            async with asyncio.timeout(TIME.total_seconds()):
                return await self._from_sitemap(feed, parsed, missed, until)
        return Filled(parsed)

    async def _from_archive(self, feed: Feed, parsed: ParsedFeed, missed: gap.Gap, until: datetime) -> Filled:
        now = self._clock.now()
        days = archive.missed_days(missed, now)
        pages, all_read = await self._pages(feed, archive.pages(feed, days), until)
        log.info("archive_read", feed=feed.id, days=len(days), pages=len(pages))
        if not pages:
            return Filled(parsed)
        held = [entry for page in pages for entry in page.entries]
        complete = all_read and archive.reaches_back(days, missed) and gap.covers(parsed, held, missed)
        return Filled(archive.joined(parsed, pages, days=days), "archive", complete)

    async def _pages(
        self, feed: Feed, addresses: tuple[str, ...], until: datetime
    ) -> tuple[list[ParsedFeed], bool]:
        """Those that can be read, and whether each was read or is not there: a day without a page is one without posts. A
        server in trouble is left in peace.
        """
        found: list[ParsedFeed] = []
        all_read = True
        for address in addresses:
            if self._clock.now() > until:
                return found, False
            result = await self._fetcher.get(address, HttpMemory())
            if isinstance(result, Fetched):
                try:
                    found.append(await read(self._parser, feed, result, now=self._clock.now()))
                except ParseError:
                    all_read = False
            elif not (isinstance(result, FetchFailed) and result.weight is FailureWeight.HARD):
                return found, False
        return found, all_read

    async def _from_sitemap(self, feed: Feed, parsed: ParsedFeed, missed: gap.Gap, until: datetime) -> Filled:
        rules = SourceRules.from_text(feed.rules) if feed.rules else NO_RULES
        vouched = bool(rules.sitemap)
        for address in await self._sitemaps(feed, rules):
            if self._clock.now() > until:
                break
            site = await self._sitemap(address, rules)
            if site is None:
                continue
            now = self._clock.now()
            held = gap.from_sitemap(parsed, site, missed, now, vouched=vouched)
            log.info("sitemap_read", feed=feed.id, entries=len(site.entries), within=len(held))
            if held:
                complete = gap.reaches_back(site, missed) and gap.covers(parsed, held, missed)
                return Filled(archive.with_others(parsed, held), "site's sitemap", complete)
        return Filled(parsed)

    async def _sitemaps(self, feed: Feed, rules: SourceRules) -> tuple[str, ...]:
        """Where the source's sitemap is: as the operator says, else as its robots.txt does."""
        if rules.sitemap:
            named = absolute(rules.sitemap, feed.url)
            return (named,) if named is not None else ()
        robots = await self._fetcher.get(absolute("/robots.txt", feed.url) or feed.url, HttpMemory())
        if not isinstance(robots, Fetched):
            return ()
        found = sitemaps_in(decode(robots.body, robots.content_type), url=feed.url)
        return tuple(each.url for each in found[:SITEMAPS])

    async def _sitemap(self, address: str, rules: SourceRules) -> ParsedFeed | None:
        """Read, and what an index names as well."""
        result = await self._fetcher.get(address, HttpMemory())
        if not isinstance(result, Fetched):
            return None
        only = SourceRules(section=rules.section)
        with suppress(ParseError):
            parsed = await self._parser.parse(
                result.body,
                url=result.url,
                content_type=result.content_type,
                kind=FeedKind.SITEMAP,
                rules=only,
                now=self._clock.now(),
            )
            return await opened(self._fetcher, self._parser, parsed, now=self._clock.now(), rules=only)
        return None


def _joined(entries: tuple[EntryFacts, ...], last: frozenset[PostId]) -> bool:
    return gap.joins((each.known.post_id for each in entries if each.known is not None), last)
