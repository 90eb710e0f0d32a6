"""The people on the other side: they write, press, block, make groups. Every verb is a plain call.

Each verb queues the updates that Telegram would send to the bot, and none that it would not: in groups the bot
sees only what privacy mode lets it see (Bot FAQ, "What messages will my bot get?").
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from watchdog_bot.simulator.chats import GENERAL, Chat, Member
from watchdog_bot.simulator.html import utf16
from watchdog_bot.simulator.values import (
    ANONYMOUS,
    Button,
    Entity,
    Event,
    EventKind,
    Json,
    Message,
    Press,
    User,
)

if TYPE_CHECKING:
    from watchdog_bot.simulator.world import World

_FOUND: Final = re.compile(
    r"(?P<url>https?://[^\s<>\"]*[^\s<>\".,;:!?)])"
    r"|(?<![\w/<>])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/<>@])"
    r"|(?<![\w/])(?P<hashtag>\#\w*[^\W\d_]\w*)"
    r"|(?<![\w/])(?P<mention>@[A-Za-z][A-Za-z0-9_]{3,31})(?!\w)"
)


def find_entities(text: str) -> tuple[Entity, ...]:
    """Commands, links, hashtags and mentions, as a client marks them."""
    return tuple(
        Entity(found.lastgroup or "", utf16(text[: found.start()]), utf16(found[0]))
        for found in _FOUND.finditer(text)
    )


@dataclass(slots=True, eq=False)
class Person:
    """Somebody with a Telegram account."""

    world: World = field(repr=False)
    user: User
    chat: Chat = field(init=False, repr=False)
    started: bool = False  # the bot may write only to those who have
    blocked: bool = False
    deactivated: bool = False

    def __post_init__(self) -> None:
        self.chat = Chat(self.world, self.user.id, "private", "", self)

    @property
    def id(self) -> int:
        """The user's id, and that of the private chat with the bot."""
        return self.user.id

    @property
    def first_name(self) -> str:
        """As shown."""
        return self.user.first_name

    @property
    def last_name(self) -> str:
        """As shown."""
        return self.user.last_name

    @property
    def username(self) -> str:
        """Without @."""
        return self.user.username

    @property
    def language(self) -> str:
        """The language of their app, as `language_code`."""
        return self.user.language

    # ------------------------------------------------------------------ writing

    def say(
        self,
        text: str,
        *,
        chat: Chat | None = None,
        reply_to: Message | int | None = None,
        thread: int | None = None,
        anonymous: bool = False,
    ) -> Message:
        """Write in a chat (by default the private one, which unblocks the bot).

        `anonymous`: in the group's name, for its administrators.
        """
        place = chat or self.chat
        self._must_be_able_to_write(place, thread)
        if place is self.chat:
            self.unblock_bot()
        reply_id = reply_to.id if isinstance(reply_to, Message) else reply_to
        message = Message(
            id=place.next_message_id(),
            chat_id=place.id,
            sender=self._shown_as(place, anonymous=anonymous),
            from_bot=False,
            date=self.world.clock.now(),
            text=text,
            entities=find_entities(text),
            thread=_thread_of(place, thread, reply_id),
            reply_to=reply_id if reply_id is not None else _topic_start(place, thread),
            sender_chat_id=place.id if anonymous else None,
        )
        place.put(message)
        if place is self.chat:
            self.started = True
        if self._bot_sees(place, message):
            self.world.queue("message", self.world.wire_message(message))
        self._note(EventKind.SAID, place, message)
        return message

    def start(self, payload: str = "") -> Message:
        """Press Start, or follow a `t.me/bot?start=payload` link."""
        return self.say(f"/start {payload}".rstrip())

    def edit(self, message: Message, text: str) -> Message:
        """Change an own message."""
        chat = self.world.chats[message.chat_id]
        edited = replace(message, text=text, entities=find_entities(text), edited=self.world.clock.now())
        chat.put(edited)
        if self._bot_sees(chat, edited):
            self.world.queue("edited_message", self.world.wire_message(edited))
        self._note(EventKind.PERSON_EDITED, chat, edited)
        return edited

    def post(self, chat: Chat, text: str) -> Message:
        """Publish in a channel."""
        message = Message(
            id=chat.next_message_id(),
            chat_id=chat.id,
            sender=None,
            from_bot=False,
            date=self.world.clock.now(),
            text=text,
            entities=find_entities(text),
            sender_chat_id=chat.id,
        )
        chat.put(message)
        if chat.bot.leads:
            self.world.queue("channel_post", self.world.wire_message(message))
        self._note(EventKind.SAID, chat, message)
        return message

    # ------------------------------------------------------------------ buttons

    def press(
        self, button: str | Button, *, message: Message | int | None = None, chat: Chat | None = None
    ) -> Press:
        """Press a callback button of the message, or of the bot's newest message that has it.

        LookupError when there is none; ValueError for a button that sends nothing to the bot.
        A button of a reply keyboard is pressed with `tap`.
        """
        place = chat or self.chat
        if isinstance(message, Message):
            place = self.world.chats[message.chat_id]
        where = self._with_button(place, button, message)
        pressed = where.button(button) if isinstance(button, str) else button
        if pressed.kind != "callback" or pressed.data is None:
            raise ValueError(
                f"{pressed.text!r} is a {pressed.kind} button: pressing it tells the bot nothing"
            )
        press = self.world.new_press(self, where, pressed.data)
        self.world.journal.record(
            Event(
                self.world.clock.now(),
                EventKind.PRESSED,
                place,
                who=self.first_name,
                text=pressed.text,
                message=where,
                press=press,
            )
        )
        return press

    def tap(self, button: str, *, chat: Chat | None = None) -> Message:
        """Tap a button of the reply keyboard: its text is sent."""
        place = chat or self.chat
        where = self._with_button(place, button, None)
        return self.say(where.button(button).text, chat=place)

    def share_chat(self, button: str, chat: Chat) -> Message:
        """Tap a `request_chat` button of the reply keyboard and choose that chat."""
        where = self._with_button(self.chat, button, None)
        wanted = where.button(button).raw["request_chat"]
        shared: Json = {"request_id": wanted["request_id"], "chat_id": chat.id}
        if wanted.get("request_title"):
            shared["title"] = chat.title
        if wanted.get("request_username") and chat.username:
            shared["username"] = chat.username
        message = Message(
            id=self.chat.next_message_id(),
            chat_id=self.id,
            sender=self.user,
            from_bot=False,
            date=self.world.clock.now(),
            service={"chat_shared": shared},
        )
        self.chat.put(message)
        self.world.queue("message", self.world.wire_message(message))
        self._note(EventKind.SAID, self.chat, replace(message, text=f"[shares {chat.title}]"))
        return message

    def _with_button(self, place: Chat, button: str | Button, message: Message | int | None) -> Message:
        if message is not None:
            message_id = message.id if isinstance(message, Message) else message
            if message_id not in place.messages:
                raise LookupError(f"message {message_id} is not there any more")
            return place.messages[message_id]
        wanted = button if isinstance(button, str) else button.text
        newest_first = [m for m in reversed(place.messages.values()) if m.from_bot]
        for matches in (lambda label: label == wanted, lambda label: wanted in label):
            for candidate in newest_first:
                if any(matches(label) for label in candidate.labels):
                    return candidate
        labels = newest_first[0].labels if newest_first else ()
        raise LookupError(f"no message has a button {wanted!r}; the newest one has {list(labels)}")

    # ------------------------------------------------------------------ the private chat

    def block_bot(self) -> None:
        """Stop the bot: it is told, and may not write any more."""
        if not self.blocked:
            self.blocked = True
            self._private_change("member", "kicked")

    def unblock_bot(self) -> None:
        """Let the bot write again."""
        if self.blocked:
            self.blocked = False
            self._private_change("kicked", "member")

    def deactivate(self) -> None:
        """Delete the account; nobody is told."""
        self.deactivated = True

    def _private_change(self, old: str, new: str) -> None:
        self.world.queue(
            "my_chat_member",
            {
                "chat": self.chat.wire(),
                "from": self.user.wire(),
                "date": self.world.unix_now(),
                "old_chat_member": Member(self.world.bot, old).wire("private"),
                "new_chat_member": Member(self.world.bot, new).wire("private"),
            },
        )
        self.chat.note(self.user, "blocks the bot" if new == "kicked" else "unblocks the bot")

    # ------------------------------------------------------------------ groups and channels

    def create_group(
        self,
        title: str,
        *,
        topics: bool = False,
        supergroup: bool = False,
        bot: bool = True,
        username: str = "",
    ) -> Chat:
        """A group of one's own, with the bot in it unless told otherwise; `topics` needs a supergroup."""
        kind = "supergroup" if topics or supergroup or username else "group"
        chat = self.world.new_chat(kind, title, self, username=username, forum=topics)
        if bot:
            chat.add_bot(by=self)
        return chat

    def create_channel(self, title: str, *, bot: bool = True, username: str = "") -> Chat:
        """A channel of one's own, with the bot as an administrator unless told otherwise."""
        chat = self.world.new_chat("channel", title, self, username=username)
        if bot:
            chat.add_bot(by=self)
        return chat

    def add_bot(self, chat: Chat, *, admin: bool = False) -> None:
        """Bring the bot in."""
        chat.add_bot(admin=admin, by=self)

    def remove_bot(self, chat: Chat) -> None:
        """Kick the bot."""
        chat.remove_bot(by=self)

    def promote_bot(self, chat: Chat, **rights: bool) -> None:
        """Make the bot an administrator."""
        chat.promote_bot(by=self, **rights)

    def restrict_bot(self, chat: Chat, *, can_send: bool = False) -> None:
        """Silence the bot, or let it speak again."""
        chat.restrict_bot(can_send=can_send, by=self)

    def promote(self, person: Person, chat: Chat, *, anonymous: bool = False, **rights: bool) -> None:
        """Make somebody an administrator."""
        chat.promote(person, anonymous=anonymous, **rights)

    def demote(self, person: Person, chat: Chat) -> None:
        """Make an administrator a plain member."""
        chat.demote(person)

    def join(self, chat: Chat) -> None:
        """Become a member."""
        chat.add(self)

    def leave(self, chat: Chat) -> None:
        """Stop being a member."""
        chat.leave(self)

    def migrate(self, chat: Chat) -> Chat:
        """Make the group a supergroup; the new chat."""
        return chat.migrate()

    def create_topic(self, chat: Chat, name: str) -> int:
        """A new topic; its thread id."""
        return chat.create_topic(name)

    def close_topic(self, chat: Chat, thread: int = GENERAL) -> None:
        """Close a topic."""
        chat.close_topic(thread)

    def reopen_topic(self, chat: Chat, thread: int = GENERAL) -> None:
        """Open it again."""
        chat.reopen_topic(thread)

    def delete_topic(self, chat: Chat, thread: int) -> None:
        """Delete it with all that stands in it."""
        chat.delete_topic(thread)

    # ------------------------------------------------------------------ inside

    def _must_be_able_to_write(self, place: Chat, thread: int | None) -> None:
        if self.deactivated:
            raise ValueError(f"{self.first_name} has no account any more")
        if place.kind == "private":
            if place is not self.chat:
                raise ValueError("a person writes in the own private chat only")
            return
        if place.kind == "channel":
            raise ValueError("people do not write in a channel; use post()")
        if place.migrated_to is not None or place.deleted:
            raise ValueError(f"{place.title!r} is closed: it was migrated or deleted")
        if not place.member(self.user).present:
            place.add(self)
        if thread is not None and thread not in place.topics:
            raise LookupError(f"no topic {thread} in {place.title!r}; there are {sorted(place.topics)}")

    def _shown_as(self, place: Chat, *, anonymous: bool) -> User:
        if not anonymous:
            return self.user
        if not place.member(self.user).leads:
            raise ValueError(f"{self.first_name} is no administrator of {place.title!r}")
        return ANONYMOUS

    def _bot_sees(self, place: Chat, message: Message) -> bool:
        if place.kind == "private":
            return True
        if not place.bot.present:
            return False
        if not self.world.privacy or place.bot.leads:
            return True
        if message.reply_to is not None:
            target = place.messages.get(message.reply_to)
            if target is not None and target.from_bot:
                return True
        return any(
            self._is_for_bot(message.text, entity)
            for entity in message.entities
            if entity.type == "bot_command"
        )

    def _is_for_bot(self, text: str, entity: Entity) -> bool:
        units = text.encode("utf-16-le")[entity.offset * 2 : entity.end * 2]
        _, _, addressee = units.decode("utf-16-le").partition("@")
        return not addressee or addressee.lower() == self.world.bot.username.lower()

    def _note(self, kind: EventKind, chat: Chat, message: Message) -> None:
        self.world.journal.record(
            Event(self.world.clock.now(), kind, chat, who=self.first_name, text=message.text, message=message)
        )


def _thread_of(place: Chat, thread: int | None, reply_id: int | None) -> int | None:
    """Topics have a thread, General has none; in a plain supergroup a reply belongs to its root's thread."""
    if place.forum:
        target = place.messages.get(reply_id) if reply_id is not None else None
        chosen = thread if thread is not None else (target.thread if target else None)
        return None if chosen == GENERAL else chosen
    if place.kind == "supergroup" and reply_id is not None:
        target = place.messages.get(reply_id)
        return (target.thread if target else None) or reply_id
    return None


def _topic_start(place: Chat, thread: int | None) -> int | None:
    """In a topic, what is no reply counts as one to the message that started the topic."""
    return thread if place.forum and thread not in {None, GENERAL} else None
