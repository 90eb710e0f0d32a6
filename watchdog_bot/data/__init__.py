"""The only reader of the data files that are shipped with the program: gazetteer, regions and the like."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from watchdog_bot.core.feeds.catalogue import Source, read_catalogue
from watchdog_bot.core.match.atlas import Atlas
from watchdog_bot.core.match.countries import CountryTagger
from watchdog_bot.core.match.gazetteer import Gazetteer
from watchdog_bot.core.match.topic_list import ShippedTopic, read_topics

GAZETTEER_FILES = (
    "contested",
    "names",
    "demonyms",
    "places",
    "provinces",
    "institutions",
    "leaders",
    "other_tongues",
    "cldr_names",
    "cities",
    "blocks",
    "people",
)


def _lines(*path: str) -> tuple[str, ...]:
    return tuple(files(__package__).joinpath(*path).read_text(encoding="utf-8").splitlines())


def gazetteer_lines() -> tuple[str, ...]:
    """All lines of the gazetteer. Hand-reviewed files come first: where two say the same name, the first wins."""
    return tuple(line for name in GAZETTEER_FILES for line in _lines("gazetteer", f"{name}.tsv"))


@cache
def load_tagger(own: tuple[str, ...] = ()) -> CountryTagger:
    """The country tagger with the shipped gazetteer, built once for the same `own`.

    `own`: lines of an operator's own gazetteer file, which win over the shipped ones. Raises ValueError, naming the
    line, for one that cannot be read.
    """
    return CountryTagger(Gazetteer.from_lines((*own, *gazetteer_lines())))


def atlas_lines() -> tuple[str, ...]:
    """Shown names of countries, and the regions that can be followed."""
    return _lines("countries.tsv") + _lines("regions.tsv")


@cache
def load_atlas() -> Atlas:
    """Countries and regions, built once."""
    return Atlas.from_lines(
        atlas_lines(), gazetteer=_lines("gazetteer", "names.tsv") + _lines("gazetteer", "cldr_names.tsv")
    )


@cache
def load_catalogue() -> tuple[Source, ...]:
    """The shipped list of sources."""
    return read_catalogue(files(__package__).joinpath("catalogue.toml").read_text(encoding="utf-8"))


@cache
def load_topics() -> tuple[ShippedTopic, ...]:
    """The shipped topics."""
    return read_topics(files(__package__).joinpath("topics.toml").read_text(encoding="utf-8"))
