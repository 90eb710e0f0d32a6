"""Where in a post a leaf of a query is answered: the first place, in the order title, summary, text, tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from watchdog_bot.core.match import forms, names
from watchdog_bot.core.match.query_tree import Form, Phrase, Prefix, TextLeaf, Word
from watchdog_bot.core.match.reading import Reading
from watchdog_bot.core.text import Token, tokens

Place = tuple[int, int]  # position of the first word, number of words


def place(reading: Reading, leaf: TextLeaf, language: str | None) -> Place | None:
    """The first place of a leaf, or None."""
    end = reading.title_end if leaf.in_title else len(reading.folded)
    match leaf:
        case Word(is_name=True) | Phrase(is_name=True):
            return name(reading, leaf, end)
        case Word(text) | Phrase(text):
            return _sequence(reading, [_matcher(text, token) for token in tokens(text)], end)
        case Prefix(text):
            return _sequence(reading, [_beginning(tokens(text)[0].folded)], end)
        case Form(text):
            return _form(reading, forms.plain(text), language, end)


def _form(reading: Reading, word: str, published: str | None, end: int) -> Place | None:
    for language, raw in forms.languages(set(reading.raw[:end]), published).items():
        if forms.belongs(word, language):
            wanted = forms.keys(word, language)
            fitting = {each for each in raw if not wanted.isdisjoint(forms.keys(each, language))}
            if fitting:
                return next((at, 1) for at, each in enumerate(reading.raw) if each in fitting)
    return None


def name(reading: Reading, leaf: TextLeaf, end: int | None = None) -> Place | None:
    """The first place of a name in any spelling, or None."""
    wanted = [leaf.text[token.start : token.end] for token in tokens(leaf.text)]
    spelled = [names.speller(word) for word in wanted]
    limit = len(reading.raw) if end is None else end
    for at, raw in enumerate(reading.raw[:limit]):
        if spelled[0](raw) and _follow(reading, at, spelled, limit):
            return at, len(spelled)
    return None


def _follow(reading: Reading, at: int, matchers: Sequence[Callable[[str], bool]], end: int) -> bool:
    last = at + len(matchers) - 1
    if last >= end or reading.field_of(at) != reading.field_of(last):
        return False
    return all(fits(reading.raw[at + offset]) for offset, fits in enumerate(matchers))


def _matcher(text: str, token: Token) -> Callable[[str], bool]:
    if text.startswith("*", token.end):
        return _beginning(token.folded)
    return token.folded.__eq__


def _beginning(prefix: str) -> Callable[[str], bool]:
    return lambda word: word.startswith(prefix)


def _sequence(reading: Reading, matchers: Sequence[Callable[[str], bool]], end: int) -> Place | None:
    folded = reading.folded
    length = len(matchers)
    for at in range(end - length + 1):
        fit = all(fits(folded[at + offset]) for offset, fits in enumerate(matchers))
        if fit and reading.field_of(at) == reading.field_of(at + length - 1):
            return at, length
    return None
