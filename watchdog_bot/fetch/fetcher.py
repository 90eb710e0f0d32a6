"""Conditional GET with manners and limits. What a server can do to it:

- be asked again with both validators of its last answer, raw (RFC 9110 section 13.1);
- send at most 10 MB after decoding, in at most 30 seconds, with bounded headers;
- redirect five times, each hop guarded like the first; never from https to http;
- see one honest User-Agent, no cookies, no referrer, nothing added to the address.
"""

from __future__ import annotations

import asyncio
import math
import re
from dataclasses import dataclass, replace
from hashlib import blake2b
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from watchdog_bot.clock import Clock, SystemClock
from watchdog_bot.core.model import FailureWeight, Fetched, FetchFailed, FetchResult, HttpMemory, NotModified
from watchdog_bot.fetch import guard, words
from watchdog_bot.fetch.body import ACCEPTED, BadEncodingError, TooLargeError, decoder_for
from watchdog_bot.fetch.headers import max_age, retry_after, validators
from watchdog_bot.fetch.hosts import Hosts

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.7, */*;q=0.5"
)
MAX_SILENCE = 86_400  # seconds that one answer can silence a host
LINKS = 8_192  # characters of Link headers
_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_COOLING = frozenset({429, 503})
_UNCODED = re.compile(r'[^!-~]|["<>\\^`{|}]')  # what no address holds that is in its encoded form


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one request may cost. The defaults are for the public internet; tests set `spacing` to 0."""

    body: int = 10_000_000  # bytes after decoding, and on the wire
    total: float = 30.0  # seconds for one document, redirects included
    connect: float = 10.0  # seconds for DNS, TCP and TLS of one hop
    redirects: int = 5
    connections: int = 100  # at once, to all hosts
    per_host: int = 2  # at once, to one host
    spacing: float = 5.0  # seconds between the starts of two requests to one host
    cool_down: int = 600  # seconds of silence after a 429 or 503 that names no time
    header_count: int = 128
    header_size: int = 8190  # bytes in one header


@dataclass(frozen=True, slots=True)
class _Hop:
    """An answer that sends us on."""

    url: str
    permanent: bool


def body_hash(body: bytes) -> bytes:
    """16 bytes by which a body is known again."""
    return blake2b(body, digest_size=16).digest()


class Fetcher:
    """Fetches documents; an async context manager. One for the whole program, so that manners hold for all feeds."""

    def __init__(
        self,
        *,
        user_agent: str,
        allow_private: bool,
        limits: FetchLimits | None = None,
        refused: guard.Refusing | None = None,
        resolver: AbstractResolver | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`user_agent` should name the program, its version and a contact. With `allow_private` feeds on private and
        loopback addresses are fetched. `refused` replaces the guard's judgement of socket addresses, `resolver` the
        system's DNS.
        """
        self._headers = {"User-Agent": user_agent, "Accept": ACCEPT, "Accept-Encoding": ACCEPTED}
        self._limits = limits or FetchLimits()
        self._refused = refused or (None if allow_private else guard.refused_ip)
        self._resolver = resolver
        self._clock = clock or SystemClock()
        self._session: aiohttp.ClientSession | None = None
        self._hosts: Hosts | None = None

    async def __aenter__(self) -> Self:
        limits = self._limits
        connector = aiohttp.TCPConnector(
            limit=limits.connections,
            resolver=self._resolver,
            socket_factory=guard.socket_factory(self._refused),
            keepalive_timeout=15.0,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=None, sock_connect=limits.connect, sock_read=None
            ),
            max_line_size=limits.header_size,
            max_field_size=limits.header_size,
            max_headers=limits.header_count,
            trust_env=False,
        )
        self._hosts = Hosts(
            connections=limits.per_host, spacing=limits.spacing, time=asyncio.get_running_loop().time
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = self._hosts = None

    def wait(self, url: str) -> float:
        """Seconds until a request to this address's host could start; 0 when at once."""
        return self._hosts.wait(_host(url)) if self._hosts is not None else 0.0

    async def get(self, url: str, memory: HttpMemory) -> FetchResult:
        """The document, or that it has not changed, or why it cannot be had. Trouble of the network is never raised.

        Both validators of `memory` are sent as they are; after a 304 the result repeats them where the server did not.
        """
        if self._hosts is None:
            raise RuntimeError("the fetcher is not open: use it as an async context manager")
        if (why := guard.refused_url(url)) is not None:
            return FetchFailed(why, FailureWeight.HARD)
        host = _host(url)
        async with self._hosts.turn(host):
            try:
                async with asyncio.timeout(self._limits.total):
                    answer = await self._ask(url, host, memory)
                    return await self._follow(url, answer, memory) if isinstance(answer, _Hop) else answer
            except TimeoutError:
                return FetchFailed(
                    f"{host} did not answer whole within {self._limits.total:g} seconds",
                    FailureWeight.TEMPORARY,
                )
            except (aiohttp.ClientError, OSError, ValueError) as error:
                return words.for_error(error, host)

    async def _follow(self, url: str, hop: _Hop, memory: HttpMemory) -> FetchResult:
        """The document at the end of the redirects, of which `hop` is the first."""
        here, permanent, seen = url, True, {_defragged(url)}
        for _ in range(self._limits.redirects):
            if (why := self._refused_hop(here, hop.url, seen)) is not None:
                return FetchFailed(why, FailureWeight.HARD)
            permanent = permanent and hop.permanent
            here = hop.url
            seen.add(_defragged(here))
            answer = await self._ask(here, _host(here), memory)
            if not isinstance(answer, _Hop):
                return self._located(answer, moved_to=here if permanent and here != url else None)
            hop = answer
        return FetchFailed(f"more than {self._limits.redirects} redirects", FailureWeight.HARD)

    @staticmethod
    def _located(answer: FetchResult, *, moved_to: str | None) -> FetchResult:
        return answer if isinstance(answer, FetchFailed) else replace(answer, moved_to=moved_to)

    @staticmethod
    def _refused_hop(here: str, there: str, seen: set[str]) -> str | None:
        if (why := guard.refused_url(there)) is not None:
            return f"it redirects to where we do not go: {why}"
        if here.startswith("https:") and there.startswith("http:"):
            return "it redirects from https to http, which we do not follow"
        return "it redirects in a circle" if _defragged(there) in seen else None

    async def _ask(self, url: str, host: str, memory: HttpMemory) -> FetchResult | _Hop:
        """One hop; `host` is that of `url`."""
        assert self._session is not None
        assert self._hosts is not None
        if (silence := self._hosts.cooling(host)) > 0:
            return FetchFailed(
                f"{host} asked us to wait", FailureWeight.TEMPORARY, retry_after=math.ceil(silence)
            )
        async with self._session.get(
            _as_is(url), headers=_conditions(memory), allow_redirects=False
        ) as response:
            if response.status in _REDIRECTS and (target := response.headers.get("Location")):
                return _Hop(_joined(url, target), permanent=response.status in _PERMANENT)
            if response.status == 304:
                return self._not_modified(response, memory)
            if response.status == 200:
                return await self._document(response, url)
            return await self._failure(response, host)

    def _not_modified(self, response: aiohttp.ClientResponse, memory: HttpMemory) -> FetchResult:
        if memory.etag is None and memory.last_modified is None:
            return FetchFailed(
                "it answers “not modified” to a request without conditions", FailureWeight.SOFT
            )
        etag, last_modified = validators(response.headers)
        return NotModified(
            etag=etag or memory.etag,
            last_modified=last_modified or memory.last_modified,
            max_age=max_age(response.headers, self._clock.now()),
        )

    async def _document(self, response: aiohttp.ClientResponse, url: str) -> FetchResult:
        limit = self._limits.body
        length = response.headers.get("Content-Length", "")
        if length.isascii() and length.isdecimal() and int(length[:15]) > limit:
            return self._too_large()
        try:
            body = await self._read(response, limit)
        except TooLargeError:
            return self._too_large()
        except BadEncodingError as error:
            return FetchFailed(str(error), FailureWeight.SOFT)
        if words.is_challenge(response.headers, body):
            return words.CHALLENGED
        etag, last_modified = validators(response.headers)
        return Fetched(
            url=url,
            body=body,
            content_type=response.headers.get("Content-Type", "")[:200],
            etag=etag,
            last_modified=last_modified,
            max_age=max_age(response.headers, self._clock.now()),
            links=", ".join(response.headers.getall("Link", ()))[:LINKS],
        )

    def _too_large(self) -> FetchFailed:
        return FetchFailed(f"larger than {self._limits.body / 1_000_000:g} MB", FailureWeight.HARD)

    @staticmethod
    async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
        """The decoded body. Raises TooLargeError as soon as there is more of it than `limit`, and BadEncodingError."""
        decoder = decoder_for(response.headers.get("Content-Encoding", ""))
        pieces: list[bytes] = []
        room = wire = limit
        async for chunk in response.content.iter_any():
            wire -= len(chunk)
            if wire < 0:
                raise TooLargeError
            piece = decoder.feed(chunk, room)
            room -= len(piece)
            pieces.append(piece)
        decoder.close()
        return b"".join(pieces)

    async def _failure(self, response: aiohttp.ClientResponse, host: str) -> FetchFailed:
        assert self._hosts is not None
        wait = retry_after(response.headers, self._clock.now())
        if response.status in _COOLING:
            if wait is None and response.status == 429:
                wait = self._limits.cool_down
            self._hosts.cool(host, min(self._limits.cool_down if wait is None else wait, MAX_SILENCE))
        head = b""
        if response.status in {401, 403, 429, 503}:
            try:
                head = await self._read(response, 65_536)
            except (TooLargeError, BadEncodingError):
                head = b""
        if words.is_challenge(response.headers, head):
            return words.CHALLENGED
        return words.for_status(response.status, retry_after=wait)


def _conditions(memory: HttpMemory) -> dict[str, str]:
    conditions = {}
    if memory.etag is not None:
        conditions["If-None-Match"] = memory.etag
    if memory.last_modified is not None:
        conditions["If-Modified-Since"] = memory.last_modified
    return conditions


def _as_is(url: str) -> URL:
    """The address byte for byte where it is one already; a human's (with spaces or other scripts) in its encoded form."""
    url = _defragged(url)
    return URL(url, encoded=_UNCODED.search(url) is None)


def _defragged(url: str) -> str:
    return url.partition("#")[0]


def _joined(here: str, location: str) -> str:
    """Where a Location leads. Servers send it in UTF-8 or in Latin-1, with spaces around it, or as nonsense, which the
    guard then refuses.
    """
    there = location.strip().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        return urljoin(here, there)
    except ValueError:
        return there


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
