"""Build the labelled set of story pairs from the development corpora: the same story, or another one.

    python scripts/label_stories.py [--corpora FOLDER] [--out pairs.jsonl]

One line a pair: `{"kind", "same", "a": {"title", "text"}, "b": {…}}`. What is made, and how far it can be
believed, stands in docs/stories.md. Nothing is drawn by lot: choices come from hashes, so that a second run
gives the same set.

1. Simulated syndication of real texts, which are the same story by how they were made.
2. The same text with its main name or its numbers replaced throughout: another person's story, told in the same
   words. Another story by how it was made.
3. Real pairs, the nearest of each corpus by shared shingles and title words, judged by eye in
   `judged_stories.tsv`.
4. Random pairs of one corpus and one country, which are another story but for a chance that step 3 would show.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import blake2b
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.corpora import base  # noqa: E402 - the project is not installed here

JUDGED = Path(__file__).with_name("judged_stories.tsv")
CORPORA = ("rights_defenders_dev", "newswire_dev", "slavic_ru_dev")
LEAST = 600  # characters of a text that is syndicated
EACH = 120  # texts of a corpus that are
RANDOM = 1500  # pairs of a corpus


@dataclass(frozen=True, slots=True)
class Text:
    """A title and a plain text."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two posts of two sources, and whether they tell one story."""

    kind: str
    same: bool
    a: Text
    b: Text
    days: int | None = None  # between their datelines, where both tell one


@dataclass(frozen=True, slots=True)
class Document:
    """A text of a corpus, with the countries that it is about."""

    id: str
    corpus: str
    title: str
    text: str
    countries: frozenset[str]

    @property
    def plain(self) -> Text:
        """Without what only the corpus knows."""
        return Text(self.title, self.text)


