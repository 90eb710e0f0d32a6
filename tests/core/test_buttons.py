from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog_bot.core.buttons import LIMIT, Press, decode, encode

PART = st.text(st.characters(exclude_characters=":", codec="utf-8"), min_size=1, max_size=8)


@settings(deadline=None)
@given(action=PART, args=st.lists(PART, max_size=3))
def test_what_was_encoded_is_decoded(action: str, args: list[str]) -> None:
    data = ":".join(("v1", action, *args))
    if len(data.encode()) > LIMIT:
        with pytest.raises(ValueError, match="64 bytes"):
            encode(action, *args)
    else:
        assert decode(encode(action, *args)) == Press(action, tuple(args))


@pytest.mark.parametrize("data", ["", "v0:why:1", "why:1", "v1", "v1:", "v1::x", "💥"])
def test_data_of_another_version_is_not_understood(data: str) -> None:
    assert decode(data) is None


def test_a_colon_inside_a_part_is_refused() -> None:
    with pytest.raises(ValueError, match="colon"):
        encode("why", "a:b")
