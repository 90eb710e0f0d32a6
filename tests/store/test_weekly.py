from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.clock import FakeClock
from tests.store.world import Follower, World
from watchdog_bot.core.model import Gone, Moved, NotSent, RetryAt, SendResult, Sent, SubscriberState, Unknown
from watchdog_bot.core.mutes import MuteKind
from watchdog_bot.core.outbox import after as after_sending
from watchdog_bot.core.tempo import ChatSettings, Tempo
from watchdog_bot.core.weekly import after
from watchdog_bot.store import Store

DAY = timedelta(days=1)
# The clock of these tests starts on 1 March 2026, 12:00 UTC; the daily time is 08:00.
FIRST = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


def to(clock: FakeClock, moment: datetime) -> None:
    clock.advance((moment - clock.now()).total_seconds())


async def told(world: World, result: SendResult | None = None) -> list[int]:
    """The chats that are told now; each told gets this answer."""
    claimed = await world.store.claim_notes(world.clock.now(), limit=9)
    for each in claimed:
        await world.store.record_note(each.subscriber.id, after(result or Sent(1), world.clock.now()))
    return [each.subscriber.address.chat_id for each in claimed]


async def test_whoever_got_nothing_for_a_week_is_told_once_a_week(world: World) -> None:
    await world.follower(1)
    days = []
    for hour in range(24 * 21):
        to(world.clock, datetime(2026, 3, 1, 12, 0, tzinfo=UTC) + timedelta(hours=hour))
        days += [world.clock.now()] * len(await told(world))
    assert days == [FIRST, FIRST + 7 * DAY]
    assert (await world.store.counters())["weekly_notes"] == 2


async def test_an_alert_puts_the_note_off(world: World) -> None:
    reader = await world.follower(1)
    to(world.clock, datetime(2026, 3, 5, 20, 0, tzinfo=UTC))
    await world.publish("a", reader)
    (one,) = await world.store.claim_deliveries(world.clock.now(), limit=9)
    await world.store.record(after_sending(one.delivery, Sent(1), world.clock.now()))
    to(world.clock, FIRST)
    assert await told(world) == []
    to(world.clock, datetime(2026, 3, 13, 8, 0, tzinfo=UTC))
    assert await told(world) == [1]


async def test_a_restart_in_the_middle_of_telling_does_not_tell_it_twice(world: World) -> None:
    await world.follower(1)
    to(world.clock, FIRST)
    assert len(await world.store.claim_notes(world.clock.now(), limit=9)) == 1
    await world.store.recover(world.clock.now())
    for _ in range(6):
        world.clock.advance(86_400)
        assert await told(world) == []
    world.clock.advance(86_400)
    assert await told(world) == [1]


async def _off(world: World, reader: Follower) -> None:
    await world.store.set_settings(reader.subscriber.id, ChatSettings(weekly_note=False))


async def _paused(world: World, reader: Follower) -> None:
    await world.store.set_subscriber_state(reader.subscriber.id, SubscriberState.PAUSED)


async def _suspended(world: World, reader: Follower) -> None:
    await world.store.set_subscriber_state(reader.subscriber.id, SubscriberState.SUSPENDED)


async def _muted(world: World, reader: Follower) -> None:
    await world.store.mute(reader.subscriber.id, MuteKind.ALL, "", world.clock.now() + 60 * DAY)


async def _unsubscribed(world: World, reader: Follower) -> None:
    await world.store.remove_subscription(reader.subscription_id, reader.subscriber.id)


async def _forgotten(world: World, reader: Follower) -> None:
    await world.store.forget(reader.subscriber.id)


@pytest.mark.parametrize("how", [_off, _paused, _suspended, _muted, _unsubscribed, _forgotten])
async def test_nobody_is_told_who_does_not_want_it_or_cannot_be_reached(world: World, how: object) -> None:
    reader, other = await world.follower(1), await world.follower(2)
    assert callable(how)
    await how(world, reader)
    days: list[int] = []
    for day in range(13):
        to(world.clock, FIRST + day * DAY)
        days += await told(world)
    assert days == [2, 2]
    assert other.subscriber.id


