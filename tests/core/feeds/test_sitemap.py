from __future__ import annotations

import pytest

from tests.corpora import corpora
from watchdog_bot.core.feeds.entry import MAX_ENTRIES
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.feeds.rules import SourceRules, in_section
from watchdog_bot.core.feeds.sitemap import title_from
from watchdog_bot.core.model import FeedKind, ParsedEntry, ParsedFeed

URL = "https://source.example/sitemap.xml"


def read(text: str, rules: SourceRules | None = None) -> ParsedFeed:
    return parse_document(text.encode(), url=URL, rules=rules)


def address(number: int, lastmod: str = "") -> str:
    date = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    return f"<url><loc>https://source.example/a/story-{number}.html</loc>{date}</url>"


def test_an_index_names_its_sitemaps_the_most_promising_first() -> None:
    names = [
        "sitemap_tags.xml",
        "sitemap_3.xml",
        "sitemap_8_latest.xml.gz",
        "sitemap_8_news.xml.gz",
        "post-sitemap.xml",
    ]
    index = "".join(f"<sitemap><loc>https://source.example/{name}</loc></sitemap>" for name in names)
    feed = read(f"<sitemapindex>{index}</sitemapindex>")
    assert [child.rpartition("/")[2] for child in feed.children] == [
        "sitemap_8_news.xml.gz", "sitemap_8_latest.xml.gz", "post-sitemap.xml", "sitemap_3.xml", "sitemap_tags.xml",
    ]  # fmt: skip
    assert feed.entries == ()


def test_a_sitemap_without_addresses_is_an_empty_one() -> None:
    assert read("<urlset></urlset>") == ParsedFeed(FeedKind.SITEMAP)


def test_of_many_addresses_the_newest_are_kept_wherever_they_stand() -> None:
    old = "".join(address(number, "2020-01-01") for number in range(MAX_ENTRIES + 100))
    for text in (
        f"<urlset>{old}{address(-1, '2026-05-05')}</urlset>",
        f"<urlset>{address(-1, '2026-05-05')}{old}</urlset>",
    ):
        feed = read(text)
        assert len(feed.entries) == MAX_ENTRIES
        assert any("story--1" in (entry.link or "") for entry in feed.entries)


def test_without_dates_both_ends_are_kept() -> None:
    feed = read(f"<urlset>{''.join(map(address, range(MAX_ENTRIES + 100)))}</urlset>")
    links = [entry.link or "" for entry in feed.entries]
    assert len(links) == MAX_ENTRIES
    assert links[0].endswith("story-0.html")
    assert links[-1].endswith(f"story-{MAX_ENTRIES + 99}.html")


@pytest.mark.parametrize(
    ("link", "title"),
    [
        ("https://a.example/a/majlis-central-asia/33423647.html", "Majlis central asia"),
        ("https://a.example/2026/05/05/%D1%81%D1%83%D0%B4_%D0%B8%D0%B4%D1%91%D1%82.html", "Суд идёт"),
        ("https://a.example/a/33410373.html", "a.example/a/33410373.html"),
        ("https://a.example/123", "a.example/123"),
    ],
)
def test_an_address_without_a_title_gets_one_from_its_path(link: str, title: str) -> None:
    assert title_from(link) == title


@pytest.mark.parametrize(
    ("section", "kept"),
    [
        ("", {"a/1", "news/2", "a/press/3", "b?x=1"}),
        ("/a", {"a/1", "a/press/3"}),
        ("/a/", {"a/1", "a/press/3"}),
        ("*/press/*", {"a/press/3"}),
        ("/b?x=*", {"b?x=1"}),
        ("/none", set()),
    ],
)
def test_only_the_entries_of_a_section_are_kept(section: str, kept: set[str]) -> None:
    urls = "".join(
        f"<url><loc>https://source.example/{path}</loc></url>"
        for path in ("a/1", "news/2", "a/press/3", "b?x=1")
    )
    feed = read(f"<urlset>{urls}</urlset>", SourceRules(section=section))
    assert {(entry.link or "").removeprefix("https://source.example/") for entry in feed.entries} == kept


def test_without_a_section_everything_is_of_it() -> None:
    assert in_section(ParsedEntry(None, None, "x"), "")


def test_an_entry_without_an_address_is_of_no_section() -> None:
    body = b'<rss version="2.0"><channel><item><title>x</title></item></channel></rss>'
    assert parse_document(body, url=URL, rules=SourceRules(section="/a")).entries == ()
    assert len(parse_document(body, url=URL, rules=SourceRules(section="")).entries) == 1


@pytest.mark.corpora
def test_a_section_of_a_real_sitemap_is_found() -> None:
    body = (corpora("sitemaps") / "www.rferl.org-sections.xml.gz").read_bytes()
    everything = parse_document(body, url="https://www.rferl.org/sitemap.xml")
    section = parse_document(
        body, url="https://www.rferl.org/sitemap.xml", rules=SourceRules(section="/Watchdog")
    )
    assert len(everything.entries) == 190
    assert [entry.link for entry in section.entries] == ["https://www.rferl.org/Watchdog"]
    assert section.kind is FeedKind.SITEMAP
