"""What polling costs, beside the library `reader`, in one run against one server.

    python benchmarks/bench_feeds.py [--feeds 200] [--rounds 3] [--json]
    python benchmarks/bench_feeds.py --growth [--sizes 100,1000,10000]

Ours is the whole way of a post: fetcher, parser processes, countries, 1,000 subscriptions, the store with
synchronous=FULL, and the log as in `bot.py run`. Only the manners are off (spacing, connections a host), because
everything is on one host here. `reader` fetches with ten threads, parses and stores; it matches nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import importlib.util
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from common import (
    Ask,
    Handle,
    Peer,
    aloud,
    dev_null,
    figure,
    machine,
    memory_now,
    metered,
    peak_memory,
    quiet,
    ratio,
    size_of,
    table,
    version_of,
    versions,
)
from loopback_feeds import BEGUN, PLACES, WORDS, Dice, Edition, feed_server

SUBSCRIPTIONS = 1_000
IN_FLIGHT = 50  # polls of ours at a time
READER_THREADS = 10
EVERY = 300  # seconds between checks of a feed; the clock goes on by a little more each time
STEP = EVERY * 1.2
GROWTH_SIZES = (100, 1_000, 10_000)
GROWTH_ENTRIES = 10
GROWTH_MINUTES = 20.0
QUARTER = 900  # seconds: every 15 minutes, for the share of a core


class SteppedClock:
    """Stands still until it is moved on."""

    def __init__(self) -> None:
        self._now = BEGUN

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def go_on(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


# ------------------------------------------------------------------ ours


@asynccontextmanager
async def ours(options: Ask) -> AsyncIterator[Handle]:
    """The bot without Telegram. Each call is one poll of every feed."""
    _as_installed()
    from watchdog_bot import data, log
    from watchdog_bot.fetch import Fetcher, FetchLimits
    from watchdog_bot.parsing import ParserPool
    from watchdog_bot.poll import Poller
    from watchdog_bot.settings import LogSettings
    from watchdog_bot.store import Store

    clock = SteppedClock()
    path = Path(options["folder"]) / "watchdog.db"
    limits = FetchLimits(spacing=0, connections=IN_FLIGHT, per_host=IN_FLIGHT)
    async with AsyncExitStack() as stack:
        log.set_up(LogSettings(), stream=stack.enter_context(dev_null()))
        store = await stack.enter_async_context(Store.open(path, clock=clock))
        fetcher = await stack.enter_async_context(
            Fetcher(user_agent="WatchdogBot-benchmark", allow_private=True, limits=limits, clock=clock)
        )
        parser = await stack.enter_async_context(ParserPool(workers=2))
        match = await _subscribed(store, options["subscriptions"])
        for number in range(options["feeds"]):
            await store.add_feed(f"{options['url']}/feed/{number}.xml", name=f"Monitor {number}", every=EVERY)
        await _warm_up(parser)
        poller = Poller(
            store,
            fetcher,
            parser,
            read=data.load_tagger().read,
            match=match,
            clock=clock,
            min_interval=EVERY,
            workers=IN_FLIGHT,
            subscriptions=lambda: options["subscriptions"],
        )
        gc.freeze()  # as the program does when it has started

        async def poll_all(_ask: Ask) -> dict[str, Any]:
            clock.go_on(STEP)
            with metered() as spent:
                while await poller.tick():
                    await poller.drain(60)
            status = await store.status(clock.now())
            return _measured(
                spent.wall,
                spent.cpu,
                path,
                posts=status.posts,
                queued=status.queued,
                failing=status.failing_feeds,
            )

        yield poll_all


def _as_installed() -> None:
    """sqlite-utils imports numpy (10 MB) where there is one. Here other benchmarks asked for it; the bot never does."""
    sys.modules.setdefault("numpy", None)  # type: ignore[arg-type] # what Python knows as "do not import"


async def _subscribed(store: Any, count: int) -> Any:
    """An index of so many different subscriptions, which the store has as well. They are choosy: what it costs to
    alert thousands is measured in bench_outbox.
    """
    if not count:
        return lambda _text: ()
    from watchdog_bot.core.match import query
    from watchdog_bot.core.match.index import MatchIndex
    from watchdog_bot.core.model import Address, ChatKind, SubscriptionSlot

    index = MatchIndex()
    nothing = query.Vocabulary(names={}, regions={}, topics={})
    words = [word for word in dict.fromkeys(WORDS) if len(word) > 4]
    dice = Dice(7)
    for number in range(count):
        subscriber = await store.ensure_subscriber(Address(number + 1), kind=ChatKind.PRIVATE, language="en")
        first, second = (words[dice.below(len(words))] for _ in range(2))
        text = f'{PLACES[number % len(PLACES)].lower()} "{first} {second}" -zebra{number}'
        subscription = await store.add_subscription(subscriber.id, SubscriptionSlot.QUERY, text)
        index.add(subscription.id, subscriber.id, query.parse(text, nothing))
    return index.groups


async def _warm_up(parser: Any) -> None:
    """Starting the parser processes is paid once, not by feed."""
    document = b'<rss version="2.0"><channel><title>a</title><item><title>b</title></item></channel></rss>'
    await asyncio.gather(*(parser.parse(document, url="http://127.0.0.1/warm") for _ in range(2)))


# ------------------------------------------------------------------ reader


def reader_is_here() -> bool:
    """Whether `reader` is installed with the module that it forgets to ask for."""
    return all(importlib.util.find_spec(name) is not None for name in ("reader", "sgmllib"))


@asynccontextmanager
async def library_reader(options: Ask) -> AsyncIterator[Handle]:
    """`reader` as its manual says. Each call is one update of every feed."""
    make_reader = importlib.import_module("reader").make_reader  # installed for benchmarks only

    path = Path(options["folder"]) / "reader.db"
    with make_reader(":memory:") as first:  # it imports its parser when first used
        first.add_feed(f"{options['url']}/feed/0.xml")
        first.update_feeds()
    with make_reader(str(path)) as library:
        for number in range(options["feeds"]):
            library.add_feed(f"{options['url']}/feed/{number}.xml")

        async def update_all(_ask: Ask) -> dict[str, Any]:
            with metered() as spent:
                library.update_feeds(workers=READER_THREADS, scheduled=False)
            failing = library.get_feed_counts().broken
            return _measured(
                spent.wall, spent.cpu, path, posts=library.get_entry_counts().total, queued=0, failing=failing
            )

        yield update_all


def _measured(wall: float, cpu: float, path: Path, **counts: int | None) -> dict[str, Any]:
    sizes = {"database": path.stat().st_size, "with_log": size_of(path)}
    memory = {"memory": peak_memory(), "memory_now": memory_now()}
    return {"wall": wall, "cpu": cpu, **memory, **sizes, **counts}


# ------------------------------------------------------------------ phases


@dataclass(frozen=True, slots=True)
class Phase:
    name: str
    status: int  # that the server answers with
    peer: float  # CPU ms per feed of reader 3.26 when the goals were set
    goal: float  # and what ours had to reach on that machine: what counts is the ratio
    conditional: bool = True
    revision: int = 0  # by so much the edition's revision grows each round
    new: int = 0  # and its new entries


PHASES = (
    Phase("first load", 200, 26.6, 25.0),
    Phase("all 304", 304, 1.7, 0.45),
    Phase("200, same bytes", 200, 22.5, 0.7, conditional=False),
    Phase("200, only lastBuildDate differs", 200, 22.0, 1.1, revision=1),
    Phase("one new entry each", 200, 23.0, 3.2, new=1),
)
GROWTH_PHASES = ("first load", "all 304", "one new entry each")


@dataclass(slots=True)
class Cost:
    """Of one contender in one phase, over all rounds."""

    feeds: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    memory_now: int = 0
    database: int = 0
    with_log: int = 0
    queued: int = 0

    def add(self, feeds: int, answer: Ask) -> None:
        self.feeds += feeds
        self.wall += answer["wall"]
        self.cpu += answer["cpu"]
        self.memory, self.memory_now, self.queued = answer["memory"], answer["memory_now"], answer["queued"]
        self.database, self.with_log = answer["database"], answer["with_log"]

    @property
    def per_second(self) -> float:
        return self.feeds / self.wall

    @property
    def cpu_ms(self) -> float:
        return self.cpu / self.feeds * 1000


@dataclass(slots=True)
class Run:
    """`costs`: by contender, by phase."""

    feeds: int
    entries: int
    document: float = 0.0  # mean bytes
    costs: dict[str, dict[str, Cost]] = field(default_factory=dict)

    def cost(self, who: str, phase: str) -> Cost | None:
        return self.costs.get(who, {}).get(phase)


@contextmanager
def _contenders(feeds: int, names: Sequence[str], url: str, subscriptions: int) -> Iterator[dict[str, Peer]]:
    openings = {"ours": ours, "reader": library_reader}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-feeds-"))
        yield {
            name: stack.enter_context(
                Peer(openings[name], folder=folder, feeds=feeds, url=url, subscriptions=subscriptions)
            )
            for name in names
        }


def measure(
    feeds: int,
    *,
    entries: int,
    rounds: int,
    names: Sequence[str],
    phases: Sequence[Phase],
    subscriptions: int,
) -> Run:
    """Each phase in turn; within a phase the contenders take turns, so that a busy machine hits all alike."""
    run = Run(feeds, entries)
    with Peer(feed_server) as server:
        edition = Edition(entries=entries)
        url = server.ask(edition=edition, feeds=feeds)["url"]
        with _contenders(feeds, names, url, subscriptions) as peers:
            for phase in phases:
                for _ in range(1 if phase is PHASES[0] else rounds):
                    edition = Edition(entries, edition.revision + phase.revision, edition.new + phase.new)
                    held = server.ask(edition=edition, feeds=feeds, conditional=phase.conditional)
                    run.document = held["size"]
                    for name, peer in peers.items():
                        answer = peer.ask()
                        tally = server.ask(conditional=phase.conditional)["tally"]
                        _check(
                            name, phase, feeds * (entries + edition.new), {**answer, "feeds": feeds}, tally
                        )
                        run.costs.setdefault(name, {}).setdefault(phase.name, Cost()).add(feeds, answer)
    return run


def _check(name: str, phase: Phase, posts: int, answer: Ask, tally: Mapping[int, int]) -> None:
    """A benchmark of failures says nothing. One poll a day is unconditional, so a few 304 may be 200."""
    feeds = answer["feeds"]
    asked_well = tally.get(phase.status, 0) >= feeds * 0.9 and sum(tally.values()) == feeds
    if answer["failing"] or answer["posts"] != posts or not asked_well:
        raise RuntimeError(
            f"{name}, {phase.name}: {answer['posts']} posts where {posts} were published, {answer['failing']} feeds "
            f"fail, the server answered {dict(tally)}"
        )


# ------------------------------------------------------------------ what is printed


def compared(run: Run) -> str:
    """The table of speed, and the one of size."""
    rows = []
    for phase in PHASES:
        one, other = run.cost("ours", phase.name), run.cost("reader", phase.name)
        speed = [figure(each.per_second if each else None) for each in (one, other)]
        cpu = [each.cpu_ms if each else None for each in (one, other)]
        rows.append(
            [phase.name, *speed, *map(figure, cpu), ratio(*cpu), f"≥ {ratio(phase.goal, phase.peer)}"]
        )
    head = ["poll", "ours/s", "reader/s", "ours ms", "reader ms", "CPU ratio", "goal"]
    ends = {name: costs[PHASES[-1].name] for name, costs in run.costs.items()}
    sizes = [
        ["memory, MB", *_pair({name: each.memory_now / 1e6 for name, each in ends.items()})],
        ["peaks of its processes, MB", *_pair({name: each.memory / 1e6 for name, each in ends.items()})],
        ["database, MB", *_pair({name: each.database / 1e6 for name, each in ends.items()})],
        ["with its log, MB", *_pair({name: each.with_log / 1e6 for name, each in ends.items()})],
    ]
    owed = f"{ends['ours'].queued:,} alerts were owed by ours in the end." if "ours" in ends else ""
    return f"{table(head, rows)}\n\n{table(['at the end', 'ours', 'reader', 'ratio'], sizes)}\n{owed}"


def _pair(values: dict[str, float]) -> list[str]:
    one, other = values.get("ours"), values.get("reader")
    return [figure(one), figure(other), ratio(one, other)]


def grown(runs: Sequence[Run]) -> str:
    """How cost grows with the number of feeds."""
    rows = []
    for run in runs:
        costs = [run.costs["ours"][name] for name in GROWTH_PHASES]
        shares = [each.cpu_ms / 1000 * run.feeds / QUARTER for each in costs[1:]]
        rows.append(
            [
                f"{run.feeds:,}",
                *(figure(each.cpu_ms) for each in costs),
                figure(costs[-1].memory_now / 1e6),
                figure(costs[-1].memory / 1e6),
                figure(costs[-1].database / 1e6),
                *(f"{share:.2%}" for share in shares),
            ]
        )
    head = [
        "feeds",
        *(f"{name}, ms" for name in GROWTH_PHASES),
        "MB",
        "peaks MB",
        "database MB",
        "core at 15 min: 304",
        "new entries",
    ]
    return table(head, rows)


def _as_json(runs: Sequence[Run]) -> str:
    def told(run: Run) -> dict[str, Any]:
        costs = {
            who: {
                phase: {**asdict(cost), "feeds_per_second": cost.per_second, "cpu_ms_per_feed": cost.cpu_ms}
                for phase, cost in phases.items()
            }
            for who, phases in run.costs.items()
        }
        return {"feeds": run.feeds, "entries": run.entries, "document_bytes": run.document, "costs": costs}

    used = {name: version_of(name) for name in ("aiohttp", "feedparser", "reader")}
    return json.dumps({"machine": machine(), "versions": used, "runs": [told(run) for run in runs]}, indent=2)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What polling costs, beside the library reader.")
    parser.add_argument("--feeds", type=int, default=200, help="how many feeds (the published table: 500)")
    parser.add_argument("--entries", type=int, default=30, help="entries in each")
    parser.add_argument(
        "--rounds", type=int, default=3, help="how often each phase after the first is measured"
    )
    parser.add_argument("--only", choices=("ours", "reader"), help="one contender alone")
    parser.add_argument("--growth", action="store_true", help="how our cost grows with the number of feeds")
    parser.add_argument(
        "--sizes", default=",".join(map(str, GROWTH_SIZES)), help="numbers of feeds for --growth"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=GROWTH_MINUTES,
        help="for --growth: sizes that would take it longer, going by the last one, are left out",
    )
    parser.add_argument("--subscriptions", type=int, default=SUBSCRIPTIONS, help="in our index")
    parser.add_argument("--json", action="store_true", help="figures for a program instead of tables")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> None:
    options = _options(arguments)
    tell = quiet if options.json else aloud
    tell(machine())
    tell(versions("aiohttp", "feedparser", "sqlite-utils", "reader"))
    runs = _growth(options, tell) if options.growth else [_compare(options, tell)]
    if options.json:
        print(_as_json(runs))
        return
    print()
    print(grown(runs) if options.growth else compared(runs[0]))


def _compare(options: argparse.Namespace, tell: Callable[[str], None]) -> Run:
    names = [options.only] if options.only else ["ours", "reader"]
    if "reader" in names and not reader_is_here():
        names.remove("reader")
        tell(
            "reader, or the sgmllib3k that it needs, is not installed (make bench does that): ours runs alone."
        )
    run = measure(
        options.feeds,
        entries=options.entries,
        rounds=options.rounds,
        names=names,
        phases=PHASES,
        subscriptions=options.subscriptions,
    )
    tell(
        f"{run.feeds} feeds of {run.entries} entries, {run.document / 1000:.0f} KB each before gzip; CPU ms a feed count "
        f"all threads and processes of a contender; {options.subscriptions:,} subscriptions are matched by ours alone."
    )
    return run


def _growth(options: argparse.Namespace, tell: Callable[[str], None]) -> list[Run]:
    phases = [phase for phase in PHASES if phase.name in GROWTH_PHASES]
    end = time.monotonic() + options.minutes * 60
    runs: list[Run] = []
    each = 0.0  # seconds that a feed took, all phases together
    for size in map(int, options.sizes.split(",")):
        begun = time.monotonic()
        if begun + each * size > end:
            tell(
                f"{size:,} feeds are left out: they would take longer than the {options.minutes:g} minutes of --minutes."
            )
            break
        runs.append(
            measure(
                size,
                entries=GROWTH_ENTRIES,
                rounds=1,
                names=["ours"],
                phases=phases,
                subscriptions=options.subscriptions,
            )
        )
        each = (time.monotonic() - begun) / size
    return runs


if __name__ == "__main__":
    main(sys.argv[1:])
