"""Administrators see which alerts were given up and what was changed, and give a second chance by a press."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.running import Running, running
from watchdog_bot.demo.posts import VERDICT
from watchdog_bot.simulator import BadRequest, Simulator


def _one_admin(simulator: Simulator) -> list[int]:
    return [simulator.person("Admin").id]


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, admins=_one_admin) as made:
        await made.polled()
        yield made


async def test_what_was_given_up_is_listed_with_its_cause_and_sent_after_a_press(bot: Running) -> None:
    vera, admin = bot.simulator.person("Vera"), bot.simulator.people[0]
    assert (await bot.say(admin, "/undelivered")).text == "No alert was given up."
    await bot.say(vera, "/countries Russia")
    refused = bot.simulator.faults.add(
        BadRequest("message is too strange"), method="sendMessage", chat=vera, times=None
    )
    bot.publish(VERDICT)
    await bot.until(lambda: refused.hits)
    await bot.settle()
    listed = await bot.say(admin, "/undelivered")
    assert VERDICT.title[:40] in listed.text
    assert "message is too strange" in listed.text
    assert str(vera.chat.id) not in listed.text
    assert "Given up: 1 (administrators: /undelivered)" in (await bot.say(admin, "/status")).text
    refused.remove()
    await bot.press(admin, "🔁 1", message=listed)
    await bot.until(lambda: bot.alerts(vera.chat, VERDICT.title))
    assert admin.chat.messages[listed.id].text == "No alert was given up."
    again = await bot.say(admin, "/changes")
    assert "alerts queued again 1" in again.text


async def test_all_that_is_listed_is_queued_again_by_one_press_and_a_second_press_says_so(
    bot: Running,
) -> None:
    admin = bot.simulator.people[0]
    people = [bot.simulator.person(f"Reader {number}") for number in range(2)]
    refused = []
    for person in people:
        await bot.say(person, "/countries Russia")
        refused.append(
            bot.simulator.faults.add(
                BadRequest("no such thing"), method="sendMessage", chat=person, times=None
            )
        )
    bot.publish(VERDICT)
    await bot.until(lambda: all(each.hits for each in refused))
    await bot.settle()
    listed = await bot.say(admin, "/undelivered")
    for each in refused:
        each.remove()
    first = await bot.press(admin, "🔁 All of these", message=listed)
    assert first.answer is not None
    assert first.answer.text == "2 alerts queued again"
    await bot.until(lambda: all(bot.alerts(person.chat, VERDICT.title) for person in people))


async def test_only_administrators_of_the_bot_see_them(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    for command in ("/undelivered", "/changes"):
        assert (await bot.say(vera, command)).text.startswith("Only administrators can")


async def test_changes_are_listed_newest_first(bot: Running) -> None:
    admin = bot.simulator.people[0]
    assert (await bot.say(admin, "/changes")).text == "Nothing was changed yet."
    await bot.press(admin, "Add it", message=await bot.say(admin, "/topic_add zebra zebra"))
    assert "topic saved zebra" in (await bot.say(admin, "/changes")).text
