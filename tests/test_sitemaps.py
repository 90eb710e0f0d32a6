"""A watched sitemap index: the posts stand in the sitemaps it names, and these are read politely, through every change."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clock import START, FakeClock
from tests.feedserver import FeedServer, Reply
from tests.inprocess import InProcess
from tests.test_gaps import reading
from tests.test_pages import watching
from watchdog_bot.adding import Added, FeedAdder
from watchdog_bot.core.feeds.rules import SourceRules
from watchdog_bot.core.feeds.sitemap_index import MOST
from watchdog_bot.core.model import (
    Feed,
    FeedKind,
    Fetched,
    FetchFailed,
    FetchResult,
    HttpMemory,
    NotModified,
    PostId,
    PostText,
)
from watchdog_bot.fetch import Fetcher, FetchLimits
from watchdog_bot.poll import Poller, PollResult
from watchdog_bot.sitemaps import BYTES, TRIES
from watchdog_bot.store import Store

HOST = "https://radio.example"
URL = f"{HOST}/sitemap.xml"
HOUR = timedelta(hours=1)


def index(*names: str | tuple[str, str]) -> bytes:
    rows = (name if isinstance(name, tuple) else (name, "") for name in names)
    named = "".join(
        f"<sitemap><loc>{HOST}/{name}</loc>{f'<lastmod>{date}</lastmod>' if date else ''}</sitemap>"
        for name, date in rows
    )
    return f"<sitemapindex>{named}</sitemapindex>".encode()


def sitemap(*numbers: int, section: str = "a", lastmod: str = "") -> bytes:
    date = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    rows = "".join(
        f"<url><loc>{HOST}/{section}/statement-{number}.html</loc>{date}</url>" for number in numbers
    )
    return f"<urlset>{rows}</urlset>".encode()


@dataclass
class Site:
    """A network of one site that answers conditions; what is not there is 404."""

    clock: FakeClock
    pages: dict[str, bytes | FetchResult] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    slow: float = 0.0

    async def get(self, url: str, memory: HttpMemory) -> FetchResult:
        name = url.removeprefix(f"{HOST}/")
        self.clock.advance(self.slow)
        found = self.pages.get(name, FetchFailed("the server answers 404", HARD))
        if isinstance(found, bytes) and memory.etag == (tag := f'"{hash(found)}"'):
            self.asked.append(f"{name} unchanged")
            return NotModified(etag=tag)
        self.asked.append(name)
        if not isinstance(found, bytes):
            return found
        return Fetched(url=url, body=found, content_type="application/xml", etag=f'"{hash(found)}"')


HARD = FetchFailed("").weight.HARD


@dataclass
class World:
    """One index, polled by hand, and somebody who is to hear of everything."""

    store: Store
    clock: FakeClock
    site: Site
    poller: Poller
    feed: Feed
    told: list[str]  # titles that somebody was alerted of since the last poll began
    held: list[int]

    async def poll(self, **pages: bytes | FetchResult) -> PollResult:
        """An hour later; the site has changed by `pages`."""
        self.site.pages |= {name.replace("_", "-") + ".xml": page for name, page in pages.items()}
        self.site.asked.clear()
        self.told.clear()
        self.clock.advance(3600)
        feed = await self.store.feed(self.feed.id)
        assert feed is not None
        return await self.poller.poll(feed)

    async def titles(self) -> list[str]:
        posts = await self.store.recent_posts(self.clock.now(), days=90, limit=9999)
        return sorted(post.title for post in posts)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock = FakeClock()
    site = Site(clock)
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        feed = await store.add_feed(URL, name="Radio")

        told: list[str] = []
        held: list[int] = []

        def match(text: PostText) -> tuple[()]:
            told.append(text.title)
            return ()

        async def ask(_feed: Feed, posts: tuple[PostId, ...]) -> None:
            held.extend(posts)

        poller = Poller(
            store, site, InProcess(), read=reading, match=match, clock=clock, min_interval=60, on_held=ask
        )
        yield World(store, clock, site, poller, feed, told, held)


async def begun(world: World) -> None:
    """A baseline of an index by months."""
    await world.poll(
        sitemap=index("map-2026-01.xml", "map-2026-02.xml"),
        map_2026_02=sitemap(3, 4),
        map_2026_01=sitemap(1, 2),
    )


async def test_the_posts_of_an_index_are_those_of_the_sitemaps_it_names(world: World) -> None:
    await begun(world)
    assert world.site.asked == ["sitemap.xml", "map-2026-02.xml", "map-2026-01.xml"]
    assert await world.titles() == ["Statement 1", "Statement 2", "Statement 3", "Statement 4"]
    assert world.told == []
    result = await world.poll(map_2026_02=sitemap(3, 4, 5))
    assert (result.posts, world.told) == (1, ["Statement 5"])


async def test_what_is_unchanged_is_asked_for_with_its_validators(world: World) -> None:
    await begun(world)
    result = await world.poll()
    assert result == PollResult()
    assert world.site.asked == [
        "sitemap.xml unchanged",
        "map-2026-02.xml unchanged",
        "map-2026-01.xml unchanged",
    ]
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    assert feed.kind is FeedKind.SITEMAP
    assert feed.health.failing_since is None


async def test_an_index_that_names_another_sitemap_is_followed_there_and_its_posts_are_news(
    world: World,
) -> None:
    await begun(world)
    world.clock.advance(86_400)
    result = await world.poll(
        sitemap=index("map-2026-01.xml", "map-2026-02.xml", "map-2026-03.xml"), map_2026_03=sitemap(5, 6)
    )
    assert result.posts == 2
    assert sorted(world.told) == ["Statement 5", "Statement 6"]
    assert world.site.asked[:2] == ["sitemap.xml", "map-2026-03.xml"]
    assert "map-2026-01.xml" not in " ".join(world.site.asked)


async def test_a_post_that_moves_to_another_sitemap_is_no_news(world: World) -> None:
    await begun(world)
    result = await world.poll(sitemap=index("all-1.xml"), all_1=sitemap(1, 2, 3, 4))
    assert (result.posts, world.told) == (0, [])


async def test_a_sitemap_whose_date_in_the_index_is_what_it_was_is_left_alone(world: World) -> None:
    named = index(("map-2026-02.xml", "2026-02-28"), ("map-2026-01.xml", "2026-01-31"))
    await world.poll(sitemap=named, map_2026_02=sitemap(3), map_2026_01=sitemap(1))
    await world.poll()
    assert world.site.asked == ["sitemap.xml unchanged"]
    named = index(("map-2026-02.xml", "2026-03-01"), ("map-2026-01.xml", "2026-01-31"))
    assert (await world.poll(sitemap=named, map_2026_02=sitemap(3, 4))).posts == 1
    assert world.site.asked == ["sitemap.xml", "map-2026-02.xml"]


async def test_once_a_day_everything_is_looked_at_whole(world: World) -> None:
    named = index(("map-2026-02.xml", "2026-02-28"))
    await world.poll(sitemap=named, map_2026_02=sitemap(3))
    world.site.pages["map-2026-02.xml"] = sitemap(3, 4)
    world.clock.advance(86_400)
    assert (await world.poll()).posts == 1
    assert world.site.asked == ["sitemap.xml", "map-2026-02.xml"]


async def test_an_old_year_that_comes_to_the_top_brings_only_what_says_it_is_new(world: World) -> None:
    old = [(f"posts-{number}.xml", "2020-01-01") for number in range(1, 9)]
    await world.poll(
        sitemap=index(*old, ("posts-9.xml", "2026-02-28")), posts_9=sitemap(90, 91), posts_8=sitemap(80, 81)
    )
    edited = [*old[:2], ("posts-3.xml", "2026-03-01T02:00:00Z"), *old[3:]]
    fresh = sitemap(39, lastmod=(START + HOUR).isoformat())
    await world.poll(
        sitemap=index(*edited, ("posts-9.xml", "2026-02-28")),
        posts_3=fresh.replace(b"</urlset>", sitemap(*range(30, 39), lastmod="2020-01-01")[8:]),
    )
    assert world.told == ["Statement 39"]
    assert world.held == []
    assert "Statement 30" in await world.titles()


async def test_a_new_sitemap_that_could_not_be_read_at_first_is_news_when_it_can(world: World) -> None:
    await world.poll(sitemap=index("posts-1.xml"), posts_1=sitemap(1))
    down = FetchFailed("the server answers 503")
    await world.poll(sitemap=index("posts-1.xml", "posts-2.xml"), posts_2=down)
    assert (await world.poll(posts_2=sitemap(2))).posts == 1
    assert world.told == ["Statement 2"]


async def test_of_many_sitemaps_a_bounded_number_is_asked_for(world: World) -> None:
    kinds = "abcdefghijklmnop"
    world.site.pages |= {f"{kind}.xml": sitemap(number) for number, kind in enumerate(kinds)}
    await world.poll(sitemap=index(*(f"{kind}.xml" for kind in kinds)))
    assert len(world.site.asked) == 1 + MOST


async def test_one_that_is_gone_makes_room_for_the_next_within_bounds(world: World) -> None:
    kinds = "abcdefghijklmnop"
    world.site.pages["c.xml"] = sitemap(3)
    result = await world.poll(sitemap=index(*(f"{kind}.xml" for kind in kinds)))
    assert (result.posts, result.cause) == (1, None)
    assert len(world.site.asked) == 1 + TRIES


async def test_where_none_can_be_read_the_cause_is_told(world: World) -> None:
    result = await world.poll(sitemap=index("a.xml", "b.xml"))
    assert result.cause == "none of the sitemaps it names can be read: the server answers 404"
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    assert not feed.paused
    result = await world.poll(a=b"no sitemap at all", b=b"no sitemap at all")
    assert (result.cause or "").startswith("none of the sitemaps it names can be read: ")


async def test_one_that_is_withdrawn_does_not_pause_its_index(world: World) -> None:
    await world.poll(sitemap=index("a.xml"), a=FetchFailed("the server answers 410", HARD, gone=True))
    feed = await world.store.feed(world.feed.id)
    assert feed is not None
    assert not feed.paused


async def test_slow_sitemaps_end_before_the_lease_does_and_the_rest_joins_the_baseline_next_time(
    world: World,
) -> None:
    world.site.slow = 25.0
    names = [f"{kind}.xml" for kind in "abcdef"]
    world.site.pages |= {name: sitemap(number) for number, name in enumerate(names)}
    await world.poll(sitemap=index(*names))
    assert world.site.asked == ["sitemap.xml", "a.xml", "b.xml", "c.xml"]
    world.site.slow = 0.0
    await world.poll(sitemap=index(*names, "tag.xml"))
    assert [name for name in world.site.asked if "unchanged" not in name] == [
        "sitemap.xml",
        "d.xml",
        "e.xml",
        "f.xml",
    ]
    assert world.told == []
    assert len(await world.titles()) == 6


async def test_huge_sitemaps_end_at_a_bound_of_bytes(world: World) -> None:
    large = sitemap(1) + b" " * (BYTES // 2)
    await world.poll(sitemap=index("a.xml", "b.xml", "c.xml", "d.xml"), a=large, b=large, c=large, d=large)
    assert world.site.asked == ["sitemap.xml", "a.xml", "b.xml"]


async def test_an_index_of_indexes_is_followed_two_deep_and_no_deeper(world: World) -> None:
    await world.poll(
        sitemap=index("en.xml"), en=index("en-2.xml", "en-1.xml"), en_2=sitemap(2), en_1=index("deep.xml")
    )
    assert world.site.asked == ["sitemap.xml", "en.xml", "en-2.xml", "en-1.xml"]
    assert (await world.poll(en_2=sitemap(2, 3))).posts == 1
    assert (await world.poll(sitemap=index("en.xml", "tag.xml"), en_2=sitemap(2, 3, 4))).posts == 1


async def test_an_index_that_becomes_a_sitemap_and_back_loses_and_repeats_nothing(world: World) -> None:
    await begun(world)
    assert (await world.poll(sitemap=sitemap(1, 2, 3, 4, 5))).posts == 1
    assert (await world.poll(sitemap=index("map-2026-02.xml"), map_2026_02=sitemap(3, 4, 5, 6))).posts == 1
    assert (await world.poll()).posts == 0


async def test_only_the_entries_of_a_section_count_in_every_sitemap_of_an_index(tmp_path: Path) -> None:
    clock = FakeClock()
    rules = SourceRules(section="/watchdog/*")
    pages: dict[str, bytes | FetchResult] = {
        "sitemap.xml": index("map-1.xml"),
        "map-1.xml": sitemap(1, 2)[:-9] + sitemap(3, section="watchdog")[8:],
    }
    site = Site(clock, pages)
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        feed = await store.add_feed(URL, name="Radio", rules=rules.to_text())
        poller = Poller(
            store, site, InProcess(), read=reading, match=lambda _text: (), clock=clock, min_interval=60
        )
        assert (await poller.poll(feed)).posts == 1


async def test_other_rules_read_every_sitemap_of_the_index_again(world: World) -> None:
    await begun(world)
    await world.store.configure_feed(
        world.feed.id,
        name="Radio",
        kind=FeedKind.SITEMAP,
        every=None,
        rules=SourceRules(section="/a/*").to_text(),
    )
    await world.poll()
    assert world.site.asked == ["sitemap.xml", "map-2026-02.xml", "map-2026-01.xml"]


# --------------------------------------------------------------------------- over real HTTP


async def test_compressed_sitemaps_of_an_index_are_read_over_http_and_found_by_adding_it(
    tmp_path: Path,
) -> None:
    async with (
        FeedServer() as server,
        Fetcher(user_agent="Test", allow_private=True, limits=FetchLimits(spacing=0.0)) as fetcher,
        Store.open(tmp_path / "watchdog.db", clock=(clock := FakeClock())) as store,
    ):
        here = server.url("")
        server.serve("/sitemap.xml", index("news.xml.gz").replace(HOST.encode(), here.encode()), etag='"i"')
        packed = gzip.compress(sitemap(1, 2).replace(HOST.encode(), here.encode()))
        server.serve("/news.xml.gz", packed, content_type="application/x-gzip", etag='"1"')
        added = await FeedAdder(store, fetcher, InProcess(), clock).add(server.url("/sitemap.xml"))
        assert isinstance(added, Added)
        assert (added.feed.url, added.feed.kind) == (server.url("/sitemap.xml"), FeedKind.SITEMAP)
        assert added.titles == ("Statement 1", "Statement 2")
        poller = Poller(
            store, fetcher, InProcess(), read=reading, match=lambda _text: (), clock=clock, min_interval=60
        )
        assert (await poller.poll(added.feed)).posts == 2
        clock.advance(3600)
        packed = gzip.compress(sitemap(1, 2, 3).replace(HOST.encode(), here.encode()))
        server.reply("/news.xml.gz", Reply(200, packed, {"Content-Type": "application/gzip"}))
        feed = await store.feed(added.feed.id)
        assert feed is not None
        assert (await poller.poll(feed)).posts == 1
        asked = [request for request in server.requests if request.target == "/news.xml.gz"]
        assert asked[-1].headers["if-none-match"] == '"1"'


def live(server: FeedServer, *numbers: int) -> None:
    """The newest sitemap of a site whose statements are one section of two."""
    both = sitemap(*numbers)[:-9] + sitemap(*numbers, section="sport")[8:]
    server.serve("/map-2.xml", both.replace(HOST.encode(), server.url("").encode()))


async def test_a_section_of_a_sitemap_index_alerts_end_to_end(tmp_path: Path) -> None:
    more = "kind = 'sitemap'\nrules = { section = '/a/*' }"
    async with watching(tmp_path, ("/sitemap.xml", more)) as (bot, site):
        named = index("map-1.xml", "map-2.xml").replace(HOST.encode(), site.server.url("").encode())
        site.server.serve("/sitemap.xml", named)
        live(site.server, 1, 2)
        vera = bot.simulator.person("Vera")
        await bot.say(vera, "/subscribe statement*")
        await site.known("/map-2.xml")
        live(site.server, 1, 2, 3)
        await bot.until(lambda: next(iter(bot.alerts(vera.chat, "Statement 3")), None))
        await site.polled("/map-2.xml")
        assert len([each for each in vera.chat.from_bot if "Matched:" in each.text]) == 1


async def test_an_admin_adds_a_section_of_a_sitemap_in_chat(tmp_path: Path) -> None:
    async with watching(tmp_path) as (bot, site):
        named = index("map-2.xml").replace(HOST.encode(), site.server.url("").encode())
        site.server.serve("/sitemap.xml", named)
        live(site.server, 1, 2)
        admin = bot.simulator.people[0]
        before = len(admin.chat.from_bot)
        admin.say(f"/feed_add {site.server.url('/sitemap.xml')} /weather/*")
        await bot.until(
            lambda: next(
                (
                    m
                    for m in admin.chat.from_bot[before:]
                    if "no post with an address like /weather/*" in m.text
                ),
                None,
            )
        )
        admin.say(f"/feed_add {site.server.url('/sitemap.xml')} /a/*")
        added = await bot.until(
            lambda: next((m for m in admin.chat.from_bot[before:] if "Watching" in m.text), None)
        )
        assert [line for line in added.text.splitlines() if line.startswith("•")] == [
            "• Statement 1",
            "• Statement 2",
        ]
