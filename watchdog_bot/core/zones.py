"""Time zones and hours as people type them.

A zone is an IANA name (Europe/Kyiv), a city (Kyiv, Киев, Los Angeles), one of this field's countries that have a
single zone, or an offset (UTC+5, +5:30, GMT-3). What is kept is an IANA name or an offset as ±HH:MM.

A bare offset knows no daylight saving, so a city is better, and the offset is only taken as it is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import available_timezones

from watchdog_bot.core import hours
from watchdog_bot.core.text import fold

MINUTES_A_DAY = 1440
LONGEST_TYPED = 64
EAST_MOST, WEST_MOST = 14 * 60, -12 * 60  # minutes: the offsets in use anywhere (IANA)

COMMON: tuple[str, ...] = (  # offered as buttons, from west to east
    "America/New_York",
    "Europe/London",
    "Europe/Prague",
    "Europe/Vilnius",
    "Europe/Chisinau",
    "Europe/Kyiv",
    "Europe/Minsk",
    "Europe/Moscow",
    "Asia/Tbilisi",
    "Asia/Yerevan",
    "Asia/Baku",
    "Asia/Ashgabat",
    "Asia/Tashkent",
    "Asia/Dushanbe",
    "Asia/Almaty",
    "Asia/Bishkek",
)

_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.]([0-5]\d))?")
_RANGE = re.compile(r"(?:from\s+)?([\d:.]+)\s*(?:-|to|till|until)\s*([\d:.]+)")
_NO_PLACES = frozenset({"localtime", "posixrules", "Factory"})  # they say where the machine is, or nothing
_NO_CITIES = ("Etc/", "SystemV/", "US/", "Canada/", "Brazil/", "Mexico/", "Chile/")

# Cities of this field that lend no zone their name, other spellings, and countries with a single zone.
_ALSO: Mapping[str, str] = MappingProxyType(
    {
        "Europe/Kyiv": "kiev, київ, киев, kharkiv, харків, харьков, lviv, львів, львов, odesa, одеса, одесса, dnipro, дніпро, "
        "днепр, ukraine, україна, украина",
        "Europe/Minsk": "мінск, минск, гомель, gomel, homel, brest, брест, гродно, hrodna, grodno, belarus, беларусь",
        "Europe/Moscow": "москва, saint petersburg, st petersburg, санкт-петербург, петербург, grozny, грозный, kazan, казань",
        "Europe/Chisinau": "кишинев, kishinev, moldova, молдова",
        "Europe/Vilnius": "вильнюс, lithuania, литва",
        "Europe/Riga": "рига, latvia, латвия",
        "Europe/Tallinn": "таллин, таллинн, estonia, эстония",
        "Europe/Warsaw": "варшава, krakow, poland, польша",
        "Europe/Prague": "прага, brno, czechia, czech republic, чехия",
        "Europe/Berlin": "берлин, munich, hamburg, germany, германия",
        "Europe/London": "лондон, uk, united kingdom",
        "Europe/Brussels": "брюссель, strasbourg, страсбург",
        "Europe/Zurich": "geneva, женева, switzerland",
        "Europe/Vienna": "вена, austria",
        "America/New_York": "washington, washington dc, нью-йорк, вашингтон",
        "Asia/Tbilisi": "тбилиси, batumi, батуми, georgia, грузия",
        "Asia/Yerevan": "ереван, armenia, армения",
        "Asia/Baku": "баку, azerbaijan, азербайджан",
        "Asia/Almaty": "алматы, алма-ата, astana, астана, nur-sultan, shymkent, kazakhstan, казахстан",
        "Asia/Bishkek": "бишкек, osh, ош, kyrgyzstan, кыргызстан, киргизия",
        "Asia/Dushanbe": "душанбе, khujand, tajikistan, таджикистан",
        "Asia/Ashgabat": "ашхабад, turkmenistan, туркменистан",
        "Asia/Tashkent": "ташкент, samarkand, самарканд, nukus, нукус, uzbekistan, узбекистан",
        "Asia/Istanbul": "стамбул, ankara, анкара, turkey, türkiye, турция",
        "Asia/Kabul": "кабул, afghanistan, афганистан",
        "Asia/Tehran": "тегеран, iran, иран",
    }
)


def find(typed: str) -> str | None:
    """The zone that is meant, as it is kept; None where nothing is known by that name."""
    text = fold(" ".join(typed[: LONGEST_TYPED + 1].split()))
    if not text or len(typed) > LONGEST_TYPED:
        return None
    if text in {"utc", "gmt", "z"}:
        return "UTC"
    offset = _OFFSET.fullmatch(text)
    if offset:
        return _offset(offset[1], int(offset[2]), int(offset[3] or 0))
    return _names().get(text.replace("_", " "))


def of(name: str) -> tzinfo:
    """The zone of a kept name; UTC where this machine does not know it (any more)."""
    return hours.zone(name) or UTC


def city(name: str) -> str:
    """A kept zone as people call it: its city, or UTC with the offset."""
    if name[:1] in "+-":
        return f"UTC{name}"
    return name.rpartition("/")[2].replace("_", " ")


def offset_at(name: str, now: datetime) -> str:
    """How far from UTC the zone is at that moment: "UTC+02:00"."""
    shown = now.astimezone(of(name)).strftime("%z")
    return f"UTC{shown[:3]}:{shown[3:5]}" if shown.strip("+-0") else "UTC"


def minute_of(typed: str) -> int | None:
    """A time of day (7, 07:30, 7.30, 24 for midnight) as minutes from midnight; None for anything else."""
    found = _CLOCK.fullmatch(typed.strip())
    if found is None:
        return None
    minute = int(found[1]) * 60 + int(found[2] or 0)
    return minute % MINUTES_A_DAY if minute <= MINUTES_A_DAY else None


def span_of(typed: str) -> tuple[int, int] | None:
    """From when to when (22-7, 22:30–7:15, from 22 to 7), as minutes from midnight; None unless it is a real span."""
    found = _RANGE.fullmatch(fold(" ".join(typed.split()))) if len(typed) <= LONGEST_TYPED else None
    if found is None:
        return None
    start, end = minute_of(found[1]), minute_of(found[2])
    return (start, end) if start is not None and end is not None and start != end else None


def clock(minute: int) -> str:
    """Minutes from midnight as a clock shows them: "07:30"."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def _offset(sign: str, whole: int, minutes: int) -> str | None:
    total = (whole * 60 + minutes) * (1 if sign == "+" else -1)
    if not WEST_MOST <= total <= EAST_MOST:
        return None
    return f"{'-' if total < 0 else '+'}{abs(total) // 60:02d}:{abs(total) % 60:02d}" if total else "UTC"


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    """Folded names → zones: full names and cities of the IANA list, then what is said beside them."""
    known = sorted(available_timezones() - _NO_PLACES, key=lambda name: (name.count("/"), name))
    found: dict[str, str] = {}
    for name in known:
        if "/" in name and not name.startswith(_NO_CITIES):
            found.setdefault(_spoken(name.rpartition("/")[2]), name)
    found |= {_spoken(name): name for name in known}
    for zone, names in _ALSO.items():
        if zone in known:
            found |= {fold(name.strip()): zone for name in names.split(",")}
    return found


def _spoken(name: str) -> str:
    return fold(name.replace("_", " "))
