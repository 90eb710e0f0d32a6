from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.telegram_html import parse
from watchdog_bot.core import render
from watchdog_bot.core.model import (
    Address,
    AlsoAt,
    Case,
    ChatKind,
    ClaimedDelivery,
    CountryReading,
    CountryScore,
    Delivery,
    DeliveryId,
    DeliveryState,
    Evidence,
    Message,
    Post,
    PostId,
    Subscriber,
    SubscriberId,
    SubscriberState,
    SubscriptionId,
)
from watchdog_bot.core.text import utf16_length

NOW = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
NAMES = render.Names(
    name=lambda code: {"RU": "Russia", "KZ": "Kazakhstan"}.get(code, code), flag=lambda _code: "🏳"
)
WILD = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("<>&\"'/b 🇺🇦e\u0301\u202e")),
    max_size=700,
)


def post(**changes: object) -> Post:
    values: dict[str, object] = {
        "id": PostId(7),
        "title": "Court jails student",
        "link": "https://example.org/a?b=1&c=2",
        "summary": "A court in Moscow sentenced a student.",
        "content": "",
        "tags": (),
        "language": "en",
        "published_at": NOW,
        "first_seen_at": NOW,
        "countries": CountryReading(about=(CountryScore("RU", 2.0),)),
        "feed_name": "Watchdog",
    }
    return Post(**{**values, **changes})  # type: ignore[arg-type]


def claimed(
    shown: Post, *evidence: Evidence, doubts: int = 0, also_at: tuple[AlsoAt, ...] = ()
) -> ClaimedDelivery:
    delivery = Delivery(
        DeliveryId(1),
        shown.id,
        SubscriberId(1),
        DeliveryState.SENDING,
        due_at=NOW,
        attempts=1,
        doubts=doubts,
        evidence=evidence,
    )
    subscriber = Subscriber(SubscriberId(1), Address(5), ChatKind.PRIVATE, SubscriberState.ACTIVE)
    return ClaimedDelivery(delivery, shown, subscriber, also_at)


WORD = Evidence("word", "torture", "Torture", "title")


def alert(
    shown: Post,
    *evidence: Evidence,
    doubts: int = 0,
    also_at: tuple[AlsoAt, ...] = (),
    cases: tuple[Case, ...] = (),
) -> Message:
    one = claimed(shown, *(evidence or (WORD,)), doubts=doubts, also_at=also_at)
    return render.alert(replace(one, cases=cases), NAMES)


def test_an_alert_reads_like_this() -> None:
    message = alert(post(), Evidence("country", "RU", "Moscow", "text"), WORD)
    assert parse(message.html).text == (
        "🏳 Russia\n"
        "Court jails student\n"
        "Watchdog · 24 Nov 2026, 21:00 UTC\n"
        "A court in Moscow sentenced a student.\n"
        "Matched: Russia, “torture”"
    )
    assert [[button.text for button in row] for row in message.buttons] == [
        ["🔗 Read", "❓ Why?", "🔕 Mute"],
        ["📌 Follow this case"],
    ]


def test_the_title_is_bold_and_linked_and_the_date_is_told_in_the_readers_own_zone() -> None:
    entities = parse(alert(post()).html).entities
    assert ("Bold", "Court jails student", "") in entities
    assert ("TextUrl", "Court jails student", "https://example.org/a?b=1&c=2") in entities
    assert ("DateTime", "24 Nov 2026, 21:00 UTC", "") in entities
    assert ("BlockQuote", "A court in Moscow sentenced a student.", "") in entities


def test_a_missing_date_is_shown_as_first_seen_and_never_invented() -> None:
    assert "first seen 24 Nov 2026" in parse(alert(post(published_at=None)).html).text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/",
        "https://",
        "http://a b/",
        "",
        None,
        "tg://user?id=1",
    ],
)
def test_only_http_links_are_linked(url: str | None) -> None:
    message = alert(post(link=url))
    assert not [entity for entity in parse(message.html).entities if entity[0] == "TextUrl"]
    assert [button.text for button in message.buttons[0]] == ["❓ Why?", "🔕 Mute"]


def test_markup_in_a_feed_is_shown_as_text_and_forges_nothing() -> None:
    evil = '</a></b><a href="https://evil.example">click</a>'
    parsed = parse(alert(post(title=evil, feed_name=evil, summary=evil)).html)
    assert evil in parsed.text
    assert {entity[2] for entity in parsed.entities if entity[0] == "TextUrl"} == {
        "https://example.org/a?b=1&c=2"
    }


