"""Subscribers and their subscriptions. Nothing of a person is kept but where and what to deliver."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from sqlite_utils import Database

from watchdog_bot.core.model import (
    Address,
    ChatKind,
    Subscriber,
    SubscriberId,
    SubscriberState,
    Subscription,
    SubscriptionId,
    SubscriptionSlot,
)
from watchdog_bot.core.tempo import DEFAULT_SETTINGS, ChatSettings
from watchdog_bot.core.weekly import first_due
from watchdog_bot.store import followed, mutes, rows, tempos
from watchdog_bot.store.connection import writing
from watchdog_bot.store.line import advance, end_waiting
from watchdog_bot.store.rows import chunks, marks, moment, ms, thread_number

UNSUBSCRIBED = "the subscription was removed"

_PARTS = ("IS NULL", "IS NOT NULL")  # finished and unfinished deliveries: each has an index by subscriber
_STATE_CAUSES = {
    SubscriberState.PAUSED: "alerts were turned off",
    SubscriberState.SUSPENDED: "the chat cannot be reached",
}


def at(db: Database, address: Address) -> Subscriber | None:
    found = db.query(
        "SELECT * FROM subscriber WHERE chat_id = ? AND thread_id = ?",
        [address.chat_id, thread_number(address.thread_id)],
    )
    return next((rows.subscriber(row) for row in found), None)


def of_chat(db: Database, chat_id: int) -> tuple[Subscriber, ...]:
    """The chat and its topics."""
    found = db.query("SELECT * FROM subscriber WHERE chat_id = ? ORDER BY thread_id", [chat_id])
    return tuple(rows.subscriber(row) for row in found)


def with_settings(
    db: Database, ids: Iterable[SubscriberId]
) -> dict[SubscriberId, tuple[Subscriber, ChatSettings]]:
    return {
        row["id"]: (rows.subscriber(row), tempos.unpack(row["settings"]))
        for chunk in chunks(ids)
        for row in rows.read(db, f"SELECT * FROM subscriber WHERE id IN ({marks(chunk)})", chunk)  # noqa: S608 - only question marks
    }


def in_general(subscriber: Subscriber) -> Subscriber:
    """The same, addressed at the chat itself instead of its topic."""
    return replace(subscriber, address=Address(subscriber.address.chat_id, None))


def ensure(db: Database, address: Address, *, kind: ChatKind, language: str, now: int) -> Subscriber:
    """The subscriber at this address; a new one is active. An existing one keeps its state and language."""
    with writing(db):
        (row,) = db.query(
            """
            INSERT INTO subscriber (chat_id, thread_id, kind, state, language, created_at, note_due_at)
            VALUES (?, ?, ?, 'active', ?, ?, ?)
            ON CONFLICT (chat_id, thread_id) DO UPDATE SET kind = excluded.kind RETURNING *
            """,
            [
                address.chat_id,
                thread_number(address.thread_id),
                kind.value,
                language,
                now,
                ms(first_due(DEFAULT_SETTINGS, moment(now))),
            ],
        )
    return rows.subscriber(row)


def set_language(db: Database, subscriber_id: SubscriberId, language: str) -> bool:
    with writing(db):
        changed = db.execute("UPDATE subscriber SET language = ? WHERE id = ?", [language, subscriber_id])
        return changed.rowcount == 1


def set_state(db: Database, subscriber_id: SubscriberId, state: SubscriberState, now: int) -> bool:
    """Alert it or not. When not, what waits for it is cancelled; its subscriptions stay."""
    with writing(db):
        return _set_state(db, subscriber_id, state, _STATE_CAUSES.get(state, ""), now)


def suspend_chat(db: Database, chat_id: int, cause: str, now: int) -> None:
    """The chat and its topics cannot be reached. Within the caller's transaction."""
    for subscriber in of_chat(db, chat_id):
        _set_state(db, subscriber.id, SubscriberState.SUSPENDED, cause, now)


def forget(db: Database, subscriber_id: SubscriberId) -> bool:
    """Delete everything about it, deliveries included; the freed pages are overwritten (secure_delete), and the
    write-ahead log is emptied so that no copy stays there.
    """
    with writing(db):
        chat = db.execute("SELECT chat_id FROM subscriber WHERE id = ?", [subscriber_id]).fetchone()
        if chat is None:
            return False
        _delete(db, subscriber_id)
        db.execute(
            "DELETE FROM gate WHERE chat_id = ? AND NOT EXISTS (SELECT 1 FROM subscriber WHERE chat_id = ?)",
            [chat[0], chat[0]],
        )
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return True


