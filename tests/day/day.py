"""A day of the whole bot on a virtual clock: sources publish, people in many zones read in their own way, Telegram
misbehaves on two calls of a hundred and keeps its strict limits.

Real: poller, decisions, store, outbox, digests, pacing, python-telegram-bot, our strict simulator. Not real: time, the
network, the parser's own processes. What must have come of it is known from what was published and who follows what.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from pathlib import Path

from telegram.ext import Application

from tests.clock import FakeClock
from tests.day.wire import Wire
from tests.inprocess import InProcess
from tests.year.parts import without_waiting_for_the_disk
from watchdog_bot import app, data
from watchdog_bot.app import Parts, assembled
from watchdog_bot.core import render_digest
from watchdog_bot.core.hours import is_quiet
from watchdog_bot.core.model import (
    Address,
    ChatKind,
    Fetched,
    FetchResult,
    HttpMemory,
    NotModified,
    Subscriber,
)
from watchdog_bot.core.tempo import ChatSettings, QuietMode, Tempo
from watchdog_bot.deliver import Deliverer, Pace
from watchdog_bot.demo.posts import DemoPost
from watchdog_bot.demo.sources import DemoFeed
from watchdog_bot.poll import Poller
from watchdog_bot.settings import Settings
from watchdog_bot.simulator import (
    BadGateway,
    Call,
    Chat,
    CloseAfter,
    CloseBefore,
    Fault,
    Garbage,
    HangAfter,
    Person,
    ServerError,
    Simulator,
    Slow,
    TooManyRequests,
)

MIDNIGHT = datetime(2026, 3, 28, tzinfo=UTC)  # the next night, Europe's clocks go forward
DAY = timedelta(days=1)
FAULTY = 0.02  # of the calls
FAULTS: tuple[Fault, ...] = (
    TooManyRequests(3),
    ServerError(),
    BadGateway(),
    CloseBefore(),
    CloseAfter(),
    HangAfter(),
    Garbage(),
    Slow(4.0),
)
COUNTRIES = (
    "Belarus",
    "Ukraine",
    "Moldova",
    "Poland",
    "Hungary",
    "Serbia",
    "Bulgaria",
    "Romania",
    "Albania",
    "Kosovo",
    "Montenegro",
    "Armenia",
    "Azerbaijan",
    "Kazakhstan",
    "Kyrgyzstan",
    "Tajikistan",
    "Turkmenistan",
    "Uzbekistan",
    "Afghanistan",
    "Iran",
    "Pakistan",
    "Turkey",
    "Estonia",
    "Latvia",
    "Lithuania",
    "Slovakia",
    "Croatia",
    "Slovenia",
    "Mongolia",
    "Finland",
)
ZONES = ("UTC", "Europe/Kyiv", "Asia/Tashkent", "Asia/Tehran", "America/New_York", "+04:00", "Asia/Kathmandu")
SOURCES = 10


def dice(*parts: object) -> float:
    """The same number from 0 to 1 for the same words."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=4).digest(), "big") / 2**32


@dataclass(frozen=True)
class Size:
    """How large a day."""

    chats: int
    posts: int
    countries: int = len(COUNTRIES)


@dataclass
class Reader:
    """One chat and how it wants to be alerted."""

    chat: Chat
    person: Person
    subscriber: Subscriber
    countries: frozenset[str]
    tempo: Tempo
    settings: ChatSettings
    leaves_at: datetime | None = None


@dataclass
class Published:
    """One post of the day."""

    title: str
    country: str
    at: datetime
    source: int
    slug: str


class Net:
    """Sources without a network; `busy` while somebody polls."""

    def __init__(self) -> None:
        self.feeds = [
            DemoFeed(f"/{number}.xml", f"Source {number}", atom=number % 2 == 1) for number in range(SOURCES)
        ]
        self.at = {self.address(number): feed for number, feed in enumerate(self.feeds)}

    @staticmethod
    def address(number: int) -> str:
        return f"https://source-{number}.example/feed"

    async def get(self, url: str, memory: HttpMemory) -> FetchResult:
        """What `Fetcher.get` would."""
        body = self.at[url].document(url.removesuffix("/feed"))
        etag = blake2b(body, digest_size=8).hexdigest()
        if memory.etag == etag:
            return NotModified()
        return Fetched(url=url, body=body, content_type="application/xml", etag=etag)


