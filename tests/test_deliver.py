from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog

from tests.clock import FakeClock
from tests.store.world import Follower, World, entry
from watchdog_bot.core import render_digest
from watchdog_bot.core.digest import DigestPage
from watchdog_bot.core.errors import StoreError
from watchdog_bot.core.model import (
    ClaimedDelivery,
    ClaimedDigest,
    CountryReading,
    DeliveryState,
    Gone,
    Message,
    NotSent,
    PostEdit,
    Rejected,
    RetryAt,
    SendResult,
    Sent,
    Subscriber,
    SubscriptionSlot,
    Unknown,
)
from watchdog_bot.core.outbox import DeliveryChange
from watchdog_bot.core.render import Names
from watchdog_bot.core.tempo import ChatSettings, QuietMode, Tempo
from watchdog_bot.deliver import Deliverer, Pace, RenderDigest
from watchdog_bot.store import Store

Answer = Callable[[int, str], SendResult | Awaitable[SendResult]]


class Telegram:
    """Takes messages and remembers when each came; `answer` says what it answers."""

    def __init__(self, clock: FakeClock, answer: Answer | None = None) -> None:
        self.clock = clock
        self.answer = answer
        self.came: list[tuple[int, str, datetime]] = []
        self.in_flight = 0
        self.most_in_flight = 0

    async def send(self, subscriber: Subscriber, message: Message) -> SendResult:
        chat_id = subscriber.address.chat_id
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            self.came.append((chat_id, message.html, self.clock.now()))
            await asyncio.sleep(0)
            if self.answer is None:
                return Sent(len(self.came))
            answer = self.answer(chat_id, message.html)
            return await answer if isinstance(answer, Awaitable) else answer
        finally:
            self.in_flight -= 1

    def to(self, chat_id: int) -> list[str]:
        return [text for chat, text, _ in self.came if chat == chat_id]

    @property
    def chats(self) -> list[int]:
        return [chat for chat, _, _ in self.came]


def render(claimed: ClaimedDelivery) -> Message:
    return Message(claimed.post.title.removeprefix("Title "))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def world(tmp_path: Path, clock: FakeClock) -> AsyncIterator[World]:
    async with Store.open(tmp_path / "watchdog.db", clock=clock) as store:
        clock.watch(lambda: store.busy)
        yield await World.make(store, clock)


async def run_until(
    deliverer: Deliverer,
    clock: FakeClock,
    done: Callable[[], bool],
    *,
    most: float = 7200,
    step: float = 0.25,
) -> None:
    """Run until it is done, at most so many virtual seconds; `step`: how often to look."""
    stop = asyncio.Event()
    running = asyncio.create_task(deliverer.run(stop))
    end = clock.now() + timedelta(seconds=most)
    while not done() and clock.now() < end:
        await clock.sleep(step)
    stop.set()
    await running


async def followers(world: World, count: int, *, first: int = 1) -> list[Follower]:
    return [await world.follower(number) for number in range(first, first + count)]


async def test_what_is_owed_arrives_and_is_recorded(world: World, clock: FakeClock) -> None:
    readers = await followers(world, 3)
    post_id = await world.publish("a", *readers)
    telegram = Telegram(clock)
    deliverer = Deliverer(world.store, telegram.send, render, clock)
    assert await deliverer.run_once(clock.now()) == 3
    assert await deliverer.run_once(clock.now()) == 0
    assert sorted(telegram.chats) == [1, 2, 3]
    for reader in readers:
        delivery = await world.store.delivery_for(reader.subscriber.id, post_id)
        assert delivery is not None
        assert delivery.state is DeliveryState.SENT


async def test_t5_one_chats_trouble_is_its_own(world: World, clock: FakeClock) -> None:
    def answer(chat_id: int, _: str) -> SendResult:
        match chat_id:
            case 1:
                raise ConnectionResetError
            case 2:
                return Gone("blocked")
            case 3:
                return RetryAt(600)
            case _:
                return Sent(1)

    await world.publish("a", *await followers(world, 6))
    telegram = Telegram(clock, answer)
    await Deliverer(world.store, telegram.send, render, clock).run_once(clock.now())
    status = await world.store.status(clock.now())
    assert (status.sent_total, status.doubtful, status.queued, status.subscribers) == (3, 1, 1, 5)


