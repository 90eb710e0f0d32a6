"""The parser without its worker processes, for tests whose matter is another."""

from __future__ import annotations

from datetime import datetime

from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.feeds.rules import SourceRules
from watchdog_bot.core.model import FeedKind, ParsedFeed


class InProcess:
    """`ParserPool` without processes."""

    async def parse(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str = "",
        kind: FeedKind = FeedKind.AUTO,
        rules: SourceRules | None = None,
        now: datetime | None = None,
    ) -> ParsedFeed:
        return parse_document(body, url=url, content_type=content_type, kind=kind, rules=rules, now=now)
