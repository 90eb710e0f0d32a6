"""Under an alert: follow the person or case it tells of, in one thread, until it is closed."""

from __future__ import annotations

from watchdog_bot.core import cases, replies_follow
from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match.people import Named
from watchdog_bot.core.model import Post, PostId, SubscriptionId
from watchdog_bot.telegram.ask import Answer, Ask, Who, press

GONE = Answer("That post is no longer kept", alert=True)


@press("fc", who=Who.CHAT_ADMIN)
async def follow(ask: Ask) -> Answer:
    """Follow the one name that the post has, or offer those it has."""
    post = await ask.desk.store.post(PostId(int(ask.args[0])))
    if post is None:
        return GONE
    names = await ask.desk.names_in(post)
    if not names:
        return Answer("No name found", send=cases.NO_NAMES)
    if len(names) > 1:
        return Answer("Whom or what?", send=cases.offered(post.id, names))
    return await _follow(ask, post, names[0], in_place=False)


@press("fn", who=Who.CHAT_ADMIN)
async def follow_named(ask: Ask) -> Answer:
    """Follow the name that was chosen. The post may have been changed since it was offered."""
    post, number = await ask.desk.store.post(PostId(int(ask.args[0]))), int(ask.args[1])
    if post is None:
        return GONE
    names = await ask.desk.names_in(post)
    if not 0 <= number < len(names) or cases.mark(names[number]) != ask.args[2]:
        return Answer("The post was changed meanwhile: press the button under its alert again", alert=True)
    return await _follow(ask, post, names[number], in_place=True)


async def _follow(ask: Ask, post: Post, name: Named, *, in_place: bool) -> Answer:
    try:
        done = await ask.desk.follow_case(await ask.subscriber(), name, post)
    except QueryError as error:
        return Answer(f"Nothing was changed: {error.cause}", alert=True)
    seen = done.preview
    preview = replies_follow.preview_line(seen.hits, seen.looked_at, seen.days, seen.samples)
    message = cases.followed(done.subscription.id, name.shown, preview, again=done.again)
    return Answer("Following", edit=message) if in_place else Answer("Following", send=message)


@press("cc", who=Who.CHAT_ADMIN)
async def close(ask: Ask) -> Answer:
    """End a case, with the way back."""
    known, number = await ask.known(), SubscriptionId(int(ask.args[0]))
    mine = await ask.desk.store.subscriptions(known.id) if known else ()
    found = next((each for each in mine if each.id == number), None)
    if known is None or found is None:
        return Answer("It was closed already")
    await ask.desk.unsubscribe(known, number)
    return Answer("Closed", send=cases.closed(number, cases.name_of(found.query)))
