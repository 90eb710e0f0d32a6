"""Bringing the store up to what the configuration and the catalogue say of feeds, at each start.

What the configuration says of a feed holds from the next start on. A feed whose server moved it for good stays one feed:
the line with its old address still speaks for it, and the operator hears once which line to change. What the catalogue
offers is added once: what an administrator removed stays removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import structlog

from watchdog_bot.core.feeds.catalogue import Source
from watchdog_bot.core.model import Feed, FeedId, FeedKind
from watchdog_bot.settings import FeedSettings
from watchdog_bot.store import Store

log = structlog.get_logger(__name__)


async def sync_feeds(store: Store, own: Sequence[FeedSettings], catalogue: Iterable[Source]) -> int:
    """Add what is missing, apply what is said; returns how many feeds there are.

    Where two blocks of the configuration lead to one feed, that with its present address counts.
    """
    former = await store.former_addresses()
    spoken_for: dict[FeedId, FeedSettings] = {}
    for each in sorted(own, key=lambda each: each.url in former):
        feed = await store.add_feed(
            each.url,
            name=each.name,
            kind=each.kind,
            every=each.every,
            rules=each.rules.to_text(),
            mirror=each.mirror,
            archive=each.archive,
        )
        if (first := spoken_for.setdefault(feed.id, each)) is not each:
            log.warning(
                "feed_twice",
                feed=feed.id,
                url=each.url,
                mend=f"remove this block; {first.url} is the same feed",
            )
            continue
        await _configure(store, feed, each)
        if feed.url != each.url and await store.first_offer(f"moved:{each.url} {feed.url}"):
            log.warning("feed_moved", feed=feed.id, mend=mend(each, feed))
    for source in catalogue:
        if source.url and await store.first_offer(source.url):
            await _offer(store, source)
    return len(await store.feeds())


async def _configure(store: Store, feed: Feed, said: FeedSettings) -> None:
    # What form a feed has is seen in its documents; only that a page is to be read as one must be said.
    kind = said.kind if said.kind is FeedKind.PAGE else feed.kind
    wanted = (said.name, kind, said.every, said.rules.to_text(), said.mirror, said.archive)
    if wanted != (feed.name, feed.kind, feed.every, feed.rules, feed.mirror, feed.archive):
        await store.configure_feed(
            feed.id,
            name=said.name,
            kind=kind,
            every=said.every,
            rules=said.rules.to_text(),
            mirror=said.mirror,
            archive=said.archive,
        )


async def _offer(store: Store, source: Source) -> None:
    await store.add_feed(
        source.url,
        name=source.name,
        kind=source.kind,
        countries=source.countries,
        language=source.language,
        rules=source.rules.to_text(),
        mirror=source.mirror,
        archive=source.archive,
    )


def outdated(
    own: Iterable[FeedSettings], feeds: Iterable[Feed], former: Mapping[str, FeedId]
) -> Mapping[FeedId, str]:
    """For each feed that the configuration names by an address it has moved away from: what to change there."""
    by_id = {feed.id: feed for feed in feeds}
    present = {feed.url for feed in by_id.values()}
    return {
        feed.id: mend(said, feed)
        for said in own
        if said.url not in present and (feed := by_id.get(former.get(said.url, FeedId(0)))) is not None
    }


def mend(said: FeedSettings, feed: Feed) -> str:
    """Which line of the configuration to change, and into what."""
    return (
        f"its server moved it for good; in the [[feeds]] block “{said.name}” of the configuration "
        f'change url = "{said.url}" to url = "{feed.url}"'
    )
