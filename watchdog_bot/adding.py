"""Adding a feed: look around the address first, show what is there, add what was chosen.

An address that is a source itself is added at once, and so is a page around which there is nothing better. Where
several sources are found, a person chooses: what was found is shown with its title, its newest date and three
headlines, and adding is asked for again with the address chosen, so that nothing has to be remembered in between.
"""

from __future__ import annotations

from dataclasses import dataclass

from watchdog_bot.asking import Fetching, Parsing
from watchdog_bot.clock import Clock
from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.discover import pasted
from watchdog_bot.core.feeds.identity import canonical_link
from watchdog_bot.core.model import Feed, Fetched, FetchFailed, HttpMemory, NotModified, ParsedFeed
from watchdog_bot.discover import Discoverer, Found
from watchdog_bot.store import Store

ITSELF = "the address itself"


@dataclass(frozen=True, slots=True)
class Added:
    """A feed that is watched now, with its newest titles so that a person sees it is the right one."""

    feed: Feed
    titles: tuple[str, ...]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Several sources, or one that was not named exactly: a person decides."""

    found: tuple[Found, ...]


class FeedAdder:
    """Looks at addresses, and stores what is to be watched."""

    def __init__(self, store: Store, fetcher: Fetching, parser: Parsing, clock: Clock) -> None:
        """All parts stay the caller's."""
        self._store = store
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock

    async def add(
        self, text: str, *, name: str = "", section: str = "", chosen: bool = False
    ) -> Added | Choice | str:
        """Watch the source of this address; or what there is to choose from around it; or why there is nothing.

        `section`: paths, as in `SourceRules`; only entries that have one count. `chosen`: this very address is meant,
        whatever else is found around it.
        """
        looking = Discoverer(self._fetcher, self._parser, clock=self._clock, section=section)
        discovery = await looking.discover(text)
        if section:  # who names a section knows what is meant: the best that has it
            of_section = next((found for found in discovery.found if found.entries), None)
            if of_section is not None:
                return await self._store_it(of_section, name)
            if discovery.found:
                return f"no post was found there with an address like {section}"
        if not discovery.found:
            return discovery.cause or "no source was found there"
        wanted = canonical_link(pasted(text))
        certain = chosen or len(discovery.found) == 1
        for found in discovery.found:
            if found.how == ITSELF or (certain and canonical_link(found.url) == wanted):
                return await self._store_it(found, name)
        return Choice(discovery.found)

    async def _store_it(self, found: Found, name: str) -> Added:
        """Two addresses that lead to the same feed are one feed."""
        known = await self._known(found)
        feed = known or await self._store.add_feed(
            found.url,
            name=name or found.title or found.url,
            kind=found.kind,
            language=found.language,
            rules=found.rules.to_text(),
        )
        if known is None:
            await self._store.audit("feed added", found.url)
        return Added(feed, found.headlines, again=known is not None)

    async def _known(self, found: Found) -> Feed | None:
        wanted = canonical_link(found.url)
        feeds = await self._store.feeds()
        former = await self._store.former_addresses()
        before = next((feed_id for each, feed_id in former.items() if canonical_link(each) == wanted), None)
        return next((feed for feed in feeds if canonical_link(feed.url) == wanted or feed.id == before), None)


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
