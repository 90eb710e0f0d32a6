from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.telegram_html import parse
from watchdog_bot.core.buttons import decode
from watchdog_bot.core.model import (
    Address,
    AlsoAt,
    ChatKind,
    ClaimedDelivery,
    ClaimedDigest,
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
)
from watchdog_bot.core.render import Names, alert
from watchdog_bot.core.render_digest import Page, corrected, digest, page, shown_on
from watchdog_bot.core.tempo import ChatSettings, Corrections
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
    wanted: ChatSettings | None = None,
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
    return ClaimedDelivery(delivery, post, READER, settings=wanted or ChatSettings())


def country(code: str, where: str = "text") -> Evidence:
    return Evidence("country", code, code, where)


def topic(name: str) -> Evidence:
    return Evidence("topic", name, name, "text")


def word(text: str, where: str = "text") -> Evidence:
    return Evidence("word", text, text, where)


def owed(*deliveries: ClaimedDelivery, late: bool = False) -> ClaimedDigest:
    return ClaimedDigest(READER, deliveries, late)


def lines(message: Message) -> list[str]:
    return [line for line in parse(message.html).text.split("\n") if line]


def shown(*deliveries: ClaimedDelivery, late: bool = False) -> list[str]:
    (only,) = digest(owed(*deliveries, late=late), NAMES)
    return lines(only.message)


def turned(whole: ClaimedDigest) -> list[Page]:
    """Every page, by pressing “more” until there is no more."""
    out: list[Page] = []
    first: int | None = 0
    while first is not None:
        one = page(whole, first, NAMES)
        assert one is not None
        out.append(one)
        more = [each for row in one.message.buttons for each in row if each.text.endswith("more ›")]
        press = decode(more[0].data or "") if more else None
        first = int(press.args[0]) if press else None
    return out


def test_an_empty_digest_is_not_sent() -> None:
    assert digest(owed(), NAMES) == ()


def test_it_groups_by_country_then_by_topic_and_the_heaviest_come_first() -> None:
    assert shown(
        claimed(1, "one", about=("BY",), evidence=(word("a"),)),
        claimed(2, "two", about=("UA",), evidence=(topic("Prisons"),)),
        claimed(3, "three", about=("UA",), evidence=(word("a"),)),
        claimed(4, "four", evidence=(word("a"), word("b"), word("c"))),
        claimed(5, "five", about=("UA",), evidence=(word("a"), word("b"))),
    ) == [
        "🗞 5 alerts",
        "🏳 Ukraine",
        "• five — Source & Sons, 1 Mar 09:05",
        "• three — Source & Sons, 1 Mar 09:03",
        "Prisons",
        "• two — Source & Sons, 1 Mar 09:02",
        "🏳 Belarus",
        "• one — Source & Sons, 1 Mar 09:01",
        "Elsewhere",
        "• four — Source & Sons, 1 Mar 09:04",
    ]


def test_a_wish_answered_in_the_title_weighs_more_and_equals_stand_newest_first() -> None:
    text = shown(
        claimed(1, "in the text twice", evidence=(word("a"), word("a"))),
        claimed(2, "in the title", evidence=(word("a", "title"), word("a"))),
        claimed(3, "newer", evidence=(word("a"),)),
    )
    assert [line.split(" — ")[0] for line in text[2:]] == ["• in the title", "• newer", "• in the text twice"]


def test_a_post_stands_under_the_country_that_was_asked_for() -> None:
    assert shown(claimed(1, about=("BY", "UA"), evidence=(country("UA"),)))[:2] == ["🗞 1 alert", "🏳 Ukraine"]


def test_a_backlog_says_that_it_is_late_and_a_doubt_that_it_may_be_a_repeat() -> None:
    text = shown(claimed(2, doubts=1), claimed(1), late=True)
    assert text[0] == "🗞 2 alerts that could not reach you in time"
    assert text[2].endswith("(maybe a repeat)")


def test_times_are_those_of_the_chats_zone_where_the_client_has_none_of_its_own() -> None:
    almaty = ChatSettings(zone="Asia/Almaty")
    (only,) = digest(owed(claimed(0, wanted=almaty)), NAMES)
    assert "1 Mar 14:00" in parse(only.message.html).text
    assert f'<tg-time unix="{int(START.timestamp())}" format="dt">' in only.message.html