async def test_a_post_that_cannot_be_rendered_is_dead_and_the_others_go_on(
    world: World, clock: FakeClock
) -> None:
    def broken(claimed: ClaimedDelivery) -> Message:
        if claimed.post.title == "Title bad":
            raise ZeroDivisionError
        return render(claimed)

    (reader,) = await followers(world, 1)
    await world.publish("bad", reader)
    await world.publish("good", reader)
    telegram = Telegram(clock)
    deliverer = Deliverer(world.store, telegram.send, broken, clock)
    await run_until(deliverer, clock, lambda: telegram.to(1) == ["good"])
    (dead,) = await world.store.dead_deliveries(5)
    assert dead.cause == "it could not be rendered: a defect, see the log"


async def test_it_keeps_the_pace_overall(world: World, clock: FakeClock) -> None:
    await world.publish("a", *await followers(world, 60))
    telegram = Telegram(clock)
    deliverer = Deliverer(world.store, telegram.send, render, clock)
    await run_until(deliverer, clock, lambda: len(telegram.came) == 60)
    moments = [when for _, _, when in telegram.came]
    assert most_within(moments, 1) <= 28
    assert (moments[-1] - moments[0]).total_seconds() < 60 / 24
    assert telegram.most_in_flight <= 8


async def test_a_group_gets_18_a_minute_and_holds_nobody_else(world: World, clock: FakeClock) -> None:
    group, reader = await world.follower(-1), await world.follower(1)
    for number in range(30):
        await world.publish(f"{number:02}", group)
    telegram = Telegram(clock)
    deliverer = Deliverer(world.store, telegram.send, render, clock)
    stop = asyncio.Event()
    running = asyncio.create_task(deliverer.run(stop))
    await clock.sleep(40)
    assert len(telegram.to(-1)) == 18
    published = clock.now()
    await world.publish("quick", reader)
    deliverer.wake()
    await clock.sleep(50)
    stop.set()
    await running
    (when,) = [when for chat, _, when in telegram.came if chat == 1]
    assert when - published < timedelta(seconds=1)
    assert telegram.to(-1) == [f"{number:02}" for number in range(30)]
    assert most_within([when for chat, _, when in telegram.came if chat == -1], 60) == 18


async def test_a_burst_in_a_group_ends_as_one_digest_instead_of_a_late_drip(
    world: World, clock: FakeClock
) -> None:
    group, reader = await world.follower(-1), await world.follower(1)
    for number in range(40):
        await world.publish(f"{number:02}", group, reader)
    telegram = Telegram(clock)
    deliverer = Deliverer(world.store, telegram.send, render, clock, digest=digest)
    await run_until(deliverer, clock, lambda: len(telegram.came) == 40 + 18 + 1)
    assert telegram.to(-1)[:18] == [f"{number:02}" for number in range(18)]
    assert telegram.to(-1)[18].startswith("<b>🗞 22 alerts</b>")
    assert telegram.to(1) == [f"{number:02}" for number in range(40)]
    assert (await world.store.status(clock.now())).sent_total == 80


async def test_an_urgent_alert_stays_out_of_a_groups_digest(world: World, clock: FakeClock) -> None:
    group = await world.follower(-1)
    mine = await world.store.add_subscription(group.subscriber.id, SubscriptionSlot.QUERY, "verdict")
    await world.store.set_tempo(mine.id, group.subscriber.id, Tempo.URGENT)
    for number in range(21):
        await world.publish(f"{number:02}", group)
    telegram = Telegram(clock)
    deliverer = Deliverer(world.store, telegram.send, render, clock, digest=digest)
    await run_until(deliverer, clock, lambda: len(telegram.came) == 18)
    await world.publish("urgent", Follower(group.subscriber, mine.id))
    await run_until(deliverer, clock, lambda: len(telegram.came) == 20)
    first, second = sorted(telegram.to(-1)[18:], key=len)
    assert first == "urgent"
    assert second.startswith("<b>🗞 3 alerts</b>")


