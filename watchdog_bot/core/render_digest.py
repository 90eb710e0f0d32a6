"""Several alerts in one message, and alerts whose post was changed by its source.

A digest, in this order:

1. A post stands under the first country asked for that it is about, else the first it is about, else under
   “Elsewhere”; there under the first topic that answered, if any.
2. A post weighs as many points as wishes of the reader it answers, one answered in the title counts twice. Heavier
   posts come first, then newer ones; countries and topics stand in the order of what they weigh together.
3. A message shows a page: whole lines, within Telegram's limits. The rest is a button, “12 more”, that turns the
   page in place. Every page begins at a line's number, so turning on never skips one, and repeats the headings.
4. Times are the reader's own (`tg-time`); where a client does not know that, those of the chat's zone.
5. An empty digest is no page.
6. A line says how many other sources had its story by then. Those that came later, and all of them with their links,
   are behind the button “Other reports”.
7. A line whose post was changed since says when; one that the source took back is struck out and leads nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from watchdog_bot.core import buttons, zones
from watchdog_bot.core.digest import DigestPage
from watchdog_bot.core.model import Button, ClaimedDelivery, ClaimedDigest, Message
from watchdog_bot.core.render import Names, escape, link
from watchdog_bot.core.tempo import Corrections
from watchdog_bot.core.text import cut, utf16_length

PAGE_LIMIT = 3600  # UTF-16 units, of the 4,096 that Telegram takes
HTML_LIMIT = 30_000  # characters with markup; addresses may be long
ENTITY_LIMIT = 90  # Telegram takes 100 entities a message
LINE_ENTITIES = 4  # the link, the time, “maybe a repeat”; its headings are counted with it
TITLE_LIMIT = 200
NAME_LIMIT = 60
ELSEWHERE = "Elsewhere"


@dataclass(frozen=True, slots=True)
class _Piece:
    """HTML with its length as shown, in UTF-16 units."""

    html: str
    length: int


@dataclass(frozen=True, slots=True)
class _Line:
    country: _Piece
    topic: _Piece | None
    text: _Piece
    delivery: ClaimedDelivery


@dataclass(frozen=True, slots=True)
class Page:
    """The lines from `first` to before `end`, of so many."""

    message: Message
    first: int
    end: int
    total: int


def digest(claimed: ClaimedDigest, names: Names) -> tuple[DigestPage, ...]:
    """What is owed as one message that carries it all: its first page, the others behind buttons."""
    first = page(claimed, 0, names)
    if first is None:
        return ()
    silent = all(one.delivery.silent for one in claimed.deliveries)
    return (DigestPage(replace(first.message, silent=silent), claimed.deliveries),)


def page(claimed: ClaimedDigest, first: int, names: Names) -> Page | None:
    """The page that begins with the line of that number, from 0; None where there is none."""
    lines = _lines(claimed.deliveries, names)
    if not 0 <= first < len(lines):
        return None
    heading = _heading(len(lines), first, late=claimed.late)
    html, end = _filled(heading, lines, first)
    row = _turning(heading, lines, first, end, late=claimed.late)
    others = (Button("📰 Other reports", data=buttons.encode("dr", first, int(claimed.late))),)
    return Page(Message(html, buttons=(row, others) if row else (others,)), first, end, len(lines))


def shown_on(claimed: ClaimedDigest, first: int, names: Names) -> tuple[ClaimedDelivery, ...]:
    """What stands on the page that begins with that line, in its order; nothing where there is no such page."""
    found = page(claimed, first, names)
    if found is None:
        return ()
    return tuple(line.delivery for line in _lines(claimed.deliveries, names)[found.first : found.end])


def corrected(alert: Message, claimed: ClaimedDelivery) -> Message:
    """The alert as its post stands now, to replace the one sent or, if the reader wishes, to reply to it. As it is where
    nothing was changed since it was promised.
    """
    change = _change(claimed)
    if change is None:
        return alert
    stamp = _time(change.at, zones.of(claimed.settings.zone), "t", "%H:%M")
    told = f"🗑 withdrawn by the source at {stamp}" if change.withdrawn else f"✏️ updated {stamp}"
    lines = [alert.html, f"<i>{told}</i>"]
    if claimed.settings.corrections is Corrections.REPLY and claimed.changed:
        head = "🗑 <b>Withdrawn by its source</b>" if change.withdrawn else "✏️ <b>Changed by its source</b>"
        lines.insert(0, head)
    return replace(alert, html="\n".join(lines))


@dataclass(frozen=True, slots=True)
class _Change:
    at: datetime
    withdrawn: bool


def _change(claimed: ClaimedDelivery) -> _Change | None:
    """What became of the post of a message that was sent."""
    post, delivery = claimed.post, claimed.delivery
    if delivery.message_id is None:
        return None
    if post.withdrawn_at is not None:
        return _Change(post.withdrawn_at, withdrawn=True)
    if post.changed_at is None or (
        delivery.created_at is not None and post.changed_at <= delivery.created_at
    ):
        return None
    return _Change(post.changed_at, withdrawn=False)


def _filled(heading: _Piece, lines: Sequence[_Line], first: int) -> tuple[str, int]:
    """A page's HTML, and the number of the line after its last; at least one line whatever its size."""
    parts, shown, entities, size = [heading.html], heading.length, 1, 0
    before: _Line | None = None
    for number in range(first, len(lines)):
        line = lines[number]
        new = [*_headings(line, before), line.text]
        shown += sum(piece.length + 1 for piece in new)
        size += sum(len(piece.html) + 1 for piece in new)
        entities += len(new) - 1 + LINE_ENTITIES
        if before is not None and (shown > PAGE_LIMIT or size > HTML_LIMIT or entities > ENTITY_LIMIT):
            return "\n".join(parts), number
        parts += [piece.html for piece in new]
        before = line
    return "\n".join(parts), len(lines)


