"""Why a post matched: for each answered key the words that answered, as they stand, and where."""

from __future__ import annotations

from functools import lru_cache

from watchdog_bot.core.match import locate
from watchdog_bot.core.match.program import NAME, TITLE, text_leaf
from watchdog_bot.core.match.query_tree import Form, Phrase, Prefix, TextLeaf, Word
from watchdog_bot.core.match.reading import Reading
from watchdog_bot.core.match.terms import SOURCE, Terms
from watchdog_bot.core.model import CountryScore, Evidence, PostText
from watchdog_bot.core.text import words

_COUNTRY_KINDS = ("country:", "main:", "any:")


class Witness:
    """Gives the evidence of one post, each piece made once."""

    def __init__(self, post: PostText, reading: Reading, terms: Terms, found: set[str]) -> None:
        """`found`: the keys the post has, of `Terms.found`."""
        self._post = post
        self._reading = reading
        self._terms = terms
        self._found = found
        self._known: dict[str, tuple[Evidence, ...]] = {}

    def of(self, key: str) -> tuple[Evidence, ...]:
        """The evidence for a key that the post has: one piece, or none where a key needs no words."""
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._made(key)
        return known

    def of_all(self, keys: tuple[str, ...]) -> tuple[Evidence, ...]:
        """The same for several keys, without repeats."""
        if len(keys) == 1:
            return self.of(keys[0])
        return tuple(dict.fromkeys(piece for key in keys for piece in self.of(key)))

    def _made(self, key: str) -> tuple[Evidence, ...]:
        at = self._reading.first.get(key)
        if at is not None:  # a plain word, as most are
            return _word(key, *self._reading.surface(at))
        if key.startswith(_COUNTRY_KINDS):
            return self._country(key.partition(":")[2])
        if key.startswith("topic:"):
            return self._topic(key)
        if key.startswith(SOURCE):
            return (Evidence("source", key.removeprefix(SOURCE).strip('"'), self._post.source, "feed"),)
        if key.startswith("lang:"):
            return (Evidence("language", key.partition(":")[2], self._post.language or "", "feed"),)
        return self._words(key)

    def _country(self, code: str) -> tuple[Evidence, ...]:
        countries = self._post.countries
        score: CountryScore | None = next(
            (each for each in (*countries.about, *countries.mentions) if each.code == code), None
        )
        if score is None or not score.evidence:
            return (Evidence("country", code, self._post.source, "feed"),)
        first = score.evidence[0]
        return (Evidence("country", code, first.surface, first.where),)

    def _topic(self, key: str) -> tuple[Evidence, ...]:
        topic = self._terms.topic(key)
        assert topic is not None  # a post has the key of a topic only where there is one
        name, wanted = topic
        piece = next((piece for word in wanted if word in self._found for piece in self.of(word)), None)
        return (Evidence("topic", name, piece.found, piece.where),) if piece else ()

    def _words(self, key: str) -> tuple[Evidence, ...]:
        leaf, wanted = _asked(key)
        reading = self._reading.title if leaf.in_title else self._reading
        exact = locate.place(reading, leaf, self._post.language)
        other = reading.names.get(key.removeprefix(TITLE)) if reading.names else None
        if exact is None or (other is not None and other < exact):
            exact = other
        if (
            exact is None
        ):  # pragma: no cover - what is found stands somewhere; if not, the alert is worth more
            return ()
        found, where = reading.surface(*exact)
        return (Evidence(_kind(leaf, found), wanted, found, where),)


@lru_cache(maxsize=20_000)
def _word(key: str, found: str, where: str) -> tuple[Evidence, ...]:
    return (Evidence("word", key, found, where),)


@lru_cache(maxsize=20_000)
def _asked(key: str) -> tuple[TextLeaf, str]:
    return text_leaf(key), _wanted(key)


def _wanted(key: str) -> str:
    return key.removeprefix(TITLE).removeprefix(NAME).strip('"')


def _kind(leaf: TextLeaf, found: str) -> str:
    match leaf:
        case Word(text) | Phrase(text) if leaf.is_name and words(found) != words(text):
            return "name"
        case Word():
            return "word"
        case Phrase():
            return "phrase"
        case Prefix():
            return "prefix"
        case Form():
            return "form"
