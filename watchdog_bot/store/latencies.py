"""The stamps of recent alerts, for their latency: a sample, so that it costs the same whatever the number of rows."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlite_utils import Database

from watchdog_bot.core.latency import Delays, Stamps, delays
from watchdog_bot.store.rows import marks, ms

SPAN = timedelta(hours=24)
SAMPLE = 1_000  # alerts looked at, evenly spaced among those promised within the span


def recent(db: Database, now: datetime) -> tuple[Delays, ...]:
    """Of alerts that were promised in the last 24 hours and are sent."""
    first, last = _first_since(db, ms(now - SPAN)), _last(db)
    if last < first:
        return ()
    step = max(1, -(-(last - first + 1) // SAMPLE))
    chosen = list(range(first, last + 1, step))
    found = db.execute(
        f"""
        SELECT post.published_at, post.first_seen_at, delivery.created_at, delivery.sent_at
        FROM delivery JOIN post ON post.id = delivery.post_id
        WHERE delivery.id IN ({marks(chosen)}) AND delivery.sent_at IS NOT NULL AND delivery.fold = 0
        """,  # noqa: S608 - only question marks
        chosen,
    )
    return delays([Stamps(*row) for row in found])


def _last(db: Database) -> int:
    last: int | None = db.execute("SELECT MAX(id) FROM delivery").fetchone()[0]
    return last or 0


def _first_since(db: Database, moment: int) -> int:
    """The lowest number of a delivery that was promised since then: numbers grow with time, so it is searched for by
    halves and needs no index.
    """
    low, high = 1, _last(db) + 1
    while low < high:
        middle = (low + high) // 2
        row = db.execute(
            "SELECT id, created_at FROM delivery WHERE id >= ? ORDER BY id LIMIT 1", [middle]
        ).fetchone()
        if row is None or row[1] >= moment:
            high = middle
        else:
            low = row[0] + 1
    return low
