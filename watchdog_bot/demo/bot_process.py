"""The real bot in a process of its own, so that it can be killed like one."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import watchdog_bot


class BotProcess:
    """`bot.py run` on a configuration; everything it logs goes to a file."""

    def __init__(self, config: Path, log: Path) -> None:
        """Nothing runs before `start`."""
        self._config = config
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None, "the bot was not started"
        return self._process.pid

    async def start(self) -> None:
        """Start it; it may take a second or two to be ready."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "watchdog_bot", "run", "--config", str(self._config)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                start_new_session=True,  # a Ctrl-C in the terminal is the demo's to pass on
            )

    async def kill(self) -> None:
        """kill -9: no goodbye."""
        assert self._process is not None, "the bot was not started"
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM, and wait for it to put everything away. Returns its exit code; 0 where it was never started."""
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self._process.wait(), 30)
        except TimeoutError:
            await self.kill()
            return -signal.SIGKILL

    def tail(self, lines: int = 20) -> str:
        """The end of its log, for when something went wrong."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])


def _environment() -> dict[str, str]:
    """Ours without what configures a bot; this very program is found in it, wherever the demo was started."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("WATCHDOG_")}
    places = [
        str(Path(watchdog_bot.__file__).resolve().parent.parent),
        *filter(None, [own.get("PYTHONPATH")]),
    ]
    return own | {"PYTHONPATH": os.pathsep.join(places)}
