"""The real poller and the real store among simulated sources, and a model that knows what must have come of it.

What must hold, whatever sources do:

1. A story that stood in a document somebody got is one post, and no story is two.
2. Each reader whose wish is met by a story is alerted of it once: when it is first seen, or when an edit in the
   source that had it first brings the wish. Nobody is alerted of what a source held when it was added.
3. What stands for two days in a source that answers is seen.
4. A copy, the same story under a link of another source's own, is a post that is joined to the first when both are
   seen within two days. Then it alerts one reader, who wants every report, and of the others whom the first did not.

A *telling* is what is one post: the number of the story, or its complement for a copy.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from sqlite_utils import Database

from tests.clock import START, FakeClock
from tests.inprocess import InProcess
from tests.year.net import SILENCING, Net, Serving, Trouble
from tests.year.parts import Figures, Remembered, read_nothing, without_waiting_for_the_disk
from tests.year.source import Item, Shown, Source, Story, new_story
from watchdog_bot.core import outbox
from watchdog_bot.core.model import (
    Address,
    ChatKind,
    Evidence,
    Feed,
    FeedChange,
    FeedId,
    MatchGroup,
    NotSent,
    PostText,
    SendResult,
    Sent,
    SubscriberId,
    SubscriptionId,
    SubscriptionSlot,
)
from watchdog_bot.core.tempo import ChatSettings, StoryAlerts
from watchdog_bot.poll import Poller
from watchdog_bot.store import Store
from watchdog_bot.stories import Stories

WISHES = 6
EACH = 5  # the reader who wants every report of a story
JOINED_WITHIN = timedelta(days=2)
RETENTION = timedelta(days=90)
REMEMBERED = timedelta(days=30)  # how long it is known who was alerted; later edits alert nobody
_MARK = re.compile(r"p(\d{6})x")
_WISH = re.compile(r"wish(\d+)w")


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
        self.expected: dict[int, set[int]] = {}  # telling → wishes that must be alerted
        self.stored: dict[int, int] = {}  # telling → post id
        self.first_of: dict[int, int] = {}  # joined telling → the one that was first
        self.alerted: Counter[tuple[int, int]] = Counter()  # (telling, wish)
        self.sent: Counter[tuple[int, int]] = Counter()
        self.standing: dict[tuple[Source, int], int] = {}  # at how many looks in a row it stood there
        self.stories: list[Story] = []
        self._fresh: set[int] = set()  # stories not expired
        self._telling_of: dict[int, int] = {}
        self._wish_of: dict[int, int] = {}
        self._subscriptions: list[tuple[SubscriberId, tuple[SubscriptionId, ...]]] = []
        self._last_post = self._last_delivery = 0
        self._refusals = 0
        self._jumped = False
        self._last_jump = START  # by true time
        self._floor = floor
        self.poller = self._new_poller(Stories(store, clock))

    def _new_poller(self, stories: Stories) -> Poller:
        return Poller(
            self.store,
            self.net,
            InProcess(),
            read=read_nothing,
            match=self._match,
            clock=self.clock,
            min_interval=self._floor,
            workers=500,
            on_health=self._hear,
            stories=stories,
        )

    async def restart(self) -> None:
        """The program ends and starts again: all that it held in memory is gone."""
        stories = Stories(self.store, self.clock)
        await stories.load()
        self.poller = self._new_poller(stories)
        self.figures.restarts += 1

    @classmethod
    async def make(cls, store: Store, clock: FakeClock, *, floor: int = 300) -> World:
        world = cls(store, clock, floor=floor)
        await store._run(without_waiting_for_the_disk)
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
            if wish == EACH:
                await store.set_settings(subscriber.id, ChatSettings(stories=StoryAlerts.EACH))
        return world

    def _match(self, text: PostText) -> tuple[MatchGroup, ...]:
        wanted = sorted({int(each) for each in _WISH.findall(f"{text.title} {text.summary} {text.content}")})
        return tuple(
            MatchGroup(
                (Evidence("word", f"wish{wish}w", f"wish{wish}w", "text"),),
                (subscription,),
                (self._subscriptions[wish][0],),
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

    def publish(
        self, source: Source, *wishes: int, also: Source | None = None, copied: Source | None = None
    ) -> Item:
        """`also`: it has the same page; `copied`: it has the text on a page of its own."""
        story = new_story(len(self.stories), frozenset(wishes))
        self.stories.append(story)
        item = source.publish(story, self.true)
        if also is not None:
            item.shared = True
            also.publish(story, self.true, link=item.link)
        if copied is not None:
            copied.copies.add(story.number)
            copied.publish(story, self.true)
            self.figures.published += 1
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
        self._last_jump = self.true
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
            self._check(
                {
                    serving.source.telling(shown.number)
                    for serving in self.net.servings
                    for shown in serving.page.shown
                }
            )
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
        """New rows of the database. A telling that is two posts fails here. Returns where each was first seen."""

        def new_rows(
            db: Database,
        ) -> tuple[list[tuple[int, str, int, int | None]], list[tuple[int, int, int]]]:
            found = db.execute(
                "SELECT id, title, feed_id, story_id FROM post WHERE id > ? ORDER BY id", [self._last_post]
            )
            owed = db.execute(
                "SELECT id, post_id, subscriber_id FROM delivery WHERE id > ?", [self._last_delivery]
            )
            return found.fetchall(), owed.fetchall()

        origins: dict[int, Source] = {}
        posts, deliveries = await self.store._run(new_rows)
        for post_id, title, feed_id, first in posts:
            mark = _MARK.search(title)
            assert mark is not None, f"a post nobody published: {title!r}"
            source = self.sources[FeedId(feed_id)]
            telling = source.telling(int(mark[1]))
            assert telling not in self.stored, f"{telling} is two posts ({source.name}, {source.style})"
            self.stored[telling] = post_id
            self._telling_of[post_id] = telling
            origins[telling] = source
            if first is not None:
                self._join(telling, self._telling_of[first])
            self._last_post = max(self._last_post, post_id)
        for delivery_id, post_id, subscriber_id in deliveries:
            self.alerted[self._telling_of[post_id], self._wish_of[subscriber_id]] += 1
            self._last_delivery = max(self._last_delivery, delivery_id)
        return origins

    def _join(self, telling: int, first: int) -> None:
        assert first == ~telling, f"{telling} was joined to {first}, which tells another story"
        assert first not in self.first_of, f"{telling} was joined to {first}, which is no first post"
        self.first_of[telling] = first
        self.figures.joined += 1

    def _expect(self, servings: list[Serving], origins: Mapping[int, Source]) -> None:
        """What the documents of this moment mean."""
        before = set(self.remembered)
        for serving in servings:
            source, live = serving.source, serving.source in self.baseline
            items = {item.story.number: item for item in source.items}
            for shown in dict.fromkeys(serving.page.shown):
                items[shown.number].seen_guids.add(shown.guid)
                items[shown.number].seen_links.add(shown.link)
                telling = source.telling(shown.number)
                if telling in before:
                    self._expect_edit(source, telling, shown)
                elif origins.get(telling, source) is source:
                    seen = Remembered(source, shown.content, shown.wishes, self.clock.now(), self.true, live)
                    self.remembered[telling] = seen
                    self._fresh.add(telling)
                    if live:
                        self._owe(telling, shown.wishes)
        for telling in self.remembered.keys() - before:
            self._check_joined(telling)
        self.baseline.update(serving.source for serving in servings)

    def _expect_edit(self, source: Source, telling: int, shown: Shown) -> None:
        known = self.remembered[telling]
        if known.origin is not source or known.content == shown.content:
            return
        if not known.expired and known.first_seen > self.clock.now() - REMEMBERED:
            self._owe(telling, shown.wishes - known.wishes)
        known.content, known.wishes, known.expired = shown.content, shown.wishes, False
        self._fresh.add(telling)

    def _owe(self, telling: int, wishes: frozenset[int]) -> None:
        """Of a joined telling one reader is owed the telling itself, the others that of its story's first."""
        self.expected.setdefault(telling, set()).update(wishes & {EACH})
        self.expected.setdefault(self.first_of.get(telling, telling), set()).update(wishes - {EACH})

    def _check_joined(self, telling: int) -> None:
        """Of two tellings seen within two days, the second is joined, unless a clock that was set hid the first."""
        mine, twin = self.remembered[telling], self.remembered.get(~telling)
        if twin is None or not mine.live:
            assert telling not in self.first_of
            return
        if twin.seen_at > self._last_jump and mine.first_seen - twin.first_seen <= JOINED_WITHIN:
            assert telling in self.first_of or ~telling in self.first_of, f"{telling} was not joined"
        if mine.first_seen - twin.first_seen > JOINED_WITHIN:
            assert telling not in self.first_of, f"{telling} was joined to what is older than two days"

    def _check(self, tellings: set[int]) -> None:
        for telling in tellings | {self.first_of[each] for each in tellings if each in self.first_of}:
            assert telling in self.stored, f"{telling} was seen and is no post"
            owing: set[int] = self.expected.get(telling, set())
            for wish in range(WISHES):
                count, owed = self.alerted[telling, wish], wish in owing
                assert count == int(owed), (
                    f"{telling} of {self.remembered[telling].origin.name} "
                    f"({self.remembered[telling].origin.style}): {count} alerts to reader {wish}, owed: {owed}"
                )

    # ------------------------------------------------------------------ now and then

    async def housekeep(self) -> None:
        now = self.clock.now()
        while await self.store.housekeep(now):
            pass
        for telling in tuple(self._fresh):
            known = self.remembered[telling]
            if known.first_seen <= now - RETENTION:
                known.expired = True
                self._fresh.discard(telling)

    async def deliver(self) -> None:
        """Send what waits, and edit what was changed; one in forty is surely not sent at first."""
        now = self.clock.now()
        while claimed := await self.store.claim_deliveries(now, limit=100):
            for each in claimed:
                self._refusals += 1
                result: SendResult = Sent(self._refusals) if self._refusals % 40 else NotSent("no connection")
                if isinstance(result, Sent):
                    telling = self._telling_of[each.post.id]
                    self.sent[telling, self._wish_of[each.subscriber.id]] += 1
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
                telling = source.telling(item.story.number)
                looks = standing[source, telling] = self.standing.get((source, telling), 0) + 1
                assert looks < 4 or telling in self.stored, (
                    f"{telling} stands in {source.name} ({source.style}, {trouble}) for days and is not known"
                )
        self.standing = standing

    def forget_standing(self, source: Source) -> None:
        self.standing = {key: count for key, count in self.standing.items() if key[0] is not source}

    def never_shown(self) -> int:
        """Tellings that stood in no document that anybody got: they came and went while their source did not answer,
        or after the last look.
        """
        published = {
            (source.telling(item.story.number), bool(item.seen_guids))
            for source in self.feed_ids
            for item in source.items
        }
        seen = {telling for telling, shown in published if shown}
        return len({telling for telling, _ in published} - seen)

    async def check_all(self) -> None:
        """The whole database against the whole model: posts published and seen are the posts stored."""
        await self._look()
        assert set(self.stored) == set(self.remembered)
        self._check(set(self.stored))
        for source in self.feed_ids:
            feed = await self.feed(source)
            assert "cache.example" not in feed.url, "a temporary redirect was saved"
            if self.net.permanent.get(source, 0) >= 5:
                assert feed.url == source.url, "a permanent redirect was not saved"
