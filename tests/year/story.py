"""A year of sources: what happens to each of them on each day, by the same dice in every run."""

from __future__ import annotations

from dataclasses import dataclass

from tests.year.dice import Dice
from tests.year.net import SILENCING, Trouble
from tests.year.source import Dates, Form, Source, Style, Validators
from tests.year.world import WISHES, World

DAY = 86_400
REDIRECT_DAYS = 21  # how long an old address still redirects; a bot that has not followed by then is lost
SHORT_WINDOW, LONG_WINDOW = 8, 30
EDITED_WITHIN_DAYS = 20

# How often, a source and day.
CHANCES = {
    "edit": 0.10,
    "redate": 0.02,
    "reorder": 0.03,
    "new guids": 0.01,
    "new links": 0.01,
    "to https": 0.006,
    "to a new host": 0.004,
    "detour": 0.01,
    "whole": 0.01,
    "hide": 0.02,
    "repeat": 0.03,
    "burst": 0.01,
    "trouble": 0.05,
}
RESTARTS = 0.02  # how often the program starts anew, a quarter of a day
# Never back by more than a day: dates would then lie in the future, and be no part of an identity that needs them.
JUMPS = (-7200, 7200, -20 * 3600, 2 * DAY, -40, 600)


@dataclass(slots=True)
class Plan:
    """What a source still has before it."""

    dice: Dice
    per_day: float
    sibling: Source | None = None
    trouble_ends: int = 0  # day
    whole_ends: int = 0
    detour_ends: int = 0
    redirects: tuple[tuple[int, str], ...] = ()  # when an old address is given up
    resume_at: int | None = None
    hosts: int = 0


