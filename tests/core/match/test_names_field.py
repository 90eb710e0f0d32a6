"""Names of people and places of this field in their usual English spellings, and as they stand in texts there.

The list was composed for this test; a few of its pairs are known not to be found, and are counted as missed.
"""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from tests.core.match.samples import VOCABULARY
from tests.corpora import corpora
from watchdog_bot.core.match import names
from watchdog_bot.core.match.index import MatchIndex
from watchdog_bot.core.match.query import parse
from watchdog_bot.core.model import PostText, SubscriberId, SubscriptionId
from watchdog_bot.core.text import fold

# English → spellings in the texts of the country, some in another case.
FIELD = {
    # Russian
    "Oyub": "Оюб Оюба", "Titiev": "Титиев Титиева", "Dmitriev": "Дмитриев Дмитриева", "Gannushkina": "Ганнушкина Ганнушкиной",
    "Kara-Murza": "Кара-Мурза", "Yashin": "Яшин Яшина", "Skochilenko": "Скочиленко", "Berkovich": "Беркович",
    "Gorinov": "Горинов Горинова", "Chikov": "Чиков Чикова", "Kagarlitsky": "Кагарлицкий Кагарлицкого", "Nemtsov": "Немцов Немцова",
    "Estemirova": "Эстемирова Эстемировой", "Magnitsky": "Магнитский Магнитского", "Sentsov": "Сенцов Сенцова",
    "Prigozhin": "Пригожин Пригожина", "Patrushev": "Патрушев Патрушева", "Bastrykin": "Бастрыкин Бастрыкина",
    "Yekaterinburg": "Екатеринбург Екатеринбурге", "Voronezh": "Воронеж Воронежа", "Ryazan": "Рязань Рязани",
    # Ukrainian
    "Dzhemilev": "Джемілєв Джемилев", "Dzhelyal": "Джелял Джеляла", "Chubarov": "Чубаров Чубарова", "Yesypenko": "Єсипенко",
    "Handziuk": "Гандзюк", "Gongadze": "Ґонґадзе Гонгадзе", "Sheremet": "Шеремет Шеремета", "Zaluzhny": "Залужний Залужного",
    "Kuleba": "Кулеба Кулеби", "Matviichuk": "Матвійчук", "Zaporizhzhia": "Запоріжжя", "Mykolaiv": "Миколаїв Миколаєва",
    "Chernihiv": "Чернігів", "Kherson": "Херсон Херсоні",
    # Belarusian
    "Bialiatski": "Бяляцкі Бяляцкага", "Kalesnikava": "Калеснікава", "Babaryka": "Бабарыка Бабарыкі", "Statkevich": "Статкевіч Статкевіча",
    "Andreeva": "Андрэева Андреева", "Chultsova": "Чульцова", "Stefanovich": "Стэфановіч", "Hrodna": "Гродна",
    "Mahilyow": "Магілёў", "Vitsebsk": "Віцебск Віцебску", "Bandarenka": "Бандарэнка",
    # Kazakh, Kyrgyz, Tajik, Uzbek
    "Zhovtis": "Жовтис Жовтиса", "Ablyazov": "Аблязов Аблязова", "Mamai": "Мамай Мамая", "Toleukhan": "Толеухан",
    "Zhanbolat": "Жанболат", "Askarov": "Аскаров Аскарова", "Zhaparov": "Жапаров Жапарова", "Temirov": "Темиров Темирова",
    "Yorov": "Ёров Ёрова", "Kabiri": "Кабири", "Mirsaidov": "Мирсаидов Мирсаидова", "Tazhimuratov": "Тажимуратов Тажимуратова",
    "Karakalpak": "Каракалпак", "Khorog": "Хорог Хороге", "Shymkent": "Шымкент Шымкенте",
    # Azerbaijani
    "Ismayilova": "İsmayılova Исмаилова", "Yunus": "Yunus Юнус", "Mammadli": "Məmmədli Мамедли", "Hasanli": "Həsənli Гасанли",
    "Ibadoghlu": "İbadoğlu Ибадоглу", "Sevinj": "Sevinc Севиндж", "Mehdiyev": "Mehdiyev Мехтиев",
    # Georgian and Armenian, as Russian and Ukrainian write them
    "Saakashvili": "Саакашвили", "Ivanishvili": "Иванишвили", "Kobakhidze": "Кобахидзе", "Gvaramia": "Гварамия",
    "Amaglobeli": "Амаглобели", "Kocharyan": "Кочарян Кочаряна", "Sargsyan": "Саргсян Саргсяна",
}  # fmt: skip
# What these may rightly be found as in the corpora, beside themselves: other people of that name.
ALSO = {
    "Dmitriev": "dmitr[iy]ev|дмитриев.{0,2}", "Sheremet": "шеремет.*", "Kherson": "херсон.*", "Yunus": "yunus|юнус.?",
    "Askarov": "askarov|аскаров.?", "Sargsyan": "sargs[iy]an|саргсян.?", "Andreeva": "andre+ye?va|андреев.{0,2}",
}  # fmt: skip


def test_the_list_is_as_long_as_it_says() -> None:
    assert len(FIELD) >= 60


def test_names_of_the_field_are_found_in_either_direction() -> None:
    pairs = [(asked, stands) for asked, native in FIELD.items() for stands in native.split()]
    both = pairs + [(native.split()[0], asked) for asked, native in FIELD.items()]
    missed = [pair for pair in both if not names.speller(pair[0])(pair[1])]
    recall = 1 - len(missed) / len(both)
    assert recall >= MEASURED, (recall, missed)


MEASURED = 0.97


@pytest.mark.corpora
def test_names_of_the_field_bring_at_most_one_false_hit_in_a_thousand_posts() -> None:
    asked = {name: {fold(each) for each in (name, *native.split())} for name, native in FIELD.items()}
    index = MatchIndex()
    for number, name in enumerate(asked):
        index.add(SubscriptionId(number), SubscriberId(1), parse(name, VOCABULARY))
    false: Counter[tuple[str, str]] = Counter()
    posts = 0
    for corpus in ("rights_defenders_dev", "slavic_ru_dev", "newswire_dev"):
        for line in (corpora("countries") / f"{corpus}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            posts += 1
            for match in index.match(PostText(row["title"], content=row["text"][:4000])):
                for piece in match.evidence:
                    found = fold(piece.found)
                    right = found in asked.get(piece.wanted, {found}) or re.fullmatch(
                        ALSO.get(piece.wanted, "-"), found
                    )
                    if piece.kind == "name" and not right:
                        false[piece.wanted, piece.found] += 1
    in_thousand = sum(false.values()) / len(asked) / posts * 1000
    assert in_thousand <= 1, (in_thousand, false.most_common(20))
