"""Bytes → text, whatever the sender claims. It never fails and never drops a byte silently.

Rules, in order:
1. A byte order mark decides (RFC 7303 section 3). So do the zero bytes of UTF-16 and UTF-32 without one.
2. UTF-8 that is valid and not merely ASCII is UTF-8, unless a multi-byte encoding is declared: single-byte text
   of any length does not pass as UTF-8 by chance.
3. The charset of the HTTP header, then that of the XML declaration, if the bytes fit. ISO-8859-1 and US-ASCII in the
   header are the default of old servers and yield to the document.
4. A single-byte Western charset is not believed of text that is mostly not ASCII letters, when detection says
   that it is Cyrillic or Greek.
5. UTF-8 with a few bad bytes stays UTF-8; the bad bytes are read as windows-1252, which is what they mostly are.
6. Detection (chardet) where there are more than a few such bytes to tell by, then windows-1252.
"""

from __future__ import annotations

import codecs
import re

import chardet

SAMPLE = 60_000  # bytes shown to the detector: more does not make it surer

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: it begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (
    (re.compile(rb"<\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00\x00\x00<"), "utf-32-be"),
    (re.compile(rb"<\x00[^\x00]\x00"), "utf-16-le"),
    (re.compile(rb"\x00<\x00[^\x00]"), "utf-16-be"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),  # "<?xm" in EBCDIC
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})")
_META = re.compile(rb"<meta[^>]{0,200}?\bcharset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
# What senders write and what they mean (WHATWG Encoding section 4.2).
_MEANT = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030",
    "shift_jis": "cp932", "euc_kr": "cp949", "tis-620": "cp874", "iso8859-11": "cp874",
}  # fmt: skip
_ALIASES = {
    "win-1251": "cp1251", "win1251": "cp1251", "windows1251": "cp1251", "cp-1251": "cp1251", "x-cp1251": "cp1251",
    "koi8r": "koi8-r", "koi8u": "koi8-u", "x-sjis": "cp932", "windows-874": "cp874", "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8", "x-user-defined": "cp1252", "ansi": "cp1252", "ms-ansi": "cp1252", "ms-cyrl": "cp1251",
    "ms-ee": "cp1250", "ms-greek": "cp1253", "ms-turk": "cp1254", "ms-hebr": "cp1255", "ms-arab": "cp1256",
    "winbaltrim": "cp1257", "mac": "mac-roman", "macintosh": "mac-roman", "csmacintosh": "mac-roman", "x-mac-cyrillic": "mac-cyrillic",
}  # fmt: skip
_ASCII = bytes(range(0x80))
_BAD = re.compile("[\udc80-\udcff]")  # what "surrogateescape" makes of a byte that is no UTF-8
_TEXT_CODECS_REFUSED = frozenset(
    [
        "base64",
        "bz2",
        "hex",
        "quopri",
        "rot13",
        "uu",
        "zlib",
        "punycode",
        "idna",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
        "mbcs",
        "oem",
        "utf-7",
    ]
)
_MULTI_BYTE = frozenset(
    [
        "big5",
        "big5hkscs",
        "cp932",
        "cp949",
        "cp950",
        "euc_jp",
        "euc_jis_2004",
        "gb18030",
        "hz",
        "iso2022_jp",
        "iso2022_kr",
        "johab",
        "shift_jis_2004",
    ]
)
_WESTERN = frozenset({"cp1252", "cp1254", "iso8859-15", "cp850", "cp437", "mac-roman"})
_NOT_LATIN = (
    "windows-1251",
    "koi8",
    "iso-8859-5",
    "ibm866",
    "maccyrillic",
    "windows-1253",
    "iso-8859-7",
    "cp1251",
)


