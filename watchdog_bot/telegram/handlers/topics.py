"""Named keyword lists that subscribers can follow; administrators of the bot change them."""

from __future__ import annotations

from watchdog_bot.core import replies, replies_topics
from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match.query import split_items
from watchdog_bot.core.model import Message
from watchdog_bot.desk import TopicChange
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
    """Save it, and show what it matches now and matched before."""
    try:
        name, words = _named(ask.text)
        change = await ask.desk.save_topic(name, words)
    except QueryError as error:
        return replies.refused(error, ask.text)
    return _told(change)


@command("topic_remove", "remove a topic: /topic_remove torture", who=Who.BOT_ADMIN)
async def topic_remove(ask: Ask) -> Message:
    """Remove it; subscriptions that follow it stay, and match nothing by it."""
    change = await ask.desk.remove_topic(ask.text.strip())
    if change is None:
        return replies.plain("There is no topic of that name: /topics lists them.")
    return _told(change)


def _named(typed: str) -> tuple[str, tuple[str, ...]]:
    """The name (one word, or several in quotes) and the words after it."""
    items = split_items(typed)
    if not items:
        raise QueryError(
            "a topic needs a name and words", mend='/topic_add torture torture, "ill-treatment", пытк*'
        )
    return items[0], items[1:]


def _told(change: TopicChange) -> Message:
    return replies_topics.topic_changed(
        change.name,
        words=change.after.words if change.after else (),
        before=change.hits_before,
        after=change.hits_after,
        looked_at=change.looked_at,
        followers=change.followers,
        existed=change.before is not None,
    )
