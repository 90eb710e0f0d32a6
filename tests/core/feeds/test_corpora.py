"""Real documents, as served: each must be read as what it visibly holds. An independent, naive reading is the judge."""

from __future__ import annotations

import gzip
import re
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.corpora import corpora
from watchdog_bot.core.feeds.dates import EARLIEST
from watchdog_bot.core.feeds.identity import keys
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.model import FeedKind

pytestmark = pytest.mark.corpora
ATOM = "{http://www.w3.org/2005/Atom}"


def feeds() -> list[Path]:
    return sorted(corpora("feeds").glob("*.xml"))


def test_every_visible_entry_is_read_with_its_title_link_id_and_date() -> None:
    for path in feeds():
        body = path.read_bytes()
        feed = parse_document(body, url="https://corpus.example/feed")
        items = _items(body)
        assert len(feed.entries) == len(items), path.name
        assert feed.kind is (FeedKind.ATOM if items[0].tag.startswith(ATOM) else FeedKind.RSS), path.name
        for entry, item in zip(feed.entries, items, strict=True):
            assert entry.title, path.name
            assert entry.id == _text(item, "guid", "id"), path.name
            link = _link(item)
            if link is not None and link.startswith("http"):
                assert entry.link is not None, path.name
                assert unescape(entry.link) == link, path.name
            date = _text(item, "pubDate")
            if date is not None and "0001" not in date:
                assert entry.published == parsedate_to_datetime(date), (path.name, date)
            if _text(item, "published", "updated"):
                assert entry.published or entry.updated, path.name
            assert entry.published is None or entry.published >= EARLIEST


def test_titles_are_plain_text() -> None:
    for path in feeds():
        for entry in parse_document(path.read_bytes(), url="https://corpus.example/feed").entries:
            assert not re.search(
                r"</?(?:p|b|i|em|strong|a|div)\b[^>]*>|&(?:amp|lt|gt|quot|#\d+);", entry.title
            ), path.name
            for text in (entry.title, entry.summary, entry.content):
                assert text == " ".join(text.split())
                assert not any(ord(char) < 32 for char in text)


def test_no_two_entries_of_a_document_share_an_identity() -> None:
    for path in feeds():
        entries = parse_document(path.read_bytes(), url="https://corpus.example/feed").entries
        first = [each.local[0] for each in keys(entries)]
        assert len(set(first)) == len(entries), path.name


def test_every_address_of_a_sitemap_is_read_with_its_title_date_and_language() -> None:
    for path in sorted(corpora("sitemaps").glob("*.xml.gz")):
        body = path.read_bytes()
        feed = parse_document(body, url="https://corpus.example/sitemap.xml.gz")
        assert feed.kind is FeedKind.SITEMAP
        text = gzip.decompress(body).decode("utf-8")
        visible = [unescape(each) for each in re.findall(r"<loc>([^<]+)</loc>", text)]
        assert [entry.link for entry in feed.entries] == visible, path.name
        titles = [
            " ".join(unescape(each).split()) for each in re.findall(r"<news:title>([^<]*)</news:title>", text)
        ]
        if titles:
            assert [entry.title for entry in feed.entries] == titles, path.name
            assert all(entry.published is not None and entry.language for entry in feed.entries), path.name
        else:
            assert all(entry.updated is not None for entry in feed.entries), path.name


def _items(body: bytes) -> list[ET.Element]:
    root = ET.fromstring(body.lstrip(b" \r\n\t"))
    return list(root.iter("item")) or list(root.iter(f"{ATOM}entry"))


def _text(item: ET.Element, *names: str) -> str | None:
    for name in names:
        for tag in (name, ATOM + name):
            found = item.find(tag)
            if found is not None and found.text and found.text.strip():
                return found.text.strip()
    return None


def _link(item: ET.Element) -> str | None:
    """RSS: the first link's text. Atom: the first alternate link to a page."""
    text = _text(item, "link")
    if text is not None:
        return text
    for link in item.findall(f"{ATOM}link"):
        if link.get("rel", "alternate") == "alternate" and link.get("type", "text/html") == "text/html":
            return link.get("href")
    return None
