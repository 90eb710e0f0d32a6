"""The whole bot in a hostile world: frozen, cut off, out of disk, locked out, in another time, with a rival."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from tests.crash.nursery import PATIENCE, Nursery
from tests.crash.test_storm import number, post, query
from tests.running import LONG_AGO
from watchdog_bot.demo.posts import DemoPost
from watchdog_bot.demo.show import write_configuration
from watchdog_bot.demo.sources import Sources
from watchdog_bot.simulator import Chat, EventKind, Simulator

SPEED = 60  # the bot's clock goes sixty times as fast: five minutes are five seconds
pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]


@dataclass
class House:
    """A living bot with two readers and an administrator."""

    nursery: Nursery
    simulator: Simulator
    sources: Sources
    folder: Path
    chats: list[Chat]
    admin: Chat
    posts: int = 0

    def publish(self, count: int = 1) -> list[str]:
        """New posts; their titles."""
        titles = []
        for _ in range(count):
            self.posts += 1
            self.sources.watchdog.publish(post(self.posts), datetime.now(UTC))  # noqa: TID251 - as a source dates its posts
            titles.append(post(self.posts).title)
        return titles

    def count(self, chat: Chat, title: str) -> int:
        return sum(title in event.text for event in self.simulator.journal.of(EventKind.SENT, chat=chat))

    async def arrived(self, titles: list[str]) -> None:
        """Until everybody has each of them; then that nobody has one twice."""
        await self.simulator.wait_for(
            lambda: all(self.count(chat, title) for chat in self.chats for title in titles), PATIENCE
        )
        assert {self.count(chat, title) for chat in self.chats for title in titles} == {1}

    async def until(self, look: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not look():  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.05)

    def logged(self, words: str) -> bool:
        return words in self.nursery.log.read_text(encoding="utf-8", errors="replace")

    def largest_file(self) -> int:
        """Of the database, in bytes."""
        return max(each.stat().st_size for each in self.folder.glob("watchdog.db*"))

    def passes(self, minutes: float) -> Callable[[], bool]:
        """Whether so many minutes of the bot's time have passed."""
        loop = asyncio.get_running_loop()
        end = loop.time() + minutes * 60 / SPEED
        return lambda: loop.time() >= end


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """At the end the bot stops when asked, and nothing is owed or lost."""
    async with Simulator() as simulator, Sources() as sources:
        admin = simulator.person("Admin")
        admin.say("/start")
        config = write_configuration(folder, simulator, sources, admins=[admin.id])
        sources.watchdog.publish(DemoPost("old", "An old post", "<p>Long ago.</p>"), LONG_AGO)
        async with Nursery(folder, config, speed=SPEED) as nursery:
            await nursery.birth()
            people = [simulator.person(f"Reader {each}") for each in range(2)]
            for person in people:
                person.say("/countries Belarus")
            await simulator.wait_for(lambda: all(each.chat.last for each in people), PATIENCE)
            home = House(nursery, simulator, sources, folder, [each.chat for each in people], admin.chat)
            await home.until(lambda: sources.watchdog.polls > 2)
            await home.arrived(home.publish())
            yield home
            assert await nursery.stop() == 0
        assert number(folder, "SELECT COUNT(*) FROM delivery WHERE state <> 'sent'") == 0
        assert query(folder, "PRAGMA integrity_check") == [("ok",)]
        assert simulator.token not in nursery.log.read_text(encoding="utf-8", errors="replace")


async def test_frozen_for_five_minutes_it_goes_on_where_it_was(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        titles = home.publish(2)
        home.nursery.send(signal.SIGSTOP)
        titles += home.publish(2)
        await home.until(home.passes(minutes=5))
        home.nursery.send(signal.SIGCONT)
        await home.arrived(titles)


async def test_a_clock_set_back_an_hour_holds_nothing_up(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        titles = home.publish(2)
        home.nursery.send(signal.SIGUSR1)
        titles += home.publish(2)
        await home.arrived(titles)  # in seconds, where an hour would be a minute


async def test_ten_minutes_without_telegram_cost_nobody_an_alert(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.simulator.stop()
        titles = home.publish(3)
        await home.until(home.passes(minutes=10))
        assert number(tmp_path, "SELECT COUNT(*) FROM delivery WHERE step IS NOT NULL") == 6
        await home.simulator.start()
        await home.arrived(titles)


async def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        before = resource.prlimit(home.nursery.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(home.nursery.pid, resource.RLIMIT_FSIZE, (home.largest_file(), before[1]))
        titles = home.publish(5)
        await home.until(lambda: home.logged("Check the disk"))
        await home.until(home.passes(minutes=3))
        resource.prlimit(home.nursery.pid, resource.RLIMIT_FSIZE, before)
        await home.arrived(titles)


async def test_a_database_that_another_program_locks_is_said_and_loses_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        path = tmp_path / "watchdog.db"
        with closing(sqlite3.connect(path, isolation_level=None, timeout=PATIENCE)) as stranger:
            stranger.execute("BEGIN IMMEDIATE")
            titles = home.publish(3)
            await home.until(lambda: home.logged("another program keeps it locked"))
            stranger.execute("ROLLBACK")
        await home.arrived(titles)


async def test_a_rival_with_the_same_token_is_told_to_admins_once_and_alerts_go_on(tmp_path: Path) -> None:
    async with house(tmp_path) as home, aiohttp.ClientSession() as session:
        address = f"{home.simulator.base_url}/bot{home.simulator.token}/getUpdates"
        offset = -1

        async def ask() -> None:
            async with session.get(address, params={"timeout": 1, "offset": offset}) as answer:
                await answer.read()

        for _ in range(3):
            await ask()
        await home.simulator.wait_for(
            lambda: any("this bot's token" in each.text for each in home.admin.from_bot), PATIENCE
        )
        await home.arrived(home.publish(2))
        assert home.logged("another_listener")
        assert sum("this bot's token" in each.text for each in home.admin.from_bot) == 1


async def test_a_token_that_is_revoked_ends_the_program_with_the_mend(tmp_path: Path) -> None:
    async with Simulator() as simulator, Sources() as sources:
        config = write_configuration(tmp_path, simulator, sources)
        async with Nursery(tmp_path, config, speed=SPEED) as nursery:
            calls = simulator.calls["getUpdates"]
            await nursery.birth()
            await simulator.wait_for(lambda: simulator.calls["getUpdates"] > calls, PATIENCE)
            simulator.token = "1234567:" + "A" * 35
            simulator.updates.abort_poll("the token was revoked")
            assert await nursery.ended() == 1
            assert "Ask @BotFather" in nursery.log.read_text(encoding="utf-8")


async def test_a_database_that_may_not_be_written_to_is_said_at_the_start(tmp_path: Path) -> None:
    async with house(tmp_path):
        pass
    with _read_only(tmp_path / "watchdog.db"):
        async with Simulator() as simulator, Sources() as sources:
            config = write_configuration(tmp_path, simulator, sources)
            async with Nursery(tmp_path, config, speed=SPEED) as nursery:
                await nursery.birth()
                assert await nursery.ended() == 1
                assert "Give the user that runs the bot the right" in nursery.log.read_text(encoding="utf-8")


@contextmanager
def _read_only(path: Path) -> Iterator[None]:
    """Root may write to what is read-only, but not to what is immutable (ext4, xfs, btrfs)."""
    if os.geteuid() != 0:
        path.chmod(0o400)
        yield
        return
    try:
        subprocess.run(["chattr", "+i", path], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("root may write to everything here")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", path], check=True, capture_output=True)
