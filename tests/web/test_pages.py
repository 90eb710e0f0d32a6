"""/health and /metrics: true figures, and nobody in them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.clock import FakeClock
from tests.web.rig import Rig, rss
from watchdog_bot.core.errors import ConfigError
from watchdog_bot.settings import WebSettings
from watchdog_bot.store import Store
from watchdog_bot.web import Web
from watchdog_bot.web import server as server_module


async def nothing(_feed: object, _body: bytes, _content_type: str) -> None:
    raise AssertionError("nothing is pushed here")


def server(store: Store, clock: FakeClock, settings: WebSettings) -> Web:
    return Web(
        settings, store, clock, take=nothing, user_agent="t", allow_private=True, beats=("loop", "poll"), stale=90
    )  # fmt: skip


async def test_health_is_503_until_every_part_beats_and_again_when_one_stops(rig: Rig) -> None:
    async def look() -> tuple[int, object]:
        async with rig.client.get(rig.here("/health")) as response:
            assert response.headers["Cache-Control"] == "no-store"
            return response.status, (await response.json())

    assert await look() == (
        503,
        {"status": "failing", "beats": {"loop": {"ok": False, "seconds_ago": None}}},
    )
    await rig.store.beat("loop", rig.clock.now())
    rig.clock.advance(90)
    assert await look() == (200, {"status": "ok", "beats": {"loop": {"ok": True, "seconds_ago": 90}}})
    rig.clock.advance(1)
    assert (await look())[0] == 503
    async with rig.client.head(rig.here("/health")) as response:
        assert response.status == 503


async def test_the_figures_are_those_of_the_store(rig: Rig) -> None:
    await rig.subscribed()
    await rig.push(rss("torture in custody"))
    await rig.push(rss("x"), {"Content-Type": "image/png"})
    rig.clock.advance(60)
    async with rig.client.get(rig.here("/metrics")) as response:
        assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = (await response.text()).splitlines()
    figures = dict(line.split(" ") for line in lines if not line.startswith("#"))
    assert figures == {
        "watchdog_feeds": "1",
        "watchdog_feeds_failing": "0",
        "watchdog_posts": "2",
        "watchdog_deliveries_queued": "1",
        "watchdog_deliveries_sending": "0",
        "watchdog_deliveries_doubtful": "0",
        "watchdog_deliveries_dead": "0",
        "watchdog_deliveries_sent_total": "0",
        "watchdog_deliveries_doubts_total": "0",
        "watchdog_seconds_since_poll": "60",
        "watchdog_hubs_active": "1",
        "watchdog_pushes_taken_total": "1",
        "watchdog_pushes_refused_total": "1",
    }
    types = dict(line.removeprefix("# TYPE ").split(" ") for line in lines if line.startswith("#"))
    assert types.keys() == figures.keys()
    assert types["watchdog_pushes_taken_total"] == "counter"
    assert types["watchdog_posts"] == "gauge"


async def test_no_page_has_a_label_or_a_query_that_changes_it(rig: Rig) -> None:
    async with rig.client.get(rig.here("/metrics?name=x")) as response:
        assert "{" not in await response.text()


async def test_without_an_address_nothing_listens_and_nothing_waits_for_pushes(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        web = server(store, clock, WebSettings())
        await web.start()
        assert web.port is None
        await web.stop()


async def test_without_websub_only_the_two_pages_are_served(tmp_path: Path) -> None:
    clock = FakeClock()
    async with (
        Store.open(tmp_path / "watchdog.db", clock=clock) as store,
        aiohttp.ClientSession() as client,
    ):
        web = server(store, clock, WebSettings(listen="127.0.0.1:0"))
        await web.start()
        try:
            for path, status in (("/health", 503), ("/metrics", 200), ("/websub/x", 404), ("/", 404)):
                async with client.get(f"http://127.0.0.1:{web.port}{path}") as response:
                    assert response.status == status
        finally:
            await web.stop()


async def test_an_address_that_is_taken_is_a_fault_with_its_mend(rig: Rig) -> None:
    second = server(rig.store, rig.clock, WebSettings(listen=f"127.0.0.1:{rig.web.port}"))
    with pytest.raises(ConfigError, match=r"web\.listen: .* cannot be had: .* Name another port"):
        await second.start()
    await second.stop()


# --------------------------------------------------------------------------- who may stand in the door


async def opened(rig: Rig) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", rig.web.port)


async def is_shut(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(10):
        return await reader.read() == b""


async def test_who_never_says_what_is_wanted_is_shown_out(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "HEAD_SECONDS", 0.05)
    reader, writer = await opened(rig)
    writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    assert await is_shut(reader)
    writer.close()


async def test_who_spoke_in_time_may_stay_and_ask_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "HEAD_SECONDS", 0.05)
    reader, writer = await opened(rig)
    for _ in range(2):
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"503" in await reader.readline()
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split()[0])
        await reader.readexactly(length)
        await asyncio.sleep(0.1)
    writer.close()
    await writer.wait_closed()


async def test_one_too_many_is_shown_out_at_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MOST_CONNECTIONS", 0)
    reader, writer = await opened(rig)
    assert await is_shut(reader)
    writer.close()


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X-Long: " + b"y" * 9_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 300 + b"\r\n",
        b"GET /" + b"h" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /websub/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
async def test_nonsense_is_refused_and_the_server_goes_on(rig: Rig, request_: bytes) -> None:
    reader, writer = await opened(rig)
    writer.write(request_)
    async with asyncio.timeout(10):
        assert (await reader.readline()).split()[1] == b"400"
    writer.close()
    async with rig.client.get(rig.here("/metrics")) as response:
        assert response.status == 200
