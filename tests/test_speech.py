"""Answers come at once, in order, and nobody waits for somebody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.running import Running, running
from watchdog_bot.demo.posts import VERDICT
from watchdog_bot.simulator import Slow
from watchdog_bot.telegram import speech


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, admins=lambda simulator: (simulator.person("Olga").id,)) as started:
        yield started


async def test_presses_at_once_are_answered_before_what_follows_them_is_said(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Russia")
    await bot.polled()
    bot.publish(VERDICT)
    alert = await bot.until(lambda: next(iter(bot.alerts(vera.chat, VERDICT.title)), None))
    before = len(vera.chat.from_bot)
    bot.simulator.faults.add(Slow(1), method="sendMessage", chat=vera.chat)
    presses = [vera.press("Why?", message=alert) for _ in range(3)]
    await bot.until(lambda: all(press.answer for press in presses))
    assert len(vera.chat.from_bot) - before < 3
    await bot.until(lambda: len(vera.chat.from_bot) - before == 3)


async def test_of_many_presses_on_one_message_the_last_state_is_shown(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    page = await bot.say(vera, "/countries")
    edits = bot.simulator.calls["editMessageText"]
    bot.simulator.faults.add(Slow(0.5), method="editMessageText", chat=vera.chat)
    presses = [vera.press(label, message=page) for label in page.labels[:8]]
    await bot.until(lambda: all(press.answer for press in presses))
    await bot.settle()
    shown = vera.chat.messages[page.id]
    assert sum(label.startswith("✅") for label in shown.labels) == 8
    assert bot.simulator.calls["editMessageText"] - edits < 8


@asynccontextmanager
async def hanging() -> AsyncIterator[str]:
    """The address of a server that takes connections and says nothing."""
    connected: list[asyncio.StreamWriter] = []

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed"
    finally:
        for writer in connected:
            writer.close()
        server.close()


async def test_looking_at_a_source_that_hangs_holds_up_no_other_answer(bot: Running) -> None:
    (olga,) = bot.simulator.people
    async with hanging() as address:
        looking = await bot.say(olga, f"/feed_add {address}")
        assert looking.text.startswith("🔎")
        assert (await bot.say(olga, "/subscriptions")).text.startswith("This chat has no subscriptions")
        assert olga.chat.messages[looking.id].text == looking.text
    await bot.until(lambda: "Nothing was added" in olga.chat.messages[looking.id].text)


async def test_in_a_group_help_shows_members_only_what_they_may_do(bot: Running) -> None:
    olga, oleg = bot.simulator.people[0], bot.simulator.person("Oleg")
    nino = bot.simulator.person("Nino")
    group = nino.create_group("Legal aid")
    oleg.join(group)
    shown = (await bot.say(oleg, "/help", chat=group)).text
    assert "/status" in shown
    assert "/subscribe " not in shown
    assert "/settings" not in shown
    assert "/subscribe " in (await bot.say(nino, "/help", chat=group)).text
    assert "/feed_add" in (await bot.say(olga, "/help")).text


async def test_a_chat_cannot_make_more_replies_wait_than_so_many(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "MOST_WAITING", 2)
    vera, nino = bot.simulator.person("Vera"), bot.simulator.person("Nino")
    bot.simulator.faults.add(Slow(1), method="sendMessage", chat=vera.chat)
    for _ in range(5):
        vera.say("/help")
    assert (await bot.say(nino, "/help")).text
    await bot.settle()
    assert 1 <= len(vera.chat.from_bot) <= 3


async def test_what_breaks_beside_is_told_like_any_defect(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    (olga,) = bot.simulator.people
    monkeypatch.delattr("watchdog_bot.desk.Desk.add_feed")
    await bot.say(olga, "/feed_add http://127.0.0.1:1/")
    await bot.until(
        lambda: "Something went wrong on my side" in (olga.chat.last.text if olga.chat.last else "")
    )
