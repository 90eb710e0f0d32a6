"""A whole feed that comes back under new guids: silent where it is recognised, held where it is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.running import LONG_AGO, Running, running
from watchdog_bot.demo.posts import DemoPost

POSTS = [
    DemoPost(f"old-{number}", f"Minsk court number {number} jails an editor", "<p>In Belarus.</p>")
    for number in range(8)
]


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, admins=lambda simulator: [simulator.person("Admin").id]) as started:
        for post in POSTS:
            started.publish(post)
        await started.polled()
        yield started


def _come_back(bot: Running, posts: list[DemoPost]) -> None:
    bot.sources.watchdog.entries = [(post, LONG_AGO) for post in posts]


async def test_a_feed_that_moved_is_recognised_by_its_headlines_and_alerts_nobody(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Belarus")
    _come_back(bot, [replace(post, slug=f"new-{post.slug}") for post in POSTS])
    await bot.polled(times=3)
    assert not [each for each in vera.chat.from_bot if "Matched:" in each.text]


async def test_what_is_not_recognised_is_held_until_an_admin_says_that_it_is_news(bot: Running) -> None:
    vera, admin = bot.simulator.person("Vera"), bot.simulator.people[0]
    admin.start()
    await bot.say(vera, "/countries Belarus")
    others = [
        DemoPost(f"b-{n}", f"Homel court number {n} frees a lawyer", "<p>In Belarus.</p>") for n in range(8)
    ]
    _come_back(bot, others)
    asked = await bot.until(lambda: next((m for m in admin.chat.from_bot if "✋" in m.text), None))
    assert "8 posts at once" in asked.text
    fresh = DemoPost("fresh", "A new verdict in Minsk today", "<p>In Belarus.</p>")
    bot.publish(fresh, when=datetime.now(UTC))  # noqa: TID251 - a post of this moment
    await bot.until(lambda: bot.alerts(vera.chat, fresh.title))
    assert not [each for each in vera.chat.from_bot if "Homel court" in each.text]
    await bot.press(admin, "They are news", message=asked)
    await bot.until(
        lambda: len([each for each in vera.chat.from_bot if "Homel court" in each.text]) == len(others)
    )
