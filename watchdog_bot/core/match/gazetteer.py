"""The gazetteer: which words name which country. It reads lines and answers look-ups; it judges nothing.

A line has eight fields parted by tabs; lines that start with `#` are comments:

    code  kind  language  case  weight  from  to  surface

- code: ISO 3166 alpha-2, several parted by commas when a name is of several countries ("Korean Peninsula"),
  `-` for kinds that name none.
- kind: name, short, official, former, demonym (people), adjective, capital, region, city, town (a small or
  ambiguous place), institution, office, leader; and three that guard: `block` (a phrase that names no country
  though its words do), `person` (a first name or a title before a surname).
- language: of the surface (ISO 639-1). English, Russian and Ukrainian names are looked for in every text, names
  of another language only in texts in it, for "mali" is Polish for "small".
- case: `cap` a capital first letter; `mid` the same, but not where any word would have it (start of a sentence,
  ALL CAPS); `any`; `exact` as written. A `?` after it: counts only where the same country has other evidence.
- weight: 0 to 1, how much one naming says.
- from, to: ISO dates between which the name is in force (leaders, renamed places), empty for open.
- surface: words with marks for their forms, see `core.match.declension`.

Look-up is by the first word, then the longest run of words. Keys are folded (lower case, Latin diacritics off,
ё as е, apostrophes as ') except for `exact` names, whose keys are capitals and so never meet a folded one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from watchdog_bot.core.match.declension import word_forms

GUARDS = frozenset({"block", "person"})  # kinds that name no country
KINDS = GUARDS | {
    "name", "short", "official", "former", "demonym", "adjective", "capital", "region", "city", "town", "institution",
    "office", "leader",
}  # fmt: skip
CASES = frozenset({"cap", "mid", "any", "exact"})
COMMON = frozenset({"en", "ru", "uk"})  # languages whose names are looked for in every text
REMEMBERED = 40_000  # pieces of texts a language (and those of one text more): a few megabytes
LONGEST_ACRONYM = 10  # "U.S.S.R."

# Latin letters typed into Cyrillic words, common in Ukrainian ("Укрaїнa"): they look alike, so they are read alike.
_LOOKALIKES = str.maketrans("aceiopxyABCEHIKMOPTX", "асеіорхуАВСЕНІКМОРТХ")
_MIXED = re.compile(r"[A-Za-z][Ѐ-ӿ]|[Ѐ-ӿ][A-Za-z]")
_JOINED = re.compile(r"لل|ال|[وفبلک]")  # and, then, with, to, like; the
_AROUND = ',;:!?()[]«»„“”"…'  # what stands around words; not a dot, which may be an acronym's
_PIECE = re.compile(r"[^\s\-‐-―]+")

_APOSTROPHES = dict.fromkeys(map(ord, "’ʼ‘`ʻ´"), "'")
_SPECIAL = {
    ord("ё"): "е",
    ord("ў"): "у",
    ord("ı"): "i",
    ord("ł"): "l",
    ord("đ"): "d",
    ord("ø"): "o",
    ord("ə"): "e",
    ord("æ"): "ae",
    ord("ß"): "ss",
}


def _fold_table() -> dict[int, str]:
    table = {**_APOSTROPHES, **_SPECIAL}
    for point in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        letter = unicodedata.normalize("NFD", chr(point))
        if len(letter) > 1 and letter[0].isascii():
            table.setdefault(point, letter[0])
    table[0x307] = ""  # the dot that "İ".lower() leaves behind
    table[0x640] = ""  # Arabic tatweel
    for point in (*range(0x64B, 0x653), 0x670, 0x200C, 0x200D):  # vowel signs, joiners
        table[point] = ""
    table |= {
        ord(a): b for a, b in zip("أإآٱىيئكةۀؤ", "اااایییکههو", strict=True)
    }  # Arabic and Persian keyboards differ
    return table


_FOLD = _fold_table()
_PLAIN = re.compile("[а-яіїєґ]+")  # most Cyrillic words: nothing in them is folded, and looking is cheaper
_DOTS = re.compile(r"^(?:[^\W\d_]\.)+[^\W\d_]?\.?$")


def fold_word(word: str) -> str:
    """One word as the gazetteer's key."""
    lower = word.lower()
    return lower if lower.isascii() or _PLAIN.fullmatch(lower) else lower.translate(_FOLD)


