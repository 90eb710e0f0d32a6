"""One standing query by buttons: how strictly its countries are meant, and whether a name is a topic or words."""

from __future__ import annotations

from watchdog_bot.core import replies_subscription as replies
from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match import query as queries
from watchdog_bot.core.match.query import Query, Scope, Vocabulary
from watchdog_bot.core.model import Subscription, SubscriptionId
from watchdog_bot.core.replies_subscription import Wish
from watchdog_bot.telegram.ask import Answer, Ask, Who, press
from watchdog_bot.telegram.handlers.common import view_of
from watchdog_bot.telegram.handlers.subscriptions import listed

GONE = "It was removed already"


def changed(query: Query, wish: Wish, vocabulary: Vocabulary) -> Query:
    """What a button makes of a query. Raises QueryError where that could match nothing."""
    match wish:
        case Wish.WORDS:
            return queries.with_words(query)
        case Wish.TOPIC:
            return queries.with_topics(query, vocabulary)
        case Wish.ABOUT | Wish.MAIN | Wish.ANY:
            return queries.with_scope(query, Scope(wish.value))


@press("su", who=Who.ANYONE)
async def everything(ask: Ask) -> Answer:
    """All of them."""
    return Answer(edit=await listed(ask))


@press("sub", who=Who.CHAT_ADMIN)
async def card(ask: Ask) -> Answer:
    """One of them with all that can be changed."""
    found = await _found(ask)
    if found is None:
        return Answer(GONE, edit=await listed(ask))
    return Answer(edit=replies.card(view_of(ask, found, ask.desk.parse_stored(found.query))))


async def _found(ask: Ask) -> Subscription | None:
    return await ask.desk.one(await ask.known(), SubscriptionId(int(ask.args[0])))


@press("ch", who=Who.CHAT_ADMIN)
async def offer(ask: Ask) -> Answer:
    """Show what a change would bring; nothing is changed yet."""
    wish, found = Wish(ask.args[1]), await _found(ask)
    if found is None:
        return Answer(GONE, edit=await listed(ask))
    query = ask.desk.parse_stored(found.query)
    try:
        other = changed(query, wish, ask.desk.vocabulary)
    except QueryError as error:
        return Answer(f"Not possible: {error.cause}", alert=True)
    if other == query:
        return Answer("It is so already")
    seen = await ask.desk.compare(query, other)
    return Answer(edit=replies.offer(view_of(ask, found, query), wish, ask.desk.describe(other), seen))


@press("cs", who=Who.CHAT_ADMIN)
async def save(ask: Ask) -> Answer:
    """Make the change."""
    wish, found = Wish(ask.args[1]), await _found(ask)
    if found is None:
        return Answer(GONE, edit=await listed(ask))
    try:
        done = await ask.desk.change(
            found, changed(ask.desk.parse_stored(found.query), wish, ask.desk.vocabulary)
        )
    except QueryError as error:
        return Answer(f"Not possible: {error.cause}", alert=True)
    if done is None:
        return Answer("You have that subscription already", alert=True)
    view = view_of(ask, done, ask.desk.parse_stored(done.query))
    return Answer("Changed", edit=replies.card(view, said="✅ Changed."))
