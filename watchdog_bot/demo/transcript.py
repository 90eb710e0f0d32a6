"""The demo on the terminal: the conversation as it happens, then who was alerted of what and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from watchdog_bot.simulator.values import Event, EventKind


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation and whether it held."""

    what: str
    held: bool
    detail: str = ""


class Transcript:
    """Prints simulator events as a chat."""

    def __init__(self, console: Console | None = None) -> None:
        """A console of its own unless one is given."""
        self.console = console or Console(width=None, highlight=False, soft_wrap=False)

    def scene(self, title: str, text: str = "") -> None:
        """A new part of the story."""
        self.console.print()
        self.console.rule(Text(title, style="bold"), align="left", style="dim")
        if text:
            self.console.print(Text(text, style="dim"))

    def published(self, feed: str, title: str) -> None:
        """A post appears at its source."""
        self.console.print(
            Text.assemble(("  ✎ published in ", "dim"), (feed, "dim bold"), ("  ", ""), (title, "italic"))
        )

    def note(self, text: str, style: str = "yellow") -> None:
        """Something that is not said in a chat."""
        self.console.print(Text(f"  ⚙ {text}", style=style))

    def event(self, event: Event) -> None:
        """One thing that happened in a chat."""
        where = _place(event)
        match event.kind:
            case EventKind.SAID:
                self._line(f"{event.who or where}", event.text, "cyan")
            case EventKind.PRESSED:
                self._line(f"{event.who or where}", f"[ {event.text} ]", "cyan")
            case EventKind.SENT:
                self._bot(where, event)
            case EventKind.EDITED:
                self._line(f"bot → {where}", f"(changed) {_first_lines(event.text, 2)}", "green")
            case EventKind.ANSWERED if event.text:
                self._line(f"bot → {where}", f"({event.text})", "green")
            case EventKind.REFUSED | EventKind.FAULT:
                self.note(f"Telegram refuses {event.method} to {where}: {event.error}", "red")
            case _:
                return

    def _line(self, who: str, text: str, style: str) -> None:
        self.console.print(Text.assemble((f"  {who}: ", f"bold {style}"), (text, "")))

    def _bot(self, where: str, event: Event) -> None:
        message = event.message
        body = Text(event.text)
        if message is not None and message.labels:
            body.append("\n" + "  ".join(f"[ {label} ]" for label in message.labels[:6]), style="dim")
        panel = Panel(
            body,
            title=f"bot → {where}",
            title_align="left",
            border_style="green",
            width=min(88, self.console.width),
        )
        self.console.print(Padding(panel, (0, 0, 0, 2)))

    def table(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Who was alerted of what, and why."""
        table = Table(
            "Post",
            "Alerted",
            "Why, or why not",
            title="Who was alerted of what",
            title_justify="left",
            show_lines=True,
        )
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self.console.print(table)

    def outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """What had to hold, and whether it did."""
        for each in outcomes:
            mark, style = ("✓", "green") if each.held else ("✗", "bold red")
            self.console.print(
                Text.assemble(
                    (f"  {mark} ", style), each.what, (f"  {each.detail}" if each.detail else "", "dim")
                )
            )


def _place(event: Event) -> str:
    """A group by its title, a private chat by the person's name."""
    if event.chat is None:
        return ""
    return event.chat.title or event.chat.owner.first_name


def _first_lines(text: str, count: int) -> str:
    return " / ".join(text.splitlines()[:count])
