from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog_bot.core import hours, zones


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Kyiv", "Europe/Kyiv"),
        ("europe/kyiv", "Europe/Kyiv"),
        ("Kyiv", "Europe/Kyiv"),
        ("Київ", "Europe/Kyiv"),
        ("Kiev", "Europe/Kyiv"),
        ("los angeles", "America/Los_Angeles"),
        ("America/Los Angeles", "America/Los_Angeles"),
        ("Saint Petersburg", "Europe/Moscow"),
        ("алма-ата", "Asia/Almaty"),
        ("Georgia", "Asia/Tbilisi"),
        ("Geneva", "Europe/Zurich"),
        ("Buenos Aires", "America/Buenos_Aires"),
        ("utc", "UTC"),
        ("UTC+5", "+05:00"),
        ("gmt -3", "-03:00"),
        ("+5:30", "+05:30"),
        ("−3", "-03:00"),
        ("+0545", "+05:45"),
        ("UTC+0", "UTC"),
        ("UTC+14", "+14:00"),
    ],
)
def test_a_zone_is_found_by_name_city_country_or_offset(typed: str, zone: str) -> None:
    assert zones.find(typed) == zone
    assert hours.zone(zone) is not None


@pytest.mark.parametrize(
    "typed", ["", "Atlantis", "UTC+15", "-13", "+5:75", "Europe", "../etc/passwd", "localtime", "x" * 5000]
)
def test_what_is_no_zone_is_none(typed: str) -> None:
    assert zones.find(typed) is None


def test_etc_zones_are_taken_by_full_name_only_because_their_sign_is_turned_round() -> None:
    assert zones.find("Etc/GMT+5") == "Etc/GMT+5"
    assert zones.find("GMT+5") == "+05:00"


def test_every_zone_offered_by_a_button_is_known() -> None:
    assert all(zones.find(name) == name for name in zones.COMMON)


def test_every_other_name_leads_to_a_zone_that_this_machine_knows() -> None:
    for zone, names in zones._ALSO.items():
        for name in names.split(","):
            found = zones.find(name)
            assert found == zone, name
            assert hours.zone(found) is not None


def test_the_offset_shown_follows_daylight_saving() -> None:
    winter, summer = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)
    assert zones.offset_at("Europe/Kyiv", winter) == "UTC+02:00"
    assert zones.offset_at("Europe/Kyiv", summer) == "UTC+03:00"
    assert zones.offset_at("+05:30", summer) == "UTC+05:30"
    assert zones.offset_at("UTC", summer) == "UTC"


def test_a_zone_that_is_not_known_any_more_counts_as_utc() -> None:
    assert zones.of("Mars/Olympus") is UTC


def test_zones_are_called_by_their_city() -> None:
    assert zones.city("America/New_York") == "New York"
    assert zones.city("+05:00") == "UTC+05:00"
    assert zones.city("UTC") == "UTC"


@pytest.mark.parametrize(
    ("typed", "minute"),
    [
        ("7", 420),
        ("07:30", 450),
        ("7.05", 425),
        ("24", 0),
        ("0", 0),
        ("24:01", None),
        ("25", None),
        ("7:60", None),
        ("x", None),
    ],
)
def test_a_time_of_day_is_read(typed: str, minute: int | None) -> None:
    assert zones.minute_of(typed) == minute


@pytest.mark.parametrize(
    ("typed", "span"),
    [
        ("22-7", (1320, 420)),
        ("22:30–7:15", (1350, 435)),
        ("from 22 to 7", (1320, 420)),
        ("0 — 6", (0, 360)),
        ("7-7", None),
        ("22", None),
        ("22-", None),
        ("-7", None),
        ("22-7-9", None),
        ("9" * 100, None),
    ],
)
def test_quiet_hours_are_read(typed: str, span: tuple[int, int] | None) -> None:
    assert zones.span_of(typed) == span


@given(st.integers(0, 1439))
def test_a_clock_time_reads_back(minute: int) -> None:
    assert zones.minute_of(zones.clock(minute)) == minute


@given(st.text(max_size=80))
def test_anything_typed_is_a_known_zone_or_none(typed: str) -> None:
    found = zones.find(typed)
    assert found is None or hours.zone(found) is not None
    zones.span_of(typed)
    zones.minute_of(typed)
