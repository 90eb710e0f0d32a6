"""The people and named cases that a text tells of, as somebody may want to follow them. Pure.

It proposes and a reader chooses, so a name in vain costs a button and a name missed costs a follow. Rules:

1. Two to four words with a capital that stand next to each other in one sentence are a name, unless one of them is
   written small elsewhere in the text, belongs to a place, a people or an institution of the gazetteer, or to what
   courts and offices are called.
2. The gazetteer does not count after a first name that it knows, in whatever script: Vladimir Kara-Murza is no town.
3. A title in which nearly every word has a capital says nothing by its capitals: there only a known first name begins a
   name.
4. Words in «quotation marks» that begin with a capital name a case (the Crocus case, «Новое величие»).
5. A patronymic between first name and surname is left out: most texts leave it out.
6. Names with the same surname, in whatever form and script, are one. What is followed are all forms that stand in the
   text and the nominative that they look like a case of; `core.match.names` finds the other spellings and scripts.
7. Those in the title, those with a known first name, and those that stand more often come first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from watchdog_bot.core.match.common_words import COMMON
from watchdog_bot.core.match.declension import word_forms
from watchdog_bot.core.match.names import hooks_of_word, name, speller
from watchdog_bot.core.match.query import Expr, Or, Phrase, Query, show
from watchdog_bot.core.model import PostText
from watchdog_bot.core.text import folded_words, raw_words

MOST = 6  # names proposed
RUNS = 120  # runs of capitals that are looked at
FORMS = 4  # of one name that are followed
TEXT_LENGTH = 20_000  # characters that are looked at
_LONGEST_QUOTE = 40  # characters
_SHORTEST = 5  # letters of the longest word: what `core.match.names` takes for a name

_SENTENCE = re.compile(r"[.!?…:;\n]+(?=\s|$)|[()\[\]|/•—–]+|,")
_INITIAL = re.compile(r"\b(\w)\.(?=\s|\w)")
_QUOTED = re.compile(f"[«“„]([^«»“”„\\n]{{3,{_LONGEST_QUOTE}}})[»”“]")
_PATRONYMIC = re.compile(
    r"(?:ович|евич|ьич|овна|евна|ична|івна|йович)(?:а|у|ем|ом|е|ы|и|ой|ою)?$", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+(?:[-'’ʼ][^\W\d_]+)*")

# What institutions and titles are called; a run of capitals with one of these is no person.
_OFFICES = frozenset(
    ["academy", "affairs", "agency", "amnesty", "army", "article", "assembly", "assistant", "association", "attorney", "bank", "bureau", "bureaus", "center", "central", "centre", "chair", "chamber", "chief", "china", "city", "civil", "code", "college", "colony", "commission", "commissioner", "committee", "community", "congress", "constitution", "convention", "council", "court", "crimes", "criminal", "daily", "day", "defence", "defense", "democracy", "department", "deputy", "detention", "director", "district", "duma", "east", "embassy", "europe", "european", "federal", "federation", "force", "forces", "foreign", "former", "forum", "foundation", "free", "freedom", "fund", "gazette", "general", "global", "government", "governor", "group", "guard", "head", "health", "high", "house", "human", "independent", "institute", "interior", "international", "investigative", "journalists", "judge", "justice", "kremlin", "law", "lawyer", "leader", "liberty", "mass", "media", "memorial", "minister", "ministry", "monitor", "movement", "national", "nations", "news", "north", "office", "official", "opposition", "organization", "organisation", "parliament", "party", "penal", "people", "police", "post", "president", "press", "prison", "project", "prosecutor", "public", "radio", "regional", "report", "reporters", "republic", "review", "rights", "royal", "russian", "school", "security", "senate", "service", "social", "society", "south", "spokesman", "spokesperson", "spokeswoman", "special", "state", "supreme", "syndicate", "television", "times", "tribunal", "union", "united", "university", "vice", "war", "watch", "west", "women", "world", "youth", "академия", "агентство", "ассамблея", "ассоциация", "бюро", "верховный", "внутренних", "департамент", "дом", "дума", "закон", "институт", "комиссия", "комитет", "конституционный", "кодекс", "лига", "международный", "министерство", "министр", "мвд", "национальный", "областной", "общество", "организация", "отдел", "партия", "парламент", "полиция", "правительство", "президент", "прокуратура", "радио", "районный", "республика", "рада", "россия", "свобода", "совет", "союз", "следственный", "служба", "суд", "уголовный", "университет", "управление", "федеральный", "федерация", "фонд", "центр", "верховна", "міністерство", "президент", "прокуратура", "рада", "служба", "суд", "україна", "україни", "комітет", "управління"]
)  # fmt: skip

# Words of headlines that have capitals where every word has; some sound like names (Freed, Farid).
_HEADLINE = frozenset(
    ["accused", "acquitted", "after", "against", "ahead", "amid", "appeals", "arrested", "assaulted", "attacked", "banned", "barred", "beaten", "before", "blocked", "charged", "closed", "convicted", "dead", "denied", "deported", "despite", "detained", "dies", "during", "ends", "expelled", "faces", "fined", "followed", "following", "found", "freed", "from", "gets", "held", "hours", "injured", "into", "jailed", "killed", "launched", "leaves", "like", "missing", "months", "moved", "named", "over", "pardoned", "questioned", "raided", "refused", "released", "returns", "searched", "seeks", "sentenced", "shot", "shut", "since", "still", "taken", "than", "their", "threatened", "through", "times", "toward", "tried", "under", "until", "upheld", "urged", "wanted", "weeks", "when", "while", "with", "without", "wounded", "years"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something that may be followed: how it is shown, and the query that finds it again."""

    shown: str
    query: str


