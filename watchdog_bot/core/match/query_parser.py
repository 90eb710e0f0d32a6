"""Lexemes → tree. Precedence as in search boxes, from tight to loose: minus, OR, space.

    all    := any { [AND] any }
    any    := one { OR one }
    one    := "-" one | "(" all ")" | "title:" one | item
    item   := word | "phrase" | prefix* | ~word | country: | topic: | source: | lang: | scope: | a name

So `Russia (verdict OR detained) -sport` and `Russia verdict OR detained -sport` are one and the same.

1. Words that together name a country, a region or a topic are understood as it; the longest name wins. Two
   letters are a country only in capitals.
2. Such names standing free (not in OR, not in parentheses) are the clauses of the query: any of its
   countries, any of its topics. Elsewhere they are parts of the expression.
3. A capitalised word of five letters or more is a name; shorter ones are where they stand beside such a one.
4. What would match every post is refused: only exclusions, an exclusion as one side of OR, words that stand in
   every text; and so is what can match none (`query_sense`).
5. At most `LIMIT` characters of words (operators, quotes and field names do not count, so that what was
   accepted once can always be read again), and `DEPTH` levels of parentheses.
"""

from __future__ import annotations

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match.query_clauses import Part, asks, settled
from watchdog_bot.core.match.query_leaves import EXAMPLES, in_title, small, text_leaf
from watchdog_bot.core.match.query_lexer import Kind, Lexeme, lexemes, small_operator
from watchdog_bot.core.match.query_sense import refuse_common
from watchdog_bot.core.match.query_tree import (
    Expr,
    Leaf,
    Not,
    Query,
    Scope,
    SourceIs,
    TextLeaf,
    TopicIs,
    Vocabulary,
    all_of,
    any_of,
    negated,
)
from watchdog_bot.core.match.query_vocabulary import (
    any_country,
    codes_of,
    country_codes,
    language_of,
    named,
    topic_of,
    unknown_topic,
)
from watchdog_bot.core.text import fold

LIMIT = 500  # characters of words
RAW_LIMIT = 4096  # characters of anything: a Telegram message
DEPTH = 20
NAME_WORDS = 8  # the longest name of a country or topic looked for


def parse(text: str, vocabulary: Vocabulary) -> Query:
    """Understand a typed query. Raises QueryError with the place and the mend, and nothing else."""
    parser = _Parser(text, lexemes(_bounded(text)), vocabulary)
    parts = parser.whole()
    query = settled(parts, scope=parser.scope, vocabulary=vocabulary, place=parser.place)
    refuse_common(query, parser.place)
    return query


def restore(text: str) -> Query:
    """Read a stored query, as `show` wrote it, whatever countries and topics are known by now.

    Names are taken by their fields only, so that a topic that is made later changes no stored query, and
    one that is removed leaves it readable. Raises QueryError where the text is no query.
    """
    parser = _Parser(text, lexemes(_bounded(text)), None)
    parts = parser.whole()
    return settled(parts, scope=parser.scope, vocabulary=None)


def parse_keywords(text: str, vocabulary: Vocabulary) -> Query:
    """Understand `torture, "press freedom", -football`: any of the items, none of the excluded ones.

    Each item between commas or new lines is a query of its own. Exclusions alone are accepted here, for they
    join what is followed already. Raises QueryError.
    """
    parser = _Parser(text, lexemes(_bounded(text), commas=True), vocabulary)
    groups = [(group, group.whole()) for group in parser.groups()]
    excluded = [part for _, parts in groups for part in parts if isinstance(part.expr, Not)]
    positive = [
        kept for _, parts in groups if (kept := [part for part in parts if not isinstance(part.expr, Not)])
    ]
    scopes = {group.scope for group, _ in groups} - {None}
    if len(scopes) > 1:
        raise QueryError("two different scopes in one query")
    parts = positive[0] if len(positive) == 1 else []
    if len(positive) > 1:
        parts = [Part(any_of(tuple(all_of(tuple(part.expr for part in kept)) for kept in positive)))]
    scope = scopes.pop() if scopes else None
    query = settled(
        [*parts, *excluded], scope=scope, vocabulary=vocabulary, place=parser.place, only_exclusions=True
    )
    refuse_common(query, parser.place)
    return query


def _bounded(text: str) -> str:
    if len(text) > RAW_LIMIT:
        raise QueryError(f"this is too long: {len(text)} characters, {LIMIT} is the most", position=LIMIT)
    return text


