"""When the next message may go out, so that Telegram never has to say 429.

It holds the recent past and answers questions about the near future; it never waits and never asks the time.

Rules (Bot FAQ "My bot is hitting limits"; the margins are ours):
1. While a gate is shut (Telegram said 429), nothing passes it: the chat's gate, or the one for all.
2. Overall, messages are spaced evenly: 25 a second, at most 3 at once. Replies to people may run 2 further
   ahead, and alerts pay that back, so that no second holds more than 30.
3. One message a second in a chat.
4. At most 18 alerts in any 60 seconds in a group or channel (20 with replies).
5. Two different chats that answer 429 within 5 seconds mean that all must wait.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class Lane(Enum):
    """Who is waiting: a person for a reply, or an alert that may come a moment later."""

    REPLY = "reply"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Limits:
    """Telegram's published limits with our margins."""

    per_second: float = 25.0
    alert_burst: int = 3
    reply_burst: int = 5
    chat_seconds: float = 1.0
    group_alerts: int = 18
    group_messages: int = 20
    group_seconds: float = 60.0
    storm_seconds: float = 5.0  # two chats limited within this: all wait


DEFAULT_LIMITS = Limits()


class Pacer:
    """The recent past of all sending. One for the whole program, used from one thread.

    Memory is bounded by what was sent in the last 60 seconds.
    """

    __slots__ = ("_all_until", "_gates", "_groups", "_last", "_last_limited", "_limits", "_swept_at", "_tat")

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._tat: datetime | None = None  # when the evenly spaced line of messages is free again
        self._last: dict[int, datetime] = {}  # the last message of each chat
        self._groups: dict[int, deque[datetime]] = {}  # messages of the last minute, groups and channels
        self._gates: dict[int, datetime] = {}
        self._all_until: datetime | None = None
        self._last_limited: tuple[int, datetime] | None = None
        self._swept_at: datetime | None = None

    def ready_at(self, chat_id: int, now: datetime, lane: Lane = Lane.ALERT) -> datetime:
        """The earliest moment, `now` or later, at which a message may go to this chat."""
        return max(self.chat_ready_at(chat_id, now, lane), self.overall_ready_at(now, lane))

    def overall_ready_at(self, now: datetime, lane: Lane = Lane.ALERT) -> datetime:
        """Rules 1 (for all) and 2."""
        ready = now if self._all_until is None else max(now, self._all_until)
        if self._tat is None:
            return ready
        burst = self._limits.reply_burst if lane is Lane.REPLY else self._limits.alert_burst
        return max(ready, self._tat - (burst - 1) * self._interval)

    def chat_ready_at(self, chat_id: int, now: datetime, lane: Lane = Lane.ALERT) -> datetime:
        """Rules 1 (the chat's own), 3 and 4."""
        ready = now
        gate = self._gates.get(chat_id)
        if gate is not None:
            ready = max(ready, gate)
        last = self._last.get(chat_id)
        if last is not None:
            ready = max(ready, last + timedelta(seconds=self._limits.chat_seconds))
        recent = self._groups.get(chat_id)
        if recent is None:
            return ready
        most = self._limits.group_messages if lane is Lane.REPLY else self._limits.group_alerts
        if len(recent) < most:
            return ready
        return max(ready, recent[len(recent) - most] + timedelta(seconds=self._limits.group_seconds))

    def took(self, chat_id: int, now: datetime) -> None:
        """A message goes to this chat at this moment."""
        self._tat = max(self._tat or now, now) + self._interval
        self._last[chat_id] = now
        if chat_id < 0:
            recent = self._groups.setdefault(chat_id, deque(maxlen=self._limits.group_messages))
            recent.append(now)
        self._sweep(now)

    def limited(self, chat_id: int, seconds: float, now: datetime) -> bool:
        """Telegram answered 429 for this chat. True when all must wait now (rule 5)."""
        until = now + timedelta(seconds=max(seconds, 1.0))
        self.shut(chat_id, until)
        before, self._last_limited = self._last_limited, (chat_id, now)
        if before is None or before[0] == chat_id:
            return False
        if (now - before[1]).total_seconds() > self._limits.storm_seconds:
            return False
        self.shut(None, until)
        return True

    def shut(self, chat_id: int | None, until: datetime) -> None:
        """Shut the gate of a chat, or the one for all (None), till then; never shorten one."""
        if chat_id is None:
            self._all_until = until if self._all_until is None else max(self._all_until, until)
            return
        self._gates[chat_id] = max(self._gates.get(chat_id, until), until)

    def open(self, chat_id: int | None) -> None:
        """Open the gate of a chat, or the one for all (None)."""
        if chat_id is None:
            self._all_until = None
            return
        self._gates.pop(chat_id, None)

    def not_before(self, now: datetime) -> dict[int, datetime]:
        """The chats that must wait, and until when: at most those of the last minute and the gated ones."""
        self._sweep(now)
        waiting = {}
        for chat_id in {*self._last, *self._groups, *self._gates}:
            ready = self.chat_ready_at(chat_id, now)
            if ready > now:
                waiting[chat_id] = ready
        return waiting

    @property
    def _interval(self) -> timedelta:
        return timedelta(seconds=1 / self._limits.per_second)

    def _sweep(self, now: datetime) -> None:
        """Forget what no longer matters, at most once a second."""
        if self._swept_at is not None and timedelta(0) <= now - self._swept_at < timedelta(seconds=1):
            return
        if self._swept_at is not None and now < self._swept_at:
            self._went_back(now)
        self._swept_at = now
        chat_line = now - timedelta(seconds=self._limits.chat_seconds)
        self._last = {chat: at for chat, at in self._last.items() if at > chat_line}
        group_line = now - timedelta(seconds=self._limits.group_seconds)
        self._groups = {chat: recent for chat, recent in self._groups.items() if recent[-1] > group_line}
        self._gates = {chat: until for chat, until in self._gates.items() if until > now}

    def _went_back(self, now: datetime) -> None:
        """The clock was set back: what lies in the future counts as sent just now, not for an hour."""
        self._tat = None if self._tat is None else min(self._tat, now + self._interval)
        self._last = {chat: min(at, now) for chat, at in self._last.items()}
        for chat, recent in self._groups.items():
            moved = deque((min(at, now) for at in recent), maxlen=recent.maxlen)
            self._groups[chat] = moved
