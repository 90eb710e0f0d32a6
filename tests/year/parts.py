"""What the simulated world is put together from: a parser without processes, what it remembers, its figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlite_utils import Database

from tests.year.source import Source
from watchdog_bot.core.model import CountryReading


@dataclass(slots=True)
class Remembered:
    """What the bot must know of a story."""

    origin: Source
    content: tuple[str, str | None, str]
    wishes: frozenset[int]
    first_seen: datetime  # by the bot's clock
    seen_at: datetime  # by true time
    live: bool  # not in the first document of its source
    expired: bool = False


@dataclass(slots=True)
class Figures:
    """What happened."""

    polls: int = 0
    ticks: int = 0
    published: int = 0
    edits: int = 0
    joined: int = 0
    restarts: int = 0
    happenings: Counter[str] = field(default_factory=Counter)


def without_waiting_for_the_disk(db: Database) -> None:
    """A year of commits; power cuts are the matter of other tests."""
    db.execute("PRAGMA synchronous = OFF")


def read_nothing(
    title: str,
    text: str,
    *,
    language: str | None = None,
    hints: tuple[str, ...] = (),
    on: date | None = None,
) -> CountryReading:
    return CountryReading()
