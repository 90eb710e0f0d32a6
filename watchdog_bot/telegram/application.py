"""Between python-telegram-bot and the handlers: rights, replies, presses, and news about chats.

The flow of a command: who may → handler → reply in the same chat and topic. Of a press: who may → handler →
the press is always answered → edit in place or new message. Updates of one chat are handled in order, those
of different chats side by side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import structlog
from telegram import (
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
    CallbackQuery,
    Chat,
    ChatMemberRestricted,
    Update,
)
from telegram import Message as TelegramMessage
from telegram.constants import ChatMemberStatus, ChatType, UpdateType
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import (
    Application,
    BaseUpdateProcessor,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from watchdog_bot.core import replies, replies_home
from watchdog_bot.core.buttons import decode
from watchdog_bot.core.model import Address, ChatKind, Gone, Message, NoRights, SubscriberState, TopicGone
from watchdog_bot.desk import Desk
from watchdog_bot.telegram import handlers
from watchdog_bot.telegram.ask import COMMANDS, PRESSES, Answer, Ask, Command, Who, in_order
from watchdog_bot.telegram.listening import Ear
from watchdog_bot.telegram.sender import classify
from watchdog_bot.telegram.speech import BeforeReply, OnError, Speech, edit_in_place, reply
from watchdog_bot.telegram.transport import AiohttpRequest, by_proxy

log = structlog.get_logger(__name__)

App = Application[Any, Any, Any, Any, Any, Any]
Context = ContextTypes.DEFAULT_TYPE

ALLOWED_UPDATES = [
    UpdateType.MESSAGE,
    UpdateType.CHANNEL_POST,
    UpdateType.CALLBACK_QUERY,
    UpdateType.MY_CHAT_MEMBER,
]
_ADMIN = {ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR}
_OUT = {ChatMemberStatus.LEFT, ChatMemberStatus.BANNED}
SPEECH = "speech"  # the key of the application's Speech among its data
_CHANNEL_READER = "What I answer would be posted to the whole channel, so only its administrators can ask."
OFFERED = 60  # characters of a plain message that may be offered as a subscription
TOAST_LIMIT = 200  # characters (Bot API, answerCallbackQuery)
SEND_TIMEOUT = 25  # seconds to wait for an answer: the longer, the fewer doubts


class OrderedPerChat(BaseUpdateProcessor):
    """Updates of one chat one after the other, different chats side by side."""

    def __init__(self, max_concurrent_updates: int) -> None:
        """So many updates at a time at most."""
        super().__init__(max_concurrent_updates)
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the chat's turn."""
        chat = update.effective_chat if isinstance(update, Update) else None
        lock = self._locks.setdefault(chat.id if chat else 0, asyncio.Lock())
        async with lock:
            await coroutine

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to put away."""


def build(
    desk: Desk,
    *,
    token: str,
    api_base_url: str,
    admins: frozenset[int],
    before_reply: BeforeReply,
    ear: Ear,
    connections: int = 16,
) -> App:
    """The application with every handler, not started yet. Its JobQueue is the program's only scheduler.

    `before_reply` is awaited with the chat's id before each message to a person, so that replies keep to the
    same pace as alerts, and go before them. Updates come by `ear`. `connections` to Telegram at a time at most.
    """
    app = (
        Application.builder()
        .token(token)
        .base_url(f"{api_base_url.rstrip('/')}/bot")
        .base_file_url(f"{api_base_url.rstrip('/')}/file/bot")
        .request(AiohttpRequest(connections, timeout=SEND_TIMEOUT, trust_env=by_proxy(api_base_url)))
        .get_updates_request(ear)
        .concurrent_updates(OrderedPerChat(16))
        .build()
    )
    speech = Speech(before_reply)
    app.bot_data[SPEECH] = speech
    desk_side = _Front(desk, admins, speech)
    incoming = filters.UpdateType.MESSAGE | filters.UpdateType.CHANNEL_POST
    for each in COMMANDS.values():
        app.add_handler(CommandHandler(each.name, partial(desk_side.command, each), filters=incoming))
    app.add_handler(CallbackQueryHandler(desk_side.press))
    app.add_handler(ChatMemberHandler(desk_side.membership, ChatMemberHandler.MY_CHAT_MEMBER))
    app.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, desk_side.migrated))
    app.add_handler(
        MessageHandler(filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE & filters.COMMAND, _unknown)
    )
    app.add_handler(
        MessageHandler(filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE & filters.TEXT, desk_side.talk)
    )
    app.add_error_handler(_broke)
    return app


async def tell_commands(app: App, admins: frozenset[int]) -> None:
    """The menus, by scope. They only show; the right to use a command is checked when it is used."""
    anyone = [_menu(each) for each in in_order() if each.who is Who.ANYONE]
    chat_admin = [_menu(each) for each in in_order() if each.who is not Who.BOT_ADMIN]
    everything = [_menu(each) for each in in_order()]
    await app.bot.set_my_commands(chat_admin, scope=BotCommandScopeDefault())
    await app.bot.set_my_commands(chat_admin, scope=BotCommandScopeAllPrivateChats())
    await app.bot.set_my_commands(anyone, scope=BotCommandScopeAllGroupChats())
    await app.bot.set_my_commands(chat_admin, scope=BotCommandScopeAllChatAdministrators())
    for admin in admins:
        try:
            await app.bot.set_my_commands(everything, scope=BotCommandScopeChat(admin))
        except (BadRequest, Forbidden):  # an admin who has not started the bot yet has no menu to set
            log.info("admin_menu_waits")


def _menu(command: Command) -> BotCommand:
    return BotCommand(command.name, command.help[:256])


class _Front:
    """Turns updates into `Ask`s, checks rights, and brings the answers back."""

    def __init__(self, desk: Desk, admins: frozenset[int], speech: Speech) -> None:
        self._desk = desk
        self._admins = admins
        self._speech = speech

    # -------------------------------------------------------------- commands

    async def command(self, command: Command, update: Update, context: Context) -> None:
        message = update.effective_message
        if message is None:
            return
        shown: list[TelegramMessage] = []

        async def progress(text: Message) -> None:
            shown.append(await self._speech.say(message, text))

        ask = Ask(
            self._desk,
            _address(message),
            ChatKind(message.chat.type),
            bot_admin=_user_id(update) in self._admins,
            text=_after_command(message),
            language=_language(update),
            reply_to=_replied_to(message),
            progress=progress,
            chat_admin=partial(self._is_chat_admin, update),
        )
        on_error = _error_handler(update, context)
        refusal = await self._refusal(command.who, update, ask)
        if refusal:
            self._speech.say_soon(message, replies.plain(refusal), on_error)
        elif command.slow:
            self._speech.beside(self._slowly(command, ask, message, shown), on_error)
        else:
            self._speech.say_soon(message, await command.run(ask), on_error)

    async def _slowly(
        self, command: Command, ask: Ask, message: TelegramMessage, shown: list[TelegramMessage]
    ) -> None:
        """What takes long: in the place of what was shown meanwhile, if anything was."""
        answer = await command.run(ask)
        if shown:
            await edit_in_place(shown[0], answer)
        else:
            await self._speech.say(message, answer)

    async def _refusal(self, who: Who, update: Update, ask: Ask) -> str | None:
        """Why this person may not, or None."""
        if who is Who.BOT_ADMIN and not ask.bot_admin:
            return "Only administrators can do that: those named in the bot's configuration."
        if who is Who.CHAT_ADMIN and not await self._is_chat_admin(update):
            place = "channel" if ask.kind is ChatKind.CHANNEL else "group"
            return f"Only administrators can change what this {place} is alerted of."
        return None

    async def _is_chat_admin(self, update: Update) -> bool:
        """Checked when used, never remembered: rights are taken away as well as given."""
        chat, message = update.effective_chat, update.effective_message
        if chat is None:
            return False
        pressed = update.callback_query is not None
        if chat.type == ChatType.PRIVATE:
            return True
        if (
            chat.type == ChatType.CHANNEL and not pressed
        ):  # only its administrators post in it; anybody presses
            return True
        by_chat_itself = not pressed and message is not None and message.sender_chat == chat
        if by_chat_itself:  # an anonymous administrator
            return True
        user = update.effective_user
        if user is None:
            return False
        try:
            member = await chat.get_member(user.id)
        except TelegramError:
            return False
        return member.status in _ADMIN

    async def talk(self, update: Update, context: Context) -> None:
        """Words without a command: offered as a subscription where they can be one."""
        if update.effective_message:
            typed = " ".join((update.effective_message.text or "").split())
            usable = len(typed) <= OFFERED and self._desk.can_be_asked(typed)
            said = replies_home.talk(typed if usable else "")
            self._speech.say_soon(update.effective_message, said, _error_handler(update, context))

    # -------------------------------------------------------------- presses

    async def press(self, update: Update, context: Context) -> None:
        query = update.callback_query
        if query is None:
            return
        on_error = _error_handler(update, context)
        pressed = decode(query.data or "")
        handler = PRESSES.get(pressed.action) if pressed else None
        if handler is not None and handler.slow:
            self._speech.beside(self._press(update, query, on_error), on_error)
        else:
            await self._press(update, query, on_error)

    async def _press(self, update: Update, query: CallbackQuery, on_error: OnError) -> None:
        """The press is answered at once; what else follows comes in its turn."""
        answer = await self._pressed(update, query)
        await _answer(query, answer)
        message = query.message
        if not isinstance(message, TelegramMessage):  # too old to be edited or replied to
            return
        if answer.edit:
            self._speech.show_soon(message, answer.edit, on_error)
        if answer.send:
            self._speech.say_soon(message, answer.send, on_error)

    async def _pressed(self, update: Update, query: CallbackQuery) -> Answer:
        pressed = decode(query.data or "")
        handler = PRESSES.get(pressed.action) if pressed else None
        if pressed is None or handler is None or not isinstance(query.message, TelegramMessage):
            return Answer("That button is out of date", alert=True)
        ask = Ask(
            self._desk,
            _address(query.message),
            ChatKind(query.message.chat.type),
            bot_admin=_user_id(update) in self._admins,
            args=pressed.args,
            language=_language(update),
            message_id=query.message.message_id,
            links=tuple(each.url for each in query.message.entities if each.url),
            chat_admin=partial(self._is_chat_admin, update),
        )
        refusal = await self._refusal(handler.who, update, ask)
        if refusal:
            return Answer(refusal, alert=True)
        try:
            answer = await handler.run(ask)
        except (ValueError, IndexError, OverflowError):  # data of our version that no button of ours holds
            return Answer("That button is out of date", alert=True)
        except Exception:  # a defect must not leave the button spinning
            log.exception("press_broke", action=handler.action)
            return Answer("Something went wrong on my side. Please try again.", alert=True)
        if answer.send and ask.kind is ChatKind.CHANNEL and not await ask.chat_admin():
            return Answer(_CHANNEL_READER, alert=True)  # or any reader could make the bot post to all others
        return answer

    # -------------------------------------------------------------- chats

    async def membership(self, update: Update, _context: Context) -> None:
        """We were blocked, removed, let in again: suspend or revive, never delete."""
        change = update.my_chat_member
        if change is None:
            return
        member = change.new_chat_member
        out = member.status in _OUT
        if not out and not (isinstance(member, ChatMemberRestricted) and not member.can_send_messages):
            await self._desk.reopen(change.chat.id)
        for known in await self._desk.store.subscribers_of(change.chat.id):
            if out:
                await self._desk.set_state(known, SubscriberState.SUSPENDED)
            elif known.state is SubscriberState.SUSPENDED:
                await self._desk.set_state(known, SubscriberState.ACTIVE)

    async def migrated(self, update: Update, _context: Context) -> None:
        """A group became a supergroup: everything follows it to its new id."""
        message = update.effective_message
        if message is None:
            return
        if message.migrate_to_chat_id:
            await self._desk.store.migrate_chat(message.chat.id, message.migrate_to_chat_id)
        elif message.migrate_from_chat_id:
            await self._desk.store.migrate_chat(message.migrate_from_chat_id, message.chat.id)


def _error_handler(update: Update, context: Context) -> OnError:
    """What becomes of an error of work that is done beside: the same as of any handler's."""

    async def handle(error: Exception) -> None:
        await context.application.process_error(update, error)

    return handle


