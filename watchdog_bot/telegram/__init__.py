"""python-telegram-bot lives here and nowhere else."""
