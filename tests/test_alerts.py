"""A post becomes an alert: for the right people, once, whatever the source and Telegram do."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.running import Running, running
from watchdog_bot import app
from watchdog_bot.demo.posts import BASELINE, DECOYS, INSPECTIONS, VERDICT
from watchdog_bot.simulator.faults import CloseAfter, Forbidden, ServerError, TooManyRequests


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as started:
        for post in BASELINE:
            started.publish(post)
        yield started


async def test_the_right_people_are_alerted_and_only_they(bot: Running) -> None:
    wishes = {
        "Russia": "/countries Russia",
        "torture": "/keywords torture",
        "Kazakhstan": "/subscribe Kazakhstan (tax OR court)",
        "Georgia": "/countries Georgia, Turkey, Poland, US",
        "football": "/subscribe torture -football -Moscow",
    }
    people = {name: bot.simulator.person(name) for name in wishes}
    for name, wish in wishes.items():
        await bot.say(people[name], wish)
    await bot.polled()
    for post in (VERDICT, INSPECTIONS, *DECOYS[1:3]):
        bot.publish(post)
    await bot.polled(times=3)
    got = {
        name: [post.slug for post in (VERDICT, INSPECTIONS, *DECOYS) if bot.alerts(person.chat, post.title)]
        for name, person in people.items()
    }
    assert got == {
        "Russia": [VERDICT.slug],
        "torture": [VERDICT.slug, "football-agony"],
        "Kazakhstan": [INSPECTIONS.slug],
        "Georgia": [],
        "football": [],
    }


async def test_the_first_poll_of_a_feed_is_silent(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Belarus, Azerbaijan")
    await bot.say(vera, "/subscribe torture")
    await bot.polled()
    assert not [each for each in vera.chat.from_bot if "Matched:" in each.text]


async def test_why_explains_by_button_and_by_reply(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Russia")
    await bot.polled()
    bot.publish(VERDICT)
    alert = await bot.until(lambda: next(iter(bot.alerts(vera.chat, VERDICT.title)), None))
    explained = await bot.press_for_reply(vera, "Why?", message=alert)
    assert explained.text.startswith("Why you were sent this")
    assert "Russia: “Moscow” in the title" in explained.text
    again = await bot.say(vera, "/why", reply_to=alert.id)
    assert again.text == explained.text
    assert "Reply with /why" in (await bot.say(vera, "/why")).text


async def test_why_with_an_address_says_why_a_post_was_not_sent(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Georgia")
    await bot.say(vera, "/subscribe Russia -torture")
    await bot.polled()
    bot.publish(VERDICT)
    await bot.polled()
    told = await bot.say(vera, f"/why {bot.sources.base}/posts/{VERDICT.slug}?utm_source=x")
    assert told.text.startswith("You were not sent this")
    assert "It is about: 🇷🇺 Russia" in told.text
    assert "not about Georgia" in told.text
    assert "excluded: “Torture”" in told.text
    assert "have not seen" in (await bot.say(vera, "/why https://example.org/nowhere")).text


async def test_two_subscriptions_that_match_bring_one_alert_with_all_evidence(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Russia")
    await bot.say(vera, "/subscribe torture")
    await bot.say(vera, "/subscribe student")
    await bot.polled()
    bot.publish(VERDICT)
    alert = await bot.until(lambda: next(iter(bot.alerts(vera.chat, VERDICT.title)), None))
    for reason in ("Russia", "torture", "“student”"):
        assert reason in alert.text.rpartition("Matched:")[2]
    await bot.polled()
    assert len(bot.alerts(vera.chat, VERDICT.title)) == 1


async def test_edited_redated_reordered_and_repeated_elsewhere_it_alerts_once(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Russia")
    await bot.polled()
    bot.publish(VERDICT)
    await bot.until(lambda: bot.alerts(vera.chat, VERDICT.title))
    bot.publish(replace(VERDICT, title="Edited: " + VERDICT.title))
    bot.sources.watchdog.entries = [
        (post, datetime(2027, 5, 5, tzinfo=UTC)) for post, _ in bot.sources.watchdog.entries
    ]
    bot.sources.watchdog.entries.reverse()
    bot.publish(VERDICT, feed=bot.sources.trouble)
    await bot.polled(times=3)
    gone, bot.sources.watchdog.entries = bot.sources.watchdog.entries, bot.sources.watchdog.entries[:1]
    await bot.polled()
    bot.sources.watchdog.entries = gone
    await bot.polled()
    assert len([each for each in vera.chat.from_bot if "Matched:" in each.text]) == 1


async def test_an_old_date_makes_a_new_post_no_less_new(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Russia")
    await bot.polled()
    bot.publish(VERDICT, when=datetime(1999, 1, 1, tzinfo=UTC))
    assert await bot.until(lambda: bot.alerts(vera.chat, VERDICT.title))


async def test_an_edit_that_matches_somebody_new_alerts_only_them(bot: Running) -> None:
    vera, nino = bot.simulator.person("Vera"), bot.simulator.person("Nino")
    await bot.say(vera, "/countries Russia")
    await bot.say(nino, "/keywords zebra")
    await bot.polled()
    bot.publish(VERDICT)
    await bot.until(lambda: bot.alerts(vera.chat, VERDICT.title))
    bot.publish(replace(VERDICT, html=VERDICT.html + "<p>A zebra was seen.</p>"))
    assert await bot.until(lambda: bot.alerts(nino.chat, VERDICT.title))
    assert len(bot.alerts(vera.chat, VERDICT.title)) == 1


async def test_a_muted_source_is_silent_and_the_other_is_not(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Russia")
    await bot.polled()
    bot.publish(VERDICT)
    alert = await bot.until(lambda: next(iter(bot.alerts(vera.chat, VERDICT.title)), None))
    await bot.press_for_reply(vera, "Mute", message=alert)
    await bot.press(vera, "This source, 1 day")
    assert "Watchdog (demo)" in (await bot.say(vera, "/subscriptions")).text
    bot.publish(replace(VERDICT, slug="second", title="A second verdict in Moscow"))
    other = replace(VERDICT, slug="third", title="A reporter is freed in Kazan", html="<p>In Russia.</p>")
    bot.publish(other, feed=bot.sources.trouble)
    assert await bot.until(lambda: bot.alerts(vera.chat, other.title))
    await bot.polled()
    assert not bot.alerts(vera.chat, "A second verdict in Moscow")


async def test_a_muted_country_is_silent_until_it_is_taken_back(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Russia, Kazakhstan")
    await bot.polled()
    bot.publish(VERDICT)
    alert = await bot.until(lambda: next(iter(bot.alerts(vera.chat, VERDICT.title)), None))
    await bot.press_for_reply(vera, "Mute", message=alert)
    await bot.press(vera, "Russia, 1 day")
    bot.publish(replace(VERDICT, slug="second", title="A second verdict in Moscow"))
    bot.publish(INSPECTIONS)
    assert await bot.until(lambda: bot.alerts(vera.chat, INSPECTIONS.title))
    await bot.polled()
    assert not bot.alerts(vera.chat, "A second verdict in Moscow")
    assert "Nothing is muted any more" in (await bot.say(vera, "/unmute")).text
    bot.publish(replace(VERDICT, slug="third", title="A third verdict in Moscow"))
    assert await bot.until(lambda: bot.alerts(vera.chat, "A third verdict in Moscow"))


@pytest.mark.parametrize("fault", [TooManyRequests(1), ServerError()])
async def test_what_was_surely_not_sent_is_sent_later_once(
    bot: Running, fault: TooManyRequests | ServerError
) -> None:
    vera, nino = bot.simulator.person("Vera"), bot.simulator.person("Nino")
    await bot.say(vera, "/countries Russia")
    await bot.say(nino, "/keywords torture")
    await bot.polled()
    bot.simulator.faults.add(fault, method="sendMessage", chat=vera.chat)
    bot.publish(VERDICT)
    assert await bot.until(lambda: bot.alerts(nino.chat, VERDICT.title))
    assert len(await bot.until(lambda: bot.alerts(vera.chat, VERDICT.title))) == 1


async def test_a_lost_answer_is_counted_as_a_doubt_and_not_repeated_at_once(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Russia")
    await bot.polled()
    bot.simulator.faults.add(CloseAfter(), method="sendMessage", chat=vera.chat)
    bot.publish(VERDICT)
    await bot.until(lambda: bot.alerts(vera.chat, VERDICT.title))
    await bot.polled(times=2)
    assert len(bot.alerts(vera.chat, VERDICT.title)) == 1
    assert "in doubt: 1" in (await bot.say(vera, "/status")).text


async def test_a_reader_who_blocks_the_bot_is_suspended_and_comes_back(bot: Running) -> None:
    vera, nino = bot.simulator.person("Vera"), bot.simulator.person("Nino")
    await bot.say(vera, "/countries Russia")
    await bot.say(nino, "/countries Russia")
    await bot.polled()
    vera.block_bot()
    bot.publish(VERDICT)
    assert await bot.until(lambda: bot.alerts(nino.chat, VERDICT.title))
    vera.unblock_bot()
    assert "Russia" in (await bot.say(vera, "/subscriptions")).text
    bot.publish(replace(VERDICT, slug="second", title="A second verdict in Moscow"))
    assert await bot.until(lambda: bot.alerts(vera.chat, "A second verdict in Moscow"))
    assert not bot.alerts(vera.chat, VERDICT.title)


async def test_one_chat_that_refuses_does_not_stop_the_others(bot: Running) -> None:
    people = [bot.simulator.person(f"Reader {number}") for number in range(5)]
    for person in people:
        await bot.say(person, "/countries Russia")
    await bot.polled()
    bot.simulator.faults.add(
        Forbidden("bot was blocked by the user"), method="sendMessage", chat=people[1].chat
    )
    bot.publish(VERDICT)
    for person in (people[0], *people[2:]):
        assert await bot.until(lambda person=person: bot.alerts(person.chat, VERDICT.title))  # type: ignore[misc]


async def test_two_topics_that_are_gone_bring_an_alert_to_general_once(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    forum = vera.create_group("Legal aid", topics=True)
    first, second = forum.create_topic("Verdicts"), forum.create_topic("Arrests")
    await bot.say(vera, "/countries Russia", chat=forum, thread=first)
    await bot.say(vera, "/countries Russia", chat=forum, thread=second)
    await bot.polled()
    forum.close_topic(first)
    forum.delete_topic(second)
    bot.publish(VERDICT)
    alerts = await bot.until(lambda: bot.alerts(forum, VERDICT.title))
    assert alerts[0].thread is None
    await bot.polled(times=3)
    assert len(bot.alerts(forum, VERDICT.title)) == 1


async def test_a_chat_in_which_we_may_write_again_gets_what_waited(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    group = vera.create_group("Newsroom", supergroup=True)
    await bot.say(vera, "/countries Russia", chat=group)
    await bot.polled()
    group.restrict_bot(can_send=False)
    bot.publish(VERDICT)
    await bot.polled(times=3)
    assert not bot.alerts(group, VERDICT.title)
    group.restrict_bot(can_send=True)
    assert len(await bot.until(lambda: bot.alerts(group, VERDICT.title))) == 1


async def test_a_group_that_becomes_a_supergroup_keeps_its_alerts(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    group = vera.create_group("Newsroom")
    await bot.say(vera, "/countries Russia", chat=group)
    await bot.polled()
    supergroup = group.migrate()
    await bot.settle()
    bot.publish(VERDICT)
    assert await bot.until(lambda: bot.alerts(supergroup, VERDICT.title))
    assert "Russia" in (await bot.say(vera, "/subscriptions", chat=supergroup)).text


async def test_a_running_bot_is_healthy_and_one_that_hangs_is_not(bot: Running) -> None:
    await bot.polled()
    assert await app.health(bot.settings) is None
    with closing(sqlite3.connect(bot.settings.database.path)) as connection:
        connection.execute("UPDATE beat SET at = at - 3600000 WHERE name = 'loop'")
        connection.commit()
    told = await app.health(bot.settings)
    assert told is not None
    assert "'loop' was 1 hour ago" in told


async def test_after_a_restart_nothing_is_sent_again_and_buttons_still_work(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Russia")
    await bot.polled()
    bot.publish(VERDICT)
    alert = await bot.until(lambda: next(iter(bot.alerts(vera.chat, VERDICT.title)), None))
    assert await bot.end() == 0
    bot.publish(INSPECTIONS)
    bot.publish(replace(VERDICT, slug="second", title="A second verdict in Moscow"))
    await bot.start()
    assert await bot.until(lambda: bot.alerts(vera.chat, "A second verdict in Moscow"))
    assert len(bot.alerts(vera.chat, VERDICT.title)) == 1
    explained = await bot.press_for_reply(vera, "Why?", message=alert)
    assert explained.text.startswith("Why you were sent this")
