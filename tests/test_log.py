"""The log: one event a line, and no secret and no person in it, whoever logs."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from watchdog_bot import log
from watchdog_bot.settings import LogFormat, LogLevel, LogSettings

TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz_0123456"
CHAT = -1001234567890


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """What `set_up` changes is the process's; give it back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in log.HELD_BACK}
    hooks = sys.excepthook, threading.excepthook
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, least in levels.items():
        logging.getLogger(name).setLevel(least)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    sys.excepthook, threading.excepthook = hooks


Lines = Callable[[], list[str]]


@pytest.fixture(params=LogFormat)
def lines(request: pytest.FixtureRequest) -> Lines:
    """Logging set up in either format; call it for what was logged since."""
    stream = io.StringIO()
    log.set_up(LogSettings(level=LogLevel.DEBUG, format=request.param), stream=stream)
    return lambda: stream.getvalue().splitlines()


# --------------------------------------------------------------------------- form


def test_an_event_is_one_line_of_text() -> None:
    stream = io.StringIO()
    log.set_up(LogSettings(), stream=stream)
    structlog.get_logger("watchdog_bot.poll").info("feed checked", new=2, name="A b", kind="rss", took=0.5)
    line = stream.getvalue()
    stamp, rest = line.split(" ", 1)
    assert datetime.fromisoformat(stamp).utcoffset() is not None
    assert rest == 'info    watchdog_bot.poll: feed checked new=2 name="A b" kind=rss took=0.5\n'


def test_an_event_is_one_json_object() -> None:
    stream = io.StringIO()
    log.set_up(LogSettings(format=LogFormat.JSON), stream=stream)
    structlog.get_logger("watchdog_bot.poll").warning("feed failed", cause="дом\u2028", tries=(1, 2))
    (line,) = stream.getvalue().splitlines()
    event = json.loads(line)
    assert {key: event[key] for key in ("event", "level", "logger", "cause", "tries")} == {
        "event": "feed failed",
        "level": "warning",
        "logger": "watchdog_bot.poll",
        "cause": "дом\u2028",
        "tries": [1, 2],
    }


def test_the_standard_library_logs_in_the_same_form(lines: Lines) -> None:
    logging.getLogger("telegram.ext").warning("polling %s", "again")
    (line,) = lines()
    assert "telegram.ext" in line
    assert "polling again" in line


def test_what_is_below_the_level_is_not_logged() -> None:
    stream = io.StringIO()
    log.set_up(LogSettings(level=LogLevel.WARNING), stream=stream)
    structlog.get_logger().info("quiet")
    logging.getLogger("anything").info("quiet")
    structlog.get_logger().warning("loud")
    assert [line.rsplit(" ", 1)[1] for line in stream.getvalue().splitlines()] == ["loud"]


def test_setting_up_again_replaces_the_former() -> None:
    first, second = io.StringIO(), io.StringIO()
    log.set_up(LogSettings(), stream=first)
    log.set_up(LogSettings(), stream=second)
    structlog.get_logger().info("once")
    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1


def test_an_exception_is_part_of_the_line(lines: Lines) -> None:
    try:
        1 / 0  # noqa: B018 - raised to be logged
    except ZeroDivisionError:
        structlog.get_logger().exception("job failed")
    (line,) = lines()
    assert "job failed" in line
    assert "ZeroDivisionError: division by zero" in line


@given(st.text(), st.text(), st.dictionaries(st.text(min_size=1), st.text(), max_size=3))
def test_no_text_can_forge_a_line_or_steer_a_terminal(event: str, value: str, inner: dict[str, str]) -> None:
    for fmt in LogFormat:
        stream = io.StringIO()
        log.set_up(LogSettings(format=fmt), stream=stream)
        structlog.get_logger().info(event, value=value, inner=inner)
        logging.getLogger("other").warning("%s", value)
        written = stream.getvalue()
        assert len(written.splitlines()) == 2
        assert written.replace("\n", "").isprintable()


# --------------------------------------------------------------------------- no token


@pytest.mark.parametrize("name", sorted(set(log.HELD_BACK) - {"telegram", "asyncio"}))
def test_chatty_libraries_are_silent_below_warning(lines: Lines, name: str) -> None:
    logging.getLogger(name).info('HTTP Request: POST https://api.telegram.org/bot%s/getMe "200 OK"', TOKEN)
    logging.getLogger(f"{name}.deeper").debug("more")
    assert lines() == []


def test_no_token_gets_out_through_the_address_an_http_library_logs(lines: Lines) -> None:
    logging.getLogger("httpx").warning(
        'HTTP Request: %s %s "%s"', "POST", f"https://api.telegram.org/bot{TOKEN}/getMe", "200 OK"
    )
    (line,) = lines()
    assert "https://api.telegram.org/bot<token>/getMe" in line
    assert TOKEN not in line


