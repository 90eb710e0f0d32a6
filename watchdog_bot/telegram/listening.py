"""Whether Telegram's updates reach us: a bot that sends but no longer listens looks alive and is deaf.

1. Every ended getUpdates, whatever it brought, is a sign of life (`Ear.calls`): the loop that asks still runs.
2. 409: somebody else asks with the same token, and each takes updates from the other. Told to administrators and logged,
   once an hour at most while it lasts (Bot API, getUpdates).
3. 401: the token is no longer valid. python-telegram-bot gives up listening then, so the program must end (`Ear.refused`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from telegram.error import Conflict, TelegramError

from watchdog_bot.clock import Clock
from watchdog_bot.core.model import Message
from watchdog_bot.core.replies_home import two_listeners
from watchdog_bot.telegram.transport import AiohttpRequest

log = structlog.get_logger(__name__)

UNAUTHORIZED = 401
TOLD_EVERY = timedelta(hours=1)


class Ear(AiohttpRequest):
    """The transport of getUpdates, which counts its calls and notices that the token is refused."""

    def __init__(self, *, timeout: float, trust_env: bool = False) -> None:
        """As its parent's; one call at a time."""
        super().__init__(1, timeout=timeout, trust_env=trust_env)
        self.calls = 0  # that have ended
        self.refused = asyncio.Event()
        self._noted = -1  # a program that starts has just reached Telegram

    def heard(self) -> bool:
        """Whether a call has ended since this was last asked."""
        noted, self._noted = self._noted, self.calls
        return self.calls > noted

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """As its parent's."""
        try:
            status, body = await super().do_request(*args, **kwargs)
        finally:
            self.calls += 1
        if status == UNAUTHORIZED:
            self.refused.set()
        return status, body


class PollErrors:
    """What is done about an error of getUpdates; python-telegram-bot tries again by itself, ever more slowly up to 30 s."""

    def __init__(self, clock: Clock, tell: Callable[[Message], None]) -> None:
        """`tell` sends a message to the administrators."""
        self._clock = clock
        self._tell = tell
        self._told_at: datetime | None = None

    def __call__(self, error: TelegramError) -> None:
        """Log it; a second listener is told of as well. Never raises: that would end the listening."""
        if not isinstance(error, Conflict):
            log.warning("updates_unreachable", cause=type(error).__name__)
            return
        now = self._clock.now()
        if self._told_at is not None and timedelta(0) <= now - self._told_at < TOLD_EVERY:
            return
        self._told_at = now
        log.error(
            "another_listener",
            cause="another program asks for this bot's updates with the same token (409)",
            mend="stop the other one, or give one of them a token of its own from @BotFather",
        )
        self._tell(two_listeners())
