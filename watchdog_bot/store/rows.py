"""Between rows and values: moments, lists, evidence. It knows no SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from sqlite_utils import Database

from watchdog_bot.core.model import (
    Address,
    ChatKind,
    CountryEvidence,
    CountryReading,
    CountryScore,
    Delivery,
    DeliveryState,
    Evidence,
    Feed,
    FeedHealth,
    FeedKind,
    HttpMemory,
    Post,
    Subscriber,
    SubscriberState,
    Subscription,
    SubscriptionSlot,
)
from watchdog_bot.core.tempo import Tempo

Row = Mapping[str, Any]
T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
GENERAL_TOPIC = 1  # Telegram's own number of General; it is never sent as message_thread_id
CHUNK = 5_000  # parameters in one IN (...): SQLite takes 32,766, PostgreSQL 65,535


def ms(moment: datetime) -> int:
    """Epoch milliseconds of an aware moment, rounded down, exact."""
    return (moment - _EPOCH) // _MILLISECOND


def moment(value: int) -> datetime:
    """The aware UTC moment of epoch milliseconds."""
    return _EPOCH + timedelta(milliseconds=value)


def ms_or_none(value: datetime | None) -> int | None:
    return None if value is None else ms(value)


def moment_or_none(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The values in lists of at most `size`."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


def marks(values: Sequence[object]) -> str:
    """`?, ?, ?` for an IN (...)."""
    return ", ".join("?" * len(values))


def read(db: Database, sql: str, arguments: Sequence[object] = ()) -> list[Row]:
    """All rows of a SELECT that names each column once: sqlite-utils' `query` looks for doubles in every row, which
    costs more than the reading.
    """
    cursor = db.conn.execute(sql, arguments)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def pack(value: object) -> str:
    """Compact JSON, readable in any script."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pack_evidence(evidence: tuple[Evidence, ...]) -> str:
    return pack([[one.kind, one.wanted, one.found, one.where] for one in evidence])


def unpack_evidence(text: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(kind, wanted, found, where) for kind, wanted, found, where in json.loads(text))


def pack_countries(reading: CountryReading) -> str:
    return pack([_scores(reading.about), _scores(reading.mentions)])


def unpack_countries(text: str) -> CountryReading:
    about, mentions = json.loads(text)
    return CountryReading(_unpack_scores(about), _unpack_scores(mentions))


def _scores(scores: tuple[CountryScore, ...]) -> list[Any]:
    return [[one.code, one.score, [[e.surface, e.where, e.kind] for e in one.evidence]] for one in scores]


def _unpack_scores(scores: list[Any]) -> tuple[CountryScore, ...]:
    return tuple(
        CountryScore(code, score, tuple(CountryEvidence(*one) for one in evidence))
        for code, score, evidence in scores
    )


def feed(row: Row) -> Feed:
    return Feed(
        id=row["id"],
        url=row["url"],
        name=row["name"],
        kind=FeedKind(row["kind"]),
        every=row["every"],
        countries=() if row["countries"] == "[]" else tuple(json.loads(row["countries"])),
        language=row["language"],
        rules=row["rules"],
        mirror=row["mirror"],
        archive=row["archive"],
        memory=HttpMemory(
            etag=row["etag"],
            last_modified=row["last_modified"],
            body_hash=row["body_hash"],
            slices=row["slices"] or b"",
            moved_to=row["moved_to"],
            moved_times=row["moved_times"],
            pace=row["pace"],
        ),
        health=FeedHealth(
            last_checked_at=moment_or_none(row["last_checked_at"]),
            last_ok_at=moment_or_none(row["last_ok_at"]),
            last_new_at=moment_or_none(row["last_new_at"]),
            failures=row["failures"],
            failing_since=moment_or_none(row["failing_since"]),
            cause=row["cause"],
            note=row["note"],
            damaged=bool(row["damaged"]),
        ),
        next_check_at=moment(row["next_check_at"]) if row["next_check_at"] else None,
        baseline_done=bool(row["baseline_done"]),
        paused=bool(row["paused"]),
    )


def post(row: Row, *, id_column: str = "id") -> Post:
    return Post(
        id=row[id_column],
        title=row["title"],
        link=row["link"],
        summary=row["summary"],
        content=row["content"],
        tags=tuple(json.loads(row["tags"])),
        language=row["language"],
        published_at=moment_or_none(row["published_at"]),
        first_seen_at=moment(row["first_seen_at"]),
        countries=unpack_countries(row["countries"]),
        feed_name=row["feed_name"],
        feed_id=row["feed_id"],
        changed_at=moment_or_none(row["changed_at"]),
        withdrawn_at=moment_or_none(row["withdrawn_at"]),
        story=row["story_id"],
    )


def thread_number(thread_id: int | None) -> int:
    """The stored number of a topic: 0 for General, however it was named."""
    return 0 if thread_id is None or thread_id == GENERAL_TOPIC else thread_id


def subscriber(row: Row) -> Subscriber:
    return Subscriber(
        id=row["id"],
        address=Address(row["chat_id"], row["thread_id"] or None),
        kind=ChatKind(row["kind"]),
        state=SubscriberState(row["state"]),
        language=row["language"],
    )


def subscription(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        subscriber_id=row["subscriber_id"],
        slot=SubscriptionSlot(row["slot"]),
        query=row["query"],
        created_at=moment(row["created_at"]),
        tempo=Tempo(row["tempo"]),
    )


def delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        post_id=row["post_id"],
        subscriber_id=row["subscriber_id"],
        state=DeliveryState(row["state"]),
        due_at=moment(row["due_at"]),
        attempts=row["attempts"],
        doubts=row["doubts"],
        evidence=unpack_evidence(row["evidence"]),
        cause=row["cause"],
        to_general=bool(row["to_general"]),
        silent=bool(row["silent"]),
        urgent=row["lane"] == 0,
        message_id=row["message_id"],
        created_at=moment(row["created_at"]),
        sent_at=moment_or_none(row["sent_at"]),
    )