@dataclass(frozen=True, slots=True)
class _Run:
    words: tuple[str, ...]
    in_title: bool
    known: bool  # its first word is a first name

    @property
    def text(self) -> str:
        return " ".join(self.words)


@dataclass(slots=True)
class _Group:
    """The forms of one name, with how often each stands there."""

    forms: dict[str, int] = field(default_factory=dict)
    known: bool = False
    in_title: bool = False

    @property
    def rank(self) -> tuple[int, int]:
        return 2 * self.in_title + self.known, sum(self.forms.values())


@dataclass(frozen=True, slots=True)
class NameFinder:
    """Finds names. `first_names`: sounds of first names; `taken`: folded words of places and institutions."""

    first_names: frozenset[str]
    taken: frozenset[str]

    @classmethod
    def from_lines(cls, lines: Iterable[str]) -> NameFinder:
        """`lines` of the gazetteer; what cannot be read is left out, for the tagger has judged it."""
        first_names: set[str] = set()
        taken: set[str] = set()
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            if line.startswith("#") or len(fields) != 8:
                continue
            kind, language, surface = fields[1], fields[2], fields[7]
            if kind == "person":
                first_names |= name(surface).hooks if len(surface) >= 3 else frozenset()
            elif kind != "leader":
                taken.update(_forms(surface, language))
        return cls(frozenset(first_names), frozenset(taken) - COMMON)

    def find(self, text: PostText) -> tuple[Named, ...]:
        """At most `MOST`, the likeliest first."""
        body = f"{text.summary}\n{text.content}"[:TEXT_LENGTH]
        small = {word for word in raw_words(body) if word[:1].islower()}
        small_folded = set(folded_words(list(small)))
        groups: list[_Group] = []
        title_says = not _is_blind(text.title)
        runs = [*self._runs(text.title, small_folded, in_title=True, says=title_says)]
        runs += self._runs(body, small_folded, in_title=False, says=True)
        for run in runs[:RUNS]:
            _group_of(groups, run)
        groups.sort(key=lambda group: group.rank, reverse=True)
        people = [_named(group, self._is_bare_first_name) for group in groups]
        return (*people, *_quoted(f"{text.title}\n{body}", people))[:MOST]

    def _runs(self, text: str, small: set[str], *, in_title: bool, says: bool) -> Iterator[_Run]:
        for sentence in _SENTENCE.split(_INITIAL.sub(r"\1", text)):
            run: list[str] = []
            first = True  # the run begins the sentence
            end = 0
            for found in _WORD.finditer(sentence):
                word = found.group()
                joined = sentence[end : found.start()] in {"", " "}
                end = found.end()
                if run and not joined:
                    yield from self._closed(run, small, in_title=in_title, says=says, first=first)
                    run, first = [], False
                if word[0].isupper() and not (len(word) > 1 and word.isupper()):
                    run.append(_without_possessive(word))
                    continue
                yield from self._closed(run, small, in_title=in_title, says=says, first=first)
                run, first = [], False
            yield from self._closed(run, small, in_title=in_title, says=says, first=first)

    def _closed(
        self, run: list[str], small: set[str], *, in_title: bool, says: bool, first: bool
    ) -> Iterator[_Run]:
        """The name in a run of capitals, if there is one: from a known first name on, else all of it."""
        words = [word for word in run if not _PATRONYMIC.search(word) or len(run) < 3]
        at = next((at for at, word in enumerate(words[:-1]) if self._is_first_name(word, small)), None)
        if at is not None:
            chosen = words[at : at + 3] if says else words[at : at + 2]
            while len(chosen) > 2 and self._is_taken(chosen[-1], small):
                chosen = chosen[:-1]
            if not self._is_office(chosen[-1], small) and _long_enough(chosen):
                yield _Run(tuple(chosen), in_title, known=True)
            return
        if first and len(words) > 2:
            words = words[1:]  # what begins a sentence has a capital whatever it is
        while words and self._is_taken(words[0], small):
            words = words[1:]
        if (
            says
            and 2 <= len(words) <= 4
            and _long_enough(words)
            and not any(self._is_taken(each, small) for each in words)
        ):
            yield _Run(tuple(words), in_title, known=False)

    def _is_first_name(self, word: str, small: set[str]) -> bool:
        if len(word) < 3 or self._is_office(word, small):
            return False
        hooks: frozenset[str] = hooks_of_word(word)
        return not hooks.isdisjoint(self.first_names)

    def _is_bare_first_name(self, word: str) -> bool:
        """Whether it is one as it stands, in no case."""
        hooks: frozenset[str] = name(word).hooks
        return not hooks.isdisjoint(self.first_names)

    def _is_taken(self, word: str, small: set[str]) -> bool:
        return folded_words([word])[0] in self.taken or self._is_office(word, small)

    @staticmethod
    def _is_office(word: str, small: set[str]) -> bool:
        folded = folded_words([word])[0]
        return folded in _OFFICES or folded in _HEADLINE or folded in COMMON or folded in small


