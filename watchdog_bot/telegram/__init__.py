"""python-telegram-bot lives here and nowhere else."""

import os

# From 22.2 on its `retry_after` is an int with a warning unless this asks for the timedelta it will become.
os.environ.setdefault("PTB_TIMEDELTA", "1")
