from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.feedserver import FeedServer
from watchdog_bot.fetch import Fetcher, FetchLimits

AGENT = "WatchdogBot/0 (+https://example.org/bot; contact@example.org)"
QUICK = FetchLimits(body=100_000, total=30.0, connect=30.0, spacing=0.0)


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as serving:
        yield serving


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(user_agent=AGENT, allow_private=True, limits=QUICK) as opened:
        yield opened
