"""Admins hear of a feed in trouble: after hours, once, with the cause in words, and again when it works."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.running import Running, running
from tests.telegram_html import parse
from watchdog_bot.core import decide, replies_feeds
from watchdog_bot.core.model import (
    FailureWeight,
    Feed,
    FeedChange,
    FeedId,
    FeedKind,
    FetchFailed,
    HttpMemory,
    NotModified,
)

NOW = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
FEED = Feed(FeedId(1), "https://example.org/feed", "Court <notes>", kind=FeedKind.RSS, baseline_done=True)


def after(feed: Feed, result: FetchFailed | NotModified, now: datetime) -> FeedChange:
    if isinstance(result, FetchFailed):
        return decide.failed(feed, result, min_interval=300, now=now)
    return decide.unchanged(feed, result, memory=HttpMemory(), min_interval=300, now=now)


def told_over(results: list[FetchFailed | NotModified], step: timedelta) -> list[str]:
    """The notices of a feed that is checked at such a step and answers so."""
    feed, now, told = FEED, NOW, []
    for result in results:
        change = after(feed, result, now)
        if decide.worth_telling(feed, change, now):
            told.append(parse(replies_feeds.feed_news(feed, change, now).html).text)
        feed = replace(feed, health=change.health, paused=change.paused)
        now += step
    return told


def test_a_passing_trouble_is_not_told() -> None:
    trouble = FetchFailed("the server answers 503", FailureWeight.TEMPORARY)
    assert told_over([trouble, trouble, NotModified()], timedelta(minutes=20)) == []


def test_a_lasting_trouble_is_told_once_and_its_end_once() -> None:
    trouble = FetchFailed("its certificate has expired", FailureWeight.SOFT)
    told = told_over([trouble] * 8 + [NotModified()] * 2, timedelta(hours=1))
    assert len(told) == 2
    assert told[0].startswith("⚠️ Court <notes> has been failing for 3 h: its certificate has expired.")
    assert told[1] == "✅ Court <notes> works again: unreachable 8 h; nothing was missed."


def test_a_feed_that_is_withdrawn_is_told_at_once_for_it_is_not_asked_again() -> None:
    told = told_over(
        [FetchFailed("the server answers 410, gone for good", FailureWeight.HARD, gone=True)], timedelta(0)
    )
    assert len(told) == 1
    assert "withdrawn" in told[0]
    assert "410" in told[0]


async def test_t14_the_notice_reaches_the_admins_chat(tmp_path: Path) -> None:
    async def gone(bot: Running) -> None:
        bot.simulator.people[0].start()
        bot.sources.trouble.gone = True

    async with running(tmp_path, admins=lambda simulator: [simulator.person("Admin").id], before=gone) as bot:
        admin = bot.simulator.people[0]
        told = await bot.until(lambda: next((m for m in admin.chat.from_bot if "🛑" in m.text), None))
        assert "Journalists in Trouble (demo)" in told.text
        assert "paused" in (await bot.say(admin, "/feeds")).text
