"""Grammatical forms of words, for those who ask for them with `~word`.

Two words are forms of one if their Snowball stem or their lemma is the same (PyStemmer, simplemma), in the
language of the text. Stems alone part пытка from пыток; lemmas alone do not know new words. Rules:

1. The language of a text is the one it is published in, where the script of a word allows that; else it is
   told by letters that only one language has, else the most usual language of the script here.
2. A language with neither stems nor lemmas (Belarusian, Kazakh, Kyrgyz, Uzbek, Tajik) has the word itself:
   `prefix*` is the way there, and `suggestions` says so.
3. Lemmas are used where they are small or needed: English, Russian, and languages without a stemmer.
4. Ukrainian, which Snowball lacks, has its commonest endings taken off words that stay long enough.

The libraries are pure functions over data of their own, which they read when a language is first met (about
half a second and 10 to 25 MB for a language with lemmas): `preload` does that at a quiet moment.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeGuard

import Stemmer
from simplemma import Lemmatizer
from simplemma.strategies import LOW_MEMORY_DICTIONARY_FACTORY, DefaultStrategy

from watchdog_bot.core.match.query_tree import Leaf, Query, Word, leaves
from watchdog_bot.core.text import APOSTROPHES, fold, word_length

_STEMS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "fa": "persian", "fi": "finnish", "fr": "french", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nl": "dutch",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip
_LEMMAS = frozenset({"bg", "en", "ka", "lv", "mk", "ru", "sk", "sl", "sq", "uk"})
_ALSO = {"nb": "no", "nn": "no", "bs": "sr", "hr": "sr", "me": "sr", "mo": "ro", "prs": "fa"}
_SCRIPTS = (  # first and last letter, languages, the first of them the most usual; all else is Latin
    ("Ͱ", "Ͽ", ("el",)),
    ("Ѐ", "ԯ", ("ru", "be", "bg", "ce", "kk", "ky", "mk", "mn", "sr", "tg", "tt", "uk")),
    ("Ա", "֏", ("hy",)),
    ("؀", "ۿ", ("ar", "fa")),
    ("ऀ", "ॿ", ("hi",)),
    ("Ⴀ", "ჿ", ("ka",)),
)
_TELLING = (  # letters that only this language of the script has, strongest first
    ("be", "ў"),
    ("kk", "құһә"),
    ("uk", "їєґі"),
    ("tg", "ҷҳӣӯ"),
    ("ky", "өүң"),
    ("sr", "ћђљњџј"),
    ("mk", "ѓќѕ"),
    ("fa", "پچژگک"),
)
_REMEMBERED = 50_000


def plain(raw: str) -> str:
    """A word as stems and lemmas want it: small, composed, with its diacritics, ё as е."""
    word = unicodedata.normalize("NFC", raw[: word_length(raw)].replace(".", "")).lower().replace("ё", "е")
    return "".join("'" if char in APOSTROPHES else char for char in word)


def languages(raw: Iterable[str], published: str | None) -> Mapping[str, frozenset[str]]:
    """The words of a text by the language to analyse them in (rule 1).

    `raw`: words as they stand. `published`: BCP 47, or None where it is not known.
    """
    by_script: dict[tuple[str, ...], set[str]] = {}
    for word in raw:
        by_script.setdefault(_script(word), set()).add(word)
    declared = _primary(published)
    found: dict[str, frozenset[str]] = {}
    for script, words in by_script.items():
        told = declared if declared in script or (not script and _is_latin(declared)) else None
        found[told or _guessed(script, words)] = frozenset(words)
    return found


def _primary(language: str | None) -> str | None:
    if not language:
        return None
    code = language.lower().replace("_", "-").split("-")[0]
    return _ALSO.get(code, code)


def _is_latin(language: str | None) -> bool:
    return language is not None and (
        language == "sr" or not any(language in script for _, _, script in _SCRIPTS)
    )


def _script(word: str) -> tuple[str, ...]:
    """The languages of a word's script, empty for Latin."""
    first = word[0].lower()
    if first < "Ͱ":
        return ()
    return next((found for low, high, found in _SCRIPTS if low <= first <= high), ())


def _guessed(script: tuple[str, ...], words: Iterable[str]) -> str:
    if len(script) < 2:
        return script[0] if script else "en"
    letters = {letter for word in words for letter in word.lower()}
    told = (
        language for language, telling in _TELLING if language in script and not letters.isdisjoint(telling)
    )
    return next(told, script[0])


# --------------------------------------------------------------------------- keys


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_STEMS[language])


@cache
def _lemmatizer() -> Lemmatizer:
    return Lemmatizer(
        lemmatization_strategy=DefaultStrategy(greedy=False, dictionary_factory=LOW_MEMORY_DICTIONARY_FACTORY)
    )


def preload(languages: Iterable[str]) -> None:
    """Read what these languages need, so that the first post does not wait for it."""
    for language in languages:
        keys("a", language)


@lru_cache(maxsize=_REMEMBERED)
def keys(raw: str, language: str) -> frozenset[str]:
    """What a word has in common with its other forms in a language."""
    word = plain(raw)
    found = {f"={fold(word)}"}
    if language in _STEMS:
        found.add(f"-{_stemmer(language).stemWord(word)}")
    if language == "uk":
        found.add(f"-{_ukrainian_stem(word)}")
    if language in _LEMMAS:
        found.add(f"+{_lemmatizer().lemmatize(word, lang=language)}")
    return frozenset(found)


