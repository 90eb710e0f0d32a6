"""From any address people paste to addresses worth trying. Pure: it reads a page that was fetched and names candidates;
who fetches them is `watchdog_bot.discover`.

In this order (miniflux's, with platforms of the field added): what the page's head announces, feeds that its links name,
what its platform is known to have, well-known paths. Within each, what is closest to the page comes first and feeds of
comments come last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborHTMLParser

from watchdog_bot.core.feeds.identity import canonical_link
from watchdog_bot.core.feeds.links import absolute, host_of
from watchdog_bot.core.feeds.rules import NO_RULES, SourceRules
from watchdog_bot.core.html import clean

MAX_CANDIDATES = 24
MAX_ANCHORS = 2000
WELL_KNOWN = ("feed/", "rss.xml", "rss", "feed.xml", "atom.xml", "index.xml", "feed.json")
FEED_PAGES = ("rssfeeds",)  # pages that list the feeds of a site, at its root

_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml",
                    "application/x-rss+xml", "application/xml", "text/xml"})  # fmt: skip
_FEED_PATH = re.compile(
    r"(?:^|[/.?=_-])(?:rss2?|feeds?|atom|rdf|syndication)(?:$|[/.?&=_-])|\.(?:rss|atom|rdf)$", re.IGNORECASE
)
_PANGEA = re.compile(r"^/api/[a-z0-9_-]{5,}$")  # RFE/RL's sites name their feeds so
_COMMENTS = re.compile(r"comment|kommentar|комментари|коментар|комент|каментар|replies", re.IGNORECASE)
_CHANNEL = re.compile(r'"(?:channelId|externalId)":"(UC[\w-]{20,30})"')
_TELEGRAM = frozenset({"t.me", "telegram.me", "telegram.dog"})
TELEGRAM_RULES = SourceRules(
    container=".tgme_widget_message_wrap",
    link="a.tgme_widget_message_date",
    title=".tgme_widget_message_text",
    date="a.tgme_widget_message_date time",
    summary=".tgme_widget_message_text",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address worth trying, and why."""

    url: str
    how: str  # "announced by the page", "linked from the page", …
    title: str = ""
    rules: SourceRules = NO_RULES


def pasted(text: str) -> str:
    """The address that somebody pasted, made whole: a scheme where there is none, feed: undone, public Telegram
    channels at their readable address.
    """
    url = text.strip().strip("<>\"'")
    for prefix in ("feed://", "feed:", "rss://"):
        if url.lower().startswith(prefix):
            rest = url[len(prefix) :]
            url = rest if "://" in rest[:8] else f"https://{rest}"
    if "://" not in url[:10]:
        url = f"https://{url.lstrip('/')}"
    return telegram_page(url) or url


def telegram_page(url: str) -> str | None:
    """The public page of a Telegram channel, which lists its newest posts; None for any other address."""
    parts = urlsplit(url)
    if host_of(url) not in _TELEGRAM:
        return None
    names = [part for part in parts.path.split("/") if part]
    names = names[1:] if names[:1] == ["s"] else names
    if not names or not re.fullmatch(r"[A-Za-z]\w{3,31}", names[0]):
        return None
    return f"https://t.me/s/{names[0]}"


def by_address(url: str) -> tuple[Candidate, ...]:
    """What can be told from the address alone."""
    parts = urlsplit(url)
    host, path = host_of(url), parts.path
    if host in {"youtube.com", "m.youtube.com"}:
        if channel := re.match(r"/channel/(UC[\w-]{20,30})", path):
            return (_youtube("channel_id", channel[1]),)
        if playlist := parse_qs(parts.query).get("list"):
            return (_youtube("playlist_id", playlist[0][:64]),)
    if host in _TELEGRAM and (page := telegram_page(url)) is not None:
        return (Candidate(page, "the public page of a Telegram channel", rules=TELEGRAM_RULES),)
    if host.endswith(".substack.com"):
        return (Candidate(f"https://{host}/feed", "Substack has it there"),)
    if host.endswith((".blogspot.com", ".blogger.com")):
        return (Candidate(f"https://{host}/feeds/posts/default", "Blogger has it there"),)
    if host == "medium.com" and (name := path.strip("/").partition("/")[0]):
        return (Candidate(f"https://medium.com/feed/{name}", "Medium has it there"),)
    if host in {"reddit.com", "old.reddit.com"} and path.startswith("/r/"):
        return (Candidate(f"https://www.reddit.com{path.rstrip('/')}/.rss", "Reddit has it there"),)
    return ()