def read(corpora: Path) -> tuple[Document, ...]:
    """Every document of the corpora that has a title."""
    found: list[Document] = []
    for corpus in CORPORA:
        for line in (corpora / "countries" / f"{corpus}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["title"]:
                found.append(
                    Document(row["id"], corpus, row["title"], row["text"], frozenset(row["countries"]))
                )
    return tuple(found)


def chance(*what: object) -> float:
    """A number from 0 to 1 that depends on nothing but `what`."""
    digest = blake2b(repr(what).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


# --------------------------------------------------------------------------- 1: syndication

_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[\"«“A-ZА-ЯЁІЇЄҐ])")
_BEFORE = (
    "By our correspondent in the capital. ",
    "LONDON (Agency) — ",
    "Share this story with your friends. ",
    "",
)
_AFTER = (
    " Follow us on Telegram and other networks. © All rights reserved. Reprints only with permission.",
    " If you have a story to tell, write to our newsroom in confidence.",
    " The post appeared first on Another Site.",
    " Читайте нас в Telegram. При перепечатке ссылка обязательна.",
)


def sentences(text: str) -> list[str]:
    """A text in sentences, as far as punctuation tells."""
    return _SENTENCE.split(text)


def _framed(document: Document) -> Text:
    at = int(chance(document.id, "frame") * 4)
    return Text(document.title, f"{_BEFORE[at]}{document.text}{_AFTER[at]}")


def _dropping(share: float) -> Callable[[Document], Text]:
    def edited(document: Document) -> Text:
        kept = [
            sentence
            for at, sentence in enumerate(sentences(document.text))
            if chance(document.id, "drop", at) >= share
        ]
        return Text(document.title, " ".join(kept))

    return edited


def _half(document: Document) -> Text:
    parts = sentences(document.text)
    return Text(document.title, " ".join(parts[: max(1, len(parts) // 2)]))


def _beginning(document: Document) -> Text:
    return Text(document.title, " ".join(sentences(document.text)[:3]) + " …")


def _replacing(share: float, words: Sequence[str]) -> Callable[[Document], Text]:
    """As an editor does: small words only, never a name or a number."""

    def edited(document: Document) -> Text:
        parts = document.text.split(" ")
        for at, part in enumerate(parts):
            if part.isalpha() and part.islower() and chance(document.id, "word", at) < share:
                parts[at] = words[int(chance(document.id, "other", at) * len(words))]
        return Text(document.title, " ".join(parts))

    return edited


def _retitled(document: Document) -> Text:
    """The first words of the text as its title, and a tenth of the sentences gone."""
    text = _dropping(0.1)(document).text
    return Text(" ".join(document.text.split()[:9]), text)


def _headline(document: Document) -> Text:
    """Only a title, a little shorter; sources that give no text."""
    words = document.title.split()
    return Text(" ".join(words[: max(5, len(words) - 1)]), "")


def syndicated(documents: Sequence[Document]) -> Iterator[Pair]:
    """Each kind of edit of the same texts."""
    for corpus in CORPORA:
        chosen = [each for each in documents if each.corpus == corpus and len(each.text) >= LEAST]
        chosen = sorted(chosen, key=lambda each: chance(each.id, "chosen"))[:EACH]
        words = sorted(
            {word for each in chosen for word in each.text.split() if word.isalpha() and word.islower()}
        )
        edits: dict[str, Callable[[Document], Text]] = {
            "framed": _framed,
            "10 % of sentences dropped": _dropping(0.1),
            "30 % of sentences dropped": _dropping(0.3),
            "first half": _half,
            "first 3 sentences": _beginning,
            "5 % of words replaced": _replacing(0.05, words),
            "15 % of words replaced": _replacing(0.15, words),
            "retitled": _retitled,
            "title only": _headline,
        }
        for kind, edit in edits.items():
            yield from (Pair(kind, True, each.plain, edit(each)) for each in chosen)


# --------------------------------------------------------------------------- 2: the same words about another

_NAME = re.compile(r"(?<=[a-zа-яё,] )[A-ZА-ЯЁ][a-zа-яё]{4,}")
_NUMBER = re.compile(r"\b\d{1,3}\b")
_STRANGERS = (
    "Dervishi",
    "Okonkwo",
    "Baratov",
    "Lindqvist",
    "Tarverdyan",
    "Halimova",
    "Nazarenko",
    "Quintero",
)
_STRANGERS_RU = (
    "Дервишев",
    "Баратова",
    "Тарвердян",
    "Халимова",
    "Назаренко",
    "Квинтеров",
    "Линдквист",
    "Оконенко",
)


def swapped(documents: Sequence[Document]) -> Iterator[Pair]:
    """Short reports whose most frequent name, and whose numbers, are others; only where the title has them."""
    for document in documents:
        head = Text(document.title, " ".join(sentences(document.text)[:5]))
        names = Counter(_NAME.findall(head.text))
        named = [name for name, _ in names.most_common(3) if name in head.title]
        if named:
            pool = _STRANGERS_RU if document.corpus.startswith("slavic") else _STRANGERS
            other = pool[int(chance(document.id, "stranger") * len(pool))]
            changed = Text(head.title.replace(named[0], other), head.text.replace(named[0], other))
            yield Pair("another name", False, head, changed)
        numbers = set(_NUMBER.findall(head.title)) & set(_NUMBER.findall(head.text))
        if numbers:
            number = min(numbers)
            pattern, other = re.compile(rf"\b{number}\b"), str(int(number) + 3)
            changed = Text(pattern.sub(other, head.title), pattern.sub(other, head.text))
            yield Pair("another number", False, head, changed)


# --------------------------------------------------------------------------- 3, 4: real pairs


def judged(documents: Iterable[Document]) -> Iterator[Pair]:
    """What people have judged; pairs that are neither (a day later, a new turn) are left out there."""
    known = {each.id: each for each in documents}
    for line in JUDGED.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        verdict, one, other = line.split("\t")[:3]
        if one in known and other in known:
            a, b = known[one], known[other]
            yield Pair(f"real, {a.corpus}", verdict == "same", a.plain, b.plain, days_between(a.text, b.text))


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTHS_RU = ["янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"]
_DATELINE = re.compile(r"\A[^a-z\n]{0,60}?, (?P<month>[A-Z][a-z]{2})[a-z]* (?P<day>\d{1,2})\b")
_DATELINE_RU = re.compile(r"\A\W{0,3}[А-ЯЁ][а-яё-]+\. (?P<day>\d{1,2}) (?P<month>[а-я]{2,3})[а-я]*\.")


def days_between(one: str, other: str) -> int | None:
    """Between the days that two texts begin with ("LONDON, March 30 -", "Москва. 23 августа."); no year is told."""
    days = [_day_of_year(one), _day_of_year(other)]
    if days[0] is None or days[1] is None:
        return None
    apart = abs(days[0] - days[1])
    return min(apart, 365 - apart)


def _day_of_year(text: str) -> int | None:
    for pattern, months in ((_DATELINE, _MONTHS), (_DATELINE_RU, _MONTHS_RU)):
        found = pattern.search(text)
        if found is None:
            continue
        named = found["month"].lower()
        month = next((at for at, each in enumerate(months, 1) if named.startswith(each)), None)
        if month is not None and 1 <= int(found["day"]) <= 31:
            return (date(2001, month, 1) - date(2001, 1, 1)).days + int(found["day"])
    return None


def strangers(documents: Sequence[Document]) -> Iterator[Pair]:
    """Pairs about one country, none of which has been judged."""
    known = {frozenset(line.split("\t")[1:3]) for line in JUDGED.read_text(encoding="utf-8").splitlines()}
    for corpus in ("rights_defenders_dev", "newswire_dev"):
        chosen = [each for each in documents if each.corpus == corpus]
        near = [
            (one, other)
            for one, other in combinations(chosen, 2)
            if one.countries & other.countries and frozenset((one.id, other.id)) not in known
        ]
        near.sort(key=lambda pair: chance(pair[0].id, pair[1].id))
        yield from (Pair("one country", False, a.plain, b.plain) for a, b in near[:RANDOM])


def pairs(corpora: Path) -> Iterator[Pair]:
    """The whole labelled set."""
    documents = read(corpora)
    yield from syndicated(documents)
    yield from swapped(documents)
    yield from judged(documents)
    yield from strangers(documents)


def main() -> int:
    """Write it. 0, or 1 where the corpora are absent."""
    command = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument("--corpora", type=Path, default=base())
    command.add_argument("--out", type=Path)
    asked = command.parse_args()
    if not (asked.corpora / "countries").is_dir():
        sys.stderr.write(f"no corpora in {asked.corpora}; set WATCHDOG_CORPORA to their folder\n")
        return 1
    out = asked.out.open("w", encoding="utf-8") if asked.out else sys.stdout
    with out:
        for pair in pairs(asked.corpora):
            out.write(json.dumps(asdict(pair), ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
