"""What the configuration says of feeds holds from the next start on, also of those that have moved since."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.clock import FakeClock
from watchdog_bot.configured import outdated, sync_feeds
from watchdog_bot.core.feeds.catalogue import Source
from watchdog_bot.core.model import Feed, FeedChange, FeedKind
from watchdog_bot.settings import FeedSettings
from watchdog_bot.store import Store

OLD = "https://old.example/feed"
NEW = "https://new.example/feed"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store.open(tmp_path / "watchdog.db", clock=FakeClock()) as store:
        yield store


async def moved(store: Store, feed: Feed, to: str) -> None:
    """As after the fifth permanent redirect in a row."""
    change = FeedChange(
        feed.id, feed.memory, feed.health, FakeClock().now(), feed.kind, baseline_done=True, url=to
    )
    await store.note_feed(change)


async def test_a_feed_that_its_server_moved_is_not_added_again_at_its_old_address(store: Store) -> None:
    said = FeedSettings(name="Court", url=OLD, every=900)
    assert await sync_feeds(store, [said], ()) == 1
    (feed,) = await store.feeds()
    await moved(store, feed, NEW)
    assert await sync_feeds(store, [said], ()) == 1
    assert [each.url for each in await store.feeds()] == [NEW]


async def test_the_configurations_options_still_apply_to_a_moved_feed(store: Store) -> None:
    await sync_feeds(store, [FeedSettings(name="Court", url=OLD)], ())
    (feed,) = await store.feeds()
    await moved(store, feed, NEW)
    await moved(store, replace(feed, url=NEW), "https://third.example/feed")
    archive = "https://web.archive.org/web/{url}"
    await sync_feeds(store, [FeedSettings(name="High Court", url=OLD, every=60, archive=archive)], ())
    (feed,) = await store.feeds()
    assert (feed.url, feed.name, feed.every) == ("https://third.example/feed", "High Court", 60)
    assert (feed.mirror, feed.archive) == ("", archive)


async def test_the_operator_hears_once_which_line_to_change(store: Store) -> None:
    said = FeedSettings(name="Court", url=OLD)
    await sync_feeds(store, [said], ())
    (feed,) = await store.feeds()
    await moved(store, feed, NEW)
    with capture_logs() as logs:
        await sync_feeds(store, [said], ())
        await sync_feeds(store, [said], ())
    (line,) = [each for each in logs if each["event"] == "feed_moved"]
    assert f'change url = "{OLD}" to url = "{NEW}"' in line["mend"]
    assert "block “Court”" in line["mend"]
    mends = outdated([said], await store.feeds(), await store.former_addresses())
    assert mends == {feed.id: line["mend"]}


async def test_once_the_line_is_changed_nothing_is_said(store: Store) -> None:
    await sync_feeds(store, [FeedSettings(name="Court", url=OLD)], ())
    (feed,) = await store.feeds()
    await moved(store, feed, NEW)
    said = FeedSettings(name="Court", url=NEW)
    with capture_logs() as logs:
        assert await sync_feeds(store, [said], ()) == 1
    assert logs == []
    assert outdated([said], await store.feeds(), await store.former_addresses()) == {}


async def test_of_two_blocks_for_one_feed_that_with_its_present_address_counts(store: Store) -> None:
    old, new = FeedSettings(name="Old", url=OLD), FeedSettings(name="New", url=NEW)
    await sync_feeds(store, [old], ())
    (feed,) = await store.feeds()
    await moved(store, feed, NEW)
    with capture_logs() as logs:
        assert await sync_feeds(store, [old, new], ()) == 1
    (feed,) = await store.feeds()
    assert feed.name == "New"
    assert [each["event"] for each in logs] == ["feed_twice"]


async def test_a_feed_is_not_moved_onto_another_and_keeps_its_address(store: Store) -> None:
    first = await store.add_feed(OLD, name="One")
    await store.add_feed(NEW, name="Two")
    await moved(store, first, NEW)
    assert [each.url for each in await store.feeds()] == [OLD, NEW]
    assert await store.former_addresses() == {}


async def test_a_removed_feed_takes_its_former_addresses_with_it(store: Store) -> None:
    feed = await store.add_feed(OLD, name="One")
    await moved(store, feed, NEW)
    await store.remove_feed(feed.id)
    assert await store.former_addresses() == {}
    assert (await store.add_feed(OLD, name="Again")).url == OLD


async def test_what_the_catalogue_says_of_mirrors_is_kept_with_its_feed(store: Store) -> None:
    source = Source("Court", "https://a.example/", OLD, FeedKind.RSS, mirror="https://b.example/{path}")
    assert await sync_feeds(store, (), [source]) == 1
    (feed,) = await store.feeds()
    assert (feed.mirror, feed.archive) == ("https://b.example/{path}", "")
    await store.remove_feed(feed.id)
    assert await sync_feeds(store, (), [source]) == 0
