"""What a server sees of us."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from tests.feedserver import FeedServer, Reply
from tests.fetch.conftest import AGENT, QUICK
from watchdog_bot.core.model import FailureWeight, Fetched, FetchFailed, HttpMemory, NotModified
from watchdog_bot.fetch import Fetcher, FetchLimits, body_hash
from watchdog_bot.fetch.headers import http_date, max_age, retry_after, validators
from watchdog_bot.fetch.hosts import Hosts

NOW = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)
BODY = b'<rss version="2.0"><channel><title>Court notes</title></channel></rss>'
NOTHING = HttpMemory()


async def test_it_returns_the_body_with_both_validators_raw(server: FeedServer, fetcher: Fetcher) -> None:
    server.serve(
        "/f", BODY, etag='W/"a b-ö"', last_modified="yesterday, or so", content_type="text/xml; charset=utf-8"
    )
    result = await fetcher.get(server.url("/f"), NOTHING)
    assert isinstance(result, Fetched)
    assert result.body == BODY
    assert (result.etag, result.last_modified) == ('W/"a b-ö"', "yesterday, or so")
    assert result.content_type == "text/xml; charset=utf-8"
    assert result.url == server.url("/f")
    assert result.moved_to is None


async def test_it_sends_both_validators_back_byte_for_byte(server: FeedServer, fetcher: Fetcher) -> None:
    server.serve("/f", BODY, etag='W/"ö"', last_modified="Tue, 5 May 2026 10:0:00 GMT")
    memory = HttpMemory(etag='W/"ö"', last_modified="Tue, 5 May 2026 10:0:00 GMT")
    result = await fetcher.get(server.url("/f"), memory)
    assert isinstance(result, NotModified)
    asked = server.requests[0].headers
    assert asked["if-none-match"] == 'W/"ö"'
    assert asked["if-modified-since"] == "Tue, 5 May 2026 10:0:00 GMT"


async def test_it_sends_no_conditions_that_no_server_gave(server: FeedServer, fetcher: Fetcher) -> None:
    server.serve("/f", BODY)
    await fetcher.get(server.url("/f"), HttpMemory(body_hash=body_hash(BODY)))
    assert not {"if-none-match", "if-modified-since"} & set(server.requests[0].headers)


async def test_a_304_keeps_the_old_validators_unless_it_brings_new_ones(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.reply("/f", Reply(304), Reply(304, headers={"ETag": '"new"', "Cache-Control": "max-age=900"}))
    memory = HttpMemory(etag='"old"', last_modified="Mon, 04 May 2026 00:00:00 GMT")
    assert await fetcher.get(server.url("/f"), memory) == NotModified('"old"', memory.last_modified)
    assert await fetcher.get(server.url("/f"), memory) == NotModified(
        '"new"', memory.last_modified, max_age=900
    )


async def test_a_304_that_nobody_asked_for_is_a_failure(server: FeedServer, fetcher: Fetcher) -> None:
    server.reply("/f", Reply(304))
    result = await fetcher.get(server.url("/f"), NOTHING)
    assert isinstance(result, FetchFailed)
    assert "without conditions" in result.cause


async def test_validators_do_not_count_after_expires_0(server: FeedServer, fetcher: Fetcher) -> None:
    server.serve("/f", BODY, etag='"a"', last_modified="x", headers={"Expires": "0"})
    result = await fetcher.get(server.url("/f"), NOTHING)
    assert isinstance(result, Fetched)
    assert (result.etag, result.last_modified) == (None, None)


async def test_a_200_with_the_same_body_has_the_same_hash(server: FeedServer, fetcher: Fetcher) -> None:
    server.serve("/f", BODY)
    one, two = [await fetcher.get(server.url("/f"), NOTHING) for _ in range(2)]
    assert isinstance(one, Fetched)
    assert isinstance(two, Fetched)
    assert body_hash(one.body) == body_hash(two.body)
    assert len(body_hash(BODY)) == 16


async def test_it_is_honest_and_brings_no_cookies_no_referrer_and_no_query(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.reply("/f", Reply(200, BODY, {"Set-Cookie": "spy=1; Path=/"}))
    for _ in range(2):
        await fetcher.get(server.url("/f?a=1&a=%7e;b"), NOTHING)
    for request in server.requests:
        assert request.target == "/f?a=1&a=%7e;b"
        assert request.headers["user-agent"] == AGENT
        assert not {"cookie", "referer", "origin", "from"} & set(request.headers)


async def test_a_fragment_is_not_sent(server: FeedServer, fetcher: Fetcher) -> None:
    server.serve("/f", BODY)
    assert isinstance(await fetcher.get(server.url("/f#part"), NOTHING), Fetched)
    assert server.requests[0].target == "/f"


async def test_an_address_in_another_script_is_fetched_in_its_encoded_form(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.serve("/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8", BODY)
    assert isinstance(await fetcher.get(server.url("/новини"), NOTHING), Fetched)


async def test_it_tells_how_long_the_answer_stays_fresh(server: FeedServer, fetcher: Fetcher) -> None:
    server.serve("/f", BODY, headers={"Cache-Control": "public, max-age=3600", "Age": "600"})
    result = await fetcher.get(server.url("/f"), NOTHING)
    assert isinstance(result, Fetched)
    assert result.max_age == 3000


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Cache-Control": "max-age=60"}, 60),
        ({"Cache-Control": "no-cache, max-age=60"}, None),
        ({"Cache-Control": "no-store"}, None),
        ({"Cache-Control": "s-maxage=5"}, None),
        ({"Expires": "Tue, 05 May 2026 12:30:00 GMT"}, 1800),
        ({"Expires": "Tue, 05 May 2026 12:30:00 GMT", "Date": "Tue, 05 May 2026 12:20:00 GMT"}, 600),
        ({"Expires": "Mon, 04 May 2026 12:30:00 GMT"}, 0),
        ({"Expires": "-1"}, None),
        ({"Cache-Control": "max-age=999999999999"}, 366 * 86_400),
        ({}, None),
    ],
)
def test_freshness_is_read_from_cache_control_before_expires(
    headers: dict[str, str], seconds: int | None
) -> None:
    assert max_age(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": " 0 "}, 0),
        ({"Retry-After": "Tue, 05 May 2026 12:10:00 GMT"}, 600),
        ({"Retry-After": "Tue, 05 May 2026 12:10:00 GMT", "Date": "Tue, 05 May 2026 12:05:00 GMT"}, 300),
        ({"Retry-After": "Tue, 05 May 2026 11:00:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "9" * 400}, 366 * 86_400),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], seconds: int | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_a_validator_that_could_not_be_sent_back_is_dropped() -> None:
    assert validators({"ETag": "a\x01b", "Last-Modified": "\udcff"}) == (None, None)
    assert validators({"ETag": "x" * 2000}) == (None, None)


def test_http_dates_are_read_in_their_old_forms_too() -> None:
    expected = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    for form in (
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ):
        assert http_date(form) == expected


async def test_a_429_silences_the_whole_host_for_as_long_as_it_asks(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.reply("/a", Reply(429, headers={"Retry-After": "120"}))
    server.serve("/b", BODY)
    first = await fetcher.get(server.url("/a"), NOTHING)
    assert first == FetchFailed(
        "the server asks us to come less often (429)", FailureWeight.TEMPORARY, retry_after=120
    )
    second = await fetcher.get(server.url("/b"), NOTHING)
    assert isinstance(second, FetchFailed)
    assert second.weight is FailureWeight.TEMPORARY
    assert second.retry_after is not None
    assert 60 < second.retry_after <= 120
    assert [request.target for request in server.requests] == ["/a"]
    assert fetcher.wait(server.url("/b")) > 100


async def test_a_503_silences_the_host_even_without_a_time(server: FeedServer, fetcher: Fetcher) -> None:
    server.reply("/a", Reply(503))
    failed = await fetcher.get(server.url("/a"), NOTHING)
    assert isinstance(failed, FetchFailed)
    assert failed.weight is FailureWeight.SOFT
    assert fetcher.wait(server.url("/a")) > 500


async def test_other_hosts_are_not_silenced(server: FeedServer, fetcher: Fetcher) -> None:
    server.reply("/a", Reply(429))
    server.serve("/b", BODY)
    await fetcher.get(server.url("/a"), NOTHING)
    assert isinstance(await fetcher.get(server.url("/b", host="localhost"), NOTHING), Fetched)


async def test_at_most_two_connections_to_one_host(server: FeedServer, fetcher: Fetcher) -> None:
    release = asyncio.Event()

    async def held(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if server.connections >= 2:
            release.set()
        await release.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()

    server.raw("/f", held)
    results = await asyncio.gather(*(fetcher.get(server.url("/f"), NOTHING) for _ in range(6)))
    assert all(isinstance(result, Fetched) for result in results)
    assert server.most_at_once == 2


class FakeTime:
    """A monotonic clock that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


