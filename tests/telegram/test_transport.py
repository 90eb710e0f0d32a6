"""The transport against servers of its own on loopback: what is sent how often, what is believed, what gets out."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import ssl
import subprocess
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputFile
from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError, TimedOut

from watchdog_bot import simulator as s
from watchdog_bot.simulator import Fault, Simulator
from watchdog_bot.telegram import transport
from watchdog_bot.telegram.transport import AiohttpRequest, AnswerLostError, NotReachedError

TOKEN = "1234567890:AAF-t0ken_that_nobody_may_read_any_where"
ME = {"id": 7, "is_bot": True, "first_name": "Watchdog", "username": "watchdog_bot"}
PATIENT, HASTY = 20.0, 0.05  # seconds

Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answered_by(answering: Answering) -> AsyncIterator[str]:
    """A server's address."""
    async with RawTestServer(answering) as server:
        yield str(server.make_url("")).rstrip("/")


@asynccontextmanager
async def bot_at(base: str, **options: Any) -> AsyncIterator[Bot]:
    """The real python-telegram-bot with our transport; not introduced to Telegram, so that nothing is called yet."""
    request = AiohttpRequest(**{"connections": 4, "timeout": PATIENT} | options)
    async with request:
        yield Bot(TOKEN, base_url=f"{base}/bot", request=request, get_updates_request=request)


