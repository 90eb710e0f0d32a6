"""How many posts a second are matched against 10,000, 100,000 and (with --million) 1,000,000 subscriptions.

    python benchmarks/bench_match.py [--million] [--sizes 10000,100000] [--json]

Posts are 1.9 kB, as this field writes them; queries are made of words of other posts, in the mix of a keyword
service: half of them one word or phrase, a quarter two, a tenth one without another, the rest with OR. One in seven
words is a name. Beside it, in the same process and on the same posts:

- a naive loop that asks every query of every post (words in a set, phrases by `in`);
- pyahocorasick, which finds the words and phrases of all queries but decides nothing (the literal part);
- SQLite FTS5 the reverse way: the words of each query as a row, the words of the post as the search.

Before the clock runs, ours has matched 400 other posts, as it has on any day but the first: how a word is folded and how
it sounds is remembered. The best of three passes counts, for everybody, in CPU time of one core and not by the clock
on the wall, for other processes are at work. Ours is asked as the bot asks it: for every query that holds its evidence,
and the subscriptions it has (`MatchIndex.groups`).

Memory of ours is counted by Python itself (tracemalloc) in a process of its own, when the index stands and what is
merely remembered (at most so much, however many subscriptions there are) is forgotten: a process that has freed memory
before hides what it takes. The bytes of the query texts stand beside it; the goal is 150 bytes beyond them.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from common import aloud, figure, machine, quiet, table, versions

from tests.corpora import base
from watchdog_bot.core import text as core_text
from watchdog_bot.core.match import evidence, forms, locate, names, program, terms
from watchdog_bot.core.match.index import MatchIndex
from watchdog_bot.core.match.query import QueryError, restore
from watchdog_bot.core.model import PostText, SubscriberId, SubscriptionId
from watchdog_bot.core.text import raw_words, words

POSTS = 200
EARLIER = 400
POST_LENGTH = 1900  # characters
POPULAR = 3000  # queries that many people ask
SHARE_POPULAR = 0.7  # of all subscriptions
COMMON = 150  # words that nobody searches for
PASSES = 3
PEER_BUDGET = 10.0  # CPU seconds a peer may take before its sample is cut
GOALS = {10_000: 2000.0, 100_000: 200.0, 1_000_000: 25.0}  # posts a second


@dataclass(frozen=True, slots=True)
class Row:
    """One contender at one size; None where it was not measured."""

    size: int
    who: str
    posts_per_second: float | None
    hits: float | None = None  # a post
    build: float | None = None  # seconds
    memory: float | None = None  # bytes a subscription
    text: float | None = None  # of it the bytes of the query
    note: str = ""


class Dice:
    """Numbers that look random and are the same every time."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0
        self._pool: list[int] = []

    def below(self, limit: int) -> int:
        if not self._pool:
            block = hashlib.sha512(f"{self._seed}{self._count}".encode()).digest()
            self._pool = [int.from_bytes(block[at : at + 4], "big") for at in range(0, 64, 4)]
            self._count += 1
        return self._pool.pop() % limit

    def chance(self, share: float) -> bool:
        return self.below(1_000_000) < share * 1_000_000


# ------------------------------------------------------------------ posts and queries


def texts() -> list[str]:
    """Real ones where the development corpora are, else made up with the word frequencies of a language."""
    folder = base() / "countries"
    names = ("rights_defenders_dev", "slavic_ru_dev", "newswire_dev")
    if not folder.is_dir():
        return list(_made_up(1500))
    rows = [
        json.loads(line)
        for name in names
        for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
    dice = Dice("order")
    return sorted((f"{row['title']}. {row['text']}" for row in rows), key=lambda _: dice.below(1 << 30))


def _made_up(count: int) -> Iterator[str]:
    dice = Dice("made up")
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "ov")]
    lexicon = [
        "".join(syllables[dice.below(len(syllables))] for _ in range(2 + n % 3)) for n in range(30_000)
    ]
    for _ in range(count):
        ranks = (int(30_000 ** (dice.below(10_000) / 10_000)) for _ in range(320))
        chosen = (lexicon[rank - 1] for rank in ranks)
        yield " ".join(word.title() if dice.chance(0.12) else word for word in chosen)