_UKRAINIAN_ENDING = re.compile(
    "(?<=.{5})(?:ами|ями|ові|еві|єві|ого|ому|ої|ою|ею|єю|их|им|ими|ах|ях|ам|ям|ів|їв|ом|ем|ий|ій|ь|[аяуюеєоиії])$"
)


def _ukrainian_stem(word: str) -> str:
    """Катування and катувань: катуван."""
    return re.sub("(.)\\1$", "\\1", _UKRAINIAN_ENDING.sub("", word))


def keys_of_all(raw: Iterable[str], language: str) -> set[str]:
    """The keys of many words."""
    found: set[str] = set()
    return found.union(*(keys(word, language) for word in raw))


def belongs(word: str, language: str) -> bool:
    """Whether a word may be of a language, by its script."""
    script = _script(word)
    return language in script or (not script and _is_latin(language))


# --------------------------------------------------------------------------- for the reply

_ENDINGS = {
    "en": ("s", "ed", "ing", "es", "e", "er", "ers", "d", "ies", "ied", "ion", "ions", "y", "ment"),
    "ru": (
        *("а", "я", "ы", "и", "у", "ю", "е", "о", "ой", "ей", "ом", "ем", "ам", "ям", "ами", "ями", "ах", "ях", "ов", "ев"),
        *("ый", "ий", "ая", "яя", "ое", "ее", "ые", "ие", "ого", "его", "ому", "ему", "ым", "им", "ых", "их", "ую", "юю"),
        *("ать", "ить", "еть", "ал", "ала", "али", "ил", "ила", "или", "ают", "ует", "уют", "ит", "ят", "ат", "ан", "ана"),
        *("аны", "ен", "ена", "ены", "анный", "анного", "анных", "анные", "ение", "ения", "ание", "ания", "ься", "ь", ""),
    ),
    "uk": (
        *("а", "я", "и", "і", "у", "ю", "е", "о", "ою", "ею", "ом", "ем", "ам", "ям", "ами", "ями", "ах", "ях", "ів", "їв"),
        *("ий", "ій", "ого", "ому", "им", "ім", "их", "іх", "ими", "у", "ові", "еві", "ої", "ати", "ити", "ав", "ала", "али"),
        *("ив", "ила", "или", "ають", "ує", "ують", "ить", "ять", "ано", "ані", "аних", "ання", "ення", "ь", ""),
    ),
}  # fmt: skip
_SHOWN = 6


def suggest_forms(word: str, language: str | None = None) -> tuple[str, ...]:
    """Other forms that `~word` would catch, up to six that a dictionary knows; empty where it catches none.

    `language`: BCP 47; by default told from the word's letters.
    """
    told = next(iter(languages((word,), language)))
    if told not in _ENDINGS:
        return ()
    own, base = keys(word, told), plain(word)
    dictionary = LOW_MEMORY_DICTIONARY_FACTORY.get_dictionary(told)
    found: dict[str, None] = {}
    for candidate in _candidates(base, told):
        if candidate != base and candidate in dictionary and not own.isdisjoint(keys(candidate, told)):
            found[candidate] = None
    return tuple(found)[:_SHOWN]


def _candidates(word: str, language: str) -> Iterable[str]:
    stems = [_stemmer(language).stemWord(word)] if language in _STEMS else []
    stems += [word.rstrip("аяоеєиіїуюьый") or word, word]
    for stem in dict.fromkeys(stems):
        yield from (stem + ending for ending in _ENDINGS[language])
        if len(stem) > 2 and stem[-1] in "кцн":  # пытка, пыток
            yield from (f"{stem[:-1]}{vowel}{stem[-1]}" for vowel in "ое")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`instead` of a bare `word` would also catch `forms`; of a `prefix*` no forms can be named."""

    word: str
    instead: str
    forms: tuple[str, ...] = ()


def suggestions(query: Query, language: str | None = None) -> tuple[Suggestion, ...]:
    """For each word of a query that was typed bare in an inflecting language: what finds its other forms.

    `language`: the reader's (BCP 47), used where a word's script allows it. Names find their cases anyway.
    """
    if query.words is None:
        return ()
    found = (_suggested(leaf.text, language) for leaf in leaves(query.words) if _is_bare(leaf))
    return tuple({each.word: each for each in found if each}.values())


def _is_bare(leaf: Leaf) -> TypeGuard[Word]:
    return isinstance(leaf, Word) and not leaf.is_name and leaf.text.isalpha() and len(leaf.text) >= _WORTH_IT


_WORTH_IT = 4  # letters
# Nothing here analyses the first; of the others there are stems, but no forms to show: the beginning of a word says
# plainly what it catches.
_BY_BEGINNING = frozenset(
    {"be", "kk", "ky", "uz", "tg", "az", "tt", "ce", "mn"} | {"ka", "hy", "tr", "fa", "pl", "de"}
)


def _suggested(word: str, language: str | None) -> Suggestion | None:
    told = next(iter(languages((word,), None)))  # its letters say more than its reader
    reader = _primary(language)
    if told in _BY_BEGINNING or (reader in _BY_BEGINNING and belongs(word, reader)):
        return _beginning(word)
    forms = suggest_forms(word, language)
    if forms:
        return Suggestion(word, f"~{word}", forms)
    # A dictionary that does not know the word shows nothing, and the word inflects all the same.
    return _beginning(word) if "uk" in {told, reader} and belongs(word, "uk") else None


def _beginning(word: str) -> Suggestion:
    bare = word.rstrip(_ENDS)
    return Suggestion(word, f"{bare if len(bare) > _WORTH_IT else word}*")


_ENDS = "аәеиіыоөуүұюяьйaeiouəıöü"
