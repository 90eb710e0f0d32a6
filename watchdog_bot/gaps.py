"""Filling what an outage swallowed, from the places where a source keeps more than its feed holds (`core.feeds.archive`)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from watchdog_bot.asking import Fetching, Parsing, read
from watchdog_bot.clock import Clock
from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds import archive
from watchdog_bot.core.model import (
    FailureWeight,
    Feed,
    Fetched,
    FetchFailed,
    HttpMemory,
    ParsedFeed,
)

log = structlog.get_logger(__name__)

ARCHIVE_TIME = timedelta(seconds=60)  # for all archive pages of one poll together: the lease must hold


class Gaps:
    """Looks for what came and went while a source could not be reached."""

    def __init__(self, fetcher: Fetching, parser: Parsing, clock: Clock) -> None:
        """All parts stay the caller's."""
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock

    async def filled(self, feed: Feed, parsed: ParsedFeed) -> ParsedFeed:
        """After a long outage the document with what the archive pages of the missed days hold besides; else itself."""
        now = self._clock.now()
        found = await self._archive_pages(feed, archive.pages(feed, now), until=now + ARCHIVE_TIME)
        return archive.joined(parsed, found, days=archive.missed_days(feed.health, now)) if found else parsed

    async def _archive_pages(
        self, feed: Feed, addresses: tuple[str, ...], *, until: datetime
    ) -> list[ParsedFeed]:
        """Those that can be read. A day without a page is one without posts; a server in trouble is left in peace."""
        found: list[ParsedFeed] = []
        for address in addresses:
            result = await self._fetcher.get(address, HttpMemory())
            if isinstance(result, Fetched):
                with suppress(ParseError):
                    found.append(await read(self._parser, feed, result, now=self._clock.now()))
            elif not (isinstance(result, FetchFailed) and result.weight is FailureWeight.HARD):
                break
            if self._clock.now() > until:
                break
        if addresses:
            log.info("archive_read", feed=feed.id, days=len(addresses), pages=len(found))
        return found
