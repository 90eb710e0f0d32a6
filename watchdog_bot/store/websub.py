"""Hubs: which feeds name one, our subscriptions to them, and what they push.

A subscription outlives its feed until the hub was told to stop. Whether pushes are trusted stands with the
subscription; what follows from it is the feed's next check.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlite_utils import Database

from watchdog_bot.core.feeds.websub import HubStanding, HubState, HubSubscription, NamedHub, next_pull
from watchdog_bot.core.model import FeedChange, FeedId, FeedUpdate
from watchdog_bot.store import feeds, posts, rows
from watchdog_bot.store.connection import writing
from watchdog_bot.store.rows import moment, moment_or_none, ms, ms_or_none
from watchdog_bot.store.values import AppliedUpdate

_UNNAMED = """
    NOT EXISTS (SELECT 1 FROM feed_hub WHERE feed_id = hub_subscription.feed_id
                AND hub = hub_subscription.hub AND topic = hub_subscription.topic)
"""


# --------------------------------------------------------------------------- what feeds say


def named(db: Database) -> Mapping[FeedId, NamedHub]:
    """Every feed that names a hub."""
    found = db.query(
        """
        SELECT feed_hub.*, EXISTS (
            SELECT 1 FROM hub_subscription WHERE feed_id = feed_hub.feed_id AND trusted = 1
        ) AS trusted FROM feed_hub
        """
    )
    return {
        FeedId(row["feed_id"]): NamedHub(row["hub"], row["topic"], trusted=bool(row["trusted"]))
        for row in found
    }


def name(db: Database, feed_id: FeedId, hub: NamedHub | None) -> None:
    """The feed's document names this hub now, or none any more. A feed that is gone names nothing."""
    with writing(db):
        if hub is None:
            db.execute("DELETE FROM feed_hub WHERE feed_id = ?", [feed_id])
            return
        db.execute(
            """
            INSERT INTO feed_hub (feed_id, hub, topic) SELECT id, ?, ? FROM feed WHERE id = ?
            ON CONFLICT (feed_id) DO UPDATE SET hub = excluded.hub, topic = excluded.topic
            """,
            [hub.hub, hub.topic, feed_id],
        )


def standings(db: Database) -> Mapping[FeedId, HubStanding]:
    """How it stands with the hub of each feed that names one."""
    found = db.query(
        """
        SELECT feed_hub.feed_id, state, trusted, cause FROM feed_hub LEFT JOIN hub_subscription
        ON hub_subscription.feed_id = feed_hub.feed_id AND hub_subscription.hub = feed_hub.hub
            AND hub_subscription.topic = feed_hub.topic AND state <> 'leaving'
        """
    )
    return {
        FeedId(row["feed_id"]): HubStanding(HubState(row["state"]), bool(row["trusted"]), row["cause"])
        if row["state"]
        else HubStanding()
        for row in found
    }


# --------------------------------------------------------------------------- subscriptions


def unasked(db: Database) -> Mapping[FeedId, NamedHub]:
    """Feeds that name a hub to which nobody has subscribed them yet."""
    found = db.query(
        """
        SELECT * FROM feed_hub WHERE NOT EXISTS (
            SELECT 1 FROM hub_subscription WHERE feed_id = feed_hub.feed_id AND state <> 'leaving'
        ) ORDER BY feed_id
        """
    )
    return {FeedId(row["feed_id"]): NamedHub(row["hub"], row["topic"]) for row in found}


def begin(
    db: Database, feed_id: FeedId, hub: NamedHub, *, public_url: str, token: str, secret: str, now: datetime
) -> HubSubscription:
    """A subscription that the hub is still to be asked for."""
    with writing(db):
        (row,) = db.query(
            """
            INSERT INTO hub_subscription (feed_id, hub, topic, public_url, token, secret, state, act_at)
            VALUES (?, ?, ?, ?, ?, ?, 'wanted', ?) RETURNING *
            """,
            [feed_id, hub.hub, hub.topic, public_url, token, secret, ms(now)],
        )
    return _subscription(row)


