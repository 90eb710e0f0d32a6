"""More of what a server can answer, from the wire to the words an admin reads: bounded, named, and no other feed's harm."""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.feedserver import FeedServer, Reply, writes
from tests.fetch.conftest import AGENT, QUICK
from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.model import Fetched, FetchFailed, HttpMemory, ParsedFeed
from watchdog_bot.fetch import Fetcher, FetchLimits

NOTHING = HttpMemory()
HASTY = FetchLimits(body=100_000, total=0.3, connect=0.3, spacing=0.0)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
FEED = '<rss version="2.0"><channel><title>Notes</title><item><title>Обыск у редакции</title></item></channel></rss>'
BODY = FEED.encode()
WHOLE = OK + b"Content-Length: %d\r\n" % len(BODY)


@pytest.fixture
async def hasty() -> AsyncIterator[Fetcher]:
    async with Fetcher(user_agent=AGENT, allow_private=True, limits=HASTY) as opened:
        yield opened


async def read(fetcher: Fetcher, url: str) -> ParsedFeed | str:
    """What comes of it: a feed, or the cause in words."""
    result = await fetcher.get(url, NOTHING)
    if isinstance(result, FetchFailed):
        return result.cause
    assert isinstance(result, Fetched)
    try:
        return parse_document(result.body, url=result.url, content_type=result.content_type)
    except ParseError as error:
        return str(error)


async def cause(fetcher: Fetcher, url: str) -> str:
    what = await read(fetcher, url)
    assert isinstance(what, str), what
    return what


# --- answers without end


def forever(piece: bytes) -> Iterable[bytes]:
    return itertools.repeat(piece * 50)


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="a flood of 100"),
        pytest.param(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", id="a flood of 103"),
        pytest.param(OK + b"\r\n", b"", id="a body that never comes"),
        pytest.param(CHUNKED, b"1\r\nx\r\n", id="a drip of chunks"),
        pytest.param(CHUNKED + b"0\r\n", b"X: y\r\n", id="trailers without end"),
        pytest.param(OK + b"Content-Encoding: gzip\r\n\r\n", b"\0", id="nothing behind a gzip label"),
    ],
)
async def test_what_never_ends_is_left(
    server: FeedServer, hasty: Fetcher, start: bytes, piece: bytes
) -> None:
    server.raw("/f", writes(itertools.chain([start], forever(piece)), pause=0.005))
    assert await cause(hasty, server.url("/f"))


async def test_one_line_of_100_mb_is_left_after_the_limit(server: FeedServer, fetcher: Fetcher) -> None:
    sent = itertools.count()
    line = (b"y" * 100_000 for _ in iter(lambda: next(sent) < 1000, False))
    server.raw("/f", writes(itertools.chain([OK + b"\r\n<rss><channel><title>"], line)))
    assert await cause(fetcher, server.url("/f")) == "larger than 0.1 MB"
    assert next(sent) < 1000


async def test_a_status_line_without_end_is_left(server: FeedServer, fetcher: Fetcher) -> None:
    server.raw("/f", writes([b"HTTP/1.1 200 ", *([b"O" * 10_000] * 100)]))
    assert "proper HTTP" in await cause(fetcher, server.url("/f"))


# --- answers that break off or contradict themselves


