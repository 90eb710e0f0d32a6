"""Settings as people change them, with the real bot; each is seen to change what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from telegram import Bot

from tests.running import PATIENCE, Running, running
from watchdog_bot import app
from watchdog_bot.config import load
from watchdog_bot.core.model import Address, Gone, Rejected, Sent
from watchdog_bot.core.model import Message as Rendered
from watchdog_bot.demo.posts import INSPECTIONS, RELEASE, VERDICT, DemoPost
from watchdog_bot.demo.show import write_configuration
from watchdog_bot.demo.sources import Sources
from watchdog_bot.simulator import Chat, Message, Person, ServerError, Simulator
from watchdog_bot.simulator.values import Button
from watchdog_bot.telegram.sender import edit, send
from watchdog_bot.telegram.transport import AiohttpRequest

NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)  # a Monday; Kyiv is at UTC+2, Almaty at UTC+5


SPEED = 10


class JumpingClock:
    """Runs so many times as fast as the machine's, from NOON on, and jumps where it is told to."""

    def __init__(self) -> None:
        self._began = self._real()
        self._ahead = timedelta()

    @staticmethod
    def _real() -> float:
        return asyncio.get_running_loop().time()

    def now(self) -> datetime:
        return NOON + timedelta(seconds=(self._real() - self._began) * SPEED) + self._ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)

    def jump(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)

    def jump_to(self, moment: datetime) -> None:
        assert moment >= self.now()
        self._ahead += moment - self.now()


@dataclass
class Timed(Running):
    """The running bot with a clock that jumps."""

    clock: JumpingClock = field(default_factory=JumpingClock)

    async def start(self) -> None:
        self.stop = asyncio.Event()
        polls = self.simulator.calls["getUpdates"]
        self.task = asyncio.create_task(app.run(self.settings, self.stop, clock=self.clock))
        await self.until(lambda: self.simulator.calls["getUpdates"] > polls or self._ended())

    async def polled(self, *, times: int = 2) -> None:
        """As there, without waiting: every look is a second later."""
        feeds = (self.sources.watchdog, self.sources.trouble)
        goal = [feed.polls + times for feed in feeds]
        async with asyncio.timeout(PATIENCE):
            while any(feed.polls < wanted for feed, wanted in zip(feeds, goal, strict=True)):
                self.clock.jump(1)
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)

    async def alert(self, chat: Chat, post: DemoPost) -> Message:
        """Publish, and wait for the alert."""
        self.publish(post)
        await self.polled()
        return await self.until(lambda: next(iter(self.alerts(chat, post.title)), None))

    async def held(self, chat: Chat, *posts: DemoPost) -> None:
        """Publish, and see that nothing comes of it now."""
        before = len(chat.from_bot)
        for post in posts:
            self.publish(post)
        await self.polled()
        assert [each.text for each in chat.from_bot[before:]] == []

    async def digest(self, chat: Chat) -> Message:
        """Wait for the newest digest."""
        return await self.until(
            lambda: next((each for each in reversed(chat.from_bot) if each.text.startswith("🗞")), None)
        )


@asynccontextmanager
async def timed(folder: Path) -> AsyncIterator[Timed]:
    async with Simulator() as simulator, Sources() as sources:
        path = write_configuration(folder, simulator, sources)
        bot = Timed(simulator, sources, load(path, {}), folder)
        await bot.start()
        try:
            yield bot
        finally:
            code = await bot.end()
        assert code == 0
        assert not simulator.violations
        assert not simulator.unanswered()


@pytest.fixture
async def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Timed]:
    monkeypatch.setattr(app, "TICK", 0.05)  # the clock jumps instead of running
    async with timed(tmp_path) as started:
        yield started


async def reader(bot: Timed, query: str = "Russia OR Kazakhstan OR Belarus") -> Person:
    """Somebody who is alerted of the demo's posts; what stands in the sources by now is their baseline."""
    vera = bot.simulator.person("Vera")
    await bot.polled(times=1)
    said = await bot.say(vera, f"/subscribe {query}")
    assert "Subscribed" in said.text
    return vera


