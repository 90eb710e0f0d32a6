"""What the bot says of itself and of a chat as a whole: first contact, help, status, a person's own data. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchdog_bot.core.buttons import encode
from watchdog_bot.core.latency import Delays, Leg, in_words
from watchdog_bot.core.model import Button, Message
from watchdog_bot.core.render import escape
from watchdog_bot.core.replies import counted
from watchdog_bot.core.text import cut

HOME_BUTTONS = (
    (Button("🌍 Countries", data=encode("cp", 0)), Button("🔑 Keywords", data=encode("kw"))),
    (Button("📨 Example alert", data=encode("example")), Button("❓ Help", data=encode("help"))),
)


def start(*, paused: bool, subscriptions: int, feeds: int) -> Message:
    """The one screen of a first contact."""
    state = {
        (True, True): "Alerts were paused; they are on again.",
        (True, False): "Alerts were paused; they are on again.",
        (False, True): f"This chat has {counted(subscriptions, 'subscription')}: see /subscriptions.",
        (False, False): "Pick countries or words to watch for, and alerts begin.",
    }[paused, subscriptions > 0]
    sources = f"I watch {counted(feeds, 'source')}" if feeds else "I watch news sources"
    html = (
        "🐾 <b>Watchdog Bot</b>\n"
        f"{sources} on human rights, civil society and press freedom, and tell you within minutes "
        "when a post concerns your countries or words.\n\n"
        f"{state}\n\n"
        "<code>/countries Ukraine, kz, Беларусь</code>\n"
        '<code>/keywords torture, "press freedom", -football</code>\n'
        "<code>/subscribe Russia (verdict OR detained) -sport</code>\n\n"
        "I keep this chat's id, its wishes and what it was sent, and no names: /privacy"
    )
    return Message(html, buttons=HOME_BUTTONS)


@dataclass(frozen=True, slots=True)
class HelpLine:
    """A command that this person may use here."""

    name: str
    help: str


def help_(lines: Sequence[HelpLine], admin_lines: Sequence[HelpLine]) -> Message:
    """Only what this person may do here."""
    html = ["<b>What I can do</b>", *(f"/{line.name} — {escape(line.help)}" for line in lines)]
    if admin_lines:
        html += ["", "<b>For administrators of the bot</b>"]
        html += [f"/{line.name} — {escape(line.help)}" for line in admin_lines]
    html += [
        "",
        "<b>How to ask for something</b>",
        "<code>torture Russia</code> both must hold",
        "<code>strike OR protest</code> either of them",
        '<code>"press freedom"</code> these words in this order',
        "<code>-football</code> never when this stands in it",
        "<code>journalis*</code> any word that begins so",
        "<code>~arrest</code> the word in all its forms",
        "<code>title:verdict</code> only in the title",
        "<code>country:KZ topic:torture source:memorial lang:ru</code>",
        "<code>scope:main Russia</code> Russia first of all; <code>scope:any</code> any mention",
        "Upper and lower case, accents, ё and е make no difference.",
    ]
    return Message("\n".join(html))


def talk(typed: str) -> Message:
    """Somebody wrote words instead of a command: show how to make an alert of them, where that is possible."""
    if not typed:
        return Message("I understand commands: /countries and /subscribe to begin, /help for all of them.")
    return Message(
        f"To be alerted of that, send:\n<code>/subscribe {escape(typed)}</code>\n/help shows what else I can do."
    )


# ------------------------------------------------------------------ me and my data

PAUSED = Message(
    "⏸ Alerts are off for this chat. Your subscriptions are kept.\n"
    "/start turns them on again; /forget deletes everything about this chat.",
    buttons=((Button("▶️ Turn on", data=encode("resume")), Button("🗑 Forget me", data=encode("forget"))),),
)

ARE_OFF = "\n\n⏸ Alerts are off for this chat; /start turns them on."

RESUMED = Message("▶️ Alerts are on again.")

FORGET_ASK = Message(
    "Delete everything about this chat: its subscriptions, its mutes, the record of what it was sent?\n"
    "This cannot be undone.",
    buttons=(
        (Button("🗑 Yes, delete", data=encode("forgotten")), Button("No, keep it", data=encode("cancel"))),
    ),
)

FORGOTTEN = Message("Done. Nothing about this chat is stored any more. You are welcome back with /start.")

NOTHING_STORED = Message("Nothing about this chat is stored.")

PRIVACY = Message(
    "<b>What I know about you</b>\n"
    "• the id of this chat (and topic), because I could not write here without it\n"
    "• its subscriptions, followed cases, mutes, settings and language\n"
    "• which posts it was sent and why, for 30 days, so that nothing comes twice and “Why?” can answer\n\n"
    "<b>What I do not keep</b>\n"
    "Names, user names, phone numbers, what you write to me beyond commands, who pressed what in a group, "
    "whether you read anything. Logs hold no chat ids. Nothing is shared with anyone.\n\n"
    "Telegram itself sees what bots and people write to each other; a bot's chats are not end-to-end "
    "encrypted. If following a subject is dangerous where you are, clear this chat's history in your app "
    "as well.\n\n"
    "/stop pauses. /forget deletes everything about this chat at once."
)


# ------------------------------------------------------------------ status


@dataclass(frozen=True, slots=True)
class StatusView:
    """What /status shows."""

    feeds: int
    failing: Sequence[tuple[str, str]]  # name, cause
    paused: int
    posts: int
    last_check: str
    last_alert_here: str
    waiting: int
    doubtful: int
    dead: int
    state: str
    subscriptions: int
    delays: Sequence[Delays] = ()  # shown to administrators of the bot


_LEGS = {Leg.SEEN: "published → seen", Leg.DECIDED: "seen → decided", Leg.SENT: "decided → sent"}


def _delays(delays: Sequence[Delays]) -> list[str]:
    if not delays:
        return []
    told = [f"• {_LEGS[each.leg]}: {in_words(each.p50)} · {in_words(each.p95)}" for each in delays]
    return ["", "Alerts of the last 24 h, half of them within · 19 of 20 within:", *told]


def status(view: StatusView) -> Message:
    """Is it alive, is anything waiting, what about this chat."""
    lines = [
        "<b>Status</b>",
        f"Sources: {view.feeds - len(view.failing)} of {view.feeds} answer · {counted(view.posts, 'post')} stored",
        f"Last check: {view.last_check}",
        f"Waiting to be sent: {view.waiting}" + (f" · in doubt: {view.doubtful}" if view.doubtful else ""),
    ]
    if view.dead:
        lines.append(f"Given up: {view.dead} (administrators: /undelivered)")
    lines += [f"• {escape(cut(name, 60))}: {escape(cut(cause, 160))}" for name, cause in view.failing[:8]]
    if len(view.failing) > 8:
        lines.append(f"• and {len(view.failing) - 8} more")
    if view.paused:
        lines.append(f"Paused: {counted(view.paused, 'source')}")
    lines += [
        "",
        f"This chat: {view.state}, {counted(view.subscriptions, 'subscription')}",
        f"Last alert here: {view.last_alert_here}",
        *_delays(view.delays),
    ]
    return Message("\n".join(lines))


def two_listeners() -> Message:
    """Another program takes this bot's updates away."""
    return Message(
        "⚠️ <b>Another program listens with this bot's token</b>, and each of the two gets only some of what people type "
        "and press. Alerts still go out. Stop the other program, or give one of them a token of its own: @BotFather, "
        "/revoke or /newbot."
    )
