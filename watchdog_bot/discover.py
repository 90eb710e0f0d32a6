"""Discovery: any address → the sources that can be watched there, each looked at before it is shown.

The address itself, if it is a source; else what its page leads to, in the order of `core.feeds.discover`; then sitemaps;
and the page itself, read for what repeats on it. Two addresses that lead to the same source are one. It asks a server
for eighteen documents at most, with the fetcher's manners, so it may take a minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from watchdog_bot import sitemaps
from watchdog_bot.asking import Fetching, Parsing
from watchdog_bot.clock import Clock
from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds import discover as core
from watchdog_bot.core.feeds.charset import decode
from watchdog_bot.core.feeds.discover import Candidate
from watchdog_bot.core.feeds.identity import canonical_link, key_of, keys
from watchdog_bot.core.feeds.links import absolute
from watchdog_bot.core.feeds.parse import root_name
from watchdog_bot.core.feeds.rules import NO_RULES, SourceRules
from watchdog_bot.core.model import (
    FeedKind,
    Fetched,
    FetchFailed,
    HttpMemory,
    NotModified,
    ParsedFeed,
)

MAX_FETCHES = 18
ENOUGH = 5  # sources found after which no further place is tried
HEADLINES = 3
INDEX_LOOK = 2  # sitemaps of an index that are looked into


@dataclass(frozen=True, slots=True)
class Found:
    """A source that was read, with what a person needs to see that it is the right one."""

    url: str  # where it really is, after permanent redirects
    kind: FeedKind
    how: str
    title: str
    entries: int
    newest: datetime | None
    headlines: tuple[str, ...]
    language: str | None = None
    rules: SourceRules = NO_RULES


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found, best first; where nothing was, `cause` says why."""

    found: tuple[Found, ...]
    cause: str = ""


class Discoverer:
    """Looks around one address; make one for each."""

    def __init__(self, fetcher: Fetching, parser: Parsing, *, clock: Clock, section: str = "") -> None:
        """`section`: of what is found only entries that have such a path count (see `SourceRules`)."""
        self._section = section
        self._fetcher = fetcher
        self._parser = parser
        self._now = clock.now()
        self._left = MAX_FETCHES
        self._tried: set[str] = set()
        self._found: dict[bytes, Found] = {}

    async def discover(self, text: str) -> Discovery:
        """The sources at the address that somebody pasted."""
        url = core.pasted(text)
        self._left -= 1
        first = await self._fetcher.get(url, HttpMemory())
        match first:
            case FetchFailed(cause=cause):
                await self._try(core.by_address(url))
                return Discovery(tuple(self._found.values()), "" if self._found else cause)
            case NotModified():
                return Discovery((), "the server says “not modified” to a first request")
            case Fetched():
                return await self._around(url, first)

    async def _around(self, url: str, first: Fetched) -> Discovery:
        self._tried.update(canonical_link(each) for each in (url, first.url))
        known_page = next(
            (each for each in core.by_address(url) if each.url == url and each.rules.container), None
        )
        cause = await self._read(first, known_page or Candidate(url, "the address itself"))
        if self._found:
            return Discovery(tuple(self._found.values()))
        page = decode(first.body, first.content_type)
        if root_name(page.lstrip()) != "html":
            return Discovery((), cause)
        await self._try((*core.by_address(url), *core.by_page(page, url=first.url)))
        if not self._found:
            await self._try(core.well_known(first.url), enough=1)
        if not self._found:
            await self._try_sitemaps(first.url)
        await self._read(
            first, Candidate(first.url, "the page itself, read for what repeats on it"), kind=FeedKind.PAGE
        )
        return Discovery(tuple(self._found.values()), "" if self._found else cause)

    async def _try(self, candidates: Iterable[Candidate], *, enough: int = ENOUGH) -> None:
        for candidate in candidates:
            if self._left <= 0 or len(self._found) >= enough:
                return
            fetched = await self._fetch(candidate)
            if fetched is None:
                continue
            await self._read(fetched, candidate)
            if candidate.how == "a page that lists feeds" and not self._found:
                page = decode(fetched.body, fetched.content_type)
                await self._try(core.by_page(page, url=fetched.url), enough=enough)

    async def _try_sitemaps(self, url: str) -> None:
        robots = await self._fetch(Candidate(absolute("/robots.txt", url) or url, "robots.txt"))
        text = decode(robots.body, robots.content_type) if robots is not None else ""
        await self._try(core.sitemaps_in(text, url=url), enough=1)

    async def _fetch(self, candidate: Candidate) -> Fetched | None:
        address = canonical_link(candidate.url)
        if address in self._tried or self._left <= 0:
            return None
        self._tried.add(address)
        self._left -= 1
        result = await self._fetcher.get(candidate.url, HttpMemory())
        if not isinstance(result, Fetched):
            return None
        end = canonical_link(result.url)
        if end != address and end in self._tried:
            return None
        self._tried.add(end)
        return result

    async def _read(self, fetched: Fetched, candidate: Candidate, *, kind: FeedKind = FeedKind.AUTO) -> str:
        """Keep what can be read; returns why it cannot, or nothing."""
        if self._section:
            candidate = replace(candidate, rules=replace(candidate.rules, section=self._section))
        rules = candidate.rules
        try:
            parsed = await self._parser.parse(
                fetched.body,
                url=fetched.url,
                content_type=fetched.content_type,
                kind=kind,
                rules=rules,
                now=self._now,
            )
        except ParseError as error:
            return str(error)
        if parsed.children:
            looked = min(self._left // sitemaps.DEPTH, INDEX_LOOK)
            self._left -= looked * sitemaps.DEPTH
            parsed = await sitemaps.opened(
                self._fetcher, self._parser, parsed, now=self._now, rules=rules, most=looked
            )
            if not parsed.entries:
                what = (
                    f"no post with an address like {self._section}" if self._section else "nothing to watch"
                )
                return f"it is a list of sitemaps, and in the newest of them there is {what}"
        if parsed.entries or kind is not FeedKind.PAGE:
            self._keep(parsed, fetched, candidate)
        return ""

    def _keep(self, parsed: ParsedFeed, fetched: Fetched, candidate: Candidate) -> None:
        """Two documents with the same posts are one source."""
        posts = sorted(key for each in keys(parsed.entries) for key in each.shared or each.local)
        fingerprint = (
            key_of("source", *(key.hex() for key in posts)) if posts else key_of("source", fetched.url)
        )
        dates = [
            moment for entry in parsed.entries if (moment := entry.published or entry.updated) is not None
        ]
        found = Found(
            url=fetched.moved_to or candidate.url,
            kind=parsed.kind,
            how=candidate.how,
            title=parsed.title or candidate.title,
            entries=len(parsed.entries),
            newest=max(dates, default=None),
            headlines=tuple(entry.title for entry in parsed.entries[:HEADLINES]),
            language=parsed.language,
            rules=candidate.rules,
        )
        self._found.setdefault(fingerprint, found)


async def discover(text: str, fetcher: Fetching, parser: Parsing, *, clock: Clock) -> Discovery:
    """The sources at an address that somebody pasted; never raises for what is found there."""
    return await Discoverer(fetcher, parser, clock=clock).discover(text)
