"""Text as it is compared: folding, words with their places, lengths as Telegram counts them.

One way of folding serves queries and posts alike, so that a reader never has to think of case, diacritics,
ё or the kind of an apostrophe. It refuses to know any language: word forms are `core.match.forms`, spellings
of names `core.match.names`.

What a word is:

1. Letters, digits and the marks on them (Unicode general categories L, N, M).
2. An apostrophe of any kind inside a word joins (N'Djamena, п'ять); the English possessive 's is left out, so
   that "Kazakhstan's" is the word Kazakhstan.
3. Single letters with dots between them are one word without the dots (U.S., O.S.C.E.).
4. Hyphens, underscores and all else part words.
5. Scripts written without spaces (Chinese, Japanese, Thai, Lao, Burmese, Khmer) part after every letter, so
   that a word of theirs is found as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

APOSTROPHES = "'’‘ʼʻʽʾʿˈ′‵`´＇‛ꞌ"
DASHES = "-‐‑‒–—―−﹘﹣－⁃"
# Invisible inside a word: soft hyphen, joiners, marks of direction, byte order mark.
_UNSEEN = "\u00ad\u200d\u200e\u200f\u2060\ufeff"
_SOLO_BLOCKS = (  # scripts without spaces between words, by Unicode block
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
)
_SOLO_ABOVE = "\U00020000-\U0003ffff"
_LETTERS_ABOVE = "\U00010000-\U0001cfff\U0001d400-\U0001d7ff\U0001e000-\U0001efff"
_REMEMBERED = 50_000  # words whose folding is kept: more than a year of one language's news uses
_LONGEST_REMEMBERED = 64  # characters; longer ones are rare and may be hostile


def _letter_classes() -> tuple[str, str, str]:
    """Bodies of regular expression classes over the Basic Multilingual Plane: letters, solo letters, marks.

    A class of explicit ranges is matched through a bitmap, half again as fast as the one for word characters, which knows no marks.
    """
    solo = bytearray(0x10000)
    for first, last in _SOLO_BLOCKS:
        solo[first : last + 1] = b"\1" * (last + 1 - first)
    kinds: dict[str, list[int]] = {"letter": [], "solo": [], "mark": []}
    for code in range(0x30, 0x10000):
        char = chr(code)
        if char.isalnum():
            if char not in APOSTROPHES:
                kinds["solo" if solo[code] else "letter"].append(code)
        elif code >= 0x300 and unicodedata.category(char)[0] == "M":
            kinds["mark"].append(code)
    return _ranges(kinds["letter"]), _ranges(kinds["solo"]), _ranges(kinds["mark"])


def _ranges(codes: list[int]) -> str:
    """Ascending code points as the body of a character class."""
    parts: list[str] = []
    start = previous = codes[0]
    for code in (*codes[1:], 0x110001):
        if code != previous + 1:
            parts.append(f"{re.escape(chr(start))}-{re.escape(chr(previous))}")
            start = code
        previous = code
    return "".join(parts)


_L, _S, _M = _letter_classes()
_L += _LETTERS_ABOVE
_S += _SOLO_ABOVE
_IN = f"[{_L}{_M}{_UNSEEN}]"
_WORD = re.compile(
    f"[{_L}](?:\\.[{_L}](?!{_IN}))+\\.?"  # rule 3
    f"|[{_L}]{_IN}*(?:[{APOSTROPHES}][{_L}]{_IN}*)*"  # rules 1, 2
    f"|[{_S}][{_M}]*"  # rule 5
)
_NO_WORD = re.compile(f"[^{_L}{_S}{_M}']+")
_STRAY_MARKS = re.compile("(?<=[a-zа-џѐ-ӿ])[\u0300-\u036f\ufe00-\ufe0f]+")

_TO_APOSTROPHE = {ord(char): "'" for char in APOSTROPHES}
_LETTERS = {  # letters whose everyday spelling Unicode does not decompose to
    "ё": "е", "ı": "i", "ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe",
    "ي": "ی", "ى": "ی", "ك": "ک",  # one Persian and Arabic letter each, by keyboard
    "ـ": "",  # tatweel: a stroke that only stretches a word
}  # fmt: skip


class _FoldedLetters(dict[int, str]):
    """What becomes of each character after NFKC and casefold; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = folded = _folded_letter(char)
        return folded


