"""Which hubs the feeds name, and which pace follows from it (`core.feeds.websub`). The store is read once, then kept in step."""

from __future__ import annotations

from dataclasses import replace

from watchdog_bot.clock import Clock
from watchdog_bot.core.feeds import websub
from watchdog_bot.core.model import Feed, FeedChange, FeedId, Fetched, ParsedFeed
from watchdog_bot.store import Store


class NamedHubs:
    """What the poller knows of pushes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Both stay the caller's."""
        self._store = store
        self._clock = clock
        self._hubs: dict[FeedId, websub.NamedHub] | None = None

    async def note(self, feed: Feed, fetched: Fetched, parsed: ParsedFeed) -> None:
        """Remember the hub that a feed names, when it is another than before."""
        named = websub.named_in(fetched.body, fetched.links, fetched.url, read=parsed.hub)
        hubs = await self._known()
        if named is None and feed.id in hubs and not parsed.damaged:
            await self._store.name_hub(feed.id, None)
            del hubs[feed.id]
        await self._name(feed, named)

    async def glance(self, feed: Feed, fetched: Fetched) -> None:
        """The same of a document that is what it was: a feed may have been known before its hub was looked for."""
        if fetched.links or feed.id not in await self._known():
            await self._name(feed, websub.named_in(fetched.body, fetched.links, fetched.url))

    async def _name(self, feed: Feed, named: websub.NamedHub | None) -> None:
        hubs = await self._known()
        known = hubs.get(feed.id)
        if named is not None and (known is None or (known.hub, known.topic) != (named.hub, named.topic)):
            hubs[feed.id] = named
            await self._store.name_hub(feed.id, named)

    async def paced(self, feed: Feed, change: FeedChange, *, found: int) -> FeedChange:
        """Where pushes come first a pull a day is enough; a pull that finds posts first ends that."""
        hubs = await self._known()
        named = hubs.get(feed.id)
        if named is None or not named.trusted or change.health.failing_since is not None:
            return change
        if found:
            await self._store.distrust_pushes(feed.id)
        elif await self._store.trusts_pushes(feed.id):
            daily = websub.next_pull(self._clock.now())
            return replace(change, next_check_at=max(change.next_check_at, daily))
        hubs[feed.id] = replace(named, trusted=False)
        return change

    async def trust(self, feed: Feed) -> None:
        """A push brought a post first; the store has noted it."""
        hubs = await self._known()
        if feed.id in hubs:
            hubs[feed.id] = replace(hubs[feed.id], trusted=True)

    async def distrust(self, feed: Feed) -> None:
        """A push was no use."""
        hubs = await self._known()
        if await self._store.distrust_pushes(feed.id) and feed.id in hubs:
            hubs[feed.id] = replace(hubs[feed.id], trusted=False)

    async def _known(self) -> dict[FeedId, websub.NamedHub]:
        if self._hubs is None:
            self._hubs = dict(await self._store.named_hubs())
        return self._hubs
