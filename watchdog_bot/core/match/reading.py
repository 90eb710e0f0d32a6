"""A post read once for all queries: its words, in order, with the way back to the text as it stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterator, KeysView
from functools import cached_property

from watchdog_bot.core.model import PostText
from watchdog_bot.core.text import folded_words, raw_words, starts, word_length

GRAM_MAX = 3  # words of the longest runs in `Reading.grams`
_BREAK = "\n"  # stands between fields, so that no phrase reaches from one into the next


class Reading:
    """The searchable words of a post: title, summary, content, each tag. Everything else is made on demand."""

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        """`fields`: where ("title", "summary", "text", "tags") and its text, in order of rank."""
        self.fields = tuple((where, text) for where, text in fields if text)
        self.raw: list[str] = []
        self.starts: list[int] = []  # position of the first word of each field
        for _, text in self.fields:
            self.starts.append(len(self.raw))
            self.raw += raw_words(text)
        self.folded = folded_words(self.raw)  # parallel to `raw`
        self.distinct = set(self.folded)
        self.names: dict[
            str, tuple[int, int]
        ] = {}  # key of a name → its first place, filled when names are looked for

    @cached_property
    def joined(self) -> str:
        """The folded words with single spaces around each, fields apart: phrases are found in it."""
        return f" {f' {_BREAK} '.join(map(' '.join, self._by_field()))} "

    def _by_field(self) -> list[list[str]]:
        ends = [*self.starts[1:], len(self.folded)]
        return [self.folded[start:end] for start, end in zip(self.starts, ends, strict=False)]

    @cached_property
    def first(self) -> dict[str, int]:
        """The first position of each word."""
        return dict(zip(reversed(self.folded), range(len(self.folded) - 1, -1, -1), strict=True))

    @cached_property
    def raw_distinct(self) -> KeysView[str]:
        """The words as they stand, each once."""
        return dict.fromkeys(self.raw).keys()

    @cached_property
    def capitalised(self) -> list[str]:
        """Those that stand there with a capital: none of them is a folded word."""
        return [raw for raw in self.raw_distinct - self.distinct if raw[0].isupper()]

    def every(self, raw: str) -> Iterator[int]:
        """Every position of a word that stands there as `raw`."""
        at = self.raw.index(raw)
        for _ in range(self.raw.count(raw) - 1):
            yield at
            at = self.raw.index(raw, at + 1)
        yield at

    def grams(
        self, firsts: Container[str], asked: Container[str], beginnings: Container[str]
    ) -> tuple[set[str], set[str]]:
        """Two and three words next to each other in a field, quoted like the key of a phrase: those that are `asked`,
        and those of three that are one of `beginnings`. `firsts` holds the first word of every one of both.
        """
        whole: set[str] = set()
        begun: set[str] = set()
        for words in self._by_field():
            for first, second, third in zip(words, [*words[1:], ""], [*words[2:], "", ""], strict=False):
                if first in firsts:
                    pair = f'"{first} {second}'
                    if (key := f'{pair}"') in asked:
                        whole.add(key)
                    key = f'{pair} {third}"'
                    if key in asked:
                        whole.add(key)
                    if key in beginnings:
                        begun.add(key)
        return whole, begun

    def position(self, offset: int) -> int:
        """The position of the word behind a space in `joined`."""
        return self.joined.count(" ", 0, offset) - self.joined.count(_BREAK, 0, offset)

    @cached_property
    def title(self) -> Reading:
        """The words of the title alone."""
        return Reading(tuple(field for field in self.fields if field[0] == "title"))

    def field_of(self, position: int) -> int:
        """The number of the field that a word stands in."""
        return bisect_right(self.starts, position) - 1

    def surface(self, position: int, length: int = 1) -> tuple[str, str]:
        """`length` words from a position as they stand in the text, and where that is."""
        number = bisect_right(self.starts, position) - 1
        where, text = self.fields[number]
        if length == 1:
            raw = self.raw[position]
            return (raw[: word_length(raw)] if raw[-1] in "sS" else raw), where
        return _stretch(text, self.raw[position : position + length], position - self.starts[number]), where


_GAP = 16  # characters between two words, more than there usually are


def _stretch(text: str, raw: list[str], first: int) -> str:
    """Where words, of which the first is number `first`, stand next to each other: that part of the text."""
    plain = " ".join(raw)
    at = text.find(plain)
    end = at + len(plain)
    if at >= 0 and not text[at - 1 : at].strip() and not text[end : end + 1].strip():  # as most stand
        return text[at : end - len(raw[-1]) + word_length(raw[-1])]
    room = sum(map(len, raw)) + _GAP * len(raw)
    at = text.find(raw[0])
    while at >= 0:
        window = text[at : at + room]
        if raw_words(window)[: len(raw)] == raw and not text[at - 1 : at].isalnum():
            return window[: starts(window)[len(raw) - 1] + word_length(raw[-1])]
        at = text.find(raw[0], at + 1)
    begins = starts(text)
    return text[begins[first] : begins[first + len(raw) - 1] + word_length(raw[-1])]


def read(post: PostText) -> Reading:
    """The words of a post."""
    tags = (("tags", tag) for tag in post.tags)
    return Reading((("title", post.title), ("summary", post.summary), ("text", post.content), *tags))
