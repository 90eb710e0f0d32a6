from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.core.match.samples import QUERY_TEXTS, TOPICS, VOCABULARY, name
from watchdog_bot.core.match.query import (
    Query,
    QueryError,
    Vocabulary,
    Word,
    countries_in,
    describe,
    parse,
    parse_keywords,
    restore,
    show,
    split_items,
    topic,
)


def understood(text: str) -> str:
    return describe(parse(text, VOCABULARY), name, regions=VOCABULARY.regions)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("torture", "torture"),
        ("torture arrest", "torture arrest"),
        ("torture AND arrest & verdict", "torture arrest verdict"),
        ("torture OR arrest", "torture OR arrest"),
        ("torture | arrest || verdict", "torture OR arrest OR verdict"),
        ("Russia (verdict OR detained) -sport", "country:RU (verdict OR detained) -sport"),
        ("Russia verdict OR detained -sport", "country:RU (verdict OR detained) -sport"),
        ("a OR (b c) d", "(a OR (b c)) d"),
        ("“Press freedoms” «свобода слова» „x y“", '"Press freedoms" "свобода слова" "x y"'),
        ("tort* ~arrest title:verdict", "tort* ~arrest title:verdict"),
        ("ill-treat*", '"ill-treat*"'),
        ("ill-treatment U.S. N’Djamena", "ill-treatment U.S. N’Djamena"),
        ("title:(a OR b) -title:c", "(title:a OR title:b) -title:c"),
        ("Ukraine Kazakhstan strike", "country:KZ,UA strike"),
        ("Ukraine OR Kazakhstan strike", "country:KZ,UA strike"),
        ("Ukraine (Russia OR Kazakhstan)", "country:UA (country:KZ,RU)"),
        ("Ukraine (Russia)", "country:UA (country:RU)"),
        ("Ukraine OR strike", "country:UA OR strike"),
        ("country:kz", "country:KZ"),
        ("country: kz", "country:KZ"),
        ("country:kz,UA", "country:KZ,UA"),
        ("country:North Korea", "country:KP"),
        ("KZ", "country:KZ"),
        ("kz", "kz"),
        ("Hong Kong’s", "country:HK"),
        ("hong kong protest", "country:HK protest"),
        ('"Hong Kong" protest', '"Hong Kong" protest'),
        ("kong hong", "kong hong"),
        ("Северная Корея", "country:KP"),
        ("bosnia and herzegovina", "country:BA"),
        ("guinea bissau", "country:GW"),
        ("Central Asia", "country:KG,KZ,TJ,TM,UZ"),
        ("-Hong Kong Georgia", "country:GE -country:HK"),
        ("-Central Asia strike", "strike -country:KG -country:KZ -country:TJ -country:TM -country:UZ"),
        ("press freedom", 'topic:"Press freedom"'),
        ("topic:press freedom kz", 'topic:"Press freedom" kz'),
        ("-(a OR b) c", "c -a -b"),
        ("-(a b) c", "c -(a b)"),
        ("-(-b)", "b"),
        ("NOT a b", "b -a"),
        ("–football verdict", "verdict -football"),
        ("b b (b)", "b"),
        ("scope:main Georgia", "scope:main country:GE"),
        ("scope:about Georgia", "country:GE"),
        ('lang:RU-ru source:"Radio Svoboda"', 'lang:ru source:"Radio Svoboda"'),
        ("torture! (arrest?)", "torture arrest"),
        ("1,000", "1,000"),
        ("(hong) kong", '"hong" kong'),  # two words, not the place
        ("title:(a -b)", "title:a -title:b"),
        ("b OR ~strike OR lang:ru", "b OR ~strike OR lang:ru"),
    ],
)
def test_it_prints_what_it_understood(typed: str, canonical: str) -> None:
    query = parse(typed, VOCABULARY)
    assert show(query) == canonical
    assert parse(canonical, VOCABULARY) == query
    assert restore(canonical) == query


