from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.store.world import World, files_in, new
from watchdog_bot.core.model import (
    Address,
    ChatKind,
    NotSent,
    PlannedDelivery,
    Sent,
    SubscriberId,
    SubscriberState,
    SubscriptionId,
    SubscriptionSlot,
    Topic,
)
from watchdog_bot.core.outbox import after
from watchdog_bot.store import Store


async def test_a_new_subscriber_is_active(store: Store) -> None:
    subscriber = await store.ensure_subscriber(Address(7), kind=ChatKind.PRIVATE, language="uk")
    assert (subscriber.state, subscriber.kind, subscriber.language) == (
        SubscriberState.ACTIVE,
        ChatKind.PRIVATE,
        "uk",
    )
    assert await store.subscriber(Address(7)) == subscriber
    assert await store.subscriber(Address(8)) is None


async def test_an_existing_subscriber_keeps_its_state_and_language(store: Store) -> None:
    first = await store.ensure_subscriber(Address(-7), kind=ChatKind.GROUP, language="uk")
    await store.set_subscriber_state(first.id, SubscriberState.PAUSED)
    again = await store.ensure_subscriber(Address(-7), kind=ChatKind.SUPERGROUP, language="en")
    assert again == replace(first, state=SubscriberState.PAUSED, kind=ChatKind.SUPERGROUP)


async def test_topics_are_subscribers_of_their_own(store: Store) -> None:
    chat = await store.ensure_subscriber(Address(-7), kind=ChatKind.SUPERGROUP, language="en")
    topic = await store.ensure_subscriber(Address(-7, 33), kind=ChatKind.SUPERGROUP, language="en")
    assert chat.id != topic.id
    assert await store.subscribers_of(-7) == (chat, topic)


async def test_topic_one_is_general_however_it_is_named(store: Store) -> None:
    chat = await store.ensure_subscriber(Address(-7), kind=ChatKind.SUPERGROUP, language="en")
    assert await store.ensure_subscriber(Address(-7, 1), kind=ChatKind.SUPERGROUP, language="en") == chat
    assert chat.address.thread_id is None


async def test_a_chat_id_of_52_bits_is_kept_whole(store: Store) -> None:
    large = -(2**52) + 1
    subscriber = await store.ensure_subscriber(Address(large), kind=ChatKind.CHANNEL, language="en")
    assert subscriber.address.chat_id == large


async def test_the_language_can_be_changed(store: Store) -> None:
    subscriber = await store.ensure_subscriber(Address(7), kind=ChatKind.PRIVATE, language="uk")
    assert await store.set_language(subscriber.id, "be")
    assert not await store.set_language(SubscriberId(99), "be")
    changed = await store.subscriber(Address(7))
    assert changed is not None
    assert changed.language == "be"


async def test_a_state_of_one_who_is_gone_says_so(store: Store) -> None:
    assert not await store.set_subscriber_state(SubscriberId(99), SubscriberState.PAUSED)


async def test_turning_alerts_off_cancels_what_waits(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader)
    await world.store.set_subscriber_state(reader.subscriber.id, SubscriberState.PAUSED)
    assert (await world.store.status(world.clock.now())).queued == 0
    await world.store.set_subscriber_state(reader.subscriber.id, SubscriberState.ACTIVE)
    assert await world.store.claim_deliveries(world.clock.now(), limit=5) == ()


async def test_the_main_subscription_is_one_and_keeps_its_id(store: Store, world: World) -> None:
    reader = (await world.follower(1)).subscriber
    first = await store.add_subscription(reader.id, SubscriptionSlot.MAIN, "country:UA")
    second = await store.add_subscription(reader.id, SubscriptionSlot.MAIN, "country:BY")
    assert second == replace(first, query="country:BY")
    mine = await store.subscriptions(reader.id)
    assert [(one.slot, one.query) for one in mine] == [
        (SubscriptionSlot.MAIN, "country:BY"),
        (SubscriptionSlot.QUERY, "torture"),
    ]


async def test_the_same_query_is_one_subscription(store: Store, world: World) -> None:
    reader = (await world.follower(1)).subscriber
    first = await store.add_subscription(reader.id, SubscriptionSlot.QUERY, "prison")
    assert await store.add_subscription(reader.id, SubscriptionSlot.QUERY, "prison") == first
    assert len(await store.subscriptions(reader.id)) == 2


async def test_a_query_is_changed_in_place_by_its_owner_alone(world: World) -> None:
    mine, theirs = await world.follower(1), await world.follower(2)
    changed = await world.store.change_query(mine.subscription_id, mine.subscriber.id, "verdict")
    assert changed is not None
    assert (changed.id, changed.query) == (mine.subscription_id, "verdict")
    assert await world.store.subscriptions(mine.subscriber.id) == (changed,)
    assert await world.store.change_query(theirs.subscription_id, mine.subscriber.id, "verdict") is None


