"""Topics: named keyword lists. A name is one however it is written: its folded form is the key."""

from __future__ import annotations

import json

from sqlite_utils import Database

from watchdog_bot.core.model import Topic
from watchdog_bot.core.text import fold
from watchdog_bot.store import rows
from watchdog_bot.store.connection import writing


def every_one(db: Database) -> tuple[Topic, ...]:
    """All of them, by name."""
    return tuple(
        Topic(row["name"], tuple(json.loads(row["words"])))
        for row in db.query("SELECT name, words FROM topic ORDER BY key")
    )


def save(db: Database, topic: Topic) -> None:
    """Make the topic, or change its words and how its name is shown."""
    with writing(db):
        db.execute(
            """
            INSERT INTO topic (key, name, words) VALUES (?, ?, ?)
            ON CONFLICT (key) DO UPDATE SET name = excluded.name, words = excluded.words
            """,
            [fold(topic.name), topic.name, rows.pack(list(topic.words))],
        )


def keep_draft(db: Database, draft: Topic, now: int) -> int:
    """What would be saved, or, without words, removed; its number."""
    with writing(db):
        ((number,),) = db.execute(
            "INSERT INTO topic_draft (name, words, at) VALUES (?, ?, ?) RETURNING id",
            [draft.name, rows.pack(list(draft.words)), now],
        ).fetchall()
        return int(number)


def take_draft(db: Database, number: int) -> Topic | None:
    """It is there once: a second press finds nothing."""
    with writing(db):
        found = db.execute("DELETE FROM topic_draft WHERE id = ? RETURNING name, words", [number]).fetchall()
    return Topic(found[0][0], tuple(json.loads(found[0][1]))) if found else None


def remove(db: Database, name: str) -> bool:
    with writing(db):
        return db.execute("DELETE FROM topic WHERE key = ?", [fold(name)]).rowcount == 1