def move_chat(db: Database, old_chat_id: int, new_chat_id: int) -> int:
    """A group became a supergroup: everything goes to the new id. Within the caller's transaction.

    Where the new chat (or topic) is known already, the two become one: nothing is owed twice, no subscription
    is lost. Returns how many subscribers moved.
    """
    moved = 0
    for old in of_chat(db, old_chat_id) if old_chat_id != new_chat_id else ():
        moved += 1
        followed.unmoor(db, old.id)
        there = at(db, Address(new_chat_id, old.address.thread_id))
        if there is None:
            db.execute(
                "UPDATE subscriber SET chat_id = ?, kind = 'supergroup' WHERE id = ?", [new_chat_id, old.id]
            )
        else:
            _merge(db, old, there)
    db.execute("DELETE FROM gate WHERE chat_id = ?", [old_chat_id])
    return moved


def migrate_chat(db: Database, old_chat_id: int, new_chat_id: int) -> int:
    with writing(db):
        return move_chat(db, old_chat_id, new_chat_id)


def subscriptions(db: Database, subscriber_id: SubscriberId) -> tuple[Subscription, ...]:
    found = db.query(
        "SELECT * FROM subscription WHERE subscriber_id = ? AND deleted_at IS NULL ORDER BY slot, id",
        [subscriber_id],
    )
    return tuple(rows.subscription(row) for row in found)


def all_subscriptions(db: Database) -> tuple[Subscription, ...]:
    """Those of active subscribers: what the index is built from."""
    found = db.query(
        """
        SELECT subscription.* FROM subscription JOIN subscriber ON subscriber.id = subscription.subscriber_id
        WHERE subscription.deleted_at IS NULL AND subscriber.state = 'active' ORDER BY subscription.id
        """
    )
    return tuple(rows.subscription(row) for row in found)


def subscribe(
    db: Database, subscriber_id: SubscriberId, slot: SubscriptionSlot, query: str, now: int
) -> Subscription:
    """MAIN is one: a new text replaces the old one and keeps the id, so that what was decided by the old text
    meanwhile is not lost. A QUERY that is there already, or was removed within the day, is that one again.
    """
    with writing(db):
        same = "slot = ?" if slot is SubscriptionSlot.MAIN else "slot = ? AND query = ?"
        arguments = [subscriber_id, slot.value, *(() if slot is SubscriptionSlot.MAIN else (query,))]
        found = db.execute(
            f"""
            SELECT id FROM subscription WHERE subscriber_id = ? AND {same}
            ORDER BY deleted_at IS NOT NULL, deleted_at DESC, id DESC LIMIT 1
            """,  # noqa: S608 - one of two constants
            arguments,
        ).fetchone()
        if found is None:
            (row,) = db.query(
                """
                INSERT INTO subscription (subscriber_id, slot, query, created_at) VALUES (?, ?, ?, ?) RETURNING *
                """,
                [subscriber_id, slot.value, query, now],
            )
        else:
            (row,) = db.query(
                "UPDATE subscription SET query = ?, deleted_at = NULL WHERE id = ? RETURNING *",
                [query, found[0]],
            )
    return rows.subscription(row)


def change_query(
    db: Database, subscription_id: SubscriptionId, subscriber_id: SubscriberId, query: str
) -> Subscription | None:
    """One of the subscriber's own asks for something else from now on; None where it is gone, or another of theirs
    asks for that already.
    """
    with writing(db):
        changed = db.query(
            """
            UPDATE subscription SET query = ? WHERE id = ? AND subscriber_id = ? AND deleted_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM subscription AS other WHERE other.subscriber_id = subscription.subscriber_id
                    AND other.query = ? AND other.deleted_at IS NULL AND other.id <> subscription.id
            ) RETURNING *
            """,
            [query, subscription_id, subscriber_id, query],
        )
        found = list(changed)
    return rows.subscription(found[0]) if found else None


def unsubscribe(db: Database, subscription_id: SubscriptionId, subscriber_id: SubscriberId, now: int) -> bool:
    """Remove one of the subscriber's own, so that it can be undone for a day; what waits for it alone is
    cancelled.
    """
    with writing(db):
        removed = db.execute(
            "UPDATE subscription SET deleted_at = ? WHERE id = ? AND subscriber_id = ? AND deleted_at IS NULL",
            [now, subscription_id, subscriber_id],
        )
        if removed.rowcount == 0:
            return False
        standing = {one.id for one in subscriptions(db, subscriber_id)}
        waiting = db.execute(
            "SELECT id, subscriptions FROM delivery WHERE subscriber_id = ? AND step IS NOT NULL",
            [subscriber_id],
        ).fetchall()
        alone = [one for one, asking in waiting if not standing.intersection(json.loads(asking))]
        end_waiting(db, alone, state="cancelled", cause=UNSUBSCRIBED, now=now)
    return True


