"""What names a country and yet is not news of it: passing mentions, languages, dishes, companies, speakers."""

from __future__ import annotations

import pytest

from tests.core.match.test_countries import about, mentions

FILLER = "The camera is light and the strap is good, and so I wrote down what I learnt. "


# ----------------------------------------------------------------------- passing mentions


def test_a_long_text_is_about_no_country_that_it_names_once_in_passing() -> None:
    text = FILLER * 20 + "A friend of mine once took it to Kenya. " + FILLER * 20
    assert about("It is enough to know enough", text) == []
    assert mentions("It is enough to know enough", text) == ["KE"]


def test_a_place_in_the_first_lines_is_more_than_passing() -> None:
    assert about("Court upholds sentence", "A court in Minsk has upheld it. " + FILLER * 40) == ["BY"]


def test_so_is_a_country_in_the_title_whatever_the_text_says() -> None:
    assert about("Kenya: what I learnt", FILLER * 40) == ["KE"]


def test_so_is_one_that_is_named_again_and_again() -> None:
    assert about(
        "What I learnt", FILLER * 8 + "In Kenya they know. Kenyans say so in Nairobi. " + FILLER * 40
    ) == ["KE"]


def test_so_is_the_one_that_the_feed_is_about() -> None:
    assert about("What I learnt", FILLER * 40, hints=("KE",)) == ["KE"]


def test_a_short_text_may_name_its_country_once_and_last() -> None:
    assert about("Court frees reporter", "He was held for a year and is with his family again in Kenya.") == [
        "KE"
    ]


# ----------------------------------------------------------------------- rule 16: languages


@pytest.mark.parametrize(
    "title",
    [
        "The book is out in German and French",
        "She speaks Russian, and writes in Ukrainian.",
        "A German language course",
        "Russian-speaking readers ask for more",
        "Translated from Polish",
        "Книга вышла на немецком и польском",
        "Учебник украинского языка",
        "Підручник польської мови",
        "Learning English",
    ],
)
def test_a_language_is_no_country(title: str) -> None:
    assert about(title) == mentions(title) == []


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        ("Activist dies in Russian custody", ["RU"]),
        ("Reporters in Ukrainian and Polish prisons", ["PL", "UA"]),
        ("Свідчення про катування в російських в'язницях", ["RU"]),
        ("English court jails man", []),
        ("English court jails man over riot in UK", ["GB"]),
    ],
)
def test_before_a_noun_it_is_one_again(title: str, codes: list[str]) -> None:
    assert sorted(about(title)) == codes


# ----------------------------------------------------------------------- things, companies, works


@pytest.mark.parametrize(
    "title",
    [
        "Scientific American on sleep",
        "Heroes of Stalingrad, reviewed",
        "Greek yogurt and a Swiss army knife",
        "NASA postpones launch",
        "Samsung sells fewer phones",
        "8 GB of memory and a PNG file",
        "The Toronto Star has more",
    ],
)
def test_a_work_a_thing_or_a_company_is_no_country(title: str) -> None:
    assert about(title) == []


def test_a_company_speaks_for_a_country_that_is_named_otherwise() -> None:
    alone = about("Samsung workers jailed in Vietnam")
    assert alone == ["VN"]
    assert set(about("Samsung workers strike", "Police in Seoul watched.")) == {"KR"}


# ----------------------------------------------------------------------- rules 8 and 14: who acts, who is counted


def test_the_state_that_arrests_comes_before_those_whom_it_arrests() -> None:
    assert (
        about("US charges four Iranians over plot to kidnap reporter", "The Iranian officer was not held.")[0]
        == "US"
    )
    assert about("Turkey jails two Russians", "The Russians had asked for a lawyer.")[0] == "TR"


def test_one_that_only_calls_or_warns_does_not() -> None:
    assert about("Blinken dials Pakistan minister", "They spoke of a verdict.")[0] == "PK"
    assert about("Washington warns Georgia over law")[0] == "GE"


# ----------------------------------------------------------------------- words of local news


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Barangay officials in the town said so.", "PH"),
        ("The sheriff's deputies found the van; a grand jury will hear it.", "US"),
        ("The bribe was two lakh, the tehsildar said.", "IN"),
        ("He paid 50,000 naira.", "NG"),
        ("Gunmen in Zamfara took the girls.", "NG"),
        ("The leader was shot in Putumayo.", "CO"),
        ("The farmers of Negros Occidental were held in Himamaylan.", "PH"),
        ("Fighters of al-Shabaab claimed it.", "SO"),
    ],
)
def test_local_news_tells_its_country_without_naming_it(text: str, code: str) -> None:
    assert about("Man found dead", text) == [code]


# ----------------------------------------------------------------------- words that look like names


@pytest.mark.parametrize(
    "text",
    [
        "Досі вона мовчала. Дорога додому була довга.",
        "ДОРОГА ДОДОМУ",
        "* Мали спільне місце",
        "На околиці були Роз'їжджі Гори.",
    ],
)
def test_a_ukrainian_word_is_no_town_of_the_same_letters(text: str) -> None:
    assert mentions("", text) == []


# ----------------------------------------------------------------------- rule 17: regions


@pytest.mark.parametrize(
    "text", ["Пожежа у Київській області.", "Обыски в Пермском крае.", "Суд у Харківському районі."]
)
def test_an_adjective_with_the_word_for_a_region_names_its_country(text: str) -> None:
    filler = "Новий закон обговорили. Новый закон обсудили. " * 20
    codes = {"Пермском": "RU"}.get(text.split()[2], "UA")
    assert codes in mentions("Норвегія ухвалила закон", filler + text)


def test_an_adjective_without_it_is_no_mention() -> None:
    filler = "Новий закон обговорили. Новый закон обсудили. " * 20
    assert mentions("Норвегія ухвалила закон", filler + "Київські гості.") == ["NO"]