async def pressed(bot: Timed, person: Person, *buttons: str) -> Message:
    """Open /settings, press these one after the other, and return the message as it stands then."""
    opened = await bot.say(person, "/settings")
    for button in buttons:
        press = await bot.press(person, button, message=person.chat.messages[opened.id])
        assert press.answer is not None
    return person.chat.messages[opened.id]


def many(count: int) -> list[DemoPost]:
    return [
        DemoPost(f"many-{n}", f"Number {n}: A Court in Moscow Hears a Case", "<p>In Moscow.</p>")
        for n in range(count)
    ]


# ------------------------------------------------------------------ the message itself


async def test_settings_show_everything_at_a_glance_and_looking_stores_nothing(bot: Timed) -> None:
    vera = bot.simulator.person("Vera")
    shown = await bot.say(vera, "/settings")
    assert "Alerts: on" in shown.text
    assert "Time zone: UTC, where it is 12:" in shown.text
    assert "Quiet hours: none" in shown.text
    for typed in (
        "/timezone",
        "/quiet",
        "/daily",
        "/limit",
        "/timezone Atlantis",
        "/quiet never",
        "/daily x",
        "/limit -3",
    ):
        await bot.say(vera, typed)
    assert (await bot.say(vera, "/forget")).text == "Nothing about this chat is stored."


async def test_every_screen_is_the_same_message_and_leads_back(bot: Timed) -> None:
    vera = bot.simulator.person("Vera")
    opened = await bot.say(vera, "/settings")
    for button, heading in (
        ("🌐 Time zone", "🌐 Time zone"),
        ("🌙 Quiet hours", "🌙 Quiet hours"),
        ("📬 Daily at", "📬 Daily digest"),
        ("🚦 At most", "🚦 At most an hour"),
        ("🗂 How each", "🗂 How each subscription comes"),
    ):
        await bot.press(vera, button, message=vera.chat.messages[opened.id])
        assert vera.chat.messages[opened.id].text.startswith(heading)
        await bot.press(vera, "‹ Back", message=vera.chat.messages[opened.id])
        assert vera.chat.messages[opened.id].text.startswith("⚙️ Settings")
    await bot.press(vera, "Close", message=vera.chat.messages[opened.id])
    assert vera.chat.messages[opened.id].labels == ()
    assert len(vera.chat.from_bot) == 1


async def test_in_a_group_only_administrators_change_settings(bot: Timed) -> None:
    olga, oleg = bot.simulator.person("Olga"), bot.simulator.person("Oleg")
    group = olga.create_group("Legal aid")
    olga_sees = await bot.say(olga, "/settings", chat=group)
    oleg.join(group)
    refused = await bot.press(oleg, "Protect", message=olga_sees, chat=group)
    assert refused.answer is not None
    assert refused.answer.alert
    assert "Only administrators" in refused.answer.text
    assert "Only administrators" in (await bot.say(oleg, "/quiet 22-7", chat=group)).text
    await bot.press(olga, "Protect", message=olga_sees, chat=group)
    assert "✅ Protect" in group.messages[olga_sees.id].labels


FORGED = (
    "so:protect:2 so:nothing:1 so:protect tz:Mars qh:5 qh:1440:0 qm:loud da:-1 ph:0 ph:999 sp:5 st:1:never dg:x:0 dg:0:7 "
    "dg:0:0"
)


async def test_buttons_that_nobody_made_are_answered_and_change_nothing(bot: Timed) -> None:
    vera = await reader(bot)
    opened = await bot.say(vera, "/settings")
    for data in FORGED.split():
        press = vera.press(Button("forged", kind="callback", data=f"v1:{data}"), message=opened)
        answer = await bot.until(lambda press=press: press.answer)  # type: ignore[misc]
        assert answer.alert, data
    assert (await bot.say(vera, "/settings")).text == opened.text


# ------------------------------------------------------------------ time zone


