"""Telegram's HTML: a parser of our own with Telegram's rules and error texts.

Rules (Bot API, "HTML style"; checked in the tests against Telegram's own parser):
1. Only the tags in `TAGS`, in any case; anything else that starts with `<` is refused, comments included.
2. Every tag is closed, in order; `</>` closes the last one. Attributes are `name=value`, quoted or a bare word.
3. Named references are `&lt; &gt; &amp; &quot;` only; numeric ones are at most 9 characters without `;`.
   Anything else stays as it is written.
4. A link without a usable target, an empty element and a date without a time lose their formatting without a word:
   those of the first kind are returned as `lost_links`.
5. Offsets and lengths of entities are UTF-16 units; offsets in error texts are bytes of UTF-8.

Known differences from Telegram's parser: beyond sixteen entities its order of quotes over the same stretch is not
stable, ours is; a NUL, which no message can hold, ends its text early.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from watchdog_bot.simulator.links import LinkError, check_link, lower_ascii, user_of_link
from watchdog_bot.simulator.values import Entity, words

TAGS: Final = words("a b strong i em s strike del u ins tg-spoiler tg-emoji tg-time span pre code blockquote")
_STYLES: Final = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
}
# Which of two entities over the same stretch is the outer one.
_RANK: Final = {
    "blockquote": 0,
    "expandable_blockquote": 0,
    "pre": 11,
    "code": 20,
    "date_time": 30,
    "text_link": 49,
    "text_mention": 49,
    "bold": 90,
    "italic": 91,
    "underline": 92,
    "strikethrough": 93,
    "spoiler": 94,
    "custom_emoji": 99,
}
_PLAIN = re.compile(r"[^<&]+")
_SPACE = " \t\r\n\0\v"
_NAME = re.compile(r"[^ \t\r\n\0\v>]*")
_BLANKS = re.compile(r"[ \t\r\n\v]*")
_ATTRIBUTE = re.compile(r"[^ \t\r\n\0\v=>/\"']*")
_WORD = re.compile(r"[A-Za-z0-9.\-]*")
_QUOTED: Final = {quote: re.compile(f"[^&\0{quote}]*") for quote in "\"'"}
_REFERENCE = re.compile(r"&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|([A-Za-z]+));?")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_DATE_FORMAT = re.compile(r"[rR]|[tTdDwW]*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_INTEGER = re.compile(r"(-?)([0-9]*)")


class HtmlError(Exception):
    """Why the text cannot be parsed, in Telegram's words (without "can't parse entities")."""


