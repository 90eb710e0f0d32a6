"""Named keyword lists that subscribers can follow; administrators of the bot change them."""

from __future__ import annotations

from watchdog_bot.core import replies, replies_topics
from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match.query import split_items
from watchdog_bot.core.model import Message
from watchdog_bot.telegram.ask import Answer, Ask, Who, command, press


@command("topics", "the topics that can be followed, and their words", who=Who.ANYONE)
async def topics(ask: Ask) -> Message:
    """List them by name, or show the words of one."""
    wanted = ask.text.strip().strip('"“”«»')
    if not wanted:
        return replies_topics.topics(ask.desk.topics)
    found = ask.desk.topic(wanted)
    if found is None:
        return replies.plain("There is no topic of that name: /topics lists them.")
    return replies_topics.topic(found, 0)


@press("tl", who=Who.ANYONE)
async def turned(ask: Ask) -> Answer:
    """A page of the list."""
    return Answer(edit=replies_topics.topics(ask.desk.topics, int(ask.args[0])))


@press("tp", who=Who.ANYONE)
async def words(ask: Ask) -> Answer:
    """The words of one."""
    key, page = ask.args[0], int(ask.args[1])
    found = next((each for each in ask.desk.topics if replies_topics.key_of(each.name) == key), None)
    if found is None:
        return Answer("There is no such topic any more", edit=replies_topics.topics(ask.desk.topics))
    return Answer(edit=replies_topics.topic(found, page))


@command(
    "topic_add",
    'make or change a topic: /topic_add torture torture, "ill-treatment", пытк*',
    who=Who.BOT_ADMIN,
)
async def topic_add(ask: Ask) -> Message:
    """Show what it would match beside what it matches now; a button saves it."""
    try:
        name, words = _named(ask.text)
        change = await ask.desk.draft_topic(name, words)
    except QueryError as error:
        return replies.refused(error, ask.text)
    return replies_topics.topic_change(change)


@command("topic_remove", "remove a topic: /topic_remove torture", who=Who.BOT_ADMIN)
async def topic_remove(ask: Ask) -> Message:
    """Show what it would cost; a button removes it. Subscriptions that follow it stay, and match nothing by it."""
    name = ask.text.strip().strip('"“”«»')
    if not name:
        return replies.plain("Which topic? For example: /topic_remove torture")
    change = await ask.desk.draft_removal(name)
    if change is None:
        return replies.plain("There is no topic of that name: /topics lists them.")
    return replies_topics.topic_change(change)


@press("ts", who=Who.BOT_ADMIN)
async def topic_saved(ask: Ask) -> Answer:
    """Do what was shown."""
    return await _taken(ask, saved=True)


@press("tx", who=Who.BOT_ADMIN)
async def topic_left(ask: Ask) -> Answer:
    """Leave it as it is."""
    return await _taken(ask, saved=False)


async def _taken(ask: Ask, *, saved: bool) -> Answer:
    change = await ask.desk.take_topic(int(ask.args[0]), saved=saved)
    if change is None:
        return Answer("That was done or dropped before. Type the command again.", alert=True)
    return Answer(
        "Done" if saved else "Left as it is", edit=replies_topics.topic_changed(change, saved=saved)
    )


def _named(typed: str) -> tuple[str, tuple[str, ...]]:
    """The name (one word, or several in quotes) and the words after it."""
    items = split_items(typed)
    if not items:
        raise QueryError(
            "a topic needs a name and words", mend='/topic_add torture torture, "ill-treatment", пытк*'
        )
    return items[0], items[1:]