def leave(db: Database, public_url: str, now: datetime) -> None:
    """Turn away from hubs that are not named any more, and to the others anew where our own address changed.

    One that was never asked, or could not ask back any more, is forgotten at once.
    """
    with writing(db):
        _soon(
            db,
            _feeds_where(db, f"trusted = 1 AND (public_url <> ? OR {_UNNAMED})", [public_url]),
            now,
        )
        db.execute(
            f"""
            DELETE FROM hub_subscription
            WHERE ({_UNNAMED} AND (state = 'wanted' OR public_url <> ?)) OR (state = 'leaving' AND public_url <> ?)
            """,  # noqa: S608 - our own words
            [public_url, public_url],
        )
        db.execute(
            """
            UPDATE hub_subscription SET public_url = ?, state = 'wanted', act_at = ?, lease_until = NULL,
                attempts = 0, trusted = 0
            WHERE public_url <> ?
            """,
            [public_url, ms(now), public_url],
        )
        db.execute(
            f"""
            UPDATE hub_subscription SET state = 'leaving', act_at = ?, attempts = 0, trusted = 0
            WHERE state <> 'leaving' AND {_UNNAMED}
            """,  # noqa: S608 - our own words
            [ms(now)],
        )


def due(db: Database, now: datetime, limit: int) -> tuple[HubSubscription, ...]:
    """Those that are to act now, the longest due first."""
    found = db.query(
        "SELECT * FROM hub_subscription WHERE act_at <= ? ORDER BY act_at, id LIMIT ?", [ms(now), limit]
    )
    return tuple(map(_subscription, found))


def at(db: Database, token: str) -> HubSubscription | None:
    """The one that was given this callback."""
    found = db.query("SELECT * FROM hub_subscription WHERE token = ?", [token])
    return next(map(_subscription, found), None)


def active(db: Database) -> int:
    """How many hubs have confirmed a subscription."""
    count: int = db.execute("SELECT COUNT(*) FROM hub_subscription WHERE state = 'active'").fetchone()[0]
    return count


def change(db: Database, before: HubSubscription, after: HubSubscription | None, now: datetime) -> bool:
    """Write what came of an ask or an answer; None: it is over. False where another answer came first.

    A feed whose pushes are not trusted any more is due at once.
    """
    unchanged = "id = ? AND state = ? AND attempts = ? AND act_at = ?"
    key = [before.id, before.state.value, before.attempts, ms(before.act_at)]
    with writing(db):
        if after is None:
            done = db.execute(f"DELETE FROM hub_subscription WHERE {unchanged}", key).rowcount  # noqa: S608 - our own words
        else:
            done = db.execute(
                "UPDATE hub_subscription SET state = ?, act_at = ?, lease_until = ?, attempts = ?, trusted = ?, "  # noqa: S608 - the same
                f"cause = ? WHERE {unchanged}",
                [
                    after.state.value,
                    ms(after.act_at),
                    ms_or_none(after.lease_until),
                    after.attempts,
                    int(after.trusted),
                    after.cause,
                    *key,
                ],
            ).rowcount
        if done and before.trusted and not (after and after.trusted):
            _soon(db, [before.feed_id], now)
    return done == 1


def blame(db: Database, subscription_id: int, cause: str) -> None:
    """Why the last ask came to nothing; a confirmation that came meanwhile needs none."""
    with writing(db):
        db.execute(
            "UPDATE hub_subscription SET cause = ? WHERE id = ? AND attempts > 0", [cause, subscription_id]
        )


def forget_all(db: Database, now: datetime) -> int:
    """Nobody listens for pushes any more: every feed is pulled at its own pace again."""
    with writing(db):
        _soon(db, _feeds_where(db, "trusted = 1"), now)
        return int(db.execute("DELETE FROM hub_subscription").rowcount)


# --------------------------------------------------------------------------- trust


