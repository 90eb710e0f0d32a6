from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.match.tongue import guess


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The court has jailed a journalist for the second time", "en"),
        ("Суд арестовал журналистку, её вывезли ночью", "ru"),
        ("Суд заарештував журналістку в Україні", "uk"),
        ("Суд арыштаваў журналістку ў Менску", "be"),
        ("Украіна і Расея правялі абмен палоннымі, ёсць вынікі", "be"),
        ("Сот журналистке үкім шығарды, қамауға алынды", "kk"),
        ("Сот журналистти үйүндө камакка алды, бөлүмдө", "ky"),
        ("Суд рӯзноманигорро ба ҳабс гирифт", "tg"),
        ("Съдът осъди журналист за втори път", "bg"),
        ("Суд је осудио новинара због ђубрета", "sr"),
        ("Судот ќе го осуди новинарот", "mk"),
        ("სასამართლომ ჟურნალისტი დააპატიმრა", "ka"),
        ("Դատարանը կալանավորել է լրագրողին", "hy"),
        ("دادگاه روزنامه‌نگار را به زندان محکوم کرد", "fa"),
        ("محکمې خبریال بندي کړ او ویې ټاکه", "ps"),
        ("حكمت المحكمة على الصحفي بالسجن", "ar"),
        ("Mahkeme gazeteciyi tutukladı ve bir açıklama yaptı", "tr"),
        ("Məhkəmə jurnalisti həbs etdi və bu barədə dedi", "az"),
        ("Instanța a condamnat un jurnalist și l-a trimis în închisoare", "ro"),
        ("Sąd skazał dziennikarza na karę więzienia w kolonii", "pl"),
        ("Das Gericht hat den Journalisten zu einer Strafe verurteilt", "de"),
        ("Le tribunal a condamné un journaliste à la prison", "fr"),
        ("El tribunal condenó a un periodista por los hechos", "es"),
        ("Gjykata dënoi një gazetar për të dytën herë", "sq"),
        ("Sud je osudio novinara na kaznu zbog članka", "bs"),
    ],
)
def test_it_tells_the_languages_of_the_gazetteer(text: str, language: str) -> None:
    assert guess(text) == language


def test_it_believes_the_feed_where_letters_allow_it() -> None:
    assert guess("Суд приговорил журналиста, её нет", "ky") == "ky"
    assert guess("Суд у Києві виправдав", "ru") == "uk"
    assert guess("Minsk", "be-BY") == "be"
    assert guess("Суд осудио новинара Јована", "mk") == "mk"


def test_it_does_not_believe_a_feed_that_says_another_language_than_its_words() -> None:
    assert guess("The court has jailed a journalist for the second time", "ru") == "en"


def test_it_says_nothing_of_what_it_cannot_tell() -> None:
    assert guess("") is None
    assert guess("Minsk") is None
    assert guess("12345 !!!") is None


@settings(deadline=None, max_examples=100)
@given(text=st.text(max_size=200), told=st.none() | st.text(max_size=6))
def test_guessing_never_fails(text: str, told: str | None) -> None:
    guess(text, told)
