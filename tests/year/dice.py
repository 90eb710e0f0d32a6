"""Chance that is the same in every run."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

_T = TypeVar("_T")
_LETTERS = "abdefgiklmnoprstuvz"


class Dice:
    """Numbers from a hash of a seed and a count."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._count = 0

    def below(self, limit: int) -> int:
        self._count += 1
        return (
            int.from_bytes(blake2b(self._seed + b"%d" % self._count, digest_size=8).digest(), "big") % limit
        )

    def chance(self, share: float) -> bool:
        return self.below(1_000_000) < share * 1_000_000

    def pick(self, among: Sequence[_T]) -> _T:
        return among[self.below(len(among))]


def words(seed: str, count: int) -> str:
    """So many words that no other seed gives: no two posts tell one story by chance."""
    found = []
    for number in range(count):
        raw = blake2b(f"{seed} {number}".encode(), digest_size=8).digest()
        found.append("".join(_LETTERS[byte % len(_LETTERS)] for byte in raw))
    return " ".join(found)
