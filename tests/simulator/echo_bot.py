"""A small bot in a process of its own: `python -m tests.simulator.echo_bot TOKEN BASE_URL [hang]`.

It greets with a button; `hang` makes it stop for ever in the middle of its first handler.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes

GO = InlineKeyboardMarkup([[InlineKeyboardButton("Ukraine", callback_data="v1:c:UA")]])


def build(token: str, base_url: str, *, hang: bool = False) -> Application[Any, Any, Any, Any, Any, Any]:
    async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message
        if hang:
            await update.effective_message.reply_text("thinking")
            await asyncio.Event().wait()
        await update.effective_message.reply_text("Welcome. Which country?", reply_markup=GO)

    async def choose(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        assert query
        await query.answer("Ukraine: on")
        await query.edit_message_reply_markup(
            InlineKeyboardMarkup([[InlineKeyboardButton("✅ Ukraine", callback_data="v1:c:UA")]])
        )

    application = Application.builder().token(token).base_url(f"{base_url}/bot").build()
    application.add_handler(CommandHandler("start", start))
    application.add_handler(CallbackQueryHandler(choose))
    return application


if __name__ == "__main__":
    build(sys.argv[1], sys.argv[2], hang="hang" in sys.argv).run_polling(poll_interval=0, timeout=10)
