from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core import decide
from watchdog_bot.core.feeds import identity
from watchdog_bot.core.model import (
    CountryReading,
    CountryScore,
    EntryKeys,
    Evidence,
    FailureWeight,
    Feed,
    FeedHealth,
    FeedId,
    FeedKind,
    FeedUpdate,
    Fetched,
    FetchFailed,
    HttpMemory,
    KnownPost,
    MatchGroup,
    NotModified,
    ParsedEntry,
    ParsedFeed,
    PlannedDelivery,
    PostId,
    PostText,
    SubscriberId,
    SubscriptionId,
)

NOW = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
FEED = Feed(FeedId(1), "https://example.org/feed", "Example", kind=FeedKind.RSS, baseline_done=True)
FETCHED = Fetched(FEED.url, b"<rss/>", "application/rss+xml", etag='"new"', last_modified="yesterday")
READING = CountryReading(about=(CountryScore("RU", 1.0),))


def entry(number: int, title: str = "", **changes: object) -> ParsedEntry:
    made = ParsedEntry(f"guid-{number}", f"https://example.org/{number}", title or f"Post {number}")
    return replace(made, **changes)  # type: ignore[arg-type]


def everybody(text: PostText) -> tuple[MatchGroup, ...]:
    """Two subscriptions of subscriber 1 and one of subscriber 2 match whatever there is."""
    word = Evidence("word", "post", text.title, "title")
    country = Evidence("country", "RU", "Moscow", "text")
    return (
        MatchGroup((word,), (SubscriptionId(1),), (SubscriberId(1),)),
        MatchGroup((country, word), (SubscriptionId(2),), (SubscriberId(1),)),
        MatchGroup((word,), (SubscriptionId(3),), (SubscriberId(2),)),
    )


def those_who_want(word: str) -> decide.Matching:
    def match(text: PostText) -> tuple[MatchGroup, ...]:
        if word not in text.title:
            return ()
        return (
            MatchGroup((Evidence("word", word, word, "title"),), (SubscriptionId(1),), (SubscriberId(1),)),
        )

    return match


def decided(
    entries: list[ParsedEntry],
    known: list[KnownPost | None] | None = None,
    *,
    feed: Feed = FEED,
    match: decide.Matching = everybody,
) -> FeedUpdate:
    keys = identity.keys(entries)
    laid = decide.facts(entries, keys, known or [None] * len(entries))
    read = [replace(each, reading=READING) if each.needs_reading else each for each in laid]
    parsed = ParsedFeed(FeedKind.RSS, entries=tuple(entries))
    return decide.update(
        feed,
        FETCHED,
        parsed,
        read,
        match=match,
        memory=decide.remembered(HttpMemory(body_hash=b"h" * 16), FETCHED),
        min_interval=300,
        now=NOW,
    )


def known(of: ParsedEntry, **changes: object) -> KnownPost:
    text = PostText(of.title, countries=READING)
    made = KnownPost(PostId(7), identity.content_hash(of), seen_here=True, complete=True, text=text)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_first_poll_stores_posts_and_alerts_nobody() -> None:
    update = decided([entry(1), entry(2)], feed=replace(FEED, baseline_done=False))
    assert [post.entry.id for post in update.posts] == ["guid-2", "guid-1"]
    assert not [post for post in update.posts if post.deliveries]
    assert update.feed.baseline_done


def test_a_new_post_owes_each_subscriber_one_delivery_with_all_evidence_merged() -> None:
    (post,) = decided([entry(1)]).posts
    assert [getattr(delivery, "subscriber_id", None) for delivery in post.deliveries] == [1, 2]
    first = post.deliveries[0]
    assert isinstance(first, PlannedDelivery)
    assert first.subscription_ids == (1, 2)
    assert [evidence.kind for evidence in first.evidence] == ["word", "country"]


def test_a_known_post_alerts_nobody_and_needs_no_writing() -> None:
    update = decided([entry(1)], [known(entry(1))])
    assert not update.posts
    assert not update.sightings
    assert not update.edits


def test_a_known_post_in_another_feed_is_a_sighting() -> None:
    update = decided([entry(1)], [known(entry(1), seen_here=False, complete=False, origin_here=False)])
    assert not update.posts
    assert [sighting.post_id for sighting in update.sightings] == [7]


def test_a_new_key_of_a_known_post_is_kept_so_that_both_may_change_in_turn() -> None:
    update = decided([entry(1)], [known(entry(1), complete=False)])
    assert update.sightings[0].keys == identity.keys([entry(1)])[0]


def test_an_edit_alerts_only_those_whom_the_old_text_did_not_match() -> None:
    old, new = entry(1, "Court sits"), entry(1, "Court sits on a zebra")
    (edit,) = decided([new], [known(old)], match=those_who_want("zebra")).edits
    assert [getattr(delivery, "subscriber_id", None) for delivery in edit.deliveries] == [1]
    (same,) = decided([new], [known(old)], match=those_who_want("Court")).edits
    assert not same.deliveries


def test_an_edit_in_a_feed_that_did_not_have_the_post_first_changes_nothing() -> None:
    update = decided([entry(1, "Another teaser")], [known(entry(1), origin_here=False)])
    assert not update.edits


def test_an_edit_of_a_post_whose_text_is_no_longer_kept_alerts_nobody() -> None:
    (edit,) = decided([entry(1, "Post zebra")], [known(entry(1), text=None)]).edits
    assert not edit.deliveries


