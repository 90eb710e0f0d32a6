"""Flood limits, on the simulator's clock (Bot FAQ, "My bot is hitting limits").

1. One message a second to one chat, with `chat_burst` let through at once.
2. Twenty a minute to one group, supergroup or channel.
3. Thirty a second over all chats; a thousand for those sent with `allow_paid_broadcast`.
Edits count for 2 and 3. A refused call does not count. Telegram's true limits are not published; these are
what it advises. Peaks are measured even when nothing is refused.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

OVERALL, PAID_OVERALL = 30, 1000  # a second
GROUP, GROUP_WINDOW = 20, 60.0
SLACK = 0.05  # seconds: messages evenly spaced by the sender arrive a little unevenly
IN_FLIGHT = 0.4  # seconds after a refusal in which further calls are forgiven: they were under way


@dataclass(slots=True)
class _ChatFlow:
    sent: deque[float] = field(default_factory=deque)  # sends of the last second
    minute: deque[float] = field(default_factory=deque)  # sends and edits of the last minute
    level: float = 0.0  # leaky bucket of rule 1, in messages
    level_at: float = 0.0
    told_at: float = -math.inf
    wait_until: float = -math.inf


@dataclass(slots=True)
class FloodLimits:
    """Counts every message; refuses only when `strict`."""

    strict: bool = False
    chat_burst: int = 1
    refused: int = 0
    during_wait: int = 0
    peak_overall: int = 0  # most messages and edits in any second
    peak_chat: int = 0  # most messages to one chat in any second
    peak_group: int = 0  # most messages and edits to one group in any minute
    accepted: int = 0
    paid: int = 0
    _overall: deque[float] = field(default_factory=deque)
    _chats: dict[int, _ChatFlow] = field(default_factory=dict)

    def reset(self) -> None:
        """Forget counts, peaks and waits."""
        self.refused = self.during_wait = self.accepted = self.paid = 0
        self.peak_overall = self.peak_chat = self.peak_group = 0
        self._overall.clear()
        self._chats.clear()

    def check(self, chat_id: int, now: float, *, edit: bool = False, paid: bool = False) -> int | None:
        """Count a message that is about to be accepted, or say how many seconds to wait.

        `now` is in seconds; `chat_id` is negative for groups and channels.
        """
        flow = self._chats.setdefault(chat_id, _ChatFlow())
        self._expire(flow, now)
        if self.strict:
            wait = self._wait(flow, chat_id, now, edit=edit, paid=paid)
            if wait is not None:
                self.refused += 1
                return wait
        self._count(flow, chat_id, now, edit=edit)
        self.paid += paid
        return None

    def _expire(self, flow: _ChatFlow, now: float) -> None:
        while self._overall and self._overall[0] <= now - 1.0:
            self._overall.popleft()
        while flow.sent and flow.sent[0] <= now - 1.0 + SLACK:
            flow.sent.popleft()
        while flow.minute and flow.minute[0] <= now - GROUP_WINDOW:
            flow.minute.popleft()
        flow.level = max(0.0, flow.level - (now - flow.level_at))
        flow.level_at = now

    def _wait(self, flow: _ChatFlow, chat_id: int, now: float, *, edit: bool, paid: bool) -> int | None:
        if now < flow.wait_until:
            if now > flow.told_at + IN_FLIGHT:
                self.during_wait += 1
            return math.ceil(flow.wait_until - now)
        waits = [0.0]
        if not edit and flow.level > self.chat_burst - 1 + SLACK:
            waits.append(flow.level - self.chat_burst + 1)
        if chat_id < 0 and len(flow.minute) >= GROUP:
            waits.append(flow.minute[0] + GROUP_WINDOW - now)
        if len(self._overall) >= (PAID_OVERALL if paid else OVERALL):
            waits.append(self._overall[0] + 1.0 - now)
        if max(waits) <= 0:
            return None
        wait = math.ceil(max(waits))
        flow.told_at, flow.wait_until = now, now + wait
        return wait

    def _count(self, flow: _ChatFlow, chat_id: int, now: float, *, edit: bool) -> None:
        self.accepted += 1
        self._overall.append(now)
        self.peak_overall = max(self.peak_overall, len(self._overall))
        if not edit:
            flow.level += 1.0
            flow.sent.append(now)
            self.peak_chat = max(self.peak_chat, len(flow.sent))
        if chat_id < 0:
            flow.minute.append(now)
            self.peak_group = max(self.peak_group, len(flow.minute))
