"""The parameters of a call, as a form or as JSON, checked against what the method takes.

Telegram ignores parameters it does not know and reads malformed ones as absent; a bot that sends them has a
defect, so here both are refused with 400 and noted as violations.
"""

from __future__ import annotations

import json
import re
from binascii import unhexlify
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from watchdog_bot.simulator.values import ApiError, bad_request

_TRUE: Final = frozenset({"true", "1", "yes"})
_FALSE: Final = frozenset({"false", "0", "no"})
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}\Z")
_ESCAPES: Final = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_CHAT: Final = re.compile(r"-?[0-9]{1,18}\Z|@[A-Za-z0-9_]{1,32}\Z")


class MalformedError(ApiError):
    """A refusal that is noted as a violation."""

    def __init__(self, cause: str) -> None:
        super().__init__(400, f"Bad Request: {cause}")
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Parameters:
    """Named values, each text as it came. Getters raise MalformedError."""

    values: Mapping[str, str]

    def has(self, name: str) -> bool:
        """Whether it was given at all, and not empty."""
        return bool(self.values.get(name))

    def text(self, name: str) -> str:
        """As given, or an empty string."""
        return self.values.get(name, "")

    def integer(self, name: str, default: int = 0, *, least: int = -(10**18), most: int = 10**18) -> int:
        """A whole number of at most 18 digits, within the limits."""
        value = self.values.get(name, "")
        if not value:
            return default
        if not _INTEGER.match(value):
            raise MalformedError(f"parameter {name} is no whole number: {value[:40]!r}")
        if not least <= int(value) <= most:
            raise MalformedError(f"parameter {name} is out of its limits: {value}")
        return int(value)

    def flag(self, name: str) -> bool:
        """A boolean; absent is False."""
        value = self.values.get(name, "").lower()
        if value and value not in _TRUE and value not in _FALSE:
            raise MalformedError(f"parameter {name} is no boolean: {value[:40]!r}")
        return value in _TRUE

    def data(self, name: str) -> Any:
        """Decoded JSON, or None when absent."""
        value = self.values.get(name, "")
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise MalformedError(f"parameter {name} is no JSON: {value[:60]!r}") from None

    def chat(self, name: str = "chat_id") -> str:
        """A chat id or @username, unresolved."""
        value = self.values.get(name, "")
        if not value:
            raise bad_request(f"{name} is empty")
        if not _CHAT.match(value):
            raise MalformedError(f"parameter {name} is neither an id nor a @username: {value[:40]!r}")
        return value


def read_form(body: bytes) -> dict[str, str]:
    """`application/x-www-form-urlencoded`, or a query string. Raises ApiError.

    A run of escapes is decoded at once: texts in Cyrillic are little else, and this is where the time went.
    """
    try:
        pairs = [pair.partition(b"=") for pair in body.split(b"&") if pair]
        return {_unquote(name): _unquote(value) for name, _, value in pairs}
    except UnicodeDecodeError:
        raise bad_request("strings must be encoded in UTF-8") from None


def _unquote(part: bytes) -> str:
    if b"+" in part:
        part = part.replace(b"+", b"%20")
    if b"%" in part:
        part = _ESCAPES.sub(lambda run: unhexlify(run[0].replace(b"%", b"")), part)
    return part.decode()


def read_json(body: bytes) -> dict[str, str]:
    """A JSON object; what is no string is kept as JSON text. Raises ApiError as Telegram does."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ApiError(400, "Bad Request: can't parse request body as JSON object")
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in found.items()
        if value is not None
    }
