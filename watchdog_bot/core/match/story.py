"""Finds the same story in another source: near-same posts of the last two days. Pure; keeps no text.

Two posts of different sources are one story by one of three rules, strongest first:

1. **text**: the Jaccard index of their 3-word shingles is at least .5. On real reports nothing lies between .3
   and .5, so the exact threshold matters little.
2. **excerpt**: at least half of the shorter text is in the longer one. Sources that give only a summary.
3. **title**: in the same language, at least four content words are shared and at least half of all. If it is
   hardly more than half, and there are texts, they have to agree as well: in a number that both titles have, in
   four names, or in a tenth of their words. Long texts that share nothing at all show that the title is none.

What speaks against it wins, because an arrest that nobody is told of is worse than two alerts of one:

4. Two reports **contradict** each other if each is about a name or a number (an age, a sentence, a toll, a
   city) that the other does not have at all, if each title has a number or a date that the other title has
   not, or if the titles tell of different events: an arrest, a sentence, a release. Then they are one story only where it is the titles that part them, and long
   texts are seven tenths the same or shorter ones equal: the arrests of two people are told in the same words.
5. A text or a title that its source **uses again and again** (daily briefs, "our journalists report from 27
   countries …") says nothing: text and title must then agree both.
6. Posts of one source are never one story here; neither is a post with a story that its source is part of.
7. Only posts seen within the window count.

SimHash is not used: on such texts it finds .2 to .8 of what rule 1 finds at the same precision.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zlib import crc32

from watchdog_bot.core.match.story_signature import BINS, HEAD, TITLE, Signature
from watchdog_bot.core.model import FeedId, PostId

WINDOW = timedelta(hours=48)
SAME_TEXT = 0.5  # Jaccard index of shingles
STRONG_TEXT = 0.7
LONG_TEXT = 200  # shingles: where STRONG_TEXT outweighs a contradiction
EQUAL_TEXT = 0.97  # does so in shorter ones: only the title differs
SHORT_TEXT = 60  # shingles: below, nothing does
SAME_PART = 0.5  # share of the shorter text
PART_SHINGLES = 5  # of the head, that must be shared: it has every second one
LEAST_JACCARD = 0.12  # below it, the estimate says nothing about a part: three errors of it
MARGIN = 0.08  # an error of a share that is reckoned from the bins: it errs on the side of two alerts
SAME_TITLE = 0.5
TITLE_WORDS = 4
CLEAR_TITLE = 0.55  # from here on a title needs no support
SUPPORT_NAMES = 4  # that both are about
SUPPORT_TEXT = 0.1  # Jaccard index of shingles
LEAST_SHARED = 0.02  # half an error of the estimate: below it, nothing is shared
TELLING_TEXT = 400  # shingles: two so long reports of one event share some
CAPACITY = 16_384  # posts in the window; beyond it the oldest are forgotten early


class Why(StrEnum):
    """By what two posts are one story."""

    TEXT = "text"
    EXCERPT = "excerpt"
    TITLE = "title"


_STRENGTH = {Why.TEXT: 3, Why.EXCERPT: 2, Why.TITLE: 1}


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score` from 0 to 1: Jaccard index, share of the shorter text, or Jaccard index of titles."""

    why: Why
    score: float


@dataclass(frozen=True, slots=True)
class StoryMatch:
    """`post_id` is the post that is most like the new one, `story` the first post of its story."""

    post_id: PostId
    story: PostId
    why: Why
    score: float


# --------------------------------------------------------------------------- two posts


def compare(one: Signature, other: Signature) -> Likeness | None:
    """Rules 1 to 4. Symmetric."""
    likeness = text_likeness(one, other)
    if likeness is None and titles_alike(one, other) and title_holds(one, other):
        likeness = Likeness(Why.TITLE, _jaccard(one.title, other.title))
    if likeness is None or not contradict(one, other):
        return likeness
    if likeness.why is not Why.TEXT or _parted(
        one, other, one.text_names | one.figures, other.text_names | other.figures
    ):
        return None
    size = min(one.size, other.size)
    enough = STRONG_TEXT if size >= LONG_TEXT else EQUAL_TEXT if size >= SHORT_TEXT else 2.0
    return likeness if likeness.score >= enough else None


