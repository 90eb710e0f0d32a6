"""Standing queries: add, list, remove with undo, unmute."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from watchdog_bot.core import replies, replies_follow
from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.model import Message, Subscription, SubscriptionId
from watchdog_bot.telegram.ask import Answer, Ask, Who, command, press
from watchdog_bot.telegram.handlers.common import hints_of, view_of, with_state

HOW = Message(
    "Say what to watch for, for example:\n"
    "<code>/subscribe Russia (verdict OR detained) -sport</code>\n"
    '<code>/subscribe Kazakhstan "tax inspection"</code>\n'
    "/help lists everything a query may hold."
)


@command("subscribe", "add a standing query: /subscribe Russia torture", who=Who.CHAT_ADMIN)
async def subscribe(ask: Ask) -> Message:
    """Add a query, saying back what was understood and what it would have matched."""
    if not ask.text.strip():
        return HOW
    try:
        ask.desk.check(ask.text)  # before anything about the chat is stored
        done = await ask.desk.subscribe(await ask.subscriber(), ask.text)
    except QueryError as error:
        return replies.refused(error, ask.text)
    seen = done.preview
    preview = replies_follow.preview_line(seen.hits, seen.looked_at, seen.days, seen.samples)
    view = view_of(ask, done.subscription, done.query)
    shown = replies_follow.subscribed(
        view, preview, again=done.again, hints=await hints_of(done.query, ask.language)
    )
    return await with_state(ask, shown)


@command("subscriptions", "what this chat is subscribed to", who=Who.ANYONE)
async def subscriptions(ask: Ask) -> Message:
    """Every one in words, with a button that removes it."""
    return await listed(ask)


async def listed(ask: Ask) -> Message:
    """The list as it is now."""
    known = await ask.known()
    if known is None:
        return replies_follow.subscriptions((), ())
    mine = await ask.desk.store.subscriptions(known.id)
    return replies_follow.subscriptions(
        [(each, ask.desk.in_words(each)) for each in mine], await ask.desk.muted(known)
    )


@command("unsubscribe", "remove a subscription: /unsubscribe 2, or all", who=Who.CHAT_ADMIN)
async def unsubscribe(ask: Ask) -> Message:
    """Remove by its number in the list; with no number, show the list."""
    known = await ask.known()
    mine = await ask.desk.store.subscriptions(known.id) if known else ()
    wanted = _wanted(ask.text.strip(), mine)
    if known is None or not wanted:
        shown = await listed(ask)
        if not mine or not ask.text.strip():
            return shown
        hint = "Nothing was removed: give a number of this list, or “all”.\n\n"
        return replace(shown, html=hint + shown.html)
    if len(wanted) > 1:
        count, began = await ask.desk.unsubscribe_all(known)
        return replies_follow.all_removed(count, began)
    (only,) = wanted
    await ask.desk.unsubscribe(known, only.id)
    return replies_follow.removed(ask.desk.in_words(only), only.id)


def _wanted(typed: str, mine: tuple[Subscription, ...]) -> tuple[Subscription, ...]:
    if typed.lower() == "all":
        return mine
    if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(mine):
        return (mine[int(typed) - 1],)
    return tuple(each for each in mine if typed and each.query == typed)


@press("del", who=Who.CHAT_ADMIN)
async def remove(ask: Ask) -> Answer:
    """Remove one, with the way back."""
    known = await ask.known()
    number = SubscriptionId(int(ask.args[0]))
    found = await ask.desk.one(known, number)
    if known is None or found is None:
        return Answer("It was removed already")
    await ask.desk.unsubscribe(known, number)
    return Answer(
        "Removed", edit=await listed(ask), send=replies_follow.removed(ask.desk.in_words(found), number)
    )


@press("undo", who=Who.CHAT_ADMIN)
async def undo(ask: Ask) -> Answer:
    """Bring a removed one back."""
    known = await ask.known()
    if known is None or not await ask.desk.undo_unsubscribe(known, SubscriptionId(int(ask.args[0]))):
        return Answer("It cannot be brought back any more", alert=True)
    return Answer("Back again", edit=await listed(ask))


@press("ua", who=Who.CHAT_ADMIN)
async def undo_all(ask: Ask) -> Answer:
    """Bring back all that were removed together."""
    known, began = await ask.known(), datetime.fromtimestamp(int(ask.args[0]) / 1000, UTC)
    if known is None or not await ask.desk.undo_all(known, began):
        return Answer("They cannot be brought back any more", alert=True)
    return Answer("Back again", edit=await listed(ask))
