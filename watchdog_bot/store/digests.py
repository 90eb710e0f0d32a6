"""Claiming what goes out together. Recording it is as for any delivery, one by one (`store.outbox`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlite_utils import Database

from watchdog_bot.core.hours import held_until
from watchdog_bot.core.model import ClaimedDigest, Delivery, DeliveryId, SubscriberId
from watchdog_bot.store import gates, rows, tempos
from watchdog_bot.store.connection import writing
from watchdog_bot.store.outbox import busy_chats, load, send_next
from watchdog_bot.store.rows import ms

LOOKED_AT = 500  # held rows a claim looks at
LINES = 100  # of one digest; what is more follows as the next
LATE = 2
RECORDED_WITHIN = timedelta(minutes=5)


def claim(
    db: Database, now: datetime, *, limit: int, lease_seconds: float, not_before: Mapping[int, datetime]
) -> tuple[ClaimedDigest, ...]:
    """Take at most so many digests that are due: of each subscriber all its due rows together, up to `LINES`.

    Gates, `not_before`, one in flight a chat and quiet hours hold as for single deliveries.
    """
    moment, lease_until = ms(now), ms(now + timedelta(seconds=lease_seconds))
    with writing(db):
        if gates.shut_for_all(db, moment):
            return ()
        busy = busy_chats(db)
        taken: list[tuple[list[DeliveryId], bool]] = []
        for subscriber_id, chat_id, gate, settings in _due(db, moment):
            if len(taken) >= limit:
                break
            until = max(gate or 0, ms(not_before[chat_id]) if chat_id in not_before else 0)
            if settings != "{}" and (quiet := held_until(tempos.unpack(settings), now)) is not None:
                until = max(until, ms(quiet))
            if chat_id in busy:
                continue
            if until > moment:
                _put_off(db, subscriber_id, until)
                continue
            taken.append(_take(db, subscriber_id, moment, lease_until))
            busy.add(chat_id)
        return tuple(_digest(db, ids, late=late) for ids, late in taken)


def of_message(db: Database, chat_id: int, message_id: int) -> ClaimedDigest | None:
    """What a message of ours carried, if it was a digest that is still kept. It is looked for in the whole chat: what
    was sent to General because its topic is gone belongs to the topic's subscriber.
    """
    row = next(
        iter(
            db.query(
                """
                SELECT * FROM delivery WHERE subscriber_id IN (SELECT id FROM subscriber WHERE chat_id = ?)
                    AND step IS NULL AND message_id = ? AND fold > 0 LIMIT 1
                """,
                [chat_id, message_id],
            )
        ),
        None,
    )
    return None if row is None else carrying(db, rows.delivery(row))


def carrying(db: Database, line: Delivery) -> ClaimedDigest | None:
    """The digest that a sent delivery was a line of; None where it went out alone.

    Lines of one message are recorded together, so the others are looked for beside it.
    """
    if line.message_id is None or line.sent_at is None:
        return None
    around = [ms(line.sent_at - RECORDED_WITHIN), ms(line.sent_at + RECORDED_WITHIN)]
    found = db.execute(
        """
        SELECT id, fold FROM delivery WHERE subscriber_id = ? AND step IS NULL AND sent_at BETWEEN ? AND ?
            AND message_id = ? AND fold > 0 ORDER BY id
        """,
        [line.subscriber_id, *around, line.message_id],
    ).fetchall()
    if not found:
        return None
    return _digest(db, [delivery_id for delivery_id, _ in found], late=any(fold == LATE for _, fold in found))


def _due(db: Database, now: int) -> list[tuple[SubscriberId, int, int | None, str]]:
    """Subscribers with held rows that are due, the longest due first, with their chat, its gate and its settings."""
    found = db.execute(
        """
        SELECT held.subscriber_id, subscriber.chat_id, gate.until, subscriber.settings
        FROM (SELECT subscriber_id FROM delivery WHERE step = 4 AND due_at <= ?
              ORDER BY due_at, subscriber_id LIMIT ?) AS held
        JOIN subscriber ON subscriber.id = held.subscriber_id
        LEFT JOIN gate ON gate.chat_id = subscriber.chat_id
        """,
        [now, LOOKED_AT],
    )
    return list(dict.fromkeys(found))


def _put_off(db: Database, subscriber_id: SubscriberId, until: int) -> None:
    db.execute(
        "UPDATE delivery SET due_at = ? WHERE subscriber_id = ? AND step = 4 AND due_at < ?",
        [until, subscriber_id, until],
    )


def _take(
    db: Database, subscriber_id: SubscriberId, now: int, lease_until: int
) -> tuple[list[DeliveryId], bool]:
    found = db.execute(
        """
        SELECT id, fold FROM delivery WHERE subscriber_id = ? AND step = 4 AND due_at <= ? ORDER BY id LIMIT ?
        """,
        [subscriber_id, now, LINES],
    ).fetchall()
    for delivery_id, _ in found:
        send_next(db, delivery_id, lease_until)
    return [delivery_id for delivery_id, _ in found], any(fold == LATE for _, fold in found)


def _digest(db: Database, ids: list[DeliveryId], *, late: bool) -> ClaimedDigest:
    deliveries = load(db, ids)
    return ClaimedDigest(deliveries[0].subscriber, deliveries, late)
