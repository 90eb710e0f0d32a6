"""Methods about messages: send, edit, delete, answer a press, react."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from watchdog_bot.simulator.access import (
    check_message,
    check_presence,
    check_reading,
    check_topic,
    check_writing,
    find_chat,
)
from watchdog_bot.simulator.chats import Chat
from watchdog_bot.simulator.formatting import finish_text, read_text
from watchdog_bot.simulator.html import utf16
from watchdog_bot.simulator.markup import read_markup
from watchdog_bot.simulator.parameters import MalformedError, Parameters
from watchdog_bot.simulator.updates import CALLBACK_LIFE
from watchdog_bot.simulator.values import (
    Answer,
    ApiError,
    Entity,
    Event,
    EventKind,
    Json,
    Keyboard,
    LinkPreview,
    Message,
    bad_request,
)
from watchdog_bot.simulator.world import World

MAX_ANSWER: Final = 200
DELETE_LIFE: Final = timedelta(hours=48)
CHAT_ACTIONS: Final = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
REACTIONS: Final = frozenset(
    [
        "❤",
        "👍",
        "👎",
        "🔥",
        "🥰",
        "👏",
        "😁",
        "🤔",
        "🤯",
        "😱",
        "🤬",
        "😢",
        "🎉",
        "🤩",
        "🤮",
        "💩",
        "🙏",
        "👌",
        "🕊",
        "🤡",
        "🥱",
        "🥴",
        "😍",
        "🐳",
        "❤\u200d🔥",
        "🌚",
        "🌭",
        "💯",
        "🤣",
        "⚡",
        "🍌",
        "🏆",
        "💔",
        "🤨",
        "😐",
        "🍓",
        "🍾",
        "💋",
        "🖕",
        "😈",
        "😴",
        "😭",
        "🤓",
        "👻",
        "👨\u200d💻",
        "👀",
        "🎃",
        "🙈",
        "😇",
        "😨",
        "🤝",
        "✍",
        "🤗",
        "🫡",
        "🎅",
        "🎄",
        "☃",
        "💅",
        "🤪",
        "🗿",
        "🆒",
        "💘",
        "🙉",
        "🦄",
        "😘",
        "💊",
        "🙊",
        "😎",
        "👾",
        "🤷\u200d♂",
        "🤷",
        "🤷\u200d♀",
        "😡",
    ]
)
_PREVIEW_FLAGS: Final = ("is_disabled", "prefer_small_media", "prefer_large_media", "show_above_text")
_REPLY_FIELDS: Final = frozenset(
    [
        "message_id",
        "chat_id",
        "allow_sending_without_reply",
        "quote",
        "quote_parse_mode",
        "quote_entities",
        "quote_position",
        "checklist_task_id",
        "poll_option_id",
    ]
)
_ENTITY_KINDS: Final = frozenset(
    [
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "date_time",
    ]
)
_FOUND_BY_TELEGRAM: Final = frozenset(
    ["mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number"]
)


def send_message(world: World, given: Parameters) -> Json:
    """sendMessage."""
    chat = find_chat(world, given.chat())
    text, entities = _text(world, given, "sendMessage")
    keyboard = _keyboard(world, given, chat, "sendMessage")
    preview = _preview(given)
    check_writing(chat)
    thread = check_topic(chat, given.integer("message_thread_id"))
    reply_to = _reply(world, given, chat)
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
    text, entities = _text(world, given, "editMessageText")
    keyboard = _keyboard(world, given, chat, "editMessageText", inline_only=True)
    same_preview = not given.has("link_preview_options") or _preview(given) == message.preview
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
        preview=_preview(given) if given.has("link_preview_options") else message.preview,
    )
    return _edited(world, chat, changed, "editMessageText")


def edit_message_reply_markup(world: World, given: Parameters) -> Json:
    """editMessageReplyMarkup; without reply_markup the keyboard goes."""
    chat, message = _editable(world, given)
    keyboard = _keyboard(world, given, chat, "editMessageReplyMarkup", inline_only=True)
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


def _text(world: World, given: Parameters, method: str) -> tuple[str, tuple[Entity, ...]]:
    parse_mode = given.text("parse_mode")
    if parse_mode.lower().startswith("markdown"):
        raise MalformedError("the simulator does not read Markdown; send HTML")
    text, entities, lost = read_text(given.text("text"), parse_mode)
    for target in lost:
        world.violate(method, f"Telegram drops this link without a word: {target[:80]!r}")
    if given.has("entities") and not parse_mode:
        entities = _given_entities(given.data("entities"))
    known = [
        e for e in entities if e.user_id is None or e.user_id == world.bot.id or e.user_id in world.chats
    ]
    return finish_text(text, known)


def _given_entities(value: object) -> tuple[Entity, ...]:
    if not isinstance(value, list):
        raise MalformedError("entities must be a list")
    return tuple(entity for one in value if (entity := _given_entity(one)) is not None)


def _given_entity(one: object) -> Entity | None:
    if not isinstance(one, dict) or type(one.get("offset")) is not int or type(one.get("length")) is not int:
        raise bad_request("Can't parse MessageEntity: expected an Object")
    kind = one.get("type")
    if kind in _FOUND_BY_TELEGRAM:
        return None
    if kind not in _ENTITY_KINDS:
        raise bad_request("Can't parse MessageEntity: Unsupported type specified")
    user = one.get("user")
    return Entity(
        str(kind),
        one["offset"],
        one["length"],
        url=one.get("url"),
        language=one.get("language"),
        unix_time=one.get("unix_time"),
        date_time_format=one.get("date_time_format"),
        custom_emoji_id=one.get("custom_emoji_id"),
        user_id=user.get("id") if isinstance(user, dict) else None,
    )


def _keyboard(
    world: World, given: Parameters, chat: Chat, method: str, *, inline_only: bool = False
) -> Keyboard | None:
    if not given.has("reply_markup"):
        return None
    return read_markup(
        given.data("reply_markup"),
        chat_kind=chat.kind,
        violate=lambda cause: world.violate(method, cause),
        inline_only=inline_only,
    )


def _preview(given: Parameters) -> LinkPreview | None:
    value = given.data("link_preview_options")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise bad_request("Object expected as link preview options")
    if surplus := set(value) - {*_PREVIEW_FLAGS, "url"}:
        raise MalformedError(f"link_preview_options has no fields {sorted(surplus)}")
    flags = {name: value.get(name) or False for name in _PREVIEW_FLAGS}
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise bad_request(f'Field "{name}" must be of type Boolean')
    url = value.get("url") or ""
    if not isinstance(url, str):
        raise bad_request('Field "url" must be of type String')
    return LinkPreview(url=url, **flags)


def _reply(world: World, given: Parameters, chat: Chat) -> int | None:
    value = given.data("reply_parameters")
    if value is None or value == {}:
        return None
    if not isinstance(value, dict):
        raise bad_request("Object expected as reply parameters")
    if surplus := set(value) - _REPLY_FIELDS:
        raise MalformedError(f"reply_parameters has no fields {sorted(surplus)}")
    message_id: Any = value.get("message_id")
    if type(message_id) is not int:
        raise bad_request('Can\'t find field "message_id"')
    other = value.get("chat_id")
    if other is not None and find_chat(world, str(other)) is not chat:
        raise MalformedError("the simulator replies within one chat only")
    if message_id in chat.messages:
        return message_id
    if value.get("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


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
