"""Composition root: the only one who knows all parts, puts them together, starts and stops them.

Start: lock and open the store → subscriptions into the index → Telegram → deliveries that were under way
become doubtful → jobs. Stop (SIGTERM, Ctrl-C): no new polls → polls under way end → updates end →
deliveries under way end → store closed. Everything that was not finished is in the store.
"""

from __future__ import annotations

import asyncio
import gc
import platform
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, JobEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from telegram.error import InvalidToken, NetworkError

from watchdog_bot import __version__, data
from watchdog_bot.adding import Added, Choice, FeedAdder
from watchdog_bot.checking import Checked, targets
from watchdog_bot.checking import check as check_feeds
from watchdog_bot.clock import Clock, SystemClock
from watchdog_bot.config import Settings
from watchdog_bot.configured import outdated, sync_feeds
from watchdog_bot.core import paid, render, render_digest, replies, replies_feeds
from watchdog_bot.core.errors import AlreadyRunningError, ConfigError, StoreError
from watchdog_bot.core.match import forms
from watchdog_bot.core.match.countries import CountryTagger
from watchdog_bot.core.model import ClaimedDelivery, Feed, Message, PostId, SendResult, Subscriber
from watchdog_bot.core.pacing import Pacer
from watchdog_bot.core.tempo import Corrections
from watchdog_bot.core.text import fold
from watchdog_bot.deliver import IN_FLIGHT, Deliverer, Pace
from watchdog_bot.desk import Desk
from watchdog_bot.fetch import Fetcher, FetchLimits
from watchdog_bot.parsing import ParserPool
from watchdog_bot.poll import Poller
from watchdog_bot.silence import tell_silent
from watchdog_bot.store import (
    Store,
    copy_database,
    read_beats,
    read_faults,
    read_feeds,
    read_watched,
)
from watchdog_bot.stories import Stories
from watchdog_bot.telegram.application import ALLOWED_UPDATES, SEND_TIMEOUT, SPEECH, App, build, tell_commands
from watchdog_bot.telegram.listening import Ear, PollErrors
from watchdog_bot.telegram.notices import Notices
from watchdog_bot.telegram.sender import edit, send
from watchdog_bot.telegram.transport import by_proxy
from watchdog_bot.web import Web
from watchdog_bot.weekly import WeeklyNotes

log = structlog.get_logger(__name__)

TICK = 1.0  # seconds
BEAT = 10.0
NOTES = 30.0
LOOKING_SPACING = 1.0  # between requests to one host while a person waits to see what is there
HOUSEKEEPING = 3600.0
REPLIES = 8  # connections to Telegram that are left to people
DRAIN = 20.0  # seconds that work under way gets at the end; containers are given 30
NOTICE_DRAIN = 3.0
DICTIONARIES_AFTER = 30.0  # seconds: a start has more urgent things to do
# Languages whose dictionaries are read early, so that nobody waits for them.
INFLECTING = ("en", "ru", "uk")
STALE_BEAT = 180  # seconds after which a heartbeat counts as stopped
BEATS = ("loop", "poll", "deliver", "listen")  # the heartbeats of a bot that is well

# A job that comes late runs once, late; it is never skipped and never doubled.
ON_TIME = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}


@dataclass(frozen=True, slots=True)
class Parts:
    """What `run`, the feed commands and the tests put together."""

    settings: Settings
    store: Store
    fetcher: Fetcher
    parser: ParserPool
    desk: Desk
    clock: Clock


@asynccontextmanager
async def assembled(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Parts]:
    """All parts but Telegram, opened and closed in order. Raises StoreError."""
    clock = clock or SystemClock()
    _make_folder(settings.database.path.parent)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store.open(settings.database.path, clock=clock))
        fetcher = await stack.enter_async_context(_fetcher(settings, settings.fetch.host_spacing))
        looking = await stack.enter_async_context(
            _fetcher(settings, min(LOOKING_SPACING, settings.fetch.host_spacing))
        )
        parser = await stack.enter_async_context(ParserPool(workers=settings.parser.workers))
        desk = Desk(store, data.load_atlas(), clock, adder=FeedAdder(store, looking, parser, clock))
        yield Parts(settings, store, fetcher, parser, desk, clock)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {folder} of the database cannot be made: {error.strerror}. "
            "Name another place in database.path, or give the user that runs the bot the right to make it."
        ) from error


