"""Looking at a database that a running bot holds, without its lock and without writing: for health checks, and for
asking the sources it watches.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

from watchdog_bot.core.errors import StoreError
from watchdog_bot.core.model import Feed
from watchdog_bot.store import rows
from watchdog_bot.store.connection import translated
from watchdog_bot.store.rows import moment


def feeds(path: Path) -> tuple[Feed, ...]:
    """Every feed that is watched; none where there is no database yet. Raises StoreError."""
    if not path.exists():
        return ()
    with (
        translated(path),
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as connection,
    ):
        cursor = connection.execute("SELECT * FROM feed ORDER BY id")
        names = [column[0] for column in cursor.description]
        try:
            return tuple(rows.feed(dict(zip(names, row, strict=True))) for row in cursor)
        except KeyError as error:
            raise StoreError(
                f"The database {path} was written by an older release (its feeds have no {error}). "
                "Start the bot once, which brings it up to date."
            ) from None


def beats(path: Path) -> Mapping[str, datetime]:
    """The last heartbeat of each part, by name. Raises StoreError where there is no database to look at."""
    with (
        translated(path),
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as connection,
    ):
        return {name: moment(at) for name, at in connection.execute("SELECT name, at FROM beat")}
