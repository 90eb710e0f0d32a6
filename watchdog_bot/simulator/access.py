"""Which chat is meant, and what the bot may do there, in Telegram's words when it may not.

The order of the checks is that of Telegram's Bot API server: the chat exists, is alive, has the bot in it,
lets it write; then the topic.
"""

from __future__ import annotations

import re
from typing import Final

from watchdog_bot.simulator.chats import GENERAL, Chat
from watchdog_bot.simulator.values import ApiError, Message, bad_request
from watchdog_bot.simulator.world import World

_ID: Final = re.compile(r"-?[0-9]{1,18}\Z")
_KIND_SHOWN: Final = {"group": "group chat", "supergroup": "supergroup chat", "channel": "channel chat"}


def find_chat(world: World, wanted: str) -> Chat:
    """By id or @username. Raises ApiError 400 `chat not found`."""
    if wanted.startswith("@"):
        name = wanted[1:].lower()
        for chat in world.chats.values():
            if chat.username.lower() == name and chat.kind != "private":
                return chat
        raise bad_request("chat not found")
    found = world.chats.get(int(wanted)) if _ID.match(wanted) else None
    if found is None or (
        found.kind != "private" and not found.members.get(world.bot.id) and not found.username
    ):
        raise bad_request("chat not found")
    return found


def check_reading(chat: Chat) -> None:
    """What getChat and its kin need."""
    if chat.kind == "private":
        if not chat.owner.started:
            raise bad_request("chat not found")
        return
    if chat.kind != "group":
        _check_present(chat, even_public=False)


def check_presence(chat: Chat) -> None:
    """What editing, and reading of members need."""
    if chat.kind == "private":
        _check_private(chat)
        return
    if chat.kind == "group" and chat.migrated_to is not None:
        raise ApiError(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            parameters={"migrate_to_chat_id": chat.migrated_to.id},
        )
    if chat.deleted and chat.kind == "group":
        raise ApiError(403, "Forbidden: the group chat was deleted")
    _check_present(chat, even_public=True)


def check_writing(chat: Chat) -> None:
    """What sending needs."""
    check_presence(chat)
    if chat.kind == "channel":
        if not chat.bot.may("can_post_messages"):
            raise bad_request("need administrator rights in the channel chat")
        return
    if chat.kind == "private":
        return
    silent = chat.bot.status == "restricted" and "can_send_messages" not in chat.bot.rights
    if silent or (chat.mute_all and not chat.bot.leads):
        raise bad_request("not enough rights to send text messages to the chat")


def check_topic(chat: Chat, thread: int) -> int | None:
    """The thread a message goes to; None for General and where there are no topics."""
    if chat.kind == "private" and thread:
        raise bad_request("message thread not found")
    if not chat.forum:
        return None
    if thread == GENERAL or (thread and thread not in chat.topics):
        raise bad_request("message thread not found")
    topic = chat.topics[thread or GENERAL]
    if topic.closed and not chat.bot.may("can_manage_topics"):
        raise bad_request("TOPIC_CLOSED")
    return thread or None


def check_message(chat: Chat, message_id: int, called: str) -> Message:
    """The message, or 400 `message to … not found`."""
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request(f"{called} not found")
    return message


def _check_private(chat: Chat) -> None:
    person = chat.owner
    if person.deactivated:
        raise ApiError(403, "Forbidden: user is deactivated")
    if person.blocked:
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    if not person.started:
        raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")


def _check_present(chat: Chat, *, even_public: bool) -> None:
    shown = _KIND_SHOWN[chat.kind]
    if chat.bot.status == "kicked":
        raise ApiError(403, f"Forbidden: bot was kicked from the {shown}")
    if not chat.bot.present and (even_public or not chat.username):
        raise ApiError(403, f"Forbidden: bot is not a member of the {shown}")
