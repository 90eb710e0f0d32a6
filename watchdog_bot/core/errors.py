"""The errors of the program. Expected outcomes are values, not errors; these are for the border.

WatchdogError
├── ConfigError       a fault in config.toml, the environment or a secret file
├── StoreError        the database cannot be used
│   └── AlreadyRunningError  another instance holds it
├── ParseError        a document is not what it claims to be
└── QueryError        a query that a person typed cannot be understood or is refused
"""

from __future__ import annotations


class WatchdogError(Exception):
    """Names the thing, the cause and the mend. Safe to show: it never holds a token or a chat id."""


class ConfigError(WatchdogError):
    """All faults of the configuration at once.

    `faults`: one sentence each, naming the key, what is wrong and the mend.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class StoreError(WatchdogError):
    """The database cannot be used."""


class AlreadyRunningError(StoreError):
    """Another instance holds the database."""


class ParseError(WatchdogError):
    """A document that cannot be read as any form of feed. The text says what it is instead."""


class QueryError(WatchdogError):
    """A query that cannot be understood or is refused.

    `position`: 0-based index into the typed text (in characters) where the trouble starts.
    `mend`: what to type instead, or an empty string.
    """

    def __init__(self, cause: str, *, position: int = 0, mend: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.position = position
        self.mend = mend
