from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store.world import Follower, World, new
from watchdog_bot.core.model import (
    Address,
    ClaimedDelivery,
    ClaimedDigest,
    DeliveryState,
    NotSent,
    PlannedDelivery,
    RetryAt,
    SendResult,
    Sent,
    SubscriberId,
    SubscriberState,
    SubscriptionId,
    SubscriptionSlot,
    TopicGone,
    Unknown,
)
from watchdog_bot.core.outbox import DOUBT_SECONDS, after, unfolded
from watchdog_bot.core.tempo import ChatSettings, Corrections, QuietMode, Tempo

# The fake clock starts at 12:00 UTC.


async def paced(world: World, chat_id: int, tempo: Tempo) -> Follower:
    reader = await world.follower(chat_id)
    assert await world.store.set_tempo(reader.subscription_id, reader.subscriber.id, tempo)
    return reader


async def claim(world: World, catch_up_after: timedelta | None = None) -> tuple[ClaimedDelivery, ...]:
    return await world.store.claim_deliveries(world.clock.now(), limit=10, catch_up_after=catch_up_after)


async def claim_digests(world: World) -> tuple[ClaimedDigest, ...]:
    return await world.store.claim_digests(world.clock.now(), limit=10)


async def answer(world: World, digest: ClaimedDigest, result: SendResult) -> None:
    for one in digest.deliveries:
        await world.store.record(after(one.delivery, result, world.clock.now()))


def titles(digest: ClaimedDigest) -> list[str]:
    return [one.post.title.removeprefix("Title ") for one in digest.deliveries]


async def test_settings_come_back_as_they_were_chosen(world: World) -> None:
    reader = (await world.follower(1)).subscriber
    assert await world.store.settings(reader.id) == ChatSettings()
    chosen = ChatSettings(
        zone="Europe/Kyiv",
        quiet_from=1320,
        quiet_to=420,
        quiet_mode=QuietMode.SILENT,
        per_hour=5,
        protect=True,
        corrections=Corrections.REPLY,
    )
    assert await world.store.set_settings(reader.id, chosen)
    assert await world.store.settings(reader.id) == chosen
    assert await world.store.set_settings(reader.id, ChatSettings())
    assert await world.store.settings(reader.id) == ChatSettings()
    assert not await world.store.set_settings(SubscriberId(99), chosen)
    assert await world.store.settings(SubscriberId(99)) == ChatSettings()


async def test_a_claim_carries_the_settings(world: World) -> None:
    reader = await world.follower(1)
    await world.store.set_settings(reader.subscriber.id, ChatSettings(protect=True))
    await world.publish("a", reader)
    (claimed,) = await claim(world)
    assert claimed.settings.protect


async def test_the_tempo_is_the_subscriptions_own(world: World) -> None:
    reader, other = await paced(world, 1, Tempo.DAILY), await world.follower(2)
    (mine,) = await world.store.subscriptions(reader.subscriber.id)
    assert mine.tempo is Tempo.DAILY
    assert not await world.store.set_tempo(reader.subscription_id, other.subscriber.id, Tempo.URGENT)
    assert not await world.store.set_tempo(SubscriptionId(99), other.subscriber.id, Tempo.URGENT)


async def test_a_daily_digest_comes_whole_at_its_time_and_holds_nobody_else(world: World) -> None:
    reader, other = await paced(world, 1, Tempo.DAILY), await world.follower(2)
    for name in "abc":
        await world.publish(name, reader, other)
    assert [one.subscriber.id for one in await claim(world)] == [other.subscriber.id]
    world.clock.advance(20 * 3600 - 1)  # 07:59:59
    assert await claim_digests(world) == ()
    world.clock.advance(1)
    (digest,) = await claim_digests(world)
    assert (digest.subscriber, titles(digest), digest.late) == (reader.subscriber, ["a", "b", "c"], False)
    await answer(world, digest, Sent(5))
    assert await claim_digests(world) == ()
    found = await world.store.deliveries_by_message(reader.subscriber.address.chat_id, 5)
    assert [post.title for _, post in found] == ["Title a", "Title b", "Title c"]
    assert not await world.store.deliveries_by_message(other.subscriber.address.chat_id, 5)


async def test_an_urgent_alert_goes_before_everything_of_everybody(world: World) -> None:
    crowd = [await world.follower(number) for number in range(1, 6)]
    await world.publish("ordinary", *crowd)
    urgent = await paced(world, 9, Tempo.URGENT)
    await world.publish("urgent", urgent)
    (first,) = await world.store.claim_deliveries(world.clock.now(), limit=1)
    assert first.subscriber.id == urgent.subscriber.id


async def test_an_urgent_alert_goes_before_the_ordinary_ones_of_its_own_chat(world: World) -> None:
    reader = await world.follower(1)
    for name in "ab":
        await world.publish(name, reader)
    other = await world.store.add_subscription(reader.subscriber.id, SubscriptionSlot.QUERY, "urgent")
    await world.store.set_tempo(other.id, reader.subscriber.id, Tempo.URGENT)
    owed = PlannedDelivery(reader.subscriber.id, (other.id,), ())
    await world.store.apply(world.update(replace(new("u"), deliveries=(owed,))))
    order = []
    while claimed := await claim(world):
        order.append(claimed[0].post.title)
        await world.store.record(after(claimed[0].delivery, Sent(1), world.clock.now()))
    assert order == ["Title u", "Title a", "Title b"]


