"""A year of many sources on a virtual clock: posts published and seen are posts stored, alerts exactly once.

`WATCHDOG_YEAR=full pytest -s tests/year/test_year.py` runs all 200 sources for 365 days and prints what happened.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter

import pytest

from tests.clock import FakeClock
from tests.year.story import Year, sources
from tests.year.world import World
from watchdog_bot.store import Store

FULL = os.environ.get("WATCHDOG_YEAR") == "full"
SOURCES, DAYS = (200, 365) if FULL else (24, 40)
FLOOR = 4 * 3600  # seconds between two requests to a source


@pytest.mark.timeout(4 * 3600 if FULL else 120)
async def test_a_year_loses_no_post_and_doubles_no_alert(tmp_path: Path) -> None:
    clock = FakeClock()
    started = perf_counter()
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        world = await World.make(store, clock, floor=FLOOR)
        year = Year(world, sources(SOURCES))
        await year.begin()
        for _ in range(DAYS):
            await year.pass_day()
        await world.check_all()
        await world.all_sent()
        assert not await store.check()
        if FULL:
            report(world, perf_counter() - started)
        assert world.figures.polls > SOURCES * DAYS
        assert len(world.stored) > SOURCES
        assert len(world.stored) + world.never_shown() == world.figures.published
        assert world.figures.joined
        assert world.figures.restarts
        assert world.alerted


def report(world: World, seconds: float) -> None:
    figures = world.figures
    print()  # noqa: T201 - asked for by an environment variable
    for name, value in (
        ("sources × days", f"{SOURCES} × {DAYS}"),
        ("seconds", round(seconds)),
        ("polls", figures.polls),
        ("answers", dict(sorted(world.net.statuses.items()))),
        ("published", figures.published),
        ("stored", len(world.stored)),
        ("never shown", world.never_shown()),
        ("joined", figures.joined),
        ("restarts", figures.restarts),
        ("edits", figures.edits),
        ("alerts", sum(world.alerted.values())),
        ("sent", sum(world.sent.values())),
        ("told to admins", len(world.told)),
        ("happenings", dict(sorted(figures.happenings.items()))),
    ):
        print(f"{name:>16}: {value}")  # noqa: T201 - the same
