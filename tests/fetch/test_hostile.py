"""What a server can do to us: each attempt is bounded and has its cause in words."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_reqrep import ConnectionKey

from tests.feedserver import FeedServer, Reply, hangs, rendered, writes
from tests.fetch.conftest import AGENT, QUICK
from watchdog_bot.core.model import FailureWeight, Fetched, FetchFailed, HttpMemory
from watchdog_bot.fetch import Fetcher, FetchLimits
from watchdog_bot.fetch import words as words_of
from watchdog_bot.fetch.body import MAKERS, BadEncodingError, TooLargeError, decoder_for
from watchdog_bot.fetch.guard import refused_ip, refused_url

BODY = b'<rss version="2.0"><channel><title>Court notes</title></channel></rss>'
NOTHING = HttpMemory()
HASTY = FetchLimits(body=100_000, total=0.3, connect=0.3, spacing=0.0)


@pytest.fixture
async def hasty() -> AsyncIterator[Fetcher]:
    async with Fetcher(user_agent=AGENT, allow_private=True, limits=HASTY) as opened:
        yield opened


async def failure(fetcher: Fetcher, url: str) -> FetchFailed:
    result = await fetcher.get(url, NOTHING)
    assert isinstance(result, FetchFailed)
    return result


# --- size


async def test_a_body_of_50_mb_is_left_after_the_limit(server: FeedServer, fetcher: Fetcher) -> None:
    sent = itertools.count()
    pieces = (b"x" * 65_536 for _ in iter(lambda: next(sent) < 800, False))
    server.raw("/f", writes(itertools.chain([b"HTTP/1.1 200 OK\r\n\r\n"], pieces)))
    assert "larger than 0.1 MB" in (await failure(fetcher, server.url("/f"))).cause
    assert next(sent) < 800


async def test_a_length_over_the_limit_is_refused_before_the_body(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.raw("/f", writes([b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", b"x"]))
    failed = await failure(fetcher, server.url("/f"))
    assert failed == FetchFailed("larger than 0.1 MB", FailureWeight.HARD)


def bomb(name: str, size: int) -> bytes:
    zeros = b"\0" * size
    if name == "gzip":
        return gzip.compress(zeros)
    if name == "deflate":
        return zlib.compress(zeros)
    module = MAKERS[name]().__dict__["_module"]
    packed: bytes = module.compress(zeros)
    return packed


@pytest.mark.parametrize("encoding", sorted(MAKERS))
async def test_a_bomb_stops_at_the_limit(server: FeedServer, fetcher: Fetcher, encoding: str) -> None:
    server.reply("/f", Reply(200, bomb(encoding, 30_000_000), {"Content-Encoding": encoding}))
    assert "larger than" in (await failure(fetcher, server.url("/f"))).cause


async def test_a_bomb_in_a_bomb_stops_at_the_limit(server: FeedServer, fetcher: Fetcher) -> None:
    body = gzip.compress(gzip.compress(b"\0" * 30_000_000))
    server.reply("/f", Reply(200, body, {"Content-Encoding": "gzip, gzip"}))
    assert "larger than" in (await failure(fetcher, server.url("/f"))).cause


def test_a_bomb_costs_no_more_memory_than_the_limit() -> None:
    packed = gzip.compress(b"\0" * 50_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            decoder_for("gzip").feed(packed, 1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_a_million_empty_gzip_members_are_refused() -> None:
    with pytest.raises(BadEncodingError, match="too many parts"):
        decoder_for("gzip").feed(gzip.compress(b"") * 20_000, 1_000_000)


async def test_compression_over_and_over_is_refused(server: FeedServer, fetcher: Fetcher) -> None:
    server.reply("/f", Reply(200, b"x", {"Content-Encoding": "gzip, gzip, gzip"}))
    assert "over and over" in (await failure(fetcher, server.url("/f"))).cause


async def test_endless_headers_are_left(server: FeedServer, fetcher: Fetcher) -> None:
    lines = (b"X-%d: y\r\n" % number for number in itertools.count())
    server.raw("/f", writes(itertools.chain([b"HTTP/1.1 200 OK\r\n"], itertools.islice(lines, 100_000))))
    assert "far too many headers" in (await failure(fetcher, server.url("/f"))).cause


async def test_a_header_without_end_is_left(server: FeedServer, fetcher: Fetcher) -> None:
    server.raw("/f", writes([b"HTTP/1.1 200 OK\r\nX: ", *([b"y" * 10_000] * 100)]))
    assert "far too many headers" in (await failure(fetcher, server.url("/f"))).cause


# --- time


async def test_a_server_that_never_answers_is_left(server: FeedServer, hasty: Fetcher) -> None:
    server.raw("/f", hangs)
    failed = await failure(hasty, server.url("/f"))
    assert failed.weight is FailureWeight.TEMPORARY
    assert "did not answer whole within 0.3 seconds" in failed.cause


async def test_a_slow_drip_is_left_though_something_always_comes(server: FeedServer, hasty: Fetcher) -> None:
    drops = itertools.chain([b"HTTP/1.1 200 OK\r\n\r\n"], itertools.repeat(b"<"))
    server.raw("/f", writes(drops, pause=0.02))
    assert "whole within" in (await failure(hasty, server.url("/f"))).cause


async def test_a_drip_of_headers_is_left(server: FeedServer, hasty: Fetcher) -> None:
    server.raw("/f", writes(itertools.chain([b"HTTP/1.1 200 OK\r\nX: "], itertools.repeat(b"y")), pause=0.02))
    assert "whole within" in (await failure(hasty, server.url("/f"))).cause


async def test_one_hanging_server_keeps_no_other_waiting(server: FeedServer, fetcher: Fetcher) -> None:
    server.raw("/slow", hangs)
    server.serve("/f", BODY)
    slow = asyncio.create_task(fetcher.get(server.url("/slow"), NOTHING))
    assert isinstance(await fetcher.get(server.url("/f", host="localhost"), NOTHING), Fetched)
    assert not slow.done()
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow


# --- broken answers


async def test_a_body_shorter_than_its_length_is_a_failure(server: FeedServer, fetcher: Fetcher) -> None:
    server.raw("/f", writes([b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<rss>"]))
    failed = await failure(fetcher, server.url("/f"))
    assert "broke off" in failed.cause
    assert failed.weight is FailureWeight.TEMPORARY


async def test_a_line_break_after_the_length_is_not_part_of_the_body(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.raw(
        "/f", writes([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n<rss>", b"\r\n"])
    )
    result = await fetcher.get(server.url("/f"), NOTHING)
    assert isinstance(result, Fetched)
    assert result.body == b"<rss>"


async def test_chunks_that_break_off_are_a_failure(server: FeedServer, fetcher: Fetcher) -> None:
    server.raw("/f", writes([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n"]))
    assert "broke off" in (await failure(fetcher, server.url("/f"))).cause


async def test_a_chunk_of_absurd_size_is_a_failure(server: FeedServer, fetcher: Fetcher) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.raw("/f", writes([chunked, b"fffffffffffffffffffff\r\nx"]))
    assert (await failure(fetcher, server.url("/f"))).cause


async def test_two_lengths_that_differ_are_a_failure(server: FeedServer, fetcher: Fetcher) -> None:
    server.raw("/f", writes([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\n<rss>"]))
    assert (await failure(fetcher, server.url("/f"))).cause


async def test_something_that_is_not_http_is_a_failure(server: FeedServer, fetcher: Fetcher) -> None:
    server.raw("/f", writes([b"SSH-2.0-OpenSSH_9.9\r\n"]))
    assert "proper HTTP" in (await failure(fetcher, server.url("/f"))).cause


async def test_a_closed_connection_is_a_failure(server: FeedServer, fetcher: Fetcher) -> None:
    server.raw("/f", writes([]))
    assert "closed the connection" in (await failure(fetcher, server.url("/f"))).cause


async def test_a_port_where_nobody_listens_is_a_failure(fetcher: Fetcher) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        failed = await failure(fetcher, f"http://127.0.0.1:{reserved.getsockname()[1]}/f")
    assert "no connection to 127.0.0.1" in failed.cause
    assert failed.weight is FailureWeight.TEMPORARY


@pytest.mark.parametrize(
    ("encoding", "body", "words"),
    [
        ("gzip", b"\x00\x01\x02", "labelled gzip"),
        ("gzip", gzip.compress(BODY, mtime=0)[:-12], "ends too early"),
        ("gzip", gzip.compress(BODY, mtime=0)[:-8] + b"\xff" * 8, "damaged"),
        ("gzip", gzip.compress(BODY, mtime=0) + b"and more", "something else behind"),
        ("deflate", b"\xff\xff\xff", "damaged"),
        ("snappy", b"x", "not asked for (snappy)"),
    ],
)
async def test_a_wrong_encoding_is_a_failure(
    server: FeedServer, fetcher: Fetcher, encoding: str, body: bytes, words: str
) -> None:
    server.reply("/f", Reply(200, body, {"Content-Encoding": encoding}))
    assert words in (await failure(fetcher, server.url("/f"))).cause


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("x-gzip", gzip.compress(BODY, mtime=0)),
        ("gzip", gzip.compress(BODY[:10], mtime=0) + gzip.compress(BODY[10:], mtime=0)),
        ("gzip", gzip.compress(BODY, mtime=0) + b"\0" * 100),
        ("gzip", BODY),  # mislabelled; seen in the wild
        ("deflate", zlib.compress(BODY)),
        ("deflate", zlib.compress(BODY, wbits=-15)),  # what RFC 9110 does not mean and servers do
        ("gzip, deflate", zlib.compress(gzip.compress(BODY, mtime=0))),
        ("identity", BODY),
        ("", BODY),
    ],
)
async def test_what_servers_mean_by_an_encoding_is_undone(
    server: FeedServer, fetcher: Fetcher, encoding: str, body: bytes
) -> None:
    one_by_one = rendered(Reply(200, body, {"Content-Encoding": encoding}))
    server.raw("/f", writes([one_by_one[at : at + 7] for at in range(0, len(one_by_one), 7)]))
    result = await fetcher.get(server.url("/f"), NOTHING)
    assert isinstance(result, Fetched)
    assert result.body == BODY


@pytest.mark.parametrize(("encoding", "module"), [("zstd", "backports.zstd"), ("br", "brotli")])
def test_newer_encodings_are_undone_where_there_is_a_module_for_them(encoding: str, module: str) -> None:
    packed = pytest.importorskip(module, reason=f"{module} is not installed").compress(BODY * 50)
    decoder, body = decoder_for(encoding), b""
    for at in range(0, len(packed), 5):
        body += decoder.feed(packed[at : at + 5], 100_000)
    decoder.close()
    assert body == BODY * 50
    cut_off = decoder_for(encoding)
    cut_off.feed(packed[:-3], 100_000)
    with pytest.raises(BadEncodingError, match="ends too early"):
        cut_off.close()
    with pytest.raises(BadEncodingError, match="damaged"):
        decoder_for(encoding).feed(b"\xff" * 100, 100_000)


# --- challenge pages


CHALLENGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>/cdn-cgi/challenge-platform/</body></html>"


@pytest.mark.parametrize("reply", [
    Reply(403, b"", {"cf-mitigated": "challenge"}),
    Reply(403, CHALLENGE, {"Content-Type": "text/html"}),
    Reply(503, CHALLENGE),
    Reply(200, CHALLENGE),
    Reply(200, b"<html><script src=/_Incapsula_Resource?x></script></html>"),
])  # fmt: skip
async def test_a_challenge_page_is_recognised(server: FeedServer, fetcher: Fetcher, reply: Reply) -> None:
    server.reply("/f", reply)
    failed = await failure(fetcher, server.url("/f"))
    assert "blocked by a challenge page" in failed.cause
    assert failed.weight is FailureWeight.SOFT


async def test_a_feed_that_writes_about_challenge_pages_is_none(server: FeedServer, fetcher: Fetcher) -> None:
    body = b"<rss><channel><item><title>Just a moment...</title><description>/cdn-cgi/challenge-platform/</description></item></channel></rss>"
    server.serve("/f", body)
    assert isinstance(await fetcher.get(server.url("/f"), NOTHING), Fetched)


# --- redirects


async def test_a_redirect_circle_is_told(server: FeedServer, fetcher: Fetcher) -> None:
    server.redirect("/a", "/b")
    server.redirect("/b", "/a#again")
    assert "in a circle" in (await failure(fetcher, server.url("/a"))).cause


@pytest.mark.parametrize("target", [
    "ftp://example.org/f", "file:///etc/passwd", "gopher://127.0.0.1:70/", "javascript:alert(1)", "data:text/xml,<rss/>",
    "http://127.0.0.1:25/", "http://name:secret@127.0.0.1:8080/", "http://[::1", "http://a:99999/",
])  # fmt: skip
async def test_a_redirect_to_where_we_do_not_go_is_refused(
    server: FeedServer, fetcher: Fetcher, target: str
) -> None:
    server.redirect("/a", target)
    failed = await failure(fetcher, server.url("/a"))
    assert "redirects to where we do not go" in failed.cause or "cannot be read" in failed.cause
    assert failed.weight is not FailureWeight.TEMPORARY
    assert "secret" not in failed.cause


def test_a_redirect_from_https_to_http_is_refused() -> None:
    why = Fetcher._refused_hop("https://example.org/f", "http://example.org/f", set())
    assert why == "it redirects from https to http, which we do not follow"
    assert Fetcher._refused_hop("http://example.org/f", "https://example.org/f", set()) is None


async def test_a_redirect_into_private_space_is_refused(server: FeedServer) -> None:
    async with FeedServer("127.0.0.2") as inner:
        inner.serve("/secret", BODY)
        server.redirect("/f", inner.url("/secret"))
        judge = {"127.0.0.1": None, "127.0.0.2": "loopback"}
        async with Fetcher(
            user_agent=AGENT, allow_private=False, limits=QUICK, refused=judge.__getitem__
        ) as guarded:
            failed = await failure(guarded, server.url("/f"))
            assert failed.weight is FailureWeight.HARD
            assert "loopback address" in failed.cause
            assert inner.connections == 0


# --- addresses


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "[::]",
        "2130706433",
        "127.1",
    ],
)
async def test_no_form_of_loopback_is_contacted(server: FeedServer, host: str) -> None:
    server.serve("/f", BODY)
    async with Fetcher(user_agent=AGENT, allow_private=False, limits=QUICK) as guarded:
        failed = await failure(guarded, f"http://{host}:{server.port}/f")
    assert failed.cause
    assert server.connections == 0


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.8.9.1", "loopback"), ("::1", "loopback"), ("0.0.0.0", "unspecified"), ("::", "unspecified"),
        ("10.0.0.1", "private"), ("172.16.5.4", "private"), ("192.168.1.1", "private"), ("fd12::1", "private"),
        ("169.254.1.1", "link-local"), ("fe80::1%eth0", "link-local"), ("224.0.0.1", "multicast"), ("ff02::1", "multicast"),
        ("100.64.3.2", "carrier-grade NAT"), ("::ffff:10.0.0.1", "private"), ("2002:7f00:1::", "loopback"),
        ("2002:0a00:0001::", "private"), ("64:ff9b::7f00:1", "loopback"), ("64:ff9b::a9fe:a9fe", "link-local"),
        ("64:ff9b:1::10.0.0.1", "private"), ("169.254.169.254", "cloud metadata"), ("100.100.100.200", "cloud metadata"),
        ("168.63.129.16", "cloud metadata"), ("fd00:ec2::254", "cloud metadata"), ("fec0::1", "private"),
        ("240.0.0.1", "private"), ("255.255.255.255", "private"), ("2001:0:7f00:1::", "loopback"), ("nonsense", "unreadable"),
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address: str, kind: str) -> None:
    assert refused_ip(address) == kind


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"],
)
def test_a_public_address_is_not_refused(address: str) -> None:
    assert refused_ip(address) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://example.org:8443/f",
        "http://example.org:443/",
        "https://example.org:1024",
    ],
)
def test_ordinary_addresses_are_not_refused(url: str) -> None:
    assert refused_url(url) is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("example.org/feed", "without a scheme"),
        ("ftp://example.org/f", "only http and https"),
        ("https://", "names no host"),
        ("http://me:secret@example.org/", "take them out"),
        ("http://example.org:22/", "port 22"),
        ("http://[half", "cannot be read"),
    ],
)
async def test_an_address_that_is_refused_is_told_why(fetcher: Fetcher, url: str, words: str) -> None:
    failed = await failure(fetcher, url)
    assert words in failed.cause
    assert failed.weight is FailureWeight.HARD
    assert "secret" not in failed.cause


class Changing(AbstractResolver):
    """DNS that answers with a public address first and with an inner one afterwards."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - aiohttp's interface
    ) -> list[ResolveResult]:
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_name_that_resolves_inward_is_refused_after_dns(server: FeedServer) -> None:
    server.serve("/f", BODY)
    async with Fetcher(
        user_agent=AGENT, allow_private=False, limits=QUICK, resolver=Changing("127.0.0.1")
    ) as guarded:
        failed = await failure(guarded, f"http://rebound.example:{server.port}/f")
    assert failed == FetchFailed(
        "rebound.example leads to a loopback address, which feeds may not be fetched from", FailureWeight.HARD
    )
    assert server.connections == 0