async def test_a_silent_subscription_makes_no_sound(world: World) -> None:
    await world.publish("a", await paced(world, 1, Tempo.SILENT))
    (claimed,) = await claim(world)
    assert claimed.delivery.silent


async def test_quiet_hours_hold_what_is_not_urgent(world: World) -> None:
    reader, urgent = await world.follower(1), await paced(world, 2, Tempo.URGENT)
    quiet = ChatSettings(quiet_from=11 * 60, quiet_to=13 * 60)
    for one in (reader, urgent):
        await world.store.set_settings(one.subscriber.id, quiet)
    await world.publish("a", reader, urgent)
    await world.publish("b", reader)
    assert [one.subscriber.id for one in await claim(world)] == [urgent.subscriber.id]
    world.clock.advance(3600)
    (digest,) = await claim_digests(world)
    assert titles(digest) == ["a", "b"]


async def test_a_burst_over_the_hourly_limit_becomes_a_digest(world: World) -> None:
    reader = await world.follower(1)
    await world.store.set_settings(reader.subscriber.id, ChatSettings(per_hour=2))
    await world.publish("a", reader)
    (claimed,) = await claim(world)
    await world.store.record(after(claimed.delivery, Sent(1), world.clock.now()))
    await world.store.apply(world.update(*(new(name, reader) for name in "bcd")))
    (second,) = await claim(world)
    await world.store.record(after(second.delivery, Sent(2), world.clock.now()))
    assert await claim(world) == ()
    world.clock.advance(3600)
    (digest,) = await claim_digests(world)
    assert titles(digest) == ["c", "d"]


async def test_a_digest_that_did_not_go_out_is_tried_again_as_one(world: World) -> None:
    reader = await paced(world, 1, Tempo.HOURLY)
    for name in "ab":
        await world.publish(name, reader)
    world.clock.advance(3600)
    (digest,) = await claim_digests(world)
    await answer(world, digest, NotSent("no connection"))
    assert await claim(world) == ()
    world.clock.advance(60)
    (again,) = await claim_digests(world)
    assert titles(again) == ["a", "b"]
    await answer(world, again, Unknown("no answer"))
    world.clock.advance(DOUBT_SECONDS)
    (doubtful,) = await claim_digests(world)
    assert {one.delivery.doubts for one in doubtful.deliveries} == {1}


async def test_a_digest_in_flight_when_the_program_stopped_is_in_doubt(world: World) -> None:
    reader = await paced(world, 1, Tempo.HOURLY)
    for name in "ab":
        await world.publish(name, reader)
    world.clock.advance(3600)
    await claim_digests(world)
    assert await world.store.recover(world.clock.now()) == 2
    assert await claim_digests(world) == ()
    world.clock.advance(DOUBT_SECONDS)
    assert len(await claim_digests(world)) == 1


async def test_an_unfolded_delivery_goes_alone(world: World) -> None:
    reader = await paced(world, 1, Tempo.HOURLY)
    for name in "ab":
        await world.publish(name, reader)
    world.clock.advance(3600)
    (digest,) = await claim_digests(world)
    for one in digest.deliveries:
        await world.store.record(unfolded(one.delivery, world.clock.now()))
    (alone,) = await claim(world)
    assert (alone.post.title, alone.delivery.attempts) == ("Title a", 1)
    assert await claim_digests(world) == ()


async def test_a_chat_that_must_wait_gets_its_digest_later(world: World) -> None:
    gated, busy, flooded = [await paced(world, number, Tempo.HOURLY) for number in (1, 2, 3)]
    await world.publish("a", gated, busy, flooded)
    world.clock.advance(3600)
    now = world.clock.now()
    await world.store.set_gate(1, now + timedelta(seconds=10))
    digests = await world.store.claim_digests(now, limit=5, not_before={3: now + timedelta(seconds=5)})
    assert [one.subscriber.address.chat_id for one in digests] == [2]
    await world.publish("b", busy)
    assert await claim(world) == ()  # one in flight a chat
    world.clock.advance(5)
    (digest,) = await claim_digests(world)
    assert digest.subscriber.address.chat_id == 3
    await world.store.set_gate(1, world.clock.now())
    (opened,) = await claim_digests(world)
    assert opened.subscriber.address.chat_id == 1


async def test_a_gate_for_all_holds_digests_too(world: World) -> None:
    await world.publish("a", await paced(world, 1, Tempo.HOURLY))
    world.clock.advance(3600)
    await world.store.set_gate(None, world.clock.now() + timedelta(seconds=10))
    assert await claim_digests(world) == ()
    world.clock.advance(10)
    assert len(await claim_digests(world)) == 1


