"""A post that another source told before: who is owed what, and what the alerts say of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store.world import Follower, World, digest, entry, keys, new
from watchdog_bot.core.model import CountryReading, Feed, PostEdit, PostId, Sent, Sighting
from watchdog_bot.core.mutes import MuteKind
from watchdog_bot.core.outbox import after
from watchdog_bot.core.tempo import ChatSettings, StoryAlerts

WINDOW = timedelta(days=2)


async def each(world: World, chat_id: int) -> Follower:
    """Who wants every report as an alert of its own."""
    follower = await world.follower(chat_id)
    await world.store.set_settings(follower.subscriber.id, ChatSettings(stories=StoryAlerts.EACH))
    return follower


async def other(world: World, name: str = "Other") -> Feed:
    return await world.store.add_feed(f"https://{name.lower()}.example/", name=name)


async def join(world: World, name: str, story: PostId, feed: Feed, *followers: Follower) -> PostId:
    """The feed's report of the story, which concerns these."""
    made = replace(new(name, *followers), story=story)
    (post_id,) = (await world.store.apply(world.update(made, feed=feed))).post_ids
    return post_id


async def owed(world: World) -> Sequence[tuple[int, PostId]]:
    """Send all that is owed: (chat, post)."""
    sent = []
    while claimed := await world.store.claim_deliveries(world.clock.now(), limit=10):
        for one in claimed:
            sent.append((one.subscriber.address.chat_id, one.post.id))
            await world.store.record(after(one.delivery, Sent(len(sent)), world.clock.now()))
    return sorted(sent)


async def edited(world: World) -> Sequence[tuple[int, PostId, tuple[str, ...]]]:
    """Alerts to be edited: (chat, post, also at)."""
    claimed = await world.store.claim_edits(world.clock.now(), limit=10)
    found = [(one.claimed.subscriber.address.chat_id, one.claimed) for one in claimed]
    return [
        (chat, one.post.id, tuple(each.name for each in one.also_at))
        for chat, one in sorted(found, key=lambda pair: pair[0])
    ]


async def test_a_report_of_a_known_story_edits_its_alerts_and_alerts_only_who_wants_every_report(
    world: World,
) -> None:
    vera, nino = await world.follower(1), await each(world, 2)
    first = await world.publish("a", vera, nino)
    assert await owed(world) == [(1, first), (2, first)]
    report = await join(world, "b", first, await other(world), vera, nino)
    assert await owed(world) == [(2, report)]
    assert (1, first, ("Other",)) in await edited(world)


async def test_an_alert_of_a_report_names_the_other_sources_of_its_story(world: World) -> None:
    nino = await each(world, 2)
    first = await world.publish("a")
    await join(world, "b", first, await other(world))
    await join(world, "c", first, await other(world, "Third"), nino)
    (claimed,) = await world.store.claim_deliveries(world.clock.now(), limit=5)
    assert [(one.name, one.title, one.link) for one in claimed.also_at] == [
        ("Source", "Title a", "https://source.example/a"),
        ("Other", "Title b", "https://source.example/b"),
    ]


async def test_whoever_was_not_alerted_of_the_story_is_alerted_of_its_first_post(world: World) -> None:
    vera, late = await world.follower(1), await world.follower(3)
    first = await world.publish("a", vera)
    report = await join(world, "b", first, await other(world), vera, late)
    assert await owed(world) == [(1, first), (3, first)]
    await join(world, "c", first, await other(world, "Third"), vera, late)
    assert await owed(world) == []
    assert report != first


async def test_who_heard_of_a_story_by_any_report_is_not_alerted_of_it_again(world: World) -> None:
    nino = await each(world, 2)
    first = await world.publish("a")
    report = await join(world, "b", first, await other(world), nino)
    assert await owed(world) == [(2, report)]
    await world.store.set_settings(nino.subscriber.id, ChatSettings())
    await join(world, "c", first, await other(world, "Third"), nino)
    assert await owed(world) == []


async def test_applying_a_joined_report_twice_is_applying_it_once(world: World) -> None:
    vera, nino = await world.follower(1), await each(world, 2)
    first = await world.publish("a", vera, nino)
    feed = await other(world)
    report = await join(world, "b", first, feed, vera, nino)
    assert await join(world, "b", first, feed, vera, nino) == report
    assert await owed(world) == [(1, first), (2, first), (2, report)]


