"""Which keys a post has (see `program`), for all keys in use at once.

Plain words need nothing: they are the post's own. Every other kind of key is found by something cheap:

    kind of key                  found by
    phrase of 2 or 3 words       the pairs and triples of the post's words, quoted like the key
    longer phrase                its first three words
    phrase with `*`              a whole word of it, else the beginning of its first
    prefix*                      its first three letters
    word or phrase with capitals its folded key
    ~form                        its stems and lemmas (`forms`)
    name                         its sound (`names`), and like a word with capitals
    title:KEY                    KEY in the title alone
    topic:                       the keys of the topic's words
    source:                      the post's source, remembered

Keys are counted, and leave when nobody asks for them any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match import forms, locate, names
from watchdog_bot.core.match.program import TITLE, key_of, text_leaf, topic_key
from watchdog_bot.core.match.query_lexer import PREFIX_MIN
from watchdog_bot.core.match.query_topic import topic_leaf
from watchdog_bot.core.match.query_tree import Form, Phrase, Prefix, TextLeaf, Word
from watchdog_bot.core.match.reading import GRAM_MAX, Reading
from watchdog_bot.core.match.tables import Many
from watchdog_bot.core.model import PostText, Topic
from watchdog_bot.core.text import fold, words

OTHER_KINDS = ("country:", "main:", "any:", "topic:", "lang:")  # keys that a post simply has
SOURCE = "source:"
_BEYOND = (1 << 60, 0)


class Terms:
    """The keys in use."""

    def __init__(self) -> None:
        """Empty."""
        self._uses: dict[str, int] = {}  # keys that are not plain words
        self._aliases = Many()  # folded key → keys that ask for the same with capitals or hyphens
        self._longer = Many()  # the first three words of a phrase, quoted → phrase keys
        self._starred = Many()  # word, or prefix* → phrase keys with stars
        self._prefixes = Many()  # first letters → prefix keys
        self._form_words: dict[str, str] = {}  # key → its word
        self._forms: dict[str, Many] = {}  # language, once a post in it has come → form key → keys
        self._names = Many()  # sound → keys
        self._titled: set[str] = set()  # keys without `title:`
        self._sources: dict[str, str] = {}  # key → padded phrase
        self._source_keys: dict[str, tuple[str, ...]] = {}  # source → its keys, remembered
        self._topics: dict[str, tuple[str, tuple[str, ...]]] = {}  # topic key → its name, its words' keys
        self._topics_of = Many()  # key → topic keys
        self._firsts: dict[str, int] = {}  # first word of a phrase → of how many

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
        else:
            leaf, alias = text_leaf(key), alias_of(key)
            if alias:
                self.use(alias)
                self._aliases.put(alias, key)
            if not alias or leaf_is_name(leaf):  # a name is found by its sound as well
                self._hook(key, leaf)

    def _leave(self, key: str) -> None:
        if key.startswith(SOURCE):
            del self._sources[key]
            self._source_keys.clear()
        elif key.startswith(TITLE):
            self._titled.remove(key.removeprefix(TITLE))
            self.release(key.removeprefix(TITLE))
        else:
            leaf, alias = text_leaf(key), alias_of(key)
            if alias:
                self._aliases.drop(alias, key)
                self.release(alias)
            if not alias or leaf_is_name(leaf):
                self._unhook(key, leaf)

    def _hook(self, key: str, leaf: TextLeaf) -> None:
        if isinstance(leaf, Form):
            self._form_words[key] = leaf.text
        elif isinstance(leaf, Phrase) and "*" in leaf.text:
            self.use(star_hook(leaf.text))
        elif isinstance(leaf, Phrase) and not leaf.is_name:
            first = leaf.text.partition(" ")[0]
            self._firsts[first] = self._firsts.get(first, 0) + 1
        for table, hook in self._hooks(leaf):
            table.put(hook, key)

    def _unhook(self, key: str, leaf: TextLeaf) -> None:
        for table, hook in self._hooks(leaf):
            table.drop(hook, key)
        if isinstance(leaf, Form):
            del self._form_words[key]
        elif isinstance(leaf, Phrase) and "*" in leaf.text:
            self.release(star_hook(leaf.text))
        elif isinstance(leaf, Phrase) and not leaf.is_name:
            first = leaf.text.partition(" ")[0]
            self._firsts[first] -= 1
            if not self._firsts[first]:
                del self._firsts[first]

    def _hooks(self, leaf: TextLeaf) -> Iterator[tuple[Many, str]]:
        """What a folded key is found by, and in which table; nothing where the key itself is what is found."""
        match leaf:
            case Word(text, is_name=True) | Phrase(text, is_name=True):
                yield from ((self._names, hook) for hook in names.name(text).hooks)
            case Phrase(text) if "*" in text:
                yield self._starred, star_hook(text)
            case Phrase(text) if text.count(" ") >= GRAM_MAX:
                yield self._longer, f'"{" ".join(text.split()[:GRAM_MAX])}"'
            case Prefix(text):
                yield self._prefixes, text[:PREFIX_MIN]
            case Form(text):
                for language, table in self._forms.items():
                    yield from ((table, form) for form in _form_keys(text, language))
            case Phrase() | Word():
                return

    def set_topics(self, topics: Iterable[Topic]) -> None:
        """The topics there are now. A word that no query could ask for is left out."""
        new = {topic_key(topic.name): _topic(topic) for topic in topics}
        for key in [key for key, old in self._topics.items() if new.get(key) != old]:
            for word in self._topics.pop(key)[1]:
                self._topics_of.drop(word, key)
                self.release(word)
        for key, topic in new.items():
            if key not in self._topics:
                self._topics[key] = topic
                for word in topic[1]:
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
            in_title = self._in_words(reading.title, post.language)
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
        found = set(reading.distinct)
        if self._firsts:
            phrases, beginnings = reading.grams(self._firsts, self._uses, self._longer)
            found |= phrases
            self._add_verified(self._longer, beginnings, reading, found)
        if self._prefixes:
            self._add_prefixes(reading.distinct, found)
        if self._starred:
            self._add_verified(self._starred, found, reading, found)
        if self._form_words:
            self._add_forms(reading, language, found)
        if self._names:
            self._add_names(reading, found)
        for key in self._aliases.keys() & found:
            found.update(self._aliases.under(key))
        return found

    def _add_verified(self, table: Many, hooks: set[str], reading: Reading, found: set[str]) -> None:
        for hook in table.keys() & hooks:
            for key in table.under(hook):
                if locate.pattern(key[1:-1]).search(reading.joined):
                    found.add(key)

    def _add_prefixes(self, distinct: set[str], found: set[str]) -> None:
        heads = self._prefixes
        for word in distinct:
            head = word[:PREFIX_MIN]
            if head in heads:
                for key in heads.under(head):
                    if word.startswith(key[:-1]):
                        found.add(key)

    def _add_forms(self, reading: Reading, published: str | None, found: set[str]) -> None:
        for language, raw in forms.languages(reading.raw_distinct, published).items():
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
        places = reading.names
        hooks = self._names
        asked = hooks.keys()
        for raw in reading.capitalised:
            spelled = names.hooks_of_word(raw)
            if asked.isdisjoint(spelled):
                continue
            for hook in spelled & asked:
                for key in hooks.under(hook):
                    place = locate.name_by_word(reading, asked_name(key), raw)
                    if place is not None and place < places.get(key, _BEYOND):
                        places[key] = place
        found.update(places)

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
    """The key that asks for the same in folded words."""
    match text_leaf(key):
        case Prefix(text):
            return f"{padded(text).strip()}*"
        case Form(text):
            return f"~{forms.plain(text)}"
        case Word(text) | Phrase(text):
            pieces = locate.starred_words(text)
            return pieces[0] if len(pieces) == 1 else f'"{" ".join(pieces)}"'


def alias_of(key: str) -> str:
    """The folded key that has to be in use for this one to be found; empty where it is the key itself."""
    plain = folded_key(key)
    return "" if plain == key else plain


def leaf_is_name(leaf: TextLeaf) -> bool:
    """Whether other spellings count."""
    return isinstance(leaf, Word | Phrase) and leaf.is_name


def padded(text: str) -> str:
    """Folded words with a space around each, as `Reading.joined` has them."""
    return f" {' '.join(words(text))} "


def star_hook(text: str) -> str:
    """What a phrase with stars is found by: a whole word of it, or the beginning of its first."""
    pieces = text.split()
    return next((piece for piece in pieces if not piece.endswith("*")), pieces[0])


@lru_cache(maxsize=20_000)
def asked_name(key: str) -> names.Name:
    """The name that a key asks for."""
    return names.name(text_leaf(key).text)
