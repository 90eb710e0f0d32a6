"""Documents that once cost the square of their size. Each is read, not given up, within a second or two of a processor."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from watchdog_bot.parsing import ParserLimits, ParserPool

URL = "https://source.example/feed"
LIMITS = ParserLimits(cpu=3, wall=120.0)


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    async with ParserPool(1, LIMITS) as opened:
        yield opened


def feed(before: bytes = b"", inside: bytes = b"") -> bytes:
    return (
        before + b'<rss version="2.0"><channel><item><title>x</title>' + inside + b"</item></channel></rss>"
    )


@pytest.mark.parametrize("document", [
    pytest.param(feed(inside=b"<description><![CDATA[" + b"<!--" * 50_000 + b"]]></description>"), id="comments in a text"),
    pytest.param(feed(inside=b"<description><![CDATA[" + b"<!--" * 50_000 + b"]]></b>"), id="comments in a text of broken XML"),
    pytest.param(feed(inside=b"<description>" + b"<![CDATA[" * 20_000), id="sections without end"),
    pytest.param(feed(inside=b"<description>" + b"<![CDATA[x]]" * 20_000), id="sections that nearly end"),
    pytest.param(feed(inside=b"<description>" + b"<![CDATA[<!--" * 15_000), id="sections and comments"),
    pytest.param(feed(before=b"<!DOCTYPE x [" * 16_000), id="declarations without end"),
    pytest.param(feed(before=b"<!DOCTYPE\n" * 16_000), id="declarations on lines of their own"),
    pytest.param(feed(inside=b"<!DOCTYPE x [" * 16_000), id="declarations inside"),
])  # fmt: skip
async def test_what_repeats_itself_costs_no_more_than_its_size(pool: ParserPool, document: bytes) -> None:
    assert [entry.title for entry in (await pool.parse(document, url=URL)).entries] == ["x"]
