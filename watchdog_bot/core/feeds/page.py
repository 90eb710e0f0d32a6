"""Web pages without a feed → entries. By selectors where they are given, else by guessing what repeats.

A guess looks for blocks of one shape that each hold one link with words in it: that is what a list of posts looks like.
Shapes are weighed by how much of a post they show: a heading, a date, a long title, a summary, an <article>. Menus,
tag lists and footers show little of it and lose. "Load more" is ignored: the first page is enough for who comes often.
The identity of an entry is its address.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urldefrag, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.dates import read_date
from watchdog_bot.core.feeds.entry import MAX_ENTRIES, clean_language, make_entry, shortened
from watchdog_bot.core.feeds.links import absolute, host_of
from watchdog_bot.core.feeds.rules import SourceRules
from watchdog_bot.core.html import clean
from watchdog_bot.core.model import FeedKind, ParsedEntry, ParsedFeed

MAX_LINKS = 3000  # looked at in a page
MAX_DEPTH = 60  # elements above a link that make its block's shape
MAX_CLIMB = 8  # elements from a link up to the block it is in
MIN_TITLE = 12  # characters; "Read more" and "Next" are shorter
MIN_SUMMARY = 40

_HEADINGS = "h1, h2, h3, h4, h5, h6"
_UNREAD = "script, style, noscript, template, svg, iframe, form, dialog"
_ASIDE = frozenset({"nav", "footer", "header", "aside", "form", "menu"})
_BLOCKS = frozenset(
    {"article", "li", "div", "section", "tr", "dd", "dt", "td", "p", "h1", "h2", "h3", "h4", "a", "figure"}
)
_DIGIT = re.compile(r"\d")
_IDLE = re.compile(r"^(?:read|load|show|see|learn) (?:more|all|next)\b|^(?:more|next|previous|older|newer)\b|^(?:читать|показать|ещё|далее)\b",
                   re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Post:
    link: str
    title: str
    date: datetime | None = None
    summary: str = ""
    heading: bool = False


@dataclass(slots=True)
class _Shape:
    """Blocks that are built alike."""

    tag: str
    posts: dict[str, _Post] = field(default_factory=dict)  # by address, in the page's order

    @property
    def weight(self) -> float:
        posts = self.posts.values()
        count = len(posts)
        headed = sum(post.heading for post in posts) / count
        dated = sum(post.date is not None for post in posts) / count
        told = sum(bool(post.summary) for post in posts) / count
        words = min(sum(len(post.title) for post in posts) / count, 80) / 80
        return math.sqrt(min(count, 20)) * (
            0.2 + words + headed + 1.2 * dated + 0.5 * told + 0.5 * (self.tag == "article")
        )


def parse_page(
    text: str, *, url: str, rules: SourceRules | None = None, now: datetime | None = None
) -> ParsedFeed:
    """The posts that a page lists, in its order. Raises ParseError if none can be found, or a selector is none."""
    rules = rules or SourceRules()
    tree = LexborHTMLParser(text)
    title = clean(node.text()) if (node := tree.css_first("title")) is not None else ""
    language = tree.root.attributes.get("lang") if tree.root is not None else None
    base = _base(tree, url)
    tree.strip_tags(_UNREAD.split(", "))
    try:
        posts = _selected(tree, rules, base, now) if rules.container else _guessed(tree, base, now)
    except SelectolaxError:
        raise ParseError("one of the selectors given for the page is no CSS selector") from None
    entries = tuple(_entry(post, now) for post in posts[:MAX_ENTRIES])
    if not entries:
        how = (
            f"its selector {rules.container!r} finds nothing"
            if rules.container
            else "no list of posts can be made out"
        )
        raise ParseError(f"a web page{f' titled “{title[:100]}”' if title else ''} in which {how}")
    return ParsedFeed(
        kind=FeedKind.PAGE,
        title=shortened(title, 200),
        link=absolute(url),
        language=clean_language(language),
        entries=entries,
    )


def _entry(post: _Post, now: datetime | None) -> ParsedEntry:
    return make_entry(link=post.link, title=post.title, summary=post.summary, published=post.date, now=now)


def _base(tree: LexborHTMLParser, url: str) -> str:
    """What relative addresses are relative to (HTML, section 4.2.3)."""
    node = tree.css_first("base[href]")
    return (absolute(node.attributes.get("href"), url) if node is not None else None) or url


# ---------------------------------------------------------------------------------------- selectors


def _selected(tree: LexborHTMLParser, rules: SourceRules, base: str, now: datetime | None) -> list[_Post]:
    posts: dict[str, _Post] = {}
    for block in tree.css(rules.container)[:MAX_ENTRIES]:
        anchor = block.css_first(rules.link) if rules.link else _main_link(block, base)
        address = absolute(anchor.attributes.get("href"), base) if anchor is not None else None
        if anchor is None or address is None:
            continue
        named = block.css_first(rules.title) if rules.title else block.css_first(_HEADINGS)
        title = _words(named) if named is not None else _words(anchor)
        told = block.css_first(rules.summary) if rules.summary else None
        summary = _words(told) if told is not None else _summary(block, title)
        dated = block.css_first(rules.date) if rules.date else None
        moment = _date_of(dated, now) if dated is not None else None if rules.date else _date_in(block, now)
        posts.setdefault(address, _Post(address, title, moment, summary))
    return list(posts.values())


def _main_link(block: LexborNode, base: str) -> LexborNode | None:
    """The link of the heading, else the one with most words."""
    if block.tag == "a" and block.attributes.get("href"):
        return block
    headed = block.css_first(", ".join(f"{name} a[href]" for name in _HEADINGS.split(", ")))
    if headed is not None:
        return headed
    anchors = [each for each in block.css("a[href]")[:50] if absolute(each.attributes.get("href"), base)]
    return max(anchors, key=lambda each: len(_words(each)), default=None)


# ---------------------------------------------------------------------------------------- guesses


def _guessed(tree: LexborHTMLParser, base: str, now: datetime | None) -> list[_Post]:
    shapes: dict[str, _Shape] = {}
    blocks: dict[int, _Post | None] = {}
    here = _plain_address(base)
    for anchor in tree.css("a[href]")[:MAX_LINKS]:
        address = absolute(anchor.attributes.get("href"), base)
        if address is None or _plain_address(address) == here or host_of(address) != host_of(base):
            continue
        if urlsplit(address).path in {"", "/"} and not urlsplit(address).query:
            continue
        for block, shape in _climb(anchor):
            key = block.mem_id
            if key not in blocks:
                blocks[key] = _read_block(block, base, now)
            post = blocks[key]
            if post is not None:
                shapes.setdefault(shape, _Shape(block.tag or "")).posts.setdefault(post.link, post)
    best = max(shapes.values(), key=lambda shape: shape.weight, default=None)
    return list(best.posts.values()) if best is not None else []


def _plain_address(address: str) -> str:
    return urldefrag(address).url.rstrip("/")


def _climb(anchor: LexborNode) -> Iterator[tuple[LexborNode, str]]:
    """The elements around a link that may be its block, each with its shape: the way down to it from the root."""
    path: list[str] = []
    blocks: list[LexborNode] = []
    node: LexborNode | None = anchor
    while node is not None and node.tag not in {"body", "html", "-document", None} and len(path) < MAX_DEPTH:
        if node.tag in _ASIDE:
            return
        path.append(f"{node.tag}.{_style(node)}")
        if len(blocks) < MAX_CLIMB:
            blocks.append(node)
        node = node.parent
    for at, block in enumerate(blocks):
        if block.tag in _BLOCKS:
            yield block, "/".join(path[at:])


def _style(node: LexborNode) -> str:
    """The first of its classes that is no number: posts are "post-17 post odd"."""
    names = (node.attributes.get("class") or "").split()
    return next(
        (name for name in names if not _DIGIT.search(name) and name not in {"odd", "even", "first", "last"}),
        "",
    )


def _read_block(block: LexborNode, base: str, now: datetime | None) -> _Post | None:
    """The post in a block, if it holds one and not several."""
    headings = [each for each in block.css(_HEADINGS)[:3] if _words(each)]
    heading = block if block.tag in _HEADINGS.split(", ") else headings[0] if headings else None
    anchor = _main_link(block, base)
    if anchor is None or len(headings) > 1 or len(block.css("article")) > 1:
        return None
    address = absolute(anchor.attributes.get("href"), base)
    title = _words(heading) if heading is not None else _words(anchor)
    if address is None or len(title) < MIN_TITLE or _IDLE.match(title):
        return None
    long = {
        absolute(each.attributes.get("href"), base)
        for each in block.css("a[href]")[:30]
        if len(_words(each)) >= 2 * MIN_TITLE
    }
    if len(long - {address, None}) > (3 if heading is not None else 0):
        return None  # several posts, or a text with links in it
    return _Post(address, title, _date_in(block, now), _summary(block, title), heading=heading is not None)


def _words(node: LexborNode) -> str:
    return clean(node.text(separator=" "))


def _summary(block: LexborNode, title: str) -> str:
    """The first paragraph of some length that is not the title."""
    for node in block.css(
        "p, [class*=summary], [class*=teaser], [class*=excerpt], [class*=intro], [class*=perex]"
    )[:10]:
        text = _words(node)
        if len(text) >= MIN_SUMMARY and text != title and not text.startswith(title):
            return text
    return ""


def _date_in(block: LexborNode, now: datetime | None) -> datetime | None:
    """<time>, else what is called a date, else any short text that is one."""
    for node in block.css("time, [datetime], [class*=date], [class*=time], [class*=meta], [class*=publi]")[
        :10
    ]:
        if (moment := _date_of(node, now)) is not None:
            return moment
    for node in block.css("span, small, p, div, em, i, b, td, dd")[:30]:
        text = clean(node.text(deep=False))
        if 6 <= len(text) <= 40 and _DIGIT.search(text) and (moment := read_date(text, now=now)) is not None:
            return moment
    return None


def _date_of(node: LexborNode, now: datetime | None) -> datetime | None:
    for raw in (node.attributes.get("datetime"), node.attributes.get("content"), _words(node)[:60]):
        if raw and _DIGIT.search(raw) and len(raw) > 5 and (moment := read_date(raw, now=now)) is not None:
            return moment
    return None