def _fetcher(settings: Settings, spacing: float) -> Fetcher:
    limits = FetchLimits(total=settings.fetch.timeout, body=settings.fetch.max_body, spacing=spacing)
    return Fetcher(
        user_agent=user_agent(settings.fetch.contact),
        allow_private=settings.fetch.allow_private_addresses,
        limits=limits,
    )


def user_agent(contact: str) -> str:
    """Who we are and whom to ask, as a polite guest says (RFC 9110 section 10.1.5)."""
    return f"WatchdogBot/{__version__} (+{contact})" if contact else f"WatchdogBot/{__version__}"


# ------------------------------------------------------------------ run


async def run(settings: Settings, stop: asyncio.Event | None = None, *, clock: Clock | None = None) -> int:
    """Run until SIGTERM, SIGINT or `stop`. Returns the exit code; raises WatchdogError where it cannot start."""
    _refuse_example(settings)
    _tagger(settings)  # a fault in the operator's own names is told before anything is opened
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with assembled(settings, clock) as parts:
            await _prepare(parts)
            await _serve(parts, stop)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
    log.info("stopped")
    return 0


def _refuse_example(settings: Settings) -> None:
    """The example's token looks like one, so that the example can be checked; it opens nothing."""
    if "REPLACE-THIS" in settings.telegram.token.get_secret_value():
        raise ConfigError(
            ("telegram.token: this is still the example's. Put in the token that @BotFather gave you.",)
        )


def _tagger(settings: Settings) -> CountryTagger:
    """With the operator's own names. Raises ConfigError for a file of them that cannot be read."""
    own = settings.countries.own_names
    return data.load_tagger(data.own_names(own) if own else ())


async def _prepare(parts: Parts) -> None:
    await offer_topics(parts.store)
    subscriptions = await parts.desk.load()
    catalogue = data.load_catalogue() if parts.settings.catalogue.enabled else ()
    feeds = await sync_feeds(parts.store, parts.settings.feeds, catalogue)
    log.info(
        "started",
        version=__version__,
        python=platform.python_version(),
        feeds=feeds,
        subscriptions=subscriptions,
    )


async def offer_topics(store: Store) -> None:
    """Save each shipped topic once, unless there is one of its name: what an admin changed or removed stays so."""
    present = {fold(topic.name) for topic in await store.topics()}
    for shipped in data.load_topics():
        if await store.first_offer(f"topic:{shipped.name}") and fold(shipped.name) not in present:
            await store.save_topic(shipped.topic())


