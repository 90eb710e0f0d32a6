"""What users of other readers complained of most, each as a story with its end (mapped in COMPLAINTS.md).

The world checks at each poll that every story seen is one post and alerts once, so a test says what happens, and
what must be the case at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.clock import START
from tests.year.net import Trouble
from tests.year.source import Dates, Form, Source, Style, Validators
from tests.year.world import World
from watchdog_bot.core.feeds import identity
from watchdog_bot.core.model import ParsedEntry

HOUR, DAY = 3600, 86_400
WISH = 0
THIS_YEAR = START.year


async def settled(world: World, source: Source, count: int = 3) -> Source:
    """A feed with so many posts, the last of them alerted."""
    for _ in range(count - 1):
        world.publish(source, WISH)
    await world.add(source)
    await world.tick()
    assert not world.alerted
    world.publish(source, WISH)
    await world.pass_time(DAY)
    assert sum(world.alerted.values()) == 1
    return source


async def nothing_came_of_it(world: World, *, days: float = 2) -> None:
    stored, alerted = len(world.stored), sum(world.alerted.values())
    await world.pass_time(days * DAY)
    await world.check_all()
    assert (len(world.stored), sum(world.alerted.values())) == (stored, alerted)


async def a_post_still_alerts(world: World, source: Source, *, hours: float = 30) -> None:
    before = sum(world.alerted.values())
    world.publish(source, WISH)
    await world.pass_time(hours * HOUR)
    await world.check_all()
    assert sum(world.alerted.values()) == before + 1


# --------------------------------------------------------------------- 1 to 4


async def test_complaint_1_an_edited_headline_that_changes_the_guid_alerts_nobody(world: World) -> None:
    source = await settled(world, Source("a"))
    world.edit(source, source.items[-1], WISH)
    source.new_guids()
    await nothing_came_of_it(world)
    await a_post_still_alerts(world, source)


async def test_complaint_1_an_edited_address_alerts_nobody(world: World) -> None:
    source = await settled(world, Source("a"))
    source.new_links()
    await nothing_came_of_it(world)
    source.new_guids()
    await nothing_came_of_it(world)
    source.new_links()
    await nothing_came_of_it(world)
    await a_post_still_alerts(world, source)


@pytest.mark.parametrize(
    "style", [Style.PERMALINK, Style.BARE, Style.QUERY, Style.ALIKE], ids=lambda s: s.name
)
async def test_complaint_2_a_move_to_https_makes_nothing_new(world: World, style: Style) -> None:
    source = await settled(world, Source("a", style=style), count=8)
    world.move(source, "https://a.example/feed")
    await nothing_came_of_it(world)
    await a_post_still_alerts(world, source)


@pytest.mark.parametrize("style", [Style.PERMALINK, Style.GUID, Style.BARE], ids=lambda s: s.name)
async def test_complaint_2_a_move_to_another_host_makes_nothing_new(world: World, style: Style) -> None:
    source = await settled(world, Source("a", style=style), count=8)
    world.move(source, "http://another.example/feed")
    await nothing_came_of_it(world)
    await a_post_still_alerts(world, source)


@pytest.mark.parametrize("style", list(Style), ids=lambda s: s.name)
async def test_complaint_3_whatever_guids_are_like_ten_posts_are_ten(world: World, style: Style) -> None:
    source = await settled(world, Source("a", style=style))
    for _ in range(10):
        world.publish(source, WISH)
    await world.pass_time(DAY)
    await world.check_all()
    assert len(world.stored) == 13
    assert sum(world.alerted.values()) == 11
    await nothing_came_of_it(world)


def test_complaint_3_posts_with_one_guid_and_no_page_to_link_to_are_all_kept() -> None:
    for link in (None, "https://a.example/"):
        entries = [ParsedEntry("https://a.example/", link, f"Title {number}") for number in range(3)]
        found = [key for each in identity.keys(entries) for key in (*each.local, *each.shared)]
        assert len(found) == len(set(found)) == 3


async def test_complaint_3_a_guid_that_all_have_leads_nowhere_though_it_stood_alone(world: World) -> None:
    source = await settled(world, Source("a", style=Style.ALIKE))
    numbers = {item.story.number for item in source.items}
    for number in (*numbers, *numbers):
        source.hidden = numbers - {number}
        source.changed()
        await nothing_came_of_it(world, days=1)
    titles = {post.title for post in await world.store.recent_posts(world.clock.now(), days=30, limit=9)}
    assert titles == {item.story.title for item in source.items}


async def test_complaint_4_old_items_come_back_after_the_text_is_forgotten_and_stay_old(world: World) -> None:
    source = await settled(world, Source("a", window=4))
    for _ in range(6):
        await a_post_still_alerts(world, source)
    await world.deliver()
    await world.pass_time(120 * DAY)
    await world.housekeep()
    assert all(each.expired for each in world.remembered.values())
    source.whole = True
    source.changed()
    await nothing_came_of_it(world)
    source.redate(world.true)
    source.reorder()
    await nothing_came_of_it(world)


# --------------------------------------------------------------------- 5 to 9


async def test_complaint_5_a_story_that_stands_twice_in_a_document_is_one(world: World) -> None:
    source = await settled(world, Source("a"))
    item = world.publish(source, WISH)
    source.repeated = {item.story.number}
    await world.pass_time(DAY)
    assert world.alerted[item.story.number, WISH] == 1
    source.repeated = set()
    source.new_links()
    await nothing_came_of_it(world)


async def test_complaint_5_a_story_that_is_told_twice_and_gets_another_address_is_one(world: World) -> None:
    source = await settled(world, Source("a"))
    source.repeated = {source.items[-1].story.number}
    source.new_links()
    await nothing_came_of_it(world)


async def test_complaint_5_a_feed_that_comes_back_whole_alerts_only_what_nobody_saw(world: World) -> None:
    source = await settled(world, Source("a", window=5), count=5)
    source.whole = True
    source.changed()
    await nothing_came_of_it(world)


async def test_complaint_5_old_and_new_copies_in_turn_alert_nobody_again(world: World) -> None:
    source = await settled(world, Source("a"))
    world.trouble(source, Trouble.FLICKERING)
    world.edit(source, source.items[-1], WISH, 1)
    world.publish(source, WISH)
    await world.pass_time(2 * DAY)
    assert sum(world.alerted.values()) == 3
    await nothing_came_of_it(world, days=4)


@pytest.mark.parametrize("style", [Style.SESSION, Style.NAKED], ids=lambda s: s.name)
@pytest.mark.parametrize("validators", list(Validators), ids=lambda v: v.name)
async def test_complaint_6_nothing_is_sent_again_at_a_later_poll(
    world: World, style: Style, validators: Validators
) -> None:
    source = await settled(
        world,
        Source("a", style=style, validators=validators, dates=Dates.NONE, every=HOUR, restless_head=True),
    )
    for _ in range(4):
        source.changed()  # a document of the same posts: another session, another day's date
        await nothing_came_of_it(world, days=0.5)


async def test_complaint_7_an_edit_alerts_nobody_whom_the_post_reached(world: World) -> None:
    source = await settled(world, Source("a"))
    item = source.items[-1]
    world.edit(source, item, WISH)
    await nothing_came_of_it(world)
    world.edit(source, item)
    await nothing_came_of_it(world)
    world.edit(source, item, WISH)
    await nothing_came_of_it(world)
    world.edit(source, item, WISH, 3)
    await world.pass_time(DAY)
    assert world.alerted[item.story.number, WISH] == 1
    assert world.alerted[item.story.number, 3] == 1


async def test_complaint_7_an_edit_alerts_nobody_once_it_is_forgotten_who_was_alerted(world: World) -> None:
    source = await settled(world, Source("a"))
    item = source.items[-1]
    await world.deliver()
    world.edit(source, item)
    await world.pass_time(40 * DAY)
    await world.housekeep()
    assert await world.store.recent_deliveries(world._subscriptions[WISH][0], 1) == ()
    world.edit(source, item, WISH, 3)
    await nothing_came_of_it(world)


async def test_complaint_7_two_feeds_that_tell_it_differently_do_not_edit_each_other(world: World) -> None:
    first = await settled(world, Source("a", validators=Validators.NONE, every=HOUR))
    second = Source("b", style=Style.BARE, validators=Validators.NONE, every=HOUR)
    world.publish(second, 1)
    await world.add(second)
    await world.tick()
    world.publish(first, WISH, also=second)
    await world.pass_time(DAY)
    shared = second.items[-1].story
    second.items[-1].story = type(shared)(
        shared.number, shared.title, f"{shared.text} otherwise", frozenset()
    )
    second.changed()
    edited = []
    for _ in range(4):
        await world.pass_time(5 * HOUR)
        post = await world.store.post(
            (await world.store.recent_posts(world.clock.now(), days=9, limit=1))[0].id
        )
        assert post is not None
        edited.append(post.changed_at)
    assert edited == [None] * 4


async def test_complaint_8_a_server_stuck_on_304_hides_a_post_for_a_day_at_most(world: World) -> None:
    source = await settled(world, Source("a"))
    world.trouble(source, Trouble.STUCK)
    await a_post_still_alerts(world, source, hours=24 + 7)


async def test_complaint_9_a_feed_that_fails_for_a_month_is_told_of_once_and_still_asked(
    world: World,
) -> None:
    source = await settled(world, Source("a"))
    world.trouble(source, Trouble.BROKEN)
    await world.pass_time(30 * DAY)
    assert world.told == [("a", False, False)]
    assert not (await world.feed(source)).paused
    asked = world.net.requests[source]
    await world.pass_time(3 * DAY)
    assert world.net.requests[source] >= asked + 2
    world.trouble(source, None)
    world.forget_standing(source)
    await a_post_still_alerts(world, source)
    assert world.told == [("a", False, False), ("a", False, True)]


# --------------------------------------------------------------------- 10 to 15


@pytest.mark.parametrize(
    ("trouble", "cause"),
    [
        (Trouble.CHALLENGED, "blocked by a challenge page"),
        (Trouble.PAGE, "a web page titled “One moment”, not a feed"),
        (Trouble.EMPTY, "empty"),
        (Trouble.HOLLOW, "answers, but is empty since "),
    ],
    ids=lambda value: getattr(value, "name", None),
)
async def test_complaint_10_a_200_that_is_no_feed_is_a_failure_with_its_cause(
    world: World, trouble: Trouble, cause: str
) -> None:
    source = await settled(world, Source("a"))
    world.trouble(source, trouble)
    await world.pass_time(DAY)
    health = (await world.feed(source)).health
    assert health.failing_since is not None
    assert cause in (health.cause or "")
    world.trouble(source, None)
    await a_post_still_alerts(world, source)


async def test_complaint_11_a_302_is_followed_and_never_saved(world: World) -> None:
    source = await settled(world, Source("a"))
    world.detour(source, on=True)
    await a_post_still_alerts(world, source)
    await world.pass_time(5 * DAY)
    assert (await world.feed(source)).url == "http://a.example/feed"


async def test_complaint_11_a_301_is_saved_after_five_and_outlives_the_old_address(world: World) -> None:
    source = await settled(world, Source("a", every=HOUR))
    world.move(source, "https://a.example/feed")
    await world.pass_time(4 * HOUR)
    assert (await world.feed(source)).url == "http://a.example/feed"
    await world.pass_time(DAY)
    assert (await world.feed(source)).url == "https://a.example/feed"
    world.net.redirects.clear()
    world.net.at.pop("http://a.example/feed")
    await a_post_still_alerts(world, source)


async def test_complaint_11_a_feed_that_moved_without_a_redirect_is_told_within_hours(world: World) -> None:
    source = await settled(world, Source("a", every=HOUR))
    world.net.at.pop(source.url)
    await world.pass_time(6 * HOUR)
    assert world.told == [("a", False, False)]
    assert "404" in ((await world.feed(source)).health.cause or "")


@pytest.mark.parametrize("dates", list(Dates), ids=lambda d: d.name)
@pytest.mark.parametrize("form", list(Form), ids=lambda f: f.name)
async def test_complaint_12_and_13_whatever_its_date_says_a_new_post_is_new_and_no_date_is_invented(
    world: World, dates: Dates, form: Form
) -> None:
    source = await settled(world, Source("a", dates=dates, form=form))
    (newest,) = await world.store.recent_posts(world.clock.now(), days=1, limit=1)
    told = {Dates.HONEST: THIS_YEAR, Dates.PAST: 1999}
    assert (newest.published_at.year if newest.published_at else None) == told.get(dates)
    source.redate(world.true + timedelta(days=400))
    await nothing_came_of_it(world)


async def test_complaint_14_a_bad_byte_and_an_unknown_entity_cost_no_post(world: World) -> None:
    source = await settled(world, Source("a", dirty=True, validators=Validators.NONE), count=9)
    await a_post_still_alerts(world, source)
    assert len(world.stored) == 10


async def test_complaint_15_a_feed_that_was_removed_and_added_again_keeps_its_posts_apart(
    world: World,
) -> None:
    source = await settled(world, Source("a"))
    old = world.feed_ids[source]
    assert await world.store.remove_feed(old)
    new = await world.add(source)
    assert new != old
    del world.sources[old]
    world.baseline.discard(source)
    alerted = sum(world.alerted.values())
    await world.tick()
    await world.check_all()
    assert sum(world.alerted.values()) == alerted
    await a_post_still_alerts(world, source)


# --------------------------------------------------------------------- traps


def _pinned(source: Source) -> None:
    source.order = 7


@pytest.mark.parametrize("arrange", [_pinned, Source.reorder], ids=["pinned", "reordered"])
async def test_t4_a_new_post_is_found_wherever_it_stands(
    world: World, arrange: Callable[[Source], None]
) -> None:
    source = await settled(world, Source("a"), count=6)
    arrange(source)
    for _ in range(3):
        await a_post_still_alerts(world, source)


async def test_t3_no_backlog_is_capped(world: World) -> None:
    source = await settled(world, Source("a", window=400))
    world.trouble(source, Trouble.TIMEOUT)
    for _ in range(300):
        world.publish(source, WISH)
    await world.pass_time(2 * DAY)
    world.trouble(source, None)
    await world.pass_time(2 * DAY)
    await world.check_all()
    assert sum(world.alerted.values()) == 301


async def test_t12_and_t13_the_interval_of_a_feed_is_kept_and_a_pause_is_its_own(world: World) -> None:
    hourly = await settled(world, Source("a", every=HOUR))
    other = Source("b", every=6 * HOUR)
    await world.add(other)
    await world.tick()
    before = {source: world.net.requests[source] for source in (hourly, other)}
    await world.store.pause_feed(world.feed_ids[hourly], paused=True)
    await world.pass_time(2 * DAY)
    assert world.net.requests[hourly] == before[hourly]
    await world.resume(hourly)
    await world.pass_time(2 * DAY)
    assert 38 <= world.net.requests[hourly] - before[hourly] <= 54
    assert 11 <= world.net.requests[other] - before[other] <= 18


async def test_a_gone_feed_is_not_asked_again_until_somebody_says_so(world: World) -> None:
    source = await settled(world, Source("a", every=HOUR))
    world.trouble(source, Trouble.GONE)
    await world.pass_time(2 * HOUR)
    assert world.told == [("a", True, False)]
    asked = world.net.requests[source]
    await world.pass_time(30 * DAY)
    assert world.net.requests[source] == asked
    world.trouble(source, None)
    await world.resume(source)
    await a_post_still_alerts(world, source)


async def test_a_clock_that_was_a_year_ahead_does_not_make_a_feed_be_asked_too_often(world: World) -> None:
    source = await settled(world, Source("a"))
    world.jump(365 * DAY)
    await a_post_still_alerts(world, source)
    world.jump(-365 * DAY)
    await world.pass_time(30 * DAY)
    asked = world.net.requests[source]
    await world.pass_time(3 * DAY)
    assert world.net.requests[source] - asked < 30
