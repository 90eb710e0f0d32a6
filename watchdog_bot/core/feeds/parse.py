"""A document → a parsed feed, whatever form it comes in. Raises ParseError and nothing else.

1. Compressed documents (`.xml.gz`) are unpacked, within the limit of any document.
2. Bytes become text (`charset`).
3. The form is told by the root element, not by what the server or an operator claims: sources change their form.
4. The reader of that form does the rest; where a section of a site is meant, only its entries are kept. What is none of them is refused with a sentence that says what it is.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from datetime import datetime

from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.charset import decode
from watchdog_bot.core.feeds.jsonfeed import parse_json
from watchdog_bot.core.feeds.page import parse_page
from watchdog_bot.core.feeds.rules import SourceRules, in_section
from watchdog_bot.core.feeds.sitemap import parse_lines, parse_sitemap
from watchdog_bot.core.feeds.xmlfeed import parse_xml
from watchdog_bot.core.html import plain
from watchdog_bot.core.model import FeedKind, ParsedFeed

MAX_BODY = 10_000_000  # bytes, decoded

_PROLOG = re.compile(
    r"(?:\s++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\b(?:[^<>\[]|\[[^\]]*+\])*+>)*+", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_LATE_ROOT = re.compile(
    r"<(?:[A-Za-z][\w.-]*:)?(rss|feed|rdf|urlset|sitemapindex|channel)(?=[\s>])", re.IGNORECASE
)
_ENTRIES = re.compile(r"<(?:[A-Za-z][\w.-]*:)?(?:item|entry)[\s>]", re.IGNORECASE)
# A feed that a template put into an XHTML page as a page's whole body.
_WRAPPED = re.compile(
    r"[^<]*+(?:<(?!body\b)[^>]*+>[^<]*+){0,30}<body\b[^>]*+>\s*+"
    r"(?P<root><(?:feed\b[^>]*\bxmlns\s*=\s*.http://www\.w3\.org/2005/Atom|rss\b[^>]*\bversion\s*=))",
    re.IGNORECASE,
)
_PAGE = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^>]*>(.{0,1000}?)</title>", re.IGNORECASE | re.DOTALL)
_FEED_ROOTS = frozenset({"rss", "feed", "rdf", "channel", "item", "entry"})
_SITEMAP_ROOTS = frozenset({"urlset", "sitemapindex"})

_NAMES = {
    FeedKind.AUTO: "a feed",
    FeedKind.RSS: "an RSS feed",
    FeedKind.ATOM: "an Atom feed",
    FeedKind.JSON: "a JSON feed",
    FeedKind.SITEMAP: "a sitemap",
    FeedKind.PAGE: "a web page",
}


def parse_document(
    body: bytes,
    *,
    url: str,
    content_type: str = "",
    kind: FeedKind = FeedKind.AUTO,
    rules: SourceRules | None = None,
    now: datetime | None = None,
) -> ParsedFeed:
    """Read a document that came from `url`.

    `content_type` is the header as it came. `kind` is what the source was last time; a document of another form is read
    all the same, but a web page is a source only where `kind` is PAGE or `rules` has selectors. `now` bounds dates from
    above; without it there is no upper bound. Raises ParseError.
    """
    try:
        rules = rules or SourceRules()
        feed = _parse(body, url=url, content_type=content_type, kind=kind, rules=rules, now=now)
    except ParseError:
        raise
    except RecursionError:
        raise ParseError("nested too deeply to be a feed") from None
    except MemoryError:
        raise
    except Exception as error:  # rule: nothing but ParseError leaves this room
        raise ParseError(f"cannot be read as a feed ({type(error).__name__})") from error
    if not rules.section:
        return feed
    return replace(feed, entries=tuple(entry for entry in feed.entries if in_section(entry, rules.section)))


def _parse(
    body: bytes, *, url: str, content_type: str, kind: FeedKind, rules: SourceRules, now: datetime | None
) -> ParsedFeed:
    text = decode(unpacked(body), content_type)
    start = text.lstrip("\ufeff \t\r\n\x00\u200b")
    if not start:
        was = "" if kind is FeedKind.AUTO else f"; it was {_NAMES[kind]} before"
        raise ParseError(f"empty: the server answered without a document{was}")
    if start[0] in "{[":
        return parse_json(start, url=url, now=now)
    root = root_name(start)
    if root in _SITEMAP_ROOTS:
        return parse_sitemap(start, url=url, now=now)
    if root in _FEED_ROOTS:
        return parse_xml(_from_root(start), url=url, now=now)
    if root != "html" and _ENTRIES.search(start):  # a root that is misspelt or missing
        return parse_xml(start, url=url, now=now)
    if (wrapped := _WRAPPED.match(start)) is not None:
        return parse_xml(start[wrapped.start("root") :], url=url, now=now)
    if root == "" and (listed := parse_lines(start, url=url)) is not None:
        return listed
    if (kind is FeedKind.PAGE or rules.container) and root == "html":
        return parse_page(start, url=url, rules=rules, now=now)
    raise ParseError(what_it_is(start, root))


def unpacked(body: bytes) -> bytes:
    """The document inside a gzip or zlib file, or the document itself. Raises ParseError for more than 10 MB."""
    if not body.startswith((b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda")):
        return body
    unpacker = zlib.decompressobj(wbits=47)  # either, told by its header
    try:
        text = unpacker.decompress(body, MAX_BODY + 1)
    except zlib.error:
        raise ParseError("a damaged compressed file") from None
    if len(text) > MAX_BODY:
        raise ParseError(f"a compressed file that unpacks to more than {MAX_BODY // 1_000_000} MB")
    return text


def root_name(text: str) -> str:
    """The local name of the root element, lower case; where junk stands before it, of the first root known."""
    prolog = _PROLOG.match(text)
    at = prolog.end() if prolog else 0
    if (root := _ROOT.match(text, at)) is not None:
        name = root[2].lower()
        if name in _FEED_ROOTS or name in _SITEMAP_ROOTS:
            return name
        if name in {"html", "head", "body"} or _PAGE.search(text[:2000]):
            return "html"
    late = _LATE_ROOT.search(text[:100_000])
    if late is not None:
        return late[1].lower()
    return root[2].lower() if root else ""


def _from_root(text: str) -> str:
    """Without the junk (warnings of a broken server) that may stand before the document."""
    if text.startswith("<"):
        return text
    late = re.search(r"<\?xml\b|" + _LATE_ROOT.pattern, text, re.IGNORECASE)
    return text[late.start() :] if late else text


def what_it_is(text: str, root: str) -> str:
    """A sentence about a document that is no feed."""
    if root == "html" or _PAGE.search(text[:5000]):
        title = _TITLE.search(text[:50_000])
        named = f" titled “{plain(title[1])[:100]}”" if title and plain(title[1]) else ""
        return f"a web page{named}, not a feed"
    if root:
        return f"an XML document of another kind (its root element is <{root[:40]}>), not a feed"
    return "not a feed: neither XML nor JSON"