@dataclass(frozen=True, slots=True)
class Name:
    """What one line of the gazetteer says, apart from its surface."""

    codes: tuple[str, ...]
    kind: str
    language: str
    weight: float
    exact: bool = False  # as written, in capitals
    anywhere: bool = False  # in any case
    mid: bool = False  # not at the start of a sentence
    supported: bool = False  # counts only beside other evidence
    since: date | None = None
    until: date | None = None

    def in_force(self, on: date) -> bool:
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


class Branch:
    """A node of the look-up: what the words so far name, and which words may follow.

    `heads`: the first letters of those words, small; that most words do not begin so is told without reading them.
    """

    __slots__ = ("heads", "name", "next")

    def __init__(self) -> None:
        self.name: Name | None = None
        self.next: dict[str, Branch] | None = None
        self.heads = ""

    def follow(self, forms: tuple[str, ...]) -> list[Branch]:
        """The branches behind these forms; those that lead nowhere yet share a new one."""
        if self.next is None:
            self.next = {}
        known = self.next
        branches = list({id(known[form]): known[form] for form in forms if form in known}.values())
        fresh = None
        for form in forms:
            if form not in known:
                if fresh is None:
                    fresh = Branch()
                    branches.append(fresh)
                known[form] = fresh
                if form[:1].lower() not in self.heads:
                    self.heads += form[:1].lower()
        return branches


Leads = tuple[tuple[Branch, bool], ...]  # where a word leads, and whether it is an acronym found as written
Held = dict[str, Leads]  # by the words of a piece that start a name


class _Memory:
    """What pieces of texts in one language held."""

    __slots__ = ("barren", "held")

    def __init__(self) -> None:
        self.barren: set[str] = set()
        self.held: dict[str, Held] = {}

    def bound(self) -> None:
        """Forget all when it has grown too large: what is common is learnt again from a few texts."""
        if len(self.barren) + len(self.held) >= REMEMBERED:
            self.barren.clear()
            self.held.clear()


class Gazetteer:
    """Names of countries in many languages, by their words."""

    __slots__ = ("_common", "_memory", "_persons", "_size", "_small", "_tongues", "_waiting", "small_heads")

    def __init__(self) -> None:
        self._common = Branch()  # English, Russian and Ukrainian: looked for in every text
        self._small = Branch()  # those of them that need no capital
        self._tongues: dict[str | None, Branch] = {}  # other languages, as texts in them come
        self._waiting: dict[str | None, list[tuple[str, Name]]] = {}
        self._persons: set[str] = set()
        self.small_heads: set[str] = set()  # first words of names in plain Latin letters that need no capital
        self._size = 0
        self._memory: dict[str | None, _Memory] = {}

    @classmethod
    def from_lines(cls, lines: Iterable[str]) -> Gazetteer:
        """Reads the lines of one or more gazetteer files.

        Raises ValueError, naming the line, for one that does not have eight fields or a field it cannot read.
        """
        gazetteer = cls()
        heads: dict[str, Name] = {}  # thousands of lines differ in nothing but the surface
        for number, line in enumerate(lines, start=1):
            head, _, surface = line.rstrip("\n").rpartition("\t")
            if line[:1] != "#" and line.strip():
                try:
                    name = heads.get(head)
                    if name is None:
                        name = heads[head] = _name(head.split("\t"))
                    gazetteer._add(name, surface)
                except (ValueError, KeyError, IndexError) as error:
                    raise ValueError(
                        f"line {number} of the gazetteer cannot be read ({error}): {line!r}"
                    ) from error
        return gazetteer

    def __len__(self) -> int:
        """How many names it holds, their forms not counted."""
        return self._size

    def starts(self, pieces: set[str], language: str | None, words: Callable[[str], list[str]]) -> Held:
        """Those words of the pieces that start a name, and where each leads.

        A piece is what stands between spaces; `words` takes one apart, the same way for every text of a language.
        Names of the text's language are tried before the common ones. What a piece held is remembered, for most
        pieces of most texts hold nothing, and those are left out by one difference of sets.
        """
        memory = self._memory.setdefault(language, _Memory())
        memory.bound()
        found: Held = {}
        for piece in pieces - memory.barren:
            held = memory.held.get(piece)
            if held is None:
                bare = piece.strip(_AROUND)
                inside = (bare,) if bare.isalpha() else words(piece)
                held = {word: leads for word in inside if (leads := self._look_up(word, language))}
                if not held:
                    memory.barren.add(piece)
                    continue
                memory.held[piece] = held
            found.update(held)
        return found

    def _look_up(self, word: str, language: str | None) -> Leads:
        small = word.islower()
        own_names = language in self._waiting
        if small and not own_names:  # most words of English, Russian and Ukrainian, told at once
            if word.isascii():
                if word not in self.small_heads:
                    return ()
            elif _PLAIN.fullmatch(word):
                branch = self._small.next.get(word) if self._small.next else None
                return () if branch is None else ((branch, False),)
        if len(word.encode()) not in {len(word), 2 * len(word)} and _MIXED.search(word):
            word = word.translate(_LOOKALIKES)
        key = fold_word(word)
        common = _start(self._small if small else self._common, word, key)
        own = _start(self._tongue(language), word, key) if own_names else None
        if own is None:
            return () if common is None else (common,)
        return (own,) if common is None else (own, common)

    def _tongue(self, language: str | None) -> Branch:
        """Names of one other language, filed when the first text in it comes: most installations read few."""
        root = self._tongues.get(language)
        if root is None:
            root = Branch()
            for surface, name in self._waiting.get(language, ()):
                _file(root, tuple(_words(surface, name.language, exact=name.exact)), name)
            self._tongues[language] = root
        return root

    def is_person(self, word: str) -> bool:
        """Whether the word is a first name or a title that stands before a surname."""
        return word in self._persons

    def _add(self, name: Name, surface: str) -> None:
        self._size += 1
        if name.kind == "person":
            self._persons.add(surface)
        elif name.language not in COMMON:
            self._waiting.setdefault(name.language, []).append((surface, name))
        else:
            words = tuple(_words(surface, name.language, exact=name.exact))
            _file(self._common, words, name)
            if name.anywhere:
                _file(self._small, words, name)
                self.small_heads.update(form for form in words[0] if form.isascii())


