"""The values that travel through the program. It holds data and no behaviour beyond reading itself.

Conventions. Times are aware `datetime`s in UTC. Durations are seconds. Sizes are bytes, except Telegram
text, which is counted in UTF-16 units. `ParsedX` came from outside, `KnownX` is what the store remembers,
`XChange` is what to write, `XResult` is what the world answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from watchdog_bot.core.tempo import DEFAULT_SETTINGS, ChatSettings, Tempo

FeedId = NewType("FeedId", int)
PostId = NewType("PostId", int)
SubscriberId = NewType("SubscriberId", int)
SubscriptionId = NewType("SubscriptionId", int)
DeliveryId = NewType("DeliveryId", int)

# --------------------------------------------------------------------------- feeds


class FeedKind(StrEnum):
    """What form a source publishes in. AUTO is resolved at the first successful fetch."""

    AUTO = "auto"
    RSS = "rss"  # RSS 0.9x, 1.0 (RDF), 2.0
    ATOM = "atom"
    JSON = "json"  # JSON Feed 1.0, 1.1
    SITEMAP = "sitemap"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class HttpMemory:
    """What must be said back to the server, opaque and unchanged (RFC 9110 section 8.8, 13.1)."""

    etag: str | None = None
    last_modified: str | None = None
    body_hash: bytes | None = None  # 16 bytes, of the decoded body
    slices: bytes = b""  # 8 bytes for each entry of the last document (see core.feeds.slices)
    moved_to: str | None = None  # where permanent redirects led last, so many times in a row
    moved_times: int = 0
    pace: str = ""  # what its documents say of when to come (core.feeds.schedule.Pace, as text)


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How the source has been answering."""

    last_checked_at: datetime | None = None
    last_ok_at: datetime | None = None
    last_new_at: datetime | None = None
    failures: float = 0.0  # weighted and consecutive: hard 1, soft 0.5, temporary 0.25; 0 when well
    failing_since: datetime | None = None
    cause: str | None = None  # why it fails, in words an admin understands
    note: str | None = None  # what came of the last outage: "unreachable 3 h; caught up 4 posts"
    damaged: bool = False  # its last document was malformed and read leniently


@dataclass(frozen=True, slots=True)
class Feed:
    """A polled source with its HTTP memory."""

    id: FeedId
    url: str
    name: str
    kind: FeedKind = FeedKind.AUTO
    every: int | None = None  # seconds between checks; None: by the feed's own rhythm
    countries: tuple[str, ...] = ()  # what the source is about when it is about few (ISO 3166 alpha-2)
    language: str | None = None
    rules: str = ""  # what an operator says about its documents (core.feeds.rules, as text)
    mirror: str = ""  # where readers find its posts when they cannot reach it (core.feeds.elsewhere)
    archive: str = ""  # the same in a web archive
    memory: HttpMemory = HttpMemory()
    health: FeedHealth = FeedHealth()
    next_check_at: datetime | None = None  # None: at once
    baseline_done: bool = False  # the first poll stores posts without alerting anybody
    paused: bool = False


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """One entry as the source has it. Texts are plain and cleaned, never markup."""

    id: str | None  # guid / atom:id / JSON id, verbatim
    link: str | None  # absolute http(s) address or None
    title: str
    summary: str = ""  # the source's own summary
    content: str = ""  # full text where the feed has it
    published: datetime | None = None  # None when missing, unreadable or absurd: never invented
    updated: datetime | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A document read whole."""

    kind: FeedKind
    title: str = ""
    link: str | None = None
    language: str | None = None
    entries: tuple[ParsedEntry, ...] = ()
    ttl: int | None = None  # seconds the source asks between checks (ttl, sy:)
    skip_hours: frozenset[int] = frozenset()  # hours of the day, UTC, in which it asks not to be checked
    skip_days: frozenset[int] = frozenset()  # the same for days of the week, Monday is 0
    hub: str | None = None  # WebSub hub
    damaged: bool = False  # the document was malformed and read leniently
    children: tuple[str, ...] = ()  # sitemaps that a sitemap index names, most promising first
    child_dates: tuple[
        str, ...
    ] = ()  # their last modifications as they stand there, "" for none; empty: all have none


# --------------------------------------------------------------------------- what the network answered


class FailureWeight(StrEnum):
    """How much a failure says about the source: see `FeedHealth.failures`."""

    HARD = "hard"  # will not mend by itself soon: 404, 410, not a feed, refused address
    SOFT = "soft"  # may mend: 403, 5xx, malformed document
    TEMPORARY = "temporary"  # timeouts, 429, DNS hiccups


@dataclass(frozen=True, slots=True)
class Fetched:
    """A 200 with a body (decoded, within the size limit)."""

    url: str  # where the body came from, after redirects
    body: bytes
    content_type: str
    etag: str | None = None
    last_modified: str | None = None
    max_age: int | None = None  # seconds, from Cache-Control or Expires
    moved_to: str | None = None  # target when every redirect on the way was permanent (301, 308)
    links: str = ""  # its Link headers, commas between them (core.feeds.link_header)


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304."""

    etag: str | None = None
    last_modified: str | None = None
    max_age: int | None = None
    moved_to: str | None = None  # as in Fetched


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """No document could be had; the cause is a sentence for an admin."""

    cause: str
    weight: FailureWeight = FailureWeight.SOFT
    retry_after: int | None = None  # seconds
    gone: bool = False  # 410


