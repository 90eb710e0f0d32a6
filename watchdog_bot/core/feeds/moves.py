"""When a feed has moved for good. A permanent redirect (301, 308) is believed after five answers in a row that lead to
one place: servers send them by mistake, for an hour or for a caller. A temporary one (302, 303, 307) never is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from watchdog_bot.core.model import FetchFailed, FetchResult

BELIEVED_AFTER: Final = 5


@dataclass(frozen=True, slots=True)
class Moves:
    """Where the last answers led, and how many of them in a row."""

    to: str | None = None
    times: int = 0

    @property
    def settled(self) -> str | None:
        """The new address, once it is believed."""
        return self.to if self.times >= BELIEVED_AFTER else None


def after(moves: Moves, result: FetchResult) -> Moves:
    """The count after an answer. A failure says nothing about addresses and changes nothing."""
    if isinstance(result, FetchFailed):
        return moves
    if result.moved_to is None:
        return Moves()
    return Moves(result.moved_to, moves.times + 1 if result.moved_to == moves.to else 1)
