"""What people type, understood and said back. The grammar is in `query_parser`, the tree in `query_tree`."""

from __future__ import annotations

from watchdog_bot.core.errors import QueryError
from watchdog_bot.core.match.query_change import (
    Namesakes,
    asks_for_countries,
    identity,
    namesakes,
    with_scope,
    with_topics,
    with_words,
)
from watchdog_bot.core.match.query_parser import parse, parse_keywords, restore
from watchdog_bot.core.match.query_print import describe, show, show_leaf, term
from watchdog_bot.core.match.query_topic import split_items, topic, topic_leaf
from watchdog_bot.core.match.query_tree import (
    And,
    CountryIs,
    Expr,
    Form,
    LanguageIs,
    Leaf,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Scope,
    SourceIs,
    TopicIs,
    Vocabulary,
    Word,
    leaves,
)
from watchdog_bot.core.match.query_vocabulary import codes_of, countries_in

__all__ = [
    "And",
    "CountryIs",
    "Expr",
    "Form",
    "LanguageIs",
    "Leaf",
    "Namesakes",
    "Not",
    "Or",
    "Phrase",
    "Prefix",
    "Query",
    "QueryError",
    "Scope",
    "SourceIs",
    "TopicIs",
    "Vocabulary",
    "Word",
    "asks_for_countries",
    "codes_of",
    "countries_in",
    "describe",
    "identity",
    "leaves",
    "namesakes",
    "parse",
    "parse_keywords",
    "restore",
    "show",
    "show_leaf",
    "split_items",
    "term",
    "topic",
    "topic_leaf",
    "with_scope",
    "with_topics",
    "with_words",
]
