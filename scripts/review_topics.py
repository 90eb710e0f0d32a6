"""Print what the shipped topics find in the development corpora, to be read hit by hit.

    python scripts/review_topics.py                     how many texts each topic finds, and each of its words
    python scripts/review_topics.py torture             its hits, each with the words around
    python scripts/review_topics.py torture --missed    texts without a hit that hold a stem from --stems
    python scripts/review_topics.py --untouched         texts of the field that no topic finds

The texts are found through WATCHDOG_CORPORA. The same texts come in the same order every
time: `--skip` and `--limit` page through them. How hits were judged is written in docs/topics.md.
"""

# ruff: noqa: T201  # what it prints is its product

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.corpora import base  # noqa: E402  # the project is not installed here
from watchdog_bot.core.errors import ParseError  # noqa: E402
from watchdog_bot.core.feeds.parse import parse_document  # noqa: E402
from watchdog_bot.core.match.explain import explain  # noqa: E402
from watchdog_bot.core.match.index import MatchIndex  # noqa: E402
from watchdog_bot.core.match.query import Query  # noqa: E402
from watchdog_bot.core.model import PostText, SubscriberId, SubscriptionId, Topic  # noqa: E402
from watchdog_bot.data import load_topics  # noqa: E402

AROUND = 110  # characters before and behind what was found


@dataclass(frozen=True, slots=True)
class Text:
    corpus: str
    post: PostText

    @property
    def whole(self) -> str:
        return "\n".join((self.post.title, self.post.summary, self.post.content, " · ".join(self.post.tags)))


def texts(folder: Path) -> list[Text]:
    """Every text once, in an order that does not depend on where it came from."""
    found = {text.whole: text for text in (*_labelled(folder), *_feeds(folder), *_sitemaps(folder))}
    return sorted(found.values(), key=lambda text: sha256(text.whole.encode()).digest())


def _labelled(folder: Path) -> Iterator[Text]:
    for path in sorted((folder / "countries").glob("*_dev.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            yield Text(path.stem.removesuffix("_dev"), PostText(row["title"], content=row["text"]))


def _feeds(folder: Path) -> Iterator[Text]:
    for path in sorted((folder / "feeds").glob("*.xml")):
        yield from _document("feeds", path.read_bytes(), path.name)


def _sitemaps(folder: Path) -> Iterator[Text]:
    for path in sorted((folder / "sitemaps").glob("*-news.xml.gz")):
        yield from _document("sitemaps", gzip.decompress(path.read_bytes()), path.name)


def _document(corpus: str, body: bytes, name: str) -> Iterator[Text]:
    try:
        parsed = parse_document(body, url=f"https://corpus.example/{name}")
    except ParseError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return
    for entry in parsed.entries:
        yield Text(
            corpus,
            PostText(entry.title, summary=entry.summary, content=entry.content, tags=entry.tags),
        )


def counted(topics: tuple[Topic, ...], found: list[Text]) -> None:
    """A line a topic: texts by corpus; below it what its words found, most first."""
    index = MatchIndex()
    index.set_topics(topics)
    for number, topic in enumerate(topics):
        index.add(SubscriptionId(number), SubscriberId(number), Query(topics=frozenset({topic.name.lower()})))
    corpora: list[Counter[str]] = [Counter() for _ in topics]
    words: list[Counter[str]] = [Counter() for _ in topics]
    for text in found:
        for match in index.match(text.post):
            corpora[match.subscription_id][text.corpus] += 1
            words[match.subscription_id].update({each.found.lower() for each in match.evidence})
    for number, topic in enumerate(topics):
        print(f"\n{topic.name}: {corpora[number].total()} {dict(corpora[number])}")
        print("   " + ", ".join(f"{word} {count}" for word, count in words[number].most_common(40)))


def hits(topic: Topic, found: list[Text]) -> Iterator[tuple[Text, str]]:
    """Texts that a topic finds, and what it found there."""
    query = Query(topics=frozenset({topic.name.lower()}))
    for text in found:
        said = explain(query, text.post, (topic,))
        if said.matched:
            yield text, said.evidence[0].found


def shown(text: Text, word: str) -> str:
    whole = text.whole
    at = max(0, whole.lower().find(word.lower()))
    around = " ".join(whole[max(0, at - AROUND) : at + len(word) + AROUND].split())
    return f"[{text.corpus}] {text.post.title[:110]}\n      {word} ▸ …{around}…"


def missed(topic: Topic, found: list[Text], stems: str) -> Iterator[tuple[Text, str]]:
    """Texts that hold a stem and are not found."""
    hit = {text.whole for text, _ in hits(topic, found)}
    for text in found:
        held = re.search(stems, text.whole, re.IGNORECASE)
        if held and text.whole not in hit:
            yield text, held.group()


def untouched(topics: tuple[Topic, ...], found: list[Text]) -> Iterator[tuple[Text, str]]:
    """Texts of the field that no topic finds."""
    index = MatchIndex()
    index.set_topics(topics)
    names = frozenset(topic.name.lower() for topic in topics)
    index.add(SubscriptionId(1), SubscriberId(1), Query(topics=names))
    for text in found:
        if text.corpus in {"rights_defenders", "sitemaps"} and not index.match(text.post):
            yield text, ""


def main() -> int:
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("topic", nargs="?", default="")
    reader.add_argument("--missed", action="store_true")
    reader.add_argument("--stems", default=".", help="a regular expression, with --missed")
    reader.add_argument("--untouched", action="store_true")
    reader.add_argument("--skip", type=int, default=0)
    reader.add_argument("--limit", type=int, default=40)
    asked = reader.parse_args()
    folder = base()
    if not folder.is_dir():
        print(f"no corpora: set WATCHDOG_CORPORA to their folder ({folder.name} is not there)")
        return 0
    found, topics = texts(folder), tuple(each.topic() for each in load_topics())
    if asked.untouched:
        listed = list(untouched(topics, found))
    elif asked.topic:
        topic = next(each for each in topics if each.name.lower() == asked.topic.lower())
        listed = list(missed(topic, found, asked.stems) if asked.missed else hits(topic, found))
    else:
        print(f"{len(found)} texts: {dict(Counter(text.corpus for text in found))}")
        counted(topics, found)
        return 0
    for number, (text, word) in enumerate(listed[asked.skip : asked.skip + asked.limit], asked.skip + 1):
        print(f"{number:4} {shown(text, word)}")
    print(f"{len(listed)} in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
