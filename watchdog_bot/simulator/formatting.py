"""What Telegram makes of a text before it stores it: cleaned, its entities untangled, trimmed; and the limits.

1. Control characters become spaces, carriage returns and marks that turn the writing direction go.
2. Links, mentions and code do not overlap one another; the first and longest stays. Quotes do not nest.
   Bold and its kin are cut where another entity begins or ends, joined where they touch, dropped inside code.
3. White space at both ends goes, at the start only as far as the first entity.
4. What is left must not be empty and must fit 4096 UTF-16 units and 100 entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

from watchdog_bot.simulator.html import HtmlError, entity_order, parse_html, utf16
from watchdog_bot.simulator.values import Entity, bad_request

MAX_TEXT: Final = 4096
MAX_ENTITIES: Final = 100
MAX_SOURCE_BYTES: Final = 1 << 15

_REMEMBERED: Final = 64  # texts: one alert goes to many chats

_SPLIT: Final = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
_QUOTES: Final = frozenset({"blockquote", "expandable_blockquote"})
_CODE: Final = frozenset({"pre", "code", "date_time"})
# Line and paragraph separators, direction overrides; combining marks that draw over neighbours.
_GONE = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")
_TO_SPACE = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")
_INVISIBLE = re.compile(
    "[ \n\u00a0\u1680\u180e\u2000-\u200a\u200b-\u200f\u202e\u202f\u205f\u2800\u3000\ufeff\ufffc\U000e0000-\U000e007f]*"
)
_NEEDS_CLEANING = re.compile("[\x00-\x09\x0b-\x1f\u2028-\u202e\u0333\u033f\u030a]")


@lru_cache(maxsize=_REMEMBERED)
def read_text(source: str, parse_mode: str) -> tuple[str, tuple[Entity, ...], tuple[str, ...]]:
    """Parse as the mode says: text, entities and dropped link targets. Raises ApiError."""
    if not source:
        raise bad_request("Message text is empty")
    if len(source) > MAX_SOURCE_BYTES // 4 and len(source.encode()) > MAX_SOURCE_BYTES:
        raise bad_request("Text is too long")
    mode = parse_mode.lower()
    if mode in {"", "none"}:
        return source, (), ()
    if mode != "html":
        raise bad_request("Unsupported parse_mode")
    try:
        parsed = parse_html(source)
    except HtmlError as error:
        raise bad_request(f"Can't parse entities: {error}") from None
    return parsed.text, parsed.entities, parsed.lost_links


@lru_cache(maxsize=_REMEMBERED)
def finish_text(text: str, entities: tuple[Entity, ...]) -> tuple[str, tuple[Entity, ...]]:
    """The text as stored. Raises ApiError when it is empty or too long."""
    kept = [entity for entity in entities if entity.length > 0]
    kept = untangle(kept)
    if _NEEDS_CLEANING.search(text):
        text, kept = _clean(text, kept)
        kept = untangle([entity for entity in kept if entity.length > 0])
    text, kept = _trim(text, kept)
    if _INVISIBLE.fullmatch(text):
        raise bad_request("Message text is empty")
    if len(text) > MAX_TEXT // 2 and utf16(text) > MAX_TEXT:
        raise bad_request("Message is too long")
    if len(kept) > MAX_ENTITIES:
        raise bad_request("ENTITIES_TOO_LONG")
    return text, tuple(kept)


def _clean(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    gone = [utf16(text[: found.start()]) for found in _GONE.finditer(text)]

    def moved(offset: int) -> int:
        return offset - sum(1 for place in gone if place < offset)

    cleaned = _TO_SPACE.sub(" ", _GONE.sub("", text))
    shifted = [
        replace(entity, offset=moved(entity.offset), length=moved(entity.end) - moved(entity.offset))
        for entity in entities
    ]
    return cleaned, sorted(shifted, key=entity_order)


def _trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    trimmed = text.rstrip(" \n")
    if not trimmed:
        return "", []
    if len(trimmed) != len(text):
        end = utf16(trimmed)
        entities = [
            entity if entity.end <= end else replace(entity, length=end - entity.offset)
            for entity in entities
            if entity.offset < end
        ]
        entities.sort(key=entity_order)
    blank = len(trimmed) - len(trimmed.lstrip(" \n"))
    cut = min(blank, entities[0].offset) if entities else blank
    if cut:
        entities = [replace(entity, offset=entity.offset - cut) for entity in entities]
    return trimmed[cut:], entities


# --------------------------------------------------------------------------- entities


def untangle(entities: Sequence[Entity]) -> list[Entity]:
    """Rule 2. Takes and gives entities in any and in Telegram's order."""
    ordered = sorted(entities, key=entity_order)
    if len(ordered) < 2 or _apart(ordered):
        return ordered
    split = [entity for entity in ordered if entity.type in _SPLIT]
    quotes = _first_of_overlapping(entity for entity in ordered if entity.type in _QUOTES)
    others = _first_of_overlapping(
        entity for entity in ordered if entity.type not in _SPLIT and entity.type not in _QUOTES
    )
    others = [entity for entity in others if not any(_crosses(entity, quote) for quote in quotes)]
    walls = sorted(others + quotes, key=entity_order)
    return sorted(walls + _cut(split, walls), key=entity_order)


def _apart(ordered: Sequence[Entity]) -> bool:
    """No two touch: nothing to untangle."""
    return all(first.end < second.offset for first, second in pairwise(ordered))


def _first_of_overlapping(ordered: Iterable[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    for entity in ordered:
        if not kept or entity.offset >= kept[-1].end:
            kept.append(entity)
    return kept


def _crosses(entity: Entity, quote: Entity) -> bool:
    """They overlap, and the quote does not contain the entity."""
    overlap = entity.offset < quote.end and quote.offset < entity.end
    return overlap and not (quote.offset <= entity.offset and entity.end <= quote.end)


def _cut(split: Sequence[Entity], walls: Sequence[Entity]) -> list[Entity]:
    """Bold and its kin between the ends of all other entities and of one another's beginnings."""
    if not split:
        return []
    borders = {edge for wall in walls for edge in (wall.offset, wall.end)}
    forbidden = [wall for wall in walls if wall.type in _CODE]
    result: list[Entity] = []
    joined = [entity for kind in _SPLIT for entity in _join([e for e in split if e.type == kind])]
    starts = {entity.offset for entity in joined}
    for entity in joined:
        edges = sorted(edge for edge in borders | starts if entity.offset < edge < entity.end)
        for begin, end in zip([entity.offset, *edges], [*edges, entity.end], strict=True):
            if not any(wall.offset <= begin and end <= wall.end for wall in forbidden):
                result.append(replace(entity, offset=begin, length=end - begin))
    return result


def _join(ordered: Sequence[Entity]) -> list[Entity]:
    """One kind: overlapping and touching ones become one."""
    joined: list[Entity] = []
    for entity in ordered:
        if joined and entity.offset <= joined[-1].end:
            last = joined[-1]
            joined[-1] = replace(last, length=max(last.end, entity.end) - last.offset)
        else:
            joined.append(entity)
    return joined
