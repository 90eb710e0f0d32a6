"""The shipped list of sources, as values. Nobody has promised that an address still answers: `last_verified` says
when one was last seen to work, and "never" is an honest answer.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from typing import Any

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

    @property
    def language(self) -> str | None:
        """The language of its texts where there is only one."""
        return self.languages[0] if len(self.languages) == 1 else None


_KEYS = frozenset({"name", "home", "url", "kind", "languages", "countries", "last_verified", "note"})


def read_catalogue(text: str) -> tuple[Source, ...]:
    """The catalogue from TOML. Raises ValueError naming the source and the key that is wrong."""
    rows = tomllib.loads(text).get("source", [])
    sources = tuple(_source(row, number) for number, row in enumerate(rows, start=1))
    seen: set[str] = set()
    for source in sources:
        address = source.url or source.home
        if address in seen:
            raise ValueError(f"{source.name}: the address {address} stands in the catalogue twice; keep one")
        seen.add(address)
    return sources


def _source(row: dict[str, Any], number: int) -> Source:
    who = f"source {number} ({row.get('name', 'without a name')})"
    unknown = sorted(row.keys() - _KEYS)
    if unknown:
        raise ValueError(f"{who}: unknown key {unknown[0]!r}; the keys are {', '.join(sorted(_KEYS))}")
    if not row.get("name") or not row.get("home"):
        raise ValueError(f"{who}: every source has a name and a home page")
    verified = row.get("last_verified", "never")
    if verified != "never" and not isinstance(verified, date):
        raise ValueError(f'{who}: last_verified is a date such as 2026-04-30, or "never"')
    try:
        kind = FeedKind(row.get("kind", "auto"))
    except ValueError:
        kinds = ", ".join(FeedKind)
        raise ValueError(f"{who}: kind {row['kind']!r} is none of {kinds}") from None
    return Source(
        name=row["name"],
        home=row["home"],
        url=row.get("url", ""),
        kind=kind,
        languages=tuple(row.get("languages", ())),
        countries=tuple(row.get("countries", ())),
        last_verified=None if verified == "never" else verified,
        note=row.get("note", ""),
    )