def test_bare_names_are_clauses_and_names_in_parentheses_are_parts() -> None:
    query = parse("Ukraine Russia press freedom strike", VOCABULARY)
    assert query == Query(frozenset({"UA", "RU"}), frozenset({"Press freedom"}), Word("strike"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "Ukraine OR Kazakhstan torture OR freedoms -football",
            "posts about Kazakhstan or Ukraine that contain “torture” or “freedoms”, but not “football”",
        ),
        ("Central Asia", "posts about Central Asia"),
        ("scope:main Georgia", "posts mainly about Georgia"),
        ("scope:any Georgia arrest", "posts that mention Georgia that contain “arrest”"),
        ("press freedom", "posts on the topic “Press freedom”"),
        ("a OR (b c) d", "posts that contain (“a” or (“b” and “c”)) and “d”"),
        ("tort* ~arrest title:verdict", "posts that contain words beginning with “tort”, any form of “arrest” and “verdict” in the title"),
        ("Ukraine OR strike", "posts that contain “strike” or are about Ukraine"),
        ("strike -Russia -football", "posts that contain “strike”, but none that are about Russia or contain “football”"),
        ("lang:ru source:svoboda", "posts that are in Russian and come from “svoboda”"),
        ("(k -b -(c d)) OR lang:ru", "posts that (contain “k”, are not posts that contain “b” and are not posts that contain “c” and “d”) or are in Russian"),
        ("topic:press freedom OR Georgia", "posts that are on the topic “Press freedom” or are about Georgia"),
        ("(x -k) OR v", "posts that contain “v” or (contain “x” and are not posts that contain “k”)"),
    ],
)  # fmt: skip
def test_it_says_in_words_what_it_understood(typed: str, said: str) -> None:
    assert understood(typed) == said


@settings(deadline=None, max_examples=250)
@given(QUERY_TEXTS)
def test_a_canonical_query_reads_back_as_itself(text: str) -> None:
    try:
        query = parse(text, VOCABULARY)
    except QueryError:
        assume(False)
    shown = show(query)
    assert parse(shown, VOCABULARY) == query
    assert restore(shown) == query
    assert show(restore(shown)) == shown
    assert describe(query, name).startswith("posts ")


_SIGNS = st.text(
    st.one_of(st.characters(), st.sampled_from('"“”«»()|-–~*:,;& \n\x00\u0301abORU')), max_size=40
)
_JUMBLE = st.lists(
    st.sampled_from(
        [
            '"',
            "“",
            "(",
            ")",
            "|",
            "-",
            "~",
            "*",
            ":",
            ",",
            " ",
            "OR",
            " OR ",
            "AND",
            "NOT ",
            "title:",
            "country:",
            "scope:any",
            "topic:",
            "press freedom",
            "Ukraine",
            "RU",
            "tort",
            "abc",
            "lang:",
            "source:",
            "'",
            ".",
            "\n",
        ]
    ),
    max_size=14,
).map("".join)


@settings(deadline=None, max_examples=400)
@given(st.one_of(_SIGNS, _JUMBLE))
def test_nothing_but_a_query_error_is_ever_raised(text: str) -> None:
    refusals: list[QueryError] = []
    readers: tuple[Callable[[], object], ...] = (
        lambda: parse(text, VOCABULARY),
        lambda: parse_keywords(text, VOCABULARY),
        lambda: countries_in(text, VOCABULARY),
        lambda: topic("x", split_items(text)),
        lambda: restore(text),
    )
    for read in readers:
        try:
            read()
        except QueryError as error:
            refusals.append(error)
    assert all(0 <= error.position <= len(text) and error.cause for error in refusals)


@settings(deadline=None, max_examples=150)
@given(st.lists(QUERY_TEXTS.filter(lambda text: not text.startswith("scope")), min_size=1, max_size=4))
def test_keywords_read_back_as_the_query_they_are(texts: list[str]) -> None:
    try:
        query = parse_keywords(", ".join(texts), VOCABULARY)
        shown = show(query)
        again = parse(shown, VOCABULARY)
    except QueryError:
        assume(False)
    assert again == query == restore(shown)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ('torture, "press freedom", -football', '(torture OR "press freedom") -football'),
        ("torture", "torture"),
        ("torture; arrest\nverdict", "torture OR arrest OR verdict"),
        ("torture, hunger strike", "torture OR (hunger strike)"),
        ("torture -football, arrest", "(torture OR arrest) -football"),
        ("-football", "-football"),
        ("Kazakhstan, Hong Kong", "country:HK,KZ"),
        ("Kazakhstan, strike", "country:KZ OR strike"),
        ("country:kz,ua, strike", "country:KZ,UA OR strike"),
        ("Kazakhstan strike", "country:KZ strike"),
        ("c,,b,", "c OR b"),
    ],
)
def test_keywords_are_any_of_the_items_without_the_excluded(typed: str, canonical: str) -> None:
    assert show(parse_keywords(typed, VOCABULARY)) == canonical


