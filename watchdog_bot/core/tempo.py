"""How a subscriber wants to be alerted: the choices, as values. What follows from them is in `core.hours`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tempo(StrEnum):
    """Of one subscription, the quickest first; a post that several subscriptions ask for takes the quickest."""

    URGENT = "urgent"  # at once, before others, whatever the hour
    INSTANT = "instant"
    SILENT = "silent"  # at once, without a sound
    HOURLY = "hourly"  # one digest an hour
    DAILY = "daily"  # one digest a day


class QuietMode(StrEnum):
    """What happens to alerts in quiet hours."""

    HOLD = "hold"  # summed up when they end
    SILENT = "silent"  # sent without a sound


class Corrections(StrEnum):
    """How a reader learns that a post was changed by its source."""

    EDIT = "edit"  # the sent alert is edited in place
    REPLY = "reply"  # a reply to it says so


class StoryAlerts(StrEnum):
    """What becomes of another source's report of a story that was alerted of."""

    JOINED = "joined"  # it is added to that alert, which is edited in place
    EACH = "each"  # it is an alert of its own


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """Of one subscriber. Minutes count from local midnight, 0 to 1439."""

    zone: str = "UTC"  # an IANA name, or an offset such as +03:00
    quiet_from: int | None = None  # None: no quiet hours
    quiet_to: int | None = None
    quiet_mode: QuietMode = QuietMode.HOLD
    daily_at: int = 8 * 60
    per_hour: int | None = None  # alerts an hour; the rest come as a digest
    protect: bool = False  # messages cannot be forwarded or saved
    previews: bool = False  # link previews
    weekly_note: bool = True  # "nothing new in 7 days, still watching"
    corrections: Corrections = Corrections.EDIT
    stories: StoryAlerts = StoryAlerts.JOINED


DEFAULT_SETTINGS = ChatSettings()
