"""How the program logs: one event a line, text or JSON, on standard error. It decides nothing about what is logged.

Rules, in the order in which an event passes them:
1. Chatty libraries are held back: an HTTP client that prints each address would print the bot's token with
   it, python-telegram-bot at DEBUG prints whole updates.
2. Anything that looks like a bot token is cut out, wherever it stands: message, arguments, exception, address.
3. Fields that hold a person (`chat_id`, `user_id`, `username` …) are dropped, at any depth.
4. What cannot be printed is escaped, so that a hostile title can neither forge a line nor steer a terminal.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from watchdog_bot.settings import LogFormat, LogSettings

TOKEN_MASK = "<token>"  # noqa: S105 - what stands there instead
ID_MASK = "<id>"

# A bot token, also as it stands in an address. The look-behind keeps the search linear over long digits.
_TOKEN = re.compile(r"(?<![0-9])[0-9]+(?::|%3[Aa])[A-Za-z0-9_-]{30,}")
# An id inside a sentence or a dumped value: chat_id=-100123, 'user_id': 42.
_ID = re.compile(r"""\b((?:chat|user)_?id["']?\s*[=:]\s*["']?)(?:-?[0-9]+|@\w+)""", re.IGNORECASE)

PERSONAL = frozenset(
    {
        "chat", "chat_id", "chat_title", "effective_chat", "effective_user", "first_name", "from_user", "full_name",
        "last_name", "migrate_from_chat_id", "migrate_to_chat_id", "phone_number", "sender_chat", "token", "bot_token",
        "update", "user", "user_id", "user_name", "username",
    }
)  # fmt: skip

# The least level of each, whatever the program's own is; a name covers all below it.
HELD_BACK = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "aiohttp.access": logging.WARNING,
    "apscheduler": logging.WARNING,
    "apscheduler.executors": logging.CRITICAL,  # a job that broke is logged by the program itself
    "asyncio": logging.INFO,
    "telegram": logging.INFO,
}


def redact(text: str) -> str:
    """The text without anything that looks like a bot token or a chat's or user's id."""
    return _ID.sub(rf"\g<1>{ID_MASK}", _TOKEN.sub(TOKEN_MASK, text))


def set_up(settings: LogSettings, *, stream: TextIO | None = None) -> None:
    """Let structlog and the standard library log through one handler; also uncaught exceptions and warnings.

    `stream`: standard error unless given. May be called again; the last call holds.
    """
    number = logging.getLevelNamesMapping()[settings.level.upper()]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(Redaction())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared_processors(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                drop_personal,
                as_json if settings.format is LogFormat.JSON else as_text,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name, least in HELD_BACK.items():
        logging.getLogger(name).setLevel(max(least, number))
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[*_shared_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An uncaught exception goes the way of every event; Ctrl-C stays what it is."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("watchdog_bot").critical("the program ended by an error", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


class Redaction(logging.Filter):
    """Cleans a standard record before any formatter sees it.

    Needed beside the processor: when formatting fails, `logging` itself prints the message and its arguments.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a record. Records of structlog pass: their values are cleaned by `drop_personal`."""
        if isinstance(record.msg, dict):
            return True
        try:
            record.msg = redact(record.getMessage())
        except Exception:  # noqa: BLE001 - arguments that do not fit their message are a bug of the caller's
            record.msg = redact(str(record.msg))
        record.args = None
        record.exc_text = redact(record.exc_text) if record.exc_text else None
        return True


# --------------------------------------------------------------------------- processors


def drop_personal(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Rules 2 and 3, at any depth."""
    return {name: _clean(value) for name, value in event.items() if name.lower() not in PERSONAL}


def _clean(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact(str(value))
    if isinstance(value, Mapping):
        return {
            redact(str(name)): _clean(inner)
            for name, inner in value.items()
            if str(name).lower() not in PERSONAL
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner) for inner in value]
    return redact(repr(value))


def as_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """One JSON object; everything beyond ASCII escaped, so that no character can end the line early."""
    return json.dumps(event)


def as_text(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """`2026-11-24T21:38:00Z info    watchdog_bot.poll: feed checked new=2 name="A b"`."""
    rest = dict(event)
    time, level, name, text = (str(rest.pop(key, "")) for key in ("timestamp", "level", "logger", "event"))
    fields = "".join(f" {key}={_value(value)}" for key, value in rest.items())
    return f"{_printable(time)} {level:<7} {_printable(name)}: {_printable(text)}{_printable(fields)}"


_BARE = re.compile(r"[\w.:/+@%-]+")


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value if _BARE.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
