"""The last resort for malformed XML that visibly holds entries: find them by their tags alone.

Used only where feedparser finds none. It knows no namespaces, no nesting and no entities but HTML's; a prefix before
a name is passed over ("rss:item" is an item). One linear scan, within the limits of any document.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import islice, pairwise

from watchdog_bot.core.feeds.entry import MAX_ENTRIES, make_entry
from watchdog_bot.core.feeds.links import absolute
from watchdog_bot.core.html import plain, unescape
from watchdog_bot.core.model import ParsedEntry

_START = re.compile(r"<(?:[A-Za-z][\w.-]*:)?(?:item|entry)(?=[\s>])[^>]*+>", re.IGNORECASE)
_FIELD = re.compile(
    r"<(?:[A-Za-z][\w.-]*:)?(?P<name>title|link|guid|id|pubdate|published|updated|date|description|summary|content"
    r"|encoded)(?P<attributes>(?=[\s/>])[^>]*+)>",
    re.IGNORECASE,
)
_END_OF_ENTRY = re.compile(r"</(?:[A-Za-z][\w.-]*:)?(?:item|entry)\s*>", re.IGNORECASE)
_HREF = re.compile(r"\bhref\s*=\s*[\"']([^\"'<>]*)", re.IGNORECASE)
_CDATA = re.compile(r"\s*<!\[CDATA\[(.*?)\]\]>\s*", re.DOTALL)


def salvage(text: str, *, url: str, now: datetime | None = None) -> tuple[ParsedEntry, ...]:
    """The entries that the tags show, with whatever of them can be read; none if there are none."""
    starts = [found.end() for found in islice(_START.finditer(text), MAX_ENTRIES)]
    entries = []
    for start, following in pairwise([*starts, len(text)]):
        end = _END_OF_ENTRY.search(text, start, following)
        fields = _fields(text[start : end.start() if end else following])
        if fields:
            entries.append(_entry(fields, url=url, now=now))
    return tuple(entries)


def _fields(block: str) -> dict[str, str]:
    """The first value of each field; an empty link's href counts as its value."""
    fields: dict[str, str] = {}
    for found in _FIELD.finditer(block):
        name, attributes = found["name"].lower(), found["attributes"]
        if name in fields:
            continue
        href = _HREF.search(attributes)
        if name == "link" and href:
            fields[name] = unescape(href[1])
            continue
        if attributes.endswith("/"):
            continue
        end = re.compile(rf"</(?:[A-Za-z][\w.-]*:)?{name}\s*>", re.IGNORECASE).search(block, found.end())
        raw = block[found.end() : end.start() if end else None]
        cdata = _CDATA.fullmatch(raw)
        fields[name] = cdata[1] if cdata else unescape(raw)
    return fields


def _entry(fields: dict[str, str], *, url: str, now: datetime | None) -> ParsedEntry:
    identifier = fields.get("guid") or fields.get("id")
    return make_entry(
        id=identifier,
        link=absolute(fields.get("link"), url) or absolute(identifier),
        title=plain(fields.get("title", "")),
        summary=plain(fields.get("description") or fields.get("summary") or ""),
        content=plain(fields.get("encoded") or fields.get("content") or ""),
        published=fields.get("pubdate") or fields.get("published") or fields.get("date"),
        updated=fields.get("updated"),
        now=now,
    )
