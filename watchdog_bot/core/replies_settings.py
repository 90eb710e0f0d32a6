"""What /settings shows: one message edited in place, and the screens behind it. Pure.

Every button says what it sets (`so:protect:1`), never “the other way round”: pressed twice, or long after, it does
what stands on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from watchdog_bot.core import zones
from watchdog_bot.core.buttons import encode
from watchdog_bot.core.model import Button, Message, Subscription
from watchdog_bot.core.render import escape
from watchdog_bot.core.tempo import ChatSettings, Corrections, QuietMode, StoryAlerts, Tempo
from watchdog_bot.core.text import cut

LIST_LIMIT = 3300  # UTF-16 units that a list may fill before it is cut
QUIET_CHOICES = ((21, 7), (22, 7), (22, 8), (23, 7), (23, 8), (0, 8))  # hours
DAILY_CHOICES = (6, 7, 8, 9, 12, 18, 20, 21)
LIMIT_CHOICES = (3, 5, 10, 20)
MOST_AN_HOUR = 60

TEMPOS: tuple[tuple[Tempo, str, str], ...] = (
    (Tempo.INSTANT, "⚡ Instant", "at once"),
    (Tempo.SILENT, "🔈 Silent", "at once, without a sound"),
    (Tempo.URGENT, "🚨 Urgent", "at once, in quiet hours too"),
    (Tempo.HOURLY, "🕐 Hourly digest", "summed up every hour"),
    (Tempo.DAILY, "📬 Daily digest", "summed up once a day"),
)
_BACK = (Button("‹ Back", data=encode("se")),)


@dataclass(frozen=True, slots=True)
class Pause:
    """Alerts are off: until then, or until the reader says (None)."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class SettingsView:
    """What is in force in a chat."""

    chosen: ChatSettings
    now: datetime
    pause: Pause | None = None


def home(view: SettingsView) -> Message:
    """Everything at a glance, each with the button that changes it."""
    chosen = view.chosen
    lines = [
        "⚙️ <b>Settings of this chat</b>",
        f"Alerts: {alerts(view)}",
        f"Time zone: {zone(chosen, view.now)}",
        f"Quiet hours: {quiet(chosen)}",
        f"Daily digest: at {zones.clock(chosen.daily_at)}, for subscriptions that ask for one",
        f"At most: {limit(chosen)}",
        f"Forwarding and saving alerts: {'not possible' if chosen.protect else 'possible'}",
        f"Link previews: {'shown' if chosen.previews else 'not shown'}",
        f"When a source changes a post: {corrections(chosen)}",
        f"A week without news: {weekly(chosen)}",
        f"When several sources tell one story: {stories(chosen)}",
    ]
    return Message("\n".join(lines), buttons=_home_rows(view))


def _home_rows(view: SettingsView) -> tuple[tuple[Button, ...], ...]:
    chosen = view.chosen
    replies_now = chosen.corrections is Corrections.REPLY
    return (
        (Button("🌐 Time zone", data=encode("tz")), Button("🌙 Quiet hours", data=encode("qh"))),
        (
            Button(f"📬 Daily at {zones.clock(chosen.daily_at)}", data=encode("da")),
            Button("🚦 At most an hour", data=encode("ph")),
        ),
        (
            _switch("Protect", "protect", on=chosen.protect),
            _switch("Previews", "previews", on=chosen.previews),
            _switch("Corrections as replies", "replies", on=replies_now),
        ),
        (_switch("Weekly note", "weekly", on=chosen.weekly_note),),
        (_switch("An alert for every report", "each", on=chosen.stories is StoryAlerts.EACH),),
        (Button("🗂 How each subscription comes", data=encode("st")),),
        _pause_row(view),
        (Button("Close", data=encode("sx")),),
    )


def _switch(label: str, name: str, *, on: bool) -> Button:
    return Button(f"{'✅' if on else '▫️'} {label}", data=encode("so", name, int(not on)))


def _pause_row(view: SettingsView) -> tuple[Button, ...]:
    if view.pause is not None:
        return (Button("▶️ Turn alerts on", data=encode("sr")),)
    return (
        Button("⏸ 1 hour", data=encode("sp", 60)),
        Button("⏸ 1 day", data=encode("sp", 1440)),
        Button("⏸ Until I say", data=encode("sp", 0)),
    )


def alerts(view: SettingsView) -> str:
    """Whether they are on."""
    if view.pause is None:
        return "on"
    if view.pause.until is None:
        return "off, until you turn them on"
    local = view.pause.until.astimezone(zones.of(view.chosen.zone))
    return f"off until {local.day} {local:%b %H:%M}"


