"""Parsing of hostile documents in worker processes: bounded in CPU, memory and time, killable, replaced when lost.

A document that crashes its worker, or has it killed, costs its own caller a ParseError and nobody else anything.
Workers start when first needed, and end when they have not been needed for a while. They get no environment but what Python needs, so no secret of the program.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import watchdog_bot
from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.rules import SourceRules
from watchdog_bot.core.model import FeedKind, ParsedFeed
from watchdog_bot.parsing_worker import HEADER, MAX_FRAME, feed_from_plain

_ROOT = str(Path(watchdog_bot.__file__).resolve().parent.parent)
_KEPT = ("LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TZ", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """What one document may cost."""

    cpu: int = 10  # seconds of processor time
    memory: int = 1_000_000_000  # bytes of address space of a worker, its code included
    wall: float = 30.0  # seconds from handing over to the answer
    idle: float = 300.0  # seconds after which a worker that others were quicker than ends: each holds 30 MB


class _LostError(Exception):
    """The worker ended, or was ended, without an answer. The text says why, as far as is known."""


class _Worker:
    """One process; it does one document at a time."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.idle_since = 0.0  # by the loop's clock

    @classmethod
    async def start(cls, limits: ParserLimits) -> _Worker:
        environment = {name: value for name in _KEPT if (value := os.environ.get(name)) is not None}
        environment["PYTHONPATH"] = _ROOT
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "watchdog_bot.parsing_worker", str(limits.cpu), str(limits.memory),
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True,
        )  # fmt: skip
        return cls(process)

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, head: bytes, body: bytes) -> dict[str, Any]:
        """The answer to one request. Raises _LostError."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(HEADER.pack(len(head)) + head + HEADER.pack(len(body)))
            stdin.write(body)
            await stdin.drain()
            length: int = HEADER.unpack(await stdout.readexactly(HEADER.size))[0]
            if length > MAX_FRAME:
                raise _LostError("the answer of its reader makes no sense")
            answer = json.loads(await stdout.readexactly(length))
        except (OSError, asyncio.IncompleteReadError, ValueError):
            raise _LostError(await self._last_words()) from None
        if not isinstance(answer, dict):
            raise _LostError("the answer of its reader makes no sense")
        return answer

    async def _last_words(self) -> str:
        code = await self._process.wait()
        if code in {-signal.SIGXCPU, -signal.SIGKILL}:
            return "it takes more processor time to read than a document may"
        return "reading it crashed the reader"

    async def end(self) -> None:
        """Kill it and wait for it."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()
        transport = getattr(self._process, "_transport", None)  # asyncio leaves pipes open after a kill
        if transport is not None:
            transport.close()


class ParserPool:
    """At most `workers` documents at a time; an async context manager."""

    def __init__(self, workers: int = 2, limits: ParserLimits | None = None) -> None:
        self._limits = limits or ParserLimits()
        self._turns = asyncio.Semaphore(workers)
        self._idle: list[_Worker] = []  # the last one used, and so the warmest, is at the end
        self._busy: set[_Worker] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        workers, self._idle = (*self._idle, *self._busy), []
        for worker in workers:
            await worker.end()

    async def parse(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str = "",
        kind: FeedKind = FeedKind.AUTO,
        rules: SourceRules | None = None,
        now: datetime | None = None,
    ) -> ParsedFeed:
        """`core.feeds.parse.parse_document` within limits.

        Raises ParseError, also where the document was too much for its worker.
        """
        head = {
            "url": url,
            "content_type": content_type,
            "kind": kind.value,
            "rules": rules.to_text() if rules is not None else "",
            "now": now.timestamp() if now is not None else None,
        }
        answer = await self._ask(json.dumps(head).encode("ascii"), body)
        if "error" in answer:
            raise ParseError(str(answer["error"]))
        try:
            return feed_from_plain(answer["feed"])
        except (KeyError, TypeError, ValueError):
            raise ParseError("the answer of its reader makes no sense") from None

    async def _ask(self, head: bytes, body: bytes) -> dict[str, Any]:
        """Borrow a worker, ask it, give it back; one that was lost is not given back."""
        if self._closed:
            raise ParseError("the program is shutting down")
        async with self._turns:
            try:
                worker = await self._ready()
                self._busy.add(worker)
                kept = False
                try:
                    async with asyncio.timeout(self._limits.wall):
                        answer = await worker.ask(head, body)
                    kept = not answer.get("retire")
                finally:
                    await self._give_back(worker, kept=kept)
            except TimeoutError:
                raise ParseError("it takes longer to read than a document may") from None
            except _LostError as error:
                raise ParseError(str(error)) from None
            return answer

    async def _ready(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            await worker.end()
        try:
            return await _Worker.start(self._limits)
        except OSError as error:
            raise _LostError(
                f"no reader could be started ({error.strerror or type(error).__name__})"
            ) from None

    async def _give_back(self, worker: _Worker, *, kept: bool) -> None:
        """Put it with the idle ones, of which those end that have not been needed for long."""
        now = asyncio.get_running_loop().time()
        try:
            if not kept:
                await worker.end()
        finally:
            self._busy.discard(worker)
        if kept:
            worker.idle_since = now
            self._idle.append(worker)
        while self._idle and now - self._idle[0].idle_since > self._limits.idle:
            await self._idle.pop(0).end()
