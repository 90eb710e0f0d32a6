"""Hostile sources beside good ones, through the real fetcher, readers, poller and store: the good ones are on time."""

from __future__ import annotations

import asyncio
import gzip
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clock import START, FakeClock
from tests.feedserver import FeedServer, Reply, hangs, writes
from tests.test_gaps import reading
from watchdog_bot.core.model import Feed, PostText
from watchdog_bot.fetch import Fetcher, FetchLimits
from watchdog_bot.parsing import ParserLimits, ParserPool
from watchdog_bot.poll import Poller
from watchdog_bot.store import Store

GOOD = 8
OK = b"HTTP/1.1 200 OK\r\n"


def rss(inside: bytes = b"", before: bytes = b"") -> bytes:
    return (
        before
        + b'<rss version="2.0"><channel><title>T</title><item><title>x</title>'
        + inside
        + b"</item></channel></rss>"
    )


DOCUMENTS = {
    "nested tags": rss(b"<b>" * 50_000 + b"</b>" * 50_000),
    "attributes": b"<rss " + b" ".join(b'a%d="1"' % n for n in range(25_000)) + b"><channel><item/></channel></rss>",
    "a page": b"<!doctype html><title>Sign in</title>",
    "nothing": b"",
    "words": b"Not found. ",
    "deep json": b'{"items":' * 200_000,
    "entities": rss(b"<description>" + b"&a;" * 20_000 + b"</description>", b'<!DOCTYPE l [<!ENTITY a "' + b"x" * 50_000 + b'">]>'),
    "comments": rss(b"<description><![CDATA[" + b"<!--" * 20_000 + b"]]></description>"),
}  # fmt: skip
CAUSES = {
    "silence": "did not answer whole",
    "a drip": "did not answer whole",
    "headers without end": "far too many headers",
    "a flood of 103": "did not answer whole",
    "a bomb": "larger than",
    "a line of 100 MB": "larger than",
    "a broken length": "broke off",
    "no HTTP": "proper HTTP",
    "a circle": "in a circle",
    "out of the web": "where we do not go",
    "a challenge": "challenge page",
    "gone": "gone for good",
    "no service": "trouble of its own",
    "attributes": "thousands of attributes",
    "a page": "a web page titled “Sign in”",
    "nothing": "empty",
    "words": "neither XML nor JSON",
    "deep json": "nested too deeply",
}


def misbehave(server: FeedServer) -> list[str]:
    """Each way at its path; returns their names."""
    for name, document in DOCUMENTS.items():
        server.serve(f"/{name.replace(' ', '-')}", document)
    raw = {
        "silence": hangs,
        "a drip": writes(itertools.chain([OK + b"\r\n"], itertools.repeat(b"<")), pause=0.01),
        "headers without end": writes([OK, *(b"X-%d: y\r\n" % number for number in range(10_000))]),
        "a flood of 103": writes(itertools.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20), pause=0.01),
        "a line of 100 MB": writes(itertools.chain([OK + b"\r\n<rss>"], itertools.repeat(b"y" * 100_000, 1000))),
        "a broken length": writes([OK + b"Content-Length: 500\r\n\r\n<rss>"]),
        "no HTTP": writes([b"SSH-2.0-OpenSSH_9.9\r\n"]),
    }  # fmt: skip
    replies = {
        "a bomb": Reply(200, gzip.compress(b"\0" * 20_000_000), {"Content-Encoding": "gzip"}),
        "a circle": Reply(301, b"", {"Location": "/a-circle#again"}),
        "out of the web": Reply(302, b"", {"Location": "file:///etc/passwd"}),
        "a challenge": Reply(403, b"", {"cf-mitigated": "challenge"}),
        "gone": Reply(410),
        "no service": Reply(500),
    }
    for name, handler in raw.items():
        server.raw(f"/{name.replace(' ', '-')}", handler)
    for name, reply in replies.items():
        server.reply(f"/{name.replace(' ', '-')}", reply)
    return [*DOCUMENTS, *raw, *replies]


