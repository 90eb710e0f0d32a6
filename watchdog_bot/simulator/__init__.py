"""A strict local Telegram: the Bot API over HTTP on loopback, and the people on the other side.

It keeps chats, members, topics and messages, enforces the rules that Telegram enforces (HTML, lengths in
UTF-16 units, callback data in bytes, buttons, rights, ages, flood limits) with Telegram's own error texts,
and misbehaves on request. It never talks to the internet and knows nothing of the bot that uses it.

    async with Simulator() as sim:
        application = Application.builder().token(sim.token).base_url(f"{sim.base_url}/bot").build()
        ...                                          # or start `bot.py run` in a process of its own
        vera = sim.person("Vera", language="ru")
        vera.say("/start")                           # everything people do is a plain call: no await
        reply = await sim.wait_for(lambda: vera.chat.last)
        press = vera.press("Ukraine")                # the newest message that has such a button
        answer = await sim.wait_for(lambda: press.answer)
        assert answer.text == "Ukraine: on"
        assert not sim.unanswered() and not sim.violations

Simulator(token=TOKEN, *, clock=None, strict_limits=False, port=0, name="Watchdog", username="watchdog_sim_bot",
          privacy=True, on_event=None)
    async with / await start() / await stop()    stop and start again = an outage: state and port are kept
    base_url, token, bot (User), clock           base_url is http://127.0.0.1:PORT
    person(first_name, *, language="en", last_name="", username="", premium=False) -> Person
    people, chats                                every Person; every Chat by id
    journal: Journal                             what happened, in order
    violations: list[Violation]                  calls that Telegram would not punish but we do (see below)
    unanswered() -> tuple[Press, ...]            presses that the bot never answered
    faults: Faults                               see below
    limits: FloodLimits                          see below
    calls: Counter[str]                          calls that arrived, by method ("sendMessage": 12)
    await wait_for(look, timeout=10.0) -> T      look() is called after each event until it gives something
                                                 truthy; TimeoutError names the last events otherwise
    redeliver(update_id=None) -> int             put the last (or that) update in the queue once more, same id
    pending -> int                               updates that the bot has not confirmed
    commands(scope=None, language="") -> tuple[dict, ...]   what setMyCommands stored
    profile(language="") -> Profile              name, description, short_description
    webhook -> Webhook | None                    url, secret_token, ... when set

Person                                           sync; each queues the update that Telegram would send
    id, first_name, last_name, username, language, chat (the private Chat with the bot)
    say(text, *, chat=None, reply_to=None, thread=None, anonymous=False) -> Message
    start(payload="") -> Message                 what a t.me/bot?start=payload link does
    edit(message, text) -> Message
    press(button, *, message=None, chat=None) -> Press     button: its text (exact, else a unique part), or a Button;
                                                 message: a Message or its id; else the newest message that has it
    tap(button, *, chat=None) -> Message         a button of the reply keyboard: its text is sent
    share_chat(button, chat) -> Message          answers a request_chat button of a reply keyboard
    block_bot() unblock_bot() deactivate()
    create_group(title, *, topics=False, supergroup=False, bot=True, username="") -> Chat   topics imply supergroup
    create_channel(title, *, bot=True, username="") -> Chat
    add_bot(chat) remove_bot(chat) promote_bot(chat, **rights) restrict_bot(chat, can_send=False)
    promote(person, chat, **rights) demote(person, chat) join(chat) leave(chat) migrate(chat) -> Chat
    create_topic(chat, name) -> int              thread id;  close_topic / reopen_topic / delete_topic(chat, thread)
    post(chat, text) -> Message                  in a channel

Chat                                             groups and channels have the same verbs without naming the owner
    id, kind ("private" | "group" | "supergroup" | "channel"), title, name (title or the person's), owner, members, topics, messages
    last -> Message | None                       newest message of the bot
    from_bot -> tuple[Message, ...]              all that the bot has there now, oldest first
    add_bot(admin=False) remove_bot() delete() promote_bot(**rights) demote_bot() restrict_bot(can_send=False)
    mute_all = True                              the group's default permissions forbid to write
    add(person) kick(person) promote(person, **rights) demote(person) migrate() -> Chat
    create_topic(name) -> int  close_topic(thread) reopen_topic(thread) delete_topic(thread)

Message (frozen; an edit replaces it in chat.messages)
    id, chat_id, sender, from_bot, date, text (plain), html (as sent, "" unless parse_mode=HTML), entities (tuple[Entity, ...]),
    buttons (tuple of rows of Button: inline or reply keyboard), keyboard ("inline" | "reply" | "remove" | "force_reply" | ""),
    thread, reply_to (message id or None), silent, protected, edited (datetime or None), preview (LinkPreview or None)
    button(text) -> Button                       exact, else a unique part of it; LookupError lists what there is
    labels -> tuple[str, ...]                    all button texts in reading order
Button: text, data, url, kind ("callback" | "url" | "web_app" | "copy_text" | "switch_inline" | "text" | "request_chat" | ...), raw
Entity: type, offset, length (UTF-16 units), url, language, unix_time, date_time_format, custom_emoji_id
Press:  id, person, message, data, at, answer (Answer or None);  Answer: text, alert, url, cache_time, at

Journal
    counts: Counter[EventKind]                   lines so far by kind
    events: Sequence[Event]                      Event(at, kind, chat, who, text, html, message, press, method, error)
    kinds (EventKind): SENT EDITED DELETED ANSWERED CHAT_ACTION REACTED | SAID PRESSED PERSON_EDITED MEMBERSHIP | REFUSED FAULT
    sent(chat=None) -> tuple[Message, ...]       as they were when sent, oldest first
    of(*kinds, chat=None) -> tuple[Event, ...]
    mark() -> int, since(mark) -> tuple[Event, ...]
    on_event                                     called with every Event as it happens: for a live transcript

Faults (checked per call, oldest rule first; each rule counts its own matching calls)
    add(fault, *, method=None, chat=None, skip=0, times=1, when=None) -> Rule      times=None: for ever; Rule.hits, Rule.remove()
    fault: TooManyRequests(retry_after) Forbidden(text) BadRequest(text, migrate_to=None) ServerError() BadGateway()
           Unauthorized() Slow(seconds) CloseBefore() CloseAfter() HangBefore() HangAfter() Garbage()       *After: processed, answer lost
    clear()

FloodLimits (on the simulator's clock; refuses only when strict)
    strict: bool, chat_burst: int (1), calls refused: refused, during_wait (calls made although told to wait)
    peak_overall (most messages in any second), peak_chat (in any second), peak_group (in any minute)

Violations: unknown parameters, malformed values and Markdown are recorded and refused with 400, unknown methods with 404.
What Telegram swallows without a word is recorded and swallowed: a link without a usable target (javascript:, a host
without a dot), a button with two actions, unknown fields of a keyboard. A test ends with `assert not sim.violations`.
"""

