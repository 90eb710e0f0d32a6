"""Counters that outlive the rows they count, heartbeats, the audit, and the figures of /status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlite_utils import Database

from watchdog_bot.store.connection import writing
from watchdog_bot.store.rows import moment, moment_or_none, ms
from watchdog_bot.store.values import StoreStatus

STALE_MARK = "looked at for age"


def count(db: Database, name: str, now: int, by: int = 1) -> None:
    """Count it, and when it was last counted. Within the caller's transaction."""
    db.conn.execute(
        """
        INSERT INTO counter (name, value, at) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value, at = excluded.at
        """,
        [name, by, now],
    )


def counters(db: Database) -> Mapping[str, int]:
    found = db.execute("SELECT name, value FROM counter WHERE name <> ? ORDER BY name", [STALE_MARK])
    return dict(found.fetchall())


def last(db: Database, name: str) -> datetime | None:
    """When this was last counted."""
    row = db.execute("SELECT at FROM counter WHERE name = ?", [name]).fetchone()
    return None if row is None else moment(row[0])


def stale_mark(db: Database) -> int:
    """The last delivery that housekeeping has looked at for its age."""
    row = db.execute("SELECT value FROM counter WHERE name = ?", [STALE_MARK]).fetchone()
    return 0 if row is None else row[0]


def beat(db: Database, name: str, now: datetime) -> None:
    """This part of the program is alive."""
    with writing(db):
        db.execute(
            "INSERT INTO beat (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at",
            [name, ms(now)],
        )


def beats(db: Database) -> Mapping[str, datetime]:
    return {name: moment(at) for name, at in db.execute("SELECT name, at FROM beat ORDER BY name")}


def audit(db: Database, action: str, detail: str, now: datetime) -> None:
    """What was changed, never by whom: the audit must not become a list of people."""
    with writing(db):
        db.execute("INSERT INTO audit (at, action, detail) VALUES (?, ?, ?)", [ms(now), action, detail])


def audits(db: Database, limit: int) -> tuple[tuple[datetime, str, str], ...]:
    """The newest entries: when, action, detail."""
    found = db.execute("SELECT at, action, detail FROM audit ORDER BY id DESC LIMIT ?", [limit])
    return tuple((moment(at), action, detail) for at, action, detail in found)


def status(db: Database) -> StoreStatus:
    """The figures of /status. Only partial indexes are counted, so it stays quick however much was sent."""
    totals = counters(db)
    sending = _number(db, "SELECT COUNT(*) FROM delivery WHERE step = 3")
    doubtful = _number(db, "SELECT COUNT(*) FROM delivery WHERE step IN (0, 1, 2, 4) AND state = 'doubtful'")
    unfinished = _number(db, "SELECT COUNT(*) FROM delivery WHERE step IS NOT NULL")
    return StoreStatus(
        feeds=_number(db, "SELECT COUNT(*) FROM feed WHERE paused = 0"),
        failing_feeds=_number(db, "SELECT COUNT(*) FROM feed WHERE paused = 0 AND failing_since IS NOT NULL"),
        posts=_number(db, "SELECT COUNT(*) FROM post WHERE expired = 0"),
        subscribers=_number(db, "SELECT COUNT(*) FROM subscriber WHERE state = 'active'"),
        queued=unfinished - sending - doubtful,
        sending=sending,
        doubtful=doubtful,
        dead=_number(db, "SELECT COUNT(*) FROM delivery WHERE state = 'dead'"),
        sent_total=totals.get("sent", 0),
        doubts_total=totals.get("doubts", 0),
        last_check_at=moment_or_none(_number(db, "SELECT MAX(last_checked_at) FROM feed")),
        last_sent_at=last(db, "sent"),
    )


def _number(db: Database, sql: str) -> int:
    value: int = db.execute(sql).fetchone()[0]
    return value
