"""How long alerts take from source to reader, leg by leg. Pure.

| leg                | from                             | to                                                   |
|--------------------|----------------------------------|------------------------------------------------------|
| published → seen   | the time that the source gives   | the poll that found the post                         |
| seen → decided     | that poll                        | the delivery is promised: one transaction, so 0 but for posts that were held or edited |
| decided → sent     | the promise                      | Telegram has it                                      |

Only alerts that went out alone count: what waits for a digest or for the end of quiet hours waits because its reader
asked for that. A time of publication that lies after the poll (a source's clock that is ahead, or a date alone) counts as none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

HALF, NEARLY_ALL = 0.5, 0.95


class Leg(StrEnum):
    """A part of the way; the value names it in metrics."""

    SEEN = "published_to_seen"
    DECIDED = "seen_to_decided"
    SENT = "decided_to_sent"


@dataclass(frozen=True, slots=True)
class Delays:
    """Of one leg: how many alerts were looked at, and within how many seconds half and 19 of 20 of them were."""

    leg: Leg
    count: int
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Stamps:
    """Of one alert, epoch milliseconds; `published` None where its source gives no time."""

    published: int | None
    seen: int
    decided: int
    sent: int


def delays(alerts: Sequence[Stamps]) -> tuple[Delays, ...]:
    """Every leg that any of these alerts has."""
    seconds: dict[Leg, list[float]] = {leg: [] for leg in Leg}
    for each in alerts:
        if each.published is not None and each.published <= each.seen:
            seconds[Leg.SEEN].append((each.seen - each.published) / 1000)
        seconds[Leg.DECIDED].append(max(0, each.decided - each.seen) / 1000)
        seconds[Leg.SENT].append(max(0, each.sent - each.decided) / 1000)
    return tuple(
        Delays(leg, len(found), quantile(found, HALF), quantile(found, NEARLY_ALL))
        for leg, found in seconds.items()
        if found
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed (nearest rank). `values` is not empty."""
    ordered = sorted(values)
    rank = -(-len(ordered) * share // 1)
    return ordered[max(int(rank), 1) - 1]


def in_words(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min`, `5 h`, `4 days`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    whole = timedelta(seconds=seconds)
    return f"{seconds / 3600:.0f} h" if whole < timedelta(hours=48) else f"{whole.days} days"
