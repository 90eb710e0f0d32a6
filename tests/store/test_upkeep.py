from __future__ import annotations

import sqlite3
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.store.world import World, keys, new
from watchdog_bot.core.errors import StoreError
from watchdog_bot.core.model import Sent, SubscriberState
from watchdog_bot.core.outbox import after
from watchdog_bot.store import Store

DAY = 86_400


async def housekeep(world: World) -> int:
    """All of it; the number of slices."""
    slices = 1
    while await world.store.housekeep(world.clock.now()):
        slices += 1
    return slices


async def test_a_text_is_emptied_after_90_days_and_its_post_never_new_again(world: World) -> None:
    post_id = await world.publish("a", about=["UA"])
    world.clock.advance(90 * DAY - 1)
    await housekeep(world)
    assert await world.store.post(post_id) is not None
    world.clock.advance(1)
    await housekeep(world)
    assert await world.store.post(post_id) is None
    assert await world.store.recent_posts(world.clock.now(), days=400, limit=5) == ()
    (known,) = await world.store.known(world.feed.id, [keys("a")])
    assert known is not None
    assert (known.post_id, known.text) == (post_id, None)
    reader = await world.follower(1)
    assert (await world.store.apply(world.update(new("a", reader)))).post_ids == (post_id,)


async def test_a_finished_delivery_is_kept_30_days(world: World) -> None:
    reader = await world.follower(1)
    post_id = await world.publish("a", reader)
    (claimed,) = await world.store.claim_deliveries(world.clock.now(), limit=1)
    await world.store.record(after(claimed.delivery, Sent(5), world.clock.now()))
    world.clock.advance(30 * DAY - 1)
    await housekeep(world)
    assert await world.store.delivery_by_message(reader.subscriber.id, 5) is not None
    world.clock.advance(1)
    await housekeep(world)
    assert await world.store.delivery_for(reader.subscriber.id, post_id) is None
    assert (await world.store.status(world.clock.now())).sent_total == 1


async def test_what_could_not_be_sent_for_30_days_is_dead_and_listed(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader)
    await world.publish("b", reader)
    await world.store.set_gate(1, world.clock.now() + timedelta(days=40))
    await world.store.claim_deliveries(world.clock.now(), limit=5)
    world.clock.advance(30 * DAY)
    await housekeep(world)
    dead = await world.store.dead_deliveries(5)
    assert [one.cause for one in dead] == ["it could not be sent for 30 days"] * 2
    assert await world.store.counters() == {"dead": 2}


async def test_a_removed_subscription_is_gone_for_good_after_a_day(world: World) -> None:
    reader = await world.follower(1)
    await world.store.remove_subscription(reader.subscription_id, reader.subscriber.id)
    world.clock.advance(DAY)
    await housekeep(world)
    assert not await world.store.restore_subscription(reader.subscription_id, reader.subscriber.id)


async def test_a_suspended_subscriber_is_forgotten_after_30_days(world: World) -> None:
    gone, back = await world.follower(1), await world.follower(2)
    for reader in (gone, back):
        await world.store.set_subscriber_state(reader.subscriber.id, SubscriberState.SUSPENDED)
    world.clock.advance(29 * DAY)
    await world.store.set_subscriber_state(back.subscriber.id, SubscriberState.ACTIVE)
    world.clock.advance(DAY)
    await housekeep(world)
    assert await world.store.subscriber(gone.subscriber.address) is None
    assert await world.store.subscriptions(back.subscriber.id) != ()


async def test_ended_mutes_and_gates_are_swept(world: World) -> None:
    reader = await world.follower(1)
    await world.store.mute(reader.subscriber.id, "all", "", world.clock.now() + timedelta(hours=1))
    await world.store.set_gate(1, world.clock.now() + timedelta(hours=1))
    world.clock.advance(3600)
    assert await world.store.housekeep(world.clock.now()) == 2


async def test_it_works_in_slices_and_stops_when_all_is_done(world: World) -> None:
    await world.store.apply(world.update(*(new(str(number)) for number in range(1200))))
    world.clock.advance(90 * DAY)
    assert await world.store.housekeep(world.clock.now(), limit=1000) == 1000
    assert await world.store.housekeep(world.clock.now(), limit=1000) == 200
    assert await world.store.housekeep(world.clock.now(), limit=1000) == 0


async def test_the_audit_says_what_and_when(store: Store, clock: FakeClock) -> None:
    await store.audit("topic changed", "Press freedom: 3 words")
    clock.advance(5)
    await store.audit("feed removed", "https://a.example/")
    assert [entry[1:] for entry in await store.audits(5)] == [
        ("feed removed", "https://a.example/"),
        ("topic changed", "Press freedom: 3 words"),
    ]
    clock.advance(365 * DAY)
    assert await store.housekeep(clock.now()) == 2


async def test_beats_are_kept_by_name(store: Store, clock: FakeClock) -> None:
    await store.beat("poll", clock.now())
    clock.advance(5)
    await store.beat("poll", clock.now())
    await store.beat("deliver", clock.now())
    assert await store.beats() == {"poll": clock.now(), "deliver": clock.now()}


async def test_a_backup_is_whole_private_and_opens(world: World, tmp_path: Path) -> None:
    post_id = await world.publish("a", await world.follower(1))
    copy = tmp_path / "copies"
    copy.mkdir()
    await world.store.backup(copy / "backup.db")
    await world.store.backup(copy / "backup.db")  # replaces the older one
    assert [file.name for file in copy.iterdir()] == ["backup.db"]
    assert stat.S_IMODE((copy / "backup.db").stat().st_mode) == 0o600
    async with Store.open(copy / "backup.db", clock=world.clock) as again:
        assert await again.post(post_id) is not None
        assert len(await again.claim_deliveries(world.clock.now(), limit=5)) == 1


async def test_a_backup_that_cannot_be_made_leaves_the_older_one(world: World, tmp_path: Path) -> None:
    copy = tmp_path / "backup.db"
    await world.store.backup(copy)
    before = copy.read_bytes()
    (tmp_path / "backup.db.part").mkdir()
    with pytest.raises(StoreError, match="backup"):
        await world.store.backup(copy)
    assert copy.read_bytes() == before
    with pytest.raises(StoreError, match="folder does not exist"):
        await world.store.backup(tmp_path / "none" / "backup.db")


async def test_a_backup_of_a_store_in_use_is_one_moment_of_it(world: World, tmp_path: Path) -> None:
    await world.publish("a")
    await world.store.backup(tmp_path / "backup.db")
    await world.publish("b")
    copy = sqlite3.connect(tmp_path / "backup.db")
    assert copy.execute("SELECT COUNT(*) FROM post").fetchone() == (1,)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
