"""What may be missing after an outage is said as it is: no more, no less."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.clock import START as NOW
from watchdog_bot.core.feeds.gap import (
    Closing,
    Gap,
    covers,
    from_sitemap,
    in_words,
    joins,
    open_gap,
    reaches_back,
)
from watchdog_bot.core.model import Feed, FeedHealth, FeedId, FeedKind, ParsedEntry, ParsedFeed, PostId

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FEED = Feed(FeedId(1), "https://a.example/feed", "A", baseline_done=True)
AWAY = Gap(NOW - 3 * HOUR, NOW - 4 * HOUR, unreachable=True)


def well(hours: float, *, due: float) -> Feed:
    """Read well so many hours ago, and due so many hours after that."""
    last = NOW - hours * HOUR
    return replace(
        FEED, health=FeedHealth(last_checked_at=last, last_ok_at=last), next_check_at=last + due * HOUR
    )


# ------------------------------------------------------------------ when there is one


def test_a_source_that_could_not_be_reached_has_a_gap_since_then() -> None:
    health = FeedHealth(failing_since=AWAY.since, last_ok_at=AWAY.read_until)
    assert open_gap(replace(FEED, health=health), NOW) == AWAY


def test_a_source_that_nobody_asked_has_one_since_it_was_read() -> None:
    assert open_gap(well(8, due=2), NOW) == Gap(NOW - 8 * HOUR, NOW - 8 * HOUR, unreachable=False)


def test_a_source_that_is_asked_in_time_has_none_however_seldom_that_is() -> None:
    assert open_gap(well(2, due=1.5), NOW) is None
    assert open_gap(well(24, due=23.5), NOW) is None


def test_a_source_that_was_never_read_has_none() -> None:
    assert open_gap(FEED, NOW) is None
    failing = FeedHealth(failing_since=NOW - DAY)
    assert open_gap(replace(FEED, health=failing, baseline_done=False), NOW) is None


# ------------------------------------------------------------------ what is said


@pytest.mark.parametrize(
    ("closing", "new", "words"),
    [
        (Closing(AWAY, certain=False), 4, "unreachable 3 h; caught up 4 posts; some may be missing"),
        (Closing(AWAY, certain=True), 4, "unreachable 3 h; caught up 4 posts; nothing is missing"),
        (Closing(AWAY, certain=True), 1, "unreachable 3 h; caught up 1 post; nothing is missing"),
        (Closing(AWAY, certain=True), 0, "unreachable 3 h; nothing was missed"),
        (Closing(AWAY, certain=False), 0, "unreachable 3 h; caught up no post; some may be missing"),
        (Closing(AWAY, certain=True, filled=3, place="archive"), 4,
         "unreachable 3 h; caught up 4 posts, 3 of them from its archive; nothing is missing"),
        (Closing(replace(AWAY, unreachable=False), certain=False), 2,
         "not asked for 3 h; caught up 2 posts; some may be missing"),
        (Closing(replace(AWAY, unreachable=False), certain=True), 0, None),
    ],
)  # fmt: skip
def test_a_gap_is_told_as_it_is(closing: Closing, new: int, words: str | None) -> None:
    assert in_words(closing, new=new, now=NOW) == words


def test_a_document_with_one_of_the_last_posts_lacks_nothing_and_one_with_an_old_pinned_post_may() -> None:
    last = frozenset(map(PostId, (17, 18, 19)))
    assert joins(map(PostId, (3, 18)), last)
    assert not joins(map(PostId, (3, 4)), last)
    assert not joins((), last)
    assert joins([PostId(3)], frozenset())


# ------------------------------------------------------------------ what a sitemap adds


def entry(
    number: int, ago: timedelta | None, *, path: str = "a", edited: datetime | None = None
) -> ParsedEntry:
    moment = NOW - ago if ago is not None else None
    return ParsedEntry(
        None, f"https://a.example/{path}/{number}", f"Post {number}", published=moment, updated=edited
    )


def listed(*entries: ParsedEntry) -> ParsedFeed:
    return ParsedFeed(FeedKind.SITEMAP, entries=entries)


OWN = listed(*(entry(number, (10 - number) * HOUR / 4) for number in (9, 8, 7, 6)))
SITE = listed(*(entry(number, (10 - number) * HOUR / 4) for number in range(9, -30, -1)))


def numbers(entries: tuple[ParsedEntry, ...]) -> list[int]:
    return [int(each.title.split()[1]) for each in entries]


def test_of_a_sitemap_that_lists_what_the_source_does_only_the_gap_counts() -> None:
    found = from_sitemap(OWN, SITE, AWAY, NOW, vouched=False)
    assert numbers(found) == list(range(9, -11, -1))
    assert covers(OWN, found, AWAY)
    assert reaches_back(SITE, AWAY)


def test_a_whole_site_s_sitemap_does_not_fill_the_gap_of_one_of_its_sections() -> None:
    others = [entry(number, number * HOUR / 9, path="sport") for number in range(9)]
    site = listed(*SITE.entries, *others)
    assert from_sitemap(OWN, site, AWAY, NOW, vouched=False) == ()
    assert from_sitemap(OWN, site, AWAY, NOW, vouched=True) != ()


def test_two_posts_in_common_prove_nothing() -> None:
    own = listed(*OWN.entries[:2])
    assert from_sitemap(own, SITE, AWAY, NOW, vouched=False) == ()


def test_when_an_entry_was_changed_says_nothing_of_when_it_was_published() -> None:
    site = listed(entry(1, None, edited=NOW - HOUR))
    assert from_sitemap(OWN, site, AWAY, NOW, vouched=True) == ()


def test_a_day_in_an_address_is_a_date_of_publication() -> None:
    path = f"{NOW - HOUR:%Y/%m/%d}"
    site = listed(entry(1, None, path=path), entry(2, None, path="2019/05/05"), entry(3, None, path="2026"))
    assert numbers(from_sitemap(OWN, site, AWAY, NOW, vouched=True)) == [1]


def test_a_list_that_lacks_one_of_the_source_s_own_posts_is_not_complete() -> None:
    assert not covers(OWN, SITE.entries[1:], AWAY)
    assert not covers(listed(entry(1, DAY)), SITE.entries, AWAY)
    assert not reaches_back(listed(*OWN.entries), AWAY)
