from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.core.match.samples import VOCABULARY
from tests.corpora import corpora
from watchdog_bot.core.match import names
from watchdog_bot.core.match.index import MatchIndex
from watchdog_bot.core.match.query import parse
from watchdog_bot.core.model import PostText, SubscriberId, SubscriptionId
from watchdog_bot.core.text import fold


def same(one: str, other: str) -> bool:
    return names.speller(one)(other)


@pytest.mark.parametrize(
    "spellings",
    [
        "Lukashenko Lukashenka Loukachenko Łukaszenka Lukaschenko Лукашенко Лукашэнка",
        "Miftakhov Miftahov Мифтахов",
        "Zelensky Zelenskyy Zelenskiy Zelenskyi Зеленский Зеленський",
        "Navalny Navalnyy Navalnyi Nawalny Навальный Навальний",
        "Tsikhanouskaya Ціханоўская",
        "Tikhanovskaya Tikhanovskaja Tikhanovskaïa Тихановская",
        "Nazarbayev Nazarbaev Назарбаев",
        "Tokayev Toqayev Tokaev Токаев Тоқаев",
        "Mirziyoyev Mirziyaev Мирзиёев Мирзиеев",
        "Gorbachev Gorbachov Gorbatschow Горбачёв Горбачев",
        "Sergei Sergey Serhiy Сергей Сергій",
        "Aliyev Aliev Əliyev Алиев",
        "Cəfərov Джафаров",
        "Jafarov Dzhafarov Джафаров",
        "Saakashvili Саакашвили Саакашвілі",
        "Pashinyan Pashinian Пашинян",
        "Solovyov Solovyev Soloviev Соловьёв Соловьев",
        "Yanukovych Yanukovich Янукович",
        "Khodorkovsky Hodorkovskij Ходорковский",
        "Chodorkowski Ходорковский",
        "Vučić Vucic Вучић Вучич",
        "Politkovskaya Politkowskaja Политковская",
        "Bialiatski Бяляцкі",
        "Zhanaozen Жанаозен",
        "Jañaözen Жанаозен",
        "Rahmon Rakhmon Рахмон",
        "Kalesnikava Kolesnikova Колесникова Калеснікава",
        "Yevgeny Evgeny Evgeniy Евгений",
        "Luhansk Lugansk Луганск Луганськ",
    ],
)
def test_it_knows_the_spellings_of_one_name(spellings: str) -> None:
    words = spellings.split()
    apart = [(one, other) for one in words for other in words if not same(one, other)]
    assert apart == []


@pytest.mark.parametrize(
    ("name", "cases"),
    [
        ("Miftakhov", "Мифтахова Мифтахову Мифтаховым Мифтахове"),
        ("Лукашенко", "Лукашенком Лукашенка Лукашенку"),
        ("Zelensky", "Зеленского Зеленскому Зеленским Зеленском Зеленського Зеленським"),
        ("Navalny", "Навального Навальному Навальным Навальном"),
        ("Тихановская", "Тихановской Тихановскую"),
        ("Назарбаев", "Назарбаеву Назарбаевым Назарбаевом"),
        ("Пашинян", "Пашиняна Пашиняном Пашинянові"),
        ("Azat", "Азата Азату"),
        ("Memorial", "Мемориала Мемориалом"),
    ],
)
def test_it_knows_the_cases_of_a_name(name: str, cases: str) -> None:
    assert [case for case in cases.split() if not same(name, case)] == []


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Maria", "More"),
        ("Policy", "Police"),
        ("Police", "Polish"),
        ("Science", "Since"),
        ("Booker", "Baker"),
        ("Niger", "Nigeria"),
        ("Record", "Ричард"),
        ("Китай", "City"),
        ("Media", "МИДа"),
        ("Белый", "Были"),
        ("Miftakhov", "miftahov"),  # stands without a capital
        ("Torture", "Tortured"),
        ("გიორგი", "Giorgi"),
    ],
)
def test_it_keeps_other_words_apart(name: str, other: str) -> None:
    assert not same(name, other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Miftakhov", True),
        ("miftakhov", False),
        ("Azat", False),
        ("Azat Miftakhov", True),
        ("Azat Miftakhov*", True),
        ("UNESCO", False),
        ("Unesco", True),
        ("Kara-Murza", True),
        ("Covid19", False),
        ("", False),
        ("Азат", False),
    ],
)
def test_a_name_is_capitalised_and_has_five_letters(text: str, *, expected: bool) -> None:
    assert names.is_name(text) is expected


def test_one_word_in_quotes_is_meant_to_the_letter() -> None:
    assert not names.phrase_is_name("Miftakhov")
    assert names.phrase_is_name("Azat Miftakhov")
    assert not names.phrase_is_name("Azat Miftakh*")


# ------------------------------------------------------------------ measured on real texts

