"""The tree of a query: what a person asked for, as values. It neither reads nor prints nor matches.

Leaves hold words as they were typed, because capitals mean something (`core.match.names`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Scope(StrEnum):
    """How strictly a post must concern a country."""

    ABOUT = "about"  # the post is about it, among others
    MAIN = "main"  # it is the country the post is about first of all
    ANY = "any"  # the post mentions it


@dataclass(frozen=True, slots=True)
class Word:
    """One word in this form, wherever it stands, or in the title only.

    `is_name`: other spellings and the other script count as well (see `core.match.names`).
    """

    text: str
    in_title: bool = False
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words next to each other, each in this form; one that ends in `*` stands for its beginnings."""

    text: str
    in_title: bool = False
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Prefix:
    """Any word that begins so; `text` without the `*`."""

    text: str
    in_title: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A word in any of its grammatical forms."""

    text: str
    in_title: bool = False


@dataclass(frozen=True, slots=True)
class CountryIs:
    """`code`: ISO 3166 alpha-2, upper case."""

    code: str


@dataclass(frozen=True, slots=True)
class TopicIs:
    """`name` as shown."""

    name: str


@dataclass(frozen=True, slots=True)
class SourceIs:
    """The feed's name has these words next to each other."""

    text: str


@dataclass(frozen=True, slots=True)
class LanguageIs:
    """`code`: the primary subtag of a language, lower case (BCP 47)."""

    code: str


TextLeaf = Word | Phrase | Prefix | Form
Leaf = TextLeaf | CountryIs | TopicIs | SourceIs | LanguageIs


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more parts."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Expr


Expr = Leaf | And | Or | Not


@dataclass(frozen=True, slots=True)
class Query:
    """What one subscription asks for: every clause that is not empty must hold.

    `countries`: any of them (ISO 3166 alpha-2). `topics`: any of them, by shown name. `words`: an expression.
    `excluded`: none of them may hold; an exclusion always wins. `scope`: how the countries are meant.
    """

    countries: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    words: Expr | None = None
    excluded: tuple[Expr, ...] = ()
    scope: Scope = Scope.ABOUT


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Names that a query may use bare. Keys are folded (`core.text.fold`).

    `names`: name → ISO 3166 alpha-2 code. `regions`: name → (shown name, codes). `topics`: name → shown name.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    regions: Mapping[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)


def all_of(parts: tuple[Expr, ...]) -> Expr:
    """The parts as one expression, flat and without repeats; `parts` is not empty."""
    flat = tuple(
        dict.fromkeys(each for part in parts for each in (part.parts if isinstance(part, And) else (part,)))
    )
    return flat[0] if len(flat) == 1 else And(flat)


def any_of(parts: tuple[Expr, ...]) -> Expr:
    """The same with OR. Countries stand together, by code, where the first of them stood."""
    flat = tuple(
        dict.fromkeys(each for part in parts for each in (part.parts if isinstance(part, Or) else (part,)))
    )
    countries = sorted({part.code for part in flat if isinstance(part, CountryIs)})
    if countries:
        first = next(at for at, part in enumerate(flat) if isinstance(part, CountryIs))
        others = tuple(part for part in flat[first:] if not isinstance(part, CountryIs))
        flat = (*flat[:first], *map(CountryIs, countries), *others)
    return flat[0] if len(flat) == 1 else Or(flat)


def negated(expr: Expr) -> Expr:
    """Not the expression; OR is taken apart, so that every exclusion stands for itself."""
    match expr:
        case Not(part):
            return part
        case Or(parts):
            return all_of(tuple(negated(part) for part in parts))
        case _:
            return Not(expr)


def leaves(expr: Expr) -> tuple[Leaf, ...]:
    """Every leaf, in the order typed."""
    match expr:
        case And(parts) | Or(parts):
            return tuple(leaf for part in parts for leaf in leaves(part))
        case Not(part):
            return leaves(part)
        case _:
            return (expr,)