def decode(body: bytes, content_type: str = "") -> str:
    """The text of a document, without its byte order mark."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            rest = body[len(mark) :]
            return _repaired_utf8(rest) if name == "utf-8" else rest.decode(name, "replace")
    head = body[:200].lstrip(b" \t\r\n")
    for start, name in _UNMARKED:
        if start.match(head):
            return body[len(body[:200]) - len(head) :].decode(name, "replace")
    if body.isascii():
        return _ascii(body, content_type)
    return _not_ascii(body, content_type)


def is_utf8(body: bytes, content_type: str = "") -> bool:
    """Whether `decode` reads it as UTF-8 or ASCII, and would read any part of it so."""
    head = body[:200].lstrip(b" \t\r\n")
    if any(start.match(head) for start, _ in _UNMARKED) or b"\0" in head:
        return False
    claims = {_header(content_type), _in_document(body)}
    return claims <= {None, "utf-8", "cp1252"} and _strictly(body, "utf-8") is not None


def _ascii(body: bytes, content_type: str) -> str:
    """ASCII bytes are ASCII, but for the few encodings that hide other letters behind them."""
    for name in (_header(content_type), _in_document(body)):
        if name in {"iso2022_jp", "iso2022_kr", "hz"} and (text := _strictly(body, name)) is not None:
            return text
    return body.decode("ascii")


def _not_ascii(body: bytes, content_type: str) -> str:
    header, declared = _header(content_type), _in_document(body)
    claims = [name for name in (header, declared) if name]
    if header == "cp1252" and declared:  # rule 3: the default of old servers
        claims.reverse()
    if not any(name in _MULTI_BYTE for name in claims) and (text := _strictly(body, "utf-8")) is not None:
        return text
    for name in claims:
        if name == "utf-8" or (name in _WESTERN and _hardly_western(body)):
            continue
        if (text := _strictly(body, name)) is not None:
            return text
    if (text := _nearly_utf8(body)) is not None:
        return text
    detected = _detected(body) if len(body[:SAMPLE].translate(None, _ASCII)) > 3 else "cp1252"
    for guess in (detected, "utf-8", *claims):
        if guess and (text := _strictly(body, guess)) is not None:
            return text
    return body.decode(detected if detected and detected != "utf-8" else "cp1252", "replace")


def _nearly_utf8(body: bytes) -> str | None:
    """Rule 5: at least two good characters for each bad byte; in another encoding hardly any are good."""
    text = body.decode("utf-8", "surrogateescape")
    bad = len(_BAD.findall(text))
    good = sum(1 for char in text if char > "\x7f") - bad
    return None if good < 2 * bad else _BAD.sub(_windows, text)


def _repaired_utf8(body: bytes) -> str:
    return _BAD.sub(_windows, body.decode("utf-8", "surrogateescape"))


def _windows(found: re.Match[str]) -> str:
    """What a byte that is no UTF-8 means in windows-1252."""
    return bytes([ord(found[0]) - 0xDC00]).decode("cp1252", "replace")


def _hardly_western(body: bytes) -> bool:
    """Rule 4. Western text has a tenth of its letters outside ASCII; Cyrillic and Greek text nearly all."""
    sample = _sample(body)
    high = sum(1 for byte in sample if byte >= 0xC0)
    letters = sum(1 for byte in sample if 0x41 <= byte | 0x20 <= 0x7A and chr(byte).isalpha() and byte < 0x80)
    if high < 20 or high < letters:
        return False
    detected = (chardet.detect(sample)["encoding"] or "").lower()
    return detected.startswith(_NOT_LATIN)


def _detected(body: bytes) -> str | None:
    return _codec(chardet.detect(_sample(body))["encoding"] or "")


def _sample(body: bytes) -> bytes:
    """The words rather than the tags."""
    return re.sub(rb"<[^<>]{0,1000}>", b" ", body[: 4 * SAMPLE])[:SAMPLE]


def _header(content_type: str) -> str | None:
    found = _HEADER.search(content_type)
    return _codec(found[1]) if found else None


def _in_document(body: bytes) -> str | None:
    found = _DECLARED.search(body[:1024]) or _META.search(body[:4096])
    return _codec(found[1].decode("ascii")) if found else None


def _codec(name: str) -> str | None:
    """Python's name of an encoding, as it is meant; None where there is none, or none for text."""
    name = _ALIASES.get(name.lower(), name)
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    known = {"shift_jis": "cp932", "utf-8-sig": "utf-8"}.get(known, known)
    if known in _TEXT_CODECS_REFUSED or known.startswith(("utf-16", "utf-32")):
        return None  # UTF-16 that is UTF-16 was told by its bytes
    return _MEANT.get(known, known)


def _strictly(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except (UnicodeError, LookupError):
        return None
