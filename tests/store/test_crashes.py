from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.store import crash_nursery

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.crash
@pytest.mark.parametrize(("mode", "lives", "at_least"), [("steps", 90, 85), ("moments", 40, 10)])
def test_t1_kill_9_loses_nothing_and_doubles_are_doubts(
    tmp_path: Path, mode: str, lives: int, at_least: int
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.store.crash_nursery", str(tmp_path), mode, str(lives)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) >= at_least
    taken = Counter((tmp_path / "journal.txt").read_text().split("\n")[:-1])
    db = sqlite3.connect(tmp_path / "watchdog.db")
    states = {f"{post} {who}": state for post, who, state in db.execute(_DELIVERIES)}
    (doubts,) = db.execute("SELECT value FROM counter WHERE name = 'doubts'").fetchone()
    causeless = db.execute("SELECT COUNT(*) FROM delivery WHERE state = 'dead' AND cause IS NULL").fetchone()
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()

    assert len(states) == crash_nursery.POSTS * crash_nursery.READERS  # all that is owed, once each
    assert set(states.values()) <= {"sent", "dead"}
    assert causeless == (0,)
    assert [one for one, state in states.items() if state == "sent" and one not in taken] == []
    assert max(taken.values()) <= 2
    assert sum(count - 1 for count in taken.values()) <= doubts


_DELIVERIES = "SELECT post_id, subscriber_id, state FROM delivery"
