"""Messages a second and CPU a message, beside plain python-telegram-bot, in one run against the project's simulator.

    python benchmarks/bench_send.py [--messages 400] [--in-flight 1,8,16,30] [--json]

Two of ours: `sender.send` alone, with the client that the bot has, and the whole way from the outbox (claim, render,
send, record with synchronous=FULL) with the pace lifted. Two of others: `Bot.send_message` with the library's
defaults, and the same with its AIORateLimiter. The simulator checks every message as Telegram does and stands in a
process of its own; what is counted is the sender's process alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import cycle, islice
from pathlib import Path
from typing import Any, cast

from common import (
    Ask,
    Handle,
    Peer,
    aloud,
    dev_null,
    figure,
    machine,
    metered,
    quiet,
    ratio,
    table,
    version_of,
    versions,
)

IN_FLIGHT = (1, 8, 16, 30)
MESSAGES = 400
PACED_MESSAGES = 90  # AIORateLimiter lets 30 a second pass: more would only take longer
CHATS = 100
LONG_AGO = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SUMMARY = (
    "A court sentenced the journalist to seven years after a trial behind closed doors, relying on a confession that "
    "the defence says was made under torture. Colleagues called the verdict revenge for reports on corruption. "
)
COUNTRIES = {"KZ": ("Kazakhstan", "🇰🇿"), "RU": ("Russia", "🇷🇺")}

Sending = Callable[[int], Awaitable[None]]


# ------------------------------------------------------------------ Telegram


@asynccontextmanager
async def telegram(options: Ask) -> AsyncIterator[Handle]:
    """The simulator without flood limits, and people who have started the bot."""
    from watchdog_bot.simulator import Simulator

    async with Simulator() as simulator:
        people = [simulator.person(f"Reader {number}") for number in range(options["chats"])]
        for person in people:
            person.start()

        async def handle(_ask: Ask) -> dict[str, Any]:
            return {
                "url": simulator.base_url,
                "token": simulator.token,
                "chats": [person.id for person in people],
                "messages": simulator.calls["sendMessage"],
                "refused": simulator.limits.refused,
            }

        yield handle


# ------------------------------------------------------------------ what is sent


def alert(delivery: Any) -> Any:
    """The message for a claimed delivery, as the bot renders it."""
    from watchdog_bot.core import render

    names = render.Names(name=lambda code: COUNTRIES[code][0], flag=lambda code: COUNTRIES[code][1])
    return render.alert(delivery, names)


def _claimed() -> Any:
    """A delivery like those that the outbox gives."""
    from watchdog_bot.core import model

    moment = LONG_AGO
    post = model.Post(
        id=model.PostId(1),
        title=_entry(1).title,
        link=_entry(1).link,
        summary=_entry(1).summary,
        content="",
        tags=(),
        language="en",
        published_at=moment,
        first_seen_at=moment,
        countries=_reading(),
        feed_name="Monitor",
    )
    subscriber = model.Subscriber(
        model.SubscriberId(1), model.Address(1), model.ChatKind.PRIVATE, model.SubscriberState.ACTIVE
    )
    delivery = model.Delivery(
        model.DeliveryId(1),
        post.id,
        subscriber.id,
        model.DeliveryState.SENDING,
        moment,
        1,
        evidence=_evidence(),
    )
    return model.ClaimedDelivery(delivery, post, subscriber)


def _entry(number: int) -> Any:
    from watchdog_bot.core.model import ParsedEntry

    return ParsedEntry(
        id=f"entry-{number}",
        link=f"https://monitor.example/2026/kazakhstan-verdict-{number}",
        title=f"Kazakhstan: Seven years for the editor of an independent newspaper ({number})",
        summary=SUMMARY * 2,
        published=LONG_AGO,
    )


def _reading() -> Any:
    from watchdog_bot.core.model import CountryReading, CountryScore

    return CountryReading(about=tuple(CountryScore(code, 4.0) for code in COUNTRIES))


def _evidence() -> Any:
    from watchdog_bot.core.model import Evidence

    return (
        Evidence("country", "KZ", "Kazakhstan", "title"),
        Evidence("word", "torture", "torture", "summary"),
        Evidence("word", "journalist", "journalist", "summary"),
    )


# ------------------------------------------------------------------ contenders


async def _each(sending: Sending, chats: Sequence[int], count: int, in_flight: int) -> None:
    """So many messages, so many at a time, one chat after the other."""
    left = iter(list(islice(cycle(chats), count)))

    async def work() -> None:
        for chat in left:
            await sending(chat)

    await asyncio.gather(*(work() for _ in range(in_flight)))


def _handle(sending: Sending, chats: Sequence[int]) -> Handle:
    async def handle(ask: Ask) -> dict[str, Any]:
        with metered() as spent:
            await _each(sending, chats, ask["messages"], ask["in_flight"])
        return {"wall": spent.wall, "cpu": spent.cpu}

    return handle


@asynccontextmanager
async def our_sender(options: Ask) -> AsyncIterator[Handle]:
    """`sender.send` with the client of the bot itself."""
    from watchdog_bot.core.model import Address, Sent
    from watchdog_bot.telegram.sender import send

    message = alert(_claimed())
    async with AsyncExitStack() as stack:
        bot = await _our_bot(stack, options)

        async def sending(chat: int) -> None:
            result = await send(bot, Address(chat), message)
            if not isinstance(result, Sent):
                raise TypeError(f"not sent: {result}")

        yield _handle(sending, options["chats"])


async def _our_bot(stack: AsyncExitStack, options: Ask) -> Any:
    """As the program makes it. No update ever comes, so there is no desk behind it."""
    from watchdog_bot.desk import Desk
    from watchdog_bot.telegram.application import SEND_TIMEOUT, build
    from watchdog_bot.telegram.listening import Ear

    async def at_once(_chat_id: int) -> None:
        return

    app = build(
        cast("Desk", None),
        token=options["token"],
        api_base_url=options["url"],
        admins=frozenset(),
        before_reply=at_once,
        ear=Ear(timeout=SEND_TIMEOUT),
    )
    await app.initialize()
    stack.push_async_callback(app.shutdown)
    return app.bot


@asynccontextmanager
async def our_outbox(options: Ask) -> AsyncIterator[Handle]:
    """`Deliverer` over a store on disk, and the log as in `bot.py run`."""
    from watchdog_bot import log
    from watchdog_bot.clock import SystemClock
    from watchdog_bot.settings import LogSettings
    from watchdog_bot.store import Store

    clock = SystemClock()
    async with AsyncExitStack() as stack:
        log.set_up(LogSettings(), stream=stack.enter_context(dev_null()))
        bot = await _our_bot(stack, options)
        path = Path(options["folder"]) / "watchdog.db"
        store = await stack.enter_async_context(Store.open(path, clock=clock))
        outbox = await _Outbox.make(store, clock, options["chats"])

        async def handle(ask: Ask) -> dict[str, Any]:
            await outbox.owe(ask["messages"])
            with metered() as spent:
                await outbox.deliver(bot, ask["messages"], ask["in_flight"])
            sent = (await store.status(clock.now())).sent_total
            if sent != outbox.owed:
                raise RuntimeError(f"{sent} of {outbox.owed} messages were sent")
            return {"wall": spent.wall, "cpu": spent.cpu}

        yield handle


@dataclass(slots=True)
class _Outbox:
    store: Any
    clock: Any
    feed: Any
    followers: list[tuple[Any, Any]]  # subscriber's id, subscription's id
    posts: int = 0
    owed: int = 0

    @classmethod
    async def make(cls, store: Any, clock: Any, chats: Sequence[int]) -> _Outbox:
        from watchdog_bot.core.model import Address, ChatKind, SubscriptionSlot

        feed = await store.add_feed("https://monitor.example/feed", name="Monitor")
        followers = []
        for chat in chats:
            subscriber = await store.ensure_subscriber(Address(chat), kind=ChatKind.PRIVATE, language="en")
            subscription = await store.add_subscription(subscriber.id, SubscriptionSlot.QUERY, "torture")
            followers.append((subscriber.id, subscription.id))
        return cls(store, clock, feed, followers)

    async def owe(self, count: int) -> None:
        """As many posts as it takes for so many deliveries."""
        while count > 0:
            followers = self.followers[:count]
            await self.store.apply(self._update(followers))
            count -= len(followers)
            self.owed += len(followers)

    def _update(self, followers: Sequence[tuple[Any, Any]]) -> Any:
        from watchdog_bot.core import model

        self.posts += 1
        now = self.clock.now()
        key = blake2b(str(self.posts).encode(), digest_size=16).digest()
        planned = tuple(
            model.PlannedDelivery(subscriber, (subscription,), _evidence())
            for subscriber, subscription in followers
        )
        post = model.NewPost(_entry(self.posts), model.EntryKeys((key,)), key, _reading(), planned)
        change = model.FeedChange(
            self.feed.id, model.HttpMemory(), model.FeedHealth(), now, model.FeedKind.RSS, baseline_done=True
        )
        return model.FeedUpdate(change, at=now, posts=(post,))

    async def deliver(self, bot: Any, count: int, in_flight: int) -> None:
        from watchdog_bot.core.model import Message, SendResult, Subscriber
        from watchdog_bot.core.pacing import Limits, Pacer
        from watchdog_bot.deliver import Deliverer, Pace
        from watchdog_bot.telegram.sender import send

        stop = asyncio.Event()
        came = 0

        async def counted(subscriber: Subscriber, message: Message) -> SendResult:
            nonlocal came
            result = await send(bot, subscriber.address, message)
            came += 1
            if came == count:
                stop.set()
            return result

        lifted = Pacer(Limits(per_second=1e6, chat_seconds=0.0))
        pace = Pace(self.clock, lifted)
        await Deliverer(self.store, counted, alert, self.clock, pace=pace, in_flight=in_flight).run(stop)


@asynccontextmanager
async def plain_library(options: Ask) -> AsyncIterator[Handle]:
    """python-telegram-bot with its defaults; with `limited`, and its AIORateLimiter's."""
    from telegram.ext import AIORateLimiter, ApplicationBuilder

    from watchdog_bot.telegram.sender import markup

    message = alert(_claimed())
    builder = ApplicationBuilder().token(options["token"]).base_url(f"{options['url']}/bot")
    limiter: Any = AIORateLimiter() if options["limited"] else None
    bot = (builder.rate_limiter(limiter) if limiter else builder).build().bot
    async with bot:

        async def sending(chat: int) -> None:
            await bot.send_message(
                chat,
                message.html,
                parse_mode="HTML",
                reply_markup=markup(message),
                disable_web_page_preview=True,
            )

        yield _handle(sending, options["chats"])


