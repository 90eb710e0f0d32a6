"""What is kept of a post to recognise the same story elsewhere: half a kilobyte, made once.

A signature holds, all as hashes with fixed seeds:

1. **bins**: a MinHash of the 3-word shingles of the folded text. One permutation in 128 bins instead of 128
   permutations (Li, Owen, Zhang: One Permutation Hashing, NIPS 2012), empty bins filled from others in a fixed
   order (Shrivastava: Optimal Densification, ICML 2017); 8 bits of each are kept (Li, König: b-Bit Minwise
   Hashing, WWW 2010). The share of equal bins estimates the Jaccard index with an error of about .044.
2. **head**: every second shingle of the beginning, chosen by its hash, so that an excerpt of 40 words can be
   found in a report of 1,000.
3. **title**: the stems of its content words and numbers.
4. **title_names** and **text_names**: the names and numbers that the post is about, those of the title and those
   that the text repeats (all of a short text). **named**: a Bloom filter of every name and number in title and text.
5. **events**: what the title tells of: arrest, charge, sentence, release, death, appeal.

It never keeps words, so a signature tells nothing that the post does not, and is no use without it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from zlib import crc32

import Stemmer

from watchdog_bot.core.match import tongue
from watchdog_bot.core.text import folded_words, raw_words

VERSION = 1
BINS = 128
SHINGLE = 3  # words
TEXT_WORDS = 3000  # of a text that count; more would cost time and change little
TEXT_LENGTH = 30_000  # characters that are looked at
TITLE_LENGTH = 500
ENOUGH = 12  # shingles; a shorter text is no text
_SHORT = 100  # words: every name in so short a text is one it is about
_WIDTH = 3  # bytes of a hash that is compared for equality
HEAD, TITLE = 64, 12  # hashes at most
_TITLE_NAMES, _TEXT_NAMES, _TEXT_NUMBERS = 6, 5, 5
_FILTER = 96  # bytes
_NAMED = 120  # names and numbers that go into the filter
LONGEST = (
    10 + BINS + _FILTER + _WIDTH * (HEAD + TITLE + _TITLE_NAMES + _TEXT_NAMES + _TEXT_NUMBERS)
)  # bytes of a stored signature


@dataclass(frozen=True, slots=True)
class Signature:
    """`size` counts the text's distinct shingles (at most 65,535); 0 where it has too little text, and then
    `bins` and `head` are empty. `language` is a hash of the language, 0 where it is not known;
    `events` has a bit for each kind of event in the title.
    """

    size: int
    language: int
    events: int
    bins: bytes
    named: bytes
    head: frozenset[int]
    title: frozenset[int]
    title_names: frozenset[int]
    text_names: frozenset[int]

    def to_bytes(self) -> bytes:
        """At most `LONGEST` bytes, fewer for a post without text."""
        lists = (self.head, self.title, self.title_names, self.text_names)
        return b"".join(
            (
                bytes((VERSION,)),
                self.size.to_bytes(2, "big"),
                self.language.to_bytes(2, "big"),
                bytes((self.events,)),
                bytes(map(len, lists)),
                self.bins,
                self.named,
                *(value.to_bytes(_WIDTH, "big") for each in lists for value in sorted(each)),
            )
        )

    @classmethod
    def from_bytes(cls, stored: bytes) -> Signature | None:
        """What `to_bytes` gave; None for what another version of the bot wrote, or is damaged: sign again."""
        if len(stored) < 10 or stored[0] != VERSION:
            return None
        size, language = int.from_bytes(stored[1:3], "big"), int.from_bytes(stored[3:5], "big")
        counts = tuple(stored[6:10])
        bins = BINS if size else 0
        after = 10 + bins + _FILTER
        if len(stored) != after + _WIDTH * sum(counts):
            return None
        values = [int.from_bytes(stored[at : at + _WIDTH], "big") for at in range(after, len(stored), _WIDTH)]
        starts = tuple(accumulate(counts, initial=0))
        head, title, title_names, text_names = (
            frozenset(values[start:end]) for start, end in pairwise(starts)
        )
        return cls(
            size=size,
            language=language,
            events=stored[5],
            bins=stored[10 : 10 + bins],
            named=stored[10 + bins : after],
            head=head,
            title=title,
            title_names=title_names,
            text_names=text_names,
        )

    @property
    def figures(self) -> frozenset[int]:
        """The numbers and dates in the title."""
        return frozenset(value for value in self.title if value & 1)

    def names(self, value: int) -> bool:
        """Whether the post has that name or number (or, in about one of fifty, seems to)."""
        if value in self.title:
            return True
        return all(self.named[bit >> 3] >> (bit & 7) & 1 for bit in _bits(value))


def sign(title: str, text: str, *, language: str | None = None) -> Signature:
    """The signature of a post. `text` is its longest text, plain; `language` as the feed tells it (BCP 47)."""
    title, text = title[:TITLE_LENGTH], _without_tail(text[:TEXT_LENGTH])
    told = tongue.guess(f"{title}. {text[: tongue.SAMPLE]}", language)
    words = raw_words(text)[:TEXT_WORDS]
    folded = folded_words(words)
    size, bins, head = _shingled(folded)
    small = set(words).intersection(folded)  # what stands there as it is folded
    forms = told or ("ru" if _CYRILLIC.search(title) else "en")  # a title alone seldom tells its language
    heading = _Heading.read(title, small, forms)
    names, doubtful = _names_of(text, folded, small, forms)
    wanted = 1 if len(words) < _SHORT else 2
    told_about = [stem for stem, count in names.most_common() if count >= wanted and stem not in doubtful]
    numbers = [stem for stem in told_about if stem[0] in _FIGURE_STARTS]
    others = [stem for stem in told_about if stem[0] not in _FIGURE_STARTS]
    return Signature(
        size=size,
        language=crc32(told.encode()) & 0xFFFF if told else 0,
        events=sum(1 << at for at, event in enumerate(_EVENTS) if event.search(title.lower())),
        bins=bins,
        named=_filter_of(_hashes([*heading.words, *(stem for stem, _ in names.most_common())], _NAMED)),
        head=head,
        title=frozenset(_hashes(heading.stems, TITLE)),
        title_names=frozenset(_hashes(heading.principals, _TITLE_NAMES)),
        text_names=frozenset([*_hashes(others, _TEXT_NAMES), *_hashes(numbers, _TEXT_NUMBERS)]),
    )


# What feeds put after every text; a site's name there would look like a name in the news.
_CYRILLIC = re.compile("[а-яА-Я]")
_TAIL_LENGTH = 700  # characters
_TAIL = re.compile(
    r"(?:the post\b.{0,300}?\b(?:appeared first on|first appeared on)|continue reading\b|read more\b|read the full\b|"
    r"сообщение\b.{0,300}?\bпоявил\w+ сначала|запись\b.{0,300}?\bвпервые появилась|читать далее|читать полностью|"
    r"читати далі|подробнее читайте|\[?(?:…|\.\.\.|&hellip;)\]?\s*$).{0,200}\Z",
    re.IGNORECASE | re.DOTALL,
)


def _without_tail(text: str) -> str:
    found = _TAIL.search(text, max(0, len(text) - _TAIL_LENGTH))
    return text[: found.start()] if found else text


# --------------------------------------------------------------------------- shingles


def _probes() -> tuple[bytes, ...]:
    """For each bin, where to look when it is empty: a fixed walk that meets every other."""
    return tuple(
        bytes(
            sorted(
                (other for other in range(BINS) if other != own),
                key=lambda other, own=own: crc32(bytes((own, other, 7))),  # type: ignore[misc]
            )
        )
        for own in range(BINS)
    )


_PROBES = _probes()
_HIGHEST = 1 << 32
_MIX = 0x9E3779B1  # odd, from the golden ratio: spreads what a CRC leaves in its low bits


def _shingled(words: list[str]) -> tuple[int, bytes, frozenset[int]]:
    """How many shingles, the bins, the head."""
    parts = [word.encode() for word in words]
    found = dict.fromkeys(map(crc32, map(b" ".join, zip(parts, parts[1:], parts[2:], strict=False))))
    if len(found) < ENOUGH:
        return 0, b"", frozenset()
    lowest = [_HIGHEST] * BINS
    head: list[int] = []
    for value in found:
        mixed = (value * _MIX) & 0xFFFFFFFF
        # The bin is in the upper bits, so that among the values of one bin only the lower ones count.
        if mixed < lowest[mixed >> 25]:  # noqa: PLR1730 - min() takes twice as long, and this is the inmost loop
            lowest[mixed >> 25] = mixed
    for value in found:
        if value & 1:
            head.append(value >> 8)
            if len(head) == HEAD:
                break
    return min(len(found), 0xFFFF), _densified(lowest), frozenset(head)


def _densified(lowest: list[int]) -> bytes:
    full = [value if value < _HIGHEST else None for value in lowest]
    bins = bytearray(BINS)
    for at, value in enumerate(full):
        held = value
        if held is None:
            held = next(found for other in _PROBES[at] if (found := full[other]) is not None)
        bins[at] = held & 0xFF
    return bytes(bins)


# --------------------------------------------------------------------------- names and titles


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LITTLE = _words(
    "a an the and or but of in on at to for from by with over after before against amid as is are was were be been has "
    "have had it its his her their he she they that this who what how why when where not no new more than into about "
    "out up off will would can could may says said say under between during while "
    "и в во на по с со из за от до о об при для без над под к ко у не ни но а что как это кто где когда или же ли бы "
    "его ее их он она они был была были быть после против из-за будет также уже еще более "
    "і й та у в з зі із на по за від до про при для без над під не ні але що як це хто де коли або же чи був була були "
    "його її їх він вона вони після проти вже ще "
    "der die das und in den von zu mit des im auf ist ein eine dem nach le la les de du et en à un une pour dans au par "
    "sur est el los las del y que con se su ve bir için ile"
)
_EVENTS = tuple(  # what may befall one and the same person within two days, by the beginnings of words
    re.compile(rf"\b(?:{beginnings})\w*")
    for beginnings in (
        "arrest|detain|custody|abduct|kidnap|задерж|арест|похи[тщ]|затрим|заарешт|викра",
        "charg|indict|prosecut|accus|обвин|предъяв|звинува|підозр",
        "sentenc|jail|convict|imprison|guilty|приговор|осуд|осужд|лишени|засуд|вирок",
        "releas|freed|frees|free[sd]?\\b|acquit|pardon|освобо|оправда|помилов|звільн|виправда|на свобод",
        "die[sd]?\\b|dead|death|kill|murder|умер|скончал|погиб|убит|убий|смерт|помер|загин|вбит|вбив",
        "appeal|upheld|uphold|overturn|обжал|апелляц|кассац|апеляц|касац|оскарж",
    )
)
_NUMBERS = {
    word: str(number)
    for number, forms in {
        2: "two два две двух двум двое дві двох двоє",
        3: "three три трех трем трое трьох троє",
        4: "four четыре четырех четырем четверо чотири чотирьох",
        5: "five пять пяти пятеро пятью п'ять п'яти",
        6: "six шесть шести шестью шестеро шість шести",
        7: "seven семь семи семеро семью сім семи",
        8: "eight восемь восьми восьмью вісім восьми",
        9: "nine девять девяти дев'ять дев'яти",
        10: "ten десять десяти десятью десять",
        11: "eleven одиннадцать одиннадцати одинадцять",
        12: "twelve двенадцать двенадцати дванадцять",
        13: "thirteen тринадцать тринадцати тринадцять",
        14: "fourteen четырнадцать четырнадцати чотирнадцять",
        15: "fifteen пятнадцать пятнадцати п'ятнадцять",
        16: "sixteen шестнадцать шестнадцати шістнадцять",
        17: "seventeen семнадцать семнадцати сімнадцять",
        18: "eighteen восемнадцать восемнадцати вісімнадцять",
        19: "nineteen девятнадцать девятнадцати дев'ятнадцять",
        20: "twenty двадцать двадцати двадцять",
    }.items()
    for word in forms.split()
}
# Days and months are no names, but a title that differs in them is another day's.
_DATES = {
    word: f"#{number}"
    for number, forms in enumerate(
        (
            "january января январь январе січня січень", "february февраля февраль феврале лютого лютий",
            "march марта март марте березня березень", "april апреля апрель апреле квітня квітень", "мая май травня травень",
            "june июня июнь июне червня червень", "july июля июль июле липня липень", "august августа август серпня серпень",
            "september сентября сентябрь сентябре вересня вересень", "october октября октябрь октябре жовтня жовтень",
            "november ноября ноябрь ноябре листопада листопад", "december декабря декабрь декабре грудня грудень",
            "monday понедельник понеділок", "tuesday вторник вівторок", "wednesday среда среду середу",
            "thursday четверг четвер", "friday пятница пятницу п'ятницю", "saturday суббота субботу суботу",
            "sunday воскресенье неділю",
        ),
        start=1,
    )
    for word in forms.split()
}  # fmt: skip
_FIGURES = _NUMBERS | _DATES
_STEMMERS = {
    "ar": "arabic", "bs": "serbian", "de": "german", "en": "english", "es": "spanish", "fr": "french", "hy": "armenian",
    "ro": "romanian", "ru": "russian", "sr": "serbian", "tr": "turkish", "pl": "polish", "fa": "persian",
}  # fmt: skip


@lru_cache(maxsize=len(_STEMMERS))
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_STEMMERS[language])


@lru_cache(maxsize=20_000)
def _stem(word: str, language: str) -> str:
    """What the forms of a folded word have in common; numbers, in digits or words, as digits."""
    if word in _FIGURES:
        return _FIGURES[word]
    if language in _STEMMERS and (language != "en" or word.isascii()):
        stem: str = _stemmer(language).stemWord(word)
        return stem
    if word < "Ͱ" or len(word) < 6:
        return word
    return word[: max(5, len(word) - 2)]  # no rules for this language: its ending is short


@lru_cache(maxsize=20_000)
def _name(word: str, language: str) -> str:
    """As `_stem`, but the names of languages in Latin letters stand as they are: Mammadov is not Mammadli."""
    if word in _FIGURES:
        return _FIGURES[word]
    return word if word < "Ͱ" and language not in {"pl", "bs"} else _stem(word, language)


def _upper_class() -> str:
    """The body of a regular expression class of capital letters."""
    runs: list[list[int]] = []
    for code in (code for code in range(0x41, 0x10000) if chr(code).isupper()):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)


_CAPITALS = _upper_class()
_INSIDE = re.compile(rf"[{_CAPITALS}](?<=[\w,] .)[\w'’]+")  # a capital where no sentence begins


def _names_of(text: str, folded: list[str], small: set[str], language: str) -> tuple[Counter[str], set[str]]:
    """Names and numbers of a text, and how often each stands there; and those that may be none.

    `small`: words that the text writes small too.
    """
    inside = Counter(folded_words(raw_words(" ".join(_INSIDE.findall(text)))))
    doubtful = {_name(word, language) for word, count in inside.items() if count == 1 and word in small}
    wanted = (inside.keys() - _LITTLE - _DATES.keys()) | _NUMBERS.keys()
    found = Counter([_name(word, language) for word in folded if word in wanted])
    last = len(folded) - 1
    for at in [at for at, word in enumerate(folded) if word.isdecimal()]:
        if folded[at - 1] not in _DATES and folded[min(at + 1, last)] not in _DATES:
            found[folded[at]] += 1  # a day of the month says when it was written
    return found, doubtful


@dataclass(frozen=True, slots=True)
class _Heading:
    """A title: stems of its content words, the words as names would stand, and those that are names or numbers."""

    stems: tuple[str, ...]
    words: tuple[str, ...]
    principals: tuple[str, ...]

    @classmethod
    def read(cls, title: str, body: set[str], language: str) -> _Heading:
        """A word that the body writes small (`body`: such words, folded) is no name. Where the title's case says nothing (ALL CAPS, Title
        Case, scripts without case, its first word) any other word may be one.
        """
        raw = raw_words(title)
        pairs = [
            (at, word, small)
            for at, (word, small) in enumerate(zip(raw, folded_words(raw), strict=True))
            if small and small not in _LITTLE
        ]
        blind = _is_blind([word for _, word, _ in pairs])
        starts = {small[:3] for _, _, small in pairs}
        lower = {_stem(word, language) for word in body if word[:3] in starts}
        principals = [
            _name(small, language)
            for at, word, small in pairs
            if small in _FIGURES
            or small[0].isdigit()
            or ((blind or at == 0 or word[0].isupper()) and _stem(small, language) not in lower)
            or (not blind and at and word[0].isupper())
        ]
        words = tuple(_name(small, language) for _, _, small in pairs)
        return cls(tuple(_stem(small, language) for _, _, small in pairs), words, tuple(principals))


def _is_blind(words: list[str]) -> bool:
    """Whether the case of letters tells no names in this title."""
    cased = [word for word in words[1:] if word[0].isupper() or word[0].islower()]
    return not cased or sum(word[0].isupper() for word in cased) >= 0.75 * len(cased)


# --------------------------------------------------------------------------- hashes


def _hashes(stems: Iterable[str], most: int) -> list[int]:
    """Odd ones are numbers and dates."""
    found = dict.fromkeys(crc32(stem.encode()) >> 8 & ~1 | (stem[0] in _FIGURE_STARTS) for stem in stems)
    return list(found)[:most]


_FIGURE_STARTS = frozenset("#0123456789")


def _bits(value: int) -> Iterator[int]:
    for seed in (0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F):
        yield (value * seed >> 9 & 0xFFFFF) % (_FILTER * 8)


def _filter_of(values: Iterable[int]) -> bytes:
    bits = bytearray(_FILTER)
    for value in values:
        for bit in _bits(value):
            bits[bit >> 3] |= 1 << (bit & 7)
    return bytes(bits)
