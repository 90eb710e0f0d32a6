"""Due feeds → fetch → parse → decide → store. It alerts nobody itself: what is owed is in the store.

The only state here is which polls are under way; when a feed is due is a column, and a crash at any point
leaves a lease that runs out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from watchdog_bot.asking import Fetching, Parsing, known, read
from watchdog_bot.clock import Clock
from watchdog_bot.complaints import Complaints
from watchdog_bot.core import decide, flood
from watchdog_bot.core.errors import ParseError, StoreError
from watchdog_bot.core.feeds import gap, schedule, slices, tombstones
from watchdog_bot.core.feeds.crowd import Crowd
from watchdog_bot.core.feeds.sitemap_index import IndexMemory
from watchdog_bot.core.model import (
    FailureWeight,
    Feed,
    FeedChange,
    FeedId,
    FeedKind,
    FeedUpdate,
    Fetched,
    FetchFailed,
    HttpMemory,
    NotModified,
    ParsedFeed,
    PostId,
)
from watchdog_bot.fetch import body_hash
from watchdog_bot.gaps import Gaps
from watchdog_bot.named_hubs import NamedHubs
from watchdog_bot.readings import Reading, with_readings
from watchdog_bot.sitemaps import Sitemaps
from watchdog_bot.store import Store
from watchdog_bot.store.values import AppliedUpdate
from watchdog_bot.stories import Stories

log = structlog.get_logger(__name__)

LEASE = 150  # seconds: longer than a fetch and a parse at their limits
ROUNDS = 10  # looks for feeds at one tick, when those found must wait for their hosts
MANY_SUBSCRIPTIONS = 2_000  # from so many on a post is matched off the loop
INLINE_BODY = 256_000  # bytes that are cut in the loop; larger documents are cut in a thread


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll came to, for logs, `feeds check` and tests."""

    posts: int = 0
    deliveries: int = 0
    cause: str | None = None  # set when it failed


