"""What the parser sees in a document: for `feeds inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from watchdog_bot.adding import look
from watchdog_bot.app import user_agent
from watchdog_bot.config import Settings
from watchdog_bot.core.errors import ParseError, WatchdogError
from watchdog_bot.core.model import FeedKind, ParsedFeed
from watchdog_bot.fetch import Fetcher, FetchLimits
from watchdog_bot.parsing import ParserPool


async def inspect(target: str, settings: Settings) -> ParsedFeed:
    """Read a file, or fetch an address. Raises WatchdogError with the reason where that fails."""
    async with ParserPool(workers=1) as parser:
        if "://" not in target:
            body, url = _file(target)
            return await parser.parse(body, url=url, content_type="", kind=FeedKind.AUTO)
        fetcher = Fetcher(
            user_agent=user_agent(settings.fetch.contact),
            allow_private=settings.fetch.allow_private_addresses,
            limits=FetchLimits(total=settings.fetch.timeout, body=settings.fetch.max_body),
        )
        async with fetcher:
            looked = await look(fetcher, parser, target)
    if isinstance(looked, str):
        raise ParseError(looked)
    return looked


def _file(target: str) -> tuple[bytes, str]:
    """The file's content, and an address for it."""
    path = Path(target)
    if path.is_dir():
        raise WatchdogError(f"{target or 'nothing'} is not a file; give a file or an http(s) address")
    try:
        return path.read_bytes(), path.resolve().as_uri()
    except OSError as error:
        cause = error.strerror or str(error)
        raise WatchdogError(f"{target}: {cause}; give a file or an http(s) address") from error


def as_json(parsed: ParsedFeed) -> dict[str, Any]:
    """The document as the command prints it; "published" is the date that an alert shows, "children" are there only
    where an index names sitemaps.
    """
    return {
        "kind": str(parsed.kind),
        "title": parsed.title,
        "entries": [
            {
                "id": entry.id,
                "link": entry.link,
                "title": entry.title,
                "published": shown.isoformat() if (shown := entry.published or entry.updated) else None,
                "summary": entry.summary,
            }
            for entry in parsed.entries
        ],
        **({"children": list(parsed.children)} if parsed.children else {}),
    }
