"""Parts of the outermost AND → clauses of a query, in the one form that `show` prints and `parse` gives back.

1. Names standing free are the clauses: any of the countries, any of the topics.
2. A part that is nothing but countries (or topics) is the clause where there is no other.
3. Exclusions are a clause of their own, OR taken apart.
4. A capitalised word of 3 or 4 letters beside a longer one is part of a name.
5. Words that came together by taking parentheses away must not read as a name: they are quoted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match import names
from watchdog_bot.core.match.query_sense import Place, nowhere, refuse_impossible
from watchdog_bot.core.match.query_tree import (
    And,
    CountryIs,
    Expr,
    Leaf,
    Not,
    Or,
    Phrase,
    Query,
    Scope,
    TopicIs,
    Vocabulary,
    Word,
    all_of,
    leaves,
)
from watchdog_bot.core.match.query_vocabulary import named


@dataclass(frozen=True, slots=True)
class Part:
    """An expression, and whether it is a name standing free: neither in OR nor in parentheses."""

    expr: Expr
    free_name: bool = False


def asks(expr: Expr) -> bool:
    """Whether a post must hold something for the expression to hold: exclusions ask for nothing."""
    match expr:
        case And(parts):
            return any(asks(part) for part in parts)
        case Or(parts):
            return all(asks(part) for part in parts)
        case Not():
            return False
        case _:
            return True


def settled(
    parts: list[Part],
    *,
    scope: Scope | None,
    vocabulary: Vocabulary | None,
    place: Place = nowhere,
    only_exclusions: bool = False,
) -> Query:
    """The query of these parts. Raises QueryError where it would match everything, or nothing at all.

    `place`: where a leaf was typed. `only_exclusions`: they are accepted (they will join another query).
    """
    free = [leaf for part in parts if part.free_name for leaf in leaves(part.expr)]
    rest = _flat([part.expr for part in parts if not part.free_name])
    wanted: list[Expr] = [part for part in rest if not isinstance(part, Not)]
    countries = _taken(CountryIs, free, wanted)
    topics = _taken(TopicIs, free, wanted)
    excluded = tuple(dict.fromkeys(_tidy(part.part, vocabulary) for part in rest if isinstance(part, Not)))
    query = Query(
        countries=frozenset(leaf.code for leaf in countries if isinstance(leaf, CountryIs)),
        topics=frozenset(leaf.name for leaf in topics if isinstance(leaf, TopicIs)),
        words=_tidy(all_of(tuple(wanted)), vocabulary) if wanted else None,
        excluded=excluded,
        scope=scope or Scope.ABOUT,
    )
    _check(query, scope=scope, only_exclusions=only_exclusions)
    refuse_impossible(query, place)
    return query


def _flat(parts: list[Expr]) -> list[Expr]:
    return [each for part in parts for each in (part.parts if isinstance(part, And) else (part,))]


def _taken(kind: type[CountryIs | TopicIs], free: list[Leaf], wanted: list[Expr]) -> list[Leaf]:
    """Rules 1 and 2. A part that becomes the clause is taken out of `wanted`."""
    clause: list[Leaf] = [leaf for leaf in free if isinstance(leaf, kind)]
    if clause:
        return clause
    alone = [
        part for part in wanted if all(isinstance(leaf, kind) for leaf in leaves(part)) and _is_flat(part)
    ]
    if len(set(alone)) != 1:
        return []
    wanted[:] = [part for part in wanted if part != alone[0]]
    return list(leaves(alone[0]))


def _is_flat(part: Expr) -> bool:
    return not isinstance(part, Or) or not any(isinstance(each, And | Or | Not) for each in part.parts)


def _tidy(expr: Expr, vocabulary: Vocabulary | None) -> Expr:
    """Rules 4 and 5."""
    match expr:
        case And(parts):
            tidy = tuple(_tidy(part, vocabulary) for part in parts)
            return And(_quoted(_named_together(tidy), vocabulary))
        case Or(parts):
            return Or(tuple(_tidy(part, vocabulary) for part in parts))
        case Not(part):
            return Not(_tidy(part, vocabulary))
        case _:
            return expr


def _named_together(parts: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Rule 4: `Azat` beside `Miftakhov`."""
    long = [isinstance(part, Word) and names.is_name(part.text) for part in parts]

    def beside(at: int) -> bool:
        return any(0 <= near < len(parts) and long[near] for near in (at - 1, at + 1))

    return tuple(
        replace(part, is_name=True)
        if isinstance(part, Word) and names.is_short_name(part.text) and beside(at)
        else part
        for at, part in enumerate(parts)
    )


def _quoted(parts: tuple[Expr, ...], vocabulary: Vocabulary | None) -> tuple[Expr, ...]:
    """Rule 5: `hong (kong)` asks for two words, and its canonical text must not ask for Hong Kong."""
    if vocabulary is None:
        return parts
    found = list(parts)
    for start in range(len(parts)):
        run: list[Word] = []
        for part in found[start:]:
            if not isinstance(part, Word) or part.in_title:
                break
            run.append(part)
            if named(" ".join(word.text for word in run), vocabulary) is not None:
                found[start] = Phrase(run[0].text, is_name=names.phrase_is_name(run[0].text))
                break
    return tuple(found)


def _check(query: Query, *, scope: Scope | None, only_exclusions: bool) -> None:
    bare = not query.countries and not query.topics and query.words is None
    if bare and not query.excluded:
        raise QueryError("this asks for nothing: add a country or a word", mend="country:KZ")
    if bare and not only_exclusions:
        raise QueryError(
            "with only exclusions every other post would match: say what it should be about",
            mend="add a country, a topic or a word",
        )
    about = query.countries or any(isinstance(leaf, CountryIs) for leaf in leaves(query.words or And(())))
    if scope is not None and not about:
        raise QueryError(
            f"scope:{scope} says how a country is meant, and none is named", mend=f"country:KZ scope:{scope}"
        )
