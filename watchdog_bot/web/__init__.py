"""The bot's own web server: health, figures, and pushes from hubs. It knows nothing of Telegram or of people."""

from watchdog_bot.web.server import Web

__all__ = ["Web"]
