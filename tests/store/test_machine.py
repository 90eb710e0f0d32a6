"""A machine that does anything to the outbox in any order, and checks after each step what must always hold."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.clock import START
from tests.store.world import EVIDENCE, digest, entry, keys
from watchdog_bot.core.model import (
    Address,
    ChatKind,
    ClaimedDelivery,
    CountryReading,
    CountryScore,
    FeedChange,
    FeedHealth,
    FeedKind,
    FeedUpdate,
    Gone,
    HttpMemory,
    Moved,
    NewPost,
    NoRights,
    NotSent,
    PlannedDelivery,
    Rejected,
    RetryAt,
    SendResult,
    Sent,
    SubscriberId,
    SubscriberState,
    SubscriptionId,
    SubscriptionSlot,
    TopicGone,
    Unknown,
)
from watchdog_bot.core.mutes import MuteKind
from watchdog_bot.core.outbox import after
from watchdog_bot.core.tempo import ChatSettings, Tempo
from watchdog_bot.store import digests, feeds, mutes, outbox, posts, subscribers, tempos, upkeep
from watchdog_bot.store.connection import connect
from watchdog_bot.store.rows import ms
from watchdog_bot.store.values import AppliedUpdate

READERS = 5


@dataclass
class Reader:
    id: SubscriberId
    chat_id: int
    subscription_id: SubscriptionId
    state: SubscriberState = SubscriberState.ACTIVE
    subscribed: bool = True
    muted: bool = False
    owed: set[int] = field(default_factory=set)


RESULTS: list[SendResult] = [
    Sent(1),
    Sent(2),
    RetryAt(30),
    NotSent("no connection"),
    Unknown("no answer"),
    Gone("blocked"),
    TopicGone("closed"),
    NoRights("may not write"),
    Rejected("bad entities"),
]
who = st.integers(0, READERS - 1)


class Outbox(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.db = connect(self.folder / "watchdog.db")
        self.now = START
        self.feed = feeds.add(
            self.db,
            "https://a.example/",
            name="A",
            kind=FeedKind.RSS,
            every=None,
            countries=(),
            language=None,
        ).id
        self.readers = [
            self.new_reader(-number if number % 2 else number) for number in range(1, READERS + 1)
        ]
        self.flying: list[ClaimedDelivery] = []
        self.arrived: Counter[tuple[int, int]] = Counter()
        self.posts = 0
        self.moves = 0

    def new_reader(self, chat_id: int) -> Reader:
        kind = ChatKind.PRIVATE if chat_id > 0 else ChatKind.GROUP
        thread = 7 if chat_id % 3 == 0 else None
        one = subscribers.ensure(
            self.db, Address(chat_id, thread), kind=kind, language="en", now=ms(self.now)
        )
        query = subscribers.subscribe(self.db, one.id, SubscriptionSlot.QUERY, "torture", ms(self.now))
        return Reader(one.id, chat_id, query.id)

    # -------------------------------------------------------------- what happens

    @rule(readers=st.sets(who), about=st.sampled_from(["UA", "PL"]))
    def publish(self, readers: set[int], about: str) -> None:
        self.posts += 1
        name = str(self.posts)
        chosen = [self.readers[number] for number in readers]
        planned = tuple(PlannedDelivery(one.id, (one.subscription_id,), EVIDENCE) for one in chosen)
        reading = CountryReading(about=(CountryScore(about, 1.0),))
        new = NewPost(entry(name), keys(name), digest(name), reading, planned)
        change = FeedChange(self.feed, HttpMemory(), FeedHealth(), self.now, FeedKind.RSS, baseline_done=True)
        update = FeedUpdate(change, self.now, (new,))
        (post_id,) = posts.apply(self.db, update).post_ids
        assert posts.apply(self.db, update) == AppliedUpdate((post_id,), 0)
        for one in chosen:
            wanted = (
                one.state is SubscriberState.ACTIVE and one.subscribed and not (one.muted and about == "UA")
            )
            if wanted:
                one.owed.add(post_id)

    @rule(limit=st.integers(1, 4))
    def claim(self, limit: int) -> None:
        busy = {one.subscriber.address.chat_id for one in self.flying if self.is_sending(one)}
        claimed = outbox.claim(
            self.db,
            self.now,
            limit=limit,
            lease_seconds=120,
            not_before={},
            catch_up_after=timedelta(hours=24),
        )
        chats = [one.subscriber.address.chat_id for one in claimed]
        assert len(chats) == len(set(chats)) <= limit
        assert not busy.intersection(chats)
        self.flying += claimed

    @rule(limit=st.integers(1, 4))
    def claim_digests(self, limit: int) -> None:
        for one in digests.claim(self.db, self.now, limit=limit, lease_seconds=120, not_before={}):
            self.flying += one.deliveries

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), result=st.sampled_from(RESULTS), reached=st.booleans())
    def answer(self, data: st.DataObject, result: SendResult, reached: bool) -> None:
        claimed = self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))
        self.arrive(claimed, result, reached=reached)
        forgotten = self.row(claimed) is None
        outbox.record_now(self.db, after(claimed.delivery, result, self.now), self.now)
        if isinstance(result, Gone) and not forgotten:
            for one in self.readers:
                if one.chat_id == claimed.subscriber.address.chat_id and self.exists(one):
                    one.state = SubscriberState.SUSPENDED

    def arrive(self, claimed: ClaimedDelivery, result: SendResult, *, reached: bool) -> None:
        if isinstance(result, Sent) or (isinstance(result, Unknown) and reached):
            self.arrived[claimed.post.id, claimed.delivery.subscriber_id] += 1

    @precondition(lambda self: any(one.subscriber.address.chat_id < 0 for one in self.flying))
    @rule()
    def move(self) -> None:
        number = next(n for n, one in enumerate(self.flying) if one.subscriber.address.chat_id < 0)
        claimed = self.flying.pop(number)
        old = claimed.subscriber.address.chat_id
        self.moves += 1
        new = -1000 - self.moves
        outbox.record_now(self.db, after(claimed.delivery, Moved(new), self.now), self.now)
        for one in self.readers:
            if one.chat_id == old:
                one.chat_id = new

    @rule(reached=st.lists(st.booleans(), min_size=8, max_size=8))
    def crash(self, reached: list[bool]) -> None:
        """Whatever was in flight may have arrived; nobody hears of it."""
        for claimed, arrived in zip(self.flying, reached, strict=False):
            self.arrive(claimed, Unknown("killed"), reached=arrived)
        self.flying.clear()
        self.db.close()
        self.db = connect(self.folder / "watchdog.db")
        outbox.recover(self.db, self.now)

    @rule(seconds=st.sampled_from([1, 31, 61, 700, 3_600, 90_000]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(number=who, state=st.sampled_from([SubscriberState.ACTIVE, SubscriberState.PAUSED]))
    def set_state(self, number: int, state: SubscriberState) -> None:
        subscribers.set_state(self.db, self.readers[number].id, state, ms(self.now))
        self.readers[number].state = state

    @rule(number=who)
    def subscribe_or_not(self, number: int) -> None:
        one = self.readers[number]
        change = subscribers.unsubscribe if one.subscribed else subscribers.resubscribe
        if change(self.db, one.subscription_id, one.id, ms(self.now)):
            one.subscribed = not one.subscribed

    @rule(number=who)
    def mute_or_not(self, number: int) -> None:
        one = self.readers[number]
        if one.muted:
            mutes.remove(self.db, one.id, MuteKind.COUNTRY, "UA", now=self.now)
        else:
            mutes.add(self.db, one.id, MuteKind.COUNTRY, "UA", None, now=self.now)
        one.muted = not one.muted

    @rule(number=who, tempo=st.sampled_from(list(Tempo)))
    def set_tempo(self, number: int, tempo: Tempo) -> None:
        one = self.readers[number]
        tempos.set_tempo(self.db, one.subscription_id, one.id, tempo, self.now)

    @rule(number=who, per_hour=st.sampled_from([None, 1]), quiet=st.booleans())
    def set_settings(self, number: int, per_hour: int | None, quiet: bool) -> None:
        chosen = ChatSettings(per_hour=per_hour, quiet_from=600 if quiet else None, quiet_to=840)
        tempos.set_settings(self.db, self.readers[number].id, chosen, self.now)

    @rule(number=who)
    def forget_and_come_again(self, number: int) -> None:
        one = self.readers[number]
        subscribers.forget(self.db, one.id)
        self.readers[number] = self.new_reader(one.chat_id)

    @rule()
    def housekeep(self) -> None:
        while upkeep.housekeep(self.db, self.now):
            pass

    # -------------------------------------------------------------- what always holds

    def is_sending(self, claimed: ClaimedDelivery) -> bool:
        row = self.row(claimed)
        return row is not None and row[0] == 3 and row[1] > ms(self.now)

    def row(self, claimed: ClaimedDelivery) -> tuple[int | None, int] | None:
        found = self.db.execute("SELECT step, lease_until FROM delivery WHERE id = ?", [claimed.delivery.id])
        row: tuple[int | None, int] | None = found.fetchone()
        return row

    def exists(self, one: Reader) -> bool:
        return self.db.execute("SELECT 1 FROM subscriber WHERE id = ?", [one.id]).fetchone() is not None

    @invariant()
    def the_step_fits_the_state(self) -> None:
        odd = self.db.execute(
            """
            SELECT id FROM delivery WHERE (state IN ('queued', 'doubtful', 'sending')) <> (step IS NOT NULL)
                OR (state = 'sending') <> (step IS NOT NULL AND step = 3)
                OR (step = 4 AND fold = 0) OR (ended_at IS NULL) <> (step IS NOT NULL)
                OR (state = 'dead' AND cause IS NULL) OR (state = 'cancelled' AND cause IS NULL)
            """
        )
        assert odd.fetchall() == []

    @invariant()
    def a_line_has_one_head(self) -> None:
        odd = self.db.execute(
            """
            SELECT subscriber_id FROM delivery GROUP BY subscriber_id
            HAVING SUM(step = 1) > 1 OR (SUM(step = 0) > 0 AND SUM(step IN (1, 2, 3)) = 0)
            """
        )
        assert odd.fetchall() == []

    @invariant()
    def nobody_waits_who_is_not_alerted(self) -> None:
        odd = self.db.execute(
            """
            SELECT delivery.id FROM delivery LEFT JOIN subscriber ON subscriber.id = subscriber_id
            WHERE subscriber.id IS NULL OR (subscriber.state <> 'active' AND step IN (0, 1, 2, 4))
            """
        )
        assert odd.fetchall() == []

    @invariant()
    def what_is_owed_has_its_row_and_no_more(self) -> None:
        for one in self.readers:
            found = self.db.execute("SELECT post_id FROM delivery WHERE subscriber_id = ?", [one.id])
            there = [row[0] for row in found]
            assert len(there) == len(set(there))
            young = {post for post in one.owed if self.made_at(post) > self.now - timedelta(days=30)}
            assert young <= set(there) <= one.owed

    @invariant()
    def sent_means_arrived_and_twice_means_a_doubt(self) -> None:
        for post_id, subscriber_id, state, doubts in self.db.execute(
            "SELECT post_id, subscriber_id, state, doubts FROM delivery"
        ):
            times = self.arrived[post_id, subscriber_id]
            assert state != "sent" or times > 0
            assert times <= 1 + doubts

    def made_at(self, post_id: int) -> datetime:
        (at,) = self.db.execute("SELECT first_seen_at FROM post WHERE id = ?", [post_id]).fetchone()
        return START + timedelta(milliseconds=at - ms(START))

    # -------------------------------------------------------------- the end

    def teardown(self) -> None:
        """When everything works again, everything ends."""
        self.crash([False] * 8)
        for _ in range(400):
            for one in self.take_all():
                self.arrive(one, Sent(1), reached=True)
                outbox.record_now(self.db, after(one.delivery, Sent(1), self.now), self.now)
            self.now += timedelta(hours=1)
            if self.db.execute("SELECT 1 FROM delivery WHERE step IS NOT NULL").fetchone() is None:
                break
        open_rows = self.db.execute("SELECT id, state, step FROM delivery WHERE step IS NOT NULL").fetchall()
        self.sent_means_arrived_and_twice_means_a_doubt()
        self.db.close()
        shutil.rmtree(self.folder)
        assert open_rows == []

    def take_all(self) -> list[ClaimedDelivery]:
        alone = outbox.claim(self.db, self.now, limit=20, lease_seconds=120, not_before={})
        together = digests.claim(self.db, self.now, limit=20, lease_seconds=120, not_before={})
        return [*alone, *(each for one in together for each in one.deliveries)]


Outbox.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestOutbox = Outbox.TestCase
