"""The demo: it ends by itself with 0, and on SIGTERM at any moment."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def demo(*args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "bot.py"), "demo", *args],
        cwd="/",  # not where the program is
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.timeout(300)
def test_the_demo_shows_the_whole_product_and_ends_with_0() -> None:
    with demo() as shown:
        assert shown.stdout is not None
        text = shown.stdout.read()
    assert shown.returncode == 0, text
    assert "Everything held." in text
    assert "✗" not in text


@pytest.mark.timeout(120)
@pytest.mark.parametrize("moment", ["1 · The bot starts", "2 · Three subscribers"])
def test_sigterm_ends_the_demo_at_any_moment_with_0(moment: str) -> None:
    with demo("--serve") as shown:
        assert shown.stdout is not None
        for line in shown.stdout:
            if moment in line:
                break
        shown.send_signal(signal.SIGTERM)
        rest = shown.stdout.read()
    assert shown.returncode == 0, rest
    assert "Stopped." in rest
    assert "Traceback" not in rest
