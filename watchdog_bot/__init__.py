"""Watchdog Bot: watches human-rights sources and alerts Telegram chats by country and keyword."""

__version__ = "0.1.0"
