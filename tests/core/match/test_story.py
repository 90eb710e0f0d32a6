from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpora import corpora
from watchdog_bot.core.match import story
from watchdog_bot.core.match.story import StoryIndex, StoryMatch, Why, compare
from watchdog_bot.core.match.story_signature import BINS, LONGEST, Signature, sign
from watchdog_bot.core.model import FeedId, PostId

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OURS, THEIRS, THIRD = FeedId(1), FeedId(2), FeedId(3)
HOUR = timedelta(hours=1)

TITLE = "Baku court jails reporter Sevinc Dervishi for six years"
REPORT = (
    "A court in Baku has sentenced the reporter Sevinc Dervishi to six years in prison on charges of smuggling. "
    "The verdict was read on Friday before a small room in which no more than five relatives were let in. "
    "Her lawyer, Rashid Tarverdi, called the charges invented and said that he would turn to a higher court. "
    "The editor of the site where Dervishi worked said that her articles about the sale of state land had been "
    "the true reason for the case against her. Police had searched her flat in November and claimed to have found "
    "forty thousand euros in a cupboard. Neighbours who had been called as witnesses did not appear in court. "
    "Colleagues who waited outside held up white sheets of paper and were led away after several minutes. "
    "International press organisations have asked the government to let her go and to open the trial files. "
    "The ministry of justice has not answered questions about the case, and its press office was not available. "
    "Dervishi has been held since the autumn in a prison near the airport, where visits are allowed once a month. "
    "Her mother told journalists that she had lost much weight and needed a doctor of her own choice soon."
)
ANOTHER = (
    "Fishermen on the northern coast have blocked the harbour of Sarande with forty boats to protest against the "
    "price of fuel. The minister promised talks within a week, but a spokesman of the fishermen said that they "
    "had heard such promises three times since the spring and would stay until something was signed by him."
)
ELSEWHERE = (
    "Boats left the harbour on Tuesday morning after a long week, and lorries with fruit were let in first. Traders said "
    "that most of what had waited outside the gates was spoiled, and that nobody would pay them for any of it."
)
ARREST = (
    "Officers of the security service came to the flat of {name} in Minsk at six in the morning and took away "
    "telephones and computers. {name} is held in the prison on Akrestsina street and has been accused of insulting "
    "the president in a comment. Rights defenders of Vyasna count more than one thousand political prisoners in "
    "Belarus and have asked for the release of all of them without any condition."
)


def halves(text: str) -> str:
    return ". ".join(text.split(". ")[:3]) + "."


def index_of(*posts: tuple[int, FeedId, str, str], at: datetime = NOW) -> StoryIndex:
    index = StoryIndex()
    for number, source, title, text in posts:
        index.add(PostId(number), source, at, sign(title, text))
    return index


def asked(
    index: StoryIndex, title: str, text: str, source: FeedId = THEIRS, now: datetime = NOW
) -> StoryMatch | None:
    return index.same_as(source, sign(title, text), now)


# ------------------------------------------------------------------ the three rules


def test_the_same_text_with_a_frame_of_its_own_is_one_story() -> None:
    framed = f"By our correspondent. {REPORT} Follow us everywhere. All rights reserved."
    found = asked(index_of((1, OURS, TITLE, REPORT)), "Six years for Azerbaijani reporter", framed)
    assert found is not None
    assert (found.post_id, found.story, found.why) == (1, 1, Why.TEXT)
    assert found.score > 0.8


def test_an_excerpt_finds_the_whole_report_and_the_report_finds_the_excerpt() -> None:
    excerpt = halves(REPORT)
    found = asked(index_of((1, OURS, TITLE, REPORT)), "Reporter sentenced", excerpt)
    assert found is not None
    assert found.why is Why.EXCERPT
    back = asked(index_of((1, OURS, "Reporter sentenced", excerpt)), TITLE, REPORT)
    assert back is not None
    assert (back.why, back.score) == (Why.EXCERPT, found.score)


