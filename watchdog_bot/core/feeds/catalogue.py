"""The shipped list of sources, as values. Nobody has promised that an address still answers: `last_verified` says
when one was last seen to work, and "never" is an honest answer.

Reading it refuses what cannot be meant: an unknown key, an address that is not https, a code that is no country's, a
language that is no tag, rules that have faults, a source that stands in it twice.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from watchdog_bot.core.feeds.elsewhere import fault
from watchdog_bot.core.feeds.entry import clean_language
from watchdog_bot.core.feeds.identity import canonical_link
from watchdog_bot.core.feeds.links import absolute
from watchdog_bot.core.feeds.rules import NO_RULES, SourceRules, faults, from_table
from watchdog_bot.core.model import FeedKind


@dataclass(frozen=True, slots=True)
class Source:
    """One publisher's feed or page. `url` is empty where only the home page is known: discovery starts there."""

    name: str
    home: str
    url: str = ""
    kind: FeedKind = FeedKind.AUTO
    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()  # what it is about when it is about few
    last_verified: date | None = None  # None: never
    note: str = ""
    mirror: str = ""  # where readers find its posts when they cannot reach it (core.feeds.elsewhere)
    archive: str = ""  # the same in a web archive
    rules: SourceRules = field(default=NO_RULES)

    @property
    def language(self) -> str | None:
        """The language of its texts where there is only one."""
        return self.languages[0] if len(self.languages) == 1 else None


_KEYS = frozenset(
    {
        "name",
        "home",
        "url",
        "kind",
        "languages",
        "countries",
        "last_verified",
        "note",
        "mirror",
        "archive",
        "rules",
    }
)
_COUNTRY = re.compile(r"[A-Z]{2}")
_TEXTS = ("name", "home", "url", "kind", "note", "mirror", "archive")


def read_catalogue(text: str) -> tuple[Source, ...]:
    """The catalogue from TOML. Raises ValueError naming the source and the key that is wrong."""
    tables = tomllib.loads(text)
    strange = sorted(tables.keys() - {"source"})
    rows = tables.get("source", [])
    if strange or not isinstance(rows, list):
        raise ValueError(f"the catalogue holds blocks [[source]] and nothing else, not {strange or 'source'}")
    sources = tuple(_source(row, number) for number, row in enumerate(rows, start=1))
    for what, marks in (
        ("address", [canonical_link(source.url or source.home) for source in sources]),
        ("name", [source.name.casefold() for source in sources]),
    ):
        if (twice := _twice(marks)) is not None:
            raise ValueError(f"the {what} {twice} stands in the catalogue twice; keep one")
    return sources


def _twice(marks: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for mark in marks:
        if mark in seen:
            return mark
        seen.add(mark)
    return None


def _source(row: dict[str, Any], number: int) -> Source:
    who = f"source {number} ({row.get('name', 'without a name')})"
    if unknown := sorted(row.keys() - _KEYS):
        raise ValueError(f"{who}: unknown key {unknown[0]!r}; the keys are {', '.join(sorted(_KEYS))}")
    if wrong := [key for key in _TEXTS if not isinstance(row.get(key, ""), str)]:
        raise ValueError(f"{who}: {wrong[0]} is a text between quotes")
    if not row.get("name") or not row.get("home"):
        raise ValueError(f"{who}: every source has a name and a home page")
    kind = row.get("kind", "auto")
    if kind not in set(FeedKind):
        raise ValueError(f"{who}: kind {kind!r} is none of {', '.join(FeedKind)}")
    try:
        return Source(
            name=row["name"],
            home=_address(row["home"]),
            url=_address(row["url"]) if row.get("url") else "",
            kind=FeedKind(kind),
            languages=tuple(_language(each) for each in row.get("languages", ())),
            countries=tuple(_country(each) for each in row.get("countries", ())),
            last_verified=_day(row.get("last_verified", "never")),
            note=row.get("note", ""),
            mirror=_pattern("mirror", row),
            archive=_pattern("archive", row),
            rules=_rules(row.get("rules", {})),
        )
    except ValueError as error:
        raise ValueError(f"{who}: {error}") from None


def _address(text: str) -> str:
    if not text.startswith("https://") or absolute(text) is None:
        raise ValueError(f"{text!r} is no address that begins with https://")
    return text


def _pattern(key: str, row: dict[str, Any]) -> str:
    pattern: str = row.get(key, "")
    if pattern and (wrong := fault(pattern)) is not None:
        raise ValueError(f"{key} {wrong}")
    return pattern


def _language(tag: object) -> str:
    if not isinstance(tag, str) or clean_language(tag) != tag:
        raise ValueError(f'{tag!r} is no language tag such as "en" or "uk" (RFC 5646, lower case)')
    return tag


def _country(code: object) -> str:
    if not isinstance(code, str) or not _COUNTRY.fullmatch(code):
        raise ValueError(f'{code!r} is no country code such as "BY" (ISO 3166 alpha-2)')
    return code


def _day(value: object) -> date | None:
    if value == "never":
        return None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError('last_verified is a date such as 2026-04-30, or "never"')  # noqa: TRY004 - one kind of error for whoever reads a file
    return value


def _rules(table: object) -> SourceRules:
    try:
        rules = from_table(table)
    except ValueError as error:
        raise ValueError(f"rules: {error}") from None
    if found := faults(rules):
        raise ValueError(f"rules: {found[0]}")
    return rules
