"""The tests' own fence holds."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.conftest import OutsideError

OUTSIDE = ("203.0.113.7", 80)  # a documentation address (RFC 5737)


@pytest.mark.usefixtures("forgive_attempts")
def test_it_refuses_a_connection_beyond_loopback() -> None:
    with socket.socket() as sock, pytest.raises(OutsideError, match=r"203\.0\.113\.7"):
        sock.connect(OUTSIDE)


@pytest.mark.usefixtures("forgive_attempts")
def test_it_refuses_a_connection_without_exceptions_and_a_datagram() -> None:
    with socket.socket() as sock, pytest.raises(OutsideError):
        sock.connect_ex(OUTSIDE)
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(OutsideError):
        sock.sendto(b"", OUTSIDE)


@pytest.mark.usefixtures("forgive_attempts")
def test_it_refuses_to_look_up_a_name() -> None:
    with pytest.raises(OutsideError, match=r"news\.example"):
        socket.getaddrinfo("news.example", 443)


@pytest.mark.usefixtures("forgive_attempts")
async def test_it_refuses_what_asyncio_opens() -> None:
    with pytest.raises(OutsideError):
        await asyncio.open_connection(*OUTSIDE)


def test_a_name_that_never_exists_is_not_found() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("nothing.invalid", 80)


async def test_it_lets_loopback_through() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("localhost", port, family=socket.AF_INET)
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
        writer.close()
        await writer.wait_closed()