@dataclass
class Crowd:
    """A poller among servers; each feed has a host of its own unless it is said to share one."""

    store: Store
    clock: FakeClock
    server: FeedServer
    stack: AsyncExitStack
    hosts: itertools.count[int]

    async def add(self, path: str, name: str, *, host: str | None = None) -> Feed:
        own = host or f"127.0.1.{next(self.hosts)}"
        return await self.store.add_feed(self.server.url(path, host=own), name=name)

    async def add_good(self) -> list[Feed]:
        self.server.serve("/good", rss())
        return [await self.add("/good", f"good {number}") for number in range(GOOD)]

    async def poller(self, limits: FetchLimits, *, workers: int) -> Poller:
        fetcher = Fetcher(user_agent="test", allow_private=True, limits=limits)
        await self.stack.enter_async_context(fetcher)
        parser = await self.stack.enter_async_context(ParserPool(2, ParserLimits(cpu=30, wall=120.0)))
        return Poller(
            self.store, fetcher, parser, read=reading, match=nobody, clock=self.clock, min_interval=60,
            workers=workers, wait=fetcher.wait,
        )  # fmt: skip

    async def healthy(self, feeds: list[Feed]) -> bool:
        found = [await self.store.feed(feed.id) for feed in feeds]
        return all(feed is not None and feed.health.last_ok_at is not None for feed in found)

    async def poll_until(self, poller: Poller, done: Callable[[], Awaitable[bool]]) -> None:
        """Tick as the bot does, but without a second between; time stands still."""
        for _ in range(3000):
            await poller.tick()
            if await done():
                return
            await asyncio.sleep(0.01)
        pytest.fail("it never came to that")


def nobody(_: PostText) -> tuple[()]:
    return ()


@pytest.fixture
async def crowd(tmp_path: Path) -> AsyncIterator[Crowd]:
    clock = FakeClock()
    async with (
        Store.open(tmp_path / "watchdog.db", clock=clock) as store,
        FeedServer("0.0.0.0") as server,
        AsyncExitStack() as stack,
    ):
        yield Crowd(store, clock, server, stack, itertools.count(1))


async def test_every_way_to_misbehave_has_its_cause_and_the_good_feeds_are_read(crowd: Crowd) -> None:
    bad = {name: await crowd.add(f"/{name.replace(' ', '-')}", name) for name in misbehave(crowd.server)}
    good = await crowd.add_good()
    poller = await crowd.poller(FetchLimits(total=4.0, spacing=0), workers=20)

    async def all_asked() -> bool:
        found = [await crowd.store.feed(feed.id) for feed in (*bad.values(), *good)]
        return all(feed is not None and feed.health.last_checked_at is not None for feed in found)

    await crowd.poll_until(poller, all_asked)
    await poller.drain(30)
    assert await crowd.healthy(good)
    for name, feed in bad.items():
        after = await crowd.store.feed(feed.id)
        assert after is not None
        if name in CAUSES:
            assert CAUSES[name] in (after.health.cause or ""), name
        else:  # what is only costly is read
            assert after.health.cause is None, name
            assert after.health.last_ok_at is not None, name


async def test_feeds_that_never_answer_keep_no_good_feed_waiting(crowd: Crowd) -> None:
    crowd.server.raw("/silence", hangs)
    for number in range(12):
        await crowd.add("/silence", f"silent {number}")
    good = await crowd.add_good()
    poller = await crowd.poller(FetchLimits(total=300.0, spacing=0), workers=16)
    await crowd.poll_until(poller, lambda: crowd.healthy(good))
    assert len(poller._under_way) == 12  # which still wait
    await poller.drain(0)


async def test_many_feeds_of_one_host_keep_no_other_feed_waiting(crowd: Crowd) -> None:
    """A host is asked every five seconds: forty of its feeds would hold every place for minutes."""
    crowd.server.serve("/good", rss())
    same = [await crowd.add(f"/good?{number}", f"same {number}", host="127.0.0.9") for number in range(40)]
    good = await crowd.add_good()
    poller = await crowd.poller(FetchLimits(spacing=5.0), workers=4)
    await crowd.poll_until(poller, lambda: crowd.healthy(good))
    asked = [request for request in crowd.server.requests if "?" in request.target]
    assert len(asked) <= 2
    assert len(poller._under_way) <= 2
    await poller.drain(0)
    put_off = await crowd.store.lease_due_feeds(START + timedelta(minutes=10), limit=100)
    assert {feed.id for feed in put_off} >= {feed.id for feed in same[2:]}  # and none is forgotten
