"""Builds watchdog_bot/data/countries.tsv, the shown names of countries, from CLDR (through Babel).

    pip install babel && python scripts/build_atlas.py

The output is committed; names that CLDR writes for tables rather than for sentences are put right below.
"""

from __future__ import annotations

import re
from pathlib import Path

from babel import Locale  # type: ignore[import-not-found,unused-ignore]  # a builder's tool, not a dependency

OUT = Path(__file__).resolve().parent.parent / "watchdog_bot" / "data" / "countries.tsv"
LANGUAGES = ("en", "ru", "uk")
NOT_COUNTRIES = frozenset(
    {
        "AC",
        "BV",
        "CP",
        "CQ",
        "DG",
        "EA",
        "EU",
        "EZ",
        "GS",
        "HM",
        "IC",
        "QO",
        "TA",
        "TF",
        "UM",
        "UN",
        "XA",
        "XB",
        "ZZ",
        "AQ",
    }
)
BETTER = {
    ("en", "CD"): "Democratic Republic of the Congo",
    ("en", "CG"): "Republic of the Congo",
    ("en", "HK"): "Hong Kong",
    ("en", "MO"): "Macao",
    ("en", "MM"): "Myanmar",
    ("en", "TR"): "Turkey",
    ("en", "CI"): "Ivory Coast",
    ("en", "PS"): "Palestine",
    ("en", "VA"): "Vatican",
    ("en", "BA"): "Bosnia and Herzegovina",
    ("ru", "CD"): "Демократическая Республика Конго",
    ("ru", "CG"): "Республика Конго",
    ("ru", "HK"): "Гонконг",
    ("ru", "MO"): "Макао",
    ("ru", "MM"): "Мьянма",
    ("ru", "KG"): "Кыргызстан",
    ("ru", "KR"): "Южная Корея",
    ("ru", "KP"): "Северная Корея",
    ("ru", "US"): "США",
    ("ru", "ZA"): "ЮАР",
    ("ru", "PS"): "Палестина",
    ("ru", "PG"): "Папуа — Новая Гвинея",
    ("ru", "BQ"): "Карибские Нидерланды",
    ("ru", "VG"): "Британские Виргинские острова",
    ("ru", "VI"): "Американские Виргинские острова",
    ("uk", "VI"): "Американські Віргінські острови",
    ("uk", "VG"): "Британські Віргінські острови",
    ("uk", "CD"): "Демократична Республіка Конго",
    ("uk", "CG"): "Республіка Конго",
    ("uk", "HK"): "Гонконг",
    ("uk", "MO"): "Макао",
    ("uk", "MM"): "М'янма",
    ("uk", "US"): "США",
    ("uk", "PS"): "Палестина",
    ("uk", "ZA"): "Південна Африка",
}


def shown(language: str, code: str, name: str) -> str:
    if (language, code) in BETTER:
        return BETTER[language, code]
    name = (
        re.sub(r"\s*\(.*\)", "", name)
        .replace("о-ва", "острова")
        .replace("о-в", "остров")
        .replace("ʼ", "'")
        .replace("’", "'")
    )
    return name.replace(" & ", " and ") if language == "en" else name


def main() -> None:
    territories = {language: Locale(language).territories for language in LANGUAGES}
    codes = sorted(
        code for code in territories["en"] if re.fullmatch("[A-Z]{2}", code) and code not in NOT_COUNTRIES
    )
    lines = ["# country\tcode\t" + "\t".join(LANGUAGES)]
    lines += [
        "\t".join(
            ["country", code, *(shown(language, code, territories[language][code]) for language in LANGUAGES)]
        )
        for code in codes
    ]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
