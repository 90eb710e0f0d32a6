"""A scriptable HTTP server on loopback, honest or hostile, that tests fetch from.

    async with FeedServer() as server:
        server.serve("/feed.xml", RSS, etag='"a"')
        result = await fetcher.get(server.url("/feed.xml"), HttpMemory())
        assert server.requests[0].headers["if-none-match"] == '"a"'

It speaks HTTP/1.1 by hand rather than through a library, because a hostile server must be able to break every rule.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked. Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. Content-Length is added unless `headers` has it or `chunked` is set."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Document:
    """What an honest server has at a path: it answers conditions with 304, as RFC 9110 section 13 says."""

    body: bytes
    content_type: str = "application/xml"
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self, request: Request) -> Reply:
        headers = {"Content-Type": self.content_type, **self.headers}
        if self.etag is not None:
            headers["ETag"] = self.etag
        if self.last_modified is not None:
            headers["Last-Modified"] = self.last_modified
        asked = request.headers.get("if-none-match")
        since = request.headers.get("if-modified-since")
        fresh = asked == self.etag if asked is not None else since is not None and since == self.last_modified
        return Reply(304, b"", headers) if fresh else Reply(200, self.body, headers)


class FeedServer:
    """Serves what the test says, and remembers what it was asked."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._host = host
        self._paths: dict[str, Document | list[Reply] | Raw] = {}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[Request] = []
        self.connections = 0
        self.most_at_once = 0
        self._open = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self._host, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def url(self, path: str, host: str | None = None) -> str:
        return f"http://{host or self._host}:{self.port}{path}"

    def serve(self, path: str, body: bytes, *, content_type: str = "application/xml", etag: str | None = None,
              last_modified: str | None = None, headers: Mapping[str, str] | None = None) -> Document:  # fmt: skip
        """An honest document; change the returned object to change what is served."""
        document = Document(body, content_type, etag, last_modified, headers or {})
        self._paths[path] = document
        return document

    def reply(self, path: str, *replies: Reply) -> None:
        """Answer the first request with the first reply, and so on; the last one stays."""
        self._paths[path] = list(replies)

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        self.reply(path, Reply(status, b"", {"Location": to}))

    def raw(self, path: str, handler: Raw) -> None:
        """Let the test write to the socket itself; the connection is closed afterwards."""
        self._paths[path] = handler

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open -= 1
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("utf-8").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        request = Request(method, target, headers)
        self.requests.append(request)
        found = self._paths.get(target.partition("?")[0], [Reply(404)])
        if callable(found):
            await found(reader, writer)
            return False
        reply = (
            found.answer(request)
            if isinstance(found, Document)
            else found.pop(0)
            if len(found) > 1
            else found[0]
        )
        writer.write(rendered(reply))
        await writer.drain()
        return True


def rendered(reply: Reply) -> bytes:
    """The bytes of an answer."""
    headers = dict(reply.headers)
    if reply.status != 304 and not any(
        name.lower() in {"content-length", "transfer-encoding"} for name in headers
    ):
        headers["Content-Length"] = str(len(reply.body))
    lines = [
        f"HTTP/1.1 {reply.status} Reason",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode("utf-8") + reply.body


def writes(pieces: Iterable[bytes], *, pause: float = 0.0) -> Raw:
    """A handler that writes these pieces as they are, with a pause after each."""

    async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return handler


async def hangs(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """A handler that never answers."""
    await reader.read()
