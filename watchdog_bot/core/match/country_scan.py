"""Finds the names of countries in a text: left to right, longest first. It judges nothing; the rules do.

Only words that do not start with a small ASCII letter are looked up, for in English and in most languages
written in Latin letters a country's name has a capital; that leaves a fifth of an English text to look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from watchdog_bot.core.match.gazetteer import Branch, Gazetteer, Name, fold_word

_WORD = r"[^\W\d_]+(?:['’ʼ](?!s\b)[^\W\d_]+)*"
_DOTTED = r"(?:[A-ZА-Я]\.){2,}|(?:[A-ZА-Я]\.)+[A-ZА-Я]\b"
# The rest of a word after its first letter: letters, or an acronym's dots ("U.S."), or an apostrophe ("d'Ivoire").
_REST = r"(?:[^\W\d_]+(?:['’ʼ](?!s\b)[^\W\d_]+)*|(?:\.[A-ZА-Я])+\b\.?|['’ʼ](?!s\b)[^\W\d_]+|)"
_CAPITALISED = re.compile(rf"(?<![^\W_])(?![a-z])[^\W\d_]{_REST}")
_EVERY = re.compile(rf"(?<![^\W_])[^\W\d_]{_REST}")
# Languages in Latin letters that write adjectives of peoples without a capital.
SMALL_LETTERED = frozenset({"fr", "es", "pl", "ro", "bs", "sq", "uz", "az", "tr", "de"})
_AFTER = re.compile(rf"(?:[ \t\r\n\xa0]+|[-‐-―])({_DOTTED}|{_WORD})")
_AFTER_DOT = re.compile(rf"\.?[ \t\r\n\xa0]*({_WORD})")
_CONTINUES = re.compile(r"[^\W\d_]|['’ʼ](?!s\b)[^\W\d_]")
_OPENING = re.compile(r"(?:^|[.!?…:«»\"“”(\[\n|]|[-–—]\s)\s*$")


@dataclass(slots=True)
class Found:
    """One naming. The rules change its codes (empty: it names no country) and its factor."""

    name: Name
    start: int
    end: int
    text: str
    codes: tuple[str, ...]
    factor: float = 1.0  # times the name's weight; 0: a mention that says nothing of what the text is about
    leads: bool = True  # whether it may be the naming that opens the story

    @property
    def key(self) -> str:
        return self.text.lower()


@dataclass(slots=True)
class Zone:
    """A title or a text with what was found in it, in order."""

    text: str
    where: str  # "title" or "text"
    shout: bool  # ALL CAPS: a capital letter says nothing there
    found: list[Found] = field(default_factory=list)


def scan(text: str, where: str, gazetteer: Gazetteer, language: str | None = None) -> Zone:
    """The zone with every name in it. `language`: of the text, whose own names are tried first."""
    zone = Zone(text, where, shout=text.isupper())
    zone.found.extend(_names(zone, gazetteer, language))
    return zone


def _names(zone: Zone, gazetteer: Gazetteer, language: str | None) -> Iterator[Found]:
    """Distinct words are looked up first, then only those that start a name are sought in the text: most words
    of most texts start none, and asking once for each is what makes a post take a fraction of a millisecond.
    """
    text = zone.text
    pattern = _EVERY if language in SMALL_LETTERED else _CAPITALISED
    starts = gazetteer.starts(set(pattern.findall(text)), language)
    done = 0
    for at, word in sorted((place, start) for start in starts for place in _places(start, text)):
        if at < done:
            continue
        for branch, exact in starts[word]:
            best = _longest(text, branch, at + len(word))
            if best is not None and _fits(best[0], zone, at, best[1], exact=exact):
                name, done = best
                yield Found(name, at, done, text[at:done], name.codes)
                break


def _places(word: str, text: str) -> Iterator[int]:
    """Where the word stands as a word of its own."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if (
            not (at and text[at - 1].isalnum())
            and not _CONTINUES.match(text, end)
            and not (text[end : end + 1] == "." and "." in word)
        ):
            yield at
        at = text.find(word, end)


def _longest(text: str, branch: Branch, end: int) -> tuple[Name, int] | None:
    best = None if branch.name is None else (branch.name, end)
    while branch.next:
        after = _AFTER.match(text, end)
        if after is None and text[end : end + 1] == ".":
            after = _AFTER_DOT.match(text, end)
        if after is None:
            break
        word = after[1]
        following = branch.next.get(fold_word(word))
        if following is None and word.isupper():
            following = branch.next.get(word.replace(".", ""))
        if following is None:
            break
        branch = following
        end = after.end()
        if branch.name is not None:
            best = (branch.name, end)
    return best


_CYRILLIC_COMPOUND = re.compile(r"[Ѐ-ӿ][-‐‑]$")


def _fits(name: Name, zone: Zone, start: int, end: int, *, exact: bool) -> bool:
    """Rule 2: case."""
    if not (name.anywhere or exact or zone.text[start].isupper()) and zone.text[start].islower():
        return False
    if name.kind in {"city", "town"} and _CYRILLIC_COMPOUND.search(zone.text, max(0, start - 2), start):
        return False  # the second half of another town: Каменск-Уральский
    if name.mid and (zone.shout or opens_sentence(zone.text, start)):
        return False
    return not (zone.shout and end - start <= 3 and (not exact or zone.text[start:end] == "US"))


def opens_sentence(text: str, start: int) -> bool:
    """Whether the word there would have a capital letter whatever it was."""
    return _OPENING.search(text, max(0, start - 6), start) is not None