def _headings(line: _Line, before: _Line | None) -> list[_Piece]:
    """The headings that stand above a line and did not stand above the one before."""
    new_country = before is None or before.country != line.country
    out = [line.country] if new_country else []
    if line.topic is not None and (new_country or before is None or before.topic != line.topic):
        out.append(line.topic)
    return out


def _turning(
    heading: _Piece, lines: Sequence[_Line], first: int, end: int, *, late: bool
) -> tuple[Button, ...]:
    row: list[Button] = []
    if first:
        row.append(
            Button("‹ Back", data=buttons.encode("dg", _page_before(heading, lines, first), int(late)))
        )
    if end < len(lines):
        row.append(Button(f"{len(lines) - end} more ›", data=buttons.encode("dg", end, int(late))))
    return tuple(row)


def _page_before(heading: _Piece, lines: Sequence[_Line], first: int) -> int:
    """Where the page begins that shows the line before this one, counted from the start."""
    start = 0
    while (end := _filled(heading, lines, start)[1]) < first:
        start = end
    return start


def _heading(total: int, first: int, *, late: bool) -> _Piece:
    counted = "1 alert" if total == 1 else f"{total} alerts"
    text = f"🗞 {counted}" + (" that could not reach you in time" if late else "")
    text += f", from number {first + 1}" if first else ""
    return _Piece(f"<b>{text}</b>", utf16_length(text))


def _lines(deliveries: Sequence[ClaimedDelivery], names: Names) -> list[_Line]:
    """Every line with its headings, in the order of rule 2."""
    groups: dict[str, dict[str, list[ClaimedDelivery]]] = {}
    for one in deliveries:
        groups.setdefault(_country(one), {}).setdefault(_topic(one), []).append(one)
    return [
        _Line(_country_heading(country, names), _topic_heading(topic), _text(one), one)
        for country, topics in sorted(groups.items(), key=_heaviest_country)
        for topic, members in sorted(topics.items(), key=_heaviest_topic)
        for one in sorted(members, key=_heaviest)
    ]


