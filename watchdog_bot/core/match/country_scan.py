"""Finds the names of countries in a text: left to right, longest first. It judges nothing; the rules do.

A word in small letters starts only names that need no capital: peoples and adjectives of Slavic and Romance
languages, and a few English words ("naira"); one with a capital may start any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from watchdog_bot.core.match.gazetteer import Branch, Gazetteer, Name, fold_word

_WORD = r"[^\W\d_]+(?:['’ʼ](?!s\b)[^\W\d_]+)*"
_DOTTED = r"(?:[A-ZА-Я]\.){2,}|(?:[A-ZА-Я]\.)+[A-ZА-Я]\b"
# After its first letter a word has letters, or an acronym's dots ("U.S."), or an apostrophe ("d'Ivoire").
_REST = r"(?:[^\W\d_]+(?:['’ʼ](?!s\b)[^\W\d_]+)*|(?:\.[A-ZА-Я])+\b\.?|['’ʼ](?!s\b)[^\W\d_]+|)"
_words = re.compile(rf"(?<![^\W_])[^\W\d_]{_REST}").findall
_AFTER = re.compile(rf"(?:[ \t\r\n\xa0]+|[-‐-―])({_DOTTED}|{_WORD})")
_AFTER_DOT = re.compile(rf"\.?[ \t\r\n\xa0]*({_WORD})")
_APOSTROPHES = ("'", "’", "ʼ")
_CONTINUES = re.compile(r"['’ʼ](?!s\b)[^\W\d_]")
_OPENING = re.compile(r"(?:^|[.!?…:«»\"“”(\[\n|*•]|[-–—]\s)\s*$")


@dataclass(slots=True)
class Found:
    """One naming. The rules change its codes (empty: it names no country) and its factor."""

    name: Name
    start: int
    end: int
    text: str
    key: str  # the text in small letters
    codes: tuple[str, ...]
    factor: float = 1.0  # times the name's weight; 0: a mention that says nothing of what the text is about
    leads: bool = True  # whether it may be the naming that opens the story
    noun: bool = True  # whether the country is named by a noun


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
    """Distinct pieces between spaces are looked up first, then only the words in them that start a name are sought
    in the text: most start none, and asking once for each is what makes a post take a fraction of a millisecond.
    """
    text = zone.text
    starts = gazetteer.starts(set(text.split()), language, _words)
    places: list[tuple[int, str]] = []
    for word in starts:
        _add_places(places, word, text)
    places.sort()
    done = 0
    for at, word in places:
        if at < done:
            continue
        for branch, exact in starts[word]:
            name, end = _longest(text, branch, at + len(word))
            if name is not None and _fits(name, zone, at, end, exact=exact):
                done = end
                named = text[at:end]
                yield Found(name, at, end, named, named.lower(), name.codes, noun=name.kind != "adjective")
                break


def _add_places(places: list[tuple[int, str]], word: str, text: str) -> None:
    """Adds where the word stands as a word of its own."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        after = text[end : end + 1]
        if not (
            after.isalpha()
            or (at and text[at - 1].isalnum())
            or (after in _APOSTROPHES and _CONTINUES.match(text, end))
            or (after == "." and "." in word)
        ):
            places.append((at, word))
        at = text.find(word, end)


def _longest(text: str, branch: Branch, end: int) -> tuple[Name | None, int]:
    """The longest name from the branch on, and where it ends."""
    name, done = branch.name, end
    while branch.next:
        head = text[end + 1 : end + 2]
        if head.isalpha() and (head.lower() not in branch.heads) and (head.isascii() or "а" <= head <= "я"):
            break
        after = (_AFTER_DOT if text[end : end + 1] == "." else _AFTER).match(text, end)
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
            name, done = branch.name, end
    return name, done


_CYRILLIC_COMPOUND = re.compile(r"[Ѐ-ӿ][-‐‑]$")


def _fits(name: Name, zone: Zone, start: int, end: int, *, exact: bool) -> bool:
    """Rule 2: case."""
    if not (name.anywhere or exact or zone.text[start].isupper()) and zone.text[start].islower():
        return False
    if name.kind in {"city", "town"} and _CYRILLIC_COMPOUND.search(zone.text, max(0, start - 2), start):
        return False  # the second half of another town: Каменск-Уральский
    if name.mid and (zone.text[start:end].isupper() or opens_sentence(zone.text, start)):
        return False
    return not (zone.shout and end - start <= 3 and (not exact or zone.text[start:end] == "US"))


def opens_sentence(text: str, start: int) -> bool:
    """Whether the word there would have a capital letter whatever it was."""
    return _OPENING.search(text, max(0, start - 6), start) is not None