async def test_a_time_zone_is_typed_as_a_city_or_an_offset_or_pressed(bot: Timed) -> None:
    vera = bot.simulator.person("Vera")
    said = (await bot.say(vera, "/timezone Kyiv")).text
    assert said.startswith("✅ Time zone: Kyiv (UTC+02:00), where it is 14:")
    assert "UTC+05:00, where it is 17:" in (await bot.say(vera, "/timezone UTC+5")).text
    assert (
        "no time zone called “Atlantis”; nothing was changed"
        in (await bot.say(vera, "/timezone Atlantis")).text
    )
    assert "UTC+05:00" in (await bot.say(vera, "/settings")).text
    after = await pressed(bot, vera, "🌐 Time zone", "Tbilisi")
    assert "✅ Tbilisi" in after.labels
    assert "where it is 16:" in after.text


# ------------------------------------------------------------------ quiet hours


async def test_in_quiet_hours_alerts_are_held_and_summed_up_in_the_morning(bot: Timed) -> None:
    vera = await reader(bot)
    await bot.say(vera, "/timezone Almaty")
    said = await bot.say(vera, "/quiet 16:30-18")  # it is 17:00 there
    assert "16:30–18:00, alerts are summed up at 18:00" in said.text
    await bot.held(vera.chat, VERDICT, INSPECTIONS)
    bot.clock.jump_to(datetime(2026, 3, 2, 13, 0, tzinfo=UTC))
    summed = await bot.digest(vera.chat)
    assert summed.text.startswith("🗞 2 alerts\n")
    assert VERDICT.title in summed.text
    assert INSPECTIONS.title in summed.text
    told = await bot.say(vera, "/why", reply_to=summed.id)
    assert told.text.startswith("Why you were sent these (1–2 of 2)\n")
    assert VERDICT.title in told.text
    assert INSPECTIONS.title in told.text
    await bot.alert(vera.chat, RELEASE)


async def test_quiet_hours_may_be_silent_instead_and_be_switched_off(bot: Timed) -> None:
    vera = await reader(bot)
    await bot.say(vera, "/quiet 11-14")
    assert "without a sound" in (await pressed(bot, vera, "🌙 Quiet hours", "Send without sound")).text
    assert (await bot.alert(vera.chat, VERDICT)).silent
    assert "none" in (await bot.say(vera, "/quiet off")).text
    assert not (await bot.alert(vera.chat, INSPECTIONS)).silent


async def test_what_quiet_hours_held_comes_at_once_when_they_are_switched_off(bot: Timed) -> None:
    vera = await reader(bot)
    await bot.say(vera, "/quiet 11-14")
    await bot.held(vera.chat, VERDICT)
    await pressed(bot, vera, "🌙 Quiet hours", "No quiet hours")
    await bot.until(lambda: bot.alerts(vera.chat, VERDICT.title))


# ------------------------------------------------------------------ how each subscription comes


async def comes(bot: Timed, person: Person, how: str) -> None:
    after = await pressed(bot, person, "🗂 How each", "1", how)
    assert any(label.startswith("✅") and how in label for label in after.labels)


async def test_an_hourly_digest_comes_at_the_full_hour_and_an_empty_one_does_not(bot: Timed) -> None:
    vera = await reader(bot)
    await comes(bot, vera, "Hourly digest")
    await bot.held(vera.chat, VERDICT, INSPECTIONS)
    bot.clock.jump_to(datetime(2026, 3, 2, 13, 0, tzinfo=UTC))
    assert (await bot.digest(vera.chat)).text.startswith("🗞 2 alerts\n")
    before = len(vera.chat.from_bot)
    bot.clock.jump_to(datetime(2026, 3, 2, 15, 0, tzinfo=UTC))
    await bot.polled()
    assert len(vera.chat.from_bot) == before


