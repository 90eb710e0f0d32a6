"""Joins a new entry to the post of another source that tells the same story (core.match.story).

It decides nothing: likeness is judged there, who is alerted in `core.decide`. What it holds is the window of the
last two days, brought up from the store at the start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from watchdog_bot.clock import Clock
from watchdog_bot.core import decide
from watchdog_bot.core.match.story import StoryIndex
from watchdog_bot.core.match.story_signature import Signature, sign
from watchdog_bot.core.model import Feed, KnownPost, NewPost, ParsedEntry, Post, PostId
from watchdog_bot.store import Store

DAYS = 2
MOST_AT_START = 3_000
MOST_OF_A_BASELINE = 50  # newest entries of a first poll that others may repeat


class Stories:
    """The window, and what becomes part of it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Call `load` before the first poll."""
        self._store = store
        self._clock = clock
        self._index = StoryIndex()
        # Held from looking for a story until its post is stored and learnt: two sources polled at the same moment
        # would otherwise not see each other.
        self.turn = asyncio.Lock()
        self._repeats = 0  # entries that became sightings; they are known here by numbers below zero

    async def load(self) -> int:
        """Bring the window up from the store; returns how many posts are in it."""
        posts = await self._store.recent_posts(self._clock.now(), days=DAYS, limit=MOST_AT_START)
        posts = tuple(reversed(posts))  # oldest first: the window forgets in the order of coming
        for post, signature in zip(posts, await asyncio.to_thread(_signatures, posts), strict=True):
            self._index.add(post.id, post.feed_id, post.first_seen_at, signature)
        return len(self._index)

    async def linked(
        self, feed: Feed, entries: tuple[decide.EntryFacts, ...]
    ) -> tuple[decide.EntryFacts, ...]:
        """The entries, those that repeat another source's story joined to its post."""
        if not feed.baseline_done:
            return entries
        self._index.forget(self._clock.now())
        return tuple([await self._link(feed, each) if _is_new(each) else each for each in entries])

    async def _link(self, feed: Feed, facts: decide.EntryFacts) -> decide.EntryFacts:
        now = self._clock.now()
        signature = _sign(facts.entry, feed)
        found = self._index.same_as(feed.id, signature, now)
        post = await self._store.post(found.story) if found else None
        if post is None:
            return facts
        self._repeats += 1
        self._index.add(PostId(-self._repeats), feed.id, now, signature, story=post.id)
        known = KnownPost(
            post.id, b"", seen_here=False, origin_here=False, complete=False, text=decide.matchable(post)
        )
        return replace(facts, known=known, story=True)

    async def learn(self, feed: Feed, posts: Sequence[NewPost], post_ids: Sequence[PostId]) -> None:
        """New posts are stored: from now on others may repeat them."""
        newest = list(zip(posts, post_ids, strict=True))[-MOST_OF_A_BASELINE:]
        now = self._clock.now()
        signed = await asyncio.to_thread(lambda: [_sign(post.entry, feed) for post, _ in newest])
        for (_, post_id), signature in zip(newest, signed, strict=True):
            self._index.add(post_id, feed.id, now, signature)


def _is_new(facts: decide.EntryFacts) -> bool:
    return facts.known is None and not facts.held


def _sign(entry: ParsedEntry, feed: Feed) -> Signature:
    return sign(entry.title, entry.content or entry.summary, language=entry.language or feed.language)


def _signatures(posts: Sequence[Post]) -> list[Signature]:
    return [sign(post.title, post.content or post.summary, language=post.language) for post in posts]
