"""The network of the simulated sources: conditions, redirects, and everything that goes wrong with a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tests.year.source import Page, Source, Validators
from watchdog_bot.core.model import (
    FailureWeight,
    Fetched,
    FetchFailed,
    FetchResult,
    HttpMemory,
    NotModified,
)
from watchdog_bot.fetch import words

REDIRECTS = 5
CHALLENGE_PAGE = b"<!doctype html><html><head><title>One moment</title></head><body>Prove it.</body></html>"


class Trouble(StrEnum):
    TIMEOUT = "timeout"
    BROKEN = "500"
    BUSY = "503 with Retry-After"
    TOO_OFTEN = "429 with Retry-After"
    EMPTY = "an empty 200"
    HOLLOW = "a document without entries"
    CHALLENGED = "a challenge page that is recognised"
    PAGE = "a web page instead of the feed"
    STUCK = "304 to whoever asks with a condition"
    FLICKERING = "each second answer is an old copy"
    GONE = "410"


SILENCING = frozenset(Trouble) - {Trouble.STUCK, Trouble.FLICKERING}
RETRY_AFTER = {Trouble.BUSY: 7200, Trouble.TOO_OFTEN: 18_000}


@dataclass(frozen=True, slots=True)
class Serving:
    """A whole document that somebody got."""

    source: Source
    page: Page


class Net:
    """What `Fetcher` is to the poller."""

    def __init__(self, now: Callable[[], datetime], *, floor: int) -> None:
        """`now` is true time, which no clock jump touches; `floor` the least seconds between two requests."""
        self._now = now
        self._floor = floor
        self.at: dict[str, Source] = {}
        self.redirects: dict[str, tuple[str, bool]] = {}
        self.troubles: dict[Source, Trouble] = {}
        self.old_copies: dict[Source, Page] = {}
        self.servings: list[Serving] = []
        self.requests: dict[Source, int] = {}
        self.asked: dict[Source, tuple[datetime, int]] = {}  # when, and how long to stay away then
        self.permanent: dict[Source, int] = {}  # answers in a row behind a permanent redirect
        self.statuses: dict[str, int] = {}

    def put(self, source: Source) -> None:
        self.at[source.url] = source

    async def get(self, url: str, memory: HttpMemory) -> FetchResult:
        here, permanent, hops = url, True, 0
        while here in self.redirects:
            hops += 1
            if hops > REDIRECTS:
                return FetchFailed("more than 5 redirects", FailureWeight.HARD)
            target, lasting = self.redirects[here]
            permanent, here = permanent and lasting, target
        source = self.at.get(here)
        if source is None:
            return self._counted(words.for_status(404, retry_after=None))
        self._mind_manners(source)
        result = self._counted(self._answer(source, here, memory))
        if isinstance(result, FetchFailed):
            self.asked[source] = (self._now(), result.retry_after or 0)
            return result
        moved = here if permanent and here != url else None
        if self.troubles.get(source) not in SILENCING:  # what is no document says nothing about addresses
            self.permanent[source] = self.permanent.get(source, 0) + 1 if moved else 0
        return replace(result, moved_to=moved)

    def _mind_manners(self, source: Source) -> None:
        self.requests[source] = self.requests.get(source, 0) + 1
        now = self._now()
        last, wished = self.asked.get(source, (None, 0))
        if last is not None:
            waited = (now - last).total_seconds()
            assert waited >= max(self._floor, wished) - 1, (
                f"{source.name} was asked after {waited} s, which is sooner than {max(self._floor, wished)} s"
            )
        self.asked[source] = (now, 0)

    def _counted(self, result: FetchResult) -> FetchResult:
        name = type(result).__name__
        self.statuses[name] = self.statuses.get(name, 0) + 1
        return result

    def _answer(self, source: Source, url: str, memory: HttpMemory) -> FetchResult:
        trouble = self.troubles.get(source)
        if trouble is not None and (failure := _failure(trouble)) is not None:
            return failure
        match trouble:
            case Trouble.EMPTY:
                return Fetched(url, b"", "text/xml")
            case Trouble.HOLLOW:
                return Fetched(url, source.hollow(), source.form.value, etag='"hollow"')
            case Trouble.PAGE:
                return Fetched(url, CHALLENGE_PAGE, "text/html", etag='"page"')
            case Trouble.STUCK if memory.etag or memory.last_modified:
                return NotModified(memory.etag, memory.last_modified)
            case _:
                return self._document(source, url, memory)

    def _document(self, source: Source, url: str, memory: HttpMemory) -> FetchResult:
        page = source.page()
        if self.troubles.get(source) is Trouble.FLICKERING and self.requests[source] % 2:
            page = self.old_copies.get(source, page)
        etag, modified = _validators_of(source, page)
        if source.restless_head:
            etag = modified = None
        asked = memory.etag == etag if memory.etag else bool(modified) and memory.last_modified == modified
        if asked and (etag or modified):
            return NotModified(memory.etag, memory.last_modified)
        self.servings.append(Serving(source, page))
        body = page.body
        if source.restless_head:
            body = body.replace(source.head(), source.head(self._now().isoformat()), 1)
        return Fetched(url, body, source.form.value, etag=etag, last_modified=modified)


def _validators_of(source: Source, page: Page) -> tuple[str | None, str | None]:
    etag = f'W/"{source.name}-{page.revision}"'
    modified = f"revision {page.revision}"  # opaque: nobody may read it as a date
    match source.validators:
        case Validators.BOTH:
            return etag, modified
        case Validators.ETAG:
            return etag, None
        case Validators.MODIFIED:
            return None, modified
        case Validators.NONE:
            return None, None


def _failure(trouble: Trouble) -> FetchFailed | None:
    match trouble:
        case Trouble.TIMEOUT:
            return FetchFailed("it did not answer whole within 30 seconds", FailureWeight.TEMPORARY)
        case Trouble.BROKEN:
            return words.for_status(500, retry_after=None)
        case Trouble.BUSY:
            return words.for_status(503, retry_after=RETRY_AFTER[trouble])
        case Trouble.TOO_OFTEN:
            return words.for_status(429, retry_after=RETRY_AFTER[trouble])
        case Trouble.GONE:
            return words.for_status(410, retry_after=None)
        case Trouble.CHALLENGED:
            return words.CHALLENGED
        case _:
            return None
