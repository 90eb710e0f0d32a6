"""What is wrong with a source is told to admins in words: once, after hours, and again when it works.

From a server on loopback through fetcher, parser, poller and store to the text of the notice and of the lists.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.feedserver import FeedServer, Reply, rendered
from tests.fetch.test_certificates import Case, certificate
from tests.inprocess import InProcess
from tests.telegram_html import parse
from tests.test_gaps import nobody, reading
from watchdog_bot.core import replies_feeds
from watchdog_bot.core.model import Feed, FeedChange
from watchdog_bot.fetch import Fetcher, FetchLimits
from watchdog_bot.poll import Poller
from watchdog_bot.store import Store

LIMITS = FetchLimits(spacing=0.0, cool_down=0, total=5.0)
GOOD = b"""<rss version="2.0"><channel><title>Court</title>
<item><title>A verdict</title><link>https://court.example/1</link></item></channel></rss>"""
EMPTY = b'<rss version="2.0"><channel><title>Court</title></channel></rss>'
DAMAGED = GOOD.replace(b"</item>", b"<bad></item>&nosuchthing;")
BROWSERS = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking</body></html>"
LOGIN = b"<!DOCTYPE html><html><head><title>Please log in</title></head><body><p>No</p></body></html>"
HTML = {"Content-Type": "text/html"}


@dataclass
class World:
    """One feed, and what admins are told of it."""

    store: Store
    clock: FakeClock
    poller: Poller
    feed_id: int
    told: list[str] = field(default_factory=list)

    async def feed(self) -> Feed:
        (feed,) = await self.store.feeds()
        return feed

    async def hours(self, count: int) -> list[str]:
        """Polled once an hour; returns what was told meanwhile."""
        self.told.clear()
        for _ in range(count):
            self.clock.advance(3600)
            feed = await self.feed()
            if not feed.paused:
                await self.poller.poll(feed)
        return list(self.told)

    async def listed(self) -> str:
        """The line of `/feeds`."""
        return parse(replies_feeds.feeds([await self.feed()], self.clock.now()).html).text.splitlines()[1]


