"""Link headers (RFC 8288), with every trap that commas, quotes and spaces can set."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.feeds.link_header import named

URL = "https://a.example/feed/"
HUB = "https://hub.example/"


@pytest.mark.parametrize(
    ("header", "hub"),
    [
        (f'<{HUB}>; rel="hub"', HUB),
        (f"<{HUB}>; rel=hub", HUB),
        (f"<{HUB}>;rel=HUB", HUB),
        (f'<https://a.example/>; rel="self", <{HUB}>; rel="hub"', HUB),
        (f'<{HUB}?a=1,2;b>; rel="hub", <https://x.example/>; rel=next', f"{HUB}?a=1,2;b"),
        (f'<https://a.example/>; title="a, <b>; rel=hub"; rel="self", <{HUB}>; rel="hub"', HUB),
        (f'<https://a.example/>; title="a \\", <b>; rel=hub"; rel="self", <{HUB}>; rel="hub"', HUB),
        (f'<{HUB}>; rel="alternate hub self"', HUB),
        (f'<{HUB}>; rel="alternate"; rel="hub"', None),
        (f'<{HUB}>; anchor="https://b.example/"; rel="hub"', None),
        (f'<{HUB}>; anchor="#x"; rel=hub, <https://second.example/>; rel=hub', "https://second.example/"),
        ("<../hub>; rel=hub", "https://a.example/hub"),
        ("<javascript:alert(1)>; rel=hub", None),
        (f"<javascript:alert(1)>; rel=hub, <{HUB}>; rel=hub", HUB),
        (f"< {HUB} > ; rel = hub ; title", HUB),
        (f", ,<{HUB}>; rel=hub,", HUB),
        (f"<{HUB}>; title*=UTF-8''h%C3%BC; rel=hub", HUB),
        (f"<{HUB}>;; rel=hub", HUB),
        (f"<{HUB}> rel=hub", None),
        (f'<{HUB}>; rel="hub', None),
        (f"{HUB}; rel=hub", None),
        (f'<{HUB}>; rel="hubs"', None),
        ("", None),
    ],
)
def test_the_hub_is_found_where_it_is_named_and_nowhere_else(header: str, hub: str | None) -> None:
    assert named(header, "hub", URL) == hub


def test_of_several_headers_joined_each_relation_is_found() -> None:
    header = ", ".join(
        (f'<{HUB}>; rel="hub"', '<https://a.example/self>; rel="self"', '<https://b.example/>; rel="hub"')
    )
    assert named(header, "hub", URL) == HUB
    assert named(header, "self", URL) == "https://a.example/self"


@given(st.text(alphabet='<>;,="\\ relhubxanchor:/.', max_size=80))
@settings(max_examples=100, deadline=None)
def test_no_header_makes_it_fail(header: str) -> None:
    found = named(header, "hub", URL)
    assert found is None or found.startswith(("https://", "http://"))


@pytest.mark.parametrize(
    "part", ["<a>", "<a>;", '<a>; rel="', '<a>; rel="\\', "<", ",", "; ", " ", '"', "<a>;a=b"]
)
def test_a_header_made_to_be_slow_is_not(part: str) -> None:
    assert named(part * 100_000, "hub", URL) is None