def test_no_token_gets_out_through_an_escaped_address(lines: Lines) -> None:
    structlog.get_logger().info("asked", url=f"https://api.telegram.org/bot{TOKEN.replace(':', '%3A')}/x")
    assert "AAF-" not in lines()[0]


def test_no_token_gets_out_through_the_text_of_an_exception(lines: Lines) -> None:
    def call() -> None:
        raise RuntimeError(f"The token `{TOKEN}` was rejected by the server.")

    try:
        call()
    except RuntimeError as error:
        structlog.get_logger().exception("refused", cause=str(error), error=error)
        logging.getLogger("telegram.ext.Application").exception("No error handlers are registered")
        logging.getLogger("telegram.ext.Application").warning("failed: %s", error)
    written = "\n".join(lines())
    assert "RuntimeError: The token `<token>` was rejected" in written
    assert TOKEN not in written


def test_no_token_gets_out_of_nested_values_keys_and_objects(lines: Lines) -> None:
    class Wrapped:
        def __repr__(self) -> str:
            return f"<Bot {TOKEN}>"

    structlog.get_logger().info(
        "x", a=[{"b": (TOKEN,)}], c=Wrapped(), d={TOKEN: 1}, e={TOKEN}, f=TOKEN.encode()
    )
    assert TOKEN not in lines()[0]
    assert lines()[0].count("<token>") == 5


def test_no_token_gets_out_through_an_exception_that_another_handler_wrote_into_the_record() -> None:
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", None, None)
    record.exc_text = f"RuntimeError: bot{TOKEN}"
    assert log.Redaction().filter(record)
    assert record.exc_text == "RuntimeError: bot<token>"


def test_no_token_gets_out_when_the_arguments_do_not_fit_the_message(
    lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("careless").error("%d of %d", TOKEN)  # noqa: PLE1206 - the mistake is the point
    assert "%d of %d" in lines()[0]
    assert TOKEN not in "".join(lines()) + capsys.readouterr().err


def test_no_token_gets_out_through_an_uncaught_exception_or_a_warning(lines: Lines) -> None:
    error = RuntimeError(f"bot{TOKEN}")
    sys.excepthook(RuntimeError, error, None)
    threading.excepthook(threading.ExceptHookArgs((RuntimeError, error, None, None)))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"bot{TOKEN}", stacklevel=1)
    assert len(lines()) == 3
    assert TOKEN not in "".join(lines())


def test_ctrl_c_is_no_error(lines: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    threading.excepthook(threading.ExceptHookArgs((SystemExit, SystemExit(), None, None)))
    assert lines() == []
    assert "KeyboardInterrupt" in capsys.readouterr().err


def test_looking_for_tokens_in_a_long_hostile_text_is_quick() -> None:
    hostile = "1" * 200_000 + ":" + "a" * 29 + " chat_id" * 20_000
    assert log.redact(hostile) == hostile


@given(
    st.integers(min_value=0), st.text("abcXYZ019_-", min_size=30), st.text("жя /.'\n"), st.text("жя /.'\n")
)
def test_every_token_is_cut_out_wherever_it_stands(number: int, secret: str, before: str, after: str) -> None:
    assert log.redact(f"{before}{number}:{secret}{after}") == f"{before}<token>{after}"


# --------------------------------------------------------------------------- no person


def test_fields_that_hold_a_person_are_dropped(lines: Lines) -> None:
    structlog.get_logger().info(
        "sent",
        delivery=7,
        chat_id=CHAT,
        user_id=42424242,
        username="somebody",
        first_name="Some",
        token="short",
        inner={"Chat_ID": CHAT, "kept": [{"user_id": 42424242, "feed": 3}]},
    )
    (line,) = lines()
    for gone in (str(CHAT), "42424242", "somebody", "Some", "short", "chat_id", "user_id"):
        assert gone not in line
    for kept in ("delivery", "7", "kept", "feed", "3"):
        assert kept in line


@pytest.mark.parametrize(
    "text",
    ["chat_id=-1001234567890", "{'user_id': 42424242}", '"chat_id": "-1001234567890"', "chat_id=@somebody"],
)
def test_ids_inside_a_sentence_are_cut_out(lines: Lines, text: str) -> None:
    logging.getLogger("other").warning("call failed with %s", text)
    (line,) = lines()
    assert "<id>" in line
    for gone in ("1001234567890", "42424242", "somebody"):
        assert gone not in line


def test_python_telegram_bot_never_prints_updates(lines: Lines) -> None:
    logging.getLogger("telegram.ext.Application").debug("Processing update %s", {"chat": {"id": CHAT}})
    assert lines() == []
