"""What the bot tells its administrators unasked: short, seldom, and never about people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from telegram import Bot

from watchdog_bot.core.model import Address, Message, Sent
from watchdog_bot.telegram.sender import send

log = structlog.get_logger(__name__)


class Notices:
    """Sends each notice to all administrators, in their pace, in the background."""

    def __init__(
        self, bot: Bot, admins: frozenset[int], before_send: Callable[[int], Awaitable[None]]
    ) -> None:
        """`before_send` is awaited with the chat's id before each message."""
        self._bot = bot
        self._admins = admins
        self._before_send = before_send
        self._under_way: set[asyncio.Task[None]] = set()

    def tell(self, message: Message) -> None:
        """Return at once; the message is on its way."""
        task = asyncio.create_task(self._tell(message), name="notice")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _tell(self, message: Message) -> None:
        for admin in self._admins:
            await self._before_send(admin)
            result = await send(self._bot, Address(admin), message)
            if not isinstance(result, Sent):
                log.warning("notice_not_delivered", result=type(result).__name__)

    async def drain(self, seconds: float) -> None:
        """Let what is on its way arrive, for at most so long."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
