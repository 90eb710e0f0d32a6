"""How messages look on the wire ("Message", "MessageEntity", "InlineKeyboardMarkup")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from watchdog_bot.simulator.chats import Chat
from watchdog_bot.simulator.values import Entity, Json, LinkPreview, Message, User

_ENTITY_FIELDS: Final = ("url", "language", "unix_time", "date_time_format", "custom_emoji_id")
_PREVIEW_FIELDS: Final = ("is_disabled", "url", "prefer_small_media", "prefer_large_media", "show_above_text")


def wire_message(chats: Mapping[int, Chat], bot: User, message: Message, *, nested: bool = False) -> Json:
    """A message; the one it replies to is shown one level deep."""
    chat = chats[message.chat_id]
    body = _head(chats, chat, message)
    if message.service is not None:
        return body | message.service
    body["text"] = message.text
    if message.entities:
        body["entities"] = [_wire_entity(chats, bot, entity) for entity in message.entities]
    if message.keyboard == "inline":
        body["reply_markup"] = {
            "inline_keyboard": [[button.raw for button in row] for row in message.buttons]
        }
    if message.edited is not None:
        body["edit_date"] = int(message.edited.timestamp())
    if message.protected:
        body["has_protected_content"] = True
    if message.preview is not None:
        body["link_preview_options"] = _wire_preview(message.preview)
    target = chat.messages.get(message.reply_to or 0)
    if target is not None and not nested:
        body["reply_to_message"] = wire_message(chats, bot, target, nested=True)
    return body


def _head(chats: Mapping[int, Chat], chat: Chat, message: Message) -> Json:
    body: Json = {"message_id": message.id, "date": int(message.date.timestamp()), "chat": chat.wire()}
    if message.sender is not None:
        body["from"] = message.sender.wire()
    if message.sender_chat_id is not None:
        body["sender_chat"] = chats[message.sender_chat_id].wire()
    if message.thread is not None:
        body["message_thread_id"] = message.thread
        if chat.forum:
            body["is_topic_message"] = True
    return body


def _wire_entity(chats: Mapping[int, Chat], bot: User, entity: Entity) -> Json:
    body: Json = {"type": entity.type, "offset": entity.offset, "length": entity.length}
    for name in _ENTITY_FIELDS:
        value = getattr(entity, name)
        if value is not None:
            body[name] = value
    if entity.user_id is not None:
        user = bot if entity.user_id == bot.id else chats[entity.user_id].owner.user
        body["user"] = user.wire()
    return body


def _wire_preview(preview: LinkPreview) -> Json:
    return {name: value for name in _PREVIEW_FIELDS if (value := getattr(preview, name))}
