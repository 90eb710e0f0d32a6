#!/usr/bin/env python3
"""The door: `python bot.py run`, `python bot.py demo`, `python bot.py --help`."""

from watchdog_bot.cli import main

if __name__ == "__main__":
    main()
