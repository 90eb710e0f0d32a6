"""How updates reach the bot: offsets, waiting, age, a second poller, delivery once more."""

from __future__ import annotations

import asyncio

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import Conflict

from tests.simulator.conftest import ManualClock
from watchdog_bot.simulator import Person, Simulator

GO = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])


async def test_an_update_stays_until_a_higher_offset_confirms_it(
    clock: ManualClock, sim: Simulator, bot: Bot, vera: Person
) -> None:
    vera.say("one")
    vera.say("two")
    first = await bot.get_updates()
    clock.advance(1)
    again = await bot.get_updates()
    assert [u.message.text for u in first if u.message] == ["one", "two"]
    assert again == first
    assert sim.pending == 2
    assert await bot.get_updates(offset=first[-1].update_id + 1) == ()
    assert sim.pending == 0


async def test_a_waiting_poll_gets_the_update_at_once(sim: Simulator, bot: Bot, vera: Person) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=50))
    await sim.wait_for(lambda: sim.updates.polled)
    vera.say("now")
    (update,) = await poll
    assert update.message is not None
    assert update.message.text == "now"


async def test_a_second_poller_ends_the_first_with_409(sim: Simulator, bot: Bot, vera: Person) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=50))
    await sim.wait_for(lambda: sim.updates.polled)
    async with Bot(sim.token, base_url=f"{sim.base_url}/bot") as double:
        second = asyncio.create_task(double.get_updates(timeout=50))
        with pytest.raises(Conflict, match="make sure that only one bot instance is running"):
            await first
        vera.say("to the second")
        assert len(await second) == 1


async def test_a_poller_that_went_away_loses_nothing(sim: Simulator, bot: Bot, vera: Person) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=50))
    await sim.wait_for(lambda: sim.updates.polled)
    poll.cancel()
    await asyncio.wait([poll])
    await sim.wait_for(lambda: not sim.updates.polled)
    vera.say("kept")
    assert len(await bot.get_updates()) == 1


async def test_a_press_is_forgotten_after_150_seconds_and_a_message_after_a_day(
    clock: ManualClock, sim: Simulator, bot: Bot, vera: Person
) -> None:
    await bot.send_message(vera.id, "x", reply_markup=GO)
    vera.press("Go")
    vera.say("later")
    clock.advance(150)
    (update,) = await bot.get_updates()
    assert update.message is not None
    clock.advance(24 * 3600)
    assert await bot.get_updates() == ()
    assert sim.pending == 0


async def test_only_the_kinds_asked_for_are_queued_and_the_wish_is_remembered(
    sim: Simulator, bot: Bot, vera: Person
) -> None:
    await bot.get_updates(allowed_updates=["my_chat_member"])
    vera.say("not asked for")
    vera.block_bot()
    (update,) = await bot.get_updates()
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"
    await bot.get_updates(offset=update.update_id + 1, allowed_updates=[])
    vera.say("asked for")  # which unblocks the bot
    unblocked, said = await bot.get_updates()
    assert unblocked.my_chat_member is not None
    assert said.message is not None


async def test_chat_member_is_left_out_by_default(sim: Simulator, bot: Bot, vera: Person) -> None:
    group = vera.create_group("Desk")
    group.promote_bot()
    sim.updates.clear()
    ivan = sim.person("Ivan")
    group.promote(ivan)
    assert sim.pending == 0
    await bot.get_updates(allowed_updates=["chat_member"])
    group.demote(ivan)
    (update,) = await bot.get_updates()
    assert update.chat_member is not None
    assert (update.chat_member.old_chat_member.status, update.chat_member.new_chat_member.status) == (
        "administrator",
        "member",
    )


async def test_an_update_can_be_delivered_once_more_under_its_id(
    sim: Simulator, bot: Bot, vera: Person
) -> None:
    vera.say("/add torture")
    (update,) = await bot.get_updates()
    await bot.get_updates(offset=update.update_id + 1)
    assert sim.redeliver() == update.update_id
    assert await bot.get_updates(offset=update.update_id + 1) == (update,)
    assert await bot.get_updates(offset=update.update_id + 1) == ()
    with pytest.raises(LookupError, match="no update 5"):
        sim.redeliver(5)


async def test_a_negative_offset_keeps_only_the_newest(sim: Simulator, bot: Bot, vera: Person) -> None:
    for text in ("one", "two", "three"):
        vera.say(text)
    (update,) = await bot.get_updates(offset=-1)
    assert update.message is not None
    assert update.message.text == "three"
    assert sim.pending == 1


async def test_the_same_offset_at_once_gives_one_update_only(bot: Bot, vera: Person) -> None:
    vera.say("one")
    vera.say("two")
    assert len(await bot.get_updates(offset=0)) == 2
    assert len(await bot.get_updates(offset=0)) == 1


async def test_an_outage_keeps_state_and_address(sim: Simulator, bot: Bot, vera: Person) -> None:
    address = sim.base_url
    await sim.stop()
    vera.say("said during the outage")
    await sim.start()
    assert sim.base_url == address
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.text == "said during the outage"


async def test_a_poll_that_waited_in_vain_gets_an_empty_list(sim: Simulator) -> None:
    assert await sim.updates.poll(0, 100, 0.01) == []
    assert not sim.updates.polled
