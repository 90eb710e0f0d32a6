"""The shipped topics: whole, and finding what they should. All sentences are written for these tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clock import FakeClock
from watchdog_bot.app import offer_topics
from watchdog_bot.core.match.explain import explain
from watchdog_bot.core.match.query import Query, Vocabulary, parse, topic_leaf
from watchdog_bot.core.model import PostText, Topic
from watchdog_bot.core.text import fold, tokens
from watchdog_bot.data import load_topics
from watchdog_bot.store import Store

SCRIPTS = {"en": "a-z", "ru": "а-я", "uk": "а-щьюяєіїґ", "be": "а-яіў"}

# What must be found: English, Russian, Ukrainian.
HITS = {
    "torture": (
        "A detainee says he was tortured with electric shocks in a Minsk jail",
        "Осуждённый рассказал о пытках в иркутской колонии",
        "Звільнений з полону розповів про катування у СІЗО",
    ),
    "arbitrary detention": (
        "Two lawyers have been held incommunicado since Friday",
        "Суд отправил активиста под домашний арест",
        "Правозахисники заявили про свавільні затримання у Криму",
    ),
    "political prisoners": (
        "Belarus pardons nine political prisoners before the vote",
        "Политзаключённого перевели в другую колонию",
        "У Бресті помер політв'язень",
    ),
    "press freedom": (
        "Journalist Sentenced To Seven Years In Baku",
        "В Бишкеке задержали журналистов независимого издания",
        "У Тбілісі затримали журналістку опозиційного телеканалу",
    ),
    "civil society": (
        "Parliament adopts the foreign agents bill in its final reading",
        "Минюст признал иноагентами трёх историков",
        "Суд визнав фонд небажаною організацією",
    ),
    "fair trial": (
        "The activist was convicted on trumped-up charges",
        "Адвокаты называют уголовное дело местью: «это сфабрикованное дело»",
        "Блогера заочно засудили до десяти років",
    ),
    "peaceful assembly": (
        "Riot police used tear gas outside parliament",
        "Полиция задержала пенсионера на одиночном пикете",
        "На акції протесту в Мінську затримали студентів",
    ),
    "disappearances": (
        "UN experts ask about enforced disappearances in Turkmenistan",
        "Родные говорят о насильственном исчезновении учителя",
        "В окупації зафіксували насильницькі зникнення цивільних",
    ),
    "women's rights": (
        "Kazakhstan makes domestic violence a crime again",
        "В Киргизии снова похищение невесты: кража невест не прекращается",
        "Верховна Рада ратифікувала Стамбульську конвенцію",
    ),
    "LGBT rights": (
        "Georgia bans gay marriage in a new family law",
        "В Чечне преследуют геев, говорит ЛГБТ-сеть",
        "У Києві відбувся Марш рівності",
    ),
    "religious freedom": (
        "Jehovah's Witness jailed for six years in Crimea",
        "Свидетеля Иеговы осудили в Хабаровске",
        "Правозахисники: у Донецьку триває переслідування вірян",
    ),
    "minority rights": (
        "Crimean Tatar leaders mark the anniversary of the deportation",
        "Крымскотатарскому общественнику продлили срок",
        "Новий закон про національні меншини набув чинності",
    ),
    "digital rights": (
        "Spyware found on the phones of Armenian reporters",
        "Роскомнадзор заблокировал ещё один мессенджер",
        "В Ірані триває відключення інтернету",
    ),
    "refugees": (
        "Poland suspends the right to asylum at its border",
        "Узбекистанца депортируют из России",
        "Німеччина прийняла тисячі біженців",
    ),
}

# What must not be found, though it looks alike.
DECOYS = {
    "torture": (
        "A tortuous road leads to the village",
        "Сборная пытается отыграться, тренер пытался спорить",
        "На каток прийшли сотні людей, катер відплив",
    ),
    "arbitrary detention": (
        "The plane was detained by fog for an hour",
        "Рейс задержан из-за тумана",
        "Матч затримано через дощ",
    ),
    "political prisoners": (
        "Political parties agreed on a budget",
        "Политики спорят о налогах",
        "Політичні партії узгодили бюджет",
    ),
    "press freedom": (
        "Journalists attended the opening of a bridge, the Detroit Free Press reported",
        "Журналистам показали новый мост",
        "Журналісти відвідали виставку картин",
    ),
    "civil society": (
        "The agent of a foreign player asked for more money; a civil wedding followed",
        "Агент футболиста заявил о переходе в иностранный клуб",
        "Страховий агент відкрив офіс",
    ),
    "fair trial": (
        "A clinical trial of the vaccine begins; the book fair opens",
        "Суд назначил заседание на март",
        "Суд призначив засідання на березень",
    ),
    "peaceful assembly": (
        "The National Assembly votes on the budget; an assembly line stopped",
        "Собрание акционеров одобрило дивиденды",
        "Збори акціонерів схвалили дивіденди",
    ),
    "disappearances": (
        "The snow leopard is disappearing from the mountains",
        "Исчезли последние льды на озере",
        "Зникли останні квитки на концерт",
    ),
    "women's rights": (
        "The women's team won the final; rapeseed prices rise",
        "Женская сборная вышла в финал",
        "Жіноча збірна вийшла у фінал",
    ),
    "LGBT rights": (
        "Editor Nan Paw Gay spoke; lions rest with their pride",
        "Гейзеры Камчатки открыты для туристов",
        "Гейзер на Камчатці прокинувся",
    ),
    "religious freedom": (
        "Ahmadinejad was president; a witness saw the church roof repaired",
        "В церкви отреставрировали орган, свидетели довольны",
        "У церкві відремонтували дах, свідки задоволені",
    ),
    "minority rights": (
        "A minority of shareholders objected; Roma beat Lazio",
        "Меньшинство акционеров было против, «Рома» обыграла «Лацио»",
        "«Рома» обіграла «Лаціо», меншість глядачів свистіла",
    ),
    "digital rights": (
        "Video surveillance caught the thief; digital cameras sell well",
        "Сетевое издание зарегистрировано Роскомнадзором",
        "Цифрові камери подешевшали",
    ),
    "refugees": (
        "The bank has a new branch; migrating birds return; a stateless function component",
        "Жители укрылись в бомбоубежище",
        "Перелітні птахи повертаються",
    ),
}


def found(topic: Topic, title: str) -> bool:
    return explain(Query(topics=frozenset({topic.name})), PostText(title), (topic,)).matched


def cases(sentences: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(name, sentence) for name, listed in sentences.items() for sentence in listed]


def shipped(name: str) -> Topic:
    return next(each.topic() for each in load_topics() if each.name == name)


def test_every_topic_of_the_field_is_shipped_and_tested() -> None:
    names = {each.name for each in load_topics()}
    assert len(names) == 14
    assert names == set(HITS) == set(DECOYS)


@pytest.mark.parametrize(("name", "sentence"), cases(HITS))
def test_a_topic_finds_what_it_is_about(name: str, sentence: str) -> None:
    assert found(shipped(name), sentence)


@pytest.mark.parametrize(("name", "sentence"), cases(DECOYS))
def test_a_topic_lets_be_what_only_looks_alike(name: str, sentence: str) -> None:
    assert not found(shipped(name), sentence)


def test_every_word_is_in_the_script_of_its_language() -> None:
    latin = {("ru", "vpn"), ("uk", "vpn"), ("ru", "youtube")}  # so written in Cyrillic texts too
    for topic in load_topics():
        for language, words in topic.words:
            for word in words:
                for token in tokens(word):
                    fits = re.fullmatch(f"[{SCRIPTS[language]}']+", token.folded)
                    assert fits or (language, token.folded) in latin, (topic.name, language, word)


def test_a_topic_finds_each_of_its_own_words() -> None:
    for topic in load_topics():
        whole = topic.topic()
        for word in whole.words:
            assert found(whole, word.replace("*", "").replace("~", "")), (topic.name, word)


def test_no_word_is_taken_for_a_name() -> None:
    for topic in load_topics():
        for word in topic.topic().words:
            assert not getattr(topic_leaf(word), "is_name", False), (topic.name, word)


def test_no_word_is_lost_on_the_way_to_subscriptions() -> None:
    for topic in load_topics():
        assert len(topic.topic().words) == sum(len(words) for _, words in topic.words)


@pytest.mark.parametrize("name", sorted(HITS))
def test_a_topic_can_be_typed_by_its_field_and_bare(name: str) -> None:
    vocabulary = Vocabulary(
        names={}, regions={}, topics={fold(each.name): each.name for each in load_topics()}
    )
    asked = Query(topics=frozenset({name}))
    assert parse(f'topic:"{name}"', vocabulary) == parse(name, vocabulary)
    assert {fold(each) for each in parse(name, vocabulary).topics} == {fold(each) for each in asked.topics}


# ------------------------------------------------------------------ offered once


async def test_the_topics_are_there_when_the_bot_first_starts(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "bot.db", clock=FakeClock()) as store:
        await offer_topics(store)
        assert {each.name for each in await store.topics()} == set(HITS)


async def test_what_an_admin_changed_or_removed_stays_so(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "bot.db", clock=FakeClock()) as store:
        await offer_topics(store)
        await store.save_topic(Topic("torture", ("rack",)))
        await store.remove_topic("refugees")
        await offer_topics(store)
        kept = {each.name: each.words for each in await store.topics()}
    assert kept["torture"] == ("rack",)
    assert "refugees" not in kept


async def test_a_topic_that_was_there_before_keeps_its_words_even_when_it_is_removed(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "bot.db", clock=FakeClock()) as store:
        await store.save_topic(Topic("Press Freedom", ("newspaper",)))
        await offer_topics(store)
        assert [each.words for each in await store.topics() if fold(each.name) == "press freedom"] == [
            ("newspaper",)
        ]
        await store.remove_topic("press freedom")
        await offer_topics(store)
        assert "press freedom" not in {fold(each.name) for each in await store.topics()}
