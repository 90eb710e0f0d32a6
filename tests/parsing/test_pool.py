"""A hostile document costs its own caller a ParseError and nobody else anything."""

from __future__ import annotations

import asyncio
import io
import os
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.core.feeds.golden import documents
from watchdog_bot import parsing_worker
from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.model import FeedKind, ParsedEntry, ParsedFeed
from watchdog_bot.parsing import ParserLimits, ParserPool
from watchdog_bot.parsing_worker import HEADER, answered, feed_from_plain, feed_to_plain, serve

URL = "https://source.example/feed"
GOOD = (
    b'<rss version="2.0"><channel><title>Court notes</title><item><title>One</title></item></channel></rss>'
)
QUICK = ParserLimits(cpu=1, wall=60.0)
PATIENT = ParserLimits(cpu=60, wall=60.0)


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    async with ParserPool(2, QUICK) as opened:
        yield opened


def items(inside: bytes) -> bytes:
    return b'<rss version="2.0"><channel><item><title>x</title>' + inside + b"</item></channel></rss>"


async def test_a_worker_reads_what_the_parser_reads(pool: ParserPool) -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    for path in documents():
        body = path.read_bytes()
        assert await pool.parse(body, url=URL, now=now) == parse_document(body, url=URL, now=now), path.name


async def test_what_is_no_feed_is_a_parse_error_with_its_cause(pool: ParserPool) -> None:
    with pytest.raises(ParseError, match="a web page titled “Hello”, not a feed"):
        await pool.parse(b"<html><title>Hello</title></html>", url=URL)
    with pytest.raises(ParseError, match="it was an Atom feed before"):
        await pool.parse(b"", url=URL, kind=FeedKind.ATOM)


SLOW = items(b"<b>" * 400_000 + b"</b>" * 400_000)
HOSTILE = {
    "comments in a text": items(b"<description><![CDATA[" + b"<!--" * 50_000 + b"]]></description>"),
    "comments": items(b"<!--" * 50_000),
    "attributes": b"<rss " + b" ".join(b'a%d="1"' % n for n in range(25_000)) + b"><channel><item/></channel></rss>",
    "nested tags": items(b"<b>" * 200_000 + b"</b>" * 200_000),
    "nested tags in a text": items(b"<description><![CDATA[" + b"<b>" * 200_000 + b"]]></description>"),
    "many entries": b'<rss version="2.0"><channel>' + b"<item><title>x</title></item>" * 30_000 + b"</channel></rss>",
    "a billion laughs": b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]>" + items(b"<description>&j;</description>"),
    "quadratic entities": b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "' + b"x" * 50_000 + b'">]>' + items(b"<description>" + b"&a;" * 20_000 + b"</description>"),
    "an entity that leads out": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + items(b"<description>&x;</description>"),
    "a dtd that leads out": b'<?xml version="1.0"?><!DOCTYPE rss SYSTEM "http://169.254.169.254/x.dtd">' + items(b""),
    "deep json": b'{"items":' * 200_000,
    "numbers without end": b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": ' + b"9" * 100_000 + b"}]}",
    "unclosed cdata": items(b"<![CDATA[" * 10_000),
    "unclosed quotes": items(b"<a b='" * 50_000),
    "ampersands": items(b"&" * 300_000),
    "character references": items(b"&#" + b"9" * 100_000),
    "zero bytes": items(b"\0" * 300_000),
    "a title without end": items(b"<title>" + b"x " * 200_000),
    "urls without end": b"<urlset>" + b"<url><loc>" * 100_000,
    "processing instructions": b"<?x " * 100_000 + items(b""),
    "doctypes": b"<!DOCTYPE " * 50_000 + items(b""),
}  # fmt: skip


async def test_every_hostile_document_is_read_or_refused_within_limits(pool: ParserPool) -> None:
    async def outcome(body: bytes) -> ParsedFeed | str:
        try:
            return await pool.parse(body, url=URL)
        except ParseError as error:
            return str(error)

    outcomes = await asyncio.gather(*map(outcome, HOSTILE.values()))
    for name, feed in zip(HOSTILE, outcomes, strict=True):
        assert feed, name
        for entry in feed.entries[:2000] if isinstance(feed, ParsedFeed) else ():
            assert "root:" not in entry.summary, name
            assert len(entry.title) <= 500, name
        assert not isinstance(feed, ParsedFeed) or len(feed.entries) <= 2000, name
    assert (await pool.parse(GOOD, url=URL)).title == "Court notes"


