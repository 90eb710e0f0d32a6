"""What becomes of a delivery once an attempt to send it has come to something.

It decides and does nothing: no database, no clock, no chance. The store writes what it returns.

Rules, for a delivery in `sending` (attempts counts this claim already):

1. Sent      → sent, with its message id; as plain text if need be, which is counted as a defect.
2. RetryAt   → queued, due when Telegram allows; the attempt is given back; the chat's gate is shut till then.
3. NotSent   → queued with a capped backoff whose jitter comes from a hash; dead after `MAX_ATTEMPTS`.
               While nothing gets through to anybody (`outage`), the attempt is given back: it says nothing
               about this delivery.
4. Unknown   → doubtful, once more after `DOUBT_SECONDS` (longer in an outage); the second lost answer ends it
               as dead.
5. Moved     → queued at once; the store rewrites the chat's id.
6. Gone      → cancelled; the chat is suspended and the rest of its rows are cancelled with it.
7. TopicGone → queued at once, to General; if it was going there already, as NoRights.
8. NoRights  → queued for tomorrow; the attempt is given back; the chat's gate is shut till then.
9. Rejected  → dead at once: trying the same message again cannot help.

In any other state the answer is late (the lease ran out, or a person cancelled it meanwhile). Only Sent says
something new then, and it is the truth whatever the row says:

| result    | queued | sending                        | sent | doubtful | dead | cancelled |
|-----------|--------|--------------------------------|------|----------|------|-----------|
| Sent      | sent   | sent                           | sent | sent     | sent | sent      |
| RetryAt   | same   | queued, later, gate            | same | same     | same | same      |
| NotSent   | same   | queued, later / dead           | same | same     | same | same      |
| Unknown   | same   | doubtful / dead                | same | same     | same | same      |
| Moved     | same   | queued, now, moved             | same | same     | same | same      |
| Gone      | same   | cancelled, suspend             | same | same     | same | same      |
| TopicGone | same   | queued, now, General / tomorrow| same | same     | same | same      |
| NoRights  | same   | queued, tomorrow, gate         | same | same     | same | same      |
| Rejected  | same   | dead                           | same | same     | same | same      |

Sources of the classes: Bot API "Making requests" and "ResponseParameters"; the texts are the server's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import assert_never

from watchdog_bot.core.model import (
    Delivery,
    DeliveryId,
    DeliveryState,
    Gone,
    Moved,
    NoRights,
    NotSent,
    Rejected,
    RetryAt,
    SendResult,
    Sent,
    SubscriptionId,
    TopicGone,
    Unknown,
)

MAX_ATTEMPTS = 8
MAX_EDITS = 6
DOUBT_SECONDS = 60  # long enough for Telegram to have finished with the first one
FIRST_BACKOFF_SECONDS = 10
LONGEST_BACKOFF_SECONDS = 900
OUTAGE_SECONDS = 30
OUTAGE_DOUBT_SECONDS = 600  # the one further try is not wasted on an outage that is known
NO_RIGHTS_SECONDS = 86_400
LONGEST_RETRY_SECONDS = 7 * 86_400  # an absurd retry_after is believed no further than this


@dataclass(frozen=True, slots=True)
class DeliveryChange:
    """What to write after an attempt, and what follows for the chat.

    `claimed_attempts` is the attempt the answer belongs to: the store ignores an answer to an older one,
    unless it is the news that the message was sent.
    """

    delivery_id: DeliveryId
    claimed_attempts: int
    state: DeliveryState
    due_at: datetime
    attempts: int
    doubts: int
    message_id: int | None = None
    cause: str | None = None
    gate_until: datetime | None = None  # nothing to this chat before then
    moved_to: int | None = field(default=None, repr=False)  # the chat's new id
    suspend: bool = False  # the chat cannot be reached: suspend it, cancel what else waits for it
    fall_back_to_general: bool = False  # send without a topic from now on
    alone: bool = False  # out of its digest: it goes as a message of its own
    defect: bool = False  # it was sent, but not as we wrote it
    reply_lost: bool = False  # what it was to reply to is gone: its case goes on from this message
    cases: tuple[SubscriptionId, ...] = ()  # followed cases that the message tells of


def after(  # noqa: C901 - one arm a result, as in the table
    delivery: Delivery, result: SendResult, now: datetime, *, outage: bool = False
) -> DeliveryChange:
    """The change that an answer brings; see the rules above."""
    same = _unchanged(delivery)
    if isinstance(result, Sent):
        return replace(
            same,
            state=DeliveryState.SENT,
            due_at=now,
            message_id=result.message_id,
            cause=result.mended,
            defect=result.mended is not None,
            reply_lost=result.reply_lost,
        )
    if delivery.state is not DeliveryState.SENDING:
        return same
    match result:
        case RetryAt(after=seconds):
            until = now + timedelta(seconds=min(max(seconds, 1.0), LONGEST_RETRY_SECONDS))
            return replace(_back(same, until), gate_until=until, cause="Telegram asked to wait")
        case NotSent(cause=cause):
            return _not_sent(same, cause, now, outage=outage)
        case Unknown(cause=cause):
            return _doubt(same, cause, now, outage=outage)
        case Moved(chat_id=chat_id):
            return _again_now(replace(same, moved_to=chat_id, cause="the group became a supergroup"), now)
        case Gone(cause=cause):
            return replace(same, state=DeliveryState.CANCELLED, cause=cause, suspend=True)
        case TopicGone(cause=cause):
            if delivery.to_general:
                return _tomorrow(same, cause, now)
            return _again_now(replace(same, fall_back_to_general=True, cause=cause), now)
        case NoRights(cause=cause):
            return _tomorrow(same, cause, now)
        case Rejected(cause=cause):
            return replace(same, state=DeliveryState.DEAD, cause=cause)
        case _:  # pragma: no cover - the union is closed
            assert_never(result)


@dataclass(frozen=True, slots=True)
class EditChange:
    """What to write after an attempt to edit a sent message. `due_at` None: there is nothing more to do."""

    delivery_id: DeliveryId
    due_at: datetime | None
    gate_until: datetime | None = None
    moved_to: int | None = field(default=None, repr=False)
    suspend: bool = False
    cause: str | None = None


def after_edit(delivery_id: DeliveryId, attempts: int, result: SendResult, now: datetime) -> EditChange:
    """An edit may be repeated without harm, so a lost answer is only tried again. `attempts`: this one included.

    RetryAt waits as long as Telegram asks; NotSent and Unknown back off, `MAX_EDITS` times; Moved goes on at once.
    Everything else ends it: the alert itself has arrived, and its text is as it was.
    """
    done = EditChange(delivery_id, None)
    match result:
        case RetryAt(after=seconds):
            until = now + timedelta(seconds=min(max(seconds, 1.0), LONGEST_RETRY_SECONDS))
            return replace(done, due_at=until, gate_until=until)
        case NotSent(cause=cause) | Unknown(cause=cause):
            if attempts >= MAX_EDITS:
                return replace(done, cause=cause)
            return replace(
                done, due_at=now + timedelta(seconds=backoff_seconds(delivery_id, attempts)), cause=cause
            )
        case Moved(chat_id=chat_id):
            return replace(done, due_at=now if attempts < MAX_EDITS else None, moved_to=chat_id)
        case Gone(cause=cause):
            return replace(done, suspend=True, cause=cause)
        case Sent():
            return done
        case TopicGone(cause=cause) | NoRights(cause=cause) | Rejected(cause=cause):
            return replace(done, cause=cause)
        case _:  # pragma: no cover - the union is closed
            assert_never(result)


def untried(delivery: Delivery, now: datetime) -> DeliveryChange:
    """A claim that is handed back because the program is stopping: surely not sent, nothing counted."""
    return _back(_unchanged(delivery), now)


def unfolded(delivery: Delivery, now: datetime) -> DeliveryChange:
    """Its digest cannot be made or was refused: it goes as a message of its own, so that one bad line does not
    cost the others.
    """
    return replace(untried(delivery, now), alone=True)


def backoff_seconds(delivery_id: int, attempts: int) -> float:
    """Doubling, capped, times 0.5 to 1.5 by a hash of the delivery and the attempt, so that rows that failed
    together do not come back together.
    """
    doublings = min(max(attempts - 1, 0), 32)
    plain = min(FIRST_BACKOFF_SECONDS << doublings, LONGEST_BACKOFF_SECONDS)
    digest = blake2b(f"{delivery_id}:{attempts}".encode(), digest_size=4).digest()
    return plain * (0.5 + int.from_bytes(digest, "big") / 2**32)


def _unchanged(delivery: Delivery) -> DeliveryChange:
    return DeliveryChange(
        delivery_id=delivery.id,
        claimed_attempts=delivery.attempts,
        state=delivery.state,
        due_at=delivery.due_at,
        attempts=delivery.attempts,
        doubts=delivery.doubts,
        message_id=delivery.message_id,
        cause=delivery.cause,
    )


def _back(change: DeliveryChange, due_at: datetime) -> DeliveryChange:
    """Queued again with the attempt given back."""
    return replace(change, state=DeliveryState.QUEUED, due_at=due_at, attempts=max(change.attempts - 1, 0))


def _not_sent(change: DeliveryChange, cause: str, now: datetime, *, outage: bool) -> DeliveryChange:
    if outage:
        return replace(_back(change, now + timedelta(seconds=OUTAGE_SECONDS)), cause=cause)
    if change.attempts >= MAX_ATTEMPTS:
        return _spent(change, cause)
    due_at = now + timedelta(seconds=backoff_seconds(change.delivery_id, change.attempts))
    return replace(change, state=DeliveryState.QUEUED, due_at=due_at, cause=cause)


def _doubt(change: DeliveryChange, cause: str, now: datetime, *, outage: bool) -> DeliveryChange:
    doubts = change.doubts + 1
    if doubts > 1:
        return replace(
            change, state=DeliveryState.DEAD, doubts=doubts, cause=f"the answer was lost twice: {cause}"
        )
    due_at = now + timedelta(seconds=OUTAGE_DOUBT_SECONDS if outage else DOUBT_SECONDS)
    return replace(change, state=DeliveryState.DOUBTFUL, doubts=doubts, due_at=due_at, cause=cause)


def _again_now(change: DeliveryChange, now: datetime) -> DeliveryChange:
    if change.attempts >= MAX_ATTEMPTS:
        return _spent(change, change.cause or "")
    return replace(change, state=DeliveryState.QUEUED, due_at=now)


def _tomorrow(change: DeliveryChange, cause: str, now: datetime) -> DeliveryChange:
    until = now + timedelta(seconds=NO_RIGHTS_SECONDS)
    return replace(_back(change, until), gate_until=until, cause=cause)


def _spent(change: DeliveryChange, cause: str) -> DeliveryChange:
    return replace(
        change, state=DeliveryState.DEAD, cause=f"not sent after {MAX_ATTEMPTS} attempts, last: {cause}"
    )
