from __future__ import annotations

from watchdog_bot.core.feeds.moves import BELIEVED_AFTER, Moves, after
from watchdog_bot.core.model import Fetched, FetchFailed, FetchResult, NotModified

NEW = "https://new.example/feed"


def moved(to: str | None = NEW) -> Fetched:
    return Fetched("u", b"", "", moved_to=to)


def count(*results: FetchResult) -> Moves:
    moves = Moves()
    for result in results:
        moves = after(moves, result)
    return moves


def test_a_permanent_redirect_is_believed_after_five_in_a_row_to_one_place() -> None:
    assert count(*[moved()] * (BELIEVED_AFTER - 1)).settled is None
    assert count(*[moved()] * BELIEVED_AFTER).settled == NEW
    assert count(*[NotModified(moved_to=NEW)] * BELIEVED_AFTER).settled == NEW


def test_another_place_or_none_starts_the_count_again() -> None:
    assert count(*[moved()] * 4, moved("https://other.example/"), *[moved()] * 4).settled is None
    assert count(*[moved()] * 4, moved(None), moved()) == Moves(NEW, 1)
    assert count(*[moved()] * 4, NotModified()) == Moves()


def test_a_failure_in_between_changes_nothing() -> None:
    assert count(*[moved()] * 3, FetchFailed("x"), *[moved()] * 2).settled == NEW
