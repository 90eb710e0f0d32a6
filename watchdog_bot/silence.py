"""Sources that are quiet for longer than is usual for them: admins hear of each silence once.

For press freedom, silence can be the news. Nothing is changed but a note in the store that this one was told.
"""

from __future__ import annotations

from collections.abc import Callable

from watchdog_bot.clock import Clock
from watchdog_bot.core import replies_feeds
from watchdog_bot.core.feeds.health import quiet_for
from watchdog_bot.core.feeds.schedule import Pace
from watchdog_bot.core.model import Message
from watchdog_bot.store import Store


async def tell_silent(store: Store, clock: Clock, tell: Callable[[Message], None]) -> int:
    """Tell of every silence that was not told yet; returns how many.

    A feed that is paused or failing is told of for that reason (`core.feeds.health.to_tell`), not here.
    """
    now, told = clock.now(), 0
    for feed in await store.feeds():
        last = feed.health.last_new_at
        if feed.paused or feed.health.failing_since is not None or last is None:
            continue
        gap = Pace.from_text(feed.memory.pace).gap
        silent = quiet_for(feed.health, usual_gap=gap, now=now)
        if gap is None or silent is None:
            continue
        if await store.first_offer(f"quiet:{feed.id}:{last.isoformat()}"):
            tell(replies_feeds.feed_silent(feed, silent, usual_gap=gap))
            told += 1
    return told
