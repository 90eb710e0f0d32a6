"""Delivers updates to the bot's webhook, one after the other, with the secret in its header.

A delivery that is not answered with 2xx is tried again until it is (Bot API, "setWebhook"); the waits are
short because only loopback is served.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import aiohttp

from watchdog_bot.simulator.updates import UpdateQueue

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
PAUSE: Final = 0.05  # seconds between tries
ANSWER_WITHIN: Final = 10.0  # seconds


class WebhookSender:
    """A task that lives as long as the webhook is set."""

    def __init__(self, updates: UpdateQueue, url: str, secret: str, failed: Callable[[str], None]) -> None:
        self._updates = updates
        self._url = url
        self._headers = {SECRET_HEADER: secret} if secret else {}
        self._failed = failed
        self._task = asyncio.get_running_loop().create_task(self._run())

    def cancel(self) -> None:
        """Stop soon."""
        self._task.cancel()

    async def stop(self) -> None:
        """Stop, and wait for it."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN)
        async with aiohttp.ClientSession(timeout=timeout, headers=self._headers) as session:
            offset = 0
            while True:
                self._updates.arrived.clear()
                found = self._updates.take(offset, 1)
                if not found:
                    await self._updates.arrived.wait()
                    continue
                if await self._delivered(session, found[0].body):
                    offset = max(offset, found[0].id + 1)
                else:
                    await asyncio.sleep(PAUSE)

    async def _delivered(self, session: aiohttp.ClientSession, body: dict[str, object]) -> bool:
        try:
            async with session.post(self._url, json=body) as response:
                await response.read()
                if 200 <= response.status < 300:
                    return True
                self._failed(f"Wrong response from the webhook: {response.status} {response.reason}")
        except (aiohttp.ClientError, TimeoutError) as error:
            self._failed(f"Connection failed: {type(error).__name__}")
        return False
