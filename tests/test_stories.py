"""The same story in two sources is one alert, which says where else it stands; nothing is dropped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.running import Running, running
from watchdog_bot.demo.posts import DemoPost

TEXT = (
    "A court in Minsk on Monday sentenced the editor Maryna Kavalchuk to four years in a penal colony for what it "
    "called the discrediting of the state. She had run the regional weekly Brama since 2009 and was detained in "
    "March together with two reporters, who were released after ten days. Her lawyer was not let into the room "
    "for the second half of the hearing. The Association of Journalists demands her release and says that thirty "
    "two journalists are behind bars in the country at present."
)
FIRST = DemoPost(
    "editor-sentenced", "Belarusian Editor Maryna Kavalchuk Sentenced to Four Years", f"<p>{TEXT}</p>"
)
AGAIN = DemoPost(
    "kavalchuk",
    "Belarusian editor Maryna Kavalchuk sentenced to four years in colony",
    f"<p>{TEXT} A zebra was seen.</p>",
)
OTHER = DemoPost(
    "reporter-sentenced",
    "Belarusian Reporter Pavel Dubrouski Sentenced to Two Years",
    "<p>A court in Homel on Friday sentenced the reporter Pavel Dubrouski to two years for extremism.</p>",
)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as started:
        yield started


async def test_the_second_source_joins_the_alert_without_a_sound(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Belarus")
    await bot.polled()
    bot.publish(FIRST)
    alert = await bot.until(lambda: next(iter(bot.alerts(vera.chat, FIRST.title)), None))
    assert "also at" not in alert.text
    bot.publish(AGAIN, feed=bot.sources.trouble)
    joined = await bot.until(lambda: next((m for m in vera.chat.from_bot if "also at" in m.text), None))
    assert joined.id == alert.id
    assert "also at Journalists in Trouble (demo)" in joined.text
    assert any((each.url or "").endswith(AGAIN.slug) for each in joined.entities)
    assert not bot.alerts(vera.chat, AGAIN.title)


async def test_what_joined_an_alert_is_behind_its_button(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Belarus")
    await bot.polled()
    bot.publish(FIRST)
    await bot.until(lambda: bot.alerts(vera.chat, FIRST.title))
    bot.publish(AGAIN, feed=bot.sources.trouble)
    joined = await bot.until(lambda: next((m for m in vera.chat.from_bot if "also at" in m.text), None))
    listed = await bot.press_for_reply(vera, "📰 1 other report", message=joined)
    assert AGAIN.title in listed.text
    assert "Journalists in Trouble (demo)" in listed.text
    assert any((each.url or "").endswith(AGAIN.slug) for each in listed.entities)
    link = next(each.url for each in listed.entities if each.url)
    told = await bot.say(vera, f"/why {link}")
    assert "You were not sent this by itself" in told.text
    assert FIRST.title in told.text


async def test_who_wants_every_report_is_alerted_of_each_and_others_of_one(bot: Running) -> None:
    vera, nino = bot.simulator.person("Vera"), bot.simulator.person("Nino")
    for person in (vera, nino):
        await bot.say(person, "/countries Belarus")
    await bot.say(nino, "/settings")
    await bot.press(nino, "An alert for every report")
    await bot.polled()
    bot.publish(FIRST)
    await bot.until(lambda: bot.alerts(nino.chat, FIRST.title))
    bot.publish(AGAIN, feed=bot.sources.trouble)
    own = await bot.until(lambda: next(iter(bot.alerts(nino.chat, AGAIN.title)), None))
    assert "also at" in own.text
    listed = await bot.press_for_reply(nino, "📰 1 other report", message=own)
    assert FIRST.title in listed.text
    await bot.until(lambda: next((m for m in vera.chat.from_bot if "also at" in m.text), None))
    assert not bot.alerts(vera.chat, AGAIN.title)


async def test_whom_only_the_second_report_concerns_is_alerted_by_it(bot: Running) -> None:
    nino = bot.simulator.person("Nino")
    await bot.say(nino, "/keywords zebra")
    await bot.polled()
    bot.publish(FIRST)
    await bot.polled()
    bot.publish(AGAIN, feed=bot.sources.trouble)
    alert = await bot.until(lambda: next(iter(bot.alerts(nino.chat, FIRST.title)), None))
    assert "also at Journalists in Trouble (demo)" in alert.text


async def test_whoever_came_after_the_first_report_is_alerted_by_the_second(bot: Running) -> None:
    vera, nino = bot.simulator.person("Vera"), bot.simulator.person("Nino")
    await bot.say(nino, "/countries Belarus")
    await bot.polled()
    bot.publish(FIRST)
    await bot.until(lambda: bot.alerts(nino.chat, FIRST.title))
    await bot.say(vera, "/countries Belarus")
    bot.publish(AGAIN, feed=bot.sources.trouble)
    assert await bot.until(lambda: bot.alerts(vera.chat, FIRST.title))
    await bot.polled()
    assert len(bot.alerts(nino.chat, FIRST.title)) == 1


async def test_two_sources_at_the_same_moment_bring_one_alert(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Belarus")
    await bot.polled()
    bot.publish(FIRST)
    bot.publish(AGAIN, feed=bot.sources.trouble)
    await bot.until(lambda: next((m for m in vera.chat.from_bot if "also at" in m.text), None))
    await bot.polled()
    assert len([m for m in vera.chat.from_bot if "Matched:" in m.text]) == 1


async def test_two_people_sentenced_are_two_alerts(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Belarus")
    await bot.polled()
    bot.publish(FIRST)
    bot.publish(OTHER, feed=bot.sources.trouble)
    await bot.until(lambda: bot.alerts(vera.chat, FIRST.title))
    assert await bot.until(lambda: bot.alerts(vera.chat, OTHER.title))


async def test_the_window_survives_a_restart(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Belarus")
    await bot.polled()
    bot.publish(FIRST)
    await bot.until(lambda: bot.alerts(vera.chat, FIRST.title))
    assert await bot.end() == 0
    await bot.start()
    bot.publish(AGAIN, feed=bot.sources.trouble)
    await bot.until(lambda: next((m for m in vera.chat.from_bot if "also at" in m.text), None))
    assert not bot.alerts(vera.chat, AGAIN.title)
