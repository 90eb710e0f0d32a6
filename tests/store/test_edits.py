from __future__ import annotations

from datetime import timedelta

import pytest

from tests.store.world import Follower, World, digest, entry
from watchdog_bot.core.model import (
    Address,
    CountryReading,
    Gone,
    Moved,
    NotSent,
    PostEdit,
    PostId,
    Rejected,
    RetryAt,
    SendResult,
    Sent,
    SubscriberState,
    Unknown,
)
from watchdog_bot.core.outbox import MAX_EDITS, after, after_edit
from watchdog_bot.store import ClaimedEdit


async def sent(world: World, *readers: Follower) -> PostId:
    """A post that these have got."""
    post_id = await world.publish("a", *readers)
    for number, one in enumerate(await world.store.claim_deliveries(world.clock.now(), limit=9), 100):
        await world.store.record(after(one.delivery, Sent(number), world.clock.now()))
    return post_id


async def change(world: World, post_id: PostId, name: str, *, content: str = "Body") -> None:
    edit = PostEdit(post_id, entry(name, content=content), digest(name + content), CountryReading())
    await world.store.apply(world.update(edits=[edit]))


async def claim(world: World) -> tuple[ClaimedEdit, ...]:
    return await world.store.claim_edits(world.clock.now(), limit=9)


async def answer(world: World, one: ClaimedEdit, result: SendResult) -> bool:
    now = world.clock.now()
    return await world.store.record_edit(one, after_edit(one.claimed.delivery.id, one.attempts, result, now))


async def test_a_changed_post_is_edited_where_it_was_sent(world: World) -> None:
    got, waits = await world.follower(1), await world.follower(2)
    post_id = await sent(world, got)
    await world.publish("b", waits)
    world.clock.advance(60)
    await change(world, post_id, "changed")
    (one,) = await claim(world)
    assert (one.claimed.delivery.message_id, one.claimed.post.title) == (100, "Title changed")
    assert one.claimed.post.changed_at == world.clock.now()
    assert one.claimed.subscriber == got.subscriber
    assert await claim(world) == ()
    assert await answer(world, one, Sent(100))
    world.clock.advance(3600)
    assert await claim(world) == ()


async def test_a_change_that_no_reader_sees_edits_nothing(world: World) -> None:
    post_id = await sent(world, await world.follower(1))
    await change(world, post_id, "a", content="More text further down")
    assert await claim(world) == ()


async def test_a_post_changed_again_while_it_is_edited_is_edited_again(world: World) -> None:
    post_id = await sent(world, await world.follower(1))
    await change(world, post_id, "once")
    (first,) = await claim(world)
    await change(world, post_id, "twice")
    assert not await answer(world, first, Sent(100))
    (second,) = await claim(world)
    assert second.claimed.post.title == "Title twice"


@pytest.mark.parametrize("result", [NotSent("no connection"), Unknown("no answer")])
async def test_an_edit_that_may_have_failed_is_tried_again_and_not_for_ever(
    world: World, result: SendResult
) -> None:
    post_id = await sent(world, await world.follower(1))
    await change(world, post_id, "changed")
    tries = 0
    for _ in range(20):
        for one in await claim(world):
            tries += 1
            await answer(world, one, result)
        world.clock.advance(2000)
    assert tries == MAX_EDITS


async def test_an_edit_whose_process_was_killed_is_tried_again(world: World) -> None:
    post_id = await sent(world, await world.follower(1))
    await change(world, post_id, "changed")
    await claim(world)
    world.clock.advance(60)
    (again,) = await claim(world)
    assert again.attempts == 2


async def test_a_refused_edit_ends_and_the_alert_stays_sent(world: World) -> None:
    reader = await world.follower(1)
    post_id = await sent(world, reader)
    await change(world, post_id, "changed")
    (one,) = await claim(world)
    assert await answer(world, one, Rejected("message is not modified"))
    world.clock.advance(3600)
    assert await claim(world) == ()
    assert await world.store.dead_deliveries(5) == ()


async def test_a_flood_wait_shuts_the_chat_for_alerts_as_well(world: World) -> None:
    reader = await world.follower(1)
    post_id = await sent(world, reader)
    await change(world, post_id, "changed")
    (one,) = await claim(world)
    await answer(world, one, RetryAt(100))
    await world.publish("b", reader)
    world.clock.advance(99)
    assert await claim(world) == ()
    assert await world.store.claim_deliveries(world.clock.now(), limit=5) == ()
    world.clock.advance(1)
    assert len(await claim(world)) == 1


async def test_what_an_edit_tells_of_the_chat_is_heeded(world: World) -> None:
    gone, moved = await world.follower(1), await world.follower(-2)
    post_id = await sent(world, gone, moved)
    await change(world, post_id, "changed")
    first, second = await claim(world)
    await answer(world, first, Gone("blocked"))
    await answer(world, second, Moved(-1002))
    suspended = await world.store.subscriber(Address(1))
    assert suspended is not None
    assert suspended.state is SubscriberState.SUSPENDED
    (again,) = await claim(world)
    assert again.claimed.subscriber.address.chat_id == -1002


async def test_nobody_who_asked_for_silence_or_is_forgotten_is_edited(world: World) -> None:
    paused, forgotten, flying = [await world.follower(number) for number in (1, 2, 3)]
    post_id = await sent(world, paused, forgotten, flying)
    await change(world, post_id, "changed")
    await world.store.set_subscriber_state(paused.subscriber.id, SubscriberState.PAUSED)
    await world.store.forget(forgotten.subscriber.id)
    (one,) = await claim(world)
    await world.store.forget(flying.subscriber.id)
    assert not await answer(world, one, Sent(1))


async def test_a_gate_for_all_holds_edits_too(world: World) -> None:
    post_id = await sent(world, await world.follower(1))
    await change(world, post_id, "changed")
    await world.store.set_gate(None, world.clock.now() + timedelta(seconds=5))
    assert await claim(world) == ()
    world.clock.advance(5)
    assert len(await claim(world)) == 1


async def test_a_clock_set_back_an_hour_makes_nobody_wait_for_an_hour(world: World) -> None:
    reader, other = await world.follower(1), await world.follower(2)
    await world.publish("a", reader, other)
    first, second = await world.store.claim_deliveries(world.clock.now(), limit=5)
    await world.store.record(after(first.delivery, Unknown("no answer"), world.clock.now()))
    await world.store.record(after(second.delivery, RetryAt(50), world.clock.now()))
    await world.store.lease_due_feeds(world.clock.now(), limit=5)
    world.clock.set_back(3600)
    await world.store.apply(world.update())
    assert await world.store.claim_deliveries(world.clock.now(), limit=5) == ()
    world.clock.advance(60)
    assert len(await world.store.claim_deliveries(world.clock.now(), limit=5)) == 2


async def test_a_small_correction_of_the_clock_changes_nothing(world: World) -> None:
    await world.publish("a", await world.follower(1))
    (one,) = await world.store.claim_deliveries(world.clock.now(), limit=5)
    await world.store.record(after(one.delivery, Unknown("no answer"), world.clock.now()))
    world.clock.set_back(10)
    assert await world.store.claim_deliveries(world.clock.now(), limit=5) == ()
    world.clock.advance(60)
    assert await world.store.claim_deliveries(world.clock.now(), limit=5) == ()
    world.clock.advance(10)
    assert len(await world.store.claim_deliveries(world.clock.now(), limit=5)) == 1
