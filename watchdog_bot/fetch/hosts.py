"""Manners towards a host: how many connections at once, how long between requests, and silence when it asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

FORGET_ABOVE = 20_000  # hosts remembered before those at rest are forgotten


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    next_at: float = 0.0  # when the next request may start
    cool_until: float = 0.0
    waiting: int = 0


class Hosts:
    """Turns, by host name. Times are seconds of a monotonic clock."""

    def __init__(
        self,
        *,
        connections: int,
        spacing: float,
        time: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`spacing` is in seconds between the starts of two requests to one host."""
        self._connections = connections
        self._spacing = spacing
        self._time = time
        self._sleep = sleep
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Hold one of the host's connections, once its turn has come."""
        host = self._host(name)
        host.waiting += 1
        try:
            async with host.slots:
                start = max(self._time(), host.next_at)
                host.next_at = start + self._spacing
                if (wait := start - self._time()) > 0:
                    await self._sleep(wait)
                yield
        finally:
            host.waiting -= 1

    def wait(self, name: str) -> float:
        """Seconds until a request to this host could start, so that a poller can do others first."""
        host = self._hosts.get(name)
        if host is None:
            return 0.0
        now = self._time()
        return max(0.0, host.next_at - now + self._spacing * host.waiting, host.cool_until - now)

    def cool(self, name: str, seconds: float) -> None:
        """Nothing to this host for so long: it said 429 or 503."""
        host = self._host(name)
        host.cool_until = max(host.cool_until, self._time() + seconds)

    def cooling(self, name: str) -> float:
        """Seconds of silence that are left; 0 for none."""
        host = self._hosts.get(name)
        return max(0.0, host.cool_until - self._time()) if host is not None else 0.0

    def _host(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            if len(self._hosts) >= FORGET_ABOVE:
                self._forget()
            host = self._hosts[name] = _Host(asyncio.Semaphore(self._connections))
        return host

    def _forget(self) -> None:
        now = self._time()
        at_rest = [
            name
            for name, host in self._hosts.items()
            if not host.waiting and host.next_at <= now and host.cool_until <= now
        ]
        for name in at_rest:
            del self._hosts[name]
