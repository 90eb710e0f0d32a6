"""Writing down who is owed a post, inside the transaction that stores the post."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard

from sqlite_utils import Database

from watchdog_bot.core.hours import Standing
from watchdog_bot.core.model import (
    MatchGroup,
    Planned,
    PlannedDelivery,
    Post,
    PostId,
    SubscriberId,
    SubscriptionId,
)
from watchdog_bot.core.mutes import Mute, silenced
from watchdog_bot.core.tempo import StoryAlerts
from watchdog_bot.store import mutes, rows, tempos
from watchdog_bot.store.crowd import CROWD, Crowds
from watchdog_bot.store.line import ahead, enter, serving_turn
from watchdog_bot.store.rows import chunks, marks, ms
from watchdog_bot.store.tempos import Wishes

BEHIND, READY, HELD = 0, 1, 4
URGENT, ORDINARY = 0, 1


@dataclass(frozen=True, slots=True)
class _Owed:
    """What one subscriber is owed of a post; evidence and subscriptions are packed."""

    subscriber_id: SubscriberId
    evidence: str
    subscriptions: str
    standing: Standing | None  # None: alone and at once, as nearly always


@dataclass(frozen=True, slots=True)
class Owing:
    """A post with those it concerns; `story` is the first post of its story, where that is another."""

    post_id: PostId
    planned: tuple[Planned, ...]
    story: PostId | None = None


def plan(db: Database, owing: Sequence[Owing], *, fresh: set[PostId], now: datetime) -> int:
    """Insert a delivery for each subscriber that is owed a post and has none of it yet; returns how many.

    `fresh`: posts made in this transaction, which nobody can have a delivery of. A subscription counts for whoever
    has it now: since the post was matched, two chats may have become one.

    Of a post that another source told before, whoever wants every report is owed the post itself. All others are
    owed the first post of its story, if they have not been alerted of the story at all: they came later, or the
    first report did not concern them, or it stood in a baseline.
    """
    if not any(each.planned for each in owing):
        return 0
    crowds = _crowds(db, owing)
    others = crowds.others(ms(now)) if crowds else {}
    singly = [(*others.pop(each.post_id, ()), *_singly(each)) for each in owing]
    live = _live(db, (one for planned in singly for delivery in planned for one in delivery.subscription_ids))
    standing = _Standing(mutes.in_force(db, ms(now)), tempos.wishes(db, live, ms(now)), now)
    line = _Line(db, now)
    holders: dict[PostId, set[SubscriberId]] = {post_id: set() for post_id in fresh}
    for each, named in zip(owing, singly, strict=True):
        planned = tuple(_held(live, named))
        post = _post(db, each.post_id) if standing.muted else each.post_id
        if each.story is not None:
            heard = _hearers(db, each.story)
            planned, joined = standing.by_wish(post, planned)
            told = _post(db, each.story) if standing.muted else each.story
            line.add(each.story, list(standing.choose(told, joined, heard)))
        elif crowds:
            line.add_crowd(each.post_id, crowds)
        if each.post_id not in holders:
            holders[each.post_id] = _holders(db, each.post_id)
        line.add(each.post_id, list(standing.choose(post, planned, holders[each.post_id])))
    if crowds:
        crowds.done()
    return line.count


def _crowds(db: Database, owing: Iterable[Owing]) -> Crowds | None:
    """Reports of a known story are looked at one by one."""
    found = [
        (each.post_id, one) for each in owing if each.story is None for one in each.planned if _is_crowd(one)
    ]
    return Crowds(db, found) if found else None


def _is_crowd(planned: Planned) -> TypeGuard[MatchGroup]:
    return isinstance(planned, MatchGroup) and len(planned.subscription_ids) >= CROWD


def _singly(owing: Owing) -> Iterator[PlannedDelivery]:
    """All but the crowds, one by one."""
    for one in owing.planned:
        if isinstance(one, PlannedDelivery):
            yield one
        elif owing.story is not None or not _is_crowd(one):
            for subscription_id, subscriber_id in zip(one.subscription_ids, one.subscriber_ids, strict=True):
                yield PlannedDelivery(subscriber_id, (subscription_id,), one.evidence)


def _held(
    live: Mapping[SubscriptionId, SubscriberId], planned: Iterable[PlannedDelivery]
) -> Iterator[PlannedDelivery]:
    """Those of subscriptions that stand, for whoever has them now."""
    for one in planned:
        standing = [each for each in one.subscription_ids if each in live]
        if standing:
            owner = live[standing[0]]
            yield PlannedDelivery(
                owner, tuple(each for each in standing if live[each] == owner), one.evidence
            )


def _live(db: Database, subscription_ids: Iterable[SubscriptionId]) -> dict[SubscriptionId, SubscriberId]:
    """Those that still stand, of active subscribers, with whose they are."""
    live: dict[SubscriptionId, SubscriberId] = {}
    for chunk in chunks(dict.fromkeys(subscription_ids)):
        live.update(
            db.execute(
                f"""
                SELECT subscription.id, subscription.subscriber_id FROM subscription
                JOIN subscriber ON subscriber.id = subscription.subscriber_id
                WHERE subscription.id IN ({marks(chunk)})
                    AND subscription.deleted_at IS NULL AND subscriber.state = 'active'
                """,  # noqa: S608 - only question marks
                chunk,
            )
        )
    return live


def _holders(db: Database, post_id: PostId) -> set[SubscriberId]:
    found = db.execute("SELECT subscriber_id FROM delivery WHERE post_id = ?", [post_id])
    return {row[0] for row in found}


def _hearers(db: Database, story: PostId) -> set[SubscriberId]:
    """Who is owed, or was, any post of the story."""
    found = db.execute(
        """
        SELECT subscriber_id FROM delivery
        WHERE post_id = ? OR post_id IN (SELECT id FROM post WHERE story_id = ?)
        """,
        [story, story],
    )
    return {row[0] for row in found}


def _post(db: Database, post_id: PostId) -> Post:
    (row,) = db.query("SELECT * FROM post WHERE id = ?", [post_id])
    return rows.post(row)


@dataclass(frozen=True, slots=True)
class _Standing:
    """Who may be alerted at all."""

    muted: dict[SubscriberId, list[Mute]]
    wishes: dict[SubscriberId, Wishes]
    now: datetime

    def by_wish(
        self, post: Post | PostId, planned: Iterable[PlannedDelivery]
    ) -> tuple[tuple[PlannedDelivery, ...], tuple[PlannedDelivery, ...]]:
        """Of a report of a known story: who wants it as an alert of its own; who is told of the story at most. A mute
        against the report keeps it from both.
        """
        each, joined = [], []
        for one in planned:
            wishes = self.wishes.get(one.subscriber_id)
            if wishes is not None and wishes.settings.stories is StoryAlerts.EACH:
                each.append(one)
            elif not self._silenced(post, one):
                joined.append(one)
        return tuple(each), tuple(joined)

    def _silenced(self, post: Post | PostId, planned: PlannedDelivery) -> bool:
        against = self.muted.get(planned.subscriber_id)
        if not against or not isinstance(post, Post):
            return False
        return silenced(post, planned.evidence, against, self.now)

    def choose(
        self, post: Post | PostId, planned: Iterable[PlannedDelivery], taken: set[SubscriberId]
    ) -> Iterator[_Owed]:
        """The planned deliveries that hold, one a subscriber. The post itself is needed only where mutes are."""
        packed: dict[int, str] = {}  # subscribers of one query share one evidence value: packed once
        for delivery in planned:
            subscriber_id = delivery.subscriber_id
            if subscriber_id in taken or self._silenced(post, delivery):
                continue
            taken.add(subscriber_id)
            evidence = packed.get(id(delivery.evidence))
            if evidence is None:
                evidence = packed[id(delivery.evidence)] = rows.pack_evidence(delivery.evidence)
            asking = delivery.subscription_ids
            packed_ids = f"[{asking[0]}]" if len(asking) == 1 else rows.pack(asking)
            wishes = self.wishes.get(subscriber_id)
            how = None if wishes is None else wishes.stand(asking, self.now)
            yield _Owed(subscriber_id, evidence, packed_ids, how)


class _Line:
    """The rows of one transaction on their way into the line (see `store.line`), post by post."""

    def __init__(self, db: Database, now: datetime) -> None:
        self._db = db
        self._now = ms(now)
        self._first_turn = {lane: serving_turn(db, lane) for lane in (URGENT, ORDINARY)}
        self._ahead: set[SubscriberId] = set()
        self._rows: list[tuple[object, ...]] = []
        self._behind: list[tuple[object, ...]] = []
        self._urgent: list[tuple[PostId, SubscriberId]] = []
        self._ranks: Counter[PostId] = Counter()  # how many are in line for a post
        self.count = 0

    def add_crowd(self, post_id: PostId, crowds: Crowds) -> None:
        first = self._first_turn[ORDINARY] + self._ranks[post_id]
        self._came(post_id, crowds.write(post_id, turn=first, now=self._now))

    def add(self, post_id: PostId, owed: list[_Owed]) -> None:
        if not owed:
            return
        self._ahead = ahead(self._db, [one.subscriber_id for one in owed])
        now, first_turn = self._now, self._first_turn[ORDINARY]
        for rank, one in enumerate(owed, self._ranks[post_id]):
            texts = (one.evidence, one.subscriptions)
            if one.standing is None:
                step = self._step(one.subscriber_id, first_turn + rank)
                self._rows.append(
                    (post_id, one.subscriber_id, step, ORDINARY, first_turn + rank, now, 0, 0, *texts, now)
                )
            else:
                self._add_special(post_id, one.subscriber_id, one.standing, rank, texts)
        self._came(post_id, self._write())

    def _came(self, post_id: PostId, many: int) -> None:
        self._ranks[post_id] += many
        self.count += many

    def _step(self, subscriber_id: SubscriberId, turn: int) -> int:
        if subscriber_id in self._ahead:
            # Who stands before a newcomer is served no later than the newcomer's own turn would be.
            self._behind.append((turn, turn, subscriber_id))
            return BEHIND
        self._ahead.add(subscriber_id)
        return READY

    def _add_special(
        self, post_id: PostId, subscriber_id: SubscriberId, how: Standing, rank: int, texts: tuple[str, str]
    ) -> None:
        lane = URGENT if how.urgent else ORDINARY
        turn = self._first_turn[lane] + rank
        if how.held:
            step = HELD
        elif how.urgent:
            step = BEHIND  # until `write` brings it forward
            self._urgent.append((post_id, subscriber_id))
            self._ahead.add(subscriber_id)
        else:
            step = self._step(subscriber_id, turn)
        self._rows.append(
            (
                post_id,
                subscriber_id,
                step,
                lane,
                turn,
                ms(how.due_at),
                int(how.silent),
                int(how.held),
                *texts,
                self._now,
            )
        )

    def _write(self) -> int:
        """Returns how many rows were new. The turn of who stands before a newcomer follows."""
        written = self._db.conn.executemany(
            """
            INSERT INTO delivery (post_id, subscriber_id, state, step, lane, turn, due_at, silent, fold, evidence,
                                  subscriptions, created_at)
            VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (post_id, subscriber_id) DO NOTHING
            """,
            self._rows,
        ).rowcount
        self._db.conn.executemany(
            """
            UPDATE delivery SET turn = ? WHERE lane = 1 AND turn > ? AND id = (
                SELECT id FROM delivery WHERE subscriber_id = ? AND step = 1)
            """,
            self._behind,
        )
        for post_id, subscriber_id in self._urgent:
            (delivery_id,) = self._db.execute(
                "SELECT id FROM delivery WHERE post_id = ? AND subscriber_id = ?", [post_id, subscriber_id]
            ).fetchone()
            enter(self._db, delivery_id, subscriber_id)
        self._rows, self._behind, self._urgent = [], [], []
        return written
