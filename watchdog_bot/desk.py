"""What people ask of the bot, done: subscriptions, topics, feeds, previews. Telegram stays outside.

It keeps the store and the live index in step: the store is written first, and the index follows in the same
breath, so that the next post is decided by what was just promised. Replies are the callers' business.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import RLock

import structlog

from watchdog_bot import data
from watchdog_bot.adding import Added, Choice, FeedAdder
from watchdog_bot.clock import Clock
from watchdog_bot.core import decide, weekly
from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.feeds import identity
from watchdog_bot.core.match import query as queries
from watchdog_bot.core.match.atlas import Atlas, flag
from watchdog_bot.core.match.explain import explain
from watchdog_bot.core.match.index import MatchIndex
from watchdog_bot.core.match.people import Named
from watchdog_bot.core.match.query import Query, Scope, Vocabulary
from watchdog_bot.core.model import (
    Delivery,
    DeliveryId,
    Feed,
    FeedId,
    MatchGroup,
    Message,
    ParsedEntry,
    Post,
    PostId,
    PostText,
    Subscriber,
    SubscriberId,
    SubscriberState,
    Subscription,
    SubscriptionId,
    SubscriptionSlot,
    Topic,
)
from watchdog_bot.core.mutes import Mute, MuteKind
from watchdog_bot.core.preview import Comparison, Preview, comparison, preview, topic_hits
from watchdog_bot.core.render import Names
from watchdog_bot.core.text import fold
from watchdog_bot.store import ClaimedNote, Store

log = structlog.get_logger(__name__)

PREVIEW_DAYS = 90
PREVIEW_PAGE = 500  # posts: what the store reads at once, so that nobody waits long for it
PREVIEW_PAGES = 6
# Names that two countries share: who types one means both, until they say which.
TWO_COUNTRIES = {
    "Congo": frozenset({"CD", "CG"}),
    "Конго": frozenset({"CD", "CG"}),
    "Korea": frozenset({"KP", "KR"}),
    "Корея": frozenset({"KP", "KR"}),
}
MAX_SUBSCRIPTIONS = 50
REMOVED_TOGETHER = timedelta(seconds=10)
HOME_REGION = "rferl"  # the countries of this field, by the key of the region


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A standing query that is in force now."""

    subscription: Subscription
    query: Query
    preview: Preview
    again: bool = False  # it was there already


@dataclass(frozen=True, slots=True)
class TopicChange:
    """A topic before and after, with what each matches among stored posts; `after` None: it is gone."""

    name: str
    before: Topic | None
    after: Topic | None
    hits_before: int
    hits_after: int
    looked_at: int
    followers: int  # subscriptions that name it
    draft: int = 0  # its number, while it is not done


