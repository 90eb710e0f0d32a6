"""What handlers see of Telegram: who asked what, and what they may answer.

A handler takes an `Ask` and returns a `Message` (a command) or an `Answer` (a press); it never touches
python-telegram-bot. To add a command, write one function with `@command`; its menu entry, its line in
/help and its right to be used come from there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from watchdog_bot.core.model import Address, ChatKind, Message, Subscriber
from watchdog_bot.desk import Desk


class Who(StrEnum):
    """Who may use a command. A menu shows or hides it; only this check decides."""

    ANYONE = "anyone"
    CHAT_ADMIN = "chat admin"  # in private chats that is the person itself
    BOT_ADMIN = "bot admin"  # `telegram.admins` of the configuration


async def _no() -> bool:
    """Nobody that is known."""
    return False


@dataclass(frozen=True, slots=True)
class Ask:
    """One command or press, with everything a handler may want to know."""

    desk: Desk
    address: Address = field(repr=False)
    kind: ChatKind
    bot_admin: bool
    text: str = ""  # what stands after the command
    args: tuple[str, ...] = ()  # of a press
    language: str = "en"  # of the person's Telegram, a BCP 47 tag
    reply_to: int | None = None  # id of the message that was replied to
    message_id: int | None = None  # id of the message whose button was pressed
    links: tuple[str, ...] = ()  # addresses linked in the message whose button was pressed, in order
    progress: Callable[[Message], Awaitable[None]] = field(repr=False, default=lambda _message: _nothing())
    chat_admin: Callable[[], Awaitable[bool]] = field(repr=False, default=_no)  # in a private chat: always

    async def known(self) -> Subscriber | None:
        """The subscriber of this chat or topic, if there is one."""
        return await self.desk.store.subscriber(self.address)

    async def subscriber(self) -> Subscriber:
        """The subscriber of this chat or topic, made if need be: call it only when there is something to keep."""
        return await self.desk.store.ensure_subscriber(self.address, kind=self.kind, language=self.language)


async def _nothing() -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a press does: a short toast always, the message edited in place, a new message."""

    toast: str = ""  # at most 200 characters (Bot API, answerCallbackQuery)
    edit: Message | None = None
    send: Message | None = None
    alert: bool = False  # a toast that must be closed by hand


CommandRun = Callable[[Ask], Awaitable[Message]]
PressRun = Callable[[Ask], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command with its menu line (at most 256 characters) and the right to use it."""

    name: str
    help: str
    who: Who
    run: CommandRun
    slow: bool = False  # it may take long, so the chat's other commands do not wait for it


@dataclass(frozen=True, slots=True)
class PressHandler:
    """What runs for a button's action."""

    action: str
    who: Who
    run: PressRun
    slow: bool = False  # as of a command


COMMANDS: dict[str, Command] = {}
PRESSES: dict[str, PressHandler] = {}


# What people look for first stands first, in /help and in the menus; the rest follows by name.
_FIRST = (
    "start",
    "countries",
    "keywords",
    "subscribe",
    "subscriptions",
    "unsubscribe",
    "settings",
    "why",
    "status",
)


def in_order() -> list[Command]:
    """All commands, as they are shown."""
    rank = {name: number for number, name in enumerate(_FIRST)}
    return sorted(COMMANDS.values(), key=lambda each: (rank.get(each.name, len(rank)), each.name))


def command(name: str, help_: str, *, who: Who, slow: bool = False) -> Callable[[CommandRun], CommandRun]:
    """Register a command."""

    def register(run: CommandRun) -> CommandRun:
        assert name not in COMMANDS, f"the command {name} exists twice"
        COMMANDS[name] = Command(name, help_, who, run, slow)
        return run

    return register


def press(action: str, *, who: Who, slow: bool = False) -> Callable[[PressRun], PressRun]:
    """Register what a button's action does."""

    def register(run: PressRun) -> PressRun:
        assert action not in PRESSES, f"the action {action} exists twice"
        PRESSES[action] = PressHandler(action, who, run, slow)
        return run

    return register
