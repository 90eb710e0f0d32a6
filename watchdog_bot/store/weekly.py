"""Who is told that a week brought nothing (`core.weekly`): a column says when to look, and the look decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from watchdog_bot.core import hours, weekly
from watchdog_bot.core.model import SubscriberId
from watchdog_bot.core.tempo import ChatSettings
from watchdog_bot.core.weekly import NoteChange
from watchdog_bot.store import gates, rows, subscribers, tempos
from watchdog_bot.store.connection import writing
from watchdog_bot.store.rows import moment, ms
from watchdog_bot.store.tallies import count
from watchdog_bot.store.values import ClaimedNote

LOOKED_AT = 200  # subscribers a claim looks at
TOLD = "weekly_notes"


def claim(db: Database, now: datetime, *, limit: int) -> tuple[ClaimedNote, ...]:
    """At most so many, the longest due first. Whoever is not to be told is looked at again when it may be.

    Nothing while a gate is shut for all, or an alert is in line: alerts go first.
    """
    with writing(db):
        in_line = db.execute("SELECT 1 FROM delivery WHERE step = 1 LIMIT 1").fetchone()
        if in_line is not None or gates.shut_for_all(db, ms(now)):
            return ()
        taken: list[ClaimedNote] = []
        for row in _due(db, now):
            if len(taken) >= limit:
                break
            settings = tempos.unpack(row["settings"])
            look = _look(db, row, settings, now)
            _plan(db, row["id"], look.again_at)
            if look.queries:
                taken.append(ClaimedNote(rows.subscriber(row), settings, look.queries))
        return tuple(taken)


def record(db: Database, subscriber_id: SubscriberId, change: NoteChange, now: int) -> None:
    """Due again where it surely was not told; what the answer says of the chat holds in any case."""
    with writing(db):
        found = db.execute("SELECT chat_id FROM subscriber WHERE id = ?", [subscriber_id]).fetchone()
        if found is None:
            return
        if change.due_at is not None:
            _plan(db, subscriber_id, change.due_at)
        elif not change.suspend and change.cause is None:
            count(db, TOLD, now)
        if change.gate_until is not None:
            gates.shut(db, found[0], ms(change.gate_until))
        if change.suspend:
            subscribers.suspend_chat(db, found[0], change.cause or "the chat cannot be reached", now)
        if change.moved_to is not None:
            subscribers.move_chat(db, found[0], change.moved_to)


def _due(db: Database, now: datetime) -> list[rows.Row]:
    return list(
        db.query(
            """
            SELECT subscriber.*, gate.until AS gate FROM subscriber
            LEFT JOIN gate ON gate.chat_id = subscriber.chat_id AND gate.until > ?
            WHERE state = 'active' AND note_due_at <= ? ORDER BY note_due_at LIMIT ?
            """,
            [ms(now), ms(now), LOOKED_AT],
        )
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """What is done now: to be looked at again then, and told now where there are queries."""

    again_at: datetime
    queries: tuple[str, ...] = ()


def _look(db: Database, row: rows.Row, settings: ChatSettings, now: datetime) -> _Look:
    """The rules of `core.weekly` in their order; the first that forbids the note says when to look again."""
    subscriber_id: SubscriberId = row["id"]
    if row["gate"] is not None:
        return _Look(moment(row["gate"]))
    standing = db.execute(
        "SELECT query, created_at FROM subscription WHERE subscriber_id = ? AND deleted_at IS NULL ORDER BY id",
        [subscriber_id],
    ).fetchall()
    if not settings.weekly_note or not standing:
        return _Look(weekly.next_due(settings, now))
    heard = max(min(made for _, made in standing), _last_sent(db, subscriber_id))
    due = weekly.first_due(settings, moment(heard))
    if due > now:
        return _Look(due)
    if _is_muted(db, subscriber_id, now) or _is_owed(db, subscriber_id):
        return _Look(hours.next_daily(settings, now))
    open_at = hours.out_of_quiet(settings, now)
    if open_at > now:
        return _Look(open_at)
    return _Look(weekly.next_due(settings, now), tuple(query for query, _ in standing))


def _last_sent(db: Database, subscriber_id: SubscriberId) -> int:
    sql = "SELECT MAX(sent_at) FROM delivery WHERE subscriber_id = ? AND step IS NULL"
    last: int | None = db.execute(sql, [subscriber_id]).fetchone()[0]
    return last or 0


def _is_muted(db: Database, subscriber_id: SubscriberId, now: datetime) -> bool:
    sql = "SELECT 1 FROM mute WHERE subscriber_id = ? AND kind = 'all' AND (until IS NULL OR until > ?)"
    return db.execute(sql, [subscriber_id, ms(now)]).fetchone() is not None


def _is_owed(db: Database, subscriber_id: SubscriberId) -> bool:
    sql = "SELECT 1 FROM delivery WHERE subscriber_id = ? AND step IS NOT NULL LIMIT 1"
    return db.execute(sql, [subscriber_id]).fetchone() is not None


def _plan(db: Database, subscriber_id: SubscriberId, due_at: datetime) -> None:
    db.execute("UPDATE subscriber SET note_due_at = ? WHERE id = ?", [ms(due_at), subscriber_id])
