"""Sitemaps (sitemaps.org 0.9) with Google-News fields, and sitemap indexes.

Each address becomes an entry: its news title, publication date and language where it has them, its last modification
as `updated`. An address without a title gets one from its path. An index becomes a feed of kind SITEMAP without
entries whose `children` are to be fetched instead. Of a sitemap of more addresses than are kept the newest are.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import islice
from urllib.parse import unquote, urlsplit

from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.entry import MAX_ENTRIES, make_entry
from watchdog_bot.core.feeds.links import absolute
from watchdog_bot.core.html import clean, unescape
from watchdog_bot.core.model import FeedKind, ParsedEntry, ParsedFeed

MAX_ADDRESSES = 50_000  # what sitemaps.org allows in one
MAX_CHILDREN = 1000
MAX_DATE = 40  # characters of a child's date
_Block = tuple[str, dict[str, str]]

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
    children, dates = _children(blocks, url)
    entries = tuple(
        entry
        for name, fields in _newest(blocks)
        if name == "url" and (entry := _entry(fields, url=url, now=now)) is not None
    )
    if not entries and not children and re.search(r"<loc\b", text):
        raise ParseError("a sitemap whose addresses cannot be read")
    return ParsedFeed(kind=FeedKind.SITEMAP, entries=entries, children=children, child_dates=dates)


def parse_lines(text: str, *, url: str) -> ParsedFeed | None:
    """A sitemap that is a text, an address on each line (sitemaps.org, "Text file"); None if it is anything else."""
    lines = text.split("\n", MAX_ADDRESSES)[:MAX_ADDRESSES]
    addresses = [line.strip() for line in lines if line.strip()]
    if len(addresses) < 2 or not all(each.lower().startswith(("http://", "https://")) for each in addresses):
        return None
    blocks: list[_Block] = [("url", {"loc": address}) for address in addresses]
    entries = (_entry(fields, url=url, now=None) for _, fields in _newest(blocks))
    return ParsedFeed(kind=FeedKind.SITEMAP, entries=tuple(entry for entry in entries if entry is not None))


def _children(blocks: list[_Block], url: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sitemaps that an index names, and their dates: those for news first, then those for posts, then by date."""
    named = [
        (fields.get("lastmod", ""), address)
        for name, fields in blocks
        if name == "sitemap" and (address := absolute(fields.get("loc"), url))
    ]
    named.sort(key=lambda pair: pair[0], reverse=True)
    named.sort(key=lambda pair: promise(urlsplit(pair[1]).path.lower()))
    first: dict[str, str] = {}
    for date, address in named:
        first.setdefault(address, date[:MAX_DATE])
    kept = tuple(first.items())[:MAX_CHILDREN]
    dates = tuple(date for _, date in kept)
    return tuple(address for address, _ in kept), dates if any(dates) else ()


def promise(path: str) -> int:
    """How likely posts stand in a sitemap of this path (lower case): 0 news, 1 the latest, 2 posts, 3 unknown, 4 hardly."""
    for rank, words in enumerate(
        (("news",), ("latest", "recent"), ("post", "article", "press", "stories", "blog"))
    ):
        if any(word in path for word in words):
            return rank
    return 4 if any(word in path for word in ("image", "video", "tag", "category", "author", "page")) else 3


def _newest(blocks: list[_Block]) -> list[_Block]:
    """As many as are kept: where they have dates the newest, else half from either end; in the document's order."""
    if len(blocks) <= MAX_ENTRIES:
        return blocks
    dates = [fields.get("publication_date") or fields.get("lastmod") or "" for _, fields in blocks]
    if not any(dates):
        return blocks[: MAX_ENTRIES // 2] + blocks[-MAX_ENTRIES // 2 :]
    newest = sorted(range(len(blocks)), key=dates.__getitem__, reverse=True)[:MAX_ENTRIES]
    return [blocks[at] for at in sorted(newest)]


def _blocks(text: str) -> list[_Block]:
    if "<!--" in text:
        text = _COMMENT.sub("", text)
    starts = list(islice(_BLOCK.finditer(text), MAX_ADDRESSES))
    ends = [*(start.start() for start in starts[1:]), len(text)]
    return [
        (start[1].lower(), _fields(text[start.end() : end])) for start, end in zip(starts, ends, strict=False)
    ]


def _fields(block: str) -> dict[str, str]:
    """The first of each; an image's or a film's title and address are not the page's."""
    fields: dict[str, str] = {}
    for prefix, name, cdata, value in _FIELD.findall(block):
        if prefix.lower() in {"image", "video"}:
            continue
        fields.setdefault(name.lower(), cdata.strip() if cdata else unescape(value).strip())
    bare = block.partition("<")[0].strip()
    if "loc" not in fields and bare.startswith("http"):  # some indexes write the address without its element
        fields["loc"] = unescape(bare)
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
    """Words out of an address: the longest part of its path that has a few letters, else the address itself."""
    parts = urlsplit(address)
    words = [clean(_NOT_WORDS.sub(" ", unquote(part))) for part in parts.path.split("/")]
    best = max((text for text in words if sum(char.isalpha() for char in text) > 2), key=len, default="")
    return best[:1].upper() + best[1:] if best else (parts.hostname or "") + parts.path