async def test_a_document_that_takes_too_much_processor_time_is_given_up(pool: ParserPool) -> None:
    with pytest.raises(ParseError, match="more processor time"):
        await pool.parse(SLOW, url=URL)


async def test_one_bad_document_keeps_nobody_waiting() -> None:
    async with ParserPool(2, PATIENT) as pool:
        bad = asyncio.create_task(pool.parse(SLOW, url=URL))
        for _ in range(3):
            assert (await pool.parse(GOOD, url=URL)).title == "Court notes"
        assert not bad.done()
        bad.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bad


async def test_a_killed_worker_is_replaced() -> None:
    async with ParserPool(1, QUICK) as pool:
        await pool.parse(GOOD, url=URL)
        [idle] = pool._idle
        idle._process.kill()
        await idle._process.wait()
        assert (await pool.parse(GOOD, url=URL)).title == "Court notes"


async def test_a_worker_killed_at_work_costs_its_caller_a_parse_error() -> None:
    async with ParserPool(1, PATIENT) as pool:
        await pool.parse(GOOD, url=URL)
        slow = asyncio.create_task(pool.parse(SLOW, url=URL))
        await asyncio.sleep(0.05)
        [busy] = pool._busy
        busy._process.send_signal(signal.SIGSEGV)
        with pytest.raises(ParseError, match="crashed"):
            await slow
        assert (await pool.parse(GOOD, url=URL)).title == "Court notes"


async def test_a_document_that_takes_too_long_is_given_up() -> None:
    async with ParserPool(1, ParserLimits(cpu=20, wall=0.1)) as pool:
        with pytest.raises(ParseError, match="takes longer"):
            await pool.parse(SLOW, url=URL)


async def test_a_document_that_takes_too_much_memory_is_given_up() -> None:
    async with ParserPool(1, ParserLimits(cpu=20, memory=250_000_000)) as pool:
        with pytest.raises(ParseError):
            await pool.parse(b'{"items": [' + b"[]," * 3_000_000 + b"[]]}", url=URL)
        assert (await pool.parse(GOOD, url=URL)).title == "Court notes"


async def test_a_cancelled_caller_leaves_no_worker_at_work() -> None:
    async with ParserPool(1, PATIENT) as pool:
        await pool.parse(GOOD, url=URL)
        task = asyncio.create_task(pool.parse(SLOW, url=URL))
        await asyncio.sleep(0.05)
        [busy] = pool._busy
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not busy.alive
        assert (await pool.parse(GOOD, url=URL)).title == "Court notes"


async def test_no_more_documents_at_a_time_than_workers() -> None:
    async with ParserPool(2, QUICK) as pool:
        feeds = await asyncio.gather(*(pool.parse(GOOD, url=URL) for _ in range(30)))
        assert len(feeds) == 30
        assert len(pool._idle) <= 2


async def test_a_worker_that_is_not_needed_for_long_ends() -> None:
    async with ParserPool(2, ParserLimits(cpu=60, wall=60.0, idle=0.0)) as pool:
        await asyncio.gather(*(pool.parse(GOOD, url=URL) for _ in range(2)))
        both = [*pool._idle]
        for _ in range(3):
            assert (await pool.parse(GOOD, url=URL)).title == "Court notes"
        assert len(pool._idle) == 1
        assert [worker.alive for worker in both].count(True) <= 1


async def test_a_second_worker_stays_while_it_may_be_needed_again() -> None:
    async with ParserPool(2, PATIENT) as pool:
        await asyncio.gather(*(pool.parse(GOOD, url=URL) for _ in range(2)))
        both = {*pool._idle}
        for _ in range(3):
            await pool.parse(GOOD, url=URL)
        assert {*pool._idle} == both
        assert len(both) == 2


async def test_closing_ends_every_worker() -> None:
    async with ParserPool(2, QUICK) as pool:
        await asyncio.gather(*(pool.parse(GOOD, url=URL) for _ in range(4)))
        workers = list(pool._idle)
        assert workers
    assert not any(worker.alive for worker in workers)
    with pytest.raises(ParseError, match="shutting down"):
        await pool.parse(GOOD, url=URL)


def _environment(pid: int) -> bytes:
    path = Path(f"/proc/{pid}/environ")
    if not path.exists():
        pytest.skip("this system shows no environment of processes")
    return path.read_bytes()


async def test_a_worker_sees_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123:secret")
    async with ParserPool(1, QUICK) as pool:
        await pool.parse(GOOD, url=URL)
        [worker] = pool._idle
        seen = _environment(worker._process.pid)
    assert b"PYTHONPATH" in seen
    assert b"secret" not in seen


