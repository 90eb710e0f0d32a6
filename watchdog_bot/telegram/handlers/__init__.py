"""What each command and button does. Importing this package registers them all.

Each handler is three moves: read what was asked, one call to the desk, a reply.
"""

from watchdog_bot.telegram.handlers import (
    alerts,
    cases,
    countries,
    feeds,
    home,
    settings,
    strictness,
    subscriptions,
    topics,
    upkeep,
    words,
)

__all__ = [
    "alerts",
    "cases",
    "countries",
    "feeds",
    "home",
    "settings",
    "strictness",
    "subscriptions",
    "topics",
    "upkeep",
    "words",
]
