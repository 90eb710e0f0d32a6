from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from tests.clock import FakeClock
from tests.store.world import World, keys, new
from watchdog_bot.core.model import Feed, FeedChange, FeedId, FeedKind, HttpMemory
from watchdog_bot.store import Store
from watchdog_bot.store import feeds as feeds_of_store


async def test_it_adds_a_feed_that_is_due_at_once(store: Store, clock: FakeClock) -> None:
    feed = await store.add_feed(
        "https://a.example/rss", name="A", kind=FeedKind.RSS, every=600, countries=("UA", "BY"), language="uk"
    )
    assert await store.feed(feed.id) == feed
    assert (feed.name, feed.kind, feed.every, feed.countries, feed.language) == (
        "A",
        FeedKind.RSS,
        600,
        ("UA", "BY"),
        "uk",
    )
    assert feed.next_check_at is None
    assert not feed.baseline_done
    assert await store.lease_due_feeds(clock.now(), limit=5) == (feed,)


async def test_the_same_address_gives_the_feed_that_is_there(store: Store) -> None:
    first = await store.add_feed("https://a.example/rss", name="A")
    assert await store.add_feed("https://a.example/rss", name="Another name") == first
    assert await store.feeds() == (first,)


async def test_a_leased_feed_is_nobody_elses_until_the_lease_ends(world: World) -> None:
    now = world.clock.now()
    assert await world.store.lease_due_feeds(now, limit=5, lease_seconds=120) != ()
    assert await world.store.lease_due_feeds(now + timedelta(seconds=119), limit=5) == ()
    assert await world.store.lease_due_feeds(now + timedelta(seconds=120), limit=5) != ()


async def test_a_change_ends_the_lease_and_sets_the_next_check(world: World) -> None:
    now = world.clock.now()
    await world.store.lease_due_feeds(now, limit=5)
    await world.store.apply(world.update())
    assert await world.store.lease_due_feeds(now + timedelta(seconds=299), limit=5) == ()
    (feed,) = await world.store.lease_due_feeds(now + timedelta(seconds=300), limit=5)
    assert feed.memory.etag == '"1"'
    assert feed.kind is FeedKind.RSS
    assert feed.baseline_done
    assert feed.health.last_ok_at == now


async def test_the_longest_due_feeds_come_first_and_no_more_than_asked_for(
    store: Store, clock: FakeClock
) -> None:
    world = await World.make(store, clock)
    feeds = [await store.add_feed(f"https://{n}.example/", name=str(n)) for n in range(3)]
    for seconds, feed in zip((30, 10, 20), feeds, strict=True):
        change = world.change(feed=feed, after=seconds)
        await store.apply(replace(world.update(feed=feed), feed=change))
    await store.apply(world.update())  # not due for long
    leased = await store.lease_due_feeds(clock.now() + timedelta(seconds=60), limit=2)
    assert [feed.name for feed in leased] == ["1", "2"]


async def test_a_pause_asked_for_during_a_poll_outlives_the_poll(world: World) -> None:
    await world.store.lease_due_feeds(world.clock.now(), limit=1)
    assert await world.store.pause_feed(world.feed.id, paused=True)
    await world.store.apply(world.update())
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    assert feed.paused
    assert await world.store.lease_due_feeds(world.clock.now() + timedelta(days=1), limit=1) == ()


async def test_a_feed_resumed_is_due_at_once(world: World) -> None:
    await world.store.apply(replace(world.update(), feed=replace(world.change(), paused=True)))
    assert await world.store.lease_due_feeds(world.clock.now() + timedelta(days=1), limit=1) == ()
    assert await world.store.pause_feed(world.feed.id, paused=False)
    assert await world.store.lease_due_feeds(world.clock.now(), limit=1) != ()


async def test_pausing_a_feed_that_is_gone_says_so(store: Store) -> None:
    assert not await store.pause_feed(FeedId(9), paused=True)
    assert await store.feed(FeedId(9)) is None


async def test_a_feed_that_moved_for_good_takes_its_new_address(world: World) -> None:
    moved = replace(world.change(), url="https://new.example/feed")
    await world.store.apply(replace(world.update(), feed=moved))
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    assert feed.url == "https://new.example/feed"


async def test_it_does_not_take_over_an_address_that_another_feed_has(world: World) -> None:
    await world.store.add_feed("https://new.example/feed", name="There already")
    moved = replace(world.change(), url="https://new.example/feed")
    await world.store.apply(replace(world.update(), feed=moved))
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    assert feed.url == world.feed.url


