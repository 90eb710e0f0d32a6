from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.summarise import summary
from watchdog_bot.core.text import utf16_length


def of(text: str, *, title: str = "A title", content: str = "", limit: int = 300) -> str:
    return summary(title=title, summary=text, content=content, limit=limit)


def test_a_short_summary_of_the_source_stands_as_it_is() -> None:
    assert of("Two   journalists were\nreleased.") == "Two journalists were released."


def test_without_a_summary_the_first_sentences_of_the_text_serve() -> None:
    content = "The court sat on Monday. " * 8 + "It rose on Tuesday. " * 20
    lead = of("", content=content)
    assert lead.startswith("The court sat on Monday.")
    assert lead.endswith(".")
    assert utf16_length(lead) <= 300


def test_a_long_first_sentence_is_cut_at_a_word() -> None:
    lead = of("word " * 100)
    assert lead.endswith("word…")
    assert utf16_length(lead) <= 300


def test_the_title_is_not_said_twice() -> None:
    assert (
        of("Court jails student. He says he was tortured.", title="Court Jails Student")
        == "He says he was tortured."
    )
    assert of("Court jails student", title="Court jails student") == ""


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("MOSCOW — A court sat.", "A court sat."),
        ("ALMATY, May 3 (Agency) -- Inspectors came.", "Inspectors came."),
        ("By Anna Petrova | Inspectors came.", "Inspectors came."),
        ("Inspectors came. [...]", "Inspectors came."),
        ("Inspectors came. Read more", "Inspectors came."),
        ("Two men — both lawyers — were held.", "Two men — both lawyers — were held."),
        ("МОСКВА — Суд начался.", "Суд начался."),
    ],
)
def test_datelines_bylines_and_teasers_are_left_out(text: str, lead: str) -> None:
    assert of(text) == lead


def test_a_sentence_that_only_begins_like_the_title_keeps_its_subject() -> None:
    text = "Court 2 was opened on Monday."
    assert of(text, title="Court 2") == text


def test_a_summary_that_the_source_cut_off_gives_way_to_the_text_or_says_so() -> None:
    content = "Inspectors came to thirteen groups on Monday. Two were fined."
    assert of("Inspectors came to thirt", content=content) == content
    assert of("Inspectors came to thirt") == "Inspectors came to thirt…"


def test_what_page_builders_leave_behind_is_left_out() -> None:
    assert of('[vc_row css_animation="none"][vc_column]Inspectors came.[/vc_column]') == "Inspectors came."
    assert (
        of("Inspectors came. The post Inspectors came appeared first on Rights Blog.") == "Inspectors came."
    )


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=900), st.text(max_size=900), st.text(max_size=80), st.integers(20, 400))
def test_it_never_exceeds_the_limit_and_never_raises(text: str, content: str, title: str, limit: int) -> None:
    assert utf16_length(of(text, content=content, title=title, limit=limit)) <= limit