async def test_an_edit_of_a_report_alerts_as_the_report_would(world: World) -> None:
    vera, nino = await world.follower(1), await each(world, 2)
    first = await world.publish("a")
    feed = await other(world)
    report = await join(world, "b", first, feed)
    edit = PostEdit(
        report, entry("b", content="more"), digest("more"), CountryReading(), (vera.owed(), nino.owed())
    )
    await world.store.apply(world.update(edits=[edit], feed=feed))
    assert await owed(world) == [(1, first), (2, report)]


async def test_a_mute_against_the_report_keeps_its_reader_from_being_told_of_the_story_by_it(
    world: World,
) -> None:
    vera, nino = await world.follower(1), await each(world, 2)
    feed = await other(world)
    for one in (vera, nino):
        until = world.clock.now() + timedelta(days=1)
        await world.store.mute(one.subscriber.id, MuteKind.SOURCE, str(feed.id), until)
    first = await world.publish("a")
    await join(world, "b", first, feed, vera, nino)
    assert await owed(world) == []


async def test_a_feed_that_carries_a_report_carries_the_story(world: World) -> None:
    vera = await world.follower(1)
    first = await world.publish("a", vera)
    report = await join(world, "b", first, await other(world))
    await owed(world)
    third = await other(world, "Third")
    await world.store.apply(world.update(sightings=[Sighting(report, keys("t"))], feed=third))
    assert await edited(world) == [(1, first, ("Other", "Third"))]


async def test_a_joined_report_is_found_by_its_own_keys_and_not_among_the_newest_posts(world: World) -> None:
    first = await world.publish("a")
    feed = await other(world)
    report = await join(world, "b", first, feed)
    (known,) = await world.store.known(feed.id, [keys("b")])
    assert known is not None
    assert (known.post_id, known.origin_here, known.complete) == (report, True, True)
    stored = await world.store.post(report)
    assert stored is not None
    assert stored.story == first
    newest = await world.store.recent_posts(world.clock.now(), days=1, limit=9)
    assert [post.id for post in newest] == [first]


async def test_signatures_are_stored_with_posts_changed_by_edits_and_dropped_after_three_days(
    world: World,
) -> None:
    signed = replace(new("a"), signature=b"one")
    (post_id, _) = (await world.store.apply(world.update(signed, new("b")))).post_ids
    await join(world, "c", post_id, await other(world))
    await world.store.apply(
        world.update(
            edits=[
                PostEdit(post_id, entry("a", content="x"), digest("x"), CountryReading(), signature=b"two")
            ]
        )
    )
    (kept,) = await world.store.signed_posts(world.clock.now(), window=WINDOW, limit=9)
    assert (kept.post_id, kept.feed_id, kept.story, kept.signature) == (post_id, world.feed.id, None, b"two")
    world.clock.advance(3 * 86_400)
    assert await world.store.signed_posts(world.clock.now(), window=WINDOW, limit=9) == ()
    assert await world.store.signed_posts(world.clock.now(), window=2 * WINDOW, limit=9)
    assert await world.store.housekeep(world.clock.now())
    assert await world.store.signed_posts(world.clock.now(), window=2 * WINDOW, limit=9) == ()
    assert await world.store.post(post_id) is not None


@pytest.mark.parametrize("limit", [1, 2])
async def test_the_newest_signed_posts_come_oldest_first(world: World, limit: int) -> None:
    made = [replace(new(name), signature=name.encode()) for name in "abc"]
    for one in made:
        await world.store.apply(world.update(one))
        world.clock.advance(60)
    kept = await world.store.signed_posts(world.clock.now(), window=WINDOW, limit=limit)
    assert [one.signature for one in kept] == [b"a", b"b", b"c"][-limit:]


async def test_a_post_that_was_taken_back_is_no_longer_among_the_signed(world: World) -> None:
    (post_id,) = (await world.store.apply(world.update(replace(new("a"), signature=b"one")))).post_ids
    await world.store.withdraw_post(post_id)
    assert await world.store.signed_posts(world.clock.now(), window=WINDOW, limit=9) == ()
    post = await world.store.post(post_id)
    assert post is not None
    assert post.withdrawn_at == world.clock.now()
