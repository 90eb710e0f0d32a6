from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.latency import Delays, Leg, Stamps, delays, in_words, quantile


def test_each_leg_has_its_own_figures() -> None:
    alerts = [Stamps(0, 60_000, 60_000, 60_000 + 100 * n) for n in range(1, 101)]
    assert delays(alerts) == (
        Delays(Leg.SEEN, 100, 60.0, 60.0),
        Delays(Leg.DECIDED, 100, 0.0, 0.0),
        Delays(Leg.SENT, 100, 5.0, 9.5),
    )


def test_a_source_whose_clock_is_ahead_or_that_gives_no_time_says_nothing_of_when_it_published() -> None:
    found = delays([Stamps(None, 1000, 1000, 2000), Stamps(5000, 1000, 1000, 2000)])
    assert [each.leg for each in found] == [Leg.DECIDED, Leg.SENT]


def test_a_clock_that_was_set_back_makes_nothing_negative() -> None:
    assert delays([Stamps(0, 5000, 4000, 3000)])[1:] == (
        Delays(Leg.DECIDED, 1, 0, 0),
        Delays(Leg.SENT, 1, 0, 0),
    )


def test_without_alerts_there_are_no_figures() -> None:
    assert delays([]) == ()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0.01, 1))
def test_a_quantile_is_the_smallest_value_that_covers_its_share(values: list[float], share: float) -> None:
    found = quantile(values, share)
    assert sum(each <= found for each in values) >= share * len(values)
    assert sum(each < found for each in values) < share * len(values)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (0.42, "0.4 s"), (12, "12 s"), (150, "2 min"), (3 * 3600, "3 h"), (5 * 86400, "5 days")],
)
def test_a_delay_is_told_as_people_say_it(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
