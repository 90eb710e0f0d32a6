"""An operator's own names of countries: they win, and each fault is told with its line, cause and mend."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from watchdog_bot.core.errors import ConfigError
from watchdog_bot.data import OWN_LIMIT, load_tagger, own_names

LINE = "AM,AZ\tregion\ten\tcap\t0.8\t\t\tNagorno-Karabakh"


def written(folder: Path, *lines: str) -> Path:
    path = folder / "names.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def faults_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as told:
        own_names(path)
    return told.value.faults


def about(own: tuple[str, ...], title: str) -> list[str]:
    return sorted(each.code for each in load_tagger(own).read(title, "").about)


def test_the_lines_of_a_good_file_win_over_the_shipped_ones(tmp_path: Path) -> None:
    own = own_names(written(tmp_path, "# ours", "", LINE, "RU\tregion\tru\tcap\t0.8\t\t\tКрым~n"))
    assert about(own, "Shelling in Nagorno-Karabakh") == ["AM", "AZ"]
    assert about(own, "Обыски в Крыму") == ["RU"]
    assert about((), "Обыски в Крыму") == ["UA"]


def test_they_can_take_a_name_away(tmp_path: Path) -> None:
    own = own_names(
        written(tmp_path, "-\tblock\ten\tcap\t0\t\t\tTexas Tribune", "-\tblock\ten\tcap\t0\t\t\tGezi Park")
    )
    assert about((), "Gezi Park reopened") == ["TR"]
    assert about(own, "Gezi Park reopened") == []


def test_a_line_of_the_shipped_table_of_contested_places_can_be_copied(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "watchdog_bot" / "data" / "gazetteer" / "contested.tsv"
    assert len(own_names(shipped)) > 100


def test_the_lines_on_the_page_about_countries_can_be_copied(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "countries.md").read_text("utf-8")
    (block,) = re.findall(r"```\n(# code\t.*?)```", page, flags=re.DOTALL)
    own = own_names(written(tmp_path, block))
    assert about(own, "Обыски в Нагорном Карабахе") == ["AM", "AZ"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            "AM Nagorno-Karabakh",
            "it has 1 fields, not 8. Write code, kind, language, case, weight, from, to, surface",
        ),
        (LINE.replace("AM,AZ", "Armenia"), "'Armenia' is no code of a country. Write two capitals"),
        (LINE.replace("region", "place"), "'place' is no kind. Write one of adjective, block, capital"),
        (LINE.replace("cap", "upper"), "'upper' is no case. Write one of any, cap, exact, mid."),
        (LINE.replace("0.8", "80%"), "the weight is '80%'. Write a number from 0 to 1"),
        (LINE.replace("0.8", "2"), "the weight is '2'. Write a number from 0 to 1"),
        (LINE.replace("\t\t\t", "\t1994\t\t"), "from is '1994'. Write a date as 2024-12-31, or nothing."),
        (LINE.replace("\t\t\t", "\t\t31.12.2024\t"), "to is '31.12.2024'. Write a date as 2024-12-31"),
        (LINE.replace("Nagorno-Karabakh", " "), "it names nothing. Write the name last."),
        (
            LINE.replace("Karabakh", "Karabakh~q"),
            "has a mark that 'en' does not know. Write the word without ~",
        ),
        (LINE.replace("Nagorno-Karabakh", "{,}"), "has an empty form. Take the spare comma out"),
        (LINE.replace("region", "block"), "a line of kind block names no country. Write - as its code."),
    ],
)
def test_a_line_that_cannot_be_read_is_told_with_its_cause_and_mend(
    line: str, fault: str, tmp_path: Path
) -> None:
    (told,) = faults_of(written(tmp_path, "# ours", LINE, line))
    assert told.startswith(f"countries.own_names: {tmp_path / 'names.tsv'}, line 3: ")
    assert fault in told


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    told = faults_of(written(tmp_path, "one", LINE, "two"))
    assert [fault.split(": ")[1].rpartition(", ")[2] for fault in told] == ["line 1", "line 3"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (told,) = faults_of(tmp_path / "absent.tsv")
    assert "absent.tsv cannot be read: No such file or directory. Name a file that is there" in told


def test_a_file_that_is_not_utf_8_is_told_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_bytes(LINE.encode() + "\nКрым".encode("cp1251"))
    (told,) = faults_of(path)
    assert "line 2: the text is not UTF-8. Save the file as UTF-8." in told


def test_a_file_without_end_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text("# comment\n" * (OWN_LIMIT // 10 + 1))
    assert "is larger than" in faults_of(path)[0]


def test_what_windows_puts_before_a_text_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_bytes(b"\xef\xbb\xbf" + LINE.encode() + b"\r\n")
    assert own_names(path) == (LINE,)