async def _serve(parts: Parts, stop: asyncio.Event) -> None:
    admins = frozenset(parts.settings.telegram.admins)
    rate = paid.rate_of(parts.settings.telegram.paid_broadcast)
    pace = Pace(parts.clock, Pacer(paid.limits(rate)))
    in_flight = paid.in_flight(rate, IN_FLIGHT)
    if rate is not None:
        log.warning("paid_broadcast", cost=paid.cost(rate))
    ear = Ear(timeout=SEND_TIMEOUT, trust_env=by_proxy(parts.settings.telegram.api_base_url))
    app = build(
        parts.desk,
        token=parts.settings.telegram.token.get_secret_value(),
        api_base_url=parts.settings.telegram.api_base_url,
        admins=admins,
        before_reply=pace.reply,
        ear=ear,
        connections=in_flight + REPLIES,
    )
    connected = False
    try:
        connected = await _connected(app, stop)
    finally:
        if not connected:
            await app.bot.shutdown()
    if not connected:
        return
    parts.desk.on_reopened = pace.pacer.open
    notices = Notices(app.bot, admins, pace.reply)
    deliverer = Deliverer(
        parts.store,
        partial(_send, app, paid=rate is not None),
        partial(_rendered, parts),
        parts.clock,
        pace=pace,
        digest=lambda claimed: render_digest.digest(claimed, parts.desk.names),
        edit=partial(_edit, app),
        in_flight=in_flight,
    )
    parts.desk.on_owed = deliverer.wake
    notes = WeeklyNotes(
        parts.store, partial(_send, app, paid=False), parts.desk.weekly_note, pace=pace, clock=parts.clock
    )
    stories = Stories(parts.store, parts.clock)
    await stories.load()
    poller = Poller(
        parts.store,
        parts.fetcher,
        parts.parser,
        read=_tagger(parts.settings).read,
        match=parts.desk.index.groups,
        clock=parts.clock,
        min_interval=parts.settings.fetch.min_interval,
        on_owed=deliverer.wake,
        on_health=lambda feed, change: notices.tell(replies_feeds.feed_news(feed, change, parts.clock.now())),
        on_held=partial(_ask_about, parts, notices) if admins else None,
        stories=stories,
        subscriptions=parts.desk.index.__len__,
        wait=parts.fetcher.wait,
    )
    web = Web(
        parts.settings.web,
        parts.store,
        parts.clock,
        take=poller.take_push,
        user_agent=user_agent(parts.settings.fetch.contact),
        allow_private=parts.settings.fetch.allow_private_addresses,
        beats=BEATS,
        stale=STALE_BEAT,
    )
    delivering = asyncio.create_task(deliverer.run(stop), name="deliver")
    reading = asyncio.create_task(_read_dictionaries(parts), name="dictionaries")
    try:
        await app.start()
        await web.start()
        gc.collect()
        gc.freeze()  # the gazetteer and the index stay: to look through them again and again costs for nothing
        await _beat(parts, ear)
        _schedule(app, parts, (poller, notes, ear), notices if admins else None)
        await tell_commands(app, admins)
        assert app.updater is not None
        await app.updater.start_polling(
            allowed_updates=ALLOWED_UPDATES,
            bootstrap_retries=-1,
            error_callback=PollErrors(parts.clock, notices.tell),
        )
        await _until(stop, delivering, ear)
    finally:
        stop.set()
        gc.unfreeze()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await notices.drain(NOTICE_DRAIN)
        await web.stop()
        await _stop(app, poller, delivering)


async def _read_dictionaries(parts: Parts) -> None:
    """Read what word forms need before anybody waits for it: at once where a subscription asks for forms."""
    queries = [each.query for each in await parts.store.all_subscriptions()]
    if not any("~" in query or "topic:" in query for query in queries):
        await asyncio.sleep(DICTIONARIES_AFTER)
    await asyncio.to_thread(forms.preload, INFLECTING)


async def _ask_about(parts: Parts, notices: Notices, feed: Feed, post_ids: tuple[PostId, ...]) -> None:
    """Held posts wait for an administrator's word."""
    posts = await parts.store.posts_of(feed.id, min(post_ids), max(post_ids))
    if posts:
        notices.tell(replies_feeds.held(feed, posts))


async def _connected(app: App, stop: asyncio.Event) -> bool:
    """Wait for Telegram as long as it takes; False if told to stop meanwhile.

    Raises ConfigError for a token that Telegram does not know.
    """
    wait = 1.0
    while not stop.is_set():
        try:
            await app.initialize()
        except InvalidToken:
            raise ConfigError(
                ("telegram.token: Telegram does not know this token. Ask @BotFather for the right one.",)
            ) from None
        except NetworkError as error:
            log.warning("telegram_unreachable", cause=type(error).__name__, again_in=wait)
            await _sleep_or(stop, wait)
            wait = min(60.0, wait * 2)
        else:
            return True
    return False


