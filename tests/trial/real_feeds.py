"""Serve real feeds from loopback, publish half of each late, and account for every post.

    python -m tests.trial.real_feeds --out alerts.txt

All documents of the corpus folder `feeds` are served with every second entry withheld, cut out of the raw
bytes. The bot, in a process of its own, takes that as its baseline; eight people subscribe on the simulator,
five to countries and three to words; then the withheld half is published. When every document has been read
and every alert sent, it prints what was published, stored, matched and sent, names each post that is missing
and why, and writes every alert with its evidence to a file, to be read by eye.

What was published is counted in the documents' own bytes, without the bot's parser; what was stored and
matched is read from the bot's SQLite file. A source's wishes not to be asked often (ttl, sy:, skipHours) are
cut out of the bytes too, or the second poll would come an hour after the first.

Exit code 1: something published was not stored, something matched was not sent, something came twice or
unasked, or it took too long. Telegram takes one message a second and chat: a hundred alerts take minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.trial.account import Account, Ledger, Owed, Stored, settle
from tests.trial.documents import Document, Library, documents, key
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.data import load_tagger
from watchdog_bot.demo.bot_process import BotProcess
from watchdog_bot.simulator import Chat, Message, Simulator

WORDS = ("people", "government", "security")
COUNTRIES = 5
LIMIT = 460.0  # seconds in all: below eight minutes, with the good-bye
STARTING = 60.0  # seconds: generous, because the machine may be shared
LOOK = 0.1  # seconds between looks into the database
TEXT_READ = 4000  # characters of a text in which the bot looks for countries


def most_mentioned(chosen: Iterable[Document], count: int = COUNTRIES) -> tuple[str, ...]:
    """The countries that most entries mention, most first."""
    read = load_tagger().read
    found: Counter[str] = Counter()
    for each in chosen:
        parsed = parse_document(each.body, url=f"http://127.0.0.1/{each.name}.xml")
        for entry in parsed.entries:
            text = f"{entry.summary}\n{entry.content}"[:TEXT_READ]
            reading = read(entry.title, text, language=entry.language or parsed.language)
            found.update(score.code for score in reading.mentions)
    return tuple(code for code, _ in found.most_common(count))


async def trial(
    chosen: Sequence[Document], countries: Sequence[str], words: Sequence[str], *, out: Path | None
) -> Account:
    """Play it once; TimeoutError where the bot does not get done."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="watchdog-trial-")))
        simulator = await stack.enter_async_context(Simulator())
        library = await stack.enter_async_context(Library(chosen))
        log = folder / "bot.log"
        bot = BotProcess(_configuration(folder, simulator, library, chosen), log)
        ledger = Ledger(folder / "watchdog.db")
        await bot.start()
        try:
            # It opens its database before it talks to Telegram: no half-made file is looked into.
            await simulator.wait_for(lambda: simulator.calls["getUpdates"] or None, STARTING)
            return await _play(chosen, (*countries, *words), _World(simulator, library, ledger, bot), out=out)
        except TimeoutError:
            sys.stderr.write(bot.tail() + "\n")
            raise
        finally:
            await bot.stop()


@dataclass(frozen=True, slots=True)
class _World:
    """What is around the bot, and the bot."""

    simulator: Simulator
    library: Library
    ledger: Ledger
    bot: BotProcess


async def _play(
    chosen: Sequence[Document], wishes: Sequence[str], world: _World, *, out: Path | None
) -> Account:
    library, ledger = world.library, world.ledger
    seconds: dict[str, float] = {}
    with _Timed(seconds, "baseline"):
        await _until(lambda: ledger.read() == library.etags())
    baseline = ledger.newest_post()
    chats = {wish: await _asks(world.simulator, wish) for wish in wishes}
    asked = {chat.id: wish for wish, chat in chats.items()}
    marks = {wish: len(chat.from_bot) for wish, chat in chats.items()}
    with _Timed(seconds, "second half read"):
        library.publish()
        await _until(lambda: ledger.read() == library.etags())
    with _Timed(seconds, "all alerts sent"):
        await _until(lambda: not ledger.unfinished())
    posts, owed = ledger.posts(baseline), ledger.owed()
    code = await world.bot.stop()
    messages = {chat.id: chat.from_bot[marks[wish] :] for wish, chat in chats.items()}
    account = settle(chosen, posts, owed, messages, asked)
    account.seconds, account.exit_code = seconds, code
    account.violations = len(world.simulator.violations)
    if out is not None:
        _write(out, chosen, (posts, owed), messages, asked)
    return account


async def _asks(simulator: Simulator, wish: str) -> Chat:
    """A person of this one wish: a country's code in capitals, or a word."""
    person = simulator.person(f"Reader of {wish}")
    person.say(f"/countries {wish}" if wish.isupper() else f"/keywords {wish}")
    await simulator.wait_for(lambda: person.chat.last, 30)
    said = person.chat.last
    assert said is not None
    assert "In force" in said.text, said.text
    return person.chat


class _Timed:
    """Notes how long a block took."""

    def __init__(self, into: dict[str, float], what: str) -> None:
        self._into, self._what, self._start = into, what, 0.0

    def __enter__(self) -> None:
        self._start = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._into[self._what] = round(time.monotonic() - self._start, 1)