def ok(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _logged(caplog: pytest.LogCaptureFixture) -> str:
    """What the client's side logged; the server of the test logs as well."""
    return "\n".join(
        f"{each.getMessage()} {each.exc_text}"
        for each in caplog.records
        if not each.name.startswith("aiohttp.")
    )


# ------------------------------------------------------------------ what is sent


async def test_it_sends_parameters_as_json_and_says_who_it_is() -> None:
    seen: list[tuple[str, str, dict[str, str], Any]] = []

    async def answering(request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        seen.append((request.method, request.path, dict(request.headers), json.loads(body)))
        return ok({"message_id": 5, "date": 0, "chat": {"id": 42, "type": "private", "first_name": "Вера"}})

    buttons = InlineKeyboardMarkup([[InlineKeyboardButton("Ще", callback_data="v1:x")]])
    async with answered_by(answering) as base, bot_at(base) as bot:
        message = await bot.send_message(42, "<b>Київ</b> 🇺🇦", parse_mode="HTML", reply_markup=buttons)
    assert message.message_id == 5
    assert message.chat.first_name == "Вера"
    ((method, path, headers, body),) = seen
    assert (method, path) == ("POST", f"/bot{TOKEN}/sendMessage")
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"] == AiohttpRequest.USER_AGENT
    assert headers["Accept-Encoding"] == "identity"
    assert body["chat_id"] == "42"
    assert body["text"] == "<b>Київ</b> 🇺🇦"
    assert json.loads(body["reply_markup"]) == {
        "inline_keyboard": [[{"text": "Ще", "callback_data": "v1:x"}]]
    }


async def test_it_keeps_its_connection() -> None:
    peers = set()

    async def answering(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        return ok(ME)

    async with answered_by(answering) as base, bot_at(base) as bot:
        for _ in range(5):
            await bot.get_me()
    assert len(peers) == 1


async def test_it_keeps_no_cookie() -> None:
    cookies = []

    async def answering(request: web.BaseRequest) -> web.StreamResponse:
        cookies.append(request.headers.get("Cookie"))
        response = ok(ME)
        response.set_cookie("track", "me")
        return response

    async with answered_by(answering) as base, bot_at(base) as bot:
        await bot.get_me()
        await bot.get_me()
    assert cookies == [None, None]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_it_follows_no_redirect(status: int) -> None:
    paths = []

    async def answering(request: web.BaseRequest) -> web.StreamResponse:
        paths.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"}, text="over there")

    async with answered_by(answering) as base, bot_at(base) as bot:
        with pytest.raises(NetworkError, match=str(status)):
            await bot.get_me()
    assert paths == [f"/bot{TOKEN}/getMe"]


@pytest.mark.parametrize("asked", [False, True])
async def test_a_proxy_in_the_environment_is_only_used_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    async def answering(_request: web.BaseRequest) -> web.StreamResponse:
        return ok(ME)

    async with answered_by(answering) as base, bot_at(base, trust_env=asked) as bot:
        if not asked:
            assert (await bot.get_me()).id == 7
            return
        with pytest.raises(NetworkError) as caught:
            await bot.get_me()
    assert isinstance(caught.value.__cause__, NotReachedError)


async def test_a_file_is_refused_before_anything_is_sent() -> None:
    calls = []

    async def answering(request: web.BaseRequest) -> web.StreamResponse:
        calls.append(request.path)
        return ok(True)

    async with answered_by(answering) as base, bot_at(base) as bot:
        with pytest.raises(BadRequest, match="sends no files"):
            await bot.send_document(42, InputFile(b"bytes", filename="a.txt"))
    assert not calls


async def test_a_closed_transport_sends_nothing_and_can_be_opened_again() -> None:
    async def answering(_request: web.BaseRequest) -> web.StreamResponse:
        return ok(ME)

    async with answered_by(answering) as base:
        request = AiohttpRequest(1, timeout=PATIENT)
        bot = Bot(TOKEN, base_url=f"{base}/bot", request=request, get_updates_request=request)
        await request.shutdown()
        with pytest.raises(NetworkError) as caught:
            await bot.get_me()
        assert isinstance(caught.value.__cause__, NotReachedError)
        for _ in range(2):
            await request.initialize()
            await request.initialize()
            assert (await bot.get_me()).id == 7
            await request.shutdown()


# ------------------------------------------------------------------ once


class _Reading:
    """Reads whole requests by hand, answers the first of a connection, and hangs up on the second."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for _ in range(2):
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                self.requests.append(head.partition(b" ")[0])
                if len(self.requests) == 2:
                    return
                body = json.dumps({"ok": True, "result": ME}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def hanging_up_on_the_second() -> AsyncIterator[tuple[str, list[bytes]]]:
    reading = _Reading()
    server = await asyncio.start_server(reading.serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", reading.requests
    finally:
        server.close()
        await server.wait_closed()


async def test_a_post_whose_kept_connection_dies_is_not_written_again() -> None:
    async with hanging_up_on_the_second() as (base, requests), bot_at(base) as bot:
        await bot.get_me()
        with pytest.raises(NetworkError) as caught:
            await bot.send_message(42, "once")
        assert isinstance(caught.value.__cause__, AnswerLostError)
        assert requests == [b"POST", b"POST"]


async def test_the_library_below_does_write_a_get_again_which_is_why_calls_are_posts() -> None:
    """Should this fail, aiohttp has changed its mind, and the test above proves less than it says."""
    async with hanging_up_on_the_second() as (base, requests), bot_at(base) as bot:
        await bot.get_me()
        await bot.request.retrieve(f"{base}/file/bot{TOKEN}/a")
        assert requests == [b"POST", b"GET", b"GET"]


@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        (s.CloseBefore(), 0),
        (s.CloseAfter(), 1),
        (s.HangBefore(), 0),
        (s.HangAfter(), 1),
        (s.Garbage(), 1),
        (s.ServerError(), 0),
        (s.BadGateway(), 0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Fault) else "",
)
async def test_a_call_arrives_once_whatever_becomes_of_it(fault: Fault, arrived: int, kept: bool) -> None:
    async with Simulator() as simulator:
        vera = simulator.person("Vera")
        vera.start()
        request = AiohttpRequest(4, timeout=PATIENT)
        bot = Bot(
            simulator.token,
            base_url=f"{simulator.base_url}/bot",
            request=request,
            get_updates_request=request,
        )
        async with request:
            if kept:
                await bot.get_me()
            simulator.faults.add(fault, method="sendMessage", times=None)
            hangs = isinstance(fault, s.HangBefore | s.HangAfter)
            with pytest.raises(TelegramError):
                await bot.send_message(vera.id, "once", read_timeout=HASTY if hangs else None)
            simulator.faults.clear()
            await bot.get_me()  # whatever a second try would have done, it would have done by now
        assert simulator.calls["sendMessage"] == 1
        assert len(vera.chat.from_bot) == arrived


# ------------------------------------------------------------------ time


async def test_a_long_poll_may_last_longer_than_an_answer() -> None:
    async def answering(request: web.BaseRequest) -> web.StreamResponse:
        assert json.loads(await request.read())["timeout"] == "20"
        await asyncio.sleep(2 * HASTY)
        return ok([])

    async with answered_by(answering) as base, bot_at(base, timeout=HASTY) as bot:
        assert await bot.get_updates(timeout=20) == ()


async def test_the_read_timeout_of_a_call_goes_before_that_of_the_transport() -> None:
    async def answering(_request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(2 * HASTY)
        return ok(ME)

    async with answered_by(answering) as base, bot_at(base, timeout=HASTY) as bot:
        with pytest.raises(TimedOut):
            await bot.get_me()
        assert (await bot.get_me(read_timeout=PATIENT)).id == 7
        assert (await bot.get_me(read_timeout=None)).id == 7


async def test_waiting_for_a_free_connection_ends_and_sends_nothing() -> None:
    calls = []
    free = asyncio.Event()

    async def answering(request: web.BaseRequest) -> web.StreamResponse:
        calls.append(request.path)
        await free.wait()
        return ok(ME)

    async with answered_by(answering) as base, bot_at(base, connections=1) as bot:
        first = asyncio.create_task(bot.get_me())
        while not calls:  # noqa: ASYNC110 - the server only counts
            await asyncio.sleep(0)
        with pytest.raises(TimedOut) as caught:
            await bot.send_message(42, "x", connect_timeout=HASTY)
        free.set()
        await first
    assert isinstance(caught.value.__cause__, NotReachedError)
    assert len(calls) == 1


async def test_an_answer_that_drips_for_ever_is_given_up() -> None:
    async def answering(request: web.BaseRequest) -> web.StreamResponse:
        if request.path.endswith("getMe"):
            return ok(ME)
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.02)

    async with answered_by(answering) as base, bot_at(base) as bot:
        await bot.get_me()  # so that there is a connection already, however slow the machine
        with pytest.raises(TimedOut) as caught:
            await bot.send_message(
                42, "x", read_timeout=4 * HASTY, write_timeout=HASTY, connect_timeout=HASTY, pool_timeout=0
            )
    assert isinstance(caught.value.__cause__, AnswerLostError)


# ------------------------------------------------------------------ what is believed


async def test_an_answer_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "ANSWER_LIMIT", 1_000)

    async def answering(_request: web.BaseRequest) -> web.StreamResponse:
        return ok({**ME, "first_name": "x" * 2_000})

    async with answered_by(answering) as base, bot_at(base) as bot:
        with pytest.raises(NetworkError, match="AnswerTooLargeError") as caught:
            await bot.get_me()
    assert isinstance(caught.value.__cause__, AnswerLostError)


async def test_a_compressed_answer_is_not_unfolded() -> None:
    async def answering(_request: web.BaseRequest) -> web.StreamResponse:
        body = gzip.compress(json.dumps({"ok": True, "result": ME}).encode())
        return web.Response(body=body, headers={"Content-Encoding": "gzip"})

    async with answered_by(answering) as base, bot_at(base) as bot:
        with pytest.raises(TelegramError):
            await bot.get_me()


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"true", b"null", b"[" * 100_000, b'{"ok":true,"result":', b"\xff\xfe{"]
)
async def test_an_answer_that_is_no_json_object_is_unreadable_and_not_logged(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def answering(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=body)

    caplog.set_level(logging.INFO)
    async with answered_by(answering) as base, bot_at(base) as bot:
        with pytest.raises(TelegramError, match="Invalid server response"):
            await bot.get_me()
    assert not _logged(caplog)


async def test_broken_characters_do_not_make_an_answer_unreadable() -> None:
    async def answering(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=json.dumps({"ok": True, "result": ME}).encode().replace(b"Watch", b"\xff"))

    async with answered_by(answering) as base, bot_at(base) as bot:
        assert (await bot.get_me()).first_name == "�dog"


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    calls = []

    async def answering(request: web.BaseRequest) -> web.StreamResponse:
        calls.append(request.path)
        return ok(ME)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    server = RawTestServer(answering)
    await server.start_server(ssl=context)
    try:
        async with bot_at(str(server.make_url("")).rstrip("/")) as bot:
            with pytest.raises(NetworkError, match="certificate verify failed") as caught:
                await bot.get_me()
    finally:
        await server.close()
    assert isinstance(caught.value.__cause__, NotReachedError)
    assert not calls


def _self_signed(folder: Path) -> Path:
    both = folder / "both.pem"
    command = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=127.0.0.1 -keyout {both} -out {folder / 'c.pem'}"
    try:
        subprocess.run(command.split(), check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl, which makes the certificate, is not installed")
    both.write_text(both.read_text() + (folder / "c.pem").read_text())
    return both


# ------------------------------------------------------------------ what gets out


def _everything(error: BaseException) -> str:
    """All texts of an error and of all that led to it, and its traceback."""
    texts = ["".join(traceback.format_exception(error))]
    front: list[BaseException | None] = [error]
    while front:
        if (each := front.pop()) is not None:
            texts += [str(each), repr(each), repr(each.args)]
            front += [each.__cause__, each.__context__]
    return "\n".join(texts)


async def _slam(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def _cut_short(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"{")
    return await _slam(request)


async def _hold(_request: web.BaseRequest) -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


async def _no_http(request: web.BaseRequest) -> web.StreamResponse:
    assert isinstance(request.transport, asyncio.Transport)
    request.transport.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    return await _slam(request)


async def _page(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(
        status=404, text=f"The requested URL {request.path} was not found", content_type="text/html"
    )


async def _page_well_done(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(text=f"<html>Log in to see {request.url}", content_type="text/html")


TROUBLES: dict[str, tuple[Answering, type[TelegramError], type[Exception]]] = {
    "hangs up": (_slam, NetworkError, AnswerLostError),
    "breaks off": (_cut_short, NetworkError, AnswerLostError),
    "holds": (_hold, TimedOut, AnswerLostError),
    "is no HTTP": (_no_http, NetworkError, AnswerLostError),
    "error page": (_page, InvalidToken, TelegramError),
    "captive portal": (_page_well_done, TelegramError, ValueError),
}


@pytest.mark.parametrize("name", TROUBLES)
async def test_no_token_gets_out_when_a_server(name: str, caplog: pytest.LogCaptureFixture) -> None:
    answering, kind, cause = TROUBLES[name]
    async with answered_by(answering) as base, bot_at(base) as bot:
        caplog.set_level(logging.DEBUG)
        with pytest.raises(kind) as caught:
            await bot.send_message(42, "x", read_timeout=HASTY if answering is _hold else PATIENT)
    assert caught.value.__cause__ is None or isinstance(caught.value.__cause__, cause)
    assert "AAF-" not in _everything(caught.value)
    assert "AAF-" not in _logged(caplog)


def _addresses() -> Iterator[tuple[str, str]]:
    yield "refuses", "http://127.0.0.1:1"  # tcpmux: nobody listens
    yield "has no address", "http://telegram.invalid"
    yield "has no name", "http://"
    yield "has no port", "http://127.0.0.1:0"
    yield "speaks something else", "ftp://127.0.0.1"
    yield "has an impossible port", "http://127.0.0.1:99999"


@pytest.mark.parametrize("name", [name for name, _ in _addresses()])
async def test_no_token_gets_out_and_nothing_was_sent_when_a_server(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with bot_at(dict(_addresses())[name]) as bot:
        caplog.set_level(logging.DEBUG)
        with pytest.raises(NetworkError) as caught:
            await bot.send_message(42, "x")
    assert isinstance(caught.value.__cause__, NotReachedError)
    assert str(caught.value.__cause__) in str(caught.value)
    assert "AAF-" not in _everything(caught.value)
    assert "AAF-" not in _logged(caplog)


async def test_no_token_gets_out_when_no_connection_is_made_in_time() -> None:
    """aiohttp puts the whole address into this error's text."""
    started = asyncio.Event()

    async def answering(_request: web.BaseRequest) -> web.StreamResponse:
        started.set()
        await asyncio.Event().wait()
        return web.Response()

    async with answered_by(answering) as base, bot_at(base, connections=1) as bot:
        first = asyncio.create_task(bot.get_me())
        await started.wait()
        with pytest.raises(TimedOut, match="ConnectionTimeoutError") as caught:
            await bot.get_me(connect_timeout=HASTY)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
    assert "AAF-" not in _everything(caught.value)


async def test_no_token_gets_out_when_tls_meets_none() -> None:
    async def answering(_request: web.BaseRequest) -> web.StreamResponse:
        return ok(ME)

    async with answered_by(answering) as base, bot_at(base.replace("http:", "https:")) as bot:
        with pytest.raises(NetworkError) as caught:
            await bot.get_me()
    assert isinstance(caught.value.__cause__, NotReachedError)
    assert "AAF-" not in _everything(caught.value)


async def test_a_call_that_is_given_up_leaves_its_connection_and_the_others_alone() -> None:
    calls = []

    async def answering(request: web.BaseRequest) -> web.StreamResponse:
        calls.append(request.path)
        if len(calls) == 1:
            await asyncio.Event().wait()
        return ok(ME)

    async with answered_by(answering) as base, bot_at(base, connections=1) as bot:
        first = asyncio.create_task(bot.get_me())
        while not calls:  # noqa: ASYNC110 - the server only counts
            await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await bot.get_me()).id == 7