def zone(chosen: ChatSettings, now: datetime) -> str:
    """The zone with its offset and what its clock reads now."""
    local = now.astimezone(zones.of(chosen.zone))
    name, offset = zones.city(chosen.zone), zones.offset_at(chosen.zone, now)
    return f"{escape(name)}{'' if name == offset else f' ({offset})'}, where it is {local:%H:%M} now"


def quiet(chosen: ChatSettings) -> str:
    """From when to when, and what happens to alerts then."""
    start, end = chosen.quiet_from, chosen.quiet_to
    if start is None or end is None:
        return "none"
    held = chosen.quiet_mode is QuietMode.HOLD
    what = f"alerts are summed up at {zones.clock(end)}" if held else "alerts come without a sound"
    return f"{zones.clock(start)}–{zones.clock(end)}, {what}"


def limit(chosen: ChatSettings) -> str:
    """How many alerts an hour."""
    if chosen.per_hour is None:
        return "as many alerts as there are"
    counted = "1 alert" if chosen.per_hour == 1 else f"{chosen.per_hour} alerts"
    return f"{counted} an hour, the rest as a digest"


def corrections(chosen: ChatSettings) -> str:
    """What becomes of alerts that were sent."""
    as_reply = chosen.corrections is Corrections.REPLY
    return "a reply to my alert says so" if as_reply else "my alert is edited"


def stories(chosen: ChatSettings) -> str:
    """What becomes of a report that another source had before."""
    every = chosen.stories is StoryAlerts.EACH
    return "an alert for each" if every else "one alert, later reports are added to it"


def weekly(chosen: ChatSettings) -> str:
    """Whether silence is explained."""
    at = f"I say at {zones.clock(chosen.daily_at)} that I am still watching"
    return at if chosen.weekly_note else "I say nothing"


# ------------------------------------------------------------------ screens


def zone_menu(view: SettingsView) -> Message:
    """Common zones of this field; any other is typed."""
    buttons = [
        Button(
            f"{'✅ ' if name == view.chosen.zone else ''}{zones.city(name)}",
            data=encode("tz", name),
        )
        for name in (*zones.COMMON, "UTC")
    ]
    html = (
        f"🌐 <b>Time zone</b>\nIt is {zone(view.chosen, view.now)}.\n"
        "Not among these? Send the city or the offset:\n<code>/timezone Kyiv</code> · <code>/timezone UTC+5</code>"
    )
    return Message(html, buttons=(*_rows(buttons, 3), _BACK))


def quiet_menu(view: SettingsView) -> Message:
    """From when to when, and held or silent."""
    chosen = view.chosen
    buttons = [
        _choice(
            f"{start:02d}–{end:02d}",
            (chosen.quiet_from, chosen.quiet_to) == (start * 60, end * 60),
            "qh",
            start * 60,
            end * 60,
        )
        for start, end in QUIET_CHOICES
    ]
    modes = (
        _choice("Hold, sum up after", chosen.quiet_mode is QuietMode.HOLD, "qm", QuietMode.HOLD),
        _choice("Send without sound", chosen.quiet_mode is QuietMode.SILENT, "qm", QuietMode.SILENT),
    )
    off = (_choice("No quiet hours", chosen.quiet_from is None, "qh", "off"),)
    html = (
        f"🌙 <b>Quiet hours</b>\nNow: {quiet(chosen)}. The clock is that of {escape(zones.city(chosen.zone))}.\n"
        "Urgent subscriptions are heard all the same.\n"
        "Other hours: <code>/quiet 22:30-7:15</code> · <code>/quiet off</code>"
    )
    return Message(html, buttons=(*_rows(buttons, 3), modes, off, _BACK))


def daily_menu(view: SettingsView) -> Message:
    """When daily digests come."""
    chosen = view.chosen
    buttons = [
        _choice(f"{hour:02d}:00", chosen.daily_at == hour * 60, "da", hour * 60) for hour in DAILY_CHOICES
    ]
    html = (
        f"📬 <b>Daily digest</b>\nIt comes at {zones.clock(chosen.daily_at)}, {escape(zones.city(chosen.zone))} time, "
        "for subscriptions that ask for one. A day without news has no digest.\n"
        "Another time: <code>/daily 7:30</code>"
    )
    return Message(html, buttons=(*_rows(buttons, 4), (Button("🗂 Subscriptions", data=encode("st")),), _BACK))


