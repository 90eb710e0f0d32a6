"""A synthetic source: its posts, what becomes of them, and the documents it shows.

What a source may do to the identity of a post is what a bot can follow: one of guid and link stays as it was seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from functools import lru_cache
from zlib import crc32

from tests.year.dice import words

MARK = "p{:06d}x"  # stands in each title and says which story it is


class Style(StrEnum):
    """How entries say who they are."""

    GUID = "a guid of its own"
    PERMALINK = "the guid is the link"
    BARE = "a link and no guid"
    QUERY = "no guid, and links that differ in a parameter"
    ALIKE = "all guids are the same"
    SESSION = "a guid that is another one in each document"
    TITLED = "no guid, all links lead to the front page"
    NAKED = "neither guid nor link nor date"


class Dates(StrEnum):
    HONEST = "as published"
    NONE = "none"
    PAST = "of 1999"
    FUTURE = "three days ahead"
    JUNK = "unreadable"


class Form(StrEnum):
    RSS = "application/rss+xml"
    ATOM = "application/atom+xml"
    JSON = "application/feed+json"


class Validators(StrEnum):
    BOTH = "both"
    ETAG = "ETag"
    MODIFIED = "Last-Modified"
    NONE = "none"


EDITABLE = frozenset({Style.GUID, Style.PERMALINK, Style.BARE, Style.QUERY, Style.ALIKE, Style.SESSION})
MOVEABLE = frozenset({Style.GUID, Style.PERMALINK})


@dataclass(eq=False, slots=True)
class Story:
    """What is told, whichever source tells it."""

    number: int
    title: str
    text: str
    wishes: frozenset[int]
    version: int = 0

    def edit(self, wishes: frozenset[int]) -> None:
        self.version += 1
        self.wishes = wishes
        self.title = f"{MARK.format(self.number)} {words(f't{self.number}', 4)} v{self.version}"
        self.text = told(self.number, self.version, wishes)


def told(number: int, version: int, wishes: frozenset[int]) -> str:
    named = " ".join(f"wish{each}w" for each in sorted(wishes))
    return f"{words(f'b{number}', 12)} edition{version} {named}".strip()


def new_story(number: int, wishes: frozenset[int]) -> Story:
    title = f"{MARK.format(number)} {words(f't{number}', 4)}"
    return Story(number, title, told(number, 0, wishes), wishes)


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as it stands in a document."""

    number: int
    guid: str | None
    link: str | None
    title: str
    text: str
    date: str | None
    wishes: frozenset[int]

    @property
    def content(self) -> tuple[str, str | None, str]:
        return self.title, self.link, self.text


@dataclass(eq=False, slots=True)
class Item:
    """A story in one source."""

    story: Story
    guid: str | None
    link: str | None
    date: str | None
    at: datetime
    shared: bool = False
    seen_guids: set[str | None] = field(default_factory=set)
    seen_links: set[str | None] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Page:
    """A document: its bytes, and what stands in it."""

    body: bytes
    shown: tuple[Shown, ...]
    revision: int


