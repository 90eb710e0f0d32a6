"""Which keys a post has (see `program`), for all keys in use at once.

Plain words need nothing: they are the post's own. Every other kind of key hangs on something cheap to look
up, and is looked at only where that is in the post:

    kind of key                  hangs on
    word with capitals           its folded word
    phrase                       the least used of its words
    phrase with `*`              the same, else the beginning of its first word
    prefix*                      its first three letters
    ~form                        its stems and lemmas (`forms`)
    name                         its spellings (`names`)
    title:KEY                    KEY in the title
    topic:                       the keys of the topic's words
    source:                      the post's source, remembered

Keys are counted, and leave when nobody asks for them any more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match import forms, locate, names
from watchdog_bot.core.match.program import TITLE, key_of, text_leaf, topic_key
from watchdog_bot.core.match.query_lexer import PREFIX_MIN
from watchdog_bot.core.match.query_topic import topic_leaf
from watchdog_bot.core.match.query_tree import Form, Phrase, Prefix, TextLeaf, Word
from watchdog_bot.core.match.reading import Reading, read_title
from watchdog_bot.core.model import PostText, Topic
from watchdog_bot.core.text import fold, tokens, words

OTHER_KINDS = ("country:", "main:", "any:", "topic:", "lang:")  # keys that a post simply has
SOURCE = "source:"


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
        """The values of a key."""
        held = self.get(key, ())
        return (held,) if isinstance(held, str) else held

    def count(self, key: str) -> int:
        """How many values a key has."""
        held = self.get(key, ())
        return 1 if isinstance(held, str) else len(held)


class Terms:
    """The keys in use."""

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}  # keys that are not plain words
        self._aliases = Many()  # folded key → keys that ask for the same with capitals or hyphens
        self._phrases = Many()  # word → phrase keys
        self._starred = Many()  # word, or prefix* → phrase keys with stars
        self._prefixes = Many()  # first letters → prefix keys
        self._form_words: dict[str, str] = {}  # key → its word
        self._forms: dict[str, Many] = {}  # language, once a post in it has come → form key → keys
        self._names = Many()  # root of a name → keys
        self._titled: set[str] = set()  # keys without `title:`
        self._sources: dict[str, str] = {}  # key → padded phrase
        self._source_keys: dict[str, tuple[str, ...]] = {}  # source → its keys, remembered
        self._topics: dict[str, tuple[str, tuple[str, ...]]] = {}  # topic key → its name, its words' keys
        self._topics_of = Many()  # key → topic keys

    # ------------------------------------------------------------------ keys come and go

    def use(self, key: str) -> None:
        """Somebody asks for a key."""
        if is_free(key):
            return
        count = self._uses.get(key, 0)
        self._uses[key] = count + 1
        if not count:
            self._enter(key)

    def release(self, key: str) -> None:
        """Somebody no longer asks for a key they asked for."""
        if is_free(key):
            return
        count = self._uses[key] - 1
        if count:
            self._uses[key] = count
        else:
            del self._uses[key]
            self._leave(key)

    def _enter(self, key: str) -> None:
        if key.startswith(SOURCE):
            self._sources[key] = padded(key.removeprefix(SOURCE))
            self._source_keys.clear()
        elif key.startswith(TITLE):
            self.use(key.removeprefix(TITLE))
            self._titled.add(key.removeprefix(TITLE))
        elif (plain := folded_key(key)) != key:
            self.use(plain)
            self._aliases.put(plain, key)
        else:
            self._hook(key)

    def _leave(self, key: str) -> None:
        if key.startswith(SOURCE):
            del self._sources[key]
            self._source_keys.clear()
        elif key.startswith(TITLE):
            self._titled.remove(key.removeprefix(TITLE))
            self.release(key.removeprefix(TITLE))
        elif (plain := folded_key(key)) != key:
            self._aliases.drop(plain, key)
            self.release(plain)
        else:
            self._unhook(key)

    def _hook(self, key: str) -> None:
        leaf = text_leaf(key)
        if isinstance(leaf, Form):
            self._form_words[key] = leaf.text
        elif isinstance(leaf, Phrase) and "*" in leaf.text:
            self.use(star_hook(leaf.text))
        for table, hook in self._hooks(leaf, lambda words: min(words, key=self._phrases.count)):
            table.put(hook, key)

    def _unhook(self, key: str) -> None:
        leaf = text_leaf(key)
        for table, hook in self._hooks(
            leaf, lambda words: next(w for w in words if key in self._phrases.under(w))
        ):
            table.drop(hook, key)
        if isinstance(leaf, Form):
            del self._form_words[key]
        elif isinstance(leaf, Phrase) and "*" in leaf.text:
            self.release(star_hook(leaf.text))

    def _hooks(self, leaf: TextLeaf, of_phrase: Callable[[list[str]], str]) -> Iterator[tuple[Many, str]]:
        """What a folded key hangs on, and in which table. `of_phrase` chooses among the words of a phrase."""
        match leaf:
            case Word(text, is_name=True) | Phrase(text, is_name=True):
                yield from ((self._names, hook) for hook in names.keys_of_name(text))
            case Phrase(text) if "*" in text:
                yield self._starred, star_hook(text)
            case Phrase(text):
                yield self._phrases, of_phrase(text.split())
            case Prefix(text):
                yield self._prefixes, text[:PREFIX_MIN]
            case Form(text):
                for language, table in self._forms.items():
                    yield from ((table, form) for form in _form_keys(text, language))
            case Word():
                pass  # never: a word that is folded and no name is free

    def set_topics(self, topics: Iterable[Topic]) -> None:
        """The topics there are now. A word that no query could ask for is left out."""
        new = {topic_key(topic.name): topic for topic in topics}
        for key in [key for key, old in self._topics.items() if key not in new or _topic(new[key]) != old]:
            for word in self._topics.pop(key)[1]:
                self._topics_of.drop(word, key)
                self.release(word)
        for key, topic in new.items():
            if key not in self._topics:
                self._topics[key] = _topic(topic)
                for word in self._topics[key][1]:
                    self.use(word)
                    self._topics_of.put(word, key)

    def topic(self, key: str) -> tuple[str, tuple[str, ...]] | None:
        """The name of a topic and its words' keys; None where there is none of that key."""
        return self._topics.get(key)

    # ------------------------------------------------------------------ what a post has

    def found(self, post: PostText, reading: Reading) -> set[str]:
        """Every key in use that the post has, and all its words. `reading`: `read(post)`."""
        found = self._in_words(reading, post.language)
        if self._titled and not self._titled.isdisjoint(found):
            in_title = self._in_words(read_title(post), post.language)
            found.update(TITLE + key for key in self._titled & in_title)
        if self._sources and post.source:
            found.update(self._in_source(post.source))
        if post.language:
            found.add("lang:" + fold(post.language).replace("_", "-").split("-")[0])
        about = post.countries.about
        found.update("country:" + each.code for each in about)
        found.update("main:" + each.code for each in about[:1])
        found.update("any:" + each.code for each in (*about, *post.countries.mentions))
        for key in self._topics_of.keys() & found:
            found.update(self._topics_of.under(key))
        return found

    def _in_words(self, reading: Reading, language: str | None) -> set[str]:
        distinct = reading.distinct
        found = set(distinct)
        if self._prefixes:
            self._add_prefixes(distinct, found)
        for word in self._phrases.keys() & distinct:
            found.update(key for key in self._phrases.under(word) if f" {key[1:-1]} " in reading.joined)
        for hook in self._starred.keys() & found:
            found.update(key for key in self._starred.under(hook) if star_pattern(key).search(reading.joined))
        if self._form_words:
            self._add_forms(reading, language, found)
        if self._names:
            self._add_names(reading, found)
        for key in self._aliases.keys() & found:
            found.update(self._aliases.under(key))
        return found

    def _add_prefixes(self, distinct: set[str], found: set[str]) -> None:
        heads = self._prefixes
        for word in distinct:
            head = word[:PREFIX_MIN]
            if head in heads:
                found.update(key for key in heads.under(head) if word.startswith(key[:-1]))

    def _add_forms(self, reading: Reading, published: str | None, found: set[str]) -> None:
        for language, raw in forms.languages(set(reading.raw), published).items():
            if language not in self._forms:
                self._forms[language] = Many()
                for key, word in self._form_words.items():
                    for form in _form_keys(word, language):
                        self._forms[language].put(form, key)
            table = self._forms[language]
            if table:
                for form in table.keys() & forms.keys_of_all(raw, language):
                    found.update(table.under(form))

    def _add_names(self, reading: Reading, found: set[str]) -> None:
        raw = set(reading.raw)
        for root in self._names.keys() & names.keys_of_text(raw):
            found.update(
                key for key in self._names.under(root) if locate.name(reading, text_leaf(key)) is not None
            )

    def _in_source(self, source: str) -> tuple[str, ...]:
        keys = self._source_keys.get(source)
        if keys is None:
            text = f" {' '.join(words(source))} "
            keys = tuple(key for key, phrase in self._sources.items() if phrase in text)
            self._source_keys[source] = keys
        return keys