def test_a_repeat_after_a_lost_answer_says_so() -> None:
    assert "already" in parse(alert(post(), doubts=1).html).text
    assert "already" not in parse(alert(post()).html).text


def test_other_sources_of_the_post_are_named() -> None:
    also = (
        AlsoAt("Memorial", "https://memorial.example/1"),
        AlsoAt("OVD-Info"),
        AlsoAt("<b>", "javascript:x"),
    )
    parsed = parse(alert(post(), also_at=also).html)
    assert "Watchdog · also at Memorial, OVD-Info, <b> · " in parsed.text
    links = [entity for entity in parsed.entities if entity[0] == "TextUrl"]
    assert links[1:] == [("TextUrl", "Memorial", "https://memorial.example/1")]


def others(count: int, **more: object) -> tuple[AlsoAt, ...]:
    return tuple(
        AlsoAt(f"Source {number}", f"https://s{number}.example/", f"Report {number}", NOW)
        for number in range(count)
    )


def test_beyond_five_other_sources_are_counted_and_all_are_behind_a_button() -> None:
    shown = alert(post(), also_at=others(7))
    assert "also at Source 0, Source 1, Source 2, Source 3, Source 4 and 2 more · " in parse(shown.html).text
    assert [button.text for button in shown.buttons[1]] == ["📌 Follow this case", "📰 7 other reports"]
    assert alert(post(), also_at=others(1)).buttons[1][-1].text == "📰 1 other report"


def test_other_reports_are_listed_with_their_own_titles_links_and_times() -> None:
    found = render.reports([(post(), others(2)), (post(), ())])
    assert found is not None
    parsed = parse(found.html)
    assert parsed.text == (
        "📰 Court jails student\n"
        "• Report 0 — Source 0, 24 Nov 2026, 21:00 UTC\n"
        "• Report 1 — Source 1, 24 Nov 2026, 21:00 UTC"
    )
    assert ("TextUrl", "Report 1", "https://s1.example/") in parsed.entities


def test_where_no_other_source_has_it_there_is_nothing_to_list() -> None:
    assert render.reports([(post(), ())]) is None


def test_hostile_names_of_other_reports_forge_no_markup() -> None:
    found = render.reports([(post(), (AlsoAt("<b>x", "javascript:alert(1)", "<a href=x>&"),))])
    assert found is not None
    assert "• <a href=x>& — <b>x" in parse(found.html).text
    assert not [entity for entity in parse(found.html).entities if entity[0] == "TextUrl"]


@pytest.mark.parametrize(
    ("title", "link"), [("r", "l"), ("😀" * 300, "l"), ("r", "l" * 2000)], ids=["many", "long", "addresses"]
)
def test_a_long_list_of_reports_keeps_to_telegrams_limits_and_counts_the_rest(title: str, link: str) -> None:
    many = tuple(AlsoAt("Source", f"https://a.example/{link}", title, NOW) for _ in range(90))
    found = render.reports([(post(), many)])
    assert found is not None
    parsed = parse(found.html)
    assert utf16_length(parsed.text) <= 4096
    assert len(parsed.entities) <= 100
    listed = parsed.text.count("•")
    assert listed
    assert parsed.text.endswith(f"… and {90 - listed} more")


def test_why_a_joined_post_was_not_sent_names_the_alert_that_has_it() -> None:
    parsed = parse(render.why_joined(post(title="Later"), post()).html)
    assert "You were not sent this by itself\nLater\n" in parsed.text
    assert "Court jails student — Watchdog" in parsed.text


def test_many_matched_words_are_cut_to_a_few_and_counted() -> None:
    evidence = [Evidence("word", f"word{number}", "x", "title") for number in range(12)]
    assert parse(alert(post(), *evidence).html).text.endswith("“word7” and 4 more")


def test_the_country_asked_for_stands_first() -> None:
    both = CountryReading(about=(CountryScore("RU", 2.0), CountryScore("KZ", 1.0)))
    message = alert(post(countries=both), Evidence("country", "KZ", "Astana", "text"))
    assert parse(message.html).text.startswith("🏳 Kazakhstan · 🏳 Russia\n")


@settings(max_examples=150, deadline=None)
@given(
    title=WILD,
    summary=WILD,
    content=WILD,
    name=WILD,
    wanted=WILD,
    link=st.one_of(WILD, st.just("https://e.org/x")),
)
@example(title="<b", summary="&amp;", content="", name="<", wanted='"', link='https://e.org/"><b>')
def test_whatever_a_feed_says_the_alert_is_valid_within_limits_and_loses_no_word_of_the_title(  # noqa: PLR0917 - Hypothesis passes them by name
    title: str, summary: str, content: str, name: str, wanted: str, link: str
) -> None:
    shown = post(title=title, summary=summary, content=content, feed_name=name, link=link)
    message = alert(shown, Evidence("word", wanted, wanted, "title"))
    parsed = parse(message.html)
    assert utf16_length(parsed.text) <= 4096
    assert len(parsed.entities) <= 100
    if utf16_length(title.strip()) <= render.TITLE_LIMIT:
        assert visible(title) in visible(parsed.text)


