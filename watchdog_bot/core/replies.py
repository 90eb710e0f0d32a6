"""What the bot says to people, as messages. Pure: values in, Telegram HTML out.

Tone: short sentences, what is so now, what to do next. A refusal names the cause, the place and the mend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog_bot.core.buttons import encode
from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.feeds import health
from watchdog_bot.core.model import Button, Feed, FeedChange, Message, Post, Subscription, Topic
from watchdog_bot.core.render import Names, escape, titled
from watchdog_bot.core.text import cut

PAGE = 14  # countries on a page: seven rows of two fit a small phone
COUNTRIES_NAMED = 15
MOST_POSTS_FROM = 10  # with fewer posts “most of them” says nothing
LIST_LIMIT = 3500  # UTF-16 units that a list may fill before it is cut

HOME_BUTTONS = (
    (Button("🌍 Countries", data=encode("cp", 0)), Button("🔑 Keywords", data=encode("kw"))),
    (Button("📨 Example alert", data=encode("example")), Button("❓ Help", data=encode("help"))),
)


def plain(text: str) -> Message:
    """A message of plain text."""
    return Message(escape(text))


def start(*, paused: bool, subscriptions: int, feeds: int) -> Message:
    """The one screen of a first contact."""
    state = {
        (True, True): "Alerts were paused; they are on again.",
        (True, False): "Alerts were paused; they are on again.",
        (False, True): f"This chat has {_count(subscriptions, 'subscription')}: see /subscriptions.",
        (False, False): "Pick countries, or send me words to watch for, and alerts begin.",
    }[paused, subscriptions > 0]
    sources = f"I watch {_count(feeds, 'source')}" if feeds else "I watch news sources"
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


# ------------------------------------------------------------------ countries


def countries(order: Sequence[str], chosen: frozenset[str], page: int, names: Names) -> Message:
    """A page of countries with ✅ on those followed; pressing one turns it on or off in place."""
    pages = max(1, -(-len(order) // PAGE))
    page = page % pages
    shown = order[page * PAGE : (page + 1) * PAGE]
    rows = [
        tuple(_toggle(code, chosen, page, names) for code in shown[i : i + 2])
        for i in range(0, len(shown), 2)
    ]
    rows.append(
        (
            Button("‹", data=encode("cp", (page - 1) % pages)),
            Button(f"{page + 1}/{pages}", data=encode("cp", page)),
            Button("›", data=encode("cp", (page + 1) % pages)),
        )
    )
    rows.append((Button("Done", data=encode("cx")),))
    return Message(_following(chosen, names) + "\nPress a country to turn it on or off.", buttons=tuple(rows))


def _toggle(code: str, chosen: frozenset[str], page: int, names: Names) -> Button:
    mark = "✅ " if code in chosen else ""
    return Button(f"{mark}{names.flag(code)} {names.name(code)}", data=encode("c", code, page))


def _following(chosen: frozenset[str], names: Names) -> str:
    if not chosen:
        return "🌍 <b>Countries</b>\nYou follow no country yet."
    ordered = _by_name(chosen, names)
    listed = ", ".join(f"{names.flag(code)} {escape(names.name(code))}" for code in ordered[:COUNTRIES_NAMED])
    more = len(ordered) - COUNTRIES_NAMED
    return f"🌍 <b>Countries</b>\nYou follow {listed}" + (f" and {more} more." if more > 0 else ".")


def _by_name(codes: frozenset[str], names: Names) -> list[str]:
    return sorted(codes, key=names.name)


def countries_done(chosen: frozenset[str], description: str, names: Names) -> Message:
    """What is in force after choosing."""
    return Message(f"{_following(chosen, names)}\n{_in_force(description)}")


def countries_set(chosen: frozenset[str], description: str, names: Names, unknown: Sequence[str]) -> Message:
    """After /countries with a list; names that are no country are said back, not dropped silently."""
    html = countries_done(chosen, description, names).html
    if unknown:
        listed = ", ".join(f"“{escape(cut(name, 60))}”" for name in unknown[:10])
        html = f"I know no country called {listed}; the others are set.\n\n{html}"
    return Message(html, buttons=((Button("🌍 Change with buttons", data=encode("cp", 0)),),))


def no_country(unknown: Sequence[str]) -> Message:
    """None of the names given is a country."""
    listed = ", ".join(f"“{escape(cut(name, 60))}”" for name in unknown[:10])
    return Message(
        f"I know no country called {listed}; nothing was changed.\n"
        "Use names or two-letter codes with commas between: <code>/countries Ukraine, kz, Беларусь</code>"
    )


# ------------------------------------------------------------------ words


def keywords(description: str, topics: Sequence[Topic]) -> Message:
    """What words are watched for, and how to change them."""
    html = [
        "🔑 <b>Keywords</b>",
        _in_force(description),
        "",
        "Set them with commas between, a minus before what you never want:",
        '<code>/keywords torture, "press freedom", -football</code>',
        "<code>/keywords none</code> removes them.",
    ]
    if topics:
        html += ["", "Topics you can follow by name:"]
        html += [f"• <code>topic:{_topic_name(topic.name)}</code>" for topic in topics[:30]]
    return Message("\n".join(html))


def _topic_name(name: str) -> str:
    return escape(f'"{name}"' if " " in name else name)


def _in_force(description: str) -> str:
    if not description:
        return "With countries and words together, both must hold. Nothing is set yet, so nothing is sent."
    return f"In force: {escape(description)}."


def words_set(description: str, preview: str, hints: str = "") -> Message:
    """After a change of countries or words."""
    return Message("\n".join(line for line in (_in_force(description), preview, hints) if line))


def refused(error: QueryError, typed: str) -> Message:
    """A query that cannot be understood: the cause, the place, the mend."""
    html = [f"I cannot use that: {_sentence(escape(error.cause))}"]
    if (
        typed.strip() and len(typed) <= 200 and "\n" not in typed
    ):  # a longer line would wrap, and point wrongly
        pointer = " " * min(error.position, len(typed)) + "▲"
        html.append(f"<pre>{escape(typed)}\n{pointer}</pre>")
    if error.mend:
        html.append(f"Try: {escape(error.mend)}")
    html.append("Nothing was changed.")
    return Message("\n".join(html))


def _sentence(text: str) -> str:
    """With one full stop at the end, whatever it ended with."""
    return text if text.endswith(("?", "!")) else text.rstrip(".") + "."


def preview_line(hits: int, looked_at: int, days: int, samples: Sequence[Post]) -> str:
    """What it would have matched so far, how often that is, and up to three headlines, as HTML."""
    if not looked_at:
        return "No posts are stored yet, so I cannot show what it would have matched."
    span = f"the last {_count(looked_at, 'post')} ({_count(days, 'day')})"
    if not hits:
        return f"It would have matched nothing in {span}."
    lines = [f"It would have matched {hits} of {span}, {_often(hits, days)}:"]
    if hits * 2 > looked_at > MOST_POSTS_FROM:
        lines[0] = f"⚠️ It would match most posts: {hits} of {span}, {_often(hits, days)}:"
    return "\n".join([*lines, *(f"• {titled(cut(post.title, 120), post.link)}" for post in samples)])


def _often(hits: int, days: int) -> str:
    if hits >= days:
        return f"about {round(hits / days)} a day"
    return f"about {max(1, round(hits * 7 / days))} a week" if hits * 7 >= days else "less than one a week"


@dataclass(frozen=True, slots=True)
class WordHint:
    """`instead` of a bare `word` would also catch `forms`; of a `prefix*` no forms can be named."""

    word: str
    instead: str
    forms: Sequence[str]


def word_hints(hints: Sequence[WordHint]) -> str:
    """Words of inflecting languages that were typed bare: what would find their other forms, as HTML."""
    lines = []
    for hint in hints[:3]:
        caught = ", ".join(escape(cut(form, 30)) for form in hint.forms[:5])
        lines.append(
            f"“{escape(cut(hint.word, 30))}” finds just this form; <code>{escape(cut(hint.instead, 40))}</code> finds "
            + (f"{caught} too." if caught else "all words that begin so.")
        )
    return "\n".join(lines)


# ------------------------------------------------------------------ subscriptions


def subscribed(
    description: str, preview: str, subscription_id: int, *, again: bool, hints: str = ""
) -> Message:
    """After /subscribe: what was understood, in words, and what it would have matched."""
    head = "You have this subscription already" if again else "✅ Subscribed"
    button = Button("Remove", data=encode("del", subscription_id))
    lines = [f"{head}: {escape(description)}.", preview, hints]
    return Message("\n".join(line for line in lines if line), buttons=((button,),))


def subscriptions(listed: Sequence[tuple[Subscription, str]], muted: Sequence[str]) -> Message:
    """Every standing query in words, each with a button that removes it."""
    if not listed:
        return Message(
            "This chat has no subscriptions.\nTry <code>/subscribe Russia torture</code> or /countries.",
            buttons=HOME_BUTTONS[:1],
        )
    lines, rows = ["<b>Subscriptions</b>"], []
    for number, (subscription, description) in enumerate(listed, start=1):
        line = f"{number}. {escape(cut(description, 300))}"
        if sum(map(len, lines)) + len(line) > LIST_LIMIT:
            lines.append(f"… and {len(listed) - number + 1} more")
            break
        lines.append(line)
        rows.append(Button(f"🗑 {number}", data=encode("del", subscription.id)))
    if muted:
        lines += ["", "Muted: " + ", ".join(escape(cut(each, 60)) for each in muted[:10]) + " — /unmute"]
    keyboard = tuple(tuple(rows[i : i + 6]) for i in range(0, len(rows), 6))
    return Message("\n".join(lines), buttons=keyboard)


def removed(description: str, subscription_id: int) -> Message:
    """After a removal, with the way back."""
    undo = Button("↩️ Undo", data=encode("undo", subscription_id))
    return Message(f"Removed: {escape(cut(description, 300))}.", buttons=((undo,),))


# ------------------------------------------------------------------ alerts: mute


MUTE_DAYS = (1, 7)


def mute_menu(post: Post, countries_: Sequence[str], names: Names) -> Message:
    """What can be silenced from an alert, and for how long."""
    rows = []
    for code in countries_[:3]:
        label = f"{names.flag(code)} {names.name(code)}"
        rows.append(
            (
                Button(f"{label}, 1 day", data=encode("mc", code, 1)),
                Button(f"{label}, 7 days", data=encode("mc", code, 7)),
            )
        )
    rows.append(
        (
            Button("This source, 1 day", data=encode("ms", post.id, 1)),
            Button("7 days", data=encode("ms", post.id, 7)),
        )
    )
    rows.append(
        (Button("Everything, until I say", data=encode("pause")), Button("Cancel", data=encode("cancel")))
    )
    return Message(
        f"🔕 <b>Mute</b>\n{titled(cut(post.title, 120), post.link)}\n"
        "What shall be quiet? /unmute ends it again.",
        buttons=tuple(rows),
    )


def muted(what: str, days: int, mute_id: int) -> Message:
    """After muting, with the way back."""
    return Message(
        f"🔕 Muted for {_count(days, 'day')}: {escape(cut(what, 100))}.",
        buttons=((Button("↩️ Undo", data=encode("um", mute_id)),),),
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
    "• its subscriptions, mutes, settings and language\n"
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


def status(view: StatusView) -> Message:
    """Is it alive, is anything waiting, what about this chat."""
    lines = [
        "<b>Status</b>",
        f"Sources: {view.feeds - len(view.failing)} of {view.feeds} answer · {_count(view.posts, 'post')} stored",
        f"Last check: {view.last_check}",
        f"Waiting to be sent: {view.waiting}" + (f" · in doubt: {view.doubtful}" if view.doubtful else ""),
    ]
    if view.dead:
        lines.append(f"Given up: {view.dead}")
    lines += [f"• {escape(cut(name, 60))}: {escape(cut(cause, 160))}" for name, cause in view.failing[:8]]
    if len(view.failing) > 8:
        lines.append(f"• and {len(view.failing) - 8} more")
    if view.paused:
        lines.append(f"Paused: {_count(view.paused, 'source')}")
    lines += [
        "",
        f"This chat: {view.state}, {_count(view.subscriptions, 'subscription')}",
        f"Last alert here: {view.last_alert_here}",
    ]
    return Message("\n".join(lines))


def ago(moment: datetime | None, now: datetime) -> str:
    """How long since, in words."""
    if moment is None:
        return "never"
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{_count(seconds // size, unit)} ago"
    return "just now"


# ------------------------------------------------------------------ for administrators


def feeds(listed: Sequence[Feed], now: datetime) -> Message:
    """Every feed with its health in words."""
    if not listed:
        return Message("No feeds yet. Add one with <code>/feed_add https://…</code>")
    lines = [f"<b>Feeds</b> ({len(listed)})"]
    for feed in listed:
        line = f"{feed.id}. {escape(cut(feed.name, 60))} — {escape(feed_state(feed, now))}"
        if sum(map(len, lines)) + len(line) > LIST_LIMIT:
            lines.append(f"… and {len(listed) - len(lines) + 1} more: see <code>bot.py feeds list</code>")
            break
        lines.append(line)
    lines.append("\n<code>/feed_remove NUMBER</code> · <code>/feed_add URL</code>")
    return Message("\n".join(lines))


def held(feed: Feed, posts: Sequence[Post]) -> Message:
    """Most of a known feed looks new at once: an administrator says whether it is."""
    head = (
        f"✋ <b>{escape(cut(feed.name, 100))}</b> brought {_count(len(posts), 'post')} at once that look old: "
        "undated, or dated before the last check. The source may have moved or renumbered its posts. "
        "Nobody has been alerted of them."
    )
    lines = [head, *(f"• {titled(cut(post.title, 100), post.link)}" for post in posts[:3])]
    first, last = min(post.id for post in posts), max(post.id for post in posts)
    row = (
        Button("📣 They are news", data=encode("release", feed.id, first, last)),
        Button("🤫 They are old", data=encode("cancel")),
    )
    return Message("\n".join(lines), buttons=(row,))


def released(deliveries: int) -> Message:
    """After an administrator said that held posts are news."""
    return Message(f"📣 Alerting: {_count(deliveries, 'message')} on the way.")


def feed_news(feed: Feed, change: FeedChange, now: datetime) -> Message:
    """What admins are told of a feed by itself: that it has long been failing, was withdrawn, or works again."""
    name = f"<b>{escape(cut(feed.name, 100))}</b>"
    state = change.health
    if change.paused and not feed.paused:
        return Message(
            f"🛑 {name} was withdrawn by its server: {escape(cut(state.cause or '', 200))}. It is not asked any more; /feeds"
        )
    if state.failing_since is None:
        return Message(f"✅ {name} works again" + (f": {escape(state.note)}." if state.note else "."))
    lasted = health.span(now - state.failing_since)
    cause = escape(cut(state.cause or "", 200))
    return Message(f"⚠️ {name} has been failing for {lasted}: {cause}. It is still asked, less often; /feeds")


def feed_silent(feed: Feed, silent: timedelta, *, usual_gap: int) -> Message:
    """What admins are told of a source that answers, but has posted nothing for long. `usual_gap` in seconds."""
    usual = health.span(timedelta(seconds=usual_gap))
    return Message(
        f"🔇 <b>{escape(cut(feed.name, 100))}</b> has been silent for {health.span(silent)}; "
        f"it usually posts every {usual}. It answers, so this may be news; /feeds"
    )


def feed_state(feed: Feed, now: datetime) -> str:
    """A feed's health in words."""
    state = feed.health
    if feed.paused:
        return f"paused: {state.cause or 'by an administrator'}"
    if state.failing_since or state.last_checked_at is None:
        return cut(health.in_words(state, now), 200)
    news = f", newest post {ago(state.last_new_at, now)}" if state.last_new_at else ""
    note = f"; {state.note}" if state.note else ""
    return f"well, checked {ago(state.last_checked_at, now)}{news}{note}"


