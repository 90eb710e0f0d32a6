"""Reply markups: which keyboards Telegram takes, and its words when it does not.

1. An inline button has exactly one action; data is 1-64 bytes; an address passes `check_link`.
2. At most 100 buttons in all, each with a text.
3. Web App buttons only in private chats, over https. Contacts, places, people and chats are asked for in private.
4. Nothing but an inline keyboard in a channel or under an edited message.
Unknown fields and two actions in one button pass at Telegram (one is ignored); here they are violations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from watchdog_bot.simulator.html import utf16
from watchdog_bot.simulator.links import LinkError, check_link, user_of_link
from watchdog_bot.simulator.values import Button, Json, Keyboard, bad_request

MAX_BUTTONS: Final = 100
MAX_DATA_BYTES: Final = 64
_LOOKS: Final = frozenset({"text", "style", "icon_custom_emoji_id"})
_INLINE_ACTIONS: Final = [
    "url",
    "callback_data",
    "callback_game",
    "pay",
    "switch_inline_query",
    "switch_inline_query_chosen_chat",
    "switch_inline_query_current_chat",
    "login_url",
    "web_app",
    "copy_text",
]
_REPLY_ACTIONS: Final = [
    "request_contact",
    "request_location",
    "request_poll",
    "request_users",
    "request_chat",
    "request_managed_bot",
    "web_app",
]
_STYLES: Final = frozenset({"", "default", "primary", "danger", "success"})
_FIELDS: Final = {
    "inline": frozenset({"inline_keyboard"}),
    "reply": frozenset(
        [
            "keyboard",
            "is_persistent",
            "resize_keyboard",
            "one_time_keyboard",
            "input_field_placeholder",
            "selective",
        ]
    ),
    "remove": frozenset({"remove_keyboard", "selective"}),
    "force_reply": frozenset({"force_reply", "input_field_placeholder", "selective"}),
}
_KINDS: Final = {
    "inline_keyboard": "inline",
    "keyboard": "reply",
    "remove_keyboard": "remove",
    "force_reply": "force_reply",
}
Violate = Callable[[str], None]


def read_markup(
    value: object, *, chat_kind: str, violate: Violate, inline_only: bool = False
) -> Keyboard | None:
    """Check a reply markup; None for an empty one. Raises ApiError."""
    if not isinstance(value, dict):
        raise bad_request("Object expected as reply markup")
    kinds = [kind for name, kind in _KINDS.items() if value.get(name)]
    if not kinds:
        if value and not any(name in value for name in _KINDS):
            violate(f"a reply markup without a keyboard: {sorted(value)}")
        return None
    kind = kinds[0]
    if surplus := set(value) - _FIELDS[kind]:
        violate(f"fields that no {kind} keyboard has: {sorted(surplus)}")
    if kind != "inline" and inline_only:
        raise bad_request("Inline keyboard expected")
    if kind != "inline" and chat_kind == "channel":
        violate(f"a {kind} keyboard in a channel is ignored")
        return None
    rows = tuple(
        tuple(_button(button, kind, chat_kind, violate) for button in row) for row in _rows(value, kind)
    )
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    rows = tuple(row for row in rows if row)
    return Keyboard(kind, rows, value) if rows or kind in {"remove", "force_reply"} else None


def _rows(value: Json, kind: str) -> list[list[object]]:
    if kind not in {"inline", "reply"}:
        return []
    name = "inline_keyboard" if kind == "inline" else "keyboard"
    whose = " of the InlineKeyboardMarkup" if kind == "inline" else ""
    rows = value[name]
    if not isinstance(rows, list):
        raise bad_request(f'Field "{name}" must be of type Array')
    if not all(isinstance(row, list) for row in rows):
        raise bad_request(f'Field "{name}"{whose} must be an Array of Arrays')
    return rows


def _button(value: object, kind: str, chat_kind: str, violate: Violate) -> Button:
    shown = "inline keyboard button" if kind == "inline" else "keyboard button"
    text, fields = _looks(value, kind, shown)
    actions = _INLINE_ACTIONS if kind == "inline" else _REPLY_ACTIONS
    if surplus := set(fields) - _LOOKS - set(actions):
        violate(f"fields that no {shown} has: {sorted(surplus)}")
    given = [name for name in actions if name in fields and _is_given(name, fields[name])]
    if len(given) > 1:
        violate(f"a button with more than one action: {given}")
    if kind == "reply":
        return _reply_button(text, given, fields, chat_kind)
    if not given:
        raise bad_request(f"Can't parse {shown}: Text buttons are unallowed in the inline keyboard")
    return _inline_button(text, given[0], fields, chat_kind)


def _is_given(action: str, value: object) -> bool:
    """An empty text is no action, but an empty inline query is one."""
    return value not in (None, False) and (value != "" or action.startswith("switch_inline_query"))


def _looks(value: object, kind: str, shown: str) -> tuple[str, Json]:
    """The text of a button, and all its fields."""
    if kind == "reply" and isinstance(value, str):
        value = {"text": value}
    if not isinstance(value, dict):
        wanted = (
            "InlineKeyboardButton must be an" if kind == "inline" else "KeyboardButton must be a String or an"
        )
        raise bad_request(f"Can't parse {shown}: {wanted} Object")
    text = value.get("text")
    if not isinstance(text, str):
        raise bad_request(f"Can't parse {shown}: Can't find field \"text\"")
    if not text.strip():
        raise bad_request(f"{shown.capitalize()} text must be non-empty")
    if str(value.get("style") or "").lower() not in _STYLES:
        raise bad_request(f"Can't parse {shown}: invalid button style specified")
    return text, value


def _inline_button(  # noqa: C901 - one case per kind of button
    text: str, action: str, value: Json, chat_kind: str
) -> Button:
    target = value[action]
    match action:
        case "url":
            url = _checked(_string(target, action), "Inline keyboard button", https_only=False)
            return Button(text, "url", url=url, raw=value | {"url": url})
        case "callback_data":
            data = _string(target, action)
            if len(data.encode()) > MAX_DATA_BYTES:
                raise bad_request("BUTTON_DATA_INVALID")
            return Button(text, "callback", data=data, raw=value)
        case "web_app":
            if chat_kind != "private":
                raise bad_request("BUTTON_TYPE_INVALID")
            return Button(
                text, "web_app", url=_nested_url(target, "Inline keyboard button Web App"), raw=value
            )
        case "login_url":
            return Button(
                text, "login_url", url=_nested_url(target, "Inline keyboard button login"), raw=value
            )
        case "copy_text":
            copied = target.get("text") if isinstance(target, dict) else None
            if not isinstance(copied, str) or not 1 <= utf16(copied) <= 256:
                raise bad_request("BUTTON_COPY_TEXT_INVALID")
            return Button(text, "copy_text", data=copied, raw=value)
        case "pay" | "callback_game":
            raise bad_request("BUTTON_TYPE_INVALID")  # invoices and games are not simulated
        case _:
            if chat_kind == "channel":
                raise bad_request(
                    f"Can't use {action} button in a channel chat, because users will not be able to use the "
                    "button without knowing bot's username"
                )
            return Button(text, "switch_inline", data=str(target), raw=value)


def _reply_button(text: str, given: list[str], value: Json, chat_kind: str) -> Button:
    if not given:
        return Button(text, "text", raw=value)
    action = given[0]
    if chat_kind != "private":
        what = {
            "request_contact": "Phone number can be requested",
            "request_location": "Location can be requested",
            "request_poll": "Poll can be requested",
            "request_users": "Users can be requested",
            "request_chat": "Chats can be requested",
            "request_managed_bot": "Managed bots can be requested",
            "web_app": "Web App buttons can be used",
        }[action]
        raise bad_request(f"{what} in private chats only")
    if action in {"request_users", "request_chat"}:
        wanted = value[action]
        if not isinstance(wanted, dict) or not isinstance(wanted.get("request_id"), int):
            raise bad_request("Can't parse keyboard button: Can't find field \"request_id\"")
        if action == "request_chat" and not isinstance(wanted.get("chat_is_channel"), bool):
            raise bad_request("Can't parse keyboard button: Can't find field \"chat_is_channel\"")
    url = _nested_url(value[action], "Keyboard button Web App") if action == "web_app" else None
    return Button(text, action, url=url, raw=value)


def _nested_url(target: object, shown: str) -> str:
    url = target.get("url") if isinstance(target, dict) else None
    return _checked(_string(url, "url"), shown, https_only=True)


def _checked(link: str, shown: str, *, https_only: bool) -> str:
    if not https_only and user_of_link(link) is not None:
        return link
    try:
        url = check_link(link)
    except LinkError as error:
        raise bad_request(f"{shown} URL '{link}' is invalid: {error}") from None
    if https_only and not url.startswith("https://"):
        raise bad_request(f"{shown} URL '{link}' is invalid: Only HTTPS links are allowed")
    return url


def _string(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise bad_request(f'Can\'t parse inline keyboard button: Field "{name}" must be of type String')
    return value
