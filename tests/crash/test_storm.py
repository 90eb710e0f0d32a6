"""`kill -9` at random moments, under load, while Telegram misbehaves: all that is owed arrives, and what comes twice
was in doubt. `WATCHDOG_KILLS=200` makes it a long storm.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from tests.crash.nursery import PATIENCE, Nursery
from tests.running import LONG_AGO
from watchdog_bot.demo.posts import DemoPost
from watchdog_bot.demo.show import write_configuration
from watchdog_bot.demo.sources import Sources
from watchdog_bot.simulator import (
    BadGateway,
    Call,
    Chat,
    CloseAfter,
    CloseBefore,
    EventKind,
    Fault,
    Garbage,
    ServerError,
    Simulator,
    Slow,
    TooManyRequests,
)

SPEED = 20
KILLS = int(os.environ.get("WATCHDOG_KILLS", "12"))
PEOPLE, GROUPS = 10, 2
LONGEST_LIFE = 2.5  # real seconds
POSTS_A_LIFE = 2
FAULTS: tuple[Fault, ...] = (
    TooManyRequests(2),
    ServerError(),
    BadGateway(),
    CloseBefore(),
    CloseAfter(),
    Garbage(),
    Slow(2.0),
)
FAULTY = 0.06  # of the calls that send or edit


def dice(*parts: object) -> float:
    """The same number from 0 to 1 for the same words, whatever the machine's speed."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=4).digest(), "big") / 2**32


def post(number: int) -> DemoPost:
    return DemoPost(
        f"arrest-{number}", f"Arrest #{number:04} in Minsk", "<p>Police in Belarus held a reporter.</p>"
    )


def misbehave(simulator: Simulator) -> None:
    """Each fault on its share of the calls, by the call's number."""
    share = FAULTY / len(FAULTS)
    for which, fault in enumerate(FAULTS):

        def when(call: Call, which: int = which) -> bool:
            sends = call.method in {"sendMessage", "editMessageText"}
            return sends and which * share <= dice("fault", call.method, call.number) < (which + 1) * share

        simulator.faults.add(fault, times=None, when=when)


@pytest.mark.crash
@pytest.mark.timeout(120 + 6 * KILLS)
async def test_nothing_owed_is_lost_in_a_storm_of_kills_and_faults(tmp_path: Path) -> None:
    async with Simulator() as simulator, Sources() as sources:
        config = write_configuration(tmp_path, simulator, sources)
        async with Nursery(tmp_path, config, speed=SPEED) as nursery:
            chats = await settle_in(nursery, simulator, sources)
            misbehave(simulator)
            posts = await storm(nursery, sources)
            simulator.faults.clear()
            await nursery.birth()
            await until_settled(tmp_path, len(chats) * len(posts))
            assert await nursery.stop() == 0
        account(tmp_path, simulator, chats, posts)


async def settle_in(nursery: Nursery, simulator: Simulator, sources: Sources) -> list[Chat]:
    """People and groups who follow Belarus, and a source that is watched."""
    sources.watchdog.publish(DemoPost("old", "An old post", "<p>Long ago.</p>"), LONG_AGO)
    await nursery.birth()
    chats = []
    for number in range(PEOPLE):
        person = simulator.person(f"Reader {number}")
        person.say("/countries Belarus")
        chats.append(person.chat)
        if number < GROUPS:
            group = person.create_group(f"Desk {number}")
            person.say("/countries@watchdog_sim_bot Belarus", chat=group)
            chats.append(group)
    for chat in chats:
        await simulator.wait_for(
            lambda chat=chat: any("Belarus" in each.text for each in chat.from_bot),  # type: ignore[misc]
            PATIENCE,
        )
    goal = sources.watchdog.polls + 2
    async with asyncio.timeout(PATIENCE):
        while sources.watchdog.polls < goal:  # noqa: ASYNC110 - the server only counts
            await asyncio.sleep(0.05)
    assert await nursery.stop() == 0
    return chats


async def storm(nursery: Nursery, sources: Sources) -> list[DemoPost]:
    """Publish, live for a moment, be killed; again and again."""
    posts: list[DemoPost] = []
    for life in range(KILLS):
        for _ in range(POSTS_A_LIFE):
            posts.append(post(len(posts)))
            sources.watchdog.publish(posts[-1], LONG_AGO)
        await nursery.birth()
        end = asyncio.get_running_loop().time() + LONGEST_LIFE * dice("life", life)
        while (left := end - asyncio.get_running_loop().time()) > 0:  # noqa: ASYNC110 - a life of that length
            await asyncio.sleep(min(0.1, left))
        assert await nursery.kill() == -signal.SIGKILL
    return posts


async def until_settled(folder: Path, owed: int) -> None:
    """Until all of it is owed and nothing waits any more; what is missing after that long is missing."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE * 2):
            while number(folder, "SELECT COUNT(*) FROM delivery WHERE step IS NULL") < owed:  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.1)


def account(folder: Path, simulator: Simulator, chats: list[Chat], posts: list[DemoPost]) -> None:
    """Owed = delivered + dead with a reason; doubles ≤ doubts."""
    seen = Counter(
        (event.chat.id, title)
        for event in simulator.journal.of(EventKind.SENT)
        if event.chat is not None
        for title in (each.title for each in posts)
        if title in event.text
    )
    rows = query(
        folder,
        """
        SELECT chat_id, title, delivery.state, cause, message_id, doubts FROM delivery
        JOIN subscriber ON subscriber.id = subscriber_id JOIN post ON post.id = post_id
        """,
    )
    assert {(chat, title) for chat, title, *_ in rows} == {
        (each.id, one.title) for each in chats for one in posts
    }
    assert len(rows) == len(chats) * len(posts)
    assert {state for _, _, state, *_ in rows} <= {"sent", "dead"}
    assert all(cause for _, _, state, cause, *_ in rows if state == "dead")
    lost = [
        (chat, title)
        for chat, title, state, _, message_id, _ in rows
        if state == "sent" and not seen[chat, title] and not has_more(simulator, chat, message_id)
    ]
    assert not lost, "sent, says the outbox, but Telegram never had it"
    doubtful = {(chat, title) for chat, title, *_, doubts in rows if doubts}
    assert {key for key, count in seen.items() if count > 1} <= doubtful
    assert max(seen.values()) <= 2
    doubles = sum(count - 1 for count in seen.values())
    states = Counter(state for _, _, state, *_ in rows)
    print(  # noqa: T201 - the account of a long storm
        f"{KILLS} kills, {len(rows)} owed: {dict(states)}; {len(doubtful)} in doubt, {doubles} came twice"
    )


def has_more(simulator: Simulator, chat_id: int, message_id: int) -> bool:
    """Whether it is a digest with a button for the lines that did not fit: a burst in a group is one message."""
    message = simulator.chats[chat_id].messages.get(message_id)
    return message is not None and any("more" in label for label in message.labels)


def number(folder: Path, sql: str) -> int:
    return int(query(folder, sql)[0][0])


def query(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{(folder / 'watchdog.db').as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()