def test_titles_alone_are_enough_where_they_share_four_words_and_half_of_all() -> None:
    found = asked(index_of((1, OURS, TITLE, "")), "Reporter Sevinc Dervishi jailed in Baku for six years", "")
    assert found is not None
    assert found.why is Why.TITLE
    assert asked(index_of((1, OURS, TITLE, "")), "Reporter Sevinc Dervishi turns forty", "") is None


def test_titles_that_are_hardly_alike_need_texts_that_agree() -> None:
    """Four words of eight; once the reports are of two events, once they are about the same people."""
    same = "Northern ports reopen in Sarande but {}"
    one, other = same.format("closures feared"), same.format("delays likely")
    assert story.titles_alike(sign(one, ""), sign(other, ""))
    assert asked(index_of((1, OURS, one, ANOTHER)), other, halves(REPORT)) is None
    assert asked(index_of((1, OURS, one, ANOTHER)), other, "") is not None
    names = " They met the ministers Agolli, Brahimi, Cenaj and Hoxha."
    found = asked(index_of((1, OURS, one, ANOTHER + names)), other, ELSEWHERE + names)
    assert found is not None
    assert found.why is Why.TITLE


def test_long_texts_that_share_nothing_show_that_a_title_is_none() -> None:
    cookies = "Our site uses cookies to give you what suits you best"
    one, other = (" ".join(f"{word}{at}" for at in range(600)) for word in ("lorem", "dolor"))
    assert asked(index_of((1, OURS, cookies, one)), cookies, other) is None
    assert asked(index_of((1, OURS, cookies, one)), cookies, "") is not None


def test_three_words_in_common_are_no_story() -> None:
    assert asked(index_of((1, OURS, "Dervishi jailed in Baku", "")), "Dervishi jailed in Baku", "") is None


def test_titles_find_their_word_forms_in_russian() -> None:
    one = "В Баку журналистку Севиндж Дервишеву приговорили к шести годам"
    other = "Журналистка Севиндж Дервишева приговорена в Баку к 6 годам"
    found = asked(index_of((1, OURS, one, "")), other, "")
    assert found is not None
    assert found.why is Why.TITLE


def test_titles_in_two_languages_are_never_compared() -> None:
    german = sign(
        "Baku Dervishi Reporter Baku Tarverdi",
        "Der Prozess war nicht das und die für von mit im",
        language="de",
    )
    english = sign(
        "Baku Dervishi Reporter Baku Tarverdi", "The trial was not that and the for of with in", language="en"
    )
    assert german.language != english.language
    assert not story.titles_alike(german, english)


def test_other_reports_of_the_day_are_other_stories() -> None:
    index = index_of((1, OURS, "Fishermen block harbour over price of fuel", ANOTHER))
    assert asked(index, TITLE, REPORT) is None


# ------------------------------------------------------------------ what speaks against it


def test_the_arrests_of_two_people_in_the_same_words_are_two_stories() -> None:
    one = sign("Activist Ales Kavaleu arrested in Minsk", ARREST.format(name="Ales Kavaleu"))
    other = sign("Activist Maryna Zhuk arrested in Minsk", ARREST.format(name="Maryna Zhuk"))
    likeness = story.text_likeness(one, other)
    assert likeness is not None
    assert likeness.score > story.SAME_TEXT
    assert compare(one, other) is None


