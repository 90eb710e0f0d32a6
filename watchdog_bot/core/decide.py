"""What one poll means: which posts to store, whom to alert, when to look again. Pure.

`update` decides a document that was read; `unchanged` and `failed` the two other outcomes. Rules:

1. An entry is known if any of its keys is known, or if an earlier entry of the same document has one of
   them. Dates decide nothing.
2. The first poll of a feed is its baseline: posts are stored, nobody is alerted.
3. A new post alerts every subscriber with a matching subscription, once, all evidence merged.
4. A known post seen in another feed is a sighting and alerts nobody. Another source's report of a story that is
   known is a post of its own, joined to the story; the store alerts of it only those who want every report, and
   of the story those who were not alerted of it yet.
5. An edit counts only in the feed that had the post first, so that two feeds with different teasers do
   not edit each other for ever; it alerts those whom the new text matches and the old one did not.
6. A document without entries, from a feed that had some, is a failure, not a change.
7. After a failure the old validators stay, so that the next answer is a whole one.
8. Of several new posts the oldest is told first: by their dates where all have one, else the last of the
   document first, since documents begin with the newest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from watchdog_bot.core.feeds import gap, health, moves, schedule
from watchdog_bot.core.feeds.gap import Closing
from watchdog_bot.core.feeds.identity import content_hash
from watchdog_bot.core.model import (
    CountryReading,
    EntryKeys,
    Evidence,
    FailureWeight,
    Feed,
    FeedChange,
    FeedUpdate,
    Fetched,
    FetchFailed,
    FetchResult,
    HttpMemory,
    KnownPost,
    MatchGroup,
    NewPost,
    NotModified,
    ParsedEntry,
    ParsedFeed,
    Planned,
    PlannedDelivery,
    Post,
    PostEdit,
    PostId,
    PostText,
    Sighting,
    SubscriberId,
    SubscriptionId,
)

Matching = Callable[[PostText], tuple[MatchGroup, ...]]


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """An entry with all that is known about it: its keys, the post they lead to, the countries read.

    `reading` is given for entries that are new or edited; others keep what is stored.
    """

    entry: ParsedEntry
    keys: EntryKeys
    known: KnownPost | None
    reading: CountryReading | None = None
    story: PostId | None = None  # another source's post that tells the same (core.match.story)
    signature: bytes = b""  # of a new or edited entry
    held: bool = False  # stored without alerting anybody until an administrator says so (core.flood)
    silent: bool = False  # the same without asking: surely no news (core.feeds.sitemap_index)

    @property
    def needs_reading(self) -> bool:
        """Whether somebody must read its countries before `update`."""
        return self.known is None or self.edited

    @property
    def edited(self) -> bool:
        """Rule 5."""
        known = self.known
        return known is not None and known.origin_here and known.content_hash != content_hash(self.entry)


def facts(
    entries: Sequence[ParsedEntry], keys: Sequence[EntryKeys], known: Sequence[KnownPost | None]
) -> tuple[EntryFacts, ...]:
    """Lay three parallel sequences side by side, dropping repeats within the document (rule 1)."""
    seen: dict[bytes, int] = {}
    merged: list[EntryFacts] = []
    for entry, entry_keys, post in zip(entries, keys, known, strict=True):
        if not (entry.title or entry.link or entry.summary or entry.content):
            continue  # there is nothing to tell of it, and nothing to tell it by
        earlier = next((seen[key] for key in (*entry_keys.local, *entry_keys.shared) if key in seen), None)
        if earlier is None:
            earlier = len(merged)
            merged.append(EntryFacts(entry, entry_keys, post))
        else:
            first = merged[earlier]
            merged[earlier] = replace(first, keys=_joined(first.keys, entry_keys), known=first.known or post)
        for key in (*entry_keys.local, *entry_keys.shared):
            seen.setdefault(key, earlier)
    return tuple(merged)


def _joined(one: EntryKeys, other: EntryKeys) -> EntryKeys:
    return EntryKeys(
        local=tuple(dict.fromkeys((*one.local, *other.local))),
        shared=tuple(dict.fromkeys((*one.shared, *other.shared))),
    )


def matchable(post: Post) -> PostText:
    """A stored post as subscriptions are matched against it."""
    return PostText(
        title=post.title,
        summary=post.summary,
        content=post.content,
        tags=post.tags,
        source=post.feed_name,
        language=post.language,
        countries=post.countries,
    )


def text_of(entry: ParsedEntry, feed: Feed, reading: CountryReading) -> PostText:
    """What subscriptions are matched against."""
    return PostText(
        title=entry.title,
        summary=entry.summary,
        content=entry.content,
        tags=entry.tags,
        source=feed.name,
        language=entry.language or feed.language,
        countries=reading,
    )


def update(
    feed: Feed,
    fetched: Fetched | NotModified,
    parsed: ParsedFeed,
    entries: Sequence[EntryFacts],
    *,
    match: Matching,
    memory: HttpMemory,
    min_interval: int,
    now: datetime,
    closing: Closing | None = None,
) -> FeedUpdate:
    """All that one poll owes to the store.

    `entries` come from `facts`, with `reading` filled where `needs_reading`; `match` is asked only for
    posts that may alert. `fetched` is the answer of the feed's own address (a sitemap index may be unchanged where the
    sitemaps it names are not), `memory` what to keep of it; `min_interval` is in seconds. `closing` is what is known
    of the gap that ends with this answer.
    """
    if not parsed.entries and feed.baseline_done:  # rule 6
        empty = FetchFailed(health.empty_since(feed.health, now), FailureWeight.SOFT)
        return FeedUpdate(failed(feed, empty, min_interval=min_interval, now=now), at=now)
    ask = match if feed.baseline_done else _nobody  # rule 2
    fresh = oldest_first([each for each in entries if each.known is None])  # rule 8
    posts = tuple(_new_post(feed, each, ask) for each in fresh)
    edits = tuple(_edit(feed, each.known, each, ask) for each in entries if each.known and each.edited)
    sightings = tuple(
        Sighting(each.known.post_id, each.keys, link=each.entry.link)
        for each in entries
        if each.known and not each.known.complete
    )
    state = health.after(feed.health, fetched, now)
    if posts:
        state = replace(state, last_new_at=now)
    state = replace(state, note=_note(feed, closing, new=len(posts), now=now), damaged=parsed.damaged)
    before = schedule.Pace.from_text(feed.memory.pace)
    memory = replace(memory, pace=schedule.pace_of(parsed, before).to_text())
    change = FeedChange(
        feed_id=feed.id,
        memory=memory,
        health=state,
        next_check_at=schedule.next_check(
            feed, fetched, parsed=parsed, health=state, now=now, min_interval=min_interval, pace=before
        ),
        kind=parsed.kind,
        baseline_done=True,
        url=_new_address(memory),
    )
    return FeedUpdate(change, at=now, posts=posts, sightings=sightings, edits=edits)


def unchanged(
    feed: Feed, result: Fetched | NotModified, *, memory: HttpMemory, min_interval: int, now: datetime
) -> FeedChange:
    """The source has nothing new: a 304, a 200 with the body of last time, or one with the same entries."""
    return _change(feed, result, memory, min_interval=min_interval, now=now)


def remembered(memory: HttpMemory, result: Fetched | NotModified) -> HttpMemory:
    """What to say back next time: the validators of the last answer, both, even when nothing is new.

    A 304 need not repeat them (RFC 9110 section 15.4.5); what a 200 leaves out is gone.
    """
    moved = moves.after(moves.Moves(memory.moved_to, memory.moved_times), result)
    silent = isinstance(result, NotModified)
    etag = result.etag or (memory.etag if silent else None)
    last_modified = result.last_modified or (memory.last_modified if silent else None)
    said = (etag, last_modified, moved.to, moved.times)
    if said == (memory.etag, memory.last_modified, memory.moved_to, memory.moved_times):
        return memory
    return replace(memory, etag=etag, last_modified=last_modified, moved_to=moved.to, moved_times=moved.times)


def _new_address(memory: HttpMemory) -> str | None:
    """Where the feed has moved for good, once that is believed (see `core.feeds.moves`)."""
    return moves.Moves(memory.moved_to, memory.moved_times).settled


def failed(feed: Feed, failure: FetchFailed, *, min_interval: int, now: datetime) -> FeedChange:
    """No document, or none that could be read (rule 7). 410 Gone pauses the feed; nothing else does."""
    change = _change(feed, failure, feed.memory, min_interval=min_interval, now=now)
    return replace(change, paused=feed.paused or failure.gone)


def _change(
    feed: Feed, result: FetchResult, memory: HttpMemory, *, min_interval: int, now: datetime
) -> FeedChange:
    state = health.after(feed.health, result, now)
    if not isinstance(result, FetchFailed) and (note := _note(feed, None, new=0, now=now)) != state.note:
        state = replace(state, note=note)
    pace = schedule.Pace.from_text(feed.memory.pace)
    due = schedule.next_check(
        feed, result, parsed=None, health=state, now=now, min_interval=min_interval, pace=pace
    )
    return FeedChange(
        feed_id=feed.id,
        memory=memory,
        health=state,
        next_check_at=due,
        kind=feed.kind,
        baseline_done=feed.baseline_done,
        paused=feed.paused,
        url=_new_address(memory),
    )


def oldest_first(fresh: Sequence[EntryFacts]) -> list[EntryFacts]:
    """Rule 8."""
    upwards = list(reversed(fresh))
    dates = [each.entry.published or each.entry.updated for each in upwards]
    known = [date for date in dates if date is not None]
    if len(known) < len(upwards):
        return upwards
    return [each for _, each in sorted(zip(known, upwards, strict=True), key=lambda pair: pair[0])]


def _note(feed: Feed, closing: Closing | None, *, new: int, now: datetime) -> str | None:
    """What came of an outage that is over, honest about gaps; the last one stays until the next. Where nothing is known of
    the gap, only a document that is what it was is sure to lack nothing.
    """
    missed = gap.open_gap(feed, now)
    if closing is None and missed is not None:
        closing = Closing(missed, certain=new == 0)
    said = gap.in_words(closing, new=new, now=now) if closing is not None else None
    return said or feed.health.note


def worth_telling(feed: Feed, change: FeedChange, now: datetime) -> bool:
    """Whether admins are to hear of this feed now: paused by its server, long in trouble, or well again."""
    return (change.paused and not feed.paused) or health.to_tell(feed.health, change.health, now)


def _nobody(_text: PostText) -> tuple[MatchGroup, ...]:
    return ()


def _new_post(feed: Feed, facts_: EntryFacts, match: Matching) -> NewPost:
    reading = facts_.reading or CountryReading()
    return NewPost(
        entry=facts_.entry,
        keys=facts_.keys,
        content_hash=content_hash(facts_.entry),
        countries=reading,
        deliveries=()
        if facts_.held or facts_.silent
        else planned(match(text_of(facts_.entry, feed, reading))),
        signature=facts_.signature,
        story=facts_.story,
    )


def _edit(feed: Feed, known: KnownPost, facts_: EntryFacts, match: Matching) -> PostEdit:
    reading = facts_.reading or CountryReading()
    return PostEdit(
        post_id=PostId(known.post_id),
        entry=facts_.entry,
        content_hash=content_hash(facts_.entry),
        countries=reading,
        deliveries=_only_now(feed, known, facts_, match),
        signature=facts_.signature,
    )


def _only_now(feed: Feed, known: KnownPost, facts_: EntryFacts, match: Matching) -> tuple[Planned, ...]:
    """Whom the new text matches and the known one did not."""
    if known.text is None:
        return ()
    before = {each for group in match(known.text) for each in group.subscriber_ids}
    text = text_of(facts_.entry, feed, facts_.reading or CountryReading())
    return planned([_without(group, before) for group in match(text)])


def planned(matches: Sequence[MatchGroup]) -> tuple[Planned, ...]:
    """One delivery for each subscriber, whatever number of its subscriptions matched (rule 3): those of whom several
    did are planned one by one, the others with their group.
    """
    several = _of_several(matches)
    subscriptions: dict[SubscriberId, list[SubscriptionId]] = {}
    evidence: dict[SubscriberId, dict[Evidence, None]] = {}
    for group in matches if several else ():
        for subscriber, one in zip(group.subscriber_ids, group.subscription_ids, strict=True):
            if subscriber in several:
                subscriptions.setdefault(subscriber, []).append(one)
                evidence.setdefault(subscriber, {}).update(dict.fromkeys(group.evidence))
    merged = [
        PlannedDelivery(subscriber, tuple(ids), tuple(evidence[subscriber]))
        for subscriber, ids in subscriptions.items()
    ]
    return (
        *merged,
        *(_small(alone) for group in matches if (alone := _without(group, several)).subscriber_ids),
    )


def _of_several(matches: Sequence[MatchGroup]) -> set[SubscriberId]:
    """The subscribers that stand more than once in these groups."""
    everybody = [each for group in matches for each in group.subscriber_ids]
    if len(set(everybody)) == len(everybody):
        return set()
    return {each for each, times in Counter(everybody).items() if times > 1}


def _without(group: MatchGroup, these: set[SubscriberId]) -> MatchGroup:
    if these.isdisjoint(group.subscriber_ids):
        return group
    pairs = zip(group.subscription_ids, group.subscriber_ids, strict=True)
    left = [(one, subscriber) for one, subscriber in pairs if subscriber not in these]
    return MatchGroup(group.evidence, tuple(one for one, _ in left), tuple(each for _, each in left))


def _small(group: MatchGroup) -> Planned:
    """A group of one is a delivery."""
    if len(group.subscriber_ids) > 1:
        return group
    return PlannedDelivery(group.subscriber_ids[0], group.subscription_ids, group.evidence)
