"""A source that is quiet for longer than usual is told of, once each time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.inprocess import InProcess
from tests.telegram_html import parse
from tests.test_gaps import nobody, reading
from watchdog_bot.core import replies_feeds
from watchdog_bot.core.feeds.schedule import DAY, Pace
from watchdog_bot.core.model import (
    Feed,
    FeedChange,
    FeedHealth,
    FeedId,
    FeedKind,
    Fetched,
    FetchResult,
    HttpMemory,
    Message,
)
from watchdog_bot.poll import Poller
from watchdog_bot.silence import tell_silent
from watchdog_bot.store import Store


@dataclass
class World:
    store: Store
    clock: FakeClock

    async def feed(self, name: str, *, gap: int | None, failing: bool = False) -> Feed:
        """A feed whose newest post came just now."""
        feed = await self.store.add_feed(f"https://example.org/{name}", name=name)
        await self.posted(feed, gap=gap, failing=failing)
        return feed

    async def posted(self, feed: Feed, *, gap: int | None, failing: bool = False) -> None:
        now = self.clock.now()
        change = FeedChange(
            feed_id=feed.id,
            memory=HttpMemory(pace=Pace(gap=gap).to_text()),
            health=FeedHealth(
                last_checked_at=now, last_ok_at=now, last_new_at=now, failing_since=now if failing else None
            ),
            next_check_at=now,
            kind=FeedKind.RSS,
            baseline_done=True,
        )
        await self.store.note_feed(change)

    async def told(self) -> list[str]:
        messages: list[Message] = []
        count = await tell_silent(self.store, self.clock, messages.append)
        assert count == len(messages)
        return [parse(message.html).text for message in messages]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock = FakeClock()
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        yield World(store, clock)


async def test_a_silence_is_told_once_and_the_next_one_again(world: World) -> None:
    feed = await world.feed("Court <notes>", gap=2 * DAY)
    assert await world.told() == []
    world.clock.advance(17 * DAY)
    [told] = await world.told()
    assert told == (
        "🔇 Court <notes> has been silent for 17 days; it usually posts every 2 days. "
        "It answers, so this may be news; /feeds"
    )
    world.clock.advance(DAY)
    assert await world.told() == []
    await world.posted(feed, gap=2 * DAY)
    assert await world.told() == []
    world.clock.advance(20 * DAY)
    assert len(await world.told()) == 1


async def test_what_is_usual_for_a_source_is_not_told(world: World) -> None:
    await world.feed("weekly", gap=7 * DAY)
    await world.feed("hourly", gap=3600)
    await world.feed("unknown", gap=None)
    world.clock.advance(6 * DAY)
    assert await world.told() == []
    world.clock.advance(2 * DAY)
    [told] = await world.told()
    assert told.startswith("🔇 hourly has been silent for 8 days; it usually posts every 1 h.")


async def test_a_source_in_trouble_or_paused_is_told_of_for_that_and_not_for_its_silence(
    world: World,
) -> None:
    await world.feed("failing", gap=3600, failing=True)
    paused = await world.feed("paused", gap=3600)
    await world.store.pause_feed(paused.id, paused=True)
    await world.store.add_feed("https://example.org/new", name="never checked")
    world.clock.advance(30 * DAY)
    assert await world.told() == []


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (0, "every 1 min"),
        (1800, "every 30 min"),
        (3600, "every 1 h"),
        (26 * 3600, "every 26 h"),
        (3 * DAY, "every 3 days"),
    ],
)
def test_the_usual_pace_is_said_as_people_say_it(gap: int, words: str) -> None:
    feed = Feed(FeedId(1), "https://example.org/", "Court")
    assert (
        f"it usually posts {words}." in replies_feeds.feed_silent(feed, timedelta(days=9), usual_gap=gap).html
    )


class OnePost:
    """A source that shows its newest post only, without a date."""

    def __init__(self) -> None:
        self.number = 0

    async def get(self, url: str, memory: HttpMemory) -> FetchResult:
        assert not memory.etag
        post = f"<item><title>Statement {self.number} of the court</title><guid>{self.number}</guid></item>"
        return Fetched(url, f"<rss><channel>{post}</channel></rss>".encode(), "application/rss+xml")


async def test_the_pace_of_a_source_without_dates_is_known_by_when_its_posts_were_seen(world: World) -> None:
    source = OnePost()
    poller = Poller(
        world.store, source, InProcess(), read=reading, match=nobody, clock=world.clock, min_interval=60
    )
    feed = await world.store.add_feed("https://example.org/one", name="Court")
    for days in (0, 20, 2, 2, 3):
        world.clock.advance(days * DAY)
        source.number += 1
        found = await world.store.feed(feed.id)
        assert found is not None
        await poller.poll(found)
    assert len(await world.store.times_of_posts(feed.id, 9)) == 4
    world.clock.advance(15 * DAY)
    assert await world.told() == []
    world.clock.advance(2 * DAY)
    [told] = await world.told()
    assert told.startswith("🔇 Court has been silent for 17 days; it usually posts every 2 days.")


async def test_of_a_source_that_brought_nothing_since_it_was_added_no_pace_is_known(world: World) -> None:
    source = OnePost()
    poller = Poller(
        world.store, source, InProcess(), read=reading, match=nobody, clock=world.clock, min_interval=60
    )
    await poller.poll(await world.store.add_feed("https://example.org/one", name="Court"))
    world.clock.advance(90 * DAY)
    assert await world.told() == []
