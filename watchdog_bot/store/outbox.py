"""The outbox: claiming deliveries for sending, recording what came of it, and looking at them.

A claim is committed before the call to Telegram and its result after, so a crash between leaves a row in
`sending`: on the next start that is a doubt, never a loss.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlite_utils import Database

from watchdog_bot.core.hours import held_until
from watchdog_bot.core.model import (
    AlsoAt,
    Case,
    ClaimedDelivery,
    Delivery,
    DeliveryId,
    DeliveryState,
    Post,
    PostId,
    Subscriber,
    SubscriberId,
    Unknown,
)
from watchdog_bot.core.outbox import DeliveryChange, after
from watchdog_bot.core.tempo import ChatSettings
from watchdog_bot.store import feeds, followed, gates, posts, rows, subscribers, tempos
from watchdog_bot.store.connection import writing
from watchdog_bot.store.line import advance, enter, promote, put_off
from watchdog_bot.store.rows import chunks, marks, ms
from watchdog_bot.store.tallies import count

PROMOTED_A_CLAIM = 100
PUT_OFF_A_CLAIM = 100  # each such row is met once and then out of the way, so a claim stays short
ROUNDS = 8
BURST_MS = 5_000  # who must wait longer has had its messages of the minute

WAITING, HELD = 2, 4
_FINAL = frozenset({DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.CANCELLED})
_COUNTED = {DeliveryState.SENT: "sent", DeliveryState.DOUBTFUL: "doubts", DeliveryState.DEAD: "dead"}


def claim(
    db: Database,
    now: datetime,
    *,
    limit: int,
    lease_seconds: float,
    not_before: Mapping[int, datetime],
    catch_up_after: timedelta | None = None,
) -> tuple[ClaimedDelivery, ...]:
    """Take at most so many deliveries for sending.

    1. A shut gate for all: nothing.
    2. A claim whose lease ran out is a doubt.
    3. Rows whose waiting is over come into line.
    4. Urgent first, then by turn; at most one in flight a chat.
    5. A row whose chat must wait (its gate, or `not_before` by chat id) is put off till then. Where a group must wait
       long, because it has had its messages of the minute, all that waits for it becomes one digest.
    6. A row that comes late into its reader's quiet hours is held until they end, unless it is urgent.
    7. A subscriber with several rows older than `catch_up_after` gets them as one digest instead.
    """
    moment = ms(now)
    with writing(db):
        if gates.shut_for_all(db, moment):
            return ()
        _expire(db, now)
        promote(db, moment, limit=PROMOTED_A_CLAIM)
        lease_until = ms(now + timedelta(seconds=lease_seconds))
        old = None if catch_up_after is None else ms(now - catch_up_after)
        return load(db, _take(db, _Claim(moment, limit, lease_until, not_before, old)))


IN_GENERAL_ALREADY = "its topic is gone, and General has this alert already"


@dataclass(slots=True)
class Recording:
    """An answer on its way to the database, and what came of it."""

    change: DeliveryChange
    now: datetime
    written: bool = False
    error: Exception | None = None


def record_all(db: Database, pending: deque[Recording]) -> None:
    """Write all answers that wait, in one transaction: while one commit is under way the next answers gather, so
    that a slow disk does not slow the sending. An answer that breaks is left out alone.
    """
    batch = []
    while pending:
        batch.append(pending.popleft())
    try:
        _record_together(db, batch)
    except Exception as error:  # noqa: BLE001 - kept for the caller whose answer it was
        if len(batch) == 1:
            batch[0].error = error
            return
        for one in batch:
            record_all(db, deque([one]))


def record_now(db: Database, change: DeliveryChange, now: datetime) -> bool:
    """One answer, in a transaction of its own."""
    with writing(db):
        return _record(db, change, now)


def _record_together(db: Database, batch: list[Recording]) -> None:
    if not batch:
        return
    with writing(db):
        written = [_record(db, one.change, one.now) for one in batch]
    for one, done in zip(batch, written, strict=True):
        one.written = done


def recover(db: Database, now: datetime) -> int:
    """On start: what was being sent when the program stopped is doubtful. Returns how many were.

    Leases of feeds end too: only one instance opens a database, so whoever held them is gone. It also brings
    forward subscribers whose line has no head, which no path of the program leaves behind.
    """
    with writing(db):
        db.execute("UPDATE feed SET lease_until = NULL WHERE lease_until IS NOT NULL")
        left = _doubt(db, "step = 3", [], "the program stopped while it was being sent", now)
        for (subscriber_id,) in db.execute(
            """
            SELECT DISTINCT subscriber_id FROM delivery AS behind WHERE step = 0 AND NOT EXISTS (
                SELECT 1 FROM delivery AS front
                WHERE front.subscriber_id = behind.subscriber_id AND front.step IN (1, 2, 3)
            )
            """
        ).fetchall():
            advance(db, subscriber_id)
    return left


def requeue(db: Database, delivery_id: DeliveryId, now: int) -> bool:
    """An admin's second chance for a dead delivery: as if it had never been tried. False where it is not dead
    or its subscriber cannot be alerted.
    """
    with writing(db):
        found = list(
            db.query(
                """
                UPDATE delivery SET state = 'queued', step = 2, fold = 0, due_at = ?, attempts = 0, doubts = 0,
                    cause = NULL, ended_at = NULL
                WHERE id = ? AND state = 'dead' AND EXISTS (
                    SELECT 1 FROM subscriber WHERE subscriber.id = delivery.subscriber_id AND state = 'active')
                RETURNING subscriber_id
                """,
                [now, delivery_id],
            )
        )
        for row in found:
            enter(db, delivery_id, row["subscriber_id"])
    return bool(found)


def of_post(db: Database, subscriber_id: SubscriberId, post_id: PostId) -> Delivery | None:
    found = db.query(
        "SELECT * FROM delivery WHERE subscriber_id = ? AND post_id = ?", [subscriber_id, post_id]
    )
    return next((rows.delivery(row) for row in found), None)


def by_message(db: Database, subscriber_id: SubscriberId, message_id: int) -> tuple[Delivery, Post] | None:
    """The delivery that became this message, with its post."""
    found = db.query(
        "SELECT * FROM delivery WHERE subscriber_id = ? AND step IS NULL AND message_id = ?",
        [subscriber_id, message_id],
    )
    for row in found:
        post = posts.one(db, row["post_id"])
        if post is not None:
            return rows.delivery(row), post
    return None


def all_by_message(db: Database, chat_id: int, message_id: int) -> tuple[tuple[Delivery, Post], ...]:
    """Every delivery that this message carried, with its post where that is still kept: in the whole chat, because an
    alert of a topic may have gone to General.
    """
    found = db.query(
        """
        SELECT * FROM delivery WHERE subscriber_id IN (SELECT id FROM subscriber WHERE chat_id = ?)
            AND step IS NULL AND message_id = ? ORDER BY id
        """,
        [chat_id, message_id],
    )
    carried = [(rows.delivery(row), posts.one(db, row["post_id"])) for row in list(found)]
    return tuple((delivery, post) for delivery, post in carried if post is not None)


def recent(db: Database, subscriber_id: SubscriberId, limit: int) -> tuple[Delivery, ...]:
    """The subscriber's newest sent deliveries, newest first."""
    found = db.query(
        """
        SELECT * FROM delivery WHERE subscriber_id = ? AND step IS NULL AND sent_at IS NOT NULL ORDER BY sent_at DESC LIMIT ?
        """,
        [subscriber_id, limit],
    )
    return tuple(rows.delivery(row) for row in found)


