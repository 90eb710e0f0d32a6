"""The weekly note, from the running bot."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.running import PATIENCE
from tests.store.world import World
from tests.test_settings_conversation import Timed, pressed, reader, timed
from watchdog_bot import app
from watchdog_bot.core.model import Message as Rendered
from watchdog_bot.core.model import RetryAt, SendResult, Sent, Subscriber
from watchdog_bot.deliver import LONGEST_WAIT_SECONDS, Pace
from watchdog_bot.demo.posts import VERDICT
from watchdog_bot.simulator import Chat, Message, ServerError
from watchdog_bot.store import Store
from watchdog_bot.weekly import RUN_SECONDS, WeeklyNotes

TUESDAY = datetime(2026, 3, 10, 6, 0, 1, tzinfo=UTC)  # 08:00 in Kyiv, a week after the bot was asked


@pytest.fixture
async def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Timed]:
    monkeypatch.setattr(app, "TICK", 0.05)  # the clock jumps instead of running
    monkeypatch.setattr(app, "NOTES", 0.05)
    async with timed(tmp_path) as started:
        yield started


def notes(chat: Chat) -> list[Message]:
    return [each for each in chat.from_bot if each.text.startswith("👀 Nothing new in 7 days.")]


def _paused(bot: Timed) -> int:
    with closing(sqlite3.connect(bot.settings.database.path)) as connection:
        paused: int = connection.execute("SELECT COUNT(*) FROM feed WHERE paused = 1").fetchone()[0]
    return paused


async def test_a_week_of_silence_is_told_at_the_daily_time_once_over_restarts(bot: Timed) -> None:
    vera = await reader(bot)
    await bot.say(vera, "/timezone Kyiv")
    bot.clock.jump_to(TUESDAY.replace(hour=5, minute=59))
    await bot.polled()
    assert notes(vera.chat) == []
    bot.clock.jump_to(TUESDAY)
    (told,) = await bot.until(lambda: notes(vera.chat))
    assert told.silent
    assert "watching 2 sources for your 1 subscription" in told.text
    await bot.end()
    await bot.start()
    bot.clock.jump_to(TUESDAY.replace(day=16))
    await bot.polled()
    assert len(notes(vera.chat)) == 1
    bot.clock.jump_to(TUESDAY.replace(day=17))
    await bot.until(lambda: len(notes(vera.chat)) == 2)


async def test_it_says_which_source_is_lost(bot: Timed) -> None:
    vera = await reader(bot)
    await bot.polled()
    bot.sources.trouble.gone = True
    async with asyncio.timeout(PATIENCE):
        while not _paused(bot):
            bot.clock.jump(1)
            await asyncio.sleep(0.05)
    bot.clock.jump_to(TUESDAY.replace(hour=8))
    (told,) = await bot.until(lambda: notes(vera.chat))
    assert "watching 1 source" in told.text
    assert f"🛑 1 source not asked any more: {bot.sources.trouble.title}" in told.text


async def test_an_outage_puts_it_off_and_loses_it_not(bot: Timed) -> None:
    vera = await reader(bot)
    outage = bot.simulator.faults.add(ServerError(), method="sendMessage", times=None)
    calls = bot.simulator.calls["sendMessage"]
    bot.clock.jump_to(TUESDAY.replace(hour=8))
    await bot.until(lambda: bot.simulator.calls["sendMessage"] > calls)
    assert notes(vera.chat) == []
    outage.remove()
    async with asyncio.timeout(PATIENCE):
        while not notes(vera.chat):
            bot.clock.jump(300)
            await asyncio.sleep(0.05)


async def test_it_can_be_switched_off_under_the_note_and_in_the_settings(bot: Timed) -> None:
    vera = await reader(bot)
    bot.clock.jump_to(TUESDAY.replace(hour=8))
    (told,) = await bot.until(lambda: notes(vera.chat))
    await bot.press(vera, "No weekly note", message=told)
    assert "A week without news: I say nothing" in vera.chat.messages[told.id].text
    assert "✅ Weekly note" in (await pressed(bot, vera, "Weekly note")).labels
    assert "▫️ Weekly note" in (await pressed(bot, vera, "Weekly note")).labels
    bot.clock.jump_to(TUESDAY.replace(day=25))
    await bot.polled()
    assert len(notes(vera.chat)) == 0


async def test_whoever_got_an_alert_is_not_told_of_silence(bot: Timed) -> None:
    vera = await reader(bot)
    await bot.alert(vera.chat, VERDICT)
    bot.clock.jump_to(TUESDAY.replace(day=9, hour=8))
    await bot.polled()
    assert notes(vera.chat) == []


# ------------------------------------------------------------------ without Telegram


class Line:
    """Takes notes, and says when each came."""

    def __init__(self, clock: FakeClock, result: SendResult | None = None) -> None:
        self.clock = clock
        self.result = result
        self.came: list[tuple[int, datetime]] = []

    async def send(self, subscriber: Subscriber, message: Rendered) -> SendResult:
        assert message.html == "quiet"
        self.came.append((subscriber.address.chat_id, self.clock.now()))
        return Sent(1) if self.result is None else self.result


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def world(tmp_path: Path, clock: FakeClock) -> AsyncIterator[World]:
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        clock.watch(lambda: store.busy)
        made = await World.make(store, clock)
        for chat_id in range(1, 41):
            await made.follower(chat_id)
        clock.advance(timedelta(days=8).total_seconds())
        yield made


def worker(world: World, line: Line, pace: Pace) -> WeeklyNotes:
    return WeeklyNotes(
        world.store, line.send, lambda _claimed, _feeds: Rendered("quiet"), pace=pace, clock=world.clock
    )


async def test_notes_keep_the_pace_of_alerts(world: World, clock: FakeClock) -> None:
    line = Line(clock)
    assert await worker(world, line, Pace(clock)).send_due() == 40
    times = sorted(at for _, at in line.came)
    assert len({chat for chat, _ in line.came}) == 40
    assert all(
        later - earlier >= timedelta(seconds=1.4) for earlier, later in zip(times, times[38:], strict=False)
    )


async def test_a_429_ends_the_run_for_that_chat_and_two_for_all(world: World, clock: FakeClock) -> None:
    line, pace = Line(clock, RetryAt(600)), Pace(clock)
    notes_ = worker(world, line, pace)
    await notes_.send_due()
    assert len(line.came) <= 4
    assert {each.chat_id for each in await world.store.gates(clock.now())} >= {None}
    assert await notes_.send_due() == 0
    clock.advance(601)
    line.result = None
    assert await notes_.send_due() == 40


async def test_a_note_that_must_wait_too_long_is_handed_back(world: World, clock: FakeClock) -> None:
    line, pace = Line(clock), Pace(clock)
    pace.pacer.shut(None, clock.now() + timedelta(seconds=2 * LONGEST_WAIT_SECONDS))
    notes_ = worker(world, line, pace)
    await notes_.send_due()
    assert line.came == []
    clock.advance(RUN_SECONDS + 2 * LONGEST_WAIT_SECONDS)
    assert await notes_.send_due() == 40


async def test_a_defect_while_a_note_is_made_does_not_lose_it(world: World, clock: FakeClock) -> None:
    def broken(_claimed: object, _feeds: object) -> Rendered:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await WeeklyNotes(world.store, Line(clock).send, broken, pace=Pace(clock), clock=clock).send_due()
    clock.advance(61)
    line = Line(clock)
    assert await worker(world, line, Pace(clock)).send_due() == 40
