"""What several handlers do."""

from __future__ import annotations

from dataclasses import replace

from watchdog_bot.core import replies
from watchdog_bot.core.model import Message, SubscriberState
from watchdog_bot.telegram.ask import Ask

# What people type to have no countries or no words any more.
NONE = frozenset({"none", "clear", "нет", "немає", "-"})


async def with_state(ask: Ask, message: Message) -> Message:
    """Say so where nothing will be sent for the time being, whatever was just set."""
    known = await ask.known()
    if known is None or known.state is SubscriberState.ACTIVE:
        return message
    return replace(message, html=message.html + replies.ARE_OFF)
