"""Feeds: adding, leasing the due ones, and their row after a poll."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlite_utils import Database

from watchdog_bot.core.feeds.sitemap_index import IndexMemory
from watchdog_bot.core.model import Feed, FeedChange, FeedId, FeedKind, PostId
from watchdog_bot.store import rows
from watchdog_bot.store.connection import writing
from watchdog_bot.store.rows import moment, ms, ms_or_none


def add(
    db: Database,
    url: str,
    *,
    name: str,
    kind: FeedKind,
    every: int | None,
    countries: Sequence[str],
    language: str | None,
    rules: str = "",
    mirror: str = "",
    archive: str = "",
) -> Feed:
    """The feed at this address, or that its server has moved away from it: the one that is there already, unchanged,
    or a new one that is due at once.
    """
    with writing(db):
        known = _at(db, url)
        if known is not None:
            return known
        row = next(
            iter(
                db.query(
                    """
                    INSERT INTO feed (url, name, kind, every, countries, language, rules, mirror, archive)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *
                    """,
                    [
                        url,
                        name,
                        kind.value,
                        every,
                        rows.pack(list(countries)),
                        language,
                        rules,
                        mirror,
                        archive,
                    ],
                )
            )
        )
        return rows.feed(row)


def _at(db: Database, url: str) -> Feed | None:
    """The feed whose address this is, else the one whose address it was."""
    found = db.query(
        """
        SELECT feed.* FROM feed WHERE url = :url OR id = (SELECT feed_id FROM former_address WHERE url = :url)
        ORDER BY url = :url DESC LIMIT 1
        """,
        {"url": url},
    )
    return next(map(rows.feed, found), None)


def former_addresses(db: Database) -> Mapping[str, FeedId]:
    """Every address that a feed had before its server moved it for good."""
    return {row["url"]: FeedId(row["feed_id"]) for row in db.query("SELECT * FROM former_address")}


def offered(db: Database, url: str) -> bool:
    """Note that this address was offered; True where it is the first time."""
    with writing(db):
        changed = db.execute("INSERT INTO offered_feed (url) VALUES (?) ON CONFLICT (url) DO NOTHING", [url])
        return changed.rowcount == 1


def remove(db: Database, feed_id: FeedId) -> bool:
    """Forget the feed and what it alone called its posts; the posts and what is owed of them stay."""
    with writing(db):
        db.execute("DELETE FROM post_key WHERE scope = ?", [feed_id])
        return db.execute("DELETE FROM feed WHERE id = ?", [feed_id]).rowcount == 1


def configure(
    db: Database,
    feed_id: FeedId,
    *,
    name: str,
    kind: FeedKind,
    every: int | None,
    rules: str,
    mirror: str,
    archive: str,
    now: int,
) -> None:
    """What the operator says of the feed. Its next document is read whole: other rules may see other entries in it."""
    with writing(db):
        db.execute(
            """
            UPDATE feed SET name = ?, kind = ?, every = ?, rules = ?, mirror = ?, archive = ?, next_check_at = ?,
                etag = NULL, last_modified = NULL, body_hash = NULL, slices = NULL
            WHERE id = ?
            """,
            [name, kind.value, every, rules, mirror, archive, now, feed_id],
        )
        db.execute("DELETE FROM sitemap_index WHERE feed_id = ?", [feed_id])


def last_posts(db: Database, feed_id: FeedId, count: int) -> frozenset[PostId]:
    """The posts that the feed brought last."""
    found = db.query(
        "SELECT post_id FROM sighting WHERE feed_id = ? ORDER BY post_id DESC LIMIT ?", [feed_id, count]
    )
    return frozenset(PostId(row["post_id"]) for row in found)


def times_of_posts(db: Database, feed_id: FeedId, count: int) -> tuple[datetime, ...]:
    """The moments at which the feed was seen to have brought something, the latest first, without its baseline."""
    found = db.query(
        "SELECT DISTINCT seen_at FROM sighting WHERE feed_id = ? ORDER BY seen_at DESC LIMIT ?",
        [feed_id, count + 1],
    )
    return tuple(moment(row["seen_at"]) for row in found)[:-1]


def index_memory(db: Database, feed_id: FeedId) -> IndexMemory | None:
    """What is remembered of the sitemaps that the feed's document names; None where it is no index."""
    row = next(iter(db.query("SELECT state FROM sitemap_index WHERE feed_id = ?", [feed_id])), None)
    return None if row is None else IndexMemory.from_text(row["state"])


def keep_index(db: Database, feed_id: FeedId, memory: IndexMemory) -> None:
    """Remember it. Of a feed that is gone nothing is."""
    with writing(db):
        db.execute(
            """
            INSERT INTO sitemap_index (feed_id, state) SELECT id, ? FROM feed WHERE id = ?
            ON CONFLICT (feed_id) DO UPDATE SET state = excluded.state
            """,
            [memory.to_text(), feed_id],
        )


