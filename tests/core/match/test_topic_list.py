from __future__ import annotations

import pytest

from watchdog_bot.core.match.topic_list import read_topics

GOOD = """
[[topic]]
name = "prisons"
about = "life in prisons"
en = ["prison cell", "jail*"]
ru = ["колони*"]
uk = ["~в'язниця"]
"""


def with_line(line: str) -> str:
    return f"{GOOD}{line}\n"


def test_it_reads_a_topic_with_its_words_by_language() -> None:
    (topic,) = read_topics(GOOD)
    assert (topic.name, topic.about) == ("prisons", "life in prisons")
    assert dict(topic.words) == {"en": ("prison cell", "jail*"), "ru": ("колони*",), "uk": ("~в'язниця",)}


def test_subscriptions_see_one_list_for_all_languages() -> None:
    (topic,) = read_topics(GOOD)
    assert topic.topic().words == ("prison cell", "jail*", "колони*", "~в'язниця")


def test_an_empty_list_is_a_list() -> None:
    assert read_topics("") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[topic]", "not TOML"),
        ("topic = 1", "[[topic]]"),
        ("topic = [1]", "[[topic]]"),
        (GOOD.replace('name = "prisons"', ""), "topic 1 (without a name): every topic has a name"),
        (GOOD.replace('"prisons"', '" "'), "every topic has a name"),
        (GOOD.replace('"life in prisons"', "7"), "topic 1 (prisons): every topic has a name and says"),
        (GOOD.replace('uk = ["~в\'язниця"]', ""), "topic 1 (prisons): there are no words in uk"),
        (GOOD.replace('["колони*"]', '"колони*"'), "topic 1 (prisons): ru is a list of words"),
        (GOOD.replace('["колони*"]', "[]"), "topic 1 (prisons): ru is a list of words"),
        (GOOD.replace('["колони*"]', "[3]"), "topic 1 (prisons): ru is a list of words"),
        (with_line('English = ["cell"]'), "topic 1 (prisons): unknown key 'English'"),
        (with_line('be = ["Jail*"]'), "topic 1 (prisons): the word 'Jail*' stands there twice"),
        (with_line('be = ["~cells*"]'), "topic 1 (prisons): a word takes ~ or *, not both"),
        (with_line('be = ["ab"]'), "topic 1 (prisons): the word 'ab' is too short"),
        (with_line('be = ["a b"]'), "topic 1 (prisons): the word 'a b' is too short"),
        (with_line("be = ['say \"no\"']"), 'topic 1 (prisons): “say "no"” has quotation marks inside'),
        (GOOD.replace('"prisons"', '"pri«sons"'), "without quotation marks"),
        (GOOD + GOOD.replace('"prisons"', '"Prisons"'), "topic 'Prisons' stands in the list twice"),
    ],
)
def test_a_fault_is_told_with_its_topic_and_word(text: str, said: str) -> None:
    with pytest.raises(ValueError) as raised:
        read_topics(text)
    assert said in str(raised.value)


def test_two_topics_may_share_a_word() -> None:
    assert len(read_topics(GOOD + GOOD.replace('"prisons"', '"jails"'))) == 2
