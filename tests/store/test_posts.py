from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.clock import FakeClock
from tests.store.world import EVIDENCE, World, digest, entry, keys, new
from watchdog_bot.core.errors import StoreError
from watchdog_bot.core.model import (
    CountryEvidence,
    CountryReading,
    CountryScore,
    EntryKeys,
    NewPost,
    PlannedDelivery,
    PostEdit,
    PostId,
    Sighting,
    SubscriberState,
    SubscriptionId,
)
from watchdog_bot.store import Store


async def test_a_post_comes_back_as_it_was_stored(world: World) -> None:
    reading = CountryReading(
        about=(CountryScore("UA", 2.5, (CountryEvidence("Київ", "title", "capital"),)),),
        mentions=(CountryScore("UA", 2.5), CountryScore("PL", 0.25)),
    )
    made = NewPost(entry("a"), keys("a"), digest("a"), reading)
    applied = await world.store.apply(world.update(made))
    post = await world.store.post(applied.post_ids[0])
    assert post is not None
    assert post.countries == reading
    assert (post.title, post.link, post.summary, post.content, post.tags) == (
        "Title a",
        "https://source.example/a",
        "Summary a",
        "Body",
        ("tag",),
    )
    assert (post.feed_id, post.feed_name, post.first_seen_at) == (world.feed.id, "Source", world.clock.now())


async def test_known_answers_in_the_order_of_the_keys(world: World) -> None:
    first, second = (await world.store.apply(world.update(new("a"), new("b")))).post_ids
    known = await world.store.known(world.feed.id, [keys("b"), keys("nothing"), keys("a"), EntryKeys()])
    assert [one.post_id if one else None for one in known] == [second, None, first, None]


async def test_known_carries_the_text_as_matched_last_time(world: World) -> None:
    await world.publish("a", about=["UA"])
    (known,) = await world.store.known(world.feed.id, [keys("a")])
    assert known is not None
    assert known.text is not None
    assert (known.text.title, known.text.source, known.text.tags) == ("Title a", "Source", ("tag",))
    assert [score.code for score in known.text.countries.about] == ["UA"]
    assert known.content_hash == digest("aBody")
    assert known.seen_here


async def test_a_local_key_means_nothing_in_another_feed(world: World) -> None:
    await world.publish("a")
    other = await world.store.add_feed("https://other.example/", name="Other")
    assert await world.store.known(other.id, [keys("a")]) == (None,)


async def test_a_shared_key_finds_the_post_from_any_feed(world: World) -> None:
    applied = await world.store.apply(world.update(new("a", shared=["link"])))
    other = await world.store.add_feed("https://other.example/", name="Other")
    (known,) = await world.store.known(other.id, [keys("their own id", shared=["link"])])
    assert known is not None
    assert known.post_id == applied.post_ids[0]
    assert not known.seen_here


async def test_many_keys_are_asked_for_at_once(world: World) -> None:
    names = [str(number) for number in range(1300)]
    await world.store.apply(world.update(*map(new, names)))
    known = await world.store.known(world.feed.id, [keys(name, shared=["x" + name]) for name in names])
    assert all(known)


async def test_two_feeds_that_bring_one_post_at_once_make_one_post_and_one_alert(world: World) -> None:
    reader = await world.follower(1)
    other = await world.store.add_feed("https://other.example/", name="Other")
    here = await world.store.apply(world.update(new("a", reader, shared=["link"])))
    there = await world.store.apply(world.update(new("b", reader, shared=["link"]), feed=other))
    assert here.post_ids == there.post_ids
    assert (here.deliveries, there.deliveries) == (1, 0)
    (claimed,) = await world.store.claim_deliveries(world.clock.now(), limit=5)
    assert [other.name for other in claimed.also_at] == ["Other"]


async def test_one_document_that_holds_a_post_twice_makes_one_post(world: World) -> None:
    reader = await world.follower(1)
    applied = await world.store.apply(
        world.update(new("a", reader, shared=["link"]), new("b", reader, shared=["link"]))
    )
    assert applied.post_ids[0] == applied.post_ids[1]
    assert applied.deliveries == 1