async def test_a_worker_that_talks_nonsense_is_a_parse_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    liar = tmp_path / "liar"
    liar.write_text(
        f"#!{sys.executable}\nimport sys\nsys.stdin.buffer.read(4)\nsys.stdout.buffer.write(b'\\xff' * 50)\n",
        "utf-8",
    )
    liar.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(liar))
    async with ParserPool(1, QUICK) as pool:
        with pytest.raises(ParseError, match="makes no sense"):
            await pool.parse(GOOD, url=URL)


@pytest.mark.crash
def test_no_worker_outlives_a_killed_parent() -> None:
    program = textwrap.dedent(
        f"""
        import asyncio
        from watchdog_bot.parsing import ParserPool
        async def main():
            async with ParserPool(1) as pool:
                await pool.parse({GOOD!r}, url={URL!r})
                [worker] = pool._idle
                print(worker._process.pid, flush=True)
                await asyncio.sleep(60)
        asyncio.run(main())
        """
    )
    root = str(Path(__file__).resolve().parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": root},
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        watch = os.pidfd_open(worker)
        parent.kill()
        parent.wait()
        try:
            ended, _, _ = select.select([watch], [], [], 20)
        finally:
            os.close(watch)
    assert ended


# --- the inside of a worker, in this process


def frame(raw: bytes) -> bytes:
    return HEADER.pack(len(raw)) + raw


def request(body: bytes) -> bytes:
    return frame(
        b'{"url": "https://source.example/feed", "content_type": "", "kind": "auto", "rules": "", "now": 1777975200.0}'
    ) + frame(body)


def test_a_worker_answers_each_request_in_turn_until_its_input_ends() -> None:
    answers = io.BytesIO()
    serve(io.BytesIO(request(GOOD) + request(b"nothing") + request(GOOD)[:20]), answers, cpu=None)
    written = answers.getvalue()
    assert written.count(b'"feed"') == 1
    assert written.count(b'"error"') == 1


def test_a_frame_that_is_too_long_ends_the_worker() -> None:
    answers = io.BytesIO()
    serve(io.BytesIO(b"\xff\xff\xff\xff" + b"x" * 100), answers, cpu=None)
    assert answers.getvalue() == b""


def test_running_out_of_memory_retires_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(parsing_worker, "parse_document", hungry)
    answer = answered({"url": URL, "content_type": "", "kind": "auto", "rules": "", "now": None}, GOOD)
    assert answer["retire"] is True
    assert "memory" in answer["error"]


def test_a_worker_that_has_grown_is_retired(monkeypatch: pytest.MonkeyPatch) -> None:
    head = {"url": URL, "content_type": "", "kind": "auto", "rules": "", "now": None}
    monkeypatch.setattr(parsing_worker, "RETIRE_ABOVE", 2**60)
    assert answered(head, GOOD)["retire"] is False
    monkeypatch.setattr(parsing_worker, "RETIRE_ABOVE", 0)
    assert answered(head, GOOD)["retire"] is (parsing_worker._resident() > 0)


async def test_a_retired_worker_is_replaced(pool: ParserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    big = items(b"<description>" + b"word " * 1_000_000 + b"</description>")
    for body in (GOOD, big, GOOD):
        assert (await pool.parse(body, url=URL)).entries


async def test_a_program_that_cannot_start_workers_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    async with ParserPool(1, QUICK) as pool:
        for _ in range(2):
            with pytest.raises(ParseError, match="no reader could be started"):
                await pool.parse(GOOD, url=URL)


def test_the_main_program_of_a_worker_serves_until_its_input_ends() -> None:
    command = [sys.executable, "-m", "watchdog_bot.parsing_worker", "5", "1000000000"]
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(command, input=request(GOOD), capture_output=True, cwd=root, check=True, timeout=60)
    assert b'"feed"' in done.stdout
    assert done.stderr == b""


def test_a_feed_survives_the_way_through_a_pipe() -> None:
    moment = datetime(2026, 5, 5, 10, 0, 0, 123000, tzinfo=UTC)
    entry = ParsedEntry("g", "https://a.example/", "Т", "s", "c", moment, None, ("a", "b"), "uk")
    feed = ParsedFeed(
        FeedKind.ATOM,
        "t",
        None,
        "en",
        (entry,),
        60,
        frozenset({1}),
        frozenset({6}),
        "https://hub.example/",
        damaged=True,
        children=("https://a.example/1.xml",),
        child_dates=("2026-03-01",),
    )
    assert feed_from_plain(feed_to_plain(feed)) == feed
