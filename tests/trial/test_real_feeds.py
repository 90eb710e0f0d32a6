"""The trial on eight of the real feeds: what is published is stored, what matches is sent, nothing twice.

`python -m tests.trial.real_feeds` does the same with all of them.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.corpora import corpora
from tests.trial.documents import Document, documents
from tests.trial.real_feeds import told, trial

EIGHT = (
    "14333881097406c7",  # RSS, a news magazine
    "18d1bc71cc221963",  # RSS of comments that share a title
    "2fdd6727be89a7ea",  # Atom, HTML in it
    "4059f23db954f1b5",  # RSS with relative links
    "4bf53cb602417030",  # RSS, a newspaper
    "5532f16828c3b094",  # Atom of videos
    "7be307059415227d",  # RSS, a radio
    "e8203fee50c570d8",  # RSS after a byte order mark
)
PATIENCE = 90.0  # real seconds: generous, because the machine is shared; a run takes ten

pytestmark = pytest.mark.corpora


def _chosen() -> tuple[Document, ...]:
    return documents(corpora("feeds"), EIGHT)


def test_half_of_each_document_is_withheld_and_the_rest_is_served_as_it_was() -> None:
    for each in _chosen():
        half, whole = each.served(whole=False), each.served(whole=True)
        assert len(each.withheld) == -(-len(each.entries) // 2)
        assert all(entry.raw not in half and entry.raw in whole for entry in each.withheld)
        assert all(entry.raw in half for entry in each.entries[1::2])
        assert half.startswith(each.body[:20])


async def test_everything_published_is_stored_and_everything_that_matches_is_sent_once() -> None:
    async with asyncio.timeout(PATIENCE):
        account = await trial(_chosen(), ("IR", "CN"), ("people",), out=None)
    assert account.held, told(account)
    published, stored, matched, sent = account.totals()
    assert published == stored == sum(len(each.withheld) for each in _chosen())
    assert matched == sent == sum(account.by_chat.values())
    assert all(account.by_chat.values()), told(account)
    assert not account.words, told(account)
