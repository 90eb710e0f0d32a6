from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.core.match.samples import (
    POSTS,
    QUERY_TEXTS,
    TOPICS,
    VERDICT,
    VERDICT_RU,
    VOCABULARY,
    name,
)
from watchdog_bot.core.match.explain import explain
from watchdog_bot.core.match.index import MatchIndex
from watchdog_bot.core.match.query import Not, Or, Query, QueryError, Word, parse, parse_keywords, show
from watchdog_bot.core.model import (
    CountryReading,
    CountryScore,
    Evidence,
    PostText,
    SubscriberId,
    SubscriptionId,
    Topic,
)


def index_of(*typed: str) -> MatchIndex:
    index = MatchIndex()
    index.set_topics(TOPICS)
    for number, text in enumerate(typed, 1):
        index.add(SubscriptionId(number), SubscriberId(100 + number), parse(text, VOCABULARY))
    return index


def matches(typed: str, post: PostText) -> bool:
    return bool(index_of(typed).match(post))


def evidence(typed: str, post: PostText) -> list[tuple[str, str, str, str]]:
    (match,) = index_of(typed).match(post)
    return [(each.kind, each.wanted, each.found, each.where) for each in match.evidence]


@pytest.mark.parametrize(
    "typed",
    [
        "torture",
        "TORTURE",
        "Torture",
        "torture verdict",
        "torture OR nothing",
        "osce",
        "O.S.C.E.",
        "ill-treatment",
        '"ill treatment"',
        '"press freedom groups"',
        "N'Djamena",
        "cafe",
        "journalist*",
        "~journalist",
        "~torturing",
        '"human rights"',
        '"tort* the"',
        "title:torture",
        "title:tort*",
        'title:"azat miftakhov"',
        "country:RU",
        "scope:main Russia",
        "scope:any country:PL",
        "lang:en",
        "source:svoboda",
        'source:"radio svoboda"',
        "press freedom",
        "(Ukraine verdict) OR (Russia torture)",
        "-(football goal) verdict",
        "(football -goal) OR nothing",
        "Azat Miftakhov",
        "Мифтахов",
        '"Азат Мифтахов"',
        "title:Мифтахов",
    ],
)
def test_it_matches(typed: str) -> None:
    post = replace(VERDICT, content=VERDICT.content + " Tortured. The end.")
    assert matches(typed, post)


@pytest.mark.parametrize(
    "typed",
    [
        "tortur",
        "tort",
        "torture nothing",
        '"freedom press"',
        '"torture the"',  # the title ends there
        '"courts human"',  # two tags
        "title:football",
        'title:"press freedom"',
        "country:UA",
        "scope:main Ukraine",
        "country:PL",  # mentioned only
        "lang:ru",
        "source:radiosvoboda",
        '"LGBT+ rights!"',
        "torture -football",
        "torture -Russia",
        "torture -press freedom",
        "torture -title:torture",
        "(football -verdict) OR nothing",
        '"мифтахов"',  # in quotes: to the letter
        "миф",
    ],
)
def test_it_does_not_match(typed: str) -> None:
    assert not matches(typed, VERDICT)


def test_inflected_russian_is_matched_on_demand_and_names_always() -> None:
    assert evidence("~задержанный ~пытать -~футбол", VERDICT_RU) == [
        ("form", "~задержанный", "Задержанных", "summary"),
        ("form", "~пытать", "пытали", "summary"),
    ]
    assert evidence("Miftakhov", VERDICT_RU) == [("name", "Miftakhov", "Мифтахова", "title")]
    assert evidence("ещё один", VERDICT_RU)[0] == ("word", "ещё", "Ещё", "summary")


