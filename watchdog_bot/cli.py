"""The commands of the program. It reads arguments, calls one function, prints, and exits.

Exit codes: 0 fine · 1 the thing asked for failed · 2 the command line or the configuration is wrong.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from watchdog_bot import __version__
from watchdog_bot.core.errors import ConfigError, WatchdogError

if TYPE_CHECKING:  # pydantic is slow to import, and --help needs none of it
    from watchdog_bot.config import Settings

T = TypeVar("T")

OK, FAILED, USAGE = 0, 1, 2


class CountryAnswer(StrEnum):
    """The two answers of the country tagger."""

    ABOUT = "about"
    MENTIONS = "mentions"


app = typer.Typer(
    help="Watches human-rights sources and alerts Telegram chats by country and keyword.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
feeds_app = typer.Typer(help="The feeds that are watched.", no_args_is_help=True)
match_app = typer.Typer(help="Try the matching on texts of your own.", no_args_is_help=True)
app.add_typer(feeds_app, name="feeds")
app.add_typer(match_app, name="match")

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="config.toml; by default ./config.toml where it exists, else the environment."
    ),
]


def main() -> None:
    """Run the command line."""
    app(prog_name="bot.py")


def _version(value: bool) -> None:
    if value:
        out.print(f"watchdog-bot {__version__}", highlight=False)
        raise typer.Exit(OK)


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Watches human-rights sources and alerts Telegram chats by country and keyword."""


# ------------------------------------------------------------------ the bot


@app.command()
def run(config: ConfigOption = None) -> None:
    """Run the bot until it is told to stop (Ctrl-C or SIGTERM)."""
    from watchdog_bot import app as composition
    from watchdog_bot import log

    settings = _settings(config)
    log.set_up(settings.log)
    _finish(composition.run(settings))


@app.command()
def demo(
    *,
    serve: Annotated[bool, typer.Option("--serve", help="Keep it running afterwards, until Ctrl-C.")] = False,
) -> None:
    """Show the whole product at work: no token, no network, about half a minute."""
    from watchdog_bot import demo as show

    _finish(show.run(serve=serve))


@app.command()
def check(config: ConfigOption = None) -> None:
    """Say whether configuration and database are fine, or list every fault with its mend."""
    from watchdog_bot import app as composition
    from watchdog_bot import data
    from watchdog_bot.core import paid

    settings = _settings(config)
    faults = _finish_with(composition.check(settings))
    for fault in faults:
        err.print(f"✗ {fault}", highlight=False, markup=False)
    if faults:
        raise typer.Exit(FAILED)
    out.print("✓ configuration and database are fine")
    if rate := paid.rate_of(settings.telegram.paid_broadcast):
        out.print(f"! {paid.cost(rate)}.", highlight=False, markup=False)
    if own := settings.countries.own_names:
        names = sum(1 for line in data.own_names(own) if line.strip() and not line.startswith("#"))
        out.print(f"✓ {names} own names of countries in {own}", highlight=False, markup=False)


@app.command()
def health(config: ConfigOption = None) -> None:
    """For container health checks: exit 0 while the running bot's heartbeats are fresh."""
    from watchdog_bot import app as composition
    from watchdog_bot.demo.show import demo_database

    settings = _settings(config, need_token=False)
    trouble = _finish_with(composition.health(settings, demo=demo_database()))
    if trouble:
        _fail(trouble)
    out.print("healthy")


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(metavar="FILE")],
    config: ConfigOption = None,
) -> None:
    """Copy the database into a file, while the bot runs or not; an older copy there is replaced."""
    from watchdog_bot import app as composition

    settings = _settings(config, need_token=False)
    with _told():
        composition.backup(settings, to)
    out.print(f"✓ {settings.database.path} was copied to {to}", highlight=False, markup=False)


# ------------------------------------------------------------------ feeds


