"""Sources that are quiet for longer than is usual for them: admins hear of each silence once.

For press freedom, silence can be the news. Nothing is changed but a note in the store that this one was told.
"""

from __future__ import annotations

from collections.abc import Callable

from watchdog_bot.clock import Clock
from watchdog_bot.core import replies_feeds
from watchdog_bot.core.feeds.health import QUIET, quiet_for
from watchdog_bot.core.feeds.schedule import Pace, gap_between
from watchdog_bot.core.model import Message
from watchdog_bot.store import Store

TIMES = 30  # times at which something came, by which the pace of a source without dates is known


async def tell_silent(store: Store, clock: Clock, tell: Callable[[Message], None]) -> int:
    """Tell of every silence that was not told yet; returns how many.

    A feed that is paused or failing is told of for that reason (`core.feeds.health.to_tell`), not here.
    """
    now, told = clock.now(), 0
    for feed in await store.feeds():
        last = feed.health.last_new_at
        if feed.paused or feed.health.failing_since is not None or last is None:
            continue
        if now - last <= QUIET:
            continue
        gap = Pace.from_text(feed.memory.pace).gap
        if gap is None:  # its documents show too few dates
            gap = gap_between(await store.times_of_posts(feed.id, TIMES))
        silent = quiet_for(feed.health, usual_gap=gap, now=now)
        if gap is None or silent is None:
            continue
        if await store.first_offer(f"quiet:{feed.id}:{last.isoformat()}"):
            tell(replies_feeds.feed_silent(feed, silent, usual_gap=gap))
            told += 1
    return told
