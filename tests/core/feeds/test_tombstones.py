from __future__ import annotations

import pytest

from watchdog_bot.core.feeds.tombstones import MOST, deleted_ids

HEAD = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">'


def feed(*parts: str) -> bytes:
    return (HEAD + "".join(parts) + "</feed>").encode()


def test_deleted_entries_are_told_by_their_ids() -> None:
    body = feed(
        '<at:deleted-entry ref="tag:a.example,2026:1" when="2026-03-01T00:00:00Z"><at:comment>Gone</at:comment></at:deleted-entry>',
        "<at:deleted-entry when='2026-03-01T00:00:00Z' ref='https://a.example/?a=1&amp;b=2'/>",
    )
    assert deleted_ids(body) == ("tag:a.example,2026:1", "https://a.example/?a=1&b=2")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        feed("<entry><id>1</id></entry>"),
        b'<feed><deleted-entry ref="1"/></feed>',
        feed("<at:deleted-entry when='x'/>"),
        feed('<at:deleted-entry ref=""/>'),
        feed('<at:deleted-entry ref="1"/>', "<entry><id> 1 </id></entry>"),
    ],
)
def test_what_is_no_tombstone_or_stands_there_again_is_not_deleted(body: bytes) -> None:
    assert deleted_ids(body) == ()


def test_a_hostile_feed_names_no_more_than_so_many() -> None:
    assert len(deleted_ids(feed(*(f'<at:deleted-entry ref="{number}"/>' for number in range(5000))))) == MOST
