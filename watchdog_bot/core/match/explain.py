"""Why a post matches a query, or the first reason why it does not, in words.

It asks the same functions as the index, so that the two always agree. Reasons are looked for in the order in
which a reader thinks: the countries, the topics, the words, and last what is excluded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from watchdog_bot.core.match import tongues
from watchdog_bot.core.match.evidence import Witness
from watchdog_bot.core.match.program import answered, compiled, compiled_part, held, keys_of, topic_key
from watchdog_bot.core.match.query_print import joined, term, with_article
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
    TopicIs,
    Word,
)
from watchdog_bot.core.match.reading import read
from watchdog_bot.core.match.terms import Terms
from watchdog_bot.core.model import Evidence, PostText, Topic


@dataclass(frozen=True, slots=True)
class Explanation:
    """`evidence`: why it matched, empty where it did not. `reason`: one sentence without a full stop."""

    matched: bool
    evidence: tuple[Evidence, ...]
    reason: str


def explain(
    query: Query, post: PostText, topics: Iterable[Topic], *, country_name: Callable[[str], str] = str
) -> Explanation:
    """Match one query against one post and say why or why not.

    `country_name` gives the name of an ISO 3166 alpha-2 code; without it codes are said.
    """
    program = compiled(query)
    if program is None:
        return Explanation(matched=False, evidence=(), reason="this subscription asks for nothing")
    terms = Terms()
    terms.set_topics(topics)
    for key in keys_of(program):
        terms.use(key)
    reading = read(post)
    found = terms.found(post, reading)
    case = _Case(query, post, terms, found, Witness(post, reading, terms, found), country_name)
    if not held(program, found):
        return Explanation(matched=False, evidence=(), reason=case.why_not())
    evidence = case.witness.of_all(answered(program, found))
    return Explanation(matched=True, evidence=evidence, reason=case.said(evidence))


_PLACES = {
    "title": "in the title",
    "summary": "in the summary",
    "text": "in the text",
    "tags": "among its tags",
}
_NOT = {Scope.ABOUT: "not about", Scope.MAIN: "not mainly about", Scope.ANY: "no mention of"}
_IS = {Scope.ABOUT: "it is about", Scope.MAIN: "it is mainly about", Scope.ANY: "it mentions"}
_SHOWN = 5  # countries or words named in one reason


@dataclass(frozen=True, slots=True)
class _Case:
    """One query and one post, with all that is known of the two."""

    query: Query
    post: PostText
    terms: Terms
    found: set[str]
    witness: Witness
    country_name: Callable[[str], str]

    def why_not(self) -> str:
        """The first reason; the query does not hold."""
        query = self.query
        if query.countries and not any(self.holds(CountryIs(code)) for code in query.countries):
            return self.other_country(tuple(sorted(query.countries)))
        if query.topics and not any(self.holds(TopicIs(name)) for name in query.topics):
            return joined([self.leaf(TopicIs(name)) for name in sorted(query.topics)], "and")
        if query.words is not None and not self.holds(query.words):
            return self.unmet(query.words)
        return next(self.excluded(part) for part in query.excluded if self.holds(part, Scope.ABOUT))

    def holds(self, expr: Expr, scope: Scope | None = None) -> bool:
        return held(compiled_part(expr, scope or self.query.scope), self.found)

    def unmet(self, expr: Expr) -> str:
        """Why an expression does not hold."""
        match expr:
            case And(parts):
                return next(self.unmet(part) for part in parts if not self.holds(part))
            case Or(parts) if all(isinstance(part, _TEXT) for part in parts):
                terms = [term(part) for part in parts if isinstance(part, _TEXT)]
                more = f" and {len(terms) - _SHOWN} more" if len(terms) > _SHOWN else ""
                return f"none of the words {', '.join(terms[:_SHOWN])}{more} stands in it"
            case Or(parts):
                return "; ".join(self.unmet(part) for part in parts)
            case Not(part):
                return self.excluded(part)
            case _:
                return self.leaf(expr)

    def leaf(self, leaf: Leaf) -> str:
        match leaf:
            case CountryIs(code):
                return self.other_country((code,))
            case TopicIs(name) if self.terms.topic(topic_key(name)) is None:
                return f"there is no topic “{name}” any more"
            case TopicIs(name):
                return f"none of the words of the topic “{name}” stands in it"
            case SourceIs(text):
                return f"it does not come from “{text}”"
            case LanguageIs(code):
                return f"it is not in {tongues.shown(code)}"
            case Phrase(text, in_title):
                return f"the phrase “{text}” does not stand in {_whole(in_title)}"
            case Word(text, in_title):
                return f"the word “{text}” does not stand in {_whole(in_title)}"
            case Prefix(text, in_title):
                return f"no word beginning with “{text}” stands in {_whole(in_title)}"
            case Form(text, in_title):
                return f"no form of “{text}” stands in {_whole(in_title)}"

    def other_country(self, wanted: tuple[str, ...]) -> str:
        scope = self.query.scope
        names = joined([with_article(self.country_name(code)) for code in wanted], "or")
        if len(wanted) > _SHOWN:
            names = f"any of the {len(wanted)} countries"
        about, mentions = self.post.countries.about, self.post.countries.mentions
        read = {Scope.MAIN: about[:1], Scope.ABOUT: about, Scope.ANY: (*about, *mentions)}[scope]
        codes = list(dict.fromkeys(each.code for each in read))[:_SHOWN]
        seen = joined([with_article(self.country_name(code)) for code in codes], "and")
        return (
            f"{_NOT[scope]} {names} ({f'{_IS[scope]} {seen}' if seen else 'no country was recognised in it'})"
        )

    def excluded(self, expr: Expr) -> str:
        """That an expression holds that must not."""
        evidence = self.witness.of_all(answered(compiled_part(expr, Scope.ABOUT), self.found))
        return f"excluded: {self.said(evidence)}" if evidence else "excluded by what it does not hold"

    def said(self, evidence: tuple[Evidence, ...]) -> str:
        """Evidence as a sentence."""
        return joined([self.piece(each) for each in evidence[:_SHOWN]], "and")

    def piece(self, evidence: Evidence) -> str:
        match evidence.kind:
            case "country":
                return f"it is about {with_article(self.country_name(evidence.wanted))}"
            case "source":
                return f"it comes from “{evidence.found}”"
            case "language":
                return f"it is in {tongues.shown(evidence.wanted)}"
            case "topic":
                where = _PLACES.get(evidence.where, "in it")
                return f"“{evidence.found}” of the topic “{evidence.wanted}” stands {where}"
            case _:
                return f"“{evidence.found}” stands {_PLACES.get(evidence.where, 'in it')}"


def _whole(in_title: bool) -> str:
    return "the title" if in_title else "it"


_TEXT = (Word, Phrase, Prefix, Form)
