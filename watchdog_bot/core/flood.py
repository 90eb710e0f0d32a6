"""A known feed that suddenly seems to be new: moved, renumbered, or come back whole. Pure.

1. Entries whose keys are unknown but whose title is that of exactly one post of the same feed are that post
   under another guid and address. A title of fewer than four words names too much to count.
2. What is left is suspicious if nothing says that it appeared since the last good check: it has no date, or
   one from before. Dates decide here only whether to ask, never whether a post is new.
3. Many suspicious entries (five at least, and more than half of the document) are held: stored, and alerted
   only when an administrator says that they are news. Fresh ones alert as always.
4. Nobody is asked after an outage that made undated posts pile up, nor where there is nobody to ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from watchdog_bot.core.decide import EntryFacts
from watchdog_bot.core.feeds.identity import content_hash
from watchdog_bot.core.model import Feed, KnownPost, PostId
from watchdog_bot.core.text import fold

FEWEST = 5
TITLE_WORDS = 4
SLACK = timedelta(days=1)  # a source may publish later than the date it writes


def title_key(title: str) -> str | None:
    """What two spellings of one headline have in common; None for one too short to name a post."""
    words = fold(title).split()
    return " ".join(words) if len(words) >= TITLE_WORDS else None


def is_flood(facts: Sequence[EntryFacts], *, total: int) -> bool:
    """Whether so much of a document of `total` entries is unknown that it is worth a closer look."""
    unknown = sum(each.known is None for each in facts)
    return unknown >= FEWEST and unknown * 2 > total


def recognised(facts: Sequence[EntryFacts], titles: Mapping[str, PostId]) -> tuple[EntryFacts, ...]:
    """Rule 1. `titles`: of the feed's own posts, by `title_key`, without those that several posts share."""
    keys = [title_key(each.entry.title) for each in facts]
    return tuple(
        _as_known(each, titles[key])
        if each.known is None and key is not None and key in titles and keys.count(key) == 1
        else each
        for each, key in zip(facts, keys, strict=True)
    )


def _as_known(facts: EntryFacts, post_id: PostId) -> EntryFacts:
    known = KnownPost(post_id, content_hash(facts.entry), seen_here=True, complete=False)
    return replace(facts, known=known)


def held(feed: Feed, facts: Sequence[EntryFacts], *, total: int) -> frozenset[int]:
    """Rules 2 to 4: positions of the entries that must wait for an administrator's word."""
    suspicious = frozenset(
        number for number, each in enumerate(facts) if each.known is None and not _fresh(feed, each)
    )
    if len(suspicious) < FEWEST or len(suspicious) * 2 <= total:
        return frozenset()
    return suspicious


def _fresh(feed: Feed, facts: EntryFacts) -> bool:
    moment = facts.entry.published or facts.entry.updated
    last = feed.health.last_ok_at
    if last is None:
        return True
    return feed.health.failing_since is not None if moment is None else moment >= last - SLACK
