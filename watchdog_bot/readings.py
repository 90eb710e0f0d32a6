"""Reading which countries entries are about, before it is decided whom they concern."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from typing import Protocol

from watchdog_bot.core import decide
from watchdog_bot.core.model import CountryReading, Feed, ParsedEntry

INLINE_ENTRIES = 3  # entries that are read in the loop
TEXT_READ = 4000  # characters of a post's text in which countries are looked for


class Reading(Protocol):
    """What `CountryTagger.read` does."""

    def __call__(
        self,
        title: str,
        text: str,
        *,
        language: str | None = None,
        hints: tuple[str, ...] = (),
        on: date | None = None,
    ) -> CountryReading:
        """Which countries a text is about; `on` is its day, for who was in office then."""
        ...


async def with_readings(
    read: Reading, feed: Feed, entries: tuple[decide.EntryFacts, ...]
) -> tuple[decide.EntryFacts, ...]:
    """Off the loop when there are many: a first poll may bring thousands of entries."""
    if sum(each.needs_reading for each in entries) <= INLINE_ENTRIES:
        return _read_all(read, feed, entries)
    return await asyncio.to_thread(_read_all, read, feed, entries)


def _read_all(
    read: Reading, feed: Feed, entries: tuple[decide.EntryFacts, ...]
) -> tuple[decide.EntryFacts, ...]:
    return tuple(
        replace(each, reading=read_entry(read, each.entry, feed)) if each.needs_reading else each
        for each in entries
    )


def read_entry(read: Reading, entry: ParsedEntry, feed: Feed) -> CountryReading:
    """The countries of an entry, its feed's own countries being evidence as well."""
    repeats = entry.content.startswith(entry.summary)
    text = entry.content if repeats else f"{entry.summary}\n{entry.content}"
    moment = entry.published or entry.updated
    return read(
        entry.title,
        text[:TEXT_READ],
        language=entry.language or feed.language,
        hints=feed.countries,
        on=moment.date() if moment else None,
    )