def trusts(db: Database, feed_id: FeedId) -> bool:
    """Whether this feed's pushes come before its pulls."""
    found = db.execute("SELECT 1 FROM hub_subscription WHERE feed_id = ? AND trusted = 1", [feed_id])
    return found.fetchone() is not None


def distrust(db: Database, feed_id: FeedId, now: datetime) -> bool:
    """A pull was first, or a push was no use: pull at the feed's own pace again, beginning now."""
    with writing(db):
        changed = db.execute(
            "UPDATE hub_subscription SET trusted = 0 WHERE feed_id = ? AND trusted = 1", [feed_id]
        ).rowcount
        if changed:
            _soon(db, [feed_id], now)
    return bool(changed)


def hasten(db: Database, feed_id: FeedId, at_latest: datetime) -> None:
    """Look at the feed no later than then; one in trouble keeps its own pace."""
    with writing(db):
        _soon(db, [feed_id], at_latest)


def catch_up(db: Database, now: datetime) -> None:
    """Nobody listened for a while: what was pushed meanwhile must be pulled (FreshRSS #4448)."""
    with writing(db):
        _soon(db, _feeds_where(db, "trusted = 1"), now)


def apply_push(db: Database, update: FeedUpdate) -> AppliedUpdate:
    """What a push brought, without touching what the pulls remember: validators, hashes, health, a lease.

    A push with a new post is trusted from then on; the next pull is then a day after the last one. The feed's row is
    read afresh: a pull may have written it since the push was read, and no other call comes between.
    """
    feed = feeds.one(db, update.feed.feed_id)
    if feed is None:
        return AppliedUpdate()
    (lease,) = db.execute("SELECT lease_until FROM feed WHERE id = ?", [feed.id]).fetchone()
    health, next_check = feed.health, feed.next_check_at or update.at
    first = bool(update.posts) and bool(_feeds_where(db, "state = 'active' AND feed_id = ?", [feed.id]))
    if update.posts:
        health = replace(health, last_new_at=update.at)
    if (first or trusts(db, feed.id)) and health.failing_since is None:
        next_check = max(next_check, next_pull(health.last_checked_at or update.at))
    kept = FeedChange(feed.id, feed.memory, health, next_check, feed.kind, baseline_done=feed.baseline_done)
    applied = posts.apply(db, replace(update, feed=kept))
    with writing(db):
        db.execute("UPDATE feed SET lease_until = ? WHERE id = ?", [lease, feed.id])
        if first:
            db.execute(
                "UPDATE hub_subscription SET trusted = 1 WHERE feed_id = ? AND state = 'active'", [feed.id]
            )
    return applied


def _feeds_where(db: Database, condition: str, arguments: Sequence[object] = ()) -> list[FeedId]:
    found = db.execute(f"SELECT feed_id FROM hub_subscription WHERE {condition}", list(arguments))  # noqa: S608 - our own words
    return [FeedId(feed_id) for (feed_id,) in found]


def _soon(db: Database, feed_ids: Iterable[FeedId], at_latest: datetime) -> None:
    """Within the caller's transaction. A feed in trouble keeps its own pace."""
    for feed_id in feed_ids:
        db.execute(
            "UPDATE feed SET next_check_at = ? WHERE id = ? AND next_check_at > ? AND failing_since IS NULL",
            [ms(at_latest), feed_id, ms(at_latest)],
        )


def _subscription(row: rows.Row) -> HubSubscription:
    return HubSubscription(
        id=row["id"],
        feed_id=FeedId(row["feed_id"]),
        hub=row["hub"],
        topic=row["topic"],
        token=row["token"],
        public_url=row["public_url"],
        secret=row["secret"],
        state=HubState(row["state"]),
        act_at=moment(row["act_at"]),
        lease_until=moment_or_none(row["lease_until"]),
        attempts=row["attempts"],
        trusted=bool(row["trusted"]),
        cause=row["cause"],
    )
