from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.match.declension import word_forms
from watchdog_bot.core.match.endings import ENDINGS
from watchdog_bot.core.match.gazetteer import COMMON, REMEMBERED, Gazetteer, fold_word


def line(
    surface: str,
    *,
    code: str = "KZ",
    kind: str = "name",
    language: str = "en",
    case: str = "cap",
    since: str = "",
    until: str = "",
) -> str:
    return f"{code}\t{kind}\t{language}\t{case}\t1\t{since}\t{until}\t{surface}"


def as_one_word(piece: str) -> list[str]:
    return [piece]


def names(gazetteer: Gazetteer, word: str, language: str | None = "en") -> list[str]:
    return [
        code
        for branch, _ in gazetteer.starts({word}, language, as_one_word).get(word, ())
        if branch.name
        for code in branch.name.codes
    ]


def test_comments_and_empty_lines_are_passed_over() -> None:
    assert len(Gazetteer.from_lines(["# code\tkind", "", "  ", line("Kazakhstan")])) == 1


@pytest.mark.parametrize(
    "broken",
    [
        "KZ\tname",
        line("Kazakhstan", case="shout"),
        line("Kazakhstan", since="2019-99-99"),
        line("Казахстан~z", language="ru"),
        line("Kazakhstan").replace("\t1\t", "\tmuch\t"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(broken: str) -> None:
    with pytest.raises(ValueError, match="line 2 of the gazetteer cannot be read"):
        Gazetteer.from_lines([line("Kazakhstan"), broken])


def test_a_name_is_found_by_any_of_its_forms() -> None:
    gazetteer = Gazetteer.from_lines([line("Казахстан~n", language="ru")])
    for form in ("Казахстан", "Казахстана", "Казахстану", "Казахстаном", "Казахстане"):
        assert names(gazetteer, form) == ["KZ"]
    assert names(gazetteer, "Казахстанский") == []


def test_the_first_of_two_names_with_one_spelling_wins() -> None:
    gazetteer = Gazetteer.from_lines([line("Paris", code="FR"), line("Paris", code="US")])
    assert names(gazetteer, "Paris") == ["FR"]


def test_a_name_that_needs_no_support_wins_over_one_that_does() -> None:
    gazetteer = Gazetteer.from_lines([line("Vela", code="US", case="cap?"), line("Vela", code="FR")])
    assert names(gazetteer, "Vela") == ["FR"]


def test_diacritics_and_apostrophes_make_no_difference() -> None:
    gazetteer = Gazetteer.from_lines([line("Türkiye", code="TR"), line("N'Djamena", code="TD")])
    assert names(gazetteer, "Turkiye") == ["TR"]
    assert names(gazetteer, "N’Djamena") == ["TD"]


def test_an_exact_name_is_never_found_in_small_letters() -> None:
    gazetteer = Gazetteer.from_lines([line("US", code="US", case="exact")])
    assert names(gazetteer, "US") == names(gazetteer, "U.S.") == ["US"]
    assert names(gazetteer, "us") == names(gazetteer, "Us") == []


def test_names_of_another_language_are_looked_for_only_in_it() -> None:
    gazetteer = Gazetteer.from_lines([line("Chin{y,om,ach}", code="CN", language="pl")])
    assert names(gazetteer, "Chinach", "pl") == ["CN"]
    assert names(gazetteer, "Chinach", "en") == names(gazetteer, "Chinach", None) == []


def test_little_words_joined_to_an_arabic_name_are_taken_off() -> None:
    gazetteer = Gazetteer.from_lines(
        [
            line("العراق", code="IQ", language="ar", case="any"),
            line("إيران", code="IR", language="ar", case="any"),
        ]
    )
    for word in ("العراق", "والعراق", "بالعراق", "للعراق"):
        assert names(gazetteer, word, "ar") == ["IQ"]
    assert names(gazetteer, "وإيران", "ar") == ["IR"]


def test_an_article_before_an_apostrophe_is_taken_off_and_an_ending_after_it() -> None:
    gazetteer = Gazetteer.from_lines([line("Ukraine", code="UA")])
    assert names(gazetteer, "d'Ukraine") == names(gazetteer, "Ukraine'nin") == ["UA"]


def test_latin_letters_in_a_cyrillic_word_are_read_as_what_they_look_like() -> None:
    lines = [line("Україна~n", code="UA", language="uk"), line("США", code="US", language="ru", case="exact")]
    gazetteer = Gazetteer.from_lines(lines)
    assert names(gazetteer, "Укрaїні") == ["UA"]  # with a Latin a
    assert names(gazetteer, "CША") == ["US"]  # with a Latin C


def test_what_it_remembers_is_bounded() -> None:
    gazetteer = Gazetteer.from_lines([line("Kazakhstan")])
    for number in range(REMEMBERED + 10):
        gazetteer.starts({f"Word{number}"}, "en", as_one_word)
    assert sum(len(each.barren) + len(each.held) for each in gazetteer._memory.values()) <= REMEMBERED
    assert names(gazetteer, "Kazakhstan") == ["KZ"]


def test_what_stands_around_a_word_is_taken_off_and_what_stands_in_it_is_taken_apart() -> None:
    gazetteer = Gazetteer.from_lines([line("Kazakhstan"), line("US", code="US", case="exact")])
    assert set(gazetteer.starts({"«Kazakhstan,", "US-Kazakhstan"}, "en", lambda piece: piece.split("-"))) == {
        "Kazakhstan",
        "US",
    }


def test_a_word_in_small_letters_starts_only_names_that_need_no_capital() -> None:
    gazetteer = Gazetteer.from_lines([line("Turkey", code="TR"), line("naira", code="NG", case="any")])
    assert names(gazetteer, "turkey") == []
    assert names(gazetteer, "naira") == names(gazetteer, "Naira") == ["NG"]


def test_a_leader_is_in_force_between_two_dates() -> None:
    gazetteer = Gazetteer.from_lines(
        [line("Sargsyan", code="AM", kind="leader", since="2008-04-09", until="2018-04-23")]
    )
    ((branch, _),) = gazetteer.starts({"Sargsyan"}, "en", as_one_word)["Sargsyan"]
    assert branch.name is not None
    assert branch.name.in_force(date(2010, 1, 1))
    assert not branch.name.in_force(date(2007, 1, 1))
    assert not branch.name.in_force(date(2020, 1, 1))


# ----------------------------------------------------------------------- forms


@pytest.mark.parametrize(
    ("language", "word", "forms"),
    [
        ("ru", "Россия~n", "Россия России Россию Россией"),
        ("ru", "Беларусь~n", "Беларусь Беларуси Беларусью"),
        ("ru", "Китай~n", "Китай Китая Китаю Китаем Китае"),
        ("ru", "Шанхай~n", "Шанхае"),
        ("ru", "Нидерланды~n", "Нидерландов Нидерландам Нидерландах"),
        ("ru", "Запорожье~n", "Запорожья Запорожью Запорожьем"),
        ("ru", "Косово~n", "Косова Косове"),
        ("ru", "Зеленский~n", "Зеленского Зеленскому Зеленским"),
        ("ru", "Медведев~n", "Медведева Медведевым"),
        ("ru", "казахстанский~a", "казахстанского казахстанская казахстанских казахстанскую"),
        ("ru", "Нижний~a", "Нижнего Нижнем Нижним"),
        ("ru", "афганец~m", "афганца афганцы афганцев афганцами"),
        ("ru", "китаец~m", "китайца китайцы китайцев"),
        ("ru", "россиянин~m", "россиянина россияне россиян россиянам"),
        ("ru", "грек~m", "грека греки греков"),
        ("ru", "латыш~m", "латыша латыши латышей"),
        ("ru", "россиянка~f", "россиянки россиянок россиянкам"),
        ("uk", "Росія~n", "Росії Росію Росією"),
        ("uk", "Америка~n", "Америки Америці Америку Америкою"),
        ("uk", "Запоріжжя~n", "Запоріжжю Запоріжжі"),
        ("uk", "Донецьк~n", "Донецька Донецьку Донецьком"),
        ("uk", "Нідерланди~n", "Нідерландів Нідерландам Нідерландах"),
        ("uk", "Ки{їв,єва,єву,євом,єві}", "Київ Києва Києву Києві"),
        ("uk", "білоруський~a", "білоруського білоруська білоруські білоруській"),
        ("uk", "українець~m", "українця українці українців українцям"),
        ("uk", "росіянин~m", "росіянина росіяни росіян росіянам"),
        ("en", "Afghan~s", "Afghan Afghans"),
        ("kk", "Қазақстан~e", "Қазақстанда Қазақстанның Қазақстанға Қазақстаннан"),
        ("ka", "ირანი~e", "ირანში ირანის ირანს"),
        ("tr", "Ankara~e", "Ankarada Ankaradan"),
    ],
)
def test_a_word_has_the_forms_of_its_language(language: str, word: str, forms: str) -> None:
    assert set(forms.split()) <= set(word_forms(word, language))


@pytest.mark.parametrize(
    ("language", "word", "not_forms"),
    [
        ("ru", "Словакия~n", "слова словах Слова"),
        ("ru", "Сана~n", "сам Сам"),
        ("ru", "Дания~n", "дан Дан"),
        ("ru", "Токио~n", "Токиа"),
        ("ru", "Чили~n", "Чил"),
        ("uk", "Чилі~n", "Чил"),
        ("ru", "США", "США~n Сша"),
    ],
)
def test_no_form_is_guessed_from_a_tail(language: str, word: str, not_forms: str) -> None:
    assert set(not_forms.split()).isdisjoint(word_forms(word, language))


@settings(deadline=None, max_examples=80)
@given(
    word=st.text(alphabet="абвгдежзийклмнорстуцчшыьэюяіїє", min_size=4, max_size=12),
    mark=st.sampled_from("namf"),
    language=st.sampled_from(["ru", "uk"]),
)
def test_forms_begin_with_the_word_and_keep_its_stem(word: str, mark: str, language: str) -> None:
    forms = word_forms(f"{word}~{mark}", language)
    assert forms[0] == word
    assert len(set(forms)) == len(forms)
    assert all(form.startswith(word[:1]) for form in forms)


@pytest.mark.parametrize("language", sorted(ENDINGS))
def test_every_other_language_keeps_the_name_itself(language: str) -> None:
    assert word_forms("Аstana~e", language)[0] == "Аstana"
    assert language not in COMMON


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=20))
def test_folding_twice_is_folding_once(word: str) -> None:
    assert fold_word(fold_word(word)) == fold_word(word)
