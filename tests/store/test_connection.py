from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from tests.clock import FakeClock
from tests.store.world import World, files_in, new
from watchdog_bot.core.errors import AlreadyRunningError, StoreError
from watchdog_bot.core.model import (
    Gone,
    Moved,
    NoRights,
    NotSent,
    Rejected,
    RetryAt,
    SendResult,
    Sent,
    SubscriberState,
    Unknown,
)
from watchdog_bot.core.outbox import after
from watchdog_bot.core.tempo import ChatSettings, Tempo
from watchdog_bot.store import Store
from watchdog_bot.store.connection import translated, writing
from watchdog_bot.store.schema import migrations

TABLES = {
    "_sqlite_migrations",
    "audit",
    "beat",
    "counter",
    "delivery",
    "feed",
    "feed_hub",
    "former_address",
    "gate",
    "hub_subscription",
    "mute",
    "offered_feed",
    "pending_edit",
    "post",
    "post_key",
    "sighting",
    "sitemap_index",
    "sqlite_sequence",
    "subscriber",
    "subscription",
    "topic",
    "topic_draft",
}


async def test_t22_a_second_instance_is_refused_with_the_reason_and_the_mend(
    tmp_path: Path, clock: FakeClock
) -> None:
    path = tmp_path / "watchdog.db"
    async with Store.open(path, clock=clock):
        with pytest.raises(AlreadyRunningError, match=r"in use by another instance.*Stop the other one"):
            await Store.open(path, clock=clock)
    async with Store.open(path, clock=clock):
        pass


async def test_t22_an_instance_in_another_process_is_refused_as_well(
    tmp_path: Path, clock: FakeClock
) -> None:
    path = tmp_path / "watchdog.db"
    script = "import sys; from pathlib import Path; from watchdog_bot.store.connection import Lock; Lock(Path(sys.argv[1]))"
    async with Store.open(path, clock=clock):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, str(path), stderr=subprocess.PIPE, cwd=Path(__file__).parents[2]
        )
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert b"AlreadyRunningError" in errors


async def test_the_file_is_for_its_owner_only(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "watchdog.db"
    path.touch(mode=0o644)
    async with Store.open(path, clock=clock) as store:
        await store.beat("test", clock.now())
        for file in files_in(tmp_path):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


async def test_every_table_is_made_by_a_migration_and_strict(tmp_path: Path, clock: FakeClock) -> None:
    async with Store.open(tmp_path / "watchdog.db", clock=clock):
        pass
    db = Database(tmp_path / "watchdog.db", execute_plugins=False)
    assert set(db.table_names()) - {"sqlite_stat1"} == TABLES
    loose = {
        row["name"]
        for row in db.query(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0"
        )
    }
    assert loose <= {"_sqlite_migrations", "sqlite_sequence", "sqlite_schema", "sqlite_stat1"}
    db.close()


async def test_the_settings_that_keep_promises_are_on(store: Store) -> None:
    def settings(db: Database) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        return {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    assert await store._run(settings) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "secure_delete": 1,
    }


async def test_opening_again_keeps_everything(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "watchdog.db"
    store = await Store.open(path, clock=clock)
    feed = await store.add_feed("https://a.example/", name="A")
    await store.close()
    await store.close()
    async with Store.open(str(path), clock=clock) as again:
        assert await again.feeds() == (feed,)


async def test_a_closed_store_says_so(tmp_path: Path, clock: FakeClock) -> None:
    store = await Store.open(tmp_path / "watchdog.db", clock=clock)
    await store.close()
    with pytest.raises(StoreError, match="is closed"):
        await store.feeds()


async def test_a_missing_folder_is_named_with_the_mend(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(StoreError, match=r"its folder does not exist\. Create the folder"):
        await Store.open(tmp_path / "none" / "watchdog.db", clock=clock)


async def test_a_folder_instead_of_a_file_is_named_with_the_mend(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "watchdog.db").mkdir()
    with pytest.raises(StoreError, match="it is a folder"):
        await Store.open(tmp_path / "watchdog.db", clock=clock)


async def test_a_lock_file_that_cannot_be_made_is_told(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "watchdog.db.lock").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        await Store.open(tmp_path / "watchdog.db", clock=clock)


async def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "watchdog.db"
    path.write_text("minutes of a meeting\n" * 100)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"is not an SQLite database.*Point the bot to another file"):
        await Store.open(path, clock=clock)
    assert path.read_bytes() == before


async def test_another_programs_database_is_left_as_it_is(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "watchdog.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (a)")
    other.close()
    with pytest.raises(StoreError, match="belongs to another program"):
        await Store.open(path, clock=clock)
    other = sqlite3.connect(path)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    other.close()


async def test_a_database_of_a_newer_release_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "watchdog.db"
    async with Store.open(path, clock=clock):
        pass
    later = sqlite3.connect(path)
    later.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, 'm999_later', '2030')",
        [migrations.name],
    )
    later.commit()
    later.close()
    with pytest.raises(StoreError, match=r"written by a newer release \(it has m999_later\)"):
        await Store.open(path, clock=clock)


