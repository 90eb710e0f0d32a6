"""The whole bot at work in this process: simulated Telegram, feed server, real everything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

from watchdog_bot import app
from watchdog_bot.config import load
from watchdog_bot.demo.posts import DemoPost
from watchdog_bot.demo.show import write_configuration
from watchdog_bot.demo.sources import DemoFeed, Sources
from watchdog_bot.settings import Settings
from watchdog_bot.simulator import Chat, Message, Person, Press, Simulator
from watchdog_bot.telegram.application import SPEECH, App

T = TypeVar("T")

# The applications that the program has built, so that a test can tell when their handlers have ended.
_built: WeakSet[App] = WeakSet()
_build: Callable[..., App] = vars(app)["build"]


def _remembered(*args: Any, **kwargs: Any) -> App:
    made = _build(*args, **kwargs)
    _built.add(made)
    return made


vars(app)["build"] = _remembered


def _busy(application: App) -> bool:
    """Whether an update waits or is being handled."""
    handled = application.update_queue.qsize() or application.update_processor.current_concurrent_updates
    return bool(handled or application.bot_data[SPEECH].busy)


QUIET_TURNS = 3  # between the queue and its handler an update is in neither for a moment
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = 20.0  # real seconds: generous, because the machine is shared; nothing sleeps this long


@dataclass
class Running:
    """The bot and both its worlds."""

    simulator: Simulator
    sources: Sources
    settings: Settings
    folder: Path
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[int] | None = None

    async def start(self) -> None:
        """Start the bot, and wait until it listens."""
        self.stop = asyncio.Event()
        polls = self.simulator.calls["getUpdates"]
        self.task = asyncio.create_task(app.run(self.settings, self.stop))
        await self.until(lambda: self.simulator.calls["getUpdates"] > polls or self._ended())

    def _ended(self) -> bool:
        if self.task is not None and self.task.done():
            self.task.result()
        return False

    async def end(self) -> int:
        """Stop it as SIGTERM would; returns the exit code."""
        self.stop.set()
        assert self.task is not None
        return await asyncio.wait_for(self.task, PATIENCE)

    async def until(self, look: Callable[[], T | None]) -> T:
        """The first truthy answer."""
        found = await self.simulator.wait_for(look, PATIENCE)
        assert found is not None
        return found

    async def say(
        self,
        person: Person,
        text: str,
        *,
        chat: Chat | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
    ) -> Message:
        """Say something, and return the bot's next message there."""
        place = chat or person.chat
        before = len(place.from_bot)
        person.say(text, chat=chat, thread=thread, reply_to=reply_to)
        await self.until(lambda: len(place.from_bot) > before)
        last = place.last
        assert last is not None
        return last

    async def press(
        self, person: Person, button: str, *, message: Message | None = None, chat: Chat | None = None
    ) -> Press:
        """Press a button, and return when the press is answered and what follows has happened."""
        pressed = person.press(button, message=message, chat=chat)
        await self.until(lambda: pressed.answer)
        await self.settle()
        return pressed

    async def press_for_reply(
        self, person: Person, button: str, *, message: Message | None = None
    ) -> Message:
        """Press a button in the private chat, and return the message that answers it."""
        before = len(person.chat.from_bot)
        await self.press(person, button, message=message)
        await self.until(lambda: len(person.chat.from_bot) > before)
        last = person.chat.last
        assert last is not None
        return last

    async def settle(self) -> None:
        """Until the bot has taken every update and its handlers have ended: then all that follows has happened."""
        await self.until(lambda: not self.simulator.pending)
        async with asyncio.timeout(PATIENCE):
            quiet = 0
            while quiet < QUIET_TURNS:
                await asyncio.sleep(0.01)
                quiet = 0 if any(_busy(each) for each in _built) else quiet + 1

    def publish(self, post: DemoPost, *, feed: DemoFeed | None = None, when: datetime = LONG_AGO) -> None:
        """Put a post at the top of a source."""
        (feed or self.sources.watchdog).publish(post, when)

    async def polled(self, *, times: int = 2) -> None:
        """Until all sources were asked so often again: what is published before is decided by then."""
        feeds = (self.sources.watchdog, self.sources.trouble)
        goal = [feed.polls + times for feed in feeds]
        async with asyncio.timeout(PATIENCE):
            while any(feed.polls < wanted for feed, wanted in zip(feeds, goal, strict=True)):  # noqa: ASYNC110 - the server only counts
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)

    def alerts(self, chat: Chat, title: str) -> list[Message]:
        """The alerts of that post in that chat."""
        return [each for each in chat.from_bot if title in each.text and "Matched:" in each.text]


@asynccontextmanager
async def running(
    folder: Path,
    *,
    admins: Callable[[Simulator], Sequence[int]] = lambda _simulator: (),
    before: Callable[[Running], Awaitable[None]] | None = None,
) -> AsyncIterator[Running]:
    """Start everything; at the end the bot is stopped and must have kept to Telegram's rules."""
    async with Simulator() as simulator, Sources() as sources:
        path = write_configuration(folder, simulator, sources, admins=admins(simulator))
        bot = Running(simulator, sources, load(path, {}), folder)
        if before is not None:
            await before(bot)
        await bot.start()
        try:
            yield bot
        finally:
            code = await bot.end()
        assert code == 0
        assert not simulator.violations
        assert not simulator.unanswered()
