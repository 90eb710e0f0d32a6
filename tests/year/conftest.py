from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.year.world import World
from watchdog_bot.store import Store


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A small world in which a source may be asked every five minutes."""
    clock = FakeClock()
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        yield await World.make(store, clock)
