"""Pages written for these tests, in the manner of pages that have no feed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.identity import keys
from watchdog_bot.core.feeds.page import parse_page
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.core.feeds.rules import SourceRules, archive_address, faults
from watchdog_bot.core.model import FeedKind, ParsedFeed

URL = "https://radio.example/Watchdog"
AROUND = """<!DOCTYPE html><html lang="en"><head><title>Watchdog | Radio Example</title><style>.x{{}}</style></head><body>
<header><a href="/">Radio Example</a><nav><ul class="menu">
<li><a href="/news">All the news of the day</a></li><li><a href="/investigations">Our investigations, in full</a></li>
<li><a href="/journalists-in-trouble">Journalists in trouble</a></li></ul></nav></header>
<main id="content"><h1>Watchdog</h1><p class="about">A blog with views on rights and those who take them away.</p>{}</main>
<aside class="popular"><h2>Most read</h2><ol><li><a href="/a/1">Ten things that happened while you slept tonight</a></li>
<li><a href="/a/2">What the minister said, and what he did not say</a></li><li><a href="/a/3">A long read about a short road</a></li></ol></aside>
<footer><ul><li><a href="/terms-of-use">Terms of use and other small print</a></li><li><a href="/contact-the-editors">Contact the editors of this site</a></li></ul></footer>
</body></html>"""
POST = """<li class="col-xs-12 mb-grid"><div class="media-block media-block--wide">
<a href="{link}" class="img-wrap" title="{title}"><img src="/i.jpg" alt="{title}"></a>
<div class="media-block__content"><span class="date">{date}</span>
<a href="{link}"><h4 class="media-block__title">{title}</h4><p class="perex">{words}</p></a></div></div></li>"""
FIRST = POST.format(
    link="/a/watchdog-printer/32.html",
    title="A village printer goes to court",
    date="January 05, 2023",
    words="The machine was taken at night; its owner wants it back, with the paper.",
)
SECOND = POST.format(
    link="/a/watchdog-exit-bans/31.html",
    title="Nobody leaves: exit bans, one by one",
    date="December 30, 2022",
    words="Eleven lawyers learned at the airport that they may not fly.",
)
LOAD_MORE = (
    '<p class="buttons"><a class="btn link-showMore" href="/z/646?p=1">Load more of these posts</a></p>'
)
WATCHDOG = AROUND.format(f'<div class="media-blocks"><ul class="row">{FIRST}{SECOND}</ul>{LOAD_MORE}</div>')


def titles(feed: ParsedFeed) -> list[str]:
    return [entry.title for entry in feed.entries]


def guessed(inside: str, url: str = URL) -> ParsedFeed:
    return parse_page(AROUND.format(inside), url=url, now=datetime(2026, 11, 24, tzinfo=UTC))


def test_a_page_of_two_posts_and_a_load_more_is_read() -> None:
    feed = parse_document(WATCHDOG.encode(), url=URL, kind=FeedKind.PAGE)
    assert feed.kind is FeedKind.PAGE
    assert (feed.title, feed.language, feed.link) == ("Watchdog | Radio Example", "en", URL)
    assert titles(feed) == ["A village printer goes to court", "Nobody leaves: exit bans, one by one"]
    one = feed.entries[0]
    assert one.link == "https://radio.example/a/watchdog-printer/32.html"
    assert one.published == datetime(2023, 1, 5, tzinfo=UTC)
    assert one.summary.startswith("The machine was taken at night")


def test_its_sister_page_without_dates_is_read() -> None:
    block = '<li><a href="/a/trouble-{0}/{0}.html"><h4>{1}</h4></a></li>'
    names = [
        "Reporter held after filming a queue",
        "Camera operator freed without his camera",
        "Editor charged for a map",
    ]
    feed = guessed(f"<ul>{''.join(block.format(number, name) for number, name in enumerate(names))}</ul>")
    assert titles(feed) == names


def test_a_web_page_is_no_feed_until_somebody_says_so() -> None:
    with pytest.raises(ParseError, match=r"a web page titled “Watchdog \| Radio Example”, not a feed"):
        parse_document(WATCHDOG.encode(), url=URL)
    rules = SourceRules(container=".media-block")
    assert len(parse_document(WATCHDOG.encode(), url=URL, rules=rules).entries) == 2


def test_a_source_that_was_a_page_and_is_a_feed_now_is_read_as_a_feed() -> None:
    body = b'<rss version="2.0"><channel><title>T</title><item><title>x</title></item></channel></rss>'
    assert parse_document(body, url=URL, kind=FeedKind.PAGE).kind is FeedKind.RSS


def test_selectors_say_where_everything_is() -> None:
    rules = SourceRules(
        container="div.media-block", link="a", title=".media-block__title", date=".date", summary=".perex"
    )
    feed = parse_page(WATCHDOG, url=URL, rules=rules)
    assert titles(feed) == ["A village printer goes to court", "Nobody leaves: exit bans, one by one"]
    assert [entry.published for entry in feed.entries] == [
        datetime(2023, 1, 5, tzinfo=UTC),
        datetime(2022, 12, 30, tzinfo=UTC),
    ]
    assert feed.entries[1].summary == "Eleven lawyers learned at the airport that they may not fly."


def test_a_container_that_is_the_link_itself_is_enough() -> None:
    feed = guessed_with(
        '<a class="card" href="/x">Short</a><a class="card" href="/y">Also</a>',
        SourceRules(container="a.card"),
    )
    assert titles(feed) == ["Short", "Also"]
    assert titles(
        guessed_with('<a class="card" href="/x">Short</a>', SourceRules(container="a.card", link="a"))
    ) == ["Short"]


def guessed_with(inside: str, rules: SourceRules) -> ParsedFeed:
    return parse_page(AROUND.format(inside), url=URL, rules=rules)


def test_selectors_that_find_nothing_are_told() -> None:
    with pytest.raises(ParseError, match=r"its selector '\.gone' finds nothing"):
        guessed_with("", SourceRules(container=".gone"))
    with pytest.raises(ParseError, match="no CSS selector"):
        guessed_with("", SourceRules(container="a[["))


def test_articles_with_time_elements_are_read() -> None:
    article = (
        '<article class="post post-{0}"><header class="entry-header"><h2><a href="/2026/05/{0}">Statement number {0} of the committee</a></h2></header>'
        '<time datetime="2026-05-0{0}T10:00:00+02:00">{0} May</time><p>By <a href="/author/anna">Anna</a> in <a href="/tag/courts">Courts and prisons of the region</a></p></article>'
    )
    feed = guessed("".join(article.format(number) for number in (3, 2, 1)))
    assert titles(feed) == [f"Statement number {number} of the committee" for number in (3, 2, 1)]
    assert feed.entries[0].published == datetime(2026, 5, 3, 8, tzinfo=UTC)
    assert feed.entries[0].link == "https://radio.example/2026/05/3"


def test_a_plain_table_with_dates_is_read() -> None:
    rows = "".join(
        f'<tr><td>0{n}.05.2026</td><td><a href="?id={n}">Заявление правозащитников № {n}</a></td></tr>'
        for n in (3, 2, 1)
    )
    feed = guessed(f"<table>{rows}</table>")
    assert titles(feed) == [f"Заявление правозащитников № {n}" for n in (3, 2, 1)]
    assert feed.entries[0].link == "https://radio.example/Watchdog?id=3"
    assert feed.entries[0].published == datetime(2026, 5, 3, tzinfo=UTC)


def test_headings_without_blocks_of_their_own_are_read() -> None:
    pairs = "".join(
        f'<h3><a href="/s/{n}">Letter from cell {n}, written in pencil</a></h3><p>Some words.</p>'
        for n in (1, 2, 3)
    )
    assert titles(guessed(pairs)) == [f"Letter from cell {n}, written in pencil" for n in (1, 2, 3)]


def test_links_to_other_sites_front_pages_and_the_page_itself_are_no_posts() -> None:
    inside = (
        '<ul><li><a href="https://other.example/x">A story that stands on another site</a></li>'
        '<li><a href="/Watchdog#top">Back to the top of this very page</a></li><li><a href="/">The front page of this site here</a></li></ul>'
    )
    with pytest.raises(ParseError, match="no list of posts can be made out"):
        guessed(inside)


def test_a_block_with_several_posts_is_taken_apart() -> None:
    links = "".join(f'<a href="/x/{n}">A rather long title, the number {n} of them all</a>' for n in range(6))
    feed = guessed(f'<div class="box"><h3><a href="/lead">The lead of this box is here</a></h3>{links}</div>')
    assert [entry.link for entry in feed.entries] == [f"https://radio.example/x/{n}" for n in range(6)]


def test_a_container_without_a_link_is_passed_over() -> None:
    feed = guessed_with(
        '<li class="p">No link</li><li class="p"><a href="mailto:x@y">Mail</a></li><li class="p"><a href="/z">Z</a></li>',
        SourceRules(container="li.p", title="b"),
    )
    assert [(entry.link, entry.title) for entry in feed.entries] == [("https://radio.example/z", "Z")]


def test_a_teaser_that_repeats_the_title_is_no_summary() -> None:
    block = '<article><h2><a href="/p/{0}">Statement number {0} of the committee</a></h2><p>Statement number {0} of the committee, read out at noon</p></article>'
    assert [entry.summary for entry in guessed(block.format(1) + block.format(2)).entries] == ["", ""]


def test_a_date_that_only_looks_like_one_is_none() -> None:
    block = '<article><h2><a href="/p/{0}">Statement number {0} of the committee</a></h2><span class="date">{0} days ago, 17</span><time datetime="soon 2026">x</time></article>'
    assert [entry.published for entry in guessed(block.format(1) + block.format(2)).entries] == [None, None]


def test_a_page_of_ten_thousand_elements_in_each_other_is_read() -> None:
    deep = "<div>" * 10_000 + '<a href="/x/y">A title that nobody will ever find</a>'
    assert len(parse_page(deep, url=URL).entries) <= 1


def test_a_base_element_is_obeyed() -> None:
    page = WATCHDOG.replace("<head>", '<head><base href="https://radio.example/deep/">').replace(
        'href="/a/', 'href="a/'
    )
    assert (
        parse_page(page, url=URL).entries[0].link == "https://radio.example/deep/a/watchdog-printer/32.html"
    )


def test_an_edited_teaser_is_the_same_post() -> None:
    before = parse_page(WATCHDOG, url=URL)
    after = parse_page(
        WATCHDOG.replace("goes to court", "wins in court").replace("at night", "at noon"), url=URL
    )
    assert keys(before.entries) == keys(after.entries)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(
    ["<article>", "</article>", '<a href="/x">', "</a>", "<li>", "</li>", "<h2>", "</h2>", "<div class='a 5'>", "</div>", "<time datetime='2026'>", "A title of some length",
     "<nav>", "</nav>", "<base href='http://['>", '<a href="/y/z">', "<table>", "<td>", "<p>", "\x00", "й"]), max_size=40))  # fmt: skip
def test_no_page_raises_more_than_parse_error(parts: list[str]) -> None:
    try:
        feed = parse_page("".join(parts), url=URL)
    except ParseError as error:
        assert "web page" in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert all(entry.link and entry.title for entry in feed.entries)


def test_rules_survive_being_kept_as_text() -> None:
    rules = SourceRules(section="/a/*", container="li", archive="/{year}")
    assert SourceRules.from_text(rules.to_text()) == rules
    assert SourceRules().to_text() == ""
    assert SourceRules.from_text("") == SourceRules()
    for wrong in ("{", "[]", '{"colour": "red"}', "5"):
        with pytest.raises(ParseError, match="no rules of a source"):
            SourceRules.from_text(wrong)


def test_wrong_rules_are_told_with_the_mend() -> None:
    assert faults(SourceRules(container="li", title="h4", archive="/W/{year}/{month}/{day}")) == ()
    assert "is no CSS selector" in faults(SourceRules(container="a[["))[0]
    assert "need container" in faults(SourceRules(title="h4"))[0]
    assert "not {hour}".replace("{hour}", "hour") in faults(SourceRules(archive="/{year}/{hour}"))[0]
    assert "needs {year}" in faults(SourceRules(archive="/archive"))[0]


def test_a_day_of_the_archive_has_its_address() -> None:
    rules = SourceRules(archive="/Watchdog/{year}/{month}/{day}")
    assert archive_address(rules, date(2023, 1, 5), url=URL) == "https://radio.example/Watchdog/2023/1/5"
    assert (
        archive_address(
            SourceRules(archive="https://a.example/{year}-{month02}-{day02}"), date(2023, 1, 5), url=URL
        )
        == "https://a.example/2023-01-05"
    )
    assert archive_address(SourceRules(), date(2023, 1, 5), url=URL) is None
