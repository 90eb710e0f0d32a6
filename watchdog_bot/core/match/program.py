"""A query in the form that is evaluated: a boolean expression over keys, strings that a post has or has not.

Every leaf is one key, made of the text that was typed, so that it is held in memory once:

    torture             a folded word; NATO a word with capitals in it: whole words on folded text
    Miftakhov           a name, by its looks (`names.is_name`), in any spelling; ^Azat a short one
    "press freedom"     a phrase; "Azat Miftakhov" a name of several words
    tort*   ~arrest     beginnings and forms
    title:KEY           any of the above, in the title
    country:UA          the post is about it; main:UA first of all; any:UA mentions it
    topic:press freedom source:"radio svoboda" lang:ru

`held` decides, `anchors` says under which keys an index must keep a program so that it misses no post.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache

from watchdog_bot.core.match import names
from watchdog_bot.core.match.query_print import show_leaf
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
)
from watchdog_bot.core.match.query_vocabulary import name_key

TITLE = "title:"
NAME = "^"
_COUNTRY = {Scope.ABOUT: "country:", Scope.MAIN: "main:", Scope.ANY: "any:"}


class Parts(tuple["Program", ...]):
    """Parts of a program; two are equal only where they are of one kind."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Equal kinds with equal parts."""
        return type(self) is type(other) and tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        """Not equal: a tuple has an answer of its own."""
        return not self == other

    def __hash__(self) -> int:
        """Of the kind and the parts."""
        return hash((type(self).__name__, tuple.__hash__(self)))


class Every(Parts):
    """All parts hold."""

    __slots__ = ()


class Either(Parts):
    """At least one part holds."""

    __slots__ = ()


class Never(Parts):
    """The one part does not hold."""

    __slots__ = ()


Program = str | Every | Either | Never


def compiled(query: Query) -> Program | None:
    """The program of a query; None for one that asks for nothing, which therefore matches nothing."""
    parts: list[Program] = []
    if query.countries:
        parts.append(_either([_COUNTRY[query.scope] + code for code in sorted(query.countries)]))
    if query.topics:
        parts.append(_either([topic_key(name) for name in sorted(query.topics)]))
    if query.words is not None:
        words = compiled_part(query.words, query.scope)
        parts += words if isinstance(words, Every) else [words]
    if not any(anchors(part, len)[1] for part in parts):
        return None
    parts += [Never((compiled_part(part, Scope.ABOUT),)) for part in query.excluded]
    return parts[0] if len(parts) == 1 else Every(parts)


def _either(keys: list[str]) -> Program:
    return keys[0] if len(keys) == 1 else Either(keys)


def compiled_part(expr: Expr, scope: Scope) -> Program:
    """The program of an expression. Exclusions always look at what a post is about."""
    match expr:
        case And(parts):
            return Every(compiled_part(part, scope) for part in parts)
        case Or(parts):
            return Either(compiled_part(part, scope) for part in parts)
        case Not(part):
            return Never((compiled_part(part, Scope.ABOUT),))
        case CountryIs(code):
            return _COUNTRY[scope] + code
        case _:
            return key_of(expr)


def key_of(leaf: Leaf) -> str:
    """The key of a leaf (a country's is that of `Scope.ABOUT`)."""
    match leaf:
        case TopicIs(name):
            return topic_key(name)
        case Word(text, in_title, is_name=True) if not names.is_name(text):
            return f"{TITLE}{NAME}{text}" if in_title else NAME + text
        case _:
            return show_leaf(leaf)


def topic_key(name: str) -> str:
    """The key of a topic, however its name is written."""
    return f"topic:{name_key(name)}"


@lru_cache(maxsize=20_000)
def text_leaf(key: str) -> TextLeaf:
    """The leaf of a key that stands for words: the way back from `key_of`."""
    in_title = key.startswith(TITLE)
    bare = key.removeprefix(TITLE)
    if bare.startswith('"'):
        return Phrase(bare[1:-1], in_title, names.phrase_is_name(bare[1:-1]))
    if bare.startswith("~"):
        return Form(bare[1:], in_title)
    if bare.endswith("*"):
        return Prefix(bare[:-1], in_title)
    text = bare.removeprefix(NAME)
    return Word(text, in_title, text != bare or names.is_name(text))


def held(program: Program, found: Collection[str]) -> bool:
    """Whether a program holds for a post that has these keys."""
    if isinstance(program, str):
        return program in found
    if isinstance(program, Every):
        for part in program:  # noqa: SIM110 - asked of every candidate, and a generator costs twice as much
            if not (part in found if isinstance(part, str) else held(part, found)):
                return False
        return True
    if isinstance(program, Never):
        return not held(program[0], found)
    return any(held(part, found) for part in program)


def answered(program: Program, found: Collection[str]) -> tuple[str, ...]:
    """The keys by which a program that holds does so, exclusions left out, in the order typed."""
    if isinstance(program, str):
        return (program,) if program in found else ()
    match program:
        case Every():
            return tuple(key for part in program for key in answered(part, found))
        case Either():
            return tuple(key for part in program if held(part, found) for key in answered(part, found))
        case Never():
            return ()


def keys_of(program: Program) -> tuple[str, ...]:
    """Every key in it, with repeats."""
    if isinstance(program, str):
        return (program,)
    return tuple(key for part in program for key in keys_of(part))


def anchors(program: Program, cost: Callable[[str], int]) -> tuple[int, tuple[str, ...]]:
    """The cheapest set of keys of which a post must have at least one for the program to hold, and its cost.

    AND needs one of its parts only; OR all of them; an exclusion gives none (presearch of Luwak and the
    Elasticsearch percolator). Empty where nothing is required, which `parse` refuses.
    """
    if isinstance(program, str):
        return cost(program), (program,)
    match program:
        case Every():
            ways = [way for part in program if (way := anchors(part, cost))[1]]
            return min(ways, key=lambda way: way[0], default=(0, ()))
        case Either():
            ways = [anchors(part, cost) for part in program]
            if not all(way[1] for way in ways):
                return 0, ()
            return sum(way[0] for way in ways), tuple(dict.fromkeys(key for way in ways for key in way[1]))
        case Never():
            return 0, ()
