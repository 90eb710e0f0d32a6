"""Which countries a text is about: ours beside published libraries and plain CLDR names, in one process.

    python benchmarks/bench_accuracy.py [--corpora FOLDER] [--half tuned|held-out] [--extra FILE]… [--json]

Without the corpora (WATCHDOG_CORPORA) it says so and ends well. A library that is not
installed has a row that says so. Scores are micro F1 over (text, country) pairs and `first`, the share of texts
whose first country is in the gold; the gold of rights defenders has one country, so precision there is a floor.
Ours is measured twice: `about` and `mentions`. The two halves are told apart by a hash of the id: the weights were
tuned on one half only, see docs/accuracy.md. `--extra` names more texts in the same form, a row may have `optional`
codes, which count neither for nor against.

Speed is told for English (rights defenders and newswire) and for every other language by itself, of posts that the
contender has not seen before: one half of them warms it up, the other is timed.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.corpora import base  # noqa: E402 - the project is not installed here
from watchdog_bot.core.match.countries import CountryTagger  # noqa: E402  # the project is not installed here
from watchdog_bot.core.match.gazetteer import Gazetteer  # noqa: E402
from watchdog_bot.data import gazetteer_lines, load_atlas  # noqa: E402

CORPORA = ("newswire_dev", "rights_defenders_dev", "slavic_ru_dev", "ambiguity")
POST, LEAST = 1900, 1200  # characters of the texts that speed is measured with
SPEED_SAMPLE = 300
ENGLISH = ("rights_defenders_dev", "newswire_dev")

Predict = Callable[[str, str], list[str]]


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    load: Callable[[], Predict]


@dataclass(frozen=True, slots=True)
class Text:
    id: str
    title: str
    text: str
    gold: frozenset[str]
    optional: frozenset[str] = frozenset()

    @property
    def tuned(self) -> bool:
        return hashlib.sha256(self.id.encode()).digest()[0] % 2 == 0


@dataclass(frozen=True, slots=True)
class Score:
    f1: float
    precision: float
    recall: float
    first: float


# ------------------------------------------------------------------ contenders


def ours(answer: str) -> Predict:
    tagger = CountryTagger(Gazetteer.from_lines(gazetteer_lines()))

    def predict(title: str, text: str) -> list[str]:
        return [score.code for score in getattr(tagger.read(title, text), answer)]

    return predict


def plain_cldr() -> Predict:
    """Names as CLDR has them, English and Russian, sought as they stand; the most frequent first."""
    locale: Any = importlib.import_module("babel").Locale
    names = {
        name: code
        for language in ("en", "ru")
        for code, name in locale(language).territories.items()
        if len(code) == 2 and len(name) > 3 and code not in {"EU", "UN", "EZ", "ZZ", "UM"}
    }

    def predict(title: str, text: str) -> list[str]:
        whole = f"{title}\n{text}"
        return by_count(Counter({code: whole.count(name) for name, code in names.items() if name in whole}))

    return predict


def geotext() -> Predict:
    library: Any = importlib.import_module("geotext").GeoText
    return lambda title, text: by_count(Counter(library(f"{title}. {text}").country_mentions))


def flashgeotext() -> Predict:
    library: Any = importlib.import_module("flashgeotext.geotext").GeoText()
    codes = dict(load_atlas().names_for_queries())

    def predict(title: str, text: str) -> list[str]:
        found = library.extract(f"{title}. {text}")
        counts: Counter[str] = Counter()
        for name, what in found.get("countries", {}).items():
            counts[codes.get(name, name[:2].upper())] += what["count"]
        return by_count(counts)

    return predict


def country_ner() -> Predict:
    find: Any = importlib.import_module("country_named_entity_recognition").find_countries

    def predict(title: str, text: str) -> list[str]:
        return by_count(Counter(country.alpha_2 for country, _ in find(f"{title}. {text}")))

    return predict


CONTENDERS = (
    Contender("watchdog about", lambda: ours("about")),
    Contender("watchdog mentions", lambda: ours("mentions")),
    Contender("geotext", geotext),
    Contender("flashgeotext", flashgeotext),
    Contender("country-named-entity-recognition", country_ner),
    Contender("plain CLDR names (en, ru)", plain_cldr),
)


def by_count(counts: Counter[str]) -> list[str]:
    return [code for code, _ in counts.most_common()]


# ------------------------------------------------------------------ measuring


def texts(path: Path) -> list[Text]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [
        Text(
            str(row["id"]),
            row["title"],
            row["text"],
            frozenset(row["countries"]),
            frozenset(row.get("optional", ())),
        )
        for row in rows
    ]


def score(predict: Predict, corpus: Sequence[Text]) -> Score:
    hits = wrong = missed = first = 0
    for each in corpus:
        found = [code for code in predict(each.title, each.text) if code not in each.optional]
        hits += len(each.gold.intersection(found))
        wrong += len(set(found) - each.gold)
        missed += len(each.gold.difference(found))
        first += bool(found) and found[0] in each.gold
    precision, recall = hits / max(hits + wrong, 1), hits / max(hits + missed, 1)
    return Score(2 * hits / max(2 * hits + wrong + missed, 1), precision, recall, first / max(len(corpus), 1))


def speeds(contender: Contender, corpora: dict[str, list[Text]]) -> dict[str, float]:
    """Posts a second by language."""
    sets = {"English": [text for name in ENGLISH for text in corpora.get(name, [])]}
    sets |= {name: corpus for name, corpus in corpora.items() if name not in {*ENGLISH, "ambiguity"}}
    posts = {
        name: [(each.title, each.text[:POST]) for each in corpus if len(each.text) >= LEAST][:SPEED_SAMPLE]
        for name, corpus in sets.items()
    }
    return {name: speed(contender, listed) for name, listed in posts.items() if len(listed) > 1}


def speed(contender: Contender, posts: Sequence[tuple[str, str]]) -> float:
    """Posts a second of processor time, best of three new contenders that have not seen the posts."""
    half = len(posts) // 2
    best = float("inf")
    for _ in range(3):
        predict = contender.load()
        for title, text in posts[:half]:
            predict(title, text)
        began = time.process_time()
        for title, text in posts[half:]:
            predict(title, text)
        best = min(best, time.process_time() - began)
    return (len(posts) - half) / max(best, 1e-9)


def resident() -> float:
    """Megabytes of this process in memory; 0 where /proc does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError):
        return 0.0


