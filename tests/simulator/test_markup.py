"""Keyboards: what passes, what is refused and in which words, what is noted."""

from __future__ import annotations

from typing import Any

import pytest

from watchdog_bot.simulator.markup import read_markup
from watchdog_bot.simulator.values import ApiError, Keyboard


def read(
    value: object, *, chat: str = "private", inline_only: bool = False
) -> tuple[Keyboard | None, list[str]]:
    noted: list[str] = []
    return read_markup(value, chat_kind=chat, violate=noted.append, inline_only=inline_only), noted


def inline(*buttons: Any) -> dict[str, Any]:
    return {"inline_keyboard": [list(buttons)]}


def reply(*buttons: Any) -> dict[str, Any]:
    return {"keyboard": [list(buttons)]}


@pytest.mark.parametrize(
    ("button", "kind", "data", "url"),
    [
        ({"text": "x", "callback_data": "d"}, "callback", "d", None),
        ({"text": "x", "url": "x.org"}, "url", None, "http://x.org/"),
        ({"text": "x", "url": "tg://user?id=5"}, "url", None, "tg://user?id=5"),
        ({"text": "x", "web_app": {"url": "https://x.org"}}, "web_app", None, "https://x.org/"),
        ({"text": "x", "login_url": {"url": "https://x.org"}}, "login_url", None, "https://x.org/"),
        ({"text": "x", "copy_text": {"text": "c"}}, "copy_text", "c", None),
        ({"text": "x", "switch_inline_query": ""}, "switch_inline", "", None),
        ({"text": "x", "callback_data": "d", "style": "danger"}, "callback", "d", None),
    ],
)
def test_inline_buttons_of_every_kind_pass(
    button: dict[str, Any], kind: str, data: str | None, url: str | None
) -> None:
    keyboard, noted = read(inline(button))
    assert keyboard is not None
    ((found,),) = keyboard.rows
    assert (found.kind, found.data, found.url, noted) == (kind, data, url, [])


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ([], "object expected as reply markup"),
        ({"inline_keyboard": {"a": 1}}, 'field "inline_keyboard" must be of type Array'),
        (
            {"inline_keyboard": [1]},
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        ({"keyboard": ["x"]}, 'field "keyboard" must be an Array of Arrays'),
        (inline("x"), "can't parse inline keyboard button: InlineKeyboardButton must be an Object"),
        (reply(5), "can't parse keyboard button: KeyboardButton must be a String or an Object"),
        (inline({"callback_data": "x"}), "can't parse inline keyboard button: Can't find field \"text\""),
        (inline({"text": " ", "url": "x.org"}), "inline keyboard button text must be non-empty"),
        (reply(""), "keyboard button text must be non-empty"),
        (inline({"text": "x", "callback_data": 5}), 'Field "callback_data" must be of type String'),
        (inline({"text": "x", "callback_data": "x", "style": "blue"}), "invalid button style specified"),
        (inline({"text": "x", "pay": True}), "BUTTON_TYPE_INVALID"),
        (inline({"text": "x", "copy_text": {"text": ""}}), "BUTTON_COPY_TEXT_INVALID"),
        (inline({"text": "x", "web_app": {"url": "http://x.org"}}), "Only HTTPS links are allowed"),
        (reply({"text": "x", "web_app": {"url": "http://x.org"}}), "Only HTTPS links are allowed"),
        (reply({"text": "x", "request_chat": {}}), 'Can\'t find field "request_id"'),
        (reply({"text": "x", "request_chat": {"request_id": 1}}), 'Can\'t find field "chat_is_channel"'),
        (reply({"text": "x", "request_users": 1}), 'Can\'t find field "request_id"'),
    ],
)
def test_a_broken_keyboard_is_refused_in_telegrams_words(markup: object, words: str) -> None:
    with pytest.raises(ApiError) as caught:
        read(markup)
    assert words in caught.value.description


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "x", "request_contact": True}, "phone number can be requested in private chats only"),
        ({"text": "x", "request_location": True}, "location can be requested in private chats only"),
        ({"text": "x", "request_poll": {}}, "poll can be requested in private chats only"),
        (
            {"text": "x", "web_app": {"url": "https://x.org"}},
            "web App buttons can be used in private chats only",
        ),
    ],
)
def test_what_is_private_is_asked_for_in_private(button: dict[str, Any], words: str) -> None:
    assert read(reply(button))[0] is not None
    with pytest.raises(ApiError) as caught:
        read(reply(button), chat="supergroup")
    assert caught.value.description == f"Bad Request: {words}"


def test_web_apps_open_in_private_and_inline_queries_not_from_channels() -> None:
    with pytest.raises(ApiError, match="BUTTON_TYPE_INVALID"):
        read(inline({"text": "x", "web_app": {"url": "https://x.org"}}), chat="group")
    with pytest.raises(ApiError, match="can't use switch_inline_query button in a channel chat"):
        read(inline({"text": "x", "switch_inline_query": "q"}), chat="channel")


def test_reply_keyboards_of_every_kind_pass() -> None:
    keyboard, _ = read(reply("one", {"text": "two"}, {"text": "three", "request_contact": True}))
    assert keyboard is not None
    assert [(b.text, b.kind) for b in keyboard.rows[0]] == [
        ("one", "text"),
        ("two", "text"),
        ("three", "request_contact"),
    ]
    for value, kind in (
        ({"remove_keyboard": True}, "remove"),
        ({"force_reply": True, "selective": True}, "force_reply"),
    ):
        keyboard, noted = read(value)
        assert keyboard is not None
        assert (keyboard.kind, noted) == (kind, [])


def test_an_empty_keyboard_is_none() -> None:
    assert read({"inline_keyboard": []}) == (None, [])
    assert read({"inline_keyboard": [[]]}) == (None, [])
    assert read({}) == (None, [])


def test_only_an_inline_keyboard_stands_under_an_edited_message() -> None:
    with pytest.raises(ApiError, match="inline keyboard expected"):
        read({"force_reply": True}, inline_only=True)


def test_what_telegram_ignores_is_noted() -> None:
    assert read({"force_reply": True}, chat="channel") == (
        None,
        ["a force_reply keyboard in a channel is ignored"],
    )
    assert read({"keybord": []})[1] == ["a reply markup without a keyboard: ['keybord']"]
    assert read({"inline_keyboard": [], "keyboard": [["x"]], "resize": True})[1] == [
        "fields that no reply keyboard has: ['inline_keyboard', 'resize']"
    ]
