from __future__ import annotations

from datetime import timedelta

import pytest

from tests.store.world import World
from watchdog_bot.core.model import NotSent
from watchdog_bot.core.mutes import MuteKind
from watchdog_bot.core.outbox import after


async def waiting(world: World) -> int:
    return (await world.store.status(world.clock.now())).queued


async def test_a_muted_country_is_not_alerted_until_the_mute_ends(world: World) -> None:
    reader = await world.follower(1)
    until = world.clock.now() + timedelta(days=1)
    await world.store.mute(reader.subscriber.id, "country", "UA", until)
    await world.publish("a", reader, about=["UA", "PL"])
    await world.publish("b", reader, about=["PL"])
    assert await waiting(world) == 1
    world.clock.advance(86_400)
    await world.publish("c", reader, about=["UA"])
    assert await waiting(world) == 2
    assert await world.store.mutes(reader.subscriber.id) == ()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (MuteKind.ALL, ""),
        (MuteKind.POST, "1"),
        (MuteKind.COUNTRY, "UA"),
        (MuteKind.SOURCE, "1"),
        (MuteKind.WORD, "torture"),
    ],
)
async def test_muting_cancels_what_waits_and_unmuting_revives_it(
    world: World, kind: MuteKind, value: str
) -> None:
    reader, other = await world.follower(1), await world.follower(2)
    await world.publish("a", reader, other, about=["UA"])
    mute = await world.store.mute(reader.subscriber.id, kind, value, None)
    assert await world.store.mutes(reader.subscriber.id) == (mute,)
    assert await waiting(world) == 1
    assert await world.store.unmute(reader.subscriber.id, kind, value)
    assert not await world.store.unmute(reader.subscriber.id, kind, value)
    assert await waiting(world) == 2


@pytest.mark.parametrize(
    ("kind", "value"),
    [("post", "2"), ("country", "PL"), ("source", "2"), ("word", "prison"), ("topic", "torture")],
)
async def test_a_mute_of_something_else_cancels_nothing(world: World, kind: str, value: str) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader, about=["UA"])
    await world.store.mute(reader.subscriber.id, kind, value, None)
    assert await waiting(world) == 1


async def test_a_mute_set_again_changes_until_when(world: World) -> None:
    reader = await world.follower(1)
    until = world.clock.now() + timedelta(days=7)
    first = await world.store.mute(reader.subscriber.id, "country", "UA", None)
    second = await world.store.mute(reader.subscriber.id, "country", "UA", until)
    assert (second.id, second.until) == (first.id, until)


async def test_unmuting_one_thing_does_not_revive_what_another_mute_is_against(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader, about=["UA"])
    await world.store.mute(reader.subscriber.id, "country", "UA", None)
    await world.store.mute(reader.subscriber.id, "source", "1", None)
    await world.store.unmute(reader.subscriber.id, "country", "UA")
    assert await waiting(world) == 0


async def test_unmuting_after_a_day_revives_nothing(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader, about=["UA"])
    await world.store.mute(reader.subscriber.id, "country", "UA", None)
    world.clock.advance(86_401)
    assert await world.store.unmute(reader.subscriber.id, "country", "UA")
    assert await waiting(world) == 0


async def test_what_is_muted_while_it_is_sent_is_not_tried_again(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader, about=["UA"])
    (claimed,) = await world.store.claim_deliveries(world.clock.now(), limit=1)
    await world.store.mute(reader.subscriber.id, "country", "UA", None)
    await world.store.record(after(claimed.delivery, NotSent("no connection"), world.clock.now()))
    assert await waiting(world) == 0