async def test_what_joined_a_story_after_its_digest_is_behind_the_digests_button(bot: Timed) -> None:
    vera = await reader(bot)
    await comes(bot, vera, "Hourly digest")
    await bot.held(vera.chat, VERDICT)
    bot.clock.jump(3600)
    sent = await bot.digest(vera.chat)
    press = await bot.press(vera, "📰 Other reports", message=sent)
    assert press.answer is not None
    assert "No other source" in press.answer.text
    again = replace(VERDICT, slug="again", title=f"{VERDICT.title}, court says")
    bot.publish(again, feed=bot.sources.trouble)
    await bot.polled()
    listed = await bot.press_for_reply(vera, "📰 Other reports", message=sent)
    assert again.title in listed.text
    assert "Journalists in Trouble (demo)" in listed.text


async def test_a_daily_digest_comes_at_the_local_time_chosen(bot: Timed) -> None:
    vera = await reader(bot)
    await comes(bot, vera, "Daily digest")
    await bot.say(vera, "/timezone Kyiv")
    assert (await bot.say(vera, "/daily 18:30")).text == "✅ Daily digests come at 18:30, Kyiv time."
    await bot.held(vera.chat, VERDICT)
    bot.clock.jump_to(datetime(2026, 3, 2, 16, 29, tzinfo=UTC))
    await bot.held(vera.chat, INSPECTIONS)
    bot.clock.jump_to(datetime(2026, 3, 2, 16, 30, tzinfo=UTC))
    assert (await bot.digest(vera.chat)).text.startswith("🗞 2 alerts\n")


async def test_the_daily_time_may_be_pressed(bot: Timed) -> None:
    vera = await reader(bot)
    await comes(bot, vera, "Daily digest")
    assert "at 18:00" in (await pressed(bot, vera, "📬 Daily at", "18:00")).text
    await bot.held(vera.chat, VERDICT)
    bot.clock.jump_to(datetime(2026, 3, 2, 18, 0, tzinfo=UTC))
    assert VERDICT.title in (await bot.digest(vera.chat)).text


async def test_a_silent_subscription_makes_no_sound(bot: Timed) -> None:
    vera = await reader(bot)
    await comes(bot, vera, "Silent")
    assert (await bot.alert(vera.chat, VERDICT)).silent


async def test_an_urgent_subscription_is_heard_in_quiet_hours(bot: Timed) -> None:
    vera = await reader(bot, "Russia")
    await bot.say(vera, "/subscribe Kazakhstan")
    await comes(bot, vera, "Urgent")
    await bot.say(vera, "/quiet 11-14")
    await bot.held(vera.chat, INSPECTIONS)
    assert not (await bot.alert(vera.chat, VERDICT)).silent


async def test_a_subscription_that_is_gone_is_said_to_be(bot: Timed) -> None:
    vera = await reader(bot)
    shown = await pressed(bot, vera, "🗂 How each", "1")
    await bot.say(vera, "/unsubscribe 1")
    press = await bot.press(vera, "Silent", message=shown)
    assert press.answer is not None
    assert press.answer.text == "It was removed"
    assert "none yet" in vera.chat.messages[shown.id].text


# ------------------------------------------------------------------ at most so many an hour


async def test_what_is_beyond_the_hourly_number_comes_as_a_digest(bot: Timed) -> None:
    vera = await reader(bot)
    assert "1 alert an hour, the rest as a digest" in (await bot.say(vera, "/limit 1")).text
    await bot.alert(vera.chat, VERDICT)
    await bot.held(vera.chat, INSPECTIONS, RELEASE)
    bot.clock.jump_to(datetime(2026, 3, 2, 13, 0, tzinfo=UTC))
    assert (await bot.digest(vera.chat)).text.startswith("🗞 2 alerts\n")


async def test_the_hourly_number_is_lifted_by_a_button(bot: Timed) -> None:
    vera = await reader(bot)
    assert "3 alerts an hour" in (await pressed(bot, vera, "🚦 At most", "3 an hour")).text
    assert "nothing was changed" in (await bot.say(vera, "/limit 1000")).text
    assert "as many" in (await pressed(bot, vera, "🚦 At most", "No limit")).text


# ------------------------------------------------------------------ switches


