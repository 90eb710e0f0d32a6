"""What an operator may decide, and what each value must be. It reads nothing: `watchdog_bot.config` does.

A field's description is the mend that a fault ends with: what to write there, as an order. A field with
`repr=False` holds a secret or a person: its value is shown neither by `repr()` nor in a fault.
"""

from __future__ import annotations

import re
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from watchdog_bot.core import paid
from watchdog_bot.core.feeds import elsewhere
from watchdog_bot.core.feeds.rules import NO_RULES, SourceRules, faults, from_table
from watchdog_bot.core.model import FeedKind

PREFIX = "WATCHDOG_"
URL_LIMIT = 2_048  # characters
CONTACT_LIMIT = 200  # characters
PUBLIC_LIMIT = 500  # characters: a callback must fit into what hubs take

# https://core.telegram.org/bots/features#botfather shows the form; the secret part has 35 characters today.
_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]{30,}")


class LogLevel(StrEnum):
    """The least serious event that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """TEXT for eyes, JSON for machines; one event a line in both."""

    TEXT = "text"
    JSON = "json"


# --------------------------------------------------------------------------- what a value must be


def _not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("is true or false, not a number")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


def _lowered(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _feed_kind(value: object) -> object:
    lowered = _lowered(value)
    return FeedKind.AUTO if lowered == "feed" else lowered


def _rules(value: object) -> SourceRules:
    try:
        rules = value if isinstance(value, SourceRules) else from_table(value)
    except ValueError as error:
        raise ValueError(f"hold a fault: {error}") from None
    if found := faults(rules):
        raise ValueError(f"hold a fault: {'; '.join(found)}")
    return rules


def _token(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value().strip()
    if not _TOKEN.fullmatch(secret):
        raise ValueError("does not look like a bot token")
    return SecretStr(secret)


def _listed(value: object) -> object:
    """A list from the file as it is; "1, 2" or 1 from the environment as a list."""
    if isinstance(value, str):
        return [part for part in re.split(r"[,;\s]+", value) if part]
    return [value] if isinstance(value, int) and not isinstance(value, bool) else value


def _user_id(value: int) -> int:
    """Telegram's user ids are positive and take at most 52 bits (Bot API, User.id); chats' are negative."""
    if value < 0:
        raise ValueError("is the id of a group or channel, not of a person")
    if not 0 < value < 2**52:
        raise ValueError("is not an id that Telegram gives")
    return value


def _without_doubles(values: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(values))


def _file_path(value: Path) -> Path:
    if not value.name:
        raise ValueError("is not the name of a file")
    if "\0" in str(value):
        raise ValueError("holds a zero character")
    return value.expanduser()


def _address(value: str) -> str:
    text = value.strip()
    if len(text) > URL_LIMIT:
        raise ValueError(f"is longer than {URL_LIMIT} characters")
    if not text.isprintable() or " " in text:
        raise ValueError("holds a space or a control character")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is not an address: its host or port cannot be read") from None
    if parts.scheme not in {"http", "https"}:
        raise ValueError("does not start with https:// or http://")
    if not host:
        raise ValueError("names no host")
    return text


def _pattern(value: str) -> str:
    """Where a post is found elsewhere; empty where it is not."""
    text = value.strip()
    if len(text) > URL_LIMIT:
        raise ValueError(f"is longer than {URL_LIMIT} characters")
    if text and (wrong := elsewhere.fault(text)) is not None:
        raise ValueError(wrong)
    return text


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _api_address(value: str) -> str:
    text = _address(value).rstrip("/")
    parts = urlsplit(text)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("holds a user, a query or a fragment")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("would send the token unencrypted: http:// is only for this very machine")
    return text


def _public_address(value: str) -> str:
    """Where a hub finds us; empty where none does."""
    if not value.strip():
        return ""
    text = _address(value).rstrip("/")
    parts = urlsplit(text)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("holds a user, a query or a fragment")
    if len(text) > PUBLIC_LIMIT:
        raise ValueError(f"is longer than {PUBLIC_LIMIT} characters")
    return text


def _listening(value: str) -> str:
    """An address of this machine and a port; empty for none."""
    text = value.strip()
    if not text:
        return ""
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdecimal() and len(port) <= 5 and int(port) <= 65_535):
        raise ValueError("does not end with a colon and a port, 0 to 65535")
    bare = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    try:
        if bare != "localhost":
            ip_address(bare)
    except ValueError:
        raise ValueError("does not begin with an address of this machine") from None
    if ":" in bare and not host.startswith("["):
        raise ValueError("has an IPv6 address without [ and ]")
    return text


def _contact(value: str) -> str:
    text = value.strip()
    if len(text) > CONTACT_LIMIT or not text.isascii() or not text.isprintable() or set(text) & set("()<>\\"):
        raise ValueError("cannot stand in a request's header")
    if text and "@" not in text and not text.startswith(("https://", "http://")):
        raise ValueError("is neither an e-mail address nor an address on the web")
    return text


Whole = Annotated[int, BeforeValidator(_not_bool)]
Seconds = Annotated[int, BeforeValidator(_not_bool), Field(ge=1, le=604_800)]


# --------------------------------------------------------------------------- the settings


class Section(BaseModel):
    """One table of the file: nothing unknown in it, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _number_said(value: object) -> object:
    """A bare number is refused with its price, like one between quotes."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _paid(value: str) -> str:
    paid.rate_of(value.strip())
    return value.strip()


class TelegramSettings(Section):
    """How the bot reaches Telegram, and who may administer it there."""

    token: Annotated[SecretStr, AfterValidator(_token)] = Field(
        default=SecretStr(""),
        repr=False,
        description="Write the token that @BotFather gave you, digits:letters, between quotes; "
        "or put it into a file of its own and name that in telegram.token_file.",
    )
    token_file: Annotated[Path, AfterValidator(_file_path)] | None = Field(
        default=None, description="Name a file that holds the token and nothing else."
    )
    api_base_url: Annotated[str, AfterValidator(_api_address)] = Field(
        default="https://api.telegram.org",
        description="Write https://host[:port]; leave the key out to use Telegram's own.",
    )
    admins: Annotated[
        tuple[Annotated[Whole, AfterValidator(_user_id)], ...],
        BeforeValidator(_listed),
        AfterValidator(_without_doubles),
    ] = Field(
        default=(),
        repr=False,
        description="Write the numeric user ids of the administrators: admins = [11111, 22222]; "
        "names with @ do not work.",
    )
    paid_broadcast: Annotated[str, BeforeValidator(_number_said), AfterValidator(_paid)] = Field(
        default="",
        description="Write the whole sentence that confirms the price; leave the key out to send for nothing.",
    )


class DatabaseSettings(Section):
    """Where everything is kept."""

    path: Annotated[Path, AfterValidator(_file_path)] = Field(
        default=Path("data/watchdog.db"),
        description="Name the database file; its folder is made when absent.",
    )


class FetchSettings(Section):
    """How sources are asked. `min_interval`, `host_spacing` and `timeout` in seconds, `max_body` in bytes after decompression."""

    min_interval: Seconds = Field(
        default=300, description="Write seconds, 1 to 604800: no source is asked more often."
    )
    host_spacing: Annotated[float, BeforeValidator(_not_bool), Field(ge=0, le=3_600)] = Field(
        default=5.0,
        description="Write seconds, 0 to 3600: the pause between two requests to one host.",
    )
    allow_private_addresses: bool = Field(
        default=False,
        description="Write false; true only if a source really is in your own network.",
    )
    contact: Annotated[str, AfterValidator(_contact)] = Field(
        default="",
        description="Write an e-mail address or a web address where servers' owners can reach you.",
    )
    timeout: Annotated[float, BeforeValidator(_not_bool), Field(ge=1, le=300)] = Field(
        default=30.0, description="Write seconds, 1 to 300: the time one source may take in all."
    )
    max_body: Annotated[Whole, Field(ge=10_000, le=100_000_000)] = Field(
        default=10_000_000, description="Write bytes, 10000 to 100000000: the largest document that is read."
    )


class CatalogueSettings(Section):
    """The list of sources that comes with the program."""

    enabled: bool = Field(default=True, description="Write true to watch them, false to watch only your own.")


class CountriesSettings(Section):
    """Which names of countries the bot knows beyond the shipped ones."""

    own_names: Annotated[Path, AfterValidator(_file_path)] | None = Field(
        default=None,
        description="Name a file of names that win over the shipped ones; docs/countries.md shows its lines.",
    )


class AlertSettings(Section):
    """What alerts look like. `summary_length` in UTF-16 units, as Telegram counts."""

    summary_length: Annotated[Whole, Field(ge=50, le=2_000)] = Field(
        default=300, description="Write the most characters of a summary, 50 to 2000."
    )


class ParserSettings(Section):
    """The processes that read documents."""

    workers: Annotated[Whole, Field(ge=1, le=64)] = Field(
        default=2, description="Write how many, 1 to 64; one for each core is plenty."
    )


class LogSettings(Section):
    """What is logged, and how it looks."""

    level: Annotated[LogLevel, BeforeValidator(_lowered)] = Field(
        default=LogLevel.INFO, description="Write debug, info, warning or error."
    )
    format: Annotated[LogFormat, BeforeValidator(_lowered)] = Field(
        default=LogFormat.TEXT, description="Write text or json."
    )


class WebSettings(Section):
    """The bot's own web server: health, figures, and pushes from hubs."""

    listen: Annotated[str, AfterValidator(_listening)] = Field(
        default="", description='Write address:port, as in "127.0.0.1:8080"; empty for no web server.'
    )
    public_url: Annotated[str, AfterValidator(_public_address)] = Field(
        default="",
        description="Write the address under which the web server is reached from the internet, with https://.",
    )
    websub: bool = Field(
        default=False,
        description="Write true to let feeds that name a hub push their posts, false to pull them only.",
    )

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.websub and not (self.listen and self.public_url):
            missing = " and ".join(name for name in ("listen", "public_url") if not getattr(self, name))
            raise ValueError(f"asks for websub without {missing}")
        return self

    @property
    def address(self) -> tuple[str, int] | None:
        """Where to listen, or None."""
        if not self.listen:
            return None
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


