"""From an error to a `SendResult`: every class and text that Telegram and the network have, then the real things."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    PassportDecryptionError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from watchdog_bot import simulator as s
from watchdog_bot.core.model import (
    Address,
    Button,
    Gone,
    Message,
    Moved,
    NoRights,
    NotSent,
    Rejected,
    RetryAt,
    SendResult,
    Sent,
    TopicGone,
    Unknown,
)
from watchdog_bot.simulator import Fault, Person, Simulator
from watchdog_bot.telegram.sender import classify, send
from watchdog_bot.telegram.transport import AiohttpRequest, AnswerLostError, NotReachedError

PATIENT, HASTY = 20.0, 0.1  # seconds
ALERT = Message("<b>Verdict</b> in Almaty", ((Button("Why", data="v1:why:1"),),))


def caused(error: TelegramError, cause: BaseException | None) -> TelegramError:
    error.__cause__ = cause
    return error


# ------------------------------------------------------------------ the table


GONE = (
    "Forbidden: bot was blocked by the user",
    "Forbidden: user is deactivated",
    "Forbidden: bot can't initiate conversation with a user",
    "Forbidden: bot was kicked from the group chat",
    "Forbidden: bot was kicked from the supergroup chat",
    "Forbidden: bot was kicked from the channel chat",
    "Forbidden: bot is not a member of the supergroup chat",
    "Forbidden: bot is not a member of the channel chat",
    "Forbidden: the group chat was deleted",
    "Forbidden: something that Telegram will say one day",
)
GONE_400 = (
    "Bad Request: chat not found",
    "Bad Request: user not found",
    "Bad Request: PEER_ID_INVALID",
    "Bad Request: CHANNEL_PRIVATE",
    "Bad Request: group chat was deactivated",
    "Bad Request: the group chat was deleted",
)
TOPIC = (
    "Bad Request: message thread not found",
    "Bad Request: TOPIC_CLOSED",
    "Bad Request: TOPIC_DELETED",
    "Bad Request: TOPIC_ID_INVALID",
)
RIGHTS = (
    "Bad Request: not enough rights to send text messages to the chat",
    "Bad Request: need administrator rights in the channel chat",
    "Bad Request: have no write access to the chat",
    "Bad Request: have no rights to send a message",
    "Bad Request: CHAT_WRITE_FORBIDDEN",
    "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN",
    "Bad Request: CHAT_ADMIN_REQUIRED",
    "Bad Request: CHAT_RESTRICTED",
)
REJECTED = (
    'Bad Request: can\'t parse entities: Unsupported start tag "p" at byte offset 0',
    "Bad Request: message text is empty",
    "Bad Request: message is too long",
    "Bad Request: BUTTON_DATA_INVALID",
    "Bad Request: reply markup is too long",
)


@pytest.mark.parametrize(
    ("errors", "result"),
    [
        ([Forbidden(each) for each in GONE], Gone),
        ([BadRequest(each) for each in GONE_400], Gone),
        ([BadRequest(each) for each in TOPIC], TopicGone),
        ([BadRequest(each) for each in RIGHTS], NoRights),
        ([Forbidden(each.replace("Bad Request", "Forbidden")) for each in RIGHTS], NoRights),
        ([BadRequest(each) for each in REJECTED], Rejected),
        ([BadRequest("This bot's transport sends no files")], Rejected),
    ],
    ids=[
        "gone, 403",
        "gone, 400",
        "topic",
        "rights, 400",
        "rights, 403",
        "rejected",
        "refused by the transport",
    ],
)
def test_a_refusal_is_read_by_its_words_whatever_their_case(
    errors: list[TelegramError], result: type[SendResult]
) -> None:
    for error in errors:
        for text in (error.message, error.message.upper(), error.message.lower()):
            assert isinstance(classify(type(error)(text)), result), text


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (RetryAfter(7), RetryAt(7.0)),
        (RetryAfter(timedelta(seconds=43_838)), RetryAt(43_838.0)),
        (ChatMigrated(-100123), Moved(-100123)),
        (InvalidToken("Unauthorized"), NotSent("Telegram refuses the bot's token: check telegram.token")),
        (
            caused(
                NetworkError("Telegram could not be reached"), NotReachedError("ClientConnectorError: no")
            ),
            NotSent("Telegram could not be reached (ClientConnectorError: no)"),
        ),
        (
            caused(TimedOut("Telegram could not be reached"), NotReachedError("ConnectionTimeoutError")),
            NotSent("Telegram could not be reached (ConnectionTimeoutError)"),
        ),
        (
            caused(TimedOut("The answer was lost"), AnswerLostError("SocketTimeoutError")),
            Unknown("the answer was lost (SocketTimeoutError)"),
        ),
        (
            caused(NetworkError("The answer was lost"), AnswerLostError("ServerDisconnectedError")),
            Unknown("the answer was lost (ServerDisconnectedError)"),
        ),
        (
            caused(
                NetworkError("Unknown error in HTTP implementation"), RuntimeError("at https://…/bot1:AAF-")
            ),
            Unknown("the answer was lost (RuntimeError)"),
        ),
        (caused(TimedOut(), TimeoutError()), Unknown("the answer was lost (TimeoutError)")),
        (TelegramError("Invalid server response"), Unknown("an unreadable answer (TelegramError)")),
        (EndPointNotFound("?"), Unknown("an unreadable answer (EndPointNotFound)")),
        (PassportDecryptionError("?"), Unknown("an unreadable answer (PassportDecryptionError)")),
    ],
    ids=repr,
)
def test_an_error_says_what_became_of_the_message(error: TelegramError, result: SendResult) -> None:
    assert classify(error) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("Internal Server Error", NotSent),
        ("Internal Server Error: restart", NotSent),
        ("Internal Server Error (500)", NotSent),
        ("Bad Gateway (502). Parsing the server response b'' failed", NotSent),
        ("Service Unavailable (503)", NotSent),
        ("Unknown HTTPError (522)", NotSent),
        ("Too Many Requests (429)", NotSent),
        ("Found (302)", NotSent),
        ("Method Not Allowed (405)", NotSent),
        ("Gateway Timeout (504). Parsing the server response b'' failed", Unknown),
        ("Gateway Timeout", Unknown),
        ("Gateway Time-out", Unknown),
        ("Unknown HTTPError (520)", Unknown),
        ("Unknown HTTPError (524)", Unknown),
        ("Request Entity Too Large (413)", Rejected),
        ("Request Entity Too Large: too many parameters", Rejected),
        ("Content Too Large (413)", Rejected),
    ],
)
def test_other_http_errors_are_read_by_their_status(text: str, result: type[SendResult]) -> None:
    assert isinstance(classify(NetworkError(text)), result)
    unparsed = caused(NetworkError(text), TelegramError("Invalid server response"))
    assert isinstance(classify(unparsed), result)


def test_a_conflict_was_answered_so_nothing_was_sent() -> None:
    assert isinstance(classify(Conflict("terminated by other getUpdates request")), NotSent)


def test_a_status_is_told_but_never_the_text_of_a_stranger() -> None:
    assert classify(NetworkError("Bad Gateway (502). <b>Hello</b>")) == NotSent(
        "Telegram is in trouble (HTTP 502)"
    )
    assert classify(NetworkError("chat_id=42 broke")) == NotSent("Telegram is in trouble (HTTP error)")


# ------------------------------------------------------------------ the real things


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as simulator:
        yield simulator


@pytest.fixture
def vera(sim: Simulator) -> Person:
    person = sim.person("Vera")
    person.start()
    return person


@asynccontextmanager
async def _strange_bot(sim: Simulator, patience: float) -> AsyncIterator[Bot]:
    """The real python-telegram-bot with our transport, which has no connection yet."""
    request = AiohttpRequest(4, timeout=patience)
    async with request:
        yield Bot(sim.token, base_url=f"{sim.base_url}/bot", request=request, get_updates_request=request)


@pytest.fixture
async def bot(sim: Simulator) -> AsyncIterator[Bot]:
    """As the program has it: introduced, so with a connection that is kept."""
    async with _strange_bot(sim, PATIENT) as opened:
        await opened.get_me()
        yield opened


@pytest.mark.parametrize(
    ("fault", "result", "arrived"),
    [
        (s.TooManyRequests(7), RetryAt(7.0), 0),
        (s.Forbidden(), Gone("bot was blocked by the user"), 0),
        (s.Forbidden("user is deactivated"), Gone("user is deactivated"), 0),
        (
            s.Forbidden("bot was kicked from the supergroup chat"),
            Gone("bot was kicked from the supergroup chat"),
            0,
        ),
        (s.BadRequest("chat not found"), Gone("chat not found"), 0),
        (s.BadRequest("message thread not found"), TopicGone("message thread not found"), 0),
        (s.BadRequest("TOPIC_CLOSED"), TopicGone("topic_closed"), 0),
        (
            s.BadRequest("not enough rights to send text messages to the chat"),
            NoRights("not enough rights to send text messages to the chat"),
            0,
        ),
        (s.BadRequest("BUTTON_DATA_INVALID"), Rejected("button_data_invalid"), 0),
        (s.BadRequest("group chat was upgraded to a supergroup chat", -100123), Moved(-100123), 0),
        (s.Unauthorized(), NotSent("Telegram refuses the bot's token: check telegram.token"), 0),
        (s.ServerError(), NotSent("Telegram is in trouble (HTTP error)"), 0),
        (s.BadGateway(), NotSent("Telegram is in trouble (HTTP 502)"), 0),
        (s.CloseBefore(), Unknown("the answer was lost (ServerDisconnectedError)"), 0),
        (s.CloseAfter(), Unknown("the answer was lost (ServerDisconnectedError)"), 1),
        (s.Garbage(), Unknown("an unreadable answer (TelegramError)"), 1),
    ],
    ids=repr,
)
async def test_a_fault_ends_in_the_result_that_it_is(  # noqa: PLR0917 - fixtures and a case
    sim: Simulator, bot: Bot, vera: Person, fault: Fault, result: SendResult, arrived: int
) -> None:
    sim.faults.add(fault, method="sendMessage", times=None)
    assert await send(bot, Address(vera.id), ALERT) == result
    assert sim.calls["sendMessage"] == 1
    assert [each.text for each in vera.chat.from_bot] == ["Verdict in Almaty"] * arrived
    sim.faults.clear()
    again = await send(bot, Address(vera.id), ALERT)
    assert isinstance(again, Sent)
    assert vera.chat.last is not None
    assert vera.chat.last.id == again.message_id
    assert not sim.violations


@pytest.mark.parametrize(("fault", "arrived"), [(s.HangBefore(), 0), (s.HangAfter(), 1)], ids=repr)
async def test_silence_leaves_it_unknown(sim: Simulator, vera: Person, fault: Fault, arrived: int) -> None:
    sim.faults.add(fault, method="sendMessage", times=None)
    async with _strange_bot(sim, HASTY) as bot:
        result = await send(bot, Address(vera.id), ALERT)
    assert result == Unknown("the answer was lost (SocketTimeoutError)")
    assert sim.calls["sendMessage"] == 1
    assert len(vera.chat.from_bot) == arrived


async def test_a_slow_answer_is_waited_for(sim: Simulator, bot: Bot, vera: Person) -> None:
    sim.faults.add(s.Slow(0.05), method="sendMessage")
    assert isinstance(await send(bot, Address(vera.id), ALERT), Sent)
    assert len(vera.chat.from_bot) == 1


async def test_what_cannot_be_reached_was_not_sent_and_is_sent_later(sim: Simulator, vera: Person) -> None:
    async with _strange_bot(sim, PATIENT) as bot:
        await sim.stop()
        result = await send(bot, Address(vera.id), ALERT)
        await sim.start()
        assert isinstance(result, NotSent)
        assert "ClientConnectorError" in result.cause
        assert isinstance(await send(bot, Address(vera.id), ALERT), Sent)
    assert len(vera.chat.from_bot) == 1


async def test_people_and_groups_that_shut_the_door_are_understood(
    sim: Simulator, bot: Bot, vera: Person
) -> None:
    group = vera.create_group("Newsroom", topics=True)
    topic = vera.create_topic(group, "Verdicts")
    assert isinstance(await send(bot, Address(group.id, topic), ALERT), Sent)
    vera.delete_topic(group, topic)
    assert isinstance(await send(bot, Address(group.id, topic), ALERT), TopicGone)
    vera.restrict_bot(group, can_send=False)
    assert isinstance(await send(bot, Address(group.id), ALERT), NoRights)
    vera.remove_bot(group)
    assert isinstance(await send(bot, Address(group.id), ALERT), Gone)
    small = vera.create_group("Three of us")
    large = vera.migrate(small)
    assert await send(bot, Address(small.id), ALERT) == Moved(large.id)
    vera.block_bot()
    assert isinstance(await send(bot, Address(vera.id), ALERT), Gone)
    assert isinstance(await send(bot, Address(vera.id + 999), ALERT), Gone)


async def test_a_message_that_telegram_refuses_is_rejected(sim: Simulator, bot: Bot, vera: Person) -> None:
    assert isinstance(await send(bot, Address(vera.id), Message("   ")), Rejected)
    assert not vera.chat.from_bot


async def test_html_that_telegram_cannot_read_is_sent_as_plain_text_and_told(
    sim: Simulator, bot: Bot, vera: Person
) -> None:
    result = await send(bot, Address(vera.id), Message("<p>Verdict &amp; <b>appeal</b></p>", ALERT.buttons))
    assert isinstance(result, Sent)
    assert result.mended is not None
    assert "can't parse entities" in result.mended
    assert vera.chat.last is not None
    assert (vera.chat.last.text, vera.chat.last.id) == ("Verdict & appeal", result.message_id)
    assert sim.calls["sendMessage"] == 2


async def test_a_message_that_is_too_long_is_cut_and_told(sim: Simulator, bot: Bot, vera: Person) -> None:
    result = await send(bot, Address(vera.id), Message("<b>Verdict</b> " + "\N{FIRE}" * 4_000))
    assert isinstance(result, Sent)
    assert result.mended == "message is too long"
    assert vera.chat.last is not None
    text = vera.chat.last.text
    assert text.startswith("Verdict")
    assert 4_000 < len(text.encode("utf-16-le")) // 2 <= 4_096


async def test_a_message_refused_even_as_plain_text_is_rejected(
    sim: Simulator, bot: Bot, vera: Person
) -> None:
    sim.faults.add(s.BadRequest("can't parse entities: by a fault"), method="sendMessage", times=None)
    assert isinstance(await send(bot, Address(vera.id), ALERT), Rejected)
    assert sim.calls["sendMessage"] == 2
    sim.faults.clear()


async def test_a_paid_broadcast_says_so_and_others_do_not(sim: Simulator, bot: Bot, vera: Person) -> None:
    for paid in (True, False):
        assert isinstance(await send(bot, Address(vera.id), ALERT, paid=paid), Sent)
    assert [each.paid for each in vera.chat.from_bot] == [True, False]


@pytest.mark.parametrize(
    "body",
    [
        '{"ok":true}',
        '{"ok":false,"description":"with status 200"}',
        '{"ok":true,"result":true}',
        '{"ok":true,"result":[]}',
        '{"ok":true,"result":{"message_id":"5"}}',
        '{"ok":true,"result":{"date":1,"chat":7}}',
        '{"ok":true,"result":null}',
    ],
)
async def test_an_answer_that_is_no_message_leaves_it_unknown(body: str) -> None:
    async def answering(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=body, content_type="application/json")

    request = AiohttpRequest(1, timeout=PATIENT)
    async with RawTestServer(answering) as server, request:
        base = str(server.make_url("/bot"))
        bot = Bot("1:AAF-", base_url=base, request=request, get_updates_request=request)
        assert isinstance(await send(bot, Address(42), ALERT), Unknown)
