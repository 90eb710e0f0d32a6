"""Sitemaps (sitemaps.org 0.9) with Google-News fields, and sitemap indexes.

Each address becomes an entry: its news title, publication date and language where it has them, its last modification
as `updated`. An address without a title gets one from its path. An index becomes a feed of kind SITEMAP whose entries
are none and whose `children` the caller asks for by `children_of`.
"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import unquote, urlsplit

from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.entry import MAX_ENTRIES, make_entry
from watchdog_bot.core.feeds.links import absolute
from watchdog_bot.core.html import clean, unescape
from watchdog_bot.core.model import FeedKind, ParsedEntry, ParsedFeed

_BLOCK = re.compile(r"<(?:[A-Za-z][\w.-]*:)?(url|sitemap)(?=[\s>])[^>]*+>", re.IGNORECASE)
_FIELD = re.compile(
    r"<(?:([A-Za-z][\w.-]*):)?(loc|lastmod|publication_date|title|language|keywords)(?=[\s>])[^>]*+>"
    r"\s*(?:<!\[CDATA\[(.*?)\]\]>|([^<]*+))\s*</",
    re.IGNORECASE | re.DOTALL,
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_NOT_WORDS = re.compile(r"\.(?:html?|php|aspx?)$|[-_+]+", re.IGNORECASE)


def parse_sitemap(text: str, *, url: str, now: datetime | None = None) -> ParsedFeed:
    """Read a sitemap. Raises ParseError for one that names no address at all."""
    blocks = _blocks(text)
    entries = tuple(
        entry
        for name, fields in blocks
        if name == "url" and (entry := _entry(fields, url=url, now=now)) is not None
    )
    if not entries and not any(name == "sitemap" for name, _ in blocks) and re.search(r"<loc\b", text):
        raise ParseError("a sitemap whose addresses cannot be read")
    return ParsedFeed(kind=FeedKind.SITEMAP, entries=entries)


def children_of(text: str, *, url: str) -> tuple[str, ...]:
    """The sitemaps that an index names, newest first where it dates them; empty for a plain sitemap."""
    named = [
        (fields.get("lastmod", ""), address)
        for name, fields in _blocks(text)
        if name == "sitemap" and (address := absolute(fields.get("loc"), url))
    ]
    named.sort(key=lambda pair: pair[0], reverse=True)
    return tuple(dict.fromkeys(address for _, address in named))


def _blocks(text: str) -> list[tuple[str, dict[str, str]]]:
    if "<!--" in text:
        text = _COMMENT.sub("", text)
    starts = list(_BLOCK.finditer(text))[: MAX_ENTRIES + 1]
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return [
        (start[1].lower(), _fields(text[start.end() : end])) for start, end in zip(starts, ends, strict=True)
    ][:MAX_ENTRIES]


def _fields(block: str) -> dict[str, str]:
    """The first of each; an image's or a film's title and address are not the page's."""
    fields: dict[str, str] = {}
    for prefix, name, cdata, value in _FIELD.findall(block):
        if prefix.lower() in {"image", "video"}:
            continue
        fields.setdefault(name.lower(), cdata.strip() if cdata else unescape(value).strip())
    return fields


def _entry(fields: dict[str, str], *, url: str, now: datetime | None) -> ParsedEntry | None:
    address = absolute(fields.get("loc"), url)
    if address is None:
        return None
    return make_entry(
        id=None,
        link=address,
        title=clean(unescape(fields.get("title", ""))) or title_from(address),
        published=fields.get("publication_date"),
        updated=fields.get("lastmod"),
        tags=fields.get("keywords", "").split(","),
        language=fields.get("language"),
        now=now,
    )


def title_from(address: str) -> str:
    """Words out of an address: the longest part of its path that has letters, else the address's host."""
    parts = urlsplit(address)
    words = [clean(_NOT_WORDS.sub(" ", unquote(part))) for part in parts.path.split("/")]
    best = max((text for text in words if any(char.isalpha() for char in text)), key=len, default="")
    return best[:1].upper() + best[1:] if best else parts.hostname or address
