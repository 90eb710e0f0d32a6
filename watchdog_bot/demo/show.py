"""The story of the demo, scene by scene, and the expectations it must meet."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from watchdog_bot.clock import SystemClock
from watchdog_bot.demo.bot_process import BotProcess
from watchdog_bot.demo.posts import BASELINE, DECOYS, INSPECTIONS, RELEASE, VERDICT, DemoPost
from watchdog_bot.demo.sources import DemoFeed, Sources
from watchdog_bot.demo.transcript import Outcome, Transcript
from watchdog_bot.simulator import Chat, Message, Person, Simulator
from watchdog_bot.simulator.faults import TooManyRequests

T = TypeVar("T")

PATIENCE = 25.0  # seconds that anything may take before the demo calls it failed
RECORDED = 0.5  # seconds in which the bot has long written down that it must wait
DATABASE = "watchdog.db"
SETTLED_POLLS = 2  # polls after which what has not been sent is not coming


async def run(*, serve: bool = False) -> int:
    """Play it. Returns 0 if every expectation held, else 1; with `serve` it goes on until Ctrl-C."""
    transcript = Transcript()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="watchdog-demo-")))
        stack.enter_context(_announced(folder / DATABASE))
        simulator = await stack.enter_async_context(Simulator())
        sources = await stack.enter_async_context(Sources())
        simulator.journal.on_event = transcript.event
        bot = BotProcess(write_configuration(folder, simulator, sources), folder / "bot.log")
        story = _Story(transcript, simulator, sources, bot)
        stop = _signalled(stack)
        if not await _played(story, transcript, stop):
            await bot.stop()
            transcript.note("Stopped.")
            return 0
        return await story.end(stop if serve else None)


def _signalled(stack: AsyncExitStack) -> asyncio.Event:
    """Set by Ctrl-C or SIGTERM. Without a handler the first process of a container would not hear them at all."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
        stack.callback(loop.remove_signal_handler, number)
    return stop


async def _played(story: _Story, transcript: Transcript, stop: asyncio.Event) -> bool:
    """Play to the end; False if told to stop before."""
    playing = asyncio.create_task(story.play())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not playing.done():
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        return False
    try:
        playing.result()
    except TimeoutError as error:
        transcript.note(f"It took too long: {error}" if str(error) else "It took too long.", "bold red")
        story.expect("everything happens in time", False)
    return True


def demo_database() -> Path | None:
    """The database of a demo that runs on this machine now, or None: for `bot.py health`."""
    try:
        path = Path(_marker().read_text(encoding="utf-8"))
    except OSError:
        return None
    return path if path.exists() else None


def _marker() -> Path:
    return Path(tempfile.gettempdir()) / f"watchdog-demo-{os.getuid()}"


@contextmanager
def _announced(database: Path) -> Iterator[None]:
    """Let `health` find the demo's database while it runs."""
    _marker().write_text(str(database), encoding="utf-8")
    try:
        yield
    finally:
        _marker().unlink(missing_ok=True)


def write_configuration(
    folder: Path, simulator: Simulator, sources: Sources, *, admins: Sequence[int] = ()
) -> Path:
    """What an operator would write, with the addresses of this run. Returns the file's path."""
    path = folder / "config.toml"
    feeds = "".join(
        f"\n[[feeds]]\nname = {json.dumps(feed.title)}\nurl = {json.dumps(sources.base + feed.path)}\nevery = 1\n"
        for feed in (sources.watchdog, sources.trouble)
    )
    path.write_text(
        "[telegram]\n"
        f"token = {json.dumps(simulator.token)}\n"
        f"api_base_url = {json.dumps(simulator.base_url)}\n"
        f"admins = {json.dumps(list(admins))}\n"
        "[database]\n"
        f"path = {json.dumps(str(folder / DATABASE))}\n"
        "[fetch]\nmin_interval = 1\nhost_spacing = 0\nallow_private_addresses = true\n"
        "[catalogue]\nenabled = false\n"
        "[log]\nformat = 'json'\n" + feeds,
        encoding="utf-8",
    )
    return path


