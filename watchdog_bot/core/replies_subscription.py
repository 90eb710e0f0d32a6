"""What the bot shows of one standing query: what it asks for, how strictly, and what another wish would bring. Pure.

A change is shown before it is made: what is found now, what would be, and headlines of the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from watchdog_bot.core.buttons import encode
from watchdog_bot.core.match.query import Namesakes, Scope
from watchdog_bot.core.model import Button, Message, Post
from watchdog_bot.core.preview import Comparison
from watchdog_bot.core.render import escape, titled
from watchdog_bot.core.replies import counted
from watchdog_bot.core.text import cut

NAMESAKES_SHOWN = 3

SCOPES: tuple[tuple[Scope, str, str], ...] = (
    (Scope.ABOUT, "About", "posts that are about the country, among others"),
    (Scope.MAIN, "Main country only", "posts that are about the country first of all"),
    (Scope.ANY, "Any mention", "every post that mentions the country"),
)


class Wish(StrEnum):
    """A change that a button offers; its name stands in the button."""

    ABOUT = "about"
    MAIN = "main"
    ANY = "any"
    WORDS = "words"  # a topic's name as words of the text
    TOPIC = "topic"  # words that name a topic as the topic


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """One standing query. `scope`: None where it names no country. `namesakes`: names that are a topic too."""

    id: int
    description: str
    scope: Scope | None = None
    namesakes: Namesakes = field(default_factory=Namesakes)
    topic_words: Sequence[tuple[str, int]] = ()  # of each of these topics how many words it has


def rows(view: SubscriptionView) -> tuple[tuple[Button, ...], ...]:
    """Buttons that change what it asks for."""
    found: list[tuple[Button, ...]] = []
    if view.scope is not None:
        first, *others = (_scope(view, scope, label) for scope, label, _ in SCOPES)
        found += [(first, *others)]
    if view.namesakes.topics:
        label = _label("Only the words", view.namesakes.topics, "Only the word")
        found.append((Button(label, data=encode("ch", view.id, Wish.WORDS)),))
    if view.namesakes.words:
        label = _label("Follow the topics", view.namesakes.words, "Follow the topic")
        found.append((Button(label, data=encode("ch", view.id, Wish.TOPIC)),))
    return tuple(found)


def _scope(view: SubscriptionView, scope: Scope, label: str) -> Button:
    mark = "✅ " if scope is view.scope else ""
    return Button(f"{mark}{label}", data=encode("ch", view.id, Wish(scope.value)))


def _label(several: str, names: Sequence[str], one: str) -> str:
    return f"{one} “{cut(names[0], 30)}”" if len(names) == 1 else several


def notes(view: SubscriptionView) -> str:
    """What a reader may not expect of it, as HTML lines: names that are a topic and a word."""
    sizes = dict(view.topic_words)
    lines = [
        f"“{escape(name)}” is a topic here: {counted(sizes[name], 'word')} in several languages."
        for name in view.namesakes.topics[:NAMESAKES_SHOWN]
        if name in sizes
    ]
    lines += [
        f"“{escape(name)}” is searched as words of the text; there is a topic of that name with "
        f"{counted(sizes[name], 'word')}."
        for name in view.namesakes.words[:NAMESAKES_SHOWN]
        if name in sizes
    ]
    return "\n".join(lines)


def strictness(view: SubscriptionView) -> str:
    """How strictly its countries are meant, as an HTML line; empty where it names none."""
    return "".join(
        f"Countries: {said}." for scope, _, said in SCOPES if scope is view.scope and view.scope is not None
    )


def card(view: SubscriptionView, *, said: str = "") -> Message:
    """One subscription with all that can be changed of it."""
    lines = [said, f"✏️ {escape(cut(view.description, 500))}.", strictness(view), notes(view)]
    buttons = (
        Button("🕐 How it comes", data=encode("st", view.id)),
        Button("🗑 Remove", data=encode("del", view.id)),
        Button("‹ All", data=encode("su")),
    )
    return Message("\n".join(line for line in lines if line), buttons=(*rows(view), buttons))


def offer(view: SubscriptionView, wish: Wish, after: str, seen: Comparison) -> Message:
    """What a change would bring, before it is made. `after`: the changed query in words."""
    lines = [
        f"<b>Now:</b> {escape(cut(view.description, 400))}",
        f"<b>Then:</b> {escape(cut(after, 400))}",
        "",
        compared(seen),
        *_listed("No longer", seen.lost),
        *_listed("New", seen.gained),
        "Nothing is changed yet.",
    ]
    row = (
        Button("✅ Change it", data=encode("cs", view.id, wish)),
        Button("Keep it as it is", data=encode("sub", view.id)),
    )
    return Message("\n".join(lines), buttons=(row,))


def compared(seen: Comparison) -> str:
    """How many posts each version finds, as an HTML line."""
    if not seen.after.looked_at:
        return "No posts are stored yet to try it on."
    span = f"the last {counted(seen.after.looked_at, 'post')} ({counted(seen.after.days, 'day')})"
    difference = seen.after.hits - seen.before.hits
    than = (
        f"{abs(difference)} {'more' if difference > 0 else 'fewer'} than now"
        if difference
        else "as many as now"
    )
    return f"It would match {seen.after.hits} of {span}, {than}."


def _listed(what: str, posts: Sequence[Post]) -> list[str]:
    return [f"{what}:", *(f"• {titled(cut(post.title, 120), post.link)}" for post in posts)] if posts else []
