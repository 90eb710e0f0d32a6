"""What was published against what was stored, what was owed against what was sent."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.trial.documents import Document, RawEntry, element, key
from watchdog_bot.simulator import Message


@dataclass(frozen=True, slots=True)
class Stored:
    """A post as the bot stored it, and the document in which it was sighted."""

    id: int
    name: str
    title: str
    link: str
    text: str
    published: int | None
    new: bool  # stored after the baseline


@dataclass(frozen=True, slots=True)
class Owed:
    """A delivery that the bot recorded."""

    post_id: int
    chat_id: int = field(repr=False)
    state: str
    message_id: int | None
    evidence: str


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one document."""

    name: str
    title: str
    published: int
    stored: int
    matched: int
    sent: int


@dataclass(slots=True)
class Account:
    """What the trial came to."""

    rows: list[Row] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # published, not stored, and nothing explains it
    merged: list[str] = field(default_factory=list)  # published, not stored: it is another entry once more
    unsent: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)  # in a chat, but owed by nothing; or before publication
    words: list[str] = field(default_factory=list)  # where the bytes and the bot disagree about a word
    by_chat: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    violations: int = 0
    exit_code: int = 0

    @property
    def held(self) -> bool:
        """Whether nothing was lost, doubled or made up."""
        wrong = (self.missing, self.unsent, self.twice, self.unasked)
        return not any(wrong) and not self.violations and self.exit_code == 0

    def totals(self) -> tuple[int, int, int, int]:
        """Published, stored, matched, sent."""
        return (
            sum(row.published for row in self.rows),
            sum(row.stored for row in self.rows),
            sum(row.matched for row in self.rows),
            sum(row.sent for row in self.rows),
        )