def measure(contender: Contender, corpora: dict[str, list[Text]]) -> dict[str, Any]:
    before, began = resident(), time.process_time()
    try:
        predict = contender.load()
    except ImportError as error:
        return {"name": contender.name, "absent": str(error)}
    loaded, size = time.process_time() - began, resident() - before
    return {
        "name": contender.name,
        "scores": {name: score(predict, corpus) for name, corpus in corpora.items()},
        "load": loaded,
        "megabytes": size,
        "posts": speeds(contender, corpora),
    }


# ------------------------------------------------------------------ printing


def table(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> str:
    languages = sorted({language for row in rows for language in row.get("posts", ())})
    head = ["", *(f"{name.removesuffix('_dev')} F1 / first" for name in names), "load s", "MB"]
    head += [f"{language.removesuffix('_dev')} posts/s" for language in languages]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        if "absent" in row:
            lines.append([row["name"], f"not installed ({row['absent']})", *[""] * (len(head) - 2)])
            continue
        cells = [f"{row['scores'][name].f1:.3f} / {row['scores'][name].first:.3f}" for name in names]
        speed_cells = [f"{row['posts'][language]:,.0f}" for language in languages]
        lines.append([row["name"], *cells, f"{row['load']:.2f}", f"{row['megabytes']:.0f}", *speed_cells])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--corpora",
        type=Path,
        default=base(),
    )
    options.add_argument("--extra", type=Path, action="append", default=[])
    options.add_argument("--half", choices=["tuned", "held-out", "all"], default="all")
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    folder = asked.corpora / "countries"
    if not folder.is_dir():
        print(f"No corpora at {folder}: set WATCHDOG_CORPORA to their parent folder. Nothing was measured.")
        return
    files = [*(folder / f"{name}.jsonl" for name in CORPORA), *asked.extra]
    corpora = {
        path.stem: [
            each
            for each in texts(path)
            if asked.half == "all" or path.stem == "ambiguity" or each.tuned == (asked.half == "tuned")
        ]
        for path in files
        if path.is_file()
    }
    rows = [measure(contender, corpora) for contender in CONTENDERS]
    if asked.json:
        print(
            json.dumps(rows, default=lambda value: {name: getattr(value, name) for name in value.__slots__})
        )
        return
    print(
        f"Countries, {asked.half} texts: {', '.join(f'{name} {len(corpus)}' for name, corpus in corpora.items())}; Python {sys.version.split()[0]}\n"
    )
    print(table(rows, list(corpora)))


if __name__ == "__main__":
    main()