async def test_a_chat_with_a_backlog_gets_it_in_order_one_a_second(world: World, clock: FakeClock) -> None:
    (reader,) = await followers(world, 1)
    for name in "abcdef":
        await world.publish(name, reader)
    telegram = Telegram(clock)
    deliverer = Deliverer(world.store, telegram.send, render, clock)
    await run_until(deliverer, clock, lambda: len(telegram.came) == 6)
    assert telegram.to(1) == list("abcdef")
    assert most_within([when for _, _, when in telegram.came], 1) == 1


async def test_t20_a_flooded_chat_waits_alone_and_then_gets_everything(
    world: World, clock: FakeClock
) -> None:
    floods = Counter[int]()

    def answer(chat_id: int, _: str) -> SendResult:
        floods[chat_id] += 1
        return RetryAt(43_838) if chat_id == 1 and floods[1] == 1 else Sent(1)

    readers = await followers(world, 2)
    await world.publish("a", *readers)
    await world.publish("b", *readers)
    telegram = Telegram(clock, answer)
    started = clock.now()
    deliverer = Deliverer(world.store, telegram.send, render, clock)
    await run_until(deliverer, clock, lambda: len(telegram.to(2)) == 2)
    assert clock.now() - started < timedelta(seconds=3)
    clock.advance(43_838)
    again = Deliverer(world.store, telegram.send, render, clock)
    await run_until(again, clock, lambda: len(telegram.to(1)) == 3)
    assert telegram.to(1) == ["a", "a", "b"]


async def test_two_floods_at_once_stop_everybody_and_the_gate_outlives_a_restart(
    world: World, clock: FakeClock
) -> None:
    def answer(chat_id: int, _: str) -> SendResult:
        return RetryAt(60) if chat_id <= 2 else Sent(1)

    readers = await followers(world, 2)
    await world.publish("a", *readers)
    telegram = Telegram(clock, answer)
    started = clock.now()
    await Deliverer(world.store, telegram.send, render, clock).run_once(started)
    await world.publish("b", *await followers(world, 1, first=3))
    after_restart = Deliverer(world.store, telegram.send, render, clock)
    await run_until(after_restart, clock, lambda: telegram.to(3) == ["b"])
    (when,) = [when for chat, _, when in telegram.came if chat == 3]
    assert when >= started + timedelta(seconds=60)


async def test_a_gate_shut_after_the_claim_hands_the_claim_back(world: World, clock: FakeClock) -> None:
    await world.publish("a", *await followers(world, 1))
    telegram = Telegram(clock)
    pace = Pace(clock)
    pace.pacer.shut(None, clock.now() + timedelta(hours=3))
    await Deliverer(world.store, telegram.send, render, clock, pace=pace).run_once(clock.now())
    assert telegram.came == []
    status = await world.store.status(clock.now())
    assert (status.queued, status.doubtful, status.sending) == (1, 0, 0)


async def test_a_reply_goes_before_the_alerts_that_wait(world: World, clock: FakeClock) -> None:
    await world.publish("a", *await followers(world, 50))
    telegram = Telegram(clock)
    pace = Pace(clock)
    deliverer = Deliverer(world.store, telegram.send, render, clock, pace=pace)
    stop = asyncio.Event()
    running = asyncio.create_task(deliverer.run(stop))
    await clock.sleep(0.5)
    asked = clock.now()
    for chat_id in range(1001, 1021):
        await pace.reply(chat_id)
    answered = clock.now()
    stop.set()
    await running
    assert answered - asked < timedelta(seconds=1)
    assert len([when for _, _, when in telegram.came if asked < when < answered]) <= 8


async def test_a_person_who_waits_for_their_own_chat_holds_up_no_alert(
    world: World, clock: FakeClock
) -> None:
    await world.publish("a", *await followers(world, 20))
    telegram = Telegram(clock)
    pace = Pace(clock)
    pace.pacer.shut(999, clock.now() + timedelta(seconds=20))
    reply = asyncio.create_task(pace.reply(999))
    deliverer = Deliverer(world.store, telegram.send, render, clock, pace=pace)
    started = clock.now()
    await run_until(deliverer, clock, lambda: len(telegram.came) == 20)
    assert clock.now() - started < timedelta(seconds=3)
    await reply


