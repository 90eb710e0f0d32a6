"""What a hub pushes becomes posts and alerts, once; what anybody else sends becomes nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import aiohttp
import pytest

from tests.web.rig import RSS, Rig, rigged, rss
from watchdog_bot.core.errors import StoreError
from watchdog_bot.core.model import FeedId
from watchdog_bot.named_hubs import NamedHubs
from watchdog_bot.web.pushes import PushLimits

NEWS = rss("torture in custody", "old")


async def test_a_push_alerts_at_once_and_a_later_pull_does_not_again(rig: Rig) -> None:
    await rig.subscribed()
    assert await rig.push(NEWS) == 202
    assert await rig.titles() == ["old", "torture in custody"]
    assert await rig.is_owed("torture in custody")
    assert rig.woken == [True]
    rig.publish("torture in custody", "old")
    rig.clock.advance(86_400)
    assert (await rig.pull()).posts == 0
    assert rig.woken == [True]


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_every_method_of_signing_is_taken(rig: Rig, method: str) -> None:
    await rig.subscribed()
    assert await rig.push(NEWS, rig.signed(NEWS, method)) == 202
    assert "torture in custody" in await rig.titles()


async def test_a_push_of_the_new_post_alone_is_enough(rig: Rig) -> None:
    await rig.subscribed("one", "two", "three")
    await rig.push(rss("torture in custody"))
    assert await rig.is_owed("torture in custody")


async def test_a_push_leaves_what_the_pulls_remember_as_it_is(rig: Rig) -> None:
    await rig.subscribed()
    before = await rig.feed()
    assert before.memory.etag is not None
    await rig.push(NEWS)
    after = await rig.feed()
    assert after.memory == before.memory
    assert after.health.last_checked_at == before.health.last_checked_at
    assert after.health.last_new_at == rig.clock.now()
    assert (after.url, after.kind) == (before.url, before.kind)


async def test_a_push_during_a_pull_leaves_its_lease(rig: Rig) -> None:
    await rig.subscribed()
    rig.clock.advance(90_000)
    (leased,) = await rig.store.lease_due_feeds(rig.clock.now(), limit=9, lease_seconds=150)
    await rig.push(NEWS)
    rig.clock.advance(90)
    await rig.store.hasten(leased.id, rig.clock.now())
    assert await rig.store.lease_due_feeds(rig.clock.now(), limit=9) == ()


async def test_a_pull_and_a_push_of_the_same_post_at_the_same_moment_alert_once(rig: Rig) -> None:
    await rig.subscribed()
    rig.publish("torture in custody", "old")
    feed = await rig.feed()
    await asyncio.gather(rig.poller.poll(feed), rig.poller.take_push(feed, NEWS, RSS))
    assert await rig.titles() == ["old", "torture in custody"]
    assert (await rig.store.status(rig.clock.now())).queued == 1


# --------------------------------------------------------------------------- trust


async def test_pulls_keep_their_pace_until_the_first_real_push(rig: Rig) -> None:
    await rig.subscribed()
    assert await rig.next_check() < 1
    await rig.push(rss("old"))
    assert await rig.next_check() < 1
    await rig.push(NEWS)
    assert await rig.next_check() == 24


async def test_pushes_never_put_off_the_daily_pull(rig: Rig) -> None:
    await rig.subscribed()
    for hour in range(30):
        await rig.push(rss(f"post {hour}"))
        if hour == 23:
            assert await rig.next_check() == 1
        rig.clock.advance(3600)
    assert await rig.next_check() == -6


async def test_a_daily_pull_that_finds_nothing_new_keeps_the_trust(rig: Rig) -> None:
    await rig.subscribed()
    await rig.push(NEWS)
    rig.publish("torture in custody", "old")
    for _ in range(3):
        rig.clock.advance(86_400)
        assert (await rig.pull()).posts == 0
        assert await rig.next_check() == 24


async def test_a_pull_that_finds_a_post_first_ends_the_trust(rig: Rig) -> None:
    await rig.subscribed()
    await rig.push(NEWS)
    rig.clock.advance(86_400)
    rig.publish("never pushed", "torture in custody", "old")
    assert (await rig.pull()).posts == 1
    assert await rig.next_check() < 7
    await rig.push(rss("pushed again"))
    assert await rig.next_check() == 24


async def test_a_failing_pull_is_tried_again_at_its_own_pace(rig: Rig) -> None:
    await rig.subscribed()
    await rig.push(NEWS)
    rig.clock.advance(86_400)
    rig.publisher.redirect("/feed", "ftp://nowhere/")
    assert (await rig.pull()).cause is not None
    failing = await rig.next_check()
    assert failing < 24
    await rig.push(rss("something else"))
    assert await rig.next_check() == failing


async def test_a_lost_lease_ends_the_trust_and_the_feed_is_due_at_once(rig: Rig) -> None:
    await rig.subscribed()
    await rig.push(NEWS)
    rig.publish("torture in custody", "old")
    rig.clock.advance(11 * 86_400)
    await rig.pull()
    assert await rig.next_check() == 24
    await rig.ask()
    assert await rig.next_check() == 0
    await rig.pull()
    assert await rig.next_check() < 7


async def test_a_denial_ends_the_trust(rig: Rig) -> None:
    await rig.subscribed()
    await rig.push(NEWS)
    await rig.verify(mode="denied")
    assert await rig.next_check() == 0


async def test_what_was_pushed_while_the_bot_was_down_is_pulled_at_its_start(rig: Rig) -> None:
    await rig.subscribed()
    await rig.push(NEWS)
    assert await rig.next_check() == 24
    await rig.store.catch_up_pushes()
    assert await rig.next_check() == 0


async def test_a_new_poller_knows_whom_to_trust(tmp_path: Path) -> None:
    async with rigged(tmp_path) as rig:
        await rig.subscribed()
        await rig.push(NEWS)
        rig.publish("torture in custody", "old")
        rig.poller._hubs = NamedHubs(rig.store, rig.clock)
        rig.clock.advance(86_400)
        await rig.pull()
        assert await rig.next_check() == 24


async def test_without_websub_every_feed_is_pulled_again(rig: Rig) -> None:
    await rig.subscribed()
    await rig.push(NEWS)
    assert await rig.store.forget_hubs() == 1
    assert await rig.next_check() == 0
    await rig.pull()
    assert await rig.next_check() < 7


# --------------------------------------------------------------------------- hostile pushes


async def test_a_push_with_a_wrong_signature_is_answered_alike_and_dropped(rig: Rig) -> None:
    await rig.subscribed()
    wrong = {"X-Hub-Signature": "sha256=" + "0" * 64, "Content-Type": RSS}
    assert await rig.push(NEWS, wrong) == 202
    assert await rig.titles() == ["old"]
    assert rig.pushes.tally.refused == 1


async def test_a_push_without_a_signature_is_dropped(rig: Rig) -> None:
    await rig.subscribed()
    assert await rig.push(NEWS, {"Content-Type": RSS}) == 202
    assert await rig.titles() == ["old"]


async def test_a_push_signed_for_another_feed_is_dropped(rig: Rig) -> None:
    await rig.subscribed()
    signed_for_first = rig.signed(NEWS)
    other = await rig.store.add_feed(rig.publisher.url("/other"), name="Other")
    rig.publisher.serve("/other", rss("x", hub=rig.hub.url))
    await rig.poller.poll(other)
    await rig.ask()
    await rig.verify()
    assert await rig.push(NEWS, signed_for_first) == 202
    assert "torture in custody" not in await rig.titles()


async def test_a_push_that_is_sent_again_brings_back_no_old_text(rig: Rig) -> None:
    await rig.subscribed()
    first, second = rss("news", note="before"), rss("news", note="corrected")
    for body in (first, second, first):
        assert await rig.push(body) == 202
    posts = await rig.store.recent_posts(rig.clock.now(), days=9, limit=9)
    assert [post.summary for post in posts if post.title == "news"] == ["corrected"]


async def test_only_so_many_pushes_are_remembered(tmp_path: Path) -> None:
    async with rigged(tmp_path, limits=PushLimits(remembered=3)) as rig:
        await rig.subscribed()
        for number in range(9):
            await rig.push(rss(f"post {number}"))
        assert len(rig.pushes._seen) == 3


async def test_a_push_that_says_it_is_too_large_is_not_read(rig: Rig) -> None:
    await rig.subscribed()
    body = b"x" * 3_000_001
    assert await rig.push(body, rig.signed(body)) == 413


async def test_a_push_that_grows_too_large_is_dropped(rig: Rig) -> None:
    await rig.subscribed()

    async def endless() -> object:
        while True:
            yield b"x" * 65_536

    try:
        async with rig.client.post(rig.callback(), data=endless(), headers={"Content-Type": RSS}) as response:
            assert response.status == 413
    except aiohttp.ClientError:
        pass  # the door was shut before all was said
    assert rig.pushes._open == 0
    assert rig.pushes.tally.refused == 1


async def test_a_push_of_the_largest_size_is_taken(rig: Rig) -> None:
    await rig.subscribed()
    body = NEWS.replace(b"</channel>", b"<!--" + b"x" * (2_999_990 - len(NEWS)) + b"--></channel>")
    assert len(body) <= 3_000_000
    assert await rig.push(body) == 202
    assert "torture in custody" in await rig.titles()


async def test_a_compressed_push_is_refused_and_no_bomb_goes_off(rig: Rig) -> None:
    await rig.subscribed()
    body = gzip.compress(NEWS)
    headers = rig.signed(body) | {"Content-Encoding": "gzip"}
    assert await rig.push(body, headers) == 415
    assert await rig.titles() == ["old"]


@pytest.mark.parametrize(
    "kind", ["image/png", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "video/mp4"]
)
async def test_a_push_of_a_kind_that_no_feed_has_is_refused(rig: Rig, kind: str) -> None:
    await rig.subscribed()
    assert await rig.push(NEWS, rig.signed(NEWS) | {"Content-Type": kind}) == 415


@pytest.mark.parametrize("kind", ["text/html", "text/plain; charset=utf-8", "application/octet-stream"])
async def test_a_feed_under_a_wrong_name_is_read_all_the_same(rig: Rig, kind: str) -> None:
    await rig.subscribed()
    assert await rig.push(NEWS, rig.signed(NEWS) | {"Content-Type": kind}) == 202
    assert "torture in custody" in await rig.titles()


@pytest.mark.parametrize(
    "body",
    [b"\x00\xff" * 500, b"<html><body>Sorry</body></html>", b"{}", b"", rss(), b"<rss" + b"<a>" * 9000],
)
async def test_signed_garbage_ends_the_trust_and_nothing_else(rig: Rig, body: bytes) -> None:
    await rig.subscribed()
    await rig.push(NEWS)
    assert await rig.push(body) == 202
    assert await rig.titles() == ["old", "torture in custody"]
    feed = await rig.feed()
    assert feed.health.failing_since is None
    assert await rig.next_check() == 0


async def test_garbage_makes_a_feed_due_once_only(rig: Rig) -> None:
    await rig.subscribed()
    await rig.push(NEWS)
    await rig.push(b"garbage")
    rig.publish("torture in custody", "old")
    await rig.pull()
    await rig.push(b"more garbage")
    assert 0 < await rig.next_check() < 7


async def test_a_push_that_comes_too_slowly_is_given_up(tmp_path: Path) -> None:
    async with rigged(tmp_path, limits=PushLimits(seconds=0.05)) as rig:
        await rig.subscribed()
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.web.port)
        path = rig.callback().removeprefix(f"http://127.0.0.1:{rig.web.port}")
        writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc".encode())
        assert (await reader.readline()).split()[1] == b"408"
        await reader.read()  # and the connection is closed
        writer.close()
        await writer.wait_closed()
        assert rig.pushes._open == 0


async def test_a_hub_that_hangs_up_in_the_middle_leaves_nothing_open(rig: Rig) -> None:
    await rig.subscribed()
    path = rig.callback().removeprefix(f"http://127.0.0.1:{rig.web.port}")
    _, writer = await asyncio.open_connection("127.0.0.1", rig.web.port)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert await rig.push(NEWS) == 202
    async with asyncio.timeout(5):
        while rig.pushes._open:  # noqa: ASYNC110 - the server notices in its own time
            await asyncio.sleep(0.01)


async def test_only_so_many_pushes_wait_and_the_next_is_asked_to_come_again(tmp_path: Path) -> None:
    async with rigged(tmp_path, limits=PushLimits(waiting=1)) as rig:
        await rig.subscribed()
        path = rig.callback().removeprefix(f"http://127.0.0.1:{rig.web.port}")
        _, writer = await asyncio.open_connection("127.0.0.1", rig.web.port)
        writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc".encode())
        await writer.drain()
        async with asyncio.timeout(5):
            while not rig.pushes._open:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.01)
        async with rig.client.post(rig.callback(), data=NEWS, headers=rig.signed(NEWS)) as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "60")
        writer.close()
        await writer.wait_closed()


async def test_other_methods_find_nothing(rig: Rig) -> None:
    await rig.subscribed()
    for method in ("PUT", "DELETE", "HEAD", "PATCH"):
        async with rig.client.request(method, rig.callback()) as response:
            assert response.status == 405


# --------------------------------------------------------------------------- what a part of a document cannot tell


async def test_a_push_before_the_baseline_waits_for_the_pull(rig: Rig) -> None:
    result = await rig.poller.take_push(await rig.feed(), NEWS, RSS)
    assert result.cause is not None
    assert await rig.titles() == []


async def test_a_push_to_a_paused_feed_is_nothing(rig: Rig) -> None:
    await rig.subscribed()
    await rig.store.pause_feed((await rig.feed()).id, paused=True)
    assert await rig.push(NEWS) == 202
    assert await rig.titles() == ["old"]


async def test_a_guid_that_stands_twice_loses_no_post_to_a_push(rig: Rig) -> None:
    """A feed whose guids are all equal: pushed alone, each of its posts looks like an edit of the one before."""

    def document(*names: str) -> bytes:
        items = "".join(
            f"<item><guid>same</guid><title>{name}</title><link>https://source.example/{name}</link></item>"
            for name in names
        )
        return f'<rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom"><channel><title>S</title><a:link rel="hub" href="{rig.hub.url}"/>{items}</channel></rss>'.encode()

    rig.publisher.serve("/feed", document("a", "b"))
    await rig.pull()
    await rig.ask()
    await rig.verify()
    await rig.push(document("c"))
    await rig.push(document("d"))
    assert await rig.titles() == ["a", "b", "c"]
    rig.clock.advance(301)
    (due,) = await rig.store.lease_due_feeds(rig.clock.now(), limit=1)
    rig.publisher.serve("/feed", document("d", "c", "b", "a"))
    await rig.poller.poll(due)
    assert await rig.titles() == ["a", "b", "c", "d"]


async def test_a_json_feed_may_be_pushed(rig: Rig) -> None:
    def document(*names: str) -> bytes:
        items = [{"id": name, "title": name, "url": f"https://source.example/{name}"} for name in names]
        hubs = [{"type": "WebSub", "url": rig.hub.url}]
        text = {"version": "https://jsonfeed.org/version/1.1", "title": "S", "hubs": hubs, "items": items}
        return json.dumps(text).encode()

    rig.publisher.serve("/feed", document("a"), content_type="application/feed+json")
    await rig.pull()
    await rig.ask()
    await rig.verify()
    body = document("torture", "a")
    await rig.push(body, rig.signed(body) | {"Content-Type": "application/feed+json"})
    assert await rig.is_owed("torture")


async def test_a_defect_of_ours_is_logged_and_the_feed_is_pulled_instead(rig: Rig) -> None:
    await rig.subscribed()
    await rig.push(NEWS)

    async def broken(_feed: object, _body: bytes, _content_type: str) -> object:
        raise RuntimeError("a defect")

    rig.pushes._take = broken
    assert await rig.push(rss("another")) == 202
    assert await rig.next_check() == 0
    assert rig.pushes._open == 0


async def test_a_feed_that_was_removed_while_its_push_waited_takes_nothing(rig: Rig) -> None:
    await rig.subscribed()
    feed = await rig.feed()
    await rig.store.remove_feed(feed.id)
    assert (await rig.poller.take_push(feed, NEWS, RSS)).deliveries == 0
    assert await rig.titles() == ["old"]
    assert await rig.store.feed(FeedId(feed.id)) is None


async def test_what_cannot_be_taken_before_the_end_is_dropped(rig: Rig) -> None:
    """The next start pulls every feed whose pushes are trusted."""
    await rig.subscribed()

    async def never(_feed: object, _body: bytes, _content_type: str) -> object:
        return await asyncio.Event().wait()

    rig.pushes._take = never
    async with rig.client.post(rig.callback(), data=NEWS, headers=rig.signed(NEWS)) as response:
        assert response.status == 202
    await rig.pushes.stop(0.02)
    assert rig.pushes._open == 0
    assert await rig.titles() == ["old"]


async def test_a_store_that_refuses_stops_no_worker(rig: Rig) -> None:
    await rig.subscribed()
    taken: list[bytes] = []

    async def broken(_feed: object, body: bytes, _content_type: str) -> object:
        taken.append(body)
        if len(taken) == 1:
            raise StoreError("the disk is full")
        return None

    async def refusing(_feed_id: FeedId) -> bool:
        raise StoreError("the disk is full")

    rig.pushes._take = broken
    rig.store.distrust_pushes = refusing  # type: ignore[method-assign, assignment]  # a disk that is full
    assert await rig.push(NEWS) == 202
    assert await rig.push(rss("another")) == 202
    assert len(taken) == 2
