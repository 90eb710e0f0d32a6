"""Posts into Telegram HTML. Everything that came from outside is escaped; nothing of it can forge markup.

Limits (Bot API, sendMessage): 4,096 UTF-16 units after entities are parsed, 100 entities, callback data of
64 bytes. Only tags of Telegram's own list are written (Bot API, "HTML style"). Link previews are off: they
would fetch the page from elsewhere and show its picture unasked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from watchdog_bot.core import buttons
from watchdog_bot.core.model import AlsoAt, Button, ClaimedDelivery, Evidence, Message, Post
from watchdog_bot.core.summarise import DEFAULT_LIMIT, summary
from watchdog_bot.core.text import cut

TITLE_LIMIT = 400  # UTF-16 units of a title shown
WORDS_SHOWN = 8  # matched words named in an alert; /why names all
WORD_LIMIT = 60
NAME_LIMIT = 80
COUNTRIES_SHOWN = 4
ALSO_SHOWN = 5
LINK_LIMIT = 2048


@dataclass(frozen=True, slots=True)
class Names:
    """How countries are called and drawn: both take a country code."""

    name: Callable[[str], str]
    flag: Callable[[str], str]


def escape(text: str) -> str:
    """Text as Telegram HTML. Named entities beyond these four are not understood there."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def link(url: str | None) -> str | None:
    """The address if it may be linked to: http(s) with a host, no spaces or controls, not overlong."""
    if not url or len(url) > LINK_LIMIT or any(ch.isspace() or ord(ch) < 0x20 for ch in url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and host and "." in host + "." else None


def titled(title: str, url: str | None) -> str:
    """A bold title, linked where there is somewhere to go."""
    shown = escape(cut(title.strip() or "(untitled)", TITLE_LIMIT))
    target = link(url)
    return f'<b><a href="{escape(target)}">{shown}</a></b>' if target else f"<b>{shown}</b>"


def when(moment: datetime | None, first_seen: datetime) -> str:
    """The date in the reader's own zone and language (`tg-time`, Bot API 9.5); clients without it show ours."""
    known = moment or first_seen
    utc = known.astimezone(UTC)
    shown = f"{utc.day} {utc:%b %Y, %H:%M} UTC"
    stamp = f'<tg-time unix="{int(utc.timestamp())}" format="dt">{shown}</tg-time>'
    return stamp if moment else f"first seen {stamp}"


def headline(post: Post, names: Names, wanted: Sequence[str] = ()) -> str:
    """Flags and names of the countries the post is about; those asked for come first."""
    codes = [score.code for score in post.countries.about]
    ordered = [code for code in codes if code in wanted] + [code for code in codes if code not in wanted]
    shown = ordered[:COUNTRIES_SHOWN]
    return " · ".join(f"{names.flag(code)} {escape(names.name(code))}" for code in shown)


def alert(claimed: ClaimedDelivery, names: Names, *, summary_limit: int = DEFAULT_LIMIT) -> Message:
    """One post as one message, with the reasons and the buttons *Why?* and *Mute*.

    `summary_limit` is in UTF-16 units. A delivery whose last answer was lost says that it may be a repeat.
    """
    post, evidence = claimed.post, claimed.delivery.evidence
    wanted = [each.wanted for each in evidence if each.kind == "country"]
    lines = [headline(post, names, wanted), titled(post.title, post.link)]
    lines.append(" · ".join((*_sources(claimed), when(post.published_at, post.first_seen_at))))
    lead = summary(title=post.title, summary=post.summary, content=post.content, limit=summary_limit)
    if lead:
        lines.append(f"<blockquote>{escape(lead)}</blockquote>")
    lines.append(_reasons(evidence, names))
    if claimed.delivery.doubts:
        lines.append("<i>Telegram may have shown you this once already.</i>")
    return Message(html="\n".join(line for line in lines if line), buttons=_buttons(post))


def _sources(claimed: ClaimedDelivery) -> tuple[str, ...]:
    own = escape(cut(claimed.post.feed_name, NAME_LIMIT))
    others = [_linked(other) for other in claimed.also_at[:ALSO_SHOWN]]
    return (own, "also at " + ", ".join(others)) if others else (own,)


def _linked(other: AlsoAt) -> str:
    name = escape(cut(other.name, NAME_LIMIT))
    target = link(other.link)
    return f'<a href="{escape(target)}">{name}</a>' if target else name


def _buttons(post: Post) -> tuple[tuple[Button, ...], ...]:
    row = (
        Button("❓ Why?", data=buttons.encode("why", post.id)),
        Button("🔕 Mute", data=buttons.encode("mute", post.id)),
    )
    target = link(post.link)
    return ((Button("🔗 Read", url=target), *row),) if target else (row,)


def _reasons(evidence: Sequence[Evidence], names: Names) -> str:
    """Which of the reader's wishes this answers, in one line."""
    parts = [wish(each, names) for each in evidence]
    unique = list(dict.fromkeys(parts))
    shown = unique[:WORDS_SHOWN]
    more = len(unique) - len(shown)
    return "Matched: " + ", ".join(shown) + (f" and {more} more" if more else "") if shown else ""


def wish(evidence: Evidence, names: Names) -> str:
    """One wish as HTML: a country by its name, a topic as such, a word in quotes."""
    if evidence.kind == "country":
        return escape(names.name(evidence.wanted))
    shown = escape(cut(evidence.wanted, WORD_LIMIT))
    if evidence.kind in {"topic", "source", "language"}:
        return f"{evidence.kind} {shown}"
    return f"“{shown}”"


def why(post: Post, evidence: Sequence[Evidence], queries: Sequence[str], names: Names) -> Message:
    """Every piece of evidence: what was asked, which words of the post answered, where they stand."""
    lines = ["<b>Why you were sent this</b>", titled(post.title, post.link), ""]
    lines += [_piece(each, names) for each in evidence[:30]] or ["Its evidence is no longer kept."]
    if queries:
        lines += ["", "Your subscriptions that asked for it:"]
        lines += [f"• <code>{escape(cut(query, 200))}</code>" for query in queries[:10]]
    return Message(html="\n".join(lines))


def why_not(post: Post, refusals: Sequence[tuple[str, str]], names: Names) -> Message:
    """Why a post was not sent: the countries read in it, and each subscription's first reason against it."""
    lines = ["<b>You were not sent this</b>", titled(post.title, post.link)]
    about = headline(post, names)
    lines += [f"It is about: {about}" if about else "It is about no country that I can tell.", ""]
    for query, reason in refusals[:10]:
        told = reason or "it matches now; it came before the subscription, was muted, or waits"
        lines.append(f"• {escape(cut(query, 150))}: {escape(cut(told, 200))}")
    if not refusals:
        lines.append("This chat has no subscriptions: /subscribe")
    return Message(html="\n".join(lines))


def _piece(evidence: Evidence, names: Names) -> str:
    places = {
        "title": "in the title",
        "summary": "in the summary",
        "text": "in the text",
        "tags": "among its tags",
    }
    place = places.get(evidence.where, "from the source itself")
    found = f"“{escape(cut(evidence.found, WORD_LIMIT))}”"
    match evidence.kind:
        case "country":
            return f"• {names.flag(evidence.wanted)} {escape(names.name(evidence.wanted))}: {found} {place}"
        case "topic":
            return f"• topic {escape(cut(evidence.wanted, WORD_LIMIT))}: {found} {place}"
        case "source" | "language":
            return f"• {evidence.kind} {escape(cut(evidence.wanted, WORD_LIMIT))}"
        case _ if evidence.found == evidence.wanted:
            return f"• {found} {place}"
        case _:
            return f"• “{escape(cut(evidence.wanted, WORD_LIMIT))}”: {found} {place}"
