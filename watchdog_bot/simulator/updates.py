"""The queue of updates to the bot (Bot API, "Getting updates").

1. An update stays until the bot confirms it with a higher offset; a killed bot gets it again.
2. It lives 24 hours, a callback query 150 seconds; then it is gone.
3. `allowed_updates` stays as it was set last; without it chat_member and reactions are not sent.
4. While one getUpdates waits, a second one ends it with 409; with a webhook every getUpdates gets 409.
5. The same offset again within half a second gets one update only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from watchdog_bot.clock import Clock
from watchdog_bot.simulator.values import ApiError, Json, words

_NEVER: Final = datetime.max.replace(tzinfo=UTC)
DAY: Final = 86_400
CALLBACK_LIFE: Final = 150
MAX_TIMEOUT: Final = 50
MAX_LIMIT: Final = 100
HISTORY: Final = 1_000
UPDATE_KINDS: Final = words(
    "message edited_message channel_post edited_channel_post business_connection business_message "
    "edited_business_message deleted_business_messages message_reaction message_reaction_count "
    "inline_query chosen_inline_result callback_query shipping_query pre_checkout_query "
    "purchased_paid_media poll poll_answer my_chat_member chat_member chat_join_request chat_boost "
    "removed_chat_boost managed_bot guest_message"
)
_NOT_BY_DEFAULT: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_TWO_POLLERS: Final = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
_WEBHOOK: Final = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


@dataclass(frozen=True, slots=True)
class Update:
    """One update; `body` is what the bot gets."""

    id: int
    kind: str
    body: Json = field(repr=False)
    expires: datetime


class UpdateQueue:
    """Updates that the bot has not confirmed."""

    def __init__(self, clock: Clock, changed: Callable[[], None], first_id: int = 730_000_001) -> None:
        """`changed` is called whenever something is queued, confirmed, or a poller comes or goes."""
        self._clock = clock
        self._changed = changed
        self._next_id = first_id
        self._queue: deque[Update] = deque()
        self._again: list[Update] = []  # delivered whatever the offset
        self._history: deque[Update] = deque(maxlen=HISTORY)
        self._first_end = _NEVER  # when the first of the queue expires
        self._poller: asyncio.Future[None] | None = None
        self._last_poll: tuple[int, datetime] | None = None
        self.allowed: frozenset[str] | None = None
        self.webhook_active = False
        self.arrived = asyncio.Event()  # for the webhook sender

    def add(self, kind: str, content: Json, life: int = DAY) -> int | None:
        """Queue an update; its id, or None when the bot did not ask for this kind."""
        wanted = kind in self.allowed if self.allowed is not None else kind not in _NOT_BY_DEFAULT
        if not wanted:
            return None
        body: Json = {"update_id": self._next_id, kind: content}
        update = Update(self._next_id, kind, body, self._clock.now() + timedelta(seconds=life))
        self._next_id += 1
        self._queue.append(update)
        self._history.append(update)
        self._first_end = min(self._first_end, update.expires)
        self._wake()
        return update.id

    @property
    def pending(self) -> int:
        """How many updates the bot has not confirmed."""
        self._expire()
        return len(self._queue)

    def redeliver(self, update_id: int | None = None) -> int:
        """Deliver the last update (or that one) once more under its own id. LookupError if unknown."""
        for update in reversed(self._history):
            if update_id in (None, update.id):
                self._again.append(update)
                self._wake()
                return update.id
        raise LookupError(f"no update {update_id} among the last {HISTORY}")

    def allow(self, kinds: list[str] | None) -> None:
        """Rule 3; an empty list means the default."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def clear(self) -> None:
        """Drop all that is pending."""
        self._queue.clear()
        self._again.clear()

    def take(self, offset: int, limit: int) -> list[Update]:
        """Confirm what is below the offset and give what follows."""
        self._expire()
        if offset < 0:
            while len(self._queue) > -offset:
                self._queue.popleft()
        before = len(self._queue)
        while self._queue and self._queue[0].id < offset:
            self._queue.popleft()
        if len(self._queue) != before:
            self._changed()
        again, self._again = self._again[:limit], self._again[limit:]
        rest = limit - len(again)
        return again + [update for _, update in zip(range(rest), self._queue, strict=False)]

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """Serve one getUpdates that waits so many seconds for something. Raises ApiError 409."""
        if self.webhook_active:
            raise ApiError(409, _WEBHOOK)
        now = self._clock.now()
        if self._last_poll is not None and offset == self._last_poll[0]:
            limit = 1 if now - self._last_poll[1] < timedelta(seconds=0.5) else limit
        self._last_poll = (offset, now)
        found = self.take(offset, limit)
        if found or seconds <= 0:
            return [update.body for update in found]
        self.abort_poll(_TWO_POLLERS)
        poller = self._poller = asyncio.get_running_loop().create_future()
        self._changed()
        try:
            await asyncio.wait_for(poller, seconds)
        except TimeoutError:
            return []
        finally:
            if self._poller is poller:
                self._poller = None
            self._changed()
        return [update.body for update in self.take(offset, limit)]

    def abort_poll(self, reason: str) -> None:
        """End the getUpdates that waits, with 409."""
        if self._poller is not None and not self._poller.done():
            self._poller.set_exception(ApiError(409, reason))
        self._poller = None

    @property
    def polled(self) -> bool:
        """Whether a getUpdates is waiting right now."""
        return self._poller is not None and not self._poller.done()

    def _wake(self) -> None:
        self.arrived.set()
        self._changed()
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(None)

    def _expire(self) -> None:
        now = self._clock.now()
        if now < self._first_end:
            return
        self._queue = deque(update for update in self._queue if update.expires > now)
        self._first_end = min((update.expires for update in self._queue), default=_NEVER)
