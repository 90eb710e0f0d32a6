"""RSS 0.9x, 1.0, 2.0, RDF, CDF and Atom. The only module that knows feedparser.

feedparser gets bytes it cannot take for an address or a file name (it would open them), already UTF-8, with its own
sanitising and resolving off: plain text needs neither, and they are most of its time. What it is mended for, here:
- it raises on references to characters that do not exist and on odd DOCTYPEs (feedparser #599): the first are
  replaced beforehand, the second make a second attempt without the DOCTYPE;
- control characters make it read leniently, and slowly: they are removed beforehand;
- it keeps the last of several links: the first alternate one is taken here;
- it takes "MSK" for UTC and the 45th of a 13th month for a day: see `dates`;
- it resolves a guid like a link, so that guids change with the address of the feed: it is told no address;
- it finds nothing in a few malformed documents that visibly hold entries: see `salvage`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from html.entities import html5
from io import BytesIO
from typing import Any

import feedparser

from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.dates import read_date
from watchdog_bot.core.feeds.entry import MAX_ENTRIES, clean_language, make_entry, shortened
from watchdog_bot.core.feeds.links import absolute, host_of, relative
from watchdog_bot.core.feeds.salvage import salvage
from watchdog_bot.core.html import clean, looks_like_markup, plain, plain_text
from watchdog_bot.core.model import FeedKind, ParsedEntry, ParsedFeed

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]+")
_CHARREF = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|&#[xX]?[0-9a-fA-F]+;|&([A-Za-z][A-Za-z0-9]*);|&", re.DOTALL
)
_DOCTYPE = re.compile(r"<!DOCTYPE\b(?:[^<>\[]|\[[^\]]*\])*>|<!DOCTYPE\b[^>]*>", re.IGNORECASE)
_ENTRY = re.compile(r"<(?:item|entry)(?=[\s>])")
_LONG_TAG = re.compile(r"<[^<>]{20000}")
_BRISTLING = re.compile(r"<[A-Za-z][\w:.-]*+(?:\s++[\w:.-]++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+')){1000}")
_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "html", "xhtml"})
_PAIR = re.compile(r"<(a|b|i|u|em|strong|p|div|span|br)\b[^<>]*+>[^<>]*+</\1\s*>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SECTION_OR_COMMENT = re.compile(rf"<!\[CDATA\[(.*?)(?:\]\]>|\Z)|{_COMMENT.pattern}", re.DOTALL)
_OPENS, _CLOSES = "<![CDATA[", "]]>"
# Above which comments, CDATA sections without end and declarations are removed: feedparser takes the square of their
# number.
MAX_COMMENTS = 200
PROLOG = 20_000  # characters in which a DOCTYPE is looked for
MAX_TTL = 86_400


def parse_xml(text: str, *, url: str, now: datetime | None = None) -> ParsedFeed:
    """Read a feed in XML. `url` is where it came from: what its relative links are relative to.

    Raises ParseError if it is not to be read.
    """
    text = _bounded(_mended(text))
    read = _best_reading(text)
    feed, damaged = read["feed"], bool(read["bozo"])
    rss = not str(read["version"] or "").startswith("atom")
    base = _base(feed, url, rss=rss)
    entries = tuple(_entry(each, base=base, rss=rss, now=now) for each in read["entries"][:MAX_ENTRIES])
    if damaged and entries and entries[-1] == ParsedEntry(None, None, "") and _is_cut_off(text):
        entries = entries[:-1]  # before it said a word
    if not entries:
        entries = salvage(text, url=url, now=now)
        damaged = damaged or bool(entries)
    if not entries and not read["version"] and not _says_something(feed) and "netscape.com/rdf/" not in text:
        raise ParseError(f"not a feed that can be read: {_complaint(read, text)}")
    tail = _outside_entries(text) if "skip" in text or "Skip" in text else ""
    return ParsedFeed(
        kind=FeedKind.RSS if rss else FeedKind.ATOM,
        title=shortened(_title(feed, rss=rss), 200),
        link=absolute(_text(feed, "link"), url),
        language=clean_language(_text(feed, "language")),
        entries=entries,
        ttl=_ttl(feed),
        skip_hours=_skipped_hours(tail),
        skip_days=_skipped_days(tail),
        hub=next((absolute(href, url) for rel, href, _ in _links(feed) if rel == "hub"), None),
        damaged=damaged,
    )


# It would look for a parser that is nowhere any more in each document anew.
feedparser.api.PREFERRED_XML_PARSERS = []


def _feedparser(text: str) -> Any:
    headers = {"content-type": "application/xml; charset=utf-8"}
    return feedparser.parse(
        BytesIO(text.encode("utf-8")),
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _best_reading(text: str) -> Any:
    read = _read(text)
    if read["bozo"] and (repaired := _references_repaired(text)) != text:
        again = _read(repaired)
        again["bozo"] = True  # though what was repaired may be read without complaint
        return again if len(again["entries"]) >= len(read["entries"]) else read
    return read


def _read(text: str) -> Any:
    """What feedparser makes of it; whatever it raises (its #599), the document may yet be read."""
    for attempt in (str, _without_doctype):
        try:
            return _feedparser(attempt(text))
        except Exception as error:  # noqa: BLE001 - the border to feedparser
            trouble = error
    return {"feed": {}, "entries": [], "version": "", "bozo": True, "bozo_exception": trouble}


def _without_doctype(text: str) -> str:
    return _DOCTYPE.sub("", text[:PROLOG], count=1) + text[PROLOG:]


def _mended(text: str) -> str:
    text = text.lstrip("\ufeff \t\r\n\x00")
    if _CONTROLS.search(text):
        text = _CONTROLS.sub("", text)
    if text.count(_OPENS) - text.count(_CLOSES) > MAX_COMMENTS:
        *whole, last = text.split(_CLOSES)
        text = _CLOSES.join([*map(_opened_once, whole), last.replace(_OPENS, "")])
    if text.count("<!--") > MAX_COMMENTS:
        text = _SECTION_OR_COMMENT.sub(_uncommented, text)
    if text.count("<!DOCTYPE") > MAX_COMMENTS:
        text = text.replace("<!DOCTYPE", "")
    if "&#" in text:
        text = _CHARREF.sub(_existing, text)
    return text


def _uncommented(found: re.Match[str]) -> str:
    """A section of text without the comments in it, which nobody sees; of a comment nothing."""
    return "" if found[1] is None else _OPENS + _COMMENT.sub("", found[1]) + _CLOSES


def _opened_once(piece: str) -> str:
    """What stands before the end of a CDATA section, without the further openings in it, which mean nothing."""
    before, opening, inside = piece.partition(_OPENS)
    return before + opening + inside.replace(_OPENS, "")


def _references_repaired(text: str) -> str:
    """With "&" that begins no reference escaped, and names that HTML knows and XML does not as their characters.

    feedparser's lenient reading takes "?id=1&lang=en" for a bracket.
    """
    return _REFERENCE.sub(_repaired, text)


def _repaired(found: re.Match[str]) -> str:
    name = found[1]
    if name is None or name in {"lt", "gt", "amp", "quot", "apos"}:
        return found[0] if found[0] != "&" else "&amp;"
    character = html5.get(f"{name};")
    return character if character is not None and character not in {"<", ">", "&"} else f"&amp;{name};"


def _bounded(text: str) -> str:
    """Without the entries in the middle beyond the limit (feedparser would read them all; new ones stand at one end), and never with a tag of thousands of
    attributes, which costs XML parsers the square of their number. Raises ParseError for the latter.
    """
    if _LONG_TAG.search(text) and _BRISTLING.search(text):
        raise ParseError("it has a tag with thousands of attributes, as no feed has")
    if text.count("<item") + text.count("<entry") <= MAX_ENTRIES:
        return text
    starts = [found.start() for found in _ENTRY.finditer(text)]
    if len(starts) <= MAX_ENTRIES:
        return text
    return text[: starts[MAX_ENTRIES // 2]] + text[starts[-MAX_ENTRIES // 2] :]


def _existing(found: re.Match[str]) -> str:
    """The reference, what it means in windows-1252 (as in HTML), or nothing where there is no such character."""
    digits = found[1] or found[2]
    number = int(digits, 16 if found[1] else 10) if len(digits) <= 12 else 0x110000
    if (
        0x20 <= number < 0x7F
        or 0xA0 <= number < 0xD800
        or 0xE000 <= number <= 0xFFFD
        or number in {9, 10, 13}
    ):
        return found[0]
    if 0x80 <= number < 0xA0:  # windows-1252, as HTML reads them
        return bytes([number]).decode("cp1252", "ignore")
    return found[0] if 0x10000 <= number <= 0x10FFFF else ""


def _is_cut_off(text: str) -> bool:
    """Whether the last entry has no end."""
    return max(text.rfind("<item"), text.rfind("<entry")) > max(text.rfind("</item"), text.rfind("</entry"))


def _complaint(read: Mapping[str, Any], text: str) -> str:
    """What the XML parser said, with the line; feedparser puts one before a document without a declaration."""
    error = read.get("bozo_exception")
    line = getattr(error, "getLineNumber", lambda: None)()
    message = getattr(error, "getMessage", lambda: "")() or "no known elements in it"
    if not line:
        return message
    return f"malformed XML at line {line if text.startswith('<?xml') else max(1, line - 1)}: {message}"


def _says_something(feed: Mapping[str, Any]) -> bool:
    return any(_text(feed, key) for key in ("title", "link", "subtitle", "updated"))


def _base(feed: Mapping[str, Any], url: str, *, rss: bool) -> str:
    """What links are relative to: the document's address (RFC 4287 section 2, RFC 3986 section 5.1), or the site's
    where that is a file's, or another host's in RSS, which has no rule: then somebody serves it for the site.
    Empty where nothing is known.
    """
    selves = (href for rel, href, _ in _links(feed) if rel == "self")
    sites = (_text(feed, "link"), *selves, _text(feed, "id"))
    site = next((address for each in sites if (address := absolute(each)) is not None), "")
    if not url.startswith("http"):
        return site
    return site if rss and absolute(_text(feed, "link")) and host_of(site) != host_of(url) else url


# ------------------------------------------------------------------------------------------------ entries


def _entry(raw: Mapping[str, Any], *, base: str, rss: bool, now: datetime | None) -> ParsedEntry:
    published, updated = (
        _date(raw, "published", now) or _date(raw, "created", now),
        _date(raw, "updated", now),
    )
    if rss and published is None:
        published = updated  # dc:date and dcterms:modified stand for pubDate in RSS
    raw_content = _content(raw)
    raw_summary = _text(raw, "summary")
    return make_entry(
        id=_text(raw, "id"),
        link=_link(raw, base),
        title=_title(raw, rss=rss),
        summary="" if raw_summary == raw_content else plain(raw_summary),
        content=plain(raw_content),
        published=published,
        updated=updated,
        tags=_tags(raw),
        language=_language(raw),
        now=now,
    )


def _get(raw: Mapping[str, Any], key: str) -> Any:
    """Past feedparser's mapping, which answers for other keys and warns."""
    return dict.get(raw, key) if isinstance(raw, dict) else None


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = _get(raw, key)
    return value if isinstance(value, str) else ""


def _title(raw: Mapping[str, Any], *, rss: bool) -> str:
    """Atom says what it holds, so that in its texts only a pair of tags is markup, by mistake; in RSS, and in what is
    of no known type, markup in a title is meant as such by nearly everybody.
    """
    value = _text(raw, "title")
    detail = _get(raw, "title_detail")
    kind = _text(detail, "type") if isinstance(detail, dict) else ""
    if kind in _HTML_TYPES:
        return plain(value)
    is_text = not rss and kind == "text/plain"
    meant = _PAIR.search(value) is not None if is_text else looks_like_markup(value)
    return plain(value) if meant else plain_text(value)


def _content(raw: Mapping[str, Any]) -> str:
    """The longest full text; a content that is a picture or a film is none."""
    texts = (
        _text(part, "value")
        for part in _list(raw, "content")
        if _text(part, "type").startswith(("text/", "application/xhtml")) or not _text(part, "type")
    )
    return max(texts, key=len, default="")


def _list(raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = _get(raw, key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _links(raw: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """(rel, href, type), in the document's order."""
    for link in _list(raw, "links"):
        if href := _text(link, "href"):
            yield _text(link, "rel").lower(), href, _text(link, "type").lower()


def _link(raw: Mapping[str, Any], base: str) -> str | None:
    """The first alternate link to a page; else to anything; else a permalink guid; else whatever points on, at last to
    a recording. Where nobody knows what it is relative to, a relative link stays as it is.
    """
    links = tuple(_links(raw))
    pages = [href for rel, href, kind in links if rel == "alternate" and (kind in _HTML_TYPES or not kind)]
    others = [href for rel, href, _ in links if rel == "alternate"]
    last = [href for rel, href, _ in links if rel in {"related", "via", "self"}]
    last += [href for rel, href, _ in links if rel == "enclosure"]
    for href in (*pages, *others):
        if (address := absolute(href, base)) is not None:
            return address
    link = absolute(
        _text(raw, "link")
    )  # feedparser's, from a guid: "5" is no address, whatever isPermaLink says
    link = link or next((address for href in last if (address := absolute(href, base)) is not None), None)
    return link or (None if base else next(filter(None, map(relative, (*pages, *others))), None))


def _tags(raw: Mapping[str, Any]) -> Iterable[str]:
    for tag in _list(raw, "tags"):
        yield plain_text(_text(tag, "label") or _text(tag, "term"))


def _language(raw: Mapping[str, Any]) -> str | None:
    detail = _get(raw, "title_detail")
    inherited = _text(detail, "language") if isinstance(detail, dict) else ""
    return _text(raw, "language") or inherited or None


def _date(raw: Mapping[str, Any], key: str, now: datetime | None) -> datetime | None:
    return read_date(_text(raw, key), now=now)


# ------------------------------------------------------------------------------------------------ the feed's wishes


def _ttl(feed: Mapping[str, Any]) -> int | None:
    """Seconds between checks that the source asks for: ttl is in minutes, sy:updatePeriod in words. At most a day."""
    wishes = []
    if (minutes := _text(feed, "ttl").strip()).isdecimal() and len(minutes) < 8:
        wishes.append(int(minutes) * 60)
    period = _PERIODS.get(_text(feed, "sy_updateperiod").strip().lower())
    if period is not None:
        times = _text(feed, "sy_updatefrequency").strip()
        wishes.append(period // max(1, int(times) if times.isdecimal() and len(times) < 8 else 1))
    longest = max(wishes, default=0)
    return min(longest, MAX_TTL) or None


def _outside_entries(text: str) -> str:
    """The document before its first entry and after its last, where a channel's own elements are."""
    first = _ENTRY.search(text)
    last = max(text.rfind("</item>"), text.rfind("</entry>"))
    return text[: first.start()] + text[last:] if first else text


def _skipped_hours(text: str) -> frozenset[int]:
    hours = (
        int(hour) % 24
        for block in re.findall(
            r"<skiphours\b[^>]*>(.{0,2000}?)</skiphours>", text, re.IGNORECASE | re.DOTALL
        )
        for hour in re.findall(r"<hour\b[^>]*>\s*(\d{1,2})\s*</hour>", block, re.IGNORECASE)
    )
    found = frozenset(hours)
    return found if len(found) < 24 else frozenset()


def _skipped_days(text: str) -> frozenset[int]:
    days = (
        clean(day).lower()
        for block in re.findall(r"<skipdays\b[^>]*>(.{0,2000}?)</skipdays>", text, re.IGNORECASE | re.DOTALL)
        for day in re.findall(r"<day\b[^>]*>([^<]{1,20})</day>", block, re.IGNORECASE)
    )
    found = frozenset(_DAYS.index(day) for day in days if day in _DAYS)
    return found if len(found) < 7 else frozenset()