async def test_protected_alerts_cannot_be_forwarded_and_it_can_be_taken_back(bot: Timed) -> None:
    vera = await reader(bot)
    assert "✅ Protect" in (await pressed(bot, vera, "Protect")).labels
    assert (await bot.alert(vera.chat, VERDICT)).protected
    assert "▫️ Protect" in (await pressed(bot, vera, "Protect")).labels
    assert not (await bot.alert(vera.chat, INSPECTIONS)).protected


async def test_link_previews_are_off_until_they_are_switched_on(bot: Timed) -> None:
    vera = await reader(bot)
    plain = await bot.alert(vera.chat, VERDICT)
    assert plain.preview is not None
    assert plain.preview.is_disabled
    assert "✅ Previews" in (await pressed(bot, vera, "Previews")).labels
    shown = await bot.alert(vera.chat, INSPECTIONS)
    assert shown.preview is None or not shown.preview.is_disabled


CHANGED = replace(VERDICT, title=VERDICT.title.replace("Jails", "Frees"))


async def test_an_alert_is_edited_in_place_when_its_source_changes_the_post(bot: Timed) -> None:
    vera = await reader(bot)
    sent = await bot.alert(vera.chat, VERDICT)
    assert "updated" not in sent.text
    bot.publish(CHANGED)
    await bot.polled()
    await bot.until(lambda: CHANGED.title in vera.chat.messages[sent.id].text)
    now = vera.chat.messages[sent.id]
    assert "✏️ updated 12:" in now.text.split("\n")[-1]
    assert now.labels == sent.labels
    assert len(bot.alerts(vera.chat, CHANGED.title)) == 1


async def test_a_correction_comes_as_a_silent_reply_to_those_who_ask_for_that(bot: Timed) -> None:
    vera = await reader(bot)
    assert "a reply to my alert says so" in (await pressed(bot, vera, "Corrections as replies")).text
    sent = await bot.alert(vera.chat, VERDICT)
    bot.publish(CHANGED)
    await bot.polled()
    (reply,) = await bot.until(lambda: bot.alerts(vera.chat, CHANGED.title))
    assert reply.reply_to == sent.id
    assert reply.silent
    assert reply.text.startswith("✏️ Changed by its source\n")
    assert vera.chat.messages[sent.id] == sent


async def test_every_report_is_an_alert_for_those_who_ask_for_that_and_it_can_be_taken_back(
    bot: Timed,
) -> None:
    vera = await reader(bot)
    assert "one alert, later reports are added to it" in (await pressed(bot, vera)).text
    assert "an alert for each" in (await pressed(bot, vera, "An alert for every report")).text
    assert "one alert, later" in (await pressed(bot, vera, "An alert for every report")).text


async def test_a_report_that_joins_a_changed_post_is_no_second_correction(bot: Timed) -> None:
    vera = await reader(bot)
    await pressed(bot, vera, "Corrections as replies")
    sent = await bot.alert(vera.chat, VERDICT)
    bot.publish(CHANGED)
    await bot.polled()
    await bot.until(lambda: bot.alerts(vera.chat, CHANGED.title))
    before = len(vera.chat.from_bot)
    bot.publish(replace(CHANGED, slug="again"), feed=bot.sources.trouble)
    await bot.polled()
    await bot.until(lambda: "also at" in vera.chat.messages[sent.id].text)
    assert len(vera.chat.from_bot) == before


async def test_a_line_of_a_digest_is_corrected_in_place(bot: Timed) -> None:
    vera = await reader(bot)
    await comes(bot, vera, "Hourly digest")
    await bot.held(vera.chat, VERDICT, INSPECTIONS)
    bot.clock.jump_to(datetime(2026, 3, 2, 13, 0, tzinfo=UTC))
    sent = await bot.digest(vera.chat)
    bot.publish(CHANGED)
    await bot.polled()
    await bot.until(lambda: CHANGED.title in vera.chat.messages[sent.id].text)
    now = vera.chat.messages[sent.id].text
    assert ", updated 13:" in now
    assert INSPECTIONS.title in now
    assert len([each for each in vera.chat.from_bot if each.text.startswith("🗞")]) == 1