class Typist:
    """Types queries made of words of real texts."""

    def __init__(self, sources: Sequence[Sequence[str]]) -> None:
        """`sources`: texts, word by word."""
        self._dice = Dice("queries")
        self._sources = sources
        seen = Counter(word.lower() for source in sources for word in set(source))
        self._common = {word for word, _ in seen.most_common(COMMON)}

    def queries(self, count: int) -> Iterator[str]:
        """So many, most of them from a pool that many people share."""
        popular = [self._query() for _ in range(POPULAR)]
        for _ in range(count):
            if self._dice.chance(SHARE_POPULAR):
                rank = int(POPULAR ** (self._dice.below(10_000) / 10_000))
                yield popular[rank - 1]
            else:
                yield self._query()

    def _query(self) -> str:
        kind = self._dice.below(100)
        if kind < 50:
            return self._item()
        if kind < 75:
            return f"{self._item()} {self._item()}"
        if kind < 85:
            return f"{self._item()} -{self._item()}"
        without = f" -{self._item()}" if self._dice.chance(0.5) else ""
        return f"{self._item()} ({self._item()} OR {self._item()}){without}"

    def _item(self) -> str:
        while True:
            source = self._sources[self._dice.below(len(self._sources))]
            at = self._dice.below(len(source))
            word = source[at]
            if len(word) < 3 or word.lower() in self._common or not word.isalpha():
                continue
            if self._dice.chance(0.46):
                return f'"{" ".join(source[at : at + 2 + self._dice.below(2)]).lower()}"'
            return word if self._dice.chance(0.6) else word.lower()


# ------------------------------------------------------------------ contenders


def ours(typed: Sequence[str], posts: Sequence[PostText], earlier: Sequence[PostText]) -> Row:
    started = time.process_time()
    index = _index(typed)
    build = time.process_time() - started
    memory = _memory(len(typed))
    own = sum(len(text.encode()) for text in typed) / len(typed)
    for post in earlier:
        index.groups(post)
    hits = 0

    def match(post: PostText) -> None:
        nonlocal hits
        hits += sum(len(group.subscription_ids) for group in index.groups(post))

    speed, done = _speed(match, posts)
    note = f"{index.distinct() / len(index):.0%} distinct"
    return Row(len(typed), "ours, with evidence", speed, hits / done, build, memory, own, note)


def _index(typed: Sequence[str]) -> MatchIndex:
    index = MatchIndex()
    for number, text in enumerate(typed):
        try:
            index.add(SubscriptionId(number), SubscriberId(number % 100_000), restore(text))
        except QueryError:  # a word of two letters before a star, and the like
            continue
    return index


def _memory(size: int) -> float:
    """Bytes a subscription, in a process of its own."""
    told = subprocess.run(
        [sys.executable, __file__, "--memory", str(size)], check=True, capture_output=True, text=True
    )
    return float(told.stdout)


def tell_memory(size: int) -> None:
    """Print how many bytes each of so many subscriptions takes."""
    every = texts()
    sources = [found for text in every[POSTS + EARLIER :] if (found := raw_words(text))]
    typed = list(Typist(sources).queries(size))
    _index(typed[:1000])  # what is read and made once
    tracemalloc.start()
    index = _index(typed)
    for module in (evidence, forms, locate, names, program, terms):
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
    vars(core_text)["_WORDS"].clear()  # folded words, remembered
    gc.collect()
    print(tracemalloc.get_traced_memory()[0] / len(index))


def naive(typed: Sequence[str], posts: Sequence[PostText]) -> Row:
    started = time.process_time()
    asked = [_naive_query(text) for text in typed]
    build = time.process_time() - started
    hits = 0

    def match(post: PostText) -> None:
        nonlocal hits
        found = words(f"{post.title} {post.content}")
        have, text = set(found), f" {' '.join(found)} "
        for need, either, without in asked:
            if (
                all(_has(each, have, text) for each in need)
                and (not either or any(_has(each, have, text) for each in either))
                and not any(_has(each, have, text) for each in without)
            ):
                hits += 1

    speed, done = _speed(match, posts)
    return Row(len(typed), "naive loop", speed, hits / done, build, note="no names, no evidence")


def _has(item: str, have: set[str], text: str) -> bool:
    return item in text if item[0] == " " else item in have


def _naive_query(text: str) -> tuple[list[str], list[str], list[str]]:
    need, either, without = list[str](), list[str](), list[str]()
    for piece in _pieces(text):
        bare = _literal(piece.strip("-()"))
        (without if piece.startswith("-") else either if piece.startswith("(") else need).append(bare)
    return need, either, without


def _pieces(text: str) -> list[str]:
    """The items of a query of `queries`, each with its sign; those of OR with a bracket."""
    pieces: list[str] = []
    inside = quoted = False
    start = 0
    for at, char in enumerate(f"{text} "):
        quoted ^= char == '"'
        if char == " " and not quoted:
            piece = text[start:at]
            inside |= piece.startswith("(")
            if piece != "OR":
                pieces.append(f"({piece}" if inside else piece)
            inside &= not piece.endswith(")")
            start = at + 1
    return pieces


def _literal(item: str) -> str:
    """A phrase with spaces around, a word without."""
    found = words(item)
    return found[0] if len(found) == 1 else f" {' '.join(found)} "


