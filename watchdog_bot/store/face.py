"""The store as the rest of the program sees it: async, and one transaction a call.

One connection, owned by one thread. Every method hands one plain function to that thread, so calls happen in
the order they were made and nothing ever awaits inside a transaction. A call whose caller is cancelled still
happens whole.

Errors: StoreError for anything the database refuses, with its cause and mend. Times are aware UTC.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database

from watchdog_bot.clock import Clock
from watchdog_bot.core.errors import StoreError
from watchdog_bot.core.feeds.sitemap_index import IndexMemory
from watchdog_bot.core.feeds.websub import HubStanding, HubSubscription, NamedHub
from watchdog_bot.core.latency import Delays
from watchdog_bot.core.model import (
    Address,
    AlsoAt,
    ChatKind,
    ClaimedDelivery,
    ClaimedDigest,
    Delivery,
    DeliveryId,
    EntryKeys,
    Feed,
    FeedChange,
    FeedId,
    FeedKind,
    FeedUpdate,
    KnownPost,
    Planned,
    Post,
    PostId,
    Subscriber,
    SubscriberId,
    SubscriberState,
    Subscription,
    SubscriptionId,
    SubscriptionSlot,
    Topic,
)
from watchdog_bot.core.mutes import Mute, MuteKind
from watchdog_bot.core.outbox import DeliveryChange, EditChange
from watchdog_bot.core.tempo import ChatSettings, Tempo
from watchdog_bot.core.weekly import NoteChange
from watchdog_bot.store import (
    digests,
    edit_claims,
    feeds,
    followed,
    gates,
    latencies,
    mutes,
    outbox,
    posts,
    subscribers,
    tallies,
    tempos,
    topics,
    upkeep,
    websub,
    weekly,
)
from watchdog_bot.store.connection import Lock, connect, translated
from watchdog_bot.store.rows import ms
from watchdog_bot.store.values import AppliedUpdate, ClaimedEdit, ClaimedNote, Gate, SignedPost, StoreStatus

SET_BACK_SECONDS = 30  # less is the ordinary correction of a clock

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Store:
    """Everything the program remembers. Made by `Store.open`."""

    def __init__(
        self, path: Path, clock: Clock, lock: Lock, thread: ThreadPoolExecutor, db: Database
    ) -> None:
        self._path = path
        self._clock = clock
        self._lock = lock
        self._thread = thread
        self._db = db
        self._closed = False
        self._latest: datetime | None = None
        self._calls = 0
        self._recordings: deque[outbox.Recording] = deque()  # filled here, emptied by the thread
        self._changes: list[FeedChange] = []  # of feeds, that wait for the next writing
        self._writing: asyncio.Task[None] | None = None  # the one that will take them
        self._written: asyncio.Task[None] | None = None  # the one before it

    @classmethod
    def open(cls, path: Path | str, *, clock: Clock) -> Opening:
        """`await Store.open(path, clock=…)`, or `async with Store.open(path, clock=…) as store`.

        Takes the lock, makes the file (mode 0600) where it is missing, and migrates it.
        Raises AlreadyRunningError, StoreError.
        """
        return Opening(Path(path), clock)

    async def close(self) -> None:
        """After the calls under way. Closing twice is fine."""
        while self._writing is not None:
            await asyncio.wait([self._writing])
        if self._closed:
            return
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._thread, self._db.conn.close)
        self._thread.shutdown()
        self._lock.release()

    @property
    def busy(self) -> bool:
        """Whether a call is under way."""
        return self._calls > 0 or self._writing is not None

    async def _run(
        self, function: Callable[Concatenate[Database, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        def call() -> _T:
            with translated(self._path):
                return function(self._db, *args, **kwargs)

        if self._closed:
            raise StoreError(f"The database {self._path} is closed: the program is stopping.")
        self._calls += 1
        running = asyncio.get_running_loop().run_in_executor(self._thread, call)
        running.add_done_callback(self._ended)
        return await asyncio.shield(running)

    def _ended(self, _: object) -> None:
        self._calls -= 1

    async def _notice(self, now: datetime) -> None:
        """Whether the machine's clock was set back since the last look."""
        latest, self._latest = self._latest, now
        if latest is not None and (latest - now).total_seconds() > SET_BACK_SECONDS:
            await self._run(upkeep.rewind, (latest - now).total_seconds())

    def _now(self) -> int:
        return ms(self._clock.now())

    # ------------------------------------------------------------------ feeds

    async def add_feed(
        self,
        url: str,
        *,
        name: str,
        kind: FeedKind = FeedKind.AUTO,
        every: int | None = None,
        countries: Sequence[str] = (),
        language: str | None = None,
        rules: str = "",
        mirror: str = "",
        archive: str = "",
    ) -> Feed:
        """The feed at this address, or that moved away from it: a new one that is due at once, or the one that is there,
        unchanged.
        """
        return await self._run(
            feeds.add,
            url,
            name=name,
            kind=kind,
            every=every,
            countries=countries,
            language=language,
            rules=rules,
            mirror=mirror,
            archive=archive,
        )

    async def former_addresses(self) -> Mapping[str, FeedId]:
        """Addresses that feeds had before their servers moved them for good."""
        return await self._run(feeds.former_addresses)

    async def first_offer(self, url: str) -> bool:
        """Whether this address of the catalogue is offered for the first time: what an admin removed stays removed."""
        return await self._run(feeds.offered, url)

    async def remove_feed(self, feed_id: FeedId) -> bool:
        """Its posts, and what is owed of them, stay."""
        return await self._run(feeds.remove, feed_id)

    async def configure_feed(
        self,
        feed_id: FeedId,
        *,
        name: str,
        kind: FeedKind,
        every: int | None,
        rules: str,
        mirror: str = "",
        archive: str = "",
    ) -> None:
        """What the operator says of a feed now. It is asked at once, and its next document is read whole."""
        await self._run(
            feeds.configure,
            feed_id,
            name=name,
            kind=kind,
            every=every,
            rules=rules,
            mirror=mirror,
            archive=archive,
            now=self._now(),
        )

    async def pause_feed(self, feed_id: FeedId, *, paused: bool) -> bool:
        """Stop polling it, or poll it again at once."""
        return await self._run(feeds.pause, feed_id, paused=paused, now=self._now())

    async def feeds(self) -> tuple[Feed, ...]:
        return await self._run(feeds.every_one)

    async def feed(self, feed_id: FeedId) -> Feed | None:
        return await self._run(feeds.one, feed_id)

    async def last_posts(self, feed_id: FeedId, count: int) -> frozenset[PostId]:
        """The posts that the feed brought last."""
        return await self._run(feeds.last_posts, feed_id, count)

    async def times_of_posts(self, feed_id: FeedId, count: int) -> tuple[datetime, ...]:
        """The moments at which the feed was seen to have brought something, the latest first, without its baseline."""
        return await self._run(feeds.times_of_posts, feed_id, count)

    async def index_memory(self, feed_id: FeedId) -> IndexMemory | None:
        """What is remembered of the sitemaps that the feed's document names; None where it is no index."""
        return await self._run(feeds.index_memory, feed_id)

    async def keep_index(self, feed_id: FeedId, memory: IndexMemory) -> None:
        """Remember it, after what was read is stored: losing it costs reading once more."""
        await self._run(feeds.keep_index, feed_id, memory)

    async def lease_due_feeds(
        self, now: datetime, *, limit: int, lease_seconds: int = 120
    ) -> tuple[Feed, ...]:
        """Due feeds that nobody else gets until `apply` or the lease's end."""
        await self._notice(now)
        return await self._run(feeds.lease_due, now, limit=limit, lease_seconds=lease_seconds)

    async def put_off_feeds(self, moments: Mapping[FeedId, datetime]) -> None:
        """Leased feeds give their place up and are nobody's until then."""
        await self._run(feeds.put_off, moments)

    # ------------------------------------------------------------------ posts

    async def known(self, feed_id: FeedId, keys: Sequence[EntryKeys]) -> tuple[KnownPost | None, ...]:
        """What is remembered of each entry, parallel to `keys`."""
        return await self._run(posts.known, feed_id, keys)

    async def apply(self, update: FeedUpdate) -> AppliedUpdate:
        """All that one poll owes, in one transaction; applying it again changes nothing more."""
        return await self._run(posts.apply, update)

    async def note_feed(self, change: FeedChange) -> None:
        """The feed's row after a poll that brought nothing new; on the disk when this returns."""
        self._changes.append(change)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_changes())
        await asyncio.shield(self._writing)

    async def _write_changes(self) -> None:
        """One call and one commit for all that gathered while the writing before was under way."""
        if self._written is not None and not self._written.done():
            await asyncio.wait([self._written])
        changes, self._changes = self._changes, []
        self._written, self._writing = self._writing, None
        await self._run(feeds.change_all, changes)

    async def post(self, post_id: PostId) -> Post | None:
        """The post, within retention."""
        return await self._run(posts.one, post_id)

    async def recent_posts(
        self, now: datetime, *, days: int, limit: int, before: Post | None = None
    ) -> tuple[Post, ...]:
        """First seen in the last days, newest first; `before`: those that come after it in that order."""
        return await self._run(posts.recent, now, days=days, limit=limit, before=before)

    async def signed_posts(self, now: datetime, *, window: timedelta, limit: int) -> tuple[SignedPost, ...]:
        """Posts with a signature first seen within the window, the newest so many, oldest first."""
        return await self._run(posts.signed, now, window=window, limit=limit)

    async def also_at(self, post: Post) -> tuple[AlsoAt, ...]:
        """The other feeds that carry the post or its story, in the order they were seen to."""
        return await self._run(posts.also_at, post.id, post.feed_name)

    async def post_by_keys(self, shared: Sequence[bytes]) -> Post | None:
        """The post that one of these shared keys leads to, unless its text is past retention."""
        return await self._run(posts.by_shared, shared)

    async def titles(self, feed_id: FeedId) -> Mapping[str, PostId]:
        """Headlines of the feed's own posts, folded (core.flood.title_key), without those that several share."""
        return await self._run(posts.titles, feed_id)

    async def posts_of(self, feed_id: FeedId, first: PostId, last: PostId) -> tuple[Post, ...]:
        """Posts first seen in the feed whose numbers lie between these two, both included, oldest first."""
        return await self._run(posts.between, feed_id, first, last)

    async def owe(self, post_id: PostId, deliveries: Sequence[Planned]) -> int:
        """Promise a stored post to subscribers, as if it were new now. Returns how many are owed it."""
        return await self._run(posts.owe, post_id, deliveries, self._clock.now())

    async def withdraw_post(self, post_id: PostId) -> int:
        """The source took it back: what waits of it is cancelled. Returns how many."""
        return await self._run(posts.withdraw, post_id, self._now())

    async def withdraw_own(self, feed_id: FeedId, keys: Sequence[EntryKeys]) -> int:
        """The feed says that it took these entries back; only its own posts. Returns how many were news."""
        return await self._run(posts.withdraw_own, feed_id, keys, self._now())

    # ------------------------------------------------------------------ hubs (see `core.feeds.websub`)

    async def named_hubs(self) -> Mapping[FeedId, NamedHub]:
        """Every feed that names a hub."""
        return await self._run(websub.named)

    async def hub_standings(self) -> Mapping[FeedId, HubStanding]:
        """How it stands with the hub of each feed that names one."""
        return await self._run(websub.standings)

    async def name_hub(self, feed_id: FeedId, hub: NamedHub | None) -> None:
        """What the feed's document names now."""
        return await self._run(websub.name, feed_id, hub)

    async def unasked_hubs(self) -> Mapping[FeedId, NamedHub]:
        """Feeds that name a hub to which nobody has subscribed them yet."""
        return await self._run(websub.unasked)

    async def begin_hub(
        self, feed_id: FeedId, hub: NamedHub, *, public_url: str, token: str, secret: str
    ) -> HubSubscription:
        """A subscription that the hub is still to be asked for."""
        return await self._run(
            websub.begin,
            feed_id,
            hub,
            public_url=public_url,
            token=token,
            secret=secret,
            now=self._clock.now(),
        )

    async def leave_hubs(self, public_url: str) -> None:
        """Turn away from hubs that no feed names any more; ask the others anew if our address changed."""
        return await self._run(websub.leave, public_url, self._clock.now())

    async def due_hubs(self, now: datetime, *, limit: int) -> tuple[HubSubscription, ...]:
        """Subscriptions that are to act now."""
        return await self._run(websub.due, now, limit)

    async def hub_at(self, token: str) -> HubSubscription | None:
        """The subscription that was given this callback."""
        return await self._run(websub.at, token)

    async def active_hubs(self) -> int:
        """How many subscriptions are confirmed."""
        return await self._run(websub.active)

    async def change_hub(self, before: HubSubscription, after: HubSubscription | None) -> bool:
        """What came of an ask or an answer; None: it is over. False where another came first."""
        return await self._run(websub.change, before, after, self._clock.now())

    async def blame_hub(self, subscription_id: int, cause: str) -> None:
        """Why the last ask came to nothing."""
        return await self._run(websub.blame, subscription_id, cause)

    async def forget_hubs(self) -> int:
        """Nobody listens for pushes any more. Returns how many subscriptions there were."""
        return await self._run(websub.forget_all, self._clock.now())

    async def trusts_pushes(self, feed_id: FeedId) -> bool:
        """Whether this feed's pushes come before its pulls."""
        return await self._run(websub.trusts, feed_id)

    async def distrust_pushes(self, feed_id: FeedId) -> bool:
        """Pull at the feed's own pace again, beginning now."""
        return await self._run(websub.distrust, feed_id, self._clock.now())

    async def hasten(self, feed_id: FeedId, at_latest: datetime) -> None:
        """Look at the feed no later than then; one in trouble keeps its own pace."""
        return await self._run(websub.hasten, feed_id, at_latest)

    async def catch_up_pushes(self) -> None:
        """On start: what was pushed while nobody listened is pulled."""
        return await self._run(websub.catch_up, self._clock.now())

    async def apply_push(self, update: FeedUpdate) -> AppliedUpdate:
        """What a push brought; what the feed's pulls remember stays as it is."""
        return await self._run(websub.apply_push, update)

    # ------------------------------------------------------------------ subscribers

    async def subscriber(self, address: Address) -> Subscriber | None:
        return await self._run(subscribers.at, address)

    async def subscribers_of(self, chat_id: int) -> tuple[Subscriber, ...]:
        """The chat and its topics."""
        return await self._run(subscribers.of_chat, chat_id)

    async def ensure_subscriber(self, address: Address, *, kind: ChatKind, language: str) -> Subscriber:
        """The one at this address, as it is; else a new, active one."""
        return await self._run(subscribers.ensure, address, kind=kind, language=language, now=self._now())

    async def set_language(self, subscriber_id: SubscriberId, language: str) -> bool:
        return await self._run(subscribers.set_language, subscriber_id, language)

    async def set_subscriber_state(self, subscriber_id: SubscriberId, state: SubscriberState) -> bool:
        """Unless ACTIVE, what waits for it is cancelled. Its subscriptions stay."""
        return await self._run(subscribers.set_state, subscriber_id, state, self._now())

    async def forget(self, subscriber_id: SubscriberId) -> bool:
        """Delete everything about it, for good."""
        return await self._run(subscribers.forget, subscriber_id)

    async def migrate_chat(self, old_chat_id: int, new_chat_id: int) -> int:
        """A group became a supergroup: rewrite its id everywhere. Returns how many subscribers moved."""
        return await self._run(subscribers.migrate_chat, old_chat_id, new_chat_id)

    # ------------------------------------------------------------------ subscriptions and topics

    async def subscriptions(self, subscriber_id: SubscriberId) -> tuple[Subscription, ...]:
        return await self._run(subscribers.subscriptions, subscriber_id)

    async def all_subscriptions(self) -> tuple[Subscription, ...]:
        """Those of active subscribers."""
        return await self._run(subscribers.all_subscriptions)

    async def add_subscription(
        self, subscriber_id: SubscriberId, slot: SubscriptionSlot, query: str
    ) -> Subscription:
        """MAIN: replaces the text, keeps the id. QUERY: the same text gives the one that is there."""
        return await self._run(subscribers.subscribe, subscriber_id, slot, query, self._now())

    async def change_query(
        self, subscription_id: SubscriptionId, subscriber_id: SubscriberId, query: str
    ) -> Subscription | None:
        """One of the subscriber's own, with another query; None where it is gone or they have that query already."""
        return await self._run(subscribers.change_query, subscription_id, subscriber_id, query)

    async def begin_case(self, subscription_id: SubscriptionId, message_id: int) -> None:
        """Later posts of the case reply to this message, unless they reply to another already."""
        return await self._run(followed.begin, subscription_id, message_id)

    async def remove_subscription(self, subscription_id: SubscriptionId, subscriber_id: SubscriberId) -> bool:
        """Can be undone for a day; what waits for it alone is cancelled."""
        return await self._run(subscribers.unsubscribe, subscription_id, subscriber_id, self._now())

    async def removed_subscriptions(
        self, subscriber_id: SubscriberId, first: datetime, last: datetime
    ) -> tuple[SubscriptionId, ...]:
        """Those removed from the one moment to the other, both included, that can still be brought back."""
        return await self._run(subscribers.removed_between, subscriber_id, ms(first), ms(last))

    async def restore_subscription(
        self, subscription_id: SubscriptionId, subscriber_id: SubscriberId
    ) -> bool:
        """Undo; what was cancelled with it waits again."""
        return await self._run(subscribers.resubscribe, subscription_id, subscriber_id, self._now())

    async def set_tempo(
        self, subscription_id: SubscriptionId, subscriber_id: SubscriberId, tempo: Tempo
    ) -> bool:
        """How what the subscription finds is delivered; what is held for a digest is planned anew."""
        return await self._run(tempos.set_tempo, subscription_id, subscriber_id, tempo, self._clock.now())

    async def settings(self, subscriber_id: SubscriberId) -> ChatSettings:
        """Zone, quiet hours, digests and the rest."""
        return await self._run(tempos.settings, subscriber_id)

    async def set_settings(self, subscriber_id: SubscriberId, chosen: ChatSettings) -> bool:
        """From now on; what is held for a digest is planned anew."""
        return await self._run(tempos.set_settings, subscriber_id, chosen, self._clock.now())

    async def keep_topic_draft(self, draft: Topic) -> int:
        """What an administrator would make of a topic (without words: remove it); its number. Kept for a day."""
        return await self._run(topics.keep_draft, draft, ms(self._clock.now()))

    async def take_topic_draft(self, number: int) -> Topic | None:
        """The draft of that number, once."""
        return await self._run(topics.take_draft, number)

    async def topics(self) -> tuple[Topic, ...]:
        return await self._run(topics.every_one)

    async def save_topic(self, topic: Topic) -> None:
        return await self._run(topics.save, topic)

    async def remove_topic(self, name: str) -> bool:
        """By its name, however it is written."""
        return await self._run(topics.remove, name)

    # ------------------------------------------------------------------ deliveries

    async def claim_deliveries(
        self,
        now: datetime,
        *,
        limit: int,
        lease_seconds: float = 60,
        not_before: Mapping[int, datetime] | None = None,
        catch_up_after: timedelta | None = None,
    ) -> tuple[ClaimedDelivery, ...]:
        """Deliveries taken for sending, at most one in flight a chat. `not_before`: by chat id, the earliest
        moment the pacing allows. `catch_up_after`: a subscriber with several that are older gets them as a digest.
        """
        await self._notice(now)
        return await self._run(
            outbox.claim,
            now,
            limit=limit,
            lease_seconds=lease_seconds,
            not_before=not_before or {},
            catch_up_after=catch_up_after,
        )

    async def claim_digests(
        self,
        now: datetime,
        *,
        limit: int,
        lease_seconds: float = 60,
        not_before: Mapping[int, datetime] | None = None,
    ) -> tuple[ClaimedDigest, ...]:
        """Digests that are due, taken for sending; each of their deliveries is recorded by itself."""
        return await self._run(
            digests.claim, now, limit=limit, lease_seconds=lease_seconds, not_before=not_before or {}
        )

    async def record(self, change: DeliveryChange) -> bool:
        """What came of an attempt; on the disk when this returns. False where it is late and says nothing new."""
        recording = outbox.Recording(change, self._clock.now())
        self._recordings.append(recording)
        await self._run(outbox.record_all, self._recordings)
        if recording.error is not None:
            with translated(self._path):
                raise recording.error
        return recording.written

    async def claim_edits(
        self, now: datetime, *, limit: int, lease_seconds: float = 60
    ) -> tuple[ClaimedEdit, ...]:
        """Sent alerts whose post was changed since, taken for editing; gates hold."""
        return await self._run(edit_claims.claim, now, limit=limit, lease_seconds=lease_seconds)

    async def record_edit(self, claimed: ClaimedEdit, change: EditChange) -> bool:
        """What came of an edit. False where the post was changed again meanwhile: it stays to be edited."""
        return await self._run(edit_claims.record, claimed, change, self._now())

    async def claim_notes(self, now: datetime, *, limit: int) -> tuple[ClaimedNote, ...]:
        """Subscribers to be told that they got nothing for a week; written down as told. None while alerts wait."""
        return await self._run(weekly.claim, now, limit=limit)

    async def record_note(self, subscriber_id: SubscriberId, change: NoteChange) -> None:
        """What came of telling it."""
        return await self._run(weekly.record, subscriber_id, change, self._now())

    async def recover(self, now: datetime) -> int:
        """On start: what was being sent is doubtful. Returns how many."""
        return await self._run(outbox.recover, now)

    async def requeue(self, delivery_id: DeliveryId) -> bool:
        """A dead one gets a second chance."""
        return await self._run(outbox.requeue, delivery_id, self._now())

    async def delivery_for(self, subscriber_id: SubscriberId, post_id: PostId) -> Delivery | None:
        return await self._run(outbox.of_post, subscriber_id, post_id)

    async def delivery_by_message(
        self, subscriber_id: SubscriberId, message_id: int
    ) -> tuple[Delivery, Post] | None:
        """What a message of ours was, for 30 days."""
        return await self._run(outbox.by_message, subscriber_id, message_id)

    async def deliveries_by_message(self, chat_id: int, message_id: int) -> tuple[tuple[Delivery, Post], ...]:
        """All that a message of ours carried, a digest too, in the order it was promised."""
        return await self._run(outbox.all_by_message, chat_id, message_id)

    async def digest_of_message(self, chat_id: int, message_id: int) -> ClaimedDigest | None:
        """What a digest of ours carried, for 30 days."""
        return await self._run(digests.of_message, chat_id, message_id)

    async def recent_deliveries(self, subscriber_id: SubscriberId, limit: int) -> tuple[Delivery, ...]:
        """Sent ones, newest first."""
        return await self._run(outbox.recent, subscriber_id, limit)

    async def dead_deliveries(self, limit: int) -> tuple[Delivery, ...]:
        """Newest first."""
        return await self._run(outbox.dead, limit)

    # ------------------------------------------------------------------ silence

    async def mute(
        self, subscriber_id: SubscriberId, kind: MuteKind | str, value: str, until: datetime | None
    ) -> Mute:
        """Silence (see `core.mutes`) till then; None: until unmuted. Cancels what waits and is silenced."""
        return await self._run(mutes.add, subscriber_id, MuteKind(kind), value, until, now=self._clock.now())

    async def unmute(self, subscriber_id: SubscriberId, kind: MuteKind | str, value: str) -> bool:
        """What the mute cancelled within a day waits again."""
        return await self._run(mutes.remove, subscriber_id, MuteKind(kind), value, now=self._clock.now())

    async def mutes(self, subscriber_id: SubscriberId) -> tuple[Mute, ...]:
        """Those in force."""
        return await self._run(mutes.of, subscriber_id, self._now())

    async def gates(self, now: datetime) -> tuple[Gate, ...]:
        """Those that are shut."""
        return await self._run(gates.shut_now, now)

    async def set_gate(self, chat_id: int | None, until: datetime) -> None:
        """Nothing to this chat (None: to anybody) before then; a moment in the past opens the gate."""
        return await self._run(gates.put, chat_id, until, self._now())

    # ------------------------------------------------------------------ figures and upkeep

    async def beat(self, name: str, now: datetime) -> None:
        """This part of the program is alive."""
        return await self._run(tallies.beat, name, now)

    async def beats(self) -> Mapping[str, datetime]:
        return await self._run(tallies.beats)

    async def status(self, now: datetime) -> StoreStatus:  # noqa: ARG002 - the figures are of this moment
        return await self._run(tallies.status)

    async def counters(self) -> Mapping[str, int]:
        """Totals since the database was made: sent, doubts, dead."""
        return await self._run(tallies.counters)

    async def latency(self) -> tuple[Delays, ...]:
        """How long alerts of the last 24 hours took, leg by leg, from a sample."""
        return await self._run(latencies.recent, self._clock.now())

    async def audit(self, action: str, detail: str) -> None:
        """What was changed; never who did it."""
        return await self._run(tallies.audit, action, detail, self._clock.now())

    async def audits(self, limit: int) -> tuple[tuple[datetime, str, str], ...]:
        """The newest entries: when, action, detail."""
        return await self._run(tallies.audits, limit)

    async def housekeep(self, now: datetime, *, limit: int = upkeep.SLICE) -> int:
        """One slice of what retention asks; call it until it returns 0."""
        return await self._run(upkeep.housekeep, now, limit=limit)

    async def check(self) -> tuple[str, ...]:
        """What SQLite finds wrong with the file, and the mend; empty when nothing is."""
        return await self._run(upkeep.check)

    async def backup(self, to: Path | str) -> None:
        """A whole copy of the database; nobody waits for it."""
        await asyncio.to_thread(upkeep.backup, self._path, Path(to))


class Opening:
    """A store on its way: awaitable, and an async context manager that closes it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._store: Store | None = None

    def __await__(self) -> Generator[object, None, Store]:
        return self._open().__await__()

    async def __aenter__(self) -> Store:
        self._store = await self._open()
        return self._store

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._store is not None:
            await self._store.close()

    async def _open(self) -> Store:
        lock = Lock(self._path)
        thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        try:
            db = await asyncio.get_running_loop().run_in_executor(thread, connect, self._path)
        except BaseException:
            thread.shutdown()
            lock.release()
            raise
        return Store(self._path, self._clock, lock, thread, db)
