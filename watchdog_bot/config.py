"""config.toml, the environment and secret files → frozen `Settings`. It opens nothing else, applies nothing.

Each value may stand in the file (`[section]`, `key = value`) or in the environment as `WATCHDOG_SECTION__KEY`;
the environment wins, and a variable set to nothing counts as not set. A secret may stand in a file of its own
that `token_file` (`WATCHDOG_TELEGRAM__TOKEN_FILE`) names. Relative paths start at the working directory.

All faults are told at once, each with the key, the cause and the mend.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import takewhile
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource

from watchdog_bot.core.errors import ConfigError
from watchdog_bot.log import redact
from watchdog_bot.settings import PREFIX, Settings, keys, table_of

__all__ = ["Settings", "find", "keys", "load"]

FILE_LIMIT = 1_000_000  # bytes of config.toml
SECRET_LIMIT = 4_096  # bytes of a secret file
SHOWN = 60  # characters of a wrong value in a fault

Table = dict[str, Any]
Location = tuple[int | str, ...]  # as pydantic gives it: ("feeds", 1, "url")

TOKEN = ("telegram", "token")
TOKEN_FILE = ("telegram", "token_file")


def find(given: Path | None, env: Mapping[str, str]) -> Path | None:
    """The file to read: the one given, else what WATCHDOG_CONFIG names, else ./config.toml if it is there.

    None means that the environment alone configures the bot.
    """
    if given is not None:
        return given
    if named := env.get("WATCHDOG_CONFIG"):
        return Path(named)
    here = Path("config.toml")
    return here if here.exists() else None


def load(path: Path | None, env: Mapping[str, str], *, need_token: bool = True) -> Settings:
    """Read and check everything. `need_token=False` is for commands that never speak to Telegram.

    Raises ConfigError with every fault that can be told at once.
    """
    faults: list[str] = []
    in_env = _Variables(env)()
    faults.extend(_strange_variables(env))
    in_file: Table = {}
    file_is_read = True
    try:
        in_file = _read_toml(path) if path else {}
    except ConfigError as error:
        faults.extend(error.faults)
        file_is_read = False
    secret_from: str | None = None
    try:
        secret_from = _resolve_token(in_env, in_file, path)
    except ConfigError as error:
        faults.extend(error.faults)

    places = _Places(in_env, path, secret_from)
    faults.extend(_unknown((name,), places) for name in in_file if name not in Settings.model_fields)
    merged = _merge({name: value for name, value in in_file.items() if name in Settings.model_fields}, in_env)
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        faults.extend(_fault(detail, places) for detail in error.errors(include_url=False))
    if need_token and file_is_read and not _has_token(merged):
        faults.append(f"telegram.token (or {_variable(TOKEN)}) is missing. {_mend(TOKEN)}")
    if faults:
        raise ConfigError(tuple(dict.fromkeys(faults)))
    return settings


# --------------------------------------------------------------------------- the places


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a value may have come from."""

    in_env: Table
    path: Path | None
    secret_from: str | None  # the secret file that was read instead of a token


class _Variables(EnvSettingsSource):
    """The environment, given as a mapping, as nested tables. What is not JSON stays text for the checks."""

    def __init__(self, env: Mapping[str, str]) -> None:
        super().__init__(Settings)
        self.env_vars = {name.lower(): value for name, value in env.items() if value}

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except (ValueError, RecursionError):
            return value


def _read_toml(path: Path) -> Table:
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_LIMIT + 1)
        if len(raw) > FILE_LIMIT:
            raise ConfigError((f"{path} is larger than {FILE_LIMIT} bytes. Is it the right file?",))
        return tomllib.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        cause = error.strerror or "it cannot be opened"
        mend = "Copy config.example.toml to it, or name another with --config."
        fault = f"{path} cannot be read: {cause}. {mend}"
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        fault = f"{path}, line {line}: the text is not UTF-8. Save the file as UTF-8."
    except tomllib.TOMLDecodeError as error:
        fault = _syntax_fault(path, str(error), last_line=raw.rstrip().count(b"\n") + 1)
    except RecursionError:
        fault = f"{path} is nested too deeply. Write it like config.example.toml."
    raise ConfigError((fault,))


