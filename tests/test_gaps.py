"""After an outage of days, a source with a dated archive is read back to where it was left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.clock import START, FakeClock
from tests.discover.test_discover import Here
from watchdog_bot.core.feeds.rules import SourceRules
from watchdog_bot.core.model import (
    CountryReading,
    FailureWeight,
    Feed,
    FeedKind,
    Fetched,
    FetchFailed,
    FetchResult,
    HttpMemory,
    PostText,
)
from watchdog_bot.poll import Poller, PollResult
from watchdog_bot.store import Store

URL = "https://radio.example/Watchdog"
DAY = timedelta(days=1)
RULES = SourceRules(container="article", section="/a/*", archive="/Watchdog/{year}/{month}/{day}")
DOWN = FetchFailed("the server answers 503", FailureWeight.TEMPORARY)
NO_PAGE = FetchFailed("the server answers 404", FailureWeight.HARD)


def page(*posts: tuple[int, datetime]) -> bytes:
    listed = "".join(
        f'<article><h2><a href="/a/{number}.html">Statement number {number} of the watchdog</a></h2>'
        f'<time datetime="{moment.isoformat()}"></time></article>'
        for number, moment in posts
    )
    return f"<!DOCTYPE html><html><head><title>Watchdog</title></head><body>{listed}</body></html>".encode()


@dataclass
class Site:
    """A network of one site: what is not there is 404; all of it may be down."""

    clock: FakeClock
    pages: dict[str, bytes | FetchResult] = field(default_factory=dict)
    down: bool = False
    slow: float = 0.0  # seconds that each answer takes
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, memory: HttpMemory) -> FetchResult:
        self.asked.append(url.removeprefix(URL))
        self.clock.advance(self.slow)
        assert url == URL or memory == HttpMemory()
        if self.down:
            return DOWN
        found = self.pages.get(url.removeprefix(URL), NO_PAGE)
        return Fetched(url=url, body=found, content_type="text/html") if isinstance(found, bytes) else found


@dataclass
class World:
    """One feed, polled by hand."""

    store: Store
    clock: FakeClock
    site: Site
    poller: Poller
    feed: Feed

    async def poll(self) -> PollResult:
        feed = await self.store.feed(self.feed.id)
        assert feed is not None
        return await self.poller.poll(feed)

    async def outage(self, lasting: timedelta) -> None:
        """From half an hour after now on; the site answers again when this returns, and has not been asked yet."""
        self.clock.advance(1800)
        self.site.down = True
        await self.poll()
        self.clock.advance(lasting.total_seconds())
        await self.poll()
        self.site.down = False
        self.site.asked.clear()

    async def titles(self) -> list[int]:
        posts = await self.store.recent_posts(self.clock.now(), days=90, limit=100)
        return sorted(int(post.title.split()[2]) for post in posts)


def reading(
    title: str,
    text: str,
    *,
    language: str | None = None,
    hints: tuple[str, ...] = (),
    on: date | None = None,
) -> CountryReading:
    return CountryReading()


def nobody(text: PostText) -> tuple[()]:
    return ()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock = FakeClock()
    site = Site(clock, {"": page((2, START - DAY), (1, START - 2 * DAY))})
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        feed = await store.add_feed(URL, name="Watchdog", kind=FeedKind.PAGE, rules=RULES.to_text())
        poller = Poller(store, site, Here(), read=reading, match=nobody, clock=clock, min_interval=60)
        world = World(store, clock, site, poller, feed)
        await world.poll()
        yield world


def on(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


async def test_what_came_and_went_while_the_source_was_away_is_found_in_its_archive(world: World) -> None:
    await world.outage(3 * DAY)
    world.site.pages = {
        "": page((9, on(4)), (8, on(4, 8))),
        "/2026/3/4": page((9, on(4)), (8, on(4, 8)), (7, on(4, 7))),
        "/2026/3/2": page((5, on(2)), (4, on(2, 8))),
        "/2026/3/1": page((3, on(1, 13))),
    }
    result = await world.poll()
    assert world.site.asked == ["", "/2026/3/4", "/2026/3/3", "/2026/3/2", "/2026/3/1"]
    assert result.posts == 6
    assert await world.titles() == [1, 2, 3, 4, 5, 7, 8, 9]
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    assert (feed.health.note or "").startswith("unreachable 3 days; caught up 6 posts")


async def test_once_the_gap_is_filled_the_archive_is_left_alone(world: World) -> None:
    await world.outage(3 * DAY)
    world.site.pages[""] = page((3, on(4)), (2, START - DAY))
    await world.poll()
    world.site.asked.clear()
    world.site.pages[""] = page((4, on(4, 10)), (3, on(4)))
    await world.poll()
    assert world.site.asked == [""]


async def test_what_is_known_already_is_joined_and_not_told_again(world: World) -> None:
    await world.outage(2 * DAY)
    world.site.pages |= {
        "": page((3, on(3)), (2, START - DAY)),
        "/2026/3/1": page((2, START - DAY), (1, START - 2 * DAY)),
    }
    assert (await world.poll()).posts == 1
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    assert feed.health.note == "unreachable 2 days; caught up 1 post"


async def test_a_short_outage_and_an_unchanged_page_ask_no_archive(world: World) -> None:
    await world.outage(timedelta(hours=20))
    world.site.pages[""] = page((3, on(2)), (2, START - DAY))
    await world.poll()
    await world.outage(3 * DAY)
    await world.poll()
    assert world.site.asked == [""]


@pytest.mark.parametrize("answer", [DOWN, FetchFailed("it answers 403", FailureWeight.SOFT)])
async def test_an_archive_that_is_in_trouble_is_left_in_peace_and_the_page_counts(
    world: World, answer: FetchFailed
) -> None:
    await world.outage(3 * DAY)
    world.site.pages = {"": page((9, on(4))), "/2026/3/3": answer, "/2026/3/2": page((5, on(2)))}
    assert (await world.poll()).posts == 1
    assert world.site.asked == ["", "/2026/3/4", "/2026/3/3"]


async def test_an_archive_page_that_cannot_be_read_is_left_out(world: World) -> None:
    await world.outage(3 * DAY)
    world.site.pages = {
        "": page((9, on(4))),
        "/2026/3/4": b"<html><p>Nothing</p></html>",
        "/2026/3/2": page((5, on(2))),
    }
    assert (await world.poll()).posts == 2


async def test_a_slow_archive_ends_before_the_lease_does(world: World) -> None:
    await world.outage(20 * DAY)
    world.site.slow = 25.0
    world.site.pages[""] = page((9, on(21)))
    await world.poll()
    assert world.site.asked == ["", "/2026/3/21", "/2026/3/20", "/2026/3/19"]


async def test_after_months_a_fortnight_of_days_is_asked(world: World) -> None:
    await world.outage(100 * DAY)
    world.site.pages[""] = page((9, world.clock.now()))
    await world.poll()
    assert len(world.site.asked) == 1 + 14
