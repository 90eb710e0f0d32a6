"""Looking names up: which countries, regions and topics a typed name means.

Names are compared word by word (`core.text.words`), so that hyphens, apostrophes and capitals do not matter.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match import tongues
from watchdog_bot.core.match.query_tree import CountryIs, Expr, LanguageIs, TopicIs, Vocabulary, any_of
from watchdog_bot.core.text import fold, words

_NEAR = 0.7  # difflib's ratio from which two names are alike
_NEAR_CODE = 0.5  # and two codes: one letter of two is the same


@dataclass(frozen=True, slots=True)
class _Tables:
    countries: Mapping[str, frozenset[str]]  # countries and regions
    topics: Mapping[str, str]
    codes: frozenset[str]


@lru_cache(maxsize=8)
def _tables(vocabulary: Vocabulary) -> _Tables:
    countries = {name_key(name): frozenset({code}) for name, code in vocabulary.names.items()}
    countries |= {name_key(name): codes for name, (_, codes) in vocabulary.regions.items()}
    codes = frozenset(code for each in countries.values() for code in each)
    topics = {name_key(name): shown for name, shown in vocabulary.topics.items()}
    return _Tables(countries, topics, codes)


def name_key(name: str) -> str:
    """What two spellings of one name have in common."""
    return " ".join(words(name))


def codes_of(name: str, vocabulary: Vocabulary | None) -> frozenset[str]:
    """The countries of a code, a country's or a region's name; empty for anything else.

    Without a vocabulary every two capitals are a code.
    """
    code = fold(name.strip()).upper()
    is_code = len(code) == 2 and code.isascii() and code.isalpha()
    if vocabulary is None:
        return frozenset({code}) if is_code else frozenset()
    tables = _tables(vocabulary)
    if is_code and code in tables.codes:
        return frozenset({code})
    return tables.countries.get(name_key(name), frozenset())


def country_codes(name: str, vocabulary: Vocabulary | None, position: int) -> frozenset[str]:
    """The same. Raises QueryError, with the nearest name, where there is none."""
    codes = codes_of(name, vocabulary)
    if codes:
        return codes
    shown = [*vocabulary.names, *(shown for shown, _ in vocabulary.regions.values())] if vocabulary else []
    near = _nearest(name, shown)
    raise QueryError(
        f"no country or region is called “{name}”",
        position=position,
        mend=f'country:"{near}"' if near else "",
    )


def topic_of(name: str, vocabulary: Vocabulary) -> str | None:
    """The shown name of a topic, or None."""
    return _tables(vocabulary).topics.get(name_key(name))


def unknown_topic(name: str, vocabulary: Vocabulary, position: int) -> QueryError:
    """The error for a topic that is not there, with the nearest name."""
    near = _nearest(name, vocabulary.topics.values())
    return QueryError(
        f"there is no topic “{name}”", position=position, mend=f'topic:"{near}"' if near else ""
    )


def _nearest(name: str, candidates: Iterable[str], *, cutoff: float = _NEAR) -> str | None:
    by_key = {fold(each): each for each in candidates}
    near = difflib.get_close_matches(fold(name), by_key, n=1, cutoff=cutoff)
    return by_key[near[0]] if near else None


def named(name: str, vocabulary: Vocabulary) -> Expr | None:
    """What a bare name stands for: a country, a region (any of its countries), a topic, or nothing.

    A name of two letters is one only in capitals: "us" and "it" are words.
    """
    tables = _tables(vocabulary)
    bare = name.replace(".", "")
    if len(bare) <= 2 and not bare.isupper():
        return None
    if len(bare) == 2 and bare in tables.codes:
        return CountryIs(bare)
    key = name_key(name)
    if key in tables.countries:
        return any_country(tables.countries[key])
    topic = tables.topics.get(key)
    return None if topic is None else TopicIs(topic)


def any_country(codes: frozenset[str]) -> Expr:
    """One of these countries; `codes` is not empty."""
    return any_of(tuple(CountryIs(code) for code in sorted(codes)))


def language_of(text: str, position: int, *, known_only: bool = True) -> LanguageIs:
    """The primary subtag of a language (BCP 47), by its code or English name.

    Raises QueryError, with the nearest, where there is no such language; with `known_only` off, only where it
    cannot be the code of one.
    """
    name = fold(text)
    code = tongues.code_of(name) or tongues.code_of(name.split("-")[0])
    bare = name.split("-")[0]
    is_code = 2 <= len(bare) <= 3 and bare.isascii() and bare.isalpha()
    if code is None and (known_only or not is_code):
        raise _no_language(text, name, position)
    return LanguageIs(code or bare)


def _no_language(text: str, name: str, position: int) -> QueryError:
    near = tongues.meant(name) or tongues.NAMES.get(_nearest(name, tongues.NAMES) or "")
    if near is None and len(name) <= 3:
        near = _nearest(name, sorted(set(tongues.NAMES.values())), cutoff=_NEAR_CODE)
    return QueryError(
        f"no language has the code or name “{text}”" + (f"; {tongues.shown(near)} is {near}" if near else ""),
        position=position,
        mend=f"lang:{near or 'ru'}",
    )


def countries_in(text: str, vocabulary: Vocabulary) -> frozenset[str]:
    """Read `Ukraine, kz, Беларусь, Central Asia` as codes. Raises QueryError for what is not one."""
    found: set[str] = set()
    at = 0
    for piece in text.replace(";", ",").replace("\n", ",").split(","):
        if name := piece.strip():
            found |= country_codes(name, vocabulary, at + piece.index(name))
        at += len(piece) + 1
    if not found:
        raise QueryError("no country is named", mend="Ukraine, kz, Беларусь")
    return frozenset(found)
