"""The demo's own feed server on loopback: an RSS and an Atom feed that grow as the demo goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b
from types import TracebackType
from typing import Self
from xml.sax.saxutils import escape

from aiohttp import web

from watchdog_bot.demo.posts import DemoPost


@dataclass(slots=True)
class DemoFeed:
    """One feed: newest entries first, as blogs do; `polls` counts who asked and was answered."""

    path: str
    title: str
    atom: bool = False
    entries: list[tuple[DemoPost, datetime]] = field(default_factory=list)
    polls: int = 0
    gone: bool = False  # answers 410 from now on

    def publish(self, post: DemoPost, now: datetime) -> None:
        """Put a post at the top; one with the same slug is replaced where it stands (an edit)."""
        for index, (old, then) in enumerate(self.entries):
            if old.slug == post.slug:
                self.entries[index] = (post, then)
                return
        self.entries.insert(0, (post, now))

    def document(self, base: str) -> bytes:
        """The feed as it is served."""
        head, one, tail = (
            (_ATOM_HEAD, _ATOM_ENTRY, _ATOM_TAIL) if self.atom else (_RSS_HEAD, _RSS_ENTRY, _RSS_TAIL)
        )
        parts = [head.format(title=escape(self.title), base=base)]
        for post, when in self.entries:
            date = when.isoformat() if self.atom else format_datetime(when)
            link = f"{base}/posts/{post.slug}"
            parts.append(one.format(title=escape(post.title), html=escape(post.html), link=link, date=date))
        return ("".join(parts) + tail).encode()


_RSS_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>{title}</title><link>{base}/</link>'
_RSS_ENTRY = (
    "<item><title>{title}</title><link>{link}</link><guid>{link}</guid>"
    "<pubDate>{date}</pubDate><description>{html}</description></item>"
)
_RSS_TAIL = "</channel></rss>"
_ATOM_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>{title}</title>'
    '<id>{base}/</id><link href="{base}/"/><updated>2026-01-01T00:00:00Z</updated>'
)
_ATOM_ENTRY = (
    '<entry><title>{title}</title><link href="{link}"/><id>{link}</id><updated>{date}</updated>'
    '<published>{date}</published><summary type="html">{html}</summary></entry>'
)
_ATOM_TAIL = "</feed>"


class Sources:
    """The server. It answers conditional requests as a careful blog would."""

    def __init__(self) -> None:
        """Nothing is served before `async with`."""
        self.watchdog = DemoFeed("/watchdog.xml", "Watchdog (demo)")
        self.trouble = DemoFeed("/trouble.xml", "Journalists in Trouble (demo)", atom=True)
        self.base = ""
        app = web.Application()
        for feed in (self.watchdog, self.trouble):
            app.router.add_get(feed.path, self._serve(feed))
        self._runner = web.AppRunner(app)

    async def __aenter__(self) -> Self:
        """Listen on a free port of 127.0.0.1."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.base = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    def _serve(self, feed: DemoFeed) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            body = feed.document(self.base)
            etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
            feed.polls += 1
            if feed.gone:
                return web.Response(status=410)
            headers = {
                "ETag": etag,
                "Last-Modified": format_datetime(datetime(2026, 1, 1, tzinfo=UTC), usegmt=True),
            }
            if request.headers.get("If-None-Match") == etag:
                return web.Response(status=304, headers=headers)
            kind = "application/atom+xml" if feed.atom else "application/rss+xml"
            return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)

        return answer
