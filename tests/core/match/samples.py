"""A small world to match in: a vocabulary, topics, posts, and queries at random."""

from __future__ import annotations

from hypothesis import strategies as st

from watchdog_bot.core.match.query import Vocabulary
from watchdog_bot.core.model import CountryEvidence, CountryReading, CountryScore, PostText, Topic
from watchdog_bot.core.text import fold

COUNTRIES = {
    "Ukraine": "UA",
    "Kazakhstan": "KZ",
    "Russia": "RU",
    "Hong Kong": "HK",
    "China": "CN",
    "Poland": "PL",
    "North Korea": "KP",
    "Северная Корея": "KP",
    "Georgia": "GE",
    "Беларусь": "BY",
    "Bosnia and Herzegovina": "BA",
    "Guinea-Bissau": "GW",
}
NAMES = {code: name for name, code in reversed(COUNTRIES.items())}
VOCABULARY = Vocabulary(
    names={fold(name): code for name, code in COUNTRIES.items()},
    regions={fold("Central Asia"): ("Central Asia", frozenset({"KZ", "KG", "TJ", "TM", "UZ"}))},
    topics={fold("Press freedom"): "Press freedom", fold("LGBT+ rights!"): "LGBT+ rights!"},
)
TOPICS = (
    Topic("Press freedom", ("press freedom", "censor*", "~journalist", "свобод* слова")),
    Topic("LGBT+ rights!", ("LGBT", "Pride")),
)


def name(code: str) -> str:
    return NAMES.get(code, code)


def reading(*codes: str, mentions: tuple[str, ...] = ()) -> CountryReading:
    def scores(codes: tuple[str, ...]) -> tuple[CountryScore, ...]:
        return tuple(
            CountryScore(code, 1.0, (CountryEvidence(name(code), "title", "name"),)) for code in codes
        )

    return CountryReading(about=scores(codes), mentions=scores((*codes, *mentions)))


VERDICT = PostText(
    title="Moscow Court Convicts Azat Miftakhov After Alleged Torture",
    summary="The O.S.C.E. and press\u00a0freedom groups’ verdict: ill‑treatment.",
    content="A long text that names football once. Journalists wrote about N’Djamena’s café.",
    tags=("Human Rights", "Courts"),
    source="Radio Svoboda",
    language="en-US",
    countries=reading("RU", mentions=("PL",)),
)
VERDICT_RU = PostText(
    title="Суд в Москве приговорил Азата Мифтахова",
    summary="Задержанных пытали, свобода слова под угрозой. Ещё один приговор.",
    source="Радио Свобода",
    language="ru",
    countries=reading("RU"),
)

_WORDS = (
    "torture",
    "verdict",
    "Football",
    "OSCE",
    "ill-treatment",
    "hong",
    "kong",
    "Azat",
    "Miftakhov",
    "пытали",
    "or",
)
_PHRASES = (
    "press freedom",
    "Azat Miftakhov",
    "свобод* слова",
    "human rights",
    "torture",
    "hong kong",
    "LGBT+ rights!",
)
_ATOMS = st.one_of(
    st.sampled_from(_WORDS[:-1]),
    st.sampled_from(_PHRASES).map(lambda phrase: f'"{phrase}"'),
    st.sampled_from(
        ("tort*", "Vict*", "~journalist", "~torturing", "~задержанный", "title:torture", "title:~verdict")
    ),
    st.sampled_from(
        ("country:RU", "country:ua,kz", "Hong Kong", "Central Asia", "KZ", "Georgia", "Северная Корея")
    ),
    st.sampled_from(
        ("press freedom", "topic:press freedom", 'topic:"LGBT+ rights!"', "lang:ru", "source:svoboda")
    ),
    st.sampled_from(('title:"press freedom"', 'source:"Radio Svoboda"', "title:(torture OR vict*)")),
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        several.map(" ".join),
        several.map(" OR ".join),
        several.map(lambda parts: f"({' '.join(parts)})"),
        several.map(lambda parts: f"({' OR '.join(parts)})"),
        inner.map(lambda part: f"-({part})"),
        inner.map(lambda part: f"({part})"),
    )


QUERY_TEXTS = st.builds(
    lambda scope, text: f"{scope}{text}",
    st.sampled_from(("", "", "", "scope:any ", "scope:main ")),
    st.recursive(_ATOMS, _grown, max_leaves=7),
)
_FRAGMENTS = st.lists(
    st.sampled_from(
        (
            "moscow",
            "torture",
            "Tortured",
            "verdict",
            "football",
            "OSCE",
            "O.S.C.E.",
            "ill-treatment",
            "press freedom",
            "Azat Miftakhov",
            "Азата Мифтахова",
            "свобода слова",
            "human rights",
            "journalists",
            "задержанных",
            "пытали",
            "hong kong",
            "LGBT",
            "conviction",
            "kong",
            "press",
            "censorship",
        )
    ),
    max_size=5,
).map(" ".join)
POSTS = st.builds(
    PostText,
    title=_FRAGMENTS,
    summary=_FRAGMENTS,
    content=_FRAGMENTS,
    tags=st.lists(_FRAGMENTS, max_size=2).map(tuple),
    source=st.sampled_from(("", "Radio Svoboda", "CPJ")),
    language=st.sampled_from((None, "en", "ru", "uk")),
    countries=st.lists(st.sampled_from(("RU", "UA", "KZ", "HK", "KP")), max_size=3, unique=True).flatmap(
        lambda codes: st.just(reading(*codes[:2], mentions=tuple(codes[2:])))
    ),
)
