"""Undoing Content-Encoding without being blown up: never more bytes out than there is room for.

gzip and deflate always; zstd and brotli where a module for them is installed that can be told when to stop.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

MAX_MEMBERS = 1000  # gzip files of a million empty members exist to cost time
MAX_ENCODINGS = 2


class TooLargeError(Exception):
    """More bytes than there is room for."""


class BadEncodingError(Exception):
    """The body is not encoded as it says; the text says how."""


class Decoder(Protocol):
    """Decodes a stream. `room` is how many bytes may come out at most; one more may, as a sign of too many."""

    def feed(self, data: bytes, room: int) -> bytes:
        """The decoded bytes. Raises BadEncodingError and TooLargeError."""
        ...

    def close(self) -> None:
        """Raise BadEncodingError if the stream is not complete."""
        ...


class Identity:
    """Bytes as they come."""

    def feed(self, data: bytes, room: int) -> bytes:
        if len(data) > room:
            raise TooLargeError
        return data

    def close(self) -> None:
        """Nothing can be missing."""


class Deflated:
    """gzip with any number of members, zlib, and the raw deflate that some servers mean by "deflate"."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._head = b""
        self._inner: Any = None
        self._members = 0

    def feed(self, data: bytes, room: int) -> bytes:
        if self._inner is None:
            self._head += data
            if len(self._head) < 2:
                return b""
            data, self._head = self._head, b""
            if (plain := self._start(data)) is not None:
                self._inner = plain
        if isinstance(self._inner, Identity):
            return self._inner.feed(data, room)
        return self._inflate(data, room)

    def _start(self, data: bytes) -> Identity | None:
        """Choose by the first two bytes; a document that is labelled gzip and is none is taken as it is."""
        if self._gzip:
            if data[:2] != b"\x1f\x8b":
                if data.lstrip()[:1] in {b"<", b"{", b"\xef"}:
                    return Identity()
                raise BadEncodingError("labelled gzip, but it is not")
            self._inner = zlib.decompressobj(wbits=31)
            return None
        zlib_header = data[0] & 0x0F == 8 and (data[0] * 256 + data[1]) % 31 == 0
        self._inner = zlib.decompressobj(wbits=15 if zlib_header else -15)
        return None

    def _inflate(self, data: bytes, room: int) -> bytes:
        pieces: list[bytes] = []
        while data:
            try:
                piece = self._inner.decompress(data, room + 1)
            except zlib.error:
                raise BadEncodingError("the compressed body is damaged") from None
            if len(piece) > room:
                raise TooLargeError
            pieces.append(piece)
            room -= len(piece)
            data = self._inner.unused_data.lstrip(b"\x00")  # padding is allowed after the last member
            if not data or not self._gzip:
                break
            self._members += 1
            if self._members > MAX_MEMBERS or not data.startswith(b"\x1f"):
                raise BadEncodingError("the compressed body has too many parts, or something else behind it")
            self._inner = zlib.decompressobj(wbits=31)
        return b"".join(pieces)

    def close(self) -> None:
        if self._inner is not None and not isinstance(self._inner, Identity) and not self._inner.eof:
            raise BadEncodingError("the compressed body ends too early")


class Zstandard:
    """zstd through compression.zstd (Python 3.14) or backports.zstd."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._inner = module.ZstdDecompressor()

    def feed(self, data: bytes, room: int) -> bytes:
        pieces: list[bytes] = []
        while data or not self._inner.needs_input:
            try:
                piece = self._inner.decompress(data, max_length=room + 1)
            except self._module.ZstdError:
                raise BadEncodingError("the compressed body is damaged") from None
            if len(piece) > room:
                raise TooLargeError
            pieces.append(piece)
            room -= len(piece)
            data = b""
            if self._inner.eof:
                data = self._inner.unused_data
                if not data:
                    break
                self._inner = self._module.ZstdDecompressor()
        return b"".join(pieces)

    def close(self) -> None:
        if not self._inner.eof:
            raise BadEncodingError("the compressed body ends too early")


class Brotli:
    """br through brotli 1.2 or later, the first that can be told when to stop."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._inner = module.Decompressor()

    def feed(self, data: bytes, room: int) -> bytes:
        pieces: list[bytes] = []
        while True:
            try:
                piece = self._inner.process(data, output_buffer_limit=room + 1)
            except self._module.error:
                raise BadEncodingError("the compressed body is damaged") from None
            if len(piece) > room:
                raise TooLargeError
            pieces.append(piece)
            room -= len(piece)
            data = b""
            if self._inner.can_accept_more_data() or self._inner.is_finished():
                return b"".join(pieces)

    def close(self) -> None:
        if not self._inner.is_finished():
            raise BadEncodingError("the compressed body ends too early")


class Chain:
    """Several encodings, undone from the last to the first (RFC 9110 section 8.4)."""

    def __init__(self, decoders: list[Decoder]) -> None:
        self._decoders = decoders

    def feed(self, data: bytes, room: int) -> bytes:
        for decoder in self._decoders:
            data = decoder.feed(data, room)
        return data

    def close(self) -> None:
        for decoder in self._decoders:
            decoder.close()


def _makers() -> dict[str, Callable[[], Decoder]]:
    makers: dict[str, Callable[[], Decoder]] = {
        "gzip": lambda: Deflated(gzip=True),
        "deflate": lambda: Deflated(gzip=False),
    }
    for name in ("compression.zstd", "backports.zstd"):
        if (module := _module(name)) is not None:
            makers["zstd"] = partial(Zstandard, module)
            break
    brotli = _module("brotli")
    if brotli is not None and hasattr(getattr(brotli, "Decompressor", None), "can_accept_more_data"):
        makers["br"] = partial(Brotli, brotli)
    return makers


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


MAKERS = _makers()
ACCEPTED = ", ".join(MAKERS)  # the Accept-Encoding header


def decoder_for(header: str) -> Decoder:
    """The decoder for a Content-Encoding header. Raises BadEncodingError for one that cannot be undone."""
    names = [name.strip().lower().removeprefix("x-") for name in header.split(",")]
    names = [name for name in names if name not in {"", "identity", "none", "utf-8", "binary"}]
    if len(names) > MAX_ENCODINGS:
        raise BadEncodingError("the body is compressed over and over")
    unknown = next((name for name in names if name not in MAKERS), None)
    if unknown is not None:
        raise BadEncodingError(f"the body is in an encoding that was not asked for ({unknown[:20]})")
    if not names:
        return Identity()
    decoders = [MAKERS[name]() for name in reversed(names)]
    return decoders[0] if len(decoders) == 1 else Chain(decoders)