class FeedSettings(Section):
    """A source of the operator's own. `every`: seconds between checks, None for the feed's own rhythm."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="Write the name that alerts show, between quotes."
    )
    url: Annotated[str, AfterValidator(_address)] = Field(
        description="Write the address of the feed, sitemap or page, with https://."
    )
    kind: Annotated[FeedKind, BeforeValidator(_feed_kind)] = Field(
        default=FeedKind.AUTO,
        description=f"Write {', '.join(FeedKind)} or feed; auto and feed find out themselves.",
    )
    every: Seconds | None = Field(
        default=None,
        description="Write seconds between checks, 1 to 604800; leave the key out for the source's own rhythm.",
    )
    rules: Annotated[SourceRules, PlainValidator(_rules)] = Field(
        default=NO_RULES,
        description='Write what the source does not say itself: rules = { container = "article", '
        'section = "/news/*" }; docs/sources.md explains each.',
    )
    mirror: Annotated[str, AfterValidator(_pattern)] = Field(
        default="",
        description="Write where readers find its posts when they cannot reach it: "
        '"https://mirror.example/{path}", or with {url} for the whole address.',
    )
    archive: Annotated[str, AfterValidator(_pattern)] = Field(
        default="",
        description='Write a web archive\'s address of a post: "https://web.archive.org/web/{url}".',
    )


def _without_twins(feeds: tuple[FeedSettings, ...]) -> tuple[FeedSettings, ...]:
    seen: dict[str, int] = {}
    for number, feed in enumerate(feeds, start=1):
        first = seen.setdefault(feed.url, number)
        if first != number:
            raise ValueError(f"holds the same url twice, as number {first} and as number {number}")
    return feeds


class Settings(BaseSettings):
    """Everything an operator decides. Made by `watchdog_bot.config.load` only."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        env_prefix=PREFIX,
        env_nested_delimiter="__",
    )

    telegram: TelegramSettings = TelegramSettings()
    database: DatabaseSettings = DatabaseSettings()
    fetch: FetchSettings = FetchSettings()
    catalogue: CatalogueSettings = CatalogueSettings()
    countries: CountriesSettings = CountriesSettings()
    alerts: AlertSettings = AlertSettings()
    parser: ParserSettings = ParserSettings()
    log: LogSettings = LogSettings()
    web: WebSettings = Field(
        default=WebSettings(),
        description="Set web.listen and web.public_url, or web.websub = false.",
    )
    feeds: Annotated[tuple[FeedSettings, ...], AfterValidator(_without_twins)] = Field(
        default=(), description="Begin each source with a line [[feeds]]; give each address once."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over: the process's own environment is never read behind its back."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def keys() -> tuple[str, ...]:
    """Every key that may be set, dotted, in the order of the example: "telegram.token", …, "feeds.every"."""
    return tuple(
        f"{section}.{name}"
        for section, field in Settings.model_fields.items()
        for name in table_of(field).model_fields
    )


def table_of(field: FieldInfo) -> type[Section]:
    """The table that a field of `Settings` holds, alone or many of it."""
    table = field.annotation
    while not isinstance(table, type):  # tuple[FeedSettings, ...] → FeedSettings
        table = get_args(table)[0]
    if not issubclass(table, Section):
        raise TypeError(f"{table} is not a section")
    return table