class _Parser:
    """Walks over the lexemes once. `vocabulary` None: names are taken by their fields only."""

    def __init__(self, text: str, found: tuple[Lexeme, ...], vocabulary: Vocabulary | None) -> None:
        self.text = text
        self.lexemes = found
        self.vocabulary = vocabulary
        self.at = 0
        self.depth = 0
        self.size = 0
        self.scope: Scope | None = None

    def place(self, leaf: Leaf, *, excluded: bool = False) -> int:
        """Where a leaf was typed, in characters; the beginning where that cannot be told."""
        wanted = leaf.text if isinstance(leaf, TextLeaf) else None
        minus = False
        for lexeme in self.lexemes:
            if lexeme.kind is Kind.NOT:
                minus = True
                continue
            if excluded and minus and wanted in {None, lexeme.text}:
                return lexeme.start
            if not excluded and wanted == lexeme.text:
                return lexeme.start
            minus = minus and lexeme.kind in {Kind.OPEN, Kind.FIELD}
        return 0

    # ------------------------------------------------------------------ all, any, one

    def groups(self) -> list[_Parser]:
        """One parser for each stretch between commas; commas in parentheses are refused later."""
        stretches: list[list[Lexeme]] = [[]]
        depth = 0
        for lexeme in self.lexemes:
            depth += {Kind.OPEN: 1, Kind.CLOSE: -1}.get(lexeme.kind, 0)
            if lexeme.kind is Kind.COMMA and depth <= 0:
                stretches.append([])
            else:
                stretches[-1].append(lexeme)
        found = [tuple(stretch) for stretch in stretches if stretch]
        if not found:
            raise QueryError("there is no word in it", mend='torture, "press freedom", -football')
        for stretch in found:
            self._measure(stretch)
        return [_Parser(self.text, stretch, self.vocabulary) for stretch in found]

    def whole(self) -> list[Part]:
        """The parts of the outermost AND."""
        self._measure(self.lexemes)
        if not self.lexemes:
            raise QueryError("there is no word in it", mend='torture OR "press freedom" -football')
        parts = self.all()
        if lexeme := self.peek():
            raise QueryError("this closing parenthesis has no partner", position=lexeme.start)
        return parts

    def _measure(self, found: tuple[Lexeme, ...]) -> None:
        """Rule 5."""
        for lexeme in found:
            if lexeme.kind in {Kind.WORD, Kind.PREFIX, Kind.FORM, Kind.QUOTED}:
                self.size += 1 + (2 if "," in lexeme.text else len(lexeme.text))
            if self.size > LIMIT + 1:
                raise QueryError(
                    f"this is too long: {LIMIT} characters of words are the most",
                    position=lexeme.start,
                    mend="make two subscriptions of it",
                )

    def peek(self) -> Lexeme | None:
        return self.lexemes[self.at] if self.at < len(self.lexemes) else None

    def all(self) -> list[Part]:
        parts: list[Part] = []
        while (lexeme := self.peek()) and lexeme.kind is not Kind.CLOSE:
            if lexeme.kind is Kind.AND:
                self._operator(lexeme, first=not parts)
            else:
                parts += self.any()
        return parts

    def _operator(self, lexeme: Lexeme, *, first: bool) -> None:
        """Step over an operator between two operands, or raise QueryError."""
        self.at += 1
        following = self.peek()
        lost = following is None or following.kind in {Kind.CLOSE, Kind.OR, Kind.AND, Kind.COMMA}
        if first or lost:
            side = "before" if first else "after"
            raise QueryError(
                f"there is nothing {side} this {lexeme.text}",
                position=lexeme.start,
                mend=self._closed(self._without(lexeme)),
            )

    def _without(self, lexeme: Lexeme) -> str:
        return " ".join((self.text[: lexeme.start] + self.text[lexeme.end :]).split())

    def _closed(self, text: str) -> str:
        """With as many parentheses closed as were opened."""
        kinds = [each.kind for each in self.lexemes]
        return text + ")" * (kinds.count(Kind.OPEN) - kinds.count(Kind.CLOSE))

    def any(self) -> list[Part]:
        first = self.peek()
        assert first is not None
        if first.kind is Kind.OR:
            self._operator(first, first=True)
        branches = [self.one()]
        while (lexeme := self.peek()) and lexeme.kind is Kind.OR:
            self._operator(lexeme, first=False)
            branches.append(self.one())
        given = [part for part in branches if part]
        if len(branches) == 1 or not given:
            return given
        if not all(asks(part.expr) for part in given):
            raise QueryError(
                "an exclusion as one side of OR would match nearly every post",
                position=first.start,
                mend="put the exclusion outside: (a OR b) -c",
            )
        return [Part(any_of(tuple(part.expr for part in given)))]

    def one(self) -> Part | None:
        """None: it was a setting, not an expression."""
        lexeme = self.peek()
        assert lexeme is not None
        match lexeme.kind:
            case Kind.NOT:
                return self._negation(lexeme)
            case Kind.OPEN:
                return Part(self._group(lexeme))
            case Kind.FIELD:
                return self._field(lexeme)
            case Kind.COMMA:
                raise QueryError(
                    "a comma has no meaning inside parentheses: write OR", position=lexeme.start, mend="OR"
                )
            case _:
                return self._item(lexeme)

    def _deeper(self, lexeme: Lexeme) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise QueryError(f"more than {DEPTH} levels of parentheses", position=lexeme.start)

    def _negation(self, lexeme: Lexeme) -> Part:
        self._deeper(lexeme)
        self.at += 1
        if (following := self.peek()) is None or following.kind in {
            Kind.CLOSE,
            Kind.OR,
            Kind.AND,
            Kind.COMMA,
        }:
            raise QueryError(
                "this minus stands alone: it goes right before what is excluded", position=lexeme.start
            )
        inner = self.one()
        self.depth -= 1
        assert inner is not None  # only scope: is none, and that is refused at any depth
        return Part(negated(inner.expr))

    def _group(self, lexeme: Lexeme) -> Expr:
        self._deeper(lexeme)
        self.at += 1
        parts = self.all()
        self.depth -= 1
        closing = self.peek()
        if closing is None:
            raise QueryError(
                "this parenthesis is never closed",
                position=lexeme.start,
                mend=self._closed(self.text.strip()) if parts else "",
            )
        self.at += 1
        if not parts:
            raise QueryError("there is nothing between these parentheses", position=lexeme.start)
        return all_of(tuple(part.expr for part in parts))

    # ------------------------------------------------------------------ items

    def _item(self, lexeme: Lexeme) -> Part:
        named = self._name(lexeme)
        if named:
            return named
        self.at += 1
        if (meant := small_operator(lexeme)) is not None and self.vocabulary is not None:
            raise small(self.text, lexeme, meant)
        return Part(text_leaf(lexeme))

    def _name(self, lexeme: Lexeme) -> Part | None:
        """Rule 1: the longest run of bare words from here that names something."""
        if self.vocabulary is None or lexeme.kind is not Kind.WORD:
            return None
        run = self._bare_run()
        for length in range(len(run), 0, -1):
            expr = named(" ".join(each.text for each in run[:length]), self.vocabulary)
            if expr is not None:
                self.at += length
                return Part(expr, free_name=True)
        return None

    def _bare_run(self) -> list[Lexeme]:
        run: list[Lexeme] = []
        for lexeme in self.lexemes[self.at : self.at + NAME_WORDS]:
            if lexeme.kind is not Kind.WORD:
                break
            run.append(lexeme)
        return run

    def _field(self, lexeme: Lexeme) -> Part | None:
        self.at += 1
        value = self.peek()
        if value is None or value.kind in {Kind.CLOSE, Kind.OR, Kind.AND, Kind.COMMA, Kind.FIELD}:
            raise QueryError(f"{lexeme.text}: of what?", position=lexeme.start, mend=EXAMPLES[lexeme.text])
        if lexeme.text == "title":
            return self._title(lexeme)
        if value.kind not in {Kind.WORD, Kind.QUOTED}:
            raise QueryError(f"{lexeme.text}: takes a name", position=value.start, mend=EXAMPLES[lexeme.text])
        match lexeme.text:
            case "country":
                return self._country(value)
            case "topic":
                return self._topic(value)
            case "source":
                self.at += 1
                return Part(SourceIs(value.text))
            case "lang":
                self.at += 1
                return Part(language_of(value.text, value.start, known_only=self.vocabulary is not None))
            case _:
                self.at += 1
                self._set_scope(value)
                return None

    def _title(self, lexeme: Lexeme) -> Part:
        value = self.peek()
        assert value is not None
        if value.kind is Kind.OPEN:
            inner = self._group(value)
        elif value.kind is Kind.NOT:
            raise QueryError("the minus goes before title:", position=value.start, mend="-title:word")
        else:
            self.at += 1
            inner = text_leaf(value)
        return Part(in_title(inner, lexeme))

    def _country(self, value: Lexeme) -> Part:
        """A list of codes, or a name that may go on over several bare words."""
        if "," in value.text:
            self.at += 1
            listed = [each for each in value.text.split(",") if each]
            codes = frozenset(
                code for name in listed for code in country_codes(name, self.vocabulary, value.start)
            )
            return Part(any_country(codes), free_name=True)
        run = self._bare_run() if value.kind is Kind.WORD and not value.text.isupper() else []
        for length in range(len(run), 1, -1):
            codes = codes_of(" ".join(each.text for each in run[:length]), self.vocabulary)
            if codes:
                self.at += length
                return Part(any_country(codes), free_name=True)
        self.at += 1
        return Part(any_country(country_codes(value.text, self.vocabulary, value.start)), free_name=True)

    def _topic(self, value: Lexeme) -> Part:
        if self.vocabulary is None:  # as stored, to the letter
            self.at += 1
            quoted = value.kind is Kind.QUOTED
            return Part(
                TopicIs(self.text[value.start + 1 : value.end - 1] if quoted else value.text), free_name=True
            )
        run = self._bare_run() if value.kind is Kind.WORD else [value]
        for length in range(len(run), 0, -1):
            name = topic_of(" ".join(each.text for each in run[:length]), self.vocabulary)
            if name is not None:
                self.at += length
                return Part(TopicIs(name), free_name=True)
        raise unknown_topic(value.text, self.vocabulary, value.start)

    def _set_scope(self, value: Lexeme) -> None:
        wanted = fold(value.text)
        if wanted not in set(Scope):
            raise QueryError(f"scope: is one of {', '.join(Scope)}", position=value.start, mend="scope:main")
        if self.scope not in {None, Scope(wanted)}:
            raise QueryError("two different scopes in one query", position=value.start)
        if self.depth:
            raise QueryError(
                "scope: is a setting of the whole query: it stands outside", position=value.start
            )
        self.scope = Scope(wanted)
