"""Addresses out of hostile documents: absolute http(s) or nothing."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

MAX_LINK = 2048  # characters: what browsers, servers and Telegram agree on

_TRIM = "".join(map(chr, range(0x21))) + "\u00a0\u200b\ufeff"  # RFC 3986 appendix C, and what copying adds
_INSIDE = re.compile(r"[\t\r\n\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_UNSAFE = str.maketrans({" ": "%20", '"': "%22", "<": "%3C", ">": "%3E", "\\": "/", "`": "%60", "|": "%7C",
                         "{": "%7B", "}": "%7D", "^": "%5E"})  # fmt: skip
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


def absolute(href: str | None, base: str = "") -> str | None:
    """The address `href` means on a page at `base`, or None if it is not an http(s) address of up to 2,048
    characters. Other schemes (javascript:, data:, mailto:, …) are nobody's to follow.
    """
    if not href or len(href) > 2 * MAX_LINK:
        return None
    href = _INSIDE.sub("", href.strip(_TRIM))
    if not href:
        return None
    scheme = _SCHEME.match(href)
    if scheme and scheme[0].lower() not in {"http:", "https:"}:
        return None
    try:
        if scheme and not urlsplit(href).netloc:
            return None  # "https:" and nothing, or nothing that a browser and Python would read alike
        joined = urljoin(base, href)
        parts = urlsplit(joined)
        host, _port = parts.hostname, parts.port
    except ValueError:  # an unclosed [, a port that is no number
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    address = joined.translate(_UNSAFE)
    return address if len(address) <= MAX_LINK and address.isprintable() else None


def relative(href: str) -> str | None:
    """A link that is relative, cleaned, where nothing is known that it is relative to; None for anything else."""
    address = absolute(href, "https://unknown.invalid/")
    if address is None or host_of(address) != "unknown.invalid":
        return None
    return _INSIDE.sub("", href.strip(_TRIM)).translate(_UNSAFE)


def host_of(url: str) -> str:
    """The host, lower case, without "www."; empty where there is none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")
