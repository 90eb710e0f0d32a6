"""Flood limits on a clock that moves by hand."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot
from telegram.error import RetryAfter

from tests.simulator.conftest import ManualClock
from watchdog_bot.simulator import FloodLimits, Person, Simulator


async def test_a_second_message_within_a_second_has_to_wait(
    clock: ManualClock, sim: Simulator, bot: Bot, vera: Person
) -> None:
    sim.limits.strict = True
    await bot.send_message(vera.id, "one")
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(vera.id, "two")
    assert caught.value.retry_after == timedelta(seconds=1)
    clock.advance(1)
    await bot.send_message(vera.id, "two")
    assert [m.text for m in vera.chat.from_bot] == ["one", "two"]
    assert (sim.limits.refused, sim.limits.peak_chat) == (1, 1)


async def test_nothing_is_refused_unless_asked_for_but_all_is_measured(
    sim: Simulator, bot: Bot, vera: Person
) -> None:
    for number in range(40):
        await bot.send_message(vera.id, str(number))
    assert (sim.limits.refused, sim.limits.peak_overall, sim.limits.peak_chat) == (0, 40, 40)


def test_a_burst_may_be_let_through_and_refills_slowly() -> None:
    limits = FloodLimits(strict=True, chat_burst=3)
    assert [limits.check(1, 0.0) for _ in range(4)] == [None, None, None, 1]
    assert limits.check(1, 1.0) is None
    assert limits.check(1, 1.5) == 1


def test_a_group_takes_twenty_a_minute_edits_included() -> None:
    limits = FloodLimits(strict=True)
    assert all(limits.check(-1, 2.0 * n, edit=n % 2 == 0) is None for n in range(20))
    assert limits.check(-1, 40.0) == 20
    assert limits.check(-1, 60.1) is None
    assert limits.peak_group == 20


def test_thirty_a_second_over_all_chats_and_a_thousand_when_paid_for() -> None:
    limits = FloodLimits(strict=True)
    assert all(limits.check(chat, 0.5) is None for chat in range(1, 31))
    assert limits.check(31, 1.4) == 1
    assert limits.check(32, 1.4, paid=True) is None
    assert limits.check(33, 1.51) is None
    assert (limits.peak_overall, limits.paid) == (31, 1)


def test_calls_made_although_told_to_wait_are_counted_but_those_in_flight_forgiven() -> None:
    limits = FloodLimits(strict=True)
    limits.check(1, 0.0)
    assert limits.check(1, 0.0) == 1
    assert limits.check(1, 0.3) == 1
    assert limits.during_wait == 0
    assert limits.check(1, 0.5) == 1
    assert (limits.during_wait, limits.refused) == (1, 3)
    limits.reset()
    assert (limits.during_wait, limits.refused, limits.check(1, 0.6)) == (0, 0, None)


@given(st.lists(st.tuples(st.integers(1, 4), st.floats(0, 0.6)), max_size=120))
def test_what_is_accepted_keeps_the_limits(calls: list[tuple[int, float]]) -> None:
    limits, now, accepted = FloodLimits(strict=True), 0.0, list[tuple[int, float]]()
    for chat, pause in calls:
        now += pause
        chat_id = -chat if chat > 2 else chat
        wait = limits.check(chat_id, now)
        if wait is None:
            accepted.append((chat_id, now))
        else:
            assert wait >= 1
    for chat_id, at in accepted:
        near = Counter(c for c, t in accepted if at <= t < at + 0.9)
        assert near[chat_id] == 1
        assert chat_id > 0 or sum(c == chat_id and at <= t < at + 60 for c, t in accepted) <= 20


@given(st.floats(-0.02, 0.02))
def test_a_sender_that_keeps_its_pace_is_never_refused(jitter: float) -> None:
    limits = FloodLimits(strict=True)
    for number in range(200):
        at = number / 25 + (jitter if number % 2 else 0)
        assert limits.check(number % 25 + 1, at) is None
