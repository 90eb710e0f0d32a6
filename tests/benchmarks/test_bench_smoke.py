"""The benchmarks run, at a size that says nothing about speed."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PHASES = [
    "first load",
    "all 304",
    "200, same bytes",
    "200, only lastBuildDate differs",
    "one new entry each",
]
needs_reader = pytest.mark.skipif(
    importlib.util.find_spec("reader") is None or importlib.util.find_spec("sgmllib") is None,
    reason="reader and sgmllib3k are installed by `make bench` only",
)
linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the meter reads Linux's /proc")
pytestmark = [linux]


def run(script: str, *arguments: str) -> str:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / script), *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(output: str) -> dict[str, list[str]]:
    """The cells of each row, by its first."""
    cut = [line.replace("  ", "\t").split("\t") for line in output.splitlines() if "  " in line]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in cut]
    return {line[0]: line[1:] for line in cells if line}


def test_the_feed_table_has_a_row_for_each_kind_of_poll() -> None:
    table = rows(
        run("bench_feeds.py", "--feeds", "3", "--rounds", "1", "--subscriptions", "5", "--only", "ours")
    )
    assert [name for name in table if name in PHASES] == PHASES
    for phase in PHASES:
        per_second, _, cpu_ms, *_ = table[phase]
        assert float(per_second.replace(",", "")) > 0
        assert float(cpu_ms.replace(",", "")) > 0
    assert {"memory, MB", "peaks of its processes, MB", "database, MB"} <= table.keys()


@needs_reader
def test_the_feed_table_sets_reader_beside_it_in_the_same_run() -> None:
    told: dict[str, Any] = json.loads(
        run("bench_feeds.py", "--feeds", "3", "--rounds", "1", "--subscriptions", "5", "--json")
    )
    (both,) = told["runs"]
    assert told["versions"]["reader"].startswith("3.")
    assert list(both["costs"]) == ["ours", "reader"]
    for costs in both["costs"].values():
        assert list(costs) == PHASES
        assert all(cost["feeds"] == 3 and cost["cpu_ms_per_feed"] > 0 for cost in costs.values())


def test_growth_is_told_for_each_number_of_feeds() -> None:
    table = rows(run("bench_feeds.py", "--growth", "--sizes", "2,4", "--subscriptions", "5"))
    assert {"feeds", "2", "4"} <= table.keys()


def test_growth_leaves_out_what_would_take_too_long() -> None:
    told = run("bench_feeds.py", "--growth", "--sizes", "2,1000000", "--minutes", "5", "--subscriptions", "5")
    assert "1,000,000 feeds are left out" in told
    assert {"feeds", "2"} <= rows(told).keys()


def test_the_send_table_has_a_row_for_each_sender_and_number_in_flight() -> None:
    told: dict[str, Any] = json.loads(
        run("bench_send.py", "--messages", "12", "--in-flight", "1,4", "--json")
    )
    seen = [(cost["sender"], cost["in_flight"]) for cost in told["costs"]]
    senders = ["ours, sender.send", "ours, from the outbox", "python-telegram-bot"]
    assert {(sender, level) for sender in senders for level in (1, 4)} <= set(seen)
    assert all(cost["per_second"] > 0 and cost["cpu_ms"] > 0 for cost in told["costs"])


def test_the_send_table_has_ratios_to_the_plain_library() -> None:
    output = run("bench_send.py", "--messages", "12", "--in-flight", "2", "--only", "python-telegram-bot")
    assert rows(output)["python-telegram-bot"][-2:] == ["×1.0", "×1.0"]


def test_the_broadcast_table_says_how_many_were_refused() -> None:
    table = rows(
        run("bench_broadcast.py", "--people", "20", "--groups", "2", "--posts", "1", "--group-posts", "20")
    )
    assert table["ours"][:4] == ["60", "58", "0", "0"]
