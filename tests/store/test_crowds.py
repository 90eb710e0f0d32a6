"""Groups whose rows the database makes by itself: what comes of them must be what comes of one delivery each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from tests.clock import FakeClock
from tests.store.world import EVIDENCE, Follower, World, new
from watchdog_bot.core.model import Evidence, MatchGroup, NewPost, SubscriberState
from watchdog_bot.core.mutes import MuteKind
from watchdog_bot.core.tempo import ChatSettings, Tempo
from watchdog_bot.store import Store, owed

OTHER = (Evidence("word", "verdict", "verdict", "title"),)
ROWS = """
    SELECT post_id, subscriber_id, state, step, lane, turn, due_at, silent, fold, evidence, subscriptions, created_at
    FROM delivery ORDER BY post_id, subscriber_id
"""


def group(*followers: Follower, evidence: tuple[Evidence, ...] = EVIDENCE) -> MatchGroup:
    return MatchGroup(
        evidence,
        tuple(each.subscription_id for each in followers),
        tuple(each.subscriber.id for each in followers),
    )


def concerning(name: str, *groups: MatchGroup) -> NewPost:
    return replace(new(name), deliveries=groups)


@pytest.fixture(autouse=True)
def _every_group_is_a_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owed, "CROWD", 1)


def _rows(db: Database) -> list[tuple[object, ...]]:
    return [tuple(row) for row in db.execute(ROWS).fetchall()]


async def test_whoever_is_in_a_crowd_gets_one_alert_with_the_evidence_of_the_group(world: World) -> None:
    readers = [await world.follower(number) for number in (1, 2, 3)]
    post = concerning("a", group(*readers[:2]), group(readers[2], evidence=OTHER))
    assert (await world.store.apply(world.update(post))).deliveries == 3
    claimed = await world.store.claim_deliveries(world.clock.now(), limit=9)
    assert {one.subscriber.id: one.delivery.evidence for one in claimed} == {
        readers[0].subscriber.id: EVIDENCE,
        readers[1].subscriber.id: EVIDENCE,
        readers[2].subscriber.id: OTHER,
    }


async def test_a_crowd_is_alerted_once_however_often_it_is_applied(world: World) -> None:
    reader = await world.follower(1)
    update = world.update(concerning("a", group(reader)))
    assert [(await world.store.apply(update)).deliveries for _ in range(2)] == [1, 0]


async def test_who_left_meanwhile_is_not_alerted_with_the_crowd(world: World) -> None:
    stays, left, paused = [await world.follower(number) for number in (1, 2, 3)]
    await world.store.remove_subscription(left.subscription_id, left.subscriber.id)
    await world.store.set_subscriber_state(paused.subscriber.id, SubscriberState.PAUSED)
    applied = await world.store.apply(world.update(concerning("a", group(stays, left, paused))))
    assert applied.deliveries == 1


async def test_mutes_and_wishes_hold_in_a_crowd(world: World) -> None:
    muted, daily, plain = [await world.follower(number) for number in (1, 2, 3)]
    until = world.clock.now() + timedelta(days=1)
    await world.store.mute(muted.subscriber.id, MuteKind.ALL, "", until)
    await world.store.set_tempo(daily.subscription_id, daily.subscriber.id, Tempo.DAILY)
    applied = await world.store.apply(world.update(concerning("a", group(muted, daily, plain))))
    assert applied.deliveries == 2
    (claimed,) = await world.store.claim_deliveries(world.clock.now(), limit=9)
    assert claimed.subscriber.id == plain.subscriber.id


async def test_what_is_left_over_of_a_crowd_is_not_in_the_next(world: World) -> None:
    first, second = await world.follower(1), await world.follower(2)
    await world.store.apply(world.update(concerning("a", group(first))))
    applied = await world.store.apply(world.update(concerning("b", group(second))))
    assert applied.deliveries == 1


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_a_crowd_and_one_delivery_each_come_to_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    posts = data.draw(st.lists(st.lists(st.sampled_from(range(8)), unique=True), min_size=1, max_size=4))
    claims = data.draw(st.integers(0, 4))
    came = []
    for crowded in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owed, "CROWD", 1 if crowded else 1_000)
            came.append(await _outcome(tmp_path_factory.mktemp("crowd"), posts, claims))
    assert came[0] == came[1]


async def _outcome(folder: Path, posts: list[list[int]], claims: int) -> list[tuple[object, ...]]:
    clock = FakeClock()
    async with Store.open(folder / "w.db", clock=clock) as store:
        await store._run(lambda db: db.execute("PRAGMA synchronous = OFF"))
        world = await World.make(store, clock)
        readers = [await world.follower(number + 1) for number in range(8)]
        await store.set_settings(readers[6].subscriber.id, ChatSettings(per_hour=1))
        await store.set_tempo(readers[7].subscription_id, readers[7].subscriber.id, Tempo.URGENT)
        for number, chosen in enumerate(posts):
            mine = group(*(readers[one] for one in sorted(chosen)))
            await store.apply(world.update(concerning(f"post {number}", mine)))
            await store.claim_deliveries(clock.now(), limit=claims)
        return await store._run(_rows)
