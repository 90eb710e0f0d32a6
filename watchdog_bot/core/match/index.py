"""Which subscriptions a post matches, out of any number, without asking each.

The technique is that of Luwak and the Elasticsearch percolator, turned round from a search engine:

1. Every distinct query is one node with a list of its subscriptions; thousands of people type the same.
2. A node is kept under the fewest keys of which a matching post must have one (`program.anchors`).
3. A post is read into the keys it has (`Terms.found`); the nodes under them are candidates.
4. A candidate that is more than its own key is checked; an exclusion always wins.
5. Adding and removing costs what the query has keys. Nothing is ever rebuilt, also when topics change, for a
   topic is one key whose words are looked up with the post's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from watchdog_bot.core.match.evidence import Witness
from watchdog_bot.core.match.program import Program, anchors, answered, compiled, held, keys_of
from watchdog_bot.core.match.query_tree import Query
from watchdog_bot.core.match.reading import read
from watchdog_bot.core.match.tables import Numbers, Postings, Subscriptions
from watchdog_bot.core.match.terms import Terms
from watchdog_bot.core.model import Match, MatchGroup, PostText, SubscriberId, SubscriptionId, Topic

_OFTEN = 1_000_000  # a key that most posts have is the last to choose
_BROAD = {
    "lang:": 4 * _OFTEN,
    "source:": 2 * _OFTEN,
    "topic:": _OFTEN,
    "country:": _OFTEN,
    "main:": _OFTEN,
    "any:": _OFTEN,
}
_SHORT = 3  # letters up to which a word is taken for a common one


class MatchIndex:
    """Standing queries, matched against posts one at a time."""

    def __init__(self) -> None:
        """Empty, and with no topics."""
        self._terms = Terms()
        self._postings = Postings()
        self._subscriptions = Subscriptions()
        # By number of the node. What two queries have in common is their program: it is kept, their text is not.
        self._programs: list[Program | None] = []
        self._anchors: list[str | tuple[str, ...]] = []
        self._free: list[int] = []
        self._by_program = Numbers(self._programs.__getitem__)

    def __len__(self) -> int:
        """How many subscriptions are in force."""
        return len(self._subscriptions)

    def distinct(self) -> int:
        """How many different queries they ask."""
        return len(self._by_program)

    def add(self, subscription_id: SubscriptionId, subscriber_id: SubscriberId, query: Query) -> None:
        """Put a subscription in force; one of the same id is replaced."""
        self.remove(subscription_id)
        program = compiled(query)
        node = self._by_program.find(program)
        if node is None:
            node = self._new_node(program)
        self._subscriptions.add(subscription_id, subscriber_id, node)

    def remove(self, subscription_id: SubscriptionId) -> None:
        """Take a subscription out of force; nothing happens where it is not."""
        node = self._subscriptions.remove(subscription_id)
        if node is not None and self._subscriptions.is_bare(node):
            self._drop_node(node)

    def set_topics(self, topics: Iterable[Topic]) -> None:
        """The topics there are now; subscriptions that follow one see the change at once."""
        self._terms.set_topics(topics)

    def match(self, post: PostText) -> tuple[Match, ...]:
        """Every subscription that the post matches, each with its evidence, in no promised order."""
        return tuple(
            Match(subscription_id, subscriber_id, group.evidence)
            for group in self.groups(post)
            for subscription_id, subscriber_id in zip(
                group.subscription_ids, group.subscriber_ids, strict=True
            )
        )

    def groups(self, post: PostText) -> tuple[MatchGroup, ...]:
        """The same, the subscriptions of one query together: what a post costs does not grow with its followers."""
        reading = read(post)
        found = self._terms.found(post, reading)
        witness = Witness(post, reading, self._terms, found)
        groups: list[MatchGroup] = []
        for node in self._holding(found):
            program = self._programs[node]
            assert program is not None  # nodes in force have one
            evidence = (
                witness.of(program) if isinstance(program, str) else witness.of_all(answered(program, found))
            )
            groups.append(MatchGroup(evidence, *self._subscriptions.of(node)))
        return tuple(groups)

    def _holding(self, found: set[str]) -> Iterator[int]:
        """The nodes that hold for a post that has these keys, each once."""
        postings, programs, anchors_of = self._postings, self._programs, self._anchors
        seen: set[int] = set()  # nodes kept under several keys
        for key in sorted(postings.keys() & found):
            under = postings[key]
            for node in (under,) if isinstance(under, int) else under:
                program = programs[node]
                if not isinstance(program, str):  # a single key is proved by having led here
                    if isinstance(anchors_of[node], tuple):
                        if node in seen:
                            continue
                        seen.add(node)
                    if program is None or not held(program, found):
                        continue
                yield node

    # ------------------------------------------------------------------ nodes come and go

    def _new_node(self, program: Program | None) -> int:
        if self._free:
            node = self._free.pop()
            self._programs[node] = program
        else:
            node = len(self._programs)
            self._programs.append(program)
            self._anchors.append(())
        self._by_program.add(node)
        if program is not None:
            self._post(node, program)
        return node

    def _post(self, node: int, program: Program) -> None:
        for key in keys_of(program):
            self._terms.use(key)
        keys = anchors(program, self._cost)[1]
        self._anchors[node] = keys[0] if len(keys) == 1 else keys
        for key in keys:
            self._postings.put(key, node)

    def _cost(self, key: str) -> int:
        """How often a key will make a node a candidate in vain: commonness first, then how many share it."""
        for beginning, cost in _BROAD.items():
            if key.startswith(beginning):
                return cost + self._postings.count(key)
        common = _OFTEN // 2 if len(key) <= _SHORT else 0
        return common + self._postings.count(key)

    def _drop_node(self, node: int) -> None:
        program, keys = self._programs[node], self._anchors[node]
        if program is not None:
            for key in (keys,) if isinstance(keys, str) else keys:
                self._postings.drop(key, node)
            for key in keys_of(program):
                self._terms.release(key)
        self._by_program.remove(program)
        self._programs[node], self._anchors[node] = None, ()
        self._free.append(node)
