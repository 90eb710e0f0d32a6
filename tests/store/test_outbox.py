from __future__ import annotations

from datetime import timedelta

import pytest

from tests.clock import FakeClock
from tests.store.world import EVIDENCE, World, new
from watchdog_bot.core.model import (
    Address,
    ChatKind,
    ClaimedDelivery,
    DeliveryId,
    DeliveryState,
    Gone,
    Moved,
    NoRights,
    NotSent,
    Rejected,
    RetryAt,
    SendResult,
    Sent,
    SubscriberState,
    TopicGone,
    Unknown,
)
from watchdog_bot.core.outbox import DOUBT_SECONDS, after
from watchdog_bot.store import Store


async def claim(world: World, limit: int = 10) -> tuple[ClaimedDelivery, ...]:
    return await world.store.claim_deliveries(world.clock.now(), limit=limit)


async def answer(world: World, claimed: ClaimedDelivery, result: SendResult) -> bool:
    return await world.store.record(after(claimed.delivery, result, world.clock.now()))


def chats(claimed: tuple[ClaimedDelivery, ...]) -> list[int]:
    return [one.subscriber.address.chat_id for one in claimed]


def posts(claimed: tuple[ClaimedDelivery, ...]) -> list[str]:
    return [one.post.title.removeprefix("Title ") for one in claimed]


async def test_a_claim_brings_all_that_is_needed_to_render_and_address(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader, about=["UA"])
    (claimed,) = await claim(world)
    assert claimed.subscriber == reader.subscriber
    assert claimed.post.title == "Title a"
    assert claimed.delivery.evidence == EVIDENCE
    assert claimed.delivery.state is DeliveryState.SENDING
    assert claimed.delivery.attempts == 1
    assert claimed.also_at == ()


async def test_what_is_claimed_is_not_claimed_again(world: World) -> None:
    await world.publish("a", await world.follower(1))
    assert len(await claim(world)) == 1
    assert await claim(world) == ()


async def test_it_claims_no_more_than_asked_for(world: World) -> None:
    await world.publish("a", *[await world.follower(number) for number in range(1, 6)])
    assert len(await claim(world, limit=2)) == 2
    assert len(await claim(world, limit=9)) == 3


async def test_one_at_a_time_for_a_chat_and_the_oldest_first(world: World) -> None:
    reader = await world.follower(1)
    for name in "abc":
        await world.publish(name, reader)
    order = []
    while claimed := await claim(world):
        assert len(claimed) == 1
        order += posts(claimed)
        await answer(world, claimed[0], Sent(len(order)))
    assert order == ["a", "b", "c"]


async def test_topics_of_a_chat_take_turns_as_well(world: World) -> None:
    first, second = await world.follower(-5, thread_id=7), await world.follower(-5, thread_id=8)
    await world.publish("a", first, second)
    claimed = await claim(world)
    assert len(claimed) == 1
    assert await claim(world) == ()
    await answer(world, claimed[0], Sent(1))
    assert len(await claim(world)) == 1


async def test_a_large_post_does_not_starve_a_small_one(world: World) -> None:
    crowd = [await world.follower(number) for number in range(1, 31)]
    few = [await world.follower(number) for number in range(101, 104)]
    await world.publish("large", *crowd)
    for one in await claim(world, limit=6):
        await answer(world, one, Sent(1))
    await world.publish("small", *few)
    assert posts(await claim(world, limit=6)) == ["large", "small"] * 3


async def test_a_small_post_brings_a_chat_forward_in_the_line_of_a_large_one(world: World) -> None:
    crowd = [await world.follower(number) for number in range(1, 31)]
    await world.publish("large", *crowd)
    await world.publish("small", crowd[-1])
    first = await claim(world, limit=2)
    assert 30 in chats(first)  # first in line of the small one, and still the oldest of its own comes first
    assert posts(first) == ["large", "large"]


async def test_sent_is_kept_with_its_message(world: World) -> None:
    reader = await world.follower(1)
    post_id = await world.publish("a", reader)
    (claimed,) = await claim(world)
    assert await answer(world, claimed, Sent(77))
    delivery = await world.store.delivery_for(reader.subscriber.id, post_id)
    assert delivery is not None
    assert (delivery.state, delivery.message_id, delivery.sent_at) == (
        DeliveryState.SENT,
        77,
        world.clock.now(),
    )
    found = await world.store.delivery_by_message(reader.subscriber.id, 77)
    assert found is not None
    assert (found[0], found[1].id) == (delivery, post_id)
    assert await world.store.recent_deliveries(reader.subscriber.id, 5) == (delivery,)
    assert await world.store.delivery_by_message(reader.subscriber.id, 78) is None


