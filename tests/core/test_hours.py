from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog_bot.core.hours import Standing, is_quiet, next_daily, next_hour, quiet_ends, stand, zone
from watchdog_bot.core.tempo import ChatSettings, QuietMode, Tempo

KYIV = ChatSettings(zone="Europe/Kyiv", quiet_from=22 * 60, quiet_to=7 * 60, daily_at=8 * 60)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


DAY = utc("2026-06-10 12:30")  # 15:30 in Kyiv
NIGHT = utc("2026-06-10 22:30")  # 01:30 in Kyiv


def test_an_instant_alert_goes_at_once() -> None:
    assert stand([Tempo.INSTANT], KYIV, DAY) == Standing(DAY)


def test_an_urgent_alert_goes_at_once_at_any_hour_and_with_its_sound() -> None:
    assert stand([Tempo.DAILY, Tempo.URGENT], KYIV, NIGHT, last_hour=99) == Standing(NIGHT, urgent=True)


def test_a_silent_alert_makes_no_sound() -> None:
    assert stand([Tempo.SILENT, Tempo.DAILY], KYIV, DAY) == Standing(DAY, silent=True)


def test_the_quickest_of_several_subscriptions_decides() -> None:
    assert stand([Tempo.SILENT, Tempo.INSTANT], KYIV, DAY) == Standing(DAY)


def test_in_quiet_hours_alerts_are_held_until_they_end() -> None:
    assert stand([Tempo.INSTANT], KYIV, NIGHT) == Standing(utc("2026-06-11 04:00"), held=True)


def test_quiet_hours_may_be_silent_instead() -> None:
    silent = ChatSettings(
        zone="Europe/Kyiv", quiet_from=22 * 60, quiet_to=7 * 60, quiet_mode=QuietMode.SILENT
    )
    assert stand([Tempo.INSTANT], silent, NIGHT) == Standing(NIGHT, silent=True)


def test_a_daily_digest_comes_at_its_local_time() -> None:
    assert stand([Tempo.DAILY], KYIV, DAY) == Standing(utc("2026-06-11 05:00"), held=True)


def test_an_hourly_digest_comes_at_the_full_hour() -> None:
    assert stand([Tempo.HOURLY], KYIV, DAY) == Standing(utc("2026-06-10 13:00"), held=True)


def test_an_hourly_digest_waits_for_the_end_of_quiet_hours() -> None:
    assert stand([Tempo.HOURLY], KYIV, NIGHT) == Standing(utc("2026-06-11 04:00"), held=True)


def test_more_than_so_many_an_hour_become_a_digest() -> None:
    capped = ChatSettings(per_hour=5)
    assert stand([Tempo.INSTANT], capped, DAY, last_hour=4) == Standing(DAY)
    assert stand([Tempo.INSTANT], capped, DAY, last_hour=5) == Standing(utc("2026-06-10 13:00"), held=True)


@pytest.mark.parametrize(
    ("local", "quiet"),
    [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("06:59", True), ("07:00", False)],
)
def test_quiet_hours_go_over_midnight(local: str, quiet: bool) -> None:
    assert is_quiet(KYIV, utc(f"2026-06-10 {local}") - timedelta(hours=3)) is quiet


@pytest.mark.parametrize(("local", "quiet"), [("12:59", False), ("13:00", True), ("14:00", False)])
def test_quiet_hours_may_lie_within_the_day(local: str, quiet: bool) -> None:
    siesta = ChatSettings(quiet_from=13 * 60, quiet_to=14 * 60)
    assert is_quiet(siesta, utc(f"2026-06-10 {local}")) is quiet


def test_without_quiet_hours_it_is_never_quiet() -> None:
    assert not is_quiet(ChatSettings(), NIGHT)
    assert not is_quiet(ChatSettings(quiet_from=60, quiet_to=60), utc("2026-06-10 01:00"))