async def test_a_sighting_teaches_the_store_new_keys(world: World) -> None:
    post_id = await world.publish("a")
    other = await world.store.add_feed("https://other.example/", name="Other")
    await world.store.apply(world.update(sightings=[Sighting(post_id, keys("b"))], feed=other))
    (known,) = await world.store.known(other.id, [keys("b")])
    assert known is not None
    assert (known.post_id, known.seen_here) == (post_id, True)


async def test_a_sighting_of_a_post_that_is_not_there_is_left_out(world: World) -> None:
    await world.store.apply(world.update(sightings=[Sighting(PostId(99), keys("b"))]))
    assert await world.store.known(world.feed.id, [keys("b")]) == (None,)


async def test_a_key_keeps_leading_where_it_led_first(world: World) -> None:
    first = await world.publish("a")
    second = await world.publish("b")
    await world.store.apply(world.update(sightings=[Sighting(second, keys("a"))]))
    (known,) = await world.store.known(world.feed.id, [keys("a")])
    assert known is not None
    assert known.post_id == first


async def test_an_edit_changes_the_text_and_alerts_only_the_newly_matched(world: World) -> None:
    old_reader, new_reader = await world.follower(1), await world.follower(2)
    post_id = await world.publish("a", old_reader)
    edit = PostEdit(
        post_id, entry("changed"), digest("changed"), CountryReading(), (old_reader.owed(), new_reader.owed())
    )
    applied = await world.store.apply(world.update(edits=[edit]))
    assert applied.deliveries == 1
    post = await world.store.post(post_id)
    assert post is not None
    assert post.title == "Title changed"
    (known,) = await world.store.known(world.feed.id, [keys("a")])
    assert known is not None
    assert known.content_hash == digest("changed")


async def test_an_edit_of_a_post_that_is_not_there_is_left_out(world: World) -> None:
    reader = await world.follower(1)
    edit = PostEdit(PostId(99), entry(), digest("x"), CountryReading(), (reader.owed(),))
    assert (await world.store.apply(world.update(edits=[edit]))).deliveries == 0


async def test_recent_posts_are_read_page_by_page_without_a_gap_or_a_double(world: World) -> None:
    for name in "abcde":
        world.clock.advance(60 if name == "d" else 0)
        await world.publish(name)
    now, pages, last = world.clock.now(), [], None
    while page := await world.store.recent_posts(now, days=2, limit=2, before=last):
        pages.append([post.title.removeprefix("Title ") for post in page])
        last = page[-1]
    assert pages == [["e", "d"], ["c", "b"], ["a"]]


async def test_recent_posts_are_the_newest_first_within_the_days(world: World) -> None:
    for name in "abc":
        await world.publish(name)
        world.clock.advance(86_400)
    recent = await world.store.recent_posts(world.clock.now(), days=2, limit=5)
    assert [post.title for post in recent] == ["Title c"]
    recent = await world.store.recent_posts(world.clock.now(), days=9, limit=2)
    assert [post.title for post in recent] == ["Title c", "Title b"]


async def test_nobody_is_owed_a_post_by_a_subscription_that_is_gone(world: World) -> None:
    reader = await world.follower(1)
    update = world.update(new("a", reader))
    await world.store.remove_subscription(reader.subscription_id, reader.subscriber.id)
    assert (await world.store.apply(update)).deliveries == 0


async def test_one_subscription_that_still_stands_is_enough(world: World) -> None:
    reader = await world.follower(1)
    owed = PlannedDelivery(reader.subscriber.id, (SubscriptionId(99), reader.subscription_id), EVIDENCE)
    update = world.update(replace(new("a"), deliveries=(owed,)))
    assert (await world.store.apply(update)).deliveries == 1


