"""Golden documents: each `golden/NAME` has its reading in `golden/NAME.expected.json`.

The documents were written for these tests, in the manner of the sources; none is copied. `python -m
tests.core.feeds.golden` writes the readings anew; look at the difference before you believe it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.model import ParsedEntry, ParsedFeed

FOLDER = Path(__file__).parent / "golden"
NOW = datetime(2027, 1, 1, tzinfo=UTC)
CONTENT_TYPES = {"rss20-http-charset-windows1251.xml": 'text/xml; charset="windows-1251"'}


def documents() -> list[Path]:
    return sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.json"))


def expected(path: Path) -> Any:
    return json.loads(path.with_name(path.name + ".expected.json").read_text("utf-8"))


def reading(path: Path) -> Any:
    feed = parse_document(
        path.read_bytes(),
        url=f"https://golden.example/{path.name}",
        content_type=CONTENT_TYPES.get(path.name, ""),
        now=NOW,
    )
    return shown(feed)


def shown(feed: ParsedFeed) -> Any:
    """A feed as JSON has it; what is empty is left out."""
    values = {
        "kind": feed.kind.value, "title": feed.title, "link": feed.link, "language": feed.language, "ttl": feed.ttl,
        "skip_hours": sorted(feed.skip_hours), "skip_days": sorted(feed.skip_days), "hub": feed.hub,
        "damaged": feed.damaged, "entries": [_entry(entry) for entry in feed.entries],
    }  # fmt: skip
    return {key: value for key, value in values.items() if value}


def _entry(entry: ParsedEntry) -> dict[str, Any]:
    values = {
        "id": entry.id, "link": entry.link, "title": entry.title, "summary": entry.summary, "content": entry.content,
        "published": entry.published.isoformat() if entry.published else None,
        "updated": entry.updated.isoformat() if entry.updated else None, "tags": list(entry.tags), "language": entry.language,
    }  # fmt: skip
    return {key: value for key, value in values.items() if value}


if __name__ == "__main__":
    for document in documents():
        text = json.dumps(reading(document), ensure_ascii=False, indent=1)
        document.with_name(document.name + ".expected.json").write_text(text + "\n", "utf-8")
