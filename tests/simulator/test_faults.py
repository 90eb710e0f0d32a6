"""Misbehaviour on request, as the real client meets it."""

from __future__ import annotations

import httpx
import pytest
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from tests.simulator.conftest import ManualClock
from watchdog_bot import simulator as s
from watchdog_bot.simulator import EventKind, Fault, Person, Simulator


@pytest.mark.parametrize(
    ("fault", "error", "cause", "processed"),
    [
        (s.TooManyRequests(7), RetryAfter, None, False),
        (s.Forbidden("bot was kicked from the group chat"), Forbidden, None, False),
        (s.BadRequest("message thread not found"), BadRequest, None, False),
        (s.BadRequest("group chat was upgraded to a supergroup chat", -100123), ChatMigrated, None, False),
        (s.Unauthorized(), InvalidToken, None, False),
        (s.ServerError(), NetworkError, None, False),
        (s.BadGateway(), NetworkError, TelegramError, False),
        (s.CloseBefore(), NetworkError, httpx.RemoteProtocolError, False),
        (s.HangBefore(), TimedOut, httpx.ReadTimeout, False),
        (s.CloseAfter(), NetworkError, httpx.RemoteProtocolError, True),
        (s.HangAfter(), TimedOut, httpx.ReadTimeout, True),
        (s.Garbage(), TelegramError, ValueError, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Fault) else "",
)
async def test_a_fault_is_what_the_client_takes_it_for(  # noqa: PLR0917 - fixtures and a case
    sim: Simulator,
    bot: Bot,
    vera: Person,
    fault: Fault,
    error: type[Exception],
    cause: type[Exception] | None,
    processed: bool,
) -> None:
    rule = sim.faults.add(fault, method="sendMessage")
    with pytest.raises(error) as caught:
        await bot.send_message(vera.id, "once", read_timeout=0.05 if error is TimedOut else 10)
    assert cause is None or isinstance(caught.value.__cause__, cause)
    assert [m.text for m in vera.chat.from_bot] == ["once"] * processed
    assert rule.hits == 1
    assert len(sim.journal.of(EventKind.FAULT)) == 1
    await bot.send_message(vera.id, "again")
    assert vera.chat.last is not None
    assert vera.chat.last.text == "again"


async def test_a_slow_answer_is_the_right_one_and_waits_on_the_clock(
    clock: ManualClock, sim: Simulator, bot: Bot, vera: Person
) -> None:
    sim.faults.add(s.Slow(30))
    assert (await bot.send_message(vera.id, "x")).text == "x"
    assert clock.slept == [30]


async def test_a_rule_chooses_its_calls_by_method_chat_number_and_content(
    sim: Simulator, bot: Bot, vera: Person
) -> None:
    ivan = sim.person("Ivan")
    ivan.start()
    sim.faults.add(s.ServerError("for Ivan's second and third"), chat=ivan, skip=1, times=2)
    sim.faults.add(
        s.ServerError("for the word"), when=lambda call: "secret" in call.parameters.get("text", "")
    )
    outcomes = []
    for person, text in ((vera, "a"), (ivan, "1"), (ivan, "2"), (ivan, "3"), (ivan, "4"), (vera, "secret")):
        try:
            await bot.send_message(person.id, text)
            outcomes.append("sent")
        except NetworkError as error:
            outcomes.append(error.message)
    second_and_third = "for Ivan's second and third"
    assert outcomes == ["sent", "sent", second_and_third, second_and_third, "sent", "for the word"]
    assert not sim.faults


async def test_a_standing_fault_ends_when_it_is_removed(sim: Simulator, bot: Bot, vera: Person) -> None:
    rule = sim.faults.add(s.BadGateway(), method="getUpdates", times=None)
    for _ in range(3):
        with pytest.raises(NetworkError):
            await bot.get_updates()
    rule.remove()
    assert await bot.get_updates() == ()
    sim.faults.add(s.BadGateway(), times=None)
    sim.faults.clear()
    await bot.send_message(vera.id, "x")
    assert rule.hits == 3


async def test_stopping_does_not_wait_for_calls_that_hang(sim: Simulator, bot: Bot, vera: Person) -> None:
    sim.faults.add(s.HangAfter())
    with pytest.raises(TimedOut):
        await bot.send_message(vera.id, "x", read_timeout=0.05)
    await sim.stop()
    with pytest.raises(NetworkError):
        await bot.send_message(vera.id, "x")
    await sim.start()
    await bot.send_message(vera.id, "x")
