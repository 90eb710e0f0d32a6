"""/countries: by buttons, edited in place, or by a typed list."""

from __future__ import annotations

from dataclasses import replace

from watchdog_bot.core import replies, replies_follow
from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.model import Message
from watchdog_bot.telegram.ask import Answer, Ask, Who, command, press
from watchdog_bot.telegram.handlers.common import NONE, main_view, preview_of, with_state


@command("countries", "choose countries: buttons, or /countries Ukraine, kz, Беларусь", who=Who.CHAT_ADMIN)
async def countries(ask: Ask) -> Message:
    """Show the first page, or take the list."""
    if not ask.text.strip():
        query = await ask.desk.main_query(await ask.known())
        return replies_follow.countries(ask.desk.country_order, query.countries, 0, ask.desk.names)
    if ask.text.strip().lower() in NONE:
        query = await ask.desk.set_countries(await ask.subscriber(), frozenset())
        return replies_follow.countries_done(
            query.countries, ask.desk.describe(query), ask.desk.names, view=await main_view(ask)
        )
    found, unknown = ask.desk.countries_in(ask.text)
    if not found:
        return replies_follow.no_country(unknown)
    try:
        query = await ask.desk.set_countries(await ask.subscriber(), found)
    except QueryError as error:
        return replies.refused(error, ask.text)
    shown = replies_follow.countries_set(
        query.countries, ask.desk.describe(query), ask.desk.names, unknown, view=await main_view(ask)
    )
    shown = replace(shown, html=f"{shown.html}\n{await preview_of(ask, query)}")
    return await with_state(ask, shown)


@press("cp", who=Who.CHAT_ADMIN)
async def page(ask: Ask) -> Answer:
    """Turn to a page."""
    query = await ask.desk.main_query(await ask.known())
    shown = replies_follow.countries(
        ask.desk.country_order, query.countries, int(ask.args[0]), ask.desk.names
    )
    return Answer(edit=shown)


@press("c", who=Who.CHAT_ADMIN)
async def toggle(ask: Ask) -> Answer:
    """Turn a country on or off, in place."""
    code, number = ask.args[0], int(ask.args[1])
    if code not in ask.desk.country_order:
        return Answer("That button is out of date")
    subscriber = await ask.subscriber()
    try:
        query, on = await ask.desk.toggle_country(subscriber, code)
    except QueryError as error:
        return Answer(f"Not possible: {error.cause}"[:200], alert=True)
    shown = replies_follow.countries(ask.desk.country_order, query.countries, number, ask.desk.names)
    return Answer(f"{ask.desk.names.name(code)}: {'on' if on else 'off'}", edit=shown)


@press("cx", who=Who.CHAT_ADMIN)
async def done(ask: Ask) -> Answer:
    """Close the buttons and say what is in force."""
    query = await ask.desk.main_query(await ask.known())
    return Answer(
        "Saved",
        edit=replies_follow.countries_done(
            query.countries, ask.desk.describe(query), ask.desk.names, view=await main_view(ask)
        ),
    )
