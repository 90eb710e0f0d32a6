"""Posts into Telegram HTML. Everything that came from outside is escaped; nothing of it can forge markup.

Limits (Bot API, sendMessage): 4,096 UTF-16 units after entities are parsed, 100 entities, callback data of
64 bytes. Only tags of Telegram's own list are written (Bot API, "HTML style"). Link previews are off: they
would fetch the page from elsewhere and show its picture unasked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from watchdog_bot.core import buttons
from watchdog_bot.core.feeds import elsewhere
from watchdog_bot.core.model import AlsoAt, Button, Case, ClaimedDelivery, Evidence, Message, Post
from watchdog_bot.core.summarise import DEFAULT_LIMIT, summary
from watchdog_bot.core.text import cut, utf16_length

TITLE_LIMIT = 400  # UTF-16 units of a title shown
WORDS_SHOWN = 8  # matched words named in an alert; /why names all
WORD_LIMIT = 60
NAME_LIMIT = 80
COUNTRIES_SHOWN = 4
ALSO_SHOWN = 5
CASES_SHOWN = 3
REPORTS_LIMIT = 3600  # UTF-16 units of a list of other reports, of the 4,096 that Telegram takes
REPORTS_HTML = 30_000  # characters with markup; addresses may be long
REPORTS_SHOWN = 30  # each is a link and a time, and Telegram takes 100 entities a message
LINK_LIMIT = 2048
_TAG = re.compile(r"<[^>]*>")


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
    """One post as one message, with the reasons and the buttons *Why?*, *Mute* and *Follow this case*; *Other reports* if there are any.
    One of a followed case replies to that case's first alert, names the case, and offers to close it.

    `summary_limit` is in UTF-16 units. Of a post that its source took back only the title is told, struck out. A delivery whose last answer was lost says that it may be a repeat.
    """
    post, evidence = claimed.post, claimed.delivery.evidence
    wanted = [each.wanted for each in evidence if each.kind == "country"]
    lines = [headline(post, names, wanted), _heading(post)]
    lines.append(" · ".join((*_sources(claimed), when(post.published_at, post.first_seen_at))))
    lead = summary(title=post.title, summary=post.summary, content=post.content, limit=summary_limit)
    if lead and post.withdrawn_at is None:
        lines.append(f"<blockquote>{escape(lead)}</blockquote>")
    lines += [_cases(claimed.cases), _reasons(evidence, names)]
    if claimed.delivery.doubts:
        lines.append("<i>Telegram may have shown you this once already.</i>")
    html = "\n".join(line for line in lines if line)
    anchor = next((case.anchor for case in claimed.cases), None)
    return Message(html, buttons=_buttons(claimed), reply_to=anchor)


def _heading(post: Post) -> str:
    return (
        titled(post.title, post.link) if post.withdrawn_at is None else f"<s>{titled(post.title, None)}</s>"
    )


def _sources(claimed: ClaimedDelivery) -> tuple[str, ...]:
    own = escape(cut(claimed.post.feed_name, NAME_LIMIT))
    others = [_linked(other) for other in claimed.also_at[:ALSO_SHOWN]]
    more = len(claimed.also_at) - len(others)
    return (own, "also at " + ", ".join(others) + (f" and {more} more" if more else "")) if others else (own,)


def _linked(other: AlsoAt) -> str:
    name = escape(cut(other.name, NAME_LIMIT))
    target = link(other.link)
    return f'<a href="{escape(target)}">{name}</a>' if target else name


def _cases(followed: Sequence[Case]) -> str:
    """Which followed cases the post is of."""
    if not followed:
        return ""
    names = ", ".join(f"“{escape(cut(case.name, WORD_LIMIT))}”" for case in followed[:CASES_SHOWN])
    more = f" and {len(followed) - CASES_SHOWN} more" if len(followed) > CASES_SHOWN else ""
    return f"📌 You follow {names}{more}"


def _case_buttons(claimed: ClaimedDelivery) -> tuple[Button, ...]:
    """Follow what the alert tells of, or close what is followed."""
    if not claimed.cases:
        return (Button("📌 Follow this case", data=buttons.encode("fc", claimed.post.id)),)
    if len(claimed.cases) == 1:
        return (Button("✅ Close this case", data=buttons.encode("cc", claimed.cases[0].subscription_id)),)
    return tuple(
        Button(f"✅ Close: {cut(case.name, 25)}", data=buttons.encode("cc", case.subscription_id))
        for case in claimed.cases[:CASES_SHOWN]
    )


def _buttons(claimed: ClaimedDelivery) -> tuple[tuple[Button, ...], ...]:
    post, also_at = claimed.post, claimed.also_at
    row = (
        Button("❓ Why?", data=buttons.encode("why", post.id)),
        Button("🔕 Mute", data=buttons.encode("mute", post.id)),
    )
    target = link(post.link) if post.withdrawn_at is None else None
    first = (Button("🔗 Read", url=target), *row) if target else row
    second = (*_case_buttons(claimed), *_reports_button(post, also_at))
    third = _elsewhere(claimed)
    return (first, second, third) if third else (first, second)


def _elsewhere(claimed: ClaimedDelivery) -> tuple[Button, ...]:
    """Where the post can be read when its own address cannot; nowhere once its source took it back."""
    post = claimed.post
    if link(post.link) is None or post.withdrawn_at is not None:
        return ()
    offered = (("🪞 Mirror", claimed.mirror), ("🗄 Archive", claimed.archive))
    found = ((label, link(elsewhere.address(pattern, post.link))) for label, pattern in offered)
    return tuple(Button(label, url=url) for label, url in found if url and url.startswith("https://"))


def _reports_button(post: Post, also_at: Sequence[AlsoAt]) -> tuple[Button, ...]:
    if not also_at:
        return ()
    counted = "1 other report" if len(also_at) == 1 else f"{len(also_at)} other reports"
    return (Button(f"📰 {counted}", data=buttons.encode("also", post.id)),)


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


def reports(told: Sequence[tuple[Post, Sequence[AlsoAt]]]) -> Message | None:
    """Where else these posts stand, each report with its own title, link and source; None where no other source has
    any of them.
    """
    lines: list[str] = []
    shown = 0
    total = sum(len(others) for _, others in told)
    for post, others in told:
        if not others:
            continue
        title = f"📰 <b>{escape(cut(post.title.strip() or '(untitled)', TITLE_LIMIT))}</b>"
        for number, other in enumerate(others):
            new = [_report(other)] if number else [title, _report(other)]
            if shown == REPORTS_SHOWN or not _fits([*lines, *new]):
                return Message("\n".join([*lines, f"… and {total - shown} more"]))
            lines += new
            shown += 1
    return Message("\n".join(lines)) if lines else None


def _report(other: AlsoAt) -> str:
    name = escape(cut(other.name, NAME_LIMIT))
    title, target = escape(cut(other.title.strip() or other.name, TITLE_LIMIT)), link(other.link)
    linked = f'<a href="{escape(target)}">{title}</a>' if target else title
    return f"• {linked} — {name}" + (f", {when(other.seen_at, other.seen_at)}" if other.seen_at else "")


def _fits(lines: Sequence[str]) -> bool:
    """Whether what is shown of these, and what is sent, leaves room for a last line."""
    html = "\n".join(lines)
    return len(html) <= REPORTS_HTML and utf16_length(_TAG.sub("", html)) <= REPORTS_LIMIT


def why(post: Post, evidence: Sequence[Evidence], queries: Sequence[str], names: Names) -> Message:
    """Every piece of evidence: what was asked, which words of the post answered, where they stand."""
    lines = ["<b>Why you were sent this</b>", titled(post.title, post.link), ""]
    lines += [evidence_line(each, names) for each in evidence[:30]] or ["Its evidence is no longer kept."]
    if queries:
        lines += ["", "Your subscriptions that asked for it:"]
        lines += [f"• <code>{escape(cut(query, 200))}</code>" for query in queries[:10]]
    return Message(html="\n".join(lines))


def why_joined(post: Post, told: Post) -> Message:
    """Why a post was not sent by itself: the reader has an alert of its story."""
    return Message(
        "<b>You were not sent this by itself</b>\n"
        f"{titled(post.title, post.link)}\n"
        "It tells what another source told before, so it was added to the alert of that:\n"
        f"{titled(told.title, told.link)} — {escape(cut(told.feed_name, NAME_LIMIT))}\n"
        "To have an alert for every report: /settings"
    )


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


def evidence_line(evidence: Evidence, names: Names) -> str:
    """What was asked, which words answered, and where they stand, as a line of HTML."""
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
