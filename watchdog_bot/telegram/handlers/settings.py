"""/settings: one message edited in place, and the commands for what is quicker typed. Turning a digest's pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from watchdog_bot.core import render, render_digest, zones
from watchdog_bot.core import replies_settings as replies
from watchdog_bot.core.model import (
    ClaimedDigest,
    Message,
    SubscriberState,
    Subscription,
    SubscriptionId,
)
from watchdog_bot.core.mutes import MuteKind
from watchdog_bot.core.replies_settings import SettingsView
from watchdog_bot.core.tempo import ChatSettings, Corrections, QuietMode, StoryAlerts, Tempo
from watchdog_bot.telegram.ask import Answer, Ask, Who, command, press
from watchdog_bot.telegram.handlers.common import pause_of, turn_on

OFF = frozenset({"off", "none", "no", "0", "-", "нет"})
PAUSES = frozenset({0, 60, 1440})  # minutes; 0: until the reader says
OFFERED_ZONES = frozenset({*zones.COMMON, "UTC"})

Change = Callable[[ChatSettings], ChatSettings]


async def view_of(ask: Ask) -> SettingsView:
    """What is in force here. Looking stores nothing."""
    known, now = await ask.known(), ask.desk.clock.now()
    if known is None:
        return SettingsView(ChatSettings(), now)
    return SettingsView(await ask.desk.store.settings(known.id), now, await pause_of(ask, known))


async def _changed(ask: Ask, change: Change) -> SettingsView:
    """Apply a change; what is in force then."""
    subscriber = await ask.subscriber()
    chosen = change(await ask.desk.store.settings(subscriber.id))
    await ask.desk.store.set_settings(subscriber.id, chosen)
    return await view_of(ask)


# ------------------------------------------------------------------ the message


@command("settings", "time zone, quiet hours, digests, pauses and the rest", who=Who.CHAT_ADMIN)
async def settings(ask: Ask) -> Message:
    """Everything at a glance."""
    return replies.home(await view_of(ask))


@press("se", who=Who.CHAT_ADMIN)
async def home(ask: Ask) -> Answer:
    """Back to the whole."""
    return Answer(edit=await settings(ask))


@press("sx", who=Who.CHAT_ADMIN)
async def close(_ask: Ask) -> Answer:
    """Put the buttons away."""
    return Answer("Settings are kept", edit=Message(replies.CLOSED))


@press("so", who=Who.CHAT_ADMIN)
async def switch(ask: Ask) -> Answer:
    """Turn one of the switches on or off."""
    known = _switches(on=_flag(ask.args[1])).get(ask.args[0])
    if known is None:
        raise ValueError(ask.args[0])
    change, said = known
    return Answer(said, edit=replies.home(await _changed(ask, change)))


def _switches(*, on: bool) -> dict[str, tuple[Change, str]]:
    style = Corrections.REPLY if on else Corrections.EDIT
    stories = StoryAlerts.EACH if on else StoryAlerts.JOINED
    return {
        "protect": (
            lambda chosen: replace(chosen, protect=on),
            "Alerts can no longer be forwarded or saved" if on else "Alerts can be forwarded and saved",
        ),
        "previews": (
            lambda chosen: replace(chosen, previews=on),
            "Link previews are shown" if on else "Link previews are not shown",
        ),
        "replies": (
            lambda chosen: replace(chosen, corrections=style),
            "Corrections come as replies" if on else "Alerts are edited when their post changes",
        ),
        "weekly": (
            lambda chosen: replace(chosen, weekly_note=on),
            "A week without news will be told" if on else "A week without news will not be told",
        ),
        "each": (
            lambda chosen: replace(chosen, stories=stories),
            "Every report is an alert" if on else "Later reports of a story join its alert",
        ),
    }


def _flag(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError(text)
    return text == "1"


# ------------------------------------------------------------------ time zone


@command("timezone", "your time zone: /timezone Kyiv, or UTC+5", who=Who.CHAT_ADMIN)
async def timezone(ask: Ask) -> Message:
    """Choose from a list, or by what was typed."""
    if not ask.text.strip():
        return replies.zone_menu(await view_of(ask))
    found = zones.find(ask.text)
    if found is None:
        return replies.no_zone(ask.text)
    view = await _changed(ask, lambda chosen: replace(chosen, zone=found))
    return replies.done(f"Time zone: {replies.zone(view.chosen, view.now)}.")


@press("tz", who=Who.CHAT_ADMIN)
async def zone_pressed(ask: Ask) -> Answer:
    """Show the list, or take one of it."""
    if not ask.args:
        return Answer(edit=replies.zone_menu(await view_of(ask)))
    name = ask.args[0]
    if name not in OFFERED_ZONES:
        return Answer("That button is out of date", alert=True)
    view = await _changed(ask, lambda chosen: replace(chosen, zone=name))
    return Answer(f"{zones.city(name)} time", edit=replies.zone_menu(view))


# ------------------------------------------------------------------ quiet hours


@command("quiet", "quiet hours: /quiet 22-7, /quiet off", who=Who.CHAT_ADMIN)
async def quiet(ask: Ask) -> Message:
    """Choose from a list, or by what was typed."""
    typed = ask.text.strip()
    if not typed:
        return replies.quiet_menu(await view_of(ask))
    span = None if typed.lower() in OFF else zones.span_of(typed)
    if span is None and typed.lower() not in OFF:
        return replies.no_span(typed)
    view = await _changed(ask, _quiet(span))
    return replies.done(f"Quiet hours: {replies.quiet(view.chosen)}.")


def _quiet(span: tuple[int, int] | None) -> Change:
    start, end = span or (None, None)
    return lambda chosen: replace(chosen, quiet_from=start, quiet_to=end)


@press("qh", who=Who.CHAT_ADMIN)
async def quiet_pressed(ask: Ask) -> Answer:
    """Show the choices, or take one."""
    if not ask.args:
        return Answer(edit=replies.quiet_menu(await view_of(ask)))
    span = None if ask.args[0] == "off" else (_minute(ask.args[0]), _minute(ask.args[1]))
    view = await _changed(ask, _quiet(span))
    return Answer("Quiet hours are off" if span is None else "Quiet hours set", edit=replies.quiet_menu(view))


@press("qm", who=Who.CHAT_ADMIN)
async def quiet_mode_pressed(ask: Ask) -> Answer:
    """Held, or silent."""
    mode = QuietMode(ask.args[0])
    view = await _changed(ask, lambda chosen: replace(chosen, quiet_mode=mode))
    said = "Held and summed up after" if mode is QuietMode.HOLD else "Sent without a sound"
    return Answer(said, edit=replies.quiet_menu(view))


# ------------------------------------------------------------------ daily digest


@command("daily", "when daily digests come: /daily 7:30", who=Who.CHAT_ADMIN)
async def daily(ask: Ask) -> Message:
    """Choose from a list, or by what was typed."""
    if not ask.text.strip():
        return replies.daily_menu(await view_of(ask))
    minute = zones.minute_of(ask.text)
    if minute is None:
        return replies.no_time(ask.text)
    view = await _changed(ask, lambda chosen: replace(chosen, daily_at=minute))
    at = f"{zones.clock(minute)}, {zones.city(view.chosen.zone)} time"
    return replies.done(f"Daily digests come at {at}.")


@press("da", who=Who.CHAT_ADMIN)
async def daily_pressed(ask: Ask) -> Answer:
    """Show the choices, or take one."""
    if not ask.args:
        return Answer(edit=replies.daily_menu(await view_of(ask)))
    minute = _minute(ask.args[0])
    view = await _changed(ask, lambda chosen: replace(chosen, daily_at=minute))
    return Answer(f"At {zones.clock(minute)}", edit=replies.daily_menu(view))


def _minute(text: str) -> int:
    minute = int(text)
    if not 0 <= minute < zones.MINUTES_A_DAY:
        raise ValueError(text)
    return minute


# ------------------------------------------------------------------ at most so many


@command("limit", "at most so many alerts an hour, then a digest: /limit 10", who=Who.CHAT_ADMIN)
async def limit(ask: Ask) -> Message:
    """Choose from a list, or by what was typed."""
    typed = ask.text.strip()
    if not typed:
        return replies.limit_menu(await view_of(ask))
    number = None if typed.lower() in OFF else _number(typed)
    if number is None and typed.lower() not in OFF:
        return replies.no_number(typed)
    view = await _changed(ask, lambda chosen: replace(chosen, per_hour=number))
    return replies.done(f"At most: {replies.limit(view.chosen)}.")


@press("ph", who=Who.CHAT_ADMIN)
async def limit_pressed(ask: Ask) -> Answer:
    """Show the choices, or take one."""
    if not ask.args:
        return Answer(edit=replies.limit_menu(await view_of(ask)))
    number = None if ask.args[0] == "off" else _number(ask.args[0])
    if number is None and ask.args[0] != "off":
        raise ValueError(ask.args[0])
    view = await _changed(ask, lambda chosen: replace(chosen, per_hour=number))
    return Answer("No limit" if number is None else f"{number} an hour", edit=replies.limit_menu(view))


def _number(text: str) -> int | None:
    short_enough = text.isascii() and text.isdigit() and len(text) <= 3
    return int(text) if short_enough and 1 <= int(text) <= replies.MOST_AN_HOUR else None


# ------------------------------------------------------------------ how each subscription comes


@press("st", who=Who.CHAT_ADMIN)
async def subscription_pressed(ask: Ask) -> Answer:
    """The list; one of it; or how that one shall come."""
    known = await ask.known()
    mine = await ask.desk.store.subscriptions(known.id) if known else ()
    if not ask.args or known is None:
        return Answer(edit=_listed(ask, mine))
    number = SubscriptionId(int(ask.args[0]))
    if len(ask.args) == 1:
        return await _one(ask, number, "")
    tempo = Tempo(ask.args[1])
    await ask.desk.store.set_tempo(number, known.id, tempo)
    said = next(label for each, label, _ in replies.TEMPOS if each is tempo)
    return await _one(ask, number, said)


def _listed(ask: Ask, mine: tuple[Subscription, ...]) -> Message:
    return replies.subscriptions([(each, ask.desk.in_words(each)) for each in mine])


async def _one(ask: Ask, number: SubscriptionId, toast: str) -> Answer:
    known = await ask.known()
    mine = await ask.desk.store.subscriptions(known.id) if known else ()
    found = next((each for each in mine if each.id == number), None)
    if found is None:
        return Answer("It was removed", edit=_listed(ask, mine))
    return Answer(toast, edit=replies.subscription(found, ask.desk.in_words(found), await view_of(ask)))


# ------------------------------------------------------------------ pause


@press("sp", who=Who.CHAT_ADMIN)
async def pause(ask: Ask) -> Answer:
    """Turn alerts off: what is found meanwhile is not sent later."""
    minutes = int(ask.args[0])
    if minutes not in PAUSES:
        raise ValueError(ask.args[0])
    subscriber, desk = await ask.subscriber(), ask.desk
    if minutes:
        until = desk.clock.now() + timedelta(minutes=minutes)
        await desk.store.mute(subscriber.id, MuteKind.ALL, "", until)
    else:
        await desk.set_state(subscriber, SubscriberState.PAUSED)
    return Answer("Alerts are off", edit=replies.home(await view_of(ask)))


@press("sr", who=Who.CHAT_ADMIN)
async def resume(ask: Ask) -> Answer:
    """Turn alerts on again, however they were turned off."""
    known = await ask.known()
    if known is not None:
        await turn_on(ask, known)
    return Answer("Alerts are on", edit=replies.home(await view_of(ask)))


# ------------------------------------------------------------------ a digest's pages


@press("dg", who=Who.ANYONE)
async def turn(ask: Ask) -> Answer:
    """Another page of a digest, in place."""
    first, _ = int(ask.args[0]), _flag(ask.args[1])
    carried = await _carried(ask)
    if carried is None:
        return Answer("This digest is no longer kept", alert=True)
    found = render_digest.page(carried, first, ask.desk.names)
    if found is None:
        return Answer("There is no such page any more", alert=True)
    return Answer(f"{found.first + 1}–{found.end} of {found.total}", edit=found.message)


@press("dr", who=Who.ANYONE)
async def digest_reports(ask: Ask) -> Answer:
    """Which other sources have what stands on this page of a digest, as of now."""
    first, _ = int(ask.args[0]), _flag(ask.args[1])
    carried = await _carried(ask)
    if carried is None:
        return Answer("This digest is no longer kept", alert=True)
    shown = render_digest.shown_on(carried, first, ask.desk.names)
    found = render.reports([(one.post, one.also_at) for one in shown])
    if found is None:
        return Answer("No other source has told any of these so far", alert=True)
    return Answer(send=found)


async def _carried(ask: Ask) -> ClaimedDigest | None:
    """What the pressed message carried."""
    if ask.message_id is None:
        return None
    return await ask.desk.store.digest_of_message(ask.address.chat_id, ask.message_id)
