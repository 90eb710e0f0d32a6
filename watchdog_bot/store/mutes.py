"""Mutes: wishes for silence. Setting one cancels what waits; taking it back within a day revives that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlite_utils import Database

from watchdog_bot.core.model import DeliveryId, SubscriberId
from watchdog_bot.core.mutes import Mute, MuteKind, silenced
from watchdog_bot.store import rows
from watchdog_bot.store.connection import writing
from watchdog_bot.store.line import end_waiting, enter
from watchdog_bot.store.rows import chunks, marks, moment_or_none, ms, ms_or_none

MUTED = "muted"
REVIVABLE_MS = 86_400_000


def add(
    db: Database,
    subscriber_id: SubscriberId,
    kind: MuteKind,
    value: str,
    until: datetime | None,
    *,
    now: datetime,
) -> Mute:
    """Mute, or change until when; cancels the waiting deliveries that it silences."""
    with writing(db):
        (row,) = db.query(
            """
            INSERT INTO mute (subscriber_id, kind, value, until) VALUES (?, ?, ?, ?)
            ON CONFLICT (subscriber_id, kind, value) DO UPDATE SET until = excluded.until RETURNING *
            """,
            [subscriber_id, kind.value, value, ms_or_none(until)],
        )
        mute = _mute(row)
        waiting = db.execute(
            "SELECT id FROM delivery WHERE subscriber_id = ? AND step IS NOT NULL", [subscriber_id]
        ).fetchall()
        against = _silenced(db, [one for (one,) in waiting], [mute], now)
        end_waiting(db, against, state="cancelled", cause=MUTED, now=ms(now))
    return mute


def of(db: Database, subscriber_id: SubscriberId, now: int) -> tuple[Mute, ...]:
    """The subscriber's mutes that are in force, in the order they were set."""
    found = db.query(
        "SELECT * FROM mute WHERE subscriber_id = ? AND (until IS NULL OR until > ?) ORDER BY id",
        [subscriber_id, now],
    )
    return tuple(_mute(row) for row in found)


def in_force(db: Database, now: int) -> dict[SubscriberId, list[Mute]]:
    """All mutes in force, by subscriber."""
    by_subscriber: dict[SubscriberId, list[Mute]] = {}
    for row in db.query("SELECT * FROM mute WHERE until IS NULL OR until > ?", [now]):
        by_subscriber.setdefault(row["subscriber_id"], []).append(_mute(row))
    return by_subscriber


def remove(db: Database, subscriber_id: SubscriberId, kind: MuteKind, value: str, *, now: datetime) -> bool:
    """Take a mute back; what it cancelled within the last day waits again, unless another mute is against it."""
    with writing(db):
        gone = db.execute(
            "DELETE FROM mute WHERE subscriber_id = ? AND kind = ? AND value = ?",
            [subscriber_id, kind.value, value],
        )
        if gone.rowcount == 0:
            return False
        cancelled = [one for one, _ in revivable(db, subscriber_id, MUTED, ms(now))]
        still = set(_silenced(db, cancelled, of(db, subscriber_id, ms(now)), now))
        revive(db, [one for one in cancelled if one not in still], subscriber_id, ms(now))
    return True


def revive(db: Database, delivery_ids: Iterable[DeliveryId], subscriber_id: SubscriberId, now: int) -> None:
    """Cancelled rows wait again, if their subscriber is alerted at all. Within the caller's transaction."""
    active = db.execute(
        "SELECT 1 FROM subscriber WHERE id = ? AND state = 'active'", [subscriber_id]
    ).fetchone()
    for delivery_id in delivery_ids if active else ():
        db.execute("UPDATE delivery SET unwanted = NULL WHERE id = ? AND step = 3", [delivery_id])
        back = db.execute(
            """
            UPDATE delivery SET state = CASE WHEN doubts > 0 THEN 'doubtful' ELSE 'queued' END,
                step = 2, fold = 0, due_at = ?, cause = NULL, ended_at = NULL
            WHERE id = ? AND state = 'cancelled'
            """,
            [now, delivery_id],
        )
        if back.rowcount:
            enter(db, delivery_id, subscriber_id)


def revivable(
    db: Database, subscriber_id: SubscriberId, cause: str, now: int
) -> list[tuple[DeliveryId, str]]:
    """The subscriber's rows that were cancelled for this cause within a day, or will be when their answer comes;
    each with its packed subscriptions.
    """
    return db.execute(
        """
        SELECT id, subscriptions FROM delivery
        WHERE subscriber_id = ? AND step IS NULL AND state = 'cancelled' AND cause = ? AND ended_at > ?
        UNION ALL
        SELECT id, subscriptions FROM delivery WHERE subscriber_id = ? AND step = 3 AND unwanted = ?
        ORDER BY 1
        """,
        [subscriber_id, cause, now - REVIVABLE_MS, subscriber_id, cause],
    ).fetchall()


def _silenced(
    db: Database, delivery_ids: Iterable[DeliveryId], against: Iterable[Mute], now: datetime
) -> list[DeliveryId]:
    """Those of these deliveries that the mutes (of their subscriber) are against."""
    against = tuple(against)
    return [
        row["delivery_id"]
        for chunk in chunks(delivery_ids)
        for row in db.query(
            f"""
            SELECT post.*, delivery.id AS delivery_id, delivery.evidence FROM delivery
            JOIN post ON post.id = delivery.post_id WHERE delivery.id IN ({marks(chunk)})
            """,  # noqa: S608 - only question marks
            chunk,
        )
        if silenced(rows.post(row), rows.unpack_evidence(row["evidence"]), against, now)
    ]


def _mute(row: rows.Row) -> Mute:
    return Mute(
        row["id"], row["subscriber_id"], MuteKind(row["kind"]), row["value"], moment_or_none(row["until"])
    )
