"""A server of made-up feeds on loopback, the same for every contender.

Three in four feeds are RSS 2.0, one in four Atom; each has summaries and full texts with markup, in four sizes around
a mean of 55 KB for 30 entries. Answers are gzipped, carry ETag and Last-Modified, and close the connection: real feeds
stand on as many hosts as there are feeds. All documents are made before a phase begins, so serving costs little.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from html import escape
from typing import Any

from aiohttp import web
from common import Ask, Handle

BEGUN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)  # the newest entry of the first state
SIZES = (3, 4, 7, 15)  # sentences in a full text, by feed
SENTENCES = 500
PLACES = (
    "Kazakhstan", "Minsk", "Ukraine", "Tbilisi", "Armenia", "Baku", "Moldova", "Belgrade", "Tehran", "Kabul",
    "Uzbekistan", "Moscow", "Kyrgyzstan", "Dushanbe", "Albania", "Pristina", "Romania", "Skopje", "Pakistan", "Turkey",
)  # fmt: skip
_TEXT = """
court police journalist editor lawyer activist detained sentenced searched questioned fined released appealed torture
verdict hearing prison ministry office newspaper website broadcaster reporters independent organization rights group
said after before against during because without between local regional federal special security service officers
evidence testimony confession trial appeal prosecutor judge charges extremism treason defamation protest rally media
statement report published announced denied confirmed the the the a a of of in in to to and and for on with by from
"""
WORDS = tuple(_TEXT.split())
_MASK = (1 << 64) - 1


class Dice:
    """Numbers that look thrown and are the same in every run."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 2 + 1) & _MASK

    def below(self, limit: int) -> int:
        """From 0 to one less than `limit`."""
        self._state = (self._state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) & _MASK
        return (self._state >> 33) % limit


def _sentences() -> tuple[str, ...]:
    dice = Dice(1)
    made = []
    for number in range(SENTENCES):
        words = [WORDS[dice.below(len(WORDS))] for _ in range(12 + dice.below(8))]
        if number % 4 == 0:
            words.insert(dice.below(len(words)), f"in {PLACES[dice.below(len(PLACES))]}")
        made.append(" ".join(words).capitalize() + ".")
    return tuple(made)


TEXTS = _sentences()


@dataclass(frozen=True, slots=True)
class Edition:
    """What all feeds hold at one time."""

    entries: int = 30
    revision: int = 0  # changes nothing but lastBuildDate (RSS) or updated (Atom)
    new: int = 0  # so many newer entries have pushed out the oldest ones


def document(feed: int, edition: Edition) -> bytes:
    """The whole of one feed."""
    return (_atom if feed % 4 == 3 else _rss)(feed, edition).encode()


@dataclass(frozen=True, slots=True)
class _Story:
    slug: str
    title: str
    summary: str
    text: str  # HTML
    moment: datetime


def _stories(feed: int, edition: Edition) -> Iterator[_Story]:
    """Newest first. Entry N of a feed is the same in each edition."""
    for number in range(edition.entries + edition.new - 1, edition.new - 1, -1):
        dice = Dice(feed * 100_003 + number)
        texts = [TEXTS[dice.below(SENTENCES)] for _ in range(SIZES[feed % len(SIZES)] + dice.below(3))]
        slug = f"{feed}-{number}-{dice.below(1 << 30):x}"
        title = f"{PLACES[dice.below(len(PLACES))]}: {TEXTS[dice.below(SENTENCES)][:60].rsplit(' ', 1)[0]} {number}"
        paragraphs = "".join(f"<p>{escape(each)}</p>\n" for each in texts)
        link = f'<p><a href="/about/{feed}" class="more">Read <b>more</b> &amp; share</a> <img src="/i/{slug}.jpg" alt=""/></p>'
        moment = BEGUN - timedelta(hours=2 * (edition.entries - 1 - number))
        yield _Story(slug, title, " ".join(texts[:2])[:300], paragraphs + link, moment)


