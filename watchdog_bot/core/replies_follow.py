"""What the bot says of countries, words and standing queries: what is in force, and what it would have matched. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from watchdog_bot.core.buttons import encode
from watchdog_bot.core.model import Button, Message, Post, Subscription, SubscriptionSlot, Topic
from watchdog_bot.core.render import Names, escape, titled
from watchdog_bot.core.replies import LIST_LIMIT, counted
from watchdog_bot.core.replies_home import HOME_BUTTONS
from watchdog_bot.core.replies_subscription import SubscriptionView, notes, rows, strictness
from watchdog_bot.core.text import cut

PAGE = 14  # countries on a page: seven rows of two fit a small phone
COUNTRIES_NAMED = 15
MOST_POSTS_FROM = 10  # with fewer posts “most of them” says nothing

# ------------------------------------------------------------------ countries


def countries(order: Sequence[str], chosen: frozenset[str], page: int, names: Names) -> Message:
    """A page of countries with ✅ on those followed; pressing one turns it on or off in place."""
    pages = max(1, -(-len(order) // PAGE))
    page = page % pages
    shown = order[page * PAGE : (page + 1) * PAGE]
    keyboard = [
        tuple(_toggle(code, chosen, page, names) for code in shown[i : i + 2])
        for i in range(0, len(shown), 2)
    ]
    keyboard.append(
        (
            Button("‹", data=encode("cp", (page - 1) % pages)),
            Button(f"{page + 1}/{pages}", data=encode("cp", page)),
            Button("›", data=encode("cp", (page + 1) % pages)),
        )
    )
    keyboard.append((Button("Done", data=encode("cx")),))
    return Message(
        _following(chosen, names) + "\nPress a country to turn it on or off.", buttons=tuple(keyboard)
    )


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


def countries_done(
    chosen: frozenset[str], description: str, names: Names, *, view: SubscriptionView | None = None
) -> Message:
    """What is in force after choosing, and how strictly."""
    lines = [_following(chosen, names), _in_force(description), *_more_of(view)]
    return Message("\n".join(lines), buttons=rows(view) if view else ())


def _more_of(view: SubscriptionView | None) -> list[str]:
    return [line for line in (strictness(view), notes(view)) if line] if view else []


def countries_set(
    chosen: frozenset[str],
    description: str,
    names: Names,
    unknown: Sequence[str],
    *,
    view: SubscriptionView | None = None,
) -> Message:
    """After /countries with a list; names that are no country are said back, not dropped silently."""
    html = countries_done(chosen, description, names, view=view).html
    if unknown:
        listed = ", ".join(f"“{escape(cut(name, 60))}”" for name in unknown[:10])
        html = f"I know no country called {listed}; the others are set.\n\n{html}"
    more = rows(view) if view else ()
    return Message(html, buttons=((Button("🌍 Change with buttons", data=encode("cp", 0)),), *more))


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
        return (
            "With countries and words together, both must hold. Nothing is set yet, so nothing is sent for "
            "them; /subscriptions lists all that this chat asks for."
        )
    return f"In force: {escape(description)}."


def words_set(
    description: str, preview: str, hints: str = "", *, view: SubscriptionView | None = None
) -> Message:
    """After a change of countries or words."""
    lines = (_in_force(description), *_more_of(view), preview, hints)
    return Message("\n".join(line for line in lines if line), buttons=rows(view) if view else ())


def preview_line(hits: int, looked_at: int, days: int, samples: Sequence[Post]) -> str:
    """What it would have matched so far, how often that is, and up to three headlines, as HTML."""
    if not looked_at:
        return "No posts are stored yet, so I cannot show what it would have matched."
    span = f"the last {counted(looked_at, 'post')} ({counted(days, 'day')})"
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


def subscribed(view: SubscriptionView, preview: str, *, again: bool, hints: str = "") -> Message:
    """After /subscribe: what was understood, in words, and what it would have matched."""
    head = "You have this subscription already" if again else "✅ Subscribed"
    button = Button("Remove", data=encode("del", view.id))
    lines = [f"{head}: {escape(view.description)}.", *_more_of(view), preview, hints]
    return Message("\n".join(line for line in lines if line), buttons=(*rows(view), (button,)))


def subscriptions(listed: Sequence[tuple[Subscription, str]], muted: Sequence[str]) -> Message:
    """Every standing query in words, each with a button that opens it and one that removes it."""
    if not listed:
        return Message(
            "This chat has no subscriptions.\nTry <code>/subscribe Russia torture</code> or /countries.",
            buttons=HOME_BUTTONS[:1],
        )
    lines, buttons = ["<b>Subscriptions</b>"], list[Button]()
    for number, (subscription, description) in enumerate(listed, start=1):
        is_case = subscription.slot is SubscriptionSlot.CASE
        line = f"{number}. {'📌 ' if is_case else ''}{escape(cut(description, 300))}"
        if sum(map(len, lines)) + len(line) > LIST_LIMIT:
            lines.append(f"… and {len(listed) - number + 1} more")
            break
        lines.append(line)
        buttons.append(Button(f"✏️ {number}", data=encode("sub", subscription.id)))
        close = Button(f"✅ Close {number}", data=encode("cc", subscription.id))
        remove = Button(f"🗑 {number}", data=encode("del", subscription.id))
        buttons.append(close if is_case else remove)
    if muted:
        lines += ["", "Muted: " + ", ".join(escape(cut(each, 60)) for each in muted[:10]) + " — /unmute"]
    keyboard = tuple(tuple(buttons[i : i + 6]) for i in range(0, len(buttons), 6))
    return Message("\n".join(lines), buttons=keyboard)


def removed(description: str, subscription_id: int) -> Message:
    """After a removal, with the way back."""
    undo = Button("↩️ Undo", data=encode("undo", subscription_id))
    return Message(f"Removed: {escape(cut(description, 300))}.", buttons=((undo,),))


def all_removed(count: int, began: datetime) -> Message:
    """After all were removed, with the way back; `began`: when, which the button holds to the millisecond."""
    undo = Button("↩️ Undo", data=encode("ua", int(began.timestamp() * 1000)))
    return Message(f"Removed all {counted(count, 'subscription')}.", buttons=((undo,),))
