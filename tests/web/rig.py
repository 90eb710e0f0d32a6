"""A publisher, a hub and the bot's web server on loopback, with the real store and poller between them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from aiohttp import web

from tests.clock import FakeClock
from tests.feedserver import FeedServer
from tests.inprocess import InProcess
from watchdog_bot.core.feeds.websub import HubSubscription
from watchdog_bot.core.model import (
    Address,
    ChatKind,
    CountryReading,
    Feed,
    MatchGroup,
    PostText,
    Subscription,
    SubscriptionSlot,
)
from watchdog_bot.fetch import Fetcher, FetchLimits
from watchdog_bot.poll import Poller, PollResult
from watchdog_bot.settings import WebSettings
from watchdog_bot.store import Store
from watchdog_bot.web import Web
from watchdog_bot.web.pushes import Pushes, PushLimits

RSS = "application/rss+xml"
PUBLIC = "https://bot.example/base"


def rss(*titles: str, hub: str | None = None, topic: str | None = None, note: str = "") -> bytes:
    """A feed with these posts, newest first."""
    links = f'<a:link rel="hub" href="{hub}"/>' if hub else ""
    links += f'<a:link rel="self" href="{topic}"/>' if topic else ""
    items = "".join(
        f"<item><title>{title}</title><guid>https://source.example/{title.replace(' ', '-')}</guid>"
        f"<description>{note}</description></item>"
        for title in titles
    )
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom"><channel><title>S</title>'
        f"{links}{items}</channel></rss>"
    ).encode()


def signature(body: bytes, secret: str, method: str = "sha256") -> str:
    """X-Hub-Signature, as a hub makes it."""
    return f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"


class Hub:
    """A hub: it notes what it is asked, and answers with `status`; asking back and pushing is the test's part."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.status = 202
        self.location: str | None = None
        app = web.Application()
        app.router.add_post("/{tail:.*}", self._accept)
        self._runner = web.AppRunner(app)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/hub"

    async def _accept(self, request: web.Request) -> web.Response:
        self.asked.append(dict(parse_qsl(await request.text())))
        headers = {"Location": self.location} if self.location else None
        return web.Response(status=self.status, text="because\x1b[31m", headers=headers)


def read(
    title: str,
    text: str,
    *,
    language: str | None = None,
    hints: tuple[str, ...] = (),
    on: date | None = None,
) -> CountryReading:
    return CountryReading()


