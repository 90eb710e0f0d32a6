from __future__ import annotations

from datetime import timedelta

import pytest

from tests.store.world import Follower, World, digest, entry
from watchdog_bot.core.model import (
    Address,
    CountryReading,
    EntryKeys,
    Gone,
    Moved,
    NotSent,
    PostEdit,
    PostId,
    Rejected,
    RetryAt,
    SendResult,
    Sent,
    Sighting,
    SubscriberState,
    Unknown,
)
from watchdog_bot.core.outbox import MAX_EDITS, after, after_edit
from watchdog_bot.core.tempo import ChatSettings, Corrections, Tempo
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


async def test_a_post_that_was_taken_back_is_edited_where_it_was_sent(world: World) -> None:
    post_id = await sent(world, await world.follower(1))
    world.clock.advance(60)
    await world.store.withdraw_post(post_id)
    (one,) = await claim(world)
    assert one.claimed.post.withdrawn_at == world.clock.now()
    assert one.claimed.changed
    assert await answer(world, one, Sent(100))
    await world.store.withdraw_post(post_id)
    assert await claim(world) == ()


async def test_a_post_that_comes_back_changed_is_withdrawn_no_longer(world: World) -> None:
    post_id = await sent(world, await world.follower(1))
    await world.store.withdraw_post(post_id)
    await change(world, post_id, "again")
    (one,) = await claim(world)
    assert one.claimed.post.withdrawn_at is None


# ------------------------------------------------------------------ lines of digests


async def digested(world: World, reader: Follower, *names: str, message_id: int = 100) -> list[PostId]:
    """Posts that the reader has got as one digest."""
    await world.store.set_tempo(reader.subscription_id, reader.subscriber.id, Tempo.HOURLY)
    posts = [await world.publish(name, reader) for name in names]
    world.clock.advance(3600)
    (digest,) = await world.store.claim_digests(world.clock.now(), limit=9)
    for one in digest.deliveries:
        await world.store.record(after(one.delivery, Sent(message_id), world.clock.now()))
    return posts


async def test_a_digest_is_edited_whole_and_once_however_many_lines_were_changed(world: World) -> None:
    first, second, third = await digested(world, await world.follower(1), "a", "b", "c")
    await change(world, first, "changed")
    await world.store.withdraw_post(third)
    (one,) = await claim(world)
    assert one.digest is not None
    assert [each.post.id for each in one.digest.deliveries] == [first, second, third]
    assert [each.post.title for each in one.digest.deliveries] == ["Title changed", "Title b", "Title c"]
    assert one.claimed.delivery.message_id == 100
    await answer(world, one, Sent(100))
    world.clock.advance(600)
    assert await claim(world) == ()


async def test_two_digests_of_one_reader_are_two_edits(world: World) -> None:
    reader = await world.follower(1)
    (first,) = await digested(world, reader, "a")
    (second,) = await digested(world, reader, "b", message_id=101)
    await change(world, first, "x")
    await change(world, second, "y")
    edits = await claim(world)
    assert {one.claimed.delivery.message_id for one in edits} == {100, 101}
    assert [len(one.digest.deliveries) for one in edits if one.digest] == [1, 1]


async def test_a_digest_that_is_being_edited_is_not_edited_at_the_same_time(world: World) -> None:
    first, second = await digested(world, await world.follower(1), "a", "b")
    await change(world, first, "x")
    (one,) = await claim(world)
    await change(world, second, "y")
    assert await claim(world) == ()
    await answer(world, one, Sent(100))
    world.clock.advance(1)
    (again,) = await claim(world)
    assert (again.attempts, again.claimed.post.title) == (1, "Title y")


async def test_whoever_wants_corrections_as_replies_gets_one_for_each_line(world: World) -> None:
    reader = await world.follower(1)
    await world.store.set_settings(reader.subscriber.id, ChatSettings(corrections=Corrections.REPLY))
    first, second = await digested(world, reader, "a", "b")
    await change(world, first, "x")
    await change(world, second, "y")
    edits = await claim(world)
    assert [(one.digest, one.claimed.post.id) for one in edits] == [(None, first), (None, second)]


async def test_another_source_of_a_line_changes_no_digest(world: World) -> None:
    (post_id,) = await digested(world, await world.follower(1), "a")
    other = await world.store.add_feed("https://other.example/feed", name="Other")
    await world.store.apply(
        world.update(sightings=[Sighting(post_id, EntryKeys(), "https://other.example/a")], feed=other)
    )
    assert await claim(world) == ()


async def test_what_a_digest_carried_is_known_by_its_message(world: World) -> None:
    reader = await world.follower(1)
    posts = await digested(world, reader, "a", "b")
    found = await world.store.digest_of_message(reader.subscriber.address.chat_id, 100)
    assert found is not None
    assert [each.post.id for each in found.deliveries] == posts
    assert await world.store.digest_of_message(reader.subscriber.address.chat_id, 7) is None
    single = await world.follower(2)
    await world.publish("c", single)
    (one,) = await world.store.claim_deliveries(world.clock.now(), limit=9)
    await world.store.record(after(one.delivery, Sent(100), world.clock.now()))
    assert await world.store.digest_of_message(single.subscriber.address.chat_id, 100) is None


# ------------------------------------------------------------------ what comes of an edit


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
    assert [each.id for each in await world.store.subscribers_of(-1002)] == [moved.subscriber.id]
    assert await claim(world) == ()  # the message stayed behind in the old group


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
