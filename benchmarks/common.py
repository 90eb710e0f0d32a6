"""What the benchmarks share: processes to measure in, a meter of CPU and memory, and tables.

Each contender, and each server, runs in a process of its own, so that what is counted is the contender's alone and a
peak of memory is its own. CPU and memory are read from Linux's /proc, with those of living child processes.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import multiprocessing
import os
import platform
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # a script's own folder is there, not the project's
    sys.path.insert(0, str(ROOT))

Ask = Mapping[str, Any]
Handle = Callable[[Ask], Awaitable[dict[str, Any]]]
Opening = Callable[[Ask], AbstractAsyncContextManager[Handle]]

CALL_LIMIT = 900.0  # seconds that one call to a process may take
END_LIMIT = 10.0  # seconds that it has to end
_BROKE = "broke"  # the key of an answer that is a traceback


# ------------------------------------------------------------------ processes


class Peer:
    """A process that opens something and then does what it is asked, one thing after the other."""

    def __init__(self, opening: Opening, **options: Any) -> None:
        """`opening`: a function of a module, called in the process with `options`. Values must be picklable."""
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_live, args=(theirs, opening, options), daemon=True)
        self._process.start()
        theirs.close()
        self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # it is gone already
            self._ours.send(None)
        self._process.join(END_LIMIT)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._ours.close()

    def ask(self, **what: Any) -> dict[str, Any]:
        """What it answers. Raises RuntimeError with its traceback where it broke."""
        self._ours.send(what)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        if not self._ours.poll(CALL_LIMIT):
            raise RuntimeError(f"no answer within {CALL_LIMIT:g} seconds")
        try:
            answer: dict[str, Any] = self._ours.recv()
        except EOFError:
            raise RuntimeError("the process ended without an answer") from None
        if _BROKE in answer:
            raise RuntimeError(f"in the process:\n{answer[_BROKE]}")
        return answer


def _live(connection: Connection, opening: Opening, options: Ask) -> None:
    try:
        asyncio.run(_answer_all(connection, opening(options)))
    except Exception:  # noqa: BLE001 - whatever it is, the parent must hear of it
        connection.send({_BROKE: traceback.format_exc()})


async def _answer_all(connection: Connection, opened: AbstractAsyncContextManager[Handle]) -> None:
    async with opened as handle:
        connection.send({})
        while (ask := await asyncio.to_thread(connection.recv)) is not None:
            connection.send(await handle(ask))


# ------------------------------------------------------------------ meter


@dataclass(slots=True)
class Spent:
    """`wall` and `cpu` in seconds; `cpu` counts user and system time of all threads and child processes."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def metered() -> Iterator[Spent]:
    """Counts what its body costs."""
    spent = Spent()
    wall, cpu = time.perf_counter(), cpu_seconds()
    yield spent
    spent.wall, spent.cpu = time.perf_counter() - wall, cpu_seconds() - cpu


def cpu_seconds() -> float:
    """Of this process, the children it has waited for, and those alive."""
    times = os.times()
    return (
        time.process_time() + times.children_user + times.children_system + sum(map(_cpu_of, _descendants()))
    )


def peak_memory() -> int:
    """Bytes: the highest resident size of this process plus that of each living child process."""
    return sum(_peak_of(process) for process in (os.getpid(), *_descendants()))


def memory_now() -> int:
    """Bytes held now by this process and its living child processes, pages that several share counted once (PSS)."""
    return (
        sum(_kilobytes(process, "smaps_rollup", "Pss:") for process in (os.getpid(), *_descendants())) * 1024
    )


def size_of(database: Path) -> int:
    """Bytes of an SQLite database with its write-ahead log."""
    return sum(each.stat().st_size for each in database.parent.glob(f"{database.name}*"))


def _descendants() -> list[int]:
    found: list[int] = []
    front = [os.getpid()]
    while front:
        parent = front.pop()
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            front += (pids := [int(pid) for pid in _text(children).split()])
            found += pids
    return found


def _cpu_of(process: int) -> float:
    """In nanoseconds where the kernel keeps them, else in ticks of 10 ms."""
    exact = [_text(task).split() for task in Path(f"/proc/{process}/task").glob("*/schedstat")]
    if exact and all(exact):
        return sum(int(fields[0]) for fields in exact) / 1e9
    fields = _text(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _peak_of(process: int) -> int:
    return _kilobytes(process, "status", "VmHWM:") * 1024


def _kilobytes(process: int, file: str, name: str) -> int:
    lines = _text(Path(f"/proc/{process}/{file}")).splitlines()
    line = next((line for line in lines if line.startswith(name)), f"{name} 0 kB")
    return int(line.split()[1])


def _text(path: Path) -> str:
    """Empty where the process is gone."""
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


# ------------------------------------------------------------------ what is printed


def aloud(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


def quiet(_text: str) -> None:
    """For --json: nothing but figures is printed."""


def dev_null() -> TextIO:
    """A log goes here, so that writing it is paid for and nobody must read it."""
    return Path(os.devnull).open("w", encoding="utf-8")


def machine() -> str:
    """One line: where this ran, and how busy it was."""
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f} at the start. Ratios count, not absolute times."
    )


def versions(*names: str) -> str:
    """`name 1.2, name 3.4`, of distributions."""
    return ", ".join(f"{name} {version_of(name) or '(not installed)'}" for name in names)


def version_of(name: str) -> str | None:
    """The version of an installed distribution."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns set side by side: the first to the left, the others to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]
    return "\n".join([lines[0], "─" * (sum(widths) + 2 * (len(widths) - 1)), *lines[1:]])


def figure(value: float | None) -> str:
    """Three digits that count; a dash for what was not measured."""
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(one: float | None, other: float | None) -> str:
    """How many times `one` is `other`."""
    return "–" if not one or other is None else f"×{other / one:.1f}"
