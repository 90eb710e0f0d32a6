"""/keywords: show what words are watched for, set them, remove them."""

from __future__ import annotations

from watchdog_bot.core import replies, replies_follow
from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match.query import Query
from watchdog_bot.core.model import Message
from watchdog_bot.telegram.ask import Answer, Ask, Who, command, press
from watchdog_bot.telegram.handlers.common import NONE, hints_of, main_view, preview_of, with_state


async def _shown(ask: Ask) -> Message:
    query = await ask.desk.main_query(await ask.known())
    return replies_follow.keywords(ask.desk.describe(query), ask.desk.topics)


@command("keywords", 'words to watch for: /keywords torture, "press freedom", -football', who=Who.CHAT_ADMIN)
async def keywords(ask: Ask) -> Message:
    """Show, set or remove."""
    typed = ask.text.strip()
    if not typed:
        return await _shown(ask)
    try:
        query = await _set(ask, typed)
    except QueryError as error:
        return replies.refused(error, typed)
    preview = "" if query == Query() else await preview_of(ask, query)
    view = await main_view(ask)
    shown = replies_follow.words_set(
        ask.desk.describe(query), preview, await hints_of(query, ask.language), view=view
    )
    return await with_state(ask, shown)


async def _set(ask: Ask, typed: str) -> Query:
    if typed.lower() in NONE:
        return await ask.desk.clear_keywords(await ask.subscriber())
    ask.desk.check_keywords(typed)  # before anything about the chat is stored
    return await ask.desk.set_keywords(await ask.subscriber(), typed)


@press("kw", who=Who.CHAT_ADMIN)
async def pressed(ask: Ask) -> Answer:
    """The same, from the first screen."""
    return Answer(send=await _shown(ask))
