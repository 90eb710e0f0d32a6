from __future__ import annotations

import pytest

from watchdog_bot.core.feeds.discover import (
    TELEGRAM_RULES,
    by_address,
    by_page,
    pasted,
    sitemaps_in,
    telegram_page,
    well_known,
)
from watchdog_bot.core.feeds.page import parse_page
from watchdog_bot.core.feeds.rules import faults

URL = "https://radio.example/Watchdog"


def urls(page: str, url: str = URL) -> list[str]:
    return [each.url for each in by_page(page, url=url)]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (" radio.example/Watchdog ", "https://radio.example/Watchdog"),
        ("<https://radio.example/>", "https://radio.example/"),
        ("feed://radio.example/rss", "https://radio.example/rss"),
        ("feed:http://radio.example/rss", "http://radio.example/rss"),
        ("//radio.example/x", "https://radio.example/x"),
        ("t.me/some_channel/15", "https://t.me/s/some_channel"),
        ("https://telegram.me/s/some_channel", "https://t.me/s/some_channel"),
        ("http://radio.example", "http://radio.example"),
    ],
)
def test_whatever_people_paste_becomes_an_address(text: str, url: str) -> None:
    assert pasted(text) == url


@pytest.mark.parametrize(
    "url", ["https://t.me/", "https://t.me/+invite", "https://radio.example/s/x", "https://t.me/ab"]
)
def test_what_is_no_public_channel_has_no_page(url: str) -> None:
    assert telegram_page(url) is None


def test_announced_feeds_come_first_and_comments_last() -> None:
    page = """<head><link rel="alternate" type="application/rss+xml" title="Comments Feed" href="/comments/feed/">
    <link rel="alternate" type="application/rss+xml" title="Everything" href="/feed/">
    <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/1"><link rel="alternate" hreflang="ru" href="/ru/">
    <link rel="alternate" type="text/xml" href="/oembed/x.xml"><link rel="alternate" type="application/json+oembed" href="/oembed"><link rel="stylesheet" href="/feed.css">
    <link rel="alternate" type="application/atom+xml" title="Watchdog" href="watchdog.atom"></head><a href="/other.rss">RSS</a>"""
    assert urls(page) == [
        "https://radio.example/watchdog.atom", "https://radio.example/feed/", "https://radio.example/other.rss", "https://radio.example/comments/feed/",
    ]  # fmt: skip


def test_links_that_name_a_feed_are_found_in_all_their_spellings() -> None:
    links = [
        "/rss",
        "/rss/news",
        "/RSS.php",
        "/en/rss.xml",
        "/syndication/forum18.xml",
        "/api/zbqiml-vomx-tpeqkmy",
        "/index.php?format=feed",
        "/x.atom",
        "/feeds/all",
    ]
    page = "".join(
        f'<a href="{link}">x</a>'
        for link in [*links, "/feedback", "/dress", "/api", "/atomic-energy", "mailto:rss@radio.example"]
    )
    assert urls(page) == [f"https://radio.example{link}" for link in links]


def test_a_base_element_and_a_repeated_feed_are_understood() -> None:
    page = '<base href="https://radio.example/deep/"><link rel="feed" href="f.xml"><link rel="alternate" type="text/xml" href="http://www.radio.example/deep/f.xml">'
    assert urls(page) == ["https://radio.example/deep/f.xml"]


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        ('<meta name="generator" content="WordPress 6.7">', "https://radio.example/feed/"),
        ('<img src="/wp-content/uploads/x.png">', "https://radio.example/wp-json/wp/v2/posts"),
        ('<meta name="generator" content="Drupal 10">', "https://radio.example/rss.xml"),
        ('<meta name="generator" content="Ghost 5.0">', "https://radio.example/rss/"),
        ('<meta name="generator" content="Hugo 0.120">', "https://radio.example/index.xml"),
        ('<meta name="generator" content="Jekyll v4">', "https://radio.example/feed.xml"),
    ],
)
def test_a_platform_has_its_feed_where_it_always_has(page: str, feed: str) -> None:
    assert feed in urls(page)


@pytest.mark.parametrize(
    ("url", "feed"),
    [
        (
            "https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv",
        ),
        (
            "https://www.youtube.com/playlist?list=PL123",
            "https://www.youtube.com/feeds/videos.xml?playlist_id=PL123",
        ),
        ("https://t.me/some_channel", "https://t.me/s/some_channel"),
        ("https://letters.substack.com/p/one", "https://letters.substack.com/feed"),
        ("https://letters.blogspot.com/", "https://letters.blogspot.com/feeds/posts/default"),
        ("https://medium.com/@somebody/x", "https://medium.com/feed/@somebody"),
        ("https://www.reddit.com/r/news/", "https://www.reddit.com/r/news/.rss"),
    ],
)
def test_some_addresses_say_enough(url: str, feed: str) -> None:
    assert [each.url for each in by_address(url)] == [feed]


def test_a_youtube_page_names_its_channel() -> None:
    page = '<script>{"channelId":"UCabcdefghijklmnopqrstuv"}</script>'
    assert urls(page, "https://www.youtube.com/@somebody") == [
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv"
    ]
    assert by_address("https://www.youtube.com/@somebody") == ()


def test_well_known_places_are_tried_beside_the_page_and_at_the_root() -> None:
    found = [each.url for each in well_known(URL)]
    assert found[:2] == ["https://radio.example/Watchdog/feed/", "https://radio.example/Watchdog/rss.xml"]
    assert "https://radio.example/rss.xml" in found
    assert found[-1] == "https://radio.example/rssfeeds"
    assert len(found) <= 11


def test_sitemaps_of_robots_come_with_the_news_first() -> None:
    robots = "User-agent: *\nDisallow: /x\nSitemap: https://radio.example/sitemap_1.xml\n sitemap:/sitemap_news.xml.gz\nSitemap: ftp://x/"
    assert [each.url for each in sitemaps_in(robots, url=URL)] == [
        "https://radio.example/sitemap_news.xml.gz", "https://radio.example/sitemap_1.xml", "https://radio.example/sitemap.xml",
    ]  # fmt: skip


def test_a_public_telegram_page_is_read_by_its_rules() -> None:
    assert faults(TELEGRAM_RULES) == ()
    message = """<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message" data-post="some_channel/{0}">
    <div class="tgme_widget_message_text js-message_text">Message {0}: a journalist was released today</div><div class="tgme_widget_message_footer">
    <a class="tgme_widget_message_date" href="https://t.me/some_channel/{0}"><time datetime="2026-05-05T10:00:0{0}+00:00">10:00</time></a></div></div></div>"""
    feed = parse_page(
        "".join(message.format(number) for number in (1, 2)),
        url="https://t.me/s/some_channel",
        rules=TELEGRAM_RULES,
    )
    assert [entry.link for entry in feed.entries] == [
        "https://t.me/some_channel/1",
        "https://t.me/some_channel/2",
    ]
    assert feed.entries[0].title == "Message 1: a journalist was released today"
    assert feed.entries[0].published is not None