async def test_a_backoff_is_waited_out_and_holds_nobody_else(world: World) -> None:
    reader = await world.follower(1)
    for name in "ab":
        await world.publish(name, reader)
    (first,) = await claim(world)
    await answer(world, first, NotSent("no connection"))
    (second,) = await claim(world)
    assert posts((second,)) == ["b"]
    await answer(world, second, Sent(1))
    assert await claim(world) == ()
    world.clock.advance(20)
    (again,) = await claim(world)
    assert (again.delivery.id, again.delivery.attempts) == (first.delivery.id, 2)


async def test_a_row_that_comes_back_stands_before_younger_ones_of_its_chat(world: World) -> None:
    reader = await world.follower(1)
    for name in "abc":
        await world.publish(name, reader)
    (first,) = await claim(world)
    await answer(world, first, NotSent("no connection"))
    (second,) = await claim(world)
    world.clock.advance(20)
    await answer(world, second, Sent(1))
    assert posts(await claim(world)) == ["a"]


async def test_t7_a_dead_delivery_is_listed_with_its_reason_and_can_be_queued_again(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader)
    (claimed,) = await claim(world)
    await answer(world, claimed, Rejected("bad entities"))
    (dead,) = await world.store.dead_deliveries(5)
    assert (dead.id, dead.cause) == (claimed.delivery.id, "bad entities")
    assert await world.store.requeue(dead.id)
    assert not await world.store.requeue(dead.id)
    (again,) = await claim(world)
    assert (again.delivery.attempts, again.delivery.doubts, again.delivery.cause) == (1, 0, None)


async def test_nothing_is_queued_again_for_one_who_asked_for_silence(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader)
    (claimed,) = await claim(world)
    await answer(world, claimed, Rejected("bad entities"))
    await world.store.set_subscriber_state(reader.subscriber.id, SubscriberState.PAUSED)
    assert not await world.store.requeue(claimed.delivery.id)


async def test_a_lost_answer_is_tried_once_more_after_a_minute_and_then_no_more(world: World) -> None:
    await world.publish("a", await world.follower(1))
    (claimed,) = await claim(world)
    await answer(world, claimed, Unknown("no answer"))
    world.clock.advance(DOUBT_SECONDS - 1)
    assert await claim(world) == ()
    assert (await world.store.status(world.clock.now())).doubtful == 1
    world.clock.advance(1)
    (again,) = await claim(world)
    assert again.delivery.doubts == 1
    await answer(world, again, Unknown("no answer"))
    world.clock.advance(86_400)
    assert await claim(world) == ()
    (dead,) = await world.store.dead_deliveries(5)
    assert dead.cause == "the answer was lost twice: no answer"
    assert await world.store.counters() == {"dead": 1, "doubts": 2}


async def test_t1_what_was_being_sent_when_the_program_stopped_is_in_doubt(world: World) -> None:
    await world.publish("a", await world.follower(1), await world.follower(2))
    await claim(world, limit=1)
    assert await world.store.recover(world.clock.now()) == 1
    assert len(await claim(world)) == 1  # the other one
    world.clock.advance(DOUBT_SECONDS)
    (doubtful,) = await claim(world)
    assert doubtful.delivery.doubts == 1
    assert doubtful.delivery.cause == "the program stopped while it was being sent"


async def test_a_row_that_kills_the_program_each_time_is_given_up(world: World) -> None:
    await world.publish("a", await world.follower(1))
    for _ in range(2):
        assert len(await claim(world)) == 1
        await world.store.recover(world.clock.now())
        world.clock.advance(DOUBT_SECONDS)
    assert await claim(world) == ()
    assert len(await world.store.dead_deliveries(5)) == 1


async def test_a_claim_nobody_answers_for_becomes_a_doubt(world: World) -> None:
    await world.publish("a", await world.follower(1))
    await claim(world)
    world.clock.advance(60)
    assert await claim(world) == ()
    assert (await world.store.status(world.clock.now())).doubtful == 1


async def test_the_news_that_it_was_sent_is_true_however_late(world: World) -> None:
    await world.publish("a", await world.follower(1))
    (claimed,) = await claim(world)
    world.clock.advance(60)
    await claim(world)  # its lease ran out
    assert await answer(world, claimed, Sent(5))
    world.clock.advance(DOUBT_SECONDS)
    assert await claim(world) == ()
    assert (await world.store.status(world.clock.now())).sent_total == 1


async def test_any_other_late_answer_says_nothing(world: World) -> None:
    await world.publish("a", await world.follower(1))
    (claimed,) = await claim(world)
    world.clock.advance(60)
    await claim(world)
    assert not await answer(world, claimed, NotSent("no connection"))
    assert (await world.store.status(world.clock.now())).doubtful == 1


async def test_an_answer_to_an_older_attempt_does_not_end_the_newer_one(world: World) -> None:
    await world.publish("a", await world.follower(1))
    (old,) = await claim(world)
    world.clock.advance(60)
    await claim(world)
    world.clock.advance(DOUBT_SECONDS)
    (newer,) = await claim(world)
    assert not await answer(world, old, Rejected("bad entities"))
    assert await answer(world, newer, Sent(1))


