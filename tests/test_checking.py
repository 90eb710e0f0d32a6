"""`feeds check`: every source asked, nothing changed, each trouble told with its cause."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.feedserver import FeedServer, Reply
from tests.inprocess import InProcess
from watchdog_bot import app, config
from watchdog_bot.checking import Checked, Target, check, summary, targets
from watchdog_bot.clock import SystemClock
from watchdog_bot.core.errors import StoreError
from watchdog_bot.core.feeds.catalogue import Source
from watchdog_bot.core.feeds.rules import SourceRules
from watchdog_bot.core.model import Feed, FeedId, FeedKind, FetchResult, HttpMemory, NotModified
from watchdog_bot.fetch import Fetcher, FetchLimits
from watchdog_bot.settings import FeedSettings, Settings
from watchdog_bot.store import Store, read_feeds
from watchdog_bot.store.schema import APPLICATION_ID

ROOT = Path(__file__).resolve().parent.parent
RSS = b"""<rss version="2.0"><channel><title>Court notes</title>
<item><title>Older</title><guid isPermaLink="false">1</guid><pubDate>Tue, 03 Nov 2026 10:00:00 GMT</pubDate></item>
<item><title>Newer</title><guid isPermaLink="false">2</guid><pubDate>Wed, 04 Nov 2026 10:00:00 GMT</pubDate></item>
</channel></rss>"""
EMPTY = b'<rss version="2.0"><channel><title>Nothing yet</title></channel></rss>'
PAGE = b"""<!DOCTYPE html><html><head><title>Statements</title></head><body>
<article><h2><a href="/say/2">A statement about a long trial</a></h2></article>
<article><h2><a href="/say/1">A statement about a short trial</a></h2></article></body></html>"""


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as serving:
        serving.serve("/rss", RSS)
        yield serving


async def ask(*wanted: Target, limits: FetchLimits | None = None) -> tuple[Checked, ...]:
    limits = limits or FetchLimits(spacing=0.0)
    async with Fetcher(user_agent="test", allow_private=True, limits=limits) as fetcher:
        return await check(wanted, fetcher, InProcess(), clock=SystemClock())


async def answer(target: Target) -> Checked:
    [checked] = await ask(target)
    return checked


# ------------------------------------------------------------------ one source


async def test_a_feed_that_answers_is_shown_with_what_it_holds(server: FeedServer) -> None:
    checked = await answer(Target("Court", server.url("/rss")))
    assert checked.well
    assert (checked.answer, checked.kind, checked.entries, checked.title) == (
        "answers",
        FeedKind.RSS,
        2,
        "Court notes",
    )
    assert checked.newest is not None
    assert checked.newest.day == 4


async def test_a_feed_that_moved_for_good_answers_and_says_so(server: FeedServer) -> None:
    server.redirect("/old", server.url("/rss"), 301)
    checked = await answer(Target("Court", server.url("/old")))
    assert (checked.well, checked.answer) == (True, f"answers; moved for good to {server.url('/rss')}")


@pytest.mark.parametrize(
    ("path", "kind", "rules", "cause"),
    [
        ("/404", FeedKind.AUTO, SourceRules(), "404"),
        ("/page", FeedKind.AUTO, SourceRules(), "a web page titled “Statements”, not a feed"),
        ("/page", FeedKind.PAGE, SourceRules(container="li.post"), "its selector 'li.post' finds nothing"),
        ("/page", FeedKind.PAGE, SourceRules(section="/news/*"), "answers, but none in its section /news/*"),
        ("/empty", FeedKind.RSS, SourceRules(), "answers, but it is empty"),
        (
            "/index",
            FeedKind.SITEMAP,
            SourceRules(),
            "in the newest of the 2 sitemaps it names there is nothing",
        ),
    ],
)
async def test_a_source_in_trouble_is_told_with_its_cause(
    server: FeedServer, path: str, kind: FeedKind, rules: SourceRules, cause: str
) -> None:
    server.serve("/page", PAGE, content_type="text/html")
    server.serve("/empty", EMPTY)
    server.serve(
        "/index",
        b"<sitemapindex><sitemap><loc>/none-1.xml</loc></sitemap><sitemap><loc>/none-2.xml</loc></sitemap></sitemapindex>",
    )
    checked = await answer(Target("A", server.url(path), kind=kind, rules=rules))
    assert not checked.well
    assert cause in checked.answer


async def test_an_index_of_sitemaps_is_looked_into(server: FeedServer) -> None:
    server.serve("/index", b"<sitemapindex><sitemap><loc>/map-1.xml</loc></sitemap></sitemapindex>")
    server.serve(
        "/map-1.xml", b"<urlset><url><loc>/say/a-long-trial</loc></url><url><loc>/about</loc></url></urlset>"
    )
    rules = SourceRules(section="/say/*")
    checked = await answer(Target("A", server.url("/index"), kind=FeedKind.SITEMAP, rules=rules))
    assert (checked.well, checked.entries) == (True, 1)


async def test_a_page_is_read_by_its_rules(server: FeedServer) -> None:
    server.serve("/page", PAGE, content_type="text/html")
    rules = SourceRules(container="article", section="/say/*")
    checked = await answer(Target("A", server.url("/page"), kind=FeedKind.PAGE, rules=rules))
    assert (checked.well, checked.entries, checked.kind) == (True, 2, FeedKind.PAGE)


async def test_where_only_the_home_page_is_known_discovery_looks_around_it(server: FeedServer) -> None:
    head = b'<link rel="alternate" type="application/rss+xml" href="/rss"></head>'
    server.serve("/", PAGE.replace(b"</head>", head), content_type="text/html")
    checked = await answer(Target("A", home=server.url("/")))
    assert (checked.well, checked.kind, checked.title) == (True, FeedKind.RSS, "Court notes")
    assert checked.answer == f"found {server.url('/rss')} (announced by the page, and 1 more)"


async def test_what_discovery_finds_empty_or_not_at_all_is_told(server: FeedServer) -> None:
    server.serve("/empty", EMPTY)
    empty = await answer(Target("A", home=server.url("/empty")))
    assert not empty.well
    assert empty.answer.endswith(", but it is empty")
    nothing = await answer(Target("A", home=server.url("/nowhere")))
    assert not nothing.well
    assert "404" in nothing.answer


class Odd:
    """Network that answers nonsense, or breaks."""

    async def get(self, url: str, memory: HttpMemory) -> FetchResult:
        assert memory == HttpMemory()
        if "broken" in url:
            raise RuntimeError("a defect")
        return NotModified(etag=None, last_modified=None)


async def test_neither_a_nonsensical_answer_nor_a_defect_of_ours_stops_the_others() -> None:
    wanted = (
        Target("A", "https://a.example/broken"),
        Target("B", "https://b.example/"),
        Target("C", home="https://c.example/"),
    )
    broken, odd, found = await check(wanted, Odd(), InProcess(), clock=SystemClock())
    assert broken.answer == "an error of the bot itself (RuntimeError); see its log"
    assert odd.answer == "it says “not modified” to a first request"
    assert "not modified" in found.answer


# ------------------------------------------------------------------ many


async def test_the_answers_stand_in_the_order_of_the_questions_and_each_is_told_as_it_comes(
    server: FeedServer,
) -> None:
    server.reply("/503", Reply(503))
    wanted = (Target("B", server.url("/503", "localhost")), Target("A", server.url("/rss")))
    told: list[str] = []
    async with Fetcher(user_agent="test", allow_private=True, limits=FetchLimits(spacing=0.0)) as fetcher:
        checked = await check(
            wanted,
            fetcher,
            InProcess(),
            clock=SystemClock(),
            on_checked=lambda each: told.append(each.target.name),
        )
    assert [each.target.name for each in checked] == ["B", "A"]
    assert [each.well for each in checked] == [False, True]
    assert sorted(told) == ["A", "B"]


async def test_the_sources_of_one_host_are_asked_one_after_the_other(server: FeedServer) -> None:
    paths = [f"/rss{number}" for number in range(6)]
    for path in paths:
        server.serve(path, RSS)
    await ask(*(Target(path, server.url(path)) for path in paths))
    assert [request.target for request in server.requests] == paths
    assert server.most_at_once == 1


def test_each_address_is_asked_once_and_what_is_watched_comes_first() -> None:
    feed = Feed(FeedId(1), "https://a.example/feed", "Stored", rules=SourceRules(section="/x/*").to_text())
    odd = Feed(FeedId(2), "https://o.example/feed", "Odd", rules="{")
    own = [
        FeedSettings(name="Own", url="https://a.example/feed/"),
        FeedSettings(name="New", url="https://n.example/"),
    ]
    sources = [
        Source("Known", "https://h.example/", "http://www.a.example/feed"),
        Source("Home", "https://h.example/"),
    ]
    listed = targets([feed, odd], own, sources)
    assert [each.name for each in listed] == ["Stored", "Odd", "New", "Home"]
    assert listed[0].rules == SourceRules(section="/x/*")
    assert listed[1].rules == SourceRules()
    assert (listed[3].url, listed[3].address) == ("", "https://h.example/")


def checked(name: str, *, well: bool) -> Checked:
    return Checked(Target(name, f"https://{name}.example/"), well=well, answer="", kind=FeedKind.RSS)


@pytest.mark.parametrize(
    ("wells", "line"),
    [
        ("", "There is nothing to check: no feed is watched yet."),
        ("+", "It answers."),
        ("++", "All 2 answer."),
        ("+-", "1 of 2 answer; trouble with n1."),
        ("--", "0 of 2 answer; trouble with n0, n1."),
        ("---", "None of 3 answers. Is this machine connected to the network?"),
        ("+" + "-" * 12, "1 of 13 answer; trouble with n1, n2, n3, n4, n5, n6, n7, n8, n9, n10 and 2 more."),
    ],
)
def test_one_line_sums_it_up(wells: str, line: str) -> None:
    every = [checked(f"n{number}", well=sign == "+") for number, sign in enumerate(wells)]
    assert summary(every) == line


# ------------------------------------------------------------------ what is watched


def settings_of(folder: Path, text: str = "") -> Settings:
    path = folder / "config.toml"
    path.write_text(
        f"[database]\npath = '{folder / 'watchdog.db'}'\n[fetch]\nhost_spacing = 0\nallow_private_addresses = true\n"
        f"[parser]\nworkers = 1\n{text}"
    )
    return config.load(path, {}, need_token=False)


NO_CATALOGUE = "[catalogue]\nenabled = false\n"


async def test_a_running_bots_database_is_looked_at_and_left_alone(
    tmp_path: Path, server: FeedServer
) -> None:
    settings = settings_of(tmp_path, NO_CATALOGUE)
    async with Store.open(settings.database.path, clock=SystemClock()) as store:
        stored = await store.add_feed(server.url("/rss"), name="Court")
        totals: list[int] = []
        [found] = await app.feeds_check(settings, on_start=totals.append)
        assert (found.target.name, found.well, totals) == ("Court", True, [1])
        assert await store.feeds() == (stored,)


async def test_before_the_first_start_what_would_be_watched_is_asked_and_no_database_is_made(
    tmp_path: Path, server: FeedServer
) -> None:
    own = f"{NO_CATALOGUE}[[feeds]]\nname = 'Own'\nurl = '{server.url('/rss')}'\n"
    settings = settings_of(tmp_path, own)
    [found] = await app.feeds_check(settings)
    assert found.target.name == "Own"
    assert not settings.database.path.exists()


async def test_with_the_catalogue_its_sources_are_asked_too_also_those_with_only_a_home_page(
    tmp_path: Path, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.serve("/other", RSS.replace(b"Court", b"Other").replace(b"Newer", b"Newest"))
    sources = (
        Source("Feed", server.url("/rss"), server.url("/rss"), FeedKind.RSS),
        Source("Home", server.url("/other")),
    )
    monkeypatch.setattr("watchdog_bot.data.load_catalogue", lambda: sources)
    every = await app.feeds_check(settings_of(tmp_path, NO_CATALOGUE), catalogue=True)
    assert [(each.target.name, each.well) for each in every] == [("Feed", True), ("Home", True)]
    watched_at_first = await app.feeds_check(settings_of(tmp_path))
    assert [each.target.name for each in watched_at_first] == ["Feed"]


async def test_a_database_of_an_older_release_is_told_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "watchdog.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE feed (id INTEGER PRIMARY KEY, url TEXT) STRICT")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("INSERT INTO feed (url) VALUES ('https://a.example/')")
    with pytest.raises(StoreError, match=r"written by an older release.*Start the bot once"):
        read_feeds(path)
    assert read_feeds(tmp_path / "none.db") == ()


# ------------------------------------------------------------------ the command


def bot(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "bot.py"), "feeds", "check", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )


async def test_the_command_prints_a_table_and_fails_if_one_source_does(
    tmp_path: Path, server: FeedServer
) -> None:
    server.serve("/odd", RSS.replace(b"Court notes", b"[bold]Odd[/nothing]"))
    blocks = "".join(
        f"[[feeds]]\nname = '{name}'\nurl = '{server.url(path)}'\n"
        for name, path in (("Court", "/rss"), ("Odd", "/odd"), ("Gone", "/gone"))
    )
    settings_of(tmp_path, NO_CATALOGUE + blocks)
    done = await asyncio.to_thread(bot, tmp_path)
    assert done.returncode == 1, done.stderr
    for part in ("Court notes", "answers", "2026-11-04", "[bold]Odd[/nothing]", "404"):
        assert part in done.stdout
    assert done.stdout.splitlines()[-1] == "2 of 3 answer; trouble with Gone."
    assert done.stderr == ""
    settings = settings_of(tmp_path, NO_CATALOGUE + blocks.rpartition("[[feeds]]")[0])
    well = await asyncio.to_thread(bot, tmp_path)
    assert (well.returncode, well.stdout.splitlines()[-1]) == (0, "All 2 answer.")
    assert not settings.database.path.exists()


def test_the_command_with_nothing_to_ask_says_so(tmp_path: Path) -> None:
    settings_of(tmp_path, NO_CATALOGUE)
    done = bot(tmp_path)
    assert (done.returncode, done.stdout) == (0, "There is nothing to check: no feed is watched yet.\n")
