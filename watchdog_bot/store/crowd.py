"""Groups so large that the database itself makes their rows: a Python object for each of 100,000 deliveries would
hold the interpreter, and with it everybody who talks to the bot, for as long as it takes to make them.

The rules are those of `store.owed`, in SQL. Whoever has wishes or mutes is left to `store.owed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat

from sqlite_utils import Database

from watchdog_bot.core.model import Evidence, MatchGroup, PlannedDelivery, PostId
from watchdog_bot.store.rows import pack_evidence

CROWD = 200  # subscribers of one group; fewer are quicker one by one

_TABLES = (
    """
    CREATE TEMP TABLE IF NOT EXISTS crowd (
        post_id INTEGER NOT NULL,
        subscription_id INTEGER NOT NULL,
        reason INTEGER NOT NULL,
        PRIMARY KEY (post_id, subscription_id)
    ) WITHOUT ROWID
    """,
    "CREATE TEMP TABLE IF NOT EXISTS crowd_reason (number INTEGER PRIMARY KEY, evidence TEXT NOT NULL)",
)
# A subscription that stands, of a subscriber who is alerted. CROSS JOIN: SQLite shall begin with the crowd.
_STANDING = """
    FROM crowd CROSS JOIN subscription ON subscription.id = crowd.subscription_id
    JOIN subscriber ON subscriber.id = subscription.subscriber_id
    WHERE subscription.deleted_at IS NULL AND subscriber.state = 'active' AND"""
_PLAIN = """subscription.tempo = 'instant' AND subscriber.settings = '{}' AND subscriber.id NOT IN (
    SELECT mute.subscriber_id FROM mute WHERE mute.until IS NULL OR mute.until > ?)"""


class Crowds:
    """The crowds of one transaction."""

    def __init__(self, db: Database, groups: Iterable[tuple[PostId, MatchGroup]]) -> None:
        """Each with its post; of a subscription that stands in several groups of a post the first counts."""
        self._db = db
        self._reasons: list[tuple[Evidence, ...]] = []
        for statement in _TABLES:
            db.execute(statement)
        for post_id, group in groups:
            self._fill(post_id, group)
        db.conn.executemany(
            "INSERT INTO crowd_reason (number, evidence) VALUES (?, ?)",
            [(number, pack_evidence(evidence)) for number, evidence in enumerate(self._reasons)],
        )

    def _fill(self, post_id: PostId, group: MatchGroup) -> None:
        self._db.conn.executemany(
            "INSERT INTO crowd (post_id, subscription_id, reason) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            zip(repeat(post_id), group.subscription_ids, repeat(len(self._reasons)), strict=False),
        )
        self._reasons.append(group.evidence)

    def others(self, now: int) -> dict[PostId, list[PlannedDelivery]]:
        """Those who have wishes or mutes, by post."""
        found: dict[PostId, list[PlannedDelivery]] = {}
        for post_id, subscriber_id, subscription_id, reason in self._db.execute(
            f"SELECT crowd.post_id, subscriber.id, subscription.id, crowd.reason {_STANDING} NOT ({_PLAIN})",
            [now],
        ).fetchall():
            one = PlannedDelivery(subscriber_id, (subscription_id,), self._reasons[reason])
            found.setdefault(post_id, []).append(one)
        return found

    def write(self, post_id: PostId, *, turn: int, now: int) -> int:
        """Insert the deliveries of all others, from this turn on; returns how many."""
        (before,) = self._db.execute("SELECT COALESCE(MAX(id), 0) FROM delivery").fetchone()
        written = self._db.execute(
            f"""
            INSERT INTO delivery (post_id, subscriber_id, state, step, turn, due_at, evidence, subscriptions, created_at)
            SELECT crowd.post_id, subscriber.id, 'queued',
                CASE WHEN EXISTS (
                    SELECT 1 FROM delivery AS front WHERE front.subscriber_id = subscriber.id AND front.step IN (1, 3)
                ) THEN 0 ELSE 1 END,
                ? + ROW_NUMBER() OVER (ORDER BY subscription.id), ?,
                (SELECT evidence FROM crowd_reason WHERE number = crowd.reason), '[' || subscription.id || ']', ?
            {_STANDING} {_PLAIN} AND crowd.post_id = ?
            ON CONFLICT (post_id, subscriber_id) DO NOTHING
            """,  # noqa: S608 - constants
            [turn - 1, now, now, now, post_id],
        ).rowcount
        self._let_fronts_pass(after=before)
        return written

    def _let_fronts_pass(self, *, after: int) -> None:
        """Who stands before a newcomer (a row of a higher id) is served no later than the newcomer's own turn would
        be. The + keeps SQLite from going through all that is ready for each newcomer.
        """
        sooner = self._db.execute(
            """
            SELECT newcomer.turn, front.id FROM delivery AS newcomer CROSS JOIN delivery AS front
            WHERE newcomer.id > ? AND newcomer.step = 0 AND front.subscriber_id = newcomer.subscriber_id
                AND front.step = 1 AND +front.lane = 1 AND +front.turn > newcomer.turn
            """,
            [after],
        ).fetchall()
        self._db.conn.executemany("UPDATE delivery SET turn = ? WHERE id = ?", sooner)

    def done(self) -> None:
        """Forget them."""
        self._db.execute("DELETE FROM crowd")
        self._db.execute("DELETE FROM crowd_reason")
