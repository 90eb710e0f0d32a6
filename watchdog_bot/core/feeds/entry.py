"""What every reader of documents does to an entry before it leaves: limits, cleaned texts, checked links."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from watchdog_bot.core.feeds.dates import plausible, read_date
from watchdog_bot.core.html import clean
from watchdog_bot.core.model import ParsedEntry

MAX_ENTRIES = 2000
MAX_TITLE = 500  # characters
MAX_SUMMARY = 20_000
MAX_CONTENT = 100_000
MAX_ID = 2048
MAX_TAGS = 50
MAX_TAG = 100
TITLE_FROM_TEXT = 100  # characters of the text that stand in for a missing title


def make_entry(
    *,
    id: str | None = None,  # noqa: A002 - the field's name
    link: str | None = None,
    title: str = "",
    summary: str = "",
    content: str = "",
    published: object = None,
    updated: object = None,
    tags: Iterable[str] = (),
    language: str | None = None,
    now: datetime | None = None,
) -> ParsedEntry:
    """An entry within limits. Texts are plain already, `link` is absolute; dates are raw strings or moments.

    A summary that only repeats the content is left out; a missing title is the first words of the text.
    """
    summary = summary[:MAX_SUMMARY]
    content = content[:MAX_CONTENT]
    if content and content.startswith(summary) and len(content) == len(summary):
        summary = ""
    return ParsedEntry(
        id=clean_id(id),
        link=link,
        title=shortened(title, MAX_TITLE) or shortened(summary or content, TITLE_FROM_TEXT),
        summary=summary,
        content=content,
        published=_date(published, now),
        updated=_date(updated, now),
        tags=tuple(dict.fromkeys(tag for raw in tags if (tag := clean(raw)[:MAX_TAG])))[:MAX_TAGS],
        language=clean_language(language),
    )


def clean_id(raw: str | None) -> str | None:
    """An id verbatim but for its edges; None where it says nothing."""
    text = (raw or "").strip()[:MAX_ID].encode("utf-8", "replace").decode("utf-8")
    return text.replace("\x00", "") or None


def clean_language(raw: object) -> str | None:
    """A language tag (RFC 5646) in its usual form, like "en", "pt-br", "uk"; None where it is none."""
    if not isinstance(raw, str):
        return None
    tag = raw.strip().replace("_", "-").lower()
    first = tag.partition("-")[0]
    if not (2 <= len(first) <= 3 and first.isascii() and first.isalpha()) or len(tag) > 20:
        return None
    return tag if tag.replace("-", "").isalnum() and tag.isascii() else None


def shortened(text: str, limit: int) -> str:
    """At most so many characters, cut between words where there is a space in the last third."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit * 2 // 3 else cut).rstrip(" ,;:-–—") + "…"


def _date(raw: object, now: datetime | None) -> datetime | None:
    if isinstance(raw, datetime):
        return plausible(raw, now=now)
    return read_date(raw, now=now)
