"""`kill -9` at every step of a post's way: nothing owed is lost, and what may come twice was in flight."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.crash.crashing_bot import SPEED, STEPS
from tests.crash.nursery import PATIENCE, Nursery
from tests.crash.test_storm import number
from watchdog_bot.demo.posts import BASELINE, DemoPost
from watchdog_bot.demo.show import write_configuration
from watchdog_bot.demo.sources import Sources
from watchdog_bot.simulator import Chat, Simulator

READERS = 3

# One post is published for each kill, and it goes to three readers: some steps happen once, some more often.
OFTEN = {"lease": 2, "fetch": 2, "send": READERS, "record": READERS}
KILLS = [
    (step, when, nth)
    for step in STEPS
    for when in ("before", "after")
    for nth in range(1, OFTEN.get(step, 1) + 1)
]


IN_FLIGHT = {"claim", "send", "record"}


def _post(number: int) -> DemoPost:
    return DemoPost(
        f"arrest-{number}", f"Arrest number {number} in Minsk", "<p>Police in Belarus held a reporter.</p>"
    )


def _count(chat: Chat, post: DemoPost) -> int:
    return sum(post.title in each.text and "Matched:" in each.text for each in chat.from_bot)


@pytest.mark.crash
@pytest.mark.timeout(800)
async def test_nothing_owed_is_lost_when_it_is_killed_at_any_step(tmp_path: Path) -> None:
    async with Simulator() as simulator, Sources() as sources:
        config = write_configuration(tmp_path, simulator, sources)
        async with Nursery(tmp_path, config, speed=SPEED) as nursery:
            await _killed_again_and_again(nursery, simulator, sources, tmp_path)


async def _start_whole(nursery: Nursery, simulator: Simulator) -> None:
    """One that does not kill itself; returns when it listens."""
    before = simulator.calls["getUpdates"]
    await nursery.birth()
    async with asyncio.timeout(PATIENCE):
        while simulator.calls["getUpdates"] == before:  # noqa: ASYNC110 - the simulator only counts
            await asyncio.sleep(0.05)


async def _killed_again_and_again(
    nursery: Nursery, simulator: Simulator, sources: Sources, folder: Path
) -> None:
    sources.watchdog.publish(BASELINE[0], _now())
    await _start_whole(nursery, simulator)
    chats = await _subscribe(simulator)
    await _polled(sources)
    assert await nursery.stop() == 0
    posts = []
    for nth_post, (step, when, nth) in enumerate(KILLS):
        posts.append(_post(nth_post))
        sources.watchdog.publish(posts[-1], _now())
        await nursery.birth(step, when, nth)
        assert await nursery.ended() == -signal.SIGKILL, f"it was not killed {when} {step}"
        if step in IN_FLIGHT:  # each message is in doubt once at most: a second loss would rightly end it
            await _start_whole(nursery, simulator)
            await _settled(folder)
            assert await nursery.stop() == 0
    await _start_whole(nursery, simulator)
    owed = [(chat, post) for chat in chats for post in posts]
    await simulator.wait_for(lambda: all(_count(chat, post) for chat, post in owed), PATIENCE)
    await _settled(folder)
    assert await nursery.stop() == 0
    doubles = sum(_count(chat, post) - 1 for chat, post in owed)
    doubts = number(folder, "SELECT COALESCE(SUM(doubts), 0) FROM delivery")
    assert doubles <= doubts, "a message came twice and no doubt was recorded"
    assert doubts <= sum(step in IN_FLIGHT for step, _, _ in KILLS) * READERS
    assert number(folder, "SELECT COUNT(*) FROM delivery WHERE state <> 'sent'") == 0
    assert number(folder, "SELECT COUNT(*) FROM delivery") == len(owed)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the feed's own date, which decides nothing


async def _subscribe(simulator: Simulator) -> list[Chat]:
    chats = []
    for nth_reader in range(READERS):
        person = simulator.person(f"Reader {nth_reader}")
        person.say("/countries Belarus")
        await simulator.wait_for(lambda chat=person.chat: chat.last, PATIENCE)  # type: ignore[misc]
        chats.append(person.chat)
    return chats


async def _polled(sources: Sources) -> None:
    goal = sources.watchdog.polls + 2
    async with asyncio.timeout(PATIENCE):
        while sources.watchdog.polls < goal:  # noqa: ASYNC110 - the server only counts
            await asyncio.sleep(0.05)


async def _settled(folder: Path) -> None:
    """Until nothing is owed any more, doubts included."""
    async with asyncio.timeout(PATIENCE):
        while _open(folder):  # noqa: ASYNC110 - the database only answers
            await asyncio.sleep(0.1)


def _open(folder: Path) -> int:
    return number(folder, "SELECT COUNT(*) FROM delivery WHERE step IS NOT NULL")