# What readers of this field type, and what it may rightly be found as: a pattern over folded words.
PEOPLE = {
    "Lukashenko": "l.*s.*enk[ao]|лукаш[эе]нк.{1,2}",
    "Лукашенко": "l.*s.*enk[ao]|лукаш[эе]нк.{1,2}",
    "Miftakhov": "mift.*|мифтахов.{0,2}",
    "Zelensky": "zelensk.*|зеленс.*",
    "Навальный": "navaln.*|навальн.*",
    "Tsikhanouskaya": "ts?ikhano.*|ціханоў.*|тихановск.*",
    "Тихановская": "tikhano.*|тихановск.*",
    "Nazarbayev": "nazarba.*|назарбаев.*",
    "Aliyev": "aliy?ev|алиев.{0,2}",
    "Putin": "put[iy]n|путин(а|у|ым|е)?",
    "Путин": "put[iy]n|путин(а|у|ым|е)?",
    "Kadyrov": "kad[yi]rov|кадыров.*",
    "Orlov": "orlov|орлов.{0,2}",
    "Poroshenko": "poroshenko|порошенко",
    "Янукович": "yanukov[yi]ch|янукович.{0,2}",
    "Klimkin": "klimkin|климкин.{0,2}",
    "Lavrov": "lavrov|лавров.{0,2}",
    "Песков": "peskov|песков.{0,2}",
    "Erdogan": "erdo.?an|эрдоган.{0,2}",
    "Trump": "trump|трамп.{0,2}",
    "Трамп": "trump|трамп.{0,2}",
    "Biden": "b[iy]den|байден.{0,2}",
    "Байден": "b[iy]den|байден.{0,2}",
    "Johnson": "johnson|jonson|джонсон.{0,2}",
    "Джонсон": "johnson|jonson|джонсон.{0,2}",
    "Merkel": "merkel|меркель|меркел.",
    "Clinton": "clinton|клинтон.{0,2}",
    "Harris": "harr?is|харрис.{0,2}",
    "Macron": "macron|макрон.{0,2}",
    "Obama": "obama|обам.{1,2}",
    "Барнье": "barnier|барнье",
    "Davis": "davis|дэвис.{0,2}|девис.{0,2}",
    "Buhari": "buk?hari|бухари",
    "Reagan": "reagan|рейган.{0,2}",
    "Mohammed": "moh?[ha]m+[ae]d|мухаммед.{0,2}|мохаммед.{0,2}",
    "Magombeyi": "magombeyi",
    "Amnesty": "amnesty|амнести",
    "Memorial": "memorial|мемориал.{0,2}",
    "Novaya": "novaya|нов(ая|ой|ую|ый|ого|ое|ым|ые|ых|ому|ом)",
    "Moscow": "moscow",
    "Москва": "moskva|москв.{1,2}",
    "Minsk": "minsk|минск.{0,2}|минськ.{0,2}",
    "Tashkent": "tashkent|ташкент.{0,2}",
    "Donetsk": "donets[kh]|донецк.{0,2}|донецьк.{0,2}",
    "Luhansk": "lu[hg]ansk|луганс.*",
    "Kharkov": "kharkov|харьков.{0,2}",
    "Grozny": "grozn[yi]+|грозн(ый|ого|ом|ому|ым)",
    "Bortnikov": "bortnikov|бортников.{0,2}",
    "Belyatsky": "bel[iy]atsk[iy]+|беляцк.*",
    "Politkovskaya": "politkovskaya|политковск.*",
}
# Words that a telephone writes with a capital: nothing but themselves is right, and the same word across scripts.
ORDINARY = [
    "Torture",
    "Police",
    "Court",
    "Verdict",
    "Journalist",
    "Arrest",
    "Prison",
    "Detained",
    "Protest",
    "Strike",
    "Freedom",
    "Press",
    "Women",
    "Rights",
    "Lawyer",
    "Activist",
    "Trial",
    "Censorship",
    "Violence",
    "Minister",
    "Security",
    "Religion",
    "Election",
    "Refugees",
    "Internet",
    "Attack",
    "Murder",
    "Killed",
    "Kidnapped",
    "Defender",
    "Ministry",
    "Report",
    "Media",
    "Students",
    "Workers",
    "Union",
    "Children",
    "Border",
    "Military",
    "Surveillance",
    "Hospital",
    "Пытки",
    "Полиция",
    "Журналист",
    "Задержание",
    "Тюрьма",
    "Обыск",
    "Адвокат",
    "Приговор",
    "Выборы",
    "Протест",
    "Забастовка",
    "Свобода",
    "Права",
    "Женщины",
    "Беженцы",
    "Цензура",
    "Насилие",
    "Армия",
    "Граница",
    "Партия",
    "Убийство",
    "Похищение",
    "Правозащитник",
]
COGNATES = {
    "Verdict": "вердикт.?",
    "Journalist": "журналист.?",
    "Журналист": "journalist",
    "Press": "пресс.?",
    "Protest": "протест.?",
    "Activist": "активист.?",
    "Internet": "интернет.?",
    "Media": "медиа",
}


def texts() -> Iterator[str]:
    folder = corpora("countries")
    for name in ("rights_defenders_dev", "newswire_dev", "slavic_ru_dev"):
        for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            yield f"{row['title']}. {row['text'][:4000]}"


@pytest.mark.corpora
def test_names_bring_at_most_one_false_hit_in_a_thousand_posts() -> None:
    queries = [*PEOPLE, *(word for word in ORDINARY if names.is_name(word))]
    index = MatchIndex()
    for number, query in enumerate(queries):
        index.add(SubscriptionId(number), SubscriberId(1), parse(query, VOCABULARY))
    false: Counter[tuple[str, str]] = Counter()
    posts = hits = 0
    for text in texts():
        posts += 1
        for match in index.match(PostText("", content=text)):
            for piece in match.evidence:
                if piece.kind == "name":
                    hits += 1
                    right = (
                        PEOPLE.get(piece.wanted)
                        or COGNATES.get(piece.wanted)
                        or re.escape(fold(piece.wanted))
                    )
                    if not re.fullmatch(right, fold(piece.found)):
                        false[piece.wanted, piece.found] += 1
    per_query = Counter({query: count for (query, _), count in false.items()})
    in_thousand = sum(false.values()) / len(queries) / posts * 1000
    told = f"{in_thousand:.3f} false hits a query in 1,000 posts, {hits} hits in all: {false.most_common(20)}"
    assert hits > 300, told
    assert in_thousand <= 0.2, told  # measured: 0.12
    assert max(per_query.values()) <= 3 * posts / 1000, told
