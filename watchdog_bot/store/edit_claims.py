"""Claiming the edits that are due, and recording what came of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlite_utils import Database

from watchdog_bot.core.model import DeliveryId
from watchdog_bot.core.outbox import EditChange
from watchdog_bot.core.tempo import Corrections
from watchdog_bot.store import digests, gates, subscribers
from watchdog_bot.store.connection import writing
from watchdog_bot.store.outbox import load
from watchdog_bot.store.rows import marks, ms
from watchdog_bot.store.values import ClaimedEdit


def claim(db: Database, now: datetime, *, limit: int, lease_seconds: float) -> tuple[ClaimedEdit, ...]:
    """At most so many, the longest due first; only of active subscribers whose gate is open.

    A digest is edited whole and once, however many of its lines were changed; for a reader who wants corrections as
    replies each changed line is one.
    """
    moment, lease = ms(now), ms(now + timedelta(seconds=lease_seconds))
    with writing(db):
        if gates.shut_for_all(db, moment):
            return ()
        found = list(
            db.query(
                """
                UPDATE pending_edit SET lease_until = ?, attempts = attempts + 1 WHERE delivery_id IN (
                    SELECT pending_edit.delivery_id FROM pending_edit
                    JOIN delivery ON delivery.id = pending_edit.delivery_id
                        AND delivery.state = 'sent' AND delivery.message_id IS NOT NULL
                    JOIN subscriber ON subscriber.id = delivery.subscriber_id AND subscriber.state = 'active'
                    LEFT JOIN gate ON gate.chat_id = subscriber.chat_id AND gate.until > ?
                    WHERE pending_edit.due_at <= ? AND gate.until IS NULL
                        AND (pending_edit.lease_until IS NULL OR pending_edit.lease_until <= ?)
                    ORDER BY pending_edit.due_at, pending_edit.delivery_id LIMIT ?
                ) RETURNING delivery_id, attempts, changed
                """,
                [lease, moment, moment, moment, limit],
            )
        )
        by_id = {row["delivery_id"]: row for row in found}
        taken: list[ClaimedEdit] = []
        covered: set[DeliveryId] = set()
        for one in load(db, sorted(by_id)):
            row = by_id[one.delivery.id]
            if one.delivery.id in covered:
                continue
            digest = None
            if one.settings.corrections is Corrections.EDIT:
                digest = digests.carrying(db, one.delivery)
            if digest is not None:
                lines = {each.delivery.id for each in digest.deliveries} - {one.delivery.id}
                if _under_way(db, lines - by_id.keys(), moment):
                    _later(db, one.delivery.id, moment)
                    continue
                covered |= lines
                _drop(db, lines)
            changed = replace(one, changed=bool(row["changed"]))
            taken.append(ClaimedEdit(changed, row["attempts"], lease, digest))
        return tuple(taken)


def _under_way(db: Database, ids: set[DeliveryId], now: int) -> bool:
    """Whether one of these is being edited just now: two edits of one message must not overtake each other."""
    chosen = list(ids)
    sql = f"SELECT 1 FROM pending_edit WHERE delivery_id IN ({marks(chosen)}) AND lease_until > ?"  # noqa: S608 - only question marks
    return db.execute(sql, [*chosen, now]).fetchone() is not None


def _later(db: Database, delivery_id: DeliveryId, now: int) -> None:
    db.execute(
        "UPDATE pending_edit SET due_at = ?, lease_until = NULL, attempts = attempts - 1 WHERE delivery_id = ?",
        [now + 1000, delivery_id],
    )


def _drop(db: Database, ids: set[DeliveryId]) -> None:
    chosen = list(ids)
    db.execute(f"DELETE FROM pending_edit WHERE delivery_id IN ({marks(chosen)})", chosen)  # noqa: S608 - only question marks


def record(db: Database, claimed: ClaimedEdit, change: EditChange, now: int) -> bool:
    """Done or due again; what the answer says of the chat holds in any case."""
    mine = [change.delivery_id, claimed.lease]
    with writing(db):
        if change.due_at is None:
            sql = "DELETE FROM pending_edit WHERE delivery_id = ? AND lease_until = ?"
            written = db.execute(sql, mine).rowcount
        else:
            sql = "UPDATE pending_edit SET due_at = ?, lease_until = NULL WHERE delivery_id = ? AND lease_until = ?"
            written = db.execute(sql, [ms(change.due_at), *mine]).rowcount
        chat = db.execute(
            "SELECT chat_id FROM subscriber WHERE id = ?", [claimed.claimed.delivery.subscriber_id]
        ).fetchone()
        if chat is not None:
            _follow(db, chat[0], change, now)
    return written == 1


def _follow(db: Database, chat_id: int, change: EditChange, now: int) -> None:
    if change.gate_until is not None:
        gates.shut(db, chat_id, ms(change.gate_until))
    if change.suspend:
        subscribers.suspend_chat(db, chat_id, change.cause or "the chat cannot be reached", now)
    if change.moved_to is not None:
        subscribers.move_chat(db, chat_id, change.moved_to)
