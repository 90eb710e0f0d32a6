"""Misbehaviour on request: what a network and a busy Telegram do to a bot.

    sim.faults.add(TooManyRequests(3), method="sendMessage", chat=group)     # the next one only
    sim.faults.add(CloseAfter(), method="sendMessage", skip=2, times=5)      # the third to the seventh
    rule = sim.faults.add(BadGateway(), times=None)                          # until rule.remove()

Faults whose name ends in After let the call be processed and lose the answer; the others, but for Slow,
keep it from being processed. Slow processes at once and answers late (on the simulator's clock).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from watchdog_bot.simulator.values import ApiError, bad_request


@dataclass(frozen=True, slots=True)
class TooManyRequests:
    """429 with `retry_after`, whatever the flood limits say."""

    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class Forbidden:
    """403; `text` without its prefix."""

    text: str = "bot was blocked by the user"


@dataclass(frozen=True, slots=True)
class BadRequest:
    """400; `text` without its prefix; `migrate_to` goes into the parameters."""

    text: str
    migrate_to: int | None = None


@dataclass(frozen=True, slots=True)
class ServerError:
    """500 with a JSON body."""

    text: str = "Internal Server Error"


@dataclass(frozen=True, slots=True)
class BadGateway:
    """502 with an HTML body, as the proxy before Telegram answers."""


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """401: the token was revoked."""


@dataclass(frozen=True, slots=True)
class Slow:
    """The right answer, so many seconds late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class CloseBefore:
    """The connection is closed and nothing was processed."""


@dataclass(frozen=True, slots=True)
class CloseAfter:
    """Processed, but the connection is closed without an answer."""


@dataclass(frozen=True, slots=True)
class HangBefore:
    """Not processed, and no answer until the caller gives up."""


@dataclass(frozen=True, slots=True)
class HangAfter:
    """Processed, and no answer until the caller gives up."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """Processed; the answer is a 200 that is not JSON."""


Fault = (
    TooManyRequests
    | Forbidden
    | BadRequest
    | ServerError
    | BadGateway
    | Unauthorized
    | Slow
    | CloseBefore
    | CloseAfter
    | HangBefore
    | HangAfter
    | Garbage
)


def refusal(fault: Fault) -> ApiError | None:
    """What a fault answers instead of the method, when it answers as the Bot API does."""
    match fault:
        case TooManyRequests(after):
            text = f"Too Many Requests: retry after {after}"
            return ApiError(429, text, parameters={"retry_after": after})
        case Forbidden(text):
            return ApiError(403, f"Forbidden: {text}")
        case BadRequest(text, migrate_to):
            error = bad_request(text)
            if migrate_to is not None:
                error.parameters["migrate_to_chat_id"] = migrate_to
            return error
        case ServerError(text):
            return ApiError(500, text)
        case Unauthorized():
            return ApiError(401, "Unauthorized")
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Call:
    """A call as a rule sees it. `number` counts all calls of that method, from 1."""

    method: str
    chat_id: int | None
    number: int
    parameters: dict[str, str] = field(repr=False)


@dataclass(slots=True, eq=False)
class Rule:
    """When a fault happens. `hits` counts how often it did."""

    fault: Fault
    method: str | None
    chat_id: int | None
    skip: int
    times: int | None
    when: Callable[[Call], bool] | None
    seen: int = 0
    hits: int = 0
    removed: bool = False

    def remove(self) -> None:
        """It never happens again."""
        self.removed = True

    def matches(self, call: Call) -> bool:
        """Whether it happens to this call; counts."""
        if self.method is not None and self.method.lower() != call.method.lower():
            return False
        if self.chat_id is not None and self.chat_id != call.chat_id:
            return False
        if self.when is not None and not self.when(call):
            return False
        self.seen += 1
        if self.seen <= self.skip or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True


class Faults:
    """The rules, oldest first; the first that matches a call wins."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(
        self,
        fault: Fault,
        *,
        method: str | None = None,
        chat: object = None,
        skip: int = 0,
        times: int | None = 1,
        when: Callable[[Call], bool] | None = None,
    ) -> Rule:
        """`chat`: a Chat, a Person or an id; `skip`: matching calls let through first; `times=None`: for ever."""
        rule = Rule(fault, method, _chat_id(chat), skip, times, when)
        self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Behave again."""
        for rule in self._rules:
            rule.remove()
        self._rules.clear()

    def __bool__(self) -> bool:
        return bool(self._rules)

    def pick(self, call: Call) -> Fault | None:
        """The fault that happens to this call, if any."""
        picked: Fault | None = None
        for rule in self._rules:
            if picked is None and not rule.removed and rule.matches(call):
                picked = rule.fault
        self._rules = [r for r in self._rules if not r.removed and (r.times is None or r.hits < r.times)]
        return picked


def _chat_id(chat: object) -> int | None:
    if chat is None or isinstance(chat, int):
        return chat
    chat_id: int = getattr(chat, "id")  # noqa: B009 - a Chat or a Person, not imported here
    return chat_id