async def _until(look: Callable[[], bool]) -> None:
    while not look():  # noqa: ASYNC110 - another process's file is looked at
        await asyncio.sleep(LOOK)


def _configuration(folder: Path, simulator: Simulator, library: Library, chosen: Sequence[Document]) -> Path:
    path = folder / "config.toml"
    feeds = "".join(
        f"\n[[feeds]]\nname = {json.dumps(each.title)}\nurl = {json.dumps(f'{library.base}/{each.name}.xml')}\nevery = 1\n"
        for each in chosen
    )
    path.write_text(
        f"[telegram]\ntoken = {json.dumps(simulator.token)}\napi_base_url = {json.dumps(simulator.base_url)}\n"
        f"[database]\npath = {json.dumps(str(folder / 'watchdog.db'))}\n"
        "[fetch]\nmin_interval = 1\nhost_spacing = 0\nallow_private_addresses = true\n"
        f"[catalogue]\nenabled = false\n[log]\nformat = 'json'\n{feeds}",
        encoding="utf-8",
    )
    return path


# ------------------------------------------------------------------ telling


def _write(
    out: Path,
    chosen: Sequence[Document],
    stored: tuple[Sequence[Stored], Sequence[Owed]],
    messages: Mapping[int, Sequence[Message]],
    asked: Mapping[int, str],
) -> None:
    """Every alert in full, beside what the bytes say and where its evidence stands."""
    posts = {post.id: post for post in stored[0]}
    owed = {(each.chat_id, each.message_id): each for each in stored[1]}
    raw = {(each.name, key(entry.title), entry.link): entry for each in chosen for entry in each.withheld}
    lines: list[str] = []
    for chat, all_ in messages.items():
        for number, message in enumerate(all_, start=1):
            delivery = owed.get((chat, message.id))
            post = posts.get(delivery.post_id) if delivery else None
            lines += [
                f"=== {asked[chat]} {number} of {len(all_)} · {post.name if post else '?'}",
                message.text,
            ]
            lines += [f"[link] {button.url}" for row in message.buttons for button in row if button.url]
            entry = raw.get((post.name, key(post.title), post.link)) if post else None
            if entry:
                lines.append(f"[bytes] {entry.title!r} · {entry.date} · {entry.link or entry.guid}")
            if post and delivery:
                lines += _contexts(post, delivery.evidence)
            lines.append("")
    out.write_text("\n".join(lines), encoding="utf-8")


def _contexts(post: Stored, evidence: str) -> Iterable[str]:
    """Each piece of evidence with the words around it."""
    whole = " ".join(f"{post.title} ¶ {post.text}".split())
    for kind, wanted, found, where in json.loads(evidence):
        at = whole.find(found)
        around = whole[max(0, at - 60) : at + len(found) + 60] if at >= 0 else "not in the text itself"
        yield f"[evidence] {kind} {wanted}, {where}: … {around} …"


def told(account: Account) -> str:
    """The account in words."""
    lines = [f"{'document':<18}{'published':>10}{'stored':>8}{'matched':>9}{'sent':>6}  title"]
    lines += [
        f"{row.name:<18}{row.published:>10}{row.stored:>8}{row.matched:>9}{row.sent:>6}  {row.title[:50]}"
        for row in account.rows
    ]
    lines.append("in all            {:>10}{:>8}{:>9}{:>6}".format(*account.totals()))
    lines.append("alerts: " + ", ".join(f"{wish} {count}" for wish, count in account.by_chat.items()))
    lines.append("seconds: " + ", ".join(f"{what} {took}" for what, took in account.seconds.items()))
    for head, found in (
        ("Published, but the same entry as another", account.merged),
        ("PUBLISHED AND NOT STORED", account.missing),
        ("MATCHED AND NOT SENT", account.unsent),
        ("TWICE", account.twice),
        ("UNASKED", account.unasked),
        ("Words on which the bytes and the bot disagree", account.words),
    ):
        lines.append(f"{head}: {len(found)}")
        lines += [f"  {each}" for each in found]
    lines.append(
        f"Calls against Telegram's rules: {account.violations}; exit code of the bot: {account.exit_code}"
    )
    lines.append("Held." if account.held else "DID NOT HOLD.")
    return "\n".join(lines)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def main() -> int:
    """Run it. Returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("alerts.txt"), help="every alert in full goes here")
    given = parser.parse_args()
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("WATCHDOG_CORPORA", root / ".." / "shared" / "corpora")) / "feeds"
    if not folder.is_dir():
        _say("The corpus 'feeds' is not here; set WATCHDOG_CORPORA to its parent folder.")
        return 1
    chosen = documents(folder)
    countries = most_mentioned(chosen)
    _say(f"{len(chosen)} documents; countries {', '.join(countries)}; words {', '.join(WORDS)}")
    try:
        account = asyncio.run(_limited(chosen, countries, given.out))
    except TimeoutError:
        _say(f"It was not done within {LIMIT:.0f} seconds.")
        return 1
    _say(told(account))
    return int(not account.held)


async def _limited(chosen: Sequence[Document], countries: Sequence[str], out: Path) -> Account:
    async with asyncio.timeout(LIMIT):
        return await trial(chosen, countries, WORDS, out=out)


if __name__ == "__main__":
    raise SystemExit(main())
