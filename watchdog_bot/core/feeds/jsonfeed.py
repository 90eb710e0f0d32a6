"""JSON Feed 1.0 and 1.1 (jsonfeed.org), RSS in JSON, and the list of posts that WordPress's REST interface gives.

Strict about types, generous about fields: a field of the wrong type is as if it were not there, a missing one costs
nothing, and an item that is no object is passed over. A JSON Feed that was cut off gives the items it has whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.entry import MAX_ENTRIES, clean_language, make_entry, shortened
from watchdog_bot.core.feeds.links import absolute, relative
from watchdog_bot.core.html import clean, plain
from watchdog_bot.core.model import FeedKind, ParsedEntry, ParsedFeed

_TELLING = frozenset({"id", "url", "external_url", "content_text", "content_html"})
_ITEMS = re.compile(r'"items"\s*:\s*\[\s*')
_BETWEEN = re.compile(r"\s*,\s*")


def _number(digits: str) -> int | float:
    """Python refuses integers of thousands of digits with an error; no feed means them."""
    return int(digits) if len(digits) < 20 else float(digits[:300])


_DECODER = json.JSONDecoder(parse_int=_number, parse_constant=lambda _: None)


def parse_json(text: str, *, url: str, now: datetime | None = None) -> ParsedFeed:
    """Read one of the forms, from a text that begins with a brace or a bracket. Raises ParseError if it is none."""
    try:
        document = _DECODER.decode(text)
    except RecursionError:
        raise ParseError("JSON nested too deeply to be a feed") from None
    except ValueError as error:
        if (whole := _whole_items(text)) and any(map(_looks_like_item, whole)):
            return replace(_feed({"version": "jsonfeed.org", "items": whole}, url=url, now=now), damaged=True)
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ParseError(f"malformed JSON{where}: cut off or not JSON at all") from None
    if isinstance(document, list):
        return _wordpress(document, url=url, now=now)
    if isinstance(document.get("rss"), dict):
        return _rss(document["rss"], url=url, now=now)
    return _feed(document, url=url, now=now)


def _whole_items(text: str) -> list[Any]:
    """The items before the place where a JSON Feed was cut off."""
    start = _ITEMS.search(text)
    items: list[Any] = []
    at = start.end() if start else len(text)
    while at < len(text) and len(items) < MAX_ENTRIES:
        try:
            item, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        items.append(item)
        following = _BETWEEN.match(text, at)
        at = following.end() if following else len(text)
    return items


def _feed(document: dict[str, Any], *, url: str, now: datetime | None) -> ParsedFeed:
    items = document.get("items")
    if not isinstance(items, list):
        missing = "no list of items" if items is None else "items that are no list"
        raise ParseError(f"JSON, but not a JSON Feed: it has {missing}")
    version = _string(document, "version")
    if "jsonfeed.org" not in version and not any(_looks_like_item(each) for each in items):
        raise ParseError("JSON, but not a JSON Feed: it does not say so and its items look like none")
    home = absolute(_string(document, "home_page_url"), url)
    if not url.startswith("http"):  # a file is nowhere: then relative to the site
        url = home or absolute(_string(document, "feed_url")) or ""
    language = clean_language(document.get("language"))
    return ParsedFeed(
        kind=FeedKind.JSON,
        title=shortened(clean(_string(document, "title")), 200),
        link=home,
        language=language,
        entries=tuple(
            _item(each, url=url, now=now) for each in items[:MAX_ENTRIES] if isinstance(each, dict)
        ),
        hub=next(_hubs(document, url), None),
    )


def _looks_like_item(item: object) -> bool:
    return isinstance(item, dict) and not item.keys().isdisjoint(_TELLING)


def _hubs(document: dict[str, Any], url: str) -> Iterator[str]:
    for hub in _list(document, "hubs"):
        address = absolute(_string(hub, "url"), url) if isinstance(hub, dict) else None
        if address and _string(hub, "type").lower() == "websub":
            yield address


def _item(item: dict[str, Any], *, url: str, now: datetime | None) -> ParsedEntry:
    html, text = _string(item, "content_html"), _string(item, "content_text")
    return make_entry(
        id=_identifier(item),
        link=absolute(_string(item, "url"), url) or absolute(_string(item, "external_url"), url)
        or absolute(_identifier(item)) or (None if url else relative(_string(item, "url"))),
        title=plain(_string(item, "title")),
        summary=plain(_string(item, "summary")),
        content=plain(html) if html else clean(text),
        published=_string(item, "date_published"),
        updated=_string(item, "date_modified"),
        tags=(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        language=_string(item, "language") or None,
        now=now,
    )  # fmt: skip


def _identifier(item: dict[str, Any]) -> str | None:
    """A number is to be taken as its text (JSON Feed 1.1, "id")."""
    value = item.get("id")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)


def _rss(rss: dict[str, Any], *, url: str, now: datetime | None) -> ParsedFeed:
    """RSS 2.0 with JSON for its XML (source.scripting.com); a text may be an object with its text as "#value"."""
    channel = rss.get("channel")
    items = channel.get("item") if isinstance(channel, dict) else None
    if not isinstance(channel, dict) or not isinstance(items, list | dict):
        raise ParseError("JSON, but not a JSON Feed: RSS in JSON without items")
    return ParsedFeed(
        kind=FeedKind.JSON,
        title=shortened(plain(_value(channel, "title")), 200),
        link=absolute(_value(channel, "link"), url),
        language=clean_language(_value(channel, "language")),
        entries=tuple(
            make_entry(
                id=_value(item, "guid"),
                link=absolute(_value(item, "link"), url) or absolute(_value(item, "guid")),
                title=plain(_value(item, "title")),
                summary=plain(_value(item, "description")),
                published=_value(item, "pubDate"),
                now=now,
            )
            for item in (items if isinstance(items, list) else [items])[:MAX_ENTRIES]
            if isinstance(item, dict)
        ),
    )


def _value(mapping: dict[str, Any], key: str) -> str:
    value = mapping.get(key)
    return _string(value, "#value") if isinstance(value, dict) else _string(mapping, key)


def _wordpress(posts: list[Any], *, url: str, now: datetime | None) -> ParsedFeed:
    entries = tuple(
        _post(post, url=url, now=now)
        for post in posts[:MAX_ENTRIES]
        if isinstance(post, dict) and isinstance(post.get("title"), dict) and "link" in post
    )
    if not entries:
        raise ParseError("JSON, but not a JSON Feed: it is a list of something else")
    return ParsedFeed(kind=FeedKind.JSON, entries=entries)


def _post(post: dict[str, Any], *, url: str, now: datetime | None) -> ParsedEntry:
    return make_entry(
        id=_rendered(post, "guid") or _identifier(post),
        link=absolute(_string(post, "link"), url),
        title=plain(_rendered(post, "title")),
        summary=plain(_rendered(post, "excerpt")),
        content=plain(_rendered(post, "content")),
        published=_string(post, "date_gmt") or _string(post, "date"),
        updated=_string(post, "modified_gmt") or _string(post, "modified"),
        now=now,
    )


def _rendered(post: dict[str, Any], key: str) -> str:
    value = post.get(key)
    return _string(value, "rendered") if isinstance(value, dict) else ""


def _string(mapping: dict[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def _list(mapping: dict[str, Any], key: str) -> list[Any]:
    value = mapping.get(key)
    return value if isinstance(value, list) else []