async def test_a_connection_reset_in_the_body_is_a_failure(server: FeedServer, fetcher: Fetcher) -> None:
    async def resets(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 500\r\n\r\n<rss>")
        await writer.drain()
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    server.raw("/f", resets)
    said = await cause(fetcher, server.url("/f"))
    assert "broke off" in said or "failed (connection reset" in said


@pytest.mark.parametrize("answer", [
    pytest.param(BODY, id="HTTP 0.9"),
    pytest.param(b"ICY 200 OK\r\n\r\n" + BODY, id="another protocol"),
    pytest.param(b"HTTP/1.1 two hundred\r\n\r\n", id="a status in words"),
    pytest.param(b"HTTP/9.9 200 OK\r\nContent-Length: -5\r\n\r\n", id="a negative length"),
    pytest.param(OK + b"Content-Length: 5, 9\r\n\r\n<rss>", id="two lengths in one"),
    pytest.param(OK + b"Content-Length: 0x10\r\n\r\n<rss>", id="a length in hexadecimal"),
    pytest.param(OK + b"no colon here\r\n\r\n", id="a header without a colon"),
    pytest.param(OK + b"X\0Y: z\r\n\r\n", id="a zero byte in a header's name"),
    pytest.param(OK + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n<rss>", id="a length and chunks"),
    pytest.param(CHUNKED + b"zz\r\n<rss>\r\n0\r\n\r\n", id="a chunk size that is none"),
    pytest.param(CHUNKED + b"-5\r\n<rss>\r\n0\r\n\r\n", id="a negative chunk size"),
    pytest.param(CHUNKED + b"5\r\n<rss>!!0\r\n\r\n", id="a chunk longer than its size"),
    pytest.param(CHUNKED + b"5;" + b"x" * 1_000_000 + b"\r\n", id="a chunk extension of 1 MB"),
])  # fmt: skip
async def test_what_is_not_proper_http_is_a_failure_in_words(
    server: FeedServer, hasty: Fetcher, answer: bytes
) -> None:
    server.raw("/f", writes([answer]))
    said = await cause(hasty, server.url("/f"))
    assert "127.0.0.1" in said or "broke off" in said, said


async def test_what_follows_an_answer_is_not_taken_for_the_next(server: FeedServer, fetcher: Fetcher) -> None:
    smuggled = OK + b"Content-Length: 5\r\n\r\nWRONG"

    async def two_for_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(WHOLE + b"\r\n" + BODY + smuggled)
        await writer.drain()
        await asyncio.wait_for(reader.read(1), 1.0)

    server.raw("/f", two_for_one)
    server.serve("/other", BODY)
    await read(fetcher, server.url("/f"))
    other = await read(fetcher, server.url("/other"))
    assert isinstance(other, ParsedFeed)
    assert other.title == "Notes"


@pytest.mark.parametrize(
    "status", [204, 205, 206, 226, 300, 304, 305, 418, 421, 451, 500, 511, 520, 599, 999]
)
async def test_a_status_that_brings_no_document_is_a_failure_in_words(
    server: FeedServer, fetcher: Fetcher, status: int
) -> None:
    server.reply("/f", Reply(status, b"" if status in {204, 304} else BODY))
    said = await cause(fetcher, server.url("/f"))
    assert str(status) in said or "not modified" in said


async def test_a_redirect_that_leads_nowhere_is_a_failure(server: FeedServer, fetcher: Fetcher) -> None:
    server.reply("/f", Reply(302, b""))
    assert "302" in await cause(fetcher, server.url("/f"))


# --- lies about what it is


@pytest.mark.parametrize("content_type", [
    "image/png", "text/html", "application/json", "text/plain; charset=us-ascii", "text/xml; charset=utf-16", "text/xml; charset=base64",
    "text/xml; charset=shift_jis", 'application/octet-stream; charset="', "x" * 5000, "/", "text/xml; charset=rot13", "",
])  # fmt: skip
async def test_a_content_type_that_lies_costs_nothing(
    server: FeedServer, fetcher: Fetcher, content_type: str
) -> None:
    server.serve("/f", BODY, content_type=content_type)
    feed = await read(fetcher, server.url("/f"))
    assert isinstance(feed, ParsedFeed)
    assert feed.entries[0].title == "Обыск у редакции"


@pytest.mark.parametrize(("encoding", "declared"), [
    ("cp1251", "utf-8"), ("koi8-r", "iso-8859-1"), ("utf-8", "windows-1251"), ("utf-16", "utf-8"), ("cp1251", ""),
])  # fmt: skip
async def test_a_charset_that_lies_costs_no_letter(
    server: FeedServer, fetcher: Fetcher, encoding: str, declared: str
) -> None:
    text = FEED.replace("Обыск у редакции", "Обыск у редакции, задержаны двое журналистов и адвокат")
    server.serve("/f", text.encode(encoding), content_type=f"text/xml; charset={declared}")
    feed = await read(fetcher, server.url("/f"))
    assert isinstance(feed, ParsedFeed)
    assert feed.entries[0].title == "Обыск у редакции, задержаны двое журналистов и адвокат"


@pytest.mark.parametrize(("body", "words"), [
    (b"", "empty: the server answered without a document"),
    (b"   \r\n", "empty"),
    (b"Not found. ", "neither XML nor JSON"),
    (b"<!doctype html><title>Sign in</title>", "a web page titled “Sign in”, not a feed"),
    (b'{"error": "no such feed"}', "JSON, but not a JSON Feed"),
    (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "neither XML nor JSON"),
    (b"\x1f\x8b\x08\0" + b"\xff" * 50, "a damaged compressed file"),
])  # fmt: skip
async def test_a_200_that_is_no_feed_is_told_for_what_it_is(
    server: FeedServer, fetcher: Fetcher, body: bytes, words: str
) -> None:
    server.serve("/f", body, content_type="application/rss+xml")
    assert words in await cause(fetcher, server.url("/f"))


CHALLENGES = {
    "Cloudflare": "<title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/h/b></script>",
    "Cloudflare, blocked": "<title>Attention Required! | Cloudflare</title>",
    "DDoS-Guard": "<title>DDoS-Guard</title><script src=/.well-known/ddos-guard/js-challenge/index.js></script>",
    "Incapsula": "<script src=/_Incapsula_Resource?SWJIYLWA=7></script>",
    "Sucuri": "<title>You are being redirected...</title><script>sucuri_cloudproxy_js='';</script>",
    "DataDome": "<script src=https://ct.captcha-delivery.com/c.js></script><iframe src=https://geo.captcha-delivery.com/captcha/>",
    "PerimeterX": "<div id=px-captcha></div>",
    "AWS WAF": "<script>window.awsWafCookieDomainList = [];</script>",
    "Anubis": "<title>Making sure you&#39;re not a bot!</title><link href=/.within.website/x/cmd/anubis/static/x.css>",
    "Vercel": "<title>Vercel Security Checkpoint</title>",
    "Qrator": "<script src=/__qrator/qauth_utm_v2.js></script>",
    "Imunify360": "<title>One moment, please...</title><script>/* wsidchk */</script>",
    "Bunny Shield": "<script src=/.bunny-shield/assets/challenge.js></script>",
}


@pytest.mark.parametrize("status", [200, 403, 503])
@pytest.mark.parametrize("vendor", sorted(CHALLENGES))
async def test_a_challenge_page_is_told_from_a_feed_whoever_made_it(
    server: FeedServer, fetcher: Fetcher, vendor: str, status: int
) -> None:
    page = f"<!DOCTYPE html><html><head>{CHALLENGES[vendor]}</head></html>"
    server.reply("/f", Reply(status, page.encode(), {"Content-Type": "text/html"}))
    assert "blocked by a challenge page" in await cause(fetcher, server.url("/f"))


# --- redirects into private space, and names that change


JUDGE = {"127.0.0.1": None, "127.0.0.2": "private"}


class Names(AbstractResolver):
    """Answers from a table; a name with several answers gives the next at each question, the last for ever."""

    def __init__(self, **table: list[list[str]]) -> None:
        self.table = table

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answers = self.table[host.partition(".")[0]]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        make: Callable[..., ResolveResult] = partial(ResolveResult, hostname=host, port=port, family=family)
        return [make(host=each, proto=0, flags=socket.AI_NUMERICHOST) for each in addresses]

    async def close(self) -> None:
        """Nothing is open."""


def guarded(names: Names | None = None) -> Fetcher:
    return Fetcher(
        user_agent=AGENT, allow_private=False, limits=QUICK, refused=JUDGE.__getitem__, resolver=names
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "form", ["http://127.0.0.2:{port}/s", "//127.0.0.2:{port}/s", "http://inner.example:{port}/s"]
)
@pytest.mark.parametrize("hops", [1, 4])
async def test_no_kind_of_redirect_leads_into_private_space(
    server: FeedServer, status: int, form: str, hops: int
) -> None:
    async with FeedServer("127.0.0.2") as inner, guarded(Names(inner=[["127.0.0.2"]])) as fetcher:
        inner.serve("/s", BODY)
        for hop in range(hops - 1):
            server.redirect(f"/{hop}", f"/{hop + 1}", status)
        server.redirect(f"/{hops - 1}", form.format(port=inner.port), status)
        assert "leads to a private address" in await cause(fetcher, server.url("/0"))
        assert inner.connections == 0


@pytest.mark.parametrize("answers", [
    pytest.param([["127.0.0.2"]], id="inward at once"),
    pytest.param([["127.0.0.2"], ["127.0.0.1"]], id="inward first"),
    pytest.param([["127.0.0.2", "127.0.0.2"]], id="inward twice"),
])  # fmt: skip
async def test_a_name_that_answers_inward_is_never_contacted(
    server: FeedServer, answers: list[list[str]]
) -> None:
    async with FeedServer("127.0.0.2") as inner, guarded(Names(turning=answers)) as fetcher:
        inner.serve("/f", BODY)
        assert "leads to a private address" in await cause(fetcher, f"http://turning.example:{inner.port}/f")
        assert inner.connections == 0


async def test_a_name_that_turns_inward_between_two_polls_is_refused_at_the_second(
    server: FeedServer,
) -> None:
    names = Names(turning=[["127.0.0.1"], ["127.0.0.2"]])
    server.serve("/f", BODY)
    url = f"http://turning.example:{server.port}/f"
    async with guarded(names) as fetcher:
        assert isinstance(await read(fetcher, url), ParsedFeed)
    async with guarded(names) as fetcher:  # which asks for the name again
        assert "leads to a private address" in await cause(fetcher, url)


async def test_redirects_that_grow_are_counted_and_left(server: FeedServer, fetcher: Fetcher) -> None:
    for number in range(8):
        server.redirect(f"/{'a' * (number + 1)}", f"/{'a' * (number + 2)}")
    assert await cause(fetcher, server.url("/a")) == "more than 5 redirects"


async def test_a_redirect_of_a_megabyte_is_a_failure(server: FeedServer, fetcher: Fetcher) -> None:
    server.raw("/f", writes([b"HTTP/1.1 302 Found\r\nLocation: /", b"x" * 1_000_000, b"\r\n\r\n"]))
    assert "proper HTTP" in await cause(fetcher, server.url("/f"))


async def test_neither_cookies_nor_a_referrer_go_along_a_redirect(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.reply(
        "/f",
        Reply(302, b"", {"Location": "/g", "Set-Cookie": "id=1; Path=/", "Referrer-Policy": "unsafe-url"}),
    )
    server.serve("/g", BODY, headers={"Set-Cookie": "id=2; Path=/"})
    for _ in range(2):
        assert isinstance(await read(fetcher, server.url("/f")), ParsedFeed)
    assert len(server.requests) == 4
    for request in server.requests:
        assert request.headers.keys().isdisjoint({"cookie", "referer", "origin", "authorization"})