# ------------------------------------------------------------------ the run


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    opening: Callable[[Ask], Any]
    ours: bool = False
    limited: bool = False


PLAIN = Contender("python-telegram-bot", plain_library)
CONTENDERS = (
    Contender("ours, sender.send", our_sender, ours=True),
    Contender("ours, from the outbox", our_outbox, ours=True),
    PLAIN,
    Contender("  with AIORateLimiter", plain_library, limited=True),
)


@dataclass(frozen=True, slots=True)
class Cost:
    name: str
    in_flight: int
    messages: int
    wall: float  # seconds
    cpu: float  # seconds

    @property
    def per_second(self) -> float:
        return self.messages / self.wall

    @property
    def cpu_ms(self) -> float:
        return self.cpu / self.messages * 1000


def measure(messages: int, levels: Sequence[int], contenders: Sequence[Contender]) -> list[Cost]:
    """All contenders at one number in flight, then at the next, so that a busy machine hits all alike."""
    costs: list[Cost] = []
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-send-"))
        simulator = stack.enter_context(Peer(telegram, chats=CHATS))
        there = simulator.ask()
        reached = {key: there[key] for key in ("url", "token", "chats")}
        peers = [
            (each, stack.enter_context(Peer(each.opening, folder=folder, limited=each.limited, **reached)))
            for each in contenders
        ]
        for _, peer in peers:
            peer.ask(messages=8, in_flight=4)  # connections and caches are warm
        for level in levels:
            for each, peer in peers:
                count = min(messages, PACED_MESSAGES) if each.limited else messages
                before = simulator.ask()["messages"]
                answer = peer.ask(messages=count, in_flight=level)
                _check(each, count, simulator.ask(), before)
                costs.append(Cost(each.name, level, count, answer["wall"], answer["cpu"]))
    return costs