def _forms(surface: str, language: str) -> list[str]:
    """The forms of the words of a name in the gazetteer, folded. Of other languages than those with cases of their own
    rules only the name itself: all of them would be a third of a million.
    """
    forms: list[str] = []
    for word in surface.replace("-", " ").split():
        bare, _, mark = word.partition("~")
        if mark == "e" or "{" in word:
            forms.append(bare.partition("{")[0] if mark else word_forms(word, language)[0])
        elif mark:
            forms += word_forms(word, language)
        else:
            forms.append(bare)
    return folded_words(forms)


def _is_blind(title: str) -> bool:
    words = [word for word in _WORD.findall(title) if len(word) > 3][1:]
    capitals: int = sum(word[0].isupper() for word in words)
    return capitals >= 0.7 * len(words)


def _long_enough(words: list[str]) -> bool:
    return max(map(len, words)) >= _SHORTEST and min(map(len, words)) >= 1


def _without_possessive(word: str) -> str:
    return re.sub(r"['’]s$", "", word)


def _group_of(groups: list[_Group], run: _Run) -> None:
    """Put it with those of the same surname and first name."""
    for group in groups:
        if any(
            _same(form.split(), run.words) or _same(list(run.words), tuple(form.split()))
            for form in group.forms
        ):
            break
    else:
        group = _Group()
        groups.append(group)
    group.forms[run.text] = group.forms.get(run.text, 0) + 1
    group.known = group.known or run.known
    group.in_title = group.in_title or run.in_title


