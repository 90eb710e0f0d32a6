"""Follow this case: from a button under an alert to a thread of replies, until it is closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.running import Running, running
from watchdog_bot.demo.posts import INSPECTIONS, DemoPost
from watchdog_bot.simulator import Message, Person

FIRST = DemoPost(
    "first", "Editor Detained in Minsk", "<p>In Belarus, Alsu Kurmasheva was detained on Monday.</p>"
)
SECOND = DemoPost("second", "Суд в Варшаве", "<p>Адвокат рассказал об Алсу Курмашевой.</p>")
THIRD = DemoPost("third", "A prize", "<p>Alsu Kurmasheva and Andrei Petrenko got a prize in Oslo.</p>")
FOURTH = DemoPost("fourth", "Another prize", "<p>Alsu Kurmasheva was honoured again.</p>")


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as started:
        yield started


async def alerted(bot: Running, person: Person, post: DemoPost) -> Message:
    bot.publish(post)
    return await bot.until(lambda: next(iter(bot.alerts(person.chat, post.title)), None))


async def following(bot: Running) -> tuple[Person, Message]:
    """Somebody who follows the case of the first post, and its alert."""
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Belarus")
    await bot.polled()
    alert = await alerted(bot, vera, FIRST)
    said = await bot.press_for_reply(vera, "Follow this case", message=alert)
    assert said.text.startswith("📌 Following: “Alsu Kurmasheva”, in every spelling and both scripts.")
    assert "It would have matched 1 of the last" in said.text
    return vera, alert


async def test_later_posts_answer_the_first_alert_in_any_script_until_the_case_is_closed(
    bot: Running,
) -> None:
    vera, alert = await following(bot)
    second = await alerted(bot, vera, SECOND)
    assert second.reply_to == alert.id
    assert "📌 You follow “Alsu Kurmasheva”" in second.text
    third = await alerted(bot, vera, THIRD)
    assert third.reply_to == alert.id
    listed = await bot.say(vera, "/subscriptions")
    assert "📌" in listed.text
    assert "✅ Close 1" in listed.labels
    closed = await bot.press_for_reply(vera, "Close this case", message=third)
    assert closed.text == "✅ Closed: “Alsu Kurmasheva”. Nothing more comes of it."
    bot.publish(FOURTH)
    await bot.polled()
    assert bot.alerts(vera.chat, FOURTH.title) == []
    press = await bot.press(vera, "Close this case", message=second)
    assert press.answer is not None
    assert press.answer.text == "It was closed already"
    await bot.press(vera, "Undo", message=closed)
    again = await alerted(bot, vera, replace(FOURTH, slug="fifth", title="A third prize"))
    assert again.reply_to == alert.id


async def test_where_the_first_alert_was_deleted_the_thread_goes_on_from_the_next(bot: Running) -> None:
    vera, alert = await following(bot)
    del vera.chat.messages[alert.id]
    second = await alerted(bot, vera, SECOND)
    assert second.reply_to is None
    third = await alerted(bot, vera, THIRD)
    assert third.reply_to == second.id


async def test_of_several_names_one_is_chosen_and_a_post_of_two_cases_is_one_alert_that_names_both(
    bot: Running,
) -> None:
    vera, _ = await following(bot)
    third = await alerted(bot, vera, THIRD)
    await bot.say(vera, '/subscribe "Andrei Petrenko"')
    assert "Close this case" in "".join(third.labels)
    nino = bot.simulator.person("Nino")
    await bot.say(nino, "/keywords prize")
    await bot.polled()
    other = await alerted(bot, nino, replace(THIRD, slug="six", title="The sixth prize"))
    menu = await bot.press_for_reply(nino, "Follow this case", message=other)
    assert {label for label in menu.labels if label.startswith("📌")} == {
        "📌 Alsu Kurmasheva",
        "📌 Andrei Petrenko",
    }
    await bot.press(nino, "Andrei Petrenko", message=menu)
    assert nino.chat.messages[menu.id].text.startswith("📌 Following: “Andrei Petrenko”")
    menu = await bot.press_for_reply(nino, "Follow this case", message=other)
    await bot.press(nino, "Alsu Kurmasheva", message=menu)
    both = await alerted(
        bot,
        nino,
        replace(THIRD, slug="seven", title="The seventh one", html=THIRD.html.replace("prize", "medal")),
    )
    assert both.reply_to == other.id
    assert "📌 You follow “Andrei Petrenko”, “Alsu Kurmasheva”" in both.text
    assert len(bot.alerts(nino.chat, "The seventh one")) == 1
    assert [label for label in both.labels if label.startswith("✅")] == [
        "✅ Close: Andrei Petrenko",
        "✅ Close: Alsu Kurmasheva",
    ]


async def test_a_post_without_names_says_how_to_follow_one(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Kazakhstan")
    await bot.polled()
    alert = await alerted(bot, vera, INSPECTIONS)
    said = await bot.press_for_reply(vera, "Follow this case", message=alert)
    assert "/subscribe" in said.text


async def test_a_name_that_the_post_has_no_longer_is_not_followed(bot: Running) -> None:
    nino = bot.simulator.person("Nino")
    await bot.say(nino, "/keywords prize")
    await bot.polled()
    alert = await alerted(bot, nino, THIRD)
    menu = await bot.press_for_reply(nino, "Follow this case", message=alert)
    bot.publish(replace(THIRD, html="<p>Boris Sidorenko and Andrei Petrenko got a prize in Oslo.</p>"))
    await bot.until(lambda: "Boris" in nino.chat.messages[alert.id].text)
    press = await bot.press(nino, "Alsu Kurmasheva", message=menu)
    assert press.answer is not None
    assert press.answer.alert
    assert "changed meanwhile" in press.answer.text
