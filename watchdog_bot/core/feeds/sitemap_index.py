"""Sitemap indexes: which of the sitemaps they name are worth reading, and what is remembered of them. Pure.

An index of a large site names hundreds of sitemaps. Rules:

1. Where it names sitemaps for news or for the latest posts, only these are read; else those for posts and of unknown
   purpose; lists of pictures, films, tags, categories, authors and fixed pages only where there is nothing else.
2. Names that differ in their digits only are a series (a month, a year, a number). Of each series the newest is
   read, and one more: by the date in the name where there is one, not after now; else by `lastmod`, and the highest
   number besides; else the highest and the lowest number. Six in all; every series has its turn before any has two.
3. A sitemap whose `lastmod` is what it was is not asked for, but once a day. Those for news are asked for each
   time, with their validators: an index is often older than what it names.
4. A sitemap that the index names for the first time brings news. One that it named all along and that was not read
   before (an old year, edited) brings as news only what says that it appeared since the last good check; the rest of
   it is stored without alerting anybody. One that is this or the last month's by its name brings news in any case,
   unless it could not be read for the baseline.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from urllib.parse import urlsplit

from watchdog_bot.core.feeds.dates import read_date
from watchdog_bot.core.feeds.sitemap import promise
from watchdog_bot.core.model import HttpMemory, ParsedEntry, ParsedFeed

MOST = 6  # sitemaps read in one poll
A_SERIES = 2
REMEMBERED = 60  # sitemaps whose validators are kept
NAMED = 2_000  # sitemaps whose names are remembered
RECENT = timedelta(days=62)
SLACK = timedelta(days=1)  # a source may publish later than the date it writes
HASH_SIZE = 6

NOTHING = HttpMemory()

_DIGITS = re.compile(r"\d+")
_DATE = re.compile(r"(?<!\d)(20\d\d)(?:\D{0,4}(0[1-9]|1[0-2]|[1-9])(?!\d)(?:\D{0,4}(0[1-9]|[12]\d|3[01]|[1-9])(?!\d))?)?"
                   r"|(?<!\d)(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])?(?!\d)")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Child:
    """A sitemap as its index names it. `lastmod` as it stands there."""

    url: str
    lastmod: str = ""
    parent: str = ""  # the index of the index that names it; empty for the feed's own


@dataclass(frozen=True, slots=True)
class Followed:
    """A sitemap that was read: what to say back to its server, and how many entries it held."""

    url: str
    lastmod: str = ""
    memory: HttpMemory = NOTHING
    entries: int = 0


@dataclass(frozen=True, slots=True)
class IndexMemory:
    """What is remembered of an index. `children` are those chosen last, in order."""

    children: tuple[Child, ...] = ()
    followed: tuple[Followed, ...] = ()
    named: frozenset[str] = frozenset()  # marks of every sitemap it has named
    awaited: frozenset[str] = (
        frozenset()
    )  # marks of those that belong to the baseline and could not be read for it

    def of(self, url: str) -> Followed | None:
        """What is remembered of this sitemap, if it was ever read."""
        return next((each for each in self.followed if each.url == url), None)

    def with_read(self, read: Followed) -> IndexMemory:
        """After a sitemap was read or found unchanged: the ones read last stay remembered."""
        others = tuple(each for each in self.followed if each.url != read.url)
        return replace(self, followed=(read, *others)[:REMEMBERED])

    def with_index(self, children: Iterable[Child], chosen: tuple[Child, ...]) -> IndexMemory:
        """After a look at those chosen; `children` are all that were named in documents read this time."""
        marks = list(dict.fromkeys(mark(child.url) for child in children))
        named = (
            frozenset(marks)
            if len(marks) >= NAMED
            else frozenset((*marks, *list(self.named)[: NAMED - len(marks)]))
        )
        return replace(self, children=chosen, named=named)

    def to_text(self) -> str:
        """For a column."""
        return json.dumps(
            [
                [[each.url, each.lastmod, each.parent] for each in self.children],
                [_packed(each) for each in self.followed],
                sorted(self.named),
                sorted(self.awaited),
            ],
            ensure_ascii=False,
        )

    @classmethod
    def from_text(cls, text: str) -> IndexMemory:
        """Undo `to_text`; what it never wrote is as if nothing were remembered."""
        try:
            children, followed, named, awaited = json.loads(text)
            return cls(
                tuple(Child(*map(str, each)) for each in children),
                tuple(_unpacked(each) for each in followed),
                frozenset(named),
                frozenset(awaited),
            )
        except (ValueError, TypeError):
            return cls()


def _packed(read: Followed) -> list[object]:
    memory = read.memory
    digest = memory.body_hash.hex() if memory.body_hash else None
    return [read.url, read.lastmod, memory.etag, memory.last_modified, digest, read.entries]


def _unpacked(packed: list[object]) -> Followed:
    url, lastmod, etag, last_modified, digest, entries = packed
    memory = HttpMemory(
        etag=None if etag is None else str(etag),
        last_modified=None if last_modified is None else str(last_modified),
        body_hash=bytes.fromhex(str(digest)) if digest else None,
    )
    return Followed(str(url), str(lastmod), memory, int(str(entries)))


def mark(url: str) -> str:
    """A short hash of an address: an index may name a thousand."""
    return blake2b(url.encode("utf-8", "surrogatepass"), digest_size=HASH_SIZE).hexdigest()


def children_of(parsed: ParsedFeed, *, parent: str = "") -> tuple[Child, ...]:
    """The sitemaps that a document names, in its order of promise."""
    dates = parsed.child_dates or ("",) * len(parsed.children)
    return tuple(Child(url, lastmod, parent) for url, lastmod in zip(parsed.children, dates, strict=True))


# --------------------------------------------------------------------------- which ones (rules 1 and 2)


def ordered(children: Sequence[Child], now: datetime) -> tuple[Child, ...]:
    """Those worth reading, the most promising first; of each series two at most. The first `MOST` are to be read, the
    others are for when one of these is gone.
    """
    series: dict[str, list[Child]] = {}
    for child in _purposeful(children):
        series.setdefault(_DIGITS.sub("#", _tail(child.url)), []).append(child)
    picked = [_newest_two(of_one, now) for of_one in series.values()]
    picked.sort(
        key=lambda two: (_rank(two[0]), _minus(named_day(two[0].url), now), _minus(_changed(two[0]), now))
    )
    rounds = [two[turn] for turn in range(A_SERIES) for two in picked if turn < len(two)]
    return tuple(dict.fromkeys(rounds))


def _purposeful(children: Sequence[Child]) -> list[Child]:
    """Rule 1."""
    ranks = [_rank(child) for child in children]
    for allowed in ({0, 1}, {2, 3}):
        if allowed & set(ranks):
            return [child for child, rank in zip(children, ranks, strict=True) if rank in allowed]
    return list(children)


def _newest_two(series: list[Child], now: datetime) -> list[Child]:
    """Rule 2."""
    dated = [(day, child) for child in series if (day := named_day(child.url)) is not None]
    if len(dated) == len(series):
        past = [(day, child) for day, child in dated if day <= now] or dated
        return [
            child for _, child in sorted(past, key=lambda pair: (pair[0], _numbers(pair[1])), reverse=True)
        ][:A_SERIES]
    by_number = sorted(series, key=_numbers)
    if any(_changed(child) for child in series):
        newest = max(
            series, key=lambda child: (_changed(child) or datetime.min.replace(tzinfo=UTC), _numbers(child))
        )
        second = by_number[-1] if by_number[-1] is not newest else by_number[-2:][0]
        return list(dict.fromkeys((newest, second)))
    return list(dict.fromkeys((by_number[-1], by_number[0])))


def _rank(child: Child) -> int:
    return promise(urlsplit(child.url).path.lower())


def news(child: Child) -> bool:
    """Whether it is one for news or the latest posts."""
    return _rank(child) <= 1


def _tail(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _numbers(child: Child) -> tuple[int, ...]:
    return tuple(int(each[:18]) for each in _DIGITS.findall(_tail(child.url)))


def _changed(child: Child) -> datetime | None:
    return read_date(child.lastmod)


def _minus(moment: datetime | None, now: datetime) -> float:
    """For sorting the newest first, those without a date last."""
    return (now - moment).total_seconds() if moment is not None else float("inf")


def named_day(url: str) -> datetime | None:
    """The first day of the year, month or day in a sitemap's name."""
    found = _DATE.search(_tail(url))
    return None if found is None else _first_day(found)


