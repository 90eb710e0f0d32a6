from __future__ import annotations

import heapq
from datetime import UTC, datetime, timedelta

import pytest

from watchdog_bot.core import paid
from watchdog_bot.core.pacing import DEFAULT_LIMITS, Lane, Pacer
from watchdog_bot.simulator.limits import FloodLimits

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_it_is_off_unless_somebody_writes_it() -> None:
    assert paid.rate_of("") is None
    assert paid.limits(None) == DEFAULT_LIMITS
    assert paid.in_flight(None, 8) == 8


def test_the_sentence_with_the_price_switches_it_on() -> None:
    assert paid.rate_of("200 a second at 0.1 Star a message") == 200


@pytest.mark.parametrize(
    ("written", "meant"),
    [("200", 200), ("yes", 1000), ("5000 a second", 1000)],
)
def test_anything_else_is_refused_with_the_price_and_the_sentence(written: str, meant: int) -> None:
    with pytest.raises(ValueError, match="is not confirmed") as caught:
        paid.rate_of(written)
    told = str(caught.value)
    assert f"write “{paid.confirmation(meant)}”" in told
    assert "100,000 Stars" in told
    assert "100,000 monthly users" in told
    assert paid.rate_of(paid.confirmation(meant)) == meant


@pytest.mark.parametrize(("rate", "nearest"), [(31, 50), (2000, 1000)])
def test_a_rate_that_telegram_does_not_take_is_refused_with_the_nearest(rate: int, nearest: int) -> None:
    with pytest.raises(ValueError, match="Telegram takes 50 to 1000") as caught:
        paid.rate_of(paid.confirmation(rate))
    assert f"write “{paid.confirmation(nearest)}”" in str(caught.value)


def test_the_price_is_that_of_what_is_above_the_free_thirty() -> None:
    assert "up to 97.0 Stars a second (349,200 an hour)" in paid.cost(1000)


@pytest.mark.parametrize("rate", [50, 200, 1000])
def test_telegram_has_nothing_to_say_against_its_pace(rate: int) -> None:
    """Alerts to ever new chats, so many waiting at once as are in flight; each looks again after 10 ms at least."""
    pacer, limits = Pacer(paid.limits(rate)), FloodLimits(strict=True)
    waiting = [(0.0, chat) for chat in range(1, paid.in_flight(rate, 8) + 1)]
    chat, sent = len(waiting), 0
    while sent < rate * 5:
        at, mine = heapq.heappop(waiting)
        now = NOW + timedelta(seconds=at)
        lane = Lane.REPLY if mine % 20 == 0 else Lane.ALERT
        ready = pacer.ready_at(mine, now, lane)
        if ready > now:
            heapq.heappush(waiting, (at + max((ready - now).total_seconds(), 0.01), mine))
            continue
        pacer.took(mine, now)
        assert limits.check(mine, now.timestamp(), paid=True) is None
        sent, chat = sent + 1, chat + 1
        heapq.heappush(waiting, (at, chat))
    assert limits.refused == 0
    assert rate * 0.8 < sent / at
    assert limits.peak_overall <= rate
