from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.text import cut, fold, raw_words, starts, tokens, utf16_length, words

TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from("İıßﬁёйЁЙ'’ʼ`´.-–*\u0301\u0308\u00ad\u200d½ﷺ人ก Aa1")),
    max_size=60,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TORTURE", "torture"),
        ("Şişli", "sisli"),
        ("Łódź Øst Đorđe", "lodz ost dorde"),
        ("İstanbul", "istanbul"),
        ("Ёлка", "елка"),
        ("ﬁne ＡＢＣ", "fine abc"),
        ("п’ять пʼять п`ять", "п'ять п'ять п'ять"),
        ("N’Djamena", "n'djamena"),
        ("ill–treatment ill‑treatment", "ill-treatment ill-treatment"),
        ("за́мок", "замок"),
        ("Straße", "strasse"),
        ("tor\u00adture", "torture"),
    ],
)
def test_it_folds_what_a_reader_takes_for_the_same_spelling(one: str, other: str) -> None:
    assert fold(one) == other


@pytest.mark.parametrize(
    ("one", "other"), [("й", "и"), ("ї", "і"), ("ў", "у"), ("ґ", "г"), ("ά", "α"), ("ก้", "ก")]
)
def test_it_keeps_marks_that_make_another_letter_outside_latin(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_it_composes_a_letter_that_was_typed_in_two_pieces() -> None:
    assert fold("и\u0306") == "й"
    assert fold("е\u0308") == "е"


@settings(deadline=None, max_examples=200)
@given(TEXT)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(deadline=None, max_examples=200)
@given(TEXT)
def test_tokens_words_and_raw_words_tell_the_same(text: str) -> None:
    found = tokens(text)
    assert [token.folded for token in found] == words(text)
    assert len(raw_words(text)) == len(found)
    assert all(token.folded for token in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(text[token.start : token.end].strip() for token in found)


@settings(deadline=None, max_examples=100)
@given(TEXT)
def test_a_token_taken_out_of_its_text_is_the_same_token(text: str) -> None:
    assert starts(text) == [token.start for token in tokens(text)]
    assert all(words(text[token.start : token.end]) == [token.folded] for token in tokens(text))


def test_offsets_are_right_where_folding_changes_the_length() -> None:
    text = "İİ ﬁnﬂ ß N’Djamena"
    assert [(token.folded, text[token.start : token.end]) for token in tokens(text)] == [
        ("ii", "İİ"),
        ("finfl", "ﬁnﬂ"),
        ("ss", "ß"),
        ("n'djamena", "N’Djamena"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the U.S. and O.S.C.E. said", ["the", "us", "and", "osce", "said"]),
        ("U.S.-based", ["us", "based"]),
        ("Côte d'Ivoire", ["cote", "d'ivoire"]),
        ("Kazakhstan’s KAZAKHSTAN'S", ["kazakhstan", "kazakhstan"]),
        ("journalists' 'quoted'", ["journalists", "quoted"]),
        ("don't", ["don't"]),
        ("ill-treatment, press_freedom", ["ill", "treatment", "press", "freedom"]),
        ("COVID-19 №5", ["covid", "19", "5"]),
        ("п`ять об'єднання", ["п'ять", "об'єднання"]),
        ("人权 观察", ["人", "权", "观", "察"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("", []),
        ("… — !", []),
    ],
)
def test_it_knows_what_a_word_is(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_dotted_acronym_is_the_word_without_dots() -> None:
    assert words("O.S.C.E.") == words("OSCE")


def test_it_forgets_words_rather_than_fill_the_memory() -> None:
    text = " ".join(f"w{number}" for number in range(120_000))
    assert len(words(text)) == 120_000
    assert words("w1 W1") == ["w1", "w1"]


@pytest.mark.parametrize(
    ("text", "length"), [("abc", 3), ("абв", 3), ("😀", 2), ("a😀é", 4), ("\ud800", 1), ("", 0), ("🇺🇦", 4)]
)
def test_it_counts_utf16_units(text: str, length: int) -> None:
    assert utf16_length(text) == length


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("hello wonderful world", 20, "hello wonderful…"),
        ("hello, wonderful world", 8, "hello…"),
        ("abcdefghij", 5, "abcd…"),
        ("😀😀😀", 3, "😀…"),
        ("😀😀😀", 2, "…"),
        ("anything", 0, ""),
        ("👩‍👩‍👧 family", 7, "…"),
    ],
)
def test_it_cuts_at_a_word(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit) == expected


@settings(deadline=None, max_examples=200)
@given(TEXT, st.integers(0, 70))
def test_a_cut_text_is_its_own_beginning_and_fits(text: str, limit: int) -> None:
    shown = cut(text, limit)
    assert utf16_length(shown) <= limit
    assert shown == text or text.startswith(shown.removesuffix("…"))
