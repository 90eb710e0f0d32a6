"""Discovery against a server on loopback, with the real fetcher and parser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.feedserver import FeedServer, Reply
from tests.inprocess import InProcess
from watchdog_bot.clock import SystemClock
from watchdog_bot.core.model import FeedKind
from watchdog_bot.discover import MAX_FETCHES, Discovery, discover
from watchdog_bot.fetch import Fetcher, FetchLimits


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as serving:
        yield serving


async def look(address: str) -> Discovery:
    limits = FetchLimits(spacing=0.0, total=30.0)
    async with Fetcher(user_agent="test", allow_private=True, limits=limits) as fetcher:
        return await discover(address, fetcher, InProcess(), clock=SystemClock())


def rss(*titles: str, name: str = "Court notes") -> bytes:
    items = "".join(
        f"<item><title>{title}</title><guid isPermaLink='false'>{title}</guid><pubDate>Tue, 0{n} May 2026 10:00:00 GMT</pubDate></item>"
        for n, title in enumerate(titles, start=1)
    )
    return f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()


POSTS = "".join(
    f'<article><h2><a href="/p/{n}">Statement number {n} of the committee</a></h2></article>'
    for n in (3, 2, 1)
)


def page(head: str = "", body: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head><title>A site</title>{head}</head><body>{body}</body></html>".encode()


async def test_an_address_that_is_a_feed_is_the_feed(server: FeedServer) -> None:
    server.serve("/f", rss("One", "Two", "Three", "Four"))
    [found] = (await look(server.url("/f"))).found
    assert (found.url, found.kind, found.title, found.entries) == (
        server.url("/f"),
        FeedKind.RSS,
        "Court notes",
        4,
    )
    assert found.newest == datetime(2026, 5, 4, 10, tzinfo=UTC)
    assert found.headlines == ("One", "Two", "Three")
    assert len(server.requests) == 1


async def test_a_page_leads_to_what_it_announces(server: FeedServer) -> None:
    links = '<link rel="alternate" type="application/rss+xml" href="/comments"><link rel="alternate" type="application/rss+xml" href="/news">'
    server.serve("/", page(links, POSTS), content_type="text/html")
    server.serve("/news", rss("One"))
    server.serve("/comments", rss("Me too", name="Comments on everything"))
    result = await look(server.url("/"))
    assert [found.title for found in result.found] == ["Court notes", "Comments on everything", "A site"]
    assert [found.kind for found in result.found] == [FeedKind.RSS, FeedKind.RSS, FeedKind.PAGE]


async def test_two_addresses_of_one_feed_are_one(server: FeedServer) -> None:
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="/{name}">' for name in ("a", "b", "c")
    )
    server.serve("/", page(links), content_type="text/html")
    server.serve("/a", rss("One"))
    server.serve("/b", rss("One"))
    server.redirect("/c", "/a", 301)
    assert len((await look(server.url("/"))).found) == 1


async def test_a_feed_that_moved_for_good_is_found_where_it_is_now(server: FeedServer) -> None:
    server.redirect("/old", "/new", 301)
    server.serve("/new", rss("One"))
    [found] = (await look(server.url("/old"))).found
    assert found.url == server.url("/new")


async def test_well_known_places_are_tried(server: FeedServer) -> None:
    server.serve("/section", page(), content_type="text/html")
    server.serve("/rss.xml", rss("One"))
    [found] = (await look(server.url("/section"))).found
    assert (found.url, found.how) == (server.url("/rss.xml"), "a well-known place")


async def test_a_page_that_lists_feeds_is_followed(server: FeedServer) -> None:
    server.serve("/Watchdog", page(), content_type="text/html")
    server.serve(
        "/rssfeeds", page(body='<a href="/api/zbqiml-vomx-tpeqkmy">News</a>'), content_type="text/html"
    )
    server.serve("/api/zbqiml-vomx-tpeqkmy", rss("One"))
    [found] = (await look(server.url("/Watchdog"))).found
    assert found.url == server.url("/api/zbqiml-vomx-tpeqkmy")


async def test_a_sitemap_in_robots_txt_is_found_through_its_index(server: FeedServer) -> None:
    server.serve("/", page(), content_type="text/html")
    server.serve("/robots.txt", f"Sitemap: {server.url('/index.xml.gz')}".encode(), content_type="text/plain")
    server.serve(
        "/index.xml.gz",
        f"<sitemapindex><sitemap><loc>{server.url('/news.xml')}</loc></sitemap></sitemapindex>".encode(),
    )
    server.serve(
        "/news.xml", f"<urlset><url><loc>{server.url('/a/one-two-three')}</loc></url></urlset>".encode()
    )
    [found] = (await look(server.url("/"))).found
    assert (found.url, found.kind) == (server.url("/index.xml.gz"), FeedKind.SITEMAP)


async def test_a_page_without_anything_is_offered_itself(server: FeedServer) -> None:
    server.serve("/Watchdog", page(body=POSTS), content_type="text/html")
    [found] = (await look(server.url("/Watchdog"))).found
    assert found.kind is FeedKind.PAGE
    assert found.entries == 3
    assert len(server.requests) <= MAX_FETCHES


async def test_nothing_found_is_told_with_its_cause(server: FeedServer) -> None:
    server.serve("/empty", page(), content_type="text/html")
    server.serve("/picture", b"\x89PNG\r\n", content_type="image/png")
    server.reply("/gone", Reply(410))
    assert (await look(server.url("/empty"))).cause == "a web page titled “A site”, not a feed"
    assert "neither XML nor JSON" in (await look(server.url("/picture"))).cause
    assert "gone for good" in (await look(server.url("/gone"))).cause
    assert (
        await look("https://name:secret@radio.example/")
    ).cause == "the address holds a name or a password; take them out"


async def test_a_server_is_asked_for_a_bounded_number_of_documents(server: FeedServer) -> None:
    links = "".join(f'<a href="/rss/{number}">x</a>' for number in range(200))
    server.serve("/", page(body=links), content_type="text/html")
    assert (await look(server.url("/"))).found == ()
    assert len(server.requests) <= MAX_FETCHES
