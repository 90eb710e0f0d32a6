from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.feeds.dates import EARLIEST, read_date
from watchdog_bot.core.feeds.months import DOUBTFUL, MONTHS, month_named

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "iso"),
    [
        ("Tue, 05 May 2026 10:00:00 GMT", "2026-05-05T10:00:00"),
        ("Tue, 05 May 2026 10:00:00 +03:00", "2026-05-05T07:00:00"),
        ("Tue, 05 May 2026 10:00:00 MSK", "2026-05-05T07:00:00"),
        ("Вт, 05 мая 2026 10:00:00 мск", "2026-05-05T07:00:00"),
        ("Tue, 5 May 26 10:00 EST", "2026-05-05T15:00:00"),
        ("Thu, 01 Jan 04 19:48 PDT", "2004-01-02T02:48:00"),
        ("Tue, 05 May 2026 10:00 GMT+3", "2026-05-05T07:00:00"),
        ("Tue, 05 May 2026 10:00:00", "2026-05-05T10:00:00"),
        ("Tue May  5 10:00:00 2026", "2026-05-05T10:00:00"),
        ("Tue May 5 10:00:00 UTC 2026", "2026-05-05T10:00:00"),
        ("May 5, 2026 3:04 PM", "2026-05-05T15:04:00"),
        ("May 5th, 2026 12:10 am", "2026-05-05T00:10:00"),
        ("2026-05-05T10:00:00.123Z", "2026-05-05T10:00:00"),
        ("2026-05-05T10:00:00+03:00[Europe/Moscow]", "2026-05-05T07:00:00"),
        ("2026-05-05 10:00:00 MSK", "2026-05-05T07:00:00"),
        ("2026-05-05 10:00", "2026-05-05T10:00:00"),
        ("2026-05-05T24:00:00Z", "2026-05-06T00:00:00"),
        ("2026-05-05", "2026-05-05T00:00:00"),
        ("20260505T101112Z", "2026-05-05T10:11:12"),
        ("2026/5/5", "2026-05-05T00:00:00"),
        ("2003", "2003-01-01T00:00:00"),
        ("05.05.2026 12:30", "2026-05-05T12:30:00"),
        ("02.10.2026", "2026-10-02T00:00:00"),
        ("13/05/2026", "2026-05-13T00:00:00"),
        ("05/13/2026", "2026-05-13T00:00:00"),
        ("1777975200", "2026-05-05T10:00:00"),
        ("1777975200000", "2026-05-05T10:00:00"),
        ("5 травня 2026, 12:30", "2026-05-05T12:30:00"),
        ("5 мая 2026 г. 14:05", "2026-05-05T14:05:00"),
        ("5. März 2026", "2026-03-05T00:00:00"),
        ("5 de mayo de 2026", "2026-05-05T00:00:00"),
        ("mar, 05 may 2026 10:00:00 GMT", "2026-05-05T10:00:00"),
        ("5 Mayıs 2026", "2026-05-05T00:00:00"),
        ("5 listopada 2026", "2026-11-05T00:00:00"),
        ("2026. május 5. 10:00", "2026-05-05T10:00:00"),
        ("2026 m. gegužės 5 d.", "2026-05-05T00:00:00"),
        ("2026年5月5日 10:00", "2026-05-05T10:00:00"),
        ("2026-05-05 at 7:30", "2026-05-05T07:30:00"),
        ("2026-05-05 10:00 Uhr und mehr", "2026-05-05T10:00:00"),
        ("5 May 2026 10:00 +9900", "2026-05-05T10:00:00"),
        ("5 May 2026 10:00 +330", "2026-05-05T06:30:00"),
        ("2026년 5월 5일 오후 1:00", "2026-05-05T04:00:00"),
        ("٥ مايو ٢٠٢٦", "2026-05-05T00:00:00"),
        ("  Tue, 05 May 2026 10:00:00 GMT\n", "2026-05-05T10:00:00"),
    ],
)  # fmt: skip
def test_a_date_is_read_in_the_form_its_source_writes(raw: str, iso: str) -> None:
    assert read_date(raw, now=NOW) == datetime.fromisoformat(iso).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "", "   ", None, 5, "yesterday", "0000-00-00", "0001-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 +0000", "2026-13-45",
        "Tue, 31 Feb 2026 10:00:00 GMT", "05/04/2026", "May 2026", "1970-01-01", "0", "-1", "12", "Thu, 24 Dec 2026 00:00:00 GMT",
        "2041-01-01", "99999999999", "2026-05-05T10:00:00Z and more words than a date has in it, for what it is worth, until it is long",
        "5 Nothing 2026", "\u0000", "x" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_date_is_none_and_never_invented(raw: object) -> None:
    assert read_date(raw, now=NOW) in {
        None,
        datetime(2026, 5, 5, 10, tzinfo=UTC) if isinstance(raw, str) and "and more" in raw else None,
    }


def test_dates_count_from_1995_to_a_day_after_now() -> None:
    assert read_date("1994-12-31T23:59:59Z") is None
    assert read_date("1995-01-01") == EARLIEST
    assert read_date("2026-11-25T11:59:00Z", now=NOW) is not None
    assert read_date("2026-11-25T12:01:00Z", now=NOW) is None
    assert read_date("2126-01-01") is not None


@settings(deadline=None, max_examples=200)
@given(st.integers(820_454_400, 3_786_912_000), st.integers(-12 * 4, 14 * 4))
def test_a_date_written_by_the_book_is_read_back(seconds: int, quarters: int) -> None:
    aware = datetime.fromtimestamp(seconds, timezone(timedelta(minutes=15 * quarters)))
    assert read_date(aware.isoformat()) == aware
    assert read_date(format_datetime(aware)) == aware


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="0123456789 :.-/+TZ,мaяMayGMTпmеод年月日", max_size=40))
def test_nothing_makes_it_raise(raw: str) -> None:
    moment = read_date(raw, now=NOW)
    assert moment is None or (moment.tzinfo is not None and EARLIEST <= moment <= NOW + timedelta(days=1))


def test_month_names_are_looked_up_in_any_case_and_cut_short() -> None:
    assert month_named("ДЕКАБРЯ") == month_named("dezemb") == month_named("Aralık") == 12
    assert month_named("ju") is month_named("Juxx") is month_named("okt0") is None
    assert month_named("kasim") == 11
    assert len(MONTHS) > 600
    assert not {name for name in DOUBTFUL if name.isascii()}