def limit_menu(view: SettingsView) -> Message:
    """How many alerts an hour."""
    chosen = view.chosen
    buttons = [
        _choice(f"{number} an hour", chosen.per_hour == number, "ph", number) for number in LIMIT_CHOICES
    ]
    off = (_choice("No limit", chosen.per_hour is None, "ph", "off"),)
    html = (
        f"🚦 <b>At most an hour</b>\nNow: {limit(chosen)}. Nothing is dropped; urgent subscriptions are not held.\n"
        f"Another number, up to {MOST_AN_HOUR}: <code>/limit 15</code> · <code>/limit off</code>"
    )
    return Message(html, buttons=(*_rows(buttons, 2), off, _BACK))


def subscriptions(listed: Sequence[tuple[Subscription, str]]) -> Message:
    """Each with how it comes, and a button to change that."""
    if not listed:
        html = (
            "🗂 <b>How each subscription comes</b>\nThis chat has none yet: /countries, /keywords, /subscribe."
        )
        return Message(html, buttons=(_BACK,))
    lines, buttons = ["🗂 <b>How each subscription comes</b>"], []
    for number, (subscription, description) in enumerate(listed, start=1):
        line = f"{number}. {escape(cut(description, 200))} — {_tempo(subscription.tempo)[1]}"
        if sum(map(len, lines)) + len(line) > LIST_LIMIT:
            lines.append(f"… and {len(listed) - number + 1} more")
        else:
            lines.append(line)
        buttons.append(Button(str(number), data=encode("st", subscription.id)))
        if lines[-1] != line:
            break
    lines.append("Which one shall come differently?")
    return Message("\n".join(lines), buttons=(*_rows(buttons, 8), _BACK))


def subscription(one: Subscription, description: str, view: SettingsView) -> Message:
    """How one subscription comes."""
    rows = [(_choice(label, one.tempo is tempo, "st", one.id, tempo),) for tempo, label, _ in TEMPOS]
    html = (
        f"{escape(cut(description, 500))}\n\nNow: {_tempo(one.tempo)[2]}.\n"
        f"A daily digest comes at {zones.clock(view.chosen.daily_at)}, {escape(zones.city(view.chosen.zone))} time. "
        "A post that several subscriptions ask for comes the quickest way."
    )
    return Message(html, buttons=(*rows, (Button("‹ Subscriptions", data=encode("st")),)))


def _tempo(tempo: Tempo) -> tuple[Tempo, str, str]:
    return next(each for each in TEMPOS if each[0] is tempo)


def _choice(label: str, chosen: bool, *data: object) -> Button:
    action, *args = data
    return Button(f"{'✅ ' if chosen else ''}{label}", data=encode(str(action), *args))


def _rows(buttons: Sequence[Button], width: int) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(buttons[i : i + width]) for i in range(0, len(buttons), width))


# ------------------------------------------------------------------ after typing

CHANGE = ((Button("⚙️ All settings", data=encode("se")),),)


def done(sentence: str) -> Message:
    """What is in force now, as HTML, with the way to the rest."""
    return Message(f"✅ {sentence}", buttons=CHANGE)


def no_zone(typed: str) -> Message:
    """No such place: how to say it otherwise."""
    return Message(
        f"I know no time zone called “{escape(cut(typed.strip(), 60))}”; nothing was changed.\n"
        "Send a large city near you, or the offset: <code>/timezone Kyiv</code>, <code>/timezone Europe/Kyiv</code>, "
        "<code>/timezone UTC+5</code>"
    )


def no_span(typed: str) -> Message:
    """No span of hours."""
    return Message(
        f"“{escape(cut(typed.strip(), 60))}” are no hours I can read; nothing was changed.\n"
        "For example: <code>/quiet 22-7</code>, <code>/quiet 22:30-7:15</code>, <code>/quiet off</code>"
    )


def no_time(typed: str) -> Message:
    """No time of day."""
    return Message(
        f"“{escape(cut(typed.strip(), 60))}” is no time of day; nothing was changed.\n"
        "For example: <code>/daily 8</code>, <code>/daily 7:30</code>"
    )


def no_number(typed: str) -> Message:
    """No number of alerts."""
    return Message(
        f"“{escape(cut(typed.strip(), 60))}” is no number from 1 to {MOST_AN_HOUR}; nothing was changed.\n"
        "For example: <code>/limit 10</code>, <code>/limit off</code>"
    )


CLOSED = "⚙️ Settings are kept. /settings opens them again."
