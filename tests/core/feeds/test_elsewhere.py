"""A post's address at a mirror or in a web archive comes out of a pattern, and is an address or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.feeds.elsewhere import address, fault
from watchdog_bot.core.feeds.links import absolute

LINK = "https://news.example/a/b.html?id=7"


@pytest.mark.parametrize(
    ("pattern", "there"),
    [
        ("https://web.archive.org/web/{url}", f"https://web.archive.org/web/{LINK}"),
        ("https://mirror.example/{path}", "https://mirror.example/a/b.html?id=7"),
        ("https://mirror.example{path}", "https://mirror.example/a/b.html?id=7"),
        ("https://mirror.example/news", "https://mirror.example/news"),
        ("", None),
    ],
)
def test_a_pattern_leads_to_the_post_elsewhere(pattern: str, there: str | None) -> None:
    assert address(pattern, LINK) == there


def test_a_post_without_a_link_is_nowhere_else() -> None:
    assert address("https://mirror.example/{path}", None) is None
    assert address("https://mirror.example/{path}", "") is None


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("http://mirror.example/{path}", "does not start with https://"),
        ("javascript:alert(1)", "does not start with https://"),
        ("https://mirror.example/{link}", "knows {url} and {path}, not {link}"),
        ("https://", "is not an address"),
    ],
)
def test_a_pattern_that_leads_nowhere_is_refused_with_the_reason(pattern: str, why: str) -> None:
    assert fault(pattern) == why


def test_a_good_pattern_has_no_fault() -> None:
    assert fault("https://web.archive.org/web/{url}") is None


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_whatever_the_link_what_comes_out_is_an_address_or_nothing(link: str) -> None:
    there = address("https://mirror.example/{path}", absolute(link, "https://news.example/"))
    assert there is None or there.startswith("https://mirror.example/")