async def test_a_query_is_not_changed_into_one_that_is_there_already(world: World) -> None:
    reader = await world.follower(1)
    other = await world.store.add_subscription(reader.subscriber.id, SubscriptionSlot.QUERY, "prison")
    assert await world.store.change_query(reader.subscription_id, reader.subscriber.id, "prison") is None
    await world.store.remove_subscription(other.id, reader.subscriber.id)
    assert await world.store.change_query(reader.subscription_id, reader.subscriber.id, "prison") is not None


async def test_the_index_is_built_from_active_subscribers(world: World) -> None:
    active, paused = await world.follower(1), await world.follower(2)
    await world.store.set_subscriber_state(paused.subscriber.id, SubscriberState.PAUSED)
    removed = await world.store.add_subscription(active.subscriber.id, SubscriptionSlot.QUERY, "prison")
    await world.store.remove_subscription(removed.id, active.subscriber.id)
    assert [one.id for one in await world.store.all_subscriptions()] == [active.subscription_id]


async def test_nobody_removes_anothers_subscription(world: World) -> None:
    mine, theirs = await world.follower(1), await world.follower(2)
    assert not await world.store.remove_subscription(theirs.subscription_id, mine.subscriber.id)
    assert not await world.store.restore_subscription(theirs.subscription_id, mine.subscriber.id)
    assert len(await world.store.subscriptions(theirs.subscriber.id)) == 1


async def test_removing_a_subscription_cancels_what_waits_for_it_alone(world: World) -> None:
    reader = await world.follower(1)
    other = await world.store.add_subscription(reader.subscriber.id, SubscriptionSlot.QUERY, "prison")
    await world.publish("alone", reader)
    both = PlannedDelivery(reader.subscriber.id, (reader.subscription_id, other.id), ())
    await world.store.apply(world.update(replace(new("both"), deliveries=(both,))))
    assert await world.store.remove_subscription(reader.subscription_id, reader.subscriber.id)
    assert not await world.store.remove_subscription(reader.subscription_id, reader.subscriber.id)
    (claimed,) = await world.store.claim_deliveries(world.clock.now(), limit=5)
    assert claimed.post.title == "Title both"


async def test_undo_brings_back_the_subscription_and_what_it_was_owed(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader)
    await world.publish("b", reader)
    await world.store.remove_subscription(reader.subscription_id, reader.subscriber.id)
    assert await world.store.restore_subscription(reader.subscription_id, reader.subscriber.id)
    assert await world.store.restore_subscription(reader.subscription_id, reader.subscriber.id)
    (claimed,) = await world.store.claim_deliveries(world.clock.now(), limit=5)
    assert claimed.post.title == "Title a"


async def test_undo_after_asking_for_silence_sends_nothing(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader)
    await world.store.remove_subscription(reader.subscription_id, reader.subscriber.id)
    await world.store.set_subscriber_state(reader.subscriber.id, SubscriberState.PAUSED)
    await world.store.restore_subscription(reader.subscription_id, reader.subscriber.id)
    assert await world.store.claim_deliveries(world.clock.now(), limit=5) == ()


async def test_undo_while_it_was_being_sent_lets_it_be_tried_again(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader)
    (claimed,) = await world.store.claim_deliveries(world.clock.now(), limit=5)
    await world.store.remove_subscription(reader.subscription_id, reader.subscriber.id)
    await world.store.restore_subscription(reader.subscription_id, reader.subscriber.id)
    await world.store.record(after(claimed.delivery, NotSent("no connection"), world.clock.now()))
    assert (await world.store.status(world.clock.now())).queued == 1


async def test_a_removed_query_typed_again_is_the_one_that_was_there(world: World) -> None:
    reader = await world.follower(1, query="prison")
    await world.store.remove_subscription(reader.subscription_id, reader.subscriber.id)
    again = await world.store.add_subscription(reader.subscriber.id, SubscriptionSlot.QUERY, "prison")
    assert again.id == reader.subscription_id


async def test_a_main_subscription_that_was_replaced_cannot_come_back_beside_the_new_one(
    world: World,
) -> None:
    reader = (await world.follower(1)).subscriber
    first = await world.store.add_subscription(reader.id, SubscriptionSlot.MAIN, "country:UA")
    await world.store.remove_subscription(first.id, reader.id)
    second = await world.store.add_subscription(reader.id, SubscriptionSlot.MAIN, "country:BY")
    assert second.id == first.id  # it is the one slot again
    assert not await world.store.restore_subscription(SubscriptionId(99), reader.id)