@asynccontextmanager
async def watching(folder: Path, url: str) -> AsyncIterator[World]:
    clock = FakeClock()
    told: list[str] = []

    def hear(feed: Feed, change: FeedChange) -> None:
        told.append(parse(replies_feeds.feed_news(feed, change, clock.now()).html).text)

    async with (
        Fetcher(user_agent="Test", allow_private=True, limits=LIMITS) as fetcher,
        Store.open(folder / "watchdog.db", clock=clock) as store,
    ):
        feed = await store.add_feed(url, name="Court [red]")
        poller = Poller(
            store,
            fetcher,
            InProcess(),
            read=reading,
            match=nobody,
            clock=clock,
            min_interval=60,
            on_health=hear,
        )
        yield World(store, clock, poller, feed.id, told)


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as serving:
        serving.serve("/feed", GOOD)
        yield serving


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Reply(403, BROWSERS, HTML | {"cf-mitigated": "challenge"}), "blocked by a challenge page (made for browsers)"),
        (Reply(200, BROWSERS, HTML), "blocked by a challenge page (made for browsers)"),
        (Reply(200, EMPTY), "answers, but is empty since 1 March"),
        (Reply(200, LOGIN, HTML), "a web page titled “Please log in”, not a feed"),
        (Reply(200, b"no such app"), "not a feed"),
        (Reply(403), "the server refuses us (403)"),
        (Reply(404), "not there (404)"),
        (Reply(429), "the server asks us to come less often (429)"),
        (Reply(500), "the server has trouble of its own (500 Internal Server Error)"),
        (Reply(503, headers={"Retry-After": "0"}), "the server has trouble of its own (503 Service Unavailable)"),
        (Reply(451), "withheld for legal reasons (451)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
async def test_a_lasting_trouble_is_told_once_with_its_cause_and_its_end_once(
    tmp_path: Path, server: FeedServer, reply: Reply, cause: str
) -> None:
    async with watching(tmp_path, server.url("/feed")) as world:
        assert await world.hours(1) == []
        server.reply("/feed", reply)
        (told,) = await world.hours(6)
        assert told.startswith("⚠️ Court [red] has been failing for ")
        assert cause in told
        assert cause in await world.listed()
        server.serve("/feed", GOOD)
        (again,) = await world.hours(3)
        assert again == "✅ Court [red] works again: unreachable 6 h; nothing was missed."
        assert ". Court [red] — well, checked" in await world.listed()


async def test_a_trouble_of_an_hour_is_nobody_s_business(tmp_path: Path, server: FeedServer) -> None:
    async with watching(tmp_path, server.url("/feed")) as world:
        await world.hours(1)
        server.reply("/feed", Reply(500))
        assert await world.hours(1) == []
        server.serve("/feed", GOOD)
        assert await world.hours(2) == []


async def test_the_day_on_which_it_became_empty_stays(tmp_path: Path, server: FeedServer) -> None:
    async with watching(tmp_path, server.url("/feed")) as world:
        await world.hours(1)
        server.serve("/feed", EMPTY)
        await world.hours(50)
        assert "answers, but is empty since 1 March" in await world.listed()


async def test_a_withdrawn_feed_is_paused_and_told_at_once(tmp_path: Path, server: FeedServer) -> None:
    async with watching(tmp_path, server.url("/feed")) as world:
        await world.hours(1)
        server.reply("/feed", Reply(410))
        (told,) = await world.hours(3)
        assert told.startswith("🛑 Court [red] was withdrawn by its server: gone for good (410)")
        assert len(server.requests) == 2
        assert "paused: gone for good (410)" in await world.listed()


async def test_an_expired_certificate_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = await asyncio.to_thread(certificate, tmp_path, Case("has expired", until="20210101000000Z"))
    ours, theirs = ssl.create_default_context(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(pem, tmp_path / "key.pem")
    ours.load_verify_locations(pem)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", ours)

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(rendered(Reply(200, GOOD)))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=theirs) as secure:
        url = f"https://localhost:{secure.sockets[0].getsockname()[1]}/feed"
        async with watching(tmp_path, url) as world:
            (told,) = await world.hours(6)
    assert "the server's certificate has expired" in told


async def test_a_server_that_is_off_is_told_and_so_is_its_return(tmp_path: Path) -> None:
    async with FeedServer() as server:
        server.serve("/feed", GOOD)
        url, port = server.url("/feed"), server.port
    async with watching(tmp_path, url) as world:
        (told,) = await world.hours(6)
        assert "no connection to 127.0.0.1" in told
        again = await asyncio.start_server(_serve, "127.0.0.1", port)
        async with again:
            assert await world.hours(1) == ["✅ Court [red] works again."]


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(rendered(Reply(200, GOOD, {"Connection": "close"})))
    await writer.drain()
    writer.close()


async def test_a_server_that_is_busy_is_left_alone_with_all_its_feeds_as_long_as_it_asks(
    tmp_path: Path, server: FeedServer
) -> None:
    clock = FakeClock()
    server.reply("/feed", Reply(503, headers={"Retry-After": "7200"}))
    async with (
        Fetcher(user_agent="Test", allow_private=True, limits=LIMITS) as fetcher,
        Store.open(tmp_path / "watchdog.db", clock=clock) as store,
    ):
        feed = await store.add_feed(server.url("/feed"), name="Court")
        poller = Poller(store, fetcher, InProcess(), read=reading, match=nobody, clock=clock, min_interval=60)
        await poller.poll(feed)
        assert fetcher.wait(server.url("/other")) > 7000
        (feed,) = await store.feeds()
        assert feed.next_check_at is not None
        assert feed.next_check_at - clock.now() >= timedelta(hours=2)


async def test_a_damaged_document_is_read_and_not_called_well(tmp_path: Path, server: FeedServer) -> None:
    async with watching(tmp_path, server.url("/feed")) as world:
        server.serve("/feed", DAMAGED)
        assert await world.hours(6) == []
        assert len(await world.store.recent_posts(world.clock.now(), days=9, limit=9)) == 1
        listed = await world.listed()
        assert "— well" not in listed
        assert "its document is damaged and was read as far as it can be" in listed
        server.serve("/feed", GOOD)
        await world.hours(1)
        assert "— well" in await world.listed()
