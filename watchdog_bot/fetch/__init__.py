"""Documents from servers: conditional GET, bounded in everything, never into private networks.

`Fetcher.get` never raises for trouble of the network; what the server did is a value (`FetchResult`).
"""

from watchdog_bot.fetch.fetcher import Fetcher, FetchLimits, body_hash

__all__ = ["FetchLimits", "Fetcher", "body_hash"]
