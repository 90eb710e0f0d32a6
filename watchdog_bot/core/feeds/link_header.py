"""The HTTP header Link (RFC 8288): which addresses an answer names, and as what. Pure.

1. Links are separated by commas; a comma within <…> or "…" separates nothing (section 3.5 and appendix B).
2. `rel` holds one relation or several with spaces between them, in any case; of two only the first counts (3.3).
3. A link with `anchor` speaks of another address than the one that was fetched, and is left out (3.2).
4. What cannot be read ends the reading; what was read before counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from watchdog_bot.core.feeds.links import absolute

LIMIT = 8_192  # characters that are looked at

_TARGET = re.compile(r"[\s,]*<([^<>]*)>")
_PARAM = re.compile(
    r'\s*;\s*(?:([!#$%&\'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?)?'
)
_ESCAPED = re.compile(r"\\(.)")
_END = re.compile(r"\s*(?:,|\Z)")


def named(header: str, relation: str, url: str) -> str | None:
    """The first address that the header names as this relation (in lower case), absolute; None where it names none.

    Several headers are one with commas between them (RFC 9110 section 5.3). `url` is what was fetched.
    """
    for target, relations in _links(header[:LIMIT]):
        if relation in relations and (address := absolute(target, url)) is not None:
            return address
    return None


def _links(header: str) -> Iterator[tuple[str, frozenset[str]]]:
    at = 0
    while (target := _TARGET.match(header, at)) is not None:
        at = target.end()
        params: dict[str, str] = {}
        while (param := _PARAM.match(header, at)) is not None:
            at = param.end()
            if param[1]:
                value = _ESCAPED.sub(r"\1", param[2]) if param[2] is not None else param[3] or ""
                params.setdefault(param[1].lower(), value)
        if "anchor" not in params:
            yield target[1].strip(), frozenset(params.get("rel", "").lower().split())
        end = _END.match(header, at)
        if end is None:
            return
        at = end.end()
