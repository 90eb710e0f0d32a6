"""Which addresses may be contacted. It guards against feeds, redirects and DNS answers that point inward.

`refused_url` looks at an address as text, before anything is sent. `refused_ip` looks at the address of the socket
about to be opened, after DNS, so a name that answers differently the second time gains nothing.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]
Refusing = Callable[[str], str | None]

_CGNAT = ip_network("100.64.0.0/10")  # RFC 6598
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))  # RFC 6052, RFC 8215
_SITE_LOCAL = ip_network("fec0::/10")  # RFC 3879: deprecated, still routed by some
_METADATA = frozenset(
    {"169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"}
)  # clouds


class AddressRefusedError(OSError):
    """The address of a socket is none that may be contacted. The text says what kind it is."""


def refused_url(url: str) -> str | None:
    """Why this address may not be fetched, or None: only http and https, to ports 80, 443 and from 1024 on."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "the address cannot be read"
    if parts.scheme not in {"http", "https"}:
        return f"only http and https are fetched, not {parts.scheme[:20] or 'an address without a scheme'}"
    if not host:
        return "the address names no host"
    if parts.username is not None or parts.password is not None:
        return "the address holds a name or a password; take them out"
    if port is not None and port not in {80, 443} and port < 1024:
        return f"port {port} is not one of a web server; 80, 443 and 1024 and above are"
    return None


def refused_ip(text: str) -> str | None:
    """What kind of address it is, if it is not one of the public internet; else None."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return "unreadable"
    if str(address) in _METADATA:
        return "cloud metadata"
    for inner in _embedded(address):
        if (kind := _kind(inner)) is not None:
            return kind
    return None


def _embedded(address: IPv4Address | IPv6Address) -> tuple[IPv4Address | IPv6Address, ...]:
    """The address and those of IPv4 hidden in it: mapped, compatible, 6to4, Teredo, NAT64."""
    if isinstance(address, IPv4Address):
        return (address,)
    found: list[IPv4Address | IPv6Address] = []
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found.extend(address.teredo)
    if any(address in network for network in _NAT64):
        return (
            *found,
            IPv4Address(int(address) & 0xFFFFFFFF),
        )  # the prefix itself is not "global" by the books
    return (*found, address)


def _kind(address: IPv4Address | IPv6Address) -> str | None:
    """RFC 6890 and what it leaves out. The order tells the most telling name first."""
    if address.is_loopback:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast:
        return "multicast"
    if address.is_unspecified:
        return "unspecified"
    if address in _CGNAT:
        return "carrier-grade NAT"
    if address in _SITE_LOCAL or address.is_private:
        return "private"
    return None if address.is_global else "reserved"


def socket_factory(refused: Refusing | None) -> Callable[[AddressInfo], socket.socket]:
    """A maker of sockets for aiohttp's connector, which asks `refused` first (None: everything may be contacted)."""

    def make(info: AddressInfo) -> socket.socket:
        family, kind, proto, _, where = info
        if refused is not None and (why := refused(str(where[0]))) is not None:
            raise AddressRefusedError(errno.EACCES, f"refused address: {why}")
        return socket.socket(family=family, type=kind, proto=proto)

    return make
