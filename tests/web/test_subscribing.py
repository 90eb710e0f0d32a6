"""From a feed that names a hub to a confirmed subscription, its renewal and its end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.feedserver import hangs
from tests.inprocess import InProcess
from tests.telegram_html import parse
from tests.web.rig import PUBLIC, Rig, read, rigged, rss
from watchdog_bot.core import replies_feeds
from watchdog_bot.core.feeds.websub import HubState
from watchdog_bot.poll import Poller
from watchdog_bot.web import hubs


async def test_a_feed_that_names_a_hub_is_subscribed_there(rig: Rig) -> None:
    await rig.subscribed()
    (asked,) = rig.hub.asked
    assert asked["hub.mode"] == "subscribe"
    assert asked["hub.topic"] == rig.topic
    assert asked["hub.callback"].startswith(f"{PUBLIC}/websub/")
    assert len(asked["hub.secret"]) >= 32
    assert (await rig.subscription_at_hub()).state is HubState.ACTIVE
    assert await rig.store.active_hubs() == 1
    assert await rig.ask() == 0


async def test_the_topic_is_the_feeds_own_address_where_it_names_one(rig: Rig) -> None:
    rig.publisher.serve("/feed", rss("a", hub=rig.hub.url, topic="https://source.example/canonical"))
    await rig.pull()
    await rig.ask()
    assert rig.hub.asked[0]["hub.topic"] == "https://source.example/canonical"


async def test_a_feed_without_a_hub_is_left_alone(rig: Rig) -> None:
    rig.publish("a", hub=False)
    await rig.pull()
    assert await rig.ask() == 0
    assert await rig.store.named_hubs() == {}


async def test_each_feed_has_its_own_callback_and_secret(rig: Rig) -> None:
    await rig.subscribed()
    other = await rig.store.add_feed(rig.publisher.url("/other"), name="Other")
    rig.publisher.serve("/other", rss("x", hub=rig.hub.url))
    await rig.poller.poll(other)
    await rig.ask()
    first, second = rig.hub.asked
    assert first["hub.callback"] != second["hub.callback"]
    assert first["hub.secret"] != second["hub.secret"]


async def test_the_challenge_goes_back_as_plain_text_and_nothing_else(rig: Rig) -> None:
    rig.publish("old")
    await rig.pull()
    await rig.ask()
    question = {"hub.mode": "subscribe", "hub.topic": rig.topic, "hub.challenge": "<script>"}
    async with rig.client.get(rig.callback(), params=question) as response:
        assert await response.text() == "<script>"
        assert response.content_type == "text/plain"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in response.headers


async def test_a_topic_that_is_not_ours_is_not_confirmed(rig: Rig) -> None:
    rig.publish("old")
    await rig.pull()
    await rig.ask()
    assert (await rig.verify(topic="https://evil.example/"))[0] == 404
    assert (await rig.verify(mode="unsubscribe"))[0] == 404
    assert (await rig.subscription_at_hub()).state is HubState.ASKED


async def test_a_callback_that_was_never_given_is_gone(rig: Rig) -> None:
    for token in ("x", "%00", "a" * 4000, "..%2f..%2fhealth", "%F0%9F%98%80"):
        async with rig.client.get(rig.here(f"/websub/{token}")) as response:
            assert response.status == 410
        async with rig.client.post(rig.here(f"/websub/{token}"), data=b"x") as response:
            assert response.status == 410


async def test_a_lease_is_renewed_in_its_last_tenth(rig: Rig) -> None:
    await rig.subscribed()
    rig.clock.advance(8.9 * 86_400)
    assert await rig.ask() == 0
    rig.clock.advance(0.2 * 86_400)
    assert await rig.ask() == 1
    assert rig.hub.asked[0] == rig.hub.asked[1]
    assert (await rig.verify())[0] == 200
    renewed = await rig.subscription_at_hub()
    assert renewed.lease_until is not None
    assert (renewed.lease_until - rig.clock.now()).days == 10


async def test_a_refusal_of_the_hub_is_kept_and_asked_again_later(rig: Rig) -> None:
    rig.hub.status = 400
    rig.publish("old")
    await rig.pull()
    assert await rig.ask() == 1
    kept = await rig.subscription_at_hub()
    assert kept.cause is not None
    assert kept.cause.startswith("it answered 400: because")
    assert kept.cause.isprintable()
    assert await rig.ask() == 0
    rig.hub.status = 202
    rig.clock.advance(901)
    assert await rig.ask() == 1
    assert (await rig.verify())[0] == 200


async def test_a_denial_ends_the_subscription_for_a_day(rig: Rig) -> None:
    await rig.subscribed()
    assert (await rig.verify(mode="denied", reason="no more", challenge=""))[0] == 200
    assert (await rig.subscription_at_hub()).cause == "the hub refused: no more"
    rig.clock.advance(86_000)
    assert await rig.ask() == 0
    rig.clock.advance(500)
    assert await rig.ask() == 1


async def test_a_removed_feed_is_unsubscribed_and_then_forgotten(rig: Rig) -> None:
    await rig.subscribed()
    await rig.store.remove_feed((await rig.feed()).id)
    assert await rig.ask() == 1
    assert rig.hub.asked[-1]["hub.mode"] == "unsubscribe"
    assert await rig.push(rss("torture"), rig.signed(rss("torture"))) == 410
    assert (await rig.verify()) == (200, "<b>challenge</b>")
    assert (await rig.verify())[0] == 410
    rig.clock.advance(10 * 86_400)
    assert await rig.ask() == 0


async def test_a_hub_that_does_not_confirm_the_end_is_forgotten_after_three_times(rig: Rig) -> None:
    await rig.subscribed()
    await rig.store.remove_feed((await rig.feed()).id)
    for _ in range(6):
        await rig.ask()
        rig.clock.advance(7200)
    assert [each["hub.mode"] for each in rig.hub.asked] == ["subscribe", *["unsubscribe"] * 3]


async def test_a_feed_that_names_another_hub_leaves_the_first(rig: Rig) -> None:
    await rig.subscribed("old")
    rig.publisher.serve("/feed", rss("new", "old", hub=rig.hub.url + "/second"))
    await rig.pull()
    await rig.ask()
    assert sorted(each["hub.mode"] for each in rig.hub.asked) == ["subscribe", "subscribe", "unsubscribe"]


async def test_a_feed_that_names_no_hub_any_more_leaves_it(rig: Rig) -> None:
    await rig.subscribed("old")
    rig.publish("new", "old", hub=False)
    await rig.pull()
    await rig.ask()
    assert rig.hub.asked[-1]["hub.mode"] == "unsubscribe"


async def test_a_new_public_address_is_told_to_every_hub(rig: Rig) -> None:
    await rig.subscribed()
    await rig.store.leave_hubs("https://elsewhere.example")
    (due,) = await rig.store.due_hubs(rig.clock.now(), limit=9)
    assert due.callback.startswith("https://elsewhere.example/websub/")
    assert (due.state, due.lease_until) == (HubState.WANTED, None)


@pytest.mark.parametrize("status", [307, 308])
async def test_a_hub_may_send_us_on_with_the_same_words(rig: Rig, status: int) -> None:
    rig.hub.status, rig.hub.location = status, "/other"
    rig.publish("old")
    await rig.pull()
    await rig.ask()
    assert len(rig.hub.asked) == 4
    assert rig.hub.asked[0] == rig.hub.asked[3]
    assert (await rig.subscription_at_hub()).cause == "more than 3 redirects"


async def test_the_secret_never_follows_a_redirect_from_https_to_http(rig: Rig) -> None:
    """Judged by the address alone: the hop is refused before anything is sent there."""
    assert rig.web.hubs is not None
    assert rig.web.hubs._onward("https://hub.example/a", "http://hub.example/b") is None
    assert rig.web.hubs._onward("https://hub.example/a", "/b") == "https://hub.example/b"
    assert rig.web.hubs._onward("http://hub.example/a", "https://hub.example/b") == "https://hub.example/b"


async def test_other_redirects_are_not_followed(rig: Rig) -> None:
    rig.hub.status, rig.hub.location = 302, "/other"
    rig.publish("old")
    await rig.pull()
    await rig.ask()
    assert len(rig.hub.asked) == 1


async def test_a_hub_in_a_private_network_is_not_contacted(tmp_path: Path) -> None:
    async with rigged(tmp_path, allow_private=False) as rig:
        rig.publish("old")
        await rig.pull()
        await rig.ask()
        assert rig.hub.asked == []
        (kept,) = await rig.store.due_hubs(rig.clock.now().replace(year=2030), limit=9)
        assert kept.cause is not None
        assert "loopback" in kept.cause


@pytest.mark.parametrize(
    ("hub", "cause"),
    [
        ("http://127.0.0.1:22/", "port 22"),
        ("http://user:pw@hub.example/", "name or a password"),
        ("https://hub.invalid/", "leads nowhere (DNS)"),
        ("http://127.0.0.1:1/", "port 1 "),
    ],
)
async def test_a_hub_that_is_none_is_named_with_its_cause(rig: Rig, hub: str, cause: str) -> None:
    rig.publisher.serve("/feed", rss("a", hub=hub))
    await rig.pull()
    assert await rig.ask() == 1
    (kept,) = await rig.store.due_hubs(rig.clock.now().replace(year=2030), limit=9)
    assert kept.cause is not None
    assert cause in kept.cause


async def test_a_hub_that_never_answers_is_given_up(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "TIMEOUT", 0.05)
    rig.publisher.raw("/hub", hangs)
    rig.publisher.serve("/feed", rss("a", hub=rig.publisher.url("/hub")))
    await rig.pull()
    await rig.ask()
    (kept,) = await rig.store.due_hubs(rig.clock.now().replace(year=2030), limit=9)
    assert kept.cause == "it did not answer within 0.05 seconds"


async def test_it_asks_by_itself_and_a_defect_does_not_stop_it(rig: Rig) -> None:
    """Two looks, half a minute of the clock apart, the first of which fails."""
    assert rig.web.hubs is not None
    looks = 0
    real = rig.web.hubs.tick

    async def tick() -> int:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise RuntimeError("a defect")
        return await real()

    rig.publish("old")
    await rig.pull()
    rig.web.hubs.tick = tick  # type: ignore[method-assign]  # the seam
    asking = asyncio.create_task(rig.web.hubs.run())
    async with asyncio.timeout(10):
        while not rig.hub.asked:  # noqa: ASYNC110 - the hub only counts
            await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert looks >= 2


async def test_of_two_confirmations_at_once_one_counts(rig: Rig) -> None:
    rig.publish("old")
    await rig.pull()
    await rig.ask()
    answers = await asyncio.gather(*(rig.verify() for _ in range(4)))
    assert 200 in {status for status, _ in answers}
    assert {status for status, _ in answers} <= {200, 404}
    assert await rig.store.active_hubs() == 1


# --------------------------------------------------------------------------- where hubs are named


def linked(rig: Rig, link: str, *, body: bytes | None = None) -> None:
    """The publisher serves a feed with this header, without validators."""
    page = rss("old") if body is None else body
    rig.publisher.serve("/feed", page, content_type="application/rss+xml", headers={"Link": link})


async def test_a_hub_named_in_a_header_only_is_subscribed_with_the_topic_named_there(rig: Rig) -> None:
    linked(rig, f'<https://source.example/a,b>; rel="self", <{rig.hub.url}>; rel="hub"; title="a, <b>"')
    await rig.pull()
    await rig.ask()
    assert rig.hub.asked[0]["hub.topic"] == "https://source.example/a,b"


async def test_the_header_wins_over_the_document(rig: Rig) -> None:
    linked(rig, f'<{rig.hub.url}>; rel="hub"', body=rss("old", hub="https://other.example/", topic=rig.topic))
    await rig.pull()
    (named,) = (await rig.store.named_hubs()).values()
    assert (named.hub, named.topic) == (rig.hub.url, rig.topic)


async def test_a_feed_known_before_learns_its_hub_from_a_header_without_a_new_post(rig: Rig) -> None:
    linked(rig, "")
    await rig.pull()
    assert await rig.store.named_hubs() == {}
    linked(rig, f"<{rig.hub.url}>; rel=hub")
    assert (await rig.pull()).posts == 0
    await rig.ask()
    assert rig.hub.asked[0]["hub.topic"] == rig.topic


async def test_a_feed_known_before_learns_its_hub_from_the_same_document_without_a_new_post(rig: Rig) -> None:
    rig.publish("old")
    await rig.pull()
    (feed,) = await rig.store.feeds()
    await rig.store.name_hub(feed.id, None)
    fresh = Poller(
        rig.store,
        rig.poller._fetcher,
        InProcess(),
        read=read,
        match=lambda _text: (),
        clock=rig.clock,
        min_interval=60,
    )
    rig.publisher.serve("/feed", rss("old", hub=rig.hub.url), content_type="application/rss+xml")
    await fresh.poll(feed)
    (named,) = (await rig.store.named_hubs()).values()
    assert (named.hub, named.topic) == (rig.hub.url, rig.topic)


async def test_lists_of_feeds_say_how_it_stands_with_pushes(rig: Rig) -> None:
    async def words() -> str:
        standings = await rig.store.hub_standings()
        listed = replies_feeds.feeds(await rig.store.feeds(), rig.clock.now(), standings)
        return parse(listed.html).text

    rig.publish("old")
    await rig.pull()
    assert "; names a hub, pushes are off" in await words()
    rig.hub.status = 500
    await rig.ask()
    assert "; pushes refused: it answered 500: because" in await words()
    rig.hub.status = 202
    rig.clock.advance(3600)
    await rig.ask()
    await rig.verify()
    assert "; pushes on, none has come first yet" in await words()
    await rig.push(rss("torture in custody", "old"))
    assert "; pushes on, pulled once a day" in await words()