def test_the_same_entry_twice_in_one_document_is_one_post() -> None:
    update = decided([entry(1), entry(1, "Post 1, again"), entry(2)])
    assert [post.entry.title for post in update.posts] == ["Post 2", "Post 1"]


def test_the_oldest_of_several_new_posts_comes_first() -> None:
    def ids(*entries: ParsedEntry) -> list[str | None]:
        return [post.entry.id for post in decided(list(entries)).posts]

    assert ids(entry(3), entry(2), entry(1)) == ["guid-1", "guid-2", "guid-3"]
    days = [NOW - timedelta(days=number) for number in (3, 1, 2)]
    dated = [entry(number, published=day) for number, day in enumerate(days)]
    assert ids(*dated) == ["guid-0", "guid-2", "guid-1"]


def test_an_entry_that_says_nothing_is_passed_over() -> None:
    assert not decided([ParsedEntry("guid-1", None, "")]).posts


def test_dates_decide_nothing() -> None:
    ancient = entry(1, published=datetime(1999, 1, 1, tzinfo=UTC))
    future = entry(2, published=NOW + timedelta(days=900))
    assert len(decided([ancient, future]).posts) == 2


def test_both_validators_are_kept_as_they_came() -> None:
    memory = decided([entry(1)]).feed.memory
    assert (memory.etag, memory.last_modified, memory.body_hash) == ('"new"', "yesterday", b"h" * 16)


def test_a_feed_that_turns_empty_is_a_failure_and_keeps_its_validators() -> None:
    feed = replace(FEED, memory=HttpMemory('"old"', None, b"o" * 16))
    update = decided([], feed=feed)
    assert update.feed.memory == feed.memory
    assert update.feed.health.cause is not None
    assert "empty" in update.feed.health.cause
    assert update.feed.next_check_at > NOW


def test_a_new_feed_may_be_empty() -> None:
    update = decided([], feed=replace(FEED, baseline_done=False))
    assert update.feed.health.cause is None
    assert update.feed.baseline_done


def test_a_304_keeps_old_validators_that_it_does_not_repeat() -> None:
    old = HttpMemory('"old"', "before", b"o" * 16)
    assert decide.remembered(old, NotModified(etag='"newer"')) == HttpMemory('"newer"', "before", b"o" * 16)


def test_a_200_with_the_same_body_still_brings_new_validators() -> None:
    old = HttpMemory('"old"', "before", b"o" * 16)
    assert decide.remembered(old, FETCHED) == HttpMemory('"new"', "yesterday", b"o" * 16)
    without = replace(FETCHED, etag=None, last_modified=None)
    assert decide.remembered(old, without) == HttpMemory(None, None, b"o" * 16)


def test_a_poll_that_brought_nothing_keeps_the_memory_it_is_given() -> None:
    memory = HttpMemory('"newer"', "before", b"o" * 16, b"slices..")
    change = decide.unchanged(FEED, NotModified(), memory=memory, min_interval=300, now=NOW)
    assert change.memory == memory
    assert change.health.last_ok_at == NOW


def test_after_a_failure_the_old_validators_stay_and_the_cause_is_told() -> None:
    feed = replace(FEED, memory=HttpMemory('"old"', "before", b"o" * 16))
    change = decide.failed(feed, FetchFailed("the server answers 500"), min_interval=300, now=NOW)
    assert change.memory == feed.memory
    assert change.health.failing_since == NOW
    assert change.health.cause == "the server answers 500"
    assert not change.paused
    assert change.baseline_done


def test_only_gone_pauses_a_feed() -> None:
    gone = decide.failed(FEED, FetchFailed("410", FailureWeight.HARD, gone=True), min_interval=300, now=NOW)
    assert gone.paused
    hard = decide.failed(FEED, FetchFailed("404", FailureWeight.HARD), min_interval=300, now=NOW)
    assert not hard.paused


def test_a_feed_that_works_again_is_well_again() -> None:
    ill = replace(FEED, health=FeedHealth(failures=3, failing_since=NOW - timedelta(days=1), cause="timeout"))
    well = decided([entry(1)], [known(entry(1))], feed=ill).feed.health
    assert well.failing_since is None
    assert well.note == "unreachable 24 h; nothing was missed"


def test_after_an_outage_a_document_of_new_posts_only_may_lack_some_and_says_so() -> None:
    ill = replace(
        FEED, health=FeedHealth(failures=3, failing_since=NOW - timedelta(hours=3), cause="timeout")
    )
    assert decided([entry(2), entry(1)], feed=ill).feed.health.note == (
        "unreachable 3 h; caught up 2 posts; some may be missing"
    )


ENTRIES = st.lists(st.integers(1, 6).map(entry), max_size=12)


@settings(max_examples=60, deadline=None)
@given(ENTRIES)
def test_whatever_repeats_in_a_document_each_key_leads_to_one_post(entries: list[ParsedEntry]) -> None:
    update = decided(entries)
    seen: set[bytes] = set()
    for post in update.posts:
        mine = {*post.keys.local, *post.keys.shared}
        assert not mine & seen
        seen |= mine
    assert len(update.posts) == len({each.id for each in entries})


def test_facts_join_the_keys_of_repeats() -> None:
    one, two = EntryKeys((b"a",), (b"s",)), EntryKeys((b"b",), (b"s",))
    (fact,) = decide.facts([entry(1), entry(1)], [one, two], [None, None])
    assert fact.keys == EntryKeys((b"a", b"b"), (b"s",))