class _Story:
    """One run of the demo."""

    def __init__(
        self, transcript: Transcript, simulator: Simulator, sources: Sources, bot: BotProcess
    ) -> None:
        self._transcript = transcript
        self._simulator = simulator
        self._sources = sources
        self._bot = bot
        self._clock = SystemClock()
        self._outcomes: list[Outcome] = []
        self._rows: list[tuple[str, str, str]] = []
        self._chats: dict[str, Chat] = {}

    def expect(self, what: str, held: bool, detail: str = "") -> None:
        """Note an expectation and whether it held."""
        self._outcomes.append(Outcome(what, held, detail))

    async def play(self) -> None:
        """All scenes."""
        await self._baseline()
        await self._people()
        await self._verdict()
        await self._decoys()
        await self._killed()
        await self._repeats()

    # ------------------------------------------------------------------ scenes

    async def _baseline(self) -> None:
        self._transcript.scene(
            "1 · The bot starts", "Two sources are watched. What already stands in them is learnt silently."
        )
        for post in BASELINE:
            self._sources.watchdog.publish(post, datetime(2026, 1, 1, tzinfo=UTC))
        await self._bot.start()
        self._transcript.note(f"bot.py run, process {self._bot.pid}")
        await self._polled()

    async def _people(self) -> None:
        self._transcript.scene("2 · Three subscribers say what concerns them")
        vera = self._simulator.person("Vera", language="ru")
        nino = self._simulator.person("Nino")
        self._chats = {"Vera": vera.chat, "Nino": nino.chat}
        await self._ask(vera, "/start")
        await self._pressed(vera, "Countries")
        await self._pressed(vera, "Belarus")
        await self._ask(vera, "/countries Россия, by")
        await self._ask(nino, '/keywords torture, "press freedom", -football')
        await self._ask(nino, "/subscribe -football")
        group = vera.create_group("Almaty legal aid")
        self._chats["Almaty legal aid"] = group
        await self._ask(vera, "/subscribe Kazakhstan (tax OR court)", chat=group)
        self.expect("a query of exclusions alone is refused", "Nothing was changed" in _text(nino.chat.last))

    async def _verdict(self) -> None:
        self._transcript.scene(
            "3 · A post appears", "It concerns Vera (Russia) and Nino (torture), and not the group."
        )
        self._publish(self._sources.watchdog, VERDICT)
        alerts = [await self._alerted(name, VERDICT) for name in ("Vera", "Nino")]
        press = next(person for person in self._simulator.people if person.first_name == "Nino").press("Why?")
        await self._until(lambda: press.answer)
        await self._until(lambda: "Why you were sent this" in _text(self._chats["Nino"].last))
        self._row(VERDICT, ("Vera", "Nino"), f"{_reason(alerts[0])}; {_reason(alerts[1])}")
        self.expect("every press is answered", not self._simulator.unanswered())

    async def _decoys(self) -> None:
        self._transcript.scene(
            "4 · Posts that only look like it",
            "Georgia the state, turkey the bird, torture by football, Moscow in Idaho: nobody is alerted.",
        )
        mark = self._simulator.journal.mark()
        for post in DECOYS:
            self._publish(self._sources.watchdog, post)
        await self._polled()
        sent = [event.text for event in self._simulator.journal.since(mark) if event.kind.name == "SENT"]
        self.expect("decoys alert nobody", not sent, f"{len(DECOYS)} published")
        for post, why in zip(DECOYS, _DECOY_REASONS, strict=True):
            self._rows.append((post.title, "nobody", why))

    async def _killed(self) -> None:
        self._transcript.scene(
            "5 · kill -9 in the middle",
            "Telegram asks to wait; while the alerts wait, the bot is killed, and a post appears meanwhile.",
        )
        self._simulator.faults.add(TooManyRequests(3), method="sendMessage", times=1)
        self._publish(self._sources.watchdog, INSPECTIONS)
        await self._until(lambda: [e for e in self._simulator.journal.events if e.kind.name == "FAULT"])
        await asyncio.sleep(RECORDED)
        await self._bot.kill()
        self._transcript.note(f"kill -9 {self._bot.pid}: the alert is owed and not sent", "bold red")
        self._publish(self._sources.trouble, RELEASE)
        await self._bot.start()
        self._transcript.note(f"started again, process {self._bot.pid}", "bold")
        group = await self._alerted("Almaty legal aid", INSPECTIONS)
        vera = await self._alerted("Vera", RELEASE)
        nino = await self._alerted("Nino", RELEASE)
        self._row(INSPECTIONS, ("Almaty legal aid",), _reason(group))
        self._row(RELEASE, ("Vera", "Nino"), f"{_reason(vera)}; {_reason(nino)}")

    async def _repeats(self) -> None:
        self._transcript.scene(
            "6 · The same again",
            "The verdict's headline is edited, and the second source carries the same post. Nobody is told twice.",
        )
        mark = self._simulator.journal.mark()
        edited = DemoPost(VERDICT.slug, VERDICT.title.replace("Jails", "Sentences"), VERDICT.html)
        self._publish(self._sources.watchdog, edited)
        self._publish(self._sources.trouble, VERDICT)
        await self._polled()
        again = [event for event in self._simulator.journal.since(mark) if event.kind.name == "SENT"]
        self.expect("an edit and a second source alert nobody again", not again)
        self._nothing_twice()

    async def end(self, serve_until: asyncio.Event | None) -> int:
        """The tables, the verdict, and the bot's own goodbye, after serving if asked to. Returns the exit code."""
        self._transcript.scene("What came of it")
        self._transcript.table(self._rows)
        if serve_until is not None:
            await self._serve(serve_until)
        code = await self._bot.stop()
        self.expect("SIGTERM ends the bot with exit code 0", code == 0, f"exit code {code}")
        self.expect("the bot kept to Telegram's rules", not self._simulator.violations)
        self._transcript.outcomes(self._outcomes)
        failed = any(not each.held for each in self._outcomes)
        if failed:
            self._transcript.note("The end of the bot's log:\n" + self._bot.tail(), "dim")
        self._transcript.note(
            "Something did not hold." if failed else "Everything held.",
            "bold red" if failed else "bold green",
        )
        return int(failed)

    async def _serve(self, stop: asyncio.Event) -> None:
        self._transcript.note("Running until Ctrl-C.", "bold")
        self._transcript.note(
            f"Bot API {self._simulator.base_url} · feeds {self._sources.base}{self._sources.watchdog.path}"
        )
        await stop.wait()

    # ------------------------------------------------------------------ moves

    async def _ask(self, person: Person, text: str, chat: Chat | None = None) -> Message:
        place = chat or person.chat
        before = len(place.from_bot)
        person.say(text, chat=chat)
        await self._until(lambda: len(place.from_bot) > before)
        last = place.last
        assert last is not None
        return last

    async def _pressed(self, person: Person, button: str) -> None:
        press = person.press(button)
        before = person.chat.last
        await self._until(lambda: press.answer)
        await self._until(lambda: person.chat.last != before)

    def _publish(self, feed: DemoFeed, post: DemoPost) -> None:
        feed.publish(post, self._clock.now())
        self._transcript.published(feed.title, post.title)

    async def _alerted(self, who: str, post: DemoPost) -> Message:
        chat = self._chats[who]
        return await self._until(lambda: next((m for m in chat.from_bot if _is_alert(m, post)), None))

    async def _polled(self) -> None:
        """Until both feeds were asked often enough that all published so far is decided and sent."""
        feeds = (self._sources.watchdog, self._sources.trouble)
        goal = {feed.path: feed.polls + SETTLED_POLLS for feed in feeds}
        async with asyncio.timeout(PATIENCE):
            while any(feed.polls < goal[feed.path] for feed in feeds):  # noqa: ASYNC110 - the demo watches, it is not told
                await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)

    async def _until(self, look: Callable[[], T | None]) -> T:
        found = await self._simulator.wait_for(look, PATIENCE)
        assert found is not None
        return found

    def _row(self, post: DemoPost, alerted: tuple[str, ...], why: str) -> None:
        got = tuple(
            name for name, chat in self._chats.items() if any(_is_alert(m, post) for m in chat.from_bot)
        )
        self._rows.append((post.title, ", ".join(got) or "nobody", why))
        self.expect(f"“{post.title}” alerts {' and '.join(alerted)}, nobody else", set(got) == set(alerted))

    def _nothing_twice(self) -> None:
        counts = {
            (name, post.title): sum(_is_alert(message, post) for message in chat.from_bot)
            for post in (VERDICT, INSPECTIONS, RELEASE)
            for name, chat in self._chats.items()
        }
        twice = [f"{title} to {name}" for (name, title), count in counts.items() if count > 1]
        self.expect("nothing came twice, in spite of kill -9", not twice, "; ".join(twice))


_DECOY_REASONS = (
    "the state of Georgia, United States",
    "a bird, not a country",
    "Nino excluded football, and an exclusion wins",
    "Moscow in Idaho, United States",
)


def _text(message: Message | None) -> str:
    return message.text if message else ""


def _is_alert(message: Message, post: DemoPost) -> bool:
    return post.title in message.text and "Matched:" in message.text


def _reason(message: Message) -> str:
    lines = message.text.splitlines()
    return next((line.removeprefix("Matched: ") for line in lines if line.startswith("Matched: ")), "")