def _address(message: TelegramMessage) -> Address:
    """The chat, and the topic where the message stands in one (General has no id of its own here)."""
    thread = message.message_thread_id if message.is_topic_message else None
    return Address(message.chat.id, thread)


def _replied_to(message: TelegramMessage) -> int | None:
    """The message that was replied to; in a topic everything seems to reply to the message that opened it."""
    replied = message.reply_to_message
    return replied.message_id if replied and not replied.forum_topic_created else None


def _user_id(update: Update) -> int | None:
    user = update.effective_user
    return user.id if user else None


def _language(update: Update) -> str:
    user = update.effective_user
    return (user.language_code if user else None) or "en"


def _after_command(message: TelegramMessage) -> str:
    """What was typed after the command, as typed."""
    parts = (message.text or message.caption or "").split(None, 1)
    return parts[1] if len(parts) > 1 else ""


async def _answer(query: CallbackQuery, answer: Answer) -> None:
    """Every press is answered, or the button keeps its spinner."""
    try:
        await query.answer(answer.toast[:TOAST_LIMIT] or None, show_alert=answer.alert)
    except BadRequest as error:
        if (
            "query is too old" not in error.message.lower()
            and "query id is invalid" not in error.message.lower()
        ):
            raise


async def _unknown(update: Update, _context: Context) -> None:
    if update.effective_message:
        await reply(
            update.effective_message, replies.plain("I do not know that command. /help lists what I can do.")
        )


def _cannot_write(error: BaseException | None) -> bool:
    """Whether Telegram does not let us write there: no defect, and no use in apologising there."""
    return isinstance(error, TelegramError) and isinstance(classify(error), Gone | NoRights | TopicGone)


async def _broke(update: object, context: Context) -> None:
    """The one place where a handler's defect ends: it is logged, and the person is told."""
    error = context.error
    if _cannot_write(error):
        log.info("reply_refused", error=type(error).__name__)
    else:
        log.error("handler_broke", error=type(error).__name__, exc_info=error)
    chat: Chat | None = update.effective_chat if isinstance(update, Update) else None
    if chat is None or _cannot_write(error):
        return
    message = update.effective_message if isinstance(update, Update) else None
    if message is not None:
        try:
            await reply(
                message,
                replies.plain(
                    "Something went wrong on my side. /subscriptions shows how things stand; please try again."
                ),
            )
        except TelegramError:
            log.warning("apology_not_delivered")


assert handlers  # importing it registers every command and press