def _folded_letter(char: str) -> str:
    if char in _LETTERS:
        return _LETTERS[char]
    if char in DASHES:
        return "-"
    if char in APOSTROPHES:  # some come out of NFKC only: ″ is two of them
        return "'"
    if char in _UNSEEN:
        return ""
    parts = unicodedata.normalize("NFD", char)
    if len(parts) > 1 and all(unicodedata.combining(mark) for mark in parts[1:]):
        base = _LETTERS.get(parts[0], parts[0])
        if base.isascii() and base.isalpha():  # diacritics go from Latin letters only: й stays й
            return base
    return char


_TABLE = _FoldedLetters()


def fold(text: str) -> str:
    """The text as it is compared with others: equal for all that a reader takes for the same spelling.

    NFKC and casefold (Unicode Standard, section 3.13), diacritics of Latin letters and stress marks of
    Cyrillic ones dropped, ё as е, one kind of apostrophe and dash. Idempotent; the length may change.
    """
    if text.isascii():
        return text.lower().replace("`", "'")
    plain = unicodedata.normalize("NFKC", text.translate(_TO_APOSTROPHE))
    plain = unicodedata.normalize("NFKC", plain.casefold()).casefold()
    plain = plain.translate(_TABLE)
    return unicodedata.normalize("NFKC", _STRAY_MARKS.sub("", plain))


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text: as compared, and where it stands (`text[start:end]`, in characters)."""

    folded: str
    start: int
    end: int


class _FoldedWords(dict[str, str]):
    """What becomes of each word as it stands; emptied when full, so that hostile text costs no memory."""

    def __missing__(self, raw: str) -> str:
        folded = _folded_word(raw)
        if folded == raw:
            folded = raw  # one string instead of two
        if len(raw) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[raw] = folded
        return folded


def _folded_word(raw: str) -> str:
    bare = raw[: word_length(raw)].replace(".", "")
    folded = fold(bare)
    if not folded.isascii():
        folded = _NO_WORD.sub("", folded)
    return folded or bare.casefold()


def word_length(raw: str) -> int:
    """Characters of a word as it stands, without a possessive 's."""
    if len(raw) > 2 and raw[-1] in "sS" and raw[-2] in APOSTROPHES:
        return len(raw) - 2
    return len(raw)


_WORDS = _FoldedWords()


def raw_words(text: str) -> list[str]:
    """The words of a text as they stand, in order; parallel to `words` and `tokens`."""
    return _WORD.findall(text)


def folded_words(raw: list[str]) -> list[str]:
    """What `raw_words` gave, folded."""
    known = _WORDS
    return [known[word] for word in raw]


def words(text: str) -> list[str]:
    """The folded words of a text, in order: what `tokens` gives, without the places and much faster."""
    return folded_words(_WORD.findall(text))


def tokens(text: str) -> tuple[Token, ...]:
    """The words of a text with their places."""
    return tuple(
        Token(_WORDS[raw := found.group()], found.start(), found.start() + word_length(raw))
        for found in _WORD.finditer(text)
    )


def starts(text: str) -> list[int]:
    """Where each word of a text begins, in characters; parallel to `raw_words`."""
    return [found.start() for found in _WORD.finditer(text)]


def utf16_length(text: str) -> int:
    """Length in UTF-16 units, as Telegram counts (Bot API, "MessageEntity")."""
    if text.isascii():
        return len(text)
    return len(text) + sum(char > "\uffff" for char in text)


ELLIPSIS = "…"
_PUNCTUATION_BEFORE_ELLIPSIS = " \t\r\n\f\v\u00a0,;:.-–—(«“„\"'"
_CLINGING = re.compile(f"[{_M}\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]")


def cut(text: str, limit: int) -> str:
    """The text, or its beginning with "…" at the end, in at most `limit` UTF-16 units.

    It ends at the end of a word unless that would lose two thirds of the room, and never inside a letter with its
    marks or a joined emoji.
    """
    if utf16_length(text) <= limit:
        return text
    if limit < 1:
        return ""
    end = _prefix_length(text, limit - 1)
    space = max((at for at in range(end, end // 3, -1) if text[at].isspace()), default=0)
    if not space:
        while end and (_CLINGING.match(text[end]) or text[end - 1] == "\u200d"):
            end -= 1
    return text[: space or end].rstrip(_PUNCTUATION_BEFORE_ELLIPSIS) + ELLIPSIS


def _prefix_length(text: str, limit: int) -> int:
    """How many characters of a text that is longer than `limit` units fit into it."""
    units = 0
    for at, char in enumerate(text):
        units += 2 if char > "\uffff" else 1
        if units > limit:
            return at
    return len(text)
