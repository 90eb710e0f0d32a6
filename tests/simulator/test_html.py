"""Our HTML parser against Telegram's own (tdjson): same acceptance, same words, same text, same entities."""

from __future__ import annotations

import json
from typing import Any

import pytest
import tdjson
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.simulator.html import HtmlError, parse_html

_KINDS = {
    "Bold": "bold",
    "Italic": "italic",
    "Underline": "underline",
    "Strikethrough": "strikethrough",
    "Spoiler": "spoiler",
    "Code": "code",
    "Pre": "pre",
    "PreCode": "pre",
    "TextUrl": "text_link",
    "MentionName": "text_mention",
    "CustomEmoji": "custom_emoji",
    "BlockQuote": "blockquote",
    "ExpandableBlockQuote": "expandable_blockquote",
    "DateTime": "date_time",
}
Shape = tuple[int, int, str, str, str, int, str, int]
tdjson.td_execute(json.dumps({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0}).encode())


def telegrams(source: str) -> str | tuple[str, list[Shape]]:
    """The words of the refusal, or text and entities."""
    request = {"@type": "parseTextEntities", "text": source, "parse_mode": {"@type": "textParseModeHTML"}}
    result: dict[str, Any] = json.loads(tdjson.td_execute(json.dumps(request).encode()) or b"")
    if result["@type"] == "error":
        return str(result["message"]).removeprefix("Can't parse entities: ")
    return result["text"], sorted(_shape(entity) for entity in result["entities"])


def _shape(entity: dict[str, Any]) -> Shape:
    kind = entity["type"]
    return (
        entity["offset"],
        entity["length"],
        _KINDS[kind["@type"].removeprefix("textEntityType")],
        kind.get("url", ""),
        kind.get("language", ""),
        kind.get("unix_time", 0),
        kind.get("custom_emoji_id", ""),
        kind.get("user_id", 0),
    )


def ours(source: str) -> str | tuple[str, list[Shape]]:
    try:
        parsed = parse_html(source)
    except HtmlError as error:
        return str(error)
    shapes = [
        (
            entity.offset,
            entity.length,
            entity.type,
            entity.url or "",
            entity.language or "",
            entity.unix_time or 0,
            entity.custom_emoji_id or "",
            entity.user_id or 0,
        )
        for entity in parsed.entities
    ]
    return parsed.text, sorted(shapes)


_TEXTS = st.sampled_from(
    [
        "x",
        "é",
        "😀🇺🇦",
        " ",
        "\n",
        "&lt;",
        "&amp",
        "&#65;",
        "&#x1F600;",
        "&#0;",
        "&nbsp;",
        "&#xD83D;",
        "&",
        "http://a.bc",
    ]
)
_URLS = st.sampled_from(
    [
        "http://ya.ru/x?y=1&amp;z",
        "https://A.B:080/",
        "a.b",
        "tg://user?id=123",
        "tg:resolve?domain=x",
        "ton://x",
        "javascript:alert(1)",
        "ftp://a.b",
        "http://localhost",
        "http://[::1]/",
        "http://a b.c",
        "http://u:p@a.b#f g",
        "a.b:99999",
        "mailto:a@b.c",
        "",
        "http://\u0444.\u0440\u0444/\u044f",
    ]
)
_OPENINGS = st.one_of(
    st.sampled_from(
        [
            "<b>",
            "<strong>",
            "<i>",
            "<em>",
            "<u>",
            "<ins>",
            "<s>",
            "<strike>",
            "<del>",
            "<code>",
            "<pre>",
            "<blockquote>",
            "<a>",
            "<tg-spoiler>",
            "<B",
            ">",
            "<blockquote expandable>",
            '<code class="language-c++">',
            "<span class='tg-spoiler'>",
            "<u x=y z>",
        ]
    ),
    _URLS.map('<a href="{}">'.format),
    st.builds(
        '<tg-time unix="{}" format={}>'.format,
        st.sampled_from(["5", "-1", "99999999999", "x", "1700000000"]),
        st.sampled_from(['"wDT"', "r", '""', "Q"]),
    ),
    st.sampled_from(["5", "0", "-4", "x", "99999999999999999999"]).map("<tg-emoji emoji-id='{}'>".format),
)
_TREES = st.recursive(
    _TEXTS,
    lambda inner: (
        st.builds(
            lambda opening, pieces: opening + "".join(pieces) + "</>", _OPENINGS, st.lists(inner, max_size=3)
        )
        | st.lists(inner, min_size=1, max_size=3).map("".join)
    ),
    max_leaves=12,
)
_SOUP = st.lists(
    _TEXTS
    | _OPENINGS
    | st.sampled_from(
        [
            "</b>",
            "</i>",
            "</a>",
            "</code >",
            "</>",
            "<",
            ">",
            "/",
            "=",
            '"',
            "'",
            "<p>",
            "<!-- x -->",
            "<br/>",
            "</b",
            "<b",
        ]
    ),
    max_size=8,
).map("".join)
# NUL ends a text early in Telegram's parser and cannot arrive in a message.
_ANYTHING = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@given(_TREES | _SOUP)
@settings(deadline=None, max_examples=400)
def test_it_parses_exactly_as_telegram_does(source: str) -> None:
    assert ours(source) == telegrams(source)


@given(_ANYTHING.map(lambda text: f"<b>{text}") | _ANYTHING)
@settings(deadline=None, max_examples=100)
def test_it_parses_any_text_as_telegram_does(source: str) -> None:
    assert ours(source) == telegrams(source)


@pytest.mark.parametrize(
    "source",
    [
        "<pre><code class='language-py'>x</code></pre>",
        "<code class='language-py'><pre>x</pre></code>",
        "<code class='language-c'><pre><b><pre>x</></></></>",
        "<blockquote><blockquote>x</blockquote></blockquote>",
        "<a href='http://x.org/%zz&#x0A;q'>x</a>",
        "<b>x</i>",
        "</b>",
        "<span class='other'>x</span>",
        "<b =x>y</b>",
        "<a href=http://x.org>y</a>",
        "<a href='x",
        "<a href",
        "<a href=",
        "<a href =  ",
        "<blockquote expandable=1>x</blockquote>",
        "&#1234567890; &#x110000; &#x10fffe;",
        "<tg-time unix=5 format='rr'>x</tg-time>",
    ],
)
def test_it_treats_the_corners_as_telegram_does(source: str) -> None:
    assert ours(source) == telegrams(source)


def test_offsets_in_errors_are_bytes() -> None:
    with pytest.raises(HtmlError, match='Unsupported start tag "p" at byte offset 6'):
        parse_html("ыы\N{EURO SIGN}"[:2] + "ы<p>")


def test_dropped_links_are_told() -> None:
    assert parse_html('<a href="javascript:x()">y</a>').lost_links == ("javascript:x()",)
