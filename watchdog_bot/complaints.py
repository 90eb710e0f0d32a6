"""Saying that the store fails: once a minute for each thing that does not get on. A full disk must not be filled with
words about it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from watchdog_bot.clock import Clock
from watchdog_bot.core.errors import StoreError

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=1)


class Complaints:
    """What was said when, by one part of the program."""

    def __init__(self, clock: Clock) -> None:
        """Nothing was said yet."""
        self._clock = clock
        self._said: dict[str, datetime] = {}

    def say(self, event: str, error: StoreError) -> None:
        """Log it, unless it was said less than a minute ago. The error names the cause and the mend."""
        now = self._clock.now()
        last = self._said.get(event)
        if last is None or abs(now - last) >= EVERY:
            self._said[event] = now
            log.error(event, error=str(error))