async def test_a_subscription_counts_for_whoever_has_it_when_the_post_is_stored(world: World) -> None:
    """Two chats may have become one since the post was matched: the index still says whose it was."""
    reader, other = await world.follower(1), await world.follower(2)
    owed = PlannedDelivery(reader.subscriber.id, (other.subscription_id,), EVIDENCE)
    update = world.update(replace(new("a"), deliveries=(owed,)))
    assert (await world.store.apply(update)).deliveries == 1


@pytest.mark.parametrize("state", [SubscriberState.PAUSED, SubscriberState.SUSPENDED])
async def test_only_an_active_subscriber_is_owed_a_post(world: World, state: SubscriberState) -> None:
    reader = await world.follower(1)
    await world.store.set_subscriber_state(reader.subscriber.id, state)
    assert (await world.store.apply(world.update(new("a", reader)))).deliveries == 0


async def test_a_post_taken_back_before_sending_is_not_sent(world: World) -> None:
    reader = await world.follower(1)
    post_id = await world.publish("a", reader)
    assert await world.store.withdraw_post(post_id) == 1
    assert await world.store.claim_deliveries(world.clock.now(), limit=5) == ()
    assert await world.store.recent_posts(world.clock.now(), days=1, limit=5) == ()


async def test_t2_validators_are_kept_only_together_with_the_posts(world: World) -> None:
    broken = replace(new("b"), content_hash="not bytes")  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        await world.store.apply(world.update(new("a"), broken))
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    assert feed.memory.etag is None
    assert await world.store.known(world.feed.id, [keys("a")]) == (None,)


async def test_t3_no_burst_is_capped(world: World) -> None:
    reader = await world.follower(1)
    applied = await world.store.apply(world.update(*(new(str(number), reader) for number in range(700))))
    assert applied.deliveries == 700
    assert len(set(applied.post_ids)) == 700


async def test_t8_a_subscriber_is_owed_a_post_once(world: World) -> None:
    reader = await world.follower(1)
    update = world.update(new("a", reader))
    assert (await world.store.apply(update)).deliveries == 1
    assert (await world.store.apply(update)).deliveries == 0
    assert (await world.store.status(world.clock.now())).queued == 1


async def test_t19_keys_that_differ_in_one_bit_are_two_posts(world: World) -> None:
    almost = bytes([*digest("a")[:-1], digest("a")[-1] ^ 1])
    await world.store.apply(world.update(replace(new("a"), keys=EntryKeys(local=(digest("a"),)))))
    assert await world.store.known(world.feed.id, [EntryKeys(local=(almost,))]) == (None,)


_names = st.sampled_from("abcdef")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(st.tuples(_names, _names), max_size=4), min_size=1, max_size=4))
async def test_applying_an_update_twice_equals_once(
    store: Store, clock: FakeClock, batches: list[list[tuple[str, str]]]
) -> None:
    world = World(store, clock, await store.add_feed("https://source.example/feed", name="Source"))
    reader = await world.follower(1)
    for batch in batches:
        update = world.update(*(new(name, reader, shared=[link]) for name, link in batch))
        once = await store.apply(update)
        seen = await _everything(store, world)
        twice = await store.apply(update)
        assert twice.post_ids == once.post_ids
        assert twice.deliveries == 0
        assert await _everything(store, world) == seen


async def _everything(store: Store, world: World) -> object:
    return (
        await store.recent_posts(world.clock.now(), days=1, limit=100),
        await store.status(world.clock.now()),
        await store.feeds(),
    )


async def test_a_feed_takes_back_only_its_own_posts_and_each_once(world: World) -> None:
    post_id = await world.publish("a", await world.follower(1))
    other = await world.store.add_feed("https://other.example/feed", name="Other")
    assert await world.store.withdraw_own(other.id, [keys("a")]) == 0
    assert await world.store.withdraw_own(world.feed.id, [keys("unknown"), keys("a")]) == 1
    assert await world.store.withdraw_own(world.feed.id, [keys("a")]) == 0
    post = await world.store.post(post_id)
    assert post is not None
    assert post.withdrawn_at == world.clock.now()
    assert await world.store.claim_deliveries(world.clock.now(), limit=9) == ()