def aho_corasick(typed: Sequence[str], posts: Sequence[PostText]) -> Row:
    try:
        import ahocorasick  # type: ignore[import-not-found,unused-ignore]  # only where it is installed
    except ImportError:
        return Row(len(typed), "pyahocorasick", None, note="not installed")
    before = _resident()
    started = time.process_time()
    automaton = ahocorasick.Automaton()
    for item in {_literal(piece.strip("-()")).strip() for text in set(typed) for piece in _pieces(text)}:
        automaton.add_word(f" {item} ", item)
    automaton.make_automaton()
    build = time.process_time() - started
    memory = (_resident() - before) / len(typed)
    hits = 0

    def match(post: PostText) -> None:
        nonlocal hits
        hits += sum(1 for _ in automaton.iter(f" {' '.join(words(f'{post.title} {post.content}'))} "))

    speed, done = _speed(match, posts)
    return Row(
        len(typed), "pyahocorasick", speed, hits / done, build, memory, note="finds words, decides nothing"
    )


def fts5(typed: Sequence[str], posts: Sequence[PostText]) -> Row:
    started = time.process_time()
    database = sqlite3.connect(":memory:")
    database.execute('CREATE VIRTUAL TABLE asked USING fts5(words, tokenize="unicode61 remove_diacritics 2")')
    rows = ((" ".join(_literal(p.strip("-()")) for p in _pieces(text) if p[0] != "-"),) for text in typed)
    database.executemany("INSERT INTO asked VALUES (?)", rows)
    build = time.process_time() - started
    hits = 0

    def match(post: PostText) -> None:
        nonlocal hits
        search = " OR ".join(f'"{word}"' for word in set(words(f"{post.title} {post.content}")))
        hits += sum(1 for _ in database.execute("SELECT rowid FROM asked WHERE asked MATCH ?", (search,)))

    speed, done = _speed(match, posts)
    database.close()
    return Row(len(typed), "SQLite FTS5 reversed", speed, hits / done, build, note="candidates only")


# ------------------------------------------------------------------ measuring


def _speed(match: Callable[[PostText], None], posts: Sequence[PostText]) -> tuple[float, int]:
    """Posts a CPU second, in the best of up to three passes, and how many posts were matched in all."""
    gc.collect()
    speeds: list[float] = []
    total = 0
    began = time.process_time()
    while len(speeds) < PASSES and time.process_time() - began < PEER_BUDGET:
        started = time.process_time()
        done = 0
        for post in posts:
            match(post)
            done += 1
            if time.process_time() - started > PEER_BUDGET:
                break
        speeds.append(done / max(time.process_time() - started, 1e-9))
        total += done
    return max(speeds), total


def _resident() -> int:
    """Bytes this process holds in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def tokenising(posts: Sequence[PostText]) -> Row:
    def split(post: PostText) -> None:
        words(post.content)

    speed, _ = _speed(split, posts)
    return Row(0, "splitting and folding words", speed, note="the floor")


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    every = texts()
    posts = [PostText("", content=text[:POST_LENGTH]) for text in every[:POSTS]]
    earlier = [PostText("", content=text[:POST_LENGTH]) for text in every[POSTS : POSTS + EARLIER]]
    sources = [found for text in every[POSTS + EARLIER :] if (found := raw_words(text))]
    rows = [tokenising(posts)]
    for size in sizes:
        typed = list(Typist(sources).queries(size))
        peers = (aho_corasick,) if size > 100_000 else (naive, aho_corasick, fts5)  # else minutes a post
        for run in (partial(ours, earlier=earlier), *peers):
            rows.append(run(typed, posts))
            say(f"  {size:,} · {rows[-1].who}: {figure(rows[-1].posts_per_second)} posts/s")
    return rows


def _cells(row: Row) -> list[str]:
    goal = GOALS.get(row.size) if row.who.startswith("ours") else None
    return [
        row.who,
        f"{row.size:,}" if row.size else "–",
        figure(row.posts_per_second),
        figure(goal),
        figure(row.hits),
        figure(row.build),
        figure(row.memory),
        figure(row.text),
        row.note,
    ]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument(
        "--million", action="store_true", help="also 1,000,000 subscriptions: some minutes, 1 GB"
    )
    options.add_argument("--sizes", default="10000,100000")
    options.add_argument("--json", action="store_true")
    options.add_argument(
        "--memory", type=int, default=0, help="only count the memory of so many subscriptions"
    )
    chosen = options.parse_args()
    if chosen.memory:
        tell_memory(chosen.memory)
        return
    sizes = [int(size) for size in chosen.sizes.split(",") if size] + [1_000_000] * chosen.million
    say = quiet if chosen.json else aloud
    say(
        f"{machine()}\n{versions('pyahocorasick')}, SQLite {sqlite3.sqlite_version}; {POSTS} posts of {POST_LENGTH} characters\n"
    )
    rows = measure(sizes, say)
    if chosen.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    head = [
        "",
        "subscriptions",
        "posts/s",
        "goal",
        "hits/post",
        "build s",
        "B/subscription",
        "of it text",
        "",
    ]
    aloud("\n" + table(head, [_cells(row) for row in rows]))


if __name__ == "__main__":
    main()
