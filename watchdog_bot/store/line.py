"""How deliveries stand in line: the moves between the steps drawn in `schema`.

Two invariants, kept by every function here and checked by the tests:
1. a subscriber has at most one row that is ready or sending;
2. a subscriber with a row behind has a row that is ready, sending or waiting.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from watchdog_bot.core.model import DeliveryId, SubscriberId
from watchdog_bot.store.rows import CHUNK, chunks, marks


def serving_turn(db: Database, lane: int) -> int:
    """The turn being served in this lane: newcomers start from it."""
    row = db.execute(
        "SELECT turn FROM delivery WHERE step = 1 AND lane = ? ORDER BY turn, id LIMIT 1", [lane]
    ).fetchone()
    return 0 if row is None else row[0]


def ahead(db: Database, subscriber_ids: Iterable[SubscriberId]) -> set[SubscriberId]:
    """Those of these subscribers that have a row which is ready or sending."""
    found: set[SubscriberId] = set()
    for chunk in chunks(subscriber_ids, CHUNK):
        found.update(
            row[0]
            for row in db.execute(
                f"SELECT subscriber_id FROM delivery WHERE step IN (1, 3) AND subscriber_id IN ({marks(chunk)})",  # noqa: S608 - only question marks
                chunk,
            )
        )
    return found


def enter(db: Database, delivery_id: DeliveryId, subscriber_id: SubscriberId) -> None:
    """A row that need not wait any more takes its place in the line of its subscriber.

    First comes the lower lane (urgent), then the older row. It keeps its turn, which is by now at the head.
    """
    db.conn.execute("UPDATE delivery SET step = 0 WHERE id = ?", [delivery_id])
    front = db.conn.execute(
        "SELECT id, step, lane FROM delivery WHERE subscriber_id = ? AND step IN (1, 3)", [subscriber_id]
    ).fetchone()
    if front is None:
        advance(db, subscriber_id)
        return
    front_id, front_step, front_lane = front
    (lane,) = db.conn.execute("SELECT lane FROM delivery WHERE id = ?", [delivery_id]).fetchone()
    if front_step == 1 and (lane, delivery_id) < (front_lane, front_id):
        db.conn.execute("UPDATE delivery SET step = 0 WHERE id = ?", [front_id])
        db.conn.execute("UPDATE delivery SET step = 1 WHERE id = ?", [delivery_id])


def advance(db: Database, subscriber_id: SubscriberId) -> None:
    """Let the subscriber's best row that stands behind come forward, if nothing is before it."""
    front = db.conn.execute(
        "SELECT id FROM delivery WHERE subscriber_id = ? AND step IN (1, 3)", [subscriber_id]
    ).fetchone()
    if front is not None:
        return
    db.conn.execute(
        """
        UPDATE delivery SET step = 1 WHERE id = (
            SELECT id FROM delivery WHERE subscriber_id = ? AND step = 0 ORDER BY lane, id LIMIT 1
        )
        """,
        [subscriber_id],
    )


def promote(db: Database, now: int, *, limit: int) -> int:
    """Bring rows whose waiting is over into line, the longest waiting first. Returns how many."""
    due = db.conn.execute(
        "SELECT id, subscriber_id FROM delivery WHERE step = 2 AND due_at <= ? ORDER BY due_at, id LIMIT ?",
        [now, limit],
    ).fetchall()
    for delivery_id, subscriber_id in due:
        enter(db, delivery_id, subscriber_id)
    return len(due)


def put_off(db: Database, delivery_id: DeliveryId, until: int) -> None:
    """A ready row whose chat must wait. What stands behind it waits with it, so nobody comes forward."""
    db.conn.execute("UPDATE delivery SET step = 2, due_at = ? WHERE id = ?", [until, delivery_id])


def end_waiting(db: Database, delivery_ids: Iterable[DeliveryId], *, state: str, cause: str, now: int) -> int:
    """End unfinished rows; one that is being sent just now is marked, so that its answer ends it. Returns how many
    ended at once.
    """
    ended = 0
    touched: set[SubscriberId] = set()
    for chunk in chunks(delivery_ids):
        rows = list(
            db.query(
                f"""
                UPDATE delivery SET state = ?, step = NULL, cause = ?, ended_at = ?
                WHERE id IN ({marks(chunk)}) AND step IN (0, 1, 2, 4)
                RETURNING subscriber_id
                """,  # noqa: S608 - only question marks
                [state, cause, now, *chunk],
            )
        )
        db.execute(
            f"UPDATE delivery SET unwanted = ? WHERE id IN ({marks(chunk)}) AND step = 3",  # noqa: S608 - only question marks
            [cause, *chunk],
        )
        ended += len(rows)
        touched.update(row["subscriber_id"] for row in rows)
    for subscriber_id in touched:
        advance(db, subscriber_id)
    return ended