async def test_forgetting_leaves_no_trace_in_the_file(world: World, tmp_path: Path) -> None:
    secret = 7_412_589_633
    reader = await world.follower(secret, query="a very particular query")
    await world.publish("a", reader)
    (claimed,) = await world.store.claim_deliveries(world.clock.now(), limit=5)
    await world.store.record(after(claimed.delivery, Sent(7_777_123_456), world.clock.now()))
    await world.store.mute(reader.subscriber.id, "word", "a muted word", None)
    assert await world.store.forget(reader.subscriber.id)
    assert not await world.store.forget(reader.subscriber.id)
    assert await world.store.subscriber(Address(secret)) is None
    for file in files_in(tmp_path):
        content = file.read_bytes()
        for trace in (
            b"very particular",
            b"muted word",
            secret.to_bytes(6, "big"),
            (7_777_123_456).to_bytes(6, "big"),
        ):
            assert trace not in content, file.name


async def test_t15_the_service_message_moves_the_chat_with_all_its_topics(world: World) -> None:
    chat, topic = await world.follower(-7), await world.follower(-7, thread_id=3)
    await world.publish("a", chat, topic)
    assert await world.store.migrate_chat(-7, -1007) == 2
    assert await world.store.migrate_chat(-7, -1007) == 0
    assert await world.store.migrate_chat(-1007, -1007) == 0
    moved = await world.store.subscribers_of(-1007)
    assert [one.id for one in moved] == [chat.subscriber.id, topic.subscriber.id]
    (claimed,) = await world.store.claim_deliveries(world.clock.now(), limit=1)
    assert claimed.subscriber.address.chat_id == -1007


async def test_a_chat_known_under_both_ids_becomes_one_and_loses_nothing(world: World) -> None:
    old, there = await world.follower(-7, query="prison"), await world.follower(-1007, query="torture")
    await world.store.add_subscription(old.subscriber.id, SubscriptionSlot.MAIN, "country:UA")
    await world.store.add_subscription(there.subscriber.id, SubscriptionSlot.MAIN, "country:BY")
    await world.store.add_subscription(old.subscriber.id, SubscriptionSlot.QUERY, "torture")
    await world.store.mute(old.subscriber.id, "country", "PL", None)
    await world.publish("both", old, there)
    await world.publish("old", old)
    await world.publish("there", there)
    await world.store.migrate_chat(-7, -1007)
    (one,) = await world.store.subscribers_of(-1007)
    queries = {(each.slot, each.query) for each in await world.store.subscriptions(one.id)}
    assert queries == {
        (SubscriptionSlot.MAIN, "country:BY"),
        (SubscriptionSlot.QUERY, "country:UA"),
        (SubscriptionSlot.QUERY, "torture"),
        (SubscriptionSlot.QUERY, "prison"),
    }
    assert [mute.value for mute in await world.store.mutes(one.id)] == ["PL"]
    titles = []
    while claimed := await world.store.claim_deliveries(world.clock.now(), limit=5):
        titles += [each.post.title for each in claimed]
        await world.store.record(after(claimed[0].delivery, Sent(1), world.clock.now()))
    assert sorted(titles) == ["Title both", "Title old", "Title there"]


@pytest.mark.parametrize("merged", [True, False])
async def test_a_chat_that_moved_gets_its_alerts_whoever_was_being_alerted(
    world: World, merged: bool
) -> None:
    old = await world.follower(-7)
    if merged:
        await world.follower(-1007)
    await world.publish("a", old)
    await world.publish("b", old)
    (claimed,) = await world.store.claim_deliveries(world.clock.now(), limit=5)
    await world.store.migrate_chat(-7, -1007)
    assert await world.store.record(after(claimed.delivery, Sent(1), world.clock.now()))
    (second,) = await world.store.claim_deliveries(world.clock.now(), limit=5)
    assert second.subscriber.address.chat_id == -1007


async def test_topics_are_one_however_their_name_is_written(store: Store, clock: FakeClock) -> None:
    await store.save_topic(Topic("Press freedom", ("journalist",)))
    await store.save_topic(Topic("PRESS Freedom", ("journalist", "press*")))
    await store.save_topic(Topic("Катування", ("катування",)))
    assert await store.topics() == (
        Topic("PRESS Freedom", ("journalist", "press*")),
        Topic("Катування", ("катування",)),
    )
    assert await store.remove_topic("press freedom")
    assert not await store.remove_topic("press freedom")
    assert len(await store.topics()) == 1
