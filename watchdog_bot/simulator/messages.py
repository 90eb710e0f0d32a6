"""Methods about messages: send, edit, delete, answer a press, react."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from watchdog_bot.simulator.access import (
    check_message,
    check_presence,
    check_reading,
    check_topic,
    check_writing,
    find_chat,
)
from watchdog_bot.simulator.chats import Chat
from watchdog_bot.simulator.contents import read_keyboard, read_preview, read_reply, read_text_of
from watchdog_bot.simulator.html import utf16
from watchdog_bot.simulator.parameters import MalformedError, Parameters
from watchdog_bot.simulator.updates import CALLBACK_LIFE
from watchdog_bot.simulator.values import (
    Answer,
    ApiError,
    Event,
    EventKind,
    Json,
    Message,
    bad_request,
    words,
)
from watchdog_bot.simulator.world import World

MAX_ANSWER: Final = 200
DELETE_LIFE: Final = timedelta(hours=48)
CHAT_ACTIONS: Final = words(
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document "
    "choose_sticker find_location record_video_note upload_video_note"
)
REACTIONS: Final = words(
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 "
    "🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡"
)


def send_message(world: World, given: Parameters) -> Json:
    """sendMessage."""
    chat = find_chat(world, given.chat())
    text, entities = read_text_of(world, given, "sendMessage")
    keyboard = read_keyboard(world, given, chat, "sendMessage")
    preview = read_preview(given)
    check_writing(chat)
    thread = check_topic(chat, given.integer("message_thread_id"))
    reply_to = read_reply(world, given, chat)
    if thread is None and reply_to is not None and chat.forum:
        thread = chat.messages[reply_to].thread  # a reply goes where what it answers stands
    paid = given.flag("allow_paid_broadcast")
    _limit(world, chat, edit=False, paid=paid)
    message = Message(
        id=chat.next_message_id(),
        chat_id=chat.id,
        sender=None if chat.kind == "channel" else world.bot,
        from_bot=True,
        date=world.clock.now(),
        text=text,
        html=given.text("text") if given.text("parse_mode").lower() == "html" else "",
        entities=entities,
        keyboard_markup=keyboard,
        thread=thread,
        reply_to=reply_to,
        silent=given.flag("disable_notification"),
        protected=given.flag("protect_content"),
        preview=preview,
        sender_chat_id=chat.id if chat.kind == "channel" else None,
        paid=paid,
    )
    chat.put(message)
    world.record(EventKind.SENT, chat, message, method="sendMessage")
    return world.wire_message(message)


def edit_message_text(world: World, given: Parameters) -> Json:
    """editMessageText."""
    chat, message = _editable(world, given)
    text, entities = read_text_of(world, given, "editMessageText")
    keyboard = read_keyboard(world, given, chat, "editMessageText", inline_only=True)
    same_preview = not given.has("link_preview_options") or read_preview(given) == message.preview
    if (text, entities, keyboard) == (
        message.text,
        message.entities,
        message.keyboard_markup,
    ) and same_preview:
        raise _not_modified()
    changed = replace(
        message,
        text=text,
        html=given.text("text") if given.text("parse_mode").lower() == "html" else "",
        entities=entities,
        keyboard_markup=keyboard,
        preview=read_preview(given) if given.has("link_preview_options") else message.preview,
    )
    return _edited(world, chat, changed, "editMessageText")


def edit_message_reply_markup(world: World, given: Parameters) -> Json:
    """editMessageReplyMarkup; without reply_markup the keyboard goes."""
    chat, message = _editable(world, given)
    keyboard = read_keyboard(world, given, chat, "editMessageReplyMarkup", inline_only=True)
    if keyboard == message.keyboard_markup:
        raise _not_modified()
    return _edited(world, chat, replace(message, keyboard_markup=keyboard), "editMessageReplyMarkup")


def delete_message(world: World, given: Parameters) -> bool:
    """deleteMessage."""
    chat = find_chat(world, given.chat())
    check_presence(chat)
    message = check_message(chat, given.integer("message_id"), "message to delete")
    right = "can_post_messages" if message.from_bot and chat.kind == "channel" else "can_delete_messages"
    own = message.from_bot and chat.kind != "channel"
    allowed = own or chat.kind == "private" or chat.bot.may(right)
    too_old = world.clock.now() - message.date > DELETE_LIFE and not chat.bot.may("can_delete_messages")
    if not allowed or too_old:
        raise bad_request("message can't be deleted")
    del chat.messages[message.id]
    world.record(EventKind.DELETED, chat, message, method="deleteMessage")
    return True


def delete_messages(world: World, given: Parameters) -> bool:
    """deleteMessages; ids that are gone are skipped."""
    ids = given.data("message_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= 100 or not all(type(one) is int for one in ids):
        raise MalformedError("message_ids must be a list of 1 to 100 whole numbers")
    chat = find_chat(world, given.chat())
    check_presence(chat)
    for message_id in ids:
        if message_id in chat.messages:
            delete_message(world, Parameters({**given.values, "message_id": str(message_id)}))
    return True


def answer_callback_query(world: World, given: Parameters) -> bool:
    """answerCallbackQuery; each press once, within 150 seconds."""
    text = given.text("text")
    if utf16(text) > MAX_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    if given.has("url") and not given.text("url").lower().startswith(("https://t.me/", "t.me/")):
        raise bad_request("URL_INVALID")
    press = world.presses.get(given.text("callback_query_id"))
    now = world.clock.now()
    if press is None or press.answer is not None or now - press.at > timedelta(seconds=CALLBACK_LIFE):
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    press.answer = Answer(text, given.flag("show_alert"), given.text("url"), given.integer("cache_time"), now)
    world.journal.record(
        Event(
            now,
            EventKind.ANSWERED,
            world.chats[press.message.chat_id],
            who=world.bot.first_name,
            text=text,
            message=press.message,
            press=press,
            method="answerCallbackQuery",
        )
    )
    return True


def send_chat_action(world: World, given: Parameters) -> bool:
    """sendChatAction."""
    chat = find_chat(world, given.chat())
    if given.text("action") not in CHAT_ACTIONS:
        raise bad_request("Wrong parameter action in request")
    check_writing(chat)
    check_topic(chat, given.integer("message_thread_id"))
    world.journal.record(
        Event(
            world.clock.now(),
            EventKind.CHAT_ACTION,
            chat,
            who=world.bot.first_name,
            text=given.text("action"),
            method="sendChatAction",
        )
    )
    return True


def set_message_reaction(world: World, given: Parameters) -> bool:
    """setMessageReaction; a bot sets at most one."""
    chat = find_chat(world, given.chat())
    check_reading(chat)
    message = check_message(chat, given.integer("message_id"), "message to react")
    reactions = given.data("reaction") or []
    if not isinstance(reactions, list) or not all(isinstance(one, dict) for one in reactions):
        raise bad_request("Expected an Array of ReactionType")
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    shown = "".join(str(one.get("emoji", "")) for one in reactions)
    if reactions and shown.rstrip("\ufe0f") not in REACTIONS:
        raise bad_request("REACTION_INVALID")
    world.journal.record(
        Event(
            world.clock.now(),
            EventKind.REACTED,
            chat,
            who=world.bot.first_name,
            text=shown,
            message=message,
            method="setMessageReaction",
        )
    )
    return True


# --------------------------------------------------------------------------- inside


def _limit(world: World, chat: Chat, *, edit: bool, paid: bool = False) -> None:
    wait = world.limits.check(chat.id, world.clock.now().timestamp(), edit=edit, paid=paid)
    if wait is not None:
        raise ApiError(429, f"Too Many Requests: retry after {wait}", parameters={"retry_after": wait})


def _editable(world: World, given: Parameters) -> tuple[Chat, Message]:
    if given.has("inline_message_id"):
        raise MalformedError("the simulator has no inline messages")
    chat = find_chat(world, given.chat())
    check_presence(chat)
    message = check_message(chat, given.integer("message_id"), "message to edit")
    if not message.from_bot or message.service is not None or message.keyboard not in {"", "inline"}:
        raise bad_request("message can't be edited")
    if chat.kind == "channel" and not (
        chat.bot.may("can_edit_messages") or chat.bot.may("can_post_messages")
    ):
        raise bad_request("message can't be edited")
    return chat, message


def _edited(world: World, chat: Chat, message: Message, method: str) -> Json:
    _limit(world, chat, edit=True)
    message = chat.put(replace(message, edited=world.clock.now()))
    world.record(EventKind.EDITED, chat, message, method=method)
    return world.wire_message(message)


def _not_modified() -> ApiError:
    return bad_request(
        "message is not modified: specified new message content and reply markup are exactly the same as a current "
        "content and reply markup of the message"
    )
