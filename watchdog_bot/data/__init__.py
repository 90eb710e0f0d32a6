"""The only reader of the data files that are shipped with the program, and of an operator's own names of countries."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from watchdog_bot.core.errors import ConfigError
from watchdog_bot.core.feeds.catalogue import Source, read_catalogue
from watchdog_bot.core.match.atlas import Atlas
from watchdog_bot.core.match.countries import CountryTagger
from watchdog_bot.core.match.gazetteer import Gazetteer
from watchdog_bot.core.match.gazetteer_faults import line_faults
from watchdog_bot.core.match.people import NameFinder
from watchdog_bot.core.match.topic_list import ShippedTopic, read_topics

OWN_LIMIT = 2_000_000  # bytes of an operator's own file
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
    "cldr_capitals",
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

    `own`: lines of an operator's own gazetteer file (`own_names`), which win over the shipped ones. Raises
    ValueError, naming the line, for one that cannot be read.
    """
    return CountryTagger(Gazetteer.from_lines((*own, *gazetteer_lines())))


def own_names(path: Path) -> tuple[str, ...]:
    """The lines of an operator's own gazetteer file, for `load_tagger`.

    Raises ConfigError with every fault of the file: the number of the line, the cause, the mend.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(OWN_LIMIT + 1)
        lines = tuple(raw.decode("utf-8-sig").splitlines())
    except OSError as error:
        cause = error.strerror or "it cannot be opened"
        raise _own_fault(
            f"{path} cannot be read: {cause}. Name a file that is there, or take the key out."
        ) from None
    except UnicodeDecodeError as error:
        number = error.object.count(b"\n", 0, error.start) + 1
        raise _own_fault(f"{path}, line {number}: the text is not UTF-8. Save the file as UTF-8.") from None
    if len(raw) > OWN_LIMIT:
        raise _own_fault(f"{path} is larger than {OWN_LIMIT} bytes. Is it the right file?")
    faults = [f"{path}, line {number}: {fault}" for number, fault in line_faults(lines, load_atlas().names)]
    if faults:
        raise _own_fault(*faults)
    return lines


def _own_fault(*faults: str) -> ConfigError:
    return ConfigError(tuple(f"countries.own_names: {fault}" for fault in faults))


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
def load_name_finder() -> NameFinder:
    """What finds the people that a post tells of, built once; it takes some tenths of a second."""
    return NameFinder.from_lines(gazetteer_lines())


@cache
def load_catalogue() -> tuple[Source, ...]:
    """The shipped list of sources."""
    return read_catalogue(files(__package__).joinpath("catalogue.toml").read_text(encoding="utf-8"))


@cache
def load_topics() -> tuple[ShippedTopic, ...]:
    """The shipped topics."""
    return read_topics(files(__package__).joinpath("topics.toml").read_text(encoding="utf-8"))
