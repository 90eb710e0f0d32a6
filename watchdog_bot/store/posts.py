"""Posts: what is known of an entry, and applying all that one poll owes in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta

from sqlite_utils import Database

from watchdog_bot.core.flood import title_key
from watchdog_bot.core.model import (
    AlsoAt,
    CountryReading,
    EntryKeys,
    FeedId,
    FeedUpdate,
    KnownPost,
    NewPost,
    ParsedEntry,
    Planned,
    Post,
    PostEdit,
    PostId,
    PostText,
    Sighting,
)
from watchdog_bot.store import edits, feeds, owed, rows
from watchdog_bot.store.connection import roomy, writing
from watchdog_bot.store.line import end_waiting
from watchdog_bot.store.owed import Owing
from watchdog_bot.store.rows import chunks, marks, moment, ms, ms_or_none
from watchdog_bot.store.upkeep import DELIVERY_DAYS
from watchdog_bot.store.values import AppliedUpdate, SignedPost

SHARED = 0  # the scope of keys that mean something in any feed

_ScopedKey = tuple[int, bytes]


def known(db: Database, feed_id: FeedId, keys: Sequence[EntryKeys]) -> tuple[KnownPost | None, ...]:
    """What is remembered of each entry, in the order of `keys`; local keys are asked first, then shared ones."""
    posts_by_key = _find(db, feed_id, [key for one in keys for key in _scoped(feed_id, one)])
    leads = [_first_known(posts_by_key, feed_id, one) for one in keys]
    remembered = _remember(db, feed_id, {post_id for post_id in leads if post_id is not None})
    return tuple(
        None if post_id is None else _completed(remembered[post_id], posts_by_key, _scoped(feed_id, one))
        for post_id, one in zip(leads, keys, strict=True)
    )


def _completed(
    known_post: KnownPost, found: Mapping[_ScopedKey, PostId], keys: Iterable[_ScopedKey]
) -> KnownPost:
    return replace(known_post, complete=known_post.seen_here and all(key in found for key in keys))


def _crowded(update: FeedUpdate) -> bool:
    """Whether it is owed to thousands."""
    return (
        sum(len(planned.subscription_ids) for post in update.posts for planned in post.deliveries)
        >= THOUSANDS
    )


def apply(db: Database, update: FeedUpdate) -> AppliedUpdate:
    """Everything or nothing. Applying the same update again changes nothing more.

    1. A feed that was removed meanwhile takes nothing.
    2. A new post whose keys are known by now is that post: two feeds may bring it at the same moment.
    3. A subscriber is owed a post once, if it is active, one of the subscriptions is still there and no mute
       is against it.
    4. The feed's HTTP memory and next check are written last, and with all the rest or not at all: an ETag
       kept without its posts would lose them.
    5. An edit of a post older than deliveries are kept alerts nobody: who had it is forgotten by then.
    6. A post that is joined to a story is a sighting of the story's first post as well, and that one's alerts are
       edited. Who is alerted of what then: see `owed.plan`.
    """
    with roomy(db) if _crowded(update) else nullcontext(), writing(db):
        if db.execute("SELECT 1 FROM feed WHERE id = ?", [update.feed.feed_id]).fetchone() is None:
            return AppliedUpdate()
        post_ids, owing, fresh = _store_new(db, update)
        for sighting in update.sightings:
            _carry(db, update, sighting)
        owing += [one for edit in update.edits if (one := _edit(db, edit, update.at)) is not None]
        deliveries = owed.plan(db, owing, fresh=fresh, now=update.at)
        feeds.change(db, update.feed)
    return AppliedUpdate(post_ids, deliveries)


def one(db: Database, post_id: PostId) -> Post | None:
    """The post, unless its text is past retention."""
    found = db.query("SELECT * FROM post WHERE id = ? AND expired = 0", [post_id])
    return next((rows.post(row) for row in found), None)


def by_shared(db: Database, keys: Sequence[bytes]) -> Post | None:
    """The post that one of these shared keys leads to."""
    for key in keys:
        found = db.execute(
            "SELECT post_id FROM post_key WHERE scope = ? AND key = ?", [SHARED, key]
        ).fetchone()
        if found is not None:
            return one(db, found[0])
    return None


THOUSANDS = 5_000  # deliveries of one update that are worth more memory
TITLES = 2_000  # newest headlines of a feed that are compared


def titles(db: Database, feed_id: FeedId) -> dict[str, PostId]:
    """Headlines of the feed's own posts by `title_key`; one that several posts share names none of them."""
    found = db.execute(
        "SELECT id, title FROM post WHERE feed_id = ? AND expired = 0 ORDER BY id DESC LIMIT ?",
        [feed_id, TITLES],
    )
    by_key: dict[str, list[PostId]] = {}
    for post_id, title in found:
        key = title_key(title)
        if key is not None:
            by_key.setdefault(key, []).append(post_id)
    return {key: ids[0] for key, ids in by_key.items() if len(ids) == 1}


