"""What is said to people: in each chat one thing after the other, beside the handling of what they type and press.

1. A reply waits for the pace and for those before it in its chat; nothing else waits for the reply.
2. Of several states of one message, pressed quickly after one another, only the last is shown.
3. Work that may take long (a source is looked at) is done beside as well, so that the chat's other commands are answered.
4. A chat that has too much waiting is told no more until it is less: nobody can fill the memory by pressing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from weakref import WeakValueDictionary

import structlog
from telegram import Message as TelegramMessage
from telegram.constants import ParseMode
from telegram.error import BadRequest

from watchdog_bot.core.model import Message
from watchdog_bot.telegram.sender import NO_PREVIEW, markup

log = structlog.get_logger(__name__)

BeforeReply = Callable[[int], Awaitable[None]]
OnError = Callable[[Exception], Awaitable[None]]
MOST_WAITING = 40  # replies of one chat


class Speech:
    """The bot's side of all conversations. One for the program."""

    def __init__(self, before_reply: BeforeReply) -> None:
        """`before_reply` is awaited with the chat's id before each message, so that replies keep to the pace."""
        self._before_reply = before_reply
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._newest: dict[tuple[int, int], Message] = {}
        self._waiting: Counter[int] = Counter()
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether something is still to be said."""
        return bool(self._under_way)

    def beside(self, work: Coroutine[Any, Any, None], on_error: OnError) -> None:
        """Do this without anybody waiting for it; whatever breaks is handed to `on_error`."""
        task = asyncio.create_task(_guarded(work, on_error), name="speech")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def say(self, to: TelegramMessage, answer: Message) -> TelegramMessage:
        """A new message where that one stands, in its turn."""
        async with self._turn(to.chat.id):
            await self._before_reply(to.chat.id)
            return await reply(to, answer)

    def say_soon(self, to: TelegramMessage, answer: Message, on_error: OnError) -> None:
        """The same, beside."""
        if self._waiting[to.chat.id] >= MOST_WAITING:
            log.warning("reply_dropped", cause="too many replies wait for one chat")
            return
        self._waiting[to.chat.id] += 1
        self.beside(self._said(to, answer), on_error)

    async def _said(self, to: TelegramMessage, answer: Message) -> None:
        try:
            await self.say(to, answer)
        finally:
            self._waiting[to.chat.id] -= 1
            if not self._waiting[to.chat.id]:
                del self._waiting[to.chat.id]

    def show_soon(self, message: TelegramMessage, answer: Message, on_error: OnError) -> None:
        """This in the place of that message, unless something newer is to be shown there by then."""
        key = message.chat.id, message.message_id
        shown_already = key in self._newest
        self._newest[key] = answer
        if not shown_already:
            self.beside(self._shown(message), on_error)

    async def _shown(self, message: TelegramMessage) -> None:
        async with self._turn(message.chat.id):
            await edit_in_place(message, self._newest.pop((message.chat.id, message.message_id)))

    def _turn(self, chat_id: int) -> asyncio.Lock:
        return self._turns.setdefault(chat_id, asyncio.Lock())

    async def drain(self, seconds: float) -> None:
        """Let what is on its way be said, for at most so long; the rest is given up."""
        if not self._under_way:
            return
        _, late = await asyncio.wait(self._under_way, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def _guarded(work: Coroutine[Any, Any, None], on_error: OnError) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - handed over, and logged there
        await on_error(error)


async def reply(message: TelegramMessage, answer: Message) -> TelegramMessage:
    """In the same chat and topic; the message itself is not quoted, it stands right above."""
    thread = message.message_thread_id if message.is_topic_message else None
    return await message.get_bot().send_message(
        message.chat.id,
        answer.html,
        parse_mode=ParseMode.HTML,
        message_thread_id=thread,
        reply_markup=markup(answer),
        link_preview_options=NO_PREVIEW,
        disable_notification=answer.silent,
    )


async def edit_in_place(message: TelegramMessage, answer: Message) -> None:
    """Nothing happens where it stands so already."""
    try:
        await message.edit_text(
            answer.html,
            parse_mode=ParseMode.HTML,
            reply_markup=markup(answer),
            link_preview_options=NO_PREVIEW,
        )
    except BadRequest as error:
        if "not modified" not in error.message.lower():  # the same button pressed twice
            raise
