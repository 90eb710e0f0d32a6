"""The first screen, help, status, and what a person may do with their own data."""

from __future__ import annotations

from watchdog_bot.core import replies, replies_home
from watchdog_bot.core.model import Message, Subscriber, SubscriberState
from watchdog_bot.core.render import alert
from watchdog_bot.telegram.ask import Answer, Ask, Who, command, in_order, press
from watchdog_bot.telegram.handlers.common import pause_of, turn_on
from watchdog_bot.telegram.handlers.example import example_delivery


@command("start", "what this is, and where to begin", who=Who.CHAT_ADMIN)
async def start(ask: Ask) -> Message:
    """Greet; a paused chat is turned on again."""
    known = await ask.known()
    paused = known is not None and await pause_of(ask, known) is not None
    if known is not None:
        await turn_on(ask, known)
    mine = await ask.desk.store.subscriptions(known.id) if known else ()
    return replies_home.start(paused=paused, subscriptions=len(mine), feeds=len(await ask.desk.store.feeds()))


def _lines(*kinds: Who) -> list[replies_home.HelpLine]:
    return [replies_home.HelpLine(each.name, each.help) for each in in_order() if each.who in kinds]


async def help_message(ask: Ask) -> Message:
    """What this person may do here."""
    mine = _lines(Who.ANYONE, Who.CHAT_ADMIN) if await ask.chat_admin() else _lines(Who.ANYONE)
    return replies_home.help_(mine, _lines(Who.BOT_ADMIN) if ask.bot_admin else [])


@command("help", "what I can do", who=Who.ANYONE)
async def help_(ask: Ask) -> Message:
    """List the commands."""
    return await help_message(ask)


@press("help", who=Who.ANYONE)
async def help_pressed(ask: Ask) -> Answer:
    """The same, from the first screen."""
    return Answer(send=await help_message(ask))


@press("example", who=Who.ANYONE)
async def example(ask: Ask) -> Answer:
    """An alert as it will look: of the newest stored post, or an invented one."""
    newest = await ask.desk.store.recent_posts(ask.desk.clock.now(), days=90, limit=1)
    delivery = example_delivery(newest[0] if newest else None, ask.address, ask.kind, ask.desk.clock.now())
    shown = alert(delivery, ask.desk.names)
    buttons = shown.buttons if newest else ()
    return Answer("An example", send=Message(f"📨 <b>Example</b>\n{shown.html}", buttons=buttons))


@command("status", "sources, last check, last alert, what waits", who=Who.ANYONE)
async def status(ask: Ask) -> Message:
    """Is it alive?"""
    desk, now = ask.desk, ask.desk.clock.now()
    known = await ask.known()
    numbers = await desk.store.status(now)
    last = await desk.store.recent_deliveries(known.id, limit=1) if known else ()
    feeds = await desk.store.feeds()
    asked = [each for each in feeds if not each.paused]
    return replies_home.status(
        replies_home.StatusView(
            feeds=len(asked),
            failing=[(each.name, each.health.cause or "") for each in asked if each.health.failing_since],
            paused=len(feeds) - len(asked),
            posts=numbers.posts,
            last_check=replies.ago(numbers.last_check_at, now),
            last_alert_here=replies.ago(last[0].sent_at if last else None, now),
            waiting=numbers.queued + numbers.sending,
            doubtful=numbers.doubtful,
            dead=numbers.dead,
            state=await _state(ask, known) if known else "not subscribed",
            subscriptions=len(await desk.store.subscriptions(known.id)) if known else 0,
            delays=await desk.store.latency() if ask.bot_admin else (),
        )
    )


async def _state(ask: Ask, known: Subscriber) -> str:
    """In a word; a pause for a time is one too, though the chat is active then."""
    paused = known.state is SubscriberState.ACTIVE and await pause_of(ask, known) is not None
    return "paused for a time" if paused else known.state


@command("stop", "turn alerts off", who=Who.CHAT_ADMIN)
async def stop(ask: Ask) -> Message:
    """Pause; nothing is deleted."""
    known = await ask.known()
    if known is None:
        return replies_home.NOTHING_STORED
    await ask.desk.set_state(known, SubscriberState.PAUSED)
    return replies_home.PAUSED


@press("pause", who=Who.CHAT_ADMIN)
async def pause(ask: Ask) -> Answer:
    """The same, from an alert's mute menu."""
    return Answer("Alerts are off", edit=await stop(ask))


@press("resume", who=Who.CHAT_ADMIN)
async def resume(ask: Ask) -> Answer:
    """Turn alerts on again."""
    known = await ask.known()
    if known is None:
        return Answer("Nothing is stored", edit=replies_home.NOTHING_STORED)
    await turn_on(ask, known)
    return Answer("Alerts are on", edit=replies_home.RESUMED)


@command("forget", "delete everything about this chat", who=Who.CHAT_ADMIN)
async def forget(ask: Ask) -> Message:
    """Ask before deleting."""
    return replies_home.FORGET_ASK if await ask.known() else replies_home.NOTHING_STORED


@press("forget", who=Who.CHAT_ADMIN)
async def forget_pressed(ask: Ask) -> Answer:
    """The same, from the pause message."""
    return Answer(edit=await forget(ask))


@press("forgotten", who=Who.CHAT_ADMIN)
async def forgotten(ask: Ask) -> Answer:
    """Delete."""
    known = await ask.known()
    if known is not None:
        await ask.desk.forget(known)
    return Answer("Deleted", edit=replies_home.FORGOTTEN)


@press("cancel", who=Who.ANYONE)
async def cancel(_ask: Ask) -> Answer:
    """Leave things as they are."""
    return Answer("Nothing was changed", edit=replies.plain("Nothing was changed."))


@command("privacy", "what I know about you", who=Who.ANYONE)
async def privacy(_ask: Ask) -> Message:
    """What is kept and what is not."""
    return replies_home.PRIVACY
