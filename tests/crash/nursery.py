"""Lives of the real bot, forked from one process that has everything imported: a start costs a moment, not a second.

As a program, `python -m tests.crash.nursery CONFIG ANCHOR SPEED`: for each line of its input, STEP WHEN NTH (see
`crashing_bot`), it forks a bot over the same configuration, tells its process id in one line, and when it has ended how it did (an exit code, or minus a
signal) in another. SIGUSR1 sets a bot's clock back an hour. `Nursery` is the other end, for tests.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import traceback
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.crash.crashing_bot import FastClock, arm
from watchdog_bot import app, data, log
from watchdog_bot.config import load
from watchdog_bot.core.errors import WatchdogError

PATIENCE = 60.0  # real seconds for any one thing: generous, because the machine is shared
HOUR = 3600.0


class Nursery:
    """Starts bots one after the other; they share a database, a Telegram and a time."""

    def __init__(self, folder: Path, config: Path, *, speed: int) -> None:
        self._folder = folder
        self._config = config
        self._speed = speed
        self._process: Process | None = None
        self._pid = 0
        self.anchor = time.time()  # noqa: TID251 - all lives share one time

    async def __aenter__(self) -> Self:
        with self.log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.crash.nursery"),
                *(str(self._config), str(self.anchor), str(self._speed)),
                stdin=PIPE, stdout=PIPE, stderr=out, cwd=Path(__file__).parents[2],
            )  # fmt: skip
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing running behind, whatever happened."""
        assert self._process is not None
        self.send(signal.SIGKILL)
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), PATIENCE)

    @property
    def log(self) -> Path:
        """What all lives have logged."""
        return self._folder / "bot.log"

    @property
    def pid(self) -> int:
        """Of the bot that lives; 0 where none does."""
        return self._pid

    async def birth(self, step: str = "none", when: str = "before", nth: int = 1) -> None:
        """Start a bot; with a step (see `tests.crash.crashing_bot`), one that kills itself there."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{step} {when} {nth}\n".encode())
        self._pid = await self._told()

    def send(self, number: signal.Signals) -> None:
        """Send the bot a signal; it may have ended already."""
        if self._pid:
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)

    async def ended(self) -> int:
        """Wait until it has; its exit code, or minus the signal that ended it."""
        code = await self._told()
        self._pid = 0
        return code

    async def kill(self) -> int:
        """`kill -9`."""
        self.send(signal.SIGKILL)
        return await self.ended()

    async def stop(self) -> int:
        """Ask it to stop, as a container's engine does."""
        self.send(signal.SIGTERM)
        return await self.ended()

    async def _told(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        return int(await asyncio.wait_for(self._process.stdout.readline(), PATIENCE))


def _live(config: Path, clock: FastClock) -> int:
    signal.signal(signal.SIGUSR1, lambda *_: clock.set_back(HOUR))
    try:
        settings = load(config, {})
        log.set_up(settings.log)
        return asyncio.run(app.run(settings, clock=clock))
    except WatchdogError as error:
        os.write(2, f"{error}\n".encode())
        return 1


def _birth(config: Path, anchor: float, speed: int, order: str) -> int:
    """One life in a fork, to its end; how it ended."""
    child = os.fork()
    if child:
        os.write(1, f"{child}\n".encode())
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        os.dup2(2, 1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        step, when, nth = order.split()
        if step != "none":
            arm(step, when, int(nth))
        code = _live(config, FastClock(anchor, speed))
    except BaseException:  # noqa: BLE001 - the fork must not go on, and the log must say why
        os.write(2, traceback.format_exc().encode())
    os._exit(code)


def main() -> None:
    config, anchor, speed = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    data.load_tagger()
    for order in sys.stdin:
        os.write(1, f"{_birth(config, anchor, speed, order)}\n".encode())


if __name__ == "__main__":
    main()
