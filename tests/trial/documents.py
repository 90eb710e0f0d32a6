"""Feed documents by their bytes, read without the bot's parser, and a server that withholds half of each."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from watchdog_bot.core.text import fold, tokens

_SKIPPED = rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->"
_ENTRY = re.compile(
    _SKIPPED + rb"|(?P<open><(?P<name>item|entry)[\s>])|(?P<close></(?:item|entry)\s*>)", re.DOTALL
)
_ADDRESS = re.compile(rb"<(link|guid|id|comments)[\s>].*?</\1\s*>", re.DOTALL)
_TERM = re.compile(rb"<category[^>]*\sterm=[\"']([^\"']*)")
_WISH = re.compile(
    rb"<ttl>[^<]*</ttl>|<sy:update\w+>[^<]*</sy:update\w+>|<skipHours>.*?</skipHours>|<skipDays>.*?</skipDays>",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One <item> or <entry>: its bytes, and what stands in them, read without the bot's parser."""

    raw: bytes
    title: str
    link: str
    guid: str
    date: str

    @property
    def words(self) -> frozenset[str]:
        """Every word that a reader sees and every tag, folded; not those of addresses."""
        seen = _ADDRESS.sub(b" ", self.raw) + b" ".join(b" " + each for each in _TERM.findall(self.raw))
        return frozenset(token.folded for token in tokens(_plain(seen)))


@dataclass(frozen=True, slots=True)
class Document:
    """A feed document with its entries as byte ranges."""

    name: str
    body: bytes
    ranges: tuple[tuple[int, int], ...]

    @property
    def entries(self) -> tuple[RawEntry, ...]:
        """All entries, as they stand."""
        return tuple(_raw_entry(self.body[start:end]) for start, end in self.ranges)

    @property
    def withheld(self) -> tuple[RawEntry, ...]:
        """Every second one, the first among them: what is new stands at the top."""
        return self.entries[::2]

    @property
    def title(self) -> str:
        """The feed's own."""
        return element("title", self.body[: self.ranges[0][0]]) or self.name

    def served(self, *, whole: bool) -> bytes:
        """The bytes without the wishes about time and, unless `whole`, without what is withheld."""
        inside = self.ranges
        wishes = [
            found.span()
            for found in _WISH.finditer(self.body)
            if not any(start <= found.start() < end for start, end in inside)
        ]
        cuts = sorted([*wishes, *(() if whole else inside[::2])])
        kept, at = bytearray(), 0
        for start, end in cuts:
            kept += self.body[at:start]
            at = end
        return bytes(kept + self.body[at:])


def documents(folder: Path, names: Sequence[str] | None = None) -> tuple[Document, ...]:
    """Those of the folder, by name."""
    paths = sorted(folder.glob("*.xml"))
    return tuple(document(path) for path in paths if names is None or path.stem in names)


def document(path: Path) -> Document:
    """One document with the byte ranges of its entries; what stands in CDATA and comments opens none."""
    body = path.read_bytes()
    ranges: list[tuple[int, int]] = []
    start: int | None = None
    for found in _ENTRY.finditer(body):
        if found["open"] and start is None:
            start = found.start()
        elif found["close"] and start is not None:
            ranges.append((start, found.end()))
            start = None
    assert ranges, f"{path.name} holds no entry"
    return Document(path.stem, body, tuple(ranges))


def _raw_entry(raw: bytes) -> RawEntry:
    atom = re.findall(rb"<link\b[^>]*>", raw)
    alternate = [tag for tag in atom if b"rel=" not in tag or re.search(rb"rel=[\"']alternate", tag)]
    href = re.search(rb"href\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", (alternate or [b""])[0])
    link = (
        html.unescape((href[1] or href[2] or b"").decode("utf-8", "replace"))
        if href
        else element("link", raw)
    )
    guid = element("guid", raw) or element("id", raw)
    date = next(
        (found for name in ("pubDate", "published", "updated", "dc:date") if (found := element(name, raw))),
        "",
    )
    return RawEntry(raw, element("title", raw), link.strip(), guid, date)


def element(name: str, raw: bytes) -> str:
    """The text of the first such element, empty where there is none."""
    tag = re.escape(name.encode("ascii"))
    found = re.search(rb"<" + tag + rb"(?:\s[^>]*)?>(.*?)</" + tag + rb"\s*>", raw, re.DOTALL)
    return _plain(found[1]) if found else ""


def _plain(raw: bytes) -> str:
    """Text without tags, whether these were escaped, in CDATA or plain."""
    text = raw.decode("utf-8", "replace")
    pieces = re.split(r"<!\[CDATA\[(.*?)\]\]>", text, flags=re.DOTALL)
    unwrapped = "".join(
        each if index % 2 else html.unescape(re.sub(r"<[^>]*>", " ", each))
        for index, each in enumerate(pieces)
    )
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", unwrapped)).split())


def key(text: str) -> str:
    """Letters and digits only: how two titles are compared, whatever became of their markup."""
    return "".join(ch for ch in fold(text) if ch.isalnum())


class Library:
    """A server of documents; each has an ETag, and answers what it did not change with 304."""

    def __init__(self, chosen: Sequence[Document]) -> None:
        """Serves the first half until `publish`."""
        self._bodies = {each.name: each.served(whole=False) for each in chosen}
        self._whole = {each.name: each.served(whole=True) for each in chosen}
        self.base = ""
        self.requests = 0
        app = web.Application()
        app.router.add_get("/{name}.xml", self._answer)
        self._runner = web.AppRunner(app)

    def publish(self) -> None:
        """From now on the documents are whole."""
        self._bodies = self._whole

    def etags(self) -> dict[str, str]:
        """What the bot remembers of each address once it has read the document as it is now."""
        return {f"{self.base}/{name}.xml": _etag(body) for name, body in self._bodies.items()}

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.base = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        body = self._bodies[request.match_info["name"]]
        self.requests += 1
        headers = {"ETag": _etag(body), "Content-Type": "application/xml"}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, headers=headers)


def _etag(body: bytes) -> str:
    return f'"{blake2b(body, digest_size=8).hexdigest()}"'
