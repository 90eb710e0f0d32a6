"""Where in a post a leaf of a query is answered: the first place, in the order title, summary, text, tags."""

from __future__ import annotations

import re
from functools import lru_cache

from watchdog_bot.core.match import forms, names
from watchdog_bot.core.match.query_tree import Form, Phrase, Prefix, TextLeaf, Word
from watchdog_bot.core.match.reading import Reading
from watchdog_bot.core.text import tokens, words

Place = tuple[int, int]  # position of the first word, number of words


def place(reading: Reading, leaf: TextLeaf, published: str | None) -> Place | None:
    """The first place of a leaf, or None; of a name, where it is spelled as asked for (else `name_by_word`).

    `published`: the language of the post.
    """
    match leaf:
        case Form(text):
            return _form(reading, forms.plain(text), published)
        case Prefix(text):
            return _words(reading, f"{text}*")
        case Word(text) | Phrase(text):
            return _words(reading, text)


def starred_words(text: str) -> list[str]:
    """Folded words, each with the star that stands behind it."""
    if "*" not in text:
        return words(text)
    return [token.folded + ("*" if text.startswith("*", token.end) else "") for token in tokens(text)]


def _words(reading: Reading, text: str) -> Place | None:
    wanted, length = _folded(text)
    if "*" in wanted:
        found = pattern(wanted).search(reading.joined)
        at = found.start() if found else -1
    elif length == 1:
        first = reading.first.get(wanted)
        return None if first is None else (first, 1)
    else:
        at = reading.joined.find(f" {wanted} ")
    return None if at < 0 else (reading.position(at), length)


@lru_cache(maxsize=20_000)
def _folded(text: str) -> tuple[str, int]:
    """What is looked for in `Reading.joined`, and how many words it is."""
    wanted = starred_words(text)
    return " ".join(wanted), len(wanted)


@lru_cache(maxsize=4096)
def pattern(wanted: str) -> re.Pattern[str]:
    """What finds folded words, some with stars, in `Reading.joined`."""
    pieces = [
        re.escape(each.rstrip("*")) + ("[^ ]*" if each.endswith("*") else "") for each in wanted.split()
    ]
    return re.compile(f" {' '.join(pieces)} ")


def _form(reading: Reading, word: str, published: str | None) -> Place | None:
    fitting: set[str] = set()
    for language, raw in forms.languages(reading.raw_distinct, published).items():
        if forms.belongs(word, language):
            wanted = forms.keys(word, language)
            fitting.update(each for each in raw if not wanted.isdisjoint(forms.keys(each, language)))
    return min(((reading.raw.index(raw), 1) for raw in fitting), default=None)


def name_by_word(reading: Reading, wanted: names.Name, raw: str) -> Place | None:
    """The first place of a name whose longest word may stand there as `raw`, or None."""
    if not wanted.fits[wanted.longest](raw):
        return None
    if len(wanted.fits) == 1:
        return reading.raw.index(raw), 1
    for at in reading.every(raw):
        if _follow(reading, at - wanted.longest, wanted):
            return at - wanted.longest, len(wanted.fits)
    return None


def _follow(reading: Reading, at: int, wanted: names.Name) -> bool:
    last = at + len(wanted.fits) - 1
    if at < 0 or last >= len(reading.raw) or reading.field_of(at) != reading.field_of(last):
        return False
    return all(fits(reading.raw[at + offset]) for offset, fits in enumerate(wanted.fits))
