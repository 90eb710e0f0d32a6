"""Chats: who is in them, what stands in them, what the bot may do there.

A `Chat` changes by calls and queues the updates that Telegram would send: service messages, `my_chat_member`.
Ids are as Telegram's: people positive, groups negative, supergroups and channels below -100 0000000000.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from watchdog_bot.simulator.values import Event, EventKind, Json, Message, User

if TYPE_CHECKING:
    from watchdog_bot.simulator.people import Person
    from watchdog_bot.simulator.world import World

GENERAL: Final = 1  # the topic that every forum has; never sent as message_thread_id
ADMIN_RIGHTS: Final = [
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
]
GROUP_RIGHTS: Final = ("can_pin_messages", "can_manage_topics")
CHANNEL_RIGHTS: Final = ("can_post_messages", "can_edit_messages")
_NOT_GIVEN: Final = frozenset({"can_promote_members"})
SEND_RIGHTS: Final = [
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
    "can_edit_tag",
]
PRESENT: Final = frozenset({"creator", "administrator", "member", "restricted"})


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody's standing in a chat: creator, administrator, member, restricted, left or kicked."""

    user: User
    status: str
    rights: frozenset[str] = frozenset()
    anonymous: bool = False

    @property
    def present(self) -> bool:
        """Whether they are in the chat."""
        return self.status in PRESENT

    @property
    def leads(self) -> bool:
        """Whether they are its creator or an administrator."""
        return self.status in {"creator", "administrator"}

    def may(self, right: str) -> bool:
        """Whether an administrator has that right; the creator has all."""
        return self.status == "creator" or (self.status == "administrator" and right in self.rights)

    def wire(self, kind: str) -> Json:
        """As the Bot API's ChatMember, for a chat of that kind."""
        body: Json = {"user": self.user.wire(), "status": self.status}
        match self.status:
            case "creator":
                body["is_anonymous"] = self.anonymous
            case "administrator":
                own = CHANNEL_RIGHTS if kind == "channel" else GROUP_RIGHTS
                body |= {right: right in self.rights for right in (*ADMIN_RIGHTS, *own)}
                body |= {"can_be_edited": False, "is_anonymous": self.anonymous}
            case "restricted":
                body |= {right: right in self.rights for right in SEND_RIGHTS}
                body |= {"is_member": True, "until_date": 0}
            case "kicked":
                body["until_date"] = 0
            case _:
                pass
        return body


@dataclass(slots=True)
class Topic:
    """A forum topic; its id is that of the service message that made it."""

    id: int
    name: str
    closed: bool = False


def rights_for(kind: str, given: dict[str, bool]) -> frozenset[str]:
    """The usual rights of an administrator, changed by what is given by name. TypeError for unknown names."""
    own = CHANNEL_RIGHTS if kind == "channel" else GROUP_RIGHTS
    every = {*ADMIN_RIGHTS, *own}
    if unknown := set(given) - every:
        raise TypeError(f"no such right in a {kind}: {sorted(unknown)}; there are {sorted(every)}")
    return frozenset(right for right in every if given.get(right, right not in _NOT_GIVEN))