def dead(db: Database, limit: int) -> tuple[Delivery, ...]:
    """The newest dead deliveries, with their causes."""
    found = db.query("SELECT * FROM delivery WHERE state = 'dead' ORDER BY id DESC LIMIT ?", [limit])
    return tuple(rows.delivery(row) for row in found)


@dataclass(frozen=True, slots=True)
class _Claim:
    now: int
    limit: int
    lease_until: int
    not_before: Mapping[int, datetime]
    old: int | None  # rows made before this are late


def busy_chats(db: Database) -> set[int]:
    """The chats that have something in flight."""
    found = db.conn.execute(
        """
        SELECT chat_id FROM delivery JOIN subscriber ON subscriber.id = subscriber_id
        WHERE step = 3 AND lease_until > 0
        """
    )
    return {row[0] for row in found}


def _take(db: Database, claim: _Claim) -> list[DeliveryId]:
    limit, now = claim.limit, claim.now
    busy = busy_chats(db)
    taken: list[DeliveryId] = []
    passed = 0  # ready rows of chats that have one in flight: they stay where they are
    put_offs = 0
    for round_ in range(ROUNDS):
        heads = _heads(db, limit - len(taken) + passed + (PUT_OFF_A_CLAIM // ROUNDS * round_))
        passed = 0
        moved = False
        for delivery_id, chat_id, gate, made_at, lane, settings in heads:
            if len(taken) >= limit:
                return taken
            if chat_id in busy:
                passed += 1
                continue
            until = max(gate or 0, ms(claim.not_before[chat_id]) if chat_id in claim.not_before else 0)
            moved = True
            if until > now:
                burst = claim.old is not None and lane and chat_id < 0 and until - now > BURST_MS
                if not (burst and _fold_burst(db, delivery_id, until)):
                    put_off(db, delivery_id, until)
                put_offs += 1
                continue
            if lane and settings != "{}" and hold_in_quiet(db, delivery_id, settings, now):
                put_offs += 1
                continue
            if claim.old is not None and made_at <= claim.old and _fold_late(db, delivery_id, claim.old, now):
                continue
            send_next(db, delivery_id, claim.lease_until)
            taken.append(delivery_id)
            busy.add(chat_id)
        if len(taken) >= limit or put_offs >= PUT_OFF_A_CLAIM or not heads or not moved:
            return taken
    return taken


def hold_in_quiet(db: Database, delivery_id: DeliveryId, settings: str, now: int) -> bool:
    """Hold a row that was late for its reader's quiet hours until they end, for the digest of then. Within the caller's
    transaction; `settings` as they are stored. False where none hold it now.
    """
    until = held_until(tempos.unpack(settings), rows.moment(now))
    if until is None:
        return False
    ((subscriber_id,),) = db.execute(
        "UPDATE delivery SET step = 4, fold = 1, due_at = ? WHERE id = ? RETURNING subscriber_id",
        [ms(until), delivery_id],
    ).fetchall()
    advance(db, subscriber_id)
    return True


def _fold_late(db: Database, delivery_id: DeliveryId, old: int, now: int) -> bool:
    """Make this and the other late rows of its subscriber one digest, due now; False where there is no other."""
    return _fold(db, delivery_id, "step IN (0, 1, 2) AND created_at <= ?", [old], fold=2, due_at=now)


def _fold_burst(db: Database, delivery_id: DeliveryId, until: int) -> bool:
    """Make this and what stands behind it one digest, due then, but not what is urgent; False where nothing does."""
    return _fold(db, delivery_id, "step IN (0, 1) AND lane <> 0", [], fold=1, due_at=until)


def _fold(
    db: Database, delivery_id: DeliveryId, condition: str, arguments: list[int], *, fold: int, due_at: int
) -> bool:
    (subscriber_id,) = db.execute("SELECT subscriber_id FROM delivery WHERE id = ?", [delivery_id]).fetchone()
    these = f"subscriber_id = ? AND state = 'queued' AND {condition}"
    several = f"SELECT COUNT(*) > 1 FROM delivery WHERE {these}"  # noqa: S608 - a constant
    if not db.execute(several, [subscriber_id, *arguments]).fetchone()[0]:
        return False
    db.execute(
        f"UPDATE delivery SET step = 4, fold = ?, due_at = ? WHERE {these}",  # noqa: S608 - a constant
        [fold, due_at, subscriber_id, *arguments],
    )
    advance(db, subscriber_id)
    return True


def _heads(db: Database, limit: int) -> list[tuple[DeliveryId, int, int | None, int, int, str]]:
    return db.conn.execute(
        """
        SELECT delivery.id, subscriber.chat_id, gate.until, delivery.created_at, lane, settings FROM delivery
        JOIN subscriber ON subscriber.id = delivery.subscriber_id
        LEFT JOIN gate ON gate.chat_id = subscriber.chat_id
        WHERE delivery.step = 1
        ORDER BY delivery.lane, delivery.turn, delivery.id LIMIT ?
        """,
        [limit],
    ).fetchall()


def send_next(db: Database, delivery_id: DeliveryId, lease_until: int) -> None:
    """It is being sent: this attempt counts from now on. Within the caller's transaction."""
    db.conn.execute(
        "UPDATE delivery SET state = 'sending', step = 3, attempts = attempts + 1, lease_until = ? WHERE id = ?",
        [lease_until, delivery_id],
    )


def load(db: Database, delivery_ids: list[DeliveryId]) -> tuple[ClaimedDelivery, ...]:
    """The claimed rows with their posts and subscribers, in the order they were taken."""
    deliveries: dict[DeliveryId, Delivery] = {}
    asking: dict[DeliveryId, str] = {}
    for chunk in chunks(delivery_ids):
        for row in rows.read(db, f"SELECT * FROM delivery WHERE id IN ({marks(chunk)})", chunk):  # noqa: S608 - only question marks
            deliveries[row["id"]] = rows.delivery(row)
            asking[row["id"]] = row["subscriptions"]
    addressees = subscribers.with_settings(db, {one.subscriber_id for one in deliveries.values()})
    cases = followed.of_deliveries(db, asking)
    carried: dict[PostId, _Carried] = {}
    for post_id in {one.post_id for one in deliveries.values()}:
        (row,) = rows.read(db, "SELECT * FROM post WHERE id = ?", [post_id])
        mirror, archive = feeds.elsewhere(db, row["feed_id"])
        also_at = posts.also_at(db, post_id, row["feed_name"])
        carried[post_id] = _Carried(rows.post(row), also_at, mirror, archive)
    return tuple(
        _claimed(
            deliveries[one],
            addressees[deliveries[one].subscriber_id],
            carried[deliveries[one].post_id],
            cases.get(one, ()),
        )
        for one in delivery_ids
    )


@dataclass(frozen=True, slots=True)
class _Carried:
    """A post with what its feeds say of it."""

    post: Post
    also_at: tuple[AlsoAt, ...]
    mirror: str
    archive: str


def _claimed(
    delivery: Delivery, to: tuple[Subscriber, ChatSettings], carried: _Carried, cases: tuple[Case, ...]
) -> ClaimedDelivery:
    subscriber, settings = to
    if delivery.to_general:
        subscriber = subscribers.in_general(subscriber)
    return ClaimedDelivery(
        delivery,
        carried.post,
        subscriber,
        carried.also_at,
        settings,
        cases,
        mirror=carried.mirror,
        archive=carried.archive,
    )


def _record(db: Database, change: DeliveryChange, now: datetime) -> bool:
    """Write what came of an attempt. False where the row is gone or the answer is late and says nothing new.

    What the answer says of the chat (gate, move, suspension) holds even then.
    """
    row: tuple[SubscriberId, str, int, int, str | None] | None = db.conn.execute(
        "SELECT subscriber_id, state, attempts, fold, unwanted FROM delivery WHERE id = ?",
        [change.delivery_id],
    ).fetchone()
    if row is None:
        return False
    subscriber_id, state, attempts, fold, unwanted = row
    on_time = state == DeliveryState.SENDING and attempts == change.claimed_attempts
    new_truth = change.state is DeliveryState.SENT and state != DeliveryState.SENT
    written = on_time or new_truth
    if written:
        folded = bool(fold) and not change.alone
        if change.fall_back_to_general and _general_has_it(db, change.delivery_id, subscriber_id):
            change = replace(change, state=DeliveryState.CANCELLED, cause=IN_GENERAL_ALREADY)
        _write(db, _unless_unwanted(change, unwanted), subscriber_id, ms(now), folded=folded)
        if change.cases and change.message_id is not None and not folded:
            followed.anchor(db, change.cases, change.message_id, lost=change.reply_lost)
    _follow(db, change, subscriber_id, now)
    return written


def _general_has_it(db: Database, delivery_id: DeliveryId, subscriber_id: SubscriberId) -> bool:
    """Whether the chat's General is told of the same post anyway: by a subscription of its own, or because another
    topic is gone as well.
    """
    found = db.conn.execute(
        """
        SELECT 1 FROM subscriber AS here
        JOIN subscriber AS there ON there.chat_id = here.chat_id AND there.id <> here.id
        JOIN delivery ON delivery.subscriber_id = there.id
        WHERE here.id = ? AND delivery.post_id = (SELECT post_id FROM delivery WHERE id = ?)
            AND (there.thread_id = 0 OR delivery.to_general = 1)
            AND delivery.state IN ('queued', 'sending', 'sent', 'doubtful')
        """,
        [subscriber_id, delivery_id],
    ).fetchone()
    return found is not None


def _unless_unwanted(change: DeliveryChange, unwanted: str | None) -> DeliveryChange:
    """It was cancelled while it was being sent: it is not tried again."""
    if unwanted is None or change.state in _FINAL:
        return change
    return replace(change, state=DeliveryState.CANCELLED, cause=unwanted)


def _write(
    db: Database, change: DeliveryChange, subscriber_id: SubscriberId, now: int, *, folded: bool
) -> None:
    """A row of a digest that is not finished is held for a digest again."""
    final = change.state in _FINAL
    waiting = HELD if folded else WAITING
    db.conn.execute(
        """
        UPDATE delivery SET state = ?, step = ?, due_at = ?, attempts = ?, doubts = ?, message_id = ?, cause = ?,
            lease_until = NULL, unwanted = NULL, to_general = CASE WHEN ? = 1 THEN 1 ELSE to_general END, sent_at = ?, ended_at = ?,
            fold = CASE WHEN ? = 1 THEN 0 ELSE fold END
        WHERE id = ?
        """,
        [
            change.state.value,
            None if final else waiting,
            ms(change.due_at),
            change.attempts,
            change.doubts,
            change.message_id,
            change.cause,
            int(change.fall_back_to_general),
            now if change.state is DeliveryState.SENT else None,
            now if final else None,
            int(change.alone),
            change.delivery_id,
        ],
    )
    if change.state in _COUNTED:
        count(db, _COUNTED[change.state], now)
    if change.defect:
        count(db, "defects", now)
    if change.state is DeliveryState.DEAD and change.doubts > 1:
        count(db, "doubts", now)
    if not final and not folded and ms(change.due_at) <= now:
        enter(db, change.delivery_id, subscriber_id)
    if change.gate_until is None:
        advance(db, subscriber_id)


def _follow(db: Database, change: DeliveryChange, subscriber_id: SubscriberId, now: datetime) -> None:
    """What the answer says of the chat."""
    if change.gate_until is None and change.moved_to is None and not change.suspend:
        return
    (chat_id,) = db.execute("SELECT chat_id FROM subscriber WHERE id = ?", [subscriber_id]).fetchone()
    if change.gate_until is not None:
        gates.shut(db, chat_id, ms(change.gate_until))
    if change.suspend:
        subscribers.suspend_chat(db, chat_id, change.cause or "the chat cannot be reached", ms(now))
    if change.moved_to is not None:
        subscribers.move_chat(db, chat_id, change.moved_to)


def _expire(db: Database, now: datetime) -> None:
    _doubt(db, "step = 3 AND lease_until <= ?", [ms(now)], "no answer came in time", now)


def _doubt(db: Database, where: str, arguments: list[int], cause: str, now: datetime) -> int:
    left = [rows.delivery(row) for row in rows.read(db, f"SELECT * FROM delivery WHERE {where}", arguments)]  # noqa: S608 - one of two constants
    for delivery in left:
        _record(db, after(delivery, Unknown(cause), now), now)
    return len(left)
