"""All that is remembered, and all SQL. `Store` is the only way in."""

from watchdog_bot.core.mutes import Mute, MuteKind
from watchdog_bot.store.face import Store
from watchdog_bot.store.peek import backup as copy_database
from watchdog_bot.store.peek import beats as read_beats
from watchdog_bot.store.peek import faults as read_faults
from watchdog_bot.store.peek import feeds as read_feeds
from watchdog_bot.store.peek import watched as read_watched
from watchdog_bot.store.values import AppliedUpdate, ClaimedEdit, ClaimedNote, Gate, StoreStatus

__all__ = [
    "AppliedUpdate",
    "ClaimedEdit",
    "ClaimedNote",
    "Gate",
    "Mute",
    "MuteKind",
    "Store",
    "StoreStatus",
    "copy_database",
    "read_beats",
    "read_faults",
    "read_feeds",
    "read_watched",
]
