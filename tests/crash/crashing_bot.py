"""What makes a real bot kill itself with SIGKILL at a step of the way, and time pass faster for it.

STEP is one of `STEPS`, WHEN "before" or "after", NTH which call of it is fatal, from 1. Its clock runs some times as
fast as the machine's, counted from an anchor (seconds since the epoch), so that all starts share one time and a
minute's wait is over soon.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from watchdog_bot import app
from watchdog_bot.fetch import Fetcher
from watchdog_bot.parsing import ParserPool
from watchdog_bot.store import Store

SPEED = 20

# The steps of one post's way, in order, and where each is done.
STEPS: dict[str, tuple[Any, str]] = {
    "lease": (Store, "lease_due_feeds"),
    "fetch": (Fetcher, "get"),
    "parse": (ParserPool, "parse"),
    "known": (Store, "known"),
    "apply": (Store, "apply"),
    "claim": (Store, "claim_deliveries"),
    "send": (app, "send"),
    "record": (Store, "record"),
}


class FastClock:
    """The machine's clock, sped up; `set_back` is what somebody does who corrects it."""

    def __init__(self, anchor: float, speed: int = SPEED) -> None:
        self._anchor = anchor
        self._speed = speed
        self._behind = timedelta()

    def now(self) -> datetime:
        passed = time.time() - self._anchor  # noqa: TID251 - this is a clock
        started = datetime.fromtimestamp(self._anchor, UTC)
        return started + timedelta(seconds=passed * self._speed) - self._behind

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)

    def set_back(self, seconds: float) -> None:
        self._behind += timedelta(seconds=seconds)


def _counts(step: str, args: tuple[Any, ...], result: Any) -> bool:
    """Only calls that matter: a claim of nothing and a poll without news are no step of a post's way."""
    if step == "apply":
        return bool(args[1].posts) and bool(args[1].posts[0].deliveries)
    if step in {"claim", "lease"} and result is not None:
        return bool(result)
    return True


def arm(step: str, when: str, nth: int) -> None:
    """Make the nth call of a step fatal."""
    owner, name = STEPS[step]
    real: Callable[..., Awaitable[Any]] = getattr(owner, name)
    calls = 0

    async def fatal(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        if when == "before" and _counts(step, args, None):
            calls += 1
            if calls == nth:
                os.kill(os.getpid(), signal.SIGKILL)
        result = await real(*args, **kwargs)
        if when == "after" and _counts(step, args, result):
            calls += 1
            if calls == nth:
                os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, fatal)
