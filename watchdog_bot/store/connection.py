"""Opening the database file: the lock that keeps a second instance out, the settings, the migrations, and what
each failure of SQLite means to the person who runs the program.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlite_utils import Database

from watchdog_bot.core.errors import AlreadyRunningError, StoreError
from watchdog_bot.store.schema import APPLICATION_ID, migrations

BUSY_MILLISECONDS = 5_000
CACHE = 8_192  # KiB, at most
ROOMY_CACHE = 32_768
OLDEST_SQLITE = (3, 37, 0)  # STRICT tables; RETURNING and upserts are older

_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged delivery survives a power cut: losing one repeats alerts
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}",
    "PRAGMA secure_delete = ON",  # forgotten means overwritten
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",
    f"PRAGMA cache_size = -{CACHE}",
    "PRAGMA wal_autocheckpoint = 4000",  # pages, 16 MB: the same pages are written over and over
)

# Cause and mend by SQLite's result code (its names, without the extended part).
_CAUSES = {
    "SQLITE_FULL": ("the disk is full", "Free some space; nothing that was promised is lost."),
    "SQLITE_READONLY": (
        "it may not be written to",
        "Give the user that runs the bot the right to write the file and its folder.",
    ),
    "SQLITE_CANTOPEN": (
        "it cannot be opened",
        "Check that its folder exists and may be written to by the user that runs the bot.",
    ),
    "SQLITE_NOTADB": (
        "it is not an SQLite database",
        "Point the bot to another file, or put a backup in its place.",
    ),
    "SQLITE_CORRUPT": ("it is damaged", "Stop the bot and put the newest backup in its place."),
    "SQLITE_BUSY": (
        "another program keeps it locked",
        "Close the program that has it open; only the bot may write to it.",
    ),
    "SQLITE_LOCKED": ("it is locked by the bot itself", "This is a defect: please report it."),
    "SQLITE_IOERR": ("the disk failed to read or write", "Check the disk and the system's log."),
    "SQLITE_PERM": ("access was refused", "Give the user that runs the bot the right to read and write it."),
    "SQLITE_NOMEM": ("there is not enough memory", "Give the bot more memory."),
}


class Lock:
    """An exclusive lock on `<path>.lock`, held for as long as the object is. The system drops it when the
    process ends, however it ends.
    """

    def __init__(self, path: Path) -> None:
        """Raises AlreadyRunningError, StoreError."""
        self._path = path.with_name(path.name + ".lock")
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unopened(path, error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise AlreadyRunningError(
                f"The database {path} is in use by another instance of the bot. "
                "Two instances would alert everybody twice. Stop the other one, or give this one its own database."
            ) from error

    def release(self) -> None:
        """Let the next instance in. The file stays: removing it would let two instances lock different ones."""
        with suppress(OSError):
            os.close(self._descriptor)


def connect(path: Path) -> Database:
    """The database at this path, migrated and set up; created with mode 0600 where it is missing.

    Must be called on the one thread that will use it, with the lock held. Raises StoreError.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreError(
            f"This Python brings SQLite {sqlite3.sqlite_version}, which is too old. "
            f"Use a Python with SQLite {'.'.join(map(str, OLDEST_SQLITE))} or newer."
        )
    _create(path)
    with translated(path):
        connection = sqlite3.connect(path, isolation_level=None)
    try:
        with translated(path):
            return _prepare(path, Database(connection, execute_plugins=False))
    except BaseException:
        connection.close()
        raise


@contextmanager
def roomy(db: Database) -> Iterator[None]:
    """While it lasts, room in memory for a post to 100,000 subscribers: its pages are written once, not again and again.
    The memory is given back at the end.
    """
    db.execute(f"PRAGMA cache_size = -{ROOMY_CACHE}")
    try:
        yield
    finally:
        db.execute(f"PRAGMA cache_size = -{CACHE}")
        db.execute("PRAGMA shrink_memory")


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """One transaction that takes the write lock at once: a read first and a write later would not wait for a
    stranger's lock (sqlite-utils' `atomic` begins deferred).
    """
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    else:
        try:
            db.conn.execute("COMMIT")
        except BaseException:
            db.rollback()
            raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns an error of SQLite into a StoreError that names the file, the cause and the mend."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(path, error) from error


def _create(path: Path) -> None:
    """The file, readable by its owner only. SQLite gives its -wal and -shm files the same mode."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unopened(path, error) from error


def _prepare(path: Path, db: Database) -> Database:
    for setting in _SETTINGS:
        db.execute(setting).fetchall()
    _refuse_strangers(path, db)
    migrations.apply(db)
    return db


def _refuse_strangers(path: Path, db: Database) -> None:
    """Another program's database, or one that a newer release has changed."""
    if not set(db.table_names()) - {"_sqlite_migrations"}:
        return  # new, or killed before the first migration was committed
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise StoreError(
            f"The database {path} belongs to another program. Point the bot to a file of its own."
        )
    with closing(Database(memory=True, execute_plugins=False)) as empty:
        known = {one.name for one in migrations.pending(empty)}
    unknown = sorted({one.name for one in migrations.applied(db)} - known)
    if unknown:
        raise StoreError(
            f"The database {path} was written by a newer release (it has {', '.join(unknown)}). "
            "Run that release, or put a backup from before the update in its place."
        )


def unopened(path: Path, error: OSError) -> StoreError:
    """What the system's refusal to open a file means to the person who runs the program."""
    if not path.parent.is_dir():
        return StoreError(
            f"The database {path} cannot be opened: its folder does not exist. "
            "Create the folder, or name another place."
        )
    if path.is_dir():
        return StoreError(
            f"The database {path} cannot be opened: it is a folder. Name a file, such as watchdog.db in it."
        )
    return StoreError(
        f"The database {path} cannot be opened: {error.strerror}. "
        "Give the user that runs the bot the right to read and write the file and its folder."
    )


def _translate(path: Path, error: sqlite3.Error) -> StoreError:
    name = getattr(error, "sqlite_errorname", None) or ""
    primary = "_".join(name.split("_")[:2])
    cause, mend = _CAUSES.get(primary, (f"SQLite says {error}", "This is a defect: please report it."))
    return StoreError(f"The database {path} cannot be used: {cause}. {mend}")