class Source:
    """One feed, from the inside."""

    def __init__(
        self,
        name: str,
        *,
        style: Style = Style.GUID,
        form: Form = Form.RSS,
        dates: Dates = Dates.HONEST,
        validators: Validators = Validators.BOTH,
        window: int = 20,
        restless_head: bool = False,
        dirty: bool = False,
        every: int | None = None,
    ) -> None:
        """`restless_head`: a new date in the head at each request; `dirty`: a bad byte and an unknown entity in it."""
        self.name = name
        self.host = f"{name}.example"
        self.url = f"http://{self.host}/feed"
        self.style = style
        self.form = form
        self.dates = dates
        self.validators = validators
        self.window = window
        self.restless_head = restless_head
        self.dirty = dirty
        self.every = every
        self.items: list[Item] = []
        self.hidden: set[int] = set()
        self.repeated: set[int] = set()
        self.copies: set[int] = set()  # stories that it has from another source, under a link of its own
        self.whole = False
        self.order = 0
        self.guids = 0  # how often its guids were made anew
        self.revision = 1
        self.paired = False
        self._page: Page | None = None

    def telling(self, number: int) -> int:
        """Which telling of the story it has: each is a post of its own. A copy's is below zero."""
        return ~number if number in self.copies else number

    @property
    def scheme(self) -> str:
        return self.url.partition(":")[0]

    def changed(self) -> None:
        self.revision += 1
        self._page = None

    # ------------------------------------------------------------------ what editors do

    def publish(self, story: Story, at: datetime, *, link: str | None = None) -> Item:
        own = self._link(story.number)
        item = Item(story, None, link or own, self._date(at), at, shared=link is not None)
        match self.style:
            case Style.PERMALINK:
                item.guid = own
            case Style.GUID | Style.SESSION:
                item.guid = f"tag:{self.name},{self.guids}:{story.number}"
            case Style.ALIKE:
                item.guid = self.name
            case _:
                item.guid = None
        self.items.append(item)
        self.changed()
        return item

    def _link(self, number: int) -> str | None:
        base = f"{self.scheme}://{self.host}"
        match self.style:
            case Style.NAKED:
                return None
            case Style.TITLED:
                return f"{base}/"
            case Style.QUERY:
                return f"{base}/archive.php?article_id={number}"
            case _:
                return f"{base}/news/{number}.html"

    def _date(self, at: datetime) -> str | None:
        if self.style is Style.NAKED:
            return None
        if self.style is Style.TITLED:
            return self._written(at)
        match self.dates:
            case Dates.HONEST:
                return self._written(at)
            case Dates.PAST:
                return self._written(at.replace(year=1999, day=1))
            case Dates.FUTURE:
                return self._written(at + timedelta(days=3))
            case Dates.JUNK:
                return "the day before yesterday"
            case Dates.NONE:
                return None

    def _written(self, at: datetime) -> str:
        at = at.replace(microsecond=0)
        return format_datetime(at) if self.form is Form.RSS else at.isoformat()

    def edit(self, item: Item, wishes: frozenset[int]) -> bool:
        if self.style not in EDITABLE:
            return False
        item.story.edit(wishes)
        self.changed()
        return True

    def redate(self, at: datetime) -> bool:
        if self.style is Style.TITLED:
            return False
        for item in self.items:
            item.date = self._date(at)
        self.changed()
        return True

    def hide(self, item: Item | None) -> None:
        """An entry falls out, until the next one does. A guid that all have must not stand alone: whether a new post
        or an edit of an old one has it then, nobody can tell.
        """
        alone = self.style is Style.ALIKE and len(self.current()) < 3
        self.hidden = set() if item is None or alone else {item.story.number}
        self.changed()

    def reorder(self) -> None:
        self.order += 1
        self.changed()

    def new_guids(self) -> bool:
        """The guids of all that it shows are made anew; links stay."""
        if self.style is not Style.GUID:
            return False
        self.guids += 1
        for item in self.current():
            if item.link in item.seen_links:
                item.guid = f"tag:{self.name},{self.guids}:{item.story.number}"
        self.changed()
        return True

    def new_links(self) -> bool:
        """The links of all that it shows are made anew; guids stay."""
        if self.style is not Style.GUID or self.paired:
            return False
        for item in self.current():
            if item.guid in item.seen_guids and item.link:
                item.link = item.link.replace(".html", "-new.html")
        self.changed()
        return True

    def may_leave_its_host(self) -> bool:
        """Whether guids will tell its posts when all links change: so that somebody saw those they have now."""
        known = all(item.guid in item.seen_guids for item in self.items if item.seen_guids)
        return self.style in MOVEABLE and not self.paired and (known or self.style is Style.PERMALINK)

    def move(self, url: str) -> None:
        """Its whole site is at another address: in links, and in guids that are addresses."""
        old, self.url = f"{self.scheme}://{self.host}/", url
        self.host = url.split("/")[2]
        new = f"{self.scheme}://{self.host}/"
        for item in self.items:
            item.link = item.link.replace(old, new, 1) if item.link else None
            if self.style is Style.PERMALINK and item.guid:
                item.guid = item.guid.replace(old, new, 1)
        self.changed()

    # ------------------------------------------------------------------ what it shows

    def current(self) -> list[Item]:
        """What the document holds, in its order."""
        chosen = self.items if self.whole else self.items[-self.window :]
        chosen = [item for item in chosen if item.story.number not in self.hidden]
        if self.order:
            return sorted(chosen, key=lambda item: crc32(b"%d %d" % (self.order, item.story.number)))
        return chosen[::-1]

    def page(self) -> Page:
        if self._page is None:
            shown: list[Shown] = []
            for item in self.current():
                one = self._shown(item)
                shown += [one, one] if item.story.number in self.repeated else [one]
            self._page = Page(self._body(shown), tuple(shown), self.revision)
        return self._page

    def _shown(self, item: Item) -> Shown:
        guid, story = item.guid, item.story
        if self.style is Style.SESSION:
            guid = f"{guid}?session={self.revision}"
        return Shown(story.number, guid, item.link, story.title, story.text, item.date, story.wishes)

    def _body(self, shown: list[Shown]) -> bytes:
        if self.form is Form.JSON:
            items = [_json_item(each) for each in shown]
            head = {"version": "https://jsonfeed.org/version/1.1", "title": self.name}
            return json.dumps({**head, "items": items}).encode()
        entries = b"\n".join(
            _rss_item(each) if self.form is Form.RSS else _atom_entry(each) for each in shown
        )
        return self.head() + entries + (b"</channel></rss>" if self.form is Form.RSS else b"</feed>")

    def head(self, said: str = "") -> bytes:
        dirt = b"<!-- said: %s -->" % said.encode() if said else b""
        if self.dirty:
            dirt += b"<description>AT&T&nbsp;and&unknown; \xff</description>"
        if self.form is Form.RSS:
            return b"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>" + (
                self.name.encode() + b"</title>" + dirt
            )
        return b"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>" + (
            self.name.encode() + b"</title>" + dirt
        )

    def hollow(self) -> bytes:
        """Its document without entries."""
        return self._body([])


@lru_cache(maxsize=20_000)
def _rss_item(shown: Shown) -> bytes:
    guid = f"<guid isPermaLink='false'>{shown.guid}</guid>" if shown.guid else ""
    link = f"<link>{shown.link}</link>" if shown.link else ""
    date = f"<pubDate>{shown.date}</pubDate>" if shown.date else ""
    text = f"<description>{shown.text}</description>"
    return f"<item><title>{shown.title}</title>{guid}{link}{date}{text}</item>".encode()


@lru_cache(maxsize=20_000)
def _atom_entry(shown: Shown) -> bytes:
    guid = f"<id>{shown.guid}</id>" if shown.guid else ""
    link = f"<link href='{shown.link}'/>" if shown.link else ""
    date = f"<published>{shown.date}</published>" if shown.date else ""
    text = f"<summary>{shown.text}</summary>"
    return f"<entry><title>{shown.title}</title>{guid}{link}{date}{text}</entry>".encode()


def _json_item(shown: Shown) -> dict[str, str]:
    named = {
        "id": shown.guid,
        "url": shown.link,
        "title": shown.title,
        "content_text": shown.text,
        "date_published": shown.date,
    }
    return {name: value for name, value in named.items() if value}