def _name(fields: list[str]) -> Name:
    codes, kind, language, case, weight, since, until = fields
    rule = case.rstrip("?")
    if rule not in CASES:
        raise ValueError(f"no case rule {case!r}")
    return Name(
        codes=() if codes == "-" else tuple(codes.split(",")),
        kind=kind,
        language=language,
        weight=float(weight),
        exact=rule == "exact",
        anywhere=rule == "any",
        mid=rule == "mid",
        supported=case.endswith("?"),
        since=date.fromisoformat(since) if since else None,
        until=date.fromisoformat(until) if until else None,
    )


def _file(root: Branch, words: Iterable[tuple[str, ...]], name: Name) -> None:
    """Files the name under all its spellings. The first of two names with one spelling wins, unless it needs support."""
    branches = [root]
    for forms in words:
        branches = (
            branches[0].follow(forms)
            if len(branches) == 1
            else [after for each in branches for after in each.follow(forms)]
        )
    for branch in branches:
        if branch.name is None or (branch.name.supported and not name.supported):
            branch.name = name


def _start(root: Branch, word: str, key: str) -> tuple[Branch, bool] | None:
    """Where a word leads from a root. `key`: the word folded."""
    known = root.next or {}
    if word.isupper() and len(word) <= LONGEST_ACRONYM:
        branch = known.get(word.replace(".", "") if "." in word else word)
        if branch is not None:
            return branch, True
    branch = known.get(key)
    if branch is None and "'" in key:  # d'Ukraine, Ukraine'nin
        head, _, tail = key.partition("'")
        branch = known.get(tail if len(head) <= 2 else head)
    if branch is None and "؀" < key[:1] < "ۿ":
        branch = next((found for bare in _unjoined(key) if (found := known.get(bare))), None)
    return None if branch is None else (branch, False)


def _unjoined(word: str) -> Iterator[str]:
    """An Arabic word without the little words and the article that are written joined to it."""
    match = _JOINED.match(word)
    while match and len(word) - match.end() > 2:
        word = word[match.end() :]
        yield word
        if match[0] == "لل":
            yield f"ال{word}"  # "to" swallows the article's first letter
        match = _JOINED.match(word)


def _words(surface: str, language: str, *, exact: bool) -> Iterator[tuple[str, ...]]:
    """The words of a surface, each with its folded forms."""
    for piece in _PIECE.findall(surface) if " " in surface or "-" in surface else (surface,):
        dotted = "." in piece and len(piece) > 2 and bool(_DOTS.match(piece))
        bare = piece.replace(".", "") if dotted else piece.rstrip(".,")
        if "~" not in bare and "{" not in bare:
            yield (bare,) if exact or dotted else (fold_word(bare),)
            continue
        forms = word_forms(bare, language)
        yield forms if exact or dotted else tuple(dict.fromkeys([fold_word(form) for form in forms]))