def between(db: Database, feed_id: FeedId, first: PostId, last: PostId) -> tuple[Post, ...]:
    """Posts first seen in the feed, by their numbers, oldest first."""
    found = db.query(
        "SELECT * FROM post WHERE feed_id = ? AND id BETWEEN ? AND ? AND expired = 0 ORDER BY id",
        [feed_id, first, last],
    )
    return tuple(rows.post(row) for row in found)


def owe(db: Database, post_id: PostId, deliveries: Sequence[Planned], now: datetime) -> int:
    """Promise a stored post; whoever was promised it before is not promised it again."""
    with writing(db):
        if db.execute("SELECT 1 FROM post WHERE id = ? AND expired = 0", [post_id]).fetchone() is None:
            return 0
        return owed.plan(db, [Owing(post_id, tuple(deliveries))], fresh=set(), now=now)


def recent(
    db: Database, now: datetime, *, days: int, limit: int, before: Post | None = None
) -> tuple[Post, ...]:
    """Posts first seen in the last days, newest first; of a story its first. `before`: those after it in that order."""
    until = (
        (ms(before.first_seen_at), before.id) if before is not None else (ms(now + timedelta(days=days)), 0)
    )
    found = db.query(
        """
        SELECT * FROM post
        WHERE expired = 0 AND withdrawn_at IS NULL AND story_id IS NULL AND first_seen_at > ?
            AND (first_seen_at, id) < (?, ?)
        ORDER BY first_seen_at DESC, id DESC LIMIT ?
        """,
        [ms(now - timedelta(days=days)), *until, limit],
    )
    return tuple(rows.post(row) for row in found)


def signed(db: Database, now: datetime, *, window: timedelta, limit: int) -> tuple[SignedPost, ...]:
    """The newest so many posts that have a signature and were first seen within the window, oldest first."""
    found = db.execute(
        """
        SELECT id, feed_id, first_seen_at, story_id, signature FROM post
        WHERE signature IS NOT NULL AND first_seen_at > ? AND withdrawn_at IS NULL AND expired = 0
        ORDER BY first_seen_at DESC, id DESC LIMIT ?
        """,
        [ms(now - window), limit],
    ).fetchall()
    return tuple(
        SignedPost(post_id, feed_id, moment(seen_at), story, bytes(signature))
        for post_id, feed_id, seen_at, story, signature in reversed(found)
    )


def withdraw(db: Database, post_id: PostId, now: int) -> int:
    """The source took the post back: what waits of it is cancelled, what was sent is edited. Returns how many waited."""
    with writing(db):
        return _withdraw(db, post_id, now)


def withdraw_own(db: Database, feed_id: FeedId, keys: Sequence[EntryKeys], now: int) -> int:
    """The feed says that it took these back: those of its own posts that it has not taken back before. Returns how many."""
    with writing(db):
        found = _find(db, feed_id, ((feed_id, key) for one in keys for key in one.local))
        wanted = list(set(found.values()))
        own = db.execute(
            f"SELECT id FROM post WHERE id IN ({marks(wanted)}) AND feed_id = ? AND withdrawn_at IS NULL AND expired = 0",  # noqa: S608 - only question marks
            [*wanted, feed_id],
        ).fetchall()
        for (post_id,) in own:
            _withdraw(db, post_id, now)
    return len(own)