def text_likeness(one: Signature, other: Signature) -> Likeness | None:
    """Rules 1 and 2."""
    if not one.size or not other.size:
        return None
    jaccard = text_jaccard(one, other)
    if jaccard >= SAME_TEXT:
        return Likeness(Why.TEXT, jaccard)
    part = text_part(one, other, jaccard)
    return Likeness(Why.EXCERPT, part) if part >= SAME_PART else None


def text_jaccard(one: Signature, other: Signature) -> float:
    """Estimated from the bins, freed of the chance that two bins of 8 bits are equal."""
    equal = BINS - sum(map(int.__ne__, one.bins, other.bins))
    chance = 1 / 256
    return max(0.0, (equal / BINS - chance) / (1 - chance))


def text_part(one: Signature, other: Signature, jaccard: float) -> float:
    """Which share of the shorter text is in the longer: from the sizes, or from how both begin."""
    short, long = sorted((one, other), key=lambda each: (each.size, len(each.head), each.bins))
    whole = jaccard * (short.size + long.size) / (1 + jaccard) / short.size - MARGIN
    if jaccard < LEAST_JACCARD:
        whole = 0.0
    shared = len(short.head & long.head)
    begun = shared / len(short.head) if shared >= PART_SHINGLES else 0
    return min(1.0, max(whole, begun))


def titles_alike(one: Signature, other: Signature) -> bool:
    """Rule 3. A language that is not known, as of a title alone, may be any."""
    if one.language != other.language and one.language and other.language:
        return False
    if len(one.title & other.title) < TITLE_WORDS:
        return False
    return _jaccard(one.title, other.title) >= SAME_TITLE


def title_holds(one: Signature, other: Signature) -> bool:
    """What rule 3 asks of the texts, where both posts have one."""
    if not one.size or not other.size:
        return True
    jaccard = text_jaccard(one, other)
    if min(one.size, other.size) >= TELLING_TEXT and jaccard < LEAST_SHARED and not one.head & other.head:
        return False
    if _jaccard(one.title, other.title) >= CLEAR_TITLE or one.figures & other.figures:
        return True
    names = (one.title_names | one.text_names) & (other.title_names | other.text_names)
    return len(names) >= SUPPORT_NAMES or jaccard >= SUPPORT_TEXT


def contradict(one: Signature, other: Signature) -> bool:
    """Rule 4."""
    if one.events and other.events and not one.events & other.events:
        return True
    if differ_in_figures(one, other):
        return True
    return _parted(one, other, one.title_names | one.text_names, other.title_names | other.text_names)


def _parted(one: Signature, other: Signature, its: frozenset[int], others: frozenset[int]) -> bool:
    """Whether each has names, or each has numbers, that the other does not have anywhere."""
    lacked_there = {value & 1 for value in its if not other.names(value)}  # 1: a number, 0: a name
    lacked_here = {value & 1 for value in others if not one.names(value)}
    return not lacked_there.isdisjoint(lacked_here)


def differ_in_figures(one: Signature, other: Signature) -> bool:
    """Whether each title has a number or a date that the other has not."""
    return bool(one.figures - other.figures) and bool(other.figures - one.figures)


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


# --------------------------------------------------------------------------- the window


@dataclass(frozen=True, slots=True)
class _Kept:
    number: int  # in the order of coming
    post_id: PostId
    story: PostId
    source: FeedId
    seen_at: datetime
    stored: bytes  # the signature; as sets it would take ten times as much


@dataclass(frozen=True, slots=True)
class _Near:
    """A candidate with its signature unpacked."""

    kept: _Kept
    signature: Signature


