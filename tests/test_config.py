"""The configuration: every key, three places, all faults at once."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from watchdog_bot import config
from watchdog_bot.core.errors import ConfigError
from watchdog_bot.core.feeds.discover import TELEGRAM_RULES
from watchdog_bot.core.feeds.rules import NO_RULES, SourceRules
from watchdog_bot.core.latency import Delays, Leg
from watchdog_bot.core.model import FeedKind
from watchdog_bot.settings import FeedSettings, Settings, keys, table_of
from watchdog_bot.store import StoreStatus
from watchdog_bot.web.pages import metrics

TOKEN = "123456789:" + "Ab-_" * 9
OTHER_TOKEN = "987654321:" + "Z" * 35
ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "config.example.toml"


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(path: Path | None, env: dict[str, str], *, need_token: bool = False) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        config.load(path, env, need_token=need_token)
    return caught.value.faults


def only_fault(path: Path | None, env: dict[str, str], *, need_token: bool = False) -> str:
    faults = faults_of(path, env, need_token=need_token)
    assert len(faults) == 1
    return faults[0]


# --------------------------------------------------------------------------- the example


def all_set(example: str) -> str:
    """The example with the keys that are off set."""
    return re.sub(r"^# (\[\[feeds\]\]|[a-z_]+ = .*)$", r"\1", example, flags=re.MULTILINE)


def test_the_example_loads_as_it_is() -> None:
    settings = config.load(EXAMPLE, {})
    assert settings.telegram.token.get_secret_value().startswith("123456789:")


def test_the_example_shows_the_defaults() -> None:
    assert config.load(EXAMPLE, {"WATCHDOG_TELEGRAM__TOKEN": TOKEN}) == config.load(
        None, {"WATCHDOG_TELEGRAM__TOKEN": TOKEN}
    )


def test_the_example_names_every_key_of_the_model_and_no_other() -> None:
    tables = tomllib.loads(all_set(EXAMPLE.read_text(encoding="utf-8")))
    rows = {name: table[0] if isinstance(table, list) else table for name, table in tables.items()}
    assert {f"{name}.{key}" for name, row in rows.items() for key in row} == set(keys())


def test_the_keys_that_are_off_in_the_example_can_be_set(tmp_path: Path) -> None:
    text = all_set(EXAMPLE.read_text(encoding="utf-8"))
    text = re.sub(r"^token = .*$", "", text, flags=re.MULTILINE)
    secret = tmp_path / "secret"
    secret.write_text(TOKEN)
    path = written(tmp_path, text.replace("/run/secrets/telegram_token", str(secret)))
    settings = config.load(path, {})
    assert settings.telegram.token.get_secret_value() == TOKEN
    assert settings.feeds == (
        FeedSettings(
            name="Example News",
            url="https://news.example/feed.xml",
            kind=FeedKind.AUTO,
            every=900,
            rules=SourceRules(
                section="/news/*",
                container="article",
                link="a",
                title="h2",
                date="time",
                summary="p",
                archive="/news/{year}/{month}/{day}",
                sitemap="/sitemap.xml",
            ),
            mirror="https://mirror.example/{path}",
            archive="https://web.archive.org/web/{url}",
        ),
    )


def test_every_line_of_the_example_that_sets_a_key_is_explained_above_it() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    setting = re.compile(r"(# )?[a-z_]+ = ")
    for number, line in enumerate(lines):
        if setting.match(line):
            above = lines[number - 1]
            assert above.startswith("# ")
            assert not setting.match(above)


def test_every_block_of_the_page_about_sources_can_be_copied(tmp_path: Path) -> None:
    page = (EXAMPLE.parent / "docs" / "sources.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    settings = config.load(written(tmp_path, "".join(blocks)), {}, need_token=False)
    assert len(settings.feeds) == len(blocks) >= 6
    telegram = next(feed for feed in settings.feeds if feed.url.startswith("https://t.me/"))
    assert telegram.rules == TELEGRAM_RULES


def test_the_page_on_operating_names_every_key_and_every_figure() -> None:
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    figures = re.findall(r"^# TYPE (\w+)", every_figure(), re.MULTILINE)
    assert len(figures) > 10
    assert [name for name in (*keys(), *figures) if f"`{name}`" not in page] == []


def every_figure() -> str:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    status = StoreStatus(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, last_check_at=at, last_sent_at=at)
    extra = ("hubs_active", "pushes_taken_total", "pushes_refused_total")  # those that the web server adds
    return metrics(status, at, dict.fromkeys(extra, 1), delays=[Delays(Leg.SENT, 1, 1.0, 2.0)])


def test_only_sections_have_keys() -> None:
    with pytest.raises(TypeError, match="is not a section"):
        table_of(FieldInfo(annotation=tuple[int, ...]))


# --------------------------------------------------------------------------- the three places


def test_the_environment_alone_is_enough() -> None:
    settings = config.load(
        None,
        {
            "WATCHDOG_TELEGRAM__TOKEN": TOKEN,
            "WATCHDOG_TELEGRAM__ADMINS": "11, 22 11",
            "WATCHDOG_FETCH__MIN_INTERVAL": "60",
            "WATCHDOG_CATALOGUE__ENABLED": "false",
            "WATCHDOG_FEEDS": '[{"name": "A", "url": "https://a.example/feed", "kind": "feed", "every": 600}]',
        },
    )
    assert settings.telegram.token.get_secret_value() == TOKEN
    assert settings.telegram.admins == (11, 22)
    assert settings.fetch.min_interval == 60
    assert settings.catalogue.enabled is False
    assert settings.feeds == (FeedSettings(name="A", url="https://a.example/feed", every=600),)


@pytest.mark.parametrize("typed", ["7", "[7]", " 7 ", "7,", "7;7"])
def test_one_administrator_can_be_given_in_the_environment(typed: str) -> None:
    settings = config.load(None, {"WATCHDOG_TELEGRAM__ADMINS": typed}, need_token=False)
    assert settings.telegram.admins == (7,)


def test_the_environment_wins_over_the_file_key_by_key(tmp_path: Path) -> None:
    path = written(tmp_path, "[fetch]\nmin_interval = 60\ntimeout = 5\n")
    settings = config.load(path, {"WATCHDOG_FETCH__TIMEOUT": "7.5"}, need_token=False)
    assert (settings.fetch.min_interval, settings.fetch.timeout) == (60, 7.5)


def test_a_variable_set_to_nothing_counts_as_not_set(tmp_path: Path) -> None:
    path = written(tmp_path, f'[telegram]\ntoken = "{TOKEN}"\n')
    settings = config.load(path, {"WATCHDOG_TELEGRAM__TOKEN": "", "WATCHDOG_TELEGRAM__TOKEN_FILE": ""})
    assert settings.telegram.token.get_secret_value() == TOKEN


def test_nothing_but_what_is_handed_over_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_FETCH__MIN_INTERVAL", "77")
    assert config.load(None, {}, need_token=False).fetch.min_interval == 300
    assert Settings.model_validate({}).fetch.min_interval == 300


@pytest.mark.parametrize("from_file", [True, False])
def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path, from_file: bool) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"\ufeff  {TOKEN}\r\n", encoding="utf-8")
    path = written(tmp_path, f"[telegram]\ntoken_file = '{secret}'\n") if from_file else None
    env = {} if from_file else {"WATCHDOG_TELEGRAM__TOKEN_FILE": str(secret)}
    assert config.load(path, env).telegram.token.get_secret_value() == TOKEN


def test_a_secret_file_in_the_environment_wins_over_the_token_in_the_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(OTHER_TOKEN)
    path = written(tmp_path, f'[telegram]\ntoken = "{TOKEN}"\n')
    settings = config.load(path, {"WATCHDOG_TELEGRAM__TOKEN_FILE": str(secret)})
    assert settings.telegram.token.get_secret_value() == OTHER_TOKEN


def test_a_token_in_the_environment_spares_the_secret_file_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "[telegram]\ntoken_file = '/nowhere/at/all'\n")
    assert config.load(path, {"WATCHDOG_TELEGRAM__TOKEN": TOKEN}).telegram.token.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, "cannot be read"),
        (b" \n", "is empty"),
        (b"\xff\xfe", "is not text"),
        (b"x" * 5000, "is too large"),
    ],
)
def test_a_secret_file_that_is_no_use_is_named(tmp_path: Path, content: bytes | None, cause: str) -> None:
    secret = tmp_path / "token"
    if content is not None:
        secret.write_bytes(content)
    fault = only_fault(None, {"WATCHDOG_TELEGRAM__TOKEN_FILE": str(secret)}, need_token=True)
    assert fault.startswith(f"WATCHDOG_TELEGRAM__TOKEN_FILE names {secret}, which {cause}")


def test_a_secret_file_with_a_wrong_token_is_named_and_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("not-really-a-token")
    fault = only_fault(None, {"WATCHDOG_TELEGRAM__TOKEN_FILE": str(secret)})
    assert fault.startswith(f"telegram.token in {secret} does not look like a bot token.")
    assert "not-really" not in fault


def test_a_token_beside_its_file_is_a_fault(tmp_path: Path) -> None:
    path = written(tmp_path, f'[telegram]\ntoken = "{TOKEN}"\ntoken_file = "x"\n')
    assert "Keep one of the two" in only_fault(path, {})


# --------------------------------------------------------------------------- which file


def test_it_finds_the_file_that_is_given_before_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert config.find(None, {}) is None
    written(tmp_path, "")
    assert config.find(None, {}) == Path("config.toml")
    assert config.find(None, {"WATCHDOG_CONFIG": "/etc/watchdog.toml"}) == Path("/etc/watchdog.toml")
    assert config.find(Path("mine.toml"), {"WATCHDOG_CONFIG": "/etc/watchdog.toml"}) == Path("mine.toml")


def test_a_file_that_is_not_there_is_a_fault_and_nothing_is_called_missing(tmp_path: Path) -> None:
    fault = only_fault(tmp_path / "config.toml", {}, need_token=True)
    assert "cannot be read: No such file or directory" in fault
    assert "config.example.toml" in fault


def test_a_folder_in_place_of_the_file_is_a_fault(tmp_path: Path) -> None:
    assert "cannot be read" in only_fault(tmp_path, {})


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeff[fetch]\nmin_interval = 9\n")
    assert config.load(path, {}, need_token=False).fetch.min_interval == 9


def test_a_syntax_error_is_told_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "[telegram]\n\ntoken = oops\n")
    fault = only_fault(path, {}, need_token=True)
    assert fault.startswith(f"{path}, line 3: this is not TOML")


def test_a_syntax_error_at_the_end_is_told_with_the_last_line(tmp_path: Path) -> None:
    path = written(tmp_path, "[fetch]\nmin_interval = [1,\n")
    assert f"{path}, line 2: this is not TOML" in only_fault(path, {})


def test_a_syntax_error_does_not_hide_the_faults_of_the_environment(tmp_path: Path) -> None:
    path = written(tmp_path, "[fetch\n")
    faults = faults_of(path, {"WATCHDOG_FETCH__TIMEOUT": "soon"}, need_token=True)
    assert [fault.split(",")[0].split(" ")[0] for fault in faults] == [str(path), "WATCHDOG_FETCH__TIMEOUT"]


def test_a_file_that_is_not_text_is_a_fault_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes("[fetch]\n# ж\ncontact = 'é'\n".encode("latin-1", "replace"))
    assert f"{path}, line 3: the text is not UTF-8" in only_fault(path, {})


def test_a_huge_file_and_a_deep_one_are_faults(tmp_path: Path) -> None:
    assert "is larger than" in only_fault(written(tmp_path, "#" * 1_000_001), {})
    assert "deep" in only_fault(written(tmp_path, "a = " + "[" * 100_000), {})


# --------------------------------------------------------------------------- faults


def test_all_faults_are_told_at_once_each_with_key_cause_and_mend(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '[telegram]\ntoken = "abc"\n[fetch]\nmin_interval = 0\nmin_intervall = 5\n[log]\nlevel = "inof"\n',
    )
    assert "\n".join(faults_of(path, {"WATCHDOG_PARSER__WORKERS": "many"}, need_token=True)) == (
        f"telegram.token in {path} does not look like a bot token. Write the token that @BotFather gave you, "
        "digits:letters, between quotes; or put it into a file of its own and name that in telegram.token_file.\n"
        f"fetch.min_interval in {path} is 0, which is below 1. "
        "Write seconds, 1 to 604800: no source is asked more often.\n"
        f"fetch.min_intervall in {path} is not a known key. Did you mean fetch.min_interval?\n"
        'WATCHDOG_PARSER__WORKERS is "many", which is not a whole number. '
        "Write how many, 1 to 64; one for each core is plenty.\n"
        f'log.level in {path} is "inof", which is not a choice (perhaps info). Write debug, info, warning or error.'
    )


def test_a_missing_token_is_told_with_both_names() -> None:
    fault = only_fault(None, {}, need_token=True)
    assert fault.startswith("telegram.token (or WATCHDOG_TELEGRAM__TOKEN) is missing. Write the token")


def test_a_command_that_needs_no_token_gets_none() -> None:
    assert config.load(None, {}, need_token=False).telegram.token.get_secret_value() == ""


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[telegram]\ntokn = 'x'", "telegram.token"),
        ("[fetch]\nMin_Interval = 4", "fetch.min_interval"),
        ("[feches]", "fetch"),
        ("token = 'x'", "telegram.token"),
        ("[fetch]\nsummary_length = 100", "alerts.summary_length"),
        ("[[feeds]]\nname = 'a'\nurl = 'https://a.example'\nevry = 3", "feeds.every"),
    ],
)
def test_an_unknown_key_suggests_the_near_name(tmp_path: Path, text: str, meant: str) -> None:
    fault = only_fault(written(tmp_path, text), {})
    assert fault.endswith(f"is not a known key. Did you mean {meant}?")


def test_an_unknown_key_with_no_near_name_lists_the_known(tmp_path: Path) -> None:
    assert only_fault(written(tmp_path, "[log]\nzzz = 1"), {}).endswith("Known here: level, format.")


@pytest.mark.parametrize("name", ["self", "_env_file", "_build_sources", "__class__"])
def test_a_key_named_like_machinery_is_just_unknown(tmp_path: Path, name: str) -> None:
    assert "is not a known key" in only_fault(written(tmp_path, f"{name} = 1"), {})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("WATCHDOG_TELEGRAM_TOKEN", "Did you mean WATCHDOG_TELEGRAM__TOKEN?"),
        ("WATCHDOG_FECTH__TIMEOUT", "Did you mean WATCHDOG_FETCH__TIMEOUT?"),
        ("WATCHDOG_FETCH__TIMEOT", "Did you mean fetch.timeout?"),
        ("WATCHDOG_QQQ__ZZZ", "The sections are telegram"),
    ],
)
def test_a_variable_that_leads_nowhere_is_told(name: str, meant: str) -> None:
    fault = only_fault(None, {name: "1"})
    assert fault.startswith(name)
    assert meant in fault


@pytest.mark.parametrize("name", ["WATCHDOG_SERVICE_HOST", "WATCHDOG_CORPORA", "WATCHDOG_CONFIG", "PATH"])
def test_variables_of_others_are_left_alone(name: str) -> None:
    assert config.load(None, {name: "x"}, need_token=False) == config.load(None, {}, need_token=False)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("[fetch]\nmin_interval = true", "is true or false, not a number"),
        ("[fetch]\nmin_interval = 1.5", "is 1.5, which is not a whole number"),
        ("[fetch]\nmin_interval = 99999999999999999999", "is a huge number, which is above 604800"),
        ("[fetch]\ntimeout = nan", "is not a number"),
        ("[fetch]\ntimeout = inf", "is inf, which is above 300"),
        ("[fetch]\nallow_private_addresses = 'maybe'", 'is "maybe", which is not true or false'),
        ("[fetch]\ncontact = 3", "is 3, which is not text"),
        ("[fetch]\ncontact = 'someone'", "is neither an e-mail address nor an address on the web"),
        ('[fetch]\ncontact = "a@b.example\\r\\nX-Evil: 1"', "cannot stand in a request's header"),
        ("[database]\npath = ''", "is not the name of a file"),
        ('[database]\npath = "a\\u0000b"', "holds a zero character"),
        ("[database]\npath = 4", "is 4, which is not the name of a file"),
        ("fetch = 3", "is not a section with keys"),
        ("feeds = 3", "is not a list"),
        ("[[feeds]]\nurl = 'https://a.example'", "number 1, name is missing"),
        ("[[feeds]]\nname = ''\nurl = 'https://a.example'", "number 1, name is empty"),
        (f"[[feeds]]\nname = '{'n' * 201}'\nurl = 'https://a.example'", "is longer than 200 characters"),
        ("[[feeds]]\nname = 'a'\nurl = 'ftp://a.example'", "does not start with https:// or http://"),
        ("[[feeds]]\nname = 'a'\nurl = 'https:///x'", "names no host"),
        ("[[feeds]]\nname = 'a'\nurl = 'https://a.example:99999/'", "its host or port cannot be read"),
        ("[[feeds]]\nname = 'a'\nurl = 'https://a.example/a b'", "holds a space or a control character"),
        (f"[[feeds]]\nname = 'a'\nurl = 'https://a.example/{'x' * 2048}'", "is longer than 2048 characters"),
        (
            "[[feeds]]\nname = 'a'\nurl = 'https://a.example'\nkind = 'rsss'",
            "which is not a choice (perhaps rss)",
        ),
        ("[telegram]\nadmins = ['@somebody']", "number 1 is not a whole number"),
        (
            "[telegram]\nadmins = [5, -1001234567890]",
            "number 2 is the id of a group or channel, not of a person",
        ),
        ("[telegram]\nadmins = [0]", "number 1 is not an id that Telegram gives"),
        ("[web]\nlisten = '8080'", "does not end with a colon and a port"),
        ("[web]\nlisten = '127.0.0.1:99999'", "does not end with a colon and a port"),
        ("[web]\nlisten = 'bot.example:80'", "does not begin with an address of this machine"),
        ("[web]\nlisten = '::1:80'", "has an IPv6 address without [ and ]"),
        ("[web]\npublic_url = 'bot.example'", "does not start with https:// or http://"),
        ("[web]\npublic_url = 'https://bot.example/?a=1'", "holds a user, a query or a fragment"),
        (f"[web]\npublic_url = 'https://bot.example/{'x' * 500}'", "is longer than 500 characters"),
        (
            "[telegram]\npaid_broadcast = 200",
            "is not confirmed. Paid broadcast at 200 messages a second costs",
        ),
        (
            "[[feeds]]\nname = 'a'\nurl = 'https://a.example'\nrules = { titel = 'h2' }",
            "did you mean title? Write what",
        ),
        ("[web]\nwebsub = true", "asks for websub without listen and public_url"),
        ("[web]\nwebsub = true\nlisten = 'localhost:1'", "asks for websub without public_url"),
    ],
)
def test_each_wrong_value_has_its_cause(tmp_path: Path, text: str, cause: str) -> None:
    path = written(tmp_path, text)
    fault = only_fault(path, {})
    assert cause in fault
    assert f" in {path}" in fault


def test_the_same_source_twice_is_a_fault(tmp_path: Path) -> None:
    block = "[[feeds]]\nname = '{}'\nurl = 'https://a.example/feed'\n"
    path = written(tmp_path, block.format("a") + block.format("b"))
    assert "holds the same url twice, as number 1 and as number 2" in only_fault(path, {})


@pytest.mark.parametrize("kind", list(FeedKind))
def test_a_source_may_be_of_every_kind(tmp_path: Path, kind: FeedKind) -> None:
    path = written(tmp_path, f"[[feeds]]\nname = 'a'\nurl = 'https://a.example'\nkind = '{kind.upper()}'\n")
    assert config.load(path, {}, need_token=False).feeds[0].kind is kind


PAGE = "[[feeds]]\nname = 'a'\nurl = 'https://a.example'\n"


def test_a_source_may_have_rules_in_a_line_or_in_a_table(tmp_path: Path) -> None:
    wanted = SourceRules(container="article", section="/a/*")
    for text in (
        "rules = { container = 'article', section = ' /a/* ' }",
        "[feeds.rules]\ncontainer = 'article'\nsection = '/a/*'",
    ):
        assert config.load(written(tmp_path, PAGE + text), {}, need_token=False).feeds[0].rules == wanted
    assert config.load(written(tmp_path, PAGE), {}, need_token=False).feeds[0].rules == NO_RULES


def test_rules_may_stand_in_the_environment() -> None:
    env = {"WATCHDOG_FEEDS": '[{"name": "A", "url": "https://a.example", "rules": {"container": "li"}}]'}
    [feed] = config.load(None, env, need_token=False).feeds
    assert feed.rules == SourceRules(container="li")


@pytest.mark.parametrize(
    ("rules", "cause"),
    [
        ("{ container = 'a[' }", "number 1, rules hold a fault: container = 'a[' is no CSS selector."),
        ("{ title = 'h2' }", "rules hold a fault: selectors need container, which finds each post."),
        (
            "{ title = 'h2', archive = '/{days}' }",
            "selectors need container, which finds each post; archive knows day, day02, month, month02, year, not days.",
        ),
        ("{ containr = 'h2' }", "rules hold a fault: there is no rule 'containr'; did you mean container?"),
        ("{ container = 2 }", "rules hold a fault: container is a text between quotes"),
        ("'article'", "rules hold a fault: they are a table such as"),
    ],
)
def test_rules_with_a_fault_are_told_with_the_mend(tmp_path: Path, rules: str, cause: str) -> None:
    fault = only_fault(written(tmp_path, f"{PAGE}rules = {rules}\n"), {})
    assert cause in fault
    assert fault.endswith("docs/sources.md explains each.")


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8081", "http://localhost:1/", "http://[::1]:80", "https://api.example/base/"],
)
def test_the_bot_api_may_be_elsewhere(address: str) -> None:
    settings = config.load(None, {"WATCHDOG_TELEGRAM__API_BASE_URL": address}, need_token=False)
    assert settings.telegram.api_base_url == address.rstrip("/")


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("http://api.telegram.org", "would send the token unencrypted"),
        ("http://localhost.evil.example", "would send the token unencrypted"),
        ("http://127.0.0.1@evil.example", "holds a user"),
        ("https://api.example/?x=1", "holds a user, a query or a fragment"),
        ("api.telegram.org", "does not start with https://"),
    ],
)
def test_the_token_never_travels_unencrypted(address: str, cause: str) -> None:
    assert cause in only_fault(None, {"WATCHDOG_TELEGRAM__API_BASE_URL": address})


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("", None),
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:80", ("::1", 80)),
    ],
)
def test_the_web_server_listens_where_it_is_told(listen: str, address: tuple[str, int] | None) -> None:
    settings = config.load(None, {"WATCHDOG_WEB__LISTEN": listen}, need_token=False)
    assert settings.web.address == address


def test_websub_is_off_unless_it_can_be_reached() -> None:
    assert config.load(None, {}, need_token=False).web.websub is False
    on = {
        "WATCHDOG_WEB__WEBSUB": "true",
        "WATCHDOG_WEB__LISTEN": "127.0.0.1:8080",
        "WATCHDOG_WEB__PUBLIC_URL": "https://bot.example/base/",
    }
    assert config.load(None, on, need_token=False).web.public_url == "https://bot.example/base"


# --------------------------------------------------------------------------- secrecy and steadiness


def test_the_token_and_the_administrators_are_never_shown() -> None:
    settings = config.load(None, {"WATCHDOG_TELEGRAM__TOKEN": TOKEN, "WATCHDOG_TELEGRAM__ADMINS": "424242"})
    for shown in (repr(settings), str(settings), repr(settings.telegram), settings.model_dump_json()):
        assert TOKEN not in shown
    assert "424242" not in repr(settings)


@pytest.mark.parametrize(
    "env",
    [
        {"WATCHDOG_TELEGRAM": '{"token": "' + TOKEN},
        {"WATCHDOG_LOG__LEVEL": TOKEN},
        {"WATCHDOG_TELEGRAM__ADMINS": TOKEN},
        {"WATCHDOG_TELEGRAM__TOKEN": TOKEN + "!"},
        {"WATCHDOG_FETCH__TOKEN": TOKEN},
    ],
)
def test_a_token_in_the_wrong_place_is_not_shown_in_the_fault(env: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(None, env, need_token=False)
    assert TOKEN not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_settings_cannot_be_changed_later() -> None:
    settings = config.load(None, {}, need_token=False)
    with pytest.raises(ValueError, match="frozen"):
        settings.fetch = settings.fetch
    with pytest.raises(ValueError, match="frozen"):
        settings.fetch.timeout = 1.0


def test_a_path_at_home_is_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    settings = config.load(None, {"WATCHDOG_DATABASE__PATH": "~/bot.db"}, need_token=False)
    assert settings.database.path == Path("/home/somebody/bot.db")


SCALARS = st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.booleans())
VARIABLES = st.sampled_from([key for key in keys() if key != "telegram.token_file"])


@given(st.dictionaries(VARIABLES, SCALARS, max_size=6))
def test_whatever_the_environment_holds_it_loads_or_tells(values: dict[str, object]) -> None:
    env = {f"WATCHDOG_{key.replace('.', '__').upper()}": str(value) for key, value in values.items()}
    try:
        faults: tuple[str, ...] = ()
        config.load(None, env, need_token=False)
    except ConfigError as error:
        faults = error.faults
        told = bool(faults)
    else:
        told = True
    assert told
    assert all(fault.isprintable() for fault in faults)
