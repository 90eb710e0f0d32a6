"""What feeds in the wild do that no specification foresees. Each document here stands for a kind that was met."""

from __future__ import annotations

import gzip
from base64 import b64encode
from datetime import UTC, datetime

import pytest

from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.charset import decode
from watchdog_bot.core.feeds.dates import read_date
from watchdog_bot.core.feeds.entry import MAX_ENTRIES
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.html import plain
from watchdog_bot.core.model import FeedKind, ParsedEntry, ParsedFeed

FILE = "file:///tmp/feed.xml"
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'


def read(document: str, url: str = FILE) -> ParsedFeed:
    return parse_document(document.encode(), url=url)


def atom(inside: str, head: str = "") -> ParsedEntry:
    [entry] = read(f"<feed {ATOM}>{head}<entry>{inside}</entry></feed>").entries
    return entry


def rss(inside: str, head: str = "", url: str = FILE) -> ParsedEntry:
    [entry] = read(f'<rss version="2.0"><channel>{head}<item>{inside}</item></channel></rss>', url).entries
    return entry


# --- what links are relative to


@pytest.mark.parametrize(
    "head",
    [
        '<link href="/"/><link rel="self" href="https://journal.example/atom.xml"/>',
        "<id>https://journal.example/atom.xml</id>",
        '<link href="https://journal.example/en/"/>',
    ],
)
def test_in_a_file_links_are_relative_to_whatever_tells_the_site(head: str) -> None:
    assert atom('<link href="/2026/raid"/>', head).link == "https://journal.example/2026/raid"


@pytest.mark.parametrize(("href", "link"), [
    ("/articles/raid/", "/articles/raid/"), (" raid 2.html\n", "raid%202.html"), ("javascript:alert(1)", None), ("//other.example/x", None),
    ("mailto:a@b.example", None), ("", None),
])  # fmt: skip
def test_in_a_file_that_tells_nothing_a_relative_link_stays_as_it_is(href: str, link: str | None) -> None:
    assert rss(f"<title>Raid</title><link>{href}</link>", "<link>/</link>").link == link


def test_a_json_feed_in_a_file_has_links_relative_to_its_site() -> None:
    def link(head: str) -> str | None:
        return (
            read(
                f'{{"version": "https://jsonfeed.org/version/1.1", {head} "items": [{{"id": "1", "url": "/raid"}}]}}'
            )
            .entries[0]
            .link
        )

    assert link('"home_page_url": "https://journal.example/en/",') == "https://journal.example/raid"
    assert link('"feed_url": "https://journal.example/feed.json",') == "https://journal.example/raid"
    assert link("") == "/raid"


def test_rss_that_another_host_serves_has_links_relative_to_its_site() -> None:
    head = "<link>https://journal.example/</link>"
    assert rss("<link>/raid</link>", head, "https://feeds.example/j").link == "https://journal.example/raid"
    assert (
        rss("<link>raid</link>", head, "https://journal.example/en/rss").link
        == "https://journal.example/en/raid"
    )
    assert rss("<link>/raid</link>", "", "https://feeds.example/j").link == "https://feeds.example/raid"


def test_atom_has_links_relative_to_its_own_address_whoever_serves_it() -> None:
    document = (
        f'<feed {ATOM}><link href="https://journal.example/"/><entry><link href="/raid"/></entry></feed>'
    )
    assert read(document, "https://feeds.example/j").entries[0].link == "https://feeds.example/raid"


def test_an_entry_that_only_has_a_recording_leads_to_it() -> None:
    recording = '<enclosure url="https://radio.example/1.mp3" type="audio/mpeg" length="1"/>'
    assert rss(f"<title>Hour one</title>{recording}").link == "https://radio.example/1.mp3"
    assert rss(f"{recording}<link>https://radio.example/1</link>").link == "https://radio.example/1"


# --- titles


def test_markup_in_the_title_of_an_atom_text_is_a_mistake_only_in_pairs() -> None:
    assert atom("<title>He wrote &lt;b&gt;nothing&lt;/b&gt; new</title>").title == "He wrote nothing new"
    assert atom("<title>Why &lt;b&gt; and &lt;blink&gt; went</title>").title == "Why <b> and <blink> went"


def test_a_title_in_base64_is_read() -> None:
    packed = b64encode(b"<p>Verdict <b>upheld</b></p>").decode()
    assert atom(f'<title type="application/octet-stream">{packed}</title>').title == "Verdict upheld"


