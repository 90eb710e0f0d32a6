from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.store.world import World
from watchdog_bot.store import Store


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as opened:
        clock.watch(lambda: opened.busy)
        yield opened


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> World:
    return await World.make(store, clock)