def _weight(one: ClaimedDelivery) -> int:
    answered: dict[tuple[str, str], int] = {}
    for evidence in one.delivery.evidence:
        wish = evidence.kind, evidence.wanted
        answered[wish] = max(answered.get(wish, 0), 2 if evidence.where == "title" else 1)
    return sum(answered.values())


def _heaviest(one: ClaimedDelivery) -> tuple[int, float, int]:
    return -_weight(one), -_moment(one).timestamp(), one.post.id


def _heaviest_topic(group: tuple[str, list[ClaimedDelivery]]) -> tuple[bool, int, str]:
    """Without a topic first: those lines stand right below the country."""
    topic, members = group
    return topic != "", -sum(map(_weight, members)), topic


def _heaviest_country(group: tuple[str, dict[str, list[ClaimedDelivery]]]) -> tuple[bool, int, str]:
    country, topics = group
    return country == "", -sum(_weight(one) for members in topics.values() for one in members), country


def _country(one: ClaimedDelivery) -> str:
    about = [score.code for score in one.post.countries.about]
    asked = {evidence.wanted for evidence in one.delivery.evidence if evidence.kind == "country"}
    return next((code for code in about if code in asked), about[0] if about else "")


def _topic(one: ClaimedDelivery) -> str:
    return next((evidence.wanted for evidence in one.delivery.evidence if evidence.kind == "topic"), "")


def _moment(one: ClaimedDelivery) -> datetime:
    return one.post.published_at or one.post.first_seen_at


def _country_heading(country: str, names: Names) -> _Piece:
    text = f"{names.flag(country)} {names.name(country)}" if country else ELSEWHERE
    return _Piece(f"\n<b>{escape(text)}</b>", utf16_length(text) + 1)


def _topic_heading(topic: str) -> _Piece | None:
    text = cut(topic, NAME_LIMIT)
    return _Piece(f"<i>{escape(text)}</i>", utf16_length(text)) if text else None


def _text(one: ClaimedDelivery) -> _Piece:
    local_zone = zones.of(one.settings.zone)
    title = cut(one.post.title.strip() or "(untitled)", TITLE_LIMIT)
    target = link(one.post.link)
    change = _change(one)
    linked = f'<a href="{escape(target)}">{escape(title)}</a>' if target else escape(title)
    if change is not None and change.withdrawn:
        linked = f"<s>{escape(title)}</s>"
    source = cut(one.post.feed_name, NAME_LIMIT)
    others = f" and {len(one.also_at)} more" if one.also_at else ""
    stamp = _time(_moment(one), local_zone, "dt", "%b %H:%M", day=True)
    repeat = " <i>(maybe a repeat)</i>" if one.delivery.doubts else ""
    longest = f"• {title} — {source} and 000 more, 00 Mmm 00:00 (maybe a repeat), withdrawn 00:00"
    return _Piece(
        f"• {linked} — {escape(source)}{others}, {stamp}{repeat}{_since(change, local_zone)}",
        utf16_length(longest),
    )


def _since(change: _Change | None, local_zone: tzinfo) -> str:
    """What became of a line's post, without markup of its own: a line has no more entities than it was counted with."""
    if change is None:
        return ""
    return f", {'withdrawn' if change.withdrawn else 'updated'} {change.at.astimezone(local_zone):%H:%M}"


def _time(moment: datetime, local_zone: tzinfo, style: str, pattern: str, *, day: bool = False) -> str:
    """The moment in the reader's own zone and language (`tg-time`, Bot API 9.5), else as the chat's zone has it."""
    local = moment.astimezone(local_zone)
    shown = f"{local.day} {local.strftime(pattern)}" if day else local.strftime(pattern)
    return f'<tg-time unix="{int(moment.timestamp())}" format="{style}">{shown}</tg-time>'
