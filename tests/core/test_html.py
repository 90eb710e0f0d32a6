from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.html import clean, is_entity, looks_like_markup, plain, plain_text, unescape

MARKUP = st.text(
    alphabet=st.sampled_from(list("ab <>/&;#x1\"'=!-[]?й\u200c\u200d\u202e\u00ad\u0301\u0627\u0915 \n")),
    max_size=60,
)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("half<b>word</b>s", "halfwords"),
        ("a<br>b<br/>c", "a b c"),
        ("<ul><li>x</li><li>y</li></ul>", "x y"),
        ("<script>track()</script>seen", "seen"),
        ("<STYLE type=x>p{}</STYLE >seen", "seen"),
        ("seen<script>never closed", "seen"),
        ("a<!-- hidden -->b<!-->c<!--->d", "abcd"),
        ("a<!-- never closed", "a"),
        ("a<![CDATA[ & ]]>b", "a & b"),
        ('<a title="x > y" href=\'>\'>link</a>', "link"),
        ('cut off <a href="https://exam', "cut off"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("AT&amp;T &lt;3 &eacute;t&eacute;", "AT&T <3 été"),
        ("twice &amp;amp; thrice", "twice & thrice"),
        ("<p>twice &amp;amp; thrice</p>", "twice & thrice"),
        ("1 < 2: &lt;p&gt;so&lt;/p&gt;", "1 < 2: so"),
        ("&lt;p&gt;escaped once too often&lt;/p&gt;", "escaped once too often"),
        ("<p>code: &lt;b&gt; stays</p>", "code: <b> stays"),
        ("&#8220;quoted&#x201D; &#146;", "“quoted” ’"),
        ("", ""),
    ],
)  # fmt: skip
def test_html_becomes_what_a_person_sees(markup: str, text: str) -> None:
    assert plain(markup) == text


@pytest.mark.parametrize(
    "reference",
    ["&#1114112;", "&#xD800;", "&#99999999999999999999;", "&#x" + "F" * 5000 + ";", "&#" + "9" * 6000],
)
def test_a_reference_to_no_character_costs_only_itself(reference: str) -> None:
    assert plain(f"a {reference} b").replace("\ufffd", "").split() == ["a", "b"]


def test_plain_text_keeps_what_only_looks_like_markup() -> None:
    assert plain_text("Less <b> is more") == "Less <b> is more"
    assert plain_text("R&amp;D, &lt;em&gt;really&lt;/em&gt;") == "R&D, really"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("tor\u200bture", "torture"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\u202eb\u202cc\u2066d\u2069", "abcd"),
        ("a\x00b\x07c\x1bd\x7f", "abcd"),
        ("a\tb\r\nc\u2028d\u00a0e\u3000f", "a b c d e f"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("cafe\u0301", "café"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("ന്\u200d", "ന്\u200d"),
        ("a\u200cb\u200dc", "abc"),
        ("می\u200c\u200c\u200cخواهم", "می\u200cخواهم"),
        ("\u200cword\u200c", "word"),
        ("👩\u200d⚖️", "👩\u200d⚖️"),
        ("z" + "\u0301\u0302\u0303\u0304\u0305\u0306" * 5, "ź\u0302\u0303\u0304\u0305"),
        ("  plain   ascii ", "plain ascii"),
    ],
)  # fmt: skip
def test_text_is_cleaned_of_tricks_and_keeps_its_words(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=60), MARKUP))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=60), MARKUP))
def test_whatever_comes_in_one_clean_line_comes_out(markup: str) -> None:
    text = plain(markup)
    assert text == clean(text)
    assert "\n" not in text
    text.encode("utf-8")


@pytest.mark.parametrize(
    "markup",
    ["<!--" * 50_000, "<a '" * 50_000, "<" * 300_000, "<b>" * 100_000, "&" * 300_000, "<script>" * 50_000, "<![CDATA[>" * 50_000,
     "<a b " * 60_000, "\u200c" * 100_000, "&#" + "1" * 300_000, "</" * 100_000, "<!x" * 100_000],
    ids=lambda markup: markup[:9],
)  # fmt: skip
@pytest.mark.timeout(20)
def test_breadth_and_depth_cost_no_more_than_length(markup: str) -> None:
    assert len(plain(markup)) <= len(markup)


def test_small_questions_are_answered() -> None:
    assert is_entity("nbsp")
    assert not is_entity("entity")
    assert looks_like_markup("x <b>y</b>")
    assert not looks_like_markup("x < y > z")
    assert unescape("no references") == "no references"