def removed_between(
    db: Database, subscriber_id: SubscriberId, first: int, last: int
) -> tuple[SubscriptionId, ...]:
    """Those removed from the one moment to the other, both included, that can still be brought back."""
    found = db.execute(
        "SELECT id FROM subscription WHERE subscriber_id = ? AND deleted_at BETWEEN ? AND ? ORDER BY id",
        [subscriber_id, first, last],
    )
    return tuple(row[0] for row in found)


def resubscribe(db: Database, subscription_id: SubscriptionId, subscriber_id: SubscriberId, now: int) -> bool:
    """Undo: the subscription stands again, and what was cancelled with it waits again. False where it is gone
    for good, or a new one took its place.
    """
    with writing(db):
        row = db.execute(
            "SELECT slot, deleted_at FROM subscription WHERE id = ? AND subscriber_id = ?",
            [subscription_id, subscriber_id],
        ).fetchone()
        if row is None or row[1] is None:
            return row is not None
        if any(
            one.slot is SubscriptionSlot.MAIN and row[0] == one.slot
            for one in subscriptions(db, subscriber_id)
        ):
            return False
        db.execute("UPDATE subscription SET deleted_at = NULL WHERE id = ?", [subscription_id])
        cancelled = mutes.revivable(db, subscriber_id, UNSUBSCRIBED, now)
        mine = [one for one, asking in cancelled if subscription_id in json.loads(asking)]
        mutes.revive(db, mine, subscriber_id, now)
    return True


def _set_state(
    db: Database, subscriber_id: SubscriberId, state: SubscriberState, cause: str, now: int
) -> bool:
    changed = db.execute(
        "UPDATE subscriber SET state = ?, suspended_at = CASE WHEN ? = 'suspended' THEN ? END WHERE id = ?",
        [state.value, state.value, now, subscriber_id],
    )
    if state is not SubscriberState.ACTIVE:
        waiting = db.execute(
            "SELECT id FROM delivery WHERE subscriber_id = ? AND step IS NOT NULL", [subscriber_id]
        )
        end_waiting(db, [row[0] for row in waiting.fetchall()], state="cancelled", cause=cause, now=now)
    else:  # what was not sent meanwhile is no silence
        due = ms(first_due(tempos.settings(db, subscriber_id), moment(now)))
        db.execute("UPDATE subscriber SET note_due_at = ? WHERE id = ?", [due, subscriber_id])
    return changed.rowcount == 1


def _merge(db: Database, old: Subscriber, there: Subscriber) -> None:
    for one in subscriptions(db, old.id):
        known = {(other.slot, other.query) for other in subscriptions(db, there.id)}
        has_main = any(slot is SubscriptionSlot.MAIN for slot, _ in known)
        slot = SubscriptionSlot.QUERY if has_main and one.slot is SubscriptionSlot.MAIN else one.slot
        if (slot, one.query) not in known:
            db.execute(
                "UPDATE subscription SET subscriber_id = ?, slot = ? WHERE id = ?",
                [there.id, slot.value, one.id],
            )
    # Rows of both stand in one line now: all that wait go behind, and the best comes forward.
    db.execute("UPDATE delivery SET step = 0 WHERE subscriber_id IN (?, ?) AND step = 1", [old.id, there.id])
    for part in _PARTS:
        db.execute(
            f"""
            UPDATE delivery SET subscriber_id = ? WHERE subscriber_id = ? AND step {part} AND NOT EXISTS (
                SELECT 1 FROM delivery AS twin WHERE twin.post_id = delivery.post_id AND twin.subscriber_id = ?)
            """,  # noqa: S608 - a constant
            [there.id, old.id, there.id],
        )
    db.execute(
        """
        UPDATE mute SET subscriber_id = ? WHERE subscriber_id = ? AND NOT EXISTS (
            SELECT 1 FROM mute AS twin
            WHERE twin.subscriber_id = ? AND twin.kind = mute.kind AND twin.value = mute.value)
        """,
        [there.id, old.id, there.id],
    )
    _delete(db, old.id)
    advance(db, there.id)


def _delete(db: Database, subscriber_id: SubscriberId) -> None:
    """The subscriber with its deliveries; its subscriptions and mutes go with it (foreign keys)."""
    for part in _PARTS:
        db.execute(f"DELETE FROM delivery WHERE subscriber_id = ? AND step {part}", [subscriber_id])  # noqa: S608 - a constant
    db.execute("DELETE FROM subscriber WHERE id = ?", [subscriber_id])
