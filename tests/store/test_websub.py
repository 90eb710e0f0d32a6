"""Hubs in the store: what feeds name, subscriptions to them, and pushes that leave the pulls' memory alone."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clock import FakeClock
from tests.store.world import World, new
from watchdog_bot.core.feeds.websub import HubState, HubSubscription, NamedHub
from watchdog_bot.core.model import FeedHealth, FeedId
from watchdog_bot.store import Store

HUB = NamedHub("https://hub.example/", "https://source.example/feed")
OTHER = NamedHub("https://other.example/", HUB.topic)
PUBLIC = "https://bot.example"


async def begun(world: World, *, token: str = "token") -> HubSubscription:
    await world.store.name_hub(world.feed.id, HUB)
    return await world.store.begin_hub(world.feed.id, HUB, public_url=PUBLIC, token=token, secret="secret")


async def active(world: World, *, trusted: bool = False) -> HubSubscription:
    before = await begun(world)
    lease = world.clock.now() + timedelta(days=10)
    after = replace(before, state=HubState.ACTIVE, lease_until=lease, trusted=trusted)
    assert await world.store.change_hub(before, after)
    return after


async def test_a_named_hub_is_remembered_changed_and_forgotten(world: World) -> None:
    await world.store.name_hub(world.feed.id, HUB)
    assert await world.store.named_hubs() == {world.feed.id: HUB}
    await world.store.name_hub(world.feed.id, OTHER)
    assert await world.store.named_hubs() == {world.feed.id: OTHER}
    await world.store.name_hub(world.feed.id, None)
    assert await world.store.named_hubs() == {}


async def test_a_feed_that_is_gone_names_nothing(world: World) -> None:
    await world.store.name_hub(FeedId(99), HUB)
    await world.store.name_hub(world.feed.id, HUB)
    await world.store.remove_feed(world.feed.id)
    assert await world.store.named_hubs() == {}


async def test_a_named_hub_is_unasked_until_a_subscription_begins(world: World) -> None:
    await world.store.name_hub(world.feed.id, HUB)
    assert await world.store.unasked_hubs() == {world.feed.id: HUB}
    await begun(world)
    assert await world.store.unasked_hubs() == {}


async def test_a_subscription_comes_back_as_it_was_written(world: World) -> None:
    after = replace(await active(world, trusted=True), cause="because", attempts=0)
    before = await world.store.hub_at("token")
    assert before is not None
    assert await world.store.change_hub(before, after)
    assert await world.store.hub_at("token") == after
    assert await world.store.hub_at("another") is None
    assert await world.store.active_hubs() == 1


async def test_of_two_answers_the_first_counts(world: World) -> None:
    before = await begun(world)
    asked = replace(before, state=HubState.ASKED, attempts=1, act_at=before.act_at + timedelta(minutes=15))
    assert await world.store.change_hub(before, asked)
    assert not await world.store.change_hub(before, None)
    assert await world.store.hub_at("token") == asked


async def test_a_cause_does_not_outlive_a_confirmation(world: World) -> None:
    before = await begun(world)
    asked = replace(before, state=HubState.ASKED, attempts=1)
    await world.store.change_hub(before, asked)
    await world.store.blame_hub(asked.id, "it answered 500")
    assert (await world.store.due_hubs(world.clock.now(), limit=9))[0].cause == "it answered 500"
    confirmed = replace(asked, state=HubState.ACTIVE, attempts=0, cause=None)
    await world.store.change_hub(asked, confirmed)
    await world.store.blame_hub(asked.id, "it answered late")
    assert await world.store.hub_at("token") == confirmed


async def test_the_longest_due_acts_first(world: World) -> None:
    first = await begun(world, token="a")
    second = await world.store.begin_hub(FeedId(9), OTHER, public_url=PUBLIC, token="b", secret="secret")
    later = replace(first, act_at=first.act_at + timedelta(seconds=5))
    await world.store.change_hub(first, later)
    assert await world.store.due_hubs(world.clock.now(), limit=9) == (second,)
    world.clock.advance(5)
    assert await world.store.due_hubs(world.clock.now(), limit=9) == (second, later)
    assert await world.store.due_hubs(world.clock.now(), limit=1) == (second,)


async def test_a_hub_that_is_named_no_more_is_left_and_one_never_asked_forgotten(world: World) -> None:
    await begun(world, token="never asked")
    await world.store.name_hub(world.feed.id, OTHER)
    await world.store.leave_hubs(PUBLIC)
    assert await world.store.hub_at("never asked") is None
    await world.store.name_hub(world.feed.id, HUB)
    await active(world, trusted=True)
    await world.store.name_hub(world.feed.id, OTHER)
    await world.store.leave_hubs(PUBLIC)
    left = await world.store.hub_at("token")
    assert left is not None
    assert (left.state, left.trusted) == (HubState.LEAVING, False)
    assert await world.store.unasked_hubs() == {world.feed.id: OTHER}


async def test_under_a_new_address_hubs_are_asked_anew_and_farewells_dropped(world: World) -> None:
    await active(world, trusted=True)
    await world.store.apply(world.update())
    await world.store.leave_hubs("https://new.example")
    moved = await world.store.hub_at("token")
    assert moved is not None
    assert (moved.state, moved.public_url, moved.trusted) == (HubState.WANTED, "https://new.example", False)
    assert not await world.store.trusts_pushes(world.feed.id)
    await world.store.change_hub(moved, replace(moved, state=HubState.LEAVING))
    await world.store.leave_hubs("https://newer.example")
    assert await world.store.hub_at("token") is None


async def test_a_feed_whose_trust_ends_is_due_at_once_unless_it_is_in_trouble(world: World) -> None:
    now = world.clock.now()
    trusted = await active(world, trusted=True)
    await world.store.apply(world.update())
    assert await world.store.distrust_pushes(world.feed.id)
    assert not await world.store.distrust_pushes(world.feed.id)
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    assert feed.next_check_at == now

    await world.store.change_hub(replace(trusted, trusted=False), trusted)
    troubled = replace(world.change(), health=FeedHealth(failing_since=now, failures=1.0, cause="down"))
    await world.store.note_feed(troubled)
    await world.store.distrust_pushes(world.feed.id)
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    assert feed.next_check_at == troubled.next_check_at


async def test_a_push_twice_is_a_push_once(world: World) -> None:
    vera = await world.follower(5)
    await active(world)
    update = world.update(new("a", vera))
    first = await world.store.apply_push(update)
    again = await world.store.apply_push(update)
    assert (first.deliveries, again.deliveries) == (1, 0)
    assert first.post_ids == again.post_ids


async def test_a_push_without_an_active_subscription_is_stored_but_not_trusted(world: World) -> None:
    await begun(world)
    applied = await world.store.apply_push(world.update(new("a")))
    assert len(applied.post_ids) == 1
    assert not await world.store.trusts_pushes(world.feed.id)


async def test_a_push_for_a_feed_that_is_gone_is_nothing(world: World) -> None:
    await world.store.remove_feed(world.feed.id)
    assert (await world.store.apply_push(world.update(new("a")))).post_ids == ()


@given(st.lists(st.sampled_from(["pull", "push", "lease"]), max_size=6))
@settings(max_examples=15, deadline=None)
def test_no_order_of_pulls_and_pushes_loses_what_pulls_remember(steps: list[str]) -> None:
    async def play(folder: str) -> None:
        clock = FakeClock()
        async with Store.open(Path(folder) / "watchdog.db", clock=clock) as store:
            world = await World.make(store, clock)
            await active(world)
            memory, leased = world.feed.memory, False
            for number, step in enumerate(steps):
                clock.advance(400)
                if step == "pull":
                    change = world.change(etag=f'"{number}"', after=300)
                    await store.note_feed(change)
                    memory, leased = change.memory, False
                elif step == "lease":
                    leased = (
                        bool(await store.lease_due_feeds(clock.now(), limit=1, lease_seconds=9999)) or leased
                    )
                else:
                    await store.apply_push(world.update(new(f"post {number}")))
                feed = await store.feed(world.feed.id)
                assert feed is not None
                assert feed.memory == memory
                assert feed.url == world.feed.url
            if leased:
                await store.hasten(world.feed.id, clock.now())
                assert await store.lease_due_feeds(clock.now(), limit=1) == ()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(folder))
