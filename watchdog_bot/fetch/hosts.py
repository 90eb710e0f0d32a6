"""Manners towards a host: how many connections at once, how long between requests, and silence when it asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType

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

    def turn(self, name: str) -> AbstractAsyncContextManager[None]:
        """Hold one of the host's connections, once its turn has come."""
        return _Turn(self, self._host(name))

    async def begin(self, host: _Host) -> None:
        """Wait for a connection, then until the request may start."""
        await host.slots.acquire()
        now = self._time()
        start = max(now, host.next_at)
        host.next_at = start + self._spacing
        if start > now:
            try:
                await self._sleep(start - now)
            except BaseException:
                host.slots.release()
                raise

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


class _Turn(AbstractAsyncContextManager[None]):
    """Written out, for it is entered at every poll."""

    __slots__ = ("_host", "_hosts")

    def __init__(self, hosts: Hosts, host: _Host) -> None:
        self._hosts = hosts
        self._host = host

    async def __aenter__(self) -> None:
        self._host.waiting += 1
        try:
            await self._hosts.begin(self._host)
        except BaseException:
            self._host.waiting -= 1
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._host.slots.release()
        self._host.waiting -= 1
