"""Grammatical forms of words: two words are forms of one if their stem is the same in some language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

import Stemmer


@lru_cache(maxsize=16)
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(language)


def of_query(word: str) -> frozenset[str]:
    """Keys of a folded word that a query asks for."""
    return _keys(word)


def of_text(distinct: Iterable[str], language: str | None) -> set[str]:
    """Keys of all these folded words of a text in a language (BCP 47, or None where it is not known)."""
    found: set[str] = set()
    return found.union(*map(analyser(distinct, language), distinct))


def analyser(_distinct: Iterable[str], _language: str | None) -> Callable[[str], frozenset[str]]:
    """What gives the keys of one folded word of such a text."""
    return _keys


@lru_cache(maxsize=50_000)
def _keys(word: str) -> frozenset[str]:
    name = "russian" if "а" <= word[:1] <= "ӿ" else "english"
    return frozenset({f"{name}:{_stemmer(name).stemWord(word)}"})
