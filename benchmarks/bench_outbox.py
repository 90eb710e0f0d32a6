"""How fast what is owed is written down, claimed and recorded, and what housekeeping costs.

    python benchmarks/bench_outbox.py [--quick]

Every figure stands beside the plainest thing that could do the job (`executemany` into the same table), measured
in the same run, because absolute times on a shared machine say little.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from watchdog_bot.core import decide
from watchdog_bot.core.match import query as queries
from watchdog_bot.core.model import (
    CountryReading,
    EntryKeys,
    FeedChange,
    FeedHealth,
    FeedId,
    FeedKind,
    FeedUpdate,
    HttpMemory,
    NewPost,
    ParsedEntry,
    Planned,
    PostText,
    Sent,
    SubscriberId,
    SubscriptionId,
)
from watchdog_bot.core.outbox import after
from watchdog_bot.desk import SharedIndex
from watchdog_bot.store import Store

_T = TypeVar("_T")

QUERIES = 100  # different ones
START = datetime(2026, 3, 1, tzinfo=UTC)


class Clock:
    """Stands still unless it is moved: only what is measured takes time."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Line:
    what: str
    peer: str
    ours: str
    goal: str


async def main(*, quick: bool) -> None:
    readers = 20_000 if quick else 100_000
    rows = 100_000 if quick else 1_000_000
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        async with Store.open(Path(folder) / "bench.db", clock=clock) as store:
            feed = (await store.add_feed("https://a.example/", name="A")).id
            await on_thread(store, seed_readers, readers)
            lines += await fan_out(store, feed, readers)
            lines += await claim_and_record(store, 3_000)
            await on_thread(store, seed_rows, rows, readers)
            lines.append(await claim_in_a_large_table(store, rows))
            lines += await sweep(store, clock)
    print("\n| what | plainest | ours | goal |\n|---|---|---|---|")
    for line in lines:
        print(f"| {line.what} | {line.peer} | {line.ours} | {line.goal} |")


async def on_thread(store: Store, function: Callable[..., _T], *args: int) -> _T:
    """On the store's own thread and connection: what is compared runs under the same settings."""
    return await store._run(function, *args)  # noqa: SLF001 - a benchmark may look inside


def seed_readers(db: Database, count: int) -> None:
    with db.atomic():
        db.conn.executemany(
            "INSERT INTO subscriber (id, chat_id, kind, state, language, created_at) VALUES (?, ?, 'private', 'active', 'en', 0)",
            ((number, number) for number in range(1, count + 1)),
        )
        db.conn.executemany(
            "INSERT INTO subscription (id, subscriber_id, slot, query, created_at) VALUES (?, ?, 'main', 'country:UA', 0)",
            ((number, number) for number in range(1, count + 1)),
        )


def post(name: str, deliveries: tuple[Planned, ...] = ()) -> NewPost:
    key = name.encode().ljust(16, b"-")
    entry = ParsedEntry(name, f"https://a.example/{name}", f"Title {name}", "Summary", "Text " * 300)
    return NewPost(entry, EntryKeys((key,)), key, CountryReading(), deliveries)


def update(feed: FeedId, *posts: NewPost) -> FeedUpdate:
    change = FeedChange(feed, HttpMemory(), FeedHealth(), START, FeedKind.RSS, baseline_done=True)
    return FeedUpdate(change, at=START, posts=posts)


async def fan_out(store: Store, feed: FeedId, readers: int) -> list[Line]:
    """Posts that concern everybody: matched and decided as the poller does, and stored; beside them as many rows by
    a bare executemany. The second meets people who wait for the first. Of three the quickest counts.
    """
    index = SharedIndex()
    for number in range(1, readers + 1):
        index.add(SubscriptionId(number), SubscriberId(number), queries.restore(wish(number)))
    text = " ".join(f"word{number}" for number in range(QUERIES))

    async def one(name: str) -> None:
        found = PostText(f"Title {name}", "Summary", text)
        groups = await asyncio.to_thread(index.groups, found)
        planned = await asyncio.to_thread(decide.planned, groups)
        applied = await store.apply(update(feed, post(name, planned)))
        if applied.deliveries != readers:
            raise RuntimeError(f"{applied.deliveries} of {readers} deliveries were made")

    fresh: list[float] = []
    again: list[float] = []
    lag: list[float] = []
    for number in range(3):
        fresh.append(await timed(partial(one, f"first {number}"), lag))
        again.append(await timed(partial(one, f"second {number}"), lag))
        await on_thread(store, empty_outbox)
    await one("large")
    plain = min([await on_thread(store, bare, readers) for _ in range(3)])
    return [
        Line(
            f"fan-out of one post to {readers:,}, {QUERIES} queries",
            f"{plain:.2f} s",
            f"{min(fresh):.2f} s, loop held {max(lag) * 1000:.0f} ms at most",
            "0.5 s with matching, 20 ms",
        ),
        Line("  of a second one, while all wait for the first", "", f"{min(again):.2f} s", ""),
    ]


def wish(number: int) -> str:
    return f"word{number % QUERIES}"


def empty_outbox(db: Database) -> None:
    with db.atomic():
        db.execute("DELETE FROM delivery")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def bare(db: Database, readers: int) -> float:
    """executemany of as many rows of the same width into a table with the same unique key."""
    db.execute(
        "CREATE TABLE bare (id INTEGER PRIMARY KEY, post_id INTEGER, subscriber_id INTEGER, evidence TEXT, due_at INTEGER, UNIQUE (subscriber_id, post_id)) STRICT"
    )
    began = time.perf_counter()
    with db.atomic():
        db.conn.executemany(
            "INSERT INTO bare (post_id, subscriber_id, evidence, due_at) VALUES (1, ?, ?, 0)",
            (
                (number, '[["country","UA","Kyiv","title"],["word","torture","tortured","text"]]')
                for number in range(readers)
            ),
        )
    took = time.perf_counter() - began
    db.execute("DROP TABLE bare")
    return took