def _withdraw(db: Database, post_id: PostId, now: int) -> int:
    sql = "UPDATE post SET withdrawn_at = ? WHERE id = ? AND withdrawn_at IS NULL"
    if db.execute(sql, [now, post_id]).rowcount:
        edits.plan(db, post_id, now, changed=True)
    waiting = db.execute("SELECT id FROM delivery WHERE post_id = ? AND step IS NOT NULL", [post_id])
    ids = [row[0] for row in waiting.fetchall()]
    return end_waiting(db, ids, state="cancelled", cause="the source took the post back", now=now)


def also_at(db: Database, post_id: PostId, feed_name: str) -> tuple[AlsoAt, ...]:
    """The other feeds that carry the post or its story, in the order they were seen to."""
    found = db.conn.execute(
        """
        SELECT feed.name, sighting.link, COALESCE(report.title, post.title), sighting.seen_at
        FROM sighting
        JOIN feed ON feed.id = sighting.feed_id
        JOIN post ON post.id = sighting.post_id
        LEFT JOIN post AS report ON report.story_id = post.id AND report.feed_id = feed.id
            AND report.expired = 0
        WHERE sighting.post_id = (SELECT COALESCE(story_id, id) FROM post WHERE id = ?)
        ORDER BY sighting.seen_at, feed.id
        """,
        [post_id],
    )
    others = {
        name: AlsoAt(name, link, title, moment(seen_at))
        for name, link, title, seen_at in found
        if name != feed_name
    }
    return tuple(others.values())


def _scoped(feed_id: FeedId, keys: EntryKeys) -> Iterator[_ScopedKey]:
    for key in keys.local:
        yield feed_id, key
    for key in keys.shared:
        yield SHARED, key


def _find(db: Database, feed_id: FeedId, keys: Iterable[_ScopedKey]) -> dict[_ScopedKey, PostId]:
    found: dict[_ScopedKey, PostId] = {}
    wanted = set(keys)
    for scope in (SHARED, feed_id):
        for chunk in chunks(key for at, key in wanted if at == scope):
            for key, post_id in db.execute(
                f"SELECT key, post_id FROM post_key WHERE scope = ? AND key IN ({marks(chunk)})",  # noqa: S608 - only question marks
                [scope, *chunk],
            ):
                found[scope, bytes(key)] = post_id
    return found


def _first_known(found: Mapping[_ScopedKey, PostId], feed_id: FeedId, keys: EntryKeys) -> PostId | None:
    return next((found[key] for key in _scoped(feed_id, keys) if key in found), None)


def _remember(db: Database, feed_id: FeedId, post_ids: set[PostId]) -> dict[PostId, KnownPost]:
    remembered = {}
    for chunk in chunks(sorted(post_ids)):
        for row in db.query(
            f"""
            SELECT post.*, sighting.feed_id AS sighted FROM post
            LEFT JOIN sighting ON sighting.post_id = post.id AND sighting.feed_id = ?
            WHERE post.id IN ({marks(chunk)})
            """,  # noqa: S608 - only question marks
            [feed_id, *chunk],
        ):
            remembered[row["id"]] = KnownPost(
                post_id=row["id"],
                content_hash=row["content_hash"],
                seen_here=row["sighted"] is not None,
                origin_here=row["feed_id"] == feed_id,
                text=None if row["expired"] else _text(row),
            )
    return remembered


def _text(row: rows.Row) -> PostText:
    return PostText(
        title=row["title"],
        summary=row["summary"],
        content=row["content"],
        tags=tuple(json.loads(row["tags"])),
        source=row["feed_name"],
        language=row["language"],
        countries=rows.unpack_countries(row["countries"]),
    )


def _store_new(db: Database, update: FeedUpdate) -> tuple[tuple[PostId, ...], list[Owing], set[PostId]]:
    feed_id = update.feed.feed_id
    (feed_name,) = db.execute("SELECT name FROM feed WHERE id = ?", [feed_id]).fetchone()
    found = _find(db, feed_id, (key for new in update.posts for key in _scoped(feed_id, new.keys)))
    post_ids: list[PostId] = []
    owing: list[Owing] = []
    fresh: set[PostId] = set()
    for new in update.posts:
        post_id = _first_known(found, feed_id, new.keys)
        story = new.story
        if post_id is None:
            post_id = _insert(db, new, feed_id, feed_name, update.at)
            fresh.add(post_id)
        else:
            story = _story(db, post_id)
        _sight(db, feed_id, post_id, new.keys, update.at, link=new.entry.link)
        found.update((key, post_id) for key in _scoped(feed_id, new.keys) if key not in found)
        if story is not None:
            _join(db, story, feed_id, new.entry.link, update.at)
        post_ids.append(post_id)
        owing.append(Owing(post_id, new.deliveries, story))
    return tuple(post_ids), owing, fresh


