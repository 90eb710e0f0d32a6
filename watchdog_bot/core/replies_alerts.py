"""What the bot says when less is wanted of what an alert brought. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from watchdog_bot.core.buttons import encode
from watchdog_bot.core.model import Button, Message, Post
from watchdog_bot.core.render import Names, escape, titled
from watchdog_bot.core.replies import counted
from watchdog_bot.core.text import cut

MUTE_DAYS = (1, 7)


def mute_menu(post: Post, countries_: Sequence[str], names: Names) -> Message:
    """What can be silenced from an alert, and for how long."""
    rows = []
    for code in countries_[:3]:
        label = f"{names.flag(code)} {names.name(code)}"
        rows.append(
            (
                Button(f"{label}, 1 day", data=encode("mc", code, 1)),
                Button(f"{label}, 7 days", data=encode("mc", code, 7)),
            )
        )
    rows.append(
        (
            Button("This source, 1 day", data=encode("ms", post.id, 1)),
            Button("7 days", data=encode("ms", post.id, 7)),
        )
    )
    rows.append(
        (Button("Everything, until I say", data=encode("pause")), Button("Cancel", data=encode("cancel")))
    )
    return Message(
        f"🔕 <b>Mute</b>\n{titled(cut(post.title, 120), post.link)}\n"
        "What shall be quiet? /unmute ends it again.",
        buttons=tuple(rows),
    )


def muted(what: str, days: int, mute_id: int) -> Message:
    """After muting, with the way back."""
    return Message(
        f"🔕 Muted for {counted(days, 'day')}: {escape(cut(what, 100))}.",
        buttons=((Button("↩️ Undo", data=encode("um", mute_id)),),),
    )
