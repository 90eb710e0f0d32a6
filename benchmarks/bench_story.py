"""Same story: ours beside datasketch's MinHash and rapidfuzz, on the labelled set; and what it costs.

    python benchmarks/bench_story.py [--corpora FOLDER] [--window POSTS]

Without the corpora (WATCHDOG_CORPORA) it says so and ends well. A library that is not
installed has a row that says so. The set is that of `scripts/label_stories.py`; what it is worth stands in
docs/stories.md. datasketch gets our shingles and 128 permutations with a threshold of .5; rapidfuzz the titles,
with two usual thresholds.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from common import aloud, machine, table, versions  # noqa: E402 - the project is not installed here

from scripts import label_stories as labels  # noqa: E402
from tests.corpora import base  # noqa: E402 - the project is not installed here
from watchdog_bot.core.match import story  # noqa: E402
from watchdog_bot.core.match.story_signature import Signature, sign  # noqa: E402
from watchdog_bot.core.model import FeedId, PostId  # noqa: E402
from watchdog_bot.core.text import fold, words  # noqa: E402

WINDOW_DAYS = 2
LENGTH = 6000  # characters of the texts that speed is measured with
NOW = datetime(2026, 1, 3, tzinfo=UTC)

Same = Callable[[labels.Text, labels.Text], bool]


def ours() -> Same:
    known: dict[labels.Text, Signature] = {}

    def signed(text: labels.Text) -> Signature:
        if text not in known:
            known[text] = sign(text.title, text.text)
        return known[text]

    return lambda a, b: story.compare(signed(a), signed(b)) is not None


def ours_unguarded() -> Same:
    """Rules 1 to 3 alone, to show what the guard is worth."""

    def same(a: labels.Text, b: labels.Text) -> bool:
        one, other = sign(a.title, a.text), sign(b.title, b.text)
        return story.text_likeness(one, other) is not None or story.titles_alike(one, other)

    return same


def datasketch() -> Same:
    module = importlib.import_module("datasketch")
    known: dict[str, Any] = {}

    def signed(text: str) -> Any:
        if text not in known:
            known[text] = sketch = module.MinHash(num_perm=128)
            sketch.update_batch(shingles(text))
        return known[text]

    return lambda a, b: bool(a.text and b.text) and signed(a.text).jaccard(signed(b.text)) >= 0.5


def rapidfuzz(threshold: int) -> Callable[[], Same]:
    def load() -> Same:
        fuzz = importlib.import_module("rapidfuzz.fuzz")
        return lambda a, b: fuzz.token_set_ratio(fold(a.title), fold(b.title)) >= threshold

    return load


def shingles(text: str) -> list[bytes]:
    parts = words(text)
    return [" ".join(three).encode() for three in zip(parts, parts[1:], parts[2:], strict=False)]


CONTENDERS: Sequence[tuple[str, Callable[[], Same]]] = (
    ("ours", ours),
    ("ours, no guard", ours_unguarded),
    ("datasketch J ≥ .5", datasketch),
    ("token_set ≥ 80", rapidfuzz(80)),
    ("token_set ≥ 90", rapidfuzz(90)),
)


def judge(pairs: Sequence[labels.Pair]) -> None:
    kinds = list(dict.fromkeys((pair.kind, pair.same) for pair in pairs))
    rows = [
        [kind, "same" if same else "another", str(sum(p.kind == kind and p.same == same for p in pairs))]
        for kind, same in kinds
    ]
    sums: list[list[str]] = [
        ["precision, all", "", ""],
        ["recall, all", "", ""],
        ["precision, real pairs", "", ""],
        ["recall, real pairs", "", ""],
        [f"precision, real pairs within {WINDOW_DAYS} days", "", ""],
        [f"recall, real pairs within {WINDOW_DAYS} days", "", ""],
    ]
    for name, load in CONTENDERS:
        try:
            same = load()
        except ImportError:
            aloud(f"{name}: not installed")
            for row in (*rows, *sums):
                row.append("–")
            continue
        said = [(pair, same(pair.a, pair.b)) for pair in pairs]
        for row, (kind, label) in zip(rows, kinds, strict=True):
            of = [answer for pair, answer in said if (pair.kind, pair.same) == (kind, label)]
            row.append(f"{sum(of) / len(of):.3f}")
        real = [(pair, answer) for pair, answer in said if pair.kind.startswith("real")]
        meeting = [(pair, answer) for pair, answer in real if pair.days is None or pair.days <= WINDOW_DAYS]
        sets = (said, real, meeting)
        figures = [figure for each in sets for figure in precision_and_recall(each)]
        for row, value in zip(sums, figures, strict=True):
            row.append(f"{value:.3f}")
    aloud("Share of pairs that were called one story:\n")
    aloud(table(["kind", "label", "pairs", *(name for name, _ in CONTENDERS)], [*rows, *sums]))


def precision_and_recall(said: Sequence[tuple[labels.Pair, bool]]) -> tuple[float, float]:
    right = sum(pair.same and answer for pair, answer in said)
    return right / max(1, sum(answer for _, answer in said)), right / max(
        1, sum(pair.same for pair, _ in said)
    )


def speed(documents: Sequence[labels.Document], window: int) -> None:
    texts = [each for each in documents if len(each.text) >= LENGTH - 2000][:200]
    texts = [
        labels.Document(t.id, t.corpus, t.title, (t.text + " " + t.text[::-1])[:LENGTH], t.countries)
        for t in texts
    ]
    rows = []
    sign(texts[0].title, texts[0].text)  # tables are made at the first call
    for name, work in signers():
        started = time.process_time()
        for each in texts:
            work(each.title, each.text)
        rows.append([name, f"{len(texts) / (time.process_time() - started):,.0f} posts/s"])
    signatures = [sign(each.title, each.text) for each in documents]
    index = story.StoryIndex()
    started = time.process_time()
    for number in range(window):
        at = NOW - timedelta(hours=47) * (1 - number / window)
        index.add(PostId(number), FeedId(number % 500), at, signatures[number % len(signatures)])
    rows.append(
        [f"add, {window:,} posts", f"{(time.process_time() - started) / window * 1e6:,.0f} µs a post"]
    )
    started = time.process_time()
    for signature in signatures[:300]:
        index.same_as(FeedId(1000), signature, NOW)
    rows.append(
        [f"same_as among {len(index):,}", f"{(time.process_time() - started) / 300 * 1e3:.2f} ms a post"]
    )
    sizes = sorted(len(each.to_bytes()) for each in signatures)
    rows.append(["signature, median and longest", f"{sizes[len(sizes) // 2]} and {sizes[-1]} bytes"])
    aloud(f"\nTexts of {LENGTH:,} characters; CPU seconds of this process:\n")
    aloud(table(["what", "costs"], rows))


def signers() -> list[tuple[str, Callable[[str, str], object]]]:
    found: list[tuple[str, Callable[[str, str], object]]] = [("sign", sign)]
    try:
        module = importlib.import_module("datasketch")
    except ImportError:
        return found

    def sketch(_title: str, text: str) -> object:
        made = module.MinHash(num_perm=128)
        made.update_batch(shingles(text))
        return made

    return [*found, ("datasketch MinHash, our shingles", sketch)]


def main() -> None:
    command = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument("--corpora", type=Path, default=base())
    command.add_argument("--window", type=int, default=10_000, help="posts in the window")
    asked = command.parse_args()
    if not (asked.corpora / "countries").is_dir():
        aloud(f"No corpora in {asked.corpora}; set WATCHDOG_CORPORA to their folder.")
        return
    aloud(f"{machine()}\n{versions('datasketch', 'rapidfuzz')}\n")
    judge(list(labels.pairs(asked.corpora)))
    speed(labels.read(asked.corpora), asked.window)


if __name__ == "__main__":
    main()
