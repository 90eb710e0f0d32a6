"""Under an alert: why it came, and how to have less of it."""

from __future__ import annotations

from watchdog_bot.core import render, replies, replies_alerts
from watchdog_bot.core.model import Message, PostId
from watchdog_bot.core.mutes import MuteKind
from watchdog_bot.telegram.ask import Answer, Ask, Who, command, press
from watchdog_bot.telegram.handlers.common import pause_of, turn_on

ASK_BY_REPLY = Message(
    "Reply with /why to one of my alerts or digests, press “Why?” under it, or send /why with the address of a post."
)
NOT_SEEN = Message("I have not seen a post of that address, or it is older than 90 days.")
NOT_HERE = Message("I know of no such alert here: it was an example, or it is older than 30 days.")


@command("why", "why an alert came: reply to it; or /why ADDRESS of a post", who=Who.ANYONE)
async def why(ask: Ask) -> Message:
    """Explain the alert that was replied to, or why a post of some address was sent or not."""
    if ask.text.strip():
        return await _why_of(ask, ask.text.strip())
    if ask.reply_to is None:
        return ASK_BY_REPLY
    return await _why_message(ask, ask.reply_to, 0) or NOT_HERE


async def _why_message(ask: Ask, message_id: int, page: int) -> Message | None:
    """Why the posts that a message of ours carried were in it; None where nothing of it is kept, or no such page."""
    chat_id = ask.address.chat_id
    carried = await ask.desk.store.deliveries_by_message(chat_id, message_id)
    known = next(
        (
            each
            for each in await ask.desk.store.subscribers_of(chat_id)
            if carried and each.id == carried[0][0].subscriber_id
        ),
        None,
    )
    if known is None:
        return None
    if len(carried) == 1:
        ((delivery, post),) = carried
        return render.why(post, delivery.evidence, await ask.desk.askers(known, post), ask.desk.names)
    first = page * replies_alerts.WHY_POSTS
    shown = [
        replies_alerts.WhyView(post, delivery.evidence, await ask.desk.askers(known, post))
        for delivery, post in carried[first : first + replies_alerts.WHY_POSTS]
    ]
    if first < 0 or not shown:
        return None
    return replies_alerts.why_page(
        shown, first=first, total=len(carried), message_id=message_id, names=ask.desk.names
    )


@press("wd", who=Who.ANYONE)
async def why_turned(ask: Ask) -> Answer:
    """Another page of why the posts of a digest were in it."""
    found = await _why_message(ask, int(ask.args[0]), int(ask.args[1]))
    return Answer(edit=found) if found else Answer("I no longer know", alert=True)


async def _why_of(ask: Ask, address: str) -> Message:
    post = await ask.desk.post_at(address)
    if post is None:
        return NOT_SEEN
    known = await ask.known()
    delivery = await ask.desk.store.delivery_for(known.id, post.id) if known else None
    if known is not None and delivery is not None:
        return render.why(post, delivery.evidence, await ask.desk.askers(known, post), ask.desk.names)
    story = await ask.desk.store.post(post.story) if post.story is not None else None
    if story is not None and known and await ask.desk.store.delivery_for(known.id, story.id):
        return render.why_joined(post, story)
    return render.why_not(post, await ask.desk.refusals(known, post) if known else (), ask.desk.names)


@press("why", who=Who.ANYONE)
async def why_pressed(ask: Ask) -> Answer:
    """Explain the alert whose button was pressed."""
    known = await ask.known()
    post_id = PostId(int(ask.args[0]))
    post = await ask.desk.store.post(post_id)
    delivery = await ask.desk.store.delivery_for(known.id, post_id) if known else None
    if known is None or post is None or delivery is None:
        return Answer("I no longer know", send=NOT_HERE)
    return Answer(
        send=render.why(post, delivery.evidence, await ask.desk.askers(known, post), ask.desk.names)
    )


@press("also", who=Who.ANYONE)
async def also(ask: Ask) -> Answer:
    """Which other sources have told what the alert tells, as of now."""
    post = await ask.desk.store.post(PostId(int(ask.args[0])))
    if post is None:
        return Answer("That post is no longer kept")
    found = render.reports([(post, await ask.desk.store.also_at(post))])
    return Answer(send=found) if found else Answer("No other source has it any more", alert=True)


@press("mute", who=Who.CHAT_ADMIN)
async def mute(ask: Ask) -> Answer:
    """Offer what can be silenced."""
    post = await ask.desk.store.post(PostId(int(ask.args[0])))
    if post is None:
        return Answer("That post is no longer kept")
    codes = [score.code for score in post.countries.about]
    return Answer(send=replies_alerts.mute_menu(post, codes, ask.desk.names))


def _days(text: str) -> int:
    """A number of days that a button of ours offers. Raises ValueError for any other."""
    days = int(text)
    if days not in replies_alerts.MUTE_DAYS:
        raise ValueError(text)
    return days


@press("mc", who=Who.CHAT_ADMIN)
async def mute_country(ask: Ask) -> Answer:
    """Silence a country for some days."""
    code, days = ask.args[0], _days(ask.args[1])
    if code not in ask.desk.country_order:
        raise ValueError(code)
    done = await ask.desk.mute(await ask.subscriber(), MuteKind.COUNTRY, code, days)
    return Answer("Muted", edit=replies_alerts.muted(ask.desk.names.name(code), days, done.id))


@press("ms", who=Who.CHAT_ADMIN)
async def mute_source(ask: Ask) -> Answer:
    """Silence the source of a post for some days."""
    post, days = await ask.desk.store.post(PostId(int(ask.args[0]))), _days(ask.args[1])
    if post is None:
        return Answer("That post is no longer kept")
    done = await ask.desk.mute(await ask.subscriber(), MuteKind.SOURCE, str(post.feed_id), days)
    return Answer("Muted", edit=replies_alerts.muted(post.feed_name, days, done.id))


@press("um", who=Who.CHAT_ADMIN)
async def unmute_one(ask: Ask) -> Answer:
    """Take a mute back."""
    known = await ask.known()
    if known is None or not await ask.desk.unmute(known, int(ask.args[0])):
        return Answer("That is not muted any more")
    return Answer("No longer muted", edit=replies.plain("No longer muted."))


@command("unmute", "end everything that was muted", who=Who.CHAT_ADMIN)
async def unmute(ask: Ask) -> Message:
    """Take all mutes back."""
    known = await ask.known()
    if known is not None and await pause_of(ask, known) is not None:  # “Everything” of the menu is one
        await ask.desk.unmute_all(known)
        await turn_on(ask, known)
        return replies.plain("Nothing is muted any more, and alerts are on.")
    ended = await ask.desk.unmute_all(known) if known else 0
    return replies.plain("Nothing is muted any more." if ended else "Nothing was muted.")