def named_date(url: str) -> datetime | None:
    """The day in an address that names one, such as /2026/03/09/."""
    found = _DATE.search(_tail(url))
    return _first_day(found) if found is not None and (found[3] or found[6]) else None


def _first_day(found: re.Match[str]) -> datetime:
    year, month, day = (
        int(one or other or 1) for one, other in zip(found.groups()[:3], found.groups()[3:], strict=True)
    )
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:  # the 31st of February
        return datetime(year, month, 1, tzinfo=UTC)


# --------------------------------------------------------------------------- whether to ask, and what is news


def is_due(child: Child, memory: IndexMemory, *, whole: bool) -> bool:
    """Rule 3. `whole`: the daily look at everything."""
    known = memory.of(child.url)
    return known is None or whole or not child.lastmod or news(child) or known.lastmod != child.lastmod


def is_old(child: Child, memory: IndexMemory, now: datetime) -> bool:
    """Rule 4: named all along and never read."""
    if memory.of(child.url) is not None or mark(child.url) not in memory.named | memory.awaited:
        return False
    if mark(child.url) in memory.awaited:
        return True
    day = named_day(child.url)
    return day is None or day < now - RECENT


def not_news(entries: Iterable[ParsedEntry], last_ok: datetime | None) -> frozenset[str]:
    """The links of what an old sitemap holds and is not to be alerted of."""
    return frozenset(
        entry.link
        for entry in entries
        if entry.link
        and not (last_ok and (moment := entry.published or entry.updated) and moment >= last_ok - SLACK)
    )
