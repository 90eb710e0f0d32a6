"""Names of people and places in other spellings and the other script.

Lukashenko, Lukashenka, Loukachenko, Лукашенко, Лукашэнка and Лукашенком are one name. A word is turned into
its sound, a short key in which what transliterations disagree about is left out; two words spell one name if
they have a key in common. Rules:

1. Only words of at least `NAME_MIN` letters that are typed with a capital (not in capitals) are names, and only words that
   stand with a capital in the text are compared by sound; any word is always equal to its folded self.
2. Consonants: kh, h, gh, g, г, х are one (Serhiy, Sergei; Miftakhov, Miftahov); sh, ch, sch, ш, ч, щ are one;
   v, w, ў one; doubled ones single. Letters that mean different sounds in different alphabets (c, j, x, q)
   are tried as each of them, but only against the other script.
3. Vowels that stand together are one: U if there is a u among them, else A for a and o, else I. So it does
   not matter how й, я, ю, ё or a soft sign were written. The first letter of a word counts more exactly.
4. The end counts. Words of a text in Cyrillic are tried as they stand and as the nominatives that they may
   be a case of (Мифтаховым: Мифтахов; Лукашенком: Лукашенко; Навального: Навальный).
5. -ov, -ev and -yov at the end of surnames are one.
6. A word with fewer than `_CONSONANTS` consonants says too little: its vowels are compared one by one.

What that brings in vain is measured on real texts in `tests/core/match/test_names.py`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from watchdog_bot.core.text import folded_words, tokens, word_length

NAME_MIN = 5  # letters from which a capitalised word is a name
SHORT_MIN = 3  # letters, beside a longer one
_CONSONANTS = 3
_REMEMBERED = 50_000


class _Sounds(dict[str, str]):
    """Letters → sounds; a letter with diacritics that make no other consonant of it sounds like the bare one."""

    def __missing__(self, letter: str) -> str:
        bare = unicodedata.normalize("NFD", letter)[0]
        self[letter] = sound = self[bare] if bare != letter and bare in self else ""
        return sound


# A capital for each consonant, a small letter for each vowel. A string of several alternatives is tried each.
_LATIN = _Sounds({
    "shch": "S", "sch": "S", "tsch": "S", "tch": "S", "sh": "S", "sz": "S", "ch": "S|H", "cz": "S",
    "š": "S", "ş": "S", "ș": "S", "ś": "S", "č": "S", "ć": "S", "ç": "S",
    "zh": "Z", "ž": "Z", "ż": "Z", "ź": "Z", "dzh": "J", "dž": "J", "dj": "J", "đ": "J",
    "kh": "H", "gh": "H", "g": "H", "ğ": "H", "h": "H",
    "tsi": "Ti", "ts": "C", "tz": "C", "ţ": "C", "ț": "C", "dz": "D", "th": "T", "ph": "F", "ck": "K",
    "ousk": "oVXK", "oŭ": "oV", "aŭ": "aV", "ŭ": "V",
    "c": "K", "ce": "Xe|Ce", "ci": "Xi|Ci", "cy": "Xi|Ci", "j": "i|J|Z", "x": "KX|H", "q": "K|H", "w": "V", "v": "V",
    "b": "B", "d": "D", "f": "F", "k": "K", "l": "L", "ł": "L", "m": "M", "n": "N", "p": "P", "r": "R", "s": "X",
    "t": "T", "z": "G",
    "yo": "o|e", "a": "a", "o": "o", "ə": "a", "e": "e", "i": "i", "y": "i", "ı": "i", "u": "u", "oo": "u",
    "ee": "i", "ou": "u",
})  # fmt: skip
_CYRILLIC = _Sounds({
    "ш": "S", "щ": "S", "ч": "S", "ћ": "S", "ж": "Z", "җ": "J", "дж": "J", "џ": "J", "ђ": "J", "г": "H", "ґ": "H", "ғ": "H",
    "х": "H", "ҳ": "H", "һ": "H", "ц": "C", "ци": "Ti", "ці": "Ti", "дз": "D", "ў": "V", "в": "V", "б": "B", "д": "D",
    "ф": "F", "к": "K", "қ": "K", "л": "L", "љ": "L", "м": "M", "н": "N", "њ": "N", "ң": "N", "п": "P", "р": "R", "с": "X",
    "т": "T", "з": "G", "ѕ": "D", "ј": "i", "ќ": "K", "ѓ": "H",
    "а": "a", "о": "o", "я": "a", "ә": "a", "ө": "o", "ё": "o|e", "е": "e", "э": "e", "є": "e", "и": "i", "і": "i", "ї": "i",
    "ы": "i", "й": "i", "у": "u", "ю": "u", "ү": "u", "ұ": "u", "ъ": "", "ь": "", "'": "",
})  # fmt: skip
# Against Latin there is nothing to guess.
_PLAIN_LATIN = _Sounds(
    {
        **_LATIN,
        "ch": "S",
        "c": "K",
        "ce": "Xe",
        "ci": "Xi",
        "cy": "Xi",
        "j": "i",
        "x": "KX",
        "q": "K",
        "yo": "o",
    }
)


def _pattern(letters: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, letters), key=len, reverse=True)) + "|.")


_LATIN_PIECES = _pattern(_LATIN)
_CYRILLIC_PIECES = _pattern(_CYRILLIC)
_DOUBLED = re.compile("([zskc]h|[^aeiouаеиоуіы])\\1+")
_VOWELS = re.compile("[aeiou]+")
_SEVERAL_VOWELS = re.compile("[aeiou]{2,}")
_TWICE = re.compile("(.)\\1+")
_SURNAME = re.compile("[AI]V(?=[AI]?$)")
_HARD_J = re.compile("(?<![aeiouy])j(?!$)")
_SILENT_END = re.compile("[^aiou]e$")
_CASE_ENDING = re.compile(
    "(?<=.{3})(?:ові|еві|єві|ами|ями|ого|его|ага|яга|ому|ему|аму|яму|ой|ей|ою|ею|ої|єю|ій|ом|ем|ём|єм|ым|им|ім|ах|ях|ам|ям|ых|их|ую|ая"
    "|[аяуюеёєыиії])$"
)
_OF_ADJECTIVES = frozenset(
    {
        "ага",
        "яга",
        "аму",
        "яму",
        "ого",
        "его",
        "ому",
        "ему",
        "ым",
        "им",
        "ім",
        "ой",
        "ої",
        "ій",
        "ую",
        "ая",
        "ых",
        "их",
    }
)
_ADJECTIVE_STEM = re.compile("(?:[сц]ь?к|н)$")


def is_name(text: str) -> bool:
    """Whether typed text is a name by its looks: capitalised, at least `NAME_MIN` letters in one word."""
    found = [text[token.start : token.end] for token in tokens(text)]
    return bool(found) and all(_capitalised(word) for word in found) and max(map(len, found)) >= NAME_MIN


def phrase_is_name(text: str) -> bool:
    """The same for words in quotes: one word in quotes is meant to the letter."""
    return "*" not in text and len(tokens(text)) > 1 and is_name(text)


def is_short_name(text: str) -> bool:
    """Whether it may be the shorter part of a name."""
    found = [text[token.start : token.end] for token in tokens(text)]
    return len(found) == 1 and _capitalised(found[0]) and SHORT_MIN <= len(found[0]) < NAME_MIN


def _capitalised(word: str) -> bool:
    return word[0].isupper() and word.isalpha() and not word[1:].isupper()  # TORTURE is torture


# --------------------------------------------------------------------------- keys


@dataclass(frozen=True, slots=True)
class Name:
    """A name that somebody asks for.

    `fits`: for each of its words, whether a word as it stands in a text spells it. `hooks`: what its longest
    word, number `longest`, may be looked for by, see `hooks_of_word`; few, for they are kept.
    """

    fits: tuple[Callable[[str], bool], ...]
    longest: int
    hooks: frozenset[str]


@lru_cache(maxsize=_REMEMBERED)
def name(text: str) -> Name:
    """What to look for when somebody asks for a name of one or several words."""
    wanted = [text[token.start : token.end] for token in tokens(text)]
    longest = max(range(len(wanted)), key=lambda number: len(wanted[number]))
    letters = _letters(wanted[longest])
    match _script(letters):
        case "latin":
            hooks = frozenset(_latin(letters))
        case "cyrillic":
            hooks = frozenset(_cyrillic(letters))
        case _:
            hooks = frozenset({letters})
    return Name(tuple(speller(word) for word in wanted), longest, hooks)


@lru_cache(maxsize=_REMEMBERED)
def hooks_of_word(raw: str) -> frozenset[str]:
    """What a word that stands in a text with a capital may be looked for by; `speller` has the last word."""
    letters = _letters(raw)
    match _script(letters):
        case "latin":
            return frozenset(_latin(letters))
        case "cyrillic":
            return frozenset(key for form in _nominatives(letters) for key in _cyrillic(form))
        case _:
            return frozenset({letters})


def speller(word: str) -> Callable[[str], bool]:
    """Whether a word of a text, as it stands there, is the word or a spelling of it."""
    asked = _asked(word)
    return lambda raw: not asked.isdisjoint(_stands(raw))


# A key begins with who is compared with whom: "=" the folded word itself, "l" Latin with Latin, "c" Cyrillic
# with Cyrillic, "x" a Latin name with a text in Cyrillic, "y" the other way round.


@lru_cache(maxsize=_REMEMBERED)
def _asked(word: str) -> frozenset[str]:
    """Keys of a word of a query."""
    letters = _letters(word)
    exact = f"={folded_words([word])[0]}"
    match _script(letters):
        case "latin":
            return frozenset({exact, _latin_key(letters), *(f"x{key}" for key in _latin(letters))})
        case "cyrillic":
            return frozenset({exact, *(who + key for key in _cyrillic(letters) for who in "cy")})
        case _:
            return frozenset({exact})


@lru_cache(maxsize=_REMEMBERED)
def _stands(raw: str) -> frozenset[str]:
    """Keys of a word as it stands in a text."""
    exact = f"={folded_words([raw])[0]}"
    if not raw[0].isupper() or len(raw) < SHORT_MIN:
        return frozenset({exact})
    letters = _letters(raw)
    match _script(letters):
        case "latin":
            return frozenset({exact, _latin_key(letters), *(f"y{key}" for key in _latin(letters))})
        case "cyrillic":
            keys = {key for form in _nominatives(letters) for key in _cyrillic(form)}
            return frozenset({exact, *(who + key for key in keys for who in "cx")})
        case _:
            return frozenset({exact})


def _letters(raw: str) -> str:
    """The letters of a word that say how it sounds: composed, small, single, without possessive."""
    return _DOUBLED.sub("\\1", unicodedata.normalize("NFC", raw[: word_length(raw)].lower()))


def _script(letters: str) -> str:
    first = letters[0]
    if "Ѐ" <= first <= "ӿ":
        return "cyrillic"
    return "latin" if first < "ʰ" and first.isalpha() else "other"


def _latin(letters: str) -> set[str]:
    """Every way a Latin word may sound to a reader of Cyrillic."""
    ways = _ways(_LATIN_PIECES, _LATIN, letters)
    if letters.endswith("ic"):  # South Slavic without its accents: Vucic
        ways += _ways(_LATIN_PIECES, _LATIN, letters.replace("c", "č"))
    if "ə" in letters:  # Azerbaijani: Cəfərov is Джафаров
        ways += _ways(_LATIN_PIECES, _LATIN, letters.replace("c", "dj"))
    return {_sound(way) for way in ways}


def _cyrillic(letters: str) -> set[str]:
    return {_sound(way) for way in _ways(_CYRILLIC_PIECES, _CYRILLIC, letters)}


def _nominatives(letters: str) -> set[str]:
    """A word in Cyrillic as it stands, and what it may be a case of."""
    ending = _CASE_ENDING.search(letters)
    if ending is None:
        return {letters}
    stem = letters[: ending.start()]
    may_be = {letters, stem, f"{stem}а"}
    if ending.group() in _OF_ADJECTIVES or (ending.group() == "ом" and _ADJECTIVE_STEM.search(stem)):
        may_be.add(f"{stem}ий")
    return may_be


def _latin_key(letters: str) -> str:
    """How a Latin word sounds to a reader of Latin: nothing is guessed, and the end counts."""
    pieces = _LATIN_PIECES.findall(_HARD_J.sub("dj", letters))
    single = "".join(_PLAIN_LATIN[piece] for piece in pieces)
    if _consonants(single) < _CONSONANTS:
        return "l'" + _without_glides(single)
    end = "e" if _SILENT_END.search(single) else ""  # often silent
    classed = _classed(single, _vowel_of_short if _consonants(single) == _CONSONANTS else _vowel)
    return f"l{_surname(classed)}{end}"


def _ways(pieces: re.Pattern[str], sounds: _Sounds, letters: str) -> list[str]:
    """Every way a word may sound. A letter of several sounds has the same one throughout a word."""
    found: list[str] = pieces.findall(letters)
    meant = [sounds[piece] for piece in found]
    unsure = [piece for piece, sound in dict(zip(found, meant, strict=True)).items() if "|" in sound][:2]
    if not unsure:
        return [_joined(meant)]
    ways: list[str] = []
    for chosen in product(*(sounds[piece].split("|") for piece in unsure)):
        choice = dict(zip(unsure, chosen, strict=True))
        ways.append(
            _joined(
                choice.get(piece) or sound.split("|")[0] for piece, sound in zip(found, meant, strict=True)
            )
        )
    return ways


def _joined(sounds: Iterable[str]) -> str:
    """т and с next to each other sound like ц, which is how they are transliterated: Magnitsky, Bratsk."""
    return "".join(sounds).replace("TX", "C")


def _consonants(sounds: str) -> int:
    return sum(sound.isupper() for sound in sounds)


def _sound(sounds: str) -> str:
    """The key of a word compared with or within Cyrillic."""
    if _consonants(sounds) < _CONSONANTS:
        return "'" + _without_glides(sounds)
    return _surname(_classed(sounds, _vowel))


def _without_glides(single: str) -> str:
    """Rule 6: Aliyev and Aliev are one, Мария and Maria too."""
    return _SEVERAL_VOWELS.sub(_without_glide, single)


def _without_glide(run: re.Match[str]) -> str:
    return _TWICE.sub("\\1", run.group().replace("i", "")) or "i"


def _classed(single: str, vowel: Callable[[re.Match[str]], str]) -> str:
    """Rule 3. A vowel at the beginning stays a small letter."""
    first = _VOWELS.match(single)
    if first is None:
        return _VOWELS.sub(vowel, single)
    rank = next(sound for sound in "uaoei" if sound in first.group())
    return rank + _VOWELS.sub(vowel, single[first.end() :])


def _vowel_of_short(run: re.Match[str]) -> str:
    """A word of three consonants only: Roman is not Ramon."""
    return next((sound.upper() for sound in "uoa" if sound in run.group()), "I")


def _vowel(run: re.Match[str]) -> str:
    sounds = run.group()
    return "U" if "u" in sounds else "A" if "a" in sounds or "o" in sounds else "I"


def _surname(key: str) -> str:
    """Rule 5."""
    return _SURNAME.sub("IV", key)