def _syntax_fault(path: Path, message: str, *, last_line: int) -> str:
    cause, _, place = message.partition(" (at ")
    number = re.match(r"line (\d+)", place)  # otherwise "end of document"
    return (
        f"{path}, line {number[1] if number else last_line}: this is not TOML ({cause}). "
        "Write key = value, with texts between quotes; config.example.toml shows each key."
    )


def _resolve_token(in_env: Table, in_file: Table, path: Path | None) -> str | None:
    """Put the secret file's content where the token belongs; return the file's name.

    A token in the environment wins over both keys of the file, whose secret is then not even looked at.
    """
    for layer, key in ((in_env, _variable(TOKEN_FILE)), (in_file, f"telegram.token_file in {path}")):
        telegram = layer.get("telegram")
        if not isinstance(telegram, dict):
            continue
        named = telegram.get("token_file")
        if "token" in telegram:
            if named is not None:
                raise ConfigError((f"{key} is set beside the token itself. Keep one of the two.",))
            return None
        if isinstance(named, str) and named:
            telegram["token"] = _read_secret(key, Path(named).expanduser())
            return named
    return None


def _read_secret(key: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(SECRET_LIMIT + 1)
        secret = raw.decode("utf-8-sig").strip()
        trouble = (
            "is empty" if not secret else "is too large for a secret" if len(raw) > SECRET_LIMIT else None
        )
    except OSError as error:
        trouble = f"cannot be read: {error.strerror or 'it cannot be opened'}"
    except ValueError:
        trouble = "is not text"
    if trouble is not None:
        raise ConfigError((f"{key} names {path}, which {trouble}. {_mend(TOKEN_FILE)}",))
    return secret


def _merge(below: Table, above: Table) -> Table:
    """Tables are merged key by key; anything else above replaces what is below."""
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        merged[name] = _merge(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _has_token(merged: Table) -> bool:
    telegram = merged.get("telegram", {})
    return not isinstance(telegram, dict) or not {"token", "token_file"}.isdisjoint(telegram)


def _strange_variables(env: Mapping[str, str]) -> Iterator[str]:
    """Variables that were meant for us and lead nowhere.

    With the double underscore they can only be ours; without, only one that is nearly a key's name is told:
    clusters put variables of their own there, like WATCHDOG_SERVICE_HOST.
    """
    known = [_variable(tuple(key.split("."))) for key in keys() if not key.startswith("feeds.")]
    for name in sorted(name for name, value in env.items() if value and name.upper().startswith(PREFIX)):
        section, *rest = name.upper().removeprefix(PREFIX).lower().split("__")
        if section in Settings.model_fields:
            continue  # checked with the rest
        near = get_close_matches(name.upper(), known, n=1, cutoff=0.7 if rest else 0.9)
        if near:
            yield f"{name} is not a known variable. Did you mean {near[0]}?"
        elif rest:
            yield f"{name} is not a known variable. The sections are {', '.join(Settings.model_fields)}."


# --------------------------------------------------------------------------- from a failed check to a sentence

# pydantic names its checks "int_parsing", "int_type", "bool_parsing" …: the first word says what was wanted.
WANTED = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a number",
    "bool": "true or false",
    "string": "text",
    "path": "the name of a file",
    "tuple": "a list",
    "model": "a section with keys",
}


def _fault(detail: ErrorDetails, places: _Places) -> str:
    location = detail["loc"]
    if detail["type"] == "extra_forbidden":
        return _unknown(location, places)
    cause = _cause(detail)
    return f"{_where(location, places)} {cause}{'' if cause.endswith('?') else '.'} {_mend(location)}"


def _cause(detail: ErrorDetails) -> str:
    """What is wrong, as the rest of a sentence that starts with the key."""
    context = detail.get("ctx", {})
    shown = _shown(detail["loc"], detail["input"])
    match detail["type"]:
        case "missing":
            return "is missing"
        case "greater_than_equal" | "less_than_equal" if str(detail["input"]).lower() == "nan":
            return "is not a number"
        case "value_error":
            return str(context["error"])
        case "greater_than_equal":
            return f"is {shown}, which is below {context['ge']}"
        case "less_than_equal":
            return f"is {shown}, which is above {context['le']}"
        case "enum":
            choices = re.findall(r"'([^']+)'", context["expected"])
            near = get_close_matches(str(detail["input"]), choices, n=1)
            return f"is {shown}, which is not a choice" + (f" (perhaps {near[0]})" if near else "")
        case "string_too_short":
            return "is empty"
        case "string_too_long":
            return f"is longer than {context['max_length']} characters"
    wanted = WANTED.get(detail["type"].partition("_")[0], "what it should be")
    return f"is {shown}, which is not {wanted}" if shown else f"is not {wanted}"


def _shown(location: Location, value: object) -> str:
    """A short, printable form of a plain value; nothing for a secret, a person or a whole section."""
    field = _field(location)
    if field is None or not field.repr or len(_names(location)) == 1:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value) if abs(value) < 10**18 or isinstance(value, float) else "a huge number"
    if isinstance(value, str):
        text = redact("".join(character if character.isprintable() else "?" for character in value))
        return f'"{text[:SHOWN]}…"' if len(text) > SHOWN else f'"{text}"'
    return ""