FetchResult = Fetched | NotModified | FetchFailed

# --------------------------------------------------------------------------- countries


@dataclass(frozen=True, slots=True)
class CountryEvidence:
    """One reading of one name."""

    surface: str  # as it stands in the text
    where: str  # "title", "text" or "feed"
    kind: str  # "name", "demonym", "capital", "city", …


@dataclass(frozen=True, slots=True)
class CountryScore:
    """A country with the weight of its evidence."""

    code: str  # ISO 3166 alpha-2; XK Kosovo, HK, TW, PS, EH have their own
    score: float
    evidence: tuple[CountryEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class CountryReading:
    """Two answers: what a text is about (best first) and every country it mentions (best first)."""

    about: tuple[CountryScore, ...] = ()
    mentions: tuple[CountryScore, ...] = ()


# --------------------------------------------------------------------------- posts and matches


@dataclass(frozen=True, slots=True)
class PostText:
    """What subscriptions are matched against: plain text only, never markup, addresses or our template."""

    title: str
    summary: str = ""
    content: str = ""
    tags: tuple[str, ...] = ()
    source: str = ""  # the feed's name
    language: str | None = None
    countries: CountryReading = CountryReading()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason why a post matched."""

    kind: str  # "country", "word", "phrase", "prefix", "form", "topic", "source", "language"
    wanted: str  # what the subscription asked for: "UA", "torture", the topic's name
    found: str  # the words in the post that answered, as they stand there
    where: str  # "title", "summary", "text", "tags", "feed"


@dataclass(frozen=True, slots=True)
class Match:
    """Post × subscription, with its evidence."""

    subscription_id: SubscriptionId
    subscriber_id: SubscriberId
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class MatchGroup:
    """A post × all the subscriptions of one query that it matches: a hundred thousand of them are one value."""

    evidence: tuple[Evidence, ...]
    subscription_ids: tuple[SubscriptionId, ...]
    subscriber_ids: tuple[SubscriberId, ...]  # whose they are, in the same order


@dataclass(frozen=True, slots=True)
class Post:
    """One item, once, however many feeds carry it."""

    id: PostId
    title: str
    link: str | None
    summary: str
    content: str
    tags: tuple[str, ...]
    language: str | None
    published_at: datetime | None
    first_seen_at: datetime
    countries: CountryReading
    feed_name: str  # of the first sighting
    feed_id: FeedId = FeedId(0)  # of the first sighting; the feed itself may be gone
    changed_at: datetime | None = None  # when its source last changed it
    withdrawn_at: datetime | None = None  # when its source took it back
    story: PostId | None = None  # another source's post that told the same before (core.match.story)


@dataclass(frozen=True, slots=True)
class KnownPost:
    """What the store remembers of a post that an entry's keys lead to."""

    post_id: PostId
    content_hash: bytes  # 16 bytes over title, link, summary, content, tags
    seen_here: bool  # already sighted in this very feed
    origin_here: bool = True  # this very feed had it first: only there an edit counts
    complete: bool = False  # sighted here and every key asked for is stored: nothing to write
    text: PostText | None = None  # as matched last time; present for posts still within retention


@dataclass(frozen=True, slots=True)
class EntryKeys:
    """Identity of an entry. All keys are 16-byte hashes.

    `local` keys mean something only within their feed (guid, guid+link); `shared` ones anywhere
    (canonical link). An entry is known if any of its keys is.
    """

    local: tuple[bytes, ...] = ()
    shared: tuple[bytes, ...] = ()


# --------------------------------------------------------------------------- what to write after a poll


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """A subscriber who is owed this post, with all its subscriptions' evidence merged."""

    subscriber_id: SubscriberId
    subscription_ids: tuple[SubscriptionId, ...]
    evidence: tuple[Evidence, ...]


# A group stands for one delivery to each of its subscribers, all different.
Planned = PlannedDelivery | MatchGroup


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to store, and whom to alert of it: of itself, or of the first post of its story, as they wish."""

    entry: ParsedEntry
    keys: EntryKeys
    content_hash: bytes
    countries: CountryReading
    deliveries: tuple[Planned, ...] = ()
    signature: bytes = b""  # by which others are known to tell the same (core.match.story_signature)
    story: PostId | None = None  # the first post of its story, where another source had that


@dataclass(frozen=True, slots=True)
class Sighting:
    """A known post seen in this feed; carries keys the store may not have yet."""

    post_id: PostId
    keys: EntryKeys
    link: str | None = None  # where this feed has it


@dataclass(frozen=True, slots=True)
class PostEdit:
    """A known post whose text changed. Alerts only those whom the old text did not match."""

    post_id: PostId
    entry: ParsedEntry
    content_hash: bytes
    countries: CountryReading
    deliveries: tuple[Planned, ...] = ()
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class FeedChange:
    """The feed's row after a poll, whatever the poll brought."""

    feed_id: FeedId
    memory: HttpMemory
    health: FeedHealth
    next_check_at: datetime
    kind: FeedKind
    baseline_done: bool
    paused: bool = False
    url: str | None = None  # set when the address moved for good


@dataclass(frozen=True, slots=True)
class FeedUpdate:
    """All that one poll owes to the store: applied in ONE transaction, idempotent."""

    feed: FeedChange
    at: datetime
    posts: tuple[NewPost, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    edits: tuple[PostEdit, ...] = ()


# --------------------------------------------------------------------------- subscribers


class ChatKind(StrEnum):
    """Telegram's chat types."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class SubscriberState(StrEnum):
    """ACTIVE is alerted; PAUSED asked not to be; SUSPENDED cannot be reached (blocked, kicked, no rights)."""

    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Address:
    """Where Telegram delivers to: a chat, and a topic of it where set (General is None)."""

    chat_id: int = field(repr=False)  # a chat id is personal: it never gets into a log by accident
    thread_id: int | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A Telegram chat (and topic) that gets alerts. No name, no user id, nothing else is kept."""

    id: SubscriberId
    address: Address
    kind: ChatKind
    state: SubscriberState
    language: str = "en"


class SubscriptionSlot(StrEnum):
    """MAIN is the one that /countries and /keywords edit; QUERY is one added by /subscribe; CASE follows a person or case
    from an alert, and what it finds is told in one thread.
    """

    MAIN = "main"
    QUERY = "query"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One standing query of a subscriber, as canonical text (see core.match.query)."""

    id: SubscriptionId
    subscriber_id: SubscriberId
    slot: SubscriptionSlot
    query: str
    created_at: datetime
    tempo: Tempo = Tempo.INSTANT  # how what it finds is delivered


@dataclass(frozen=True, slots=True)
class Topic:
    """A named keyword list that admins keep and subscribers can follow."""

    name: str  # as shown; its folded form is unique
    words: tuple[str, ...]  # each a word, "a phrase" without its quotes, prefix* or ~word


# --------------------------------------------------------------------------- deliveries


class DeliveryState(StrEnum):
    """queued → sending → sent | doubtful | dead | cancelled; doubtful → sending → sent | dead."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DOUBTFUL = "doubtful"
    DEAD = "dead"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One promised message to one subscriber."""

    id: DeliveryId
    post_id: PostId
    subscriber_id: SubscriberId
    state: DeliveryState
    due_at: datetime
    attempts: int  # claims so far, this one included
    doubts: int = 0  # answers lost so far; a second one ends it
    evidence: tuple[Evidence, ...] = ()
    cause: str | None = None  # why the last attempt failed; never holds anything personal
    to_general: bool = False  # its topic was gone or closed: it goes to the chat's General instead
    silent: bool = False  # without a sound
    urgent: bool = False  # before others, whatever the hour
    message_id: int | None = None  # set once sent
    created_at: datetime | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlsoAt:
    """Another feed that carries a post or its story, where, and under which title."""

    name: str
    link: str | None = None
    title: str = ""
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A person or case that the subscriber follows and that a post is about."""

    subscription_id: SubscriptionId
    name: str
    anchor: int | None = None  # the message that later posts of it reply to


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery taken for sending, with what is needed to render and address it."""

    delivery: Delivery
    post: Post
    subscriber: Subscriber
    also_at: tuple[AlsoAt, ...] = ()  # other feeds that carry the post or its story
    settings: ChatSettings = DEFAULT_SETTINGS
    cases: tuple[Case, ...] = ()  # the oldest first
    mirror: str = ""  # of the post's source, as of a Feed
    archive: str = ""
    changed: bool = False  # the post was changed since this was sent, and its reader is to learn of that


@dataclass(frozen=True, slots=True)
class ClaimedDigest:
    """Deliveries of one subscriber that go out together."""

    subscriber: Subscriber
    deliveries: tuple[ClaimedDelivery, ...]
    late: bool = False  # a backlog: they could not be sent in time


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: exactly one of `data` (callback, at most 64 bytes) and `url` is set."""

    text: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """Rendered Telegram HTML with buttons, within Telegram's limits."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    silent: bool = False
    protect: bool = False
    preview: bool = False  # the client may show what the first link leads to
    reply_to: int | None = None  # the message of the same chat that this one answers


# What sending a message came to (Bot API, "Making requests" and the error texts of its server).


@dataclass(frozen=True, slots=True)
class Sent:
    """Telegram has it. `reply_lost`: the message that it was to reply to is gone, so it replies to none."""

    message_id: int
    mended: str | None = None  # why it had to be sent as plain text: a defect of ours
    reply_lost: bool = False


@dataclass(frozen=True, slots=True)
class RetryAt:
    """429: surely not sent; nothing to this chat for so many seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class NotSent:
    """Surely not sent for a passing reason (connect failure, 5xx)."""

    cause: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The group became a supergroup: this is its id now."""

    chat_id: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Gone:
    """Blocked, deactivated, kicked, deleted: no message can reach this chat until it comes back."""

    cause: str


@dataclass(frozen=True, slots=True)
class TopicGone:
    """The forum topic is gone or closed; the chat itself is there."""

    cause: str


@dataclass(frozen=True, slots=True)
class NoRights:
    """The chat is there but we may not write in it for now."""

    cause: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Telegram refused the message itself (400): a defect of ours."""

    cause: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The answer was lost: it may have been sent."""

    cause: str


SendResult = Sent | RetryAt | NotSent | Moved | Gone | TopicGone | NoRights | Rejected | Unknown
