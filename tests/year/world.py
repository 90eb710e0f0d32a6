"""The real poller and the real store among simulated sources, and a model that knows what must have come of it.

What must hold, whatever sources do:

1. A story that stood in a document somebody got is one post, and no story is two.
2. Each reader whose wish is met by a story is alerted of it once: when it is first seen, or when an edit in the
   source that had it first brings the wish. Nobody is alerted of what a source held when it was added.
3. What stands for two days in a source that answers is seen.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlite_utils import Database

from tests.clock import START, FakeClock
from tests.year.net import SILENCING, Net, Serving, Trouble
from tests.year.source import Item, Shown, Source, Story, new_story
from watchdog_bot.core import outbox
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.feeds.rules import SourceRules
from watchdog_bot.core.model import (
    Address,
    ChatKind,
    CountryReading,
    Evidence,
    Feed,
    FeedChange,
    FeedId,
    FeedKind,
    Match,
    NotSent,
    ParsedFeed,
    PostText,
    SendResult,
    Sent,
    SubscriberId,
    SubscriptionId,
    SubscriptionSlot,
)
from watchdog_bot.poll import Poller
from watchdog_bot.store import Store

WISHES = 6
RETENTION = timedelta(days=90)
REMEMBERED = timedelta(days=30)  # how long it is known who was alerted; later edits alert nobody
_MARK = re.compile(r"p(\d{6})x")
_WISH = re.compile(r"wish(\d+)w")


class InProcess:
    """`ParserPool` without processes."""

    async def parse(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str = "",
        kind: FeedKind = FeedKind.AUTO,
        rules: SourceRules | None = None,
        now: datetime | None = None,
    ) -> ParsedFeed:
        return parse_document(body, url=url, content_type=content_type, kind=kind, rules=rules, now=now)


@dataclass(slots=True)
class Remembered:
    """What the bot must know of a story."""

    origin: Source
    content: tuple[str, str | None, str]
    wishes: frozenset[int]
    first_seen: datetime  # by the bot's clock
    expired: bool = False


@dataclass(slots=True)
class Figures:
    """What happened."""

    polls: int = 0
    ticks: int = 0
    published: int = 0
    edits: int = 0
    happenings: Counter[str] = field(default_factory=Counter)


class World:
    """See the module."""

    def __init__(self, store: Store, clock: FakeClock, *, floor: int) -> None:
        self.store = store
        self.clock = clock
        self.true = START
        self.net = Net(lambda: self.true, floor=floor)
        self.figures = Figures()
        self.told: list[tuple[str, bool, bool]] = []  # of which feed admins heard: (name, paused, well)
        self.sources: dict[FeedId, Source] = {}
        self.feed_ids: dict[Source, FeedId] = {}
        self.baseline: set[Source] = set()
        self.remembered: dict[int, Remembered] = {}
        self.expected: dict[int, set[int]] = {}  # story → wishes that must be alerted
        self.stored: dict[int, int] = {}  # story → post id
        self.alerted: Counter[tuple[int, int]] = Counter()  # (story, wish)
        self.sent: Counter[tuple[int, int]] = Counter()
        self.standing: dict[tuple[Source, int], int] = {}  # at how many looks in a row it stood there
        self.stories: list[Story] = []
        self._fresh: set[int] = set()  # stories not expired
        self._story_of: dict[int, int] = {}
        self._wish_of: dict[int, int] = {}
        self._subscriptions: list[tuple[SubscriberId, tuple[SubscriptionId, ...]]] = []
        self._last_post = self._last_delivery = 0
        self._refusals = 0
        self._jumped = False
        self.poller = Poller(
            store,
            self.net,
            InProcess(),
            read=_read_nothing,
            match=self._match,
            clock=clock,
            min_interval=floor,
            workers=500,
            on_health=self._hear,
        )

    @classmethod
    async def make(cls, store: Store, clock: FakeClock, *, floor: int = 300) -> World:
        world = cls(store, clock, floor=floor)
        await store._run(_without_waiting_for_the_disk)
        for wish in range(WISHES):
            subscriber = await store.ensure_subscriber(
                Address(100 + wish), kind=ChatKind.PRIVATE, language="en"
            )
            ids = [
                (await store.add_subscription(subscriber.id, SubscriptionSlot.QUERY, f"wish{wish}w {n}")).id
                for n in range(2)  # two subscriptions that want the same: one alert
            ]
            world._subscriptions.append((subscriber.id, tuple(ids)))
            world._wish_of[subscriber.id] = wish
        return world

    def _match(self, text: PostText) -> tuple[Match, ...]:
        wanted = sorted({int(each) for each in _WISH.findall(f"{text.title} {text.summary} {text.content}")})
        return tuple(
            Match(
                subscription,
                self._subscriptions[wish][0],
                (Evidence("word", f"wish{wish}w", f"wish{wish}w", "text"),),
            )
            for wish in wanted
            for subscription in self._subscriptions[wish][1]
        )

    def _hear(self, feed: Feed, change: FeedChange) -> None:
        self.told.append((feed.name, change.paused, change.health.failing_since is None))

    # ------------------------------------------------------------------ what happens

    async def add(self, source: Source) -> FeedId:
        feed = await self.store.add_feed(source.url, name=source.name, every=source.every)
        self.net.put(source)
        self.sources[feed.id] = source
        self.feed_ids[source] = feed.id
        return feed.id

    def publish(self, source: Source, *wishes: int, also: Source | None = None) -> Item:
        story = new_story(len(self.stories), frozenset(wishes))
        self.stories.append(story)
        item = source.publish(story, self.true)
        if also is not None:
            item.shared = True
            also.publish(story, self.true, link=item.link)
        self.figures.published += 1
        return item

    def edit(self, source: Source, item: Item, *wishes: int) -> bool:
        done = source.edit(item, frozenset(wishes))
        if done:
            self.figures.edits += 1
            for other in self.sources.values():
                if other is not source and any(each.story is item.story for each in other.items):
                    other.changed()
        return done

    def move(self, source: Source, url: str, *, permanent: bool = True) -> None:
        """The whole site is at another address; the old one redirects to it."""
        old = source.url
        source.move(url)
        self.net.put(source)
        self.net.redirects[old] = (url, permanent)
        self.net.permanent[source] = 0

    def detour(self, source: Source, on: bool) -> None:
        """A temporary redirect, or its end."""
        away = f"https://cache.example/{source.name}"
        if on:
            self.net.at[away] = source
            self.net.redirects[source.url] = (away, False)
        else:
            self.net.redirects.pop(source.url, None)

    def trouble(self, source: Source, trouble: Trouble | None) -> None:
        if trouble is None:
            self.net.troubles.pop(source, None)
            return
        if trouble is Trouble.FLICKERING:
            self.net.old_copies[source] = source.page()
        self.net.troubles[source] = trouble

    def advance(self, seconds: float) -> None:
        self.true += timedelta(seconds=seconds)
        self.clock.advance(seconds)

    def jump(self, seconds: float) -> None:
        """The machine's clock is set, while no time passes."""
        if seconds < 0:
            self.clock.set_back(-seconds)
        else:
            self.clock.advance(seconds)
        self._jumped = True
        self.net.asked.clear()  # by that clock nobody can say how long ago anything was

    async def resume(self, source: Source) -> None:
        """An admin resumes a feed that is paused."""
        self.net.asked.pop(source, None)
        await self.store.pause_feed(self.feed_ids[source], paused=False)

    async def due_in(self) -> float:
        """Seconds until the next feed is due; may be in the past."""

        def earliest(db: Database) -> int | None:
            found = db.execute("SELECT MIN(next_check_at) FROM feed WHERE paused = 0").fetchone()
            moment: int | None = found[0]
            return moment

        moment = await self.store._run(earliest)
        return 3600.0 if moment is None else moment / 1000 - self.clock.now().timestamp()

    async def feed(self, source: Source) -> Feed:
        feed = await self.store.feed(self.feed_ids[source])
        assert feed is not None
        return feed

    # ------------------------------------------------------------------ polling

    async def tick(self) -> int:
        """Poll what is due, and check what came of it. Returns how many feeds were polled."""
        self.net.servings.clear()
        count = await self.poller.tick()
        results = await asyncio.gather(*tuple(self.poller._under_way))
        broken = [result.cause for result in results if result.cause and "the bot itself" in result.cause]
        assert not broken, broken
        self.figures.polls += count
        self.figures.ticks += 1
        if self.net.servings:
            origins = await self._look()
            self._expect(self.net.servings, origins)
            self._check({shown.number for serving in self.net.servings for shown in serving.page.shown})
        return count

    async def pass_time(self, seconds: float, *, step: int = 900) -> None:
        """Let time pass; whatever becomes due is polled at the next full `step`."""
        if self._jumped:  # the program looks at the clock every few seconds
            self._jumped = False
            await self.tick()
        end = self.true + timedelta(seconds=seconds)
        while True:
            due = max(await self.due_in(), 0.0)
            start = self.true + timedelta(seconds=due)
            start += timedelta(seconds=-start.timestamp() % step)
            if start > end:
                break
            self.advance((start - self.true).total_seconds())
            await self.tick()
        self.advance((end - self.true).total_seconds())

    async def _look(self) -> Mapping[int, Source]:
        """New rows of the database. A story that is two posts fails here. Returns where stories were first seen."""

        def new_rows(db: Database) -> tuple[list[tuple[int, str, int]], list[tuple[int, int, int]]]:
            found = db.execute("SELECT id, title, feed_id FROM post WHERE id > ?", [self._last_post])
            owed = db.execute(
                "SELECT id, post_id, subscriber_id FROM delivery WHERE id > ?", [self._last_delivery]
            )
            return found.fetchall(), owed.fetchall()

        origins: dict[int, Source] = {}
        posts, deliveries = await self.store._run(new_rows)
        for post_id, title, feed_id in posts:
            mark = _MARK.search(title)
            assert mark is not None, f"a post nobody published: {title!r}"
            number = int(mark[1])
            source = self.sources[FeedId(feed_id)]
            assert number not in self.stored, f"story {number} is two posts ({source.name}, {source.style})"
            self.stored[number] = post_id
            self._story_of[post_id] = number
            origins[number] = source
            self._last_post = max(self._last_post, post_id)
        for delivery_id, post_id, subscriber_id in deliveries:
            self.alerted[self._story_of[post_id], self._wish_of[subscriber_id]] += 1
            self._last_delivery = max(self._last_delivery, delivery_id)
        return origins

    def _expect(self, servings: list[Serving], origins: Mapping[int, Source]) -> None:
        """What the documents of this moment mean."""
        before = set(self.remembered)
        for serving in servings:
            source, live = serving.source, serving.source in self.baseline
            items = {item.story.number: item for item in source.items}
            for shown in dict.fromkeys(serving.page.shown):
                items[shown.number].seen_guids.add(shown.guid)
                items[shown.number].seen_links.add(shown.link)
                if shown.number in before:
                    self._expect_edit(source, shown)
                elif origins.get(shown.number, source) is source:
                    now = self.clock.now()
                    self.remembered[shown.number] = Remembered(source, shown.content, shown.wishes, now)
                    self._fresh.add(shown.number)
                    self.expected[shown.number] = set(shown.wishes) if live else set()
        self.baseline.update(serving.source for serving in servings)

    def _expect_edit(self, source: Source, shown: Shown) -> None:
        known = self.remembered[shown.number]
        if known.origin is not source or known.content == shown.content:
            return
        if not known.expired and known.first_seen > self.clock.now() - REMEMBERED:
            self.expected[shown.number] |= shown.wishes - known.wishes
        known.content, known.wishes, known.expired = shown.content, shown.wishes, False
        self._fresh.add(shown.number)

    def _check(self, numbers: set[int]) -> None:
        for number in numbers:
            assert number in self.stored, f"story {number} was seen and is no post"
            for wish in range(WISHES):
                count, owed = self.alerted[number, wish], wish in self.expected[number]
                assert count == int(owed), (
                    f"story {number} of {self.remembered[number].origin.name} "
                    f"({self.remembered[number].origin.style}): {count} alerts to reader {wish}, owed: {owed}"
                )

    # ------------------------------------------------------------------ now and then

    async def housekeep(self) -> None:
        now = self.clock.now()
        while await self.store.housekeep(now):
            pass
        for number in tuple(self._fresh):
            known = self.remembered[number]
            if known.first_seen <= now - RETENTION:
                known.expired = True
                self._fresh.discard(number)

    async def deliver(self) -> None:
        """Send what waits, and edit what was changed; one in forty is surely not sent at first."""
        now = self.clock.now()
        while claimed := await self.store.claim_deliveries(now, limit=100):
            for each in claimed:
                self._refusals += 1
                result: SendResult = Sent(self._refusals) if self._refusals % 40 else NotSent("no connection")
                if isinstance(result, Sent):
                    story = self._story_of[each.post.id]
                    self.sent[story, self._wish_of[each.subscriber.id]] += 1
                assert await self.store.record(outbox.after(each.delivery, result, now))
        while edits := await self.store.claim_edits(now, limit=100):
            for edit in edits:
                delivery = edit.claimed.delivery
                change = outbox.after_edit(delivery.id, edit.attempts, Sent(delivery.message_id or 1), now)
                await self.store.record_edit(edit, change)

    async def all_sent(self) -> None:
        """Everything that was owed arrived, and once."""
        for _ in range(20):
            await self.deliver()
            self.advance(900)
        assert self.sent == +self.alerted
        assert not [key for key, count in self.sent.items() if count != 1]
        assert not await self.store.dead_deliveries(1)
        status = (await self.store.counters()).get("doubts", 0)
        assert status == 0

    def look_for_losses(self) -> None:
        """Call it once a day: what stood there at three looks in a row, while the source answered, is known."""
        standing: dict[tuple[Source, int], int] = {}
        for source in self.feed_ids:
            trouble = self.net.troubles.get(source)
            if trouble in SILENCING or trouble is Trouble.FLICKERING:
                continue
            for item in source.current():
                number = item.story.number
                looks = standing[source, number] = self.standing.get((source, number), 0) + 1
                assert looks < 4 or number in self.stored, (
                    f"story {number} stands in {source.name} ({source.style}, {trouble}) for days and is not known"
                )
        self.standing = standing

    def forget_standing(self, source: Source) -> None:
        self.standing = {key: count for key, count in self.standing.items() if key[0] is not source}

    async def check_all(self) -> None:
        """The whole database against the whole model."""
        await self._look()
        assert set(self.stored) == set(self.remembered)
        self._check(set(self.stored))
        for source in self.feed_ids:
            feed = await self.feed(source)
            assert "cache.example" not in feed.url, "a temporary redirect was saved"
            if self.net.permanent.get(source, 0) >= 5:
                assert feed.url == source.url, "a permanent redirect was not saved"


def _without_waiting_for_the_disk(db: Database) -> None:
    """A year of commits; power cuts are the matter of other tests."""
    db.execute("PRAGMA synchronous = OFF")


def _read_nothing(
    title: str,
    text: str,
    *,
    language: str | None = None,
    hints: tuple[str, ...] = (),
    on: date | None = None,
) -> CountryReading:
    return CountryReading()