def test_the_same_title_does_not_hide_that_the_texts_are_about_two_people() -> None:
    title = "Another activist arrested in Minsk this morning"
    one, other = (sign(title, ARREST.format(name=name)) for name in ("Ales Kavaleu", "Maryna Zhuk"))
    assert compare(one, other) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Minsk court jails activist Kavaleu for five years",
            "Minsk court jails activist Kavaleu for seven years",
        ),
        ("Minsk court jails activist Kavaleu for 5 years", "Minsk court jails activist Zhuk for 5 years"),
        (
            "Activists detained at rally in central Minsk square",
            "Activists detained at rally in central Brest square",
        ),
        ("MINSK COURT JAILS ACTIVIST KAVALEU AFTER TRIAL", "MINSK COURT JAILS ACTIVIST ZHUK AFTER TRIAL"),
        ("Minsk Court Jails Activist Kavaleu After Trial", "Minsk Court Jails Activist Zhuk After Trial"),
        ("Kavaleu jailed after closed trial in Minsk", "Zhuk jailed after closed trial in Minsk"),
        (
            "Суд в Минске осудил активиста Ковалева на пять лет",
            "Суд в Минске осудил активиста Жука на пять лет",
        ),
        ("Суд в Минске осудил активиста Жука на пять лет", "Суд в Минске осудил активиста Жука на семь лет"),
        ("Human rights daily brief of 12 May", "Human rights daily brief of 13 May"),
        ("Human rights weekly review for January", "Human rights weekly review for February"),
        ("War in Ukraine live updates day 900", "War in Ukraine live updates day 901"),
        ("Minsk court jails activist Kavaleu on Monday", "Minsk court releases activist Kavaleu on Monday"),
        (
            "Two journalists killed near Kharkiv front line",
            "Three journalists killed near Kharkiv front line",
        ),
    ],
)
def test_titles_that_part_in_a_name_a_number_a_date_or_an_event_are_two_stories(one: str, other: str) -> None:
    assert compare(sign(one, "", language=None), sign(other, "", language=None)) is None


def test_one_who_says_less_does_not_contradict() -> None:
    one = sign("Minsk court jails activist Ales Kavaleu for five years", "")
    other = sign("Minsk court jails activist Kavaleu for five years in closed trial", "")
    assert compare(one, other) is not None


def test_another_title_alone_does_not_part_equal_long_texts() -> None:
    long = f"{REPORT} {ANOTHER}"
    one = sign("Azerbaijan: Amnesty Condemns Verdict", long)
    other = sign("Dervishi Gets Six Years – Northern Herald", long)
    assert one.size >= story.LONG_TEXT
    likeness = compare(one, other)
    assert likeness is not None
    assert likeness.why is Why.TEXT


def test_what_a_source_says_under_every_post_is_no_story() -> None:
    about = (
        "Our journalists report the news in twenty seven countries where a free press is banned by the government or not "
        "fully established and give people what they cannot get at home, which is uncensored news and open debate."
    )
    index = index_of(
        (1, OURS, "Harbour blocked by fishermen", about), (2, OURS, "Reporter sent to prison", about)
    )
    assert asked(index, "Teachers strike over pay", about) is None
    own = index_of(
        (1, OURS, "Harbour blocked by fishermen", about), (2, THEIRS, "Reporter sent to prison", about)
    )
    assert asked(own, "Teachers strike over pay", about) is None


def test_a_headline_that_a_source_repeats_with_other_texts_is_no_story() -> None:
    title = "What readers ask about political prisoners today"
    index = index_of((1, OURS, title, ANOTHER), (2, OURS, title, REPORT))
    assert asked(index, title, ARREST.format(name="Ales Kavaleu")) is None


@pytest.mark.parametrize(
    "tail",
    [
        " The post Reporter sentenced appeared first on Northern Herald.",
        " Continue reading on Northern Herald",
        " Читать далее на сайте Северный Вестник",
        " […]",
    ],
)
def test_what_feeds_put_after_every_text_is_not_read(tail: str) -> None:
    assert sign(TITLE, REPORT + tail) == sign(TITLE, REPORT)


# ------------------------------------------------------------------ the window


def test_posts_of_the_same_source_are_never_one_story() -> None:
    assert asked(index_of((1, OURS, TITLE, REPORT)), TITLE, REPORT, source=OURS) is None


def test_a_source_does_not_come_back_into_its_own_story_through_another_one() -> None:
    index = index_of((1, OURS, TITLE, REPORT))
    index.add(PostId(2), THEIRS, NOW, sign(TITLE, REPORT), story=PostId(1))
    assert asked(index, TITLE, REPORT, source=OURS) is None
    found = asked(index, TITLE, REPORT, source=THIRD)
    assert found is not None
    assert found.story == 1


def test_nothing_older_than_the_window_is_found() -> None:
    index = index_of((1, OURS, TITLE, REPORT))
    assert asked(index, TITLE, REPORT, now=NOW + 48 * HOUR) is not None
    assert asked(index, TITLE, REPORT, now=NOW + 48 * HOUR + timedelta(seconds=1)) is None