async def test_after_a_pause_the_week_begins_anew(world: World) -> None:
    reader = await world.follower(1)
    await _paused(world, reader)
    to(world.clock, FIRST + 5 * DAY)
    await world.store.set_subscriber_state(reader.subscriber.id, SubscriberState.ACTIVE)
    assert await told(world) == []
    to(world.clock, FIRST + 12 * DAY)
    assert await told(world) == [1]


async def test_nobody_is_told_of_silence_while_something_waits_for_them(world: World) -> None:
    reader = await world.follower(1)
    await world.store.set_tempo(reader.subscription_id, reader.subscriber.id, Tempo.DAILY)
    to(world.clock, FIRST - timedelta(minutes=1))
    await world.publish("a", reader)
    to(world.clock, FIRST)
    assert await told(world) == []


async def test_alerts_in_line_go_first(world: World) -> None:
    await world.follower(1)
    other = await world.follower(2)
    to(world.clock, FIRST)
    await world.publish("a", other)
    assert await told(world) == []
    (one,) = await world.store.claim_deliveries(world.clock.now(), limit=9)
    await world.store.record(after_sending(one.delivery, Sent(1), world.clock.now()))
    assert await told(world) == [1]


async def test_it_comes_when_quiet_hours_end_and_at_the_daily_time_as_it_is_now(world: World) -> None:
    reader = await world.follower(1)
    await world.store.set_settings(reader.subscriber.id, ChatSettings(daily_at=9 * 60))
    to(world.clock, FIRST)
    assert await told(world) == []
    to(world.clock, FIRST + timedelta(minutes=59))
    await world.store.set_settings(
        reader.subscriber.id, ChatSettings(daily_at=9 * 60, quiet_from=0, quiet_to=600)
    )
    to(world.clock, FIRST + timedelta(hours=1))
    assert await told(world) == []
    to(world.clock, FIRST + timedelta(hours=2))
    assert await told(world) == [1]


async def test_a_bot_that_was_down_tells_late_but_not_in_quiet_hours(world: World) -> None:
    reader = await world.follower(1)
    await world.store.set_settings(reader.subscriber.id, ChatSettings(quiet_from=22 * 60, quiet_to=7 * 60))
    to(world.clock, FIRST + timedelta(hours=15))
    assert await told(world) == []
    to(world.clock, FIRST + timedelta(hours=23))
    assert await told(world) == [1]


@pytest.mark.parametrize(
    ("result", "again_after"),
    [(NotSent("no connection"), 900), (RetryAt(3600), 3600), (Unknown("lost"), None)],
)
async def test_only_what_surely_was_not_sent_is_sent_again(
    world: World, result: SendResult, again_after: float | None
) -> None:
    await world.follower(1)
    to(world.clock, FIRST)
    assert await told(world, result) == [1]
    world.clock.advance((again_after or 7200) - 1)
    assert await told(world) == []
    world.clock.advance(1)
    assert await told(world) == ([] if again_after is None else [1])


async def test_what_the_answer_says_of_the_chat_is_heeded(world: World) -> None:
    await world.follower(1)
    group = await world.follower(-2)
    to(world.clock, FIRST)
    claimed = {
        each.subscriber.address.chat_id: each for each in await world.store.claim_notes(FIRST, limit=9)
    }
    await world.store.record_note(claimed[1].subscriber.id, after(Gone("blocked"), FIRST))
    await world.store.record_note(claimed[-2].subscriber.id, after(Moved(-100), FIRST))
    assert (await world.store.status(FIRST)).subscribers == 1
    (moved,) = await world.store.subscribers_of(-100)
    assert moved.id == group.subscriber.id
    assert await told(world) == [-100]


async def test_a_gate_holds_notes_too(world: World) -> None:
    await world.follower(1)
    to(world.clock, FIRST)
    await world.store.set_gate(None, FIRST + timedelta(seconds=60))
    assert await told(world) == []
    await world.store.set_gate(None, FIRST)
    await world.store.set_gate(1, FIRST + timedelta(seconds=60))
    assert await told(world) == []
    world.clock.advance(60)
    assert await told(world) == [1]


async def test_looking_for_notes_costs_what_is_due_and_not_what_there_is(store: Store) -> None:
    sql = "EXPLAIN QUERY PLAN SELECT * FROM subscriber WHERE state = 'active' AND note_due_at <= 5 ORDER BY note_due_at"
    plan = await store._run(lambda db: db.execute(sql).fetchall())
    assert "subscriber_note" in plan[0][3]
