"""Updates by webhook: secret, once more until taken, never together with getUpdates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from telegram import Bot
from telegram.error import BadRequest, Conflict

from watchdog_bot.simulator import Person, Simulator


@dataclass
class Receiver:
    """The bot's end of the webhook; answers with the statuses it was given, then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    got: asyncio.Queue[tuple[str | None, dict[str, Any]]] = field(default_factory=asyncio.Queue)

    async def take(self, request: web.BaseRequest) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        self.got.put_nowait((secret, await request.json()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    received = Receiver()
    runner = web.ServerRunner(web.Server(received.take))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    received.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield received
    await runner.cleanup()


async def test_updates_are_brought_with_the_secret(
    sim: Simulator, bot: Bot, vera: Person, receiver: Receiver
) -> None:
    await bot.set_webhook(receiver.url, secret_token="s-3_cret")
    vera.say("one")
    secret, body = await receiver.got.get()
    assert (secret, body["message"]["text"]) == ("s-3_cret", "one")
    await sim.wait_for(lambda: sim.pending == 0)


async def test_a_refused_update_comes_again(
    sim: Simulator, bot: Bot, vera: Person, receiver: Receiver
) -> None:
    receiver.statuses = [500]
    await bot.set_webhook(receiver.url)
    vera.say("one")
    first, second = await receiver.got.get(), await receiver.got.get()
    assert first == second
    assert "500" in ((await bot.get_webhook_info()).last_error_message or "")


async def test_get_updates_and_webhook_exclude_one_another(
    sim: Simulator, bot: Bot, vera: Person, receiver: Receiver
) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=50))
    await sim.wait_for(lambda: sim.updates.polled)
    await bot.set_webhook(receiver.url, allowed_updates=["message"], max_connections=3)
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await poll
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    info = await bot.get_webhook_info()
    assert (info.url, info.max_connections, info.allowed_updates) == (receiver.url, 3, ("message",))
    await bot.delete_webhook()
    vera.say("now polled")
    assert len(await bot.get_updates()) == 1


async def test_pending_updates_can_be_dropped(
    bot: Bot, sim: Simulator, vera: Person, receiver: Receiver
) -> None:
    vera.say("old")
    await bot.set_webhook(receiver.url, drop_pending_updates=True)
    vera.say("new")
    _, body = await receiver.got.get()
    assert body["message"]["text"] == "new"


async def test_an_empty_address_takes_the_webhook_away(
    sim: Simulator, bot: Bot, vera: Person, receiver: Receiver
) -> None:
    await bot.set_webhook(receiver.url)
    vera.say("brought")
    await receiver.got.get()
    await sim.wait_for(lambda: sim.pending == 0)
    await bot.set_webhook("")
    vera.say("dropped")
    await bot.delete_webhook(drop_pending_updates=True)
    assert (sim.pending, receiver.got.empty()) == (0, True)


async def test_a_webhook_that_nobody_serves_is_told(sim: Simulator, bot: Bot, vera: Person) -> None:
    await bot.set_webhook("http://127.0.0.1:9/hook")
    vera.say("one")
    await sim.wait_for(lambda: sim.webhook_error)
    assert (await bot.get_webhook_info()).last_error_message == "Connection failed: ClientConnectorError"
    assert sim.pending == 1


@pytest.mark.parametrize(
    ("url", "secret", "words"),
    [
        ("ftp://x.org", "", "Invalid webhook url specified"),
        ("http://x.org", "", "An HTTPS URL must be provided"),
        ("https://x.org", "a b", "Secret token contains unallowed characters"),
        ("https://x.org", "x" * 257, "Secret token is too long"),
    ],
)
async def test_bad_webhooks_are_refused(bot: Bot, url: str, secret: str, words: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){words}"):
        await bot.set_webhook(url, secret_token=secret)
