"""What holds for every test: no network beyond loopback, no proxies, the same examples on every run."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The machine is shared: a slow moment is no defect of the code. `--hypothesis-profile=explore` looks further.
settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile("steady")

for _name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.upper(), None)


class OutsideError(AssertionError):
    """A test tried to leave this machine. No OSError, so that no code takes it for a failure of the network."""


_attempts: list[str] = []
_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_sendto = socket.socket.sendto
_getaddrinfo = socket.getaddrinfo


def _refuse(what: str) -> OutsideError:
    _attempts.append(what)
    return OutsideError(
        f"{what}: tests speak to loopback only; give the code a resolver or a server of its own"
    )


def _guard(sock: socket.socket, address: Any) -> None:
    if sock.family in {socket.AF_INET, socket.AF_INET6} and not _is_local(str(address[0])):
        raise _refuse(f"connection to {address[0]!r}")


def _is_local(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def _is_number(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _guarded_connect(self: socket.socket, address: Any) -> None:
    _guard(self, address)
    _connect(self, address)


def _guarded_connect_ex(self: socket.socket, address: Any) -> int:
    _guard(self, address)
    return _connect_ex(self, address)


def _guarded_sendto(self: socket.socket, data: Any, *rest: Any) -> int:
    _guard(self, rest[-1])
    return _sendto(self, data, *rest)


def _guarded_getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
    """Numbers and local names are looked up; `….invalid` never exists (RFC 6761); all else is refused."""
    text = host.decode() if isinstance(host, bytes) else host
    if not text or _is_local(text) or _is_number(text):
        return _getaddrinfo(host, *rest, **named)
    if text.rstrip(".").endswith(".invalid"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    raise _refuse(f"look-up of {text!r}")


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse, and fail the test even when the code under test swallowed the refusal."""
    monkeypatch.setattr(socket.socket, "connect", _guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", _guarded_connect_ex)
    monkeypatch.setattr(socket.socket, "sendto", _guarded_sendto)
    monkeypatch.setattr(socket, "getaddrinfo", _guarded_getaddrinfo)
    _attempts.clear()
    yield
    tried = tuple(_attempts)
    _attempts.clear()
    if tried:
        pytest.fail(f"the test left this machine: {'; '.join(tried)}")


@pytest.fixture
def forgive_attempts() -> Iterator[None]:
    """For the guard's own tests: what they tried on purpose does not fail them."""
    yield
    _attempts.clear()