def _same(form: list[str], words: tuple[str, ...]) -> bool:
    """Whether the words of a text are a form or spelling of this name."""
    return len(form) == len(words) and all(
        speller(own)(other) for own, other in zip(form, words, strict=True)
    )


def _named(group: _Group, is_first_name: Callable[[str], bool]) -> Named:
    forms = sorted(group.forms, key=lambda form: -group.forms[form])
    guess = _nominative(forms, is_first_name)
    followed = tuple(dict.fromkeys([guess, *_of_a_man(guess), *forms]))[:FORMS]
    phrases: tuple[Expr, ...] = tuple(Phrase(form, is_name=True) for form in followed)
    return Named(guess, show(Query(words=phrases[0] if len(phrases) == 1 else Or(phrases))))


def _nominative(forms: list[str], is_first_name: Callable[[str], bool]) -> str:
    """The form that the others are cases of; where only cases stand there, what they look like a case of."""
    for form in forms:
        if all(_same(form.split(), tuple(other.split())) for other in forms) and not _is_case(form):
            return form
    *first, last = forms[0].split()
    bare = _bare(last)
    if bare == last:
        return forms[0]
    return " ".join([*(_bare_first(word, is_first_name) for word in first), bare])


_FIRST_ENDING = re.compile("(?:ей|ой|ом|ем|ею|[аяуюеыи])$")


def _bare_first(word: str, is_first_name: Callable[[str], bool]) -> str:
    """The nominative of a first name beside a surname in some case: one that is known, else as it stands."""
    ending = _FIRST_ENDING.search(word)
    if ending is None:
        return word
    stem = word[: ending.start()]
    for each in (word, f"{stem}а", f"{stem}й", f"{stem}я", stem):
        if len(each) >= 3 and is_first_name(each):
            return each
    return stem if ending.group() == "ом" else word


_CASE = re.compile("(?:ой|ою|ей|ую|ым|ого|ому)$")
_BARE = (
    (re.compile("(?<=ск)(?:ого|ому|им)$"), "ий"),
    (re.compile("(?<=[нв])(?:ого|ому)$"), "ый"),
    (re.compile("(?<=[оеё]в|ин|ын)ым$"), ""),
    (re.compile("(?<=[оеё]в|ин|ын)(?:ой|ою|у)$"), "а"),
    (re.compile("(?<=ск)(?:ой|ою|ую)$"), "ая"),
    (re.compile("(?<=[бвгджзклмнпрстфхц])ой$"), "а"),
)


def _is_case(form: str) -> bool:
    return any(_CASE.search(word) for word in form.split())


def _bare(word: str) -> str:
    for pattern, instead in _BARE:
        if pattern.search(word):
            return pattern.sub(instead, word)
    return word


_WOMAN_OR_OF_MAN = re.compile("(?:[оеё]в|ин|ын)а$")


def _of_a_man(form: str) -> list[str]:
    """Азата Мифтахова may be a man's genitive as well as a woman's name: followed as both."""
    *first, last = form.split()
    if not _WOMAN_OR_OF_MAN.search(last) or not all(word[-1] in "ая" for word in first):
        return []
    return [" ".join(word[:-1] if word.endswith("а") else f"{word[:-1]}й" for word in (*first, last))]


def _quoted(text: str, people: list[Named]) -> Iterator[Named]:
    """Rule 4."""
    seen = {each.shown.lower() for each in people}
    for found in _QUOTED.finditer(text):
        words = _WORD.findall(found.group(1))
        shown = " ".join(found.group(1).split()).strip(" .,!?")
        fits = 1 <= len(words) <= 4 and words[0][0].isupper() and max(map(len, words)) >= _SHORTEST
        if not fits or '"' in shown or "*" in shown or shown.lower() in seen:
            continue
        seen.add(shown.lower())
        phrase = Phrase(shown)
        yield Named(shown, show(Query(words=phrase)))
