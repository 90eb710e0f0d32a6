"""Does a mute silence a post? A mute is a passing exclusion, so like every exclusion it wins.

| kind    | value                         | silences posts                                          |
|---------|-------------------------------|---------------------------------------------------------|
| all     | ""                            | all of them                                             |
| post    | the post's number             | this one                                                |
| country | ISO 3166 alpha-2              | that are about the country (not those that mention it)  |
| source  | the feed's number             | first seen in this feed                                 |
| word    | what a subscription asked for | where a word, phrase, prefix or form asked for answered |
| topic   | the topic's name              | where this topic answered                               |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watchdog_bot.core.model import Evidence, Post, SubscriberId

_WORD_KINDS = frozenset({"word", "phrase", "prefix", "form"})


class MuteKind(StrEnum):
    """What is muted."""

    ALL = "all"
    POST = "post"
    COUNTRY = "country"
    SOURCE = "source"
    WORD = "word"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class Mute:
    """A subscriber's wish for silence, until then (None: until it says otherwise)."""

    id: int
    subscriber_id: SubscriberId
    kind: MuteKind
    value: str
    until: datetime | None


def silenced(post: Post, evidence: tuple[Evidence, ...], mutes: Iterable[Mute], now: datetime) -> bool:
    """Whether any of these mutes (of one subscriber), still in force, silences the post."""
    return any(_applies(mute, post, evidence) for mute in mutes if mute.until is None or mute.until > now)


def _applies(mute: Mute, post: Post, evidence: tuple[Evidence, ...]) -> bool:
    match mute.kind:
        case MuteKind.ALL:
            return True
        case MuteKind.POST:
            return mute.value in {str(post.id), str(post.story)}  # a mute of the story's first post is of all
        case MuteKind.COUNTRY:
            return any(score.code == mute.value for score in post.countries.about)
        case MuteKind.SOURCE:
            return mute.value == str(post.feed_id)
        case MuteKind.WORD:
            return any(one.kind in _WORD_KINDS and one.wanted == mute.value for one in evidence)
        case MuteKind.TOPIC:
            return any(one.kind == "topic" and one.wanted == mute.value for one in evidence)
