"""The pure core: values in, values out. No I/O, clock, randomness, logging, database or Telegram."""
