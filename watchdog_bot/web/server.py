"""The web server's rooms and doors: opened and closed here, on one address, off unless the operator named one.

    GET /health            200 or 503, with the heartbeats as JSON
    GET /metrics           Prometheus
    GET, POST /websub/…    for hubs, where `web.websub` is on

Each answer says that it is neither to be kept nor to be taken for anything but what it is. Nothing is logged of who asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aiohttp import web

from watchdog_bot.clock import Clock
from watchdog_bot.core.errors import ConfigError
from watchdog_bot.settings import WebSettings
from watchdog_bot.store import Store
from watchdog_bot.web import pages
from watchdog_bot.web.hubs import Hubs
from watchdog_bot.web.pushes import Pushes, PushLimits, PushTally, TakePush

log = structlog.get_logger(__name__)

DRAIN = 5.0  # seconds that pushes under way get at the end
KEEP_ALIVE = 15.0  # seconds of silence on an open connection
HEADER_SIZE = 8_190  # bytes
HEAD_SECONDS = 15.0  # from the opening of a connection to the end of its first request's head
MOST_CONNECTIONS = 200
LINGER = 1.0  # seconds in which a refused sender may finish a sentence, so that it can read why


class Web:
    """`start` and `stop` it once. Without an address it only sees to it that nothing waits for pushes."""

    def __init__(
        self,
        settings: WebSettings,
        store: Store,
        clock: Clock,
        *,
        take: TakePush,
        user_agent: str,
        allow_private: bool,
        beats: Sequence[str],
        stale: float,
        limits: PushLimits | None = None,
    ) -> None:
        """`take` gets the pushes. `beats` are the heartbeats that must not be older than `stale` seconds."""
        self._settings = settings
        self._store = store
        self._clock = clock
        self._beats = tuple(beats)
        self._stale = stale
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self._door: Door | None = None
        self._asking: asyncio.Task[None] | None = None
        self.pushes: Pushes | None = None
        self.hubs: Hubs | None = None
        if settings.websub:
            self.pushes = Pushes(store, clock, take, limits=limits)
            self.hubs = Hubs(
                store,
                clock,
                public_url=settings.public_url,
                user_agent=user_agent,
                allow_private=allow_private,
            )

    @property
    def port(self) -> int | None:
        """The port it listens on; None where it does not."""
        if self._listener is None or not self._listener.sockets:
            return None
        return int(self._listener.sockets[0].getsockname()[1])

    async def start(self, *, ask: bool = True) -> None:
        """Listen; with `ask` begin to ask hubs. Raises ConfigError where the address is not to be had."""
        if self.pushes is None:
            await self._store.forget_hubs()
        if self._settings.address is None:
            return
        host, port = self._settings.address
        # Bodies stay as they are sent: a signature is over those bytes, and a compressed one could be a bomb.
        self._runner = web.AppRunner(
            self._application(),
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=KEEP_ALIVE,
            max_line_size=HEADER_SIZE,
            max_field_size=HEADER_SIZE,
            lingering_time=LINGER,
            shutdown_timeout=DRAIN,
        )
        await self._runner.setup()
        assert self._runner.server is not None, "setup makes it"
        self._door = Door(self._runner.server)
        try:
            self._listener = await asyncio.get_running_loop().create_server(self._door, host, port)
        except OSError as error:
            raise ConfigError(
                (f"web.listen: {self._settings.listen} cannot be had: {error.strerror}. Name another port.",)
            ) from error
        if self.pushes is not None and self.hubs is not None:
            await self._store.catch_up_pushes()
            self.pushes.start()
            await self.hubs.__aenter__()
            if ask:
                self._asking = asyncio.create_task(self.hubs.run(), name="hubs")
        log.info("web_started", listen=self._settings.listen, websub=self._settings.websub)

    async def stop(self) -> None:
        """Take no more, finish what was taken. Stopping what never started is fine."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self.pushes is not None:
            await self.pushes.stop(DRAIN)
        if self.hubs is not None:
            await self.hubs.__aexit__(None, None, None)

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/health", self._health)
        application.router.add_get("/metrics", self._metrics)
        if self.pushes is not None:
            application.router.add_get("/websub/{token}", self.pushes.ask, allow_head=False)
            application.router.add_post("/websub/{token}", self.pushes.push)
        application.on_response_prepare.append(_plainly)
        application.middlewares.append(self._heard)
        return application

    @web.middleware
    async def _heard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if self._door is not None:
            self._door.hear(request.protocol)
        return await handler(request)

    async def _health(self, _: web.Request) -> web.Response:
        well, text = pages.health(
            await self._store.beats(), self._clock.now(), wanted=self._beats, stale=self._stale
        )
        return web.Response(text=text, status=200 if well else 503, content_type="application/json")

    async def _metrics(self, _: web.Request) -> web.Response:
        now = self._clock.now()
        tally = self.pushes.tally if self.pushes is not None else PushTally()
        text = pages.metrics(
            await self._store.status(now),
            now,
            {
                "hubs_active": await self._store.active_hubs(),
                "pushes_taken_total": tally.taken,
                "pushes_refused_total": tally.refused,
            },
            delays=await self._store.latency(),
        )
        return web.Response(text=text, headers={"Content-Type": pages.METRICS_TYPE})


class Door:
    """Makes a handler for each connection; shows out who does not say what is wanted in time, and who is one too many."""

    def __init__(self, server: web.Server) -> None:
        """aiohttp itself waits for a request's head for ever."""
        self._server = server
        self._unheard: dict[web.RequestHandler, asyncio.TimerHandle] = {}

    def __call__(self) -> web.RequestHandler:
        """For the event loop: a connection was opened."""
        handler = self._server()
        patience = HEAD_SECONDS if len(self._server.connections) < MOST_CONNECTIONS else 0.0
        self._unheard[handler] = asyncio.get_running_loop().call_later(patience, self._show_out, handler)
        return handler

    def hear(self, handler: web.RequestHandler) -> None:
        """A whole head has come on this connection."""
        if (timer := self._unheard.pop(handler, None)) is not None:
            timer.cancel()

    def _show_out(self, handler: web.RequestHandler) -> None:
        del self._unheard[handler]
        if handler.transport is not None:
            handler.force_close()


async def _plainly(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers.popall("Server", None)