def test_a_quote_begins_a_value_only_behind_an_equals_sign() -> None:
    assert (
        atom('<title type="html"><![CDATA[<a href=https://a.example/">Verdict</a>]]></title>').title
        == "Verdict"
    )
    assert plain("""<a title="a > b" rel = 'x>y' 5" wide>Verdict</a>""") == "Verdict"


# --- documents that are not quite feeds


def test_a_feed_that_a_template_wrapped_into_a_page_is_read() -> None:
    page = (
        '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml">'
        f'<head><title>Journal</title></head><body class="a">\n<feed {ATOM}><title>Journal</title><entry><title>Raid</title></entry></feed></body></html>'
    )
    assert [entry.title for entry in read(page).entries] == ["Raid"]


def test_a_page_that_shows_a_feed_somewhere_is_a_page() -> None:
    with pytest.raises(ParseError, match="a web page"):
        read(f"<html><body><h1>How to write one</h1><pre><feed {ATOM}><entry/></feed></pre></body></html>")


@pytest.mark.parametrize("channel", [
    '<CHANNEL LASTMOD="2026-05-05T10:00:00Z"></CHANNEL>', '<CHANNEL HREF="https://a.example/"></CHANNEL>',
    "<CHANNEL><ABSTRACT>All we write</ABSTRACT></CHANNEL>",
])  # fmt: skip
def test_a_channel_that_says_little_is_an_empty_feed(channel: str) -> None:
    feed = read(channel)
    assert (feed.kind, feed.entries, feed.damaged) == (FeedKind.RSS, (), False)


def test_a_bad_byte_behind_a_byte_order_mark_costs_only_itself() -> None:
    assert decode(b"\xef\xbb\xbf<rss>Espa\xf1a</rss>") == "<rss>España</rss>"


# --- sitemaps that are texts


def test_a_text_of_addresses_is_a_sitemap() -> None:
    feed = read("https://a.example/raid-in-minsk\r\n\r\nhttps://a.example/2\n")
    assert feed.kind is FeedKind.SITEMAP
    assert [(entry.link, entry.title) for entry in feed.entries] == [
        ("https://a.example/raid-in-minsk", "Raid in minsk"),
        ("https://a.example/2", "a.example/2"),
    ]
    many = "\n".join(f"https://a.example/{number}" for number in range(MAX_ENTRIES + 10))
    assert len(read(many).entries) == MAX_ENTRIES


def test_an_index_may_write_addresses_without_their_element() -> None:
    index = "<sitemapindex><sitemap>\nhttps://a.example/map?p=1&amp;l=en\n</sitemap><sitemap>no address</sitemap></sitemapindex>"
    assert read(index).children == ("https://a.example/map?p=1&l=en",)


def test_a_sitemap_that_breaks_off_gives_the_addresses_it_has_whole() -> None:
    body = gzip.compress(
        b"<urlset>" + b"<url><loc>https://a.example/1</loc></url>" * 3 + b"<url><loc>https://a.exam"
    )
    assert len(parse_document(body, url=FILE).entries) == 3


def test_a_text_that_holds_an_address_is_no_sitemap() -> None:
    for text in ("https://a.example/", "https://a.example/\nand so on", "see https://a.example/\n" * 2):
        with pytest.raises(ParseError, match="neither XML nor JSON"):
            read(text)


# --- dates


@pytest.mark.parametrize(("raw", "moment"), [
    ("Sun Jul 15 01:16:00 +0000 2012", "2012-07-15T01:16:00"),
    ("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T12:19:53"),
    ("2003-012-31T10:14:55+00:00", "2003-12-31T10:14:55"),
    ("Mon, 26 January 2004 16:31:00 ET", "2004-01-26T21:31:00"),
    ("2004-05-25 오후 11:23:17", "2004-05-25T14:23:17"),
    ("2004-05-25 오전 11:23:17 GMT", "2004-05-25T11:23:17"),
    ("2004년 05월 28일  01:31:15", "2004-05-27T16:31:15"),
    ("2004年5月28日 下午 1:31", "2004-05-28T13:31:00"),
    ("Thu, June 22, 2023 at 01:11 PM EDT", "2023-06-22T17:11:00"),
])  # fmt: skip
def test_dates_that_were_met_are_read(raw: str, moment: str) -> None:
    assert read_date(raw) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    ["2003-07-01T25:51:30-05:00", "2020-01/10 14:33:00", "Sat, 11 04 2020 08:51:49", "10/30/23 21:55:58"],
)
def test_dates_that_say_nothing_certain_are_none(raw: str) -> None:
    assert read_date(raw) is None
