"""What the store answers with, beyond the values of `core.model`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from watchdog_bot.core.model import ClaimedDelivery, ClaimedDigest, FeedId, PostId, Subscriber
from watchdog_bot.core.tempo import ChatSettings


@dataclass(frozen=True, slots=True)
class AppliedUpdate:
    """What came of a FeedUpdate: the posts' ids, parallel to its `posts`, and how many deliveries were new."""

    post_ids: tuple[PostId, ...] = ()
    deliveries: int = 0


@dataclass(frozen=True, slots=True)
class SignedPost:
    """What is needed of a post to know its story elsewhere."""

    post_id: PostId
    feed_id: FeedId
    first_seen_at: datetime
    story: PostId | None
    signature: bytes


@dataclass(frozen=True, slots=True)
class ClaimedEdit:
    """A sent alert taken for editing: `delivery.message_id` is the message, `post` has the new text. One that was a line
    of a digest comes with all that the message carries.
    """

    claimed: ClaimedDelivery
    attempts: int  # this one included
    lease: int  # tells this claim from a later one
    digest: ClaimedDigest | None = None


@dataclass(frozen=True, slots=True)
class ClaimedNote:
    """A subscriber that is told now that it got nothing for a week, with the texts of its queries."""

    subscriber: Subscriber
    settings: ChatSettings
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """Nothing to this chat (None: to any chat) before then."""

    chat_id: int | None = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """The figures of /status, the health page and the metrics."""

    feeds: int  # that are polled: not the paused ones
    failing_feeds: int
    posts: int
    subscribers: int  # active ones
    queued: int
    sending: int
    doubtful: int
    dead: int  # still listed
    sent_total: int  # since the database was made
    doubts_total: int
    last_check_at: datetime | None
    last_sent_at: datetime | None
