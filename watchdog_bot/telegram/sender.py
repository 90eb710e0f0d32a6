"""A `Message` into a Bot API call, and what came of it into a `SendResult`. It decides nothing else.

What an error means (python-telegram-bot 22.8; texts of Telegram's Bot API server, matched loosely because
they change in case and wording):

1. 429 `RetryAfter`: surely not sent, wait.
2. `ChatMigrated`: the group has a new id.
3. `Forbidden`, and 400 that say the chat is gone: nothing reaches this chat.
4. 400 about the topic: the topic is gone or closed; about rights: may not write for now.
5. Any other 400: we wrote something that Telegram refuses. HTML that it cannot read and text that is too long are
   sent once more, as plain text (`send`).
6. No connection was had (the transport's `NotReachedError`): surely not sent.
7. Any other HTTP error: not sent, or almost surely not (5xx). A request too large is refused for ever. But a gateway
   that only waited no longer (504, Cloudflare's 520 and 524) knows nothing.
8. Everything else (silence, broken connections, answers that cannot be read): unknown.

`BadRequest` and `TimedOut` are `NetworkError`s there, so order matters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from typing import cast

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import MessageLimit, ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import RequestData

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
from watchdog_bot.core.text import cut
from watchdog_bot.telegram.transport import AnswerLostError, NotReachedError, Parameters

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

_GONE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "group chat was deleted",
    "chat was deactivated",
    "channel_private",
)
_TOPIC = ("message thread not found", "topic_closed", "topic_deleted", "topic closed", "topic_id_invalid")
_RIGHTS = (
    "not enough rights",
    "need administrator rights",
    "have no write access",
    "have no rights to send",
    "chat_write_forbidden",
    "chat_send_plain_forbidden",
    "chat_admin_required",
    "chat_restricted",
)
_TOO_LARGE = ("entity too large", "content too large")  # 413, by its old name and its new
_GATEWAY_GAVE_UP = re.compile(r"\((?:504|520|524)\)|gateway time-?out", re.IGNORECASE)
_STATUS = re.compile(r"\([0-9]{3}\)")  # python-telegram-bot's, where an answer has no words of its own
_MENDABLE = ("can't parse entities", "message is too long")
_TAG = re.compile(r"<[^<>]*>")
_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)


def markup(message: Message) -> InlineKeyboardMarkup | None:
    """The buttons, as python-telegram-bot has them."""
    if not message.buttons:
        return None
    rows = [
        [InlineKeyboardButton(each.text, callback_data=each.data, url=each.url) for each in row]
        for row in message.buttons
    ]
    return InlineKeyboardMarkup(rows)


async def send(
    bot: Bot, address: Address, message: Message, *, reply_to: int | None = None, paid: bool = False
) -> SendResult:
    """Send to a chat or topic; whatever happens is a value. Raises only asyncio.CancelledError.

    A reply to a message that was deleted meanwhile is sent all the same. `paid`: as a paid broadcast, which costs
    Stars. What Telegram will not have as HTML, or finds too long, is a defect of ours: it goes as plain text, cut to
    what Telegram takes, and the result says so.
    """
    given = _parameters(address, message, reply_to=reply_to, paid=paid)
    result = await _called(bot, given)
    if not isinstance(result, Rejected) or not any(each in result.cause for each in _MENDABLE):
        return result
    del given["parse_mode"]
    again = await _called(bot, {**given, "text": plain(message.html)})
    return replace(again, mended=result.cause) if isinstance(again, Sent) else again


def _parameters(address: Address, message: Message, *, reply_to: int | None, paid: bool) -> dict[str, object]:
    """Of sendMessage. What is not set is left out."""
    given: dict[str, object] = {
        "chat_id": address.chat_id,
        "text": message.html,
        "parse_mode": ParseMode.HTML.value,
        "link_preview_options": {"is_disabled": not message.preview},
    }
    if address.thread_id is not None:
        given["message_thread_id"] = address.thread_id
    if message.buttons:
        given["reply_markup"] = {
            "inline_keyboard": [[_button(one) for one in row] for row in message.buttons]
        }
    if message.silent:
        given["disable_notification"] = True
    if message.protect:
        given["protect_content"] = True
    if reply_to is not None:
        given["reply_parameters"] = {"message_id": reply_to, "allow_sending_without_reply": True}
    if paid:
        given["allow_paid_broadcast"] = True
    return given


def _button(button: Button) -> dict[str, str]:
    if button.url is not None:
        return {"text": button.text, "url": button.url}
    return {"text": button.text, "callback_data": button.data or ""}


async def _called(bot: Bot, given: Mapping[str, object]) -> SendResult:
    """By python-telegram-bot's own request, which knows the errors, but without its objects for what was sent and for
    what came back: they cost more than all the rest, and only the number is of use.
    """
    try:
        answer = await bot.request.post(f"{bot.base_url}/sendMessage", cast("RequestData", Parameters(given)))
        number = answer["message_id"] if isinstance(answer, dict) else None
        replied = isinstance(answer, dict) and "reply_to_message" in answer
    except TelegramError as error:
        return classify(error)
    except _UNREADABLE as error:  # JSON, but not what python-telegram-bot looks for in it
        return _unreadable(error)
    if not isinstance(number, int):
        return _unreadable(TypeError())
    return Sent(number, reply_lost="reply_parameters" in given and not replied)


def plain(html: str) -> str:
    """The text without its markup, no longer than Telegram takes."""
    return cut(unescape(_TAG.sub("", html)), MessageLimit.MAX_TEXT_LENGTH)


async def edit(bot: Bot, address: Address, message_id: int, message: Message) -> SendResult:
    """Put the message in the place of one that was sent; whatever happens is a value, as in `send`."""
    buttons = markup(message)
    try:
        await bot.edit_message_text(
            message.html,
            address.chat_id,
            message_id,
            parse_mode=ParseMode.HTML,
            reply_markup=buttons,
            link_preview_options=LinkPreviewOptions(is_disabled=not message.preview),
        )
    except TelegramError as error:
        if isinstance(error, BadRequest) and "not modified" in error.message.lower():
            return Sent(message_id)  # it stands so already: an earlier answer was lost
        return classify(error)
    except _UNREADABLE as error:
        return _unreadable(error)
    return Sent(message_id)


def classify(error: TelegramError) -> SendResult:
    """What the error says about the message (see the module's list)."""
    match error:
        case RetryAfter():
            return RetryAt(_seconds(error))
        case ChatMigrated():
            return Moved(error.new_chat_id)
        case Forbidden():
            return _forbidden(error.message)
        case InvalidToken():
            return NotSent("Telegram refuses the bot's token: check telegram.token")
        case BadRequest():
            return _bad_request(error.message)
        case NetworkError() | Conflict():
            return _network(error)
        case _:
            return _unreadable(error)


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return float(wait) if isinstance(wait, int | float) else wait.total_seconds()


def _forbidden(text: str) -> SendResult:
    lowered = text.lower()
    if any(each in lowered for each in _RIGHTS):
        return NoRights(lowered)
    return Gone(lowered.removeprefix("forbidden: "))


def _bad_request(text: str) -> SendResult:
    lowered = text.lower()
    if any(each in lowered for each in _TOPIC):
        return TopicGone(lowered)
    if any(each in lowered for each in _RIGHTS):
        return NoRights(lowered)
    if any(each in lowered for each in _GONE):
        return Gone(lowered)
    return Rejected(lowered)


def _network(error: NetworkError | Conflict) -> SendResult:
    cause = error.__cause__
    if isinstance(cause, NotReachedError):
        return NotSent(f"Telegram could not be reached ({cause})")
    if cause is not None and not isinstance(cause, TelegramError):  # no HTTP status came back
        known = isinstance(cause, AnswerLostError)  # a stranger's text could hold an address
        return Unknown(f"the answer was lost ({cause if known else type(cause).__name__})")
    lowered = error.message.lower()
    if any(each in lowered for each in _TOO_LARGE):
        return Rejected("the request is too large (413)")
    if _GATEWAY_GAVE_UP.search(lowered):
        return Unknown("a gateway did not wait for Telegram's answer")
    status = _STATUS.search(lowered)
    return NotSent(f"Telegram is in trouble (HTTP {status[0][1:-1] if status else 'error'})")


def _unreadable(error: Exception) -> Unknown:
    return Unknown(f"an unreadable answer ({type(error).__name__})")
