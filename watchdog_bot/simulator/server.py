"""The door: the Bot API over HTTP on loopback, in front of the simulated world."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web

from watchdog_bot.clock import Clock
from watchdog_bot.simulator import faults
from watchdog_bot.simulator.chats import Chat
from watchdog_bot.simulator.faults import Call, Fault
from watchdog_bot.simulator.methods import GET_UPDATES, METHODS, Method, check_parameters, serve
from watchdog_bot.simulator.parameters import MalformedError, Parameters, read_form, read_json
from watchdog_bot.simulator.settings import allow_updates
from watchdog_bot.simulator.updates import MAX_LIMIT, MAX_TIMEOUT
from watchdog_bot.simulator.values import ApiError, Event, EventKind
from watchdog_bot.simulator.world import TOKEN, World

_PATH: Final = re.compile(r"/bot([^/]*)/([A-Za-z]+)/?\Z")
_TOKEN: Final = re.compile(r"[0-9]{1,15}:[A-Za-z0-9_-]{20,80}\Z")
_BAD_GATEWAY: Final = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_QUIET_REFUSALS: Final = frozenset({"getUpdates"})
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Simulator(World):
    """A world with an HTTP server on loopback. See the package's docstring for the whole of it."""

    def __init__(
        self,
        token: str = TOKEN,
        *,
        clock: Clock | None = None,
        strict_limits: bool = False,
        port: int = 0,
        name: str = "Watchdog",
        username: str = "watchdog_sim_bot",
        privacy: bool = True,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        super().__init__(
            token,
            clock=clock,
            strict_limits=strict_limits,
            name=name,
            username=username,
            privacy=privacy,
            on_event=on_event,
        )
        self._port = port
        self._runner: web.ServerRunner | None = None

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT`; python-telegram-bot wants `/bot` after it."""
        if not self._port:
            raise RuntimeError("the simulator has no port before it is started")
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen; after a stop, on the same port as before."""
        server = web.Server(self._answer, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.05)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        if not self._port:
            self._port = self._runner.addresses[0][1]
        await super().start()

    async def stop(self) -> None:
        """Close every connection and listen no more; all state is kept."""
        await super().stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # ------------------------------------------------------------------ one call

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        found = _PATH.match(request.path)
        if found is None or not _TOKEN.match(found[1]):
            return _refusal(ApiError(404, "Not Found"))
        if found[1] != self.token or self.logged_out:
            return _refusal(ApiError(401, "Unauthorized"))
        name = found[2]
        method = GET_UPDATES if name.lower() == "getupdates" else METHODS.get(name.lower())
        if method is None:
            self.violate(name, "there is no such method")
            return _refusal(ApiError(404, "Not Found: method not found"))
        self.calls[method.name] += 1
        try:
            given = await _parameters(request)
        except ApiError as error:
            return self._refuse(method.name, error, None)
        fault = self._fault(method, given) if self.faults else None
        if fault is not None:
            return await self._misbehave(fault, request, method, given)
        return await self._process(method, given)

    async def _process(self, method: Method, given: Parameters) -> web.Response:
        try:
            result = await self._updates(given) if method is GET_UPDATES else serve(self, method, given)
        except ApiError as error:
            return self._refuse(method.name, error, given)
        return _json(200, {"ok": True, "result": result})

    async def _updates(self, given: Parameters) -> list[dict[str, Any]]:
        try:
            check_parameters(GET_UPDATES, given)
            allow_updates(self, given)
            offset = given.integer("offset")
            limit = given.integer("limit", MAX_LIMIT, least=1, most=MAX_LIMIT)
            seconds = given.integer("timeout", least=0)
        except MalformedError as error:
            self.violate("getUpdates", error.cause)
            raise
        return await self.updates.poll(offset, limit, min(seconds, MAX_TIMEOUT))

    def _refuse(self, method: str, error: ApiError, given: Parameters | None) -> web.Response:
        if method not in _QUIET_REFUSALS:
            chat = self._chat_of(given)
            self.journal.record(
                Event(
                    self.clock.now(),
                    EventKind.REFUSED,
                    chat,
                    who=self.bot.first_name,
                    text=given.text("text") if given else "",
                    method=method,
                    error=error.description,
                )
            )
        return _refusal(error)

    def _chat_of(self, given: Parameters | None) -> Chat | None:
        wanted = given.text("chat_id") if given else ""
        return self.chats.get(int(wanted)) if re.fullmatch(r"-?[0-9]{1,18}", wanted) else None

    # ------------------------------------------------------------------ misbehaving

    def _fault(self, method: Method, given: Parameters) -> Fault | None:
        chat = self._chat_of(given)
        call = Call(method.name, chat.id if chat else None, self.calls[method.name], dict(given.values))
        fault = self.faults.pick(call)
        if fault is not None:
            self.journal.record(
                Event(
                    self.clock.now(),
                    EventKind.FAULT,
                    chat,
                    who=self.bot.first_name,
                    text=given.text("text"),
                    method=method.name,
                    error=repr(fault),
                )
            )
        return fault

    async def _misbehave(
        self, fault: Fault, request: web.BaseRequest, method: Method, given: Parameters
    ) -> web.StreamResponse:
        refusal = faults.refusal(fault)
        if refusal is not None:
            return _refusal(refusal)
        match fault:
            case faults.BadGateway():
                return web.Response(status=502, text=_BAD_GATEWAY, content_type="text/html")
            case faults.CloseBefore():
                return _hang_up(request)
            case faults.HangBefore():
                return await _hang()
            case _:
                response = await self._process(method, given)
        match fault:
            case faults.Slow(seconds):
                await self.clock.sleep(seconds)
                return response
            case faults.CloseAfter():
                return _hang_up(request)
            case faults.HangAfter():
                return await _hang()
            case _:
                return web.Response(
                    body=b'{"ok":true,"result":{"message_id":', content_type="application/json"
                )


async def _parameters(request: web.BaseRequest) -> Parameters:
    """From the query string and the body, in whatever encoding."""
    values = read_form(request.query_string.encode()) if request.query_string else {}
    kind = request.content_type
    if kind == "multipart/form-data":
        fields = await request.post()
        values |= {name: value for name, value in fields.items() if isinstance(value, str)}
        return Parameters(values)
    body = await request.read()
    if body:
        values |= read_json(body) if kind == "application/json" else read_form(body)
    return Parameters(values)


def _json(status: int, body: dict[str, Any]) -> web.Response:
    return web.Response(status=status, body=_encode(body).encode(), content_type="application/json")


def _refusal(error: ApiError) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return _json(error.code, body)


def _hang_up(request: web.BaseRequest) -> web.Response:
    """Close the connection; the answer goes nowhere."""
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)


async def _hang() -> web.Response:
    """Wait until the caller gives up (the handler is cancelled then) or the simulator stops."""
    await asyncio.Event().wait()
    return web.Response(status=500)
