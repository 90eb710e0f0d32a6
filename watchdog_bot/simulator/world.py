"""All state of the simulated Telegram, and how it shows itself to the bot. No HTTP here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from watchdog_bot.clock import Clock, SystemClock
from watchdog_bot.simulator.chats import GENERAL, Chat, Member, Topic
from watchdog_bot.simulator.faults import Faults
from watchdog_bot.simulator.journal import Journal
from watchdog_bot.simulator.limits import FloodLimits
from watchdog_bot.simulator.people import Person
from watchdog_bot.simulator.updates import CALLBACK_LIFE, DAY, UpdateQueue
from watchdog_bot.simulator.values import (
    Event,
    EventKind,
    Json,
    Message,
    Press,
    User,
    Violation,
)
from watchdog_bot.simulator.webhook import WebhookSender
from watchdog_bot.simulator.wire import wire_message

TOKEN: Final = "7300000001:AAE-simulated-token-of-no-real-bot00"  # noqa: S105 - opens nothing but the simulator
FIRST_PERSON, FIRST_GROUP, FIRST_SUPERGROUP = 500_000_001, -400_000_001, -1_002_000_000_001

T = TypeVar("T")


@dataclass(slots=True)
class Profile:
    """What setMyName, setMyDescription and setMyShortDescription stored for one language."""

    name: str = ""
    description: str = ""
    short_description: str = ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """What setWebhook stored."""

    url: str
    secret_token: str = field(default="", repr=False)
    max_connections: int = 40


class World:
    """People, chats, messages, updates, the bot's settings."""

    def __init__(
        self,
        token: str = TOKEN,
        *,
        clock: Clock | None = None,
        strict_limits: bool = False,
        name: str = "Watchdog",
        username: str = "watchdog_sim_bot",
        privacy: bool = True,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self.token = token
        self.clock: Clock = clock or SystemClock()
        self.privacy = privacy
        self.bot = User(int(token.partition(":")[0]), name, is_bot=True, username=username)
        self.people: list[Person] = []
        self.chats: dict[int, Chat] = {}
        self.journal = Journal(on_event)
        self.updates = UpdateQueue(self.clock, self.journal.wake)
        self.limits = FloodLimits(strict=strict_limits)
        self.faults = Faults()
        self.violations: list[Violation] = []
        self.calls: Counter[str] = Counter()
        self.presses: dict[str, Press] = {}
        self.command_lists: dict[tuple[str, str], list[Json]] = {}
        self.profiles: dict[str, Profile] = {"": Profile(name)}
        self.default_rights: dict[bool, Json] = {}
        self.webhook: Webhook | None = None
        self.webhook_error = ""
        self.logged_out = False
        self._sender: WebhookSender | None = None
        self._running = False
        self._next_press = 4_100_000_000_000_000_001
        self._next_message = 0  # shared by private chats and groups
        self._next_in_chat: Counter[int] = Counter()

    # ------------------------------------------------------------------ what tests and the demo use

    def person(
        self,
        first_name: str,
        *,
        language: str = "en",
        last_name: str = "",
        username: str = "",
        premium: bool = False,
    ) -> Person:
        """A new person who has not yet started the bot."""
        user = User(
            FIRST_PERSON + len(self.people), first_name, False, last_name, username, language, premium
        )
        person = Person(self, user)
        self.people.append(person)
        self.chats[person.id] = person.chat
        return person

    async def wait_for(self, look: Callable[[], T | None], timeout: float = 10.0) -> T:  # noqa: ASYNC109 - the caller's patience, kept with asyncio.timeout
        """See `Journal.wait_for`."""
        return await self.journal.wait_for(look, timeout)

    @property
    def pending(self) -> int:
        """Updates that the bot has not confirmed."""
        return self.updates.pending

    def redeliver(self, update_id: int | None = None) -> int:
        """Deliver the last update (or that one) once more."""
        return self.updates.redeliver(update_id)

    def unanswered(self) -> tuple[Press, ...]:
        """Presses that the bot never answered: the person still sees a spinning button."""
        return tuple(press for press in self.presses.values() if press.answer is None)

    def commands(self, scope: str = "default", language: str = "") -> tuple[Json, ...]:
        """What setMyCommands stored; the scope as `default`, `all_private_chats` or `chat:CHAT_ID`."""
        return tuple(self.command_lists.get((scope, language), ()))

    def profile(self, language: str = "") -> Profile:
        """The bot's name and descriptions in that language (empty where none was set)."""
        return self.profiles.get(language, Profile())

    def violate(self, method: str, cause: str) -> None:
        """Note a defect that Telegram would not punish."""
        self.violations.append(Violation(method, cause))

    async def start(self) -> None:
        """Begin to deliver to the webhook, if one is set."""
        self._running = True
        self.set_webhook(self.webhook)

    async def stop(self) -> None:
        """Deliver no more; all state is kept."""
        self._running = False
        if self._sender is not None:
            await self._sender.stop()
            self._sender = None

    def set_webhook(self, webhook: Webhook | None) -> None:
        """Deliver updates there from now on, or wait for getUpdates."""
        self.webhook = webhook
        self.webhook_error = ""
        self.updates.webhook_active = webhook is not None
        if self._sender is not None:
            self._sender.cancel()
            self._sender = None
        if webhook is not None and self._running:
            self._sender = WebhookSender(
                self.updates, webhook.url, webhook.secret_token, self._webhook_failed
            )

    def _webhook_failed(self, cause: str) -> None:
        self.webhook_error = cause
        self.journal.wake()

    # ------------------------------------------------------------------ making things

    def new_chat(
        self, kind: str, title: str, owner: Person, *, username: str = "", forum: bool = False
    ) -> Chat:
        """A group, supergroup or channel with its creator in it."""
        chat_id = (FIRST_GROUP if kind == "group" else FIRST_SUPERGROUP) - len(self.chats)
        chat = Chat(self, chat_id, kind, title, owner, username=username, forum=forum)
        chat.members[owner.id] = Member(owner.user, "creator")
        if forum:
            chat.topics[GENERAL] = Topic(GENERAL, "General")
        self.chats[chat_id] = chat
        return chat

    def next_message_id(self, chat: Chat | None) -> int:
        """The next id of that supergroup or channel, or of all other chats together."""
        if chat is None:
            self._next_message += 1
            return self._next_message
        self._next_in_chat[chat.id] += 1
        return self._next_in_chat[chat.id]

    def new_press(self, person: Person, message: Message, data: str) -> Press:
        """A press with an id of its own; the bot is told of it."""
        press = Press(str(self._next_press), person, message, data, self.clock.now())
        self._next_press += 7
        self.presses[press.id] = press
        chat = self.chats[message.chat_id]
        self.queue(
            "callback_query",
            {
                "id": press.id,
                "from": person.user.wire(),
                "message": self.wire_message(message),
                "chat_instance": str(7_000_000_000_000_000_000 + chat.id),
                "data": data,
            },
            life=CALLBACK_LIFE,
        )
        return press

    def queue(self, kind: str, content: Json, *, life: int = DAY) -> None:
        """Queue an update of that kind."""
        self.updates.add(kind, content, life)

    def unix_now(self) -> int:
        """The clock's time as Telegram writes it."""
        return int(self.clock.now().timestamp())

    def record(
        self, kind: EventKind, chat: Chat | None, message: Message | None, *, method: str = ""
    ) -> None:
        """A line in the journal about something the bot did to a message."""
        self.journal.record(
            Event(
                self.clock.now(),
                kind,
                chat,
                who=self.bot.first_name,
                text=message.text if message else "",
                html=message.html if message else "",
                message=message,
                method=method,
            )
        )

    def wire_message(self, message: Message) -> Json:
        """As the Bot API's Message."""
        return wire_message(self.chats, self.bot, message)
