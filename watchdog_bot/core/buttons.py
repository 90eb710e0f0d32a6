"""What a button says back when pressed. All state is in the data itself, so that buttons outlive restarts.

The form is `v1:action:arg:arg…`, at most 64 bytes (Bot API, InlineKeyboardButton.callback_data). A change of
meaning needs a new version, and old ones are answered with "out of date" instead of a wrong deed.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = "v1"
LIMIT = 64  # bytes


@dataclass(frozen=True, slots=True)
class Press:
    """A decoded press."""

    action: str
    args: tuple[str, ...] = ()


def encode(action: str, *args: object) -> str:
    """Callback data. Raises ValueError for data that Telegram would refuse or `decode` misread."""
    parts = (VERSION, action, *(str(arg) for arg in args))
    if any(":" in part for part in parts):
        raise ValueError(f"a button's parts must not hold a colon: {parts}")
    data = ":".join(parts)
    if len(data.encode()) > LIMIT:
        raise ValueError(f"a button's data holds at most {LIMIT} bytes: {data!r}")
    return data


def decode(data: str) -> Press | None:
    """The press, or None where the data is not of this version (or not ours at all)."""
    version, _, rest = data.partition(":")
    if version != VERSION or not rest:
        return None
    action, *args = rest.split(":")
    return Press(action, tuple(args)) if action else None