def test_it_forgets_what_has_left_the_window() -> None:
    index = StoryIndex()
    for number in range(5):
        index.add(PostId(number), OURS, NOW + number * HOUR, sign(f"{TITLE} {number}", REPORT))
    assert index.forget(NOW + 50 * HOUR) == 2
    assert len(index) == 3
    assert index.forget(NOW + 50 * HOUR) == 0
    assert index.forget(NOW + 500 * HOUR) == 3
    assert asked(index, TITLE, REPORT, now=NOW + 3 * HOUR) is None


def test_a_removed_post_is_not_found_and_an_edited_one_is_found_by_its_new_text() -> None:
    index = index_of((1, OURS, TITLE, REPORT))
    index.add(PostId(1), OURS, NOW, sign("Fishermen block harbour", ANOTHER))
    assert len(index) == 1
    assert asked(index, TITLE, REPORT) is None
    assert asked(index, "Boats in the harbour", ANOTHER) is not None
    index.remove(PostId(1))
    index.remove(PostId(1))
    assert len(index) == 0
    assert asked(index, "Boats in the harbour", ANOTHER) is None


def test_the_oldest_posts_are_forgotten_when_it_is_full() -> None:
    index = StoryIndex(capacity=4)
    for number in range(11):
        index.add(PostId(number), OURS, NOW, sign(f"Number {number} of many things", ""))
    index.add(PostId(99), OURS, NOW, sign(TITLE, REPORT))
    assert len(index) == 4
    found = asked(index, TITLE, REPORT)
    assert found is not None
    assert found.post_id == 99
    for number in range(100, 104):
        index.add(PostId(number), OURS, NOW, sign(f"Number {number} of many things", ""))
    assert asked(index, TITLE, REPORT) is None
    assert index.forget(NOW + 100 * HOUR) == 4


def test_the_best_match_is_found_among_many_posts_that_share_its_words() -> None:
    index = StoryIndex(capacity=64)
    for number in range(1, 200):
        index.add(PostId(number), OURS, NOW, sign(f"Baku court reporter years {number}", ANOTHER))
    index.add(PostId(500), THIRD, NOW, sign(TITLE, REPORT))
    found = asked(index, TITLE, REPORT)
    assert found is not None
    assert found.post_id == 500


# ------------------------------------------------------------------ signatures


@pytest.mark.parametrize("text", ["", "Too short a text.", halves(REPORT), REPORT, REPORT * 40])
def test_a_signature_is_small_and_comes_back_as_it_was(text: str) -> None:
    signature = sign(TITLE, text)
    stored = signature.to_bytes()
    assert len(stored) <= LONGEST <= 512
    assert Signature.from_bytes(stored) == signature


def test_a_signature_that_cannot_be_read_is_none() -> None:
    stored = sign(TITLE, REPORT).to_bytes()
    assert Signature.from_bytes(b"") is None
    assert Signature.from_bytes(stored[:-1]) is None
    assert Signature.from_bytes(bytes((stored[0] + 1,)) + stored[1:]) is None


def test_a_signature_is_the_same_on_every_machine() -> None:
    assert sign(TITLE, REPORT).bins[:8].hex() == "4595f91ead484cad"


def test_the_estimate_of_the_jaccard_index_is_near_the_true_one() -> None:
    words = [f"w{number}" for number in range(900)]
    for shared in (100, 300, 500, 700):
        one, other = (
            words[:shared] + [f"a{n}" for n in range(400)],
            words[:shared] + [f"b{n}" for n in range(400)],
        )
        true = shared / (shared + 800)
        estimate = story.text_jaccard(sign("", " ".join(one)), sign("", " ".join(other)))
        assert estimate == pytest.approx(true, abs=0.12)


def test_a_short_text_is_none() -> None:
    assert sign(TITLE, "Only a few words stand here today").size == 0
    assert sign(TITLE, "Only a few words stand here today").bins == b""


