"""What administrators look after: alerts that were given up, and who changed what."""

from __future__ import annotations

from watchdog_bot.core import replies, replies_upkeep
from watchdog_bot.core.model import DeliveryId, Message
from watchdog_bot.telegram.ask import Answer, Ask, Who, command, press


@command("undelivered", "alerts that were given up, why, and a second chance", who=Who.BOT_ADMIN)
async def undelivered(ask: Ask) -> Message:
    """The newest, without a word about whose they are."""
    now = ask.desk.clock.now()
    return replies_upkeep.undelivered(await ask.desk.dead(replies_upkeep.SHOWN), now)


@press("rq", who=Who.BOT_ADMIN)
async def requeued(ask: Ask) -> Answer:
    """Queue one again, as if it had never been tried; 0: all that are shown."""
    asked = int(ask.args[0])
    again = await ask.desk.requeue(DeliveryId(asked) if asked else None, most=replies_upkeep.SHOWN)
    toast = f"{replies.counted(again, 'alert')} queued again" if again else "It is no longer given up"
    return Answer(toast, edit=await undelivered(ask))


@command("changes", "what administrators changed last", who=Who.BOT_ADMIN)
async def changes(ask: Ask) -> Message:
    """When and what; never who: no names are kept."""
    now = ask.desk.clock.now()
    return replies_upkeep.changes(await ask.desk.store.audits(replies_upkeep.CHANGES), now)
