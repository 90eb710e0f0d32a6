"""The whole product at work, with no token and no network: `make demo`.

A simulated Telegram, a feed server and the real bot in a process of its own, three subscribers with different
wishes, posts that must alert and posts that must not, and one kill -9 in the middle. It ends by itself.
"""

from watchdog_bot.demo.show import run

__all__ = ["run"]
