"""The reader's time: when an alert goes, given how the reader wants it and what the local clock says.

Rules, in this order, for a post that is owed now:
1. Urgent: at once, before others, with its sound, whatever the hour.
2. A digest, hourly or daily: held until it is due.
3. More than `per_hour` in the last hour: held for the next hour's digest.
4. Quiet hours: held until they end, or sent without a sound.
5. Otherwise at once; without a sound if every subscription that asks for it is silent.
A digest that falls due in quiet hours is held until they end as well, or sent without a sound. What is late is
asked again when it goes (`held_until`): quiet hours are kept however long it was under way.

Local time follows the zone's rules (IANA). A local time that daylight saving skips counts as the moment of the
change; one that happens twice counts as the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from watchdog_bot.core.tempo import ChatSettings, QuietMode, Tempo

MINUTES_A_DAY = 1440
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_ORDER = {tempo: number for number, tempo in enumerate(Tempo)}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a delivery stands: sent alone, or held for a digest, when, and how."""

    due_at: datetime
    held: bool = False
    urgent: bool = False
    silent: bool = False


@lru_cache(maxsize=512)
def zone(name: str) -> tzinfo | None:
    """The zone of that IANA name (letter case and spaces forgiven) or offset (+3, UTC+03:00); None: no such."""
    text = name.strip()
    if text.upper() in {"UTC", "GMT", "Z"}:
        return UTC
    offset = _OFFSET.fullmatch(text)
    if offset:
        sign, hours, minutes = offset[1], int(offset[2]), int(offset[3] or 0)
        if hours > 14:
            return None
        delta = timedelta(hours=hours, minutes=minutes)
        return timezone(delta if sign == "+" else -delta)
    return _named(text.replace(" ", "_"))


def stand(tempos: Iterable[Tempo], settings: ChatSettings, now: datetime, *, last_hour: int = 0) -> Standing:
    """How a post stands that these subscriptions (at least one) ask for; see the rules above.

    `last_hour`: how many alerts the subscriber got in the last hour, those on their way included.
    """
    asked = set(tempos)
    quickest = min(asked, key=_ORDER.__getitem__)
    if quickest is Tempo.URGENT:
        return Standing(now, urgent=True)
    if quickest is Tempo.DAILY:
        return Standing(_after_quiet(settings, next_daily(settings, now)), held=True)
    if quickest is Tempo.HOURLY or (settings.per_hour is not None and last_hour >= settings.per_hour):
        return Standing(_after_quiet(settings, next_hour(now)), held=True)
    silent = quickest is Tempo.SILENT
    if is_quiet(settings, now):
        if settings.quiet_mode is QuietMode.HOLD:
            return Standing(quiet_ends(settings, now), held=True)
        silent = True
    return Standing(now, silent=silent)


def is_quiet(settings: ChatSettings, now: datetime) -> bool:
    """Whether the local clock is within the quiet hours, which may go over midnight."""
    start, end = settings.quiet_from, settings.quiet_to
    if start is None or end is None or start == end:
        return False
    local = now.astimezone(_zone_of(settings))
    minute = local.hour * 60 + local.minute
    if start < end:
        return start <= minute < end
    return minute >= start or minute < end


def held_until(settings: ChatSettings, now: datetime) -> datetime | None:
    """When what is not urgent may go, where the reader's quiet hours hold it now. What was to go before them and was
    late (a fault, a pause of Telegram's) is asked again when it goes.
    """
    if settings.quiet_mode is QuietMode.HOLD and is_quiet(settings, now):
        return quiet_ends(settings, now)
    return None


def quiet_ends(settings: ChatSettings, now: datetime) -> datetime:
    """The next moment at which the local clock reads the end of the quiet hours."""
    return _next_at(settings, settings.quiet_to or 0, now)


def out_of_quiet(settings: ChatSettings, moment: datetime) -> datetime:
    """The moment, or the end of the quiet hours that it lies in."""
    return quiet_ends(settings, moment) if is_quiet(settings, moment) else moment


def next_daily(settings: ChatSettings, now: datetime) -> datetime:
    """The next moment, later than now, for the daily digest: once each local day."""
    return _next_at(settings, settings.daily_at, now)


def next_hour(now: datetime) -> datetime:
    """The next full hour."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _after_quiet(settings: ChatSettings, due_at: datetime) -> datetime:
    return out_of_quiet(settings, due_at) if settings.quiet_mode is QuietMode.HOLD else due_at


def _next_at(settings: ChatSettings, minute: int, now: datetime) -> datetime:
    local_zone = _zone_of(settings)
    day = now.astimezone(local_zone).date()
    wall = time(minute // 60 % 24, minute % 60)
    for days in range(4):  # a zone may skip a whole day (Samoa 2011)
        moment = _moment(datetime.combine(day + timedelta(days=days), wall), local_zone)
        if moment > now:
            return moment
    return now + timedelta(days=1)  # pragma: no cover - no zone skips three days


def _moment(wall: datetime, local_zone: tzinfo) -> datetime:
    """The moment of a local time: the first of two, or the change that skips it."""
    first = wall.replace(tzinfo=local_zone).astimezone(UTC)
    if first.astimezone(local_zone).replace(tzinfo=None) == wall:
        return first
    # Skipped: walk back from where the old offset would put it to where the new one begins.
    after = first.astimezone(local_zone).utcoffset()
    while (first - timedelta(minutes=1)).astimezone(local_zone).utcoffset() == after:
        first -= timedelta(minutes=1)
    return first


def _zone_of(settings: ChatSettings) -> tzinfo:
    return zone(settings.zone) or UTC


def _named(text: str) -> tzinfo | None:
    for name in (text, text.title()):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None