async def _sleep_or(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _until(stop: asyncio.Event, delivering: asyncio.Task[None], ear: Ear) -> None:
    """Until told to stop, or the deliverer ends, which it never should: then its error is raised.

    Raises ConfigError when Telegram no longer knows the token: nobody would be heard or alerted any more.
    """
    stopping = asyncio.create_task(stop.wait())
    refused = asyncio.create_task(ear.refused.wait())
    await asyncio.wait({stopping, delivering, refused}, return_when=asyncio.FIRST_COMPLETED)
    for each in (stopping, refused):
        each.cancel()
    if ear.refused.is_set():
        raise ConfigError(
            ("telegram.token: it was revoked. Ask @BotFather for the new one; what is owed waits for it.",)
        )
    if delivering.done() and not stop.is_set():
        delivering.result()


async def _stop(app: App, poller: Poller, delivering: asyncio.Task[None]) -> None:
    log.info("stopping")
    if app.job_queue is not None:
        app.job_queue.scheduler.pause()
    await poller.drain(DRAIN / 2)
    if app.updater is not None and app.updater.running:
        await app.updater.stop()
    await asyncio.gather(delivering, return_exceptions=True)
    if app.running:
        await app.stop()
    await app.bot_data[SPEECH].drain(NOTICE_DRAIN)
    await app.shutdown()


def _schedule(
    app: App, parts: Parts, workers: tuple[Poller, WeeklyNotes, Ear], notices: Notices | None
) -> None:
    """The few jobs there are. When a feed is due is a column of its row, never a job.

    `notices` is None where there is nobody to tell.
    """
    assert app.job_queue is not None, "python-telegram-bot is installed without [job-queue]"
    scheduler: AsyncIOScheduler = app.job_queue.scheduler
    poller, notes, ear = workers
    jobs: tuple[tuple[str, Callable[[], Awaitable[object]], float], ...] = (
        ("tick", poller.tick, TICK),
        ("beat", partial(_beat, parts, ear), BEAT),
        ("weekly", notes.send_due, NOTES),
        ("housekeeping", partial(_housekeeping, parts), HOUSEKEEPING),
    )
    if notices is not None:
        jobs += (("silence", partial(tell_silent, parts.store, parts.clock, notices.tell), HOUSEKEEPING),)
    for name, job, seconds in jobs:
        scheduler.add_job(job, IntervalTrigger(seconds=seconds), id=name, name=name, **ON_TIME)
    scheduler.add_listener(_job_event, EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES)


def _job_event(event: JobEvent) -> None:
    if event.code == EVENT_JOB_ERROR:
        known = isinstance(event.exception, StoreError)  # it names its cause and mend; others are defects
        log.error("job_broke", job=event.job_id, error=str(event.exception) if known else event.traceback)
    else:
        log.warning("job_still_running", job=event.job_id)


async def _beat(parts: Parts, ear: Ear) -> None:
    now = parts.clock.now()
    await parts.store.beat("loop", now)
    if ear.heard():
        await parts.store.beat("listen", now)


async def _housekeeping(parts: Parts) -> None:
    """Forget what is past its time, a slice at a time."""
    more = True
    while more:  # between slices the store is free for others
        more = await parts.store.housekeep(parts.clock.now()) > 0


async def _send(app: App, subscriber: Subscriber, message: Message, *, paid: bool) -> SendResult:
    return await send(app.bot, subscriber.address, message, reply_to=message.reply_to, paid=paid)


async def _edit(app: App, claimed: ClaimedDelivery, message: Message) -> SendResult:
    """A sent alert whose post was changed: edited in place, or a silent reply to it, as the reader wishes.

    That another source has it too is always an edit: nothing about the post itself has changed.
    """
    address, sent_as = claimed.subscriber.address, claimed.delivery.message_id
    assert sent_as is not None, "only what was sent is edited"
    if claimed.settings.corrections is Corrections.REPLY and claimed.changed:
        reply = replace(message, silent=True, protect=claimed.settings.protect)
        return await send(app.bot, address, reply, reply_to=sent_as)
    return await edit(app.bot, address, sent_as, message)


def _rendered(parts: Parts, claimed: ClaimedDelivery) -> Message:
    alert = render.alert(claimed, parts.desk.names, summary_limit=parts.settings.alerts.summary_length)
    return replace(render_digest.corrected(alert, claimed), preview=claimed.settings.previews)


# ------------------------------------------------------------------ the other commands


async def check(settings: Settings) -> tuple[str, ...]:
    """Every fault of the database, with its mend; empty when all is fine. One that a running bot holds is only looked at.

    Raises ConfigError, StoreError.
    """
    _refuse_example(settings)
    _tagger(settings)
    try:
        async with assembled(settings) as parts:
            await parts.desk.load()
            return await parts.store.check()
    except AlreadyRunningError:
        return read_faults(settings.database.path)


async def health(settings: Settings, *, demo: Path | None = None) -> str | None:
    """What is wrong with the running bot, or None: its heartbeats are read without disturbing it.

    `demo`: the database of a demo that runs here, looked at where there is no other.
    """
    path = settings.database.path
    beats = read_beats(path if demo is None or path.exists() else demo)
    now = SystemClock().now()
    for name in BEATS:
        last = beats.get(name)
        if last is None:
            return f"no heartbeat of {name!r} yet: the bot has not started, or cannot reach Telegram"
        if now - last > timedelta(seconds=STALE_BEAT):
            return f"the last heartbeat of {name!r} was {replies.ago(last, now)}: the bot hangs or is down"
    return None


async def feeds_add(
    settings: Settings, text: str, *, name: str = "", section: str = "", chosen: bool = False
) -> Added | Choice | str:
    """Look around an address and watch its source; what there is to choose; or why there is nothing."""
    async with assembled(settings) as parts:
        return await parts.desk.add_feed(text, name=name, section=section, chosen=chosen)


def backup(settings: Settings, to: Path) -> None:
    """Copy the database, whether or not the bot runs. Raises StoreError."""
    copy_database(settings.database.path, to)


def feeds_list(settings: Settings) -> tuple[tuple[Feed, str], ...]:
    """Every feed with its health in words. The database is only looked at."""
    now, found = SystemClock().now(), read_watched(settings.database.path)
    mends = outdated(settings.feeds, found.feeds, found.former)
    states = (replies_feeds.feed_state(feed, now, found.hubs.get(feed.id)) for feed in found.feeds)
    return tuple(
        (feed, f"{state}; {mends[feed.id]}" if feed.id in mends else state)
        for feed, state in zip(found.feeds, states, strict=True)
    )


async def feeds_check(
    settings: Settings,
    *,
    catalogue: bool = False,
    on_start: Callable[[int], None] = lambda _total: None,
    on_checked: Callable[[Checked], None] = lambda _checked: None,
) -> tuple[Checked, ...]:
    """How every watched feed answers, and with `catalogue` every source of the catalogue. Beside a running bot it may
    run as well: the database is only looked at.
    """
    stored = read_feeds(settings.database.path)
    first_start = settings.catalogue.enabled and not settings.database.path.exists()
    listed = data.load_catalogue() if catalogue or first_start else ()
    wanted = targets(stored, settings.feeds, (each for each in listed if catalogue or each.url))
    on_start(len(wanted))
    async with (
        _fetcher(settings, settings.fetch.host_spacing) as fetcher,
        ParserPool(workers=settings.parser.workers) as parser,
    ):
        return await check_feeds(wanted, fetcher, parser, clock=SystemClock(), on_checked=on_checked)


async def feeds_remove(settings: Settings, which: str) -> Feed | None:
    """Stop watching the feed of that number or address."""
    async with assembled(settings) as parts:
        return await parts.desk.remove_feed(which)
