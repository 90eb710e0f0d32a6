"""What those who read sources need of the network, the parsers and the store: one document, read by its feed's rules."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from watchdog_bot.core import decide
from watchdog_bot.core.feeds import identity
from watchdog_bot.core.feeds.rules import SourceRules
from watchdog_bot.core.model import Feed, FeedKind, Fetched, FetchResult, HttpMemory, ParsedFeed
from watchdog_bot.store import Store


class Fetching(Protocol):
    """What `watchdog_bot.fetch.Fetcher` does."""

    async def get(self, url: str, memory: HttpMemory) -> FetchResult:
        """Fetch conditionally; trouble is a value."""
        ...


class Parsing(Protocol):
    """What `watchdog_bot.parsing.ParserPool` does."""

    async def parse(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str = "",
        kind: FeedKind = FeedKind.AUTO,
        rules: SourceRules | None = None,
        now: datetime | None = None,
    ) -> ParsedFeed:
        """Parse within limits; dates after `now` and a day are not believed. Raises ParseError."""
        ...


async def read(
    parser: Parsing, feed: Feed, fetched: Fetched, *, now: datetime, document: bytes | None = None
) -> ParsedFeed:
    """The feed's document, or a shorter one made of it. Raises ParseError."""
    return await parser.parse(
        fetched.body if document is None else document,
        url=fetched.url,
        content_type=fetched.content_type,
        kind=feed.kind,
        rules=SourceRules.from_text(feed.rules) if feed.rules else None,
        now=now,
    )


async def known(store: Store, feed: Feed, parsed: ParsedFeed) -> tuple[decide.EntryFacts, ...]:
    """The entries of a document, with what the store knows of them."""
    keys = identity.keys(parsed.entries)
    return decide.facts(parsed.entries, keys, await store.known(feed.id, keys))
