from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog_bot.core.model import (
    Delivery,
    DeliveryId,
    DeliveryState,
    Gone,
    Moved,
    NoRights,
    NotSent,
    PostId,
    Rejected,
    RetryAt,
    SendResult,
    Sent,
    SubscriberId,
    TopicGone,
    Unknown,
)
from watchdog_bot.core.outbox import (
    DOUBT_SECONDS,
    LONGEST_BACKOFF_SECONDS,
    MAX_ATTEMPTS,
    MAX_EDITS,
    OUTAGE_DOUBT_SECONDS,
    OUTAGE_SECONDS,
    DeliveryChange,
    EditChange,
    after,
    after_edit,
    backoff_seconds,
    unfolded,
    untried,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DUE = NOW - timedelta(minutes=1)

RESULTS: tuple[SendResult, ...] = (
    Sent(7),
    RetryAt(5),
    NotSent("no connection"),
    Unknown("no answer"),
    Moved(-1009),
    Gone("blocked"),
    TopicGone("closed"),
    NoRights("may not write"),
    Rejected("bad entities"),
)


def delivery(state: DeliveryState = DeliveryState.SENDING, **changes: object) -> Delivery:
    plain = Delivery(DeliveryId(1), PostId(2), SubscriberId(3), state, DUE, attempts=1)
    return replace(plain, **changes)  # type: ignore[arg-type]


def change(state: DeliveryState, **changes: object) -> DeliveryChange:
    plain = DeliveryChange(DeliveryId(1), 1, state, DUE, attempts=1, doubts=0)
    return replace(plain, **changes)  # type: ignore[arg-type]


def in_seconds(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


LATE_STATES = [state for state in DeliveryState if state is not DeliveryState.SENDING]


@pytest.mark.parametrize("state", LATE_STATES)
@pytest.mark.parametrize("result", RESULTS, ids=lambda one: type(one).__name__)
def test_a_late_answer_says_something_new_only_when_it_was_sent(
    result: SendResult, state: DeliveryState
) -> None:
    late = delivery(state, doubts=1, cause="earlier")
    got = after(late, result, NOW)
    if isinstance(result, Sent):
        assert got == change(DeliveryState.SENT, due_at=NOW, message_id=7, doubts=1)
    else:
        assert got == change(state, doubts=1, cause="earlier")


def test_sent_is_sent() -> None:
    assert after(delivery(), Sent(7), NOW) == change(DeliveryState.SENT, due_at=NOW, message_id=7)


def test_sent_as_plain_text_is_sent_and_a_defect() -> None:
    got = after(delivery(), Sent(7, mended="message is too long"), NOW)
    assert got == change(
        DeliveryState.SENT, due_at=NOW, message_id=7, cause="message is too long", defect=True
    )


def test_t6_a_flood_wait_keeps_the_row_and_gives_the_attempt_back() -> None:
    got = after(delivery(), RetryAt(43_838), NOW)
    until = in_seconds(43_838)
    assert got == change(
        DeliveryState.QUEUED, due_at=until, attempts=0, gate_until=until, cause="Telegram asked to wait"
    )


@pytest.mark.parametrize(("asked", "believed"), [(0.0, 1.0), (-5.0, 1.0), (10.0**12, 7 * 86_400.0)])
def test_an_absurd_retry_after_is_believed_within_reason(asked: float, believed: float) -> None:
    assert after(delivery(), RetryAt(asked), NOW).due_at == in_seconds(believed)


def test_surely_not_sent_is_tried_again_after_a_backoff() -> None:
    got = after(delivery(attempts=3), NotSent("no connection"), NOW)
    due = in_seconds(backoff_seconds(1, 3))
    assert got == change(
        DeliveryState.QUEUED, claimed_attempts=3, attempts=3, due_at=due, cause="no connection"
    )


def test_the_last_attempt_ends_it_with_the_reason() -> None:
    got = after(delivery(attempts=MAX_ATTEMPTS), NotSent("no connection"), NOW)
    assert got.state is DeliveryState.DEAD
    assert got.cause == "not sent after 8 attempts, last: no connection"


def test_in_an_outage_an_attempt_says_nothing_about_the_delivery() -> None:
    got = after(delivery(attempts=MAX_ATTEMPTS), NotSent("no connection"), NOW, outage=True)
    assert (got.state, got.attempts, got.due_at) == (
        DeliveryState.QUEUED,
        MAX_ATTEMPTS - 1,
        in_seconds(OUTAGE_SECONDS),
    )


def test_a_lost_answer_is_a_doubt_and_tried_once_more_after_a_minute() -> None:
    got = after(delivery(), Unknown("no answer"), NOW)
    assert got == change(
        DeliveryState.DOUBTFUL, doubts=1, due_at=in_seconds(DOUBT_SECONDS), cause="no answer"
    )


def test_a_second_lost_answer_ends_it() -> None:
    got = after(delivery(doubts=1), Unknown("no answer"), NOW)
    assert got == change(DeliveryState.DEAD, doubts=2, cause="the answer was lost twice: no answer")


def test_in_an_outage_the_one_further_try_waits_longer() -> None:
    got = after(delivery(), Unknown("no answer"), NOW, outage=True)
    assert (got.state, got.due_at) == (DeliveryState.DOUBTFUL, in_seconds(OUTAGE_DOUBT_SECONDS))


def test_a_doubt_is_kept_through_attempts_that_surely_failed() -> None:
    assert after(delivery(doubts=1), NotSent("no connection"), NOW).doubts == 1
    assert after(delivery(doubts=1), RetryAt(3), NOW).doubts == 1


def test_t15_a_moved_chat_is_followed_and_tried_at_once() -> None:
    got = after(delivery(), Moved(-1009), NOW)
    assert got == change(
        DeliveryState.QUEUED, due_at=NOW, moved_to=-1009, cause="the group became a supergroup"
    )


def test_a_chat_that_moves_for_ever_is_given_up() -> None:
    assert after(delivery(attempts=MAX_ATTEMPTS), Moved(-1009), NOW).state is DeliveryState.DEAD


def test_t16_a_chat_that_is_gone_is_suspended_and_never_deleted() -> None:
    assert after(delivery(), Gone("blocked"), NOW) == change(
        DeliveryState.CANCELLED, cause="blocked", suspend=True
    )


def test_a_topic_that_is_gone_falls_back_to_general_once() -> None:
    got = after(delivery(), TopicGone("closed"), NOW)
    assert got == change(DeliveryState.QUEUED, due_at=NOW, fall_back_to_general=True, cause="closed")


def test_when_general_is_closed_as_well_it_waits_a_day() -> None:
    got = after(delivery(to_general=True), TopicGone("closed"), NOW)
    tomorrow = in_seconds(86_400)
    assert got == change(
        DeliveryState.QUEUED, due_at=tomorrow, gate_until=tomorrow, attempts=0, cause="closed"
    )


def test_without_rights_it_is_tried_daily_and_nothing_else_goes_to_the_chat() -> None:
    got = after(delivery(), NoRights("may not write"), NOW)
    tomorrow = in_seconds(86_400)
    assert got == change(
        DeliveryState.QUEUED, due_at=tomorrow, gate_until=tomorrow, attempts=0, cause="may not write"
    )


def test_t7_a_refused_message_is_dead_at_once_and_says_why() -> None:
    assert after(delivery(), Rejected("bad entities"), NOW) == change(
        DeliveryState.DEAD, cause="bad entities"
    )


def test_a_claim_handed_back_was_never_tried() -> None:
    assert untried(delivery(attempts=4), NOW) == change(
        DeliveryState.QUEUED, claimed_attempts=4, attempts=3, due_at=NOW
    )


def test_a_claim_handed_back_keeps_its_doubt() -> None:
    assert untried(delivery(doubts=1), NOW).doubts == 1


@given(st.integers(1, 2**62), st.integers(1, 1000))
def test_the_backoff_is_bounded_and_the_same_every_time(number: int, attempts: int) -> None:
    seconds = backoff_seconds(number, attempts)
    assert 5 <= seconds <= LONGEST_BACKOFF_SECONDS * 1.5
    assert seconds == backoff_seconds(number, attempts)


def test_rows_that_failed_together_do_not_come_back_together() -> None:
    assert len({backoff_seconds(number, 1) for number in range(100)}) == 100


deliveries = st.builds(
    delivery,
    st.sampled_from(list(DeliveryState)),
    attempts=st.integers(1, MAX_ATTEMPTS),
    doubts=st.integers(0, 1),
    to_general=st.booleans(),
)


@given(st.sampled_from(RESULTS), deliveries, st.booleans())
def test_no_answer_makes_it_try_for_ever(result: SendResult, before: Delivery, outage: bool) -> None:
    got = after(before, result, NOW, outage=outage)
    assert got.doubts <= 2
    assert 0 <= got.attempts <= before.attempts
    assert got.doubts >= before.doubts
    if got.state is DeliveryState.QUEUED and got.due_at <= NOW and before.state is DeliveryState.SENDING:
        assert got.moved_to is not None or got.fall_back_to_general


def test_an_unfolded_delivery_is_an_untried_one_that_goes_alone() -> None:
    assert unfolded(delivery(), NOW) == replace(untried(delivery(), NOW), alone=True)


def edit(due_at: datetime | None = None, **changes: object) -> EditChange:
    return replace(EditChange(DeliveryId(1), due_at), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("result", "change"),
    [
        (Sent(7), edit()),
        (RetryAt(30), edit(in_seconds(30), gate_until=in_seconds(30))),
        (NotSent("no connection"), edit(in_seconds(backoff_seconds(1, 2)), cause="no connection")),
        (Unknown("no answer"), edit(in_seconds(backoff_seconds(1, 2)), cause="no answer")),
        (Moved(-1009), edit(NOW, moved_to=-1009)),
        (Gone("blocked"), edit(suspend=True, cause="blocked")),
        (TopicGone("closed"), edit(cause="closed")),
        (NoRights("may not write"), edit(cause="may not write")),
        (Rejected("not modified"), edit(cause="not modified")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_becomes_of_an_edit_after_each_answer(result: SendResult, change: EditChange) -> None:
    assert after_edit(DeliveryId(1), 2, result, NOW) == change


@pytest.mark.parametrize("result", [NotSent("no connection"), Unknown("no answer"), Moved(-1009)])
def test_an_edit_is_not_tried_for_ever(result: SendResult) -> None:
    assert after_edit(DeliveryId(1), MAX_EDITS, result, NOW).due_at is None