@dataclass(slots=True, eq=False)
class Chat:
    """A private chat, group, supergroup or channel."""

    world: World = field(repr=False)
    id: int = field(repr=False)
    kind: str
    title: str
    owner: Person
    username: str = ""
    forum: bool = False
    members: dict[int, Member] = field(default_factory=dict, repr=False)
    topics: dict[int, Topic] = field(default_factory=dict, repr=False)
    messages: dict[int, Message] = field(default_factory=dict, repr=False)
    migrated_to: Chat | None = field(default=None, repr=False)
    deleted: bool = False
    description: str = ""
    mute_all: bool = False  # the group's default permission forbids members to write

    # ------------------------------------------------------------------ reading

    @property
    def name(self) -> str:
        """For a transcript: the title, or the person's first name."""
        return self.title or self.owner.first_name

    @property
    def last(self) -> Message | None:
        """The bot's newest message that is still there."""
        return next((m for m in reversed(self.messages.values()) if m.from_bot and not m.service), None)

    @property
    def from_bot(self) -> tuple[Message, ...]:
        """All the bot's messages that are still there, oldest first, as they stand now."""
        return tuple(m for m in self.messages.values() if m.from_bot and not m.service)

    @property
    def bot(self) -> Member:
        """The bot's standing here."""
        return self.members.get(self.world.bot.id) or Member(self.world.bot, "left")

    def member(self, user: User) -> Member:
        """Somebody's standing here."""
        return self.members.get(user.id) or Member(user, "left")

    def wire(self) -> Json:
        """As the Bot API's Chat."""
        body: Json = {"id": self.id, "type": self.kind}
        if self.kind == "private":
            user = self.owner.user
            body["first_name"] = user.first_name
            if user.last_name:
                body["last_name"] = user.last_name
            if user.username:
                body["username"] = user.username
            return body
        body["title"] = self.title
        if self.username:
            body["username"] = self.username
        if self.forum:
            body["is_forum"] = True
        return body

    # ------------------------------------------------------------------ the bot's standing

    def add_bot(self, *, admin: bool = False, by: Person | None = None) -> None:
        """Bring the bot in; channels take it as an administrator only."""
        status = "administrator" if admin or self.kind == "channel" else "member"
        rights = rights_for(self.kind, {}) if status == "administrator" else frozenset()
        self._set_bot(Member(self.world.bot, status, rights), by)
        if self.kind != "channel":
            self._service(by or self.owner, {"new_chat_members": [self.world.bot.wire()]})

    def remove_bot(self, *, by: Person | None = None) -> None:
        """Kick the bot."""
        self._set_bot(Member(self.world.bot, "kicked"), by)

    def promote_bot(self, *, by: Person | None = None, **rights: bool) -> None:
        """Make the bot an administrator with the usual rights, changed by name."""
        self._set_bot(Member(self.world.bot, "administrator", rights_for(self.kind, rights)), by)

    def demote_bot(self, *, by: Person | None = None) -> None:
        """Make the bot a plain member."""
        self._set_bot(Member(self.world.bot, "member"), by)

    def restrict_bot(self, *, can_send: bool = False, by: Person | None = None) -> None:
        """Let the bot be present but silent (or speak again)."""
        rights = frozenset(SEND_RIGHTS) if can_send else frozenset(SEND_RIGHTS) - {"can_send_messages"}
        self._set_bot(Member(self.world.bot, "member" if can_send else "restricted", rights), by)

    def bot_leaves(self) -> None:
        """What leaveChat does."""
        self._set_bot(Member(self.world.bot, "left"), None)

    def delete(self) -> None:
        """The owner deletes the chat."""
        self._set_bot(Member(self.world.bot, "left"), self.owner)
        self.deleted = True

    # ------------------------------------------------------------------ people's standing

    def add(self, person: Person) -> None:
        """Somebody joins."""
        self._set_member(person, Member(person.user, "member"))
        self._service(person, {"new_chat_members": [person.user.wire()]})

    def kick(self, person: Person) -> None:
        """Somebody is banned."""
        self._set_member(person, Member(person.user, "kicked"))
        self._service(self.owner, {"left_chat_member": person.user.wire()})

    def leave(self, person: Person) -> None:
        """Somebody leaves."""
        self._set_member(person, Member(person.user, "left"))
        self._service(person, {"left_chat_member": person.user.wire()})

    def promote(self, person: Person, *, anonymous: bool = False, **rights: bool) -> None:
        """Somebody becomes an administrator with the usual rights, changed by name."""
        self._set_member(
            person, Member(person.user, "administrator", rights_for(self.kind, rights), anonymous)
        )

    def demote(self, person: Person) -> None:
        """Somebody becomes a plain member again."""
        self._set_member(person, Member(person.user, "member"))

    def migrate(self) -> Chat:
        """The group becomes a supergroup: a new chat with a new id; the old one refuses messages."""
        if self.kind != "group" or self.migrated_to is not None:
            raise ValueError(
                f"{self.title!r} is a {self.kind}; only a group that was not yet migrated can be"
            )
        new = self.world.new_chat("supergroup", self.title, self.owner)
        new.members = dict(self.members)
        self.migrated_to = new
        self._service(self.owner, {"migrate_to_chat_id": new.id})
        new._service(self.owner, {"migrate_from_chat_id": self.id})  # noqa: SLF001 - the same class
        return new

    # ------------------------------------------------------------------ topics

    def create_topic(self, name: str) -> int:
        """A new topic; its thread id."""
        if not self.forum:
            raise ValueError(f"{self.title!r} has no topics; create it with topics=True")
        message = self._service(self.owner, {"forum_topic_created": {"name": name, "icon_color": 7322096}})
        self.topics[message.id] = Topic(message.id, name)
        self.messages[message.id] = replace(message, thread=message.id)
        return message.id

    def close_topic(self, thread: int = GENERAL) -> None:
        """Nobody but those who manage topics can write there."""
        self.topics[thread].closed = True
        self._service(self.owner, {"forum_topic_closed": {}}, thread=thread)

    def reopen_topic(self, thread: int = GENERAL) -> None:
        """Everybody can write there again."""
        self.topics[thread].closed = False
        self._service(self.owner, {"forum_topic_reopened": {}}, thread=thread)

    def delete_topic(self, thread: int) -> None:
        """The topic and what stands in it are gone."""
        del self.topics[thread]
        self.messages = {key: m for key, m in self.messages.items() if m.thread != thread}

    # ------------------------------------------------------------------ inside

    def put(self, message: Message) -> Message:
        """Store a message (new or edited)."""
        self.messages[message.id] = message
        return message

    def next_message_id(self) -> int:
        """Supergroups and channels count for themselves, all other chats share one count."""
        return self.world.next_message_id(self if self.kind in {"supergroup", "channel"} else None)

    def in_it(self) -> Iterable[Member]:
        """Members who are present."""
        return (member for member in self.members.values() if member.present)

    def _set_bot(self, new: Member, by: Person | None) -> None:
        old = self.bot
        self.members[new.user.id] = new
        if old == new:
            return
        actor = by.user if by else self.owner.user
        if new.status == "left" and by is None:
            actor = self.world.bot
        self.world.queue(
            "my_chat_member",
            {
                "chat": self.wire(),
                "from": actor.wire(),
                "date": self.world.unix_now(),
                "old_chat_member": old.wire(self.kind),
                "new_chat_member": new.wire(self.kind),
            },
        )
        self.note(actor, f"the bot: {old.status} → {new.status}")

    def _set_member(self, person: Person, new: Member) -> None:
        old = self.member(person.user)
        self.members[person.id] = new
        if old == new:
            return
        if self.bot.leads:
            self.world.queue(
                "chat_member",
                {
                    "chat": self.wire(),
                    "from": self.owner.user.wire(),
                    "date": self.world.unix_now(),
                    "old_chat_member": old.wire(self.kind),
                    "new_chat_member": new.wire(self.kind),
                },
            )
        self.note(person.user, f"{old.status} → {new.status}")

    def note(self, who: User, text: str) -> None:
        """A line in the journal about standing."""
        self.world.journal.record(
            Event(self.world.clock.now(), EventKind.MEMBERSHIP, self, who=who.first_name, text=text)
        )

    def _service(self, by: Person, content: Json, *, thread: int | None = None) -> Message:
        message = Message(
            id=self.next_message_id(),
            chat_id=self.id,
            sender=by.user,
            from_bot=False,
            date=self.world.clock.now(),
            service=content,
            thread=None if thread == GENERAL else thread,
        )
        self.put(message)
        if self.bot.present:
            self.world.queue("message", self.world.wire_message(message))
        return message
