"""A post read once for all queries: its words, in order, with the way back to the text as it stands."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from watchdog_bot.core.model import PostText
from watchdog_bot.core.text import folded_words, raw_words, span, word_length

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

    @cached_property
    def joined(self) -> str:
        """The folded words with single spaces around each, fields apart: phrases are found in it."""
        ends = [*self.starts[1:], len(self.folded)]
        fields = [" ".join(self.folded[start:end]) for start, end in zip(self.starts, ends, strict=True)]
        return f" {f' {_BREAK} '.join(fields)} "

    @cached_property
    def first(self) -> dict[str, int]:
        """The first position of each word."""
        last_to_first = range(len(self.folded) - 1, -1, -1)
        return dict(zip(reversed(self.folded), last_to_first, strict=True))

    @cached_property
    def title_end(self) -> int:
        """How many words the title has."""
        if not self.fields or self.fields[0][0] != "title":
            return 0
        return self.starts[1] if len(self.starts) > 1 else len(self.raw)

    def field_of(self, position: int) -> int:
        """The number of the field that a word stands in."""
        return bisect_right(self.starts, position) - 1

    def surface(self, position: int, length: int = 1) -> tuple[str, str]:
        """`length` words from a position as they stand in the text, and where that is."""
        number = self.field_of(position)
        where, text = self.fields[number]
        if length == 1:
            raw = self.raw[position]
            return raw[: word_length(raw)], where
        first = position - self.starts[number]
        return span(text, first, first + length - 1), where


def read(post: PostText) -> Reading:
    """The words of a post."""
    tags = (("tags", tag) for tag in post.tags)
    return Reading((("title", post.title), ("summary", post.summary), ("text", post.content), *tags))


def read_title(post: PostText) -> Reading:
    """The words of its title alone."""
    return Reading((("title", post.title),))
