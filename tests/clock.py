"""A clock for tests: time passes when everybody waits, and at once."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_SETTLING_TURNS = 12  # turns of the event loop in which nothing new happens: then everybody waits


class FakeClock:
    """Virtual time. `sleep` returns as soon as nobody has anything left to do before that moment.

    Work that the event loop cannot see (a database thread) is named with `watch`, so that time stands still
    while it is under way.
    """

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._count = 0
        self._moves = 0  # anything that happened: while it grows, time stands still
        self._busy: list[Callable[[], bool]] = []
        self._pump: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        self._moves += 1
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass by hand; sleepers whose moment has come wake up."""
        self._go_to(self._now + timedelta(seconds=seconds))

    def set_back(self, seconds: float) -> None:
        """Somebody corrects the machine's clock."""
        back = timedelta(seconds=seconds)
        self._now -= back
        self._sleepers = [(due - back, number, future) for due, number, future in self._sleepers]

    def watch(self, busy: Callable[[], bool]) -> None:
        """Time stands still while this is true."""
        self._busy.append(busy)

    async def sleep(self, seconds: float) -> None:
        self._moves += 1
        self._count += 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(
            self._sleepers, (self._now + timedelta(seconds=max(seconds, 0.0)), self._count, future)
        )
        if self._pump is None or self._pump.done():
            self._pump = asyncio.ensure_future(self._pass_time())
        await future

    async def _pass_time(self) -> None:
        while self._sleepers:
            await self._settled()
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)  # cancelled
            if self._sleepers:
                self._go_to(max(self._sleepers[0][0], self._now))

    async def _settled(self) -> None:
        quiet, seen = 0, self._moves
        while quiet < _SETTLING_TURNS:
            if any(busy() for busy in self._busy):
                await asyncio.sleep(0.0005)
                quiet = 0
                continue
            await asyncio.sleep(0)
            quiet = quiet + 1 if seen == self._moves else 0
            seen = self._moves

    def _go_to(self, moment: datetime) -> None:
        self._now = moment
        while self._sleepers and self._sleepers[0][0] <= moment:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
