"""Countries and regions as people see and type them: shown names, flags, sets that can be followed.

It reads lines (data/countries.tsv, data/regions.tsv) and refuses to judge texts; that is the tagger's. What
belongs to which region is data, so an operator can change it in one file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from watchdog_bot.core.match.declension import word_forms

LANGUAGES = ("en", "ru", "uk")
_QUERY_KINDS = frozenset({"name", "short", "official", "former"})
_FLAG_BASE = 0x1F1E6  # REGIONAL INDICATOR SYMBOL LETTER A


@dataclass(frozen=True, slots=True)
class Region:
    """A set of countries with a name."""

    key: str  # stable, for callbacks and configuration: "central-asia"
    names: tuple[tuple[str, ...], ...]  # per language of LANGUAGES; the first of each is shown
    codes: frozenset[str]

    def name(self, language: str = "en") -> str:
        shown = self.names[LANGUAGES.index(language)] if language in LANGUAGES else ()
        return (shown or self.names[0])[0]


@dataclass(frozen=True, slots=True)
class Atlas:
    """All countries and regions. Build it with `from_lines`."""

    names: Mapping[str, tuple[str, ...]]  # code → shown names per language of LANGUAGES
    regions: Mapping[str, Region]
    typed: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # (name in any language, code)

    @classmethod
    def from_lines(cls, lines: Iterable[str], *, gazetteer: Iterable[str] = ()) -> Atlas:
        """`lines`: of countries.tsv and regions.tsv; `gazetteer`: lines whose country names can be typed.

        Raises ValueError, naming the line, for one that is neither a country nor a region.
        """
        names: dict[str, tuple[str, ...]] = {}
        regions: dict[str, Region] = {}
        for line in lines:
            if not line.strip() or line.startswith("#"):
                continue
            kind, key, *rest = line.rstrip("\n").split("\t")
            if kind == "country" and len(rest) == len(LANGUAGES):
                names[key] = tuple(rest)
            elif kind == "region" and len(rest) == len(LANGUAGES) + 1:
                regions[key] = Region(
                    key, tuple(_several(each) for each in rest[:-1]), frozenset(rest[-1].split())
                )
            else:
                raise ValueError(
                    f"neither a country nor a region: {line!r}; give it a kind, a key and {len(LANGUAGES)} names"
                )
        unknown = {code for region in regions.values() for code in region.codes} - names.keys()
        if unknown:
            raise ValueError(
                f"regions hold countries that have no name: {', '.join(sorted(unknown))}; add them or take them out"
            )
        return cls(names, regions, tuple(dict.fromkeys([*_shown(names), *_typed(gazetteer)])))

    @property
    def countries(self) -> tuple[str, ...]:
        """Codes of all countries, sorted by English name."""
        return tuple(sorted(self.names, key=lambda code: self.names[code][0]))

    def country_name(self, code: str, language: str = "en") -> str:
        """The name to show; the English one where there is none in that language, the code for an unknown one."""
        names = self.names.get(code)
        if names is None:
            return code
        return names[LANGUAGES.index(language)] if language in LANGUAGES else names[0]

    def names_for_queries(self) -> tuple[tuple[str, str], ...]:
        """(name, code) in every language on hand, never a demonym or a town; fold before use."""
        return self.typed

    def region_names_for_queries(self) -> tuple[tuple[str, str], ...]:
        """(name, region key) in every language on hand; fold before use."""
        return tuple(
            (name, region.key) for region in self.regions.values() for names in region.names for name in names
        )


def flag(code: str) -> str:
    """The country's flag as an emoji (Unicode UTS 51, regional indicators); empty for what is no code."""
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        return ""
    return "".join(chr(_FLAG_BASE + ord(letter) - ord("A")) for letter in code.upper())


def _several(field_text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in field_text.split(";") if name.strip())


def _shown(names: Mapping[str, tuple[str, ...]]) -> Iterable[tuple[str, str]]:
    return ((name, code) for code, each in names.items() for name in each)


def _typed(gazetteer: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in gazetteer:
        fields = line.split("\t")
        if len(fields) == 8 and fields[1] in _QUERY_KINDS and "," not in fields[0]:
            code, language, surface = fields[0], fields[2], fields[7]
            words = [
                " ".join(
                    "-".join(word_forms(part, language)[0] for part in word.split("-"))
                    for word in surface.split(" ")
                )
            ]
            yield words[0], code
