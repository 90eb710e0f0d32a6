"""The weekly note: nothing new for 7 days, and the bot is still watching. When it is due, and what it says. Pure.

Silence of an alert bot is ambiguous: nothing happened, or the bot is broken. Rules:

1. A subscriber that got nothing for 7 days is told so at the daily time of its chat; where that lies in quiet hours,
   when they end. It makes no sound.
2. Once a week: the next note comes 7 days after the last, at the daily time as it is then.
3. Whoever has no subscription, is paused or cannot be reached, has switched it off, or is owed something that still
   waits, is told nothing.
4. It counts the sources that could concern the subscriber, and names those of them that have not answered for an hour or are
   not asked any more: a silence may be theirs. A source that is about other countries than those asked for, or that
   the subscription excludes or does not name, cannot concern it.
5. It may be lost and is never doubled: it is written down as told before it is sent, and comes again only where it
   surely was not sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from watchdog_bot.core import hours
from watchdog_bot.core.buttons import encode
from watchdog_bot.core.feeds.health import span
from watchdog_bot.core.match.query_tree import And, Expr, Not, Or, Query, SourceIs
from watchdog_bot.core.model import (
    Button,
    Feed,
    Gone,
    Message,
    Moved,
    NoRights,
    NotSent,
    Rejected,
    RetryAt,
    SendResult,
    Sent,
    TopicGone,
    Unknown,
)
from watchdog_bot.core.outbox import LONGEST_RETRY_SECONDS
from watchdog_bot.core.render import escape
from watchdog_bot.core.replies import counted
from watchdog_bot.core.tempo import ChatSettings
from watchdog_bot.core.text import cut, folded_words, raw_words

WEEK = timedelta(days=7)
FAILING_AFTER = timedelta(hours=1)  # less is a hiccup that a week's silence is not due to
AGAIN_AFTER = timedelta(minutes=15)
NAMED = 5
NAME_LIMIT, CAUSE_LIMIT = 60, 120


def first_due(settings: ChatSettings, heard_at: datetime) -> datetime:
    """The note after an alert, or after the subscription was made: the first daily time at which 7 days have passed."""
    return _at_daily_time(settings, heard_at + WEEK - timedelta(milliseconds=1))


def next_due(settings: ChatSettings, told_at: datetime) -> datetime:
    """The note after a note: the daily time a week later, though the note went out some seconds after it was due."""
    return _at_daily_time(settings, told_at + WEEK - timedelta(hours=12))


def _at_daily_time(settings: ChatSettings, after: datetime) -> datetime:
    return hours.out_of_quiet(settings, hours.next_daily(settings, after))


def may_concern(query: Query, feed: Feed) -> bool:
    """Whether a post of this source could match: False only where none can."""
    if query.countries and feed.countries and query.countries.isdisjoint(feed.countries):
        return False
    if query.words is not None and not _can_hold(query.words, feed):
        return False
    return not any(isinstance(each, SourceIs) and _is(each, feed) for each in query.excluded)


def _can_hold(expr: Expr, feed: Feed) -> bool:
    match expr:
        case And(parts):
            return all(_can_hold(part, feed) for part in parts)
        case Or(parts):
            return any(_can_hold(part, feed) for part in parts)
        case Not(part):
            return not (isinstance(part, SourceIs) and _is(part, feed))
        case SourceIs():
            return _is(expr, feed)
        case _:
            return True


def _is(source: SourceIs, feed: Feed) -> bool:
    wanted, name = (" ".join(folded_words(raw_words(text))) for text in (source.text, feed.name))
    return f" {wanted} " in f" {name} "


@dataclass(frozen=True, slots=True)
class NoteChange:
    """What to write after an attempt. `due_at` None: this week's note is done."""

    due_at: datetime | None = None
    gate_until: datetime | None = None
    moved_to: int | None = field(default=None, repr=False)
    suspend: bool = False
    cause: str | None = None


def after(result: SendResult, now: datetime) -> NoteChange:
    """Rule 5, and what the answer says of the chat."""
    done = NoteChange()
    match result:
        case Sent() | Unknown():
            return done
        case RetryAt(after=seconds):
            until = now + timedelta(seconds=min(max(seconds, 1.0), LONGEST_RETRY_SECONDS))
            return replace(done, due_at=until, gate_until=until)
        case NotSent(cause=cause):
            return replace(done, due_at=now + AGAIN_AFTER, cause=cause)
        case Moved(chat_id=chat_id):
            return replace(done, due_at=now, moved_to=chat_id)
        case Gone(cause=cause):
            return replace(done, suspend=True, cause=cause)
        case TopicGone(cause=cause) | NoRights(cause=cause) | Rejected(cause=cause):
            return replace(done, cause=cause)
        case _:  # pragma: no cover - the union is closed
            assert_never(result)


@dataclass(frozen=True, slots=True)
class WeeklyView:
    """What a note tells of."""

    subscriptions: int
    feeds: Sequence[Feed]  # that could concern the subscriber, those included that are not asked any more
    now: datetime


def note(view: WeeklyView) -> Message:
    """Nothing new, how many sources are watched, and which of them are in trouble."""
    watched = [feed for feed in view.feeds if not feed.paused]
    failing = [feed for feed in watched if _fails(feed, view.now)]
    stopped = [feed for feed in view.feeds if feed.paused]
    lines = [
        "👀 <b>Nothing new in 7 days.</b>",
        f"I am still watching {counted(len(watched), 'source')} for your {counted(view.subscriptions, 'subscription')}.",
    ]
    if failing:
        lines += ["", f"⚠️ {_of(len(failing), 'does', 'do')} not answer, so I cannot see what they post:"]
        lines += [f"• {_name(feed)}, {escape(_trouble(feed, view.now))}" for feed in failing[:NAMED]]
        lines += _more(len(failing))
    if stopped:
        lines += ["", f"🛑 {counted(len(stopped), 'source')} not asked any more: {_listed(stopped)}"]
    row = (
        Button("🔕 No weekly note", data=encode("so", "weekly", 0)),
        Button("⚙️ Settings", data=encode("se")),
    )
    return Message("\n".join(lines), buttons=(row,), silent=True)


def _fails(feed: Feed, now: datetime) -> bool:
    since = feed.health.failing_since
    return since is not None and now - since >= FAILING_AFTER


def _of(number: int, one: str, several: str) -> str:
    return f"1 of them {one}" if number == 1 else f"{number} of them {several}"


def _trouble(feed: Feed, now: datetime) -> str:
    since = feed.health.failing_since or now
    return f"for {span(now - since)}: {cut(feed.health.cause or 'no answer', CAUSE_LIMIT)}"


def _name(feed: Feed) -> str:
    return escape(cut(feed.name, NAME_LIMIT))


def _listed(feeds: Sequence[Feed]) -> str:
    names = ", ".join(_name(feed) for feed in feeds[:NAMED])
    return names + (f" and {len(feeds) - NAMED} more" if len(feeds) > NAMED else "")


def _more(number: int) -> list[str]:
    return [f"• and {number - NAMED} more"] if number > NAMED else []
