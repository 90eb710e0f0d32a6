"""Keeping no longer than promised, and backups.

| what                          | kept                  | then                                              |
|-------------------------------|-----------------------|---------------------------------------------------|
| a post's text                 | 90 days               | emptied; its keys stay, so it is never new again  |
| a post's story signature      | 3 days                | emptied                                           |
| a finished delivery           | 30 days               | deleted                                           |
| an unfinished delivery        | 30 days               | dead, listed with the reason                      |
| a removed subscription        | 1 day (for undo)      | deleted                                           |
| a suspended subscriber        | 30 days               | forgotten with everything                         |
| a mute, a gate                | until it ends         | deleted                                           |
| a topic's draft               | 1 day                 | deleted                                           |
| the audit                     | 365 days              | deleted                                           |

One call is one slice: one short transaction. The caller calls until nothing is left to do.
"""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from watchdog_bot.store.connection import translated, unopened, writing
from watchdog_bot.store.line import end_waiting
from watchdog_bot.store.rows import ms
from watchdog_bot.store.tallies import STALE_MARK, count, stale_mark

POST_TEXT_DAYS = 90
SIGNATURE_DAYS = 3  # stories join within two; one more for clocks that are set
DELIVERY_DAYS = 30
UNDO_DAYS = 1
SUSPENDED_DAYS = 30
DRAFT_DAYS = 1
AUDIT_DAYS = 365
SLICE = 500

_DELETIONS = (
    ("delivery", "id", "ended_at IS NOT NULL AND ended_at <= ?", DELIVERY_DAYS),
    ("subscription", "id", "deleted_at IS NOT NULL AND deleted_at <= ?", UNDO_DAYS),
    ("subscriber", "id", "suspended_at IS NOT NULL AND suspended_at <= ?", SUSPENDED_DAYS),
    ("mute", "id", "until IS NOT NULL AND until <= ?", 0),
    ("gate", "chat_id", "until <= ?", 0),
    ("topic_draft", "id", "at <= ?", DRAFT_DAYS),
    ("audit", "id", "at <= ?", AUDIT_DAYS),
)


def housekeep(db: Database, now: datetime, *, limit: int = SLICE) -> int:
    """One slice of at most so many rows; returns how many rows it changed: 0 when all is done."""
    with writing(db):
        left = limit - _end_stale(db, now, limit)
        left -= _empty_posts(db, now, left)
        left -= _drop_signatures(db, now, left)
        for table, key, condition, days in _DELETIONS:
            if left <= 0:
                break
            # Names and conditions are the constants above.
            sql = f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {condition} LIMIT ?)"  # noqa: S608
            left -= db.execute(sql, [ms(now - timedelta(days=days)), left]).rowcount
        return limit - left


def check(db: Database) -> tuple[str, ...]:
    """SQLite's own examination of the file (its pragmas quick_check and foreign_key_check)."""
    found = [row[0] for row in db.execute("PRAGMA quick_check(10)") if row[0] != "ok"]
    found += [f"a row of {row[0]} points to nothing" for row in db.execute("PRAGMA foreign_key_check")]
    return tuple(f"The database is damaged: {each}. Put the newest backup in its place." for each in found)


def backup(path: Path, to: Path) -> None:
    """A whole, compact copy, made online through a connection of its own, so that nobody waits for it.

    It appears under its name only when it is complete and on the disk; an older file there is replaced.
    Runs on any thread. Raises StoreError.
    """
    part = to.with_name(to.name + ".part")
    try:
        part.unlink(missing_ok=True)
        # VACUUM INTO takes an empty file that is there; made first, it is never readable by others.
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise unopened(part, error) from error
    _copy(path, part)
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    part.replace(to)


def _copy(path: Path, part: Path) -> None:
    with translated(part):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            connection.execute("VACUUM INTO ?", [str(part)])
        finally:
            connection.close()


def _end_stale(db: Database, now: datetime, limit: int) -> int:
    """End old rows that are not finished. Ids grow with time, so each row is looked at once in its life: the last
    one looked at is remembered as a counter. Returns how many were looked at.
    """
    mark = stale_mark(db)
    looked_at = db.execute(
        "SELECT id, step FROM delivery WHERE id > ? AND created_at <= ? ORDER BY id LIMIT ?",
        [mark, ms(now - timedelta(days=DELIVERY_DAYS)), limit],
    ).fetchall()
    if not looked_at:
        return 0
    cause = f"it could not be sent for {DELIVERY_DAYS} days"
    stale = [delivery_id for delivery_id, step in looked_at if step is not None]
    ended = end_waiting(db, stale, state="dead", cause=cause, now=ms(now))
    if ended:
        count(db, "dead", ms(now), ended)
    count(db, STALE_MARK, ms(now), looked_at[-1][0] - mark)
    return len(looked_at)


def _empty_posts(db: Database, now: datetime, limit: int) -> int:
    emptied = db.execute(
        """
        UPDATE post SET title = '', link = NULL, summary = '', content = '', tags = '[]', countries = '[[],[]]',
            expired = 1
        WHERE id IN (SELECT id FROM post WHERE expired = 0 AND first_seen_at <= ? LIMIT ?)
        """,
        [ms(now - timedelta(days=POST_TEXT_DAYS)), limit],
    )
    return emptied.rowcount


def _drop_signatures(db: Database, now: datetime, limit: int) -> int:
    dropped = db.execute(
        """
        UPDATE post SET signature = NULL WHERE id IN (
            SELECT id FROM post WHERE signature IS NOT NULL AND first_seen_at <= ? LIMIT ?)
        """,
        [ms(now - timedelta(days=SIGNATURE_DAYS)), limit],
    )
    return dropped.rowcount


def rewind(db: Database, seconds: float) -> None:
    """The machine's clock was set back by so much: what waits some seconds must not wait an hour more. Moments of
    the reader's own clock (digests, mutes) stay as they are.
    """
    back = int(seconds * 1000)
    with writing(db):
        db.execute("UPDATE delivery SET due_at = due_at - ? WHERE step = 2", [back])
        db.execute(
            "UPDATE delivery SET lease_until = lease_until - ? WHERE step = 3 AND lease_until > 0", [back]
        )
        db.execute("UPDATE pending_edit SET due_at = due_at - ?, lease_until = lease_until - ?", [back, back])
        db.execute("UPDATE gate SET until = until - ?", [back])
        db.execute(
            """
            UPDATE feed SET lease_until = lease_until - ?,
                next_check_at = CASE WHEN next_check_at > ? THEN next_check_at - ? ELSE 0 END
            """,
            [back, back, back],
        )
