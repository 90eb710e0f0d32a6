"""What queries would have matched among posts that are stored. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog_bot.core.decide import matchable
from watchdog_bot.core.match.index import MatchIndex
from watchdog_bot.core.match.query import Query, leaves
from watchdog_bot.core.match.query_tree import TopicIs
from watchdog_bot.core.model import Post, SubscriberId, SubscriptionId, Topic
from watchdog_bot.core.text import fold

SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Preview:
    """What a query would have matched among the newest stored posts."""

    hits: int
    looked_at: int
    days: int  # how far back the posts looked at reach
    samples: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one query would have matched, and another instead of it."""

    before: Preview
    after: Preview
    lost: tuple[Post, ...]  # samples of what only the first matches
    gained: tuple[Post, ...]  # and only the second


def preview(query: Query, topics: Sequence[Topic], posts: Sequence[Post], now: datetime) -> Preview:
    """Of one query."""
    (hits,) = hits_among((query,), topics, posts)
    return _preview(hits, posts, now)


def comparison(
    before: Query, after: Query, topics: Sequence[Topic], posts: Sequence[Post], *, now: datetime
) -> Comparison:
    """Of two, in one pass."""
    had, has = hits_among((before, after), topics, posts)
    old, new = {each.id for each in had}, {each.id for each in has}
    return Comparison(
        _preview(had, posts, now),
        _preview(has, posts, now),
        tuple(each for each in had if each.id not in new)[:SAMPLES],
        tuple(each for each in has if each.id not in old)[:SAMPLES],
    )


def _preview(hits: Sequence[Post], posts: Sequence[Post], now: datetime) -> Preview:
    return Preview(len(hits), len(posts), _reach(posts, now), tuple(hits[:SAMPLES]))


def hits_among(
    queries: Sequence[Query], topics: Sequence[Topic], posts: Sequence[Post]
) -> tuple[tuple[Post, ...], ...]:
    """For each of the queries those of the posts that it matches, in their order."""
    index = MatchIndex()
    followed = {fold(name) for query in queries for name in _followed(query)}
    index.set_topics(
        [topic for topic in topics if fold(topic.name) in followed]
    )  # others cost, and say nothing
    for number, query in enumerate(queries):
        index.add(SubscriptionId(number), SubscriberId(number), query)
    hits: tuple[list[Post], ...] = tuple([] for _ in queries)
    for post in posts:
        for match in index.match(matchable(post)):
            hits[match.subscription_id].append(post)
    return tuple(map(tuple, hits))


def _followed(query: Query) -> set[str]:
    expressions = (*(() if query.words is None else (query.words,)), *query.excluded)
    named = (leaf.name for each in expressions for leaf in leaves(each) if isinstance(leaf, TopicIs))
    return {*query.topics, *named}


def topic_hits(versions: Sequence[Topic | None], posts: Sequence[Post]) -> tuple[tuple[Post, ...], ...]:
    """For each version of a topic those of the posts that its words are in; None has none."""
    return tuple(
        hits_among((Query(topics=frozenset({each.name})),), (each,), posts)[0] if each else ()
        for each in versions
    )


def _reach(posts: Sequence[Post], now: datetime) -> int:
    """Days back to the oldest post looked at, at least one."""
    oldest = min((post.first_seen_at for post in posts), default=now)
    return max(1, round((now - oldest) / timedelta(days=1)))
