"""What the headers of an answer ask for, read as RFC 9110 and 9111 say and as servers write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_SECONDS = 366 * 86_400  # more is a mistake
MAX_VALIDATOR = 1024  # characters; longer ones are dropped rather than sent back cut

_NOT_KEPT = re.compile(r"\bno-(?:cache|store)\b", re.IGNORECASE)
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)


def retry_after(headers: Mapping[str, str], now: datetime) -> int | None:
    """Seconds to wait (RFC 9110 section 10.2.3: seconds or a date), or None. A date is taken by the server's clock."""
    raw = headers.get("Retry-After", "").strip()
    if not raw:
        return None
    if raw.isascii() and raw.isdecimal():
        return min(int(raw[:12]), MAX_SECONDS)
    at = http_date(raw)
    if at is None:
        return None
    since = http_date(headers.get("Date", "")) or now
    return min(max(0, round((at - since).total_seconds())), MAX_SECONDS)


def max_age(headers: Mapping[str, str], now: datetime) -> int | None:
    """Seconds for which the answer stays fresh (RFC 9111 section 4.2), or None where it is not to be kept."""
    control = headers.get("Cache-Control", "")
    if control and _NOT_KEPT.search(control):
        return None
    if control and (found := _MAX_AGE.search(control)):
        age = headers.get("Age", "").strip()
        spent = int(age) if age.isascii() and age.isdecimal() and len(age) < 10 else 0
        return min(max(0, int(found[1]) - spent), MAX_SECONDS)
    expires = http_date(headers.get("Expires", ""))
    if expires is None:
        return None
    since = http_date(headers.get("Date", "")) or now
    return min(max(0, round((expires - since).total_seconds())), MAX_SECONDS)


def validators(headers: Mapping[str, str]) -> tuple[str | None, str | None]:
    """ETag and Last-Modified, as they are. Both are opaque; none count after `Expires: 0`, which says that the
    answer was made for the moment only.
    """
    if headers.get("Expires", "").strip() == "0":
        return None, None
    return _validator(headers.get("ETag")), _validator(headers.get("Last-Modified"))


def _validator(raw: str | None) -> str | None:
    """It must be possible to send it back byte for byte."""
    if raw is None or not raw or len(raw) > MAX_VALIDATOR or not raw.isprintable():
        return None
    return raw


def http_date(raw: str) -> datetime | None:
    """RFC 9110 section 5.6.7, in all three forms; None for anything else ("0", "-1")."""
    if not raw:
        return None
    try:
        moment = parsedate_to_datetime(raw.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
