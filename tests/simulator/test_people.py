"""The people's side: pressing, tapping, sharing, waiting."""

from __future__ import annotations

import asyncio

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    KeyboardButtonRequestChat,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.error import BadRequest

from watchdog_bot.simulator import Event, EventKind, Person, Simulator
from watchdog_bot.simulator.people import find_entities


def keyboard(*labels: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=label)] for label in labels])


async def test_a_press_reaches_the_bot_with_message_and_data(sim: Simulator, bot: Bot, vera: Person) -> None:
    sent = await bot.send_message(vera.id, "Which?", reply_markup=keyboard("✅ Ukraine", "Belarus"))
    press = vera.press("Ukraine")
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert query is not None
    assert (query.id, query.data, query.from_user.id) == (press.id, "✅ Ukraine", vera.id)
    assert query.message is not None
    assert query.message.message_id == sent.message_id
    assert sim.unanswered() == (press,)
    await query.answer()
    assert sim.unanswered() == ()


async def test_a_press_finds_the_newest_message_that_has_the_button(bot: Bot, vera: Person) -> None:
    old = await bot.send_message(vera.id, "old", reply_markup=keyboard("A", "B"))
    new = await bot.send_message(vera.id, "new", reply_markup=keyboard("A"))
    assert vera.press("A").message.id == new.message_id
    assert vera.press("B").message.id == old.message_id
    assert vera.chat.last is not None
    assert vera.press(vera.chat.last.button("A"), message=vera.chat.last).message.id == new.message_id
    assert vera.press("A", message=old.message_id).message.id == old.message_id
    await bot.delete_message(vera.id, old.message_id)
    with pytest.raises(LookupError, match=r"no message has a button 'B'; the newest one has \['A'\]"):
        vera.press("B")
    with pytest.raises(LookupError, match="is not there any more"):
        vera.press("B", message=old.message_id)


async def test_buttons_that_are_no_callbacks_cannot_be_pressed(bot: Bot, vera: Person) -> None:
    links = InlineKeyboardMarkup([[InlineKeyboardButton("Read", url="https://x.org")]])
    await bot.send_message(vera.id, "x", reply_markup=links)
    with pytest.raises(ValueError, match="'Read' is a url button"):
        vera.press("Read")


async def test_two_buttons_alike_must_be_told_apart(bot: Bot, vera: Person) -> None:
    await bot.send_message(vera.id, "x", reply_markup=keyboard("Mute 1 h", "Mute 1 d"))
    with pytest.raises(LookupError, match="2 buttons with 'Mute'"):
        vera.press("Mute")


async def test_a_chat_is_shared_by_a_button_of_the_reply_keyboard(
    sim: Simulator, bot: Bot, vera: Person
) -> None:
    channel = vera.create_channel("News", username="desk_news")
    sim.updates.clear()
    wanted = KeyboardButtonRequestChat(7, chat_is_channel=True, request_title=True, request_username=True)
    buttons = [[KeyboardButton("Choose a channel", request_chat=wanted), KeyboardButton("Cancel")]]
    await bot.send_message(
        vera.id, "Which?", reply_markup=ReplyKeyboardMarkup(buttons, one_time_keyboard=True)
    )
    vera.share_chat("Choose a channel", channel)
    vera.tap("Cancel")
    shared, cancelled = await bot.get_updates()
    assert shared.message is not None
    assert shared.message.chat_shared is not None
    assert (shared.message.chat_shared.request_id, shared.message.chat_shared.chat_id) == (7, channel.id)
    assert (shared.message.chat_shared.title, shared.message.chat_shared.username) == ("News", "desk_news")
    assert cancelled.message is not None
    assert cancelled.message.text == "Cancel"
    await bot.send_message(vera.id, "Done.", reply_markup=ReplyKeyboardRemove())
    assert vera.chat.last is not None
    assert vera.chat.last.keyboard == "remove"


async def test_people_are_asked_for_chats_in_private_only(bot: Bot, vera: Person) -> None:
    group = vera.create_group("Desk")
    wanted = KeyboardButtonRequestChat(7, chat_is_channel=True)
    with pytest.raises(BadRequest, match="Chats can be requested in private chats only"):
        await bot.send_message(
            group.id, "x", reply_markup=ReplyKeyboardMarkup([[KeyboardButton("x", request_chat=wanted)]])
        )


def test_people_can_do_only_what_people_can_do(sim: Simulator, vera: Person) -> None:
    ivan = sim.person("Ivan")
    channel, group = vera.create_channel("News"), vera.create_group("Desk")
    with pytest.raises(ValueError, match="own private chat"):
        ivan.say("x", chat=vera.chat)
    with pytest.raises(ValueError, match="use post"):
        ivan.say("x", chat=channel)
    with pytest.raises(LookupError, match="no topic 5"):
        ivan.say("x", chat=group, thread=5)
    with pytest.raises(ValueError, match="no topics"):
        group.create_topic("x")
    with pytest.raises(TypeError, match="no such right in a group"):
        group.promote(ivan, can_fly=True)
    group.delete()
    with pytest.raises(ValueError, match="closed"):
        ivan.say("x", chat=group)
    ivan.deactivate()
    with pytest.raises(ValueError, match="no account"):
        ivan.say("x")


