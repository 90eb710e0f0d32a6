"""Whatever a bot sends, the simulator answers as the Bot API does: a result or a refusal, never a stumble."""

from __future__ import annotations

import asyncio
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.simulator import Person
from watchdog_bot.simulator.methods import METHODS, Method, serve
from watchdog_bot.simulator.parameters import Parameters
from watchdog_bot.simulator.values import ApiError
from watchdog_bot.simulator.world import World

_PLACES = ("PRIVATE", "FORUM", "CHANNEL", "GROUP")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "chat_id",
                    "user_id",
                    "offset",
                    "length",
                    "message_id",
                    "emoji",
                    "command",
                    "description",
                    "url",
                    "text",
                    "inline_keyboard",
                    "keyboard",
                    "callback_data",
                    "web_app",
                    "request_chat",
                    "request_id",
                    "switch_inline_query",
                    "is_disabled",
                    "copy_text",
                    "style",
                    "user",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
_FIELDS = st.sampled_from([*_PLACES, "2", 1, "x"]) | _JSON
_SCOPES = st.fixed_dictionaries(
    {"type": st.sampled_from(["default", "chat", "chat_administrators", "chat_member"])},
    optional={"chat_id": _FIELDS, "user_id": _FIELDS},
)
_ENTITIES = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["bold", "text_link", "text_mention", "pre"]), "offset": st.integers(-1, 3)},
        optional={"length": st.integers(-1, 3) | _JSON, "url": _JSON, "user": _JSON, "unix_time": _JSON},
    ),
    max_size=3,
)
_VALUES = st.one_of(
    (_SCOPES | _ENTITIES).map(json.dumps),
    st.sampled_from(
        [*_PLACES, "1", "2", "-5", "true", "HTML", "@news", "https://x.org", "typing", "<b>x</b>", ""]
    ),
    st.text(max_size=8),
    _JSON.map(json.dumps),
    st.sampled_from(["inline_keyboard", "keyboard"]).flatmap(
        lambda name: st.lists(st.lists(_JSON, max_size=2), max_size=2).map(
            lambda rows: json.dumps({name: rows})
        )
    ),
)
_CALLS = st.sampled_from(sorted(METHODS)).flatmap(
    lambda name: st.tuples(
        st.just(METHODS[name]),
        st.fixed_dictionaries({}, optional=dict.fromkeys(sorted(METHODS[name].names), _VALUES)),
        st.sampled_from(_PLACES),
    )
)


def world() -> tuple[World, dict[str, str]]:
    made = World()
    vera: Person = made.person("Vera")
    vera.start()
    forum, group = vera.create_group("Forum", topics=True), vera.create_group("Group")
    channel = vera.create_channel("News", username="news")
    ids = zip(_PLACES, (vera.id, forum.id, channel.id, group.id), strict=True)
    return made, {name: str(chat_id) for name, chat_id in ids}


def _ids_for_names(value: str, ids: dict[str, str]) -> str:
    for name, chat_id in ids.items():
        value = value.replace(name, chat_id)
    return value


def outcome_of(made: World, method: Method, given_parameters: Parameters) -> str:
    try:
        json.dumps(serve(made, method, given_parameters))
    except ApiError as error:
        return f"{error.code} {error.description}"
    return "a result"


@given(st.lists(_CALLS, min_size=1, max_size=4))
@settings(deadline=None, max_examples=120)
def test_no_call_makes_it_stumble(calls: list[tuple[Method, dict[str, str], str]]) -> None:
    async def run() -> None:
        made, ids = world()
        for method, values, place in calls:
            filled = {name: _ids_for_names(value, ids) for name, value in values.items()}
            if "chat_id" in method.names:
                filled.setdefault("chat_id", ids[place])
            outcome = outcome_of(made, method, Parameters(filled))
            assert outcome == "a result" or outcome.startswith(("400 Bad Request: ", "403 Forbidden: "))

    asyncio.run(run())