async def test_an_answer_for_one_who_was_forgotten_is_dropped(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader)
    (claimed,) = await claim(world)
    await world.store.forget(reader.subscriber.id)
    assert not await answer(world, claimed, Sent(1))


async def test_t6_a_flood_wait_is_waited_out_and_holds_nobody_else(world: World) -> None:
    reader, other = await world.follower(1), await world.follower(2)
    await world.publish("a", reader)
    await world.publish("b", reader)
    (claimed,) = await claim(world)
    await answer(world, claimed, RetryAt(43_838))
    assert [gate.chat_id for gate in await world.store.gates(world.clock.now())] == [1]
    await world.publish("c", reader, other)
    assert chats(await claim(world)) == [2]
    world.clock.advance(43_837)
    assert await claim(world) == ()
    world.clock.advance(1)
    (first,) = await claim(world)
    assert (posts((first,)), first.delivery.attempts) == (["a"], 1)


async def test_a_shut_gate_outlives_a_restart(world: World, store: Store) -> None:
    await store.set_gate(None, world.clock.now() + timedelta(seconds=30))
    await world.publish("a", await world.follower(1))
    path, clock = store._path, world.clock
    await store.close()
    async with Store.open(path, clock=clock) as again:
        assert await again.claim_deliveries(clock.now(), limit=5) == ()
        (gate,) = await again.gates(clock.now())
        assert gate.chat_id is None
        clock.advance(30)
        assert len(await again.claim_deliveries(clock.now(), limit=5)) == 1


async def test_an_opened_gate_lets_what_waited_go_at_once(world: World) -> None:
    await world.publish("a", await world.follower(1))
    (claimed,) = await claim(world)
    await answer(world, claimed, NoRights("may not write"))
    assert await claim(world) == ()
    await world.store.set_gate(1, world.clock.now())
    assert len(await claim(world)) == 1


async def test_no_rights_shuts_the_chat_for_a_day_and_costs_no_attempt(world: World) -> None:
    reader = await world.follower(-1)
    await world.publish("a", reader)
    await world.publish("b", reader)
    for _ in range(10):
        (claimed,) = await claim(world)
        assert (posts((claimed,)), claimed.delivery.attempts) == (["a"], 1)
        await answer(world, claimed, NoRights("may not write"))
        assert await claim(world) == ()
        world.clock.advance(86_400)


async def test_the_pace_of_a_chat_is_kept(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader, await world.follower(2))
    now = world.clock.now()
    later = {1: now + timedelta(seconds=5)}
    assert chats(await world.store.claim_deliveries(now, limit=5, not_before=later)) == [2]
    world.clock.advance(5)
    assert chats(await claim(world)) == [1]


async def test_many_chats_that_must_wait_do_not_hold_up_the_others(world: World) -> None:
    crowd = [await world.follower(-number) for number in range(1, 60)]
    await world.publish("a", *crowd, await world.follower(1))
    now = world.clock.now()
    later = {-number: now + timedelta(seconds=30) for number in range(1, 60)}
    assert chats(await world.store.claim_deliveries(now, limit=3, not_before=later)) == [1]


async def test_t15_a_group_that_moved_gets_its_alert_at_its_new_address(world: World) -> None:
    reader = await world.follower(-1)
    await world.publish("a", reader)
    (claimed,) = await claim(world)
    await answer(world, claimed, Moved(-1001))
    (again,) = await claim(world)
    assert again.subscriber.address.chat_id == -1001
    assert again.subscriber.kind is ChatKind.SUPERGROUP
    assert await world.store.subscriber(Address(-1)) is None


async def test_t16_one_who_is_gone_is_suspended_and_keeps_its_subscriptions(world: World) -> None:
    reader, topic = await world.follower(-1), await world.follower(-1, thread_id=5)
    for name in "ab":
        await world.publish(name, reader, topic)
    (claimed,) = await claim(world)
    await answer(world, claimed, Gone("the bot was kicked"))
    assert await claim(world) == ()
    status = await world.store.status(world.clock.now())
    assert (status.queued, status.subscribers, status.dead) == (0, 0, 0)
    assert len(await world.store.subscriptions(reader.subscriber.id)) == 1
    assert len(await world.store.subscriptions(topic.subscriber.id)) == 1
    await world.store.set_subscriber_state(reader.subscriber.id, SubscriberState.ACTIVE)
    await world.publish("c", reader)
    assert posts(await claim(world)) == ["c"]