def test_a_stored_query_keeps_its_meaning_when_a_topic_of_that_name_is_made() -> None:
    before = parse("torture strike", VOCABULARY)
    with_topic = Vocabulary(topics={"torture": "torture", "strike": "strike"})
    assert restore(show(before)) == before
    assert parse("torture", with_topic).topics == {"torture"}


def test_a_stored_query_stays_readable_when_its_topic_is_removed() -> None:
    shown = show(parse("press freedom strike", VOCABULARY))
    assert restore(shown).topics == {"Press freedom"}
    with pytest.raises(QueryError, match="no topic"):
        parse(shown, Vocabulary())


def test_what_was_accepted_once_can_always_be_read_again() -> None:
    everywhere = Vocabulary(
        regions={
            "everywhere": ("Everywhere", frozenset(f"{a}{b}" for a in "ABCDEFGHIJKL" for b in "ABCDEFGHIJKL"))
        }
    )
    typed = ", ".join(["everywhere", *(f"w{n}" for n in range(98))])
    shown = show(parse_keywords(typed, everywhere))
    assert len(typed) <= 500 < len(shown)
    assert restore(shown) == parse(shown, everywhere)


def test_countries_are_listed_by_name_code_or_region_in_any_case() -> None:
    assert countries_in("Ukraine, kz, Беларусь; central asia\nhong kong", VOCABULARY) == {
        *("UA", "KZ", "BY", "KG", "TJ", "TM", "UZ", "HK")
    }


@pytest.mark.parametrize(
    ("typed", "items"),
    [
        ('torture torture, "ill-treatment", пытк*', ("torture", "torture", "ill-treatment", "пытк*")),
        (
            '"press freedom" censor* ~journalist "free press"',
            ("press freedom", "censor*", "~journalist", "free press"),
        ),
        ("strikes hunger strike, walk out", ("strikes", "hunger strike", "walk out")),
        ("ru свобод* слова,\nцензур*", ("ru", "свобод* слова", "цензур*")),
        ("alone", ("alone",)),
        ("  ", ()),
    ],
)
def test_a_topic_is_typed_as_a_name_and_its_words(typed: str, items: tuple[str, ...]) -> None:
    assert split_items(typed) == items


def test_a_topic_keeps_each_word_once() -> None:
    made = topic(" Press   freedom ", ("Censor*", "censor*", "free press", "Free Press", "~report"))
    assert made.name == "Press freedom"
    assert made.words == ("censor*", "free press", "Free Press", "~report")  # the last but one is a name


@pytest.mark.parametrize(
    ("typed", "cause"),
    [
        ("x a OR b", "a topic is a list of words; “OR” has no place in it"),
        ("x -a", "a topic is a list of words; “-” has no place in it"),
        ("xyz* a", "a topic's name is a word, or several in quotes"),
        ("x ~a b, c", "~ works on single words, not inside a phrase"),
    ],
)
def test_a_topic_that_is_no_list_of_words_is_refused(typed: str, cause: str) -> None:
    with pytest.raises(QueryError) as refused:
        split_items(typed)
    assert refused.value.cause == cause


@pytest.mark.parametrize(
    ("name_", "words_"),
    [("", ("a",)), ("!!", ("a",)), ('a"b', ("a",)), ("x" * 65, ("a",)), ("x", ()), ("x", ("ab*",)), ("x", ("!",)), ("x", ("a(b",)), ("x", ("y" * 101,)), ("x", ('a "b"',)), ("x", tuple(f"w{n}" for n in range(501)))],
)  # fmt: skip
def test_a_topic_that_cannot_be_one_is_refused(name_: str, words_: tuple[str, ...]) -> None:
    with pytest.raises(QueryError):
        topic(name_, words_)


def test_the_sample_topics_are_topics() -> None:
    assert [topic(each.name, each.words) for each in TOPICS] == list(TOPICS)
