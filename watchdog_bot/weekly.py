"""Tells those who got nothing for a week that the bot is still watching (`core.weekly`): claim → render → pace → send → record.

It runs for a while at a time and leaves the line whenever alerts are in it. What it holds is in the store, so it may be
killed at any moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import structlog

from watchdog_bot.clock import Clock
from watchdog_bot.core.errors import StoreError
from watchdog_bot.core.model import Feed, Message, NotSent, RetryAt, SendResult
from watchdog_bot.core.weekly import NoteChange, after
from watchdog_bot.deliver import Pace, Send
from watchdog_bot.store import ClaimedNote, Store

log = structlog.get_logger(__name__)

AT_A_TIME = 4
RUN_SECONDS = 20.0

Render = Callable[[ClaimedNote, Sequence[Feed]], Message]


class WeeklyNotes:
    """Sends the notes that are due. One for the program."""

    def __init__(self, store: Store, send: Send, render: Render, *, pace: Pace, clock: Clock) -> None:
        self._store = store
        self._send = send
        self._render = render
        self._pace = pace
        self._clock = clock

    async def send_due(self) -> int:
        """Send what is due, for about `RUN_SECONDS`; returns how many were told. It ends early where nothing gets through."""
        ends = self._clock.now() + timedelta(seconds=RUN_SECONDS)
        told = 0
        while self._clock.now() < ends:
            claimed = await self._store.claim_notes(self._clock.now(), limit=AT_A_TIME)
            if not claimed:
                break
            feeds = await self._store.feeds()
            results = await asyncio.gather(*(self._tell(each, feeds) for each in claimed))
            told += len(results)
            if any(isinstance(each, NotSent | None) for each in results):
                break
        return told

    async def _tell(self, claimed: ClaimedNote, feeds: Sequence[Feed]) -> SendResult | None:
        """None: it could not go now, and is due again."""
        subscriber = claimed.subscriber
        try:
            message = self._render(claimed, feeds)
            if not await self._pace.alert(subscriber.address.chat_id):
                await self._hand_back(claimed)
                return None
        except BaseException:  # the program stops, or a defect: surely not sent
            await self._hand_back(claimed)
            raise
        result = await self._send(subscriber, replace(message, protect=claimed.settings.protect))
        await self._heed(claimed, result)
        change = after(result, self._clock.now())
        await self._store.record_note(subscriber.id, change)
        log.info("weekly_note", again=change.due_at is not None, cause=change.cause)
        return result

    async def _hand_back(self, claimed: ClaimedNote) -> None:
        now = self._clock.now()
        await self._store.record_note(claimed.subscriber.id, NoteChange(due_at=now + timedelta(minutes=1)))

    async def _heed(self, claimed: ClaimedNote, result: SendResult) -> None:
        """A 429 shuts the gate here as for an alert."""
        if not isinstance(result, RetryAt):
            return
        now = self._clock.now()
        if self._pace.pacer.limited(claimed.subscriber.address.chat_id, result.after, now):
            with suppress(StoreError):
                await self._store.set_gate(None, now + timedelta(seconds=result.after))
