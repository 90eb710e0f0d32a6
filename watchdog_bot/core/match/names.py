"""Names of people and places in other spellings and the other script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from watchdog_bot.core.text import folded_words, tokens

NAME_MIN = 5  # letters from which a capitalised word is a name
SHORT_MIN = 3  # letters, beside a longer one


def is_name(text: str) -> bool:
    """Whether typed text is a name by its looks: capitalised, at least `NAME_MIN` letters in one word."""
    found = [text[token.start : token.end] for token in tokens(text)]
    return bool(found) and all(_capitalised(word) for word in found) and max(map(len, found)) >= NAME_MIN


def phrase_is_name(text: str) -> bool:
    """The same for words in quotes: one word in quotes is meant to the letter."""
    return "*" not in text and len(tokens(text)) > 1 and is_name(text)


def is_short_name(text: str) -> bool:
    """Whether it may be the shorter part of a name."""
    found = [text[token.start : token.end] for token in tokens(text)]
    return len(found) == 1 and _capitalised(found[0]) and SHORT_MIN <= len(found[0]) < NAME_MIN


def _capitalised(word: str) -> bool:
    return word[0].isupper() and word.isalpha()


def root(text: str) -> str:
    """What a name hangs on: the root of its longest word."""
    folded = max(folded_words([text[token.start : token.end] for token in tokens(text)]), key=len)
    return _root(folded)


def roots_of_text(raw: Iterable[str]) -> set[str]:
    """The roots that words of a text may have, as they stand there."""
    found: set[str] = set()
    return found.union(*map(_roots_of_word, raw))


def speller(word: str) -> Callable[[str], bool]:
    """Whether a word of a text, as it stands there, is the word or a spelling of it."""
    folded = folded_words([word])[0]
    wanted = _root(folded)

    def fits(raw: str) -> bool:
        return folded_words([raw])[0] == folded or (raw[0].isupper() and wanted in _roots_of_word(raw))

    return fits


@lru_cache(maxsize=50_000)
def _roots_of_word(raw: str) -> frozenset[str]:
    own = _root(folded_words([raw])[0])
    return frozenset({own, _root(own[:-1])}) if raw[0].isupper() and len(own) > 5 else frozenset({own})


@lru_cache(maxsize=50_000)
def _root(folded: str) -> str:
    sounds = "".join(_SOUNDS.get(char, char) for char in folded)
    key = re.sub("[aeiouy']+", "a", re.sub("kh|zh|ch|sh", lambda two: two.group()[0].upper(), sounds))
    return key.rstrip("a") if len(key.rstrip("a")) >= 4 else key


_SOUNDS = dict(
    zip(
        "абвгґдеєжзиіїйклмнопрстуўфхцчшщъыьэюя",
        [
            "a",
            "b",
            "v",
            "g",
            "g",
            "d",
            "e",
            "e",
            "zh",
            "z",
            "i",
            "i",
            "i",
            "i",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "sh",
            "'",
            "y",
            "'",
            "e",
            "u",
            "a",
        ],
        strict=True,
    )
)
