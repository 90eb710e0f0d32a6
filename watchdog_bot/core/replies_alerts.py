"""What the bot says of a digest's posts, and when less is wanted of what an alert brought. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchdog_bot.core.buttons import encode
from watchdog_bot.core.model import Button, Evidence, Message, Post
from watchdog_bot.core.render import Names, escape, evidence_line, titled
from watchdog_bot.core.replies import counted
from watchdog_bot.core.text import cut

WHY_POSTS = 4  # posts of a digest explained on one page
WHY_EVIDENCE = 6  # pieces of evidence for each of them
MUTE_DAYS = (1, 7)


@dataclass(frozen=True, slots=True)
class WhyView:
    """Why one post of a digest was in it. `queries`: the subscriptions that asked for it, in words."""

    post: Post
    evidence: Sequence[Evidence]
    queries: Sequence[str]


def why_page(shown: Sequence[WhyView], *, first: int, total: int, message_id: int, names: Names) -> Message:
    """Why the posts from number `first` (0-based) of a message's `total` were in it; buttons turn the page."""
    lines = [f"<b>Why you were sent these</b> ({first + 1}–{first + len(shown)} of {total})"]
    for number, each in enumerate(shown, start=first + 1):
        lines += ["", f"{number}. {titled(cut(each.post.title, 160), each.post.link)}"]
        kept = each.evidence[:WHY_EVIDENCE]
        lines += [evidence_line(piece, names) for piece in kept] or ["Its evidence is no longer kept."]
        if len(each.evidence) > len(kept):
            lines.append(f"• and {len(each.evidence) - len(kept)} more")
        if each.queries:
            asked = "; ".join(cut(query, 120) for query in each.queries[:3])
            lines.append(f"Asked for by: <code>{escape(asked)}</code>")
    return Message("\n".join(lines), buttons=_why_pages(first, total, message_id))


def _why_pages(first: int, total: int, message_id: int) -> tuple[tuple[Button, ...], ...]:
    pages = -(-total // WHY_POSTS)
    if pages < 2:
        return ()
    page = first // WHY_POSTS
    row = (
        Button("‹", data=encode("wd", message_id, (page - 1) % pages)),
        Button(f"{page + 1}/{pages}", data=encode("wd", message_id, page)),
        Button("›", data=encode("wd", message_id, (page + 1) % pages)),
    )
    return (row,)


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