async def test_a_name_that_changes_between_two_hops_gains_nothing(server: FeedServer) -> None:
    async with FeedServer("127.0.0.2") as inner:
        server.redirect("/f", f"http://second.example:{inner.port}/f")
        inner.serve("/f", BODY)
        judge = {"127.0.0.1": None, "127.0.0.2": "private"}
        dns = Changing("127.0.0.1", "127.0.0.2")
        async with Fetcher(
            user_agent=AGENT, allow_private=False, limits=QUICK, refused=judge.__getitem__, resolver=dns
        ) as guarded:
            failed = await failure(guarded, f"http://first.example:{server.port}/f")
        assert "second.example leads to a private address" in failed.cause
        assert inner.connections == 0


class Nowhere(Changing):
    async def resolve(
        self,
        host: str,  # noqa: ARG002 - aiohttp's interface
        port: int = 0,  # noqa: ARG002 - aiohttp's interface
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - aiohttp's interface
    ) -> list[ResolveResult]:
        raise OSError(socket.EAI_NONAME, "Name or service not known")


async def test_a_name_that_does_not_resolve_is_told_in_words() -> None:
    async with Fetcher(user_agent=AGENT, allow_private=False, limits=QUICK, resolver=Nowhere()) as fetcher:
        failed = await failure(fetcher, "http://gone.example/f")
    assert failed == FetchFailed("the name gone.example leads nowhere (DNS)", FailureWeight.TEMPORARY)


# --- TLS


def certificate_error(code: int) -> Exception:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (10, "certificate has expired"),
        (62, "is for another host name"),
        (18, "signed by the server itself"),
        (999, "not valid"),
    ],
)
def test_a_certificate_that_does_not_hold_is_told_in_words(code: int, words: str) -> None:
    key = ConnectionKey("example.org", 443, True, True, None, None, None)
    error = aiohttp.ClientConnectorCertificateError(key, certificate_error(code))
    failed = words_of.for_error(error, "example.org")
    assert words in failed.cause
    assert failed.weight is FailureWeight.SOFT


async def test_plain_http_where_tls_is_expected_is_told(fetcher: Fetcher) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 this is a mail server\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as plain:
        failed = await failure(fetcher, f"https://127.0.0.1:{plain.sockets[0].getsockname()[1]}/f")
    assert "no secure connection to 127.0.0.1" in failed.cause


def test_an_error_nobody_thought_of_still_has_a_cause() -> None:
    assert (
        words_of.for_error(aiohttp.ClientError("odd"), "example.org").cause
        == "the connection to example.org failed (ClientError)"
    )


def test_a_cause_never_holds_the_whole_address() -> None:
    source = Path(words_of.__file__).read_text("utf-8")
    assert "{url" not in source