def test_it_is_silent_only_if_all_of_it_is() -> None:
    loud = claimed(1)
    quiet = replace(loud, delivery=replace(loud.delivery, silent=True))
    assert not digest(owed(loud, quiet), NAMES)[0].message.silent
    assert digest(owed(quiet), NAMES)[0].message.silent


def test_one_message_carries_all_and_a_button_says_how_many_more_there_are() -> None:
    whole = owed(*(claimed(number, "word " * 30, about=("UA",)) for number in range(1, 60)))
    (only,) = digest(whole, NAMES)
    assert only.deliveries == whole.deliveries
    first = turned(whole)[0]
    assert only.message.buttons[0][0].text == f"{59 - first.end} more ›"


def test_further_pages_repeat_the_headings_and_lead_back() -> None:
    prisons = (topic("Prisons"),)
    whole = owed(*(claimed(number, "word " * 30, about=("UA",), evidence=prisons) for number in range(1, 60)))
    pages = turned(whole)
    assert len(pages) > 2
    for before, after in pairwise(pages):
        assert lines(after.message)[:3] == [
            f"🗞 59 alerts, from number {after.first + 1}",
            "🏳 Ukraine",
            "Prisons",
        ]
        back = decode(after.message.buttons[0][0].data or "")
        assert back is not None
        assert back.args == (str(before.first), "0")


def test_a_line_counts_the_other_sources_and_each_page_has_a_button_for_them() -> None:
    also = (AlsoAt("Other"), AlsoAt("Third"))
    whole = owed(*(replace(claimed(number, "word " * 30), also_at=also) for number in range(1, 60)))
    for one in turned(whole):
        assert one.message.buttons[-1][0].text == "📰 Other reports"
        back = decode(one.message.buttons[-1][0].data or "")
        assert back is not None
        first, late = back.args
        assert (int(first), late) == (one.first, "0")
        there = shown_on(whole, one.first, NAMES)
        assert len(there) == one.end - one.first
        assert (
            f" — Source & Sons and 2 more, {there[0].post.first_seen_at.day} Mar "
            in parse(one.message.html).text
        )
    assert shown_on(whole, 99, NAMES) == ()


def test_reports_that_come_later_move_no_line_to_another_page() -> None:
    before = owed(*(claimed(number, "word " * 30) for number in range(1, 60)))
    also = tuple(AlsoAt(str(number)) for number in range(99))
    after = owed(*(replace(each, also_at=also) for each in before.deliveries))
    assert [one.first for one in turned(after)] == [one.first for one in turned(before)]


def test_there_is_no_page_beyond_the_last_line_or_before_the_first() -> None:
    assert page(owed(claimed(1)), 1, NAMES) is None
    assert page(owed(claimed(1)), -1, NAMES) is None


def test_turning_on_skips_no_line_even_when_earlier_titles_got_shorter_meanwhile() -> None:
    long = [claimed(number, f"{number} " + "word " * 35, about=("UA",)) for number in range(60)]
    first = page(owed(*long), 0, NAMES)
    assert first is not None
    short = owed(*(replace(one, post=replace(one.post, title=f"{one.post.id} x")) for one in long))
    second = page(short, first.end, NAMES)
    assert second is not None
    assert lines(second.message)[2].startswith(f"• {59 - first.end} x")


titles = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=250)
addresses = st.none() | st.sampled_from(['https://a.example/?a=1&b=<2>"', "https://a.example/" + "x" * 2000])
deliveries = st.lists(
    st.tuples(titles, addresses, st.sampled_from(["", "UA", "BY"]), st.sampled_from(["", "Prisons", "<b>"])),
    min_size=1,
    max_size=80,
)


@settings(max_examples=40, deadline=None)
@given(deliveries)
def test_over_all_pages_every_line_stands_once_and_every_page_is_within_telegrams_limits(
    wanted: list[tuple[str, str | None, str, str]],
) -> None:
    whole = owed(
        *(
            claimed(
                number,
                f"{number}) {title}",
                link=link,
                about=(code,) if code else (),
                evidence=(topic(name),) if name else (),
                doubts=number % 2,
            )
            for number, (title, link, code, name) in enumerate(wanted, 1)
        )
    )
    told: list[str] = []
    for one in turned(whole):
        parsed = parse(one.message.html)
        assert utf16_length(parsed.text) <= 4096
        assert len(parsed.entities) <= 100
        assert len(one.message.html) <= 60_000
        told += [
            line.split(")")[0].removeprefix("• ") for line in parsed.text.split("\n") if line.startswith("• ")
        ]
    assert sorted(told, key=int) == [str(number) for number in range(1, len(wanted) + 1)]


