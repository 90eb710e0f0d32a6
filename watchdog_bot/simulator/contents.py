"""What a message is made of, read from the parameters of a call: text, keyboard, preview, what it replies to."""

from __future__ import annotations

from typing import Any, Final

from watchdog_bot.simulator.access import find_chat
from watchdog_bot.simulator.chats import Chat
from watchdog_bot.simulator.formatting import finish_text, read_text
from watchdog_bot.simulator.html import utf16
from watchdog_bot.simulator.markup import read_markup
from watchdog_bot.simulator.parameters import MalformedError, Parameters
from watchdog_bot.simulator.values import Entity, Keyboard, LinkPreview, bad_request, words
from watchdog_bot.simulator.world import World

_PREVIEW_FLAGS: Final = ("is_disabled", "prefer_small_media", "prefer_large_media", "show_above_text")
_REPLY_FIELDS: Final = words(
    "message_id chat_id allow_sending_without_reply quote quote_parse_mode quote_entities "
    "quote_position checklist_task_id poll_option_id"
)
_ENTITY_KINDS: Final = words(
    "bold italic underline strikethrough spoiler blockquote expandable_blockquote code pre text_link "
    "text_mention custom_emoji date_time"
)
_ENTITY_FIELDS: Final[dict[str, type]] = {
    "type": str,
    "offset": int,
    "length": int,
    "url": str,
    "language": str,
    "unix_time": int,
    "date_time_format": str,
    "custom_emoji_id": str,
    "user": dict,
}
_SHOWN: Final[dict[type, str]] = {str: "String", int: "Number", dict: "Object"}
_FOUND_BY_TELEGRAM: Final = words(
    "mention hashtag cashtag bot_command url email phone_number bank_card_number"
)


def read_text_of(world: World, given: Parameters, method: str) -> tuple[str, tuple[Entity, ...]]:
    """The text as Telegram would store it, with its entities; notes links that it drops. Raises ApiError."""
    parse_mode = given.text("parse_mode")
    if parse_mode.lower().startswith("markdown"):
        raise MalformedError("the simulator does not read Markdown; send HTML")
    text, entities, lost = read_text(given.text("text"), parse_mode)
    for target in lost:
        world.violate(method, f"Telegram drops this link without a word: {target[:80]!r}")
    if given.has("entities") and not parse_mode:
        entities = _given_entities(given.data("entities"), text)
    known = tuple(
        e for e in entities if e.user_id is None or e.user_id == world.bot.id or e.user_id in world.chats
    )
    return finish_text(text, known)


def _given_entities(value: object, text: str) -> tuple[Entity, ...]:
    if not isinstance(value, list):
        raise MalformedError("entities must be a list")
    end = utf16(text)
    entities = [entity for one in value if (entity := _given_entity(one)) is not None]
    for entity in entities:
        if entity.offset < 0 or entity.length < 0:
            raise bad_request(f"Receive an entity with incorrect offset {entity.offset}")
        if entity.end > end:
            raise bad_request(
                f"Entity beginning at UTF-16 offset {entity.offset} ends after the end of the text "
                f"at UTF-16 offset {entity.end}"
            )
    return tuple(entities)


def _given_entity(one: object) -> Entity | None:
    if not isinstance(one, dict):
        raise bad_request("Can't parse MessageEntity: expected an Object")
    for name, wanted in _ENTITY_FIELDS.items():
        if name in one and type(one[name]) is not wanted:
            raise bad_request(f'Can\'t parse MessageEntity: Field "{name}" must be of type {_SHOWN[wanted]}')
    for name in ("type", "offset", "length"):
        if name not in one:
            raise bad_request(f"Can't parse MessageEntity: Can't find field \"{name}\"")
    if one["type"] in _FOUND_BY_TELEGRAM:
        return None
    if one["type"] not in _ENTITY_KINDS:
        raise bad_request("Can't parse MessageEntity: Unsupported type specified")
    user_id = one.get("user", {}).get("id")
    if user_id is not None and type(user_id) is not int:
        raise bad_request('Can\'t parse MessageEntity: Field "id" must be of type Number')
    known = {name: one[name] for name in _ENTITY_FIELDS if name in one and name != "user"}
    return Entity(**known, user_id=user_id)


def read_keyboard(
    world: World, given: Parameters, chat: Chat, method: str, *, inline_only: bool = False
) -> Keyboard | None:
    """The keyboard of the call, checked for that chat. Raises ApiError."""
    if not given.has("reply_markup"):
        return None
    return read_markup(
        given.data("reply_markup"),
        chat_kind=chat.kind,
        violate=lambda cause: world.violate(method, cause),
        inline_only=inline_only,
    )


def read_preview(given: Parameters) -> LinkPreview | None:
    """What the call asks of the link preview; None when it says nothing. Raises ApiError."""
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


def read_reply(world: World, given: Parameters, chat: Chat) -> int | None:
    """The message that the call answers, or None. Raises ApiError."""
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
