"""Adding a feed: look first, then add. What cannot be read as a feed is refused with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from watchdog_bot.clock import Clock
from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.model import Feed, Fetched, FetchFailed, HttpMemory, NotModified, ParsedFeed
from watchdog_bot.poll import Fetching, Parsing
from watchdog_bot.store import Store


@dataclass(frozen=True, slots=True)
class Added:
    """A feed that is watched now, with its newest titles so that a person sees it is the right one."""

    feed: Feed
    titles: tuple[str, ...]
    again: bool = False


class FeedAdder:
    """Fetches and parses an address before it is stored."""

    def __init__(self, store: Store, fetcher: Fetching, parser: Parsing, clock: Clock) -> None:
        """All parts stay the caller's."""
        self._store = store
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock

    async def add(self, url: str, *, name: str = "") -> Added | str:
        """Watch this address from now on; a string says why not. Its entries of now are the baseline."""
        address = url if "://" in url else f"https://{url}"
        looked = await look(self._fetcher, self._parser, address)
        if isinstance(looked, str):
            return looked
        known = next((feed for feed in await self._store.feeds() if feed.url == address), None)
        feed = known or await self._store.add_feed(
            address, name=name or looked.title or address, kind=looked.kind, language=looked.language
        )
        if known is None:
            await self._store.audit("feed added", address)
        return Added(feed, tuple(entry.title for entry in looked.entries[:3]), again=known is not None)


async def look(fetcher: Fetching, parser: Parsing, address: str) -> ParsedFeed | str:
    """The document at an address, read whole; a string says why it cannot be."""
    match await fetcher.get(address, HttpMemory()):
        case FetchFailed(cause=cause):
            return cause
        case NotModified():
            return "the server says “not modified” to a first request"
        case Fetched() as fetched:
            try:
                return await parser.parse(fetched.body, url=fetched.url, content_type=fetched.content_type)
            except ParseError as error:
                return str(error)
