"""Queries that can be read and make no sense: such as match every post, and such as can match none.

It looks at single words and exclusions only, so it never refuses what could be meant.
"""

from __future__ import annotations

from typing import Protocol

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match.common_words import COMMON
from watchdog_bot.core.match.query_tree import (
    And,
    CountryIs,
    Expr,
    Form,
    Leaf,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Scope,
    TextLeaf,
    TopicIs,
    Word,
    leaves,
)
from watchdog_bot.core.text import words

_MOST = 12  # countries of an exclusion that are looked at one by one


class Place(Protocol):
    """Where a leaf was typed, in characters."""

    def __call__(self, leaf: Leaf, /, *, excluded: bool = False) -> int:
        """`excluded`: the one behind a minus."""


def nowhere(_leaf: Leaf, /, *, excluded: bool = False) -> int:  # noqa: ARG001 - as `Place` has it
    """Of a query that was not typed."""
    return 0


# --------------------------------------------------------------------------- every post


def refuse_common(query: Query, place: Place) -> None:
    """Raises QueryError where a post needs nothing but words that stand in nearly every text."""
    if query.countries or query.topics or query.words is None:
        return
    found = _common(query.words)
    if found is None:
        return
    word = words(found.text)[0]
    raise QueryError(
        f"“{word}” stands in nearly every text, so this would match most posts: say what they should "
        "be about",
        position=place(found),
        mend="add a country, a topic or a rarer word",
    )


def _common(expr: Expr) -> TextLeaf | None:
    """The word by which an expression holds for nearly every text, or None."""
    match expr:
        case And(parts):
            asked = [part for part in parts if not isinstance(part, Not)]
            words_ = [_common(part) for part in asked]
            return words_[0] if asked and all(words_) else None
        case Or(parts):
            return next((found for part in parts if (found := _common(part))), None)
        case Word(text, in_title=False) | Phrase(text, in_title=False) | Form(text, in_title=False):
            asked_words = words(text)
            return expr if len(asked_words) == 1 and asked_words[0] in COMMON else None
        case _:
            return None


# --------------------------------------------------------------------------- no post


def refuse_impossible(query: Query, place: Place) -> None:
    """Raises QueryError where an exclusion takes away all that is asked for."""
    for need in _needs(query):
        for excluded in query.excluded:
            if _takes_all(need, excluded, query):
                leaf = leaves(excluded)[0]
                raise QueryError(
                    f"this can never match: {_said(leaf)} is asked for and excluded",
                    position=place(leaf, excluded=True),
                    mend="leave out the exclusion, or exclude something narrower",
                )


def _needs(query: Query) -> list[Expr]:
    """What must hold, each by itself."""
    found: list[Expr] = []
    if query.countries:
        found.append(Or(tuple(CountryIs(code) for code in sorted(query.countries))))
    if query.topics:
        found.append(Or(tuple(TopicIs(name) for name in sorted(query.topics))))
    if isinstance(query.words, And):
        found += query.words.parts
    elif query.words is not None:
        found.append(query.words)
    return found


def _takes_all(need: Expr, excluded: Expr, query: Query) -> bool:
    """Whether a need cannot hold beside all exclusions, this one among them."""
    return _gone(need, (excluded,), query.scope) or (
        isinstance(need, Or)
        and len(query.excluded) <= _MOST
        and any(_gone(part, (excluded,), query.scope) for part in need.parts)
        and _gone(need, query.excluded, query.scope)
    )


def _gone(need: Expr, excluded: tuple[Expr, ...], scope: Scope) -> bool:
    match need:
        case Or(parts):
            return all(_gone(part, excluded, scope) for part in parts)
        case And(parts):
            return any(_gone(part, excluded, scope) for part in parts if not isinstance(part, Not))
        case Not():
            return False
        case _:
            return any(_implies(need, each, scope) for each in excluded)


def _implies(leaf: Leaf, excluded: Expr, scope: Scope) -> bool:
    """Whether a post for which the leaf holds is always one that is excluded."""
    match excluded:
        case And(parts):
            return all(_implies(leaf, part, scope) for part in parts)
        case Or(parts):
            return any(_implies(leaf, part, scope) for part in parts)
        case Not():
            return False
        case CountryIs():  # exclusions look at what a post is about; a mention is less
            return leaf == excluded and scope is not Scope.ANY
        case Word() | Phrase() | Prefix() | Form():
            return isinstance(leaf, TextLeaf) and _text_implies(leaf, excluded)
        case _:
            return leaf == excluded


def _text_implies(leaf: TextLeaf, excluded: TextLeaf) -> bool:
    if excluded.in_title and not leaf.in_title:
        return False
    if isinstance(leaf, Form | Prefix):
        return type(leaf) is type(excluded) and words(leaf.text) == words(excluded.text)
    asked = words(leaf.text)
    if "*" in leaf.text or "*" in excluded.text:
        return leaf.text == excluded.text
    if leaf.is_name and not (isinstance(excluded, Word | Phrase) and excluded.is_name):
        return False  # the name may stand there in another spelling
    match excluded:
        case Prefix(text):
            return any(word.startswith(words(text)[0]) for word in asked)
        case Word(text) | Phrase(text) if leaf.is_name:
            return asked == words(text)
        case Word(text) | Phrase(text):
            return f" {' '.join(words(text))} " in f" {' '.join(asked)} "
        case Form(text):
            return words(text)[0] in asked


def _said(leaf: Leaf) -> str:
    match leaf:
        case CountryIs():
            return "the same country"
        case TopicIs(name):
            return f"the topic “{name}”"
        case Word(text) | Phrase(text) | Prefix(text) | Form(text):
            return f"“{text}”"
        case _:
            return "the same"