async def test_requests_to_one_host_start_five_seconds_apart() -> None:
    clock = FakeTime()
    hosts = Hosts(connections=2, spacing=5.0, time=clock.time, sleep=clock.sleep)
    starts = []
    for _ in range(3):
        async with hosts.turn("example.org"):
            starts.append(clock.now)
    async with hosts.turn("example.net"):
        starts.append(clock.now)
    assert starts == [100.0, 105.0, 110.0, 110.0]
    assert hosts.wait("example.org") == 5.0
    assert hosts.wait("example.com") == 0.0


async def test_whoever_gives_up_waiting_for_a_host_leaves_its_turn_to_the_next() -> None:
    clock = FakeTime()
    never = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await never.wait()

    hosts = Hosts(connections=1, spacing=5.0, time=clock.time, sleep=sleep)

    async def ask() -> None:
        async with hosts.turn("example.org"):
            await never.wait()

    holding, queued = asyncio.create_task(ask()), asyncio.create_task(ask())
    for _ in range(2):  # the first holds the only connection; then the second waits for its time
        await asyncio.sleep(0)
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        holding, queued = queued, holding
        await asyncio.sleep(0)
    assert hosts._hosts["example.org"].waiting == 0
    assert not hosts._hosts["example.org"].slots.locked()


async def test_an_error_inside_a_turn_gives_the_connection_back() -> None:
    hosts = Hosts(connections=1, spacing=0.0, time=FakeTime().time)
    for _ in range(3):
        with pytest.raises(OSError, match="no route"):
            async with hosts.turn("example.org"):
                raise OSError("no route")
    assert hosts.wait("example.org") == 0.0
    assert not hosts._hosts["example.org"].slots.locked()