def test_in_spring_the_daily_digest_keeps_its_local_time() -> None:
    # Kyiv goes from +02:00 to +03:00 on 29 March 2026 at 03:00.
    assert next_daily(KYIV, utc("2026-03-28 05:00")) == utc("2026-03-28 06:00")
    assert next_daily(KYIV, utc("2026-03-28 06:00")) == utc("2026-03-29 05:00")


def test_in_autumn_the_daily_digest_keeps_its_local_time() -> None:
    # Kyiv goes back to +02:00 on 25 October 2026 at 04:00.
    assert next_daily(KYIV, utc("2026-10-24 05:00")) == utc("2026-10-25 06:00")


def test_a_local_time_that_is_skipped_counts_as_the_change() -> None:
    skipped = ChatSettings(zone="Europe/Kyiv", daily_at=3 * 60 + 30)
    assert next_daily(skipped, utc("2026-03-28 20:00")) == utc("2026-03-29 01:00")


def test_a_local_time_that_comes_twice_counts_once() -> None:
    twice = ChatSettings(zone="Europe/Kyiv", daily_at=3 * 60 + 30)
    first = next_daily(twice, utc("2026-10-24 20:00"))
    assert first == utc("2026-10-25 00:30")
    assert next_daily(twice, first) == utc("2026-10-26 01:30")


def test_quiet_hours_end_by_the_local_clock_on_the_day_of_the_change() -> None:
    assert quiet_ends(KYIV, utc("2026-03-28 22:00")) == utc("2026-03-29 04:00")
    assert quiet_ends(KYIV, utc("2026-10-24 22:00")) == utc("2026-10-25 05:00")


def test_a_day_that_a_zone_skips_has_no_digest() -> None:
    samoa = ChatSettings(zone="Pacific/Apia", daily_at=8 * 60)
    assert next_daily(samoa, utc("2011-12-29 20:00")) - utc("2011-12-29 20:00") <= timedelta(days=2)


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("Europe/Minsk", 3.0),
        ("europe/minsk", 3.0),
        ("+3", 3.0),
        ("UTC+03:00", 3.0),
        ("-0330", -3.5),
        ("utc", 0.0),
    ],
)
def test_a_zone_is_a_city_or_an_offset(name: str, hours: float) -> None:
    found = zone(name)
    assert found is not None
    assert NIGHT.astimezone(found).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("name", ["", "Atlantis", "../../etc/passwd", "+99", "/etc/localtime", "\0"])
def test_there_is_no_such_zone(name: str) -> None:
    assert zone(name) is None


def test_a_zone_that_is_gone_counts_as_utc() -> None:
    assert next_daily(ChatSettings(zone="Atlantis"), DAY) == utc("2026-06-11 08:00")


zones = st.sampled_from(
    ["UTC", "Europe/Kyiv", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "-11"]
)
minutes = st.integers(0, 1439)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(zones, minutes, moments)
def test_the_next_daily_time_is_within_25_hours_and_reads_right(
    name: str, minute: int, now: datetime
) -> None:
    settings = ChatSettings(zone=name, daily_at=minute)
    found = next_daily(settings, now)
    assert now < found <= now + timedelta(hours=25)
    local_zone = zone(name)
    assert local_zone is not None
    local = found.astimezone(local_zone)
    before = (found - timedelta(minutes=1)).astimezone(local_zone)
    reads = local.hour * 60 + local.minute
    assert reads == minute or before.utcoffset() != local.utcoffset()


@given(zones, minutes, minutes, moments, st.sets(st.sampled_from(list(Tempo)), min_size=1))
def test_nothing_but_the_urgent_goes_out_in_quiet_hours(
    name: str, start: int, end: int, now: datetime, tempos: set[Tempo]
) -> None:
    settings = ChatSettings(zone=name, quiet_from=start, quiet_to=end)
    standing = stand(tempos, settings, now)
    assert standing.due_at >= now
    assert standing.urgent or not is_quiet(settings, standing.due_at)


@given(moments)
def test_the_next_hour_is_full_and_later(now: datetime) -> None:
    found = next_hour(now)
    assert now < found <= now + timedelta(hours=1)
    assert (found.minute, found.second) == (0, 0)
