"""Where the development corpora are, if they are: real data to measure against, never shipped."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def base() -> Path:
    """The folder of all of them, there or not: for benchmarks and scripts, which run without pytest."""
    return Path(os.environ.get("WATCHDOG_CORPORA", ROOT / ".." / "shared" / "corpora"))


def corpora(folder: str) -> Path:
    """The corpus folder of that name; the test is skipped where it is absent."""
    path = base() / folder
    if not path.is_dir():
        import pytest

        pytest.skip(f"the corpus {folder!r} is not here; set WATCHDOG_CORPORA to its parent folder")
    return path
