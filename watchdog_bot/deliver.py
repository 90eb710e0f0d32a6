"""Due deliveries → render → pace → send → record.

It holds nothing that matters: what is owed is in the store, so it may be killed at any moment. It knows neither
Telegram (`send` is a function) nor texts (`render` is one).

1. Claim as many as there are free slots; chats that must wait are left for later.
2. Render late: the outbox holds ids, not text. What cannot be rendered is dead with its cause; the rest go on.
3. Wait for the pace: evenly spaced, replies to people first (see `core.pacing`).
4. Send, up to `in_flight` at a time, one a chat. Whatever one chat answers is that chat's own affair.
5. Record what came of it (see `core.outbox`).

When nothing at all gets through (`OUTAGE_AFTER` in a row), it probes with one delivery at a time, ever more
slowly up to a minute, and the attempts do not count: an outage of Telegram costs nobody an alert.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from watchdog_bot.clock import Clock
from watchdog_bot.complaints import Complaints
from watchdog_bot.core.digest import DigestPage
from watchdog_bot.core.errors import StoreError
from watchdog_bot.core.hours import is_quiet
from watchdog_bot.core.model import (
    ClaimedDelivery,
    ClaimedDigest,
    Message,
    NotSent,
    Rejected,
    RetryAt,
    SendResult,
    Sent,
    Subscriber,
    Unknown,
)
from watchdog_bot.core.outbox import DeliveryChange, EditChange, after, after_edit, unfolded, untried
from watchdog_bot.core.pacing import Lane, Pacer
from watchdog_bot.store import ClaimedEdit, Store

log = structlog.get_logger(__name__)

_Claimed = ClaimedDelivery | ClaimedDigest | ClaimedEdit
Send = Callable[[Subscriber, Message], Awaitable[SendResult]]
Render = Callable[[ClaimedDelivery], Message]
Edit = Callable[[ClaimedDelivery, Message], Awaitable[SendResult]]
RenderDigest = Callable[[ClaimedDigest], Sequence[DigestPage]]

IN_FLIGHT = 8  # enough for 25 a second up to 250 ms a round trip
LEASE_SECONDS = 120  # longer than the longest wait for an answer, with the wait for the pace
IDLE_SECONDS = 0.5
BEAT_SECONDS = 10.0
DRAIN_SECONDS = 10.0
OUTAGE_AFTER = 5
CATCH_UP_AFTER = timedelta(hours=24)  # alerts older than this come as one digest
LONGEST_WAIT_SECONDS = 30  # a claimed delivery that must wait longer is handed back
SHORTEST_SLEEP_SECONDS = 0.01
LONGEST_PROBE_SECONDS = 60
LONGEST_RECORD_WAIT_SECONDS = 15  # well within the minute that a doubt waits before it is sent again


class Pace:
    """The one line that everything sent stands in: alerts here, replies to people from the handlers."""

    def __init__(self, clock: Clock, pacer: Pacer | None = None) -> None:
        self._clock = clock
        self.pacer = pacer or Pacer()
        self._replies = 0

    async def reply(self, chat_id: int) -> None:
        """Return when a reply may go to this chat. Alerts let it pass."""
        self._replies += 1
        try:
            await self._wait(chat_id, Lane.REPLY)
        finally:
            self._replies -= 1

    async def alert(self, chat_id: int) -> bool:
        """Return when an alert may go to this chat; False at once if that is too long to wait."""
        return await self._wait(chat_id, Lane.ALERT)

    async def _wait(self, chat_id: int, lane: Lane) -> bool:
        while True:
            now = self._clock.now()
            ready = self.pacer.ready_at(chat_id, now, lane)
            if lane is Lane.ALERT and (ready - now).total_seconds() > LONGEST_WAIT_SECONDS:
                return False
            if ready <= now and not (lane is Lane.ALERT and self._reply_waits(now)):
                self.pacer.took(chat_id, now)
                return True
            await self._clock.sleep(max((ready - now).total_seconds(), SHORTEST_SLEEP_SECONDS))

    def _reply_waits(self, now: datetime) -> bool:
        """Whether a person is waiting whom an alert would hold up: not one who waits for their own chat."""
        return self._replies > 0 and self.pacer.overall_ready_at(now, Lane.REPLY) > now


class _Outage:
    """Whether anything gets through, by the answers in the order they came."""

    def __init__(self) -> None:
        self._lost = 0

    def heard(self, result: SendResult) -> None:
        self._lost = self._lost + 1 if isinstance(result, NotSent | Unknown) else 0

    @property
    def on(self) -> bool:
        return self._lost >= OUTAGE_AFTER

    @property
    def probe_seconds(self) -> float:
        """How long to wait before the next probe: 1, 2, 4 … 60."""
        return float(min(1 << min(self._lost - OUTAGE_AFTER, 16), LONGEST_PROBE_SECONDS))


class Deliverer:
    """Sends what is owed. One for the program."""

    def __init__(
        self,
        store: Store,
        send: Send,
        render: Render,
        clock: Clock,
        *,
        pace: Pace | None = None,
        digest: RenderDigest | None = None,
        edit: Edit | None = None,
        in_flight: int = IN_FLIGHT,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        """`send` must give every call an end of its own: it is waited for. `drain_seconds`: see `run`.

        Without `digest`, what is held for digests stays held; without `edit`, sent alerts stay as they are.
        """
        self._store = store
        self._send = send
        self._render = render
        self._digest = digest
        self._edit = edit
        self._clock = clock
        self._pace = pace or Pace(clock)
        self._in_flight = in_flight
        self._drain_seconds = drain_seconds
        self._outage = _Outage()
        self._under_way: set[asyncio.Task[None]] = set()
        self._not_started: set[asyncio.Task[None]] = set()  # of those, the ones that wait for the pace
        self._beaten: datetime | None = None
        self._complaints = Complaints(clock)
        self._moved = asyncio.Event()  # something may be due, or a slot is free

    def wake(self) -> None:
        """Something new is owed: look now rather than in a second."""
        self._moved.set()

    async def recover(self) -> int:
        """On start: what a killed program was sending is doubtful, and gates that were shut still are."""
        now = self._clock.now()
        doubts = await self._store.recover(now)
        for gate in await self._store.gates(now):
            self._pace.pacer.shut(gate.chat_id, gate.until)
        if doubts:
            log.warning("deliveries_in_doubt", count=doubts)
        return doubts

    async def run_once(self, now: datetime) -> int:
        """One round: claim what is due, send it, and return how many that were when all have their answer."""
        claimed = await self._claim(now, self._in_flight)
        await asyncio.gather(*map(self._work, claimed))
        return len(claimed)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then what has not started is handed back and what is under way gets
        `drain_seconds` to end. What has not ended by then is in doubt at the next start.
        """
        await self.recover()
        stopper = asyncio.create_task(self._wake_when(stop))
        try:
            while not stop.is_set():
                self._moved.clear()
                await self._beat()
                if self._outage.on:
                    await self._probe(stop)
                elif not await self._start_some(self._in_flight):
                    await self._sleep_or(self._moved, IDLE_SECONDS)
        finally:
            stopper.cancel()
            await self._drain()

    async def _probe(self, stop: asyncio.Event) -> None:
        """In an outage: let what is under way end, wait, and try a single one."""
        if self._under_way:
            await self._sleep_or(self._moved, IDLE_SECONDS)
            return
        await self._sleep_or(stop, self._outage.probe_seconds)
        if not stop.is_set():
            await self._start_some(1)

    async def _beat(self) -> None:
        """A sign of life, every few seconds: this loop goes round at least once a minute, even in an outage."""
        now = self._clock.now()
        if self._beaten is not None and abs((now - self._beaten).total_seconds()) < BEAT_SECONDS:
            return
        try:
            await self._store.beat("deliver", now)
        except StoreError as error:
            self._complaints.say("beat_not_written", error)
            return
        self._beaten = now

    async def _start_some(self, slots: int) -> int:
        """Claim for the free ones of so many slots and start sending. A store that fails is tried again later."""
        free = slots - len(self._under_way)
        if free <= 0:
            return 0
        try:
            claimed = await self._claim(self._clock.now(), free)
        except StoreError as error:
            self._complaints.say("outbox_unreadable", error)
            return 0
        for one in claimed:
            task = asyncio.create_task(self._work(one))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        return len(claimed)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._moved.set()

    async def _claim(self, now: datetime, limit: int) -> tuple[_Claimed, ...]:
        """Single alerts first: a digest has waited on purpose, and an edit brings nothing new."""
        found: tuple[_Claimed, ...] = await self._claim_messages(now, limit)
        if self._edit is None or len(found) >= limit:
            return found
        edits = await self._store.claim_edits(now, limit=limit - len(found), lease_seconds=LEASE_SECONDS)
        return (*found, *edits)

    async def _claim_messages(self, now: datetime, limit: int) -> tuple[ClaimedDelivery | ClaimedDigest, ...]:
        not_before = self._pace.pacer.not_before(now)
        alone = await self._store.claim_deliveries(
            now,
            limit=limit,
            lease_seconds=LEASE_SECONDS,
            not_before=not_before,
            catch_up_after=CATCH_UP_AFTER if self._digest else None,
        )
        if self._digest is None or len(alone) >= limit:
            return alone
        together = await self._store.claim_digests(
            now, limit=limit - len(alone), lease_seconds=LEASE_SECONDS, not_before=not_before
        )
        return (*alone, *together)

    async def _work(self, claimed: _Claimed) -> None:
        match claimed:
            case ClaimedDigest():
                await self._deliver_digest(claimed)
            case ClaimedEdit():
                await self._edit_sent(claimed)
            case _:
                await self._deliver(claimed)

    async def _edit_sent(self, claimed: ClaimedEdit) -> None:
        """A sent alert gets the post's new text. One that cannot be edited stays as it is: it has arrived."""
        assert self._edit is not None
        alert = claimed.claimed
        message = self._rendered(alert) if claimed.digest is None else self._redigested(claimed.digest)
        if message is None:
            change = EditChange(
                alert.delivery.id, None, cause="it could not be rendered: a defect, see the log"
            )
        elif not await self._may_go(alert.subscriber):
            change = EditChange(alert.delivery.id, self._clock.now())
        else:
            result = await self._answered(self._edit(alert, message), alert)
            self._outage.heard(result)
            await self._heed(alert.subscriber, result)
            change = after_edit(alert.delivery.id, claimed.attempts, result, self._clock.now())
        try:
            await self._store.record_edit(claimed, change)
        except StoreError as error:
            log.error("edit_not_recorded", delivery=change.delivery_id, error=str(error))  # noqa: TRY400 - the error names the cause and the mend
            return
        log.info("edit", delivery=change.delivery_id, again=change.due_at is not None, cause=change.cause)

    def _redigested(self, digest: ClaimedDigest) -> Message | None:
        """A sent digest as its posts stand now."""
        pages = self._paged(digest)
        return pages[0].message if pages else None

    async def _deliver_digest(self, claimed: ClaimedDigest) -> None:
        """Page by page; when one does not go out, the rest is not tried now. What no page carries, or is on a page
        that is refused, goes as alerts of their own: nothing is lost by being in a digest.
        """
        pages = self._paged(claimed)
        carried = {one.delivery.id for page in pages for one in page.deliveries}
        await self._record_all(
            unfolded(one.delivery, self._clock.now())
            for one in claimed.deliveries
            if one.delivery.id not in carried
        )
        going = True
        for page in pages:
            going = going and await self._may_go(claimed.subscriber)
            if not going:
                await self._record_all(untried(one.delivery, self._clock.now()) for one in page.deliveries)
                continue
            result = await self._sent(page.deliveries[0], page.message)
            self._outage.heard(result)
            await self._heed(claimed.subscriber, result)
            now, outage = self._clock.now(), self._outage.on
            await self._record_all(
                unfolded(one.delivery, now)
                if isinstance(result, Rejected)
                else after(one.delivery, result, now, outage=outage)
                for one in page.deliveries
            )
            going = isinstance(result, Sent)

    def _paged(self, claimed: ClaimedDigest) -> Sequence[DigestPage]:
        assert self._digest is not None
        try:
            return self._digest(claimed)
        except Exception:
            log.exception("digest_failed", deliveries=len(claimed.deliveries))
            return ()

    async def _deliver(self, claimed: ClaimedDelivery) -> None:
        """One delivery, whole."""
        message = self._rendered(claimed)
        if message is None:
            unrendered = Rejected("it could not be rendered: a defect, see the log")
            await self._record(after(claimed.delivery, unrendered, self._clock.now()))
            return
        if not await self._may_go(claimed.subscriber):
            await self._record(untried(claimed.delivery, self._clock.now()))
            return
        quiet = replace(message, silent=message.silent or claimed.delivery.silent)
        result = await self._sent(claimed, quiet)
        self._outage.heard(result)
        await self._heed(claimed.subscriber, result)
        change = after(claimed.delivery, result, self._clock.now(), outage=self._outage.on)
        await self._record(replace(change, cases=tuple(case.subscription_id for case in claimed.cases)))

    async def _may_go(self, subscriber: Subscriber) -> bool:
        """Wait for the pace. False where that takes too long, or the program is stopping."""
        task = asyncio.current_task()
        assert task is not None
        self._not_started.add(task)
        try:
            return await self._pace.alert(subscriber.address.chat_id)
        except asyncio.CancelledError:
            return False
        finally:
            self._not_started.discard(task)

    def _rendered(self, claimed: ClaimedDelivery) -> Message | None:
        try:
            return self._render(claimed)
        except Exception:
            log.exception("render_failed", delivery=claimed.delivery.id, post=claimed.post.id)
            return None

    async def _sent(self, claimed: ClaimedDelivery, message: Message) -> SendResult:
        muffled = not claimed.delivery.urgent and is_quiet(claimed.settings, self._clock.now())
        message = replace(
            message,
            silent=message.silent or muffled,
            protect=message.protect or claimed.settings.protect,
        )
        return await self._answered(self._send(claimed.subscriber, message), claimed)

    async def _answered(self, call: Awaitable[SendResult], claimed: ClaimedDelivery) -> SendResult:
        try:
            return await call
        except Exception as error:
            log.exception("send_broke", delivery=claimed.delivery.id)
            return Unknown(f"an error of the bot itself ({type(error).__name__})")

    async def _heed(self, subscriber: Subscriber, result: SendResult) -> None:
        """A 429 shuts the chat's gate here as in the store; two in a row shut it for all."""
        if not isinstance(result, RetryAt):
            return
        now = self._clock.now()
        if self._pace.pacer.limited(subscriber.address.chat_id, result.after, now):
            log.warning("all_must_wait", seconds=result.after)
            with suppress(
                StoreError
            ):  # the pacer knows it, and the store says so itself when it is used next
                await self._store.set_gate(None, now + timedelta(seconds=result.after))

    async def _record_all(self, changes: Iterable[DeliveryChange]) -> None:
        await asyncio.gather(*map(self._record, changes))

    async def _record(self, change: DeliveryChange) -> None:
        """Write down what came of it, however long the store refuses: an answer that is known must not become a doubt
        because the disk was full for a while. What is not written when the program ends is a doubt at the next start.
        """
        wait = IDLE_SECONDS
        while True:
            try:
                await self._store.record(change)
                break
            except StoreError as error:
                self._complaints.say("answer_not_recorded", error)
            await self._clock.sleep(wait)
            wait = min(wait * 2, LONGEST_RECORD_WAIT_SECONDS)
        log.info("delivery", delivery=change.delivery_id, state=change.state.value, cause=change.cause)

    async def _sleep_or(self, event: asyncio.Event, seconds: float) -> None:
        waits: list[asyncio.Task[Any]] = [
            asyncio.create_task(self._sleep(seconds)),
            asyncio.create_task(event.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    async def _wake_when(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._moved.set()

    async def _drain(self) -> None:
        for task in self._not_started:
            task.cancel()
        if not self._under_way:
            return
        _, late = await asyncio.wait(self._under_way, timeout=self._drain_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if late:
            log.warning("stopped_while_sending", count=len(late))
