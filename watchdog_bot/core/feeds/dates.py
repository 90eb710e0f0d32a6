"""Dates as sources write them → aware UTC, or None. It invents nothing: a date that could mean two days is none.

Forms read, first that fits:
1. Seconds or milliseconds since 1970.
2. ISO 8601, RFC 3339 and W3CDTF with their usual bends (a space for the T, a zone by name, no zone at all).
3. Year-first dates of East Asia (2026年5月1日, 2026년 5월 1일).
4. A day, a month by name in any language of `months.py`, a year of four or two digits: RFC 822 and 2822, asctime,
   what people write. A weekday is passed over.
5. dd.mm.yyyy; dd/mm/yyyy and mm/dd/yyyy only where one of the numbers cannot be a month.

A time without a zone is taken as UTC, in Korean as Korea's. Zone names are those of RFC 822 and of the places this program watches.
Only dates from 1995 to a day after now count: the rest are defaults of broken software.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

from watchdog_bot.core.feeds.months import month_named

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
LEEWAY = timedelta(days=1)  # clocks and zones of senders
MAX_LENGTH = 120

# Minutes east of Greenwich. Where a name has several meanings, the one of newsrooms: IST is India's, CST America's.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "met": 60, "cest": 120, "mest": 120,
    "mez": 60, "mesz": 120, "eet": 120, "eest": 180, "cat": 120, "wat": 60, "eat": 180, "sast": 120, "trt": 180, "fet": 180,
    "msk": 180, "мск": 180, "msd": 240, "samt": 240, "get": 240, "azt": 240, "azst": 300, "amt": 240, "gst": 240, "irst": 210,
    "irdt": 270, "aft": 270, "yekt": 300, "uzt": 300, "tjt": 300, "tmt": 300, "pkt": 300, "almt": 300, "aqtt": 300, "orat": 300,
    "ist": 330, "npt": 345, "kgt": 360, "omst": 360, "novt": 420, "krat": 420, "ict": 420, "wib": 420, "mmt": 390, "irkt": 480,
    "hkt": 480, "sgt": 480, "myt": 480, "pht": 480, "awst": 480, "ulat": 480, "yakt": 540, "jst": 540, "kst": 540, "vlat": 600,
    "aest": 600, "aedt": 660, "magt": 660, "sakt": 660, "pett": 720, "nzst": 720, "nzdt": 780, "brt": -180, "art": -180,
    "clt": -240, "ast": -240, "adt": -180, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
    "pst": -480, "pdt": -420, "et": -300, "ct": -360, "mt": -420, "pt": -480, "akst": -540, "akdt": -480, "hst": -600, "idt": 180,
}  # fmt: skip

_KOREAN = ("오전", "오후")  # before noon, after noon
_AFTERNOON = ("오후", "午後", "下午")

_EPOCH = re.compile(r"(\d{9,11})(?:\.\d+)?|(\d{12,14})")
_ISO = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+(?=\d{4}/))?([12]\d{3})(?:-0?(\d{1,2})(?:-(\d{1,2}))?|(\d{2})(\d{2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2}))?"
    r"(?:(?:\s*[T,_]\s*|\s+|:)(\d{1,2})[:.]?(\d{2})(?:[:.]?(\d{2})(?:[.,:]\d+)?)?)?\s*(.*)",
    re.IGNORECASE,
)
_EAST_ASIA = re.compile(r"([12]\d{3})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?(.*)", re.DOTALL)
_DOTTED = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?!\d)")
_TIME = re.compile(
    r"(?<![\d+-])(\d{1,2})(?:[:.h](\d{2})|(?=\s*[ap]\.?m))(?:[:.](\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\b)?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:(?<![\d])|(?<=\d\d)\s*)([+\u2212-])(\d{1,2}):?(\d{2})?(?![\d:])")
_WORD = re.compile(r"[^\W\d_]+")
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|-?го|-?е)?[\s.,/-]*(?:de |of |da |ta' )?\s*([^\W\d_]{3,20})\.?'?"
    r"[\s.,/-]*(?:de |del |of |da )?\s*'?(\d{4}|\d{2})(?![\d:])",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    r"([^\W\d_]{3,20})\.?[\s./-]+(\d{1,2})(?:st|nd|rd|th)?\b(?!:)[\s,./-]*"
    r"((?:\d{1,2}:\d{2}(?::\d{2})?)?(?:\s*(?:[A-Z]{3,4}|[+-]\d{4}(?!\d)))?)[\s,]*(\d{4})(?![\d:])",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(
    r"(?<!\d)(\d{4})[\s.,-]+(?:m\. |г\. |ж\. )?\s*([^\W\d_]{3,20})\.?[\s.-]+(\d{1,2})(?!\d)", re.IGNORECASE
)


def read_date(raw: object, *, now: datetime | None = None) -> datetime | None:
    """The moment `raw` names, in UTC; None where it is missing, unreadable, ambiguous or absurd.

    `now` bounds it from above; without it there is no upper bound.
    """
    if not isinstance(raw, str) or not raw.strip():
        return None
    text = unicodedata.normalize("NFKC", raw[: 2 * MAX_LENGTH]).strip()[:MAX_LENGTH]
    text = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    try:
        moment = _moment(text)
    except (ValueError, OverflowError):  # the 31st of February, year 0
        return None
    return plausible(moment, now=now)


def plausible(moment: datetime | None, *, now: datetime | None = None) -> datetime | None:
    """The moment if it is from 1995 to a day after now, else None."""
    if moment is None or moment < EARLIEST or (now is not None and moment > now + LEEWAY):
        return None
    return moment


def _moment(text: str) -> datetime | None:
    if found := _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(found[1]) if found[1] else int(found[2]) / 1000, UTC)
    for form in (_iso, _east_asian, _by_name, _dotted):
        if (moment := form(text)) is not None:
            return moment
    return None


def _iso(text: str) -> datetime | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    year, *date, hour, minute, second, rest = found.groups()
    month, day = next(((date[at], date[at + 1]) for at in range(0, len(date), 2) if date[at]), (None, None))
    if rest and not _is_zone(rest) and (month is None or (day is None and rest[0] in "/-.")):
        return None  # "2026 m. gegužės 1" begins with a year as well, "2026-05/01" names no first of May
    rest = re.sub(r"\[[\w/+-]+\]$", "", rest)  # Java's zone id behind the offset
    if rest and not _is_zone(rest):
        if hour is None or _TIME.search(rest):
            return _joined(int(year), int(month or 1), int(day or 1), rest)
        rest = ""
    offset = _offset(rest)
    return _utc(int(year), int(month or 1), int(day or 1),
                (int(hour or 0), int(minute or 0), int(second or 0)), offset)  # fmt: skip


def _east_asian(text: str) -> datetime | None:
    found = _EAST_ASIA.search(text)
    if found is None:
        return None
    return _joined(
        int(found[1]), int(found[2]), int(found[3]), found[4] + (" kst" if "년" in found[0] else "")
    )


def _by_name(text: str) -> datetime | None:
    for pattern, (day, month, year) in (
        (_DAY_FIRST, (1, 2, 3)),
        (_MONTH_FIRST, (2, 1, 4)),
        (_YEAR_FIRST, (3, 2, 1)),
    ):
        for found in pattern.finditer(text):
            number = month_named(found[month])
            if number is None:
                continue
            middle = f" {found[3]} " if pattern is _MONTH_FIRST else " "
            rest = text[: found.start()] + middle + text[found.end() :]
            return _joined(_full_year(found[year]), number, int(found[day]), rest)
    return None


def _dotted(text: str) -> datetime | None:
    found = _DOTTED.search(text)
    if found is None:
        return None
    first, mark, second, year = int(found[1]), found[2], int(found[3]), int(found[4])
    if mark == "/" and second > 12 >= first:
        first, second = second, first
    elif mark == "/" and first <= 12 and first != second:
        return None  # 05/04/2026 is April here and May there
    return _joined(year, second, first, text[: found.start()] + " " + text[found.end() :])


def _joined(year: int, month: int, day: int, rest: str) -> datetime | None:
    return _utc(year, month, day, _clock(rest), _offset(_TIME.sub("\x00", rest, count=1)))


def _clock(text: str) -> tuple[int, int, int]:
    found = _TIME.search(text)
    if found is None:
        return 0, 0, 0
    hour = int(found[1])
    if found[4]:
        hour = hour % 12 + (12 if found[4][0] in "pP" else 0)
    elif hour < 12 and any(mark in text for mark in _AFTERNOON):
        hour += 12
    return hour, int(found[2] or 0), int(found[3] or 0)


def _utc(year: int, month: int, day: int, clock: tuple[int, int, int], offset: int) -> datetime:
    hour, minute, second = clock
    if hour > 24:
        raise ValueError("no hour of a day")
    later = 1 if hour == 24 else 0  # ISO 8601: the end of the day
    moment = datetime(
        year, month, day, hour % 24, minute, min(second, 59), tzinfo=timezone(timedelta(minutes=offset))
    )
    return moment.astimezone(UTC) + timedelta(days=later)


def _offset(rest: str) -> int:
    """Minutes east of Greenwich; 0 where no zone is named."""
    named = next((zone for word in _WORD.findall(rest) if (zone := _ZONES.get(word.casefold())) is not None),
                 _ZONES["kst"] if any(mark in rest for mark in _KOREAN) else 0)  # fmt: skip
    found = _OFFSET.search(rest)
    if found is None:
        return named
    digits = found[2] + (found[3] or "")
    hours, minutes = (
        (int(found[2]), int(found[3] or 0)) if len(digits) != 3 else (int(digits[0]), int(digits[1:]))
    )
    if hours > 14 or minutes > 59:
        return 0
    return (hours * 60 + minutes) * (1 if found[1] == "+" else -1)


def _is_zone(rest: str) -> bool:
    return (
        re.fullmatch(
            r"(?:[A-Za-z]{1,5}|мск)?\s*(?:[+\u2212-]\s*\d{1,2}:?\d{0,2}(?::?\d{2})?)?\s*(?:\([^)]*\))?",
            rest.strip(),
            re.IGNORECASE,
        )
        is not None
    )


def _full_year(year: str) -> int:
    """RFC 2822 section 4.3."""
    number = int(year)
    if len(year) > 2:
        return number
    return number + (2000 if number < 50 else 1900)
