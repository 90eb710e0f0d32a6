"""Pages without a feed, watched by the running bot: written for this project, in the manner of the blog it is named
after (two posts and a "Load more") and of its sister page on colleagues in trouble.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path

from tests.clock import FakeClock
from tests.feedserver import Document, FeedServer, Reply
from tests.inprocess import InProcess
from tests.running import PATIENCE, Running, running
from tests.test_gaps import reading
from watchdog_bot.config import load
from watchdog_bot.core.feeds.rules import from_table
from watchdog_bot.core.model import FeedKind
from watchdog_bot.fetch import Fetcher, FetchLimits
from watchdog_bot.poll import Poller
from watchdog_bot.simulator import Message
from watchdog_bot.store import Store

ROOT = Path(__file__).resolve().parent.parent
BLOG, TROUBLE = "/Watchdog", "/journalists-in-trouble"

AROUND = """<!DOCTYPE html><html lang="en"><head><title>{title} | Radio Example</title>{head}</head><body>
<header><a href="/">Radio Example</a><nav><ul><li><a href="/news">All the news of the day</a></li>
<li><a href="/Watchdog">Watchdog: who barks at power</a></li><li><a href="/journalists-in-trouble">Journalists in trouble</a></li></ul></nav></header>
<main><h1>{title}</h1>{posts}</main>
<aside><h2>Most read</h2><ol><li><a href="/a/91">Ten things that happened in Minsk while you slept</a></li>
<li><a href="/a/92">What the minister said in Minsk, and what he did not</a></li></ol></aside>
<footer><ul><li><a href="/terms">Terms of use and other small print</a></li></ul></footer></body></html>"""
BLOG_POST = """<li class="row-item"><div class="media-block"><a href="{link}" class="img-wrap"><img src="/i.jpg" alt=""></a>
<div class="media-block__content"><span class="date">{date}</span>
<a href="{link}"><h4 class="media-block__title">{title}</h4><p class="perex">{words}</p></a></div></div></li>"""
TROUBLE_POST = '<li class="item"><a href="{link}"><h3>{title}</h3></a><p class="intro">{words}</p></li>'
ANNOUNCED = '<link rel="alternate" type="application/rss+xml" title="Top news" href="/api/top">'
TOP_NEWS = b"""<rss version="2.0"><channel><title>Top news</title>
<item><title>Weather</title><guid>w</guid></item></channel></rss>"""
LOAD_MORE = '<p class="buttons"><a class="link-showMore" href="/z/646?p=1">Load more of these posts</a></p>'
SELECTORS = (
    'rules = { container = "li.item", link = "a", title = "h3", summary = ".intro", section = "/a/*", '
    'archive = "/journalists-in-trouble/{year}/{month}/{day}" }'
)


@dataclass(frozen=True)
class Post:
    number: int
    title: str
    words: str
    date: str = "November 20, 2026"

    @property
    def link(self) -> str:
        return f"/a/post-{self.number}/{self.number}.html"


OLD = (
    Post(2, "Two lawyers and a locked door in Minsk", "The door of the bar association stayed shut for a second week.", "November 12, 2026"),
    Post(1, "A court in Minsk counts to seven", "Seven years, said the judge, and did not say what for.", "November 10, 2026"),
)  # fmt: skip
NEW = Post(
    3,
    "Minsk printer loses his press",
    "They took the machine at night, and the paper with it; he asks for a receipt.",
    "November 21, 2026",
)
TROUBLED = (
    Post(
        12, "Camera operator freed without his camera", "He walked out of a Baku prison with a plastic bag."
    ),
    Post(11, "Reporter held after filming a queue", "The queue was for sugar, the charge is for extremism."),
)


@dataclass
class Page:
    """A page that shows its newest posts and hides the rest behind a button."""

    document: Document
    title: str
    form: str
    posts: list[Post]
    head: str = ""
    shown: int = 2

    def show(self) -> None:
        listed = "".join(
            self.form.format(
                link=post.link, title=escape(post.title), words=escape(post.words), date=post.date
            )
            for post in self.posts[: self.shown]
        )
        posts = f'<div class="media-blocks"><ul class="row">{listed}</ul>{LOAD_MORE}</div>'
        self.document.body = AROUND.format(title=self.title, head=self.head, posts=posts).encode()

    def publish(self, *posts: Post) -> None:
        """At the top, the last one given uppermost; one with the same number is replaced where it stands."""
        for post in posts:
            old = next((at for at, each in enumerate(self.posts) if each.number == post.number), None)
            if old is None:
                self.posts.insert(0, post)
            else:
                self.posts[old] = post
        self.show()


@dataclass
class Site:
    """Both pages on one server."""

    server: FeedServer
    blog: Page = field(init=False)
    trouble: Page = field(init=False)

    def __post_init__(self) -> None:
        self.blog = self._page(BLOG, "Watchdog", BLOG_POST, OLD)
        self.trouble = self._page(TROUBLE, "Journalists In Trouble", TROUBLE_POST, TROUBLED)
        self.trouble.shown = 10
        self.trouble.show()

    def _page(self, path: str, title: str, form: str, posts: tuple[Post, ...]) -> Page:
        page = Page(
            self.server.serve(path, b"", content_type="text/html; charset=utf-8"), title, form, list(posts)
        )
        page.show()
        return page

    async def known(self, path: str = BLOG) -> None:
        """Until the page is asked a second time: its first answer, the baseline, is stored by then."""
        await self._until_asked(path, 2)

    async def polled(self, path: str = BLOG) -> None:
        """Until the page was asked twice more: what it shows now is decided by then."""
        await self._until_asked(path, self.asked(path) + 2)

    async def _until_asked(self, path: str, times: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.asked(path) < times:  # noqa: ASYNC110 - the server only counts
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)

    def asked(self, path: str) -> int:
        return sum(request.target == path for request in self.server.requests)


@asynccontextmanager
async def watching(folder: Path, *blocks: tuple[str, str]) -> AsyncIterator[tuple[Running, Site]]:
    """The bot, with these paths of the site in its configuration, each with more lines; a page where they name no kind."""
    async with FeedServer() as server:
        site = Site(server)

        async def with_pages(bot: Running) -> None:
            path = folder / "config.toml"
            feeds = "".join(
                f"\n[[feeds]]\nname = 'Page {at}'\nurl = '{server.url(place)}'\nevery = 1\n"
                + ("" if "kind =" in more else "kind = 'page'\n")
                + f"{more}\n"
                for at, (place, more) in enumerate(blocks, start=1)
            )
            path.write_text(path.read_text() + feeds)
            bot.settings = load(path, {})

        admins = running(folder, admins=lambda simulator: [simulator.person("Admin").id], before=with_pages)
        async with admins as bot:
            yield bot, site


async def alerted(bot: Running, person: str, post: Post) -> Message:
    chat = next(each for each in bot.simulator.people if each.first_name == person).chat
    return await bot.until(lambda: next(iter(bot.alerts(chat, post.title)), None))


async def test_a_new_post_at_the_top_alerts_and_what_stood_there_does_not(tmp_path: Path) -> None:
    async with watching(tmp_path, (BLOG, "")) as (bot, site):
        vera = bot.simulator.person("Vera")
        await bot.say(vera, "/countries Belarus")
        await site.known()
        assert not [each for each in vera.chat.from_bot if "Matched:" in each.text]
        site.blog.publish(NEW)
        alert = await alerted(bot, "Vera", NEW)
        for part in (NEW.title, "Page 1", "21 Nov 2026", "They took the machine at night"):
            assert part in alert.text
        assert f'href="{site.server.url(NEW.link)}"' in alert.html
        site.blog.publish(
            replace(NEW, words="They took the machine at dawn, as it turns out, and the paper too.")
        )
        await site.polled()
        told = [each for each in vera.chat.from_bot if "Matched:" in each.text]
        assert len(told) == 1


async def test_the_first_page_is_enough_for_who_comes_often(tmp_path: Path) -> None:
    later = [replace(NEW, number=number, title=f"Minsk printer, day {number}") for number in range(4, 7)]
    async with watching(tmp_path, (BLOG, "")) as (bot, site):
        vera = bot.simulator.person("Vera")
        await bot.say(vera, "/countries Belarus")
        await site.known()
        site.blog.publish(later[0])
        await alerted(bot, "Vera", later[0])
        site.blog.publish(*later[1:3])  # both fit on the page, and push everything else off it
        for post in later[1:3]:
            await alerted(bot, "Vera", post)
        assert [len(bot.alerts(vera.chat, post.title)) for post in later] == [1, 1, 1]
        assert not [request.target for request in site.server.requests if request.target != BLOG]


async def test_the_sister_page_is_watched_beside_it_and_a_post_on_both_alerts_once(tmp_path: Path) -> None:
    async with watching(tmp_path, (BLOG, ""), (TROUBLE, SELECTORS)) as (bot, site):
        vera = bot.simulator.person("Vera")
        await bot.say(vera, "/countries Belarus, Azerbaijan")
        await site.known()
        await site.known(TROUBLE)
        site.trouble.publish(NEW)
        alert = await alerted(bot, "Vera", NEW)
        assert "Page 2" in alert.text
        site.blog.publish(NEW)
        other = Post(
            13, "Editor in Baku charged for a map", "The map showed where the ministry's money went."
        )
        site.trouble.publish(other)
        await alerted(bot, "Vera", other)
        await site.polled()
        assert len([each for each in vera.chat.from_bot if "Matched:" in each.text]) == 2


async def test_an_admin_pastes_the_page_and_it_is_watched(tmp_path: Path) -> None:
    async with watching(tmp_path) as (bot, site):
        admin = bot.simulator.people[0]
        await bot.say(admin, "/countries Belarus")
        admin.say(f"/feed_add {site.server.url(BLOG)}")
        added = await bot.until(lambda: next((m for m in admin.chat.from_bot if "Watching" in m.text), None))
        assert "Watchdog | Radio Example (page, number 3)" in added.text
        assert OLD[0].title in added.text
        async with asyncio.timeout(PATIENCE):
            while "Watchdog | Radio Example — well" not in (await bot.say(admin, "/feeds")).text:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.1)
        assert not [each for each in admin.chat.from_bot if "Matched:" in each.text]


async def test_of_a_page_and_the_feed_it_announces_an_admin_takes_one_with_a_press(tmp_path: Path) -> None:
    async with watching(tmp_path) as (bot, site):
        site.blog.head = ANNOUNCED
        site.blog.show()
        site.server.serve("/api/top", TOP_NEWS)
        admin = bot.simulator.people[0]
        admin.say(f"/feed_add {site.server.url(BLOG)}")
        choice = await bot.until(
            lambda: next((m for m in admin.chat.from_bot if "Which one?" in m.text), None)
        )
        assert "1. Top news — 1 post" in choice.text
        assert "2. Watchdog | Radio Example — 2 posts, newest 12 Nov 2026" in choice.text
        assert f"• {OLD[0].title}" in choice.text
        pressed = await bot.press(admin, "✅ 2", message=choice)
        assert pressed.answer
        assert pressed.answer.text == "Added"
        taken = await bot.until(lambda: next((m for m in admin.chat.from_bot if "Watching" in m.text), None))
        assert "Watchdog | Radio Example (page" in taken.text
        admin.say(f"/feed_add {site.server.url(BLOG)}")
        once_more = await bot.until(
            lambda: next(
                (m for m in admin.chat.from_bot if "Which one?" in m.text and m.id != choice.id), None
            )
        )
        again = await bot.press(admin, "✅ 2", message=once_more)
        assert again.answer
        assert again.answer.text == "Nothing was added"


async def test_on_the_command_line_the_page_is_taken_when_it_is_exactly_that(tmp_path: Path) -> None:
    env = {
        "PATH": "/usr/bin:/bin",
        "WATCHDOG_FETCH__ALLOW_PRIVATE_ADDRESSES": "true",
        "WATCHDOG_FETCH__HOST_SPACING": "0",
    }

    def add(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "bot.py"), "feeds", "add", *args]
        return subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False
        )

    async with FeedServer() as server:
        site = Site(server)
        site.blog.head = ANNOUNCED
        site.blog.show()
        server.serve("/api/top", TOP_NEWS)
        several = await asyncio.to_thread(add, server.url(BLOG))
        assert several.returncode == 1
        assert f"{server.url('/api/top')}  Top news, 1 entry (announced by the page)" in several.stdout
        assert "--exactly" in several.stderr
        taken = await asyncio.to_thread(add, server.url(BLOG), "--exactly", "--name", "The blog")
        assert taken.returncode == 0
        assert taken.stdout.startswith("The blog (page, number 1) is watched now\n")


async def test_posts_that_came_and_went_on_both_pages_during_an_outage_are_found_in_their_dated_archives(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    limits = FetchLimits(spacing=0.0, cool_down=0)
    async with (
        FeedServer() as server,
        Fetcher(user_agent="Test", allow_private=True, limits=limits, clock=clock) as fetcher,
        Store.open(tmp_path / "watchdog.db", clock=clock) as store,
    ):
        site = Site(server)
        poller = Poller(
            store, fetcher, InProcess(), read=reading, match=lambda _text: (), clock=clock, min_interval=60
        )
        for place, selectors in (
            (BLOG, {}),
            (TROUBLE, {"container": "li.item", "title": "h3", "summary": ".intro"}),
        ):
            rules = from_table(
                {"section": "/a/*", "archive": f"{place}/{{year}}/{{month}}/{{day}}", **selectors}
            )
            await store.add_feed(server.url(place), name=place, kind=FeedKind.PAGE, rules=rules.to_text())

        async def polled() -> dict[str, str | None]:
            for feed in await store.feeds():
                await poller.poll(feed)
            return {feed.name: feed.health.note for feed in await store.feeds()}

        await polled()
        clock.advance(3600)
        for place in (BLOG, TROUBLE):
            server.reply(place, Reply(503))
        await polled()
        clock.advance(3 * 86_400)
        missed = [Post(number, f"Statement {number} on the case in Minsk", "They say so.", f"March {number - 20}, 2026")
                  for number in range(21, 25)]  # fmt: skip
        site.blog = site._page(BLOG, "Watchdog", BLOG_POST, tuple(reversed(missed)))
        site.trouble = site._page(
            TROUBLE, "Journalists In Trouble", TROUBLE_POST, (replace(missed[3], number=34),)
        )
        for post in missed:
            day = f"/2026/3/{post.number - 20}"
            site._page(BLOG + day, "Watchdog", BLOG_POST, (post,))
            site._page(
                TROUBLE + day,
                "Journalists In Trouble",
                TROUBLE_POST,
                (replace(post, number=post.number + 10),),
            )
        notes = await polled()
        assert (
            notes[BLOG]
            == "unreachable 3 days; caught up 4 posts, 2 of them from its archive; nothing is missing"
        )
        # This page shows no dates, so whether its archive holds all of those days cannot be seen.
        assert (
            notes[TROUBLE]
            == "unreachable 3 days; caught up 4 posts, 3 of them from its archive; some may be missing"
        )
        titles = [post.title for post in await store.recent_posts(clock.now(), days=90, limit=99)]
        assert len([title for title in titles if title.startswith("Statement ")]) == 8
        asked = [request.target for request in server.requests]
        assert [target for target in asked if "page" in target or "showMore" in target] == []
