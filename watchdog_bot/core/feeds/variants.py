"""Mobile and AMP variants of a page: the address of the page itself, where the address alone makes it certain. Pure.

1. AMP caches: `https://any.cdn.ampproject.org/c/s/host/path`, `/v/` likewise; `s/` for https (AMP project, "AMP Cache
   URL format").
2. Google's viewer: `https://www.google.com/amp/s/host/path`.
3. A host that begins with `m.`, `mobile.` or `amp.`, where a name with a dot is left.
4. A last step of the path that is `amp`, below another; an ending `.amp`; a parameter `amp` that is empty, 1 or true;
   `outputType=amp`. WordPress and the larger newsrooms write one of these.

The result is for comparing, never for following. What merely redirects (t.co, bit.ly, feed proxies) is left as it is:
only asking would tell.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

_CACHE = re.compile(r"(?:[a-z0-9-]+\.)?cdn\.ampproject\.org")
_CACHED = re.compile(r"/[cv]/(s/)?(?=[^/])")
_VIEWER = re.compile(r"(?:www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?")
_VIEWED = re.compile(r"/amp/(s/)?(?=[^/])")
_HOSTS = ("m.", "mobile.", "amp.")
_TRUE = frozenset({"amp", "amp=", "amp=1", "amp=true", "outputtype=amp"})
_WRAPPED = 3  # times at most: a viewer may show what a cache has


def page(url: str) -> str:
    """The address of the page that this one is a variant of; the address itself where it is none, or cannot be read."""
    try:
        parts = urlsplit(url.strip())
        for _ in range(_WRAPPED):
            inner = _unwrapped(parts)
            if inner is None:
                break
            parts = urlsplit(inner)
        host = parts.hostname or ""
        found = parts._replace(
            netloc=_desktop(parts, host), path=_whole(parts.path), query=_asked(parts.query)
        )
    except ValueError:
        return url
    if parts.scheme not in {"http", "https"} or not host:
        return url
    return found.geturl()


def _unwrapped(parts: SplitResult) -> str | None:
    """Rules 1 and 2."""
    host = parts.hostname or ""
    if _CACHE.fullmatch(host):
        start = _CACHED.match(parts.path)
    elif _VIEWER.fullmatch(host):
        start = _VIEWED.match(parts.path)
    else:
        return None
    if start is None:
        return None
    query = f"?{parts.query}" if parts.query else ""
    return f"http{'s' if start[1] else ''}://{parts.path[start.end() :]}{query}"


def _desktop(parts: SplitResult, host: str) -> str:
    """Rule 3."""
    for prefix in _HOSTS:
        rest = host.removeprefix(prefix)
        if rest != host and "." in rest:
            port = parts.port
            return rest if port is None else f"{rest}:{port}"
    return parts.netloc


def _whole(path: str) -> str:
    """Rule 4, of the path."""
    above, _, last = path.rstrip("/").rpartition("/")
    if last == "amp" and above:
        return above
    return path.rstrip("/").removesuffix(".amp") if last.endswith(".amp") and last != ".amp" else path


def _asked(query: str) -> str:
    """Rule 4, of the parameters."""
    return "&".join(each for each in query.split("&") if each.lower() not in _TRUE)
