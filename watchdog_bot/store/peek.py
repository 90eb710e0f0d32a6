"""Looking at a database that a running bot holds, without its lock and without writing: for health checks, for lists and
checks of sources, and for backups.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from watchdog_bot.core.errors import StoreError
from watchdog_bot.core.feeds.websub import HubStanding
from watchdog_bot.core.model import Feed, FeedId
from watchdog_bot.store import feeds as feed_rows
from watchdog_bot.store import rows, upkeep, websub
from watchdog_bot.store.connection import translated
from watchdog_bot.store.rows import moment
from watchdog_bot.store.schema import APPLICATION_ID

PATIENCE = 5.0  # seconds for somebody else's lock


@dataclass(frozen=True, slots=True)
class Watched:
    """The feeds that are watched, and what is known beside each."""

    feeds: tuple[Feed, ...] = ()
    former: Mapping[str, FeedId] = field(default_factory=dict)  # addresses that a feed had before
    hubs: Mapping[FeedId, HubStanding] = field(default_factory=dict)


def watched(path: Path) -> Watched:
    """What `feeds list` shows; nothing where there is no database yet. Raises StoreError."""
    if not path.exists():
        return Watched()
    with _opened(path) as db:
        return Watched(_feeds(path, db), feed_rows.former_addresses(db), websub.standings(db))


def feeds(path: Path) -> tuple[Feed, ...]:
    """Every feed that is watched; none where there is no database yet. Raises StoreError."""
    if not path.exists():
        return ()
    with _opened(path) as db:
        return _feeds(path, db)


def beats(path: Path) -> Mapping[str, datetime]:
    """The last heartbeat of each part, by name. Raises StoreError where there is no database to look at."""
    _refuse_nothing(path)
    with _opened(path) as db:
        return {name: moment(at) for name, at in db.execute("SELECT name, at FROM beat")}


def faults(path: Path) -> tuple[str, ...]:
    """As `Store.check`, beside a running bot. Raises StoreError where there is no database to look at."""
    _refuse_nothing(path)
    with _opened(path) as db:
        return upkeep.check(db)


def backup(path: Path, to: Path) -> None:
    """As `Store.backup`, beside a running bot or without one. Raises StoreError, also where `to` is the database itself."""
    _refuse_nothing(path)
    if to.exists() and to.samefile(path):
        raise StoreError(f"{to} is the database itself. Name another file for the backup.")
    with _opened(path):
        pass  # it is ours
    upkeep.backup(path, to)


def _refuse_nothing(path: Path) -> None:
    if not path.exists():
        raise StoreError(
            f"There is no database {path}: the bot has not been started yet, or keeps it elsewhere. "
            "Start the bot, or name the right file in database.path."
        )


@contextmanager
def _opened(path: Path) -> Iterator[Database]:
    """To be read only. Refuses the database of another program."""
    with (
        translated(path),
        closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=PATIENCE)
        ) as connection,
    ):
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        if application != APPLICATION_ID:
            raise StoreError(
                f"The database {path} is not one of this bot's. Name the right file in database.path."
            )
        yield Database(connection, execute_plugins=False)


def _feeds(path: Path, db: Database) -> tuple[Feed, ...]:
    try:
        return tuple(map(rows.feed, db.query("SELECT * FROM feed ORDER BY id")))
    except KeyError as error:
        raise StoreError(
            f"The database {path} was written by an older release (its feeds have no {error}). "
            "Start the bot once, which brings it up to date."
        ) from None
