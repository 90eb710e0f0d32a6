"""What is said to administrators of alerts that were given up and of what was changed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from watchdog_bot.core.buttons import encode
from watchdog_bot.core.model import Button, Delivery, Message
from watchdog_bot.core.render import escape
from watchdog_bot.core.replies import ago
from watchdog_bot.core.text import cut

SHOWN = 8  # alerts of a list, each with a button
CHANGES = 15


def undelivered(dead: Sequence[tuple[Delivery, str]], now: datetime) -> Message:
    """Each with its post's title: what was given up, when it was decided, and why. Nobody's chat is in it."""
    if not dead:
        return Message("No alert was given up.")
    lines = ["<b>Given up</b>, the newest first:"]
    for number, (delivery, title) in enumerate(dead, 1):
        cause = escape(cut(delivery.cause or "no cause was noted", 160))
        lines.append(
            f"{number}. {escape(cut(title, 80))} — {ago(delivery.created_at, now)}, "
            f"tried {'once' if delivery.attempts == 1 else f'{delivery.attempts} times'}: {cause}"
        )
    lines.append("A second chance begins from the start. What was in doubt may then arrive twice.")
    each = [
        Button(f"🔁 {number}", data=encode("rq", delivery.id)) for number, (delivery, _) in enumerate(dead, 1)
    ]
    rows = [tuple(each[at : at + 4]) for at in range(0, len(each), 4)]
    every = (Button("🔁 All of these", data=encode("rq", 0)),)
    return Message("\n".join(lines), buttons=(*rows, every))


def changes(audits: Sequence[tuple[datetime, str, str]], now: datetime) -> Message:
    """The newest changes, a line each."""
    if not audits:
        return Message("Nothing was changed yet.")
    lines = [
        f"• {ago(at, now)}: {escape(action)} {escape(cut(detail, 120))}".rstrip()
        for at, action, detail in audits
    ]
    return Message("\n".join(("<b>Changes</b>", *lines)))
