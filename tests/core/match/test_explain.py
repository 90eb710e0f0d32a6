from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.match.samples import TOPICS, VERDICT, VERDICT_RU, VOCABULARY, name, reading
from watchdog_bot.core.match.explain import explain
from watchdog_bot.core.match.query import Query, parse, restore
from watchdog_bot.core.model import PostText


def told(typed: str, post: PostText = VERDICT) -> str:
    return explain(parse(typed, VOCABULARY), post, TOPICS, country_name=name).reason


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("Georgia torture", "not about Georgia (it is about Russia)"),
        ("Georgia OR Ukraine", "not about Georgia or Ukraine (it is about Russia)"),
        ("scope:main Georgia", "not mainly about Georgia (it is mainly about Russia)"),
        ("scope:any Georgia", "no mention of Georgia (it mentions Russia and Poland)"),
        ("Central Asia Georgia", "not about any of the 6 countries (it is about Russia)"),
        ('topic:"LGBT+ rights!"', "none of the words of the topic “LGBT+ rights!” stands in it"),
        ("beating OR arrest", "none of the words “beating”, “arrest” stands in it"),
        ("a1 OR b1 OR c1 OR d1 OR e1 OR f1", "none of the words “a1”, “b1”, “c1”, “d1”, “e1” and 1 more stands in it"),
        ("torture arrest", "the word “arrest” does not stand in it"),
        ("title:football", "the word “football” does not stand in the title"),
        ('"free press"', "the phrase “free press” does not stand in it"),
        ("strik*", "no word beginning with “strik” stands in it"),
        ("~strike", "no form of “strike” stands in it"),
        ("lang:ru verdict", "it is not in Russian"),
        ("source:cpj", "it does not come from “cpj”"),
        ("Georgia OR arrest", "not about Georgia (it is about Russia); the word “arrest” does not stand in it"),
        ("(verdict -football) OR arrest", "excluded: “football” stands in the text; the word “arrest” does not stand in it"),
        ("torture -football", "excluded: “football” stands in the text"),
        ("torture -Russia", "excluded: it is about Russia"),
        ("torture -source:svoboda", "excluded: it comes from “Radio Svoboda”"),
        ("torture -lang:en", "excluded: it is in English"),
        ("torture -press freedom", "excluded: “press\u00a0freedom” of the topic “Press freedom” stands in the summary"),
        ("torture -(-strike -arrest)", "excluded by what it does not hold"),
        ('torture -"human rights"', "excluded: “Human Rights” stands among its tags"),
    ],
)  # fmt: skip
def test_it_gives_the_first_reason_why_not(typed: str, reason: str) -> None:
    assert told(typed) == reason


def test_it_tells_why() -> None:
    result = explain(parse("Russia torture", VOCABULARY), VERDICT, TOPICS, country_name=name)
    assert result.matched
    assert result.reason == "it is about Russia and “Torture” stands in the title"
    assert [each.kind for each in result.evidence] == ["country", "word"]


def test_a_post_without_any_country_says_so() -> None:
    assert (
        told("Georgia", replace(VERDICT, countries=reading()))
        == "not about Georgia (no country was recognised in it)"
    )


def test_codes_are_said_where_no_names_are_given() -> None:
    assert explain(restore("country:GE"), VERDICT, ()).reason == "not about GE (it is about RU)"


def test_a_topic_that_is_gone_matches_nothing_and_is_told() -> None:
    result = explain(restore('topic:"old"'), VERDICT_RU, TOPICS)
    assert (result.matched, result.reason) == (False, "there is no topic “old” any more")
    both = explain(restore('topic:"old" topic:"LGBT+ rights!"'), VERDICT_RU, TOPICS)
    assert both.reason == (
        "none of the words of the topic “LGBT+ rights!” stands in it and there is no topic “old” any more"
    )


def test_a_query_that_asks_for_nothing_is_told() -> None:
    assert explain(Query(), VERDICT, ()).reason == "this subscription asks for nothing"
