"""Lives of the bot that end by kill -9, one after the other, over one database.

Run as a program: `python -m tests.store.crash_nursery FOLDER MODE LIVES`. Each life is a fork that opens the
store, recovers, applies the updates that are not applied yet and delivers, until it is killed: in mode `steps`
at its first, second, third … step, in mode `moments` after some milliseconds. A step is every statement that
the database gets, and the moments before and after a message reaches Telegram. A last life goes on to the end.

What Telegram took is in `journal.txt`, one line a message, written like Telegram takes it: at once and for good.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import structlog

from tests.clock import START, FakeClock
from tests.store.world import Follower, World, keys, new
from watchdog_bot.core.model import (
    ClaimedDelivery,
    Message,
    NotSent,
    RetryAt,
    SendResult,
    Sent,
    Subscriber,
    Unknown,
)
from watchdog_bot.core.pacing import Limits, Pacer
from watchdog_bot.deliver import Deliverer, Pace
from watchdog_bot.store import Store

POSTS = 60
READERS = 6
PER_UPDATE = 3


class Telegram:
    """Takes messages, and fails a few of the first ones: surely not, flooded, or taken with the answer lost."""

    def __init__(self, folder: Path, life: int, step: Callable[[], None]) -> None:
        self._journal = os.open(folder / "journal.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._life = life
        self._step = step
        self._calls = 0

    async def send(self, subscriber: Subscriber, message: Message) -> SendResult:
        self._step()
        await asyncio.sleep(0)
        self._calls += 1
        fault = _hash(self._life, self._calls) % 100
        if fault < 3:
            return NotSent("no connection")
        if fault < 5:
            return RetryAt(2)
        os.write(self._journal, f"{message.html} {subscriber.id}\n".encode())
        self._step()
        if fault < 7:
            return Unknown("no answer")
        return Sent(self._calls)


def _hash(*parts: object) -> int:
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=4).digest(), "big")


def render(claimed: ClaimedDelivery) -> Message:
    return Message(str(claimed.post.id))


async def live(folder: Path, life: int, step: Callable[[], None]) -> None:
    clock = FakeClock(START + timedelta(minutes=2 * life))
    async with Store.open(folder / "watchdog.db", clock=clock) as store:
        clock.watch(lambda: store.busy)
        store._db._tracer = lambda _sql, _parameters: step()
        world = await World.make(store, clock)
        readers = [await world.follower(number) for number in range(1, READERS + 1)]
        pace = Pace(clock, Pacer(Limits(per_second=1000, chat_seconds=0.001)))
        deliverer = Deliverer(store, Telegram(folder, life, step).send, render, clock, pace=pace)
        stop = asyncio.Event()
        running = asyncio.create_task(deliverer.run(stop))
        await publish(world, readers)
        while not await finished(store, clock):
            await clock.sleep(5)
        stop.set()
        await running


async def publish(world: World, readers: list[Follower]) -> None:
    """Apply what is not applied yet, each update twice, as after a crash between commit and answer."""
    for first in range(0, POSTS, PER_UPDATE):
        names = [str(number) for number in range(first, first + PER_UPDATE)]
        if all(await world.store.known(world.feed.id, [keys(name) for name in names])):
            continue
        update = world.update(*(new(name, *readers) for name in names))
        await world.store.apply(update)
        await world.store.apply(update)


async def finished(store: Store, clock: FakeClock) -> bool:
    status = await store.status(clock.now())
    return status.queued + status.sending + status.doubtful == 0


def killer(at: int) -> Callable[[], None]:
    """Kills this process at its step of that number."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def give_birth(folder: Path, life: int, step: Callable[[], None], die_after: float | None) -> int:
    """One life in a fork; returns how it ended (as waitpid says)."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        if die_after is not None:
            signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            signal.setitimer(signal.ITIMER_REAL, die_after)
        asyncio.run(live(folder, life, step))
    except BaseException as error:  # noqa: BLE001 - the parent must hear of it, and the fork must not go on
        os.write(2, f"{error!r}\n".encode())
        os._exit(1)
    os._exit(0)


def main(arguments: list[str]) -> int:
    folder, mode, lives = Path(arguments[0]), arguments[1], int(arguments[2])
    quiet: Any = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    killed = 0
    for life in range(lives):
        if mode == "steps":
            ended = give_birth(folder, life, killer(life + 1), None)
        else:
            ended = give_birth(folder, life, killer(0), 0.002 + _hash(mode, life) % 40 / 1000)
        if ended not in {0, signal.SIGKILL}:
            return 1
        killed += ended == signal.SIGKILL
    print(killed)  # noqa: T201 - the answer to the parent
    return give_birth(folder, lives, killer(0), None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
