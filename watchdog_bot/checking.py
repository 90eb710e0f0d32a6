"""Asking sources whether they still answer: those that are watched, and those of the catalogue. It stores nothing.

Every source is fetched whole and read as the poller would; where only a home page is known, discovery looks around it.
Hosts are asked side by side, the sources of one host one after the other, with the fetcher's manners. A source that
fails is told with its cause, never dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from watchdog_bot.asking import Fetching, Parsing
from watchdog_bot.clock import Clock
from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.catalogue import Source
from watchdog_bot.core.feeds.identity import canonical_link
from watchdog_bot.core.feeds.links import host_of
from watchdog_bot.core.feeds.rules import NO_RULES, SourceRules
from watchdog_bot.core.model import Feed, FeedKind, Fetched, FetchFailed, HttpMemory, NotModified, ParsedFeed
from watchdog_bot.discover import discover
from watchdog_bot.settings import FeedSettings
from watchdog_bot.sitemaps import opened

log = structlog.get_logger(__name__)

HOSTS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Target:
    """A source to be asked. Without `url` discovery starts at `home`."""

    name: str
    url: str = ""
    home: str = ""
    kind: FeedKind = FeedKind.AUTO
    rules: SourceRules = NO_RULES

    @property
    def address(self) -> str:
        """Where asking begins."""
        return self.url or self.home


@dataclass(frozen=True, slots=True)
class Checked:
    """How a source answered: `answer` in words; the rest as far as it could be read."""

    target: Target
    well: bool
    answer: str
    kind: FeedKind
    entries: int = 0
    newest: datetime | None = None
    title: str = ""


def targets(
    feeds: Iterable[Feed], own: Iterable[FeedSettings] = (), sources: Iterable[Source] = ()
) -> tuple[Target, ...]:
    """What there is to ask, each address once: the feeds of the store, then of the configuration, then the catalogue's."""
    every = [
        *(Target(feed.name, feed.url, kind=feed.kind, rules=_rules(feed)) for feed in feeds),
        *(Target(each.name, each.url, kind=each.kind, rules=each.rules) for each in own),
        *(Target(each.name, each.url, each.home, each.kind, each.rules) for each in sources),
    ]
    first: dict[str, Target] = {}
    for target in every:
        first.setdefault(canonical_link(target.address), target)
    return tuple(first.values())


def _rules(feed: Feed) -> SourceRules:
    try:
        return SourceRules.from_text(feed.rules)
    except ParseError:
        return NO_RULES


async def check(
    wanted: Sequence[Target],
    fetcher: Fetching,
    parser: Parsing,
    *,
    clock: Clock,
    on_checked: Callable[[Checked], None] = lambda _checked: None,
) -> tuple[Checked, ...]:
    """Ask all of them; the answers stand in the order of `wanted`. `on_checked` hears of each as it comes.

    Never raises for what a source does.
    """
    found: dict[Target, Checked] = {}
    hosts: dict[str, list[Target]] = {}
    for target in wanted:
        hosts.setdefault(host_of(target.address), []).append(target)
    free = asyncio.Semaphore(HOSTS_AT_ONCE)

    async def ask_host(of_host: Sequence[Target]) -> None:
        async with free:
            for target in of_host:
                found[target] = await _check(target, fetcher, parser, clock)
                on_checked(found[target])

    async with asyncio.TaskGroup() as group:
        for of_host in hosts.values():
            group.create_task(ask_host(of_host))
    return tuple(found[target] for target in wanted)


async def _check(target: Target, fetcher: Fetching, parser: Parsing, clock: Clock) -> Checked:
    try:
        if target.url:
            return await _ask(target, fetcher, parser, clock)
        return await _discover(target, fetcher, parser, clock)
    except Exception as error:
        log.exception("check_broke", url=target.address)
        return _failed(target, f"an error of the bot itself ({type(error).__name__}); see its log")


async def _ask(target: Target, fetcher: Fetching, parser: Parsing, clock: Clock) -> Checked:
    match await fetcher.get(target.url, HttpMemory()):
        case FetchFailed(cause=cause):
            return _failed(target, cause)
        case NotModified():
            return _failed(target, "it says “not modified” to a first request")
        case Fetched() as fetched:
            return await _parse(target, fetched, fetcher, parser, clock)


async def _parse(
    target: Target, fetched: Fetched, fetcher: Fetching, parser: Parsing, clock: Clock
) -> Checked:
    try:
        parsed = await parser.parse(
            fetched.body,
            url=fetched.url,
            content_type=fetched.content_type,
            kind=target.kind,
            rules=target.rules,
            now=clock.now(),
        )
    except ParseError as error:
        return _failed(target, str(error))
    if parsed.children:
        parsed = await opened(fetcher, parser, parsed, now=clock.now(), rules=target.rules)
    return _read(target, parsed, moved_to=fetched.moved_to)


def _read(target: Target, parsed: ParsedFeed, *, moved_to: str | None) -> Checked:
    checked = Checked(
        target,
        well=True,
        answer=f"answers; moved for good to {moved_to}" if moved_to else "answers",
        kind=parsed.kind,
        entries=len(parsed.entries),
        newest=newest(parsed),
        title=parsed.title,
    )
    if parsed.entries:
        return checked
    said = f"none in its section {target.rules.section}" if target.rules.section else "it is empty"
    if parsed.children:
        said = f"{said}: in the newest of the {len(parsed.children)} sitemaps it names there is nothing"
    return replace(checked, well=False, answer=f"answers, but {said}")


async def _discover(target: Target, fetcher: Fetching, parser: Parsing, clock: Clock) -> Checked:
    discovery = await discover(target.home, fetcher, parser, clock=clock)
    if not discovery.found:
        return _failed(target, discovery.cause or "nothing was found there that could be watched")
    best = discovery.found[0]
    more = f", and {len(discovery.found) - 1} more" if len(discovery.found) > 1 else ""
    return Checked(
        target,
        well=best.entries > 0,
        answer=f"found {best.url} ({best.how}{more})" + ("" if best.entries else ", but it is empty"),
        kind=best.kind,
        entries=best.entries,
        newest=best.newest,
        title=best.title,
    )


def newest(parsed: ParsedFeed) -> datetime | None:
    """The date of its newest entry, where any has one."""
    dates = (entry.published or entry.updated for entry in parsed.entries)
    return max((moment for moment in dates if moment is not None), default=None)


def _failed(target: Target, cause: str) -> Checked:
    return Checked(target, well=False, answer=cause, kind=target.kind)


def summary(checked: Sequence[Checked]) -> str:
    """One line about all of them: how many answer, and who does not."""
    silent = [each.target.name for each in checked if not each.well]
    if not checked:
        return "There is nothing to check: no feed is watched yet."
    if not silent:
        return f"All {len(checked)} answer." if len(checked) > 1 else "It answers."
    shown = ", ".join(silent[:10]) + (f" and {len(silent) - 10} more" if len(silent) > 10 else "")
    if len(silent) == len(checked) > 2:
        return f"None of {len(checked)} answers. Is this machine connected to the network?"
    return f"{len(checked) - len(silent)} of {len(checked)} answer; trouble with {shown}."
