"""Typed text → lexemes. It knows marks, not names; every fault of spelling is told where it stands.

1. Quotes of any kind count; «…» pair with each other, all others among themselves.
2. A minus of any length before something excludes; inside a word it is a hyphen.
3. `field:` is one of `FIELDS`; any other is refused, so that nothing typed is silently taken for a word.
4. `~` stands before one word, `*` after at least `PREFIX_MIN` letters.
5. OR, AND, NOT count in capitals; small "or" and "and" are refused, because a search for them finds nothing
   that anybody wants.
6. A comma after a word is refused: it means "or" to some and "and" to others.
7. What other search boxes know and this one does not (`query_foreign`) is refused rather than taken for words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match import query_foreign as foreign
from watchdog_bot.core.text import DASHES, Token, tokens

FIELDS = ("title", "country", "topic", "source", "lang", "scope")
PREFIX_MIN = 3  # letters
GUILLEMETS = {"«": "»", "»": "«»", "‹": "›", "›": "‹›"}
DOUBLE_QUOTES = '"“”„‟❝❞＂〝〞'
QUOTES = DOUBLE_QUOTES + "".join(GUILLEMETS)

_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_APART = re.compile(rf"[\s\x00-\x1f\x7f-\x9f{QUOTES}]+")
_BARE = re.compile(rf"[^\s\x00-\x1f\x7f-\x9f()|{QUOTES}]+")
_FIELD = re.compile(r"([^\W\d_]+):")
_ADDRESS = re.compile(r"(?i)(?:https?|tg)://|www\.")
_SMALL_OPERATORS = {
    "or": "OR",
    "and": "",
    "или": "OR",
    "и": "",
    "або": "OR",
    "і": "",
    "not": "-",
    "не": "-",
}
_COMMAS = ",;،、"
LISTS = frozenset({"country"})  # fields that take several values with commas between


class Kind(StrEnum):
    """What a lexeme is."""

    OPEN = "("
    CLOSE = ")"
    OR = "OR"
    AND = "AND"
    NOT = "-"
    FIELD = "field"
    QUOTED = "quoted"
    WORD = "word"
    PREFIX = "prefix"
    FORM = "form"
    COMMA = ","


_OPERATORS = {"OR": Kind.OR, "AND": Kind.AND, "&": Kind.AND, "&&": Kind.AND, "NOT": Kind.NOT}


@dataclass(frozen=True, slots=True)
class Lexeme:
    """`text`: without marks. `start`, `end`: in characters of the typed text."""

    kind: Kind
    text: str
    start: int
    end: int


def lexemes(text: str, *, commas: bool = False) -> tuple[Lexeme, ...]:
    """Read typed text. Raises QueryError. `commas`: they part items, and so does a new line."""
    found: list[Lexeme] = []
    at = 0
    while at < len(text):
        space = _SPACE.match(text, at)
        if space and commas and "\n" in space.group():
            found.append(Lexeme(Kind.COMMA, ",", at, space.end()))
        elif not space:
            found.append(_next(text, at, after=found[-1] if found else None, commas=commas))
        at = space.end() if space else found[-1].end
    return tuple(found)


def _next(text: str, at: int, *, after: Lexeme | None, commas: bool) -> Lexeme:
    match text[at]:
        case "(":
            return Lexeme(Kind.OPEN, "(", at, at + 1)
        case ")":
            return Lexeme(Kind.CLOSE, ")", at, at + 1)
        case "|":
            return Lexeme(Kind.OR, "|", at, at + 2 if text.startswith("||", at) else at + 1)
        case char if char in QUOTES:
            return _quoted(text, at)
        case char if char in DASHES:
            return _minus(text, at)
        case char if commas and char in _COMMAS:
            return Lexeme(Kind.COMMA, ",", at, at + 1)
        case _:
            value_of = after.text if after and after.kind is Kind.FIELD and after.end == at else ""
            return _bare(text, at, value_of=value_of, commas=commas)


def _quoted(text: str, at: int) -> Lexeme:
    closing = GUILLEMETS.get(text[at], DOUBLE_QUOTES)
    end = next((here for here in range(at + 1, len(text)) if text[here] in closing), None)
    if end is None:
        words = " ".join(text[at + 1 :].split())
        raise QueryError(
            "this quotation mark has no partner", position=at, mend=f'"{words}"' if words else ""
        )
    inside = text[at + 1 : end]
    found = tokens(inside)
    if not found:
        raise QueryError("there is no word between these quotation marks", position=at)
    for star in re.finditer(r"\*", inside):
        _check_star(inside, star.start(), found, offset=at + 1)
    if "~" in inside:
        raise QueryError(
            "~ works on single words, not inside quotation marks",
            position=at + 1 + inside.index("~"),
            mend="~word",
        )
    return Lexeme(Kind.QUOTED, phrase_text(inside, found), at, end + 1)


def phrase_text(inside: str, found: tuple[Token, ...]) -> str:
    """The words as typed, from the first to the last, with single spaces and the stars behind them."""
    end = found[-1].end + (1 if inside.startswith("*", found[-1].end) else 0)
    return _APART.sub(" ", inside[found[0].start : end])


def _check_star(text: str, at: int, found: tuple[Token, ...], *, offset: int) -> None:
    """A star is well placed behind the last of at least `PREFIX_MIN` letters. Raises QueryError."""
    before = next((token for token in found if token.end == at), None)
    if before is None:
        near = next((token for token in found if token.start == at + 1 or token.end == at - 1), None)
        mend = f"{text[near.start : near.end]}*" if near and len(near.folded) >= PREFIX_MIN else ""
        raise QueryError("* stands only after the beginning of a word", position=offset + at, mend=mend)
    if any(token.start == at + 1 for token in found):
        raise QueryError(
            "* stands only at the end of a word",
            position=offset + at,
            mend=f"{text[before.start : before.end]}*" if len(before.folded) >= PREFIX_MIN else "",
        )
    if len(before.folded) < PREFIX_MIN:
        raise QueryError(
            f"“{text[before.start : before.end]}*” would find too much: at least {PREFIX_MIN} letters go before *",
            position=offset + before.start,
        )


def _minus(text: str, at: int) -> Lexeme:
    end = at + 1
    if end >= len(text) or _SPACE.match(text, end) or text[end] in DASHES or text[end] in ")|":
        following = _BARE.match(text, _skip(text, end))
        mend = f"-{following.group()}" if following else ""
        raise QueryError(
            "this minus stands alone: it goes right before what is excluded", position=at, mend=mend
        )
    return Lexeme(Kind.NOT, text[at], at, end)


def _skip(text: str, at: int) -> int:
    while at < len(text) and (_SPACE.match(text, at) or text[at] in DASHES):
        at += 1
    return at


def _bare(text: str, at: int, *, value_of: str, commas: bool) -> Lexeme:
    found = _BARE.match(text, at)
    assert found is not None  # the caller has seen all other characters
    raw = found.group()
    if value_of in LISTS and "," in raw.strip(","):
        listed = raw.rstrip(",") if commas else raw
        return Lexeme(Kind.WORD, listed.strip(","), at, at + len(listed))
    if commas:
        raw = re.split(f"[{_COMMAS}]", raw, maxsplit=1)[0]
    if field := _FIELD.match(raw):
        return _field(raw, field, at)
    if raw in _OPERATORS:
        return Lexeme(_OPERATORS[raw], raw, at, at + len(raw))
    return _word(text, raw, at)


def _field(raw: str, found: re.Match[str], at: int) -> Lexeme:
    name = found.group(1).lower()
    if _ADDRESS.match(raw):
        raise QueryError("addresses are not searched, only words", position=at)
    if name not in FIELDS:
        known = ", ".join(f"{field}:" for field in FIELDS)
        raise QueryError(
            f"“{found.group()}” is not one of {known}", position=at, mend=f'"{raw}"' if tokens(raw) else ""
        )
    return Lexeme(Kind.FIELD, name, at, at + found.end())


def _word(text: str, raw: str, at: int) -> Lexeme:
    """One bare word with the marks on it."""
    end = at + len(raw)
    foreign.check(text, raw, at)
    body = raw.lstrip("~")
    tilde = len(raw) - len(body)
    found = tokens(body)
    if ":" in raw and (not found or any(body[token.end : token.end + 1] == ":" for token in found[:-1])):
        raise QueryError(
            "a colon inside a word is not understood", position=at + raw.index(":"), mend=f'"{raw}"'
        )
    if tilde and not found:
        raise QueryError("~ goes right before a word", position=at, mend="~word")
    for star in re.finditer(r"\*", body):
        _check_star(body, star.start(), found, offset=at + tilde)
    if not found:
        raise QueryError(f"there is no word in “{raw}”", position=at)
    if body[-1] in _COMMAS:
        raise _comma(text, body, found, end - 1)
    starred = body.startswith("*", found[-1].end)
    bare = body[found[0].start : found[-1].end]
    if tilde:
        _check_form(body, found, starred=starred, at=at)
        return Lexeme(Kind.FORM, bare, at, end)
    if starred and len(found) > 1:
        return Lexeme(Kind.QUOTED, bare + "*", at, end)
    return Lexeme(Kind.PREFIX if starred else Kind.WORD, bare, at, end)


def _check_form(body: str, found: tuple[Token, ...], *, starred: bool, at: int) -> None:
    if starred:
        raise QueryError("a word takes ~ or *, not both", position=at, mend=body)
    if len(found) > 1:
        raise QueryError(
            "~ works on single words", position=at, mend=f"~{body[found[0].start : found[0].end]}"
        )


def _comma(text: str, body: str, found: tuple[Token, ...], at: int) -> QueryError:
    word = body[found[0].start : found[-1].end]
    following = _BARE.match(text, at + 2) if at + 2 < len(text) else None
    mend = f"{word} OR {following.group().rstrip(_COMMAS)}" if following else word
    return QueryError(
        "a comma has no meaning here: write OR for any of them, a space for all", position=at, mend=mend
    )


def small_operator(lexeme: Lexeme) -> str | None:
    """What a word in small letters was probably meant as: "OR", "-", "" (nothing), or None for any other word."""
    return _SMALL_OPERATORS.get(lexeme.text) if lexeme.kind is Kind.WORD else None
