"""Topics as administrators type them: a name, then words in the spelling of queries."""

from __future__ import annotations

from itertools import groupby

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match import names
from watchdog_bot.core.match.query_lexer import QUOTES, Kind, Lexeme, lexemes
from watchdog_bot.core.match.query_tree import Form, Phrase, Prefix, TextLeaf, Word
from watchdog_bot.core.match.query_vocabulary import name_key
from watchdog_bot.core.model import Topic

NAME_LIMIT = 64  # characters
WORD_LIMIT = 100  # characters
WORDS_LIMIT = 500
EXAMPLE = 'torture torture, "ill-treatment", пытк*, ~beating'

_SPELLING = {Kind.WORD: "{}", Kind.QUOTED: "{}", Kind.PREFIX: "{}*", Kind.FORM: "~{}"}


def split_items(text: str) -> tuple[str, ...]:
    """Read `NAME word, "a phrase", prefix*, ~word`: the name, then the words without quotes.

    Where there are commas or new lines, what stands between two of them is one item; else every word is.
    Raises QueryError for anything that is not a word.
    """
    found = lexemes(text, commas=True)
    for lexeme in found:
        if lexeme.kind is not Kind.COMMA and lexeme.kind not in _SPELLING:
            raise QueryError(
                f"a topic is a list of words; “{lexeme.text}” has no place in it",
                position=lexeme.start,
                mend=EXAMPLE,
            )
    if not found or found[0].kind is Kind.COMMA:
        return ()
    first, rest = found[0], found[1:]
    if first.kind not in {Kind.WORD, Kind.QUOTED}:
        raise QueryError("a topic's name is a word, or several in quotes", position=first.start, mend=EXAMPLE)
    if any(lexeme.kind is Kind.COMMA for lexeme in rest):
        runs = [
            tuple(run) for comma, run in groupby(rest, key=lambda each: each.kind is Kind.COMMA) if not comma
        ]
    else:
        runs = [(lexeme,) for lexeme in rest]
    return (first.text, *map(_spelling, runs))


def _spelling(run: tuple[Lexeme, ...]) -> str:
    if len(run) > 1 and any(lexeme.kind is Kind.FORM for lexeme in run):
        raise QueryError("~ works on single words, not inside a phrase", position=run[0].start, mend="~word")
    return " ".join(_SPELLING[lexeme.kind].format(lexeme.text) for lexeme in run)


def topic(name: str, words: tuple[str, ...]) -> Topic:
    """A topic of that name. Raises QueryError for a name or a word that cannot be one."""
    shown = " ".join(name.split())
    if not name_key(shown) or len(shown) > NAME_LIMIT or set(shown) & set(QUOTES):
        raise QueryError(
            f"a topic's name is one or more words without quotation marks, at most {NAME_LIMIT} characters",
            mend=EXAMPLE,
        )
    kept = tuple({_identity(leaf := topic_leaf(word)): word_of(leaf) for word in words}.values())
    if not kept:
        raise QueryError(f"the topic “{shown}” needs at least one word", mend=f"{shown} word, another")
    if len(kept) > WORDS_LIMIT:
        raise QueryError(f"the topic “{shown}” has {len(kept)} words; {WORDS_LIMIT} are the most")
    return Topic(name=shown, words=kept)


def topic_leaf(word: str) -> TextLeaf:
    """What a word of a topic asks for. Raises QueryError where it is none."""
    if len(word) > WORD_LIMIT:
        raise QueryError(f"“{word[:20]}…” is too long: {WORD_LIMIT} characters are the most")
    if set(word) & set(QUOTES):
        raise QueryError(f"“{word}” has quotation marks inside", mend=EXAMPLE)
    found = lexemes(f'"{word}"') if len(word.split()) > 1 else lexemes(word)
    if len(found) != 1 or found[0].kind not in _SPELLING:
        raise QueryError(f"“{word}” is not a word, a phrase, prefix* or ~word", mend=EXAMPLE)
    text = found[0].text
    match found[0].kind:
        case Kind.PREFIX:
            return Prefix(text)
        case Kind.FORM:
            return Form(text)
        case Kind.QUOTED:
            return Phrase(text, is_name=names.phrase_is_name(text))
        case _:
            return Word(text, is_name=names.is_name(text))


def word_of(leaf: TextLeaf) -> str:
    """A leaf as a topic's word."""
    match leaf:
        case Prefix(text):
            return f"{text}*"
        case Form(text):
            return f"~{text}"
        case Word(text) | Phrase(text):
            return text


def _identity(leaf: TextLeaf) -> tuple[str, str, bool]:
    """What makes two words of a topic the same."""
    is_name = isinstance(leaf, Word | Phrase) and leaf.is_name
    return type(leaf).__name__, leaf.text if is_name else name_key(leaf.text), is_name