# ------------------------------------------------------------------ alerts that were changed


def changed(corrections: Corrections, *, zone: str = "UTC") -> ClaimedDelivery:
    one = claimed(1, "New title", about=("UA",), wanted=ChatSettings(zone=zone, corrections=corrections))
    post = replace(one.post, changed_at=START + timedelta(hours=5))
    return replace(one, post=post, delivery=replace(one.delivery, message_id=9), changed=True)


def test_a_changed_alert_ends_with_when_it_was_updated() -> None:
    one = changed(Corrections.EDIT, zone="Europe/Kyiv")
    before = alert(one, NAMES)
    after = corrected(before, one)
    text = parse(after.html).text
    assert text == f"{parse(before.html).text}\n✏️ updated 16:00"
    assert after.buttons == before.buttons


def withdrawn(one: ClaimedDelivery) -> ClaimedDelivery:
    return replace(one, post=replace(one.post, withdrawn_at=START + timedelta(hours=6)))


def test_an_alert_of_a_post_that_was_taken_back_keeps_only_its_title_struck_out() -> None:
    one = withdrawn(changed(Corrections.EDIT))
    parsed = parse(corrected(alert(one, NAMES), one).html)
    assert parsed.text.endswith("🗑 withdrawn by the source at 15:00")
    assert ("Strikethrough", "New title", "") in parsed.entities
    assert "Blockquote" not in {kind for kind, _, _ in parsed.entities}
    assert [button.text for row in alert(one, NAMES).buttons for button in row][:2] == ["❓ Why?", "🔕 Mute"]
    reply = withdrawn(changed(Corrections.REPLY))
    assert parse(corrected(alert(reply, NAMES), reply).html).text.startswith("🗑 Withdrawn by its source\n")


def test_what_was_changed_before_it_was_promised_is_not_called_updated() -> None:
    one = changed(Corrections.EDIT)
    late = replace(one, delivery=replace(one.delivery, created_at=START + timedelta(hours=5)))
    assert corrected(alert(late, NAMES), late) == alert(late, NAMES)
    unsent = replace(one, delivery=replace(one.delivery, message_id=None))
    assert corrected(alert(unsent, NAMES), unsent) == alert(unsent, NAMES)


def test_lines_that_were_changed_or_taken_back_say_when_and_stand_where_they_stood() -> None:
    kyiv = ChatSettings(zone="Europe/Kyiv")
    before = owed(*(claimed(number, f"{number} " + "word " * 30, wanted=kyiv) for number in range(1, 60)))
    sent = [replace(one, delivery=replace(one.delivery, message_id=9)) for one in before.deliveries]
    edited = [replace(one, post=replace(one.post, changed_at=START + timedelta(hours=5))) for one in sent]
    after = owed(*edited[:30], *map(withdrawn, sent[30:]))
    assert [one.first for one in turned(after)] == [one.first for one in turned(before)]
    parsed = [parse(one.message.html) for one in turned(after)]
    text = "\n".join(each.text for each in parsed)
    assert text.count(", updated 16:00") == 30
    assert text.count(", withdrawn 17:00") == 29
    assert sum(kind == "Strikethrough" for each in parsed for kind, _, _ in each.entities) == 29
    assert all(utf16_length(each.text) <= 4096 and len(each.entities) <= 100 for each in parsed)


def test_a_correction_that_comes_as_a_reply_begins_by_saying_so() -> None:
    one = changed(Corrections.REPLY)
    text = parse(corrected(alert(one, NAMES), one).html).text
    assert text.startswith("✏️ Changed by its source\n")
    assert text.endswith("✏️ updated 14:00")


def test_an_alert_that_another_report_joined_is_no_second_correction() -> None:
    one = replace(changed(Corrections.REPLY), changed=False)
    assert "Changed by its source" not in corrected(alert(one, NAMES), one).html


@settings(max_examples=30, deadline=None)
@given(titles, st.text(max_size=3000))
def test_a_changed_alert_is_within_telegrams_limits(title: str, summary: str) -> None:
    one = changed(Corrections.REPLY)
    one = replace(one, post=replace(one.post, title=title, summary=summary))
    parsed = parse(corrected(alert(one, NAMES, summary_limit=2000), one).html)
    assert utf16_length(parsed.text) <= 4096
    assert "updated 14:00" in parsed.text
