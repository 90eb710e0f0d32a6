"""After an outage of days, a source with a dated archive is read back to where it was left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.clock import START, FakeClock
from tests.inprocess import InProcess
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
HOUR = timedelta(hours=1)
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
        assert url in {URL, FEED_URL} or memory == HttpMemory()
        if self.down:
            return DOWN
        found = self.pages.get(url.removeprefix(URL), NO_PAGE)
        return Fetched(url=url, body=found, content_type="") if isinstance(found, bytes) else found


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
        poller = Poller(store, site, InProcess(), read=reading, match=nobody, clock=clock, min_interval=60)
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
    assert feed.health.note == (
        "unreachable 3 days; caught up 6 posts, 4 of them from its archive; nothing is missing"
    )


async def test_once_the_gap_is_filled_the_archive_is_left_alone(world: World) -> None:
    await world.outage(3 * DAY)
    world.site.pages[""] = page((3, on(4)), (2, START - DAY))
    await world.poll()
    world.site.asked.clear()
    world.site.pages[""] = page((4, on(4, 10)), (3, on(4)))
    await world.poll()
    assert world.site.asked == [""]


async def note(world: World) -> str | None:
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    return feed.health.note


async def test_a_page_that_reaches_back_to_what_is_known_lacks_nothing_and_no_archive_is_asked(
    world: World,
) -> None:
    await world.outage(2 * DAY)
    world.site.pages[""] = page((3, on(3)), (2, START - DAY))
    assert (await world.poll()).posts == 1
    assert world.site.asked == [""]
    assert await note(world) == "unreachable 2 days; caught up 1 post; nothing is missing"


async def test_an_unchanged_page_lacks_nothing(world: World) -> None:
    await world.outage(3 * DAY)
    await world.poll()
    assert world.site.asked == [""]
    assert await note(world) == "unreachable 3 days; nothing was missed"


async def test_after_an_outage_of_hours_a_page_of_new_posts_only_asks_the_archive_of_today(
    world: World,
) -> None:
    await world.outage(timedelta(hours=3))
    world.site.pages = {
        "": page((5, START + 3 * HOUR), (4, START + 2 * HOUR)),
        "/2026/3/1": page((5, START + 3 * HOUR), (4, START + 2 * HOUR), (3, START + 2 * HOUR)),
    }
    assert (await world.poll()).posts == 3
    assert world.site.asked == ["", "/2026/3/1"]
    assert (
        await note(world)
        == "unreachable 3 h; caught up 3 posts, 1 of them from its archive; nothing is missing"
    )


async def test_an_archive_that_lacks_what_the_page_shows_is_not_believed_to_be_whole(world: World) -> None:
    await world.outage(timedelta(hours=3))
    world.site.pages = {
        "": page((5, START + 3 * HOUR), (4, START + 2 * HOUR)),
        "/2026/3/1": page((4, START + 2 * HOUR), (3, START + 2 * HOUR)),
    }
    await world.poll()
    assert (await note(world) or "").endswith("1 of them from its archive; some may be missing")


async def test_a_pinned_old_post_does_not_prove_that_nothing_is_missing(world: World) -> None:
    for number in (3, 4, 5, 6):
        world.clock.advance(1800)
        world.site.pages[""] = page((number, on(1, 0)), (1, START - 2 * DAY))
        await world.poll()
    await world.outage(timedelta(hours=3))
    world.site.pages[""] = page((9, on(1, 6)), (1, START - 2 * DAY))
    await world.poll()
    assert await note(world) == "unreachable 3 h; caught up 1 post; some may be missing"


async def test_what_came_while_the_bot_was_off_is_told_as_such(world: World) -> None:
    world.clock.advance(3 * 86_400)
    world.site.pages[""] = page((4, on(4, 0)), (3, on(3)))
    await world.poll()
    assert await note(world) == "not asked for 3 days; caught up 2 posts; some may be missing"


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


# --------------------------------------------------------------------------- sitemaps


FEED_URL = "https://radio.example/feed"
ROBOTS = b"User-agent: *\nSitemap: https://radio.example/news.xml\n"


def rss(*numbers: int) -> bytes:
    items = "".join(
        f"<item><title>Statement number {number} of the watchdog</title><link>https://radio.example/a/{number}.html</link>"
        f"<pubDate>{at(number):%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
        for number in numbers
    )
    return f'<rss version="2.0"><channel><title>Radio</title>{items}</channel></rss>'.encode()


def at(number: int) -> datetime:
    """Every hour a post, number 0 when the test begins."""
    return START + number * timedelta(hours=1)


def news(*numbers: int) -> bytes:
    rows = "".join(
        f"<url><loc>https://radio.example/a/{number}.html</loc><news:news><news:publication_date>{at(number).isoformat()}"
        f"</news:publication_date><news:title>Statement number {number} of the watchdog</news:title></news:news></url>"
        for number in numbers
    )
    space = "http://www.google.com/schemas/sitemap-news/0.9"
    return f'<urlset xmlns:news="{space}">{rows}</urlset>'.encode()


@dataclass
class Feeds:
    """A feed of four posts on a site with a sitemap, which was away for a day."""

    store: Store
    clock: FakeClock
    site: Site
    poller: Poller

    async def after_a_day(self, rules: str = "", **pages: bytes) -> tuple[int, str | None]:
        """How many posts came when it was back, and what is said of it."""
        feed = await self.store.add_feed(FEED_URL, name="Radio", rules=rules)
        self.site.pages = {FEED_URL: rss(0, -1, -2, -3)}
        await self.poller.poll(feed)
        self.site.down = True
        self.clock.advance(600)
        await self._poll(feed)
        self.clock.advance(86_400)
        self.site.down = False
        self.site.asked.clear()
        found = {f"https://radio.example/{name.replace('_', '.')}": body for name, body in pages.items()}
        self.site.pages = {FEED_URL: rss(24, 23, 22, 21), **found}
        result = await self._poll(feed)
        after = await self.store.feed(feed.id)
        assert after is not None
        return result.posts, after.health.note

    async def _poll(self, feed: Feed) -> PollResult:
        now = await self.store.feed(feed.id)
        assert now is not None
        return await self.poller.poll(now)


@pytest.fixture
async def feeds(tmp_path: Path) -> AsyncIterator[Feeds]:
    clock = FakeClock()
    site = Site(clock)
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        poller = Poller(store, site, InProcess(), read=reading, match=nobody, clock=clock, min_interval=60)
        yield Feeds(store, clock, site, poller)


async def test_the_site_s_news_sitemap_fills_what_the_feed_has_dropped(feeds: Feeds) -> None:
    posts, note = await feeds.after_a_day(robots_txt=ROBOTS, news_xml=news(*range(24, -20, -1)))
    assert feeds.site.asked == [
        FEED_URL,
        "https://radio.example/robots.txt",
        "https://radio.example/news.xml",
    ]
    assert posts == 24
    assert (
        note == "unreachable 24 h; caught up 24 posts, 20 of them from its site's sitemap; nothing is missing"
    )


async def test_a_sitemap_that_begins_within_the_gap_fills_a_part_and_that_is_said(feeds: Feeds) -> None:
    posts, note = await feeds.after_a_day(robots_txt=ROBOTS, news_xml=news(*range(24, 10, -1)))
    assert posts == 14
    assert (
        note
        == "unreachable 24 h; caught up 14 posts, 10 of them from its site's sitemap; some may be missing"
    )


async def test_a_sitemap_of_a_larger_site_fills_nothing_unless_it_is_named(feeds: Feeds) -> None:
    sport = news(*range(24, -20, -1)).replace(b"/a/", b"/sport/").split(b">", 1)[1]
    larger = news(*range(24, -20, -1)).removesuffix(b"</urlset>") + sport
    posts, note = await feeds.after_a_day(robots_txt=ROBOTS, news_xml=larger)
    assert (posts, note) == (4, "unreachable 24 h; caught up 4 posts; some may be missing")


async def test_a_section_does_not_vouch_for_a_sitemap_whose_addresses_have_its_form(feeds: Feeds) -> None:
    rules = SourceRules(section="/a/*").to_text()
    larger = news(*range(24, -20, -1)).replace(b"/a/", b"/a/other-").split(b">", 1)[1]
    site = news(*range(24, -20, -1)).removesuffix(b"</urlset>") + larger
    posts, note = await feeds.after_a_day(rules, robots_txt=ROBOTS, news_xml=site)
    assert (posts, note) == (4, "unreachable 24 h; caught up 4 posts; some may be missing")


async def test_a_sitemap_that_the_operator_names_is_believed(feeds: Feeds) -> None:
    rules = SourceRules(sitemap="/map.xml", section="/a/*").to_text()
    posts, note = await feeds.after_a_day(rules, map_xml=news(*range(24, -20, -1)))
    assert feeds.site.asked == [FEED_URL, "https://radio.example/map.xml"]
    assert (posts, (note or "").endswith("nothing is missing")) == (24, True)


async def test_without_a_sitemap_the_gap_stays_and_is_told(feeds: Feeds) -> None:
    posts, note = await feeds.after_a_day()
    assert (posts, note) == (4, "unreachable 24 h; caught up 4 posts; some may be missing")
