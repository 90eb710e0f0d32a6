"""Asks hubs for pushes: subscribes what feeds name, renews leases, says goodbye. `core.feeds.websub` has the rules.

The address of a hub comes out of a feed, which is hostile: each hop is guarded as a fetch is, only a little of the
answer is read, and nothing of it is believed but the status. The secret goes to the hub and into no log.
"""

from __future__ import annotations

import asyncio
import secrets
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import aiohttp
import structlog
from yarl import URL

from watchdog_bot.clock import Clock
from watchdog_bot.core.feeds import websub
from watchdog_bot.core.feeds.links import host_of
from watchdog_bot.fetch import guard, words
from watchdog_bot.store import Store

log = structlog.get_logger(__name__)

TICK = 30.0  # seconds between looks at what is due
AT_ONCE = 20  # asks in one look
TIMEOUT = 20.0  # seconds for one ask, redirects included
REDIRECTS = 3
ANSWER_READ = 1_024  # bytes of a refusal


class Hubs:
    """The asking side; an async context manager."""

    def __init__(
        self, store: Store, clock: Clock, *, public_url: str, user_agent: str, allow_private: bool
    ) -> None:
        """`public_url` is where hubs find us, without a slash at the end."""
        self._store = store
        self._clock = clock
        self._public_url = public_url
        self._user_agent = user_agent
        self._refused = None if allow_private else guard.refused_ip
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=4, socket_factory=guard.socket_factory(self._refused)),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._user_agent},
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def run(self) -> None:
        """Look every half minute, until cancelled."""
        while True:
            try:
                await self.tick()
            except Exception:
                log.exception("hubs_broke")
            await self._clock.sleep(TICK)

    async def tick(self) -> int:
        """Begin what feeds name, leave what they name no more, and ask what is due; returns how many were asked."""
        await self._store.leave_hubs(self._public_url)
        for feed_id, hub in (await self._store.unasked_hubs()).items():
            await self._store.begin_hub(
                feed_id,
                hub,
                public_url=self._public_url,
                token=secrets.token_urlsafe(24),
                secret=secrets.token_urlsafe(48),
            )
        due = await self._store.due_hubs(self._clock.now(), limit=AT_ONCE)
        for subscription in due:
            await self._act(subscription)
        return len(due)

    async def _act(self, subscription: websub.HubSubscription) -> None:
        match websub.next_step(subscription, self._clock.now()):
            case websub.Forget():
                await self._store.change_hub(subscription, None)
            case websub.Ask() as ask:
                if await self._store.change_hub(subscription, ask.after):
                    await self._ask(subscription, ask)

    async def _ask(self, subscription: websub.HubSubscription, ask: websub.Ask) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                cause = await self._post(subscription.hub, ask.form)
        except TimeoutError:
            cause = f"it did not answer within {TIMEOUT:g} seconds"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            cause = words.for_error(error, host_of(subscription.hub)).cause
        if cause is not None:
            await self._store.blame_hub(subscription.id, cause)
            log.warning(
                "hub_refused", feed=subscription.feed_id, host=host_of(subscription.hub)[:100], cause=cause
            )

    async def _post(self, hub: str, form: tuple[tuple[str, str], ...]) -> str | None:
        """Why it was not accepted, or None. 307 and 308 lead on (section 5.1); any other status is an answer."""
        assert self._session is not None, "use it as an async context manager"
        here = hub
        for _ in range(REDIRECTS + 1):
            if (why := guard.refused_url(here)) is not None:
                return why
            async with self._session.post(URL(here), data=form, allow_redirects=False) as response:
                location = response.headers.get("Location")
                if response.status in {307, 308} and location:
                    there = self._onward(here, location)
                    if there is None:
                        return "it redirects from https to http, where the secret could be read"
                    here = there
                    continue
                if 200 <= response.status < 300:
                    return None
                said = (await response.content.read(ANSWER_READ)).decode("utf-8", "replace")
                shown = "".join(char if char.isprintable() else " " for char in said)[:120].strip()
                return f"it answered {response.status}" + (f": {shown}" if shown else "")
        return f"more than {REDIRECTS} redirects"

    @staticmethod
    def _onward(here: str, location: str) -> str | None:
        there = urljoin(here, location)
        return None if here.startswith("https:") and not there.startswith("https:") else there
