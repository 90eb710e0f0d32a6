"""Which post is it: keys of entries. Dates decide nothing unless there is nothing else.

An entry is known if any of its keys is known. Too many keys lose posts, too few double them; the rules:

Local keys (they mean something within their feed only):
1. guid, if no entry of the document with another link has it.
2. guid and link together, always where there is a guid: it holds where guids repeat (some feeds have one guid for all).
   Where entries of several titles have one guid and no page to link to, the guid says nothing: rule 4.
3. The guid's path without scheme and host, if it is an address below the root and all such guids of the document are
   of one host: it survives a move to https or to a new host.
4. Without a guid: the link as it stands; without either: title and date; without a date: title and text.
Shared keys (they mean something anywhere):
5. The canonical link of the page, or of that which it is a mobile or AMP variant of, unless it is a site's front
   page, or other entries of the document with another title have the same one. Where only the fragments differ, they
   count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from urllib.parse import urlsplit

from watchdog_bot.core.feeds import variants
from watchdog_bot.core.feeds.links import host_of
from watchdog_bot.core.model import EntryKeys, ParsedEntry

KEY_SIZE = 16  # bytes

# Parameters that say where a reader came from, never what is read. Anything else may name the article
# (Forum 18's /archive.php?article_id=N), so it stays.
_TRACKING = frozenset(
    [
        "fbclid",
        "gclid",
        "gclsrc",
        "dclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "yclid",
        "ysclid",
        "igshid",
        "igsh",
        "twclid",
        "ttclid",
        "li_fat_id",
        "mc_cid",
        "mc_eid",
        "_hsenc",
        "_hsmi",
        "mkt_tok",
        "vero_id",
        "vero_conv",
        "oly_anon_id",
        "oly_enc_id",
        "wickedid",
        "rb_clickid",
        "s_cid",
        "icid",
        "ncid",
        "cmpid",
        "spm",
        "at_medium",
        "at_campaign",
        "at_custom1",
        "at_custom2",
        "at_custom3",
        "at_custom4",
        "ref_src",
        "ref_url",
        "_openstat",
        "_ga",
        "_gl",
        "ns_mchannel",
        "ns_source",
        "ns_campaign",
        "ns_linkname",
        "ns_fee",
        "wt_mc",
        "pk_campaign",
        "pk_kwd",
        "pk_source",
        "pk_medium",
        "mtm_campaign",
        "mtm_source",
        "mtm_medium",
        "mtm_keyword",
        "mtm_content",
        "mtm_cid",
        "mtm_group",
        "mtm_placement",
        "hsctatracking",
        "guccounter",
        "guce_referrer",
        "guce_referrer_sig",
        "sfnsn",
        "__twitter_impression",
        "campaign_id",
        "ito",
        "smid",
        "partner_source",
    ]
)
_TRACKING_PREFIXES = ("utm_", "hsa_", "itm_", "stm_", "pk_", "piwik_", "matomo_")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")


def keys(entries: Sequence[ParsedEntry]) -> tuple[EntryKeys, ...]:
    """The keys of each entry of one document, in its order. The same entries always give the same keys."""
    wholes = [canonical_link(entry.link or "", fragment=True) for entry in entries]
    links: dict[str, set[str]] = {}  # by guid: an entry that stands there twice is still one
    for entry, whole in zip(entries, wholes, strict=True):
        if entry.id:
            links.setdefault(entry.id, set()).add(whole)
    one_host = len({host_of(guid) for guid in links if _is_address(guid)}) <= 1
    paths = Counter(path for guid in links if (path := _path_of(guid)))
    idle = _saying_nothing(entries)
    shared = _shared(entries)
    return tuple(
        EntryKeys(
            local=_local(
                entry,
                whole,
                guid=None if entry.id in idle else entry.id,
                unique=len(links.get(entry.id or "", ())) == 1,
                path=_moveable(entry, paths) if one_host else None,
            ),
            shared=(key_of("link", link),) if link else (),
        )
        for entry, whole, link in zip(entries, wholes, shared, strict=True)
    )


def content_hash(entry: ParsedEntry) -> bytes:
    """16 bytes over what a reader sees of an entry; dates are not part of it, re-dating is no edit."""
    return key_of("content", entry.title, entry.link or "", entry.summary, entry.content, *sorted(entry.tags))


def canonical_link(url: str, *, fragment: bool = False) -> str:
    """One spelling for the addresses of one page. It is for comparing, never for following.

    https for http, no "www.", host in lower case, no default port, no slash at the end, no tracking parameters, no
    fragment unless it is a path ("#!…") or asked for. Applying it twice changes nothing.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return url.strip()
    if parts.scheme not in _DEFAULT_PORTS or not host or not host.isprintable() or " " in url.strip():
        return url.strip()
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    where = f"[{host}]" if ":" in host else host
    if port is not None and port not in _DEFAULT_PORTS.values():
        where = f"{where}:{port}"
    path = _ESCAPE.sub(lambda found: found[0].upper(), parts.path).rstrip("/")
    query = "&".join(each for each in parts.query.split("&") if each and not _tracks(each))
    kept = parts.fragment if fragment or parts.fragment.startswith("!") else ""
    return f"https://{where}{path}{'?' + query if query else ''}{'#' + kept if kept else ''}"


