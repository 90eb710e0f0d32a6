"""What is said of topics, and to administrators who change them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

from watchdog_bot.core.buttons import encode
from watchdog_bot.core.match.query_vocabulary import name_key
from watchdog_bot.core.model import Button, Message, Topic
from watchdog_bot.core.render import escape
from watchdog_bot.core.replies import counted
from watchdog_bot.core.text import cut

PAGE = 20  # topics in a list
WORDS_PAGE = 2400  # characters of a topic's words on a page


def key_of(name: str) -> str:
    """What stands for a topic in a button, however long its name is."""
    return hashlib.blake2s(name_key(name).encode(), digest_size=6).hexdigest()


def topics(listed: Sequence[Topic], page: int = 0) -> Message:
    """Every topic by name, one line each; a button shows its words."""
    if not listed:
        return Message(
            "No topics yet. Make one: <code>/topic_add torture torture, ill-treatment, пытк*</code>"
        )
    pages = -(-len(listed) // PAGE)
    page %= pages
    shown = listed[page * PAGE : (page + 1) * PAGE]
    lines = ["<b>Topics</b>"]
    lines += [f"• {escape(each.name)} — {counted(len(each.words), 'word')}" for each in shown]
    lines.append("Press one to see its words. Follow it with <code>/subscribe topic:NAME</code>")
    buttons = [Button(cut(each.name, 30), data=encode("tp", key_of(each.name), 0)) for each in shown]
    rows = [tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]
    return Message("\n".join(lines), buttons=(*rows, *_pages("tl", page, pages)))


def topic(one: Topic, page: int) -> Message:
    """The words of one topic, as many as fit on a page."""
    found = _word_pages(one.words)
    page %= len(found)
    name = f'"{one.name}"' if len(one.name.split()) > 1 else one.name
    html = (
        f"<b>{escape(one.name)}</b> — {counted(len(one.words), 'word')}\n{escape(', '.join(found[page]))}\n"
        f"<code>/subscribe topic:{escape(name)}</code>"
    )
    back = (Button("‹ Topics", data=encode("tl", 0)),)
    return Message(html, buttons=(*_pages("tp", page, len(found), key_of(one.name)), back))


def _word_pages(words: Sequence[str]) -> list[list[str]]:
    pages: list[list[str]] = [[]]
    room = WORDS_PAGE
    for word in words:
        room -= len(word) + 2
        if room < 0 and pages[-1]:
            pages.append([])
            room = WORDS_PAGE - len(word) - 2
        pages[-1].append(word)
    return pages


def _pages(action: str, page: int, pages: int, *args: str) -> tuple[tuple[Button, ...], ...]:
    if pages < 2:
        return ()
    row = (
        Button("‹", data=encode(action, *args, (page - 1) % pages)),
        Button(f"{page + 1}/{pages}", data=encode(action, *args, page)),
        Button("›", data=encode(action, *args, (page + 1) % pages)),
    )
    return (row,)


class TopicEffect(Protocol):
    """A topic before and after, and what each matches among stored posts; `after` None: it goes."""

    @property
    def name(self) -> str: ...
    @property
    def before(self) -> Topic | None: ...
    @property
    def after(self) -> Topic | None: ...
    @property
    def hits_before(self) -> int: ...
    @property
    def hits_after(self) -> int: ...
    @property
    def looked_at(self) -> int: ...
    @property
    def followers(self) -> int: ...
    @property
    def draft(self) -> int: ...


def topic_change(change: TopicEffect) -> Message:
    """What a change would do, before it is made."""
    name = f"<b>{escape(cut(change.name, 60))}</b>"
    if change.after is None:
        head, button = f"Remove the topic {name}?", "🗑 Remove it"
    elif change.before is None:
        head, button = f"Add the topic {name}?", "✅ Add it"
    else:
        head, button = f"Change the topic {name}?", "✅ Change it"
    lines = [head, *_words(change), *_effect(change, "would match")]
    row = (
        Button(button, data=encode("ts", change.draft)),
        Button("Leave it", data=encode("tx", change.draft)),
    )
    return Message("\n".join(lines), buttons=(row,))


def topic_changed(change: TopicEffect, *, saved: bool) -> Message:
    """What was done."""
    name = f"<b>{escape(cut(change.name, 60))}</b>"
    if not saved:
        return Message(f"Topic {name} is left as it is.")
    if change.after is None:
        head = f"🗑 Topic {name} removed."
    else:
        head = f"✅ Topic {name} {'changed' if change.before else 'added'}."
    return Message("\n".join((head, *_words(change), *_effect(change, "matches"))))


def _words(change: TopicEffect) -> list[str]:
    """The words of a new topic, or what is new and what is gone."""
    old = change.before.words if change.before else ()
    new = change.after.words if change.after else ()
    if not old:
        return [f"Words: {_shown(new)}"]
    if not new:
        return []
    lines = [f"{counted(len(new), 'word')}, as it has now."] if set(old) == set(new) else []
    added, gone = [each for each in new if each not in old], [each for each in old if each not in new]
    lines += [f"New: {_shown(added)}"] * bool(added) + [f"Gone: {_shown(gone)}"] * bool(gone)
    return lines


def _shown(words: Sequence[str]) -> str:
    return escape(cut(", ".join(words), 600))


def _effect(change: TopicEffect, verb: str) -> list[str]:
    followed = f"Followed by {counted(change.followers, 'subscription')}."
    if change.after is None and change.followers:
        followed = (
            f"{followed[:-1]}: what asks for it finds nothing by it until a topic of that name is added."
        )
    if not change.looked_at:
        return ["No posts are stored yet to try it on.", followed]
    looked = f"of the last {counted(change.looked_at, 'stored post')}"
    if change.after is None:
        return [f"It matched {change.hits_before} {looked}.", followed]
    difference = change.hits_after - change.hits_before
    compared = ""
    if change.before is not None:
        now = "now" if verb == "would match" else "before"
        more = f"{abs(difference)} {'more' if difference > 0 else 'fewer'} than {now}"
        compared = f", {more if difference else f'as many as {now}'}"
    return [f"It {verb} {change.hits_after} {looked}{compared}.", followed]