class Poller:
    """Polls what is due, at most `workers` feeds at a time."""

    def __init__(
        self,
        store: Store,
        fetcher: Fetching,
        parser: Parsing,
        *,
        read: Reading,
        match: decide.Matching,
        clock: Clock,
        min_interval: int,
        workers: int = 20,
        on_owed: Callable[[], None] = lambda: None,
        on_health: Callable[[Feed, FeedChange], None] = lambda _feed, _change: None,
        on_held: Callable[[Feed, tuple[PostId, ...]], Awaitable[None]] | None = None,
        stories: Stories | None = None,
        subscriptions: Callable[[], int] = lambda: MANY_SUBSCRIPTIONS,
        wait: Callable[[str], float] = lambda _url: 0.0,
    ) -> None:
        """`on_owed` is called after a commit that owes somebody a delivery, `on_health` when admins are to hear
        of a feed, `on_held` when they are to say whether posts are news (see `core.flood`); without it nothing is
        held. `match` is called from other threads. `min_interval` is in seconds. `wait` says for how many seconds an
        address would have to wait for its host; `subscriptions`, how many are asked: a few cost less than another thread.
        """
        self._store = store
        self._fetcher = fetcher
        self._parser = parser
        self._read = read
        self._match = match
        self._clock = clock
        self._min_interval = min_interval
        self._workers = workers
        self._on_owed = on_owed
        self._on_health = on_health
        self._complaints = Complaints(clock)
        self._on_held = on_held
        self._stories = stories
        self._subscriptions = subscriptions
        self._under_way: set[asyncio.Task[PollResult]] = set()
        self._gaps = Gaps(store, fetcher, parser, clock)
        self._sitemaps = Sitemaps(fetcher, parser, clock)
        self._crowd = Crowd()
        self._wait = wait
        self._hubs = NamedHubs(store, clock)

    async def tick(self) -> int:
        """Lease what is due and start polling it; returns how many were started.

        What would wait for its host gives its place to others: see `core.feeds.crowd`.
        """
        if len(self._under_way) >= self._workers:
            return 0
        try:
            return await self._tick(self._clock.now())
        except StoreError as error:
            self._complaints.say("feeds_unreadable", error)
            return 0

    async def _tick(self, now: datetime) -> int:
        started = 0
        for _ in range(ROUNDS):
            free = self._workers - len(self._under_way)
            due = await self._store.lease_due_feeds(now, limit=free, lease_seconds=LEASE) if free > 0 else ()
            later = await self._begun(due, now)
            started += len(due) - len(later)
            if not later:
                break
            await self._store.put_off_feeds(later)
        await self._store.beat("poll", now)
        return started

    async def _begun(self, due: Sequence[Feed], now: datetime) -> dict[FeedId, datetime]:
        """Start polling them, but for those that are to come later: when that is."""
        later: dict[FeedId, datetime] = {}
        for feed in due:
            moment = self._crowd.put_off(feed.url, self._wait(feed.url), now)
            if moment is not None:
                later[feed.id] = moment
                continue
            task = asyncio.create_task(self.poll(feed), name=f"poll {feed.id}")
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            await asyncio.sleep(0)  # it stands in its host's queue before the next is looked at
        return later

    async def drain(self, seconds: float) -> None:
        """Let polls under way end, for at most so long; the rest are dropped and their leases run out."""
        if not self._under_way:
            return
        _, late = await asyncio.wait(self._under_way, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def take_push(self, feed: Feed, body: bytes, content_type: str) -> PollResult:
        """A document that the feed's hub sent, its signature checked. What the pulls remember stays as it is.

        Before the feed's baseline everything in it would be news, so the pull goes first. In a document that is only
        a part, what looks like an edit may be a guid that stands twice; where the feed's own documents cannot be cut,
        they alone can tell, and the feed is pulled soon. A push that is no use ends the trust in pushes.
        """
        if not feed.baseline_done or feed.paused:
            return PollResult(cause="a push to a feed that is not watched yet, or no longer")
        fetched = Fetched(url=feed.url, body=body, content_type=content_type)
        try:
            parsed = await read(self._parser, feed, fetched, now=self._clock.now())
        except ParseError as error:
            return await self._refuse_push(feed, str(error))
        if not parsed.entries:
            return await self._refuse_push(feed, "it holds no entries")
        entries = await known(self._store, feed, parsed)
        if not feed.memory.slices and any(each.edited for each in entries):
            last = feed.health.last_checked_at or self._clock.now()
            await self._store.hasten(
                feed.id, max(self._clock.now(), last + timedelta(seconds=self._min_interval))
            )
            return PollResult(cause="an edit that only the whole document can tell from a new post")
        async with self._turn():
            entries = await self._guarded(feed, entries, len(parsed.entries))
            update = await self._decide(feed, fetched, parsed, entries, memory=feed.memory)
            applied = await self._store.apply_push(update)
            result = await self._announce(feed, update, entries, applied)
        if update.posts:
            await self._hubs.trust(feed)
        return result

    async def _refuse_push(self, feed: Feed, cause: str) -> PollResult:
        await self._hubs.distrust(feed)
        log.warning("push_refused", feed=feed.id, cause=cause)
        return PollResult(cause=cause)

    async def poll(self, feed: Feed) -> PollResult:
        """One feed, whole. Never raises: a defect of ours becomes a failure of this feed and is logged."""
        try:
            return await self._whole(feed)
        except StoreError as error:  # its lease runs out, and it is polled again
            self._complaints.say("poll_not_stored", error)
            return PollResult(cause=str(error))

    async def _whole(self, feed: Feed) -> PollResult:
        try:
            return await self._poll(feed)
        except StoreError:
            raise
        except Exception as error:
            log.exception("poll_broke", feed=feed.id)
            failure = FetchFailed(f"an error of the bot itself ({type(error).__name__}); see its log")
            return await self._give_up(feed, failure)

    async def _poll(self, feed: Feed) -> PollResult:
        whole = schedule.wants_whole(feed, self._clock.now())
        result = await self._fetcher.get(feed.url, HttpMemory() if whole else feed.memory)
        match result:
            case FetchFailed():
                return await self._give_up(feed, result)
            case NotModified():
                return await self._same(feed, result, feed.memory)
            case Fetched():
                return await self._compare(feed, result)

    async def _same(self, feed: Feed, result: Fetched | NotModified, memory: HttpMemory) -> PollResult:
        """The document is what it was; what an index names may have changed."""
        if feed.kind is FeedKind.SITEMAP:
            return await self._follow(feed, result, None, memory)
        return await self._leave(feed, result, memory)

    async def _compare(self, feed: Feed, fetched: Fetched) -> PollResult:
        """The same bytes, or the same entries, as last time are nothing new; what is new is read."""
        digest = body_hash(fetched.body)
        if feed.baseline_done and digest == feed.memory.body_hash:
            return await self._same(feed, fetched, feed.memory)
        await self._bury(feed, fetched)
        work = await self._cut(feed, fetched)
        memory = replace(feed.memory, body_hash=digest, slices=work.state)
        if work.document is None and feed.baseline_done:
            return await self._leave(feed, fetched, memory)
        return await self._take(feed, fetched, work, memory)

    async def _bury(self, feed: Feed, fetched: Fetched) -> None:
        """What the source says it took back."""
        gone = tombstones.deleted(fetched.body) if feed.baseline_done else ()
        if gone and await self._store.withdraw_own(feed.id, gone):
            log.info("posts_withdrawn", feed=feed.id)
            self._on_owed()

    async def _cut(self, feed: Feed, fetched: Fetched) -> slices.Work:
        known = feed.memory.slices if feed.baseline_done else b""
        if len(fetched.body) <= INLINE_BODY:
            return slices.work(fetched.body, known, content_type=fetched.content_type)
        return await asyncio.to_thread(slices.work, fetched.body, known, content_type=fetched.content_type)

    async def _take(self, feed: Feed, fetched: Fetched, work: slices.Work, memory: HttpMemory) -> PollResult:
        try:
            missed = gap.open_gap(feed, self._clock.now())
            parsed, entries = await self._read_new(feed, fetched, work, whole=missed is not None)
        except ParseError as error:
            return await self._give_up(feed, FetchFailed(str(error), FailureWeight.SOFT))
        if parsed.children:
            return await self._follow(feed, fetched, parsed, memory)
        closing = None
        if missed is not None:
            parsed, entries, closing = await self._gaps.close(feed, parsed, entries, missed)
        total = max(work.total or 0, len(parsed.entries))
        if parsed.damaged:
            memory = replace(memory, slices=b"")
        result = await self._keep(feed, fetched, parsed, entries, memory=memory, total=total, closing=closing)
        await self._hubs.note(feed, fetched, parsed)
        return result

    async def _follow(
        self, feed: Feed, result: Fetched | NotModified, index: ParsedFeed | None, memory: HttpMemory
    ) -> PollResult:
        """A sitemap index: the posts stand in the sitemaps it names. `index` is None where it is what it was."""
        before = await self._store.index_memory(feed.id)
        if index is None and before is None:
            return await self._leave(feed, result, memory)
        whole = schedule.wants_whole(feed, self._clock.now())
        reading = await self._sitemaps.read(feed, index, before or IndexMemory(), whole=whole)
        if reading.worst is not None:
            return await self._give_up(feed, reading.worst)
        if reading.changed or not feed.baseline_done:
            parsed = ParsedFeed(FeedKind.SITEMAP, entries=tuple(reading.entries))
            entries = tuple(
                replace(each, silent=each.entry.link in reading.old)
                for each in await known(self._store, feed, parsed)
            )
            closing = await self._gaps.closing(feed, entries)
            done = await self._keep(
                feed, result, parsed, entries, memory=memory, total=reading.total, closing=closing
            )
        else:
            done = await self._leave(feed, result, memory)
        await self._store.keep_index(feed.id, reading.memory)
        return done

    async def _keep(
        self,
        feed: Feed,
        result: Fetched | NotModified,
        parsed: ParsedFeed,
        entries: tuple[decide.EntryFacts, ...],
        *,
        memory: HttpMemory,
        total: int,
        closing: gap.Closing | None,
    ) -> PollResult:
        """Decide what was read, and store it."""
        async with self._turn():
            entries = await self._guarded(feed, entries, total)
            memory = decide.remembered(memory, result)
            update = await self._decide(feed, result, parsed, entries, memory=memory, closing=closing)
            update = replace(update, feed=await self._hubs.paced(feed, update.feed, found=len(update.posts)))
            applied = await self._store.apply(update)
            done = await self._announce(feed, update, entries, applied)
        self._hear(feed, update.feed)
        return replace(done, cause=update.feed.health.cause)

    async def _decide(
        self,
        feed: Feed,
        fetched: Fetched | NotModified,
        parsed: ParsedFeed,
        entries: tuple[decide.EntryFacts, ...],
        *,
        memory: HttpMemory,
        closing: gap.Closing | None = None,
    ) -> FeedUpdate:
        """Off the loop where many subscriptions are asked: a post may concern a hundred thousand."""
        entries = await with_readings(self._read, feed, entries)
        decided = partial(
            decide.update,
            feed,
            fetched,
            parsed,
            entries,
            match=self._match,
            memory=memory,
            min_interval=self._min_interval,
            now=self._clock.now(),
            closing=closing,
        )
        large = self._subscriptions() >= MANY_SUBSCRIPTIONS
        if large and feed.baseline_done and any(each.needs_reading for each in entries):
            return await asyncio.to_thread(decided)
        return decided()

    def _turn(self) -> AbstractAsyncContextManager[object]:
        """One poll at a time decides and stores, where stories are told apart."""
        return self._stories.turn if self._stories is not None else nullcontext()

    async def _announce(
        self, feed: Feed, update: FeedUpdate, entries: tuple[decide.EntryFacts, ...], applied: AppliedUpdate
    ) -> PollResult:
        """After a commit: ask about what is held, wake the deliverer, log."""
        if self._stories is not None:
            self._stories.learn(feed, update, applied.post_ids)
        if self._on_held is not None and any(each.held for each in entries):
            await self._on_held(feed, applied.post_ids)
        if applied.deliveries:
            self._on_owed()
        _tell(feed, update, applied.deliveries)
        return PollResult(posts=len(update.posts), deliveries=applied.deliveries)

    async def _guarded(
        self, feed: Feed, entries: tuple[decide.EntryFacts, ...], total: int
    ) -> tuple[decide.EntryFacts, ...]:
        """A known feed that turns mostly new is looked at twice before anybody is alerted; what another source
        has told already is joined to its post.
        """
        loud = [each for each in entries if not each.silent]
        if feed.baseline_done and flood.is_flood(loud, total=total):
            entries = flood.recognised(entries, await self._store.titles(feed.id))
            waiting = flood.held(feed, entries, total=total) if self._on_held is not None else frozenset()
            entries = tuple(
                replace(each, held=number in waiting and not each.silent)
                for number, each in enumerate(entries)
            )
        return await self._stories.linked(feed, entries) if self._stories is not None else entries

    async def _read_new(
        self, feed: Feed, fetched: Fetched, work: slices.Work, *, whole: bool
    ) -> tuple[ParsedFeed, tuple[decide.EntryFacts, ...]]:
        """The entries not seen before, and what is known of them. Raises ParseError.

        The whole document is read where that is wanted, when the shorter one does not fit, or when one of its entries is known: an
        edit, or a guid that stands twice, can only be judged beside all the others.
        """
        if work.document is not None and work.expected is not None and not whole:
            parsed = await read(self._parser, feed, fetched, now=self._clock.now(), document=work.document)
            entries = await known(self._store, feed, parsed)
            if work.fits(parsed) and not any(each.known for each in entries):
                return parsed, entries
        parsed = await read(self._parser, feed, fetched, now=self._clock.now())
        return parsed, await known(self._store, feed, parsed)

    async def _leave(self, feed: Feed, result: Fetched | NotModified, memory: HttpMemory) -> PollResult:
        change = decide.unchanged(
            feed,
            result,
            memory=decide.remembered(memory, result),
            min_interval=self._min_interval,
            now=self._clock.now(),
        )
        change = await self._hubs.paced(feed, change, found=0)
        if isinstance(result, Fetched):
            await self._hubs.glance(feed, result)
        await self._store.note_feed(change)
        self._hear(feed, change)
        return PollResult()

    def _hear(self, feed: Feed, change: FeedChange) -> None:
        if decide.worth_telling(feed, change, self._clock.now()):
            self._on_health(feed, change)

    async def _give_up(self, feed: Feed, failure: FetchFailed) -> PollResult:
        change = decide.failed(feed, failure, min_interval=self._min_interval, now=self._clock.now())
        await self._store.note_feed(change)
        self._hear(feed, change)
        log.warning("feed_failed", feed=feed.id, url=feed.url, cause=failure.cause)
        return PollResult(cause=failure.cause)


def _tell(feed: Feed, update: FeedUpdate, deliveries: int) -> None:
    if update.posts or update.edits:
        event = "baseline" if not feed.baseline_done else "posts"
        log.info(event, feed=feed.id, new=len(update.posts), edited=len(update.edits), deliveries=deliveries)