@dataclass
class Day:
    """See the module."""

    size: Size
    clock: FakeClock
    simulator: Simulator
    parts: Parts
    poller: Poller
    deliverer: Deliverer
    net: Net
    readers: list[Reader] = field(default_factory=list)
    posts: list[Published] = field(default_factory=list)
    polling: bool = False
    faults: Counter[str] = field(default_factory=Counter)

    # ------------------------------------------------------------------ before it begins

    async def people(self) -> None:
        """Readers of every kind."""
        for number in range(self.size.chats):
            self.readers.append(await self._reader(number))
        await self.parts.desk.load()

    async def _reader(self, number: int) -> Reader:
        person = self.simulator.person(f"Reader {number}")
        person.start()
        kind, chat = ChatKind.PRIVATE, person.chat
        if number % 20 == 7:
            kind, chat = ChatKind.SUPERGROUP, person.create_group(f"Desk {number}", supergroup=True)
        elif number % 20 == 13:
            kind, chat = ChatKind.CHANNEL, person.create_channel(f"Channel {number}")
        store = self.parts.store
        subscriber = await store.ensure_subscriber(Address(chat.id), kind=kind, language="en")
        first = int(dice("country", number) * self.size.countries)
        second = (first + 1 + number % 3) % self.size.countries
        countries = frozenset({COUNTRIES[first], *([COUNTRIES[second]] if number % 2 else [])})
        tempo = _tempo(number)
        names = {name: code for code, name in _names(self.parts).items()}
        for country in sorted(countries):
            query = await self.parts.desk.subscribe(subscriber, f"country:{names[country]}")
            assert query.subscription is not None
            await store.set_tempo(query.subscription.id, subscriber.id, tempo)
        settings = _settings(number)
        if settings != ChatSettings():
            await store.set_settings(subscriber.id, settings)
        leaves = MIDNIGHT + DAY * dice("leaves", number) if dice("leaver", number) < 0.01 else None
        return Reader(chat, person, subscriber, countries, tempo, settings, leaves)

    def plan(self) -> None:
        """What is published when: most over the day, a tenth in one burst."""
        for number in range(self.size.posts):
            country = COUNTRIES[int(dice("about", number) * self.size.countries)]
            at = MIDNIGHT + DAY * dice("at", number)
            if number % 10 == 0:
                at = MIDNIGHT + timedelta(hours=15, seconds=number)
            source = int(dice("source", number) * SOURCES)
            title = f"Reporter #{number:04} detained in {country}"
            self.posts.append(Published(title, country, at, source, f"post-{number}"))
        self.posts.sort(key=lambda each: each.at)

    def misbehave(self) -> None:
        """Each fault on its share of the calls, by the call's number."""
        share = FAULTY / len(FAULTS)
        for which, fault in enumerate(FAULTS):

            def when(call: Call, which: int = which, name: str = type(fault).__name__) -> bool:
                hit = which * share <= dice("fault", call.method, call.number) < (which + 1) * share
                self.faults[name] += hit
                return hit

            self.simulator.faults.add(fault, times=None, when=when)

    # ------------------------------------------------------------------ the day

    async def pass_by(self) -> None:
        """From midnight until all digests of the next day have gone."""
        stop = asyncio.Event()
        for number, feed in enumerate(self.net.feeds):
            feed.publish(DemoPost("old", "An old post", "<p>Long ago.</p>"), MIDNIGHT - DAY)
            await self.parts.store.add_feed(self.net.address(number), name=feed.title)
        await self._tick()
        delivering = asyncio.create_task(self.deliverer.run(stop))
        waiting = list(self.posts)
        leaving = sorted(
            (each.leaves_at, number) for number, each in enumerate(self.readers) if each.leaves_at
        )
        while (now := self.clock.now()) < MIDNIGHT + DAY + timedelta(hours=30) or await self._open():
            while waiting and waiting[0].at <= now:
                self._publish(waiting.pop(0))
            while leaving and leaving[0][0] <= now:
                self.readers[leaving.pop(0)[1]].person.block_bot()
            await self._tick()
            await self.clock.sleep(60)
        stop.set()
        await delivering

    async def _tick(self) -> None:
        self.polling = True
        await self.poller.tick()
        await asyncio.gather(*tuple(self.poller._under_way))
        self.polling = False

    async def _open(self) -> int:
        status = await self.parts.store.status(self.clock.now())
        return status.queued + status.sending + status.doubtful

    def _publish(self, post: Published) -> None:
        words = f"<p>Police in {post.country} held a reporter overnight. Case {post.slug}.</p>"
        self.net.feeds[post.source].publish(DemoPost(post.slug, post.title, words), post.at)

    def quiet(self, reader: Reader, at: datetime) -> bool:
        return is_quiet(reader.settings, at)


