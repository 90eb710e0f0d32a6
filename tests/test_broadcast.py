"""Many alerts to many chats under Telegram's limits, as strict as the simulator has them, on a virtual clock."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.store.world import Follower, World
from watchdog_bot.core import render_digest
from watchdog_bot.core.digest import DigestPage
from watchdog_bot.core.model import (
    ClaimedDelivery,
    ClaimedDigest,
    Message,
    RetryAt,
    SendResult,
    Sent,
    Subscriber,
)
from watchdog_bot.core.render import Names
from watchdog_bot.deliver import Deliverer
from watchdog_bot.simulator.limits import FloodLimits
from watchdog_bot.store import Store

NAMES = Names(name=str, flag=str)
PEOPLE, GROUPS = 150, 6
TO_ALL, TO_GROUPS = 2, 22  # posts


class Strict:
    """Telegram's answers under its limits; a call takes a moment that differs from call to call."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.limits = FloodLimits(strict=True)
        self.came: Counter[int] = Counter()

    async def send(self, subscriber: Subscriber, _message: Message) -> SendResult:
        chat_id = subscriber.address.chat_id
        number = self.limits.accepted + self.limits.refused
        await self.clock.sleep(0.005 + number * 7 % 11 / 1000)
        wait = self.limits.check(chat_id, self.clock.now().timestamp())
        if wait is not None:
            return RetryAt(float(wait))
        self.came[chat_id] += 1
        return Sent(self.limits.accepted)


def render(claimed: ClaimedDelivery) -> Message:
    return Message(claimed.post.title)


def digest(claimed: ClaimedDigest) -> tuple[DigestPage, ...]:
    return render_digest.digest(claimed, NAMES)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock = FakeClock()
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        await store._run(lambda db: db.execute("PRAGMA synchronous = OFF"))
        clock.watch(lambda: store.busy)
        yield await World.make(store, clock)


async def test_a_broadcast_under_strict_limits_never_hears_429_and_keeps_24_a_second(world: World) -> None:
    clock = world.clock
    people = [await world.follower(number) for number in range(1, PEOPLE + 1)]
    groups = [await world.follower(-number) for number in range(1, GROUPS + 1)]
    for number in range(TO_GROUPS):
        readers: list[Follower] = [*people, *groups] if number < TO_ALL else groups
        await world.publish(f"post {number}", *readers)
    telegram = Strict(clock)
    stop = asyncio.Event()
    running = asyncio.create_task(
        Deliverer(world.store, telegram.send, render, clock, digest=digest).run(stop)
    )
    began, owed = clock.now(), TO_ALL * PEOPLE + TO_GROUPS * GROUPS
    quick = None
    while (await world.store.status(clock.now())).sent_total < owed:
        assert clock.now() - began < timedelta(minutes=10)
        if quick is None and telegram.limits.accepted >= TO_ALL * PEOPLE:
            quick = telegram.limits.accepted / (clock.now() - began).total_seconds()
        await clock.sleep(0.5)
    stop.set()
    await running
    assert quick is not None
    assert quick >= 24
    assert telegram.limits.refused == 0
    assert telegram.limits.peak_overall <= 30
    assert telegram.limits.peak_group <= 20
    assert {telegram.came[one.subscriber.address.chat_id] for one in people} == {TO_ALL}
    # 18 alone and the other four as one digest
    assert {telegram.came[one.subscriber.address.chat_id] for one in groups} == {19}


async def test_a_wait_of_twelve_hours_holds_nobody_else_and_outlives_a_restart(world: World) -> None:
    """python-telegram-bot #575 tells of 43,838 seconds."""
    clock, asked = world.clock, 43_838.0
    banned, other = await world.follower(1), await world.follower(2)
    await world.publish("a", banned, other)
    came: list[tuple[int, float]] = []
    began = clock.now()

    async def send(subscriber: Subscriber, _message: Message) -> SendResult:
        await asyncio.sleep(0)
        chat_id, passed = subscriber.address.chat_id, (clock.now() - began).total_seconds()
        came.append((chat_id, passed))
        return RetryAt(asked - passed) if chat_id == 1 and passed < asked else Sent(len(came))

    for number, asleep in enumerate((600.0, asked - 620.0, 0.0)):
        stop = asyncio.Event()
        running = asyncio.create_task(Deliverer(world.store, send, render, clock).run(stop))
        await world.publish(f"in life {number}", other)
        await clock.sleep(20)
        stop.set()
        await running
        clock.advance(asleep)
    assert [passed < 15 or passed >= asked for chat_id, passed in came if chat_id == 1] == [True, True]
    assert Counter(chat_id for chat_id, _ in came) == {1: 2, 2: 4}