def elsewhere(db: Database, feed_id: FeedId) -> tuple[str, str]:
    """The patterns of its mirror and its archive (core.feeds.elsewhere), empty where it has none or is gone."""
    found: tuple[str, str] | None = db.execute(
        "SELECT mirror, archive FROM feed WHERE id = ?", [feed_id]
    ).fetchone()
    return ("", "") if found is None else found


def every_one(db: Database) -> tuple[Feed, ...]:
    return tuple(rows.feed(row) for row in db.query("SELECT * FROM feed ORDER BY id"))


def one(db: Database, feed_id: FeedId) -> Feed | None:
    row = next(iter(db.query("SELECT * FROM feed WHERE id = ?", [feed_id])), None)
    return None if row is None else rows.feed(row)


def pause(db: Database, feed_id: FeedId, *, paused: bool, now: int) -> bool:
    """Stop polling the feed, or poll it again at once."""
    due = "next_check_at" if paused else "?"
    arguments = [int(paused), feed_id] if paused else [int(paused), now, feed_id]
    with writing(db):
        changed = db.execute(
            f"UPDATE feed SET paused = ?, next_check_at = {due} WHERE id = ?",  # noqa: S608 - one of two words
            arguments,
        )
        return changed.rowcount == 1


def lease_due(db: Database, now: datetime, *, limit: int, lease_seconds: int) -> tuple[Feed, ...]:
    """At most so many due feeds, the longest due first, that nobody else will get before the lease ends.

    A lease ends with the feed's next change, or by itself when the poll died.
    """
    moment = ms(now)
    with writing(db):
        leased = db.query(
            """
            UPDATE feed SET lease_until = :until WHERE id IN (
                SELECT id FROM feed
                WHERE paused = 0 AND next_check_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
                ORDER BY next_check_at, id LIMIT :limit
            ) RETURNING *
            """,
            {"until": moment + lease_seconds * 1000, "now": moment, "limit": limit},
        )
        ordered = sorted(leased, key=lambda row: (row["next_check_at"], row["id"]))
    return tuple(rows.feed(row) for row in ordered)


def put_off(db: Database, moments: Mapping[FeedId, datetime]) -> None:
    """Leased feeds give their place up and are nobody's until then; they are due as they were."""
    with writing(db):
        for feed_id, moment in moments.items():
            db.execute("UPDATE feed SET lease_until = ? WHERE id = ?", [ms(moment), feed_id])


def change_all(db: Database, changes: Sequence[FeedChange]) -> None:
    """Several feeds in one transaction.

    For polls that brought nothing: losing one costs another poll when its lease has run out.
    """
    with writing(db):
        for each in changes:
            change(db, each)


def change(db: Database, update: FeedChange) -> None:
    """The feed's row after a poll; ends the lease. Within the caller's transaction.

    A pause that an admin asked for during the poll stays. An address that another feed has is not taken over:
    the two stay apart, and the posts they share are one by their shared keys.
    """
    health, memory = update.health, update.memory
    db.execute(
        """
        UPDATE feed SET
            etag = ?, last_modified = ?, body_hash = ?, slices = ?, moved_to = ?, moved_times = ?,
            pace = ?, note = ?, damaged = ?,
            last_checked_at = ?, last_ok_at = ?, last_new_at = ?, failures = ?, failing_since = ?, cause = ?,
            next_check_at = ?, kind = ?, baseline_done = ?,
            paused = CASE WHEN ? = 1 THEN 1 ELSE paused END,
            lease_until = NULL
        WHERE id = ?
        """,
        [
            memory.etag,
            memory.last_modified,
            memory.body_hash,
            memory.slices or None,
            memory.moved_to,
            memory.moved_times,
            memory.pace,
            health.note,
            int(health.damaged),
            ms_or_none(health.last_checked_at),
            ms_or_none(health.last_ok_at),
            ms_or_none(health.last_new_at),
            health.failures,
            ms_or_none(health.failing_since),
            health.cause,
            ms(update.next_check_at),
            update.kind.value,
            int(update.baseline_done),
            int(update.paused),
            update.feed_id,
        ],
    )
    if update.url is not None:
        _move(db, update.feed_id, update.url)


def _move(db: Database, feed_id: FeedId, url: str) -> None:
    """Keep the old address: whoever names it, a configuration or a person, means this feed."""
    free = "NOT EXISTS (SELECT 1 FROM feed WHERE url = :url)"
    values = {"url": url, "id": feed_id}
    db.execute(
        f"""
        INSERT INTO former_address (url, feed_id) SELECT url, id FROM feed WHERE id = :id AND {free}
        ON CONFLICT (url) DO UPDATE SET feed_id = excluded.feed_id
        """,  # noqa: S608 - our own words
        values,
    )
    db.execute(f"UPDATE feed SET url = :url WHERE id = :id AND {free}", values)  # noqa: S608 - the same
