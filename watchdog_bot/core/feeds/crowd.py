"""Many feeds of one host stand in its queue, and in nobody else's way.

A host is asked every few seconds at most. A feed that would have to wait for that, holding one of the few places for
polls, is put off until its turn may come; those put off come one after another.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from watchdog_bot.core.feeds.links import host_of

PATIENCE = 5.0  # seconds that a poll may wait for its host: the time between two requests to one
LONGEST = 120.0  # seconds; a host that is silent for longer asked for it, and the feed is to say so
FORGET_ABOVE = 1000  # hosts, before those without a queue are forgotten


class Crowd:
    """The queues, by host."""

    def __init__(self) -> None:
        self._last: dict[str, datetime] = {}

    def put_off(self, url: str, wait: float, now: datetime) -> datetime | None:
        """When the feed at `url` should come again, where its host makes it wait for `wait` seconds; None: now."""
        if not PATIENCE < wait <= LONGEST:
            return None
        host = host_of(url)
        moment = now + timedelta(seconds=wait - PATIENCE)
        if (last := self._last.get(host)) is not None:
            moment = max(moment, last + timedelta(seconds=PATIENCE))
        if len(self._last) > FORGET_ABOVE:
            self._last = {name: each for name, each in self._last.items() if each > now}
        self._last[host] = moment
        return moment
