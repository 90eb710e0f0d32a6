"""Compact tables of the index: a million subscriptions in arrays instead of a million small objects.

A Python dict of ints costs about 100 bytes an entry, these about 45 for all that is kept of a subscription.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from watchdog_bot.core.model import SubscriberId, SubscriptionId

_NONE = -1
_GONE = -2  # a place in the table whose number was removed
_NO_LIST = array("i")


class Numbers:
    """Finds the number of a value among numbered values: open addressing over an array.

    `value_of`: the value of a number that is in the table.
    """

    def __init__(self, value_of: Callable[[int], object]) -> None:
        """Empty."""
        self._value_of = value_of
        self._table = array("i", [_NONE]) * 16
        self._used = 0  # places that are taken or were
        self._count = 0

    def __len__(self) -> int:
        """How many values there are."""
        return self._count

    def find(self, value: object) -> int | None:
        """The number of a value, or None."""
        place = self._place(value)
        return None if place is None else self._table[place]

    def _place(self, value: object) -> int | None:
        mask = len(self._table) - 1
        at = hash(value) & mask
        while (number := self._table[at]) != _NONE:
            if number != _GONE and self._value_of(number) == value:
                return at
            at = (at + 1) & mask
        return None

    def add(self, number: int) -> None:
        """Enter a number whose value is not there yet."""
        if self._used * 3 >= len(self._table) * 2:
            self._spread()
        self._enter(number)
        self._used += 1
        self._count += 1

    def _enter(self, number: int) -> None:
        mask = len(self._table) - 1
        at = hash(self._value_of(number)) & mask
        while self._table[at] != _NONE:
            at = (at + 1) & mask
        self._table[at] = number

    def _spread(self) -> None:
        """Enter all numbers into a table that is at most one third full."""
        numbers = [number for number in self._table if number >= 0]
        size = 16
        while size < len(numbers) * 3:
            size *= 2
        self._table = array("i", [_NONE]) * size
        self._used = len(numbers)
        for number in numbers:
            self._enter(number)

    def remove(self, value: object) -> int | None:
        """Take a value out; its number, or None where it was not there. Its value must still be readable."""
        place = self._place(value)
        if place is None:
            return None
        number = self._table[place]
        self._table[place] = _GONE
        self._count -= 1
        return number


class Subscriptions:
    """Which subscriptions hang on which node. Most nodes have one, which is held without a list of its own."""

    def __init__(self) -> None:
        """Empty."""
        self._ids = array("q")
        self._subscribers = array("q")
        self._nodes = array("i")
        self._places = array("i")  # in the list of its node
        self._held = array("i")  # by node: the number of its only subscription; _NONE; below, see `_list_of`
        self._lists: list[array[int]] = []
        self._free: list[int] = []
        self._free_lists: list[int] = []
        self._numbers = Numbers(self._ids.__getitem__)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._numbers)

    def add(self, subscription_id: int, subscriber_id: int, node: int) -> None:
        """Hang a subscription that is not there yet on a node."""
        while len(self._held) <= node:
            self._held.append(_NONE)
        number = self._row((subscription_id, subscriber_id, node))
        held = self._held[node]
        if held == _NONE:
            self._held[node] = number
        elif held > _NONE:
            self._held[node] = self._new_list(array("i", (held, number)))
            self._places[number] = 1
        else:
            listed = self._list_of(held)
            self._places[number] = len(listed)
            listed.append(number)
        self._numbers.add(number)

    def _list_of(self, held: int) -> array[int]:
        return self._lists[-2 - held]

    def _new_list(self, listed: array[int]) -> int:
        if self._free_lists:
            place = self._free_lists.pop()
            self._lists[place] = listed
        else:
            place = len(self._lists)
            self._lists.append(listed)
        return -2 - place

    def _row(self, row: tuple[int, int, int]) -> int:
        columns = (self._ids, self._subscribers, self._nodes)
        if self._free:
            number = self._free.pop()
            for column, value in zip(columns, row, strict=True):
                column[number] = value
            self._places[number] = 0
            return number
        for column, value in zip(columns, row, strict=True):
            column.append(value)
        self._places.append(0)
        return len(self._ids) - 1

    def remove(self, subscription_id: int) -> int | None:
        """Take a subscription off its node; the node, or None where it was not there."""
        number = self._numbers.remove(subscription_id)
        if number is None:
            return None
        node = self._nodes[number]
        held = self._held[node]
        if held == number:
            self._held[node] = _NONE
        else:
            self._unlist(node, held, self._places[number])
        self._free.append(number)
        return node

    def _unlist(self, node: int, held: int, place: int) -> None:
        """The last one takes the place; where only one is left, it needs no list."""
        listed = self._list_of(held)
        last = listed.pop()
        if place < len(listed):
            listed[place] = last
            self._places[last] = place
        if len(listed) == 1:
            self._places[listed[0]] = 0
            self._held[node] = listed[0]
            self._lists[-2 - held] = _NO_LIST
            self._free_lists.append(-2 - held)

    def is_bare(self, node: int) -> bool:
        """Whether no subscription hangs on a node."""
        return self._held[node] == _NONE

    def of(self, node: int) -> tuple[tuple[SubscriptionId, ...], tuple[SubscriberId, ...]]:
        """The subscriptions of a node, and their subscribers in the same order."""
        ids = cast("Sequence[SubscriptionId]", self._ids)
        subscribers = cast("Sequence[SubscriberId]", self._subscribers)
        held = self._held[node]
        if held == _NONE:
            return (), ()
        if held > _NONE:
            return (ids[held],), (subscribers[held],)
        listed = self._list_of(held)
        return tuple(map(ids.__getitem__, listed)), tuple(map(subscribers.__getitem__, listed))


class Postings(dict[str, "int | array[int]"]):
    """The nodes under each key; a single one is held without an array, for most are single."""

    def put(self, key: str, node: int) -> None:
        """Add a node that is not there yet."""
        held = self.get(key)
        if held is None:
            self[key] = node
        elif isinstance(held, int):
            self[key] = array("i", (held, node))
        else:
            held.append(node)

    def drop(self, key: str, node: int) -> None:
        """Remove a node that is there."""
        held = self[key]
        if isinstance(held, int):
            del self[key]
        elif len(held) == 2:
            self[key] = held[1] if held[0] == node else held[0]
        else:
            held.remove(node)

    def under(self, key: str) -> Iterable[int]:
        """The nodes of a key that is there."""
        held = self[key]
        return (held,) if isinstance(held, int) else held

    def count(self, key: str) -> int:
        """How many nodes a key has."""
        held = self.get(key)
        if held is None:
            return 0
        return 1 if isinstance(held, int) else len(held)


class Many(dict[str, "str | list[str]"]):
    """One or several strings under each key; a single one is held without a list, for most are single."""

    def put(self, key: str, value: str) -> None:
        """Add a value that is not there yet."""
        held = self.get(key)
        if held is None:
            self[key] = value
        elif isinstance(held, str):
            self[key] = [held, value]
        else:
            held.append(value)

    def drop(self, key: str, value: str) -> None:
        """Remove a value that is there."""
        held = self[key]
        if isinstance(held, str):
            del self[key]
            return
        held.remove(value)
        if len(held) == 1:
            self[key] = held[0]

    def under(self, key: str) -> Iterable[str]:
        """The values of a key that is there."""
        held = self[key]
        return (held,) if isinstance(held, str) else held