async def test_it_takes_no_more_digests_than_asked_for(world: World) -> None:
    await world.publish("a", *[await paced(world, number, Tempo.HOURLY) for number in (1, 2, 3)])
    world.clock.advance(3600)
    assert len(await world.store.claim_digests(world.clock.now(), limit=2)) == 2


async def test_a_backlog_comes_as_one_late_digest(world: World) -> None:
    reader, single = await world.follower(1), await world.follower(2)
    for name in "abc":
        await world.publish(name, reader)
    await world.publish("single", single)
    world.clock.advance(86_400)
    await world.publish("fresh", reader)
    alone = await claim(world, catch_up_after=timedelta(hours=24))
    assert [one.post.title for one in alone] == ["Title single", "Title fresh"]
    assert await claim_digests(world) == ()  # one in flight a chat
    for one in alone:
        await world.store.record(after(one.delivery, Sent(1), world.clock.now()))
    (digest,) = await claim_digests(world)
    assert (titles(digest), digest.late) == (["a", "b", "c"], True)


async def test_without_the_choice_a_backlog_comes_one_by_one(world: World) -> None:
    reader = await world.follower(1)
    for name in "ab":
        await world.publish(name, reader)
    world.clock.advance(86_400)
    assert [one.post.title for one in await claim(world)] == ["Title a"]


async def test_choosing_instant_lets_what_is_held_go_at_once(world: World) -> None:
    reader = await paced(world, 1, Tempo.DAILY)
    for name in "ab":
        await world.publish(name, reader)
    await world.store.set_tempo(reader.subscription_id, reader.subscriber.id, Tempo.INSTANT)
    assert [one.post.title for one in await claim(world)] == ["Title a"]
    assert (await world.store.status(world.clock.now())).queued == 1


async def test_choosing_another_hour_moves_what_is_held(world: World) -> None:
    reader = await paced(world, 1, Tempo.DAILY)
    await world.publish("a", reader)
    await world.store.set_settings(reader.subscriber.id, ChatSettings(daily_at=13 * 60))
    world.clock.advance(3600)
    assert len(await claim_digests(world)) == 1


async def test_choosing_urgent_lets_what_is_held_go_first(world: World) -> None:
    reader = await paced(world, 1, Tempo.DAILY)
    await world.publish("a", reader)
    await world.publish("b", await world.follower(2))
    await world.store.set_tempo(reader.subscription_id, reader.subscriber.id, Tempo.URGENT)
    (first,) = await world.store.claim_deliveries(world.clock.now(), limit=1)
    assert first.subscriber.id == reader.subscriber.id


@pytest.mark.parametrize("how", ["pause", "unsubscribe", "mute", "forget", "withdraw"])
async def test_what_is_held_is_cancelled_like_everything_else(world: World, how: str) -> None:
    reader = await paced(world, 1, Tempo.DAILY)
    post_id = await world.publish("a", reader)
    match how:
        case "pause":
            await world.store.set_subscriber_state(reader.subscriber.id, SubscriberState.PAUSED)
        case "unsubscribe":
            await world.store.remove_subscription(reader.subscription_id, reader.subscriber.id)
        case "mute":
            await world.store.mute(reader.subscriber.id, "all", "", None)
        case "withdraw":
            await world.store.withdraw_post(post_id)
        case _:
            await world.store.forget(reader.subscriber.id)
    world.clock.advance(86_400)
    assert await claim_digests(world) == ()
    delivery = await world.store.delivery_for(reader.subscriber.id, post_id)
    assert delivery is None if how == "forget" else delivery and delivery.state is DeliveryState.CANCELLED


async def test_a_flood_wait_for_a_digest_keeps_it(world: World) -> None:
    reader = await paced(world, 1, Tempo.HOURLY)
    await world.publish("a", reader)
    world.clock.advance(3600)
    (digest,) = await claim_digests(world)
    await answer(world, digest, RetryAt(100))
    world.clock.advance(99)
    assert await claim_digests(world) == ()
    world.clock.advance(1)
    assert len(await claim_digests(world)) == 1


async def test_a_digest_that_went_to_general_is_found_there(world: World) -> None:
    """Its “more” is pressed in General, where nobody need have subscribed."""
    reader = await world.follower(-100, thread_id=7)
    await world.store.set_tempo(reader.subscription_id, reader.subscriber.id, Tempo.DAILY)
    await world.publish("a", reader)
    await world.publish("b", reader)
    world.clock.advance(86_400)
    (digest,) = await world.store.claim_digests(world.clock.now(), limit=1)
    for one in digest.deliveries:
        gone = after(one.delivery, TopicGone("topic_closed"), world.clock.now())
        await world.store.record(gone)
    (digest,) = await world.store.claim_digests(world.clock.now(), limit=1)
    assert digest.subscriber.address == Address(-100, None)
    for one in digest.deliveries:
        await world.store.record(after(one.delivery, Sent(9), world.clock.now()))
    found = await world.store.digest_of_message(-100, 9)
    assert found is not None
    assert len(found.deliveries) == 2
    assert len(await world.store.deliveries_by_message(-100, 9)) == 2
    assert await world.store.digest_of_message(-200, 9) is None