def _tempo(number: int) -> Tempo:
    throw = dice("tempo", number)
    for share, tempo in ((0.7, Tempo.INSTANT), (0.8, Tempo.HOURLY), (0.9, Tempo.DAILY), (0.95, Tempo.SILENT)):
        if throw < share:
            return tempo
    return Tempo.URGENT


def _settings(number: int) -> ChatSettings:
    zone = ZONES[int(dice("zone", number) * len(ZONES))]
    daily_at = int(dice("daily", number) * 24) * 60
    if dice("quiet", number) >= 0.4:
        return ChatSettings() if number % 3 else ChatSettings(zone=zone, daily_at=daily_at)
    mode = QuietMode.HOLD if number % 4 else QuietMode.SILENT
    return ChatSettings(
        zone=zone, quiet_from=22 * 60, quiet_to=7 * 60 + 30, quiet_mode=mode, daily_at=daily_at
    )


def _names(parts: Parts) -> dict[str, str]:
    wanted = set(COUNTRIES)
    found = {code: parts.desk.names.name(code) for code in parts.desk.country_order}
    found = {code: name for code, name in found.items() if name in wanted}
    assert len(found) == len(wanted), wanted - set(found.values())
    return found


@asynccontextmanager
async def day(folder: Path, size: Size) -> AsyncIterator[Day]:
    """Everything put together, ready to begin at midnight."""
    clock = FakeClock(MIDNIGHT)
    simulator = Simulator(clock=clock, strict_limits=True)
    settings = _configuration(folder, simulator)
    async with assembled(settings, clock) as parts:
        wire = Wire(simulator)
        application = (
            Application.builder()
            .token(simulator.token)
            .request(wire)
            .get_updates_request(wire)
            .updater(None)
            .build()
        )
        net = Net()
        deliverer = Deliverer(
            parts.store,
            partial(app._send, application, paid=False),
            partial(app._rendered, parts),
            clock,
            pace=Pace(clock),
            digest=lambda claimed: render_digest.digest(claimed, parts.desk.names),
            edit=partial(app._edit, application),
        )
        poller = Poller(
            parts.store,
            net,
            InProcess(),
            read=data.load_tagger().read,
            match=parts.desk.index.groups,
            clock=clock,
            min_interval=300,
            on_owed=deliverer.wake,
        )
        await application.bot.initialize()
        await parts.store._run(without_waiting_for_the_disk)
        made = Day(size, clock, simulator, parts, poller, deliverer, net)
        clock.watch(lambda: parts.store.busy or made.polling)
        yield made


def _configuration(folder: Path, simulator: Simulator) -> Settings:
    return Settings.model_validate(
        {
            "telegram": {"token": simulator.token},
            "database": {"path": str(folder / "watchdog.db")},
            "catalogue": {"enabled": False},
        }
    )
