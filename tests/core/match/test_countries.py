from __future__ import annotations

import json
from pathlib import Path

import pytest

from watchdog_bot.data import load_tagger

PROBES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "ambiguity.jsonl").read_text("utf-8").splitlines()
]


def about(
    title: str, text: str = "", *, hints: tuple[str, ...] = (), language: str | None = None
) -> list[str]:
    return [score.code for score in load_tagger().read(title, text, hints=hints, language=language).about]


def mentions(title: str, text: str = "") -> list[str]:
    return [score.code for score in load_tagger().read(title, text).mentions]


@pytest.mark.parametrize("probe", PROBES, ids=[probe["id"] for probe in PROBES])
def test_it_is_not_caught_by_a_one_trap_headline(probe: dict[str, object]) -> None:
    assert sorted(about(str(probe["title"]), str(probe["text"]))) == probe["countries"]
