"""Conversations with a running bot that read like a chat. Works with any bot that talks to the simulator.

    chat = Conversation(sim.person("Vera"))
    await chat.say("/start")
    reply = await chat.reply()
    assert "Welcome" in reply.text
    toast = await reply.press("Ukraine")          # waits for the bot's answer to the press
    assert toast.text == "Ukraine: on"
    assert "✅ Ukraine" in (await reply.edited()).labels

`Conversation(person, place=group, thread=7)` talks in a group or topic. Nothing waits longer than `patience`
seconds; a wait in vain raises TimeoutError with the journal's last lines.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from watchdog_bot.simulator import Answer, Chat, EventKind, Message, Person, Press

PATIENCE = 10.0


@dataclass(slots=True)
class Conversation:
    """One person in one chat. Replies are read one after the other, each once."""

    person: Person
    place: Chat | None = None
    thread: int | None = None
    patience: float = PATIENCE
    toast: str = ""  # text of the last answer to a press
    _read: int = field(init=False)

    def __post_init__(self) -> None:
        self._read = self.person.world.journal.mark()

    @property
    def chat(self) -> Chat:
        return self.place or self.person.chat

    async def say(self, text: str, *, reply_to: Reply | Message | None = None) -> Message:
        answered = reply_to.message if isinstance(reply_to, Reply) else reply_to
        return self.person.say(text, chat=self.place, thread=self.thread, reply_to=answered)

    async def start(self, payload: str = "") -> Message:
        return self.person.start(payload)

    async def reply(self) -> Reply:
        """The bot's next message here that was not read yet."""
        return await self.person.world.wait_for(self._next, self.patience)

    async def replies(self, count: int) -> list[Reply]:
        return [await self.reply() for _ in range(count)]

    async def ask(self, text: str) -> Reply:
        """Say something and read the next reply."""
        await self.say(text)
        return await self.reply()

    async def press(self, label: str) -> Answer:
        """Press the button in the newest message that has it; the bot's answer."""
        return await self.answer_to(self.person.press(label, chat=self.place))

    async def answer_to(self, press: Press) -> Answer:
        answer = await self.person.world.wait_for(lambda: press.answer, self.patience)
        assert answer is not None
        self.toast = answer.text
        return answer

    async def silence(self, seconds: float = 0.05) -> None:
        """Fail if the bot writes here within that time (at most 0.1 s)."""
        try:
            unexpected = await self.person.world.wait_for(self._next, min(seconds, 0.1))
        except TimeoutError:
            return
        raise AssertionError(f"the bot was to be silent but wrote {unexpected.text!r}")

    def forget(self) -> None:
        """Skip all that was not read yet."""
        self._read = self.person.world.journal.mark()

    def _next(self) -> Reply | None:
        events = self.person.world.journal.events
        while self._read < len(events):
            event = events[self._read]
            self._read += 1
            if event.kind is not EventKind.SENT or event.chat is not self.chat or event.message is None:
                continue
            if self.thread is None or event.message.thread == self.thread:
                return Reply(self, event.message)
        return None


@dataclass(frozen=True, slots=True)
class Reply:
    """A message of the bot as it was when read; `now` is how it stands at present."""

    conversation: Conversation
    message: Message

    @property
    def text(self) -> str:
        return self.message.text

    @property
    def html(self) -> str:
        return self.message.html

    @property
    def labels(self) -> tuple[str, ...]:
        return self.message.labels

    @property
    def buttons(self) -> tuple[tuple[str, ...], ...]:
        """Rows of button texts."""
        return tuple(tuple(button.text for button in row) for row in self.message.buttons)

    @property
    def now(self) -> Reply:
        current = self.conversation.chat.messages.get(self.message.id)
        assert current is not None, f"the bot deleted {self.text[:60]!r}"
        return Reply(self.conversation, current)

    @property
    def is_deleted(self) -> bool:
        return self.message.id not in self.conversation.chat.messages

    async def press(self, label: str) -> Answer:
        """Press a button of this message (as it stands at present); the bot's answer."""
        person = self.conversation.person
        press = person.press(label, message=self.message.id, chat=self.conversation.place)
        return await self.conversation.answer_to(press)

    async def edited(self) -> Reply:
        """This message after the bot changed it."""
        wait_for = self.conversation.person.world.wait_for
        await wait_for(
            lambda: self.is_deleted or self.now.message != self.message, self.conversation.patience
        )
        return self.now

    async def deleted(self) -> None:
        await self.conversation.person.world.wait_for(lambda: self.is_deleted, self.conversation.patience)


async def together(*conversations: Conversation) -> list[Reply]:
    """The next reply of each, in their order."""
    return list(await asyncio.gather(*(conversation.reply() for conversation in conversations)))
