from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from watchdog_bot.core.pacing import Lane, Limits, Pacer

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def send(pacer: Pacer, chats: list[int], lanes: list[Lane] | None = None) -> list[datetime]:
    """Send to these chats one after the other, each as early as it may go; returns when each went."""
    now, went = START, []
    for number, chat in enumerate(chats):
        lane = lanes[number] if lanes else Lane.ALERT
        now = pacer.ready_at(chat, now, lane)
        pacer.took(chat, now)
        went.append(now)
    return went


def most_within(moments: list[datetime], seconds: float) -> int:
    """The most of these that lie in any window of so many seconds."""
    window = timedelta(seconds=seconds)
    return max(sum(1 for other in moments if one <= other < one + window) for one in moments)


def test_the_first_three_go_at_once_and_then_one_each_40_ms() -> None:
    went = send(Pacer(), [1, 2, 3, 4, 5])
    assert went == [START, START, START, at(0.04), at(0.08)]


def test_alerts_to_many_chats_keep_25_a_second() -> None:
    went = send(Pacer(), list(range(1, 1001)))
    assert most_within(went, 1) <= 28
    assert (went[-1] - went[0]).total_seconds() < 1000 / 24


def test_a_chat_gets_one_a_second() -> None:
    assert send(Pacer(), [1, 1, 1]) == [START, at(1), at(2)]


def test_a_group_gets_18_alerts_a_minute() -> None:
    went = send(Pacer(), [-100] * 40)
    assert most_within(went, 60) == 18
    assert went[17] == at(17)
    assert went[18] == at(60)


def test_a_private_chat_has_no_limit_by_the_minute() -> None:
    assert send(Pacer(), [1] * 40)[-1] == at(39)


def test_in_a_group_a_reply_may_go_where_an_alert_must_wait() -> None:
    pacer = Pacer()
    send(pacer, [-100] * 18)
    now = at(20)
    assert pacer.ready_at(-100, now) == at(60)
    assert pacer.ready_at(-100, now, Lane.REPLY) == now


def test_a_group_gets_20_messages_a_minute_with_replies() -> None:
    went = send(Pacer(), [-100] * 30, [Lane.REPLY] * 30)
    assert most_within(went, 60) == 20


def test_a_reply_goes_before_alerts_that_wait() -> None:
    pacer = Pacer()
    send(pacer, [1, 2, 3])
    assert pacer.ready_at(4, START) > START
    assert pacer.ready_at(4, START, Lane.REPLY) == START


def test_t20_a_limited_chat_waits_alone() -> None:
    pacer = Pacer()
    assert not pacer.limited(1, 30, START)
    assert pacer.ready_at(1, START) == at(30)
    assert pacer.ready_at(2, START) == START


def test_two_chats_limited_within_five_seconds_mean_that_all_wait() -> None:
    pacer = Pacer()
    pacer.limited(1, 30, START)
    assert pacer.limited(2, 10, at(5))
    assert pacer.ready_at(3, at(5)) == at(15)
    assert pacer.ready_at(3, at(5), Lane.REPLY) == at(15)


def test_two_chats_limited_at_a_distance_wait_alone() -> None:
    pacer = Pacer()
    pacer.limited(1, 30, START)
    assert not pacer.limited(2, 10, at(5.1))
    assert pacer.ready_at(3, at(5.1)) == at(5.1)


def test_one_chat_limited_twice_is_no_storm() -> None:
    pacer = Pacer()
    pacer.limited(1, 1, START)
    assert not pacer.limited(1, 1, at(1))


def test_a_gate_is_never_shortened() -> None:
    pacer = Pacer()
    pacer.shut(1, at(100))
    pacer.shut(1, at(10))
    pacer.shut(None, at(50))
    pacer.shut(None, at(5))
    assert pacer.ready_at(1, START) == at(100)
    assert pacer.ready_at(2, START) == at(50)


def test_an_opened_gate_lets_pass() -> None:
    pacer = Pacer()
    pacer.shut(1, at(100))
    pacer.shut(None, at(100))
    pacer.open(1)
    pacer.open(None)
    pacer.open(2)
    assert pacer.ready_at(1, START) == START


def test_it_names_the_chats_that_must_wait() -> None:
    pacer = Pacer()
    send(pacer, [1, 2])
    pacer.shut(3, at(90))
    assert pacer.not_before(at(0.5)) == {1: at(1), 2: at(1), 3: at(90)}
    assert pacer.not_before(at(2)) == {3: at(90)}
    assert pacer.not_before(at(91)) == {}


def test_a_full_group_must_wait_also_when_its_last_message_is_long_ago() -> None:
    pacer = Pacer()
    send(pacer, [-100] * 18)
    assert pacer.not_before(at(40)) == {-100: at(60)}


def test_it_forgets_what_no_longer_matters() -> None:
    pacer = Pacer()
    send(pacer, [*range(1, 200), *range(-200, 0)])
    pacer.took(1, at(1000))
    assert len(pacer._last) == 1
    assert not pacer._groups


def test_a_clock_set_back_does_not_hold_anybody_for_an_hour() -> None:
    pacer = Pacer()
    send(pacer, [1, -100, -100])
    back = START - timedelta(hours=1)
    pacer.took(2, back)
    assert pacer.ready_at(1, back) <= back + timedelta(seconds=1)
    assert pacer.ready_at(-100, back) <= back + timedelta(seconds=1)
    assert pacer.ready_at(3, back) <= back + timedelta(seconds=1)


chats = st.sampled_from([1, 2, 3, -100, -200])


@given(st.lists(st.tuples(chats, st.sampled_from(list(Lane)), st.floats(0, 2)), min_size=1, max_size=120))
def test_whatever_is_sent_keeps_every_limit(wishes: list[tuple[int, Lane, float]]) -> None:
    pacer, now = Pacer(), START
    went: list[tuple[int, datetime]] = []
    for chat, lane, pause in wishes:
        now = pacer.ready_at(chat, now + timedelta(seconds=pause), lane)
        pacer.took(chat, now)
        went.append((chat, now))
    assert most_within([when for _, when in went], 1) <= 30
    for chat in {chat for chat, _ in went}:
        mine = [when for one, when in went if one == chat]
        assert most_within(mine, 1) == 1
        assert chat > 0 or most_within(mine, 60) <= 20


def test_other_limits_can_be_set() -> None:
    went = send(Pacer(Limits(per_second=1000, alert_burst=1)), list(range(1, 1001)))
    assert (went[-1] - went[0]).total_seconds() < 1.001


def test_a_thousand_private_chats_have_had_their_slot_within_45_seconds() -> None:
    pacer, now = Pacer(), START
    slots = []
    for chat_id in range(1, 1_001):
        ready = pacer.ready_at(chat_id, now)
        now = max(now, ready)
        pacer.took(chat_id, now)
        slots.append((now - START).total_seconds())
    assert slots[0] == 0
    assert slots[-1] <= 45
