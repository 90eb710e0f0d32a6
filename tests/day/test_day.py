"""What a day must have come to. `WATCHDOG_DAY=full` plays 2,000 chats and 300 posts."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from tests.day.day import MIDNIGHT, Day, Reader, Size, day
from watchdog_bot import deliver
from watchdog_bot.core.hours import next_daily
from watchdog_bot.core.tempo import QuietMode, Tempo
from watchdog_bot.simulator import Event, EventKind

FULL = os.environ.get("WATCHDOG_DAY") == "full"
SIZE = Size(chats=2000, posts=300) if FULL else Size(chats=120, posts=60, countries=8)
RETRIED = timedelta(minutes=10)  # how late a message may be that met faults


@pytest.mark.timeout(3600 if FULL else 240)
async def test_a_day_loses_nothing_doubles_only_doubts_and_keeps_to_each_readers_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        deliver, "IDLE_SECONDS", 20.0
    )  # on a virtual clock an idle look costs as much as a busy one
    async with day(tmp_path, SIZE) as played:
        await played.people()
        played.plan()
        played.misbehave()
        await played.pass_by()
        rows = await played.parts.store._run(_deliveries)
    arrivals = _arrivals(played)
    _owed_is_what_was_asked_for(played, rows)
    _nothing_lost_nothing_twice_without_a_doubt(played, rows, arrivals)
    _quiet_hours_are_kept(played)
    _digests_are_on_time(played, rows, arrivals)
    assert not played.simulator.violations
    faulty = played.faults["TooManyRequests"]
    assert played.simulator.limits.refused == 0, "the strict limits were met"
    assert faulty < sum(played.faults.values())
    _print_account(played, rows, arrivals)


def _deliveries(db: Database) -> list[dict[str, Any]]:
    return list(
        db.query(
            """
            SELECT chat_id, title, delivery.state AS state, cause, doubts, delivery.created_at AS made, message_id
            FROM delivery JOIN subscriber ON subscriber.id = subscriber_id JOIN post ON post.id = post_id
            """
        )
    )


def _arrivals(played: Day) -> dict[tuple[int, str], list[Event]]:
    """Which messages of which chat carry which title."""
    titles = {post.title.split()[1]: post.title for post in played.posts}
    found: dict[tuple[int, str], list[Event]] = defaultdict(list)
    for event in played.simulator.journal.of(EventKind.SENT):
        assert event.chat is not None
        for word in event.text.split():
            if word in titles:
                found[event.chat.id, titles[word]].append(event)
    return found


def _owed_is_what_was_asked_for(played: Day, rows: list[dict[str, Any]]) -> None:
    for reader in played.readers:
        wanted = {post.title for post in played.posts if post.country in reader.countries}
        owed = {row["title"] for row in rows if row["chat_id"] == reader.chat.id}
        if reader.leaves_at is None:
            assert owed == wanted, f"{reader.chat.title} follows {sorted(reader.countries)}"
        else:
            assert owed <= wanted


def _nothing_lost_nothing_twice_without_a_doubt(
    played: Day, rows: list[dict[str, Any]], arrivals: dict[tuple[int, str], list[Event]]
) -> None:
    left = {reader.chat.id for reader in played.readers if reader.leaves_at is not None}
    for row in rows:
        came = len(arrivals.get((row["chat_id"], row["title"]), ())) or _behind_a_button(played, row)
        assert row["state"] in {"sent", "dead", "cancelled"}, row
        assert row["state"] != "cancelled" or row["chat_id"] in left, row
        assert row["state"] == "sent" or row["cause"], row
        assert came or row["state"] != "sent", f"never arrived: {row}"
        assert came <= 1 + row["doubts"], f"came {came} times: {row}"
    owed = {(row["chat_id"], row["title"]) for row in rows}
    assert set(arrivals) <= owed, "somebody got what nobody owed them"


def _behind_a_button(played: Day, row: dict[str, Any]) -> int:
    """1 where it is in a digest that shows its first lines and has a button for the others."""
    message = played.simulator.chats[row["chat_id"]].messages.get(row["message_id"])
    return int(message is not None and any("more" in label for label in message.labels))


def _quiet_hours_are_kept(played: Day) -> None:
    by_chat = {reader.chat.id: reader for reader in played.readers}
    loud = []
    for event in played.simulator.journal.of(EventKind.SENT):
        assert event.chat is not None
        assert event.message is not None
        reader = by_chat[event.chat.id]
        if reader.tempo is Tempo.URGENT or not played.quiet(reader, event.at):
            continue
        if reader.settings.quiet_mode is QuietMode.HOLD or not event.message.silent:
            loud.append((reader.chat.id, reader.tempo, reader.settings, event.at))
    assert not loud


def _digests_are_on_time(
    played: Day, rows: list[dict[str, Any]], arrivals: dict[tuple[int, str], list[Event]]
) -> None:
    by_chat = {reader.chat.id: reader for reader in played.readers}
    for row in rows:
        reader = by_chat[row["chat_id"]]
        decided = datetime.fromtimestamp(row["made"] / 1000, UTC)
        due = _due(reader.tempo, reader, decided)
        if due is None or reader.settings.quiet_from is not None:
            continue
        for event in arrivals.get((row["chat_id"], row["title"]), ()):
            assert due <= event.at < due + RETRIED, (reader.tempo, row, event.at, due)


def _due(tempo: Tempo, reader: Reader, decided: datetime) -> datetime | None:
    if tempo is Tempo.HOURLY:
        return decided.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if tempo is Tempo.DAILY:
        return next_daily(reader.settings, decided)
    return None


def _print_account(
    played: Day, rows: list[dict[str, Any]], arrivals: dict[tuple[int, str], list[Event]]
) -> None:
    states = Counter(row["state"] for row in rows)
    messages = len(played.simulator.journal.of(EventKind.SENT))
    doubts = sum(row["doubts"] for row in rows)
    twice = sum(len(events) > 1 for events in arrivals.values())
    last = max(event.at for event in played.simulator.journal.of(EventKind.SENT))
    print(  # noqa: T201 - the account of a day
        f"{SIZE.chats} chats, {SIZE.posts} posts: {len(rows)} owed {dict(states)} in {messages} messages; "
        f"{sum(played.faults.values())} faults, {doubts} doubts, {twice} came twice; 429 by our own pace: "
        f"{played.simulator.limits.refused}; the last at {last - MIDNIGHT} after the first midnight"
    )