def test_hostile_text_costs_bounded_time_and_space() -> None:
    for text in (
        "a " * 500_000,
        "A" * 1_000_000,
        "Aа " * 100_000,
        "\x00" * 10_000,
        "continue reading " * 50_000,
        "1 " * 99_999,
    ):
        assert len(sign(text, text).to_bytes()) <= LONGEST


# ------------------------------------------------------------------ invariants

WORDS = st.sampled_from([*REPORT.split(), *ANOTHER.split(), "Киев", "арестован", "12", "", "…"])
TEXTS = st.one_of(
    st.sampled_from([REPORT, ANOTHER, halves(REPORT), "", ARREST.format(name="Ales Kavaleu")]),
    st.lists(WORDS, max_size=80).map(" ".join),
    st.tuples(st.just(REPORT), st.lists(WORDS, max_size=30).map(" ".join)).map(" ".join),
    st.text(max_size=60),
)
TITLES = st.one_of(
    st.sampled_from([TITLE, TITLE.upper(), TITLE.title()]), st.lists(WORDS, max_size=9).map(" ".join)
)
SIGNED = st.tuples(TITLES, TEXTS).map(lambda pair: sign(*pair))
POSTS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 100), SIGNED), max_size=8
)  # source, hours ago, signature


@settings(deadline=None, max_examples=80)
@given(SIGNED, SIGNED)
def test_likeness_is_symmetric(one: Signature, other: Signature) -> None:
    assert compare(one, other) == compare(other, one)


@settings(deadline=None, max_examples=60)
@given(TITLES, TEXTS)
def test_signing_is_deterministic_and_storable(title: str, text: str) -> None:
    signature = sign(title, text)
    assert signature == sign(title, text)
    assert Signature.from_bytes(signature.to_bytes()) == signature
    assert len(signature.bins) in {0, BINS}


@settings(deadline=None, max_examples=80)
@given(POSTS, SIGNED, st.integers(1, 3), st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_the_order_of_adding_and_keeps_the_rules(
    posts: list[tuple[int, int, Signature]], wanted: Signature, source: int, order: st.DataObject
) -> None:
    numbered = [
        (PostId(number), FeedId(at), NOW - hours * HOUR, each)
        for number, (at, hours, each) in enumerate(posts)
    ]
    shuffled = list(numbered)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    answers = []
    for each in (numbered, shuffled):
        index = StoryIndex()
        for post in each:
            index.add(*post)
        answers.append(index.same_as(FeedId(source), wanted, NOW))
    assert answers[0] == answers[1]
    if answers[0] is not None:
        _, of, seen_at, signature = numbered[answers[0].post_id]
        assert of != source
        assert NOW - seen_at <= story.WINDOW
        assert compare(signature, wanted) is not None


@settings(deadline=None, max_examples=60)
@given(SIGNED, SIGNED)
def test_the_index_finds_what_comparing_finds(one: Signature, other: Signature) -> None:
    likeness = compare(one, other)
    index = StoryIndex()
    index.add(PostId(1), OURS, NOW, one)
    found = index.same_as(THEIRS, other, NOW)
    if found is not None:
        assert likeness is not None
        assert (found.why, found.score) == (likeness.why, likeness.score)
    elif likeness is not None:  # bands are a matter of chance just above the threshold
        assert likeness.score < 0.75


@pytest.mark.corpora
def test_real_reports_and_their_syndication_are_told_apart() -> None:
    lines = (
        (corpora("countries") / "rights_defenders_dev.jsonl").read_text(encoding="utf-8").splitlines()[:120]
    )
    rows = [json.loads(line) for line in lines]
    index = StoryIndex()
    for number, row in enumerate(rows):
        index.add(PostId(number), FeedId(number), NOW, sign(row["title"], row["text"]))
    found = right = 0
    for row in rows:
        copy = f"By the desk. {row['text'][: len(row['text']) // 2]} All rights reserved."
        match = index.same_as(FeedId(1000), sign(row["title"], copy), NOW)
        found += match is not None
        right += match is not None and rows[match.post_id]["text"][:300] == row["text"][:300]
    assert found >= 0.95 * len(rows)
    assert right >= 0.95 * found
