from __future__ import annotations

import pytest

from tests.core.match.samples import VOCABULARY
from watchdog_bot.core.match import forms
from watchdog_bot.core.match.forms import Suggestion, suggest_forms, suggestions
from watchdog_bot.core.match.index import MatchIndex
from watchdog_bot.core.match.query import parse, restore
from watchdog_bot.core.model import PostText, SubscriberId, SubscriptionId


def matches(typed: str, text: str, language: str | None = None) -> bool:
    index = MatchIndex()
    index.add(SubscriptionId(1), SubscriberId(1), parse(typed, VOCABULARY))
    return bool(index.match(PostText(text, language=language)))


@pytest.mark.parametrize(
    ("typed", "text", "language"),
    [
        ("~torture", "they were tortured", None),
        ("~woman", "women's marches", "en-GB"),
        ("~Arrest", "ARRESTS", None),
        ("~пытка", "жертвы пыток", None),  # the stem alone does not see it
        ("~Казахстан", "в Казахстане", "ru"),
        ("~судья", "судей", "ru"),
        ("~человек", "права людей", "ru"),
        ("~ребёнок", "детей и ребенка", "ru"),
        ("~суддя", "призначення суддів", "uk"),
        ("~катування", "від катувань", "uk"),
        ("~об’єднання", "обʼєднань", "uk"),
        ("~Gefängnis", "in Gefängnissen", "de"),
        ("~kitap", "kitaplar", "tr"),
        ("~պատիժ", "պատիժը", "hy"),
        ("~პატიმარი", "პატიმარს", "ka"),
        ("~затримання", "затримань", None),  # told by its letters
        ("~пытка", "An English post that quotes «пыток»", "en"),
        ("~турма", "турма", "be"),  # nothing analyses Belarusian: the word itself
        ("title:~torture", "tortured", None),
    ],
)
def test_it_finds_the_forms_of_a_word(typed: str, text: str, language: str | None) -> None:
    assert matches(typed, text, language)


@pytest.mark.parametrize(
    ("typed", "text", "language"),
    [
        ("~policy", "the police", "en"),
        ("~university", "the universe", "en"),
        ("~news", "a new thing", "en"),
        ("~organ", "organized", "en"),
        ("~турма", "турмы", "be"),
        ("~пытка", "torture", "ru"),
        ("~arrest", "арест", "ru"),
        ("torture", "tortured", "en"),
        ("пытка", "пытки", "ru"),
    ],
)
def test_it_keeps_other_words_apart_and_asks_for_nothing_unasked(
    typed: str, text: str, language: str
) -> None:
    assert not matches(typed, text, language)


@pytest.mark.parametrize(
    ("words", "published", "expected"),
    [
        (("Hello", "world"), None, {"en"}),
        (("Hallo", "Welt"), "de-AT", {"de"}),
        (("привет",), None, {"ru"}),
        (("привіт", "єдність"), None, {"uk"}),
        (("прывітанне", "ўсім"), None, {"be"}),
        (("сәлем", "қайда"), None, {"kk"}),
        (("хабарҳо",), None, {"tg"}),
        (("кыргыз", "өлкө"), None, {"ky"}),
        (("ђак",), None, {"sr"}),
        (("ѓон",), None, {"mk"}),
        (("здравей",), "bg", {"bg"}),
        (("hello", "привет"), "en", {"en", "ru"}),
        (("zdravo", "здраво"), "sr_RS", {"sr"}),
        (("գիր", "წიგნი", "βιβλίο"), None, {"hy", "ka", "el"}),
        (("كتاب",), None, {"ar"}),
        (("گفت",), None, {"fa"}),
        (("किताब",), None, {"hi"}),
        (("Bosna",), "bs", {"sr"}),
        (("人",), "zh", {"zh"}),
    ],
)
def test_it_tells_the_language_of_each_script(
    words: tuple[str, ...], published: str | None, expected: set[str]
) -> None:
    assert set(forms.languages(words, published)) == expected


def test_every_language_it_claims_is_served_by_its_library() -> None:
    for language in sorted(set(forms._STEMS) | {"en", "uk"}):
        assert forms.keys("word", language)


def test_preloading_is_repeatable() -> None:
    forms.preload(("en",))
    forms.preload(("en",))


@pytest.mark.parametrize(
    ("word", "language", "some"),
    [
        ("arrest", None, {"arrests", "arrested", "arresting"}),
        ("пытки", "ru", {"пытка", "пытку", "пытками"}),
        ("арешт", "uk", {"арешту", "арешті"}),
        ("NGO", "en", set()),
        ("қамау", None, set()),
        ("Gefängnis", "de", set()),
    ],
)
def test_it_names_the_forms_that_a_tilde_would_catch(word: str, language: str | None, some: set[str]) -> None:
    found = suggest_forms(word, language)
    assert set(found) >= some
    assert bool(found) is bool(some)
    assert len(found) <= 6
    assert all(matches(f"~{word}", form, language) for form in found)


def test_it_proposes_forms_for_words_typed_bare_and_prefixes_where_it_knows_no_forms() -> None:
    query = parse('пытки OR (қамауға "free press" ~done strik* Miftakhov covid-19 ngo)', VOCABULARY)
    assert suggestions(query, "ru") == (
        Suggestion("пытки", "~пытки", ("пытка", "пытку", "пытке", "пыткой", "пыткам", "пытками")),
        Suggestion("қамауға", "қамауғ*"),
    )
    assert suggestions(parse("Ukraine", VOCABULARY)) == ()
    assert suggestions(parse("турма", VOCABULARY), "be") == (Suggestion("турма", "турма*"),)


def test_a_form_asked_for_later_is_found_in_languages_already_met() -> None:
    index = MatchIndex()
    index.add(SubscriptionId(1), SubscriberId(1), parse("~arrest", VOCABULARY))
    post = PostText("They arrested and tortured", language="en")
    assert len(index.match(post)) == 1
    index.add(SubscriptionId(2), SubscriberId(1), parse("~torture", VOCABULARY))
    assert len(index.match(post)) == 2
    index.remove(SubscriptionId(1))
    assert [match.subscription_id for match in index.match(post)] == [SubscriptionId(2)]
    index.remove(SubscriptionId(2))
    assert index.match(post) == ()
    assert not any(index._terms._forms.values())


@pytest.mark.parametrize(
    ("word", "language", "instead"),
    [
        ("пытка", "ru", "~пытка"),
        ("катування", "uk", "катуванн*"),
        ("журналіст", "uk", "~журналіст"),
        ("катаванне", "be", "катаванн*"),
        ("азаптау", "kk", "азапт*"),
        ("işgəncə", "az", "işgənc*"),
        ("qiynoq", "uz", "qiynoq*"),
        ("işkence", "tr", "işkenc*"),
        ("წამება", "ka", "წამება*"),
        ("ճնշում", "hy", "ճնշում*"),
        ("شکنجه", "fa", "شکنجه*"),
        ("więzienie", "pl", "więzien*"),
        ("verhaftet", "de", "verhaftet*"),
    ],
)
def test_a_bare_word_of_every_inflecting_language_is_offered_with_its_forms(
    word: str, language: str, instead: str
) -> None:
    (found,) = suggestions(restore(word), language)
    assert found.instead == instead
    assert bool(found.forms) == instead.startswith("~")