async def test_an_outage_of_ten_minutes_costs_nobody_an_alert(world: World, clock: FakeClock) -> None:
    back_at = clock.now() + timedelta(minutes=10)

    def answer(_: int, __: str) -> SendResult:
        return NotSent("no connection") if clock.now() < back_at else Sent(1)

    await world.publish("a", *await followers(world, 30))
    telegram = Telegram(clock, answer)
    deliverer = Deliverer(world.store, telegram.send, render, clock)
    arrived = lambda: len([1 for _, _, when in telegram.came if when >= back_at]) >= 30  # noqa: E731 - a condition
    await run_until(deliverer, clock, arrived)
    status = await world.store.status(clock.now())
    assert (status.sent_total, status.dead, status.doubts_total) == (30, 0, 0)
    assert clock.now() - back_at < timedelta(minutes=3)
    assert len(telegram.came) < 100  # it probed, and did not hammer


async def test_an_outage_of_a_night_costs_nobody_an_alert(world: World, clock: FakeClock) -> None:
    back_at = clock.now() + timedelta(hours=8)

    def answer(_: int, __: str) -> SendResult:
        return NotSent("no connection") if clock.now() < back_at else Sent(1)

    await world.publish("a", *await followers(world, 2))
    telegram = Telegram(clock, answer)
    deliverer = Deliverer(world.store, telegram.send, render, clock)
    arrived = lambda: len([1 for _, _, when in telegram.came if when >= back_at]) >= 2  # noqa: E731 - a condition
    await run_until(deliverer, clock, arrived, most=86_400, step=300)
    assert (await world.store.status(clock.now())).sent_total == 2


async def test_answers_lost_in_an_outage_end_few_deliveries(world: World, clock: FakeClock) -> None:
    back_at = clock.now() + timedelta(minutes=10)

    def answer(_: int, __: str) -> SendResult:
        return Unknown("no answer") if clock.now() < back_at else Sent(1)

    await world.publish("a", *await followers(world, 100))
    telegram = Telegram(clock, answer)
    deliverer = Deliverer(world.store, telegram.send, render, clock)
    await run_until(deliverer, clock, lambda: len(set(telegram.chats)) == 100, most=3600)
    status = await world.store.status(clock.now() + timedelta(hours=1))
    assert status.dead <= 8
    assert status.sent_total + status.dead + status.doubtful + status.queued == 100


async def test_stopping_drains_what_is_under_way_and_hands_back_the_rest(
    world: World, clock: FakeClock
) -> None:
    await world.publish("a", *await followers(world, 30))
    stop = asyncio.Event()

    def answer(_: int, __: str) -> SendResult:
        stop.set()
        return Sent(1)

    telegram = Telegram(clock, answer)
    await Deliverer(world.store, telegram.send, render, clock).run(stop)
    status = await world.store.status(clock.now())
    assert status.sent_total == len(telegram.came) < 30
    assert (status.sending, status.doubtful) == (0, 0)
    assert status.queued == 30 - len(telegram.came)


async def test_what_does_not_end_in_time_is_in_doubt_at_the_next_start(
    world: World, clock: FakeClock
) -> None:
    await world.publish("a", *await followers(world, 1))
    stop = asyncio.Event()

    async def never() -> SendResult:
        stop.set()
        await asyncio.Event().wait()
        return Sent(1)

    telegram = Telegram(clock, lambda _, __: never())
    await Deliverer(world.store, telegram.send, render, clock, drain_seconds=0.02).run(stop)
    assert (await world.store.status(clock.now())).sending == 1
    assert await Deliverer(world.store, telegram.send, render, clock).recover() == 1


