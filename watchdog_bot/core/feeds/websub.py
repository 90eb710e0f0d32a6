"""WebSub (W3C Recommendation, 23 January 2018): what to say to a hub, and whether to believe what it says. Pure.

1. A hub is named by the HTTP header Link, else by the document; a feed's topic is the address that the same place
   calls rel="self", else the other place, else the one it is fetched from (section 4).
2. A subscription request names a callback nobody can guess and a secret; the hub must then ask us back, and
   only what we asked for is confirmed (sections 5.1 to 5.3). Each ask moves the next one away, so that a hub
   that never answers is asked less and less often.
3. A lease is renewed in its last tenth (Feed-on-Feeds #33); one that ran out is asked for anew.
4. A push counts only with a signature of its very bytes by that secret (section 7.1, compared in constant time).
5. Whoever brings a post first is believed: pushes lengthen the time between pulls to a day once one of them
   brought something new, and a pull that finds a post first ends that. A pull a day stays in any case.
6. When the feed is removed, or names another hub, the hub is told, a few times; then it is forgotten.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from watchdog_bot.core.feeds import link_header
from watchdog_bot.core.feeds.links import absolute
from watchdog_bot.core.html import unescape
from watchdog_bot.core.model import FeedId

LEASE = 10 * 86_400  # seconds that are asked for; the hub decides
LONGEST_LEASE = 30 * 86_400  # a longer one is renewed after this time all the same
SHORTEST_RENEWAL = 300  # seconds: no hub makes us ask more often
FIRST_WAIT = 15 * 60  # seconds until a hub that did not answer is asked again; doubles
LONGEST_WAIT = 86_400
FAREWELLS = 3  # times that a hub is told to stop
PULL_EVERY = timedelta(hours=24)
CHALLENGE_LIMIT = 2_048  # characters
HEAD = 65_536  # bytes of a document in which its own address is looked for

_DIGESTS = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}
_SIGNATURE = re.compile(r"(sha1|sha256|sha384|sha512)=([0-9a-f]{40,128})", re.IGNORECASE | re.ASCII)
_FIRST_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s>]")
_LINK = re.compile(r"<(?:[\w.-]+:)?link\s([^<>]{1,4096})>")
_ATTRIBUTE = re.compile(r"\b(rel|href)\s{0,20}=\s{0,20}(?:\"([^\"]*)\"|'([^']*)')")
_FEED_URL = re.compile(r'"feed_url"\s{0,20}:\s{0,20}("(?:[^"\\]|\\.){1,4096}")')


# A hub that is none of WebSub's is left to whoever reads the whole document.
_HUBS = re.compile(
    r'"hubs"\s{0,20}:\s{0,20}\[\s{0,20}\{\s{0,20}"type"\s{0,20}:\s{0,20}"WebSub"\s{0,20},'
    r'\s{0,20}"url"\s{0,20}:\s{0,20}("(?:[^"\\]|\\.){1,4096}")',
    re.IGNORECASE,
)


class HubState(StrEnum):
    """wanted → asked → active → leaving; a refusal or a lost lease leads back to wanted."""

    WANTED = "wanted"
    ASKED = "asked"
    ACTIVE = "active"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class NamedHub:
    """What a feed's document says of pushes, and whether they have proved themselves (rule 5)."""

    hub: str
    topic: str
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class HubStanding:
    """How it stands with the hub that a feed names. `state` is None where nobody has asked it yet."""

    state: HubState | None = None
    trusted: bool = False
    cause: str | None = None

    def in_words(self) -> str:
        """A clause for a list of feeds."""
        match self.state:
            case None:
                return "names a hub, pushes are off"
            case HubState.ACTIVE if self.trusted:
                return "pushes on, pulled once a day"
            case HubState.ACTIVE:
                return "pushes on, none has come first yet"
            case HubState.LEAVING:
                return "leaving its hub"
            case HubState.WANTED | HubState.ASKED if self.cause is not None:
                return f"pushes refused: {self.cause}"
            case HubState.WANTED | HubState.ASKED:
                return "pushes asked for"
            case _:
                assert_never(self.state)


