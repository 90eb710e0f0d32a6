"""Which addresses are links: whatever Telegram's own parser makes of them in a text."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.test_html import ours, telegrams
from watchdog_bot.simulator.links import LinkError, check_link, user_of_link

_PARTS = st.sampled_from(
    [
        "http://", "https://", "HTTPS://", "ftp://", "tg://", "tg:", "TG:", "ton://", "tonsite://", "//", "mailto:",
        "user", "?id=", "&id=", "5", "0", "x", "a.b", "A.b", ".", "..", "-", "_", "localhost", "[", "]", "[::1]",
        "[1::2::3]", "[::ffff:1.2.3.4]", "@", "u:p@", ":", ":80", ":080", ":0", ":65536", ":-5", ":x", "/", "?", "#", "%41",
        "%", "%zz", " ", "\t", "\n", "ы", "😀", "é", "'", "(", "!", "|", "<", ">", '"', "\\", "^",
    ]
)  # fmt: skip


@given(st.lists(_PARTS, min_size=1, max_size=6).map("".join))
@settings(deadline=None, max_examples=500)
def test_an_address_is_a_link_exactly_when_telegram_takes_it_for_one(url: str) -> None:
    source = f'<a href="{escape(url)}">text</a>'
    assert ours(source) == telegrams(source)


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("http://X.org", "http://x.org/"),
        ("x.org?q#f", "http://x.org/?q#f"),
        ("https://u:p@x.org:0443/a b", "https://u:p@x.org:443/a%20b"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("tg:resolve?domain=x", "tg://resolve?domain=x"),
        ("tonsite://a.b/c", "tonsite://a.b/c"),
        ("http://пример.рф/путь", "http://пример.рф/путь"),
    ],
)
def test_links_are_stored_as_telegram_writes_them(url: str, stored: str) -> None:
    assert check_link(url) == stored


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("", "URL host is empty"),
        ("http://.", "Host is invalid"),
        ("http://localhost", "Wrong HTTP URL"),
        ("javascript:alert(1)", "Wrong port number specified in the URL"),
        ("gopher://x.org", "Unsupported URL protocol"),
        ("x.org:99999", "Wrong port number specified in the URL"),
        ("http://a|b.c", "Disallowed character in URL host"),
        ("http://%zz.c", "Wrong percent-encoded symbol in URL host"),
        ("http://a|b@x.org", "Disallowed character in URL userinfo"),
        ("http://[zz]/", "Wrong IPv6 address specified in the URL"),
        ("tg://https://x.org", "Wrong tg URL"),
        ("ton://x:5", "Wrong ton URL"),
        ("tg://a.b", "Unallowed characters in URL host"),
    ],
)
def test_what_is_no_link_is_refused_with_the_cause(url: str, cause: str) -> None:
    with pytest.raises(LinkError, match=cause):
        check_link(url)


@pytest.mark.parametrize(
    ("url", "user_id"),
    [
        ("tg://user?id=5", 5),
        ("TG:user/?x=1&id=7#f", 7),
        ("tg://user?id=05", None),
        ("tg://user?ID=x", None),
        ("tg://user", None),
        ("tg://users?id=5", None),
        ("tg://user/x?id=5", None),
        ("tg://user?x=5", None),
        ("http://user?id=5", None),
    ],
)
def test_a_mention_by_id_is_told_from_a_link(url: str, user_id: int | None) -> None:
    assert user_of_link(url) == user_id
