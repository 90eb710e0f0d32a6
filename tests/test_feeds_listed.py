"""`feeds list` and `feeds check`: what stands in a feed is printed as it is, and the work can be watched."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.clock import FakeClock
from watchdog_bot import app as composition
from watchdog_bot import cli
from watchdog_bot.checking import Checked, Target
from watchdog_bot.core.model import FeedChange, FeedKind
from watchdog_bot.settings import Settings
from watchdog_bot.store import Store

NAME = "[red]Court[/red] [link=https://evil.example/]notes[/link] :smile:"


def config(folder: Path, more: str = "") -> str:
    path = folder / "config.toml"
    path.write_text(f"[database]\npath = '{folder / 'watchdog.db'}'\n[catalogue]\nenabled = false\n{more}")
    return str(path)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What a command prints on a wide terminal; its error output follows."""

    def run(*words: str, terminal: bool = False) -> str:
        out, err = (
            Console(width=400, record=True, force_terminal=terminal, file=StringIO()) for _ in range(2)
        )
        monkeypatch.setattr(cli, "out", out)
        monkeypatch.setattr(cli, "err", err)
        CliRunner().invoke(cli.app, list(words))
        return out.export_text() + err.export_text()

    return run


async def _stored(folder: Path, *, moved: bool) -> None:
    async with Store.open(folder / "watchdog.db", clock=(clock := FakeClock())) as store:
        feed = await store.add_feed("https://old.example/feed", name=NAME)
        if moved:
            await store.note_feed(
                FeedChange(
                    feed.id, feed.memory, feed.health, clock.now(), FeedKind.RSS, baseline_done=True,
                    url="https://new.example/feed",
                )
            )  # fmt: skip


def test_a_feed_s_name_is_printed_as_it_is(tmp_path: Path, shown: Callable[..., str]) -> None:
    asyncio.run(_stored(tmp_path, moved=False))
    assert NAME in shown("feeds", "list", "--config", config(tmp_path))


def test_the_list_says_which_line_to_change_for_a_feed_that_moved(
    tmp_path: Path, shown: Callable[..., str]
) -> None:
    asyncio.run(_stored(tmp_path, moved=True))
    block = '[[feeds]]\nname = "Court"\nurl = "https://old.example/feed"\n'
    listed = shown("feeds", "list", "--config", config(tmp_path, block))
    assert "https://new.example/feed" in listed
    assert "in the [[feeds]] block “Court” of the configuration change url =" in re.sub(r"\s+", " ", listed)


def test_the_table_of_a_check_prints_titles_as_they_are_and_shows_how_far_it_is(
    tmp_path: Path, shown: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = Checked(
        Target(NAME, "https://a.example/"), well=False, answer="[bold]gone[/bold]", kind=FeedKind.RSS
    )
    steps: list[str] = []

    async def check(
        _settings: Settings,
        *,
        catalogue: bool,
        on_start: Callable[[int], None],
        on_checked: Callable[[Checked], None],
    ) -> tuple[Checked, ...]:
        assert not catalogue
        on_start(2)
        on_checked(checked)
        steps.append("one")
        on_checked(checked)
        return (checked, checked)

    monkeypatch.setattr(composition, "feeds_check", check)
    text = shown("feeds", "check", "--config", config(tmp_path), terminal=True)
    assert NAME in text
    assert "[bold]gone[/bold]" in text
    assert "Asking the sources" in text
    assert "2/2" in text
    assert steps == ["one"]
    assert "0 of 2 answer" in text
