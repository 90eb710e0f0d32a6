"""Several deliveries of one subscriber as few messages: grouped by country, then by topic, never losing a line.

1. A post stands under the first country asked for that it is about, else the first one it is about, else under
   “Elsewhere”; there under the first topic that answered, if any.
2. Groups with more posts come first; posts stand in the order they were seen.
3. A page ends at a line, within Telegram's limit. The next page repeats the heading of its group.
4. An empty digest is no page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC

from watchdog_bot.core.model import ClaimedDelivery, Message
from watchdog_bot.core.render import Names, escape, titled
from watchdog_bot.core.text import cut, utf16_length

TEXT_LIMIT = 4096  # UTF-16 units after parsing (Bot API sendMessage)
PAGE_LIMIT = 3600  # room for the heading; and long messages meet flood limits sooner
ENTITY_LIMIT = 90  # Telegram takes 100 entities a message
LINE_ENTITIES = 3  # bold, link, italic
HTML_LIMIT = 30_000  # characters with markup; addresses may be long
TITLE_LIMIT = 200
NAME_LIMIT = 60
ELSEWHERE = "Elsewhere"


@dataclass(frozen=True, slots=True)
class DigestPage:
    """A message with the deliveries it carries."""

    message: Message
    deliveries: tuple[ClaimedDelivery, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    html: str
    length: int  # as shown, in UTF-16 units
    delivery: ClaimedDelivery


@dataclass(frozen=True, slots=True)
class _Group:
    country: str  # ISO code, or empty
    topic: str
    deliveries: tuple[ClaimedDelivery, ...]


def pages(
    deliveries: Sequence[ClaimedDelivery], names: Names, *, late: bool = False
) -> tuple[DigestPage, ...]:
    """The digest of these deliveries (of one subscriber). `late`: they are a backlog, and the digest says so."""
    total = len(deliveries)
    if not total:
        return ()
    heading = f"<b>{_heading(total, late=late)}</b>"
    out: list[DigestPage] = []
    page = _Page(heading)
    for group in _groups(deliveries):
        title = _group_title(group, names)
        lines = [_line(one) for one in group.deliveries]
        page = _fill(page, title, lines, out)
    out.append(page.done())
    return tuple(out)


class _Page:
    """A page in the making."""

    def __init__(self, heading: str) -> None:
        self._parts = [heading]
        self._length = utf16_length(heading)
        self._entities = 1
        self._html = 0
        self._deliveries: list[ClaimedDelivery] = []

    def takes(self, length: int, html: int) -> bool:
        """Whether there is room for so many units that take so many characters; an empty page takes anything."""
        return not self._deliveries or (
            self._length + length <= PAGE_LIMIT
            and self._html + html <= HTML_LIMIT
            and self._entities + LINE_ENTITIES + 1 <= ENTITY_LIMIT
        )

    def title(self, html: str) -> None:
        self._parts.append("\n" + html)
        self._length += utf16_length(html) + 2
        self._entities += 1

    def add(self, line: _Line) -> None:
        self._parts.append(line.html)
        self._length += line.length + 1
        self._entities += LINE_ENTITIES
        self._html += len(line.html)
        self._deliveries.append(line.delivery)

    def done(self) -> DigestPage:
        silent = all(one.delivery.silent for one in self._deliveries)
        return DigestPage(Message("\n".join(self._parts), silent=silent), tuple(self._deliveries))


def _fill(page: _Page, title: str, lines: Iterable[_Line], out: list[DigestPage]) -> _Page:
    """Put a group on the page, and on further ones where it does not fit; returns the last, unfinished."""
    titled_page: _Page | None = None
    for line in lines:
        needed = line.length + (0 if titled_page is page else utf16_length(title) + 2)
        if not page.takes(needed, len(line.html)):
            out.append(page.done())
            page = _Page("<b>… continued</b>")
        if titled_page is not page:
            page.title(title)
            titled_page = page
        page.add(line)
    return page


def _heading(total: int, *, late: bool) -> str:
    counted = "1 alert" if total == 1 else f"{total} alerts"
    return f"{counted} that could not reach you in time" if late else counted


def _groups(deliveries: Sequence[ClaimedDelivery]) -> list[_Group]:
    found: dict[tuple[str, str], list[ClaimedDelivery]] = {}
    for one in deliveries:
        found.setdefault((_country(one), _topic(one)), []).append(one)
    by_country: dict[str, int] = {}
    for (country, _), members in found.items():
        by_country[country] = by_country.get(country, 0) + len(members)
    groups = [
        _Group(country, topic, tuple(sorted(members, key=_seen)))
        for (country, topic), members in found.items()
    ]
    return sorted(
        groups,
        key=lambda group: (
            -by_country[group.country],
            group.country == "",
            group.country,
            -len(group.deliveries),
            group.topic,
        ),
    )


def _country(one: ClaimedDelivery) -> str:
    about = [score.code for score in one.post.countries.about]
    asked = {evidence.wanted for evidence in one.delivery.evidence if evidence.kind == "country"}
    return next((code for code in about if code in asked), about[0] if about else "")


def _topic(one: ClaimedDelivery) -> str:
    return next((evidence.wanted for evidence in one.delivery.evidence if evidence.kind == "topic"), "")


def _seen(one: ClaimedDelivery) -> tuple[float, int]:
    return one.post.first_seen_at.timestamp(), one.post.id


def _group_title(group: _Group, names: Names) -> str:
    country = (
        f"{names.flag(group.country)} {escape(names.name(group.country))}" if group.country else ELSEWHERE
    )
    topic = f" · {escape(cut(group.topic, NAME_LIMIT))}" if group.topic else ""
    return f"<b>{country}{topic}</b>"


def _line(one: ClaimedDelivery) -> _Line:
    moment = (one.post.published_at or one.post.first_seen_at).astimezone(UTC)
    source = escape(cut(one.post.feed_name, NAME_LIMIT))
    title = titled(cut(one.post.title, TITLE_LIMIT), one.post.link)
    repeat = " <i>(maybe a repeat)</i>" if one.delivery.doubts else ""
    shown = f"• {title} — {source}, {moment.day} {moment:%b %H:%M} UTC{repeat}"
    plain = f"• {cut(one.post.title, TITLE_LIMIT)} — {one.post.feed_name[:NAME_LIMIT]}, 00 Mmm 00:00 UTC (maybe a repeat)"
    return _Line(shown, utf16_length(plain), one)
