"""Sent alerts whose post was changed by its source: planned with the change, in its transaction."""

from __future__ import annotations

from sqlite_utils import Database

from watchdog_bot.core.model import PostId


def plan(db: Database, post_id: PostId, now: int, *, changed: bool) -> None:
    """Every message that tells of the post is to be edited; one being edited just now is, once more.

    `changed`: its source changed it or took it back; else another source has it as well, which a digest does not tell.
    So is one that is on its way: it may have been written before the change. It is edited once it has arrived.
    """
    db.execute(
        """
        INSERT INTO pending_edit (delivery_id, changed, due_at)
        SELECT id, ?, ? FROM delivery
        WHERE post_id = ? AND state IN ('sending', 'doubtful', 'sent') AND (fold = 0 OR ? = 1)
        ON CONFLICT (delivery_id) DO UPDATE SET due_at = excluded.due_at, attempts = 0, lease_until = NULL,
            changed = CASE WHEN excluded.changed = 1 THEN 1 ELSE pending_edit.changed END
        """,
        [int(changed), now, post_id, int(changed)],
    )
