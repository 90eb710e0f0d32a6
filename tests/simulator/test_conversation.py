"""A real bot in conversation, in this process and in one that is killed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest

from tests.chat import Conversation, together
from tests.corpora import ROOT
from tests.simulator.conftest import ManualClock
from tests.simulator.echo_bot import build
from watchdog_bot.simulator import HangBefore, Person, Simulator


@pytest.fixture
async def running(sim: Simulator) -> AsyncIterator[None]:
    application = build(sim.token, sim.base_url)
    async with application:
        assert application.updater is not None
        await application.updater.start_polling(poll_interval=0)
        await application.start()
        yield
        await application.updater.stop()
        await application.stop()


@pytest.mark.usefixtures("running")
async def test_a_conversation_reads_like_a_chat(sim: Simulator, clock: ManualClock) -> None:
    chat = Conversation(sim.person("Vera"))
    await chat.say("/start")
    reply = await chat.reply()
    assert reply.text == "Welcome. Which country?"
    assert reply.buttons == (("Ukraine",),)
    toast = await reply.press("Ukraine")
    assert toast.text == chat.toast == "Ukraine: on"
    assert (await reply.edited()).labels == ("✅ Ukraine",)
    await chat.silence()
    assert not sim.unanswered()
    assert not sim.violations


@pytest.mark.usefixtures("running")
async def test_conversations_do_not_hear_one_another(sim: Simulator, vera: Person) -> None:
    group = vera.create_group("Desk", topics=True)
    topic = group.create_topic("Alerts")
    private, general = Conversation(vera), Conversation(vera, place=group)
    in_topic = Conversation(vera, place=group, thread=topic)
    await private.start()
    await in_topic.say("/start@watchdog_sim_bot")
    first, second = await together(private, in_topic)
    assert (first.message.thread, second.message.thread) == (None, topic)
    assert (await general.reply()).message == second.message
    await private.silence(0.01)


@pytest.mark.usefixtures("running")
async def test_silence_that_is_broken_fails(sim: Simulator) -> None:
    chat = Conversation(sim.person("Vera"))
    await chat.start()
    await sim.wait_for(lambda: chat.chat.last)
    with pytest.raises(AssertionError, match="was to be silent but wrote 'Welcome"):
        await chat.silence()


@pytest.mark.crash
async def test_a_killed_bot_gets_what_it_did_not_confirm(sim: Simulator) -> None:
    chat = Conversation(sim.person("Vera"))
    await chat.start()
    sim.faults.add(HangBefore(), method="getUpdates", skip=1)  # the call that would confirm
    async with _bot_process(sim, "hang") as first:
        assert (await chat.reply()).text == "thinking"
        await sim.wait_for(lambda: sim.calls["getUpdates"] == 2)
        first.kill()
        await first.wait()
    assert sim.pending == 1
    await chat.start()
    async with _bot_process(sim):
        first_reply, second_reply = await chat.replies(2)
        assert first_reply.text == second_reply.text == "Welcome. Which country?"
        assert (await second_reply.press("Ukraine")).text == "Ukraine: on"
    assert not sim.violations


class _bot_process:  # noqa: N801 - used like a function
    """The echo bot in a process of its own, ended with the block."""

    def __init__(self, sim: Simulator, *arguments: str) -> None:
        self._command = ("-m", "tests.simulator.echo_bot", sim.token, sim.base_url, *arguments)

    async def __aenter__(self) -> asyncio.subprocess.Process:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *self._command, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
        )
        return self._process

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
