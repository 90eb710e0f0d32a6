"""Sending, editing, deleting, answering: what the real client gets from the simulator."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReactionTypeEmoji,
    ReplyParameters,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest, Forbidden

from tests.simulator.conftest import ManualClock
from watchdog_bot.simulator import EventKind, Person, Simulator

GO = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="v1:go")]])


async def test_it_parses_html_and_tells_the_client_the_entities(bot: Bot, vera: Person) -> None:
    sent = await bot.send_message(
        vera.id, '<b>Hi</b> 🇺🇦 &amp; <a href="http://x.org">y</a>\n', parse_mode="HTML"
    )
    assert sent.text == "Hi 🇺🇦 & y"
    assert [(e.type, e.offset, e.length, e.url) for e in sent.entities] == [
        (MessageEntity.BOLD, 0, 2, None),
        (MessageEntity.TEXT_LINK, 10, 1, "http://x.org/"),
    ]
    assert vera.chat.last is not None
    assert vera.chat.last.text == sent.text
    assert vera.chat.last.html.startswith("<b>Hi</b>")


async def test_it_records_how_a_message_was_to_be_sent(bot: Bot, vera: Person) -> None:
    await bot.send_message(
        vera.id,
        "x",
        disable_notification=True,
        protect_content=True,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_markup=GO,
    )
    last = vera.chat.last
    assert last is not None
    assert last.silent
    assert last.protected
    assert last.preview is not None
    assert last.preview.is_disabled
    assert (last.keyboard, last.labels, last.button("Go").data) == ("inline", ("Go",), "v1:go")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("ы<br>", 'Unsupported start tag "br" at byte offset 2'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<b> </b>", "essage text is empty"),
        ("\u200b", "essage text is empty"),
        ("x" * 4097, "essage is too long"),
        ("😀" * 2049, "essage is too long"),
        ("<b>x</b> " * 101, "Entities_too_long"),
    ],
)
async def test_it_refuses_a_text_as_telegram_does(bot: Bot, vera: Person, text: str, words: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){re.escape(words)}"):
        await bot.send_message(vera.id, text, parse_mode="HTML")
    assert vera.chat.last is None


async def test_it_counts_length_after_parsing_and_in_utf16_units(bot: Bot, vera: Person) -> None:
    sent = await bot.send_message(vera.id, "<b>" + "😀" * 2048 + "</b>", parse_mode="HTML")
    assert sent.entities[0].length == 4096


async def test_it_notes_a_link_that_telegram_drops_without_a_word(
    sim: Simulator, bot: Bot, vera: Person
) -> None:
    sent = await bot.send_message(vera.id, '<a href="javascript:alert(1)">y</a>', parse_mode="HTML")
    assert (sent.text, sent.entities) == ("y", ())
    assert "javascript" in sim.violations[0].cause


@pytest.mark.parametrize(
    ("button", "words"),
    [
        (InlineKeyboardButton("x", callback_data="ы" * 33), "Button_data_invalid"),
        (InlineKeyboardButton("x", url="http://localhost/x"), "is invalid: wrong http url"),
        (InlineKeyboardButton("x", url="ftp://a.b"), "Unsupported URL protocol"),
        (InlineKeyboardButton("x"), "Text buttons are unallowed"),
        (InlineKeyboardButton(" ", callback_data="x"), "text must be non-empty"),
    ],
)
async def test_it_refuses_a_bad_button(
    bot: Bot, vera: Person, button: InlineKeyboardButton, words: str
) -> None:
    with pytest.raises(BadRequest, match=f"(?i){words}"):
        await bot.send_message(vera.id, "x", reply_markup=InlineKeyboardMarkup([[button]]))


async def test_it_takes_a_hundred_buttons_and_no_more(bot: Bot, vera: Person) -> None:
    buttons = [[InlineKeyboardButton(str(n), callback_data="x")] for n in range(101)]
    await bot.send_message(vera.id, "x", reply_markup=InlineKeyboardMarkup(buttons[:100]))
    with pytest.raises(BadRequest, match="Reply markup is too long"):
        await bot.send_message(vera.id, "x", reply_markup=InlineKeyboardMarkup(buttons))


async def test_callback_data_of_64_bytes_passes(bot: Bot, vera: Person) -> None:
    button = InlineKeyboardButton("x", callback_data="ы" * 32)
    await bot.send_message(vera.id, "x", reply_markup=InlineKeyboardMarkup([[button]]))
    assert vera.press("x").data == "ы" * 32


async def test_an_edit_replaces_the_message_and_its_keyboard(bot: Bot, vera: Person) -> None:
    sent = await bot.send_message(vera.id, "one", reply_markup=GO)
    await bot.edit_message_text("<i>two</i>", vera.id, sent.message_id, parse_mode="HTML")
    last = vera.chat.last
    assert last is not None
    assert (last.text, last.labels, last.entities[0].type) == ("two", (), "italic")
    assert last.edited is not None


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot, vera: Person) -> None:
    sent = await bot.send_message(vera.id, "<b>one</b>", parse_mode="HTML", reply_markup=GO)
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text(
            "<b>one</b> ", vera.id, sent.message_id, parse_mode="HTML", reply_markup=GO
        )
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_reply_markup(vera.id, sent.message_id, reply_markup=GO)


async def test_only_own_messages_with_no_reply_keyboard_can_be_edited(bot: Bot, vera: Person) -> None:
    said = vera.say("mine")
    asked = await bot.send_message(vera.id, "name?", reply_markup=ForceReply())
    for message_id, words in (
        (said.id, "can't be edited"),
        (asked.message_id, "can't be edited"),
        (999, "to edit not found"),
    ):
        with pytest.raises(BadRequest, match=f"(?i){re.escape(words)}"):
            await bot.edit_message_text("x", vera.id, message_id)


async def test_a_message_can_be_deleted_for_48_hours(clock: ManualClock, bot: Bot, vera: Person) -> None:
    young = await bot.send_message(vera.id, "x")
    await bot.delete_message(vera.id, young.message_id)
    assert vera.chat.last is None
    old = await bot.send_message(vera.id, "x")
    clock.advance(timedelta(hours=48, seconds=1).total_seconds())
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(vera.id, old.message_id)


async def test_a_reply_needs_something_to_reply_to(bot: Bot, vera: Person) -> None:
    said = vera.say("question")
    sent = await bot.send_message(vera.id, "answer", reply_parameters=ReplyParameters(said.id))
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.text == "question"
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(vera.id, "answer", reply_parameters=ReplyParameters(999))
    await bot.send_message(
        vera.id, "x", reply_parameters=ReplyParameters(999, allow_sending_without_reply=True)
    )


async def test_a_press_is_answered_once_and_within_150_seconds(
    clock: ManualClock, sim: Simulator, bot: Bot, vera: Person
) -> None:
    await bot.send_message(vera.id, "x", reply_markup=GO)
    first, second = vera.press("Go"), vera.press("Go")
    await bot.answer_callback_query(first.id, "done", show_alert=True)
    assert first.answer is not None
    assert (first.answer.text, first.answer.alert) == ("done", True)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(first.id)
    clock.advance(151)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(second.id)
    assert sim.unanswered() == (second,)


async def test_a_toast_has_at_most_200_units(bot: Bot, vera: Person) -> None:
    await bot.send_message(vera.id, "x", reply_markup=GO)
    with pytest.raises(BadRequest, match="Message_too_long"):
        await bot.answer_callback_query(vera.press("Go").id, "x" * 201)


async def test_chat_actions_and_reactions_are_in_the_journal(sim: Simulator, bot: Bot, vera: Person) -> None:
    said = vera.say("hello")
    await bot.send_chat_action(vera.id, ChatAction.TYPING)
    await bot.set_message_reaction(vera.id, said.id, ReactionTypeEmoji("👍"))
    assert [e.text for e in sim.journal.of(EventKind.CHAT_ACTION, EventKind.REACTED)] == ["typing", "👍"]
    with pytest.raises(BadRequest, match="Reaction_invalid"):
        await bot.set_message_reaction(vera.id, said.id, ReactionTypeEmoji("x"))


async def test_the_bot_may_not_write_first_nor_to_those_who_left(sim: Simulator, bot: Bot) -> None:
    ivan = sim.person("Ivan")
    with pytest.raises(Forbidden, match="can't initiate conversation with a user"):
        await bot.send_message(ivan.id, "x")
    ivan.start()
    await bot.send_message(ivan.id, "x")
    ivan.block_bot()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ivan.id, "x")
    ivan.unblock_bot()
    await bot.send_message(ivan.id, "x")
    ivan.deactivate()
    with pytest.raises(Forbidden, match="user is deactivated"):
        await bot.send_message(ivan.id, "x")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(12345, "x")


async def test_entities_may_be_given_instead_of_html(bot: Bot, vera: Person) -> None:
    sent = await bot.send_message(vera.id, "ab", entities=[MessageEntity(MessageEntity.BOLD, 0, 1)])
    assert sent.entities == (MessageEntity(MessageEntity.BOLD, 0, 1),)


async def test_several_messages_are_deleted_at_once_and_gone_ones_skipped(bot: Bot, vera: Person) -> None:
    ids = [(await bot.send_message(vera.id, str(n))).message_id for n in range(3)]
    assert await bot.delete_messages(vera.id, [*ids[:2], 999])
    assert [m.id for m in vera.chat.from_bot] == ids[2:]


async def test_a_new_keyboard_replaces_the_old_one_and_none_removes_it(bot: Bot, vera: Person) -> None:
    sent = await bot.send_message(vera.id, "x", reply_markup=GO)
    stop = InlineKeyboardMarkup([[InlineKeyboardButton("Stop", callback_data="v1:stop")]])
    await bot.edit_message_reply_markup(vera.id, sent.message_id, reply_markup=stop)
    assert vera.chat.messages[sent.message_id].labels == ("Stop",)
    await bot.edit_message_reply_markup(vera.id, sent.message_id)
    assert vera.chat.messages[sent.message_id].labels == ()


async def test_a_preview_can_be_changed_by_an_edit(bot: Bot, vera: Person) -> None:
    sent = await bot.send_message(vera.id, "x", link_preview_options=LinkPreviewOptions(is_disabled=True))
    options = LinkPreviewOptions(url="https://x.org", prefer_small_media=True)
    edited = await bot.edit_message_text("x", vera.id, sent.message_id, link_preview_options=options)
    assert isinstance(edited, Message)
    assert edited.link_preview_options == options


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"link_preview_options": "[]"}, "object expected as link preview options"),
        ({"link_preview_options": '{"is_disabled":"x"}'}, 'field "is_disabled" must be of type Boolean'),
        ({"link_preview_options": '{"url":5}'}, 'field "url" must be of type String'),
        ({"reply_parameters": "5"}, "object expected as reply parameters"),
        ({"reply_parameters": '{"message_id":"5"}'}, 'can\'t find field "message_id"'),
        ({"entities": "5"}, "entities must be a list"),
        ({"parse_mode": "BBCode"}, "unsupported parse_mode"),
        ({"entities": '[{"type":"bold","offset":0}]'}, 'can\'t find field "length"'),
        ({"entities": '[{"type":"bold","offset":"0","length":1}]'}, 'field "offset" must be of type Number'),
        (
            {"entities": '[{"type":"bold","offset":-1,"length":1}]'},
            "receive an entity with incorrect offset -1",
        ),
        ({"entities": '[{"type":"bold","offset":0,"length":2}]'}, "ends after the end of the text"),
        (
            {"entities": '[{"type":"text_mention","offset":0,"length":1,"user":{"id":"x"}}]'},
            'field "id" must be',
        ),
        ({"entities": "[5]"}, "can't parse MessageEntity: expected an Object"),
        ({"entities": '[{"type":"x","offset":0,"length":1}]'}, "can't parse MessageEntity: Unsupported type"),
    ],
)
async def test_broken_options_are_refused(bot: Bot, vera: Person, given: dict[str, str], words: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){re.escape(words)}"):
        await bot.send_message(vera.id, "x", api_kwargs=given)


async def test_mentions_by_id_name_people_the_bot_knows(bot: Bot, vera: Person) -> None:
    html = f'<a href="tg://user?id={vera.id}">V</a> <a href="tg://user?id=42">W</a>'
    sent = await bot.send_message(vera.id, html, parse_mode="HTML")
    (mention,) = sent.entities
    assert mention.user is not None
    assert mention.user.first_name == "Vera"


async def test_entities_of_the_client_that_telegram_finds_itself_are_left_to_it(
    bot: Bot, vera: Person
) -> None:
    found = [MessageEntity(MessageEntity.HASHTAG, 0, 2), MessageEntity(MessageEntity.ITALIC, 0, 2)]
    assert (await bot.send_message(vera.id, "#a", entities=found)).entities == (found[1],)


async def test_an_answer_may_open_a_telegram_link_only(bot: Bot, vera: Person) -> None:
    await bot.send_message(vera.id, "x", reply_markup=GO)
    press = vera.press("Go")
    with pytest.raises(BadRequest, match="Url_invalid"):
        await bot.answer_callback_query(press.id, url="https://x.org")
    await bot.answer_callback_query(press.id, url="https://t.me/watchdog_sim_bot?start=x")
    assert press.answer is not None
    assert press.answer.url.endswith("start=x")


async def test_a_wrong_chat_action_is_refused(bot: Bot, vera: Person) -> None:
    with pytest.raises(BadRequest, match="Wrong parameter action in request"):
        await bot.send_chat_action(vera.id, "dancing")


async def test_a_message_in_a_private_chat_has_no_thread(bot: Bot, vera: Person) -> None:
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(vera.id, "x", message_thread_id=5)


async def test_what_is_not_simulated_is_refused(sim: Simulator, bot: Bot, vera: Person) -> None:
    group = vera.create_group("Desk")
    with pytest.raises(BadRequest, match="The simulator has no inline messages"):
        await bot.edit_message_text("x", inline_message_id="5")
    with pytest.raises(BadRequest, match="The simulator replies within one chat only"):
        await bot.send_message(vera.id, "x", reply_parameters=ReplyParameters(1, chat_id=group.id))
    with pytest.raises(BadRequest, match="Message_ids must be a list"):
        await bot.delete_messages(vera.id, [])
    assert len(sim.violations) == 3


async def test_a_bot_reacts_with_one_emoji_at_most(bot: Bot, vera: Person) -> None:
    said = vera.say("x")
    with pytest.raises(BadRequest, match="Reactions_too_many"):
        await bot.set_message_reaction(vera.id, said.id, ["👍", "🔥"])
    with pytest.raises(BadRequest, match="Expected an array of reactiontype"):
        await bot.set_message_reaction(vera.id, said.id, api_kwargs={"reaction": "5"})
    assert await bot.set_message_reaction(vera.id, said.id)


async def test_a_press_is_answered_by_its_id(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Callback_query_id is empty"):
        await bot.answer_callback_query("")


async def test_paid_messages_are_marked(sim: Simulator, bot: Bot, vera: Person) -> None:
    await bot.send_message(vera.id, "x", allow_paid_broadcast=True)
    assert vera.chat.last is not None
    assert vera.chat.last.paid
    assert sim.limits.paid == 1