class StoryIndex:
    """The posts of the window, and which of them may be one story with another.

    Candidates are found by pairs of bins (24 bands of 2 rows: a pair of texts with J = .5 is found 999 times in
    1,000), shingles of the head, and words of the title. Each key is a chain through fixed arrays, newest first,
    as compressors chain what they have seen: adding is O(keys), nothing is ever taken out, a walk ends at what
    is older than the ring. At most about 30 MB with `CAPACITY` posts.
    """

    def __init__(self, *, window: timedelta = WINDOW, capacity: int = CAPACITY) -> None:
        """`capacity` in posts."""
        self._window = window
        self._capacity = capacity
        self._ring: list[_Kept | None] = []
        self._coming = 0  # the number of the next post
        self._numbers: dict[PostId, int] = {}
        self._oldest: deque[int] = deque()
        self._sources: dict[PostId, Counter[FeedId]] = {}  # of each story
        self._latest = array("i", bytes(4 << _KEY_BITS))  # the newest node of a key, plus one
        self._before = array("i")  # the next older node of each node's key, plus one

    def __len__(self) -> int:
        return len(self._numbers)

    def add(
        self,
        post_id: PostId,
        source: FeedId,
        seen_at: datetime,
        signature: Signature,
        *,
        story: PostId | None = None,
    ) -> None:
        """A post that is stored. `story`: the first post of its story, where that is another. A post that is here
        already, because it was edited or seen again, is replaced.
        """
        self.remove(post_id)
        kept = _Kept(
            self._coming, post_id, post_id if story is None else story, source, seen_at, signature.to_bytes()
        )
        self._coming += 1
        slot = kept.number % self._capacity
        if slot == len(self._ring):
            self._ring.append(kept)
            self._before.frombytes(bytes(4 * _NODES))
        else:
            if (crowded := self._ring[slot]) is not None:
                self.remove(crowded.post_id)
            self._ring[slot] = kept
        self._numbers[post_id] = kept.number
        self._oldest.append(kept.number)
        self._sources.setdefault(kept.story, Counter())[source] += 1
        self._chain(slot, signature)

    def edit(self, post_id: PostId, signature: Signature) -> None:
        """The post's text changed: it is compared by the new one, in its own time and story. One that has left the
        window stays out of it.
        """
        number = self._numbers.get(post_id)
        kept = self._ring[number % self._capacity] if number is not None else None
        if kept is not None:
            self.add(post_id, kept.source, kept.seen_at, signature, story=kept.story)

    def also_in(self, story: PostId, source: FeedId) -> bool:
        """Whether the source is part of that story (rule 6)."""
        return source in self._sources.get(story, ())

    def remove(self, post_id: PostId) -> None:
        """A post that was taken back, or is to be replaced; one that is not here is no error."""
        number = self._numbers.pop(post_id, None)
        if number is None:
            return
        kept = self._ring[number % self._capacity]
        self._ring[number % self._capacity] = None
        if kept is None:
            return
        sources = self._sources[kept.story]
        sources[kept.source] -= 1
        if not sources[kept.source]:
            del sources[kept.source]
        if not sources:
            del self._sources[kept.story]

    def forget(self, now: datetime) -> int:
        """Drop what has left the window; returns how many. Cheap enough to be called at every poll.

        It stops at the first post that is still within: one that came late from an earlier time goes with it.
        """
        dropped = 0
        while self._oldest:
            number = self._oldest[0]
            kept = self._ring[number % self._capacity]
            if kept is not None and kept.number == number:
                if now - kept.seen_at <= self._window:
                    break
                self.remove(kept.post_id)
                dropped += 1
            self._oldest.popleft()
        return dropped

    def same_as(self, source: FeedId, signature: Signature, now: datetime) -> StoryMatch | None:
        """The post of another source that a post of `source` repeats, or None.

        The strongest rule decides, then the score, then who was first; the order of adding does not matter.
        """
        near = [
            _Near(kept, unpacked)
            for kept in self._candidates(signature)
            if now - kept.seen_at <= self._window
            if (unpacked := Signature.from_bytes(kept.stored))
        ]
        found = [
            (likeness, each.kept)
            for each in near
            if each.kept.source != source and not self.also_in(each.kept.story, source)
            if (likeness := compare(signature, each.signature))
            if not _is_template(likeness, signature, each, near, source)
        ]
        if not found:
            return None
        likeness, best = min(found, key=_order)
        return StoryMatch(best.post_id, best.story, likeness.why, likeness.score)

    def _chain(self, slot: int, signature: Signature) -> None:
        for place, key, _ in _keys(signature):
            node = slot * _NODES + place
            self._before[node] = self._latest[key]
            self._latest[key] = node + 1

    def _candidates(self, signature: Signature) -> list[_Kept]:
        """Posts with a band, two shingles of the head or three words of the title in common, likeliest first."""
        votes: Counter[int] = Counter()
        for _, key, worth in _keys(signature):
            for number in self._walk(key):
                votes[number] += worth
        likely = sorted((-worth, number) for number, worth in votes.items() if worth >= _ENOUGH)
        slots = (self._ring[number % self._capacity] for _, number in likely[:_COMPARED])
        return [each for each in slots if each is not None]

    def _walk(self, key: int) -> set[int]:
        """Numbers of the newest posts in a key's chain."""
        found: set[int] = set()
        node, newest = self._latest[key], self._coming
        for _ in range(_WALK):
            if not node:
                break
            kept = self._ring[(node - 1) // _NODES]
            if kept is not None:
                if kept.number > newest:  # its slot was used again: what follows is another chain
                    break
                newest = kept.number
                found.add(newest)
            node = self._before[node - 1]
        return found


def _is_template(
    likeness: Likeness, signature: Signature, found: _Near, near: Sequence[_Near], source: FeedId
) -> bool:
    """Rule 5: whether what the two have in common is what one of their sources always says."""
    by_text = likeness.why is not Why.TITLE
    if by_text and titles_alike(signature, found.signature):
        return False
    for each in near:
        if each is found or each.kept.source not in {source, found.kept.source}:
            continue
        beside = signature if each.kept.source == source else found.signature
        same_title = titles_alike(beside, each.signature)
        same_text = text_likeness(beside, each.signature) is not None
        if same_title != same_text and same_text == by_text:
            return True
    return False


def _order(pair: tuple[Likeness, _Kept]) -> tuple[int, float, datetime, PostId]:
    likeness, kept = pair
    return -_STRENGTH[likeness.why], -likeness.score, kept.seen_at, kept.post_id


_BANDS, _ROWS = 24, 2
_NODES = _BANDS + HEAD + TITLE  # keys of a post at most
_KEY_BITS = 20
_KEYS = (1 << _KEY_BITS) - 1
_WALK = 200  # steps along one chain: a word that so many posts have finds nothing
_COMPARED = 40  # posts at most
_ENOUGH = 6
_BAND_WORTH, _HEAD_WORTH, _TITLE_WORTH = 6, 3, 2  # so that one band, two shingles or three words are enough


def _keys(signature: Signature) -> list[tuple[int, int, int]]:
    """Where the signature is chained: place among its keys, key, what a post is worth that shares it."""
    bins = signature.bins
    keys: list[tuple[int, int, int]] = []
    if bins:
        keys += ((at, crc32(bins[_ROWS * at :][:_ROWS], at) & _KEYS, _BAND_WORTH) for at in range(_BANDS))
    keys += ((_BANDS + at, value * 5 & _KEYS, _HEAD_WORTH) for at, value in enumerate(sorted(signature.head)))
    keys += (
        (_BANDS + HEAD + at, value * 7 & _KEYS, _TITLE_WORTH)
        for at, value in enumerate(sorted(signature.title))
    )
    return keys
