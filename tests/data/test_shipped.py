"""The shipped data files are reviewed like code; what can be checked by machine is checked here."""

from __future__ import annotations

from pathlib import Path

import pytest

import watchdog_bot.data as shipped
from watchdog_bot.core.match.gazetteer import KINDS, Gazetteer

FOLDER = Path(shipped.__file__).parent


def rows() -> list[list[str]]:
    return [
        line.split("\t") for line in shipped.gazetteer_lines() if line.strip() and not line.startswith("#")
    ]


def test_every_line_has_eight_fields_and_a_known_kind() -> None:
    assert [row for row in rows() if len(row) != 8 or row[1] not in KINDS] == []


def test_every_code_has_a_name_to_show() -> None:
    known = set(shipped.load_atlas().names)
    assert {code for row in rows() if row[0] != "-" for code in row[0].split(",")} <= known


def test_only_guards_have_no_country() -> None:
    assert {row[1] for row in rows() if row[0] == "-"} == {"block", "person"}


def test_every_weight_is_between_nothing_and_one() -> None:
    assert all(0 <= float(row[4]) <= 1 for row in rows())


def test_no_line_stands_twice_in_one_file() -> None:
    for name in shipped.GAZETTEER_FILES:
        lines = [
            line
            for line in (FOLDER / "gazetteer" / f"{name}.tsv").read_text("utf-8").splitlines()
            if not line.startswith("#")
        ]
        assert len(lines) == len(set(lines)), name


def test_every_country_of_the_world_has_a_name_in_english_russian_and_ukrainian() -> None:
    named = {(row[0], row[2]) for row in rows() if row[1] in {"name", "short"}}
    members = {code for code, language in named if language == "en"}
    assert len(members) >= 193
    for code in sorted(members):
        assert (code, "ru") in named, code
        assert (code, "uk") in named, code


def test_the_countries_of_the_field_have_a_people_and_a_capital_in_three_languages() -> None:
    field = "AF AL AM AZ BA BG BY CZ EE GE HR HU IR KG KZ LT LV MD ME MK PK PL RO RS RU SI SK TJ TM TR UA UZ XK".split()  # noqa: SIM905
    have = {(row[0], row[1], row[2]) for row in rows()}
    for code in field:
        for language in ("en", "ru", "uk"):
            assert (code, "capital", language) in have or (code, "city", language) in have, (code, language)
            assert (code, "demonym", language) in have or (code, "adjective", language) in have, (
                code,
                language,
            )


def test_the_files_stay_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.rglob("*.tsv")) < 2_000_000


def test_the_sources_are_named() -> None:
    text = (FOLDER / "ATTRIBUTION.md").read_text("utf-8")
    assert "GeoNames" in text
    assert "CC BY 4.0" in text


def test_the_tagger_is_built_once() -> None:
    assert shipped.load_tagger() is shipped.load_tagger()
    assert isinstance(Gazetteer.from_lines(shipped.gazetteer_lines()), Gazetteer)


def test_an_operators_own_lines_win_over_the_shipped_ones() -> None:
    own = ("AM,AZ\tregion\ten\tcap\t0.8\t\t\tNagorno-Karabakh",)
    title = "Shelling in Nagorno-Karabakh"
    assert [each.code for each in shipped.load_tagger().read(title, "").about] == ["AZ"]
    assert {each.code for each in shipped.load_tagger(own).read(title, "").about} == {"AM", "AZ"}


@pytest.mark.parametrize("name", shipped.GAZETTEER_FILES)
def test_every_file_says_what_its_columns_are(name: str) -> None:
    lines = (FOLDER / "gazetteer" / f"{name}.tsv").read_text("utf-8").splitlines()
    assert "# code\tkind\tlanguage\tcase\tweight\tfrom\tto\tsurface" in lines[:4]
