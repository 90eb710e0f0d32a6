"""10,000 alerts to 2,000 people and 50 groups under Telegram's limits: how many 429s, and how fast.

    python benchmarks/bench_broadcast.py [--people 2000] [--groups 50] [--posts 4] [--group-posts 40] [--hour]

Ours is the whole way from the outbox; beside it python-telegram-bot's AIORateLimiter as it comes, given the same
messages. Telegram's part is the simulator's limits, strict. Time is virtual: it passes only when nobody has anything
left to do, so an hour (`--hour`) takes minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import selectors
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench_outbox import post, update
from common import aloud, dev_null, figure, machine, table, version_of, versions
from sqlite_utils import Database

from watchdog_bot import log
from watchdog_bot.core.digest import DigestPage
from watchdog_bot.core.model import (
    Address,
    ChatKind,
    ClaimedDelivery,
    ClaimedDigest,
    Message,
    PlannedDelivery,
    RetryAt,
    SendResult,
    Sent,
    Subscriber,
    SubscriptionSlot,
)
from watchdog_bot.core.render import Names
from watchdog_bot.core.render_digest import digest
from watchdog_bot.deliver import Deliverer
from watchdog_bot.settings import LogSettings
from watchdog_bot.simulator.limits import FloodLimits
from watchdog_bot.store import Store

START = datetime(2026, 3, 1, tzinfo=UTC)
ANSWER = 0.05  # seconds that a call takes
LIMITED_IN_FLIGHT = 60


class VirtualSelector(selectors.DefaultSelector):
    """Where others wait, it lets the time pass at once; unless a thread (`busy`) still has something to do."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0
        self.busy: Callable[[], bool] = lambda: False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As `select` of any selector."""
        self.passed += (
            1e-6  # each look costs something, as in life: sums of floats would wait for ever otherwise
        )
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None or self.busy():
            return super().select(0.2)
        self.passed += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is that of its selector."""

    def __init__(self) -> None:
        self.virtual = VirtualSelector()
        super().__init__(self.virtual)

    def time(self) -> float:
        """Seconds since it was made."""
        return self.virtual.passed