def by_page(text: str, *, url: str) -> tuple[Candidate, ...]:
    """What a page announces, links to, and what its platform is known to have; best first."""
    tree = LexborHTMLParser(text)
    node = tree.css_first("base[href]")
    base = (absolute(node.attributes.get("href"), url) if node is not None else None) or url
    found = [*_announced(tree, base), *_linked(tree, base), *_by_platform(tree, text, url)]
    return _ranked(found, url)


def well_known(url: str) -> tuple[Candidate, ...]:
    """Where feeds often are: beside the page, then at the root of its site."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}/"
    section = root + parts.path.strip("/") + "/" if parts.path.strip("/") else root
    found = [Candidate(section + path, "a well-known place") for path in WELL_KNOWN[:2]]
    found += [Candidate(root + path, "a well-known place") for path in WELL_KNOWN]
    found += [Candidate(root + path, "a page that lists feeds") for path in FEED_PAGES]
    return _unique(found)


def sitemaps_in(robots: str, *, url: str) -> tuple[Candidate, ...]:
    """The sitemaps that a robots.txt names, those for news first; else where one often is."""
    named = re.findall(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", robots[:500_000], re.IGNORECASE | re.MULTILINE)[
        :50
    ]
    found = [
        Candidate(address, "the sitemap in robots.txt") for each in named if (address := absolute(each, url))
    ]
    found.sort(key=lambda each: "news" not in each.url.lower())
    parts = urlsplit(url)
    return _unique([*found, Candidate(f"{parts.scheme}://{parts.netloc}/sitemap.xml", "a well-known place")])


def _youtube(parameter: str, value: str) -> Candidate:
    return Candidate(f"https://www.youtube.com/feeds/videos.xml?{parameter}={value}", "YouTube has it there")


def _announced(tree: LexborHTMLParser, base: str) -> Iterable[Candidate]:
    for node in tree.css("link[href]")[:500]:
        attributes = node.attributes
        relations = (attributes.get("rel") or "").lower().split()
        kind = (attributes.get("type") or "").lower().partition(";")[0].strip()
        if not {"alternate", "feed"} & set(relations) or (kind not in _TYPES and "feed" not in relations):
            continue
        address = absolute(attributes.get("href"), base)
        if address is not None and "/wp-json/" not in address and "oembed" not in address:
            yield Candidate(address, "announced by the page", clean(attributes.get("title") or "")[:200])


def _linked(tree: LexborHTMLParser, base: str) -> Iterable[Candidate]:
    for node in tree.css("a[href]")[:MAX_ANCHORS]:
        address = absolute(node.attributes.get("href"), base)
        if address is None:
            continue
        parts = urlsplit(address)
        if _PANGEA.match(parts.path) or _FEED_PATH.search(
            parts.path + (f"?{parts.query}" if parts.query else "")
        ):
            yield Candidate(address, "linked from the page", clean(node.text())[:200])


def _by_platform(tree: LexborHTMLParser, text: str, url: str) -> Iterable[Candidate]:
    node = tree.css_first('meta[name="generator"]')
    generator = (node.attributes.get("content") or "").lower() if node is not None else ""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}/"
    if "wordpress" in generator or "/wp-content/" in text:
        yield Candidate(root + "feed/", "WordPress has it there")
        yield Candidate(root + "wp-json/wp/v2/posts", "WordPress has it there")
    if "drupal" in generator or "/sites/default/files/" in text:
        yield Candidate(root + "rss.xml", "Drupal has it there")
    if "ghost" in generator:
        yield Candidate(root + "rss/", "Ghost has it there")
    if "hugo" in generator or "jekyll" in generator:
        yield Candidate(
            root + ("index.xml" if "hugo" in generator else "feed.xml"), "its generator puts it there"
        )
    if host_of(url).endswith("youtube.com") and (channel := _CHANNEL.search(text)) is not None:
        yield _youtube("channel_id", channel[1])


def _ranked(found: Iterable[Candidate], url: str) -> tuple[Candidate, ...]:
    words = [word for word in re.split(r"\W+", urlsplit(url).path.lower()) if len(word) > 3]

    def rank(candidate: Candidate) -> tuple[bool, int, bool, bool]:
        said = f"{candidate.url} {candidate.title}".lower()
        order = ("announced by the page", "linked from the page")
        return (
            _COMMENTS.search(said) is not None,
            order.index(candidate.how) if candidate.how in order else len(order),
            host_of(candidate.url) != host_of(url),
            not any(word in said for word in words),
        )

    return _unique(sorted(found, key=rank))


def _unique(found: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The first of each address."""
    first: dict[str, Candidate] = {}
    for candidate in found:
        first.setdefault(canonical_link(candidate.url), candidate)
    return tuple(first.values())[:MAX_CANDIDATES]
