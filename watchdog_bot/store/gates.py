"""Gates: nothing to a chat, or to anybody, before a moment. Kept over restarts."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from watchdog_bot.store.connection import writing
from watchdog_bot.store.rows import moment, ms
from watchdog_bot.store.values import Gate

ALL = 0  # no chat has this id


def shut_for_all(db: Database, now: int) -> bool:
    return (
        db.conn.execute("SELECT 1 FROM gate WHERE chat_id = ? AND until > ?", [ALL, now]).fetchone()
        is not None
    )


def shut(db: Database, chat_id: int, until: int) -> None:
    """Shut it till then, never for shorter than it is. Within the caller's transaction."""
    db.execute(
        """
        INSERT INTO gate (chat_id, until) VALUES (?, ?) ON CONFLICT (chat_id) DO UPDATE SET
            until = CASE WHEN excluded.until > gate.until THEN excluded.until ELSE gate.until END
        """,
        [chat_id, until],
    )


def put(db: Database, chat_id: int | None, until: datetime, now: int) -> None:
    """Set a gate to exactly this moment; one in the past opens it, and what waited for it waits no more."""
    number = ALL if chat_id is None else chat_id
    with writing(db):
        before = db.execute("SELECT until FROM gate WHERE chat_id = ?", [number]).fetchone()
        db.execute("DELETE FROM gate WHERE chat_id = ?", [number])
        if ms(until) > now:
            shut(db, number, ms(until))
            return
        db.execute(
            """
            UPDATE delivery SET due_at = ? WHERE step IN (2, 4) AND due_at = ?
                AND subscriber_id IN (SELECT id FROM subscriber WHERE chat_id = ?)
            """,
            [now, before[0] if before else None, number],
        )


def shut_now(db: Database, now: datetime) -> tuple[Gate, ...]:
    """The gates that are shut."""
    found = db.execute("SELECT chat_id, until FROM gate WHERE until > ? ORDER BY chat_id", [ms(now)])
    return tuple(Gate(chat_id if chat_id != ALL else None, moment(until)) for chat_id, until in found)
