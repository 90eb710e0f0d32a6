"""Hostile markup and text → clean plain text. It never makes markup; escaping is the renderer's.

`plain` reads HTML as a person would see it, without building a tree: one linear scan, so that neither depth nor
breadth of the markup costs more than its length. `clean` is for text that is not markup.

What is cleaned, and why: control characters (Telegram and terminals act on some), bidi embeddings, overrides
and isolates (Unicode TR36 section 2.10: they make text read as something else), invisible characters inside words
(they hide a word from matching). Joiners stay where scripts need them: ZWNJ and ZWJ in Arabic, Persian and
Indic words, ZWJ between emoji.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape as _unescape
from html.entities import html5

_TAG = re.compile(
    r"<(?:"
    r"!--(?:-?>|.*?--!?>|.*)"  # an unclosed comment runs to the end, as in browsers
    r"|!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)"
    r"|(?P<end>/)?(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)"
    r"(?:=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))|[^>=]++|=)*+>?"  # a quote begins a value only behind "="
    r"|[!?][a-zA-Z\[][^>]*+>?"
    r")",
    re.DOTALL,
)
# Elements whose text is not read by a person.
_HIDDEN = (
    "script",
    "style",
    "template",
    "noscript",
    "iframe",
    "object",
    "svg",
    "math",
    "head",
    "textarea",
    "select",
)
_HIDDEN_END = {name: re.compile(rf"</{name}\b[^>]*+>?", re.IGNORECASE) for name in _HIDDEN}
# Elements that do not break a word; every other one does.
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "mark",
        "q",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)
# An element that only markup has: where none was found before unescaping and one after, it was escaped twice.
_EVIDENT = re.compile(
    r"<(?:/?(?:p|div|span|a|b|i|u|em|strong|ul|ol|li|h[1-6]|blockquote|table|td|tr|figure)|br|img|hr)\b[^<>]*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_LONG_CHARREF = re.compile(r"&#(?:\d{8,}|[xX][0-9a-fA-F]{7,});?")

_SPACES = re.compile(r"[\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\x1c-\x1f\x85]+")
_UNWANTED = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls; those that are white space become a space
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"  # soft hyphen, fillers, marks
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff"  # lone surrogates cannot be encoded
    "\U000e0000-\U000e0fff"  # tags, variation selectors
    "]+"
)
_JOINERS = re.compile("[\u200c\u200d]+")
_STACKED = re.compile(r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{4})"
                      r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")  # fmt: skip


def plain(markup: str) -> str:
    """HTML as the text a person sees: one line, single spaces, where a block ends a space.

    Text that is evidently escaped once too often is unescaped once more.
    """
    if "<" not in markup:
        return plain_text(markup)
    text, tags = _without_tags(markup)
    text = unescape(text)
    if not tags and _EVIDENT.search(text):
        text = unescape(_without_tags(text)[0])
    elif _ENTITY.search(text):
        text = unescape(text)
    return clean(text)


def plain_text(text: str) -> str:
    """Text that claims not to be markup, though it may hold entities, or escaped markup, all the same."""
    if "&" in text:
        text = unescape(text)
        if _EVIDENT.search(text):
            text = unescape(_without_tags(text)[0])
        elif _ENTITY.search(text):
            text = unescape(text)
    return clean(text)


def unescape(text: str) -> str:
    """Character references → characters; those of no character become U+FFFD (HTML, section 13.2.5.80)."""
    if "&" not in text:
        return text
    return _unescape(_LONG_CHARREF.sub("\ufffd", text))


def looks_like_markup(text: str) -> bool:
    """Whether there is an element in it that only markup has."""
    return _EVIDENT.search(text) is not None


def is_entity(name: str) -> bool:
    """Whether HTML has a character reference of that name (without & and ;)."""
    return f"{name};" in html5


def clean(text: str) -> str:
    """One line of safe text: see the module's first paragraphs. Cleaning twice changes nothing."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = _UNWANTED.sub("", text)
    if _JOINERS.search(text):
        text = _JOINERS.sub(_joiner, text)
    text = " ".join(_SPACES.sub(" ", text).split())
    if text.isascii():
        return text
    return _STACKED.sub(r"\1", unicodedata.normalize("NFC", text))


def _without_tags(markup: str) -> tuple[str, int]:
    """The text between tags, still escaped, and how many tags there were."""
    pieces: list[str] = []
    at = tags = 0
    while True:
        found = _TAG.search(markup, at)
        if found is None:
            pieces.append(markup[at:])
            return "".join(pieces), tags
        pieces.append(markup[at : found.start()])
        at = found.end()
        if (cdata := found["cdata"]) is not None:
            pieces.append(cdata)
            continue
        if found["name"] is None:
            continue
        tags += 1
        name = found["name"].lower()
        if name not in _INLINE:
            pieces.append(" ")
        if name in _HIDDEN_END and not found["end"] and not found[0].endswith("/>"):
            end = _HIDDEN_END[name].search(markup, at)
            at = end.end() if end else len(markup)


def _joiner(found: re.Match[str]) -> str:
    """Keep one joiner where a script or an emoji needs it (Unicode chapter 23.2), else nothing."""
    text = found.string
    before = text[found.start() - 1] if found.start() else ""
    after = text[found.end()] if found.end() < len(text) else ""
    joiner = found[0][0]
    if _is_joining(before) and _is_joining(after):
        return joiner
    if joiner == "\u200d" and _is_indic(before):  # a half form, or an old chillu at the end of a word
        return joiner
    if joiner == "\u200d" and _is_emoji(before) and _is_emoji(after):
        return joiner
    return ""


def _is_joining(char: str) -> bool:
    """Arabic, Syriac, N'Ko, Mandaic, Indic, South-East Asian, Mongolian and the Arabic presentation forms."""
    return char != "" and (
        "\u0600" <= char <= "\u109f" or "\u1780" <= char <= "\u18af" or "\ufb50" <= char <= "\ufdff"
        or "\ufe70" <= char <= "\ufefc"
    )  # fmt: skip


def _is_indic(char: str) -> bool:
    return char != "" and "\u0900" <= char <= "\u0dff"


def _is_emoji(char: str) -> bool:
    return char != "" and (
        "\u2190" <= char <= "\u2bff" or "\U0001f000" <= char <= "\U0001faff" or char == "\ufe0f"
    )