def test_the_evidence_is_the_surface_as_it_stands_and_its_place() -> None:
    assert evidence(
        'Russia torture "press freedom" OSCE journal* "human rights" source:svoboda lang:en', VERDICT
    ) == [
        ("country", "RU", "Russia", "title"),
        ("word", "torture", "Torture", "title"),
        ("phrase", "press freedom", "press\u00a0freedom", "summary"),
        ("word", "OSCE", "O.S.C.E.", "summary"),
        ("prefix", "journal*", "Journalists", "text"),
        ("phrase", "human rights", "Human Rights", "tags"),
        ("source", "svoboda", "Radio Svoboda", "feed"),
        ("language", "en", "en-US", "feed"),
    ]


def test_only_the_answered_side_of_or_is_evidence() -> None:
    assert evidence("nothing OR verdict OR (torture nothing)", VERDICT) == [
        ("word", "verdict", "verdict", "summary")
    ]


def test_a_country_that_nothing_in_the_text_names_is_the_source_s() -> None:
    bare = CountryReading(about=(CountryScore("UA", 1.0),))
    assert evidence("Ukraine", PostText("x", source="Radio", countries=bare)) == [
        ("country", "UA", "Radio", "feed")
    ]


def test_a_phrase_of_any_length_is_found_and_never_over_the_end_of_a_field() -> None:
    post = PostText("one two three", summary="four five six seven eight", tags=("nine ten", "eleven"))
    for typed in (
        '"two three"',
        '"one two three"',
        '"four five six seven"',
        '"five six seven eight"',
        '"Nine Ten"',
    ):
        assert matches(typed, post)
    for typed in (
        '"three four"',
        '"two three four"',
        '"two three four five"',
        '"ten eleven"',
        '"five six seven nine"',
    ):
        assert not matches(typed, post)


def test_the_evidence_of_a_phrase_is_its_own_stretch_of_the_text() -> None:
    text = "unfree press. free, but press… the free\u00a0press's day; free" + " " * 40 + "speech"
    assert evidence('"free press"', PostText(text))[0][2] == "free\u00a0press"
    assert evidence('"free speech"', PostText(text))[0][2] == "free" + " " * 40 + "speech"
    assert evidence('"free press"', PostText("a-free press"))[0][2] == "free press"


def test_names_of_several_words_stand_together() -> None:
    post = PostText("Miftakhov came. Azat Karimov", "Miftakhov Azat. Then Azat", tags=("Miftakhov",))
    assert not matches('"Azat Miftakhov"', post)
    assert not matches('"Miftakhov Azat Karimov"', post)
    assert evidence('"Miftakhov azat"', post) == [("phrase", "Miftakhov azat", "Miftakhov Azat", "summary")]
    assert evidence('"Azat Karimov"', post) == [("phrase", "Azat Karimov", "Azat Karimov", "title")]
    assert matches('"Azat Karimov"', PostText("azat karimov"))


def test_a_name_in_another_script_is_met_as_it_stands() -> None:
    assert matches("Ձերբակալված", PostText("ձերբակալված"))
    assert matches('"Նիկոլ Փաշինյան"', PostText("Նիկոլ Փաշինյան"))
    assert not matches('"Նիկոլ Փաշինյան"', PostText("Նիկոլ Փաշինյանի"))


def test_a_name_with_odd_capitals_is_found_in_small_letters() -> None:
    assert matches("McDonald", PostText("mcdonald"))
    assert matches("UNESCO", PostText("unesco"))
    assert matches("Straße", PostText("STRASSE"))


def test_title_forms_are_those_of_the_title() -> None:
    post = PostText("Про арешт", summary="Її справа", language=None)  # only the summary tells the language
    assert matches("title:~арешт", post)


def test_many_queries_under_one_key_come_and_go() -> None:
    index = index_of(
        "torture alpha", "torture beta", "torture gamma", "(a1 OR b1) torture", "censor*", "censur*"
    )
    for number in (3, 1, 2, 4, 5, 6):
        index.remove(SubscriptionId(number))
    assert (len(index), len(index._postings)) == (0, 0)


