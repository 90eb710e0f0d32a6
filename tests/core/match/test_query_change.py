"""What buttons make of a standing query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.core.match.samples import COUNTRIES, QUERY_TEXTS, VOCABULARY, name
from watchdog_bot.core.match.query import (
    Namesakes,
    Query,
    QueryError,
    Scope,
    asks_for_countries,
    describe,
    identity,
    namesakes,
    parse,
    restore,
    show,
    with_scope,
    with_topics,
    with_words,
)
from watchdog_bot.core.match.query_print import with_article


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("torture", "TORTURE"),
        ("Russia torture -SPORT", "russia  Torture -SPORT".replace("Torture", "TORTURE")),
        ("OSCE", "O.S.C.E."),
        ('"press freedom groups"', '"Press freedom GROUPS"'),
        ("jail*", "JAIL*"),
        ("пленён", "ПЛЕНЕН"),
    ],
)
def test_queries_that_differ_in_capitals_are_one(one: str, other: str) -> None:
    assert identity(parse(one, VOCABULARY)) == identity(parse(other, VOCABULARY))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Miftakhov", "miftakhov"),  # a name is found in other spellings
        ("torture", '"torture now"'),
        ("torture", "title:torture"),
        ("torture", "~torture"),
        ("tort*", "torture"),
        ("scope:any Russia", "Russia"),
    ],
)
def test_queries_that_find_something_else_are_two(one: str, other: str) -> None:
    assert identity(parse(one, VOCABULARY)) != identity(parse(other, VOCABULARY))


def test_a_scope_is_set_and_taken_back() -> None:
    query = parse("Russia torture", VOCABULARY)
    strict = with_scope(query, Scope.MAIN)
    assert show(strict) == "scope:main country:RU torture"
    assert with_scope(strict, Scope.ABOUT) == query


def test_a_scope_without_a_country_is_none() -> None:
    query = parse("torture", VOCABULARY)
    assert not asks_for_countries(query)
    assert with_scope(query, Scope.MAIN) == query
    assert asks_for_countries(parse("torture OR Russia", VOCABULARY))


def test_a_topic_and_its_name_as_words_are_told_apart_and_turned_into_each_other() -> None:
    topic = parse("Russia press freedom strike", VOCABULARY)
    word = parse('Russia "press freedom" strike', VOCABULARY)
    assert namesakes(topic, VOCABULARY) == Namesakes(topics=("Press freedom",))
    assert namesakes(word, VOCABULARY) == Namesakes(words=("Press freedom",))
    assert with_words(topic) == word
    assert with_topics(word, VOCABULARY) == topic


def test_a_topic_inside_an_expression_is_turned_too() -> None:
    query = parse("strike OR topic:press-freedom", VOCABULARY)
    assert show(with_words(query)) == 'strike OR "press freedom"'
    assert with_topics(with_words(query), VOCABULARY) == query


def test_exclusions_are_left_alone() -> None:
    query = parse("strike -topic:press-freedom", VOCABULARY)
    assert with_words(query) == query
    assert namesakes(query, VOCABULARY) == Namesakes()


CHANGES: tuple[Callable[[Query], Query], ...] = (
    *(partial(with_scope, scope=scope) for scope in Scope),
    with_words,
    partial(with_topics, vocabulary=VOCABULARY),
)


@settings(deadline=None, max_examples=100)
@given(QUERY_TEXTS, st.sampled_from(CHANGES))
def test_whatever_a_button_makes_can_be_stored_or_is_refused(
    text: str, change: Callable[[Query], Query]
) -> None:
    try:
        made = change(parse(text, VOCABULARY))
    except QueryError:
        assume(False)
    assert restore(show(made)) == made


def test_what_a_button_would_make_impossible_is_refused() -> None:
    with pytest.raises(QueryError, match="can never match"):
        with_scope(parse("scope:any Russia -Russia", VOCABULARY), Scope.MAIN)


@pytest.mark.parametrize(
    ("called", "within"),
    [
        ("United States", "the United States"),
        ("Democratic Republic of the Congo", "the Democratic Republic of the Congo"),
        ("Central African Republic", "the Central African Republic"),
        ("Solomon Islands", "the Solomon Islands"),
        ("Netherlands", "the Netherlands"),
        ("OSCE region", "the OSCE region"),
        ("Kazakhstan", "Kazakhstan"),
        ("Ivory Coast", "Ivory Coast"),
        ("Central Asia", "Central Asia"),
    ],
)
def test_names_take_the_article_where_english_wants_one(called: str, within: str) -> None:
    assert with_article(called) == within


def test_what_was_understood_is_said_with_the_article() -> None:
    query = parse("country:US,KZ", replace(VOCABULARY, names={**VOCABULARY.names, "usa": "US"}))
    assert describe(query, {"US": "United States", "KZ": "Kazakhstan"}.__getitem__) == (
        "posts about Kazakhstan or the United States"
    )
    assert "Georgia" in COUNTRIES
    assert describe(parse("Georgia", VOCABULARY), name) == "posts about Georgia"
