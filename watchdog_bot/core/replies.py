"""What all replies share: short sentences, what is so now, what to do next. Pure: values in, Telegram HTML out.

What the bot says on one subject stands in a module of its own: `replies_home`, `replies_follow`, `replies_alerts`,
`replies_topics`, `replies_feeds`, `replies_settings`. A refusal names the cause, the place and the mend.
"""

from __future__ import annotations

from datetime import datetime

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.model import Message
from watchdog_bot.core.render import escape

MEND_LIMIT = 300  # characters; a longer one would bury the cause, and cut short it would be no mend
LIST_LIMIT = 3500  # UTF-16 units that a list may fill before it is cut


def plain(text: str) -> Message:
    """A message of plain text."""
    return Message(escape(text))


def refused(error: QueryError, typed: str) -> Message:
    """A query that cannot be understood: the cause, the place, the mend."""
    html = [f"I cannot use that: {_sentence(escape(error.cause))}"]
    if typed.strip():
        html.append(f"<pre>{escape(_pointed(typed, error.position))}</pre>")
    if error.mend and len(error.mend) <= MEND_LIMIT:
        html.append(f"Try: {escape(error.mend)}")
    html.append("Nothing was changed.")
    return Message("\n".join(html))


POINTED = 30  # characters on a line of a small phone: a longer one would wrap, and the arrow point wrongly


def _pointed(typed: str, position: int) -> str:
    """The part of the text around a place, on one line, and an arrow below it."""
    line = "".join(" " if char.isspace() else char for char in typed)
    at = min(position, len(line))
    start = max(0, min(at - POINTED // 2, len(line) - POINTED))
    before = "…" if start else ""
    after = "…" if start + POINTED < len(line) else ""
    return f"{before}{line[start : start + POINTED]}{after}\n{' ' * (len(before) + at - start)}▲"


def _sentence(text: str) -> str:
    """With one full stop at the end, whatever it ended with."""
    return text if text.endswith(("?", "!")) else text.rstrip(".") + "."


def ago(moment: datetime | None, now: datetime) -> str:
    """How long since, in words."""
    if moment is None:
        return "never"
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{counted(seconds // size, unit)} ago"
    return "just now"


def counted(number: int, noun: str) -> str:
    """`1 post`, `2 posts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