async def test_hosts_at_rest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchdog_bot.fetch.hosts.FORGET_ABOVE", 3)
    clock = FakeTime()
    hosts = Hosts(connections=2, spacing=1.0, time=clock.time, sleep=clock.sleep)
    hosts.cool("busy.example", 1000)
    for number in range(10):
        async with hosts.turn(f"host{number}.example"):
            clock.now += 2
    assert hosts.cooling("busy.example") > 900
    assert hosts.cooling("host0.example") == 0
    assert len(hosts._hosts) <= 3


async def test_permanent_redirects_are_followed_and_told(server: FeedServer, fetcher: Fetcher) -> None:
    server.redirect("/a", "/b", 301)
    server.redirect("/b", "/c", 308)
    server.serve("/c", BODY)
    result = await fetcher.get(server.url("/a"), NOTHING)
    assert isinstance(result, Fetched)
    assert result.url == result.moved_to == server.url("/c")


async def test_a_304_behind_a_permanent_redirect_tells_of_the_move(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.redirect("/a", "/b", 301)
    server.serve("/b", BODY, etag='"a"')
    result = await fetcher.get(server.url("/a"), HttpMemory(etag='"a"'))
    assert isinstance(result, NotModified)
    assert result.moved_to == server.url("/b")


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_one_passing_redirect_on_the_way_means_that_nothing_moved(
    server: FeedServer, fetcher: Fetcher, status: int
) -> None:
    server.redirect("/a", "/b", 301)
    server.redirect("/b", "/c", status)
    server.serve("/c", BODY)
    result = await fetcher.get(server.url("/a"), NOTHING)
    assert isinstance(result, Fetched)
    assert result.url == server.url("/c")
    assert result.moved_to is None


async def test_five_redirects_are_followed_and_a_sixth_is_not(server: FeedServer, fetcher: Fetcher) -> None:
    for number in range(6):
        server.redirect(f"/{number}", f"/{number + 1}")
    server.serve("/6", BODY)
    assert isinstance(await fetcher.get(server.url("/1"), NOTHING), Fetched)
    failed = await fetcher.get(server.url("/0"), NOTHING)
    assert failed == FetchFailed("more than 5 redirects", FailureWeight.HARD)


@pytest.mark.parametrize(
    ("status", "weight", "words"),
    [
        (404, FailureWeight.HARD, "not there (404)"),
        (403, FailureWeight.SOFT, "refuses us (403)"),
        (401, FailureWeight.HARD, "a name and a password (401)"),
        (451, FailureWeight.HARD, "legal reasons"),
        (500, FailureWeight.SOFT, "trouble of its own (500 Internal Server Error)"),
        (502, FailureWeight.SOFT, "502 Bad Gateway"),
        (418, FailureWeight.SOFT, "418"),
        (599, FailureWeight.SOFT, "599"),
        (204, FailureWeight.SOFT, "204 No Content"),
    ],
)
async def test_a_status_is_told_in_words(
    server: FeedServer, fetcher: Fetcher, status: int, weight: FailureWeight, words: str
) -> None:
    server.reply("/f", Reply(status))
    failed = await fetcher.get(server.url("/f"), NOTHING)
    assert isinstance(failed, FetchFailed)
    assert failed.weight is weight
    assert words in failed.cause
    assert not failed.gone


async def test_410_is_gone(server: FeedServer, fetcher: Fetcher) -> None:
    server.reply("/f", Reply(410))
    failed = await fetcher.get(server.url("/f"), NOTHING)
    assert isinstance(failed, FetchFailed)
    assert failed.gone


async def test_it_must_be_opened_first() -> None:
    fetcher = Fetcher(user_agent=AGENT, allow_private=False)
    with pytest.raises(RuntimeError, match="context manager"):
        await fetcher.get("http://example.org/", NOTHING)
    assert fetcher.wait("http://example.org/") == 0.0


def test_the_limits_are_those_that_are_promised() -> None:
    limits = FetchLimits()
    assert (limits.body, limits.total, limits.connect, limits.redirects) == (10_000_000, 30.0, 10.0, 5)
    assert (limits.per_host, limits.spacing) == (2, 5.0)
    assert QUICK.spacing == 0.0