class LoopClock:
    """The loop's time as moments."""

    def now(self) -> datetime:
        """The moment."""
        return START + timedelta(seconds=asyncio.get_running_loop().time())

    async def sleep(self, seconds: float) -> None:
        """As it says."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Outcome:
    who: str
    alerts: int  # that reached somebody, alone or in a digest
    messages: int
    by_then: int  # messages till the last one to people
    refused: int
    lost: int
    seconds: float  # of virtual time, till the last message to people
    cpu: float  # seconds


@dataclass(frozen=True, slots=True)
class Plan:
    people: int
    groups: int
    posts: int  # to everybody
    group_posts: int  # to groups, these included

    @property
    def alerts(self) -> int:
        return self.people * self.posts + self.groups * self.group_posts

    def chats(self, number: int) -> list[int]:
        """Whom post number so-and-so concerns."""
        groups = [-chat for chat in range(1, self.groups + 1)] if number < self.group_posts else []
        return (list(range(1, self.people + 1)) if number < self.posts else []) + groups


class Telegram:
    """Answers as strictly as the simulator; remembers when the last message to a person came."""

    def __init__(self) -> None:
        self.limits = FloodLimits(strict=True)
        self.last = 0.0
        self.by_then = 0

    async def call(self, chat_id: int) -> int | None:
        """Seconds to wait, or None where it was taken."""
        await asyncio.sleep(ANSWER)
        now = asyncio.get_running_loop().time()
        wait = self.limits.check(chat_id, now)
        if wait is None and chat_id > 0:
            self.last, self.by_then = now, self.limits.accepted
        return wait


async def ours(plan: Plan) -> Outcome:
    """From the outbox, with digests."""
    telegram, clock, stop = Telegram(), LoopClock(), asyncio.Event()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    with tempfile.TemporaryDirectory(prefix="bench-broadcast-") as folder:
        async with Store.open(Path(folder) / "w.db", clock=clock) as store:
            loop.virtual.busy = lambda: store.busy
            await store._run(_without_waiting_for_the_disk)  # noqa: SLF001 - the pace is measured, not the disk
            await _owe(store, plan)

            async def send(subscriber: Subscriber, _message: Message) -> SendResult:
                wait = await telegram.call(subscriber.address.chat_id)
                return Sent(telegram.limits.accepted) if wait is None else RetryAt(float(wait))

            deliverer = Deliverer(store, send, _render, clock, digest=_digest)
            before, cpu = loop.time(), time.process_time()
            running = asyncio.create_task(deliverer.run(stop))
            while (sent := (await store.status(clock.now())).sent_total) < plan.alerts:
                await asyncio.sleep(5)
                if loop.time() - before > 86_400:
                    break
            stop.set()
            await running
            cpu = time.process_time() - cpu
            loop.virtual.busy = lambda: True
    limits = telegram.limits
    return Outcome(
        "ours",
        sent,
        limits.accepted,
        telegram.by_then,
        limits.refused,
        plan.alerts - sent,
        telegram.last - before,
        cpu,
    )


def _without_waiting_for_the_disk(db: Database) -> None:
    db.execute("PRAGMA synchronous = OFF")


async def _owe(store: Store, plan: Plan) -> None:
    feed = (await store.add_feed("https://a.example/", name="A")).id
    mine: dict[int, PlannedDelivery] = {}
    for chat in plan.chats(0):
        kind = ChatKind.PRIVATE if chat > 0 else ChatKind.SUPERGROUP
        subscriber = await store.ensure_subscriber(Address(chat), kind=kind, language="en")
        subscription = await store.add_subscription(subscriber.id, SubscriptionSlot.QUERY, "torture")
        mine[chat] = PlannedDelivery(subscriber.id, (subscription.id,), ())
    for number in range(max(plan.posts, plan.group_posts)):
        planned = tuple(mine[chat] for chat in plan.chats(number))
        await store.apply(update(feed, post(f"post {number}", planned)))


def _render(claimed: ClaimedDelivery) -> Message:
    return Message(claimed.post.title)


def _digest(claimed: ClaimedDigest) -> tuple[DigestPage, ...]:
    return digest(claimed, Names(name=str, flag=str))


async def limited(plan: Plan) -> Outcome:
    """AIORateLimiter with its defaults; what it gives up is lost."""
    from telegram.error import RetryAfter
    from telegram.ext import AIORateLimiter

    telegram, limiter = Telegram(), AIORateLimiter()
    await limiter.initialize()

    async def call(chat: int) -> bool:
        wait = await telegram.call(chat)
        if wait is not None:
            raise RetryAfter(wait)
        return True

    left = iter([chat for number in range(max(plan.posts, plan.group_posts)) for chat in plan.chats(number)])
    came = lost = 0

    async def work() -> None:
        nonlocal came, lost
        for chat in left:
            try:
                await limiter.process_request(call, [chat], {}, "sendMessage", {"chat_id": chat}, None)
                came += 1
            except RetryAfter:
                lost += 1

    cpu = time.process_time()
    await asyncio.gather(*(work() for _ in range(LIMITED_IN_FLIGHT)))
    await limiter.shutdown()
    limits = telegram.limits
    cpu = time.process_time() - cpu
    return Outcome(
        "AIORateLimiter", came, limits.accepted, telegram.by_then, limits.refused, lost, telegram.last, cpu
    )


def virtually(work: Callable[[Plan], Coroutine[Any, Any, Outcome]], plan: Plan) -> Outcome:
    """Run it in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work(plan))


def printed(outcomes: Sequence[Outcome]) -> str:
    """One table."""
    rows = [
        [
            each.who,
            f"{each.alerts:,}",
            f"{each.messages:,}",
            f"{each.refused:,}",
            f"{each.lost:,}",
            figure(each.by_then / each.seconds),
            f"{each.seconds:,.0f}",
            figure(each.cpu / each.messages * 1000),
        ]
        for each in outcomes
    ]
    heads = [
        "sender",
        "alerts told",
        "messages",
        "429s",
        "lost",
        "messages/s",
        "virtual s",
        "CPU ms a message",
    ]
    return table(heads, rows)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="A broadcast under Telegram's limits, in virtual time.")
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--groups", type=int, default=50)
    parser.add_argument("--posts", type=int, default=4, help="to everybody")
    parser.add_argument("--group-posts", type=int, default=40, help="to the groups, those included")
    parser.add_argument("--hour", action="store_true", help="as many posts as take an hour")
    options = parser.parse_args(arguments)
    posts = 3600 * 25 // options.people if options.hour else options.posts
    plan = Plan(options.people, options.groups, posts, options.group_posts)
    aloud(machine())
    aloud(versions("python-telegram-bot", "aiolimiter"))
    aloud(f"{plan.alerts:,} alerts to {plan.people:,} people and {plan.groups} groups, strict limits.\n")
    logging.disable(logging.CRITICAL)  # the other's, of each message that it gives up
    with dev_null() as nowhere:
        log.set_up(LogSettings(), stream=nowhere)
        outcomes = [virtually(ours, plan)]
    if version_of("aiolimiter") is None:
        aloud("aiolimiter is not installed (make bench does that): no row of AIORateLimiter.")
    else:
        outcomes.append(virtually(limited, plan))
    print(printed(outcomes))


if __name__ == "__main__":
    main(sys.argv[1:])
