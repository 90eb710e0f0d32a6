from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot import data
from watchdog_bot.core.match.index import MatchIndex
from watchdog_bot.core.match.people import MOST, Named, NameFinder
from watchdog_bot.core.match.query import restore
from watchdog_bot.core.model import PostText, SubscriberId, SubscriptionId


@pytest.fixture(scope="module")
def finder() -> NameFinder:
    return data.load_name_finder()


def shown(finder: NameFinder, title: str, body: str = "") -> list[str]:
    return [each.shown for each in finder.find(PostText(title, body))]


def finds(named: Named, text: str) -> bool:
    index = MatchIndex()
    index.add(SubscriptionId(1), SubscriberId(1), restore(named.query))
    return bool(index.groups(PostText(text)))


def test_people_are_found_and_courts_places_and_groups_are_not(finder: NameFinder) -> None:
    found = shown(
        finder,
        "Moscow Court Jails Student Despite Claims of Torture",
        "A court in Moscow sentenced Azat Miftakhov. His lawyer, Svetlana Sidorkina, went to the Supreme Court. "
        "Human Rights Watch, the European Union and Amnesty International protested in New York and Nizhny Novgorod. "
        "On Monday the Foreign Ministry of Saudi Arabia said nothing.",
    )
    assert sorted(found) == ["Azat Miftakhov", "Svetlana Sidorkina"]


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("Vladimir Kara-Murza freed in prisoner swap", "", ["Vladimir Kara-Murza"]),
        (
            "Belarus: Ales Bialiatski in isolation",
            "Nobel laureate Ales Bialiatski was moved.",
            ["Ales Bialiatski"],
        ),
        ("Суд продлил арест журналистке Алсу Курмашевой", "", ["Алсу Курмашева"]),
        ("Дело Мифтахова", "Азата Фанисовича Мифтахова этапировали.", ["Азата Мифтахова"]),
        ("Приговор", "По делу «Новое величие» осуждена Мария Дубовик.", ["Мария Дубовик", "Новое величие"]),
        ("Суд", "Осудили Алексея Навального, соратники Навального протестуют.", ["Алексей Навальный"]),
        ("Алиев", "О встрече с Ильхамом Алиевым сообщила Лейла Алиева.", ["Ильхам Алиев", "Лейла Алиева"]),
    ],
)
def test_names_are_found_in_both_scripts(
    finder: NameFinder, title: str, body: str, expected: list[str]
) -> None:
    assert set(expected) <= set(shown(finder, title, body))


def test_a_followed_name_is_found_in_other_cases_spellings_and_the_other_script(finder: NameFinder) -> None:
    (one,) = finder.find(PostText("Суд продлил арест журналистке Алсу Курмашевой"))
    for text in ("Alsu Kurmasheva is free", "Алсу Курмашева на свободе", "Суд над Алсу Курмашевой"):
        assert finds(one, text), text
    assert not finds(one, "Алсу Петрова на свободе")
    (man,) = finder.find(PostText("Приговор", "Вчера этапировали Азата Мифтахова."))
    assert finds(man, "Азат Мифтахов на свободе")
    assert finds(man, "Azat Miftakhov is free")
    (english,) = finder.find(PostText("Azat Miftakhov is free"))
    assert finds(english, "Приговор Азату Мифтахову")


def test_a_title_in_capitals_is_believed_only_where_a_first_name_is_known(finder: NameFinder) -> None:
    assert shown(finder, "Court Jails Prominent Blogger Again") == []
    assert shown(finder, "Court Jails Alexei Navalny Again") == ["Alexei Navalny"]


def test_those_in_the_title_come_first_and_few_are_offered(finder: NameFinder) -> None:
    body = " ".join(f"There spoke Boris Person{chr(97 + number)}ov." for number in range(20))
    found = shown(finder, "The trial of Maria Petrova began", body)
    assert found[0] == "Maria Petrova"
    assert len(found) == MOST


def test_a_text_without_names_has_none(finder: NameFinder) -> None:
    assert shown(finder, "", "") == []
    assert (
        shown(finder, "Thirteen groups fined", "Tax inspections have begun in Almaty, Astana and Aqtobe.")
        == []
    )


@pytest.mark.parametrize(
    "title",
    [
        "Belarusian Editor Freed After Four Years",
        "Reporter Beaten While Covering Protest Dies",
        "Lawyer Sentenced Without Trial",
        "Activist Released From Colony",
    ],
)
def test_a_headline_of_capitals_offers_none_of_its_verbs(finder: NameFinder, title: str) -> None:
    assert shown(finder, title, "It was told on Monday.") == []


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(["Anna", "Петрова", "Иванов", "«", "»", '"', ".", "\n", "*", "O'Neil", "Кара-Мурза"]),
        max_size=40,
    ),
)
def test_whatever_the_text_every_name_offered_can_be_followed(title: str, words: list[str]) -> None:
    for each in data.load_name_finder().find(PostText(title, " ".join(words))):
        assert restore(each.query)
        assert each.shown.strip()
