"""Which addresses Telegram takes for a link, and how it writes them.

Mirrors TDLib's `check_link` and `parse_url` in effect: http, https, tg, ton and tonsite only, a host with a
dot (or an IPv6 address in brackets), no odd characters in the host. Anything else is dropped from text
without a word, and refused in a button.
"""

from __future__ import annotations

import ipaddress
import re

_SCHEME = re.compile(r"[^:/?#@\[\]]*")
_AUTHORITY = re.compile(r"[^/?#]*")
_PORT = re.compile(r"-?[0-9]+\Z")
_PART = re.compile(r"(?:[A-Za-z0-9._!$,~*'();&+=\-]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])*\Z")
_PART_WITH_COLON = re.compile(r"(?:[A-Za-z0-9._!$,~*'();&+=:\-]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])*\Z")
_INNER_HOST = re.compile(r"[A-Za-z0-9_\-]*\Z")
_INNER_HOST_DOTS = re.compile(r"[A-Za-z0-9_.\-]*\Z")
_CONTROL = re.compile(r"[\x00-\x20]")
_SPACE = " \t\r\n\0\v"
_UPPER = re.compile(r"[A-Z]+")
_INNER = (("tg:", "tg"), ("ton:", "ton"), ("tonsite:", "tonsite"))


class LinkError(Exception):
    """Why an address is not a link, in Telegram's words."""


def lower_ascii(text: str) -> str:
    """Only A-Z are lowered, as in Telegram's parsers."""
    return _UPPER.sub(lambda found: found[0].lower(), text)


def check_link(link: str) -> str:
    """The address as Telegram would store it. Raises LinkError."""
    lowered = lower_ascii(link[:8])
    for prefix, scheme in _INNER:
        if lowered.startswith(prefix):
            return _inner_link(link[len(prefix) :].removeprefix("//"), scheme)
    protocol, userinfo, host, port, query = _split(link)
    if "." not in host and not _is_ipv6(host):
        raise LinkError("Wrong HTTP URL")
    credentials = f"{userinfo}@" if userinfo else ""
    return f"{protocol}://{credentials}{host}{f':{port}' if port else ''}{query}"


def user_of_link(link: str) -> int | None:
    """The user id in `tg://user?id=…`, or None."""
    lowered = lower_ascii(link)
    if not lowered.startswith("tg:"):
        return None
    rest = lowered[3:].removeprefix("//")
    if not rest.startswith("user") or (len(rest) > 4 and rest[4] not in "/?#"):
        return None
    rest = rest[4:].removeprefix("/")
    if not rest.startswith("?"):
        return None
    for parameter in rest[1:].split("#", 1)[0].split("&"):
        key, _, value = parameter.partition("=")
        if key == "id":
            is_user = re.fullmatch(r"[1-9][0-9]{0,12}", value) is not None and int(value) < 1 << 40
            return int(value) if is_user else None
    return None


def _inner_link(rest: str, scheme: str) -> str:
    protocol, userinfo, host, port, query = _split(rest)
    wrong = "Wrong tg URL" if scheme == "tg" else "Wrong ton URL"
    explicit_http = lower_ascii(rest[:7]) == "http://"
    if explicit_http or protocol == "https" or userinfo or port or _is_ipv6(host):
        raise LinkError(wrong)
    allowed = _INNER_HOST_DOTS if scheme == "tonsite" else _INNER_HOST
    if not allowed.match(host):
        raise LinkError("Unallowed characters in URL host")
    if query.startswith("/?"):
        query = query[1:]
    return f"{scheme}://{host}{query}"


def _split(url: str) -> tuple[str, str, str, int, str]:
    """Protocol, userinfo, host (lowered), explicit port or 0, the rest (starts with a slash)."""
    protocol, rest = _protocol(url)
    authority_match = _AUTHORITY.match(rest)
    authority = authority_match[0] if authority_match else ""
    tail = rest[len(authority) :].rstrip(_SPACE)
    userinfo_host, port = _port(authority)
    userinfo, _, host = userinfo_host.rpartition("@")
    if _is_ipv6(host):
        _check_ipv6(host[1:-1])
    elif not host:
        raise LinkError("URL host is empty")
    elif host == ".":
        raise LinkError("Host is invalid")
    host = lower_ascii(host)
    query = _CONTROL.sub(lambda found: f"%{ord(found[0]):02X}", tail or "/")
    if not _is_ipv6(host):
        _check_part(host, "host", _PART)
        _check_part(userinfo, "userinfo", _PART_WITH_COLON)
    return protocol, userinfo, host, port, query if query.startswith("/") else f"/{query}"


def _protocol(url: str) -> tuple[str, str]:
    scheme_match = _SCHEME.match(url)
    scheme = scheme_match[0] if scheme_match else ""
    if not url.startswith("://", len(scheme)):
        return "http", url
    lowered = lower_ascii(scheme)
    if lowered not in {"http", "https"}:
        raise LinkError("Unsupported URL protocol")
    return lowered, url[len(scheme) + 3 :]


def _port(authority: str) -> tuple[str, int]:
    """The authority without its port, and the port (0 when none is given)."""
    at = max(authority.rfind(sign) for sign in ":]@")
    if at <= 0 or authority[at] != ":":
        return authority, 0
    digits = authority[at + 1 :]
    shown = digits.lstrip("0") or digits[-1:]
    if not _PORT.match(shown) or not 0 < int(shown) <= 65535 or str(int(shown)) != shown:
        raise LinkError("Wrong port number specified in the URL")
    return authority[:at], int(shown)


def _check_part(part: str, name: str, allowed: re.Pattern[str]) -> None:
    if allowed.match(part):
        return
    if re.search(r"%(?![0-9A-Fa-f]{2})", part):
        raise LinkError(f"Wrong percent-encoded symbol in URL {name}")
    raise LinkError(f"Disallowed character in URL {name}")


def _is_ipv6(host: str) -> bool:
    return host.startswith("[") and host.endswith("]")


def _check_ipv6(text: str) -> None:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        raise LinkError("Wrong IPv6 address specified in the URL") from None
