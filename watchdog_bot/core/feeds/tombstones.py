"""Entries that a feed says are deleted (RFC 6721, `at:deleted-entry`). Pure.

Only what a feed says is believed: an entry that is merely missing has scrolled out, as entries do. One that stands in the
same document as well is there again (RFC 6721 section 3: an entry that is newer than its tombstone stands).
"""

from __future__ import annotations

import re
from html import unescape

from watchdog_bot.core.feeds import identity
from watchdog_bot.core.model import EntryKeys, ParsedEntry

NAMESPACE = b"http://purl.org/atompub/tombstones/1.0"
MOST = 200
_DELETED = re.compile(rb"<(?:[\w.-]{1,40}:)?deleted-entry\b([^<>]{1,4000})>")
_REF = re.compile(rb"\bref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


def deleted(body: bytes) -> tuple[EntryKeys, ...]:
    """The keys of the deleted entries of a document as it came; most documents have none, which costs nothing."""
    return tuple(identity.keys([ParsedEntry(each, None, "")])[0] for each in deleted_ids(body))


def deleted_ids(body: bytes) -> tuple[str, ...]:
    """The ids (`atom:id`, verbatim) of deleted entries, at most `MOST`; `body` is the document as it came."""
    if NAMESPACE not in body or b"deleted-entry" not in body:
        return ()
    found: dict[str, None] = {}
    for tag in _DELETED.finditer(body):
        ref = _REF.search(tag.group(1))
        raw = (ref.group(1) or ref.group(2) or b"").strip() if ref else b""
        if not raw or re.search(
            rb"<(?:[\w.-]{1,40}:)?id\b[^<>]{0,200}>\s*" + re.escape(raw) + rb"\s*<", body
        ):
            continue
        found[unescape(raw.decode("utf-8", "replace"))] = None
        if len(found) == MOST:
            break
    return tuple(found)