@dataclass(frozen=True, slots=True)
class ParsedHtml:
    """Plain text (not trimmed), its entities in Telegram's order, and targets that were dropped silently."""

    text: str
    entities: tuple[Entity, ...]
    lost_links: tuple[str, ...] = ()


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet."""

    tag: str
    argument: str
    date: int
    offset: int  # UTF-16 units
    piece: int  # index into the pieces of text


def utf16(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def entity_order(entity: Entity) -> tuple[int, int, int]:
    """By offset, longest first, outer kinds first; `pre` with a language is outside one without."""
    rank = 10 if entity.language else _RANK.get(entity.type, 50)
    return entity.offset, -entity.length, rank


def parse_html(source: str) -> ParsedHtml:
    """Parse Telegram HTML. Raises HtmlError."""
    if "<" not in source and "&" not in source:
        return ParsedHtml(source, ())
    return _Parser(source).run()


def decode_reference(source: str, at: int) -> tuple[str, int] | None:
    """The character that the reference at `at` stands for and where it ends; None when it is literal text."""
    found = _REFERENCE.match(source, at)
    if found is None:
        return None
    hexadecimal, decimal, name = found.groups()
    if name is not None:
        return (_NAMED[name], found.end()) if name in _NAMED else None
    digits_end = found.end() - (1 if found[0].endswith(";") else 0)
    if digits_end - at >= 10:
        return None
    code = int(hexadecimal, 16) if hexadecimal is not None else int(decimal)
    if code == 0 or code >= 0x10FFFF:
        return None
    return chr(code), found.end()


@dataclass(slots=True)
class _Parser:
    source: str
    at: int = 0
    offset: int = 0  # UTF-16 units of text so far
    pieces: list[str] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    # (entity, language or ""): a `code` keeps its language until it is known whether a `pre` surrounds it
    found: list[tuple[Entity, str]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def run(self) -> ParsedHtml:
        source = self.source
        while self.at < len(source):
            plain = _PLAIN.match(source, self.at)
            if plain is not None:
                self._add(plain[0], plain.end())
            elif source[self.at] == "&":
                decoded = decode_reference(source, self.at)
                self._add(*(decoded or ("&", self.at + 1)))
            elif source.startswith("</", self.at):
                self._close()
            else:
                self._open()
        if self.stack:
            raise HtmlError(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')
        text = "".join(self.pieces)
        if _SURROGATE.search(text):
            raise HtmlError(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            )
        entities = sorted((entity for entity, _ in self.found), key=entity_order)
        return ParsedHtml(text, tuple(entities), tuple(self.lost))

    def _add(self, text: str, end: int) -> None:
        self.pieces.append(text)
        self.offset += utf16(text)
        self.at = end

    def _byte(self, at: int) -> int:
        return len(self.source[:at].encode("utf-8", "surrogatepass"))

    def _character(self, at: int) -> str:
        """The character there, or NUL after the end."""
        return self.source[at] if at < len(self.source) else "\0"

    def _skip(self, pattern: re.Pattern[str], at: int) -> int:
        found = pattern.match(self.source, at)
        return found.end() if found else at

    # ------------------------------------------------------------------ start tags

    def _open(self) -> None:
        begin = self.at
        end = self._skip(_NAME, begin + 1)
        if self._character(end) == "\0":
            raise HtmlError(f"Unclosed start tag at byte offset {self._byte(begin)}")
        tag = lower_ascii(self.source[begin + 1 : end])
        if tag not in TAGS:
            raise HtmlError(f'Unsupported start tag "{tag}" at byte offset {self._byte(begin)}')
        element = _Open(tag, "", 0, self.offset, len(self.pieces))
        at = end
        while self._character(at) != ">":
            at = self._skip(_BLANKS, at)
            if self._character(at) != ">":
                at = self._attribute(element, at, begin)
        if tag == "span" and element.argument != "spoiler":
            raise HtmlError(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(begin)}')
        self.stack.append(element)
        self.at = at + 1

    def _attribute(self, element: _Open, at: int, begin: int) -> int:
        """Read one attribute into the element; where it ends."""
        end = self._skip(_ATTRIBUTE, at)
        name = self.source[at:end]
        if not name:
            raise HtmlError(
                f'Empty attribute name in the tag "{element.tag}" at byte offset {self._byte(begin)}'
            )
        at = self._skip(_BLANKS, end)
        if self._character(at) == "\0":
            raise HtmlError(f'Unclosed start tag "{element.tag}" at byte offset {self._byte(begin)}')
        if self._character(at) != "=":
            if (element.tag, name) == ("blockquote", "expandable"):
                element.argument = "1"
            return at
        at = self._skip(_BLANKS, at + 1)
        if self._character(at) == "\0":
            raise HtmlError(f'Unclosed start tag "{element.tag}" at byte offset {self._byte(begin)}')
        value, at = self._value(at)
        if self._character(at) == "\0":
            raise HtmlError(f"Unclosed start tag at byte offset {self._byte(begin)}")
        _assign(element, name, value)
        return at

    def _value(self, at: int) -> tuple[str, int]:
        quote = self._character(at)
        if quote in "\"'":
            return self._quoted(at + 1, quote)
        end = self._skip(_WORD, at)
        if self._character(end) not in _SPACE + ">":
            raise HtmlError(f"Unexpected end of name token at byte offset {self._byte(at)}")
        return lower_ascii(self.source[at:end]), end

    def _quoted(self, at: int, quote: str) -> tuple[str, int]:
        value: list[str] = []
        while True:
            end = self._skip(_QUOTED[quote], at)
            value.append(self.source[at:end])
            if self._character(end) != "&":
                break
            decoded, at = decode_reference(self.source, end) or ("&", end + 1)
            value.append(decoded)
        return "".join(value), end + 1 if self._character(end) == quote else end

    # ------------------------------------------------------------------ end tags

    def _close(self) -> None:
        begin = self.at
        if not self.stack:
            raise HtmlError(f"Unexpected end tag at byte offset {self._byte(begin)}")
        end = self._skip(_NAME, begin + 2)
        name = lower_ascii(self.source[begin + 2 : end])
        end = self._skip(_BLANKS, end)
        if self._character(end) != ">":
            raise HtmlError(f"Unclosed end tag at byte offset {self._byte(begin)}")
        element = self.stack.pop()
        if name and name != element.tag:
            raise HtmlError(
                f"Unmatched end tag at byte offset {self._byte(begin)}, "
                f'expected "</{element.tag}>", found "</{name}>"'
            )
        if self.offset > element.offset:
            self._finish(element)
        self.at = end + 1

    def _finish(self, element: _Open) -> None:
        """Add the entity of a closed, non-empty element."""
        if style := _STYLES.get(element.tag):
            self._entity(element, style)
            return
        match element.tag:
            case "a":
                self._link(element)
            case "pre" | "code":
                self._code(element)
            case "blockquote":
                self._entity(element, "expandable_blockquote" if element.argument else "blockquote")
            case "tg-emoji":
                if not _is_int64(element.argument):
                    raise HtmlError("Invalid custom emoji identifier specified")
                self._entity(element, "custom_emoji", custom_emoji_id=element.argument)
            case _:
                self._date(element)

    def _entity(
        self,
        element: _Open,
        kind: str,
        *,
        url: str | None = None,
        user_id: int | None = None,
        custom_emoji_id: str | None = None,
    ) -> None:
        length = self.offset - element.offset
        entity = Entity(
            kind, element.offset, length, url=url, user_id=user_id, custom_emoji_id=custom_emoji_id
        )
        self.found.append((entity, ""))

    def _date(self, element: _Open) -> None:
        if not _DATE_FORMAT.fullmatch(element.argument):
            raise HtmlError("Invalid date format used")
        if element.date <= 0:
            return
        length = self.offset - element.offset
        entity = Entity(
            "date_time",
            element.offset,
            length,
            unix_time=element.date,
            date_time_format=element.argument or None,
        )
        self.found.append((entity, ""))

    def _link(self, element: _Open) -> None:
        target = element.argument or "".join(self.pieces[element.piece :])
        user_id = user_of_link(target)
        if user_id is not None:
            self._entity(element, "text_mention", user_id=user_id)
            return
        try:
            url = check_link(target)
        except LinkError:
            self.lost.append(target)
            return
        self._entity(element, "text_link", url=url)

    def _code(self, element: _Open) -> None:
        """`pre` around or inside a `code` with a language, over the same stretch, is one entity."""
        offset, length = element.offset, self.offset - element.offset
        partner = "code" if element.tag == "pre" else "pre"
        if self.found:
            last, language = self.found[-1]
            same = (last.type, last.offset, last.length) == (
                partner,
                offset,
                length,
            ) and last.language is None
            known = language if element.tag == "pre" else element.argument
            if same and known:
                self.found[-1] = (Entity("pre", offset, length, language=known), "")
                return
        self.found.append((Entity(element.tag, offset, length), element.argument))


def _assign(element: _Open, name: str, value: str) -> None:
    """Keep the attributes that mean something."""
    match element.tag, name:
        case ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "format"):
            element.argument = value
        case "code", "class" if value.startswith("language-"):
            element.argument = value.removeprefix("language-")
        case "span", "class" if value.startswith("tg-"):
            element.argument = value.removeprefix("tg-")
        case "blockquote", "expandable":
            element.argument = "1"
        case "tg-time", "unix":
            element.date = _int32(value)
        case _:
            pass


def _int32(text: str) -> int:
    """The leading digits as a 32-bit integer that wraps around, as Telegram reads them."""
    found = _INTEGER.match(text)
    sign, digits = found.groups() if found else ("", "")
    value = int(digits or "0") % (1 << 32)
    signed = value - (1 << 32) if value >= 1 << 31 else value
    return -signed if sign and signed != -(1 << 31) else signed


def _is_int64(text: str) -> bool:
    """A non-zero integer of 64 bits written canonically."""
    if not re.fullmatch(r"-?[1-9][0-9]{0,18}", text):
        return False
    return -(1 << 63) <= int(text) < 1 << 63
