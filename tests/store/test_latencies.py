from __future__ import annotations

from datetime import timedelta

from tests.store.world import World, new
from watchdog_bot.core.latency import Leg
from watchdog_bot.core.model import Sent
from watchdog_bot.core.outbox import after
from watchdog_bot.core.tempo import Tempo
from watchdog_bot.store import latencies


async def deliver(world: World, seconds: float) -> None:
    """What is owed is sent so much later."""
    world.clock.advance(seconds)
    for one in await world.store.claim_deliveries(world.clock.now(), limit=9):
        await world.store.record(after(one.delivery, Sent(1), world.clock.now()))


async def test_alerts_of_the_last_day_are_measured_leg_by_leg(world: World) -> None:
    reader = await world.follower(1)
    assert await world.store.latency() == ()
    await world.publish("old", reader)
    await deliver(world, 900)
    world.clock.advance(timedelta(hours=25).total_seconds())
    post = new("a", reader)
    published = world.clock.now() - timedelta(seconds=40)
    entry = type(post.entry)(post.entry.id, post.entry.link, post.entry.title, published=published)
    await world.store.apply(
        world.update(type(post)(entry, post.keys, post.content_hash, post.countries, post.deliveries))
    )
    await deliver(world, 2)
    found = {each.leg: (each.count, each.p50, each.p95) for each in await world.store.latency()}
    assert found == {Leg.SEEN: (1, 40.0, 40.0), Leg.DECIDED: (1, 0.0, 0.0), Leg.SENT: (1, 2.0, 2.0)}


async def test_what_waits_for_a_digest_or_was_not_sent_is_no_latency(world: World) -> None:
    reader, other = await world.follower(1), await world.follower(2)
    await world.store.set_tempo(reader.subscription_id, reader.subscriber.id, Tempo.HOURLY)
    await world.publish("a", reader, other)
    world.clock.advance(3600)
    (digest,) = await world.store.claim_digests(world.clock.now(), limit=9)
    await world.store.record(after(digest.deliveries[0].delivery, Sent(1), world.clock.now()))
    assert await world.store.latency() == ()


async def test_it_looks_at_no_more_than_a_sample_however_much_was_sent(world: World) -> None:
    reader = await world.follower(1)
    await world.publish("a", reader)
    await deliver(world, 1)
    rows = 5 * latencies.SAMPLE
    await world.store._run(
        lambda db: db.conn.executemany(
            """
            INSERT INTO delivery (post_id, subscriber_id, state, turn, due_at, evidence, subscriptions, created_at, sent_at)
            SELECT post_id, ?, 'sent', 0, 0, '[]', '[]', created_at, sent_at + ? FROM delivery WHERE id = 1
            """,
            [(number, number) for number in range(2, rows)],
        )
    )
    sent = next(each for each in await world.store.latency() if each.leg is Leg.SENT)
    assert latencies.SAMPLE / 2 < sent.count <= latencies.SAMPLE
    assert abs(sent.p50 - (1 + rows / 2000)) < 0.05
    assert abs(sent.p95 - (1 + rows * 0.95 / 1000)) < 0.05
