"""What administrators are told of feeds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog_bot.core.buttons import encode
from watchdog_bot.core.feeds import health
from watchdog_bot.core.feeds.websub import HubStanding
from watchdog_bot.core.model import Button, Feed, FeedChange, FeedId, Message, Post
from watchdog_bot.core.render import escape, titled
from watchdog_bot.core.replies import LIST_LIMIT, ago, counted
from watchdog_bot.core.text import cut


def feeds(listed: Sequence[Feed], now: datetime, hubs: Mapping[FeedId, HubStanding] | None = None) -> Message:
    """Every feed with its health in words. `hubs`: how it stands with the hubs of those that name one."""
    if not listed:
        return Message("No feeds yet. Add one with <code>/feed_add https://…</code>")
    lines = [f"<b>Feeds</b> ({len(listed)})"]
    for feed in listed:
        line = f"{feed.id}. {escape(cut(feed.name, 60))} — {escape(feed_state(feed, now, (hubs or {}).get(feed.id)))}"
        if sum(map(len, lines)) + len(line) > LIST_LIMIT:
            lines.append(f"… and {len(listed) - len(lines) + 1} more: see <code>bot.py feeds list</code>")
            break
        lines.append(line)
    lines.append("\n<code>/feed_remove NUMBER</code> · <code>/feed_add URL</code>")
    return Message("\n".join(lines))


def held(feed: Feed, posts: Sequence[Post]) -> Message:
    """Most of a known feed looks new at once: an administrator says whether it is."""
    head = (
        f"✋ <b>{escape(cut(feed.name, 100))}</b> brought {counted(len(posts), 'post')} at once that look old: "
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
    return Message(f"📣 Alerting: {counted(deliveries, 'message')} on the way.")


def withdrawn(post: Post) -> Message:
    """After an administrator said that a source took a post back."""
    return Message(
        f"🗑 Withdrawn: {titled(cut(post.title, 120), None)}\nNobody is alerted of it any more; alerts that were sent say so."
    )


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


def feed_state(feed: Feed, now: datetime, hub: HubStanding | None = None) -> str:
    """A feed's health in words, and whether its posts are pushed."""
    pushes = f"; {cut(hub.in_words(), 200)}" if hub is not None else ""
    return cut(_health(feed, now), 300) + pushes


def _health(feed: Feed, now: datetime) -> str:
    state = feed.health
    if feed.paused:
        return f"paused: {state.cause or 'by an administrator'}"
    if state.failing_since or state.last_checked_at is None:
        return cut(health.in_words(state, now), 200)
    news = f", newest post {ago(state.last_new_at, now)}" if state.last_new_at else ""
    note = f"; {state.note}" if state.note else ""
    return f"{health.in_words(state, now)}, checked {ago(state.last_checked_at, now)}{news}{note}"


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
            f'{number}. <a href="{escape(each.url)}">{title}</a> — {counted(each.entries, "post")}{date}',
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
