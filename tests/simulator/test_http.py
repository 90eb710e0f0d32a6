"""The door: tokens, encodings, unknown things, violations."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog_bot.simulator import Person, Simulator
from watchdog_bot.simulator.parameters import read_form, read_json
from watchdog_bot.simulator.values import ApiError


class Caller:
    """A client without any manners of its own."""

    def __init__(self, sim: Simulator, session: aiohttp.ClientSession) -> None:
        self.sim, self.session = sim, session

    async def __call__(self, method: str, *, token: str | None = None, **request: Any) -> dict[str, Any]:
        url = f"{self.sim.base_url}/bot{self.sim.token if token is None else token}/{method}"
        async with self.session.post(url, **request) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == answer.get("error_code", 200)
            return answer


@pytest.fixture
async def call(sim: Simulator) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(sim, session)


async def test_a_wrong_token_gets_401_and_a_malformed_one_404(call: Caller) -> None:
    assert (await call("getMe", token="123456:" + "x" * 35))["description"] == "Unauthorized"
    assert (await call("getMe", token="nonsense"))["error_code"] == 404


async def test_an_unknown_method_gets_404_and_is_noted(sim: Simulator, call: Caller) -> None:
    assert (await call("sendCarrierPigeon"))["description"] == "Not Found: method not found"
    assert sim.violations[0].method == "sendCarrierPigeon"


async def test_methods_are_found_in_any_case(call: Caller) -> None:
    assert (await call("GETME"))["ok"]


@pytest.mark.parametrize("encoding", ["json", "form", "multipart", "query"])
async def test_parameters_come_in_any_encoding(call: Caller, vera: Person, encoding: str) -> None:
    buttons = {"inline_keyboard": [[{"text": "ы & +", "callback_data": "x"}]]}
    values = {"chat_id": str(vera.id), "text": "ы & + % 😀", "reply_markup": json.dumps(buttons)}
    match encoding:
        case "json":
            answer = await call("sendMessage", json=values | {"reply_markup": buttons, "chat_id": vera.id})
        case "form":
            answer = await call("sendMessage", data=values)
        case "multipart":
            form = aiohttp.FormData(values, default_to_multipart=True)
            answer = await call("sendMessage", data=form)
        case _:
            answer = await call("sendMessage", params=values)
    assert answer["result"]["text"] == values["text"]
    assert answer["result"]["reply_markup"] == buttons


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        ({"colour": "red"}, "sendMessage has no parameter colour"),
        ({"message_effect_id": "5"}, "the simulator does not do message_effect_id"),
        ({"parse_mode": "MarkdownV2"}, "the simulator does not read Markdown; send HTML"),
        ({"protect_content": "perhaps"}, "parameter protect_content is no boolean: 'perhaps'"),
        ({"message_thread_id": "x"}, "parameter message_thread_id is no whole number: 'x'"),
        ({"reply_markup": "{"}, "parameter reply_markup is no JSON: '{'"),
        ({"link_preview_options": '{"hidden":true}'}, "link_preview_options has no fields ['hidden']"),
        ({"reply_parameters": '{"id":1}'}, "reply_parameters has no fields ['id']"),
        ({"chat_id": "Vera"}, "parameter chat_id is neither an id nor a @username: 'Vera'"),
    ],
)
async def test_what_telegram_would_overlook_is_refused_and_noted(
    sim: Simulator, call: Caller, vera: Person, values: dict[str, str], cause: str
) -> None:
    answer = await call("sendMessage", data={"chat_id": str(vera.id), "text": "x"} | values)
    assert answer == {"ok": False, "error_code": 400, "description": f"Bad Request: {cause}"}
    assert [v.cause for v in sim.violations] == [cause]
    assert vera.chat.last is None


@pytest.mark.parametrize(
    ("button", "cause"),
    [
        ({"text": "x", "callback_data": "a", "url": "http://x.org"}, "more than one action"),
        ({"text": "x", "callback_data": "a", "tooltip": "b"}, "fields that no inline keyboard button has"),
    ],
)
async def test_what_telegram_swallows_is_swallowed_and_noted(
    sim: Simulator, call: Caller, vera: Person, button: dict[str, str], cause: str
) -> None:
    markup = json.dumps({"inline_keyboard": [[button]]})
    answer = await call("sendMessage", data={"chat_id": str(vera.id), "text": "x", "reply_markup": markup})
    assert answer["ok"]
    assert cause in sim.violations[0].cause


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "chat_id is empty"),
        ({"chat_id": "5", "text": "x"}, "chat not found"),
        ({"chat_id": "@nobody", "text": "x"}, "chat not found"),
    ],
)
async def test_missing_things_are_named(call: Caller, values: dict[str, str], words: str) -> None:
    assert (await call("sendMessage", data=values))["description"] == f"Bad Request: {words}"


async def test_a_text_is_required(call: Caller, vera: Person) -> None:
    answer = await call("sendMessage", data={"chat_id": str(vera.id)})
    assert answer["description"] == "Bad Request: message text is empty"
    answer = await call("sendMessage", data={"chat_id": str(vera.id), "text": "x" * (1 << 15) + "x"})
    assert answer["description"] == "Bad Request: text is too long"


async def test_broken_bodies_are_refused(call: Caller) -> None:
    broken = await call("sendMessage", data=b"[1", headers={"Content-Type": "application/json"})
    assert broken["description"] == "Bad Request: can't parse request body as JSON object"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert "encoded in UTF-8" in (await call("sendMessage", data=b"text=%ff", headers=form))["description"]


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=4))
def test_a_form_is_read_as_it_was_written(values: dict[str, str]) -> None:
    from urllib.parse import urlencode

    try:
        body = urlencode(values).encode()
    except UnicodeEncodeError:
        return  # lone surrogates cannot be sent
    assert read_form(body) == values


def test_json_keeps_texts_and_writes_the_rest_as_json() -> None:
    assert read_json('{"a":"ы","b":1,"c":true,"d":null,"e":{"f":["ы"]}}'.encode()) == {
        "a": "ы",
        "b": "1",
        "c": "true",
        "e": '{"f": ["ы"]}',
    }
    with pytest.raises(ApiError):
        read_json(b"[]")