def key_of(kind: str, *parts: str) -> bytes:
    """16 bytes that no other kind and no other parts give (up to chance)."""
    digest = blake2b(digest_size=KEY_SIZE, person=kind.encode("ascii"))
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "little"))
        digest.update(raw)
    return digest.digest()


def _saying_nothing(entries: Sequence[ParsedEntry]) -> frozenset[str]:
    """Guids that several posts have although no link tells these apart."""
    titles: dict[str, set[str]] = {}
    for entry in entries:
        if entry.id and (not entry.link or _is_front_page(entry.link)):
            titles.setdefault(entry.id, set()).add(_plain_title(entry))
    return frozenset(guid for guid, several in titles.items() if len(several) > 1)


def _local(
    entry: ParsedEntry, whole: str, *, guid: str | None, unique: bool, path: str | None
) -> tuple[bytes, ...]:
    if guid:
        # First, for it is right even where a guid that all posts have stood alone once.
        found = [key_of("guid+link", guid, whole)]
        if unique:
            found.append(key_of("guid", guid))
        if unique and path:
            found.append(key_of("guid-path", path))
        return tuple(found)
    if entry.link and not _is_front_page(entry.link):
        return (key_of("only-link", entry.link),)
    moment = entry.published or entry.updated
    if moment is not None:
        return (key_of("title+date", entry.title, moment.isoformat()),)
    return (key_of("title+text", entry.title, entry.summary[:500] or entry.content[:500]),)


def _moveable(entry: ParsedEntry, paths: Counter[str]) -> str | None:
    path = _path_of(entry.id) if entry.id else None
    return path if path and paths[path] == 1 else None


def _is_address(guid: str) -> bool:
    return guid.startswith(("http://", "https://"))


def _path_of(guid: str) -> str | None:
    """Path and query of a guid that is an address below the root."""
    if not _is_address(guid):
        return None
    try:
        parts = urlsplit(guid)
    except ValueError:
        return None
    path = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    return path + (f"#{parts.fragment}" if parts.fragment else "") if path else None


def _shared(entries: Sequence[ParsedEntry]) -> list[str | None]:
    """Rule 5."""
    pages = [variants.page(entry.link) if entry.link else None for entry in entries]
    plain = [canonical_link(link) if link and not _is_front_page(link) else None for link in pages]
    whole = [canonical_link(link, fragment=True) if link else None for link in pages]
    fragments: dict[str, set[str]] = {}
    for short, long in zip(plain, whole, strict=True):
        if short and long:
            fragments.setdefault(short, set()).add(long)
    chosen = [
        long if short and len(fragments[short]) > 1 else short
        for short, long in zip(plain, whole, strict=True)
    ]
    titles: dict[str, set[str]] = {}
    for link, entry in zip(chosen, entries, strict=True):
        if link:
            titles.setdefault(link, set()).add(_plain_title(entry))
    return [link if link and len(titles[link]) == 1 else None for link in chosen]


def _plain_title(entry: ParsedEntry) -> str:
    return " ".join(entry.title.casefold().split())


def _is_front_page(link: str) -> bool:
    """Whether it names a site rather than a page: many posts may point there."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return True
    return parts.path in {"", "/"} and not parts.query and not parts.fragment


def _tracks(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)
