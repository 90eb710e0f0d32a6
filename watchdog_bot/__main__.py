"""`python -m watchdog_bot` is `python bot.py`."""

from watchdog_bot.cli import main

if __name__ == "__main__":
    main()
