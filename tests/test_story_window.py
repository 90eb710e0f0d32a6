"""The window of stories: brought up without signing, changed by edits, closed to what was taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.store.world import World
from watchdog_bot import stories
from watchdog_bot.core import decide
from watchdog_bot.core.feeds.identity import content_hash, keys
from watchdog_bot.core.match.story_signature import VERSION
from watchdog_bot.core.model import (
    CountryReading,
    Feed,
    FeedUpdate,
    NewPost,
    ParsedEntry,
    PostEdit,
    PostId,
    Sighting,
)
from watchdog_bot.store import Store
from watchdog_bot.stories import Stories

TEXT = (
    "A court in Minsk on Monday sentenced the editor Maryna Kavalchuk to four years in a penal colony for what it "
    "called the discrediting of the state. She had run the regional weekly Brama since 2009 and was detained in "
    "March together with two reporters, who were released after ten days."
)
OTHER_TEXT = (
    "Firefighters in the northern district spent the whole night at a timber yard where some forty tonnes of dry "
    "planks burned; nobody was hurt, and the cause is being looked into by the local inspection of buildings."
)
TITLE = "Belarusian Editor Maryna Kavalchuk Sentenced to Four Years"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock = FakeClock()
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        yield await World.make(store, clock)


async def window(world: World) -> Stories:
    made = Stories(world.store, world.clock)
    await made.load()
    return made


def told(name: str, text: str = TEXT, title: str = TITLE) -> ParsedEntry:
    return ParsedEntry(name, f"https://{name}.example/1", title, "", text)


async def other(world: World) -> Feed:
    feed = await world.store.add_feed("https://other.example/", name="Other")
    return replace(feed, baseline_done=True)


async def look(these: Stories, feed: Feed, *entries: ParsedEntry) -> tuple[decide.EntryFacts, ...]:
    facts = decide.facts(entries, keys(entries), [None] * len(entries))
    return await these.linked(replace(feed, baseline_done=True), facts)


async def store(world: World, these: Stories, feed: Feed, facts: decide.EntryFacts) -> PostId:
    made = NewPost(
        facts.entry,
        facts.keys,
        content_hash(facts.entry),
        CountryReading(),
        signature=facts.signature,
        story=facts.story,
    )
    update = world.update(made, feed=feed)
    post_ids = (await world.store.apply(update)).post_ids
    these.learn(feed, update, post_ids)
    return post_ids[0]


async def edit(world: World, these: Stories, post_id: PostId, entry: ParsedEntry) -> None:
    (signed,) = await look(these, world.feed, entry)
    change = PostEdit(post_id, entry, content_hash(entry), CountryReading(), signature=signed.signature)
    update: FeedUpdate = world.update(edits=[change])
    await world.store.apply(update)
    these.learn(world.feed, update, ())


async def test_a_start_signs_nothing_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    these, feed = await window(world), await other(world)
    (facts,) = await look(these, world.feed, told("a"))
    first = await store(world, these, world.feed, facts)
    (again,) = await look(these, feed, told("b"))
    report = await store(world, these, feed, again)
    monkeypatch.setattr(stories, "sign", _never)
    started = await window(world)
    assert len(started) == 2
    monkeypatch.undo()
    third = await world.store.add_feed("https://third.example/", name="Third")
    (joined,) = await look(started, third, told("c"))
    assert joined.story == first
    (own,) = await look(started, feed, told("d"))
    assert own.story is None  # its source is part of the story already, by the report
    assert report != first


def _never(*_: object, **__: object) -> None:
    raise AssertionError("it was signed before")


async def test_what_another_version_signed_is_signed_again(world: World) -> None:
    these = await window(world)
    (facts,) = await look(these, world.feed, told("a"))
    old = bytes((VERSION + 1,)) + facts.signature[1:]
    first = await store(world, these, world.feed, replace(facts, signature=old))
    (joined,) = await look(await window(world), await other(world), told("b"))
    assert joined.story == first


async def test_an_edit_is_what_later_reports_are_compared_with(world: World) -> None:
    these, feed = await window(world), await other(world)
    (facts,) = await look(these, world.feed, told("a", OTHER_TEXT, "Timber yard burns in the north"))
    first = await store(world, these, world.feed, facts)
    assert (await look(these, feed, told("b")))[0].story is None
    await edit(world, these, first, told("a"))
    assert (await look(these, feed, told("b")))[0].story == first
    assert (await look(await window(world), feed, told("b")))[0].story == first
    await edit(world, these, first, told("a", OTHER_TEXT, "Timber yard burns in the north"))
    assert (await look(these, feed, told("b")))[0].story is None


async def test_an_edit_does_not_bring_an_old_post_back_into_the_window(world: World) -> None:
    these, feed = await window(world), await other(world)
    (facts,) = await look(these, world.feed, told("a"))
    first = await store(world, these, world.feed, facts)
    world.clock.advance(3 * 86_400)
    await edit(world, these, first, told("a"))
    assert (await look(these, feed, told("b")))[0].story is None
    assert len(await window(world)) == 0


async def test_a_story_that_was_taken_back_is_joined_by_nobody(world: World) -> None:
    these, feed = await window(world), await other(world)
    (facts,) = await look(these, world.feed, told("a"))
    first = await store(world, these, world.feed, facts)
    assert (await look(these, feed, told("b")))[0].story == first
    await world.store.withdraw_post(first)
    (alone,) = await look(these, feed, told("b"))
    assert alone.story is None
    second = await store(world, these, feed, alone)
    third = await world.store.add_feed("https://third.example/", name="Third")
    assert (await look(these, third, told("c")))[0].story == second


async def test_a_report_that_was_taken_back_leaves_its_story_open(world: World) -> None:
    these, feed = await window(world), await other(world)
    (facts,) = await look(these, world.feed, told("a"))
    first = await store(world, these, world.feed, facts)
    (again,) = await look(these, feed, told("b"))
    await world.store.withdraw_post(await store(world, these, feed, again))
    third = await world.store.add_feed("https://third.example/", name="Third")
    assert (await look(these, third, told("c")))[0].story == first


async def test_two_feeds_that_link_to_one_page_in_other_spellings_have_one_post_with_two_sightings(
    world: World,
) -> None:
    these, feed = await window(world), await other(world)
    one = ParsedEntry("1", "https://www.a.example/verdict", TITLE, "", TEXT)
    again = ParsedEntry("9", "http://m.a.example/verdict/amp/?utm_source=rss#top", OTHER_TEXT, "", OTHER_TEXT)
    (facts,) = await look(these, world.feed, one)
    first = await store(world, these, world.feed, facts)
    (entry_keys,) = keys([again])
    (known,) = await world.store.known(feed.id, [entry_keys])
    assert known is not None
    assert (known.post_id, known.seen_here, known.origin_here) == (first, False, False)
    sighting = Sighting(known.post_id, entry_keys, link=again.link)
    await world.store.apply(world.update(sightings=[sighting], feed=feed))
    post = await world.store.post(first)
    assert post is not None
    assert [(each.name, each.link) for each in await world.store.also_at(post)] == [("Other", again.link)]
    (known,) = await world.store.known(feed.id, [entry_keys])
    assert known is not None
    assert known.complete


async def test_of_a_first_poll_the_newest_may_be_repeated_by_others(world: World) -> None:
    these, feed = await window(world), await other(world)
    entries = [told(f"old{number}", f"{number} {OTHER_TEXT}", f"Old {number}") for number in range(60)]
    facts = decide.facts((told("a"), *entries), keys((told("a"), *entries)), [None] * 61)
    signed = await these.linked(replace(world.feed, baseline_done=False), facts)
    assert [bool(each.signature) for each in signed] == [True] * 50 + [False] * 11
    assert all(each.story is None for each in signed)
    first = await store(world, these, world.feed, signed[0])
    assert (await look(these, feed, told("b")))[0].story == first
