"""What becomes of a text before it is stored, against Telegram's own code (tdjson) where it can be asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
import tdjson
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.simulator.formatting import finish_text, untangle
from watchdog_bot.simulator.html import parse_html, utf16
from watchdog_bot.simulator.values import ApiError, Entity

_LETTERS = st.sampled_from(["x", "yy", "é😀", "zzz ", "ы"])
_TAGS = st.sampled_from(
    [
        "<b>",
        "<i>",
        "<u>",
        "<s>",
        "<tg-spoiler>",
        "<pre>",
        "<code>",
        "<blockquote>",
        "<a>",
        '<a href="http://a.bc">',
        "<blockquote expandable>",
        '<code class="language-c">',
        "<tg-time unix='5'>",
    ]
)
_TREES = st.recursive(
    _LETTERS,
    lambda inner: (
        st.builds(
            lambda tag, pieces: tag + "".join(pieces) + "</>", _TAGS, st.lists(inner, min_size=1, max_size=3)
        )
        | st.lists(inner, min_size=2, max_size=3).map("".join)
    ),
    max_leaves=10,
)
_NAMES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "blockquote": "BlockQuote",
    "expandable_blockquote": "ExpandableBlockQuote",
    "date_time": "DateTime",
}


def telegrams(source: str) -> list[tuple[int, int, str]]:
    """The entities after Telegram has put them in order, by kind only."""
    parse = {"@type": "parseTextEntities", "text": source, "parse_mode": {"@type": "textParseModeHTML"}}
    parsed: dict[str, Any] = json.loads(tdjson.td_execute(json.dumps(parse).encode()) or b"")
    fixed = json.loads(
        tdjson.td_execute(json.dumps({"@type": "parseMarkdown", "text": parsed}).encode()) or b""
    )
    return sorted((e["offset"], e["length"], e["type"]["@type"]) for e in fixed["entities"])


@given(_TREES)
@settings(deadline=None, max_examples=300)
def test_entities_are_untangled_as_telegram_does(source: str) -> None:
    found = [
        (e.offset, e.length, "textEntityType" + ("PreCode" if e.language else _NAMES[e.type]))
        for e in untangle(parse_html(source).entities)
    ]
    assert sorted(found) == telegrams(source)


@given(
    st.text(max_size=40).map("x{}".format),
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), max_size=5),
)
def test_entities_stay_within_the_text(text: str, places: list[tuple[int, int]]) -> None:
    entities = tuple(
        Entity(kind, offset, length)
        for (offset, length), kind in zip(
            places, ("bold", "italic", "code", "text_link", "blockquote"), strict=False
        )
        if offset + length <= utf16(text)
    )
    finished, kept = finish_text(text, entities)
    assert finished == finished.rstrip(" \n")
    assert all(e.offset >= 0 and e.length > 0 and e.end <= utf16(finished) for e in kept)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  x \n", "x"),
        ("a\tb\x00c", "a b c"),
        ("a\r\nb", "a\nb"),
        ("a\u202eb\u2028c\u0333", "abc"),
        ("\u00a0x", "\u00a0x"),
    ],
)
def test_a_text_is_cleaned_and_trimmed(before: str, after: str) -> None:
    assert finish_text(before, ()) == (after, ())


def test_entities_move_with_what_is_taken_out() -> None:
    text, entities = finish_text(" \r\u202eab\r c ", (Entity("bold", 3, 2), Entity("italic", 6, 3)))
    assert (text, entities) == ("ab c", (Entity("bold", 0, 2), Entity("italic", 2, 2)))


def test_white_space_at_the_start_stays_when_an_entity_begins_there() -> None:
    assert finish_text("  x", (Entity("bold", 1, 2),)) == (" x", (Entity("bold", 0, 2),))


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u2060"[:1], "\u3000\ufeff", "\r"])
def test_what_nobody_can_see_is_empty(text: str) -> None:
    with pytest.raises(ApiError, match="message text is empty"):
        finish_text(text, ())


def test_exactly_4096_units_and_100_entities_pass() -> None:
    finish_text("😀" * 2048, ())
    text = "x " * 101
    finish_text(text, tuple(Entity("code", 2 * n, 1) for n in range(100)))
    with pytest.raises(ApiError, match="ENTITIES_TOO_LONG"):
        finish_text(text, tuple(Entity("code", 2 * n, 1) for n in range(101)))
    with pytest.raises(ApiError, match="message is too long"):
        finish_text("x" * 4097, ())