async def test_after_a_refusal_the_lock_is_free(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "watchdog.db"
    path.write_text("minutes of a meeting\n" * 100)
    with pytest.raises(StoreError):
        await Store.open(path, clock=clock)
    path.unlink()
    async with Store.open(path, clock=clock):
        pass


async def test_a_read_only_database_is_told_with_the_mend(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "watchdog.db"
    async with Store.open(path, clock=clock):
        pass
    db = Database(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True), execute_plugins=False)
    with pytest.raises(StoreError, match=r"may not be written to.*Give the user"), translated(path):
        db.execute("DELETE FROM feed")
    db.close()


async def test_a_full_disk_loses_nothing_and_the_store_goes_on(world: World) -> None:
    reader = await world.follower(1)

    def fill(db: Database) -> None:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    def empty(db: Database) -> None:
        db.execute("PRAGMA max_page_count = 1000000").fetchall()

    await world.store._run(fill)
    update = world.update(*(new(str(number), reader, content="x" * 5000) for number in range(50)))
    with pytest.raises(StoreError, match=r"the disk is full.*Free some space"):
        await world.store.apply(update)
    feed = await world.store.feed(world.feed.id)
    assert feed == world.feed  # no validators without the posts
    await world.store._run(empty)
    assert (await world.store.apply(update)).deliveries == 50


async def test_a_strangers_lock_is_told_with_the_mend(world: World) -> None:
    def hurry(db: Database) -> None:
        db.execute("PRAGMA busy_timeout = 1")

    await world.store._run(hurry)
    stranger = sqlite3.connect(world.store._path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"another program keeps it locked.*Close the program"):
        await world.store.beat("test", world.clock.now())
    stranger.execute("ROLLBACK")
    stranger.close()
    await world.store.beat("test", world.clock.now())


async def test_a_failed_call_leaves_no_transaction_behind(world: World) -> None:
    def broken(db: Database) -> None:
        with writing(db):
            db.execute("INSERT INTO beat (name, at) VALUES ('half', 1)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await world.store._run(broken)
    assert await world.store.beats() == {}


async def test_a_call_whose_caller_gave_up_happens_whole(world: World) -> None:
    now = world.clock.now()
    task = asyncio.create_task(world.store.beat("test", now))
    await asyncio.sleep(0)
    task.cancel()
    assert await world.store.beats() == {"test": now}


async def test_a_pending_migration_is_applied_on_opening(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "watchdog.db"
    async with Store.open(path, clock=clock):
        pass
    db = Database(path, execute_plugins=False)
    assert [one.name for one in migrations.applied(db)] == ["m001_first", "m002_hubs"]
    assert migrations.pending(db) == []
    db.close()


async def test_a_start_that_was_killed_before_its_first_migration_is_begun_again(
    tmp_path: Path, clock: FakeClock
) -> None:
    db = Database(tmp_path / "watchdog.db", execute_plugins=False)
    db.execute(
        "CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT)"
    )
    db.close()
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        assert await store.feeds() == ()


async def test_no_query_reads_the_whole_table_of_deliveries(world: World) -> None:
    """A million rows lie there: each query must find its own by an index."""
    asked: set[str] = set()
    db = world.store._db
    db._tracer = lambda sql, _parameters: asked.add(sql)
    await _a_day_of_work(world)
    db._tracer = None

    def plans(db: Database) -> list[str]:
        slow = []
        for sql in sorted(asked):
            if sql.split()[0].upper() not in {"SELECT", "UPDATE", "DELETE", "INSERT"}:
                continue
            try:
                plan = db.conn.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?"))
            except sqlite3.ProgrammingError:  # named parameters
                continue
            slow += [sql for row in plan if row[3].startswith("SCAN delivery") and "INDEX" not in row[3]]
        return slow

    assert len(asked) > 60
    assert await world.store._run(plans) == []


async def _a_day_of_work(world: World) -> None:
    store, now = world.store, world.clock.now
    readers = [await world.follower(-number) for number in range(1, 9)]
    await store.set_tempo(readers[0].subscription_id, readers[0].subscriber.id, Tempo.HOURLY)
    await store.set_settings(readers[1].subscriber.id, ChatSettings(per_hour=1))
    await store.mute(readers[2].subscriber.id, "country", "UA", None)
    for name in "abc":
        post_id = await world.publish(name, *readers)
    answers: list[SendResult] = [
        Sent(1),
        NotSent("x"),
        Unknown("x"),
        RetryAt(5),
        Gone("x"),
        Moved(-77),
        NoRights("x"),
        Rejected("x"),
    ]
    for one, result in zip(await store.claim_deliveries(now(), limit=9), answers, strict=False):
        await store.record(after(one.delivery, result, now()))
    await store.migrate_chat(-77, -6)
    await store.unmute(readers[2].subscriber.id, "country", "UA")
    await store.remove_subscription(readers[3].subscription_id, readers[3].subscriber.id)
    await store.restore_subscription(readers[3].subscription_id, readers[3].subscriber.id)
    await store.set_subscriber_state(readers[4].subscriber.id, SubscriberState.PAUSED)
    await store.withdraw_post(post_id)
    await store.recent_deliveries(readers[0].subscriber.id, 5)
    await store.delivery_by_message(readers[0].subscriber.id, 5)
    await store.dead_deliveries(5)
    await store.status(now())
    world.clock.advance(90_000)
    await store.claim_deliveries(now(), limit=3, catch_up_after=timedelta(hours=24))
    await store.claim_digests(now(), limit=3)
    await store.claim_edits(now(), limit=3)
    await store.set_gate(-1, now())
    await store.forget(readers[0].subscriber.id)
    world.clock.advance(40 * 86_400)
    while await store.housekeep(now()):
        pass
