"""The inside of a parsing worker: a process that reads documents from stdin and answers on stdout.

`python -m watchdog_bot.parsing_worker CPU_SECONDS ADDRESS_SPACE_BYTES`. It holds no secret, opens no file and no socket,
and ends with its parent: at the end of stdin, and by the kernel where it can be asked to. Limits are set by itself
before each document, so that a document can cost its worker but nothing else.

Frames: four bytes of length (big endian), then that many bytes. A request is a frame of JSON and a frame with the
document; an answer is a frame of JSON. Nothing but JSON comes out, so a worker that a document took over could lie, no
more.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, BinaryIO

from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.feeds.rules import SourceRules
from watchdog_bot.core.model import FeedKind, ParsedEntry, ParsedFeed

HEADER = struct.Struct(">I")
MAX_FRAME = 256_000_000
RETIRE_ABOVE = 160_000_000  # bytes of resident memory after which a worker should be replaced
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until stdin ends."""
    cpu, space = int(sys.argv[1]), int(sys.argv[2])
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    _limit(resource.RLIMIT_AS, space)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    gc.freeze()  # what was imported stays: to look through it again and again costs a tenth of the parsing
    serve(sys.stdin.buffer, sys.stdout.buffer, cpu=cpu)


def serve(requests: BinaryIO, answers: BinaryIO, *, cpu: int | None) -> None:
    """Answer each request in turn. `cpu` is in seconds for one document; None for no limit."""
    while (head := _read(requests)) is not None and (body := _read(requests)) is not None:
        if cpu is not None:
            _allow_cpu(cpu)
        answer = json.dumps(answered(json.loads(head), body)).encode("ascii")
        answers.write(HEADER.pack(len(answer)) + answer)
        answers.flush()


def answered(head: dict[str, Any], body: bytes) -> dict[str, Any]:
    """The answer to one request, as plain values."""
    now = datetime.fromtimestamp(head["now"], UTC) if head["now"] is not None else None
    try:
        feed = parse_document(
            body,
            url=head["url"],
            content_type=head["content_type"],
            kind=FeedKind(head["kind"]),
            rules=SourceRules.from_text(head["rules"]),
            now=now,
        )
        answer: dict[str, Any] = {"feed": feed_to_plain(feed)}
    except ParseError as error:
        answer = {"error": str(error)}
    except MemoryError:
        return {"error": "it takes more memory to read than a document may", "retire": True}
    answer["retire"] = _resident() > RETIRE_ABOVE
    return answer


def feed_to_plain(feed: ParsedFeed) -> list[Any]:
    """A feed as lists, texts and numbers; `feed_from_plain` undoes it."""
    return [
        feed.kind.value, feed.title, feed.link, feed.language, feed.ttl, sorted(feed.skip_hours),
        sorted(feed.skip_days), feed.hub, feed.damaged, list(feed.children), list(feed.child_dates),
        [_entry_to_plain(entry) for entry in feed.entries],
    ]  # fmt: skip


def feed_from_plain(plain: list[Any]) -> ParsedFeed:
    """The feed that `feed_to_plain` was given."""
    kind, title, link, language, ttl, hours, days, hub, damaged, children, dates, entries = plain
    return ParsedFeed(
        kind=FeedKind(kind),
        title=title,
        link=link,
        language=language,
        entries=tuple(_entry_from_plain(entry) for entry in entries),
        ttl=ttl,
        skip_hours=frozenset(hours),
        skip_days=frozenset(days),
        hub=hub,
        damaged=damaged,
        children=tuple(children),
        child_dates=tuple(dates),
    )


def _entry_to_plain(entry: ParsedEntry) -> list[Any]:
    published, updated = (
        moment.timestamp() if moment is not None else None for moment in (entry.published, entry.updated)
    )
    return [
        entry.id, entry.link, entry.title, entry.summary, entry.content, published, updated, list(entry.tags), entry.language,
    ]  # fmt: skip


def _entry_from_plain(plain: Iterable[Any]) -> ParsedEntry:
    identifier, link, title, summary, content, published, updated, tags, language = plain
    return ParsedEntry(
        id=identifier,
        link=link,
        title=title,
        summary=summary,
        content=content,
        published=datetime.fromtimestamp(published, UTC) if published is not None else None,
        updated=datetime.fromtimestamp(updated, UTC) if updated is not None else None,
        tags=tuple(tags),
        language=language,
    )


def _resident() -> int:
    """Bytes of memory held now; 0 where the system does not say. (The peak that getrusage knows includes the parent's.)"""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - read after each document: the quick way
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


def _read(stream: BinaryIO) -> bytes | None:
    """The next frame, or None at the end of the stream."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    length: int = HEADER.unpack(header)[0]
    body = stream.read(length) if length <= MAX_FRAME else b""
    return body if len(body) == length else None


def _allow_cpu(seconds: int) -> None:
    """So much from now on; the kernel ends a process that uses more."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(usage.ru_utime + usage.ru_stime) + 1
    _limit(resource.RLIMIT_CPU, spent + seconds, soft_only=True)


def _limit(what: int, value: int, *, soft_only: bool = False) -> None:
    with contextlib.suppress(ValueError, OSError):  # not on this system, or already stricter
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (value, hard if soft_only else value))


def _die_with_parent() -> None:
    """Linux: be killed when the parent is (prctl(2)). Elsewhere the end of stdin has to do."""
    parent = os.getppid()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before the kernel was asked
        sys.exit(0)


if __name__ == "__main__":
    main()
