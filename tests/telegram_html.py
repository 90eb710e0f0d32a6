"""Telegram's own HTML parser (TDLib), to judge what we write."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import tdjson


@dataclass(frozen=True)
class Parsed:
    """Text without markup, and its entities as (type, text, extra)."""

    text: str
    entities: tuple[tuple[str, str, str], ...]


def _execute(request: dict[str, Any]) -> dict[str, Any]:
    answer = tdjson.td_execute(json.dumps(request).encode())
    assert answer is not None
    loaded: dict[str, Any] = json.loads(answer)
    return loaded


_execute({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})


def parse(html: str) -> Parsed:
    """Raises ValueError with Telegram's own words where it would refuse the message."""
    answer = _execute(
        {"@type": "parseTextEntities", "text": html, "parse_mode": {"@type": "textParseModeHTML"}}
    )
    if answer["@type"] == "error":
        raise ValueError(answer["message"])
    units = answer["text"].encode("utf-16-le")
    entities = tuple(
        (
            each["type"]["@type"].removeprefix("textEntityType"),
            units[2 * each["offset"] : 2 * (each["offset"] + each["length"])].decode("utf-16-le"),
            str(each["type"].get("url", "")),
        )
        for each in answer["entities"]
    )
    return Parsed(answer["text"], entities)
