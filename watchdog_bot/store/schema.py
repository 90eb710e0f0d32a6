"""The tables, as migrations that are only ever appended to.

Every table is STRICT, every moment is an integer of epoch milliseconds, every flag is 0 or 1, lists are
compact JSON in TEXT. Apart from the words of these definitions the SQL of the store is what PostgreSQL has too.

How deliveries stand in line. `state` is what a person sees (see `core.outbox`); `step` is where an unfinished
row stands, so that a claim looks at a few rows only, however many there are:

    step  0 behind   another row of the same subscriber goes first
          1 ready    at most one a subscriber; ordered by (lane, turn)
          2 waiting  until due_at: a backoff, a doubt, a shut gate
          3 sending  claimed; the answer is expected before lease_until
          4 held     for a digest, until due_at
          NULL       finished: sent, dead, cancelled

`lane` is 0 for urgent alerts and 1 for the others. `turn` numbers the rows of one post from the turn being
served when the post came: serving by turn goes round the posts, so a large one does not starve a small one.
`fold` is 0 for a delivery that goes alone, 1 for one of a digest, 2 for one of a late backlog.
`unwanted` is why a row that was being sent when it was cancelled must not be tried again.

A subscriber's `note_due_at` is when to look whether it is told that there was nothing new (`core.weekly`). A
subscription's `anchor` is the message that later posts of a followed case reply to.

Writing a post to 100,000 subscribers costs what its indexes cost, so a fresh delivery is in three of them only:
by post (in order), ready and open. A CHECK of state against step would cost a third more, so the
tests check it instead. The index by subscriber is split at `step`: open rows are few, and a finished row
enters its part one at a time. For the same reason a delivery's subscriber is no foreign key (its check would need
an index over all rows): `subscribers.forget` deletes the rows itself.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x57444F47  # "WDOG": tells our files from other programs'

migrations = Migrations("watchdog")

_FIRST = (
    """
    CREATE TABLE feed (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        url TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        every INTEGER,
        countries TEXT NOT NULL,
        language TEXT,
        etag TEXT,
        last_modified TEXT,
        body_hash BLOB,
        slices BLOB,
        moved_to TEXT,
        moved_times INTEGER NOT NULL DEFAULT 0,
        pace TEXT NOT NULL DEFAULT '',
        note TEXT,
        rules TEXT NOT NULL DEFAULT '',
        mirror TEXT NOT NULL DEFAULT '',
        archive TEXT NOT NULL DEFAULT '',
        damaged INTEGER NOT NULL DEFAULT 0,
        last_checked_at INTEGER,
        last_ok_at INTEGER,
        last_new_at INTEGER,
        failures REAL NOT NULL DEFAULT 0,
        failing_since INTEGER,
        cause TEXT,
        next_check_at INTEGER NOT NULL DEFAULT 0,
        baseline_done INTEGER NOT NULL DEFAULT 0,
        paused INTEGER NOT NULL DEFAULT 0,
        lease_until INTEGER
    ) STRICT
    """,
    # Addresses of the shipped catalogue that were added once: one that an admin removed does not come back.
    "CREATE TABLE offered_feed (url TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID",
    # Addresses that a feed had before its server moved it for good: whoever names one means that feed.
    """
    CREATE TABLE former_address (
        url TEXT NOT NULL PRIMARY KEY,
        feed_id INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX former_address_feed ON former_address (feed_id)",
    # Feeds whose document is a sitemap index: what is remembered of the sitemaps it names (core.feeds.sitemap_index).
    """
    CREATE TABLE sitemap_index (
        feed_id INTEGER NOT NULL PRIMARY KEY REFERENCES feed (id) ON DELETE CASCADE,
        state TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX feed_due ON feed (next_check_at) WHERE paused = 0",
    """
    CREATE TABLE post (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        link TEXT,
        summary TEXT NOT NULL,
        content TEXT NOT NULL,
        tags TEXT NOT NULL,
        language TEXT,
        published_at INTEGER,
        first_seen_at INTEGER NOT NULL,
        changed_at INTEGER,
        withdrawn_at INTEGER,
        countries TEXT NOT NULL,
        feed_id INTEGER NOT NULL,
        feed_name TEXT NOT NULL,
        content_hash BLOB NOT NULL,
        story_id INTEGER REFERENCES post (id),
        signature BLOB,
        expired INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    "CREATE INDEX post_feed ON post (feed_id, id)",
    "CREATE INDEX post_fresh ON post (first_seen_at) WHERE expired = 0",
    "CREATE INDEX post_story ON post (story_id) WHERE story_id IS NOT NULL",
    "CREATE INDEX post_signed ON post (first_seen_at) WHERE signature IS NOT NULL",
    """
    CREATE TABLE post_key (
        scope INTEGER NOT NULL,
        key BLOB NOT NULL,
        post_id INTEGER NOT NULL REFERENCES post (id),
        PRIMARY KEY (scope, key)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE sighting (
        post_id INTEGER NOT NULL REFERENCES post (id),
        feed_id INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
        seen_at INTEGER NOT NULL,
        link TEXT,
        PRIMARY KEY (post_id, feed_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX sighting_feed ON sighting (feed_id)",
    """
    CREATE TABLE subscriber (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL DEFAULT 0,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        language TEXT NOT NULL,
        settings TEXT NOT NULL DEFAULT '{}',
        created_at INTEGER NOT NULL,
        suspended_at INTEGER,
        note_due_at INTEGER,
        UNIQUE (chat_id, thread_id)
    ) STRICT
    """,
    "CREATE INDEX subscriber_note ON subscriber (note_due_at) WHERE state = 'active'",
    "CREATE INDEX subscriber_suspended ON subscriber (suspended_at) WHERE suspended_at IS NOT NULL",
    """
    CREATE TABLE subscription (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
        slot TEXT NOT NULL,
        query TEXT NOT NULL,
        tempo TEXT NOT NULL DEFAULT 'instant',
        anchor INTEGER,
        created_at INTEGER NOT NULL,
        deleted_at INTEGER
    ) STRICT
    """,
    "CREATE INDEX subscription_subscriber ON subscription (subscriber_id)",
    """
    CREATE UNIQUE INDEX subscription_main ON subscription (subscriber_id)
        WHERE slot = 'main' AND deleted_at IS NULL
    """,
    """
    CREATE UNIQUE INDEX subscription_query ON subscription (subscriber_id, slot, query)
        WHERE slot <> 'main' AND deleted_at IS NULL
    """,
    "CREATE INDEX subscription_deleted ON subscription (deleted_at) WHERE deleted_at IS NOT NULL",
    """
    CREATE TABLE topic (
        key TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        words TEXT NOT NULL
    ) STRICT
    """,
    # What an administrator typed, until they have seen what it would do; no words: the topic is to be removed.
    """
    CREATE TABLE topic_draft (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        words TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE mute (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        subscriber_id INTEGER NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        value TEXT NOT NULL,
        until INTEGER,
        UNIQUE (subscriber_id, kind, value)
    ) STRICT
    """,
    "CREATE INDEX mute_until ON mute (until) WHERE until IS NOT NULL",
    """
    CREATE TABLE delivery (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        post_id INTEGER NOT NULL REFERENCES post (id),
        subscriber_id INTEGER NOT NULL,
        state TEXT NOT NULL,
        step INTEGER,
        lane INTEGER NOT NULL DEFAULT 1,
        turn INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        doubts INTEGER NOT NULL DEFAULT 0,
        lease_until INTEGER,
        to_general INTEGER NOT NULL DEFAULT 0,
        silent INTEGER NOT NULL DEFAULT 0,
        fold INTEGER NOT NULL DEFAULT 0,
        evidence TEXT NOT NULL,
        subscriptions TEXT NOT NULL,
        message_id INTEGER,
        cause TEXT,
        unwanted TEXT,
        created_at INTEGER NOT NULL,
        sent_at INTEGER,
        ended_at INTEGER,
        UNIQUE (post_id, subscriber_id)
    ) STRICT
    """,
    "CREATE INDEX delivery_ready ON delivery (lane, turn, id) WHERE step = 1",
    "CREATE INDEX delivery_waiting ON delivery (due_at, id) WHERE step = 2",
    "CREATE INDEX delivery_sending ON delivery (lease_until) WHERE step = 3",
    "CREATE INDEX delivery_held ON delivery (due_at, subscriber_id) WHERE step = 4",
    "CREATE INDEX delivery_open ON delivery (subscriber_id, step, lane, id) WHERE step IS NOT NULL",
    "CREATE INDEX delivery_done ON delivery (subscriber_id, sent_at) WHERE step IS NULL",
    "CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX delivery_dead ON delivery (id) WHERE state = 'dead'",
    """
    CREATE TABLE pending_edit (
        delivery_id INTEGER NOT NULL PRIMARY KEY REFERENCES delivery (id) ON DELETE CASCADE,
        changed INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        lease_until INTEGER
    ) STRICT
    """,
    "CREATE INDEX pending_edit_due ON pending_edit (due_at)",
    """
    CREATE TABLE gate (
        chat_id INTEGER NOT NULL PRIMARY KEY,
        until INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE TABLE beat (name TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL) STRICT",
    "CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL, at INTEGER NOT NULL) STRICT",
    """
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        action TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT
    """,
)


@migrations()
def m001_first(db: Database) -> None:
    """Everything the first release needs."""
    for statement in _FIRST:
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


_HUBS = (
    # What a feed's document names for pushes, whether or not anybody listens for them.
    """
    CREATE TABLE feed_hub (
        feed_id INTEGER NOT NULL PRIMARY KEY REFERENCES feed (id) ON DELETE CASCADE,
        hub TEXT NOT NULL,
        topic TEXT NOT NULL
    ) STRICT
    """,
    # Its feed is no foreign key: the hub is still to be told when the feed is gone.
    """
    CREATE TABLE hub_subscription (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        feed_id INTEGER NOT NULL,
        hub TEXT NOT NULL,
        topic TEXT NOT NULL,
        public_url TEXT NOT NULL,
        token TEXT NOT NULL UNIQUE,
        secret TEXT NOT NULL,
        state TEXT NOT NULL,
        act_at INTEGER NOT NULL,
        lease_until INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        trusted INTEGER NOT NULL DEFAULT 0,
        cause TEXT
    ) STRICT
    """,
    "CREATE INDEX hub_subscription_due ON hub_subscription (act_at)",
    "CREATE INDEX hub_subscription_feed ON hub_subscription (feed_id)",
)


@migrations()
def m002_hubs(db: Database) -> None:
    """Pushes: WebSub."""
    for statement in _HUBS:
        db.execute(statement)
