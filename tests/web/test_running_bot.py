"""The whole bot with a hub: it finds it, is asked back, is pushed to, alerts, and pulls no more than it must."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from tests.feedserver import FeedServer
from tests.running import PATIENCE, Running, running
from tests.web.rig import RSS, Hub, rss, signature
from watchdog_bot.settings import FeedSettings, WebSettings


def free_port() -> int:
    """One that the system gives to nobody by itself, so that nobody takes it in between."""
    for port in range(20_000 + os.getpid() % 5_000, 32_000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no port is free")


async def until(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110 - servers of this very process
            await asyncio.sleep(0.02)


async def test_a_hub_pushes_to_the_running_bot(tmp_path: Path) -> None:
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    async with Hub() as hub, FeedServer() as publisher, aiohttp.ClientSession() as client:
        publisher.serve("/feed", rss("Old post", hub=hub.url), content_type=RSS)
        feed = FeedSettings(name="Pushed", url=publisher.url("/feed"), every=1)

        async def configure(bot: Running) -> None:
            web = WebSettings(listen=f"127.0.0.1:{port}", public_url=here, websub=True)
            bot.settings = bot.settings.model_copy(update={"web": web, "feeds": (*bot.settings.feeds, feed)})

        async with running(tmp_path, before=configure) as bot:
            vera = bot.simulator.person("Vera")
            await bot.say(vera, "/subscribe torture")
            await until(lambda: len(publisher.requests) >= 2)
            assert await bot.end() == 0
            await bot.start()  # which asks hubs at once

            await until(lambda: hub.asked)
            asked = hub.asked[0]
            question = {
                "hub.mode": "subscribe",
                "hub.topic": asked["hub.topic"],
                "hub.challenge": "1234",
                "hub.lease_seconds": "864000",
            }
            async with client.get(asked["hub.callback"], params=question) as response:
                assert (response.status, await response.text()) == (200, "1234")

            news = rss("Torture in custody", "Old post")
            headers = {"X-Hub-Signature": signature(news, asked["hub.secret"]), "Content-Type": RSS}
            async with client.post(asked["hub.callback"], data=news, headers=headers) as response:
                assert response.status == 202
            alert = await bot.until(lambda: next(iter(bot.alerts(vera.chat, "Torture in custody")), None))
            assert "torture" in alert.text.lower()

            pulls = len(publisher.requests)
            await bot.polled(times=4)
            assert len(publisher.requests) <= pulls + 2
            assert len(bot.alerts(vera.chat, "Torture in custody")) == 1

            async with client.get(f"{here}/metrics") as response:
                figures = await response.text()
            assert "watchdog_pushes_taken_total 1\n" in figures
            assert "watchdog_deliveries_sent_total 1\n" in figures
            assert str(vera.chat.id) not in figures
            async with client.get(f"{here}/health") as response:
                said = await response.json()
            assert said["beats"].keys() == {"loop", "poll", "deliver", "listen"}
            assert urlsplit(asked["hub.callback"]).path.startswith("/websub/")