@dataclass
class Rig:
    """Everything, with one feed at `/feed` and one subscriber who follows “torture”."""

    store: Store
    clock: FakeClock
    publisher: FeedServer
    hub: Hub
    web: Web
    poller: Poller
    client: aiohttp.ClientSession
    feed_id: int
    subscription: Subscription
    woken: list[bool] = field(default_factory=list)

    @property
    def topic(self) -> str:
        return self.publisher.url("/feed")

    @property
    def pushes(self) -> Pushes:
        assert self.web.pushes is not None
        return self.web.pushes

    def publish(self, *titles: str, hub: bool = True, note: str = "") -> bytes:
        """What the publisher serves from now on."""
        body = rss(*titles, hub=self.hub.url if hub else None, note=note)
        self.publisher.serve("/feed", body, content_type=RSS, etag=f'"{hashlib.sha1(body).hexdigest()}"')
        return body

    async def feed(self) -> Feed:
        (feed,) = await self.store.feeds()
        return feed

    async def pull(self) -> PollResult:
        return await self.poller.poll(await self.feed())

    async def ask(self) -> int:
        assert self.web.hubs is not None
        return await self.web.hubs.tick()

    async def subscription_at_hub(self) -> HubSubscription:
        path = urlsplit(self.hub.asked[-1]["hub.callback"]).path
        found = await self.store.hub_at(path.rpartition("/")[2])
        assert found is not None
        return found

    def here(self, path: str) -> str:
        return f"http://127.0.0.1:{self.web.port}{path}"

    def callback(self) -> str:
        """The last callback the hub was given, as a proxy would forward it."""
        path = urlsplit(self.hub.asked[-1]["hub.callback"]).path
        return self.here(path.removeprefix("/base"))

    async def verify(self, **changed: str) -> tuple[int, str]:
        """The hub asks back."""
        asked = self.hub.asked[-1]
        question = {
            "hub.mode": asked["hub.mode"],
            "hub.topic": asked["hub.topic"],
            "hub.challenge": "<b>challenge</b>",
            "hub.lease_seconds": asked.get("hub.lease_seconds", "0"),
        } | {f"hub.{name}": value for name, value in changed.items()}
        async with self.client.get(self.callback(), params=question) as response:
            return response.status, await response.text()

    def signed(self, body: bytes, method: str = "sha256") -> dict[str, str]:
        secret = next(each["hub.secret"] for each in reversed(self.hub.asked) if "hub.secret" in each)
        return {"X-Hub-Signature": signature(body, secret, method), "Content-Type": RSS}

    async def push(self, body: bytes, headers: dict[str, str] | None = None) -> int:
        """The hub pushes; returns the status once everything that was taken is done."""
        headers = self.signed(body) if headers is None else headers
        async with self.client.post(self.callback(), data=BytesIO(body), headers=headers) as response:
            status = response.status
        await self.settled()
        return status

    async def settled(self) -> None:
        for queue in self.pushes._queues:
            await queue.join()

    async def titles(self) -> list[str]:
        return sorted(
            post.title for post in await self.store.recent_posts(self.clock.now(), days=9, limit=99)
        )

    async def is_owed(self, title: str) -> bool:
        posts = await self.store.recent_posts(self.clock.now(), days=9, limit=99)
        post = next(each for each in posts if each.title == title)
        return await self.store.delivery_for(self.subscription.subscriber_id, post.id) is not None

    async def next_check(self) -> float:
        """Hours until the next pull."""
        feed = await self.feed()
        assert feed.next_check_at is not None
        return (feed.next_check_at - self.clock.now()).total_seconds() / 3600

    async def subscribed(self, *titles: str) -> None:
        """Baseline, subscription, verification."""
        self.publish(*(titles or ("old",)))
        await self.pull()
        await self.ask()
        assert (await self.verify())[0] == 200


@asynccontextmanager
async def rigged(
    folder: Path, *, limits: PushLimits | None = None, allow_private: bool = True
) -> AsyncIterator[Rig]:
    clock = FakeClock()
    async with (
        Store.open(folder / "watchdog.db", clock=clock) as store,
        FeedServer() as publisher,
        Hub() as hub,
        Fetcher(user_agent="test", allow_private=True, limits=FetchLimits(spacing=0), clock=clock) as fetcher,
        aiohttp.ClientSession() as client,
    ):
        feed = await store.add_feed(publisher.url("/feed"), name="Source")
        subscriber = await store.ensure_subscriber(Address(5), kind=ChatKind.PRIVATE, language="en")
        mine = await store.add_subscription(subscriber.id, SubscriptionSlot.QUERY, "torture")

        def match(post: PostText) -> tuple[MatchGroup, ...]:
            return (MatchGroup((), (mine.id,), (subscriber.id,)),) if "torture" in post.title else ()

        woken: list[bool] = []
        poller = Poller(
            store,
            fetcher,
            InProcess(),
            read=read,
            match=match,
            clock=clock,
            min_interval=300,
            on_owed=lambda: woken.append(True),
        )
        server = Web(
            WebSettings(listen="127.0.0.1:0", public_url=PUBLIC, websub=True),
            store,
            clock,
            take=poller.take_push,
            user_agent="WatchdogBot/test",
            allow_private=allow_private,
            beats=("loop",),
            stale=90,
            limits=limits,
        )
        await server.start(ask=False)
        try:
            yield Rig(store, clock, publisher, hub, server, poller, client, feed.id, mine, woken)
        finally:
            await asyncio.wait_for(server.stop(), 10)
