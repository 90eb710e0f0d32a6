"""Parsing only what is new: a document cut into head, raw entries and tail, each entry known by the hash of its bytes.

Most polls of a feed that changed bring one new entry, or only a new date in the head; reading the rest again is most of
a poller's work. The state that a feed keeps for it is eight bytes an entry. Whenever anything is odd, the whole document
is read, as if this module were not there:

1. Not RSS or Atom in UTF-8, or more entries than are read at all.
2. Entries that are nested, unclosed, or have anything but white space between them.
3. CDATA sections or comments that do not balance within an entry: the tags found may be text.
4. Guids or links that repeat, links that differ only in their fragment, guids of several hosts: identity then depends
   on the whole document (see `identity`).
5. The document was read as damaged last time, or the shorter one is (see `Work.fits`).

Use: `work = slices.work(body, feed_state)`; nothing to read if `work.document` is None; else parse it, and if
`work.fits(parsed)` is false parse `body`. Keep `work.state` if what was read is not damaged, else b"".
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from watchdog_bot.core.feeds.charset import is_utf8
from watchdog_bot.core.feeds.entry import MAX_ENTRIES
from watchdog_bot.core.feeds.identity import canonical_link
from watchdog_bot.core.model import ParsedFeed

HASH_SIZE: Final = 8  # bytes; a collision costs one edit of one entry of one feed

_START = re.compile(rb"<(item|entry)(?=[\s>])")
_GUID = re.compile(rb"<(?:guid|id)\b[^>]*>([^<]*(?:<!\[CDATA\[.*?\]\]>)?[^<]*)", re.DOTALL)
_LINK = re.compile(rb"<link\b(?:[^>]*?\bhref\s*=\s*[\"']([^\"']*)|[^>]*>\s*(?:<!\[CDATA\[)?([^<\]]*))")
_HOST = re.compile(rb"\s*https?://(?:www\.)?([^/?#\s]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sliced:
    """A document in parts: `head` + the `slices` + `tail` is the document but for white space between slices."""

    head: bytes
    slices: tuple[bytes, ...]
    tail: bytes
    hashes: tuple[bytes, ...]

    def document(self, *, without: Collection[bytes]) -> bytes:
        """The document with those entries only whose hash is not in `without`."""
        unseen = [part for part, known in zip(self.slices, self.hashes, strict=True) if known not in without]
        return b"".join((self.head, *unseen, self.tail))


@dataclass(frozen=True, slots=True)
class Work:
    """What of a document is to be read."""

    document: bytes | None  # None: nothing, all entries are known
    state: bytes  # to keep with the feed; empty where the document cannot be cut
    expected: int | None  # entries that the document holds; None: it is the whole one
    total: int | None  # entries in the whole document; None where it cannot be cut

    def fits(self, parsed: ParsedFeed) -> bool:
        """Whether what was read of a shorter document can be believed; else the whole one is to be read."""
        return self.expected is None or (len(parsed.entries) == self.expected and not parsed.damaged)


def work(body: bytes, state: bytes, *, content_type: str = "") -> Work:
    """What of `body` is to be read by a feed that kept `state`."""
    sliced = cut(body, content_type=content_type)
    if sliced is None:
        return Work(body, b"", None, None)
    kept = b"".join(sliced.hashes)
    known = known_hashes(state)
    unseen = sum(1 for each in sliced.hashes if each not in known)
    total = len(sliced.hashes)
    if unseen == 0:
        return Work(None, kept, 0, total)
    if unseen == total:
        return Work(body, kept, None, total)
    return Work(sliced.document(without=known), kept, unseen, total)


def known_hashes(state: bytes) -> frozenset[bytes]:
    """The hashes that a state holds."""
    return frozenset(state[at : at + HASH_SIZE] for at in range(0, len(state) - HASH_SIZE + 1, HASH_SIZE))


def cut(body: bytes, *, content_type: str = "") -> Sliced | None:
    """The document in parts, or None where it must be read whole (see the module's rules)."""
    spans = _spans(body)
    if spans is None or not is_utf8(body, content_type):
        return None
    slices = tuple(body[start:end] for start, end in spans)
    head, tail = body[: spans[0][0]], body[spans[-1][1] :]
    if not all(map(_balanced, (head, *slices, tail))) or not _told_apart(slices):
        return None
    return Sliced(head, slices, tail, tuple(blake2b(part, digest_size=HASH_SIZE).digest() for part in slices))


def _spans(body: bytes) -> list[tuple[int, int]] | None:
    """Where the entries are, in order and with nothing between them; None for none, or where that is not so."""
    starts = [(found.start(), found[1]) for found in _START.finditer(body)]
    if not 0 < len(starts) <= MAX_ENTRIES or len({name for _, name in starts}) != 1:
        return None
    closing = b"</" + starts[0][1] + b">"
    spans: list[tuple[int, int]] = []
    last = starts[0][0]
    for start, _ in starts:
        end = body.find(closing, start) + len(closing)
        if end < start or start < last or body[last:start].strip():
            return None
        spans.append((start, end))
        last = end
    return spans if body.find(closing, last) < 0 else None


def _balanced(part: bytes) -> bool:
    return part.count(b"<![CDATA[") == part.count(b"]]>") and part.count(b"<!--") == part.count(b"-->")


def _told_apart(slices: tuple[bytes, ...]) -> bool:
    """Rule 4."""
    guids: set[bytes] = set()
    links: set[bytes] = set()
    hosts: set[bytes] = set()
    for part in slices:
        guid = found[1].strip() if (found := _GUID.search(part)) else b""
        link = _link_of(part)
        if (guid and guid in guids) or (link and link in links) or not (guid or link):
            return False
        guids.add(guid)
        links.add(link)
        if host := _HOST.match(guid):
            hosts.add(host[1].lower())
    return len(hosts) <= 1


def _link_of(part: bytes) -> bytes:
    found = _LINK.search(part)
    if found is None:
        return b""
    link: bytes = (found[1] or found[2] or b"").strip().partition(b"#")[0]
    return canonical_link(link.decode("utf-8", "replace")).encode() if b"?" in link else link.rstrip(b"/")
