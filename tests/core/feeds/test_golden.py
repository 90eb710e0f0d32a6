from __future__ import annotations

import contextlib
import warnings
from pathlib import Path

import pytest

from tests.core.feeds.golden import documents, expected, reading, shown
from watchdog_bot.core.errors import ParseError
from watchdog_bot.core.feeds.parse import parse_document


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_a_document_is_read_as_it_is_meant(path: Path) -> None:
    assert reading(path) == expected(path)


def test_there_are_enough_golden_documents() -> None:
    assert len(documents()) >= 20


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_no_cut_off_document_raises_more_than_parse_error(path: Path) -> None:
    body = path.read_bytes()
    for share in (3, 10, 30, 60, 90, 99):
        with contextlib.suppress(ParseError):
            feed = parse_document(body[: len(body) * share // 100], url="https://golden.example/")
            assert len(feed.entries) <= len(expected(path)["entries"]) + 1


def test_reading_a_feed_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in documents():
            assert shown(parse_document(path.read_bytes(), url="https://golden.example/"))
