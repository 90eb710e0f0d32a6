"""The simulator's values: what a message, a button, a press and an event are. Data only.

Lengths and offsets of text are in UTF-16 units, as everywhere in the Bot API ("MessageEntity").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from watchdog_bot.simulator.chats import Chat
    from watchdog_bot.simulator.people import Person

Json = dict[str, Any]


def words(text: str) -> frozenset[str]:
    """Names written one after the other, as a set."""
    return frozenset(text.split())


class ApiError(Exception):
    """A refusal, as the Bot API words it: `description` already has its prefix ("Bad Request: …")."""

    def __init__(self, code: int, description: str, *, parameters: Mapping[str, int] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = dict(parameters or {})


def bad_request(text: str) -> ApiError:
    """A 400 worded as the Bot API server does: the first letter is lowered unless a capital or _ follows."""
    if len(text) >= 2 and text[1] != "_" and not "A" <= text[1] <= "Z":
        text = text[0].lower() + text[1:]
    return ApiError(400, f"Bad Request: {text}")


@dataclass(frozen=True, slots=True)
class User:
    """A person or a bot, as the Bot API shows it ("User")."""

    id: int = field(repr=False)
    first_name: str
    is_bot: bool = False
    last_name: str = ""
    username: str = ""
    language: str = ""
    premium: bool = False

    def wire(self) -> Json:
        body: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.last_name:
            body["last_name"] = self.last_name
        if self.username:
            body["username"] = self.username
        if self.language:
            body["language_code"] = self.language
        if self.premium:
            body["is_premium"] = True
        return body


# Who an anonymous administrator appears to be ("Message.from").
ANONYMOUS: Final = User(1087968824, "Group", is_bot=True, username="GroupAnonymousBot")


@dataclass(frozen=True, slots=True)
class Entity:
    """A formatted stretch of a text ("MessageEntity")."""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None
    unix_time: int | None = None
    date_time_format: str | None = None
    custom_emoji_id: str | None = None
    user_id: int | None = None

    @property
    def end(self) -> int:
        """Offset of the first unit after it."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Button:
    """A button of an inline or reply keyboard; `raw` is what the bot sent."""

    text: str
    kind: str = "text"  # "callback", "url", "web_app", "copy_text", …, or "text" in a reply keyboard
    data: str | None = None
    url: str | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Keyboard:
    """A reply markup that passed the checks."""

    kind: str  # "inline", "reply", "remove", "force_reply"
    rows: tuple[tuple[Button, ...], ...] = ()
    raw: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LinkPreview:
    """What the bot asked of the link preview ("LinkPreviewOptions")."""

    is_disabled: bool = False
    url: str = ""
    prefer_small_media: bool = False
    prefer_large_media: bool = False
    show_above_text: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands now; an edit puts a new value in its place."""

    id: int
    chat_id: int = field(repr=False)
    sender: User | None  # None: posted in the name of the chat (channel posts, anonymous admins)
    from_bot: bool
    date: datetime
    text: str = ""
    html: str = field(default="", repr=False)
    entities: tuple[Entity, ...] = field(default=(), repr=False)
    keyboard_markup: Keyboard | None = field(default=None, repr=False)
    thread: int | None = None
    reply_to: int | None = None
    silent: bool = False
    protected: bool = False
    edited: datetime | None = None
    preview: LinkPreview | None = None
    sender_chat_id: int | None = field(default=None, repr=False)
    service: Json | None = field(default=None, repr=False)  # fields of a service message
    paid: bool = False  # sent with allow_paid_broadcast

    @property
    def buttons(self) -> tuple[tuple[Button, ...], ...]:
        """Rows of buttons, inline or reply keyboard."""
        return self.keyboard_markup.rows if self.keyboard_markup else ()

    @property
    def keyboard(self) -> str:
        """`inline`, `reply`, `remove`, `force_reply` or nothing."""
        return self.keyboard_markup.kind if self.keyboard_markup else ""

    @property
    def labels(self) -> tuple[str, ...]:
        """All button texts in reading order."""
        return tuple(button.text for row in self.buttons for button in row)

    def button(self, text: str) -> Button:
        """The button with exactly that text, else the only one that contains it. LookupError otherwise."""
        every = [button for row in self.buttons for button in row]
        found = [button for button in every if button.text == text] or [b for b in every if text in b.text]
        if len(found) != 1:
            how_many = "no button" if not found else f"{len(found)} buttons"
            raise LookupError(
                f"{how_many} with {text!r} under {self.text[:60]!r}; there are {list(self.labels)}"
            )
        return found[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What answerCallbackQuery said."""

    text: str
    alert: bool
    url: str
    cache_time: int
    at: datetime


@dataclass(slots=True, eq=False)
class Press:
    """One press of a callback button; `answer` comes when the bot answers it."""

    id: str
    person: Person
    message: Message
    data: str
    at: datetime
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """Something Telegram would let pass, or swallow, but that is surely a defect of the bot."""

    method: str
    cause: str


class EventKind(StrEnum):
    """The first group is what the bot did, the second what people did, the third what went wrong."""

    SENT = "sent"
    EDITED = "edited"
    DELETED = "deleted"
    ANSWERED = "answered"
    CHAT_ACTION = "chat_action"
    REACTED = "reacted"
    SAID = "said"
    PRESSED = "pressed"
    PERSON_EDITED = "person_edited"
    MEMBERSHIP = "membership"
    REFUSED = "refused"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal. `who` is a shown name; `text` is plain, ready for a transcript."""

    at: datetime
    kind: EventKind
    chat: Chat | None = None
    who: str = ""
    text: str = ""
    html: str = field(default="", repr=False)
    message: Message | None = None
    press: Press | None = None
    method: str = ""
    error: str = ""  # the description of a refusal, or the name of a fault
