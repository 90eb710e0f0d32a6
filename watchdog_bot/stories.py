"""Joins a new entry to the post of another source that tells the same story (core.match.story).

It decides nothing: likeness is judged there, who is alerted in `core.decide` and by what subscribers chose in the
store. What it holds is the window of the last two days. Signatures are stored with their posts, so after a start
the window is brought up without signing anything again.

An edit changes what others are compared with; a post that its source took back is no story to join.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from watchdog_bot.clock import Clock
from watchdog_bot.core import decide
from watchdog_bot.core.match.story import CAPACITY, WINDOW, StoryIndex
from watchdog_bot.core.match.story_signature import Signature, sign
from watchdog_bot.core.model import Feed, FeedUpdate, ParsedEntry, PostId
from watchdog_bot.store import Store
from watchdog_bot.store.values import SignedPost

MOST_OF_A_BASELINE = 50  # newest entries of a first poll that others may repeat
INLINE_ENTRIES = 3  # that are signed in the loop; more are in a thread


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

    def __len__(self) -> int:
        """How many posts are in the window."""
        return len(self._index)

    async def load(self) -> int:
        """Bring the window up from the store; returns how many posts are in it."""
        stored = await self._store.signed_posts(self._clock.now(), window=WINDOW, limit=CAPACITY)
        for each, signature in await asyncio.to_thread(_unpacked, stored):
            kept = signature or await self._signed_again(each.post_id)
            if kept is not None:
                self._index.add(each.post_id, each.feed_id, each.first_seen_at, kept, story=each.story)
        return len(self._index)

    async def _signed_again(self, post_id: PostId) -> Signature | None:
        """For what another version of the bot wrote."""
        post = await self._store.post(post_id)
        if post is None:
            return None
        return await asyncio.to_thread(sign, post.title, post.content or post.summary, language=post.language)

    async def linked(
        self, feed: Feed, entries: tuple[decide.EntryFacts, ...]
    ) -> tuple[decide.EntryFacts, ...]:
        """The entries, new and edited ones signed, those that repeat another source's story joined to its post."""
        now = self._clock.now()
        self._index.forget(now)
        entries = await self._signed(feed, entries)
        if not feed.baseline_done:
            return entries
        return tuple([await self._link(feed, each, now) if _may_join(each) else each for each in entries])

    async def _signed(
        self, feed: Feed, entries: tuple[decide.EntryFacts, ...]
    ) -> tuple[decide.EntryFacts, ...]:
        wanted = decide.oldest_first([each for each in entries if each.known is None])
        if not feed.baseline_done:
            wanted = wanted[-MOST_OF_A_BASELINE:]
        wanted += [each for each in entries if each.edited]
        if not wanted:
            return entries
        inline = len(wanted) <= INLINE_ENTRIES
        packed = _pack(wanted, feed) if inline else await asyncio.to_thread(_pack, wanted, feed)
        signatures = dict(zip(map(id, wanted), packed, strict=True))
        return tuple(replace(each, signature=signatures.get(id(each), b"")) for each in entries)

    async def _link(self, feed: Feed, facts: decide.EntryFacts, now: datetime) -> decide.EntryFacts:
        signature = Signature.from_bytes(facts.signature)
        assert signature is not None, "it was signed a moment ago"
        while (found := self._index.same_as(feed.id, signature, now)) is not None:
            gone = [each for each in {found.post_id, found.story} if not await self._stands(each)]
            if not gone:
                return replace(facts, story=found.story)
            self._index.remove(found.post_id)
        return facts

    async def _stands(self, post_id: PostId) -> bool:
        post = await self._store.post(post_id)
        return post is not None and post.withdrawn_at is None

    def learn(self, feed: Feed, update: FeedUpdate, post_ids: Sequence[PostId]) -> None:
        """It is stored: from now on others may repeat the new posts, and the edited ones as they stand now."""
        for new, post_id in zip(update.posts, post_ids, strict=True):
            if (signature := Signature.from_bytes(new.signature)) is not None:
                self._index.add(post_id, feed.id, update.at, signature, story=new.story)
        for edit in update.edits:
            if (signature := Signature.from_bytes(edit.signature)) is not None:
                self._index.edit(edit.post_id, signature)


def _may_join(facts: decide.EntryFacts) -> bool:
    return facts.known is None and not facts.held and not facts.silent


def _pack(wanted: Sequence[decide.EntryFacts], feed: Feed) -> list[bytes]:
    return [_sign(each.entry, feed).to_bytes() for each in wanted]


def _sign(entry: ParsedEntry, feed: Feed) -> Signature:
    return sign(entry.title, entry.content or entry.summary, language=entry.language or feed.language)


def _unpacked(stored: Sequence[SignedPost]) -> list[tuple[SignedPost, Signature | None]]:
    return [(each, Signature.from_bytes(each.signature)) for each in stored]
