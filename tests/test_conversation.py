"""Whole conversations with the real bot, read like a chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.running import Running, running
from watchdog_bot.demo.posts import BASELINE, INSPECTIONS, VERDICT
from watchdog_bot.simulator import Simulator


def _one_admin(simulator: Simulator) -> list[int]:
    return [simulator.person("Admin").id]


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, admins=_one_admin) as started:
        yield started


# ------------------------------------------------------------------ first contact


async def test_start_says_what_this_is_and_offers_the_first_steps(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    reply = await bot.say(vera, "/start")
    assert "human rights, civil society and press freedom" in reply.text
    assert reply.labels == ("🌍 Countries", "🔑 Keywords", "📨 Example alert", "❓ Help")
    assert reply.preview is None or reply.preview.is_disabled


async def test_looking_around_stores_nothing_about_anybody(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    for text in (
        "/start",
        "/help",
        "/countries",
        "/keywords",
        "/subscriptions",
        "/status",
        "/privacy",
        "hello",
    ):
        await bot.say(vera, text)
    assert (await bot.say(vera, "/forget")).text == "Nothing about this chat is stored."


async def test_help_lists_only_what_this_person_may_do(bot: Running) -> None:
    vera, admin = bot.simulator.person("Vera"), bot.simulator.people[0]
    assert "/feed_add" not in (await bot.say(vera, "/help")).text
    assert "/feed_add" in (await bot.say(admin, "/help")).text


async def test_the_example_looks_like_an_alert(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/start")
    last = await bot.press_for_reply(vera, "Example alert")
    assert last.text.startswith("📨 Example\n")
    assert "Matched: " in last.text


async def test_an_unknown_command_and_a_plain_sentence_are_answered(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    assert "/help" in (await bot.say(vera, "/nonsense")).text
    assert "/subscribe arrests in Minsk" in (await bot.say(vera, "arrests in Minsk")).text


# ------------------------------------------------------------------ countries


async def test_countries_are_turned_on_and_off_by_buttons_in_place(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    page = await bot.say(vera, "/countries")
    assert "You follow no country yet" in page.text
    on = await bot.press(vera, "Belarus")
    assert on.answer is not None
    assert on.answer.text == "Belarus: on"
    changed = vera.chat.messages[page.id]
    assert "You follow 🇧🇾 Belarus." in changed.text
    assert any(label.startswith("✅") and "Belarus" in label for label in changed.labels)
    off = await bot.press(vera, "Belarus")
    assert off.answer is not None
    assert off.answer.text == "Belarus: off"
    assert "You follow no country yet" in vera.chat.messages[page.id].text


async def test_country_pages_turn_in_place_and_go_round(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    page = await bot.say(vera, "/countries")
    first = page.labels
    await bot.press(vera, "‹")
    assert vera.chat.messages[page.id].labels != first
    await bot.press(vera, "›")
    assert vera.chat.messages[page.id].labels == first


async def test_countries_are_taken_from_a_typed_list_in_any_language(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    reply = await bot.say(vera, "/countries Ukraine, kz, Беларусь")
    assert "You follow 🇧🇾 Belarus, 🇰🇿 Kazakhstan, 🇺🇦 Ukraine." in reply.text
    assert "In force: posts about" in reply.text


async def test_a_name_that_is_no_country_is_said_back(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    assert "“Atlantis”" in (await bot.say(vera, "/countries Ukraine, Atlantis")).text
    assert "nothing was changed" in (await bot.say(vera, "/countries Atlantis")).text
    assert "Ukraine" in (await bot.say(vera, "/countries")).text


async def test_a_minus_before_a_country_is_not_taken_for_a_wish(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    reply = await bot.say(vera, "/countries Russia, -Ukraine")
    assert "“-Ukraine”" in reply.text
    assert "You follow 🇷🇺 Russia." in reply.text


async def test_a_name_that_two_countries_share_means_both(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    reply = await bot.say(vera, "/countries Congo")
    assert "🇨🇩" in reply.text
    assert "🇨🇬" in reply.text
    assert "You follow no country yet" in (await bot.say(vera, "/countries none")).text


# ------------------------------------------------------------------ words


async def test_keywords_are_set_shown_and_removed(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    reply = await bot.say(vera, '/keywords torture, "press freedom", -football')
    for word in ("torture", "press freedom", "football"):
        assert word in reply.text
    assert "torture" in (await bot.say(vera, "/keywords")).text
    assert "Nothing is set yet" in (await bot.say(vera, "/keywords none")).text


async def test_countries_and_keywords_must_both_hold(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Kazakhstan")
    reply = await bot.say(vera, "/keywords torture")
    assert "Kazakhstan" in reply.text
    assert "torture" in reply.text
    await bot.polled()
    bot.publish(VERDICT)  # torture, but Russia
    bot.publish(INSPECTIONS)  # Kazakhstan, but no torture
    await bot.polled()
    assert not bot.alerts(vera.chat, VERDICT.title)
    assert not bot.alerts(vera.chat, INSPECTIONS.title)


async def test_a_change_shows_what_it_would_have_matched_among_stored_posts(bot: Running) -> None:
    for post in BASELINE:
        bot.publish(post)
    await bot.polled()
    vera = bot.simulator.person("Vera")
    reply = await bot.say(vera, "/subscribe lawyers")
    assert "It would have matched 1 of the last 3 posts (1 day), about 1 a day:" in reply.text
    assert "Belarus Strips Four More Lawyers" in reply.text
    assert "matched nothing in the last 3 posts" in (await bot.say(vera, "/subscribe zebra")).text


async def test_a_word_typed_bare_is_offered_with_its_other_forms(bot: Running) -> None:
    vera = bot.simulator.person("Vera", language="ru")
    reply = await bot.say(vera, "/keywords пытка")
    assert "“пытка” finds just this form; ~пытка finds" in reply.text
    assert "пытки" in reply.text


# ------------------------------------------------------------------ standing queries


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ('torture "press', "quot"),
        ("-football", "exclu"),
        ("*", "*"),
        ("to*", "3"),
        ("(torture", "parenthes"),
        ("torture OR", "OR"),
        ("x" * 501, "500"),
    ],
)
async def test_a_query_that_cannot_be_used_is_refused_with_the_reason(
    bot: Running, typed: str, said: str
) -> None:
    vera = bot.simulator.person("Vera")
    reply = await bot.say(vera, f"/subscribe {typed}")
    assert reply.text.startswith("I cannot use that:")
    assert said in reply.text
    assert "Nothing was changed." in reply.text
    assert "no subscriptions" in (await bot.say(vera, "/subscriptions")).text


async def test_subscriptions_are_listed_removed_and_brought_back(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/subscribe Russia torture")
    await bot.say(vera, "/subscribe Kazakhstan")
    listed = await bot.say(vera, "/subscriptions")
    assert "1. " in listed.text
    assert "2. " in listed.text
    removed = await bot.press_for_reply(vera, "🗑 1", message=listed)
    assert "2. " not in vera.chat.messages[listed.id].text
    assert removed.text.startswith("Removed: ")
    await bot.press(vera, "Undo")
    assert "2. " in (await bot.say(vera, "/subscriptions")).text


async def test_subscribing_twice_to_the_same_is_one_subscription(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/subscribe Russia torture")
    assert "already" in (await bot.say(vera, "/subscribe  russia  torture")).text
    assert "2. " not in (await bot.say(vera, "/subscriptions")).text


async def test_readers_of_a_channel_neither_change_it_nor_make_the_bot_post_there(bot: Running) -> None:
    vera, reader = bot.simulator.person("Vera"), bot.simulator.person("Reader")
    channel = vera.create_channel("News")
    channel.add(reader)
    await bot.polled(times=1)
    vera.post(channel, "/subscribe Russia")
    await bot.until(lambda: "Subscribed" in (channel.last.text if channel.last else ""))
    bot.publish(VERDICT)
    alert = await bot.until(lambda: next(iter(bot.alerts(channel, VERDICT.title)), None))
    for button in ("Mute", "Follow this case", "Why?"):
        refused = await bot.press(reader, button, message=alert)
        assert refused.answer is not None
        assert refused.answer.alert
        assert "administrators" in refused.answer.text
    assert len(bot.alerts(channel, VERDICT.title)) == 1
    assert channel.last == alert
    await bot.press(vera, "Why?", message=alert)
    await bot.until(lambda: "Why you were sent this" in (channel.last.text if channel.last else ""))


async def test_unmute_ends_everything_until_i_say_as_the_menu_promises(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.polled(times=1)
    await bot.say(vera, "/subscribe Russia")
    bot.publish(VERDICT)
    alert = await bot.until(lambda: next(iter(bot.alerts(vera.chat, VERDICT.title)), None))
    menu = await bot.press_for_reply(vera, "Mute", message=alert)
    await bot.press(vera, "Everything, until I say", message=menu)
    assert "alerts are on" in (await bot.say(vera, "/unmute")).text
    assert "This chat: active" in (await bot.say(vera, "/status")).text


async def test_unsubscribe_takes_a_number_or_all(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/subscribe Russia")
    await bot.say(vera, "/subscribe Kazakhstan")
    assert "Kazakhstan" in (await bot.say(vera, "/unsubscribe 2")).text
    await bot.say(vera, "/subscribe torture")
    removed = await bot.say(vera, "/unsubscribe all")
    assert "all 2" in removed.text
    assert (await bot.say(vera, "/unsubscribe all")).text.startswith("This chat has no subscriptions")
    await bot.press(vera, "Undo", message=removed)
    back = vera.chat.messages[removed.id].text
    assert "Russia" in back
    assert "torture" in back
    assert "Kazakhstan" not in back


async def test_a_number_that_is_not_in_the_list_removes_nothing_and_says_so(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/subscribe Russia")
    reply = await bot.say(vera, "/unsubscribe 9")
    assert reply.text.startswith("Nothing was removed")
    assert "1. " in reply.text


async def test_words_are_offered_as_a_subscription_only_where_they_can_be_one(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    for text in ("😀", 'an "unbalanced quote', "hello, I want news"):
        assert "/subscribe " + text not in (await bot.say(vera, text)).text


@pytest.mark.parametrize(
    "data",
    [
        "v1:why:" + "9" * 40,
        "v1:mc:RU:-5",
        "v1:mc:ZZ:1",
        "v1:ms:1:0",
        "v1:c:ZZ:0",
        "v1:cp:x",
        "v1:nope",
        "old",
    ],
)
async def test_a_made_up_press_is_answered_and_changes_nothing(bot: Running, data: str) -> None:
    vera = bot.simulator.person("Vera")
    message = await bot.say(vera, "/countries")
    press = vera.press(replace(message.button("Belarus"), data=data), message=message)
    answer = await bot.until(lambda: press.answer)
    assert answer.text
    assert "Nothing about this chat is stored" in (await bot.say(vera, "/forget")).text


# ------------------------------------------------------------------ stop, forget


async def test_stop_pauses_and_start_resumes(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Russia")
    await bot.polled()
    assert "Alerts are off" in (await bot.say(vera, "/stop")).text
    bot.publish(VERDICT)
    await bot.polled()
    assert not bot.alerts(vera.chat, VERDICT.title)
    for text in ("/countries Russia", "/keywords verdict", "/subscribe Kazakhstan"):
        assert "Alerts are off for this chat" in (await bot.say(vera, text)).text
    assert "on again" in (await bot.say(vera, "/start")).text


async def test_forget_asks_first_and_then_deletes_everything(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    await bot.say(vera, "/countries Russia")
    await bot.say(vera, "/forget")
    await bot.press(vera, "No, keep it")
    assert "Russia" in (await bot.say(vera, "/countries")).text
    await bot.say(vera, "/forget")
    await bot.press(vera, "Yes, delete")
    assert (await bot.say(vera, "/forget")).text == "Nothing about this chat is stored."
    assert str(vera.id).encode() not in (bot.folder / "watchdog.db").read_bytes()


# ------------------------------------------------------------------ groups


async def test_in_a_group_only_its_administrators_change_things(bot: Running) -> None:
    vera, oleg = bot.simulator.person("Vera"), bot.simulator.person("Oleg")
    group = vera.create_group("Newsroom")
    group.add(oleg)
    assert "Only administrators" in (await bot.say(oleg, "/countries Ukraine", chat=group)).text
    assert "Ukraine" in (await bot.say(vera, "/countries Ukraine", chat=group)).text
    page = await bot.say(vera, "/countries", chat=group)
    pressed = await bot.press(oleg, "Belarus", message=page, chat=group)
    assert pressed.answer is not None
    assert "Only administrators" in pressed.answer.text
    assert "Belarus" not in group.messages[page.id].text


async def test_an_anonymous_administrator_counts_as_one(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    group = vera.create_group("Newsroom", supergroup=True)
    before = len(group.from_bot)
    vera.say("/countries Ukraine", chat=group, anonymous=True)
    await bot.until(lambda: len(group.from_bot) > before)
    assert group.last is not None
    assert "Ukraine" in group.last.text


async def test_each_forum_topic_has_its_own_subscriptions(bot: Running) -> None:
    vera = bot.simulator.person("Vera")
    forum = vera.create_group("Legal aid", topics=True)
    russia, kazakhstan = forum.create_topic("Russia"), forum.create_topic("Kazakhstan")
    await bot.say(vera, "/countries Russia", chat=forum, thread=russia)
    await bot.say(vera, "/countries Kazakhstan", chat=forum, thread=kazakhstan)
    await bot.polled()
    bot.publish(VERDICT)
    alert = await bot.until(lambda: next(iter(bot.alerts(forum, VERDICT.title)), None))
    assert alert.thread == russia
    await bot.polled()
    assert len(bot.alerts(forum, VERDICT.title)) == 1


# ------------------------------------------------------------------ administrators


@pytest.mark.parametrize(
    "command",
    [
        "/feeds",
        "/feed_add https://example.org/",
        "/feed_remove 1",
        "/topic_add x y",
        "/topic_remove x",
    ],
)
async def test_only_administrators_touch_feeds_and_topics(bot: Running, command: str) -> None:
    vera = bot.simulator.person("Vera")
    assert (await bot.say(vera, command)).text.startswith("Only administrators can")


async def test_an_admin_adds_a_topic_and_subscribers_follow_it(bot: Running) -> None:
    vera, admin = bot.simulator.person("Vera"), bot.simulator.people[0]
    bot.publish(BASELINE[2])
    await bot.polled()
    reply = await bot.say(admin, '/topic_add ill-treatment torture, "beaten up", пытк*')
    assert reply.text.startswith("Add the topic ill-treatment?\nWords: torture, ")
    assert "It would match 1 of the last 1 stored post" in reply.text
    assert "ill-treatment" not in (await bot.say(vera, "/topics")).text
    await bot.press(admin, "Add it", message=reply)
    assert "Topic ill-treatment added" in admin.chat.messages[reply.id].text
    assert "ill-treatment" in (await bot.say(vera, "/keywords")).text
    await bot.say(vera, "/subscribe topic:ill-treatment")
    bot.publish(VERDICT)
    alert = await bot.until(lambda: next(iter(bot.alerts(vera.chat, VERDICT.title)), None))
    assert "topic ill-treatment" in alert.text
    change = await bot.say(admin, "/topic_add ill-treatment torture, zebra")
    assert "New: zebra\nGone: " in change.text
    assert "fewer than now" in change.text or "as many as now" in change.text
    assert "Followed by 1 subscription" in change.text
    await bot.press(admin, "Leave it", message=change)
    assert admin.chat.messages[change.id].text == "Topic ill-treatment is left as it is."
    remove = await bot.say(admin, "/topic_remove ill-treatment")
    assert "It matched " in remove.text
    assert "Followed by 1 subscription: what asks for it finds nothing by it" in remove.text
    assert "Which topic?" in (await bot.say(admin, "/topic_remove")).text
    await bot.press(admin, "Remove it", message=remove)
    assert "removed" in admin.chat.messages[remove.id].text
    assert "ill-treatment" not in (await bot.say(vera, "/topics")).text


async def test_an_admin_adds_lists_and_removes_a_feed(bot: Running) -> None:
    admin = bot.simulator.people[0]
    bot.publish(VERDICT, feed=bot.sources.trouble)
    listed = await bot.say(admin, "/feeds")
    assert "Watchdog (demo)" in listed.text
    removed = await bot.say(admin, f"/feed_remove {bot.sources.base}{bot.sources.trouble.path}")
    assert "No longer watched" in removed.text
    before = len(admin.chat.from_bot)
    admin.say(f"/feed_add {bot.sources.base}{bot.sources.trouble.path}")
    done = await bot.until(
        lambda: next((m for m in admin.chat.from_bot[before:] if "Watching" in m.text), None)
    )
    assert "Journalists in Trouble (demo)" in done.text
    assert VERDICT.title in done.text


async def test_an_address_that_is_no_feed_is_not_added(bot: Running) -> None:
    admin = bot.simulator.people[0]
    before = len(admin.chat.from_bot)
    admin.say(f"/feed_add {bot.sources.base}/nothing-here")
    done = await bot.until(
        lambda: next((m for m in admin.chat.from_bot[before:] if "Nothing was added" in m.text), None)
    )
    assert "404" in done.text