@dataclass(frozen=True, slots=True)
class HubSubscription:
    """A feed at a hub. `act_at` is when it is to be asked next, whatever the state."""

    id: int
    feed_id: FeedId  # may be gone while `state` is LEAVING
    hub: str
    topic: str
    token: str = field(repr=False)  # the last part of the callback: who knows it may speak for the hub
    public_url: str
    secret: str = field(repr=False)
    state: HubState
    act_at: datetime
    lease_until: datetime | None = None
    attempts: int = 0  # asks since the last confirmation
    trusted: bool = False
    cause: str | None = None  # why the last ask came to nothing

    @property
    def callback(self) -> str:
        """Where the hub is to ask back and to push."""
        return f"{self.public_url}/websub/{self.token}"


# --------------------------------------------------------------------------- asking


@dataclass(frozen=True, slots=True)
class Ask:
    """POST `form` to the hub, once `after` is written: it may ask back before it answers."""

    form: tuple[tuple[str, str], ...] = field(repr=False)
    after: HubSubscription


@dataclass(frozen=True, slots=True)
class Forget:
    """The subscription is over."""


def next_step(subscription: HubSubscription, now: datetime) -> Ask | Forget:
    """What to do with a subscription whose `act_at` has come (rules 2, 3 and 6)."""
    attempts = subscription.attempts + 1
    after = replace(subscription, attempts=attempts, act_at=now + timedelta(seconds=wait_after(attempts)))
    match subscription.state:
        case HubState.LEAVING:
            if attempts > FAREWELLS or lapsed(subscription, now):
                return Forget()
            return Ask(_form(subscription, "unsubscribe"), after)
        case HubState.ACTIVE:
            if lapsed(subscription, now):
                after = replace(after, state=HubState.ASKED, lease_until=None, trusted=False)
            return Ask(_form(subscription, "subscribe"), after)
        case HubState.WANTED | HubState.ASKED:
            return Ask(_form(subscription, "subscribe"), replace(after, state=HubState.ASKED))
        case _:
            assert_never(subscription.state)


def wait_after(attempts: int) -> int:
    """Seconds until a hub is asked again after so many asks: 15 minutes, doubling, to a day."""
    return int(min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(max(attempts - 1, 0), 20)))


def lapsed(subscription: HubSubscription, now: datetime) -> bool:
    """Whether the hub owes us nothing any more."""
    return subscription.lease_until is not None and subscription.lease_until <= now


def _form(subscription: HubSubscription, mode: str) -> tuple[tuple[str, str], ...]:
    """Section 5.1."""
    asked = (
        ("hub.callback", subscription.callback),
        ("hub.mode", mode),
        ("hub.topic", subscription.topic),
    )
    if mode == "unsubscribe":
        return asked
    return (*asked, ("hub.lease_seconds", str(LEASE)), ("hub.secret", subscription.secret))


# --------------------------------------------------------------------------- being asked back


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Answer 200 with the challenge, once `after` is written (None: the subscription is over)."""

    challenge: str
    after: HubSubscription | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Answer this status: 404 for what we did not ask for, 410 for what we know nothing of."""

    status: int


def answer(
    subscription: HubSubscription | None, params: Mapping[str, str], now: datetime
) -> Confirmed | Refused:
    """What to answer to a hub's question (sections 5.2 and 5.3). `params` is the query of its request."""
    if subscription is None:
        return Refused(410)
    if params.get("hub.topic") != subscription.topic:
        return Refused(404)
    leaving = subscription.state is HubState.LEAVING
    mode, challenge = params.get("hub.mode"), params.get("hub.challenge", "")
    if mode == "denied":
        return Confirmed("", None if leaving else _denied(subscription, params.get("hub.reason", ""), now))
    if not challenge or len(challenge) > CHALLENGE_LIMIT:
        return Refused(404)
    if mode == "unsubscribe" and leaving:
        return Confirmed(challenge, None)
    if mode == "subscribe" and subscription.state in {HubState.ASKED, HubState.ACTIVE}:
        return Confirmed(challenge, _leased(subscription, params.get("hub.lease_seconds", ""), now))
    return Refused(404)


