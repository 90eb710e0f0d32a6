"""Small changes that a button makes to a standing query, and when two queries are one.

What comes out is canonical: it is printed and read again, like anything that is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from watchdog_bot.core.match import names
from watchdog_bot.core.match.query_parser import restore
from watchdog_bot.core.match.query_print import show
from watchdog_bot.core.match.query_tree import (
    And,
    CountryIs,
    Expr,
    Leaf,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Scope,
    TopicIs,
    Vocabulary,
    Word,
    all_of,
    any_of,
    leaves,
)
from watchdog_bot.core.match.query_vocabulary import topic_of
from watchdog_bot.core.text import words


def identity(query: Query) -> str:
    """What two queries that ask for the same have in common: capitals say something in names only."""
    return show(_mapped(query, _folded))


def _folded(leaf: Leaf) -> Leaf:
    match leaf:
        case Word() | Phrase() if not leaf.is_name and "*" not in leaf.text:
            return replace(leaf, text=" ".join(words(leaf.text)))
        case Prefix():
            return replace(leaf, text="".join(words(leaf.text)))
        case _:
            return leaf


def asks_for_countries(query: Query) -> bool:
    """Whether it matters how strictly countries are meant."""
    return bool(query.countries) or any(isinstance(leaf, CountryIs) for leaf in _asked(query))


def with_scope(query: Query, scope: Scope) -> Query:
    """The same with its countries meant so."""
    changed = replace(query, scope=scope if asks_for_countries(query) else Scope.ABOUT)
    return changed if changed == Query() else _settled(changed)


def _asked(query: Query) -> tuple[Leaf, ...]:
    return leaves(query.words) if query.words is not None else ()


# --------------------------------------------------------------------------- topics and words of one name


@dataclass(frozen=True, slots=True)
class Namesakes:
    """Names that are a topic as well as words: those taken for the topic, and those taken for words."""

    topics: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def namesakes(query: Query, vocabulary: Vocabulary) -> Namesakes:
    """Which topics a query follows, and which of its words name a topic that it does not follow."""
    followed = {*query.topics, *(leaf.name for leaf in _asked(query) if isinstance(leaf, TopicIs))}
    named = (_topic_of(leaf, vocabulary) for leaf in _asked(query))
    return Namesakes(
        tuple(sorted(followed)),
        tuple(dict.fromkeys(name for name in named if name is not None and name not in followed)),
    )


def _topic_of(leaf: Leaf, vocabulary: Vocabulary) -> str | None:
    if isinstance(leaf, Word | Phrase) and not leaf.in_title and "*" not in leaf.text:
        return topic_of(leaf.text, vocabulary)
    return None


def with_words(query: Query) -> Query:
    """The same with the names of its topics as words of the text."""
    plain = _mapped(query, lambda leaf: _as_words(leaf.name) if isinstance(leaf, TopicIs) else leaf)
    if query.topics:
        named = any_of(tuple(_as_words(name) for name in sorted(query.topics)))
        both = named if plain.words is None else all_of((named, plain.words))
        plain = replace(plain, topics=frozenset(), words=both)
    return _settled(plain)


def _as_words(name: str) -> Word | Phrase:
    found = words(name)
    if len(found) == 1:
        return Word(found[0], is_name=names.is_name(found[0]))
    return Phrase(" ".join(found))


def with_topics(query: Query, vocabulary: Vocabulary) -> Query:
    """The same with its words that name a topic as the topic."""

    def topic(leaf: Leaf) -> Leaf:
        name = _topic_of(leaf, vocabulary)
        return leaf if name is None else TopicIs(name)

    return _settled(_mapped(query, topic))


def _settled(query: Query) -> Query:
    return restore(show(query))


def _mapped(query: Query, change: Callable[[Leaf], Leaf]) -> Query:
    """With another leaf for each of what is asked for; exclusions and the clauses stay."""
    if query.words is None:
        return query
    return replace(query, words=_changed(query.words, change))


def _changed(expr: Expr, change: Callable[[Leaf], Leaf]) -> Expr:
    match expr:
        case And(parts):
            return all_of(tuple(_changed(part, change) for part in parts))
        case Or(parts):
            return any_of(tuple(_changed(part, change) for part in parts))
        case Not():
            return expr
        case _:
            return change(expr)