def _unknown(location: Location, places: _Places) -> str:
    """An unknown key, with the name that was probably meant: here, or the same name in another section."""
    names = _names(location)
    section = Settings.model_fields.get(names[0]) if len(names) > 1 else None
    siblings = list(table_of(section).model_fields if section else Settings.model_fields)
    start = f"{_where(location, places)} is not a known key."
    wanted = names[-1].lower()
    if near := get_close_matches(wanted, siblings, n=1):
        return (
            f"{start} Did you mean {names[0]}.{near[0]}?" if section else f"{start} Did you mean {near[0]}?"
        )
    if elsewhere := [key for key in keys() if key.partition(".")[2] == wanted]:
        return f"{start} Did you mean {elsewhere[0]}?"
    return f"{start} Known here: {', '.join(siblings)}."


def _mend(location: Location) -> str:
    field = _field(location)
    if field is not None and field.description:
        return field.description
    return f"Write [{location[0]}] on a line of its own, and its keys below it."


def _where(location: Location, places: _Places) -> str:
    """The name under which the operator wrote it."""
    key = tuple(str(part) for part in takewhile(lambda part: isinstance(part, str), location))[:2]
    dotted = ".".join(key)
    inside: Any = places.in_env
    for name in key:
        inside = inside.get(name) if isinstance(inside, dict) else None
    if key == TOKEN and places.secret_from is not None:
        shown = f"{dotted} in {places.secret_from}"
    elif inside is not None:
        shown = _variable(key)
    else:
        shown = f"{dotted} in {places.path}" if places.path else dotted
    position = location[len(key)] if len(location) > len(key) else None
    if not isinstance(position, int):
        return shown
    return ", ".join((shown, f"number {position + 1}", *map(str, location[len(key) + 1 :])))


def _field(location: Location) -> FieldInfo | None:
    """The field that a location leads to: a section, or a key of it."""
    names = _names(location)
    section = Settings.model_fields.get(names[0]) if names else None
    if section is None or len(names) == 1:
        return section
    return table_of(section).model_fields.get(names[1])


def _names(location: Location) -> tuple[str, ...]:
    return tuple(part for part in location if isinstance(part, str))


def _variable(names: tuple[str, ...]) -> str:
    return PREFIX + "__".join(names).upper()