def _leased(subscription: HubSubscription, seconds: str, now: datetime) -> HubSubscription:
    """Rule 3. A hub that names no time, which it must, is taken at our own word."""
    asked = int(seconds[:12]) if seconds.isascii() and seconds.isdecimal() else LEASE
    lease = min(asked, LONGEST_LEASE)
    return replace(
        subscription,
        state=HubState.ACTIVE,
        lease_until=now + timedelta(seconds=lease),
        act_at=now + timedelta(seconds=max(lease * 0.9, SHORTEST_RENEWAL)),
        attempts=0,
        cause=None,
    )


def _denied(subscription: HubSubscription, reason: str, now: datetime) -> HubSubscription:
    shown = "".join(character for character in reason if character.isprintable())[:200]
    return replace(
        subscription,
        state=HubState.WANTED,
        act_at=now + timedelta(seconds=LONGEST_WAIT),
        lease_until=None,
        trusted=False,
        cause=f"the hub refused: {shown}" if shown else "the hub refused and gave no reason",
    )


# --------------------------------------------------------------------------- being pushed to


def is_signed(body: bytes, header: str, secret: str) -> bool:
    """Rule 4. `header` is X-Hub-Signature: "method=hex"."""
    found = _SIGNATURE.fullmatch(header.strip())
    if found is None:
        return False
    expected = hmac.new(secret.encode(), body, _DIGESTS[found[1].lower()]).hexdigest()
    return hmac.compare_digest(expected, found[2].lower())


def next_pull(last_pull: datetime) -> datetime:
    """Rule 5: when a feed whose pushes are trusted is pulled again."""
    return last_pull + PULL_EVERY


# --------------------------------------------------------------------------- discovery


def named_in(body: bytes, links: str, url: str, *, read: str | None = None) -> NamedHub | None:
    """Rule 1: what an answer of `url` names; None where it names no hub. `links` are its Link headers, `read` is the hub
    that was read with the whole document, where one was.
    """
    hub = link_header.named(links, "hub", url) if links else None
    if hub is not None:
        return NamedHub(hub, link_header.named(links, "self", url) or topic_of(body, url))
    if read is None and b"hub" in body[:HEAD]:
        read = absolute(_find(body, "hub"), url)
    if read is None:
        return None
    own = absolute(_find(body, "self"), url)
    return NamedHub(read, own or (link_header.named(links, "self", url) if links else None) or url)


def topic_of(body: bytes, url: str) -> str:
    """The document's own address, else `url`, which it came from."""
    return absolute(_find(body, "self"), url) or url


def _find(body: bytes, relation: str) -> str | None:
    """The address that the head of a document names as "self" or "hub"."""
    text = body[:HEAD].decode("utf-8", "replace")
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return _in_json(text, _FEED_URL if relation == "self" else _HUBS)
    return _in_xml(text, relation)


def _in_xml(text: str, relation: str) -> str | None:
    first = _FIRST_ENTRY.search(text)
    for link in _LINK.finditer(text, 0, first.start() if first else len(text)):
        named = {name: double or single for name, double, single in _ATTRIBUTE.findall(link[1])}
        if relation in named.get("rel", "").lower().split():
            return unescape(named.get("href", ""))
    return None


def _in_json(text: str, pattern: re.Pattern[str]) -> str | None:
    found = pattern.search(text)
    try:
        return str(json.loads(found[1])) if found else None
    except ValueError:
        return None
