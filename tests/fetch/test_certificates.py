"""Certificates that do not hold, from a real server on loopback: each ends the connection before anything is asked."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fetch.conftest import AGENT, QUICK
from watchdog_bot.core.model import FetchFailed, HttpMemory
from watchdog_bot.fetch import Fetcher

AUTHORITY = """
[ca]
default_ca = one
[one]
new_certs_dir = {folder}
database = {folder}/index
serial = {folder}/serial
default_md = sha256
policy = any
x509_extensions = of_a_server
[any]
commonName = supplied
[of_a_server]
basicConstraints = CA:true
subjectAltName = DNS:{host}
[req]
distinguished_name = nobody
[nobody]
"""


@dataclass(frozen=True, slots=True)
class Case:
    words: str
    host: str = "localhost"
    until: str = "20491231235959Z"
    known: bool = True  # whether the client trusts who signed it


@pytest.mark.parametrize("case", [
    pytest.param(Case("is signed by the server itself", known=False), id="self-signed"),
    pytest.param(Case("has expired", until="20210101000000Z"), id="expired"),
    pytest.param(Case("is for another host name", host="other.example"), id="for another host"),
])  # fmt: skip
async def test_a_certificate_that_does_not_hold_ends_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    pem = await asyncio.to_thread(certificate, tmp_path, case)
    ours, theirs = ssl.create_default_context(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(pem, tmp_path / "key.pem")
    if case.known:
        ours.load_verify_locations(pem)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", ours)
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(100))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=theirs) as secure:
        port = secure.sockets[0].getsockname()[1]
        async with Fetcher(user_agent=AGENT, allow_private=True, limits=QUICK) as fetcher:
            failed = await fetcher.get(f"https://localhost:{port}/f", HttpMemory())
    assert isinstance(failed, FetchFailed)
    assert failed.cause == f"the server's certificate {case.words}"
    assert asked == []


def certificate(folder: Path, case: Case) -> Path:
    """A certificate that signs itself, valid from 2020; its key is beside it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl here to make a certificate with")
    (folder / "ca.cnf").write_text(AUTHORITY.format(folder=folder, host=case.host))
    (folder / "index").touch()
    (folder / "serial").write_text("01")
    key, request, made = folder / "key.pem", folder / "request.pem", folder / "made.pem"
    config = ("-config", folder / "ca.cnf")
    for words in (
        ("req", "-new", *config, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", f"/CN={case.host}", "-keyout", key, "-out", request),
        ("ca", "-selfsign", "-batch", "-notext", *config, "-keyfile", key, "-in", request, "-out", made,
         "-startdate", "20200101000000Z", "-enddate", case.until),
    ):  # fmt: skip
        done = subprocess.run([openssl, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return made
