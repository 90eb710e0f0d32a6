"""Looking at a database that a running bot holds, without its lock and without writing: for health checks."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

from watchdog_bot.store.connection import translated
from watchdog_bot.store.rows import moment


def beats(path: Path) -> Mapping[str, datetime]:
    """The last heartbeat of each part, by name. Raises StoreError where there is no database to look at."""
    with (
        translated(path),
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as connection,
    ):
        return {name: moment(at) for name, at in connection.execute("SELECT name, at FROM beat")}
