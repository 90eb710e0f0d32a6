from __future__ import annotations

from dataclasses import replace

from tests.store.world import EVIDENCE, World, new
from watchdog_bot.core.model import (
    ClaimedDelivery,
    Moved,
    PlannedDelivery,
    PostId,
    Sent,
    Subscriber,
    SubscriptionId,
    SubscriptionSlot,
)
from watchdog_bot.core.outbox import after
from watchdog_bot.core.tempo import Tempo


async def followed(world: World, chat_id: int, *names: str) -> tuple[Subscriber, list[SubscriptionId]]:
    reader = (await world.follower(chat_id)).subscriber
    made = [
        await world.store.add_subscription(reader.id, SubscriptionSlot.CASE, f'"{name}"') for name in names
    ]
    return reader, [each.id for each in made]


async def owed(world: World, name: str, reader: Subscriber, *asking: SubscriptionId) -> PostId:
    post = new(name)
    planned = PlannedDelivery(reader.id, asking, EVIDENCE)
    applied = await world.store.apply(world.update(replace(post, deliveries=(planned,))))
    return applied.post_ids[0]


async def claimed(world: World) -> ClaimedDelivery:
    (one,) = await world.store.claim_deliveries(world.clock.now(), limit=9)
    return one


async def sent(world: World, message_id: int, *, lost: bool = False) -> ClaimedDelivery:
    one = await claimed(world)
    change = after(one.delivery, Sent(message_id, reply_lost=lost), world.clock.now())
    await world.store.record(replace(change, cases=tuple(case.subscription_id for case in one.cases)))
    return one


def cases(one: ClaimedDelivery) -> list[tuple[str, int | None]]:
    return [(case.name, case.anchor) for case in one.cases]


async def test_later_posts_answer_the_first_alert_of_the_case(world: World) -> None:
    reader, (case,) = await followed(world, 1, "Alsu Kurmasheva")
    for number, name in enumerate("abc", 100):
        await owed(world, name, reader, case)
        one = await sent(world, number)
        assert cases(one) == [("Alsu Kurmasheva", None if name == "a" else 100)]


async def test_a_case_begins_with_the_alert_it_was_found_in(world: World) -> None:
    reader, (case,) = await followed(world, 1, "Alsu Kurmasheva")
    await world.store.begin_case(case, 50)
    await world.store.begin_case(case, 60)
    await owed(world, "a", reader, case)
    assert cases(await sent(world, 100)) == [("Alsu Kurmasheva", 50)]


async def test_where_that_alert_was_deleted_the_case_goes_on_from_the_next(world: World) -> None:
    reader, (case,) = await followed(world, 1, "Alsu Kurmasheva")
    await world.store.begin_case(case, 50)
    await owed(world, "a", reader, case)
    await sent(world, 100, lost=True)
    await owed(world, "b", reader, case)
    assert cases(await sent(world, 101)) == [("Alsu Kurmasheva", 100)]


async def test_a_post_of_several_cases_is_one_alert_that_names_all_in_the_thread_of_the_oldest(
    world: World,
) -> None:
    reader, (first, second) = await followed(world, 1, "Anna Petrova", "Ivan Petrov")
    await world.store.begin_case(second, 60)
    await owed(world, "a", reader, second, first)
    one = await sent(world, 100)
    assert cases(one) == [("Anna Petrova", None), ("Ivan Petrov", 60)]
    await owed(world, "b", reader, first, second)
    assert cases(await sent(world, 101)) == [("Anna Petrova", 100), ("Ivan Petrov", 60)]


async def test_a_closed_case_is_named_no_more_and_cancels_what_waits_for_it_alone(world: World) -> None:
    reader, (first, second) = await followed(world, 1, "Anna Petrova", "Ivan Petrov")
    await owed(world, "a", reader, first)
    await owed(world, "b", reader, first, second)
    await world.store.remove_subscription(first, reader.id)
    assert cases(await sent(world, 100)) == [("Ivan Petrov", None)]
    assert await world.store.claim_deliveries(world.clock.now(), limit=9) == ()


async def test_a_case_that_was_closed_and_brought_back_goes_on_in_its_thread(world: World) -> None:
    reader, (case,) = await followed(world, 1, "Anna Petrova")
    await world.store.begin_case(case, 50)
    await world.store.remove_subscription(case, reader.id)
    assert await world.store.restore_subscription(case, reader.id)
    again = await world.store.add_subscription(reader.id, SubscriptionSlot.CASE, '"Anna Petrova"')
    assert again.id == case
    await owed(world, "a", reader, case)
    assert cases(await sent(world, 100)) == [("Anna Petrova", 50)]


async def test_a_digest_is_no_thread(world: World) -> None:
    reader, (case,) = await followed(world, 1, "Anna Petrova")
    await world.store.set_tempo(case, reader.id, Tempo.HOURLY)
    await owed(world, "a", reader, case)
    world.clock.advance(3600)
    (digest,) = await world.store.claim_digests(world.clock.now(), limit=9)
    change = after(digest.deliveries[0].delivery, Sent(70), world.clock.now())
    await world.store.record(replace(change, cases=(case,)))
    await world.store.set_tempo(case, reader.id, Tempo.INSTANT)
    await owed(world, "b", reader, case)
    assert cases(await sent(world, 100)) == [("Anna Petrova", None)]


async def test_a_supergroup_does_not_reply_to_what_has_the_old_messages_number(world: World) -> None:
    reader, (case,) = await followed(world, -5, "Anna Petrova")
    post = await owed(world, "a", reader, case)
    await sent(world, 100)
    assert await world.store.delivery_by_message(reader.id, 100) is not None
    await owed(world, "b", reader, case)
    one = await claimed(world)
    await world.store.record(after(one.delivery, Moved(-100), world.clock.now()))
    assert await world.store.delivery_by_message(reader.id, 100) is None
    assert cases(await sent(world, 7)) == [("Anna Petrova", None)]
    await world.store.withdraw_post(post)
    assert await world.store.claim_edits(world.clock.now(), limit=9) == ()


async def test_cases_of_two_chats_that_become_one_stay_cases(world: World) -> None:
    old, _ = await followed(world, -5, "Anna Petrova", "Ivan Petrov")
    there, _ = await followed(world, -100, "Anna Petrova")
    await world.store.add_subscription(there.id, SubscriptionSlot.MAIN, "torture")
    await world.store.migrate_chat(-5, -100)
    slots = [(each.slot, each.query) for each in await world.store.subscriptions(there.id)]
    assert sorted(slots) == sorted(
        [
            (SubscriptionSlot.CASE, '"Anna Petrova"'),
            (SubscriptionSlot.CASE, '"Ivan Petrov"'),
            (SubscriptionSlot.MAIN, "torture"),
            (SubscriptionSlot.QUERY, "torture"),
        ]
    )
    assert await world.store.subscriptions(old.id) == ()


async def test_the_same_words_may_be_a_case_and_a_query(world: World) -> None:
    reader, (case,) = await followed(world, 1, "Anna Petrova")
    query = await world.store.add_subscription(reader.id, SubscriptionSlot.QUERY, '"Anna Petrova"')
    assert query.id != case
