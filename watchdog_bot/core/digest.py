"""What carries several deliveries at once. How it reads is `core.render_digest`."""

from __future__ import annotations

from dataclasses import dataclass

from watchdog_bot.core.model import ClaimedDelivery, Message


@dataclass(frozen=True, slots=True)
class DigestPage:
    """A message with the deliveries it carries."""

    message: Message
    deliveries: tuple[ClaimedDelivery, ...]