class SharedIndex(MatchIndex):
    """The index as one thread changes it while others ask it; nobody waits longer than for one post."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._lock = RLock()

    def add(self, subscription_id: SubscriptionId, subscriber_id: SubscriberId, query: Query) -> None:
        """As in `MatchIndex`."""
        with self._lock:
            super().add(subscription_id, subscriber_id, query)

    def remove(self, subscription_id: SubscriptionId) -> None:
        """As in `MatchIndex`."""
        with self._lock:
            super().remove(subscription_id)

    def set_topics(self, topics: Iterable[Topic]) -> None:
        """As in `MatchIndex`."""
        with self._lock:
            super().set_topics(topics)

    def groups(self, post: PostText) -> tuple[MatchGroup, ...]:
        """As in `MatchIndex`."""
        with self._lock:
            return super().groups(post)


class Desk:
    """The store, the live index and the vocabulary, changed together."""

    def __init__(self, store: Store, atlas: Atlas, clock: Clock, *, adder: FeedAdder) -> None:
        """Call `load` before anything else."""
        self._adder = adder
        self.store = store
        self.atlas = atlas
        self.clock = clock
        self.index = SharedIndex()
        self.names = Names(name=atlas.country_name, flag=flag)
        self.topics: tuple[Topic, ...] = ()
        self.vocabulary = vocabulary(atlas, ())
        self.country_order = _country_order(atlas)
        self.on_owed: Callable[[], None] = lambda: None
        self.on_reopened: Callable[[int], None] = lambda _chat_id: None

    async def load(self) -> int:
        """Bring the index up from the store; returns the number of subscriptions in force."""
        await self._topics_changed()
        for subscription in await self.store.all_subscriptions():
            self._index(subscription)
        return len(self.index)

    async def _topics_changed(self) -> None:
        self.topics = await self.store.topics()
        self.vocabulary = vocabulary(self.atlas, self.topics)
        self.index.set_topics(self.topics)

    def _index(self, subscription: Subscription) -> None:
        try:
            parsed = self.parse_stored(subscription.query)
        except QueryError as error:  # written by a newer or older version: told, never dropped
            log.warning("subscription_unreadable", subscription=subscription.id, cause=error.cause)
            return
        self.index.add(subscription.id, subscription.subscriber_id, parsed)

    def parse_stored(self, text: str) -> Query:
        """A query as stored. Raises QueryError for text that this version cannot read."""
        return queries.restore(text)

    # ------------------------------------------------------------------ the reader's own

    async def main_query(self, subscriber: Subscriber | None) -> Query:
        """What /countries and /keywords have set so far; an empty query where nothing is set."""
        main = await self.main(subscriber)
        return Query() if main is None else self.parse_stored(main.query)

    async def set_countries(self, subscriber: Subscriber, codes: frozenset[str]) -> Query:
        """Follow exactly these countries, keeping the words. Raises QueryError where only exclusions remain."""
        current = await self.main_query(subscriber)
        return await self._set_main(
            subscriber, queries.with_scope(replace(current, countries=codes), current.scope)
        )

    async def set_keywords(self, subscriber: Subscriber, text: str) -> Query:
        """Follow these words, keeping the countries. Raises QueryError with the place and the mend."""
        current = await self.main_query(subscriber)
        words = queries.parse_keywords(text, self.vocabulary)
        both = replace(words, countries=current.countries | words.countries)
        scope = current.scope if words.scope is Scope.ABOUT else words.scope
        return await self._set_main(subscriber, queries.with_scope(both, scope))

    async def toggle_country(self, subscriber: Subscriber, code: str) -> tuple[Query, bool]:
        """Follow a country or no longer; says which. Raises QueryError where only exclusions would remain."""
        chosen = (await self.main_query(subscriber)).countries
        on = code not in chosen
        return await self.set_countries(subscriber, chosen | {code} if on else chosen - {code}), on

    async def clear_keywords(self, subscriber: Subscriber) -> Query:
        """Follow the countries alone."""
        current = await self.main_query(subscriber)
        left = Query(countries=current.countries)
        return await self._set_main(
            subscriber, queries.with_scope(left, current.scope) if left.countries else left
        )

    async def _set_main(self, subscriber: Subscriber, query: Query) -> Query:
        old = await self._main(subscriber.id)
        if query == Query():
            if old:
                await self._drop(old.id, subscriber.id)
            return query
        text = queries.show(query)
        checked = queries.restore(text)  # the same refusals as for a typed query
        fresh = await self.store.add_subscription(subscriber.id, SubscriptionSlot.MAIN, text)
        if old and old.id != fresh.id:
            self.index.remove(old.id)
        self._replace(fresh, checked)
        return checked

    async def main(self, subscriber: Subscriber | None) -> Subscription | None:
        """The one that /countries and /keywords set."""
        return await self._main(subscriber.id) if subscriber else None

    async def _main(self, subscriber_id: SubscriberId) -> Subscription | None:
        mine = await self.store.subscriptions(subscriber_id)
        return next((each for each in mine if each.slot is SubscriptionSlot.MAIN), None)

    def _replace(self, subscription: Subscription, query: Query) -> None:
        self.index.remove(subscription.id)
        self.index.add(subscription.id, subscription.subscriber_id, query)

    def can_be_asked(self, text: str) -> bool:
        """Whether a query could be made of this text."""
        try:
            self.check(text)
        except QueryError:
            return False
        return True

    def check(self, text: str) -> None:
        """Raises QueryError for a query that would be refused, before anything is stored."""
        queries.parse(text, self.vocabulary)

    def check_keywords(self, text: str) -> None:
        """The same for /keywords."""
        queries.parse_keywords(text, self.vocabulary)

    def countries_in(self, text: str) -> tuple[frozenset[str], tuple[str, ...]]:
        """The countries and regions a typed list names, and the names that are neither."""
        found: set[str] = set()
        unknown: list[str] = []
        for name in (part.strip() for part in re.split(r"[,;\n]", text)):
            if not name:
                continue
            codes = frozenset() if name.startswith("-") else queries.codes_of(name, self.vocabulary)
            found |= codes
            if not codes:
                unknown.append(name)
        return frozenset(found), tuple(unknown)

    def describe(self, query: Query) -> str:
        """A query as people say it; empty for one that asks for nothing."""
        if query == Query():
            return ""
        return queries.describe(query, self.names.name, regions=self.vocabulary.regions)

    def in_words(self, subscription: Subscription) -> str:
        """A standing query as people say it."""
        try:
            return self.describe(self.parse_stored(subscription.query))
        except QueryError as error:
            return f"{subscription.query} (cannot be read any more: {error.cause})"

    async def askers(self, subscriber: Subscriber, post: Post) -> tuple[str, ...]:
        """Which of the subscriber's standing queries match a post, in words."""
        text = decide.matchable(post)
        return tuple(
            self.in_words(each)
            for each in await self.store.subscriptions(subscriber.id)
            if self._matches(each, text)
        )

    async def post_at(self, address: str) -> Post | None:
        """The stored post of this address, however it is spelt."""
        shared = identity.keys([ParsedEntry(None, address, "")])[0].shared
        return await self.store.post_by_keys(shared)

    async def refusals(self, subscriber: Subscriber, post: Post) -> tuple[tuple[str, str], ...]:
        """For each standing query, in words: the first reason why it does not match the post; empty if it does."""
        text = decide.matchable(post)
        found = []
        for each in await self.store.subscriptions(subscriber.id):
            told = explain(self.parse_stored(each.query), text, self.topics, country_name=self.names.name)
            found.append((self.in_words(each), "" if told.matched else told.reason))
        return tuple(found)

    def _matches(self, subscription: Subscription, text: PostText) -> bool:
        try:
            return explain(self.parse_stored(subscription.query), text, self.topics).matched
        except QueryError:
            return False

    async def subscribe(self, subscriber: Subscriber, text: str) -> Subscribed:
        """Add a standing query. Raises QueryError for one that is refused, or one too many."""
        query = queries.parse(text, self.vocabulary)
        mine = await self.store.subscriptions(subscriber.id)
        shown = queries.show(query)
        wanted = queries.identity(query)
        same = next((each for each in mine if self._identity(each) == wanted), None)
        if same is not None:
            there = self.parse_stored(same.query)
            return Subscribed(same, there, await self.preview(there), again=True)
        if len(mine) >= MAX_SUBSCRIPTIONS:
            raise QueryError(
                f"this chat has {len(mine)} subscriptions, and {MAX_SUBSCRIPTIONS} is the most",
                mend="remove one with /subscriptions, or join several into one with OR",
            )
        subscription = await self.store.add_subscription(subscriber.id, SubscriptionSlot.QUERY, shown)
        self._replace(subscription, query)
        return Subscribed(subscription, query, await self.preview(query))

    def _identity(self, subscription: Subscription) -> str | None:
        """What it asks for, whatever capitals it was typed with; the main one is not compared."""
        if subscription.slot is SubscriptionSlot.MAIN:
            return None
        try:
            return queries.identity(self.parse_stored(subscription.query))
        except QueryError:
            return None

    async def one(
        self, subscriber: Subscriber | None, subscription_id: SubscriptionId
    ) -> Subscription | None:
        """One of the subscriber's own; None where it is not theirs or is gone."""
        mine = await self.store.subscriptions(subscriber.id) if subscriber else ()
        return next((each for each in mine if each.id == subscription_id), None)

    async def change(self, subscription: Subscription, query: Query) -> Subscription | None:
        """It asks for something else from now on; None where it is gone, or they have that already.

        Raises QueryError for a query that would be refused.
        """
        text = queries.show(query)
        checked = queries.restore(text)
        changed = await self.store.change_query(subscription.id, subscription.subscriber_id, text)
        if changed is not None:
            self._replace(changed, checked)
        return changed

    async def names_in(self, post: Post) -> tuple[Named, ...]:
        """Whom and what in a post somebody may want to follow."""
        return await asyncio.to_thread(lambda: data.load_name_finder().find(decide.matchable(post)))

    async def follow_case(self, subscriber: Subscriber, name: Named, post: Post) -> Subscribed:
        """Follow a person or case named in a post; later posts of it answer the alert of this one, if there was one.

        Raises QueryError for one too many.
        """
        mine = await self.store.subscriptions(subscriber.id)
        again = any(each.slot is SubscriptionSlot.CASE and each.query == name.query for each in mine)
        if not again and len(mine) >= MAX_SUBSCRIPTIONS:
            raise QueryError(
                f"this chat has {len(mine)} subscriptions, and {MAX_SUBSCRIPTIONS} is the most",
                mend="close a case or remove a subscription with /subscriptions",
            )
        query = self.parse_stored(name.query)
        subscription = await self.store.add_subscription(subscriber.id, SubscriptionSlot.CASE, name.query)
        self._replace(subscription, query)
        told = await self.store.delivery_for(subscriber.id, post.id)
        if told is not None and told.message_id is not None:
            await self.store.begin_case(subscription.id, told.message_id)
        return Subscribed(subscription, query, await self.preview(query), again=again)

    async def unsubscribe(self, subscriber: Subscriber, subscription_id: SubscriptionId) -> bool:
        """Remove one of the subscriber's own; False where it is not theirs or is gone already."""
        return await self._drop(subscription_id, subscriber.id)

    async def _drop(self, subscription_id: SubscriptionId, subscriber_id: SubscriberId) -> bool:
        removed = await self.store.remove_subscription(subscription_id, subscriber_id)
        if removed:
            self.index.remove(subscription_id)
        return removed

    async def undo_unsubscribe(self, subscriber: Subscriber, subscription_id: SubscriptionId) -> bool:
        """Bring back one that was removed, within a day."""
        if not await self.store.restore_subscription(subscription_id, subscriber.id):
            return False
        for each in await self.store.subscriptions(subscriber.id):
            if each.id == subscription_id:
                self._index(each)
        return True

    async def unsubscribe_all(self, subscriber: Subscriber) -> tuple[int, datetime]:
        """Remove all of the subscriber's own; how many, and from when on, by which `undo_all` knows them."""
        began = self.clock.now()
        mine = await self.store.subscriptions(subscriber.id)
        for each in mine:
            await self._drop(each.id, subscriber.id)
        return len(mine), began

    async def undo_all(self, subscriber: Subscriber, began: datetime) -> int:
        """Bring back what was removed together then, within a day; returns how many."""
        removed = await self.store.removed_subscriptions(subscriber.id, began, began + REMOVED_TOGETHER)
        return sum([await self.undo_unsubscribe(subscriber, each) for each in removed])

    async def set_state(self, subscriber: Subscriber, state: SubscriberState) -> None:
        """Pause, resume or suspend: the index holds only what may be alerted."""
        await self.store.set_subscriber_state(subscriber.id, state)
        for each in await self.store.subscriptions(subscriber.id):
            self.index.remove(each.id)
            if state is SubscriberState.ACTIVE:
                self._index(each)

    async def reopen(self, chat_id: int) -> None:
        """We may write in this chat again: what waits for it need not wait any longer."""
        await self.store.set_gate(chat_id, self.clock.now())
        self.on_reopened(chat_id)

    async def forget(self, subscriber: Subscriber) -> None:
        """Delete everything about a subscriber, at once and for good."""
        for each in await self.store.subscriptions(subscriber.id):
            self.index.remove(each.id)
        await self.store.forget(subscriber.id)

    def weekly_note(self, claimed: ClaimedNote, feeds: Sequence[Feed]) -> Message:
        """What a subscriber is told that got nothing for a week; `feeds` are all that there are."""
        asked = [query for text in claimed.queries if (query := self._readable(text)) is not None]
        mine = [feed for feed in feeds if any(weekly.may_concern(query, feed) for query in asked)]
        return weekly.note(weekly.WeeklyView(len(claimed.queries), mine, self.clock.now()))

    def _readable(self, text: str) -> Query | None:
        try:
            return self.parse_stored(text)
        except QueryError:
            return None

    # ------------------------------------------------------------------ mutes

    async def mute(self, subscriber: Subscriber, kind: MuteKind, value: str, days: int) -> Mute:
        """Silence something for some days."""
        until = self.clock.now() + timedelta(days=days)
        return await self.store.mute(subscriber.id, kind, value, until)

    async def muted(self, subscriber: Subscriber) -> tuple[str, ...]:
        """What is muted, in words."""
        return tuple([await self._mute_in_words(each) for each in await self.store.mutes(subscriber.id)])

    async def _mute_in_words(self, mute: Mute) -> str:
        if mute.kind is MuteKind.COUNTRY:
            return self.names.name(mute.value)
        if mute.kind is MuteKind.SOURCE:
            feed = await self.store.feed(FeedId(int(mute.value)))
            return feed.name if feed else "a source that is no longer watched"
        return mute.value or "everything"

    async def unmute_all(self, subscriber: Subscriber) -> int:
        """Take all mutes back; returns how many there were."""
        mutes = await self.store.mutes(subscriber.id)
        for each in mutes:
            await self.store.unmute(subscriber.id, each.kind, each.value)
        return len(mutes)

    async def unmute(self, subscriber: Subscriber, mute_id: int) -> bool:
        """Take one of the subscriber's own mutes back."""
        for each in await self.store.mutes(subscriber.id):
            if each.id == mute_id:
                return await self.store.unmute(subscriber.id, each.kind, each.value)
        return False

    # ------------------------------------------------------------------ feeds

    async def add_feed(
        self, text: str, *, name: str = "", section: str = "", chosen: bool = False
    ) -> Added | Choice | str:
        """Look around an address and watch its source; or what there is to choose; or why there is nothing.

        `section`: paths with *, one of which an entry's address must have. `chosen`: this very address is meant,
        whatever else is found around it.
        """
        return await self._adder.add(text, name=name, section=section, chosen=chosen)

    async def remove_feed(self, which: str) -> Feed | None:
        """Stop watching the feed of that number or address; None where there is none."""
        found = next((each for each in await self.store.feeds() if which in {str(each.id), each.url}), None)
        if found is not None and await self.store.remove_feed(found.id):
            await self.store.audit("feed removed", found.url)
        return found

    async def release(self, feed_id: FeedId, first: PostId, last: PostId) -> int:
        """Alert of posts that were held (core.flood); returns how many deliveries are owed."""
        owed = 0
        for post in await self.store.posts_of(feed_id, first, last):
            owed += await self.store.owe(post.id, decide.planned(self.index.groups(decide.matchable(post))))
        await self.store.audit("held posts released", str(feed_id))
        self.on_owed()
        return owed

    async def dead(self, most: int) -> tuple[tuple[Delivery, str], ...]:
        """The newest deliveries that were given up, each with its post's title."""
        found = []
        for delivery in await self.store.dead_deliveries(most):
            post = await self.store.post(delivery.post_id)
            found.append((delivery, post.title if post else "a post that is gone"))
        return tuple(found)

    async def requeue(self, delivery_id: DeliveryId | None, *, most: int) -> int:
        """Give a delivery that was given up a second chance, or, with None, the newest so many; how many got it."""
        wanted = (
            [each.id for each in await self.store.dead_deliveries(most)]
            if delivery_id is None
            else [delivery_id]
        )
        again = sum([await self.store.requeue(each) for each in wanted])
        if again:
            await self.store.audit("alerts queued again", str(again))
            self.on_owed()
        return again

    async def withdraw(self, address: str) -> Post | None:
        """The source took the post of this address back; None where there is none."""
        post = await self.post_at(address)
        if post is not None:
            await self.store.withdraw_post(post.id)
            await self.store.audit("post withdrawn", post.link or "")
            self.on_owed()
        return post

    # ------------------------------------------------------------------ before and after

    async def recent(self, *, pages: int = 1) -> tuple[Post, ...]:
        """The newest stored posts: what a change of a topic is tried on, and, with more pages, a query."""
        found: list[Post] = []
        for _ in range(pages):
            last = found[-1] if found else None
            page = await self.store.recent_posts(
                self.clock.now(), days=PREVIEW_DAYS, limit=PREVIEW_PAGE, before=last
            )
            found += page
            if len(page) < PREVIEW_PAGE:
                break
        return tuple(found)

    async def preview(self, query: Query) -> Preview:
        """What the query would have matched among stored posts, without saving anything."""
        posts = await self.recent(pages=PREVIEW_PAGES)
        return await asyncio.to_thread(preview, query, self.topics, posts, self.clock.now())

    async def compare(self, before: Query, after: Query) -> Comparison:
        """What another query would have matched instead, without saving anything."""
        posts, now = await self.recent(pages=PREVIEW_PAGES), self.clock.now()
        return await asyncio.to_thread(comparison, before, after, self.topics, posts, now=now)

    async def draft_topic(self, name: str, words: tuple[str, ...]) -> TopicChange:
        """What making or changing a topic would do; `take_topic` does it. Raises QueryError for a name or word that
        cannot be one.
        """
        after = queries.topic(name, words)
        return await self._drafted(after.name, after)

    async def draft_removal(self, name: str) -> TopicChange | None:
        """What removing a topic would do; None where there is none of that name."""
        found = self.topic(name)
        return None if found is None else await self._drafted(found.name, None)

    async def _drafted(self, name: str, after: Topic | None) -> TopicChange:
        number = await self.store.keep_topic_draft(after or Topic(name, ()))
        return replace(await self._topic_change(name, after), draft=number)

    async def take_topic(self, number: int, *, saved: bool) -> TopicChange | None:
        """Do what was drafted, or drop it; None where it was done, dropped or forgotten before."""
        draft = await self.store.take_topic_draft(number)
        if draft is None:
            return None
        after = draft if draft.words else None
        change = await self._topic_change(draft.name, after)
        if not saved:
            return change
        if after is None:
            await self.store.remove_topic(draft.name)
        else:
            await self.store.save_topic(after)
        await self.store.audit("topic removed" if after is None else "topic saved", draft.name)
        await self._topics_changed()
        return change

    def topic(self, name: str) -> Topic | None:
        """The topic of that name, however it is written."""
        return next((each for each in self.topics if fold(each.name) == fold(name)), None)

    async def _topic_change(self, name: str, after: Topic | None) -> TopicChange:
        before = self.topic(name)
        posts = await self.recent()
        counts = [len(each) for each in await asyncio.to_thread(topic_hits, (before, after), posts)]
        followers = await self._followers(name)
        return TopicChange(name, before, after, counts[0], counts[1], len(posts), followers)

    async def _followers(self, name: str) -> int:
        """How many subscriptions follow a topic: a number, never who."""
        wanted = fold(name)
        count = 0
        for each in await self.store.all_subscriptions():
            try:
                parsed = self.parse_stored(each.query)
            except QueryError:
                continue
            count += any(fold(topic) == wanted for topic in parsed.topics)
        return count


def _country_order(atlas: Atlas) -> tuple[str, ...]:
    """As buttons show them: the countries of this field first, each part by name."""
    field_ = atlas.regions[HOME_REGION].codes
    return tuple(sorted(atlas.countries, key=lambda code: (code not in field_, atlas.country_name(code))))


def vocabulary(atlas: Atlas, topics: Sequence[Topic]) -> Vocabulary:
    """The names a query may use bare: countries, regions, topics."""
    shared = {fold(name): (name, codes) for name, codes in TWO_COUNTRIES.items()}
    return Vocabulary(
        names={fold(name): code for name, code in atlas.names_for_queries() if fold(name) not in shared},
        regions=shared
        | {
            fold(name): (atlas.regions[key].name(), atlas.regions[key].codes)
            for name, key in atlas.region_names_for_queries()
        },
        topics={fold(topic.name): topic.name for topic in topics},
    )