def sources(count: int) -> list[tuple[Source, Plan]]:
    """So many sources of all kinds; some are paired and share stories."""
    styles, forms, dates, validators = tuple(Style), tuple(Form), tuple(Dates), tuple(Validators)
    made: list[tuple[Source, Plan]] = []
    for number in range(count):
        dice = Dice(f"source {number}")
        style = styles[number % len(styles)] if number % 3 else Style.GUID
        form = forms[number // 4 % 3] if number % 4 == 0 else Form.RSS
        source = Source(
            f"s{number}",
            style=style,
            form=form,
            dates=dates[number // 2 % 5] if number % 2 else Dates.HONEST,
            validators=validators[number % 4],
            window=SHORT_WINDOW + dice.below(LONG_WINDOW - SHORT_WINDOW),
            restless_head=number % 5 == 2,
            dirty=form is not Form.JSON and number % 11 == 5,
            every=None if number % 2 else 4 * 3600 + dice.below(8 * 3600),
        )
        made.append((source, Plan(dice, (0.1, 0.3, 0.6, 1.5)[number % 4])))
    pairs = [pair for pair in made if pair[0].style in {Style.GUID, Style.BARE, Style.PERMALINK}]
    for (one, plan), (other, _) in zip(pairs[::6], pairs[1::6], strict=False):
        plan.sibling = other
        one.paired = other.paired = True
    return made


class Year:
    """Drives a world through it."""

    def __init__(self, world: World, made: list[tuple[Source, Plan]]) -> None:
        self.world = world
        self.made = made
        self.dice = Dice("year")
        self.day = 0
        self.behind = 0.0  # seconds that the clock was set wrong by, to be set right again

    async def begin(self) -> None:
        """Feeds are added with what they hold; none of it alerts anybody."""
        for source, plan in self.made:
            for _ in range(2 + plan.dice.below(source.window - 2)):
                self.world.publish(source, *self._wishes(plan))
            await self.world.add(source)
        await self.world.tick()
        assert not self.world.alerted
        assert self.world.baseline == {source for source, _ in self.made}

    async def pass_day(self) -> None:
        self.day += 1
        parts = 4
        for part in range(parts):
            for source, plan in self.made:
                self._publish(source, plan, parts)
                if plan.dice.below(parts) == part:
                    await self._happen(source, plan)
            if part == 2:
                self._set_clock()
            if self.dice.chance(RESTARTS):
                await self.world.restart()
            await self.world.pass_time(DAY / parts)
            await self.world.deliver()
        for source, plan in self.made:
            await self._end(source, plan)
        await self.world.housekeep()
        self.world.look_for_losses()

    def _wishes(self, plan: Plan) -> tuple[int, ...]:
        return tuple({plan.dice.below(WISHES) for _ in range(plan.dice.below(3))})

    def _publish(self, source: Source, plan: Plan, parts: int) -> None:
        if plan.dice.chance(plan.per_day / parts):
            shared, copied = plan.dice.chance(0.3), plan.dice.chance(0.3)
            self.world.publish(
                source,
                *self._wishes(plan),
                also=plan.sibling if shared else None,
                copied=plan.sibling if copied and not shared else None,
            )

    async def _happen(self, source: Source, plan: Plan) -> None:
        for what, chance in CHANCES.items():
            if plan.dice.chance(chance) and self._do(what, source, plan):
                self.world.figures.happenings[what] += 1

    def _do(self, what: str, source: Source, plan: Plan) -> bool:  # noqa: C901, PLR0912 - one arm a happening
        match what:
            case "edit":
                return self._edit(source, plan)
            case "redate":
                return source.redate(self.world.true)
            case "reorder":
                source.reorder()
            case "new guids":
                return source.new_guids()
            case "new links":
                return source.new_links()
            case "to https":
                return source.scheme == "http" and self._move(source, plan, f"https://{source.host}/feed")
            case "to a new host":
                plan.hosts += 1
                host = f"{source.name}-{plan.hosts}.example"
                url = f"{source.scheme}://{host}/feed"
                return source.may_leave_its_host() and self._move(source, plan, url)
            case "detour":
                if plan.redirects:
                    return False
                plan.detour_ends = self.day + 1 + plan.dice.below(10)
                self.world.detour(source, on=True)
            case "whole":
                source.whole, plan.whole_ends = True, self.day + 1
                source.changed()
            case "hide":
                shown = source.current()
                source.hide(plan.dice.pick(shown) if shown else None)
            case "repeat":
                shown = source.current()
                source.repeated = {plan.dice.pick(shown).story.number} if shown else set()
                source.changed()
            case "burst":
                for _ in range(3 + plan.dice.below(source.window // 2)):
                    self.world.publish(source, *self._wishes(plan))
            case "trouble":
                return self._trouble(source, plan)
        return True

    def _edit(self, source: Source, plan: Plan) -> bool:
        young = [
            item
            for item in source.current()
            if (self.world.true - item.at).days < EDITED_WITHIN_DAYS
        ]  # fmt: skip
        if not young:
            return False
        # Wishes are never taken back: who was alerted is forgotten after 30 days, and an edit may be seen later still.
        item = plan.dice.pick(young)
        return self.world.edit(source, item, *item.story.wishes, *self._wishes(plan))

    def _move(self, source: Source, plan: Plan, url: str) -> bool:
        if plan.redirects or plan.detour_ends > self.day or source in self.world.net.troubles:
            return False
        plan.redirects = ((self.day + REDIRECT_DAYS, source.url),)
        self.world.move(source, url)
        return True

    def _trouble(self, source: Source, plan: Plan) -> bool:
        if plan.redirects or source in self.world.net.troubles:
            return False
        trouble = plan.dice.pick(tuple(Trouble))
        plan.trouble_ends = self.day + (1 if plan.dice.below(4) else 1 + plan.dice.below(6))
        self.world.trouble(source, trouble)
        self.world.figures.happenings[f"trouble: {trouble.value}"] += 1
        return True

    def _set_clock(self) -> None:
        """Now and then the machine's clock is wrong, until the next day."""
        if self.behind:
            self.world.jump(-self.behind)
            self.behind = 0.0
        elif self.dice.chance(0.05):
            self.behind = self.dice.pick(JUMPS)
            self.world.jump(self.behind)
            self.world.figures.happenings["clock jump"] += 1

    async def _end(self, source: Source, plan: Plan) -> None:
        trouble = self.world.net.troubles.get(source)
        if trouble is not None and plan.trouble_ends <= self.day:
            self.world.trouble(source, None)
            if trouble in SILENCING:
                self.world.forget_standing(source)
        if (await self.world.feed(source)).paused and source not in self.world.net.troubles:
            await self.world.resume(source)
            self.world.forget_standing(source)
        if source.whole and plan.whole_ends <= self.day:
            source.whole = False
            source.changed()
        if plan.detour_ends == self.day:
            self.world.detour(source, on=False)
        for until, url in plan.redirects:
            if until <= self.day:
                self.world.net.redirects.pop(url, None)
                self.world.net.at.pop(url, None)
                plan.redirects = ()