def visible(text: str) -> str:
    """Without what Telegram's own clean-up removes or folds: spaces, controls, variation and joiners."""
    return "".join(ch for ch in text if ch.isprintable() and not ch.isspace() and ch.isalnum())


def test_why_names_every_piece_of_evidence_and_the_subscriptions_that_asked() -> None:
    evidence = (
        Evidence("country", "RU", "Moscow", "text"),
        WORD,
        Evidence("topic", "ill-treatment", "beaten", "summary"),
    )
    text = parse(render.why(post(), evidence, ["posts about Russia"], NAMES).html).text
    assert "🏳 Russia: “Moscow” in the text" in text
    assert "“torture”: “Torture” in the title" in text
    assert "topic ill-treatment: “beaten” in the summary" in text
    assert "posts about Russia" in text


@settings(max_examples=60, deadline=None)
@given(found=WILD, wanted=WILD, query=WILD, title=WILD)
def test_why_is_valid_whatever_is_in_it(found: str, wanted: str, query: str, title: str) -> None:
    evidence = tuple(
        Evidence(kind, wanted, found, "title") for kind in ("country", "word", "topic", "source")
    )
    message = render.why(post(title=title), evidence * 10, [query] * 12, NAMES)
    assert utf16_length(parse(message.html).text) <= 4096


def test_an_alert_of_followed_cases_replies_to_the_oldest_names_all_and_offers_to_close_them() -> None:
    one = Case(SubscriptionId(7), "Anna Petrova")
    two = Case(SubscriptionId(8), "Ivan <Petrov>", anchor=50)
    single = alert(post(), cases=(replace(one, anchor=40),))
    assert "📌 You follow “Anna Petrova”" in parse(single.html).text
    assert single.reply_to == 40
    assert [(button.text, button.data) for button in single.buttons[1]] == [("✅ Close this case", "v1:cc:7")]
    both = alert(post(), cases=(one, two))
    assert "📌 You follow “Anna Petrova”, “Ivan <Petrov>”" in parse(both.html).text
    assert both.reply_to is None
    assert [button.data for button in both.buttons[1]] == ["v1:cc:7", "v1:cc:8"]
    many = alert(post(), cases=tuple(replace(one, subscription_id=SubscriptionId(n)) for n in range(9)))
    assert "and 6 more" in many.html
    assert len(many.buttons[1]) == 3


def elsewhere(mirror: str = "", archive: str = "", **changes: object) -> list[tuple[str, str | None]]:
    """The buttons that lead to other places than the source."""
    shown = render.alert(replace(claimed(post(**changes), WORD), mirror=mirror, archive=archive), NAMES)
    return [(button.text, button.url) for row in shown.buttons[2:] for button in row]


def test_a_mirror_and_an_archive_are_offered_where_the_source_has_them() -> None:
    both = elsewhere("https://mirror.example/{path}", "https://web.archive.org/web/{url}")
    assert both == [
        ("🪞 Mirror", "https://mirror.example/a?b=1&c=2"),
        ("🗄 Archive", "https://web.archive.org/web/https://example.org/a?b=1&c=2"),
    ]
    assert elsewhere() == []
    assert elsewhere(archive="https://a.example/{url}")[0][0] == "🗄 Archive"


@pytest.mark.parametrize(
    "changes",
    [
        {"link": None},
        {"link": "javascript:alert(1)"},
        {"link": "https://a.example/b c"},
        {"withdrawn_at": NOW},
    ],
)
def test_nothing_is_offered_elsewhere_of_what_has_no_address_or_was_taken_back(
    changes: dict[str, object],
) -> None:
    assert elsewhere("https://mirror.example/{path}", "https://web.archive.org/web/{url}", **changes) == []


def test_a_mirror_that_is_not_https_is_not_offered() -> None:
    assert elsewhere("http://mirror.example/{path}") == []


@given(st.text(max_size=80))
def test_no_link_leads_a_mirror_to_another_host(path: str) -> None:
    for pattern in ("https://mirror.example/{path}", "https://mirror.example{path}"):
        for _, url in elsewhere(pattern, link=f"https://example.org/{path}"):
            assert urlsplit(url or "").hostname == "mirror.example"