async def test_a_store_that_fails_for_a_while_is_tried_again(
    world: World, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.publish("a", *await followers(world, 1))
    failures = iter([True, True])
    claim, record = world.store.claim_deliveries, world.store.record

    async def failing_claim(*args: object, **named: object) -> tuple[ClaimedDelivery, ...]:
        if next(failures, False):
            raise StoreError("The disk is full. Free some space.")
        return await claim(*args, **named)  # type: ignore[arg-type]

    lost = iter([True])

    async def failing_record(change: DeliveryChange) -> bool:
        if next(lost, False):
            raise StoreError("The disk is full. Free some space.")
        return await record(change)

    monkeypatch.setattr(world.store, "claim_deliveries", failing_claim)
    monkeypatch.setattr(world.store, "record", failing_record)
    telegram = Telegram(clock)
    deliverer = Deliverer(world.store, telegram.send, render, clock)
    arrived = clock.now() + timedelta(minutes=5)
    await run_until(deliverer, clock, lambda: clock.now() > arrived)
    status = await world.store.status(clock.now())
    assert (len(telegram.came), status.sent_total, status.doubts_total) == (1, 1, 0)


async def test_a_store_that_fails_for_hours_is_told_of_once_a_minute(
    world: World, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing_claim(*_args: object, **_named: object) -> tuple[ClaimedDelivery, ...]:
        raise StoreError("The disk is full. Free some space.")

    monkeypatch.setattr(world.store, "claim_deliveries", failing_claim)
    end = clock.now() + timedelta(minutes=10)
    with structlog.testing.capture_logs() as lines:
        await run_until(
            Deliverer(world.store, Telegram(clock).send, render, clock), clock, lambda: clock.now() > end
        )
    told = [line for line in lines if line["event"] == "outbox_unreadable"]
    assert 9 <= len(told) <= 12
    assert "Free some space" in told[0]["error"]


NIGHT = ChatSettings(quiet_from=13 * 60, quiet_to=20 * 60)  # the clock starts at 12:00


@pytest.mark.parametrize("folded", [False, True])
async def test_what_is_late_into_quiet_hours_is_held_until_they_end(
    world: World, clock: FakeClock, *, folded: bool
) -> None:
    reader = await world.follower(1)
    await world.store.set_settings(reader.subscriber.id, NIGHT)
    if folded:
        await world.store.set_tempo(reader.subscription_id, reader.subscriber.id, Tempo.HOURLY)
    await world.publish("a", reader)
    telegram = Telegram(clock)
    clock.advance(3600 + 60)  # Telegram was away until 13:01
    deliverer = Deliverer(world.store, telegram.send, render, clock, digest=digest)
    sent = [await deliverer.run_once(clock.now())]
    for minutes in (6 * 60 + 58, 1):  # 19:59, 20:00
        clock.advance(minutes * 60)
        sent.append(await deliverer.run_once(clock.now()))
    assert sent == [0, 0, 1]
    assert len(telegram.came) == 1


async def test_an_urgent_alert_that_is_late_goes_in_quiet_hours_with_its_sound(
    world: World, clock: FakeClock
) -> None:
    reader = await world.follower(1)
    await world.store.set_settings(reader.subscriber.id, NIGHT)
    await world.store.set_tempo(reader.subscription_id, reader.subscriber.id, Tempo.URGENT)
    await world.publish("a", reader)
    clock.advance(3600 + 60)
    sounds = Sounds()
    await Deliverer(world.store, sounds.send, render, clock).run_once(clock.now())
    assert sounds.silent == [False]


@pytest.mark.parametrize("tempo", [Tempo.INSTANT, Tempo.HOURLY])
async def test_where_quiet_hours_only_muffle_what_is_late_or_in_a_digest_is_silent(
    world: World, clock: FakeClock, tempo: Tempo
) -> None:
    reader = await world.follower(1)
    muffled = replace(NIGHT, quiet_mode=QuietMode.SILENT)
    await world.store.set_settings(reader.subscriber.id, muffled)
    await world.store.set_tempo(reader.subscription_id, reader.subscriber.id, tempo)
    await world.publish("a", reader)
    clock.advance(3600 + 60)
    sounds = Sounds()
    deliverer = Deliverer(world.store, sounds.send, render, clock, digest=digest)
    assert await deliverer.run_once(clock.now()) == 1
    assert sounds.silent == [True]


class Sounds:
    """Remembers which messages came without a sound."""

    def __init__(self) -> None:
        self.silent: list[bool] = []

    async def send(self, _subscriber: Subscriber, message: Message) -> SendResult:
        self.silent.append(message.silent)
        return Sent(len(self.silent))


async def test_no_log_line_names_a_chat(world: World, clock: FakeClock) -> None:
    def answer(chat_id: int, text: str) -> SendResult:
        raise RuntimeError(f"{chat_id} {text}")

    await world.publish("a", *await followers(world, 1, first=7_412_589_633))
    with structlog.testing.capture_logs() as lines:
        await Deliverer(world.store, Telegram(clock, answer).send, render, clock).run_once(clock.now())
    assert lines
    assert not [line for line in lines if "7412589633" in str(line)]


def most_within(moments: list[datetime], seconds: float) -> int:
    window = timedelta(seconds=seconds)
    return max(sum(1 for other in moments if one <= other < one + window) for one in moments)


async def test_the_first_of_many_is_sent_within_a_second_and_all_keep_to_the_slots_of_the_pace(
    world: World, clock: FakeClock
) -> None:
    """With Telegram's usual time for an answer; what the slots come to for a thousand is in tests/core/test_pacing.py."""

    async def answered(_: int, __: str) -> SendResult:
        await clock.sleep(0.2)
        return Sent(1)

    telegram = Telegram(clock, answered)
    deliverer = Deliverer(world.store, telegram.send, render, clock)
    decided = clock.now()
    await world.publish("a", *await followers(world, 75))
    await run_until(deliverer, clock, lambda: len(telegram.came) == 75, step=1)
    moments = sorted((at - decided).total_seconds() for _, _, at in telegram.came)
    assert moments[0] <= 1
    assert moments[-1] <= 75 / 25 + 0.5


# ------------------------------------------------------------------ digests

NAMES = Names(name=lambda code: code, flag=lambda _: "🏳")


def digest(claimed: ClaimedDigest) -> tuple[DigestPage, ...]:
    return render_digest.digest(claimed, NAMES)


async def hourly(world: World, chat_id: int) -> Follower:
    reader = await world.follower(chat_id)
    await world.store.set_tempo(reader.subscription_id, reader.subscriber.id, Tempo.HOURLY)
    return reader


async def test_a_digest_arrives_as_one_message(world: World, clock: FakeClock) -> None:
    reader = await hourly(world, 1)
    for name in "abc":
        await world.publish(name, reader)
    clock.advance(3600)
    telegram = Telegram(clock)
    deliverer = Deliverer(world.store, telegram.send, render, clock, digest=digest)
    await run_until(deliverer, clock, lambda: bool(telegram.came))
    (message,) = telegram.to(1)
    assert message.startswith("<b>🗞 3 alerts</b>")
    assert (await world.store.status(clock.now())).sent_total == 3


def by_twenty(claimed: ClaimedDigest) -> tuple[DigestPage, ...]:
    """Pages of twenty deliveries each."""
    lines = claimed.deliveries
    return tuple(
        DigestPage(Message(f"from {first}"), lines[first : first + 20]) for first in range(0, len(lines), 20)
    )


async def test_a_long_digest_goes_page_by_page_and_stops_where_one_fails(
    world: World, clock: FakeClock
) -> None:
    reader = await hourly(world, 1)
    for number in range(60):
        await world.publish(f"{number:02}", reader)
    clock.advance(3600)
    results: Iterator[SendResult] = iter([Sent(1), NotSent("no connection")])
    telegram = Telegram(clock, lambda _, __: next(results))
    await Deliverer(world.store, telegram.send, render, clock, digest=by_twenty).run_once(clock.now())
    status = await world.store.status(clock.now())
    assert len(telegram.came) == 2
    assert status.sent_total == 20
    assert status.queued == 40


def broken_digest(_: ClaimedDigest) -> tuple[DigestPage, ...]:
    raise ZeroDivisionError


@pytest.mark.parametrize("maker", [digest, broken_digest])
async def test_a_digest_that_is_refused_or_cannot_be_made_goes_as_single_alerts(
    world: World, clock: FakeClock, maker: RenderDigest
) -> None:
    def answer(_: int, text: str) -> SendResult:
        return Rejected("bad entities") if "alerts" in text else Sent(1)

    reader = await hourly(world, 1)
    for name in "ab":
        await world.publish(name, reader)
    clock.advance(3600)
    telegram = Telegram(clock, answer)
    deliverer = Deliverer(world.store, telegram.send, render, clock, digest=maker)
    await run_until(deliverer, clock, lambda: telegram.to(1)[-1:] == ["b"])
    assert telegram.to(1)[-2:] == ["a", "b"]


async def test_after_a_day_without_telegram_the_backlog_comes_as_one_message(
    world: World, clock: FakeClock
) -> None:
    reader = await world.follower(1)
    for name in "abc":
        await world.publish(name, reader)
    clock.advance(86_400)
    telegram = Telegram(clock)
    deliverer = Deliverer(world.store, telegram.send, render, clock, digest=digest)
    await run_until(deliverer, clock, lambda: bool(telegram.came))
    (message,) = telegram.to(1)
    assert message.startswith("<b>🗞 3 alerts that could not reach you in time</b>")


async def test_the_readers_wishes_for_a_message_are_kept(world: World, clock: FakeClock) -> None:
    reader = await world.follower(1)
    await world.store.set_tempo(reader.subscription_id, reader.subscriber.id, Tempo.SILENT)
    await world.store.set_settings(reader.subscriber.id, ChatSettings(protect=True))
    await world.publish("a", reader)
    sent: list[Message] = []

    async def send(_: Subscriber, message: Message) -> SendResult:
        sent.append(message)
        return Sent(1)

    await Deliverer(world.store, send, render, clock).run_once(clock.now())
    assert (sent[0].silent, sent[0].protect) == (True, True)


# ------------------------------------------------------------------ edits


async def test_a_changed_post_is_edited_in_place_after_the_alerts(world: World, clock: FakeClock) -> None:
    edited: list[tuple[int | None, str]] = []

    async def edit(claimed: ClaimedDelivery, message: Message) -> SendResult:
        edited.append((claimed.delivery.message_id, message.html))
        if len(edited) == 1:
            raise ConnectionResetError
        return Sent(1)

    reader = await world.follower(1)
    post_id = await world.publish("a", reader)
    telegram = Telegram(clock)
    deliverer = Deliverer(world.store, telegram.send, render, clock, edit=edit)
    await deliverer.run_once(clock.now())
    change = PostEdit(post_id, entry("changed"), b"2" * 16, CountryReading())
    await world.store.apply(world.update(edits=[change]))
    await run_until(deliverer, clock, lambda: len(edited) == 2)
    assert edited == [(1, "changed"), (1, "changed")]
    assert telegram.to(1) == ["a"]
    assert await world.store.claim_edits(clock.now() + timedelta(days=1), limit=5) == ()


async def test_an_edit_that_cannot_be_rendered_or_must_wait_long_is_left(
    world: World, clock: FakeClock
) -> None:
    async def edit(_: ClaimedDelivery, __: Message) -> SendResult:
        raise AssertionError

    def once(claimed: ClaimedDelivery) -> Message:
        if claimed.delivery.message_id is not None:
            raise ZeroDivisionError
        return render(claimed)

    reader = await world.follower(1)
    post_id = await world.publish("a", reader)
    pace = Pace(clock)
    await Deliverer(world.store, Telegram(clock).send, render, clock, pace=pace).run_once(clock.now())
    await world.store.apply(
        world.update(edits=[PostEdit(post_id, entry("changed"), b"2" * 16, CountryReading())])
    )
    pace.pacer.shut(1, clock.now() + timedelta(hours=1))
    await Deliverer(world.store, Telegram(clock).send, render, clock, edit=edit, pace=pace).run_once(
        clock.now()
    )
    await Deliverer(world.store, Telegram(clock).send, once, clock, edit=edit).run_once(clock.now())
    assert await world.store.claim_edits(clock.now() + timedelta(days=1), limit=5) == ()
