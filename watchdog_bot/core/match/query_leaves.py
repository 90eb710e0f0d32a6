"""Single lexemes → leaves, and what is said where a lexeme cannot be one."""

from __future__ import annotations

from dataclasses import replace

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match import names
from watchdog_bot.core.match.query_lexer import FIELDS, Kind, Lexeme
from watchdog_bot.core.match.query_tree import (
    And,
    Expr,
    Form,
    Not,
    Or,
    Phrase,
    Prefix,
    TextLeaf,
    Word,
    all_of,
    any_of,
    negated,
)

EXAMPLES = {
    "title": "title:verdict",
    "country": "country:KZ",
    "topic": 'topic:"press freedom"',
    "source": 'source:"Radio Svoboda"',
    "lang": "lang:ru",
    "scope": "scope:main",
}
assert set(EXAMPLES) == set(FIELDS)


def small(text: str, lexeme: Lexeme, meant: str) -> QueryError:
    """The error for a small word that was probably meant as an operator."""
    rest = text[lexeme.end :].lstrip() if meant == "-" else text[lexeme.end :]
    mend = " ".join((text[: lexeme.start] + meant + rest).split())
    how = {
        "OR": "write OR in capitals",
        "": "a space already means both",
        "-": "a minus right before a word excludes it",
    }[meant]
    return QueryError(f"“{lexeme.text}” would be searched as a word: {how}", position=lexeme.start, mend=mend)


def text_leaf(lexeme: Lexeme) -> TextLeaf:
    """What a word, phrase, prefix or form asks for."""
    match lexeme.kind:
        case Kind.PREFIX:
            return Prefix(lexeme.text)
        case Kind.FORM:
            return Form(lexeme.text)
        case Kind.QUOTED:
            return Phrase(lexeme.text, is_name=names.phrase_is_name(lexeme.text))
        case _:
            return Word(lexeme.text, is_name=names.is_name(lexeme.text))


def in_title(expr: Expr, lexeme: Lexeme) -> Expr:
    """The same in the title alone. Raises QueryError for what is not words."""
    match expr:
        case And(parts):
            return all_of(tuple(in_title(part, lexeme) for part in parts))
        case Or(parts):
            return any_of(tuple(in_title(part, lexeme) for part in parts))
        case Not(part):
            return negated(in_title(part, lexeme))
        case Word() | Phrase() | Prefix() | Form():
            return replace(expr, in_title=True)
        case _:
            raise QueryError(
                "title: takes words; a country or topic is found in the whole post",
                position=lexeme.start,
                mend=EXAMPLES["title"],
            )
