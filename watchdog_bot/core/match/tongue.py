"""Guesses the language of a text from its letters and little words: enough to choose names to look for.

It knows the languages of the gazetteer and refuses to be a general detector: what it cannot tell is None, and
then the names of English, Russian and Ukrainian are looked for, which every text is searched for anyway.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SAMPLE = 400  # characters are enough
_SCRIPTS = (
    ("cyrillic", re.compile(r"[Ѐ-ӿ]+")),
    ("arabic", re.compile(r"[؀-ۿ]+")),
    ("ka", re.compile(r"[ა-ჰ]+")),
    ("hy", re.compile(r"[Ա-և]+")),
)
ENOUGH_LETTERS = 20  # of another script in the sample

# Letters that only some languages of a script have, the most telling first; after a plus: one of these too. Of the
# languages that have them, what the feed says is believed, else the first is taken.
_Telling = tuple[frozenset[str], frozenset[str], tuple[str, ...]]


def _table(*rows: tuple[str, tuple[str, ...]]) -> tuple[_Telling, ...]:
    parted = ((*telling.partition("+"), languages) for telling, languages in rows)
    return tuple((frozenset(some), frozenset(also), languages) for some, _, also, languages in parted)


_CYRILLIC = _table(
    ("ҷӣӯҳ", ("tg",)),
    ("қғ+үөұіңә", ("kk",)),
    ("әұ", ("kk",)),
    ("қғ", ("kk", "tg")),
    ("ңөү", ("ky", "kk")),
    ("ѓќѕ", ("mk",)),
    ("ђћ", ("sr",)),
    ("јљњџ", ("sr", "mk")),
    ("ў", ("be",)),
    ("їєґ", ("uk",)),
    ("і+ыэё", ("be", "kk")),
    ("і", ("uk", "be", "kk")),
    ("ыэё", ("ru", "be", "kk", "ky", "tg")),
    ("ъ", ("bg", "ru", "tg")),
)
_ARABIC = _table(
    ("ټډړښږڅځڼېۍګ", ("ps",)),
    ("ةكيأإى", ("ar", "ps")),
    ("پچژگکی", ("fa", "ps")),
)
_CYRILLIC_TONGUES = frozenset({"be", "kk", "ky", "tg", "mk", "sr", "bg", "uk", "ru"})
_ARABIC_TONGUES = frozenset({"fa", "ps", "ar"})
_WORDS: Mapping[str, frozenset[str]] = {
    "en": _words("the of and to in for on with is was at by from after over says as"),
    "tr": _words("ve bir için ile bu olarak daha yeni oldu göre sonra kadar gibi olan etti"),
    "az": _words("və bir ilə bu üçün olub edib sonra kimi haqqında deyir görə olan da də"),
    "uz": _words("va bilan uchun bir bu haqida ham deb edi keyin yil boʻyicha qilindi boʻldi"),
    "ro": _words("și în din la cu de pentru care este sunt după prin să mai fost pe"),
    "bs": _words("i u na je se za od da su sa koji nakon nije kao iz o će"),
    "sq": _words("dhe në të e për me nga një i së është që pas se ka"),
    "pl": _words("w i na z do się o nie że po za przez jest od dla"),
    "de": _words("der die und in den von zu das mit des im für auf ist ein dem nach"),
    "fr": _words("le la les de des et en du à un une pour dans au par sur est"),
    "es": _words("el la los las de del y en que por un una para con se su tras"),
}

_LETTERS: Mapping[str, str] = {  # one such letter is worth a little word
    "tr": "ğşıçöü",
    "az": "əğşıçöü",
    "ro": "ăâîșțşţ",
    "bs": "čćšžđ",
    "sq": "ëç",
    "pl": "ąćęłńóśźż",
    "de": "äöüß",
    "fr": "àâçéèêëîïôùû",
    "es": "áéíóúñ¿¡",
    "uz": "ʻ",
}
_LITTLE: Mapping[str, tuple[str, ...]] = {
    word: tuple(language for language, words in _WORDS.items() if word in words)
    for word in frozenset().union(*_WORDS.values())
}


def guess(text: str, given: str | None = None) -> str | None:
    """The language (ISO 639-1) of the text. What the feed says is believed where the script allows it."""
    sample = text[:SAMPLE]
    script = _script(sample)
    told = given.lower().split("-")[0].split("_")[0] if given else None
    if script in {"ka", "hy"}:
        return script
    if script == "arabic":
        return _by_letters(sample, _ARABIC, told if told in _ARABIC_TONGUES else None) or "ar"
    if script == "cyrillic":
        return _by_letters(sample, _CYRILLIC, told if told in _CYRILLIC_TONGUES else None)
    return _by_words(sample, told)


def _script(sample: str) -> str:
    if sample.isascii():
        return "latin"
    most, best = 0, "latin"
    for script, pattern in _SCRIPTS:
        letters = len("".join(pattern.findall(sample)))
        if letters > len(sample) / 2:
            return script
        if letters > most:
            most, best = letters, script
    return best if most >= min(ENOUGH_LETTERS, len(sample) / 3) else "latin"


def _by_letters(sample: str, table: tuple[_Telling, ...], told: str | None) -> str | None:
    letters = set(sample.lower())
    for some, also, languages in table:
        if not some.isdisjoint(letters) and not (also and also.isdisjoint(letters)):
            return told if told in languages else languages[0]
    return told


def _by_words(sample: str, told: str | None) -> str | None:
    counts: dict[str, int] = {}
    for word in sample.lower().split():
        for language in _LITTLE.get(word, ()):
            counts[language] = counts.get(language, 0) + 1
    if not sample.isascii():
        letters = set(sample.lower())
        for language, telling in _LETTERS.items():
            if letters.intersection(telling):
                counts[language] = counts.get(language, 0) + len(letters.intersection(telling))
    best = max(
        counts, key=lambda language: (counts[language], language == told, language == "en"), default="en"
    )
    return best if counts.get(best, 0) >= 2 else told
