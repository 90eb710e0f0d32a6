"""Where hubs ask back and push. The rules, in the order in which a request passes them:

1. An address we never gave, or gave for a feed that is gone: 410, and the hub should forget it.
2. A question is answered as `core.feeds.websub` says; its challenge goes back as plain text.
3. A push that is too large by its own word (413), encoded (415) or of a kind no feed has (415) is not read.
4. Only so many bodies are read and wait at once; the next one is asked to come again (503). A body that grows too
   large (413) or comes too slowly (408) is dropped.
5. A push without a right signature is answered like a right one and dropped (section 7.1): whoever tries learns nothing.
   So is one that was taken before: recorded and sent again, it could bring back an old text.
6. The answer is given before the push is read (202). Should the bot die in between, its start pulls the feed.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import blake2b

import structlog
from aiohttp import web

from watchdog_bot.clock import Clock
from watchdog_bot.core.errors import StoreError
from watchdog_bot.core.feeds import websub
from watchdog_bot.core.model import Feed, FeedId
from watchdog_bot.store import Store

log = structlog.get_logger(__name__)

TakePush = Callable[[Feed, bytes, str], Awaitable[object]]

_WORDS = ("xml", "json", "rss", "atom", "text/html", "text/plain", "application/octet-stream")
_AGAIN = {"Retry-After": "60"}


@dataclass(frozen=True, slots=True)
class PushLimits:
    """What pushes may cost."""

    body: int = 3_000_000  # bytes
    seconds: float = 20.0  # for one body
    waiting: int = 16  # bodies that are being read or wait to be
    workers: int = 2
    remembered: int = 4_096  # pushes by which a repetition is known


@dataclass(slots=True)
class PushTally:
    """Counts since the start."""

    taken: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Push:
    feed_id: FeedId
    body: bytes
    content_type: str


class Pushes:
    """The answering side. Requests of one feed are taken in the order they came."""

    def __init__(
        self, store: Store, clock: Clock, take: TakePush, *, limits: PushLimits | None = None
    ) -> None:
        """`take` is given the feed, the document and its content type."""
        self._store = store
        self._clock = clock
        self._take = take
        self._limits = limits or PushLimits()
        self._open = 0
        self._queues: tuple[asyncio.Queue[_Push], ...] = tuple(
            asyncio.Queue() for _ in range(self._limits.workers)
        )
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self.tally = PushTally()

    def start(self) -> None:
        """Begin to take what comes."""
        self._tasks = tuple(asyncio.create_task(self._work(queue), name="pushes") for queue in self._queues)

    async def stop(self, seconds: float) -> None:
        """Take what waits, for at most so long; the rest is pulled after the next start."""
        drained = asyncio.gather(*(queue.join() for queue in self._queues))
        try:
            await asyncio.wait_for(drained, seconds)
        except TimeoutError:
            log.warning("pushes_dropped", waiting=self._open)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ------------------------------------------------------------------ a hub asks

    async def ask(self, request: web.Request) -> web.Response:
        """GET: verification of intent, or a refusal."""
        before = await self._store.hub_at(request.match_info["token"])
        answer = websub.answer(before, request.query, self._clock.now())
        match answer:
            case websub.Refused(status):
                return web.Response(status=status)
            case websub.Confirmed(challenge, after):
                assert before is not None
                if not await self._store.change_hub(before, after):
                    return web.Response(status=404)
                log.info("hub_answered", feed=before.feed_id, state=after.state if after else "left")
                return web.Response(text=challenge, content_type="text/plain", charset="utf-8")

    # ------------------------------------------------------------------ a hub pushes

    async def push(self, request: web.Request) -> web.Response:
        """POST: a document."""
        subscription = await self._store.hub_at(request.match_info["token"])
        if subscription is None or subscription.state is websub.HubState.LEAVING:
            return web.Response(status=410)
        if (status := self._unread(request)) is not None:
            return self._refuse(status)
        if self._open >= self._limits.waiting:
            return self._refuse(503, _AGAIN)
        self._open += 1
        handed_over = False
        try:
            body = await self._read(request)
            if isinstance(body, int):
                return self._refuse(body)
            if not self._is_right(body, request, subscription):
                self.tally.refused += 1
                log.warning("push_unsigned", feed=subscription.feed_id)
            elif self._is_fresh(body, subscription):
                push = _Push(subscription.feed_id, body, request.headers.get("Content-Type", "")[:200])
                self._queues[push.feed_id % len(self._queues)].put_nowait(push)
                handed_over = True
        finally:
            self._open -= not handed_over
        return web.Response(status=202)

    def _unread(self, request: web.Request) -> int | None:
        """Rule 3."""
        if request.content_length is not None and request.content_length > self._limits.body:
            return 413
        if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            return 415
        kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return None if not kind or any(word in kind for word in _WORDS) else 415

    async def _read(self, request: web.Request) -> bytes | int:
        """The body, or the status of a refusal."""
        pieces: list[bytes] = []
        room = self._limits.body
        try:
            async with asyncio.timeout(self._limits.seconds):
                async for piece in request.content.iter_any():
                    room -= len(piece)
                    if room < 0:
                        return 413
                    pieces.append(piece)
        except TimeoutError:
            return 408
        return b"".join(pieces)

    @staticmethod
    def _is_right(body: bytes, request: web.Request, subscription: websub.HubSubscription) -> bool:
        return websub.is_signed(body, request.headers.get("X-Hub-Signature", ""), subscription.secret)

    def _is_fresh(self, body: bytes, subscription: websub.HubSubscription) -> bool:
        digest = blake2b(body, digest_size=16, key=subscription.secret.encode()[:64]).digest()
        if digest in self._seen:
            return False
        self._seen[digest] = None
        if len(self._seen) > self._limits.remembered:
            self._seen.popitem(last=False)
        return True

    def _refuse(self, status: int, headers: dict[str, str] | None = None) -> web.Response:
        self.tally.refused += 1
        response = web.Response(status=status, headers=headers)
        response.force_close()  # what is left of the body is not waited for
        return response

    async def _work(self, queue: asyncio.Queue[_Push]) -> None:
        while True:
            push = await queue.get()
            try:
                await self._hand_over(push)
            except Exception:
                log.exception("push_broke", feed=push.feed_id)
                await self._pull_instead(push.feed_id)
            finally:
                self._open -= 1
                queue.task_done()

    async def _hand_over(self, push: _Push) -> None:
        feed = await self._store.feed(push.feed_id)
        if feed is not None:
            await self._take(feed, push.body, push.content_type)
            self.tally.taken += 1

    async def _pull_instead(self, feed_id: FeedId) -> None:
        try:
            await self._store.distrust_pushes(feed_id)
        except StoreError as error:
            log.warning("store_refused", error=str(error))
