"""Small makers for the store's tests: feeds, posts, subscribers, updates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from tests.clock import FakeClock
from watchdog_bot.core.model import (
    Address,
    ChatKind,
    CountryReading,
    CountryScore,
    EntryKeys,
    Evidence,
    Feed,
    FeedChange,
    FeedHealth,
    FeedKind,
    FeedUpdate,
    HttpMemory,
    NewPost,
    ParsedEntry,
    PlannedDelivery,
    PostEdit,
    PostId,
    Sighting,
    Subscriber,
    SubscriptionId,
    SubscriptionSlot,
)
from watchdog_bot.store import Store

EVIDENCE = (Evidence("word", "torture", "tortured", "title"),)


def digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


def keys(*local: str, shared: Iterable[str] = ()) -> EntryKeys:
    return EntryKeys(tuple(map(digest, local)), tuple(map(digest, shared)))


def entry(name: str = "a", *, content: str = "Body") -> ParsedEntry:
    return ParsedEntry(
        id=name,
        link=f"https://source.example/{name}",
        title=f"Title {name}",
        summary=f"Summary {name}",
        content=content,
        tags=("tag",),
    )


@dataclass(frozen=True)
class Follower:
    """A subscriber with its one subscription."""

    subscriber: Subscriber
    subscription_id: SubscriptionId

    def owed(self, evidence: tuple[Evidence, ...] = EVIDENCE) -> PlannedDelivery:
        return PlannedDelivery(self.subscriber.id, (self.subscription_id,), evidence)


class World:
    """A store with a feed, and people who follow everything."""

    def __init__(self, store: Store, clock: FakeClock, feed: Feed) -> None:
        self.store = store
        self.clock = clock
        self.feed = feed

    @classmethod
    async def make(cls, store: Store, clock: FakeClock) -> World:
        return cls(store, clock, await store.add_feed("https://source.example/feed", name="Source"))

    async def follower(
        self, chat_id: int, *, thread_id: int | None = None, query: str = "torture"
    ) -> Follower:
        kind = ChatKind.PRIVATE if chat_id > 0 else ChatKind.SUPERGROUP
        subscriber = await self.store.ensure_subscriber(Address(chat_id, thread_id), kind=kind, language="en")
        subscription = await self.store.add_subscription(subscriber.id, SubscriptionSlot.QUERY, query)
        return Follower(subscriber, subscription.id)

    def change(self, *, feed: Feed | None = None, etag: str = '"1"', after: float = 300) -> FeedChange:
        now = self.clock.now()
        return FeedChange(
            feed_id=(feed or self.feed).id,
            memory=HttpMemory(etag, "Sun, 01 Mar 2026 12:00:00 GMT", digest(etag)),
            health=FeedHealth(last_checked_at=now, last_ok_at=now),
            next_check_at=now + timedelta(seconds=after),
            kind=FeedKind.RSS,
            baseline_done=True,
        )

    def update(
        self,
        *posts: NewPost,
        sightings: Sequence[Sighting] = (),
        edits: Sequence[PostEdit] = (),
        feed: Feed | None = None,
        at: datetime | None = None,
    ) -> FeedUpdate:
        return FeedUpdate(
            feed=self.change(feed=feed),
            at=at or self.clock.now(),
            posts=posts,
            sightings=tuple(sightings),
            edits=tuple(edits),
        )

    async def publish(self, name: str, *followers: Follower, about: Sequence[str] = ()) -> PostId:
        """A new post that these are owed."""
        applied = await self.store.apply(self.update(new(name, *followers, about=about)))
        return applied.post_ids[0]


def new(
    name: str,
    *followers: Follower,
    shared: Iterable[str] = (),
    about: Sequence[str] = (),
    content: str = "Body",
) -> NewPost:
    return NewPost(
        entry=entry(name, content=content),
        keys=keys(name, shared=shared),
        content_hash=digest(name + content),
        countries=CountryReading(about=tuple(CountryScore(code, 1.0) for code in about)),
        deliveries=tuple(follower.owed() for follower in followers),
    )


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())
