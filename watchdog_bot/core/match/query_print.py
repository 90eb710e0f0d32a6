"""Tree → text: the canonical query that is stored, and what it says in words.

`parse(show(query))` gives the query back. Countries are printed as codes, topics by name, both with their
fields, so that a stored query means the same whatever the vocabulary becomes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from watchdog_bot.core.match import tongues
from watchdog_bot.core.match.query_clauses import asks
from watchdog_bot.core.match.query_tree import (
    And,
    CountryIs,
    Expr,
    Form,
    LanguageIs,
    Leaf,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Scope,
    SourceIs,
    TextLeaf,
    TopicIs,
    Word,
    leaves,
)

Regions = Mapping[str, tuple[str, frozenset[str]]]


def show(query: Query) -> str:
    """Canonical text."""
    parts: list[str] = []
    if query.scope is not Scope.ABOUT:
        parts.append(f"scope:{query.scope}")
    if query.countries:
        parts.append(_countries(sorted(query.countries)))
    parts += [show_leaf(TopicIs(name)) for name in sorted(query.topics)]
    alone = not parts and not query.excluded
    match query.words:
        case None:
            pass
        case And(inner):
            parts += [_free(part) for part in inner]
        case Or() if alone:
            parts.append(_show(query.words))
        case _:
            parts.append(_free(query.words))
    parts += [f"-{_atom(part)}" for part in query.excluded]
    return " ".join(parts)


def _countries(codes: list[str]) -> str:
    return f"country:{','.join(codes)}"


def _free(expr: Expr) -> str:
    """A part of the outermost AND: a name would be a clause there, so it stands in parentheses."""
    return f"({show_leaf(expr)})" if isinstance(expr, CountryIs | TopicIs) else _atom(expr)


def _atom(expr: Expr) -> str:
    return f"({_show(expr)})" if isinstance(expr, And | Or) else _show(expr)


def _show(expr: Expr) -> str:
    match expr:
        case And(parts):
            return " ".join(_atom(part) for part in parts)
        case Or(parts):
            codes = [part.code for part in parts if isinstance(part, CountryIs)]
            items = dict.fromkeys(
                _countries(codes) if isinstance(part, CountryIs) else _atom(part) for part in parts
            )
            return " OR ".join(items)
        case Not(part):
            return f"-{_atom(part)}"
        case _:
            return show_leaf(expr)


def show_leaf(leaf: Leaf) -> str:
    """A leaf as it is typed."""
    match leaf:
        case Word(text, in_title):
            return f"title:{text}" if in_title else text
        case Phrase(text, in_title):
            return f'title:"{text}"' if in_title else f'"{text}"'
        case Prefix(text, in_title):
            return f"title:{text}*" if in_title else f"{text}*"
        case Form(text, in_title):
            return f"title:~{text}" if in_title else f"~{text}"
        case CountryIs(code):
            return f"country:{code}"
        case TopicIs(name):
            return f'topic:"{name}"'
        case SourceIs(text):
            return f'source:"{text}"'
        case LanguageIs(code):
            return f"lang:{code}"


# --------------------------------------------------------------------------- in words


def describe(query: Query, country_name: Callable[[str], str], *, regions: Regions | None = None) -> str:
    """What was understood, in plain English, beginning with "posts".

    `country_name` gives the name of a code. Where the countries are exactly those of a region in `regions`
    (as in `Vocabulary.regions`), its name is said instead of all of theirs.
    """
    say = _Words(query.scope, country_name)
    text = "posts"
    if query.countries:
        text += f" {_ABOUT[query.scope]} {say.countries(query.countries, regions or {})}"
    if query.topics:
        text += f" on the topic {joined([f'“{name}”' for name in sorted(query.topics)], 'or')}"
    if query.words is not None:
        text += f" that {say.that(query.words)}"
    if query.excluded:
        text += ("," if text != "posts" else "") + f" but {say.but(query.excluded)}"
    return text


_ABOUT = {Scope.ABOUT: "about", Scope.MAIN: "mainly about", Scope.ANY: "that mention"}
_ARE_ABOUT = {Scope.ABOUT: "are about", Scope.MAIN: "are mainly about", Scope.ANY: "mention"}


_THE = frozenset(
    {
        "Bahamas",
        "Baltic states",
        "Balkans",
        "CIS",
        "Caribbean",
        "Comoros",
        "Gambia",
        "Horn of Africa",
        "Isle of Man",
    }
    | {
        "Maldives",
        "Middle East",
        "Netherlands",
        "Philippines",
        "Seychelles",
        "Sahel",
        "South Caucasus",
        "Vatican",
    }
    | {
        "Visegrad Four",
        "Western Balkans",
        "European Union",
        "Council of Europe",
        "Eastern Partnership",
        "Gulf states",
    }
    | {"Middle East and North Africa", "Caribbean Netherlands"}
)
_THE_KINDS = re.compile(
    r"(?:United|Democratic Republic|Republic|Central African) |.* (?:Islands?|Republic|Territory|region|states|countries)$"
)


def with_article(name: str) -> str:
    """A country's or region's name within an English sentence: the United States, Kazakhstan."""
    takes = name in _THE or _THE_KINDS.match(name)
    return f"the {name}" if takes else name


class _Words:
    """Says parts of a query."""

    def __init__(self, scope: Scope, country_name: Callable[[str], str]) -> None:
        self.scope = scope
        self.country_name = country_name

    def countries(self, codes: frozenset[str], regions: Regions) -> str:
        region = next((shown for shown, members in regions.values() if members == codes), None)
        return with_article(region) if region else joined(self.names(codes), "or")

    def names(self, codes: Iterable[str]) -> list[str]:
        return [with_article(name) for name in sorted(map(self.country_name, codes))]

    def that(self, expr: Expr) -> str:
        """After "posts that"."""
        match expr:
            case And() | Or() if _is_text(expr):
                return f"contain {_terms(expr, nested=False)}"
            case And(parts):
                return joined(self._grouped(parts, And), "and")
            case Or(parts):
                return joined(self._grouped(parts, Or), "or")
            case Not(part):
                return f"are not posts that {self.that(part)}"
            case CountryIs(code):
                return f"{_ARE_ABOUT[self.scope]} {with_article(self.country_name(code))}"
            case TopicIs(name):
                return f"are on the topic “{name}”"
            case SourceIs(text):
                return f"come from “{text}”"
            case LanguageIs(code):
                return f"are in {tongues.shown(code)}"
            case _:
                return f"contain {term(expr)}"

    def _grouped(self, parts: tuple[Expr, ...], kind: type[And | Or]) -> list[str]:
        """Texts together, countries and other things each for itself."""
        texts = tuple(part for part in parts if _is_text(part))
        said = [f"contain {_terms(kind(texts), nested=False)}"] if texts else []
        said += [self._nested(part) for part in parts if not _is_text(part)]
        return said

    def _nested(self, expr: Expr) -> str:
        return f"({self.that(expr)})" if isinstance(expr, And | Or) else self.that(expr)

    def but(self, excluded: tuple[Expr, ...]) -> str:
        if all(_is_text(part) for part in excluded):
            return f"not {joined([_terms(part, nested=len(excluded) > 1) for part in excluded], 'or')}"
        about = _Words(Scope.ABOUT, self.country_name)  # exclusions always look at what a post is about
        return f"none that {joined([about._nested(part) for part in excluded], 'or')}"


def _is_text(expr: Expr) -> bool:
    """Whether it is only words, none of them negated."""
    if isinstance(expr, And | Or):
        return all(_is_text(part) for part in expr.parts)
    return asks(expr) and all(isinstance(leaf, Word | Phrase | Prefix | Form) for leaf in leaves(expr))


def _terms(expr: Expr, *, nested: bool) -> str:
    match expr:
        case And(parts) | Or(parts):
            several = len(parts) > 1
            word = "and" if isinstance(expr, And) else "or"
            said = joined([_terms(part, nested=several) for part in parts], word)
            return f"({said})" if nested and several else said
        case _:
            assert isinstance(expr, Word | Phrase | Prefix | Form)  # `_is_text` has looked
            return term(expr)


def term(leaf: TextLeaf) -> str:
    """One thing that a text may hold, in words."""
    match leaf:
        case Word(text, in_title) | Phrase(text, in_title):
            said = f"“{text}”"
        case Prefix(text, in_title):
            said = f"words beginning with “{text}”"
        case Form(text, in_title):
            said = f"any form of “{text}”"
    return f"{said} in the title" if in_title else said


def joined(parts: list[str], word: str) -> str:
    """`a, b or c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"
