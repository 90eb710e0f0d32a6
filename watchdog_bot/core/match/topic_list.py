"""The shipped topics, as values. Administrators change or remove them as they like; see `docs/topics.md`.

A list is TOML: one `[[topic]]` with a `name` that can be typed, what it is `about`, and words for each language
(BCP 47) in the spelling of `query_topic`: word, a phrase, prefix*, ~word. A word that two languages share stands once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match.query_topic import topic, topic_leaf
from watchdog_bot.core.match.query_vocabulary import name_key
from watchdog_bot.core.model import Topic
from watchdog_bot.core.text import fold

WORD_MIN = 3  # letters of the shortest word a shipped topic may have
LANGUAGES = frozenset({"en", "ru", "uk"})  # every shipped topic has words in these

_KEYS = frozenset({"name", "about"})
_LANGUAGE = re.compile("[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class ShippedTopic:
    """One topic with its words by language, in the order of the file."""

    name: str
    about: str
    words: tuple[tuple[str, tuple[str, ...]], ...]  # (BCP 47 code, words)

    def topic(self) -> Topic:
        """As subscriptions know it: one list for all languages."""
        return topic(self.name, tuple(word for _, words in self.words for word in words))


def read_topics(text: str) -> tuple[ShippedTopic, ...]:
    """The topics from TOML. Raises ValueError naming the topic, and the word, that is wrong."""
    try:
        rows = tomllib.loads(text).get("topic", [])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"the list of topics is not TOML: {error}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("a list of topics has tables with the heading [[topic]]")
    found = tuple(_topic(row, number) for number, row in enumerate(rows, start=1))
    twice = _twice((name_key(each.name), each.name) for each in found)
    if twice:
        raise ValueError(f"topic {twice!r} stands in the list twice; keep one")
    return found


def _topic(row: dict[str, Any], number: int) -> ShippedTopic:
    name, about = row.get("name"), row.get("about")
    who = f"topic {number} ({name or 'without a name'})"
    if not isinstance(name, str) or not isinstance(about, str) or not name.strip() or not about.strip():
        raise ValueError(f"{who}: every topic has a name and says what it is about")
    words = tuple((key, _words(value, key, who)) for key, value in row.items() if key not in _KEYS)
    missing = sorted(LANGUAGES - {language for language, _ in words})
    if missing:
        raise ValueError(f"{who}: there are no words in {', '.join(missing)}")
    twice = _twice((_identity(word), word) for _, each in words for word in each)
    if twice:
        raise ValueError(f"{who}: the word {twice!r} stands there twice; keep one")
    shipped = ShippedTopic(name, about, words)
    try:
        shipped.topic()
    except QueryError as error:
        raise ValueError(f"{who}: {error.cause}") from None
    return shipped


def _words(value: object, language: str, who: str) -> tuple[str, ...]:
    if not _LANGUAGE.fullmatch(language):
        raise ValueError(f"{who}: unknown key {language!r}; the keys are name, about and codes of languages")
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise ValueError(f"{who}: {language} is a list of words in quotation marks")
    for word in value:
        _check(word, who)
    return tuple(value)


def _check(word: str, who: str) -> None:
    try:
        topic_leaf(word)
    except QueryError as error:
        raise ValueError(f"{who}: {error.cause}") from None
    if sum(char.isalnum() for char in word) < WORD_MIN:
        raise ValueError(f"{who}: the word {word!r} is too short: it has at least {WORD_MIN} letters")


def _identity(word: str) -> tuple[str, str]:
    """What makes two words the same: their kind and their folded letters."""
    return type(topic_leaf(word)).__name__, fold(word)


def _twice(named: Iterable[tuple[object, str]]) -> str | None:
    """The first that shares its key with an earlier one."""
    seen: set[object] = set()
    for key, shown in named:
        if key in seen:
            return shown
        seen.add(key)
    return None