def test_what_no_person_can_type_does_no_harm() -> None:
    index = index_of()
    either = Or((Word("torture"), Not(Word("football"))))
    index.add(SubscriptionId(1), SubscriberId(1), Query(words=either))
    index.add(SubscriptionId(2), SubscriberId(1), Query(frozenset({"RU"}), words=either))
    assert [match.subscription_id for match in index.match(VERDICT)] == [SubscriptionId(2)]
    assert not explain(Query(words=either), VERDICT, ()).matched


def test_a_topic_tells_its_name_and_the_word_that_answered() -> None:
    assert evidence("topic:press freedom", VERDICT) == [
        ("topic", "Press freedom", "press\u00a0freedom", "summary"),
    ]
    assert evidence("topic:press freedom", VERDICT_RU) == [
        ("topic", "Press freedom", "свобода слова", "summary")
    ]


def test_subscriptions_of_one_query_share_one_node_and_its_evidence() -> None:
    index = index_of("torture", "torture", '"torture"', "Russia", "torture")
    assert len(index) == 5
    assert index.distinct() == 3
    found = {match.subscription_id: match for match in index.match(VERDICT)}
    assert found[SubscriptionId(1)].evidence is found[SubscriptionId(5)].evidence
    assert found[SubscriptionId(5)].subscriber_id == SubscriberId(105)


def test_adding_an_id_again_replaces_its_query() -> None:
    index = index_of("torture", "football")
    index.add(SubscriptionId(1), SubscriberId(7), parse("nothing", VOCABULARY))
    assert [match.subscription_id for match in index.match(VERDICT)] == [SubscriptionId(2)]
    assert len(index) == 2


def test_removing_what_is_not_there_changes_nothing() -> None:
    index = index_of("torture")
    index.remove(SubscriptionId(99))
    assert len(index) == 1


def test_a_changed_topic_is_followed_at_once() -> None:
    index = index_of("topic:press freedom Russia", "verdict")
    football = (Topic("press Freedom", ("football",)),)
    index.set_topics(football)
    assert [each.evidence[0].found for each in index.match(VERDICT)] == ["Russia", "verdict"]
    assert index.match(VERDICT)[0].evidence[1] == Evidence("topic", "press Freedom", "football", "text")
    index.set_topics(())
    assert [each.subscription_id for each in index.match(VERDICT)] == [SubscriptionId(2)]
    index.set_topics(TOPICS)
    assert len(index.match(VERDICT)) == 2


def test_a_topic_word_that_nobody_could_type_is_left_out() -> None:
    index = index_of("topic:press freedom")
    index.set_topics((Topic("Press freedom", ("ab*", 'x"y', "torture")),))
    assert len(index.match(VERDICT)) == 1


def test_a_query_that_asks_for_nothing_matches_nothing() -> None:
    index = index_of()
    index.add(SubscriptionId(1), SubscriberId(1), Query())
    index.add(SubscriptionId(2), SubscriberId(1), parse_keywords("-football", VOCABULARY))
    assert index.match(VERDICT) == ()
    assert index.match(PostText("")) == ()
    index.remove(SubscriptionId(1))
    index.remove(SubscriptionId(2))
    assert index.distinct() == 0


# ------------------------------------------------------------------ traps seen in other bots


def test_t9_it_matches_plain_text_and_tags_but_never_the_source_or_our_own_words() -> None:
    post = PostText("A title", summary="no markup", tags=("tag",), source="torture watch")
    assert not matches("torture", post)
    assert not matches("href OR class OR http", post)
    assert matches("tag", post)


@settings(deadline=None, max_examples=100)
@given(
    QUERY_TEXTS,
    st.sampled_from(["torture", "Russia", '"press freedom"', "~journalist", "title:tort*"]),
    POSTS,
)
def test_t10_an_exclusion_always_wins(text: str, excluded: str, post: PostText) -> None:
    try:
        query = parse(
            f"({text.removeprefix('scope:any ').removeprefix('scope:main ')}) -{excluded}", VOCABULARY
        )
    except QueryError:
        assume(False)
    index = index_of(excluded)
    index.add(SubscriptionId(2), SubscriberId(2), query)
    assert len(index.match(post)) <= 1


