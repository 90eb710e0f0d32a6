"""What is said of topics, and to administrators who change them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

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


def topic_changed(
    name: str, *, words: Sequence[str], before: int, after: int, looked_at: int, followers: int, existed: bool
) -> Message:
    """What the change does, measured on stored posts."""
    if words:
        head = f"✅ Topic <b>{escape(cut(name, 60))}</b> {'changed' if existed else 'added'}: {escape(cut(', '.join(words), 500))}"
    else:
        head = f"🗑 Topic <b>{escape(cut(name, 60))}</b> removed."
    difference = after - before
    compared = (
        "as many as before"
        if not difference
        else f"{abs(difference)} {'more' if difference > 0 else 'fewer'} than before"
    )
    effect = f"It matches {after} of the last {counted(looked_at, 'stored post')}" + (
        f", {compared}." if existed else "."
    )
    if not looked_at:
        effect = "No posts are stored yet to try it on."
    return Message("\n".join((head, effect, f"Followed by {counted(followers, 'subscription')}.")))
