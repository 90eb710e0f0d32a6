"""Documents damaged in every way: read or refused, never anything else, and what was whole before a cut is kept."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.feeds.golden import documents
from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.entry import MAX_ENTRIES, MAX_TITLE
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.html import clean
from watchdog_bot.core.model import ParsedFeed

URL = "https://source.example/feed"
BODIES = [path.read_bytes() for path in documents()]
TOKENS = [
    b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<item>", b"</item>", b"</entry>", b"&#0;", b"&#xD800;", b"&nope;", b"<!DOCTYPE x [", b"<", b">", b'"', b"\0",
    b"\xff\xfe", b"\xed\xa0\x80", b"<?xml version='1.0' encoding='utf-16'?>", b"{", b"\x1f\x8b", b"xml:base='http://[x'", b"<script>", b"<link href='//'/>",
]  # fmt: skip
ENCODINGS = ["utf-16", "utf-32-le", "cp1251", "koi8-r", "shift_jis", "utf-7", "cp037"]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    body = draw(st.sampled_from(BODIES))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(body)))
        other = draw(st.sampled_from(BODIES))
        body = draw(st.sampled_from([
            body[:at], body[at:], body + other, body[:at] + other[at:],
            body[:at] + draw(st.sampled_from(TOKENS)) * draw(st.sampled_from([1, 30])) + body[at:],
            body[:at] + draw(st.binary(min_size=1, max_size=3)) + body[at + 1 :],
            body.decode("utf-8", "replace").encode(draw(st.sampled_from(ENCODINGS)), "replace"),
        ]))  # fmt: skip
    return body


@settings(deadline=None, max_examples=150)
@given(damaged(), st.sampled_from([URL, "file:///tmp/x"]))
def test_a_damaged_document_is_read_within_limits_or_refused(body: bytes, url: str) -> None:
    try:
        feed = parse_document(body, url=url)
    except ParseError as error:
        assert "cannot be read as a feed (" not in str(error)  # noqa: PT017 - which would be a defect of ours
        return
    assert len(feed.entries) <= MAX_ENTRIES
    for entry in feed.entries:
        assert len(entry.title) <= MAX_TITLE
        for text in (entry.title, entry.summary, entry.content):
            assert text == clean(text)
        assert entry.link is None or entry.link.isprintable()
        assert url != URL or entry.link is None or entry.link.startswith(("http://", "https://"))


def _rss(number: int) -> str:
    return f"<item><title>Обыск {number}</title><guid>{number}</guid><description><![CDATA[<p>Text]]></description></item>"


def _atom(number: int) -> str:
    return f'<entry><title type="html">Обыск &amp;amp; {number}</title><id>{number}</id><link href="/{number}"/></entry>'


WHOLE = {
    "</item>": f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{"".join(map(_rss, range(6)))}</channel></rss>',
    "</entry>": f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{"".join(map(_atom, range(6)))}</feed>',
}


@settings(deadline=None, max_examples=120)
@given(st.sampled_from(sorted(WHOLE)), st.floats(0, 1, exclude_max=True))
def test_a_cut_costs_no_entry_that_was_whole_before_it(end: str, share: float) -> None:
    body = WHOLE[end].encode()
    body = body[: int(len(body) * share)]
    whole = body.count(end.encode())
    if not whole:
        return
    read = parse_document(body, url=URL)
    assert isinstance(read, ParsedFeed)
    assert [entry.id for entry in read.entries[:whole]] == [str(number) for number in range(whole)]
    assert len(read.entries) <= whole + 1