def test_t11_a_query_that_is_wrong_is_refused_when_it_is_typed() -> None:
    for typed in ("(?i)torture|", "tor.*ture", "/torture/(", "[a-z]+*"):
        with pytest.raises(QueryError):
            parse(typed, VOCABULARY)


def test_complaint_11_the_reader_is_told_which_word_fired() -> None:
    assert evidence("nothing OR nowhere OR torture", VERDICT) == [("word", "torture", "Torture", "title")]


@pytest.mark.parametrize(
    ("typed", "text", "expected"),
    [
        ("marvel", "a marvellous day", False),
        ("marvel*", "a marvellous day", True),
        ("act", "the actor reacted", False),
        ("~act", "they acted", True),
        ('"ukraine"', "Ukraine's president", True),
    ],
)
def test_complaint_12_whole_words_by_default_and_more_on_demand(
    typed: str, text: str, expected: bool
) -> None:
    assert matches(typed, PostText(text)) is expected


def test_complaint_13_case_never_matters_and_no_pattern_is_needed() -> None:
    assert matches("toRTure", PostText("TORTURE"))
    assert matches("ТОРТУРИ", PostText("тортури"))


# ------------------------------------------------------------------ properties


@settings(deadline=None, max_examples=200)
@given(st.lists(QUERY_TEXTS, min_size=1, max_size=6), POSTS)
def test_explain_agrees_with_the_index(texts: list[str], post: PostText) -> None:
    queries: list[Query] = []
    for text in texts:
        try:
            queries.append(parse(text, VOCABULARY))
        except QueryError:
            continue
    index = index_of()
    for number, query in enumerate(queries):
        index.add(SubscriptionId(number), SubscriberId(number), query)
    found = {match.subscription_id: match.evidence for match in index.match(post)}
    for number, query in enumerate(queries):
        told = explain(query, post, TOPICS, country_name=name)
        assert told.matched is (number in found), show(query)
        assert told.evidence == found.get(SubscriptionId(number), ()), show(query)
        assert told.reason


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), QUERY_TEXTS)), max_size=25), POSTS)
def test_an_index_after_any_changes_is_the_index_of_what_is_left(
    changes: list[tuple[int, str | None]], post: PostText
) -> None:
    index, kept = index_of(), dict[int, Query]()
    for number, text in changes:
        try:
            query = None if text is None else parse(text, VOCABULARY)
        except QueryError:
            continue
        if query is None:
            index.remove(SubscriptionId(number))
            kept.pop(number, None)
        else:
            index.add(SubscriptionId(number), SubscriberId(number), query)
            kept[number] = query
    fresh = index_of()
    for number, query in kept.items():
        fresh.add(SubscriptionId(number), SubscriberId(number), query)
    assert len(index) == len(fresh) == len(kept)
    assert index.distinct() == fresh.distinct()
    by_id = lambda match: match.subscription_id  # noqa: E731 - a key
    assert sorted(index.match(post), key=by_id) == sorted(fresh.match(post), key=by_id)
    for number in kept:
        index.remove(SubscriptionId(number))
    assert not index._postings
    assert set(index._terms._uses) == set(index_of()._terms._uses)


def test_ten_thousand_come_and_go_and_leave_nothing() -> None:
    index = index_of()
    for number in range(10_000):
        index.add(
            SubscriptionId(number), SubscriberId(number % 7), parse(f"word{number % 997} torture", VOCABULARY)
        )
    for number in range(0, 10_000, 2):
        index.remove(SubscriptionId(number))
    assert len(index) == 5_000
    assert index.distinct() == 997
    assert len(index.match(PostText("torture", "word3"))) == sum(n % 997 == 3 for n in range(1, 10_000, 2))
    for number in range(1, 10_000, 2):
        index.remove(SubscriptionId(number))
    assert (len(index), index.distinct(), len(index._postings)) == (0, 0, 0)