async def claim_and_record(store: Store, count: int) -> list[Line]:
    """As the sender does: so many in flight, each recorded by itself as its answer comes. First one after the other:
    of 30 that are claimed together each is on the disk before the next is recorded.
    """
    began, done = time.perf_counter(), 0
    while done < count:
        claimed = await store.claim_deliveries(START, limit=30)
        for one in claimed:
            await store.record(after(one.delivery, Sent(1), START))
        done += len(claimed)
    rate = done / (time.perf_counter() - began)
    plain = await on_thread(store, bare_acks, count, 30)
    lines = [Line("claim 30, record singly, FULL", f"{plain:,.0f}/s", f"{rate:,.0f}/s", "3,000/s")]
    for in_flight in (1, 8, 16):
        began, done = time.perf_counter(), 0
        while done < count:
            claimed = await store.claim_deliveries(START, limit=in_flight)
            await asyncio.gather(*(store.record(after(one.delivery, Sent(1), START)) for one in claimed))
            done += len(claimed)
        rate = count / (time.perf_counter() - began)
        plain = await on_thread(store, bare_acks, count, 1)
        lines.append(
            Line(
                f"claim + record, {in_flight} in flight, FULL", f"{plain:,.0f}/s", f"{rate:,.0f}/s", "3,000/s"
            )
        )
    return lines


def bare_acks(db: Database, count: int, claimed: int) -> float:
    """One UPDATE for so many claims and one for each ack, each its own commit."""
    db.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, state INTEGER, message_id INTEGER) STRICT")
    with db.atomic():
        db.conn.executemany(
            "INSERT INTO bare (id, state) VALUES (?, 0)", ((number,) for number in range(count))
        )
    began = time.perf_counter()
    for number in range(count):
        if number % claimed == 0:
            db.execute("UPDATE bare SET state = 1 WHERE id BETWEEN ? AND ?", [number, number + claimed - 1])
        db.execute("UPDATE bare SET state = 2, message_id = 1 WHERE id = ?", [number])
    took = time.perf_counter() - began
    db.execute("DROP TABLE bare")
    return count / took


def seed_rows(db: Database, rows: int, readers: int) -> None:
    """Finished deliveries of the last 30 days, most of what a table holds."""
    posts = max(rows // readers, 1)
    with db.atomic():
        for number in range(posts):
            (post_id,) = db.execute(
                """INSERT INTO post (title, summary, content, tags, countries, content_hash, first_seen_at, feed_id, feed_name)
                   VALUES ('t', '', '', '[]', '[[],[]]', x'00', ?, 1, 'A') RETURNING id""",
                [int(START.timestamp() * 1000)],
            ).fetchone()
            db.execute(
                """INSERT INTO delivery (post_id, subscriber_id, state, turn, due_at, evidence, subscriptions, created_at,
                                         sent_at, ended_at, message_id)
                   SELECT ?, id, 'sent', id, ?, '[["country","UA","Kyiv","title"]]', '[1]', ?, ?, ?, id FROM subscriber""",
                [post_id, *[int((START + timedelta(minutes=number)).timestamp() * 1000)] * 4],
            )


async def claim_in_a_large_table(store: Store, rows: int) -> Line:
    took = []
    for _ in range(300):
        began = time.perf_counter()
        claimed = await store.claim_deliveries(START, limit=1)
        took.append(time.perf_counter() - began)
        for one in claimed:
            await store.record(after(one.delivery, Sent(1), START))
    return Line(
        f"claim among {rows:,} rows",
        "",
        f"{statistics.median(took) * 1000:.2f} ms, p99 {sorted(took)[-4] * 1000:.2f} ms",
        "1 ms",
    )


async def sweep(store: Store, clock: Clock) -> list[Line]:
    clock.moment = START + timedelta(days=31)
    slices: list[float] = []
    began = time.perf_counter()
    changed, total = 1, 0
    while changed:
        start = time.perf_counter()
        changed = await store.housekeep(clock.moment)
        slices.append(time.perf_counter() - start)
        total += changed
    took = time.perf_counter() - began
    started = time.perf_counter()
    await store.status(clock.moment)
    status = time.perf_counter() - started
    ranked = sorted(slices)
    return [
        Line(
            f"housekeeping of {total:,} rows, a slice",
            "",
            f"p50 {statistics.median(slices) * 1000:.0f} ms, p99 {ranked[int(len(ranked) * 0.99) - 1] * 1000:.0f} ms, "
            f"max {ranked[-1] * 1000:.0f} ms; {total / took:,.0f} rows/s",
            "50 ms",
        ),
        Line("the figures of /status", "", f"{status * 1000:.1f} ms", ""),
    ]


async def timed(work: Callable[[], Awaitable[object]], lag: list[float]) -> float:
    """How long it took, and how long the event loop was held meanwhile."""

    async def watch() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            lag.append(time.perf_counter() - began - 0.001)

    watcher = asyncio.create_task(watch())
    await asyncio.sleep(0.01)
    began = time.perf_counter()
    await work()
    took = time.perf_counter() - began
    watcher.cancel()
    return took


if __name__ == "__main__":
    asyncio.run(main(quick="--quick" in sys.argv))