async def test_a_topic_that_is_gone_gets_its_alert_in_general(world: World) -> None:
    await world.publish("a", await world.follower(-1, thread_id=5))
    (claimed,) = await claim(world)
    assert claimed.subscriber.address.thread_id == 5
    await answer(world, claimed, TopicGone("closed"))
    (again,) = await claim(world)
    assert again.subscriber.address.thread_id is None
    assert again.delivery.to_general
    subscriber = await world.store.subscriber(Address(-1, 5))
    assert subscriber is not None
    assert subscriber.state is SubscriberState.ACTIVE


@pytest.mark.parametrize("result", [NotSent("no connection"), Unknown("no answer"), RetryAt(1)])
async def test_what_was_cancelled_while_it_was_sent_is_not_tried_again(
    world: World, result: SendResult
) -> None:
    reader = await world.follower(1)
    post_id = await world.publish("a", reader)
    (claimed,) = await claim(world)
    await world.store.set_subscriber_state(reader.subscriber.id, SubscriberState.PAUSED)
    await answer(world, claimed, result)
    delivery = await world.store.delivery_for(reader.subscriber.id, post_id)
    assert delivery is not None
    assert (delivery.state, delivery.cause) == (DeliveryState.CANCELLED, "alerts were turned off")


async def test_what_was_cancelled_while_it_was_sent_and_arrived_is_sent(world: World) -> None:
    reader = await world.follower(1)
    post_id = await world.publish("a", reader)
    (claimed,) = await claim(world)
    await world.store.set_subscriber_state(reader.subscriber.id, SubscriberState.PAUSED)
    await answer(world, claimed, Sent(1))
    delivery = await world.store.delivery_for(reader.subscriber.id, post_id)
    assert delivery is not None
    assert delivery.state is DeliveryState.SENT


async def test_t3b_one_failure_does_not_drop_the_others_of_its_batch(world: World) -> None:
    readers = [await world.follower(number) for number in range(1, 5)]
    await world.store.apply(world.update(*(new(name, *readers) for name in "abc")))
    sent: list[tuple[str, int]] = []
    for _ in range(20):
        for one in await claim(world):
            fails = one.post.title == "Title a" and one.delivery.attempts == 1
            await answer(world, one, NotSent("no connection") if fails else Sent(len(sent)))
            if not fails:
                sent.append((one.post.title, one.subscriber.id))
        world.clock.advance(20)
    assert len(sent) == len(set(sent)) == 12


async def test_the_figures_count_each_state(world: World) -> None:
    readers = [await world.follower(number) for number in range(1, 6)]
    await world.publish("a", *readers)
    results: list[SendResult] = [Sent(1), Unknown("no answer"), Rejected("bad")]
    for one, result in zip(await claim(world, limit=4), results, strict=False):
        await answer(world, one, result)
    status = await world.store.status(world.clock.now())
    assert (status.queued, status.sending, status.doubtful, status.dead) == (1, 1, 1, 1)
    assert (status.sent_total, status.doubts_total, status.last_sent_at) == (1, 1, world.clock.now())
    assert (status.feeds, status.failing_feeds, status.posts, status.subscribers) == (1, 0, 1, 5)
    assert status.last_check_at == world.clock.now()


async def test_figures_of_an_empty_store(store: Store, clock: FakeClock) -> None:
    status = await store.status(clock.now())
    assert (status.feeds, status.queued, status.last_check_at, status.last_sent_at) == (0, 0, None, None)


async def test_a_delivery_that_never_was_is_not_found(world: World) -> None:
    reader = await world.follower(1)
    post_id = await world.publish("a")
    assert await world.store.delivery_for(reader.subscriber.id, post_id) is None
    assert not await world.store.requeue(DeliveryId(5))


async def test_what_had_to_be_sent_as_plain_text_is_counted(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader)
    now = world.clock.now()
    (one,) = await world.store.claim_deliveries(now, limit=1)
    await world.store.record(after(one.delivery, Sent(7, mended="message is too long"), now))
    assert await world.store.counters() == {"sent": 1, "defects": 1}
    (sent,) = await world.store.recent_deliveries(reader.subscriber.id, 1)
    assert sent.cause == "message is too long"


async def test_a_claim_says_where_the_source_has_a_mirror_and_an_archive(world: World) -> None:
    feed = await world.store.add_feed(
        "https://b.example/feed", name="B", mirror="https://m.example/{path}", archive=""
    )
    reader = await world.follower(1)
    await world.store.apply(world.update(new("m", reader), feed=feed))
    (one,) = await world.store.claim_deliveries(world.clock.now(), limit=9)
    assert (one.mirror, one.archive) == ("https://m.example/{path}", "")
    await world.store.record(after(one.delivery, Sent(1), world.clock.now()))
    await world.store.apply(world.update(new("n", reader), feed=feed))
    await world.store.remove_feed(feed.id)
    (one,) = await world.store.claim_deliveries(world.clock.now(), limit=9)
    assert (one.mirror, one.archive) == ("", "")