CHOICES = 6


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source that was found, as it is shown for choosing."""

    url: str
    title: str
    how: str
    entries: int
    newest: datetime | None
    headlines: Sequence[str]


def feed_choice(found: Sequence[SourceView]) -> Message:
    """Sources to choose from; each address is a link, and a press takes the one of its number."""
    lines = ["<b>Which one?</b>"]
    for number, each in enumerate(found[:CHOICES], start=1):
        date = f", newest {each.newest:%d %b %Y}" if each.newest else ""
        title = escape(cut(each.title or each.url, 100))
        lines += [
            "",
            f'{number}. <a href="{escape(each.url)}">{title}</a> — {_count(each.entries, "post")}{date}',
        ]
        lines.append(f"<i>{escape(cut(each.how, 100))}</i>")
        lines += [f"• {escape(cut(headline, 90))}" for headline in each.headlines[:3]]
    row = tuple(
        Button(f"✅ {number}", data=encode("take", number - 1))
        for number in range(1, len(found[:CHOICES]) + 1)
    )
    return Message("\n".join(lines), buttons=(row, (Button("Cancel", data=encode("cancel")),)))


def feed_added(feed: Feed, entries: Sequence[str], *, again: bool) -> Message:
    """What the address holds, so that the admin sees the right thing was added."""
    head = "This feed is watched already" if again else "✅ Watching"
    lines = [f"{head}: <b>{escape(cut(feed.name, 100))}</b> ({feed.kind}, number {feed.id})"]
    lines += [f"• {escape(cut(title, 100))}" for title in entries[:3]]
    if not again:
        lines.append("What stands in it now is the baseline: alerts begin with the next post.")
    return Message("\n".join(lines))


def topics(listed: Sequence[Topic]) -> Message:
    """Every topic with its words."""
    if not listed:
        return Message(
            "No topics yet. Make one: <code>/topic_add torture torture, ill-treatment, пытк*</code>"
        )
    lines = ["<b>Topics</b>"]
    for topic in listed:
        words = ", ".join(topic.words)
        line = f"• <b>{escape(cut(topic.name, 60))}</b>: {escape(cut(words, 300))}"
        if sum(map(len, lines)) + len(line) > LIST_LIMIT:
            lines.append("…")
            break
        lines.append(line)
    return Message("\n".join(lines))


def topic_changed(
    name: str, *, words: Sequence[str], before: int, after: int, looked_at: int, followers: int, existed: bool
) -> Message:
    """What the change does, measured on stored posts."""
    if words:
        head = f"✅ Topic <b>{escape(cut(name, 60))}</b> {'changed' if existed else 'added'}: {escape(cut(', '.join(words), 500))}"
    else:
        head = f"🗑 Topic <b>{escape(cut(name, 60))}</b> removed."
    difference = after - before
    compared = (
        "as many as before"
        if not difference
        else f"{abs(difference)} {'more' if difference > 0 else 'fewer'} than before"
    )
    effect = f"It matches {after} of the last {_count(looked_at, 'stored post')}" + (
        f", {compared}." if existed else "."
    )
    if not looked_at:
        effect = "No posts are stored yet to try it on."
    return Message("\n".join((head, effect, f"Followed by {_count(followers, 'subscription')}.")))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
