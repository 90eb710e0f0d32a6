"""What an operator may say about a source whose documents do not say it themselves: which section of a site is meant,
where on a page the posts are, how its dated archive is addressed.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import date
from difflib import get_close_matches
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.links import absolute
from watchdog_bot.core.model import ParsedEntry

MAX_RULE = 500  # characters of one rule
_PLACES = frozenset({"year", "month", "day", "month02", "day02"})


@dataclass(frozen=True, slots=True)
class SourceRules:
    """All empty: the document speaks for itself, and a page is guessed at.

    Selectors are CSS. `container` finds each post, the others look inside it: `link` an element with href, `title`,
    `date` (its datetime attribute or its text), `summary`.
    """

    section: str = (
        ""  # paths with * for anything, a space between two: only entries whose address has one, e.g. "/a/*"
    )
    container: str = ""
    link: str = ""
    title: str = ""
    date: str = ""
    summary: str = ""
    archive: str = (
        ""  # an address or path with {year}, {month}, {day} (or {month02}, {day02} with two digits)
    )
    sitemap: str = ""  # the address or path of a sitemap that lists its posts, to fill gaps from

    def to_text(self) -> str:
        """For a column or a file; empty for no rules."""
        said = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(said, ensure_ascii=False, sort_keys=True) if said else ""

    @classmethod
    def from_text(cls, text: str) -> SourceRules:
        """Undo `to_text`. Raises ParseError for what it never wrote."""
        if not text:
            return cls()
        try:
            said = json.loads(text)
            rules = cls(**{str(name): str(value) for name, value in said.items()})
        except (ValueError, TypeError, AttributeError):
            names = ", ".join(each.name for each in fields(cls))
            raise ParseError(f"these are no rules of a source: {text[:60]!r}; known are {names}") from None
        return rules


NO_RULES = SourceRules()


def from_table(table: object) -> SourceRules:
    """Rules as a person writes them in TOML: a table of texts. Raises ValueError naming the key that is wrong.

    What the texts say is another question: see `faults`.
    """
    names = tuple(each.name for each in fields(SourceRules))
    if not isinstance(table, dict):
        raise ValueError(f'they are a table such as {{ container = "article" }}, with {", ".join(names)}')  # noqa: TRY004 - one kind of error for whoever reads a file
    for name, value in table.items():
        if name not in names:
            near = get_close_matches(str(name), names, n=1)
            meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
            raise ValueError(f"there is no rule {name!r}; {meant}")
        if not isinstance(value, str) or len(value) > MAX_RULE:
            raise ValueError(f"{name} is a text between quotes, of at most {MAX_RULE} characters")
    return SourceRules(**{name: value.strip() for name, value in table.items()})


def faults(rules: SourceRules) -> tuple[str, ...]:
    """What is wrong with rules that a person wrote, a sentence each; empty if nothing is."""
    found: list[str] = []
    page = LexborHTMLParser("<p></p>")
    for name in ("container", "link", "title", "date", "summary"):
        selector = getattr(rules, name)
        try:
            page.css_first(selector or "p")
        except SelectolaxError:
            found.append(f"{name} = {selector!r} is no CSS selector")
    if not rules.container and any((rules.link, rules.title, rules.date, rules.summary)):
        found.append("selectors need container, which finds each post")
    unknown = set(re.findall(r"\{([^{}]*)\}", rules.archive)) - _PLACES
    if unknown:
        found.append(f"archive knows {', '.join(sorted(_PLACES))}, not {', '.join(sorted(unknown))}")
    elif rules.archive and "{year}" not in rules.archive:
        found.append("archive needs {year}, and {month} and {day} as the site has them")
    return tuple(found)


def in_section(entry: ParsedEntry, section: str) -> bool:
    """Whether an entry's address is of the section; without a section everything is. A pattern without * is a
    beginning of the path; of several, with spaces between them, one is enough.
    """
    if not section:
        return True
    if entry.link is None:
        return False
    parts = urlsplit(entry.link)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return any(_has(path, pattern) for pattern in section.split())


def _has(path: str, pattern: str) -> bool:
    pieces = pattern if "*" in pattern else pattern.rstrip("/") + "*"
    expression = ".*".join(re.escape(piece) for piece in pieces.split("*"))
    return re.fullmatch(expression, path, re.DOTALL) is not None


def archive_address(rules: SourceRules, day: date, *, url: str) -> str | None:
    """The address of that day's archive page of the source at `url`; None where none is given."""
    if not rules.archive:
        return None
    path = rules.archive
    for name, value in {
        "year": str(day.year), "month": str(day.month), "day": str(day.day),
        "month02": f"{day.month:02}", "day02": f"{day.day:02}",
    }.items():  # fmt: skip
        path = path.replace(f"{{{name}}}", value)
    return absolute(urljoin(url, path), url)
