"""What several handlers do."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from watchdog_bot.core import replies_follow, replies_home
from watchdog_bot.core.match import query as queries
from watchdog_bot.core.match.forms import suggestions
from watchdog_bot.core.match.query import Query
from watchdog_bot.core.model import Message, Subscriber, SubscriberState, Subscription
from watchdog_bot.core.mutes import MuteKind
from watchdog_bot.core.replies_settings import Pause
from watchdog_bot.core.replies_subscription import SubscriptionView
from watchdog_bot.telegram.ask import Ask

# What people type to have no countries or no words any more.
NONE = frozenset({"none", "clear", "нет", "немає", "-"})


async def hints_of(query: Query, language: str) -> str:
    """Where a word was typed bare in a language that inflects: what would find its other forms.

    Off the loop: the first word of a language makes its dictionary be read.
    """
    found = await asyncio.to_thread(suggestions, query, language)
    return replies_follow.word_hints(
        [replies_follow.WordHint(each.word, each.instead, each.forms) for each in found]
    )


async def pause_of(ask: Ask, known: Subscriber) -> Pause | None:
    """Whether this chat's alerts are off, by /stop or for a time; None where they are on."""
    if known.state is not SubscriberState.ACTIVE:
        return Pause(None)
    mutes = await ask.desk.store.mutes(known.id)
    return next((Pause(each.until) for each in mutes if each.kind is MuteKind.ALL), None)


async def turn_on(ask: Ask, known: Subscriber) -> None:
    """Alerts again, however they were turned off: whoever says so means both ways."""
    await ask.desk.store.unmute(known.id, MuteKind.ALL, "")
    if known.state is not SubscriberState.ACTIVE:
        await ask.desk.set_state(known, SubscriberState.ACTIVE)


async def with_state(ask: Ask, message: Message) -> Message:
    """Say so where nothing will be sent for the time being, whatever was just set."""
    known = await ask.known()
    if known is None or await pause_of(ask, known) is None:
        return message
    return replace(message, html=message.html + replies_home.ARE_OFF)


async def preview_of(ask: Ask, query: Query) -> str:
    """What a query would have matched, as HTML lines."""
    seen = await ask.desk.preview(query)
    return replies_follow.preview_line(seen.hits, seen.looked_at, seen.days, seen.samples)


def view_of(ask: Ask, subscription: Subscription, query: Query) -> SubscriptionView:
    """One standing query as it is shown."""
    desk = ask.desk
    same = queries.namesakes(query, desk.vocabulary)
    sizes = {each.name: len(each.words) for each in desk.topics}
    return SubscriptionView(
        subscription.id,
        desk.describe(query),
        query.scope if queries.asks_for_countries(query) else None,
        same,
        tuple((name, sizes[name]) for name in (*same.topics, *same.words) if name in sizes),
    )


async def main_view(ask: Ask) -> SubscriptionView | None:
    """What /countries and /keywords have set; None where nothing is."""
    main = await ask.desk.main(await ask.known())
    return view_of(ask, main, ask.desk.parse_stored(main.query)) if main else None
