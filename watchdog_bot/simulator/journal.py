"""What happened, in order, and waiting for what is yet to happen without looking twice for nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from watchdog_bot.simulator.values import Event, EventKind, Message

if TYPE_CHECKING:
    from watchdog_bot.simulator.chats import Chat

T = TypeVar("T")


class Journal:
    """Every accepted message, edit and answer, everything people did, every refusal and fault."""

    def __init__(self, on_event: Callable[[Event], None] | None = None) -> None:
        self.events: list[Event] = []
        self.counts: Counter[EventKind] = Counter()
        self.on_event = on_event
        self._waiters: set[asyncio.Future[None]] = set()

    def record(self, event: Event) -> None:
        """Add a line and wake those who wait."""
        self.events.append(event)
        self.counts[event.kind] += 1
        if self.on_event is not None:
            self.on_event(event)
        self.wake()

    def wake(self) -> None:
        """Let those who wait look again: something changed that is not worth a line."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    def mark(self) -> int:
        """Where the journal ends now."""
        return len(self.events)

    def since(self, mark: int) -> tuple[Event, ...]:
        """All lines after the mark."""
        return tuple(self.events[mark:])

    def of(self, *kinds: EventKind, chat: Chat | None = None) -> tuple[Event, ...]:
        """Lines of these kinds (all when none is given), in that chat."""
        return tuple(
            event
            for event in self.events
            if (not kinds or event.kind in kinds) and (chat is None or event.chat is chat)
        )

    def sent(self, chat: Chat | None = None) -> tuple[Message, ...]:
        """What the bot sent, each as it was then, oldest first."""
        return tuple(e.message for e in self.of(EventKind.SENT, chat=chat) if e.message is not None)

    async def wait_for(self, look: Callable[[], T | None], timeout: float = 10.0) -> T:  # noqa: ASYNC109 - the caller's patience, kept with asyncio.timeout
        """The first truthy thing that `look` gives; it is called now and after each event.

        `timeout` is in real seconds. Raises TimeoutError with the last lines of the journal.
        """
        try:
            async with asyncio.timeout(timeout):
                while not (found := look()):
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiters.add(waiter)
                    try:
                        await waiter
                    finally:
                        self._waiters.discard(waiter)
                return found
        except TimeoutError:
            raise TimeoutError(f"waited {timeout} s in vain; the last events:\n{self.tail()}") from None

    def tail(self, lines: int = 12) -> str:
        """The last lines as text."""
        shown = [
            f"  {event.kind.value:13} {event.who}: {event.text[:80]!r} {event.method} {event.error}".rstrip()
            for event in self.events[-lines:]
        ]
        return "\n".join(shown) or "  (nothing happened)"
