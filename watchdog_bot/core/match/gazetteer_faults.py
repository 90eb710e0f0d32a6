"""What is wrong with a line of an operator's own gazetteer file, in words, each with its mend.

The shipped files are tested; `core.match.gazetteer` reads them as they are and stops at the first fault. Of a file
that an operator writes all faults are told at once.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from datetime import date

from watchdog_bot.core.match.declension import word_forms
from watchdog_bot.core.match.gazetteer import CASES, GUARDS, KINDS

FIELDS = ("code", "kind", "language", "case", "weight", "from", "to", "surface")
SHOWN = 60  # characters of a wrong line in a fault


def line_faults(lines: Iterable[str], codes: Container[str]) -> Iterator[tuple[int, str]]:
    """The number (from 1) of each line that cannot be read, and what is wrong with it. `codes`: those there are."""
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#") and (fault := _fault(line, codes)) is not None:
            yield number, f"{fault} The line: {line.strip()[:SHOWN]!r}"


def _fault(line: str, codes: Container[str]) -> str | None:
    fields = line.rstrip("\n").split("\t")
    if len(fields) != len(FIELDS):
        return (
            f"it has {len(fields)} fields, not {len(FIELDS)}. Write {', '.join(FIELDS)} with one tab between two of "
            "them; from and to may be empty, their tabs must stay."
        )
    named, kind, language, case, weight, since, until, surface = fields
    return (
        _code_fault(named, kind, codes)
        or _choice_fault("kind", kind, KINDS)
        or _choice_fault("case", case.removesuffix("?"), CASES)
        or _weight_fault(weight)
        or _date_fault("from", since)
        or _date_fault("to", until)
        or _surface_fault(surface, language)
    )


def _code_fault(named: str, kind: str, codes: Container[str]) -> str | None:
    if kind in GUARDS:
        return None if named == "-" else f"a line of kind {kind} names no country. Write - as its code."
    for code in named.split(","):
        if code not in codes:
            return (
                f"{code!r} is no code of a country. Write two capitals of ISO 3166-1 (XK for Kosovo), several with "
                'commas and no spaces between: "AM,AZ".'
            )
    return None


def _choice_fault(field: str, value: str, choices: Iterable[str]) -> str | None:
    if value in choices:
        return None
    return f"{value!r} is no {field}. Write one of {', '.join(sorted(choices))}."


def _weight_fault(weight: str) -> str | None:
    try:
        fits = 0 <= float(weight) <= 1
    except ValueError:
        fits = False
    return (
        None
        if fits
        else f"the weight is {weight!r}. Write a number from 0 to 1: 1 for a name, 0.6 for a town."
    )


def _date_fault(field: str, value: str) -> str | None:
    try:
        if value:
            date.fromisoformat(value)
    except ValueError:
        return f"{field} is {value!r}. Write a date as 2024-12-31, or nothing."
    return None


def _surface_fault(surface: str, language: str) -> str | None:
    if not surface.strip():
        return "it names nothing. Write the name last."
    try:
        for word in surface.replace("-", " ").split():
            if not all(word_forms(word, language)):
                return f"{word!r} has an empty form. Take the spare comma out of its brackets."
    except KeyError:
        return (
            f"{surface!r} has a mark that {language!r} does not know. Write the word without ~ and what follows, or "
            "its forms in brackets: Кишин{ев,ева,еве}."
        )
    return None