def _check(contender: Contender, count: int, simulator: Ask, before: int) -> None:
    came = simulator["messages"] - before
    if came != count or simulator["refused"]:
        raise RuntimeError(
            f"{contender.name}: {came} of {count} messages came, {simulator['refused']} were refused"
        )


def limiter_is_here() -> bool:
    """Whether AIORateLimiter has the library that it needs."""
    return version_of("aiolimiter") is not None


def printed(costs: Sequence[Cost]) -> str:
    """One table; the ratios are against the plain library at the same number in flight."""
    plain = {each.in_flight: each for each in costs if each.name == PLAIN.name}
    rows = []
    for each in costs:
        peer = plain.get(each.in_flight)
        rows.append(
            [
                each.name,
                str(each.in_flight),
                figure(each.per_second),
                figure(each.cpu_ms),
                ratio(peer.per_second, each.per_second) if peer else "–",
                ratio(each.cpu_ms, peer.cpu_ms) if peer else "–",
            ]
        )
    return table(["sender", "in flight", "messages/s", "CPU ms", "speed ratio", "CPU ratio"], rows)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="Messages a second, beside plain python-telegram-bot.")
    parser.add_argument(
        "--messages", type=int, default=MESSAGES, help="by each sender at each number in flight"
    )
    parser.add_argument("--in-flight", default=",".join(map(str, IN_FLIGHT)), help="messages at a time")
    parser.add_argument("--only", help="contenders whose name holds this")
    parser.add_argument("--json", action="store_true", help="figures for a program instead of a table")
    options = parser.parse_args(arguments)
    tell = quiet if options.json else aloud
    tell(machine())
    tell(versions("python-telegram-bot", "httpx", "sniffio", "aiohttp", "aiolimiter"))
    contenders = [each for each in CONTENDERS if options.only is None or options.only in each.name]
    if not limiter_is_here():
        contenders = [each for each in contenders if not each.limited]
        tell("aiolimiter is not installed (make bench does that): no row with AIORateLimiter.")
    costs = measure(options.messages, [int(each) for each in options.in_flight.split(",")], contenders)
    if options.json:
        told = [
            {"sender": each.name.strip(), "in_flight": each.in_flight, "messages": each.messages,
             "per_second": each.per_second, "cpu_ms": each.cpu_ms}
            for each in costs
        ]  # fmt: skip
        print(json.dumps({"machine": machine(), "costs": told}, indent=2))
        return
    tell(f"{options.messages} alerts each ({PACED_MESSAGES} with AIORateLimiter) to {CHATS} private chats.\n")
    print(printed(costs))


if __name__ == "__main__":
    main(sys.argv[1:])
