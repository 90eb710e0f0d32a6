"""Followed cases: which of them a delivery is about, and the message that each is told in answer to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlite_utils import Database

from watchdog_bot.core.cases import name_of
from watchdog_bot.core.model import Case, DeliveryId, SubscriberId, SubscriptionId
from watchdog_bot.store.connection import writing
from watchdog_bot.store.rows import chunks, marks


def of_deliveries(db: Database, asking: Mapping[DeliveryId, str]) -> dict[DeliveryId, tuple[Case, ...]]:
    """The cases, the oldest first, among the packed subscriptions of each delivery; those without any are left out."""
    wanted = {delivery_id: json.loads(packed) for delivery_id, packed in asking.items()}
    cases: dict[SubscriptionId, Case] = {}
    for chunk in chunks(dict.fromkeys(one for ids in wanted.values() for one in ids)):
        for subscription_id, query, anchor_id in db.execute(
            f"""
            SELECT id, query, anchor FROM subscription
            WHERE id IN ({marks(chunk)}) AND slot = 'case' AND deleted_at IS NULL
            """,  # noqa: S608 - only question marks
            chunk,
        ):
            cases[subscription_id] = Case(subscription_id, name_of(query), anchor_id)
    if not cases:
        return {}
    found = {delivery_id: sorted(cases.keys() & set(ids)) for delivery_id, ids in wanted.items()}
    return {delivery_id: tuple(cases[one] for one in ids) for delivery_id, ids in found.items() if ids}


def begin(db: Database, subscription_id: SubscriptionId, message_id: int) -> None:
    """The case was found in this message: later posts of it answer it. One that is told in answer to another stays so."""
    with writing(db):
        db.execute(
            "UPDATE subscription SET anchor = ? WHERE id = ? AND slot = 'case' AND anchor IS NULL",
            [message_id, subscription_id],
        )


def anchor(db: Database, cases: Sequence[SubscriptionId], message_id: int, *, lost: bool) -> None:
    """An alert of these cases was sent: those without a message of their own go on from it, and so does the oldest where the
    message that it was to reply to is `lost`. Within the caller's transaction.
    """
    ids = list(cases)
    where = f"id IN ({marks(ids)}) AND slot = 'case' AND deleted_at IS NULL"
    if lost:
        db.execute(
            f"UPDATE subscription SET anchor = NULL WHERE id = (SELECT MIN(id) FROM subscription WHERE {where})",  # noqa: S608 - a constant with question marks
            ids,
        )
    db.execute(
        f"UPDATE subscription SET anchor = ? WHERE {where} AND anchor IS NULL",  # noqa: S608 - a constant with question marks
        [message_id, *ids],
    )


def unmoor(db: Database, subscriber_id: SubscriberId) -> None:
    """A group that became a supergroup left its messages behind: their numbers mean other messages there, or none.

    Nothing is replied to or edited by them any more. Within the caller's transaction.
    """
    db.execute("UPDATE subscription SET anchor = NULL WHERE subscriber_id = ?", [subscriber_id])
    db.execute(
        "DELETE FROM pending_edit WHERE delivery_id IN (SELECT id FROM delivery WHERE subscriber_id = ? AND step IS NULL)",
        [subscriber_id],
    )
    db.execute(
        "UPDATE delivery SET message_id = NULL WHERE subscriber_id = ? AND step IS NULL", [subscriber_id]
    )