def _form_keys(word: str, language: str) -> Iterable[str]:
    return forms.keys(word, language) if forms.belongs(word, language) else ()


def _topic(topic: Topic) -> tuple[str, tuple[str, ...]]:
    keys: dict[str, None] = {}
    for word in topic.words:
        try:
            keys[key_of(topic_leaf(word))] = None
        except QueryError:  # refused when it is typed; only a foreign hand can have stored it
            continue
    return topic.name, tuple(keys)


def is_free(key: str) -> bool:
    """Whether a post has a key without anything being looked up: folded words, countries, languages."""
    return key.startswith(OTHER_KINDS) or words(key) == [key]


def folded_key(key: str) -> str:
    """The key that asks for the same in folded words; names keep their capitals."""
    match text_leaf(key):
        case Word(is_name=True) | Phrase(is_name=True):
            return key
        case Prefix(text):
            return f"{padded(text).strip()}*"
        case Form(text):
            return f"~{forms.plain(text)}"
        case Word(text) | Phrase(text):
            pieces = starred_words(text)
            return pieces[0] if len(pieces) == 1 else f'"{" ".join(pieces)}"'


def starred_words(text: str) -> list[str]:
    """Folded words, each with the star that stands behind it."""
    return [token.folded + ("*" if text.startswith("*", token.end) else "") for token in tokens(text)]


def padded(text: str) -> str:
    """Folded words with a space around each, as `Reading.joined` has them."""
    return f" {' '.join(words(text))} "


def star_hook(text: str) -> str:
    """What a phrase with stars hangs on: a whole word of it, or the beginning of its first."""
    pieces = text.split()
    return next((piece for piece in pieces if not piece.endswith("*")), pieces[0])


@lru_cache(maxsize=4096)
def star_pattern(key: str) -> re.Pattern[str]:
    """What finds a phrase with stars in `Reading.joined`."""
    pieces = [
        re.escape(piece.rstrip("*")) + ("[^ ]*" if piece.endswith("*") else "") for piece in key[1:-1].split()
    ]
    return re.compile(f" {' '.join(pieces)} ")
