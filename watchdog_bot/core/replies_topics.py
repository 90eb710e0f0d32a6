"""What administrators are told of topics. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from watchdog_bot.core.model import Message, Topic
from watchdog_bot.core.render import escape
from watchdog_bot.core.replies import LIST_LIMIT, counted
from watchdog_bot.core.text import cut


def topics(listed: Sequence[Topic]) -> Message:
    """Every topic with its words."""
    if not listed:
        return Message(
            "No topics yet. Make one: <code>/topic_add torture torture, ill-treatment, пытк*</code>"
        )
    lines = ["<b>Topics</b>"]
    for topic in listed:
        words = ", ".join(topic.words)
        line = f"• <b>{escape(cut(topic.name, 60))}</b>: {escape(cut(words, 300))}"
        if sum(map(len, lines)) + len(line) > LIST_LIMIT:
            lines.append("…")
            break
        lines.append(line)
    return Message("\n".join(lines))


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
