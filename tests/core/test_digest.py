from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.telegram_html import parse
from watchdog_bot.core.digest import DigestPage, pages
from watchdog_bot.core.model import (
    Address,
    ChatKind,
    ClaimedDelivery,
    CountryReading,
    CountryScore,
    Delivery,
    DeliveryId,
    DeliveryState,
    Evidence,
    Post,
    PostId,
    Subscriber,
    SubscriberId,
    SubscriberState,
)
from watchdog_bot.core.render import Names
from watchdog_bot.core.text import utf16_length

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
NAMES = Names(name=lambda code: {"UA": "Ukraine", "BY": "Belarus"}.get(code, code), flag=lambda _: "🏳")
READER = Subscriber(SubscriberId(1), Address(1), ChatKind.PRIVATE, SubscriberState.ACTIVE)


def claimed(
    number: int,
    title: str = "A title",
    *,
    about: tuple[str, ...] = (),
    evidence: tuple[Evidence, ...] = (),
    link: str | None = "https://a.example/",
    doubts: int = 0,
) -> ClaimedDelivery:
    post = Post(
        id=PostId(number),
        title=title,
        link=link,
        summary="",
        content="",
        tags=(),
        language=None,
        published_at=None,
        first_seen_at=START + timedelta(minutes=number),
        countries=CountryReading(about=tuple(CountryScore(code, 1.0) for code in about)),
        feed_name="Source & Sons",
    )
    delivery = Delivery(
        DeliveryId(number),
        post.id,
        READER.id,
        DeliveryState.SENDING,
        START,
        1,
        doubts=doubts,
        evidence=evidence,
    )
    return ClaimedDelivery(delivery, post, READER)


def country(code: str) -> Evidence:
    return Evidence("country", code, code, "title")


def topic(name: str) -> Evidence:
    return Evidence("topic", name, name, "title")


def lines(page: DigestPage) -> list[str]:
    return [line for line in parse(page.message.html).text.split("\n") if line]


def test_an_empty_digest_is_no_page() -> None:
    assert pages([], NAMES) == ()


def test_it_groups_by_country_and_then_by_topic() -> None:
    (page,) = pages(
        [
            claimed(1, "one", about=("BY",)),
            claimed(2, "two", about=("UA",), evidence=(topic("Prisons"),)),
            claimed(3, "three", about=("UA",)),
            claimed(4, "four"),
            claimed(5, "five", about=("UA",)),
        ],
        NAMES,
    )
    assert lines(page) == [
        "5 alerts",
        "🏳 Ukraine",
        "• three — Source & Sons, 1 Mar 09:03 UTC",
        "• five — Source & Sons, 1 Mar 09:05 UTC",
        "🏳 Ukraine · Prisons",
        "• two — Source & Sons, 1 Mar 09:02 UTC",
        "🏳 Belarus",
        "• one — Source & Sons, 1 Mar 09:01 UTC",
        "Elsewhere",
        "• four — Source & Sons, 1 Mar 09:04 UTC",
    ]


def test_a_post_stands_under_the_country_that_was_asked_for() -> None:
    (page,) = pages([claimed(1, about=("BY", "UA"), evidence=(country("UA"),))], NAMES)
    assert lines(page)[:2] == ["1 alert", "🏳 Ukraine"]


def test_a_backlog_says_so_and_a_doubt_says_so() -> None:
    (page,) = pages([claimed(1, doubts=1), claimed(2)], NAMES, late=True)
    text = lines(page)
    assert text[0] == "2 alerts that could not reach you in time"
    assert text[2].endswith("(maybe a repeat)")


def test_pages_after_the_first_repeat_the_heading_of_their_group() -> None:
    out = pages([claimed(number, "word " * 30, about=("UA",)) for number in range(1, 60)], NAMES)
    assert len(out) > 1
    for page in out[1:]:
        assert lines(page)[:2] == ["… continued", "🏳 Ukraine"]


def test_it_is_silent_only_if_all_of_it_is() -> None:
    from dataclasses import replace

    loud = claimed(1)
    quiet = replace(loud, delivery=replace(loud.delivery, silent=True))
    assert not pages([loud, quiet], NAMES)[0].message.silent
    assert pages([quiet], NAMES)[0].message.silent


titles = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=250)
addresses = st.none() | st.sampled_from(['https://a.example/?a=1&b=<2>"', "https://a.example/" + "x" * 2000])
deliveries = st.lists(
    st.tuples(titles, addresses, st.sampled_from(["", "UA", "BY"]), st.sampled_from(["", "Prisons", "<b>"])),
    min_size=1,
    max_size=80,
)


@settings(max_examples=40, deadline=None)
@given(deliveries)
def test_every_line_is_on_one_page_and_every_page_is_within_telegrams_limits(
    wanted: list[tuple[str, str | None, str, str]],
) -> None:
    owed = [
        claimed(
            number,
            title,
            link=link,
            about=(code,) if code else (),
            evidence=(topic(name),) if name else (),
        )
        for number, (title, link, code, name) in enumerate(wanted, 1)
    ]
    out = pages(owed, NAMES)
    assert sorted(one.delivery.id for page in out for one in page.deliveries) == list(range(1, len(owed) + 1))
    for page in out:
        parsed = parse(page.message.html)
        assert 0 < utf16_length(parsed.text) <= 4096
        assert len(parsed.entities) <= 100
        assert parsed.text.count("• ") >= len(page.deliveries)