class Ledger:
    """The bot's database, read-only, while it is at work or after."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _rows(self, sql: str) -> list[tuple[object, ...]]:
        if not self._path.exists():
            return []
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=5)) as db:
            return list(db.execute(sql))

    def read(self) -> dict[str, str]:
        """The ETag of the last document read, by address."""
        return {
            str(url): str(etag)
            for url, etag in self._rows("SELECT url, etag FROM feed WHERE baseline_done = 1")
        }

    def newest_post(self) -> int:
        """The number of the newest."""
        return _int(self._rows("SELECT coalesce(max(id), 0) FROM post")[0][0])

    def unfinished(self) -> int:
        """How many deliveries are still to be made."""
        return _int(self._rows("SELECT count(*) FROM delivery WHERE step IS NOT NULL")[0][0])

    def posts(self, baseline: int) -> tuple[Stored, ...]:
        """Every post, once for each document it stands in."""
        sql = (
            "SELECT post.id, feed.url, post.title, coalesce(post.link, ''), post.summary || char(10) || post.content,"
            " post.published_at FROM sighting JOIN post ON post.id = post_id JOIN feed ON feed.id = sighting.feed_id"
        )
        return tuple(
            Stored(
                _int(id_),
                Path(str(url)).stem,
                str(title),
                str(link),
                str(text),
                _maybe(when),
                _int(id_) > baseline,
            )
            for id_, url, title, link, text, when in self._rows(sql)
        )

    def owed(self) -> tuple[Owed, ...]:
        """Every delivery."""
        sql = (
            "SELECT post_id, chat_id, delivery.state, message_id, evidence"
            " FROM delivery JOIN subscriber ON subscriber.id = subscriber_id ORDER BY delivery.id"
        )
        return tuple(
            Owed(_int(post), _int(chat), str(state), _maybe(message), str(evidence))
            for post, chat, state, message, evidence in self._rows(sql)
        )


def _int(value: object) -> int:
    assert isinstance(value, int), value
    return value


def _maybe(value: object) -> int | None:
    return None if value is None else _int(value)


def settle(
    chosen: Sequence[Document],
    posts: Sequence[Stored],
    owed: Sequence[Owed],
    messages: dict[int, tuple[Message, ...]],
    asked: dict[int, str],
) -> Account:
    """Compare what was published with what is stored, what is owed with what was sent."""
    account = Account()
    sent = {(chat, message.id) for chat, all_ in messages.items() for message in all_}
    for each in chosen:
        mine = [post for post in posts if post.name == each.name]
        fresh = {post.id for post in mine if post.new}
        owed_here = [delivery for delivery in owed if delivery.post_id in fresh]
        arrived = [delivery for delivery in owed_here if (delivery.chat_id, delivery.message_id) in sent]
        account.rows.append(
            Row(each.name, each.title, len(each.withheld), len(fresh), len(owed_here), len(arrived))
        )
        _compare_posts(account, each, mine)
        _compare_words(account, each, mine, owed, asked)
    for delivery in owed:
        if delivery.state != "sent" or (delivery.chat_id, delivery.message_id) not in sent:
            account.unsent.append(f"post {delivery.post_id} to {asked[delivery.chat_id]}: {delivery.state}")
    known = {(delivery.chat_id, delivery.message_id) for delivery in owed}
    for chat, all_ in messages.items():
        account.by_chat[asked[chat]] = len(all_)
        account.unasked += [
            f"{asked[chat]}: {_first_lines(each)}" for each in all_ if (chat, each.id) not in known
        ]
        shown = Counter(each.html for each in all_)
        account.twice += [
            f"{asked[chat]}, {count} times: {text[:120]}" for text, count in shown.items() if count > 1
        ]
    return account


def _compare_posts(account: Account, each: Document, mine: Sequence[Stored]) -> None:
    """A published entry is stored if a post of its document has its link, or its title."""
    left = Counter(_identity(post.title, post.link) for post in mine if post.new)
    entries = each.entries
    for entry in each.withheld:
        found = next((stored for stored in _likely(entry) if left[stored]), None) or next(
            (stored for stored in left if left[stored] and entry.link and stored[1].endswith(entry.link)),
            None,
        )
        if found is not None:
            left[found] -= 1
            continue
        title = key(entry.title)
        twins = [
            other
            for other in entries
            if other is not entry
            and ((other.guid and other.guid == entry.guid) or (other.link and other.link == entry.link))
        ]
        line = f"{each.name}: {entry.title or '(untitled)'} <{entry.link or entry.guid}>"
        if len(twins) > 1 or any(key(twin.title) == title for twin in twins):
            account.merged.append(f"{line}: stands in the document more than once")
        else:
            account.missing.append(line)
    account.twice += [
        f"{each.name}: stored and not published, or stored twice: {title} {link}"
        for (title, link), count in left.items()
        if count
    ]


def _identity(title: str, link: str) -> tuple[str, str]:
    return key(title), link


def _likely(entry: RawEntry) -> tuple[tuple[str, str], ...]:
    """How the entry may have been stored; one without a title is called by its text."""
    shown = entry.title or element("description", entry.raw) or element("summary", entry.raw)
    links = (entry.link, entry.guid) if entry.link or entry.guid.startswith("http") else ("",)
    return tuple(_identity(shown, link) for link in links)


def _compare_words(
    account: Account, each: Document, mine: Sequence[Stored], owed: Sequence[Owed], asked: dict[int, str]
) -> None:
    """Whether those who asked for a word got just the posts whose bytes hold it between the tags."""
    found = {(delivery.post_id, asked[delivery.chat_id]) for delivery in owed}
    for entry in each.withheld:
        post = next(
            (
                post
                for post in mine
                if post.new and key(post.title) == key(entry.title) and entry.link in {"", post.link}
            ),
            None,
        )
        if post is None:
            continue
        held = entry.words
        for word in (wish for wish in asked.values() if not wish.isupper()):
            if (word in held) != ((post.id, word) in found):
                what = "in the bytes, not alerted" if word in held else "alerted, not in the bytes"
                account.words.append(f"{word}: {what}: {each.name}: {entry.title}")


def _first_lines(message: Message) -> str:
    return " / ".join(message.text.splitlines()[:2])
