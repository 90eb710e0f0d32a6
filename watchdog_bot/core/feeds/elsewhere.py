"""Where a post can be read when its own address cannot: a mirror of its source, or a web archive. Pure.

A pattern is an https address in which {url} stands for the post's whole address and {path} for the part after its host,
with the query; one without either is the mirror's front page and leads there from every post.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from watchdog_bot.core.feeds.links import MAX_LINK, absolute

_PLACE = re.compile(r"\{([^{}]*)\}")
_PLACES = frozenset({"url", "path"})


def fault(pattern: str) -> str | None:
    """What is wrong with a pattern that a person wrote, or None."""
    if not pattern.startswith("https://"):
        return "does not start with https://"
    if unknown := sorted(set(_PLACE.findall(pattern)) - _PLACES):
        return f"knows {{url}} and {{path}}, not {{{unknown[0]}}}"
    return None if address(pattern, "https://example.org/post") else "is not an address"


def address(pattern: str, link: str | None) -> str | None:
    """The post of this link by this pattern; None where there is no pattern or no link, or the address is too long."""
    if not pattern or not link or len(pattern) + len(link) > 2 * MAX_LINK:
        return None
    parts = urlsplit(link)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    there = pattern.replace("{path}", path.lstrip("/") if "/{path}" in pattern else path)
    return absolute(there.replace("{url}", link))
