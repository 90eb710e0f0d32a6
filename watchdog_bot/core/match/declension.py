"""The forms a country's or town's name takes in a sentence: Russian and Ukrainian cases, English plurals.

A surface in the gazetteer is written once, with a mark on each word that changes:

    Казахстан~n        a noun (place, surname), declined by its ending
    казахский~a        an adjective: every gender, number and case
    казах~m            a man of that people: singular and plural
    россиянка~f        a woman of that people: singular and plural
    Кишин{ев,ева,еве}  a stem and its endings, for what no rule covers (fleeting vowels and the like)
    Afghan~s           an English noun with its plural
    Қазақстан~e        a name in another language, with the endings that `core.match.endings` lists for it

It refuses to guess: a word without a mark has one form, and an ending without a rule adds none. (A blind tail of
letters was tried and made "слова" a form of Slovakia.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from watchdog_bot.core.match.endings import ENDINGS

_EXPLICIT = re.compile(r"^(?P<stem>[^{}]*)\{(?P<ends>[^{}]*)\}$")
_HUSH = frozenset("жшчщ")
_VELAR = frozenset("гкх")
_UK_SOFTENED = {"г": "з", "к": "ц", "х": "с"}

_RU_ADJECTIVE = ("ая", "ого", "ое", "ой", "ом", "ому", "ою", "ую")
_RU_SOFT_ADJECTIVE = ("ий", "яя", "ее", "ие", "его", "ей", "юю", "ем", "ему", "им", "ими", "их")
_UK_ADJECTIVE = ("ий", "а", "е", "і", "ого", "ої", "у", "ому", "ій", "им", "ими", "их", "ою")


def word_forms(word: str, language: str) -> tuple[str, ...]:
    """All forms of one marked word; the first is the form in the dictionary.

    Raises KeyError for a mark that its language does not have.
    """
    explicit = _EXPLICIT.match(word)
    if explicit:
        return tuple(explicit["stem"] + end for end in explicit["ends"].split(","))
    bare, _, mark = word.partition("~")
    if not mark:
        return (bare,)
    if mark == "e":
        return ENDINGS[language].forms(bare)
    return tuple(dict.fromkeys((bare, *_RULES[language, mark](bare))))


def _with(stem: str, *ends: str) -> tuple[str, ...]:
    return tuple(stem + end for end in ends)


def _en_plural(word: str) -> tuple[str, ...]:
    return (word + "s",)


# --------------------------------------------------------------------------- Russian


def _ru_noun(word: str) -> tuple[str, ...]:
    stem, last = word[:-1], word[-1:]
    if word.endswith(("ский", "цкий", "ный", "ская", "цкая")):
        return _ru_adjective(word)
    if last == "а":
        return _ru_feminine(stem)
    if last == "я":
        return _with(stem, "и", "е", "ю", "ей")
    if last == "й":
        return _with(stem, "я", "ю", "ем", "е", *(("и",) if stem.endswith("и") else ()))
    if last == "ь":
        return _with(stem, "я", "ю", "ем", "е", "и", "ью")
    if last == "ы":
        return _ru_plural(word)
    if word.endswith(("ье", "ьё")):
        return _with(stem, "я", "ю", "ем", "и")
    if word.endswith(("ово", "ево", "ино", "дно", "вно", "ство")):
        return _with(stem, "а", "у", "ом", "е")
    return () if last in "еёиоуэю" else _ru_hard(word)


def _ru_feminine(stem: str) -> tuple[str, ...]:
    genitive = "и" if stem[-1:] in _VELAR | _HUSH else "ы"
    instrumental = ("ой", "ей") if stem[-1:] in _HUSH | {"ц"} else ("ой",)
    return _with(stem, genitive, "е", "у", *instrumental)


def _ru_hard(word: str) -> tuple[str, ...]:
    ends = ["а", "у", "ом", "е"]
    if word[-1:] in _HUSH | {"ц"}:
        ends.append("ем")
    if word.endswith(("ов", "ев", "ёв", "ин", "ын")):
        ends.append("ым")  # surnames: Медведевым; towns take -ом
    return _with(word, *ends)


def _ru_plural(word: str) -> tuple[str, ...]:
    return _with(word[:-1], "", "ов", "ев", "ам", "ами", "ах")


def _ru_adjective(word: str) -> tuple[str, ...]:
    stem = word[:-2]
    if word.endswith(("няя", "нее", "ний")):
        return _with(stem, *_RU_SOFT_ADJECTIVE)
    vowel = "и" if stem[-1:] in _VELAR | _HUSH else "ы"
    return _with(stem, vowel + "й", vowel + "е", vowel + "м", vowel + "ми", vowel + "х", *_RU_ADJECTIVE)


def _ru_man(word: str) -> tuple[str, ...]:
    if word.endswith(("анин", "янин", "рин")):
        plural = "ы" if word.endswith("рин") else "е"
        return _with(word[:-2], "ина", "ину", "ином", "ине", plural, "", "ам", "ами", "ах")
    if word.endswith("ец"):
        root = word[:-2]
        stem = root + ("йц" if root[-1:] in "аеиоуя" else "ьц" if root.endswith("л") else "ц")
        return _with(stem, "а", "у", "ем", "е", "ы", "ев", "ам", "ами", "ах")
    plural = "и" if word[-1:] in _VELAR | _HUSH else "ы"
    many = "ей" if word[-1:] in _HUSH else "ов"
    return _with(word, "а", "у", "ом", "ем", "е", plural, many, "ам", "ами", "ах")


def _ru_woman(word: str) -> tuple[str, ...]:
    stem = word[:-2]
    root = stem[:-1] if stem[-1:] in "йь" else stem
    fleeting = "ек" if stem[-1:] in {"й", "ь", *_HUSH} else "ок"
    return (*_with(stem, "ки", "ке", "ку", "кой", "кою", "кам", "ками", "ках"), root + fleeting)


# --------------------------------------------------------------------------- Ukrainian


def _uk_noun(word: str) -> tuple[str, ...]:
    stem, last = word[:-1], word[-1:]
    if word.endswith(("ський", "цький", "зький", "ний", "ська", "цька")):
        return _uk_adjective(word)
    if last == "а":
        return (*_with(stem, "и", "і", "у", "ою", "ею"), _uk_soft(stem) + "і")
    if last == "я":
        return _with(stem, "ю", "ям", *(("ї", "єю") if stem[-1:] in "іеь'ає" else ("і", "ею")))
    if last == "й":
        return _with(stem, "я", "ю", "єм", "ї", "єві")
    if last == "ь":
        return _with(stem, "я", "ю", "ем", "і", "еві", stem[-1:] + "ю")
    if last == "и":
        return _uk_plural(word)
    if word.endswith(("ово", "ево", "єво", "ино", "дно", "вно", "про", "ство")):
        return _with(stem, "а", "у", "ом", "і", "ові")
    if word.endswith(("еве", "ове", "не")):
        return _with(stem, "ого", "ому", "им", "а", "у", "ом", "і")
    return () if last in "еєіїоую" else _uk_hard(word)


def _uk_soft(stem: str) -> str:
    return stem[:-1] + _UK_SOFTENED.get(stem[-1:], stem[-1:])


def _uk_hard(word: str) -> tuple[str, ...]:
    ends = ["а", "у", "ом", "і", "ові"]
    if word[-1:] in _HUSH | {"ц", "р"}:
        ends += ["ем", "еві", "ю", "я"]
    if word.endswith(("ов", "ев", "єв", "ін", "їн", "ин")):
        ends.append("им")
    return (*_with(word, *ends), _uk_soft(word) + "і")


def _uk_plural(word: str) -> tuple[str, ...]:
    return _with(word[:-1], "", "ів", "їв", "ам", "ами", "ах", "ям", "ями", "ях")


def _uk_adjective(word: str) -> tuple[str, ...]:
    return _with(word[:-2] if word.endswith("ий") else word[:-1], *_UK_ADJECTIVE)


def _uk_man(word: str) -> tuple[str, ...]:
    if word.endswith(("анин", "янин", "енин", "рин")):
        return _with(word[:-2], "ина", "ину", "ином", "инові", "ині", "и", "", "ам", "ами", "ах")
    if word.endswith(("ець", "єць")):
        root = word[:-3]
        stem = root + ("йц" if word.endswith("єць") else "ьц" if root.endswith("л") else "ц")
        return _with(stem, "я", "ю", "ем", "еві", "і", "ів", "ям", "ями", "ях")
    return _with(word, "а", "у", "ом", "ем", "ові", "еві", "і", "и", "ів", "ам", "ами", "ах")


def _uk_woman(word: str) -> tuple[str, ...]:
    return _with(word[:-2], "ки", "ці", "ку", "кою", "ок", "кам", "ками", "ках")


_RULES: Mapping[tuple[str, str], Callable[[str], tuple[str, ...]]] = {
    ("en", "s"): _en_plural,
    ("ru", "n"): _ru_noun,
    ("ru", "a"): _ru_adjective,
    ("ru", "m"): _ru_man,
    ("ru", "f"): _ru_woman,
    ("uk", "n"): _uk_noun,
    ("uk", "a"): _uk_adjective,
    ("uk", "m"): _uk_man,
    ("uk", "f"): _uk_woman,
}
