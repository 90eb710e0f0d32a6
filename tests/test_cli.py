"""The door: every command, its output, its exit code."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.feedserver import FeedServer
from watchdog_bot import __version__
from watchdog_bot.core.feeds.parse import parse_document
from watchdog_bot.inspect_feed import as_json

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "1234567:" + "A" * 35

RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Court notes</title>
<item><title>Verdict in Minsk</title><link>https://example.org/1</link><guid>n1</guid>
<pubDate>Tue, 03 Nov 2026 10:00:00 GMT</pubDate><description>&lt;p&gt;A court sat.&lt;/p&gt;</description></item>
</channel></rss>"""


def bot(
    *args: str, folder: Path, stdin: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `bot.py` as a user would, in a folder of its own."""
    return subprocess.run(
        [sys.executable, str(ROOT / "bot.py"), *args],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "TMPDIR": str(folder),  # a demo that runs elsewhere on this machine is not this one
            "WATCHDOG_TELEGRAM__TOKEN": TOKEN,
            **(env or {}),
        },
    )


def test_it_says_its_version(tmp_path: Path) -> None:
    done = bot("--version", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"watchdog-bot {__version__}\n")


@pytest.mark.parametrize(
    "args", [["frobnicate"], ["feeds", "inspect"], ["run", "--confg", "x"], ["feeds", "frob"]]
)
def test_a_wrong_command_line_is_exit_code_2(args: Sequence[str], tmp_path: Path) -> None:
    done = bot(*args, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr


def test_help_lists_every_command(tmp_path: Path) -> None:
    text = bot("--help", folder=tmp_path).stdout
    for command in ("run", "demo", "check", "health", "backup", "feeds", "match"):
        assert command in text


# ------------------------------------------------------------------ check


def test_check_is_content_with_a_good_configuration(tmp_path: Path) -> None:
    done = bot("check", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "fine" in done.stdout


def test_check_tells_three_faults_at_once_each_with_its_mend(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[telegram]\ntokn = "x"\nadmins = ["me"]\n[fetch]\nmin_interval = -1\n')
    done = bot("check", "--config", str(config), folder=tmp_path)
    assert done.returncode == 2
    for part in ("tokn", "token", "admins", "min_interval"):
        assert part in done.stderr
    assert done.stderr.count("✗") >= 3
    assert "Traceback" not in done.stderr


def test_check_names_a_database_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("This is not a database, whatever its name says. " * 40)
    done = bot("check", folder=tmp_path, env={"WATCHDOG_DATABASE__PATH": "notes.db"})
    assert done.returncode == 1
    assert "not an SQLite database" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_refuses_the_examples_own_token(tmp_path: Path) -> None:
    done = bot(
        "check",
        "--config",
        str(ROOT / "config.example.toml"),
        folder=tmp_path,
        env={"WATCHDOG_TELEGRAM__TOKEN": ""},
    )
    assert done.returncode == 2
    assert "example" in done.stderr


def test_check_names_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    done = bot("check", folder=tmp_path, env={"WATCHDOG_DATABASE__PATH": "/proc/nowhere/watchdog.db"})
    assert done.returncode == 1
    assert "cannot be made" in done.stderr
    assert "Traceback" not in done.stderr


def test_health_without_a_running_bot_fails_with_the_reason(tmp_path: Path) -> None:
    done = bot("health", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("✗ There is no database data/watchdog.db: the bot has not been started yet")


def foreign_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE song (title TEXT)")
        connection.commit()


@pytest.mark.parametrize(
    "command", [("health",), ("feeds", "list"), ("feeds", "check"), ("backup", "copy.db")]
)
def test_another_programs_database_is_not_called_a_defect(command: tuple[str, ...], tmp_path: Path) -> None:
    foreign_database(tmp_path / "songs.db")
    done = bot(*command, folder=tmp_path, env={"WATCHDOG_DATABASE__PATH": "songs.db"})
    assert done.returncode == 1
    assert "songs.db is not one of this bot's. Name the right file in database.path." in done.stderr
    assert not (tmp_path / "copy.db").exists()


# ------------------------------------------------------------------ backup


def test_a_backup_can_be_put_in_the_databases_place(tmp_path: Path) -> None:
    assert bot("check", folder=tmp_path).returncode == 0
    done = bot("backup", "copy.db", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "copied to copy.db" in done.stdout
    assert bot("check", folder=tmp_path, env={"WATCHDOG_DATABASE__PATH": "copy.db"}).returncode == 0


def test_a_backup_of_nothing_and_one_over_the_database_itself_are_refused(tmp_path: Path) -> None:
    nothing = bot("backup", "copy.db", folder=tmp_path)
    assert (nothing.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "There is no database" in nothing.stderr
    bot("check", folder=tmp_path)
    before = (tmp_path / "data" / "watchdog.db").stat().st_ino
    itself = bot("backup", "data/../data/watchdog.db", folder=tmp_path)
    assert itself.returncode == 1
    assert "is the database itself. Name another file" in itself.stderr
    assert (tmp_path / "data" / "watchdog.db").stat().st_ino == before


# ------------------------------------------------------------------ feeds


def test_inspect_prints_what_the_parser_sees(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(RSS)
    done = bot("feeds", "inspect", "feed.xml", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["kind"], seen["title"]) == ("rss", "Court notes")
    assert seen["entries"] == [
        {
            "id": "n1",
            "link": "https://example.org/1",
            "title": "Verdict in Minsk",
            "published": "2026-11-03T10:00:00+00:00",
            "summary": "A court sat.",
        }
    ]


def test_inspect_shows_the_date_that_an_alert_would_show() -> None:
    document = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><updated>2026-05-05T10:00:00Z</updated></entry></feed>'
    [entry] = as_json(parse_document(document.encode(), url="https://example.org/"))["entries"]
    assert entry["published"] == "2026-05-05T10:00:00+00:00"


def test_inspect_shows_the_sitemaps_that_an_index_names() -> None:
    index = b"<sitemapindex><sitemap><loc>https://example.org/1.xml</loc></sitemap></sitemapindex>"
    shown = as_json(parse_document(index, url="https://example.org/"))
    assert (shown["kind"], shown["entries"], shown["children"]) == (
        "sitemap",
        [],
        ["https://example.org/1.xml"],
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [("", "empty"), ("<html><body>Hello</body></html>", "page"), ("just words", "not a feed")],
)
def test_inspect_says_what_a_document_is_instead(body: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(body)
    done = bot("feeds", "inspect", "feed.xml", folder=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_inspect_of_a_missing_file_says_so(tmp_path: Path) -> None:
    done = bot("feeds", "inspect", "nowhere.xml", folder=tmp_path)
    assert done.returncode == 1
    assert "nowhere.xml" in done.stderr


def test_inspect_of_a_folder_or_nothing_says_what_to_give(tmp_path: Path) -> None:
    for target, named in ((".", "."), ("", "nothing")):
        done = bot("feeds", "inspect", target, folder=tmp_path)
        assert (done.returncode, done.stderr) == (
            1,
            f"✗ {named} is not a file; give a file or an http(s) address\n",
        )


def test_inspect_keeps_to_the_size_that_the_configuration_allows(tmp_path: Path) -> None:
    async def asked() -> subprocess.CompletedProcess[str]:
        async with FeedServer() as server:
            server.serve("/feed", b"<rss>" + b" " * 20_000)
            env = {"WATCHDOG_FETCH__MAX_BODY": "10000", "WATCHDOG_FETCH__ALLOW_PRIVATE_ADDRESSES": "true"}
            return await asyncio.to_thread(
                bot, "feeds", "inspect", server.url("/feed"), folder=tmp_path, env=env
            )

    done = asyncio.run(asked())
    assert done.returncode == 1
    assert "larger than 0.01 MB" in done.stderr


def test_inspect_refuses_private_addresses_unless_allowed(tmp_path: Path) -> None:
    done = bot("feeds", "inspect", "http://127.0.0.1:8099/feed", folder=tmp_path)
    assert done.returncode == 1
    assert "private" in done.stderr or "loopback" in done.stderr


def test_feeds_are_listed_and_one_that_is_none_is_not_removed(tmp_path: Path) -> None:
    done = bot("feeds", "list", folder=tmp_path)
    assert (done.returncode, list(tmp_path.iterdir())) == (0, [])
    assert "No feed is watched yet" in done.stdout
    done = bot("feeds", "remove", "99", folder=tmp_path)
    assert done.returncode == 1
    assert "99" in done.stderr


# ------------------------------------------------------------------ matching


def test_countries_are_matched_a_line_at_a_time(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "title": "Moscow court jails student", "text": ""},
        {"id": 2, "title": "Kazakhstan sends tax inspectors", "text": "Groups in Almaty are fined."},
        {"id": "3", "title": "How to roast a turkey", "text": ""},
    ]
    done = bot(
        "match",
        "countries",
        "--jsonl",
        folder=tmp_path,
        stdin="".join(json.dumps(row) + "\n" for row in rows),
    )
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"id": "1", "countries": ["RU"], "mentions": ["RU"]},
        {"id": 2, "countries": ["KZ"], "mentions": ["KZ"]},
        {"id": "3", "countries": [], "mentions": []},
    ]


def test_all_mentions_can_be_asked_for_instead(tmp_path: Path) -> None:
    text = "Officials in Minsk and Warsaw talked. " + "The weather was fine. " * 40 + "Trade with Peru grew."
    row = json.dumps({"id": "1", "title": "Belarus frees editor", "text": text}) + "\n"
    about = bot("match", "countries", "--jsonl", folder=tmp_path, stdin=row)
    mentions = bot("match", "countries", "--jsonl", "--answer", "mentions", folder=tmp_path, stdin=row)
    assert "PE" not in json.loads(about.stdout)["countries"]
    assert json.loads(mentions.stdout)["countries"] == json.loads(about.stdout)["mentions"]
    assert "PE" in json.loads(mentions.stdout)["countries"]


OWN_LINE = "AM,AZ\tregion\ten\tcap\t0.8\t\t\tNagorno-Karabakh\n"


def test_check_counts_the_operators_own_names_of_countries(tmp_path: Path) -> None:
    (tmp_path / "names.tsv").write_text(f"# ours\n{OWN_LINE}")
    done = bot("check", folder=tmp_path, env={"WATCHDOG_COUNTRIES__OWN_NAMES": "names.tsv"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 own names of countries in names.tsv" in done.stdout


@pytest.mark.parametrize("command", [("check",), ("run",)])
def test_a_fault_in_own_names_is_told_before_anything_is_opened(command: tuple[str], tmp_path: Path) -> None:
    (tmp_path / "names.tsv").write_text(OWN_LINE + OWN_LINE.replace("AM,AZ", "AM, AZ"))
    done = bot(*command, folder=tmp_path, env={"WATCHDOG_COUNTRIES__OWN_NAMES": "names.tsv"})
    assert done.returncode == 2
    assert "countries.own_names: names.tsv, line 2: ' AZ' is no code of a country. Write" in done.stderr
    assert not (tmp_path / "data").exists()


def test_own_names_can_be_tried_on_a_text(tmp_path: Path) -> None:
    (tmp_path / "names.tsv").write_text(OWN_LINE)
    done = bot(
        "match", "countries", "--own", "names.tsv", folder=tmp_path, stdin="Shelling in Nagorno-Karabakh\n"
    )
    assert "about:    AM AZ" in done.stdout


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    done = bot(
        "match", "countries", "--jsonl", folder=tmp_path, stdin='{"id":1,"title":"x","text":""}\nnonsense\n'
    )
    assert done.returncode == 2
    assert "line 2" in done.stderr


# ------------------------------------------------------------------ run


def test_run_without_a_token_says_how_to_get_one(tmp_path: Path) -> None:
    done = bot("run", folder=tmp_path, env={"WATCHDOG_TELEGRAM__TOKEN": ""})
    assert done.returncode == 2
    assert "token" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_instance_on_the_same_database_refuses_to_start(tmp_path: Path) -> None:
    env = {
        "PATH": "/usr/bin:/bin",
        "WATCHDOG_TELEGRAM__TOKEN": TOKEN,
        "WATCHDOG_TELEGRAM__API_BASE_URL": "http://127.0.0.1:9",  # nobody listens: it waits for Telegram
        "WATCHDOG_CATALOGUE__ENABLED": "false",
    }
    with subprocess.Popen(
        [sys.executable, str(ROOT / "bot.py"), "run"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as first:
        assert first.stdout is not None
        try:
            for line in first.stdout:
                if "telegram_unreachable" in line:
                    break
            second = bot("run", folder=tmp_path, env=env)
            assert second.returncode == 1
            assert "another instance" in second.stderr
            for beside in (("check",), ("feeds", "list"), ("feeds", "check"), ("backup", "copy.db")):
                done = bot(*beside, folder=tmp_path, env=env)
                assert (done.returncode, done.stderr) == (0, ""), beside
        finally:
            first.send_signal(signal.SIGTERM)
            rest = first.stdout.read()
        assert first.wait(30) == 0
    assert TOKEN not in line + rest
    assert "Unclosed" not in rest


@pytest.mark.parametrize("command", [("check",), ("run",)])
def test_paid_broadcast_is_refused_with_its_price_until_that_is_confirmed(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    env = {"WATCHDOG_TELEGRAM__PAID_BROADCAST": "200"}
    done = bot(*command, folder=tmp_path, env=env)
    told = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert "17.0 Stars a second" in told
    assert "write “200 a second at 0.1 Star a message”" in told


def test_check_repeats_the_price_of_paid_broadcast(tmp_path: Path) -> None:
    env = {
        "WATCHDOG_TELEGRAM__TOKEN": TOKEN,
        "WATCHDOG_TELEGRAM__PAID_BROADCAST": "200 a second at 0.1 Star a message",
    }
    done = bot("check", folder=tmp_path, env=env)
    assert done.returncode == 0
    assert "17.0 Stars a second" in " ".join(done.stdout.split())
