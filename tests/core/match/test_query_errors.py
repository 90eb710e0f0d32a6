"""Every refusal: what is said aloud, where it points, what mends it."""

from __future__ import annotations

import pytest

from tests.core.match.samples import VOCABULARY
from watchdog_bot.core.match.query import QueryError, countries_in, parse, parse_keywords, restore

COMMON = "“{}” stands in nearly every text, so this would match most posts: say what they should be about"
RARER = "add a country, a topic or a rarer word"
NEVER = "this can never match: {} is asked for and excluded"
NARROWER = "leave out the exclusion, or exclude something narrower"
NEAR = "{} is not understood: words that stand next to each other go in quotation marks, a space asks for both anywhere"
EXPRESSION = "regular expressions are not understood: a star after the beginning of a word finds all words that begin so"


@pytest.mark.parametrize(
    ("typed", "position", "cause", "mend"),
    [
        ('verdict "press freedom', 8, "this quotation mark has no partner", '"press freedom"'),
        ("verdict «press", 8, "this quotation mark has no partner", '"press"'),
        ('verdict"', 7, "this quotation mark has no partner", ""),
        ("(torture OR arrest", 0, "this parenthesis is never closed", "(torture OR arrest)"),
        ("((", 1, "this parenthesis is never closed", ""),
        ("(torture (arrest", 9, "this parenthesis is never closed", "(torture (arrest))"),
        ("(torture OR", 9, "there is nothing after this OR", "(torture)"),
        ("torture) arrest", 7, "this closing parenthesis has no partner", ""),
        ("()", 0, "there is nothing between these parentheses", ""),
        ("torture -", 8, "this minus stands alone: it goes right before what is excluded", ""),
        ("torture - arrest", 8, "this minus stands alone: it goes right before what is excluded", "-arrest"),
        ("torture --arrest", 8, "this minus stands alone: it goes right before what is excluded", "-arrest"),
        ("a NOT", 2, "this minus stands alone: it goes right before what is excluded", ""),
        ("*torture", 0, "* stands only after the beginning of a word", "torture*"),
        ("*", 0, "* stands only after the beginning of a word", ""),
        ("tortur.*", 7, "* stands only after the beginning of a word", "tortur*"),
        ("the", 0, COMMON.format("the"), RARER),
        ("Russian OR The", 11, COMMON.format("the"), RARER),
        ("в на", 0, COMMON.format("в"), RARER),
        ('"a" -football', 0, COMMON.format("a"), RARER),
        ("Russia -Russia", 8, NEVER.format("the same country"), NARROWER),
        ("Kazakhstan torture -(Central Asia)", 20, NEVER.format("the same country"), NARROWER),
        ("scope:main Russia -country:RU", 19, NEVER.format("the same country"), NARROWER),
        ("verdict torture -Torture", 17, NEVER.format("“Torture”"), NARROWER),
        ("(torture OR tortured) -tort*", 23, NEVER.format("“tort”"), NARROWER),
        ("(torture OR arrest) -torture -arrest", 21, NEVER.format("“torture”"), NARROWER),
        ('"press freedom" -press', 17, NEVER.format("“press”"), NARROWER),
        ("press freedom -topic:press-freedom", 15, NEVER.format("the topic “Press freedom”"), NARROWER),
        ("press NEAR freedom", 6, NEAR.format("NEAR"), '"press freedom"'),
        ("press NEAR/3 freedom", 6, NEAR.format("NEAR/3"), '"press freedom"'),
        ("press W/5 freedom", 6, NEAR.format("W/5"), '"press freedom"'),
        ("+torture arrest", 0, "+ is not needed: every word must stand in a post unless there is OR between them", "torture"),
        ("verdict #torture", 8, "# is not needed: the tags of a post are searched like its text", "torture"),
        ("@memorial", 0, "@ is not understood: a name is searched as a word", "memorial"),
        ("/tortur(e|ed)/", 0, EXPRESSION, "tortur*"),
        ("/x/", 0, EXPRESSION, "journalis*"),
        ("arrest[a-z]+", 0, EXPRESSION, "arrest*"),
        ("m?ftakhov", 1, "? inside a word is not understood: only a star at the end stands for other letters", '"m ftakhov"'),
        ("arrest^2", 6, "^ inside a word is not understood: only a star at the end stands for other letters", "arrest*"),
        ("lukashenko~2", 10, "~ goes before a word, and finds its grammatical forms; names are found in other spellings anyway", "~lukashenko"),
        ("'press freedom' -sport", 0, "single quotation marks do not make a phrase: use double ones", '"press freedom"'),
        ("torture not sport", 8, "“not” would be searched as a word: a minus right before a word excludes it", "torture -sport"),
        ("пытки не спорт", 6, "“не” would be searched as a word: a minus right before a word excludes it", "пытки -спорт"),
        ("“torture", 0, "this quotation mark has no partner", '"torture"'),
        ("tor*ture", 3, "* stands only at the end of a word", "tor*"),
        ("x to*", 2, "“to*” would find too much: at least 3 letters go before *", ""),
        ('"a to*"', 3, "“to*” would find too much: at least 3 letters go before *", ""),
        ("-football", 0, "with only exclusions every other post would match: say what it should be about", "add a country, a topic or a word"),
        ("-football -sport", 0, "with only exclusions every other post would match: say what it should be about", "add a country, a topic or a word"),
        ("torture OR -football", 0, "an exclusion as one side of OR would match nearly every post", "put the exclusion outside: (a OR b) -c"),
        ("x (a OR (-b -c))", 3, "an exclusion as one side of OR would match nearly every post", "put the exclusion outside: (a OR b) -c"),
        ("", 0, "there is no word in it", 'torture OR "press freedom" -football'),
        (" \n ", 0, "there is no word in it", 'torture OR "press freedom" -football'),
        ("a !!", 2, "there is no word in “!!”", ""),
        ('a "…"', 2, "there is no word between these quotation marks", ""),
        ("torture OR", 8, "there is nothing after this OR", "torture"),
        ("OR torture", 0, "there is nothing before this OR", "torture"),
        ("a OR OR b", 2, "there is nothing after this OR", "a OR b"),
        ("(a OR) b", 3, "there is nothing after this OR", "(a ) b"),
        ("AND a", 0, "there is nothing before this AND", "a"),
        ("torture or arrest", 8, "“or” would be searched as a word: write OR in capitals", "torture OR arrest"),
        ("пытки или арест", 6, "“или” would be searched as a word: write OR in capitals", "пытки OR арест"),
        ("torture and arrest", 8, "“and” would be searched as a word: a space already means both", "torture arrest"),
        ("torture, arrest", 7, "a comma has no meaning here: write OR for any of them, a space for all", "torture OR arrest"),
        ("author:Smith", 0, "“author:” is not one of title:, country:, topic:, source:, lang:, scope:", '"author:Smith"'),
        ("https://example.org/a", 0, "addresses are not searched, only words", ""),
        ("at 10:30", 5, "a colon inside a word is not understood", '"10:30"'),
        ("country:Georgi", 8, "no country or region is called “Georgi”", 'country:"georgia"'),
        ("country:Centrl-Asia", 8, "no country or region is called “Centrl-Asia”", 'country:"Central Asia"'),
        ("country:zz", 8, "no country or region is called “zz”", ""),
        ("topic:press-fredom", 6, "there is no topic “press-fredom”", 'topic:"Press freedom"'),
        ("country:", 0, "country: of what?", "country:KZ"),
        ("a title:", 2, "title: of what?", "title:verdict"),
        ("title:-a", 6, "the minus goes before title:", "-title:word"),
        ("title:country:UA", 0, "title: of what?", "title:verdict"),
        ("title:(a Ukraine)", 0, "title: takes words; a country or topic is found in the whole post", "title:verdict"),
        ("country:(a)", 8, "country: takes a name", "country:KZ"),
        ("lang:zz", 5, "no language has the code or name “zz”; Chinese is zh", "lang:zh"),
        ("torture lang:ua", 13, "no language has the code or name “ua”; Ukrainian is uk", "lang:uk"),
        ("lang:russan", 5, "no language has the code or name “russan”; Russian is ru", "lang:ru"),
        ("lang:quenya", 5, "no language has the code or name “quenya”", "lang:ru"),
        ("scope:most Georgia", 6, "scope: is one of about, main, any", "scope:main"),
        ("scope:main torture", 0, "scope:main says how a country is meant, and none is named", "country:KZ scope:main"),
        ("scope:main scope:any Georgia", 17, "two different scopes in one query", ""),
        ("a (scope:any Georgia)", 9, "scope: is a setting of the whole query: it stands outside", ""),
        ("~", 0, "~ goes right before a word", "~word"),
        ('~"a b"', 0, "~ goes right before a word", "~word"),
        ("~ill-treated", 0, "~ works on single words", "~ill"),
        ("~arrest*", 0, "a word takes ~ or *, not both", "arrest*"),
        ('"a ~b"', 3, "~ works on single words, not inside quotation marks", "~word"),
        ("x" * 501, 0, "this is too long: 500 characters of words are the most", "make two subscriptions of it"),
        ("torture " * 63, 496, "this is too long: 500 characters of words are the most", "make two subscriptions of it"),
        ("(" * 21 + "a" + ")" * 21, 20, "more than 20 levels of parentheses", ""),
        ("a " * 2049, 500, "this is too long: 4098 characters, 500 is the most", ""),
    ],
)  # fmt: skip
def test_it_points_at_the_place_and_offers_the_mend(typed: str, position: int, cause: str, mend: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(typed, VOCABULARY)
    assert (refused.value.position, refused.value.cause, refused.value.mend) == (position, cause, mend)


@pytest.mark.parametrize(
    ("typed", "position", "cause"),
    [
        ("", 0, "there is no word in it"),
        (" ,;\n", 0, "there is no word in it"),
        ("torture, (a, b)", 11, "a comma has no meaning inside parentheses: write OR"),
        ('torture, "press', 9, "this quotation mark has no partner"),
        ("torture, OR", 9, "there is nothing before this OR"),
        ("scope:main Georgia, scope:any Ukraine", 0, "two different scopes in one query"),
        ("a, -scope:any", 10, "scope: is a setting of the whole query: it stands outside"),
    ],
)
def test_keywords_are_refused_where_the_trouble_is(typed: str, position: int, cause: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse_keywords(typed, VOCABULARY)
    assert (refused.value.position, refused.value.cause) == (position, cause)


@pytest.mark.parametrize(
    "typed",
    [
        "scope:any Russia -Russia",  # mentioned, and not what it is about
        "Central Asia -Kazakhstan",
        "torture -title:torture",
        "Miftakhov -miftakhov",  # in another spelling
        "torture OR arrest -torture",
        '"press freedom" -"freedom press"',
        "(torture arrest) OR verdict -arrest",
        '"to be" OR torture',
        "Russia the",
        "title:the",
        "the torture",
        "L’Aquila OR rock’n’roll",
        "lang:Russian",
        "lang:crh",
        "“press freedom” «свобода слова» „пытки“",
        "AC/DC",
        "C++",
    ],
)
def test_what_makes_sense_is_not_refused(typed: str) -> None:
    assert parse(typed, VOCABULARY)


def test_what_was_stored_is_read_even_if_it_would_be_refused_today() -> None:
    assert restore("the OR lang:qq") is not None


def test_keywords_that_are_in_every_text_or_in_none_are_refused() -> None:
    for typed, position in (("torture, the", 9), ("torture, -torture", 10)):
        with pytest.raises(QueryError) as refused:
            parse_keywords(typed, VOCABULARY)
        assert refused.value.position == position


def test_five_hundred_characters_are_fine() -> None:
    assert parse("x" * 500, VOCABULARY).words is not None


def test_twenty_levels_are_fine() -> None:
    assert parse("(" * 20 + "b" + ")" * 20, VOCABULARY).words is not None


def test_an_unknown_country_in_a_list_is_told_with_its_place() -> None:
    with pytest.raises(QueryError) as refused:
        countries_in("Ukraine, Kazakstan", VOCABULARY)
    assert refused.value.position == 9
    assert refused.value.mend == 'country:"kazakhstan"'


def test_an_empty_list_of_countries_is_told() -> None:
    with pytest.raises(QueryError, match="no country is named"):
        countries_in(" , ", VOCABULARY)