@feeds_app.command("add")
def feeds_add(
    url: str,
    *,
    name: Annotated[str, typer.Option(help="What to call it; its own title by default.")] = "",
    section: Annotated[
        str,
        typer.Option(help='Only posts whose address has this path, such as "/news/*"; several with spaces.'),
    ] = "",
    exactly: Annotated[
        bool, typer.Option("--exactly", help="Watch this very address, whatever is found around it.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Look around an address, and watch its feed; where there are several, they are listed to choose from."""
    from watchdog_bot import app as composition
    from watchdog_bot.adding import Choice

    settings = _settings(config, need_token=False)
    added = _finish_with(composition.feeds_add(settings, url, name=name, section=section, chosen=exactly))
    if isinstance(added, str):
        _fail(added)
    if isinstance(added, Choice):
        for found in added.found:
            out.print(
                f"{found.url}  {found.title}, {_entries(found.entries)} ({found.how})",
                highlight=False,
                markup=False,
            )
            for title in found.headlines:
                out.print(f"  • {title}", highlight=False, markup=False)
        _fail(
            "several sources were found; give `feeds add` one of the addresses above, "
            "with --exactly where it is the page itself"
        )
    verb = "is watched already" if added.again else "is watched now"
    out.print(
        f"{added.feed.name} ({added.feed.kind}, number {added.feed.id}) {verb}", highlight=False, markup=False
    )
    for title in added.titles[:3]:
        out.print(f"  • {title}", highlight=False, markup=False)


@feeds_app.command("list")
def feeds_list(config: ConfigOption = None) -> None:
    """Every feed with its health in words."""
    from rich.text import Text

    from watchdog_bot import app as composition

    settings = _settings(config, need_token=False)
    with _told():
        listed = composition.feeds_list(settings)
    if not listed:
        out.print(
            "No feed is watched yet: `run` begins with those of the configuration, `feeds add` adds one."
        )
        return
    table = Table("No", "Name", "Kind", "Health", "Address")
    for feed, state in listed:
        table.add_row(*map(Text, (str(feed.id), feed.name, str(feed.kind), state, feed.url)))
    out.print(table)


@feeds_app.command("check")
def feeds_check(
    *,
    catalogue: Annotated[
        bool, typer.Option("--catalogue", help="Ask every source of the shipped catalogue as well.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Ask every watched feed whether it answers; exit 1 if one does not. Nothing is changed."""
    from rich.progress import MofNCompleteColumn, Progress
    from rich.text import Text

    from watchdog_bot import app as composition
    from watchdog_bot import checking

    settings = _settings(config, need_token=False)
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        bar = progress.add_task("Asking the sources", total=None)
        work = composition.feeds_check(
            settings,
            catalogue=catalogue,
            on_start=lambda total: progress.update(bar, total=total),
            on_checked=lambda _checked: progress.advance(bar),
        )
        checked = _finish_with(work)
    table = Table("Name", "Kind", "Answer", "Entries", "Newest", "Title")
    for each in checked:
        newest = f"{each.newest:%Y-%m-%d}" if each.newest else "—"
        words = (each.target.name, str(each.kind), each.answer, str(each.entries), newest, each.title)
        table.add_row(*map(Text, words), style="" if each.well else "red")
    if checked:
        out.print(table)
    out.print(checking.summary(checked), highlight=False, markup=False)
    raise typer.Exit(OK if all(each.well for each in checked) else FAILED)


@feeds_app.command("remove")
def feeds_remove(which: str, config: ConfigOption = None) -> None:
    """Stop watching a feed, by its number or its address."""
    from watchdog_bot import app as composition

    removed = _finish_with(composition.feeds_remove(_settings(config, need_token=False), which))
    if removed is None:
        _fail(f"no feed has the number or address {which!r}; `feeds list` shows them")
    out.print(f"no longer watched: {removed.name} ({removed.url})", highlight=False, markup=False)


@feeds_app.command("inspect")
def feeds_inspect(
    target: Annotated[str, typer.Argument(metavar="URL-OR-FILE")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show what the parser sees in a document."""
    from watchdog_bot import inspect_feed

    settings = _settings(config, need_token=False)
    parsed = _finish_with(inspect_feed.inspect(target, settings))
    if as_json:
        print(json.dumps(inspect_feed.as_json(parsed), ensure_ascii=False))  # noqa: T201 - for pipes, unstyled
        return
    out.print(
        f"{parsed.kind}: {parsed.title or '(no title)'}, {_entries(len(parsed.entries))}",
        highlight=False,
        markup=False,
    )
    for entry in parsed.entries:
        moment = entry.published or entry.updated
        date = f"{moment:%Y-%m-%d %H:%M}" if moment else "no date"
        out.print(f"• {date}  {entry.title}\n  {entry.link or '(no link)'}", highlight=False, markup=False)
    for child in parsed.children:
        out.print(f"• sitemap  {child}", highlight=False, markup=False)


# ------------------------------------------------------------------ matching


@match_app.command("countries")
def match_countries(
    *,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read and write one JSON object a line.")] = False,
    answer: Annotated[
        CountryAnswer,
        typer.Option(help="What stands in “countries”: those a text is about, or all it mentions."),
    ] = CountryAnswer.ABOUT,
    own: Annotated[
        Path | None, typer.Option(help="A file of own names, as countries.own_names in the configuration.")
    ] = None,
) -> None:
    """Which countries texts on standard input are about.

    With --jsonl: reads {"id","title","text"} a line, writes {"id","countries","mentions"}.
    """
    from watchdog_bot import data

    tagger = data.load_tagger(_own_names(own) if own else ())
    if not jsonl:
        title, _, text = sys.stdin.read().partition("\n")
        reading = tagger.read(title, text)
        out.print("about:    " + (" ".join(each.code for each in reading.about) or "nothing it knows"))
        out.print("mentions: " + (" ".join(each.code for each in reading.mentions) or "nothing it knows"))
        return
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        row = _row(line, number)
        reading = tagger.read(str(row.get("title") or ""), str(row.get("text") or ""))
        about, mentions = ([each.code for each in part] for part in (reading.about, reading.mentions))
        chosen = about if answer is CountryAnswer.ABOUT else mentions
        line_out = {"id": row.get("id"), "countries": chosen, "mentions": mentions}
        print(json.dumps(line_out, ensure_ascii=False))  # noqa: T201 - for pipes, unstyled


def _own_names(path: Path) -> tuple[str, ...]:
    from watchdog_bot import data

    try:
        return data.own_names(path)
    except ConfigError as error:
        for fault in error.faults:
            err.print(f"✗ {fault}", highlight=False, markup=False)
        raise typer.Exit(USAGE) from None


def _row(line: str, number: int) -> dict[str, object]:
    try:
        row = json.loads(line)
    except ValueError as error:
        _fail(
            f"line {number} is not JSON ({error}); each line holds one object with id, title and text",
            code=USAGE,
        )
    if not isinstance(row, dict):
        _fail(f"line {number} is not a JSON object; each line holds one with id, title and text", code=USAGE)
    return row


# ------------------------------------------------------------------ the border


def _settings(path: Path | None, *, need_token: bool = True) -> Settings:
    from watchdog_bot.config import find, load

    try:
        return load(find(path, os.environ), os.environ, need_token=need_token)
    except ConfigError as error:
        for fault in error.faults:
            err.print(f"✗ {fault}", highlight=False, markup=False)
        raise typer.Exit(USAGE) from None


def _finish(work: Coroutine[object, object, int]) -> NoReturn:
    raise typer.Exit(_finish_with(work))


def _finish_with(work: Coroutine[object, object, T]) -> T:
    with _told():
        return asyncio.run(work)


@contextmanager
def _told() -> Iterator[None]:
    """What the work within could not do is told in words, with the exit code that says so."""
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(OK) from None
    except ConfigError as error:
        for fault in error.faults:
            err.print(f"✗ {fault}", highlight=False, markup=False)
        raise typer.Exit(USAGE) from None
    except WatchdogError as error:
        _fail(str(error))


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"


def _fail(cause: str, *, code: int = FAILED) -> NoReturn:
    err.print(f"✗ {cause}", highlight=False, markup=False)
    raise typer.Exit(code)