def _rss(feed: int, edition: Edition) -> str:
    site = f"https://feed-{feed}.example"
    built = format_datetime(BEGUN + timedelta(minutes=edition.revision), usegmt=True)
    items = "".join(
        f"<item>\n<title>{escape(story.title)}</title>\n<link>{site}/2026/{story.slug}</link>\n"
        f'<guid isPermaLink="false">{site}/?p={story.slug}</guid>\n<dc:creator>Newsroom {feed}</dc:creator>\n'
        f"<pubDate>{format_datetime(story.moment, usegmt=True)}</pubDate>\n"
        f"<category>Rights</category>\n<category>Courts</category>\n"
        f"<description><![CDATA[<p>{story.summary}</p>]]></description>\n"
        f"<content:encoded><![CDATA[{story.text}]]></content:encoded>\n</item>\n"
        for story in _stories(feed, edition)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f"<channel>\n<title>Monitor {feed}</title>\n<link>{site}</link>\n<description>News of {feed}</description>\n"
        f"<language>en</language>\n<lastBuildDate>{built}</lastBuildDate>\n{items}</channel>\n</rss>\n"
    )


def _atom(feed: int, edition: Edition) -> str:
    site = f"https://feed-{feed}.example"
    items = "".join(
        f'<entry>\n<title>{escape(story.title)}</title>\n<link rel="alternate" href="{site}/2026/{story.slug}"/>\n'
        f"<id>tag:feed-{feed}.example,2026:{story.slug}</id>\n<author><name>Newsroom {feed}</name></author>\n"
        f"<published>{story.moment.isoformat()}</published>\n<updated>{story.moment.isoformat()}</updated>\n"
        f'<category term="Rights"/>\n<summary type="html">{escape(f"<p>{story.summary}</p>")}</summary>\n'
        f'<content type="html">{escape(story.text)}</content>\n</entry>\n'
        for story in _stories(feed, edition)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n<title>Monitor {feed}</title>\n'
        f'<link href="{site}"/>\n<id>tag:feed-{feed}.example,2026:feed</id>\n'
        f"<updated>{(BEGUN + timedelta(minutes=edition.revision)).isoformat()}</updated>\n{items}</feed>\n"
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes  # gzipped
    headers: dict[str, str]
    size: int  # before gzip


def _answer(feed: int, edition: Edition) -> _Answer:
    raw = document(feed, edition)
    headers = {
        "Content-Type": f"application/{'atom' if feed % 4 == 3 else 'rss'}+xml; charset=utf-8",
        "ETag": f'"{blake2b(raw, digest_size=8).hexdigest()}"',
        "Last-Modified": format_datetime(
            BEGUN + timedelta(minutes=edition.revision, hours=edition.new), usegmt=True
        ),
        "Connection": "close",
    }
    return _Answer(gzip.compress(raw, 5, mtime=0), headers, len(raw))


class _Server:
    def __init__(self) -> None:
        self._answers: dict[int, _Answer] = {}
        self._held: tuple[Edition, int] | None = None
        self._conditional = True
        self._tally: Counter[int] = Counter()
        self.url = ""

    async def serve(self, request: web.Request) -> web.Response:
        answer = self._answers[int(request.match_info["feed"])]
        if self._conditional and request.headers.get("If-None-Match") == answer.headers["ETag"]:
            self._tally[304] += 1
            return web.Response(status=304, headers=answer.headers)
        self._tally[200] += 1
        return web.Response(body=answer.body, headers={**answer.headers, "Content-Encoding": "gzip"})

    async def handle(self, ask: Ask) -> dict[str, Any]:
        """`edition` and `feeds`: hold these from now on. `conditional`: whether validators are heeded. Answers with
        the server's address, the mean size of a document in bytes, and what it has answered since it was last asked.
        """
        if (edition := ask.get("edition")) is not None and self._held != (edition, ask["feeds"]):
            self._answers = {feed: _answer(feed, edition) for feed in range(ask["feeds"])}
            self._held = (edition, ask["feeds"])
        self._conditional = ask.get("conditional", True)
        tally, self._tally = dict(self._tally), Counter()
        size = sum(each.size for each in self._answers.values()) / max(len(self._answers), 1)
        return {"url": self.url, "tally": tally, "size": size}


@asynccontextmanager
async def feed_server(_options: Ask) -> AsyncIterator[Handle]:
    """For `common.Peer`. Feed N is at `{url}/feed/N.xml`."""
    server = _Server()
    app = web.Application()
    app.router.add_get(r"/feed/{feed:\d+}.xml", server.serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server.handle
    finally:
        await runner.cleanup()