from __future__ import annotations

from watchdog_bot.simulator.chats import GENERAL, Chat, Member, Topic
from watchdog_bot.simulator.faults import (
    BadGateway,
    BadRequest,
    Call,
    CloseAfter,
    CloseBefore,
    Fault,
    Faults,
    Forbidden,
    Garbage,
    HangAfter,
    HangBefore,
    Rule,
    ServerError,
    Slow,
    TooManyRequests,
    Unauthorized,
)
from watchdog_bot.simulator.journal import Journal
from watchdog_bot.simulator.limits import FloodLimits
from watchdog_bot.simulator.people import Person
from watchdog_bot.simulator.server import Simulator
from watchdog_bot.simulator.values import (
    Answer,
    Button,
    Entity,
    Event,
    EventKind,
    LinkPreview,
    Message,
    Press,
    User,
    Violation,
)
from watchdog_bot.simulator.world import TOKEN, Profile, Webhook

__all__ = [
    "GENERAL",
    "TOKEN",
    "Answer",
    "BadGateway",
    "BadRequest",
    "Button",
    "Call",
    "Chat",
    "CloseAfter",
    "CloseBefore",
    "Entity",
    "Event",
    "EventKind",
    "Fault",
    "Faults",
    "FloodLimits",
    "Forbidden",
    "Garbage",
    "HangAfter",
    "HangBefore",
    "Journal",
    "LinkPreview",
    "Member",
    "Message",
    "Person",
    "Press",
    "Profile",
    "Rule",
    "ServerError",
    "Simulator",
    "Slow",
    "TooManyRequests",
    "Topic",
    "Unauthorized",
    "User",
    "Violation",
    "Webhook",
]
