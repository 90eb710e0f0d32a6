"""Conversations about what is asked for: mistakes, strictness, topics and words, the two stories, and why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.running import Running, running
from watchdog_bot.demo.posts import BASELINE, DemoPost
from watchdog_bot.simulator import Message, Person, Simulator


def _one_admin(simulator: Simulator) -> list[int]:
    return [simulator.person("Admin").id]


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, admins=_one_admin) as started:
        yield started


# ------------------------------------------------------------------ mistakes


# What is typed, the line with the arrow below it, a piece of the reason, and the mend.
MISTAKES = (
    ('verdict "press freedom', "        ▲", "no partner", '"press freedom"'),
    ("verdict «свобода слова", "        ▲", "no partner", '"свобода слова"'),
    ("“torture", "▲", "no partner", '"torture"'),
    ("verdict - sport", "        ▲", "minus stands alone", "-sport"),
    ("*tion", "▲", "only after the beginning of a word", "tion*"),
    ("verdict to*", "        ▲", "at least 3 letters", ""),
    ("-football", "▲", "every other post would match", "add a country, a topic or a word"),
    ("verdict OR -football", "▲", "would match nearly every post", "put the exclusion outside: (a OR b) -c"),
    ("the", "▲", "nearly every text", "add a country, a topic or a rarer word"),
    ("x" * 501, "▲", "500 characters", "make two subscriptions of it"),
    ("(verdict OR arrest", "▲", "never closed", "(verdict OR arrest)"),
    ("verdict) arrest", "       ▲", "has no partner", ""),
    ("Russia country:", "       ▲", "of what?", "country:KZ"),
    ("verdict author:Smith", "        ▲", "is not one of", '"author:Smith"'),
    ("country:Kazzakhstan", "        ▲", "no country or region is called", 'country:"kazakhstan"'),
    ("topic:tortur", "      ▲", "there is no topic", 'topic:"torture"'),
    ("verdict lang:zz", "             ▲", "no language has the code", "lang:zh"),
    ("press NEAR/5 freedom", "      ▲", "next to each other go in quotation marks", '"press freedom"'),
    ("AND verdict", "▲", "nothing before this AND", "verdict"),
    ("verdict NOT", "        ▲", "minus stands alone", ""),
    ("verdict and arrest", "        ▲", "a space already means both", "verdict arrest"),
    ("verdict not sport", "        ▲", "a minus right before a word", "verdict -sport"),
    ("+verdict arrest", "▲", "+ is not needed", "verdict"),
    ("arrest #FreeThem", "       ▲", "# is not needed", "FreeThem"),
    ("/tortur(e|ed)/", "▲", "regular expressions are not understood", "tortur*"),
    ("'press freedom'", "▲", "single quotation marks", '"press freedom"'),
    ("verdict, arrest", "       ▲", "comma", "verdict OR arrest"),
    ("Russia -Russia", "        ▲", "can never match", "leave out the exclusion, or exclude something narrower"),
    ("https://example.org/feed", "▲", "addresses are not searched", ""),
)  # fmt: skip


async def test_a_mend_too_long_to_read_is_left_out_and_the_cause_stands(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    reply = await bot.say(vera, '/subscribe "' + "x" * 3000)
    assert "has no partner" in reply.text
    assert "Try:" not in reply.text
    assert len(reply.text) < 200


async def test_every_kind_of_mistake_is_pointed_at_and_mended(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    for typed, arrow, cause, mend in MISTAKES:
        reply = await bot.say(vera, f"/subscribe {typed}")
        lines = reply.text.split("\n")
        assert lines[0].startswith("I cannot use that: "), typed
        assert cause in lines[0], typed
        assert lines[2] == (arrow if len(typed) < 31 else lines[2]), typed
        assert lines[2].endswith("▲"), typed
        assert (lines[3] == f"Try: {mend}") if mend else (lines[3] == "Nothing was changed."), typed
    assert "Nothing about this chat is stored." in (await bot.say(vera, "/forget")).text
    accepted = await bot.say(vera, "/subscribe «свобода слова» “press freedom” AND NOT sport")
    assert "“свобода слова” and “press freedom”, but not “sport”" in accepted.text


# ------------------------------------------------------------------ strictness


ABOUT_TWO = DemoPost(
    "talks",
    "Belarus and Lithuania Talk of Prisoners",
    "<p>Belarus asked Lithuania for talks on prisoners.</p>",
)
MAINLY = DemoPost(
    "vilnius", "Court in Lithuania Frees a Journalist", "<p>A court in Lithuania freed a journalist.</p>"
)


async def test_a_reader_chooses_how_strictly_a_country_is_meant(bot: Running) -> None:
    for post in (ABOUT_TWO, MAINLY):
        bot.publish(post)
    await bot.polled()
    vera = bot.simulator.person("Vera")
    told = await bot.say(vera, "/subscribe Lithuania")
    assert "posts about Lithuania" in told.text
    assert "Countries: posts that are about the country, among others." in told.text
    assert told.buttons[0][0].text == "✅ About"
    await bot.press(vera, "Main country only", message=told)
    offered = vera.chat.messages[told.id]
    assert "Now: posts about Lithuania\nThen: posts mainly about Lithuania" in offered.text
    assert "It would match 1 of the last 2 posts (1 day), 1 fewer than now." in offered.text
    assert "No longer:\n• Belarus and Lithuania Talk of Prisoners" in offered.text
    assert "Nothing is changed yet." in offered.text
    await bot.press(vera, "Keep it as it is", message=offered)
    assert "1. posts about Lithuania" in (await bot.say(vera, "/subscriptions")).text
    listed = await bot.say(vera, "/subscriptions")
    await bot.press(vera, "✏️ 1", message=listed)
    await bot.press(vera, "Main country only", message=listed)
    await bot.press(vera, "Change it", message=listed)
    changed = vera.chat.messages[listed.id]
    assert changed.text.startswith("✅ Changed.\n✏️ posts mainly about Lithuania.")
    assert "✅ Main country only" in changed.labels
    again = await bot.press(vera, "Main country only", message=listed)
    assert again.answer is not None
    assert again.answer.text == "It is so already"
    assert "1. posts mainly about Lithuania" in (await bot.say(vera, "/subscriptions")).text
    bot.publish(DemoPost("more", "Belarus Wants Lithuania's Border Open", "<p>Belarus asked for it.</p>"))
    await bot.polled()
    assert not bot.alerts(vera.chat, "Belarus Wants")


async def test_countries_keep_how_strictly_they_are_meant_when_words_change(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    told = await bot.say(vera, "/countries Lithuania")
    await bot.press(vera, "Any mention", message=told)
    assert "No posts are stored yet to try it on." in vera.chat.messages[told.id].text
    await bot.press(vera, "Change it", message=told)
    assert "posts that mention Lithuania" in vera.chat.messages[told.id].text
    assert (
        "posts that mention Lithuania that contain “verdict”"
        in (await bot.say(vera, "/keywords verdict")).text
    )
    assert "posts that mention Lithuania." in (await bot.say(vera, "/keywords none")).text
    impossible = await bot.say(vera, "/keywords -Lithuania")
    assert "posts that mention Lithuania, but none that are about Lithuania" in impossible.text
    pressed = await bot.press(vera, "✅ Any mention", message=impossible)
    assert pressed.answer is not None
    assert pressed.answer.text == "It is so already"
    pressed = await bot.press(vera, "Main country only", message=impossible)
    assert pressed.answer is not None
    assert "can never match" in pressed.answer.text
    await bot.say(vera, "/keywords verdict")
    await bot.say(vera, "/countries none")
    assert "posts about Latvia that contain “verdict”" in (await bot.say(vera, "/countries Latvia")).text


# ------------------------------------------------------------------ topics and words


async def test_a_name_that_is_a_topic_and_a_word_is_said_to_be_both(bot: Running) -> None:
    bot.publish(BASELINE[2])
    await bot.polled()
    vera = bot.simulator.person("Vera")
    told = await bot.say(vera, "/subscribe torture")
    assert "posts on the topic “torture”" in told.text
    assert "“torture” is a topic here: " in told.text
    await bot.press(vera, "Only the word “torture”", message=told)
    assert "Then: posts that contain “torture”" in vera.chat.messages[told.id].text
    await bot.press(vera, "Change it", message=told)
    word = vera.chat.messages[told.id]
    assert "posts that contain “torture”" in word.text
    assert "is searched as words of the text; there is a topic of that name" in word.text
    await bot.press(vera, "Follow the topic “torture”", message=told)
    await bot.press(vera, "Change it", message=told)
    assert "posts on the topic “torture”" in vera.chat.messages[told.id].text


async def test_capitals_make_no_second_subscription(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, '/subscribe "jailed" tort*')
    again = await bot.say(vera, '/subscribe "JAILED" TORT*')
    assert again.text.startswith("You have this subscription already: ")
    assert "2. " not in (await bot.say(vera, "/subscriptions")).text


async def test_countries_are_said_as_english_says_them(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    assert (
        "posts about Kazakhstan or the United States"
        in (await bot.say(vera, "/subscribe country:us,kz")).text
    )


async def test_topics_are_a_short_list_whose_words_are_behind_buttons(bot: Running) -> None:
    vera, admin = bot.simulator.person("Vera"), bot.simulator.people[0]
    listed = await bot.say(vera, "/topics")
    lines = listed.text.split("\n")
    assert len(lines) == 16
    assert all(line.startswith("• ") and line.endswith(" words") for line in lines[1:15])
    await bot.press(vera, "press freedom", message=listed)
    shown = vera.chat.messages[listed.id]
    assert shown.text.startswith("press freedom — ")
    assert '/subscribe topic:"press freedom"' in shown.text
    await bot.press(vera, "‹ Topics", message=listed)
    assert vera.chat.messages[listed.id].text == listed.text
    long = ", ".join(f"{'w' * 60}{number}" for number in range(60))
    await bot.press(admin, "Add it", message=await bot.say(admin, f"/topic_add endless {long}"))
    first = await bot.say(vera, "/topics endless")
    assert "1/2" in first.labels
    await bot.press(vera, "›", message=first)
    assert f"{'w' * 60}59" in vera.chat.messages[first.id].text
    await bot.press(admin, "Remove it", message=await bot.say(admin, "/topic_remove endless"))
    gone = await bot.press(vera, "‹", message=first)
    assert gone.answer is not None
    assert gone.answer.text == "There is no such topic any more"


# ------------------------------------------------------------------ two stories


MOSCOW = DemoPost(
    "moscow-appeal",
    "Moscow Judges Add Four Years to Azat Miftakhov's Sentence",
    "<p>A military court in Moscow lengthened the prison term of mathematician Azat Miftakhov on Thursday. His "
    "defence said that the first confession had been obtained under torture and was never looked into.</p>"
    "<p>From its seat in Warsaw the OSCE's Office for Democratic Institutions and Human Rights asked for his "
    "release; Memorial counts him among Russia's political prisoners.</p>",
)
ASTANA = DemoPost(
    "astana-audits",
    "Kazakhstan: Tax Audits Shut Election Observers and Rights Groups",
    "<p>Officials have fined nongovernmental organizations in Almaty, Nur-Sultan and Aqtobe over reports on foreign "
    "funding, weeks before voters go to the polls.</p><p>A New York-based watchdog called the fines an attack on "
    "freedom of association and on civil society organizations.</p>",
)
CITIES = tuple(
    DemoPost(
        f"city-{city}", f"Police in {city} Search a Lawyer's Flat", f"<p>It happened in {city} at dawn.</p>"
    )
    for city in ("Aqtobe", "Almaty", "Nur-Sultan")
)
FOLLOWERS: dict[str, dict[bool, tuple[str, ...]]] = {
    MOSCOW.title: {
        True: ("Russia", "torture", "Azat Miftakhov", "Азат Мифтахов", "OSCE region"),
        False: ("Georgia", "Poland", "football"),
    },
    ASTANA.title: {
        True: ("Kazakhstan", 'topic:"civil society"', "Central Asia"),
        False: ("United States", "football", "Georgia"),
    },
}


async def test_the_two_stories_reach_their_followers_and_nobody_else(bot: Running) -> None:
    asked = dict.fromkeys(
        query for each in FOLLOWERS.values() for queries in each.values() for query in queries
    )
    people = {query: bot.simulator.person(f"Follower of {query}") for query in asked}
    for query, person in people.items():
        assert "✅ Subscribed" in (await bot.say(person, f"/subscribe {query}")).text
    await bot.polled()
    for post in CITIES:  # one at a time: several old posts at once are held
        bot.publish(post)
        await _alert(bot, people["Kazakhstan"], post.title)
    for post in (MOSCOW, ASTANA):
        bot.publish(post)
        await _alert(bot, people[FOLLOWERS[post.title][True][0]], post.title)
    for title, wanted in FOLLOWERS.items():
        for query in wanted[True]:
            await _alert(bot, people[query], title)
    await bot.polled()
    for title, wanted in FOLLOWERS.items():
        for query in wanted[False]:
            assert not bot.alerts(people[query].chat, title), (query, title)
    await _told_why(bot, people)


async def _alert(bot: Running, person: Person, title: str) -> Message:
    return await bot.until(lambda: next(iter(bot.alerts(person.chat, title)), None))


async def _told_why(bot: Running, people: dict[str, Person]) -> None:
    """By a reply to the alert; and by the address of a post that was not sent."""
    alert = await _alert(bot, people["Азат Мифтахов"], MOSCOW.title)
    answer = await bot.say(people["Азат Мифтахов"], "/why", reply_to=alert.id)
    assert answer.text.startswith(f"Why you were sent this\n{MOSCOW.title}")
    assert "“Мифтахов”: “Miftakhov” in the title" in answer.text
    address = next(button.url for row in alert.buttons for button in row if button.url)
    refused = await bot.say(people["Poland"], f"/why {address}")
    assert "You were not sent this" in refused.text
    assert "not about Poland (it is about Russia)" in refused.text
    refused = await bot.say(people["football"], f"/why {address}")
    assert "the word “football” does not stand in it" in refused.text
