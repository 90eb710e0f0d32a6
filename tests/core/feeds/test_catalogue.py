"""The shipped list of sources: every line of it is checked as an operator's own would be."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files

import pytest

import watchdog_bot.data as shipped
from watchdog_bot.core.feeds.catalogue import Source, read_catalogue
from watchdog_bot.core.feeds.identity import canonical_link
from watchdog_bot.core.feeds.rules import (
    MAX_RULE,
    NO_RULES,
    SourceRules,
    archive_address,
    from_table,
    in_section,
)
from watchdog_bot.core.model import FeedKind, ParsedEntry

SOURCES = shipped.load_catalogue()
ONE = '[[source]]\nname = "A"\nhome = "https://a.example/"\n'


def named(name: str) -> Source:
    return next(source for source in SOURCES if source.name == name)


# ------------------------------------------------------------------ what is shipped


def test_every_entry_of_the_file_becomes_a_source() -> None:
    text = files(shipped).joinpath("catalogue.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["source"]
    assert [row["name"] for row in rows] == [source.name for source in SOURCES]
    assert len(SOURCES) >= 50


def test_every_country_is_one_and_every_source_has_a_language() -> None:
    known = set(shipped.load_atlas().names)
    assert {code for source in SOURCES for code in source.countries} <= known
    assert [source.name for source in SOURCES if not source.languages] == []


def test_a_page_that_is_watched_says_what_it_is_and_a_feed_is_never_called_auto() -> None:
    kinds = {source.kind for source in SOURCES if source.url}
    assert kinds <= {FeedKind.RSS, FeedKind.PAGE}
    assert all(
        source.kind in {FeedKind.AUTO, FeedKind.PAGE, FeedKind.SITEMAP}
        for source in SOURCES
        if not source.url
    )


def test_no_two_sources_are_one() -> None:
    addresses = [canonical_link(source.url) for source in SOURCES if source.url]
    assert len(addresses) == len(set(addresses))


@pytest.mark.parametrize(
    "name",
    [
        "RFE/RL Watchdog", "RFE/RL Journalists in Trouble", "Council of Europe Commissioner for Human Rights", "Human Rights Watch",
        "Amnesty International", "Memorial, political prisoners", "OVD-Info", "Committee to Protect Journalists",
        "Reporters Without Borders", "Article 19", "Front Line Defenders", "FIDH", "Viasna", "Freedom House", "Forum 18", "OHCHR",
    ],
)  # fmt: skip
def test_whom_a_person_of_this_field_would_name_is_there(name: str) -> None:
    assert named(name).home.startswith("https://")


def test_the_blog_has_a_page_for_each_day() -> None:
    blog = named("RFE/RL Watchdog")
    address = archive_address(blog.rules, date(2023, 1, 5), url=blog.url)
    assert address == "https://www.rferl.org/Watchdog/2023/1/5"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/odihr/598123", True),
        ("/representative-on-freedom-of-media/572653", True),
        ("/mission-to-moldova/1", False),
        ("/press-releases?page=2", False),
    ],
)
def test_of_a_page_of_many_offices_only_those_meant_are_kept(path: str, kept: bool) -> None:
    source = named("OSCE, ODIHR and the media representative")
    entry = ParsedEntry(id=None, link=f"https://www.osce.org{path}", title="A statement")
    assert in_section(entry, source.rules.section) is kept


# ------------------------------------------------------------------ how it is read


def read(more: str) -> Source:
    [source] = read_catalogue(ONE + more)
    return source


def test_a_name_and_a_home_page_are_enough() -> None:
    assert read("") == Source("A", "https://a.example/")
    assert read_catalogue("") == ()


def test_everything_can_be_said() -> None:
    source = read(
        'url = "https://a.example/feed"\nkind = "page"\nlanguages = ["en", "ru"]\ncountries = ["BY"]\n'
        'last_verified = 2026-04-30\nnote = "n"\n[source.rules]\ncontainer = "article"\nsection = " /a/* "\n'
    )
    assert (source.kind, source.countries, source.last_verified) == (
        FeedKind.PAGE,
        ("BY",),
        date(2026, 4, 30),
    )
    assert source.language is None
    assert source.rules == SourceRules(container="article", section="/a/*")


def test_one_language_is_the_language() -> None:
    assert read('languages = ["uk"]').language == "uk"


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ('hme = "x"', "unknown key 'hme'; the keys are"),
        ("url = 3", "url is a text between quotes"),
        ('url = "http://a.example/"', "no address that begins with https://"),
        ('url = "https://"', "no address that begins with https://"),
        ('kind = "rsss"', "kind 'rsss' is none of auto, rss"),
        ('languages = ["EN"]', "'EN' is no language tag"),
        ("languages = [3]", "3 is no language tag"),
        ('countries = ["Belarus"]', "'Belarus' is no country code"),
        ("countries = [1]", "1 is no country code"),
        ('last_verified = "yesterday"', "last_verified is a date"),
        ("last_verified = 2026-04-30T10:00:00", "last_verified is a date"),
        ('rules = "article"', "rules: they are a table such as"),
        ('rules = { contaner = "article" }', "rules: there is no rule 'contaner'; did you mean container?"),
        ('rules = { zzz = "article" }', "rules: there is no rule 'zzz'; known are section, container"),
        ("rules = { container = 3 }", "rules: container is a text between quotes"),
        (f'rules = {{ container = "{"a" * (MAX_RULE + 1)}" }}', f"of at most {MAX_RULE} characters"),
        ('rules = { container = "a[" }', "rules: container = 'a[' is no CSS selector"),
        ('rules = { title = "h2" }', "rules: selectors need container"),
        ('rules = { archive = "/{day}" }', "rules: archive needs {year}"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_named(more: str, cause: str) -> None:
    with pytest.raises(ValueError, match=r"^source 1 \(A\): ") as caught:
        read_catalogue(ONE + more)
    assert cause in str(caught.value)


def test_what_names_nothing_is_named_by_its_number() -> None:
    with pytest.raises(
        ValueError, match=r"source 2 \(without a name\): every source has a name and a home page"
    ):
        read_catalogue(ONE + '[[source]]\nhome = "https://b.example/"')


@pytest.mark.parametrize(
    ("second", "cause"),
    [
        ('name = "a"\nhome = "https://b.example/"', "the name a stands in the catalogue twice"),
        (
            'name = "B"\nhome = "https://a.example/?utm_source=x"',
            "the address https://a.example stands in the catalogue twice",
        ),
    ],
)
def test_a_source_that_stands_in_it_twice_is_refused(second: str, cause: str) -> None:
    with pytest.raises(ValueError, match="twice") as caught:
        read_catalogue(f"{ONE}[[source]]\n{second}")
    assert cause in str(caught.value)


@pytest.mark.parametrize("text", ["[feeds]", "source = 3"])
def test_another_file_is_no_catalogue(text: str) -> None:
    with pytest.raises(ValueError, match=r"blocks \[\[source\]\] and nothing else"):
        read_catalogue(text)


def test_no_rules_are_an_empty_table() -> None:
    assert from_table({}) == NO_RULES
    assert read("[source.rules]").rules.to_text() == ""


def test_rules_survive_the_way_into_the_store_and_back() -> None:
    for source in SOURCES:
        assert SourceRules.from_text(source.rules.to_text()) == source.rules
