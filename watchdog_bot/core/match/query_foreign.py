"""Marks of other search boxes, told where they stand with what is typed here instead.

Taken for words they would search for something that nobody means, without a sound.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.text import APOSTROPHES, tokens

_PREFIX_MIN = 3  # letters
_NEAR = re.compile(r"(?:NEAR|ONEAR|ADJ|WITHIN|SAME)(?:[/~:]?\d+)?|[WN]/\d+")
_EXPRESSION = re.compile(r"/.*|.*(?:\\[bdwsBDWS]|\[[^\]]*\]|\.\+|\{\d)")
_INSIDE = re.compile(r"(?<=\w)[?^=<>](?=\w)")
_FUZZY = re.compile(r"\w~\d*$")


def check(text: str, raw: str, at: int) -> None:
    """Look at one bare word `raw`, which stands at `at` in `text`. Raises QueryError for a mark that is foreign."""
    for rule in _RULES:
        rule(text, raw, at)


def _near(text: str, raw: str, at: int) -> None:
    if not _NEAR.fullmatch(raw):
        return
    before, after = tokens(text[:at]), tokens(text[at + len(raw) :])
    mend = f'"{before[-1].folded} {after[0].folded}"' if before and after else '"press freedom"'
    raise QueryError(
        f"{raw} is not understood: words that stand next to each other go in quotation marks, a space asks for both "
        "anywhere",
        position=at,
        mend=mend,
    )


def _sign(_text: str, raw: str, at: int) -> None:
    bare = raw.lstrip("+#@")
    if bare == raw or not tokens(bare):
        return
    said = {
        "+": "+ is not needed: every word must stand in a post unless there is OR between them",
        "#": "# is not needed: the tags of a post are searched like its text",
        "@": "@ is not understood: a name is searched as a word",
    }[raw[0]]
    raise QueryError(said, position=at, mend=bare)


def _expression(_text: str, raw: str, at: int) -> None:
    if not _EXPRESSION.match(raw):
        return
    first = next((token for token in tokens(raw) if len(token.folded) >= _PREFIX_MIN), None)
    raise QueryError(
        "regular expressions are not understood: a star after the beginning of a word finds all words that begin so",
        position=at,
        mend=f"{raw[first.start : first.end]}*" if first else "journalis*",
    )


def _inside(_text: str, raw: str, at: int) -> None:
    found = _INSIDE.search(raw)
    if found is None:
        return
    before = tokens(raw[: found.start()])
    word = raw[before[-1].start : before[-1].end]
    raise QueryError(
        f"{found.group()} inside a word is not understood: only a star at the end stands for other letters",
        position=at + found.start(),
        mend=f"{word}*" if len(word) >= _PREFIX_MIN else _quoted(raw),
    )


def _fuzzy(_text: str, raw: str, at: int) -> None:
    found = _FUZZY.search(raw)
    if found is None:
        return
    word = raw[: found.start() + 1].lstrip("~")
    raise QueryError(
        "~ goes before a word, and finds its grammatical forms; names are found in other spellings anyway",
        position=at + found.start() + 1,
        mend=f"~{word}",
    )


def _single_quotes(text: str, raw: str, at: int) -> None:
    if raw[0] not in APOSTROPHES or (at and text[at - 1].isalnum()):
        return
    closing = re.search(rf"[{APOSTROPHES}](?=\s|$|\))", text[at + 1 :])
    if closing is None or not (inside := " ".join(text[at + 1 : at + 1 + closing.start()].split())):
        return
    raise QueryError(
        "single quotation marks do not make a phrase: use double ones", position=at, mend=f'"{inside}"'
    )


def _quoted(raw: str) -> str:
    words = " ".join(raw[token.start : token.end] for token in tokens(raw))
    return f'"{words}"'


_RULES: tuple[Callable[[str, str, int], None], ...] = (
    _near,
    _sign,
    _single_quotes,
    _expression,
    _inside,
    _fuzzy,
)