async def test_an_alert_of_a_post_that_its_source_took_back_says_so(tmp_path: Path) -> None:
    async with running(tmp_path, admins=lambda simulator: (simulator.person("Olga").id,)) as bot:
        (olga,) = bot.simulator.people
        await bot.say(olga, "/countries Russia")
        await bot.polled()
        bot.publish(VERDICT)
        sent = await bot.until(lambda: next(iter(bot.alerts(olga.chat, VERDICT.title)), None))
        link = next(button.url for row in sent.buttons for button in row if button.url)
        assert "Which post" in (await bot.say(olga, "/withdrawn")).text
        assert "have not seen" in (await bot.say(olga, "/withdrawn https://example.org/no")).text
        said = await bot.say(olga, f"/withdrawn {link}")
        assert "Nobody is alerted of it any more" in said.text
        await bot.until(lambda: "🗑 withdrawn by the source at" in olga.chat.messages[sent.id].text)
        assert "Why?" in "".join(olga.chat.messages[sent.id].labels)


async def test_what_a_feed_says_it_deleted_is_struck_out_in_the_alert(
    bot: Timed, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera = await reader(bot)
    bot.publish(VERDICT, feed=bot.sources.trouble)
    await bot.polled()
    sent = await bot.until(lambda: next(iter(bot.alerts(vera.chat, VERDICT.title)), None))
    bot.sources.trouble.entries.clear()
    bot.publish(RELEASE, feed=bot.sources.trouble)
    tombstone = (
        '<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" when="2026-03-02T12:00:00Z" '
        f'ref="{bot.sources.base}/posts/{VERDICT.slug}"/></feed>'
    )
    monkeypatch.setattr("watchdog_bot.demo.sources._ATOM_TAIL", tombstone)
    await bot.polled()
    await bot.until(lambda: "🗑 withdrawn by the source at 12:" in vera.chat.messages[sent.id].text)


# ------------------------------------------------------------------ pause


async def test_a_pause_of_an_hour_ends_by_itself(bot: Timed) -> None:
    vera = await reader(bot)
    paused = await pressed(bot, vera, "⏸ 1 hour")
    assert "Alerts: off until 2 Mar 13:" in paused.text
    await bot.held(vera.chat, VERDICT)
    bot.clock.jump_to(NOON + timedelta(hours=1, minutes=1))
    await bot.alert(vera.chat, INSPECTIONS)
    assert bot.alerts(vera.chat, VERDICT.title) == []


async def test_a_pause_may_be_ended_early(bot: Timed) -> None:
    vera = await reader(bot)
    assert "Alerts: off until 3 Mar" in (await pressed(bot, vera, "⏸ 1 day")).text
    assert "Alerts: on" in (await pressed(bot, vera, "▶️ Turn alerts on")).text
    await bot.alert(vera.chat, VERDICT)


async def test_start_and_turn_on_end_a_pause_for_a_time_too(bot: Timed) -> None:
    vera = await reader(bot)
    await pressed(bot, vera, "⏸ 1 day")
    assert "Alerts are off" in (await bot.say(vera, "/subscribe Ukraine")).text
    assert "This chat: paused for a time" in (await bot.say(vera, "/status")).text
    assert "they are on again" in (await bot.say(vera, "/start")).text
    await bot.alert(vera.chat, VERDICT)
    await pressed(bot, vera, "⏸ 1 day")
    await bot.say(vera, "/stop")
    await bot.press(vera, "▶️ Turn on")
    await bot.alert(vera.chat, INSPECTIONS)


async def test_a_pause_without_end_lasts_until_the_reader_says(bot: Timed) -> None:
    vera = await reader(bot)
    assert "off, until you turn them on" in (await pressed(bot, vera, "⏸ Until I say")).text
    bot.clock.jump_to(NOON + timedelta(days=3))
    await bot.held(vera.chat, VERDICT)
    assert "Alerts: on" in (await pressed(bot, vera, "▶️ Turn alerts on")).text
    await bot.alert(vera.chat, INSPECTIONS)


# ------------------------------------------------------------------ long digests, backlogs


async def test_a_long_digest_is_one_message_whose_pages_are_turned_in_place(bot: Timed) -> None:
    vera = await reader(bot)
    await comes(bot, vera, "Hourly digest")
    await bot.held(vera.chat, *many(60))
    bot.clock.jump_to(datetime(2026, 3, 2, 13, 0, tzinfo=UTC))
    whole = await bot.digest(vera.chat)
    told = _numbers(whole)
    while more := [label for label in vera.chat.messages[whole.id].labels if label.endswith("more ›")]:
        assert more == [f"{60 - len(told)} more ›"]
        await bot.press(vera, more[0], message=vera.chat.messages[whole.id])
        told += _numbers(vera.chat.messages[whole.id])
    assert sorted(told) == list(range(60))
    await bot.press(vera, "‹ Back", message=vera.chat.messages[whole.id])
    assert len([each for each in vera.chat.from_bot if each.text.startswith("🗞")]) == 1


async def test_what_an_outage_kept_for_a_day_comes_as_one_digest_that_says_it_is_late(bot: Timed) -> None:
    vera = await reader(bot)
    outage = bot.simulator.faults.add(ServerError(), method="sendMessage", times=None)
    await bot.held(vera.chat, VERDICT, INSPECTIONS)
    bot.clock.jump_to(NOON + timedelta(hours=26))
    outage.remove()
    late = await bot.digest(vera.chat)
    assert late.text.startswith("🗞 2 alerts that could not reach you in time\n")
    assert VERDICT.title in late.text
    assert INSPECTIONS.title in late.text


# ------------------------------------------------------------------ what Telegram answers to an edit or a reply


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as started:
        yield started


@asynccontextmanager
async def talking_to(simulator: Simulator) -> AsyncIterator[Bot]:
    request = AiohttpRequest(2, timeout=PATIENCE)
    async with Bot(
        simulator.token,
        base_url=f"{simulator.base_url}/bot",
        request=request,
        get_updates_request=AiohttpRequest(1, timeout=PATIENCE),
    ) as telegram:
        yield telegram


async def test_an_edit_repeated_because_its_answer_was_lost_counts_as_done(simulator: Simulator) -> None:
    vera = simulator.person("Vera")
    vera.start()
    address = Address(vera.chat.id)
    async with talking_to(simulator) as telegram:
        sent = await send(telegram, address, Rendered("old"))
        assert isinstance(sent, Sent)
        for _ in range(2):
            assert await edit(telegram, address, sent.message_id, Rendered("<b>new</b>")) == sent
        assert vera.chat.messages[sent.message_id].html == "<b>new</b>"


async def test_an_alert_that_was_deleted_cannot_be_edited_but_a_reply_to_it_arrives(
    simulator: Simulator,
) -> None:
    vera = simulator.person("Vera")
    vera.start()
    address = Address(vera.chat.id)
    async with talking_to(simulator) as telegram:
        sent = await send(telegram, address, Rendered("old"))
        assert isinstance(sent, Sent)
        del vera.chat.messages[sent.message_id]
        assert isinstance(await edit(telegram, address, sent.message_id, Rendered("new")), Rejected)
        assert isinstance(await send(telegram, address, Rendered("new"), reply_to=sent.message_id), Sent)


async def test_an_edit_in_a_chat_that_blocked_the_bot_says_so(simulator: Simulator) -> None:
    vera = simulator.person("Vera")
    vera.start()
    async with talking_to(simulator) as telegram:
        sent = await send(telegram, Address(vera.chat.id), Rendered("old"))
        assert isinstance(sent, Sent)
        vera.block_bot()
        assert isinstance(await edit(telegram, Address(vera.chat.id), sent.message_id, Rendered("new")), Gone)


def _numbers(message: Message) -> list[int]:
    return [
        int(line.split(":")[0].removeprefix("• Number "))
        for line in message.text.split("\n")
        if line.startswith("• ")
    ]