async def test_waiting_returns_what_it_waited_for_without_looking_all_the_time(
    sim: Simulator, bot: Bot, vera: Person
) -> None:
    looks = 0

    def look() -> str | None:
        nonlocal looks
        looks += 1
        return vera.chat.last.text if vera.chat.last else None

    waiting = asyncio.create_task(sim.wait_for(look))
    await bot.send_message(vera.id, "here")
    assert await waiting == "here"
    assert looks == 2


async def test_waiting_in_vain_tells_what_happened_instead(sim: Simulator, vera: Person) -> None:
    with pytest.raises(TimeoutError, match=r"(?s)waited 0.01 s in vain.*Vera: '/start'"):
        await sim.wait_for(lambda: vera.chat.last, 0.01)


async def test_the_journal_tells_everything_in_order_and_at_once(
    bot: Bot, sim: Simulator, vera: Person
) -> None:
    lines: list[Event] = []
    sim.journal.on_event = lines.append
    mark = sim.journal.mark()
    vera.say("/why")
    await bot.send_message(vera.id, "<b>Because</b>", parse_mode="HTML", reply_markup=keyboard("OK"))
    await bot.answer_callback_query(vera.press("OK").id, "fine")
    vera.block_bot()
    with pytest.raises(Exception, match="blocked"):
        await bot.send_message(vera.id, "x")
    told = [(e.kind, e.who, e.text, e.error) for e in lines]
    assert told == [
        (EventKind.SAID, "Vera", "/why", ""),
        (EventKind.SENT, "Watchdog", "Because", ""),
        (EventKind.PRESSED, "Vera", "OK", ""),
        (EventKind.ANSWERED, "Watchdog", "fine", ""),
        (EventKind.MEMBERSHIP, "Vera", "blocks the bot", ""),
        (EventKind.REFUSED, "Watchdog", "x", "Forbidden: bot was blocked by the user"),
    ]
    assert sim.journal.since(mark) == tuple(lines)
    assert [m.html for m in sim.journal.sent(vera.chat)] == ["<b>Because</b>"]


async def test_an_owner_has_all_the_verbs(sim: Simulator, bot: Bot, vera: Person) -> None:
    ivan = sim.person("Ivan", last_name="I.", username="ivan", language="uk")
    group = vera.create_group("Desk", topics=True, bot=False)
    vera.add_bot(group)
    ivan.join(group)
    vera.promote(ivan, group)
    vera.demote(ivan, group)
    topic = vera.create_topic(group, "Alerts")
    vera.close_topic(group, topic)
    vera.reopen_topic(group, topic)
    vera.restrict_bot(group)
    vera.restrict_bot(group, can_send=True)
    vera.promote_bot(group, can_pin_messages=False)
    group.demote_bot()
    vera.delete_topic(group, topic)
    vera.remove_bot(group)
    ivan.leave(group)
    standings = [e.text for e in sim.journal.of(EventKind.MEMBERSHIP, chat=group)]
    assert standings == [
        "the bot: left → member",
        "left → member",
        "member → administrator",
        "administrator → member",
        "the bot: member → restricted",
        "the bot: restricted → member",
        "the bot: member → administrator",
        "the bot: administrator → member",
        "the bot: member → kicked",
        "member → left",
    ]
    assert (ivan.first_name, ivan.last_name, ivan.username, ivan.language) == ("Ivan", "I.", "ivan", "uk")


async def test_only_leading_bots_see_edits_and_posts(sim: Simulator, bot: Bot, vera: Person) -> None:
    group, channel = vera.create_group("Desk"), vera.create_channel("News", bot=False)
    sim.updates.clear()
    vera.edit(vera.say("hello", chat=group), "hello all")
    vera.post(channel, "news")
    assert sim.pending == 0


async def test_a_block_is_told_once(sim: Simulator, vera: Person) -> None:
    vera.unblock_bot()
    vera.block_bot()
    vera.block_bot()
    assert sim.pending == 1
    vera.start("again")
    assert sim.pending == 3


def test_commands_links_tags_and_mentions_are_marked_as_clients_do() -> None:
    text = "🇺🇦 /add@watchdog_sim_bot torture, see https://x.org/a. #Україна #2 @vera_k not/this a@b"
    found = [
        (e.type, text.encode("utf-16-le")[e.offset * 2 : e.end * 2].decode("utf-16-le"))
        for e in find_entities(text)
    ]
    assert found == [
        ("bot_command", "/add@watchdog_sim_bot"),
        ("url", "https://x.org/a"),
        ("hashtag", "#Україна"),
        ("mention", "@vera_k"),
    ]


async def test_a_bot_that_is_not_there_sees_nothing(sim: Simulator, vera: Person) -> None:
    group = vera.create_group("Desk", bot=False)
    vera.say("/start", chat=group)
    assert sim.pending == 0


def test_an_address_is_known_only_after_the_start() -> None:
    with pytest.raises(RuntimeError, match="no port before it is started"):
        _ = Simulator().base_url
