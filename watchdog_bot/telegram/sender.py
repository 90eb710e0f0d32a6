"""A `Message` into a Bot API call, and what came of it into a `SendResult`. It decides nothing else.

What an error means (python-telegram-bot 22.8; texts of Telegram's Bot API server, matched loosely because
they change in case and wording):

1. 429 `RetryAfter`: surely not sent, wait.
2. `ChatMigrated`: the group has a new id.
3. `Forbidden`, and 400 that say the chat is gone: nothing reaches this chat.
4. 400 about the topic: the topic is gone or closed; about rights: may not write for now.
5. Any other 400: we wrote something that Telegram refuses.
6. Connecting failed, no free connection, 5xx: surely (or almost) not sent.
7. Everything else (read timeouts, broken connections, unreadable answers): unknown.

`BadRequest` and `TimedOut` are `NetworkError`s there, so order matters.
"""

from __future__ import annotations

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from watchdog_bot.core.model import (
    Address,
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

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

_GONE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "group chat was deleted",
    "chat was deactivated",
)
_TOPIC = ("message thread not found", "topic_closed", "topic_deleted", "topic closed")
_RIGHTS = (
    "not enough rights",
    "need administrator rights",
    "have no write access",
    "have no rights to send",
    "chat_write_forbidden",
    "chat_restricted",
)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def markup(message: Message) -> InlineKeyboardMarkup | None:
    """The buttons, as python-telegram-bot has them."""
    if not message.buttons:
        return None
    rows = [
        [InlineKeyboardButton(each.text, callback_data=each.data, url=each.url) for each in row]
        for row in message.buttons
    ]
    return InlineKeyboardMarkup(rows)


async def send(bot: Bot, address: Address, message: Message) -> SendResult:
    """Send to a chat or topic; whatever happens is a value. Raises only asyncio.CancelledError."""
    try:
        sent = await bot.send_message(
            address.chat_id,
            message.html,
            parse_mode=ParseMode.HTML,
            message_thread_id=address.thread_id,
            reply_markup=markup(message),
            link_preview_options=NO_PREVIEW,
            disable_notification=message.silent,
            protect_content=message.protect,
        )
    except TelegramError as error:
        return classify(error)
    return Sent(sent.message_id)


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
        case NetworkError():
            return _network(error)
        case _:
            return Unknown(f"an unreadable answer ({type(error).__name__})")


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


def _network(error: NetworkError) -> SendResult:
    cause = error.__cause__
    if isinstance(cause, _NOT_SENT):
        return NotSent(f"Telegram could not be reached ({type(cause).__name__})")
    answered = cause is None or isinstance(cause, TelegramError)  # an HTTP status came back
    if answered and "504" not in error.message:  # a gateway that gave up waiting knows nothing
        return NotSent("Telegram is in trouble (an HTTP 5xx answer)")
    return Unknown(f"the answer was lost ({type(cause or error).__name__})")