def _insert(db: Database, new: NewPost, feed_id: FeedId, feed_name: str, at: datetime) -> PostId:
    (row,) = db.query(
        """
        INSERT INTO post (title, link, summary, content, tags, language, published_at, countries,
                          signature, content_hash, first_seen_at, feed_id, feed_name, story_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
        """,
        [
            *_columns(new.entry, new.countries, new.signature),
            new.content_hash,
            ms(at),
            feed_id,
            feed_name,
            new.story,
        ],
    )
    return PostId(row["id"])


def _columns(entry: ParsedEntry, countries: CountryReading, signature: bytes) -> list[object]:
    return [
        entry.title,
        entry.link,
        entry.summary,
        entry.content,
        rows.pack(list(entry.tags)),
        entry.language,
        ms_or_none(entry.published or entry.updated),
        rows.pack_countries(countries),
        signature or None,
    ]


def _story(db: Database, post_id: PostId) -> PostId | None:
    """The first post of the story that the post is joined to, where that is another."""
    found = db.execute("SELECT story_id FROM post WHERE id = ?", [post_id]).fetchone()
    return None if found is None else found[0]


def _carry(db: Database, update: FeedUpdate, sighting: Sighting) -> None:
    """A known post is in this feed too: its alerts say so, and those of its story."""
    found = db.execute("SELECT story_id FROM post WHERE id = ?", [sighting.post_id]).fetchone()
    if found is None:
        return
    feed_id, post_id, at = update.feed.feed_id, sighting.post_id, update.at
    if not _sight(db, feed_id, post_id, sighting.keys, at, link=sighting.link):
        return
    edits.plan(db, post_id, ms(at), changed=False)
    if found[0] is not None:
        _join(db, found[0], feed_id, sighting.link, at)


def _join(db: Database, story: PostId, feed_id: FeedId, link: str | None, at: datetime) -> None:
    """The story is in this feed too. Sent alerts get "also at …" where that is news."""
    if _sight(db, feed_id, story, EntryKeys(), at, link=link):
        edits.plan(db, story, ms(at), changed=False)


def _sight(
    db: Database, feed_id: FeedId, post_id: PostId, keys: EntryKeys, at: datetime, *, link: str | None
) -> bool:
    """The post is in this feed, under these keys. A key that leads elsewhere already keeps leading there.

    True where it was not known to be in this feed.
    """
    new = db.execute(
        "INSERT INTO sighting (post_id, feed_id, seen_at, link) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [post_id, feed_id, ms(at), link],
    )
    for scope, key in _scoped(feed_id, keys):
        db.execute(
            "INSERT INTO post_key (scope, key, post_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [scope, key, post_id],
        )
    return new.rowcount == 1


def _edit(db: Database, edit: PostEdit, at: datetime) -> Owing | None:
    """Write the new text. None where it may alert nobody: the post is not known, or old (rule 5 of `apply`)."""
    before = next(iter(db.query("SELECT * FROM post WHERE id = ?", [edit.post_id])), None)
    if before is None:
        return None
    young: bool = before["first_seen_at"] > ms(at - timedelta(days=DELIVERY_DAYS))
    owing = Owing(edit.post_id, edit.deliveries, before["story_id"]) if young else None
    if before["content_hash"] == edit.content_hash and not before["expired"]:
        return owing
    db.execute(
        """
        UPDATE post SET title = ?, link = ?, summary = ?, content = ?, tags = ?, language = ?,
            published_at = ?, countries = ?, signature = ?, content_hash = ?, changed_at = ?, expired = 0,
            withdrawn_at = NULL
        WHERE id = ?
        """,
        [
            *_columns(edit.entry, edit.countries, edit.signature),
            edit.content_hash,
            ms(at),
            edit.post_id,
        ],
    )
    entry = edit.entry
    if (before["title"], before["link"], before["summary"]) != (entry.title, entry.link, entry.summary):
        edits.plan(db, edit.post_id, ms(at), changed=True)
    return owing