async def test_a_removed_feed_leaves_its_posts_and_what_is_owed(world: World) -> None:
    reader = await world.follower(1)
    post_id = await world.publish("a", reader)
    assert await world.store.remove_feed(world.feed.id)
    assert not await world.store.remove_feed(world.feed.id)
    assert await world.store.post(post_id) is not None
    (claimed,) = await world.store.claim_deliveries(world.clock.now(), limit=5)
    assert claimed.post.id == post_id
    assert claimed.post.feed_name == "Source"


async def test_an_update_for_a_feed_removed_meanwhile_changes_nothing(world: World) -> None:
    reader = await world.follower(1)
    update = world.update(new("a", reader))
    await world.store.remove_feed(world.feed.id)
    applied = await world.store.apply(update)
    assert (applied.post_ids, applied.deliveries) == ((), 0)
    assert await world.store.recent_posts(world.clock.now(), days=1, limit=5) == ()


async def test_a_number_of_a_removed_feed_is_never_given_again(world: World) -> None:
    await world.publish("a")
    await world.store.remove_feed(world.feed.id)
    again = await world.store.add_feed(world.feed.url, name="Source")
    assert again.id != world.feed.id
    assert await world.store.known(again.id, [keys("a")]) == (None,)


async def test_the_memory_is_kept_opaque_and_unchanged(world: World) -> None:
    strange = HttpMemory('W/"a\'b\\"', "yesterday, roughly", bytes(range(16)))
    await world.store.apply(replace(world.update(), feed=replace(world.change(), memory=strange)))
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    assert feed.memory == strange


async def test_what_the_operator_says_of_a_feed_holds_from_the_next_start_on(store: Store) -> None:
    feed = await store.add_feed("https://example.org/f", name="Old", every=60)
    await store.configure_feed(
        feed.id, name="New", kind=FeedKind.PAGE, every=None, rules='{"container": "article"}'
    )
    again = await store.feed(feed.id)
    assert again is not None
    assert (again.name, again.kind, again.every, again.rules) == (
        "New",
        FeedKind.PAGE,
        None,
        '{"container": "article"}',
    )
    assert again.memory == HttpMemory()


async def test_changes_noted_together_are_all_on_the_disk_when_each_returns(
    world: World, tmp_path: Path
) -> None:
    feeds = [await world.store.add_feed(f"https://{n}.example/", name=str(n)) for n in range(20)]

    async def noted(feed: Feed) -> int:
        await world.store.note_feed(world.change(feed=feed))
        with closing(sqlite3.connect(tmp_path / "watchdog.db")) as reader:
            row = reader.execute("SELECT etag IS NOT NULL FROM feed WHERE id = ?", [feed.id])
            return int(row.fetchone()[0])

    assert await asyncio.gather(*map(noted, feeds)) == [1] * 20


async def test_many_changes_noted_at_once_are_few_transactions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = [await world.store.add_feed(f"https://{n}.example/", name=str(n)) for n in range(50)]
    sizes: list[int] = []
    write = feeds_of_store.change_all

    def counted(db: Database, changes: Sequence[FeedChange]) -> None:
        sizes.append(len(changes))
        write(db, changes)

    monkeypatch.setattr(feeds_of_store, "change_all", counted)
    await asyncio.gather(*(world.store.note_feed(world.change(feed=feed)) for feed in feeds))
    assert sum(sizes) == 50
    assert len(sizes) <= 2
    assert all(feed.baseline_done for feed in await world.store.feeds() if feed.id != world.feed.id)


async def test_what_was_noted_is_written_before_the_store_closes(tmp_path: Path, clock: FakeClock) -> None:
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        world = await World.make(store, clock)
        noting = [asyncio.create_task(store.note_feed(world.change())) for _ in range(3)]
        await asyncio.sleep(0)
    await asyncio.gather(*noting)
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as again:
        (feed,) = await again.feeds()
        assert feed.baseline_done


async def test_a_change_that_cannot_be_written_is_told_to_all_that_noted_with_it(
    store: Store, clock: FakeClock
) -> None:
    world = await World.make(store, clock)
    broken = replace(world.change(), feed_id=FeedId(2**63))  # SQLite has no such number
    said = await asyncio.gather(
        store.note_feed(world.change()), store.note_feed(broken), return_exceptions=True
    )
    assert all(isinstance(each, Exception) for each in said)
    await store.note_feed(world.change())
    feed = await store.feed(world.feed.id)
    assert feed is not None
    assert feed.baseline_done
