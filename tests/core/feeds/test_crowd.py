from __future__ import annotations

from datetime import timedelta

from tests.clock import START
from watchdog_bot.core.feeds import crowd
from watchdog_bot.core.feeds.crowd import LONGEST, PATIENCE, Crowd

URL = "https://www.a.example/feed"


def test_a_feed_whose_host_is_free_soon_is_not_put_off() -> None:
    assert Crowd().put_off(URL, 0, START) is None
    assert Crowd().put_off(URL, PATIENCE, START) is None


def test_a_host_that_asked_for_silence_puts_nobody_off() -> None:
    assert Crowd().put_off(URL, LONGEST + 1, START) is None


def test_the_feeds_of_a_host_come_one_after_another_and_those_of_others_beside_them() -> None:
    queues = Crowd()
    seconds = [queues.put_off(URL, 10, START) for _ in range(4)]
    assert seconds == [START + timedelta(seconds=each) for each in (5, 10, 15, 20)]
    assert queues.put_off("https://b.example/", 10, START) == START + timedelta(seconds=5)


def test_a_queue_that_is_over_delays_nobody() -> None:
    queues = Crowd()
    queues.put_off(URL, 10, START)
    later = START + timedelta(hours=1)
    assert queues.put_off(URL, 10, later) == later + timedelta(seconds=5)


def test_hosts_without_a_queue_are_forgotten() -> None:
    queues = Crowd()
    for number in range(crowd.FORGET_ABOVE + 1):
        queues.put_off(f"https://{number}.example/", 10, START)
    queues.put_off(URL, 10, START + timedelta(days=1))
    assert len(queues._last) == 1
