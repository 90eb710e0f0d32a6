"""For administrators of the bot: which feeds are watched."""

from __future__ import annotations

from watchdog_bot.adding import Added, Choice
from watchdog_bot.core import replies, replies_feeds
from watchdog_bot.core.model import FeedId, Message, PostId
from watchdog_bot.telegram.ask import Answer, Ask, Who, command, press


@command("feeds", "which feeds are watched, and how they are", who=Who.BOT_ADMIN)
async def feeds(ask: Ask) -> Message:
    """List them with their health in words."""
    store = ask.desk.store
    return replies_feeds.feeds(await store.feeds(), ask.desk.clock.now(), await store.hub_standings())


@command("feed_add", "watch a feed: /feed_add https://example.org/feed", who=Who.BOT_ADMIN, slow=True)
async def feed_add(ask: Ask) -> Message:
    """Look at the address first; only what can be read as a feed is added. Paths behind it are its section."""
    words = ask.text.split()
    sections = [word for word in words[1:] if word.startswith("/")]
    url = " ".join(word for word in words if word not in sections)
    if not url:
        return replies.plain("Which address? For example: /feed_add https://example.org/feed")
    await ask.progress(replies.plain("🔎 Looking at that address…"))
    return _told(await ask.desk.add_feed(url, section=" ".join(sections)))


@press("take", who=Who.BOT_ADMIN, slow=True)
async def take(ask: Ask) -> Answer:
    """Watch the source that was chosen: its address stands in the message as a link."""
    number = int(ask.args[0])
    if number >= len(ask.links):
        return Answer("That button is out of date", alert=True)
    added = await ask.desk.add_feed(ask.links[number], chosen=True)
    new = isinstance(added, Added) and not added.again
    return Answer("Added" if new else "Nothing was added", edit=_told(added))


@press("release", who=Who.BOT_ADMIN)
async def release(ask: Ask) -> Answer:
    """Held posts are news after all: alert whom they concern."""
    feed_id, first, last = (int(arg) for arg in ask.args)
    owed = await ask.desk.release(FeedId(feed_id), PostId(first), PostId(last))
    return Answer("Alerting", edit=replies_feeds.released(owed))


@command("withdrawn", "a source took a post back: /withdrawn ADDRESS of the post", who=Who.BOT_ADMIN)
async def withdrawn(ask: Ask) -> Message:
    """What waits of it is not sent, and what was sent says so."""
    if not ask.text.strip():
        return replies.plain("Which post? For example: /withdrawn https://example.org/2026/03/story")
    post = await ask.desk.withdraw(ask.text.strip())
    if post is None:
        return replies.plain("I have not seen a post of that address, or it is older than 90 days.")
    return replies_feeds.withdrawn(post)


def _told(added: Added | Choice | str) -> Message:
    if isinstance(added, str):
        return replies.plain(f"Nothing was added: {added}")
    if isinstance(added, Choice):
        return replies_feeds.feed_choice(
            [
                replies_feeds.SourceView(
                    each.url, each.title, each.how, each.entries, each.newest, each.headlines
                )
                for each in added.found
            ]
        )
    return replies_feeds.feed_added(added.feed, added.titles, again=added.again)


@command("feed_remove", "stop watching a feed: /feed_remove 3", who=Who.BOT_ADMIN)
async def feed_remove(ask: Ask) -> Message:
    """By its number or its address."""
    found = await ask.desk.remove_feed(ask.text.strip())
    if found is None:
        return replies.plain("Which feed? Give its number or address as /feeds shows it: /feed_remove 3")
    return replies.plain(
        f"No longer watched: {found.name} ({found.url}).\nIts posts stay known, so adding it again alerts nobody twice."
    )
