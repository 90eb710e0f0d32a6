"""How many messages a second the simulator takes, and the CPU it spends on each.

    python benchmarks/bench_simulator.py [messages]

The client runs in a process of its own, so the CPU seconds counted here are the simulator's alone.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
import time

import aiohttp

from watchdog_bot.simulator import Simulator
from watchdog_bot.simulator.html import parse_html

IN_FLIGHT = 16
TEXT = (
    '🇺🇦 <b><a href="https://example.org/news/1?utm=x&amp;y=2">Суд приговорил журналиста &amp; блогера к семи годам</a></b>\n'
    "<i>Example Monitor</i> · <tg-time unix='1700000000' format='wDT'>14 ноября</tg-time>\n"
    "<blockquote expandable>"
    + "По данным правозащитников, следствие опиралось на показания под пытками. "
    * 8
    + "</blockquote>\n"
    "#torture #press"
)
BUTTONS = [[{"text": t, "callback_data": f"v1:{t}:12345"} for t in ("Read", "Why", "Mute")]]


async def _send(url: str, chat_id: int, count: int, alike: bool) -> None:
    left = iter(range(count))
    form = {
        "chat_id": str(chat_id),
        "parse_mode": "HTML",
        "reply_markup": json.dumps({"inline_keyboard": BUTTONS}),
    }

    async def worker(session: aiohttp.ClientSession) -> None:
        for number in left:
            text = TEXT if alike else f"{number} {TEXT}"
            async with session.post(f"{url}/sendMessage", data=form | {"text": text}) as response:
                assert response.status == 200
                await response.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:
        await asyncio.gather(*(worker(session) for _ in range(IN_FLIGHT)))


def _client(url: str, chat_id: int, count: int, alike: bool) -> None:
    asyncio.run(_send(url, chat_id, count, alike))


async def measure(count: int, *, alike: bool) -> None:
    async with Simulator() as sim:
        person = sim.person("Vera")
        person.start()
        process = multiprocessing.get_context("spawn").Process(
            target=_client, args=(f"{sim.base_url}/bot{sim.token}", person.id, count, alike)
        )
        process.start()
        await sim.wait_for(lambda: sim.calls["sendMessage"] > 0, 30)
        wall, cpu = time.perf_counter(), time.process_time()
        while sim.calls["sendMessage"] < count:  # noqa: ASYNC110 - waking at every message would be measured too
            await asyncio.sleep(0.02)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        while process.is_alive():  # noqa: ASYNC110 - a process has no event
            await asyncio.sleep(0.02)
        print(
            f"{count} {'equal' if alike else 'different'} messages: {count / wall:.0f}/s, "
            f"{cpu / count * 1e3:.3f} ms CPU each ({count / cpu:.0f}/s of CPU)"
        )


async def main(count: int) -> None:
    begun = time.perf_counter()
    for _ in range(2_000):
        parse_html(TEXT)
    print(f"parse_html of {len(TEXT)} characters: {(time.perf_counter() - begun) / 2_000 * 1e6:.0f} µs")
    await measure(count, alike=False)
    await measure(count, alike=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000))
