"""Paid broadcast: more messages a second than Telegram allows for nothing, for Stars.

Source: Bot FAQ, “How can I message all of my bot's subscribers at once?”, and Bot API sendMessage,
`allow_paid_broadcast`. Only messages above the free 30 a second are charged, and only those that are sent.
"""

from __future__ import annotations

import re
from dataclasses import replace

from watchdog_bot.core.pacing import DEFAULT_LIMITS, Limits

FREE_PER_SECOND = 30
LEAST, MOST = 50, 1_000  # messages a second
STARS_A_MESSAGE = 0.1
_CONFIRMED = re.compile(r"([0-9]{2,4}) a second at 0\.1 Star a message")
_RATE = re.compile(r"[0-9]{1,6}")


def confirmation(rate: int) -> str:
    """What an operator writes to switch it on: nobody does so without having read what it costs."""
    return f"{rate} a second at 0.1 Star a message"


def cost(rate: int) -> str:
    """In words."""
    second = (rate - FREE_PER_SECOND) * STARS_A_MESSAGE
    return (
        f"Paid broadcast at {rate} messages a second costs up to {second:,.1f} Stars a second ({second * 3600:,.0f} an "
        "hour) while it lasts: 0.1 Star for each message above the free 30 a second. Telegram allows it to bots that "
        "have 100,000 Stars on their balance and 100,000 monthly users"
    )


def rate_of(text: str) -> int | None:
    """Messages a second by what the operator wrote; None: off. Raises ValueError with the cost where it is not
    confirmed.
    """
    if not text:
        return None
    confirmed = _CONFIRMED.fullmatch(text)
    named = confirmed[1] if confirmed else found[0] if (found := _RATE.search(text)) else str(MOST)
    rate = min(max(int(named), LEAST), MOST)
    if confirmed is not None and rate != int(named):
        raise ValueError(
            f"is {named} a second, and Telegram takes {LEAST} to {MOST}. {cost(rate)}. To pay that, write “{confirmation(rate)}”"
        )
    if confirmed is None:
        raise ValueError(f"is not confirmed. {cost(rate)}. To pay that, write “{confirmation(rate)}”")
    return rate


def limits(rate: int | None) -> Limits:
    """The pace with it; in a chat and in a group nothing changes. A tenth is left free: messages do not arrive as
    evenly as they are sent.
    """
    if rate is None:
        return DEFAULT_LIMITS
    burst = max(DEFAULT_LIMITS.alert_burst, rate // 40)
    return replace(DEFAULT_LIMITS, per_second=rate * 0.9, alert_burst=burst, reply_burst=burst + 2)


def in_flight(rate: int | None, usual: int) -> int:
    """How many messages at a time reach that rate where an answer takes 100 ms."""
    return usual if rate is None else max(usual, rate // 10)
