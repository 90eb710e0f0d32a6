"""A machine that lets anything happen to a few sources in any order; the world checks itself at each poll."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.clock import FakeClock
from tests.year.net import Trouble
from tests.year.source import Dates, Form, Item, Source, Style, Validators
from tests.year.world import WISHES, World
from watchdog_bot.store import Store

FLOOR = 300
which = st.integers(0, 3)
wishes = st.sets(st.integers(0, WISHES - 1), max_size=2)


class Stories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.sources: list[Source] = []
        self.gone: list[str] = []
        self.moves = 0

    @initialize(
        styles=st.tuples(st.sampled_from(list(Style)), st.sampled_from(list(Style))),
        dates=st.sampled_from(list(Dates)),
        validators=st.sampled_from(list(Validators)),
        form=st.sampled_from(list(Form)),
        restless=st.booleans(),
    )
    def begin(
        self,
        styles: tuple[Style, Style],
        dates: Dates,
        validators: Validators,
        form: Form,
        restless: bool,
    ) -> None:
        self.runner.run(self.open())
        self.sources = [
            Source("a", style=styles[0], dates=dates, validators=validators, form=form, window=4),
            Source("b", style=styles[1], restless_head=restless, window=6),
            Source("c", style=Style.GUID, window=5),
            Source("d", style=Style.BARE, window=5, validators=Validators.NONE),
        ]
        self.sources[2].paired = self.sources[3].paired = True
        for number, source in enumerate(self.sources):
            for wish in range(number + 1):
                self.world.publish(source, wish)
            self.runner.run(self.world.add(source))
        self.runner.run(self.world.tick())
        assert not self.world.alerted

    async def open(self) -> None:
        clock = FakeClock()
        store = await Store.open(self.folder / "watchdog.db", clock=clock)
        self.world = await World.make(store, clock, floor=FLOOR)

    def of(self, number: int, position: int) -> tuple[Source, Item | None]:
        source = self.sources[number]
        shown = source.current()
        return source, shown[position % len(shown)] if shown else None

    # -------------------------------------------------------------- what happens

    @rule(number=which, wanted=wishes)
    def publish(self, number: int, wanted: set[int]) -> None:
        self.world.publish(self.sources[number], *wanted)

    @rule(wanted=wishes)
    def publish_in_two(self, wanted: set[int]) -> None:
        self.world.publish(self.sources[2], *wanted, also=self.sources[3])

    @rule(wanted=wishes, back=st.booleans())
    def publish_a_copy(self, wanted: set[int], back: bool) -> None:
        one, other = (self.sources[3], self.sources[2]) if back else (self.sources[2], self.sources[3])
        self.world.publish(one, *wanted, copied=other)

    @rule()
    def restart(self) -> None:
        self.runner.run(self.world.restart())

    @rule(number=which, wanted=wishes, count=st.integers(2, 9))
    def flood(self, number: int, wanted: set[int], count: int) -> None:
        for _ in range(count):
            self.world.publish(self.sources[number], *wanted)

    @rule(number=which, position=which, wanted=wishes)
    def edit(self, number: int, position: int, wanted: set[int]) -> None:
        source, item = self.of(number, position)
        if item is not None:
            self.world.edit(source, item, *wanted)

    @rule(number=which)
    def redate(self, number: int) -> None:
        self.sources[number].redate(self.world.true)

    @rule(number=which)
    def reorder(self, number: int) -> None:
        self.sources[number].reorder()

    @rule(number=which)
    def new_guids(self, number: int) -> None:
        self.sources[number].new_guids()

    @rule(number=which)
    def new_links(self, number: int) -> None:
        self.sources[number].new_links()

    @rule(number=which, to_host=st.booleans())
    def move(self, number: int, to_host: bool) -> None:
        source = self.sources[number]
        if source in self.world.net.troubles or source.url in self.world.net.redirects:
            return
        self.moves += 1
        if to_host and source.may_leave_its_host():
            self.world.move(source, f"{source.scheme}://{source.name}{self.moves}.example/feed")
        elif source.scheme == "http":
            self.world.move(source, f"https://{source.host}/feed")

    @rule(number=which, on=st.booleans())
    def detour(self, number: int, on: bool) -> None:
        self.world.detour(self.sources[number], on=on)

    @rule(number=which, trouble=st.sampled_from(list(Trouble)))
    def outage(self, number: int, trouble: Trouble) -> None:
        self.world.trouble(self.sources[number], trouble)

    @rule(number=which)
    def recover(self, number: int) -> None:
        source = self.sources[number]
        self.world.trouble(source, None)
        if self.runner.run(self.world.feed(source)).paused:
            self.runner.run(self.world.resume(source))

    @rule(number=which, position=which)
    def hide(self, number: int, position: int) -> None:
        source, item = self.of(number, position)
        source.hide(None if source.hidden else item)

    @rule(number=which, position=which)
    def repeat(self, number: int, position: int) -> None:
        source, item = self.of(number, position)
        source.repeated = {item.story.number} if item is not None and not source.repeated else set()
        source.changed()

    @rule(number=which)
    def come_back_whole_or_not(self, number: int) -> None:
        self.sources[number].whole ^= True
        self.sources[number].changed()

    @rule(hours=st.sampled_from([1, 7, 26]))
    def poll(self, hours: int) -> None:
        self.runner.run(self.world.pass_time(hours * 3600))

    @rule(seconds=st.sampled_from([-40, 7200, -7200, 86_400, -72_000]))
    def jump(self, seconds: int) -> None:
        """Never more than a day behind: a date that lies ahead of the clock is no part of an identity that needs it."""
        ahead = (self.world.clock.now() - self.world.true).total_seconds()
        if ahead + seconds < -72_000:
            return
        self.world.jump(seconds)

    @rule()
    def housekeep(self) -> None:
        self.runner.run(self.world.housekeep())

    # -------------------------------------------------------------- what always holds

    @invariant()
    def the_database_is_what_the_model_says(self) -> None:
        if self.sources:
            self.runner.run(self.world.check_all())

    def teardown(self) -> None:
        try:
            if self.sources:
                self.runner.run(self.end())
        finally:
            self.runner.close()
            shutil.rmtree(self.folder)

    async def end(self) -> None:
        """Once every source answers again, all that stands there is known, and all that is owed arrives."""
        world = self.world
        try:
            for source in self.sources:
                world.trouble(source, None)
                world.detour(source, on=False)
                source.hide(None)
                if (await world.feed(source)).paused:
                    await world.resume(source)
            await world.pass_time(3 * 86_400)
            standing = {
                source.telling(item.story.number) for source in self.sources for item in source.current()
            }
            assert standing <= set(world.stored)
            await world.all_sent()
        finally:
            await world.store.close()


TestStories = Stories.TestCase
TestStories.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
