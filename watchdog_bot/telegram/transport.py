"""python-telegram-bot's calls over aiohttp instead of httpx: less CPU, and no guess about what was sent.

It carries bytes and says what became of them; it repeats nothing, and what an answer means is not its business. A
failed call raises python-telegram-bot's `NetworkError` (`TimedOut`, its subclass, where time ran out), whose cause is

- `NotReachedError`: there was no connection, so surely nothing was sent: no such name, refused, bad certificate, none
  free in time;
- `AnswerLostError`: there was a connection and no whole answer: Telegram may have done what was asked.

Rules:
1. A request is written once. aiohttp writes again what met a dead connection only where the method is idempotent
   (RFC 9110, 9.2.2), and POST is not.
2. The address holds the bot's token, and aiohttp's errors hold the address: none of them gets out, not even as a
   cause or context. Error pages do not get out either, because some repeat the address.
3. Nothing steers it from outside: no cookies, no redirects, no proxy from the environment unless asked for, no
   compression (a small answer could unfold into a large one), a limit to every answer, certificates always checked.
4. Parameters go as JSON, which the Bot API takes from a POST as it takes forms ("Making requests"), and which costs
   less to write. Files are refused: the bot sends none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from telegram.error import BadRequest, NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT_TIMEOUT = 10.0  # seconds to wait for a free connection and to make it
ANSWER_LIMIT = 64 * 1024 * 1024  # bytes: a hundred updates, the most that one answer has, of the largest kind
_LATER = BaseRequest.DEFAULT_NONE  # what stands where a caller gave no timeout
_NOT_REACHED = (
    aiohttp.ClientConnectorError,  # also DNS, TLS and the proxy's own address
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,  # the proxy made no tunnel
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


def by_proxy(api_base_url: str) -> bool:
    """Whether a proxy of the environment is used: where Telegram is blocked, not for a server of one's own."""
    return api_base_url.startswith("https:")


class NotReachedError(Exception):
    """Surely nothing was sent. Its text says why and holds no address."""


class AnswerLostError(Exception):
    """Whether it was done is unknown. Its text says how the answer was lost and holds no address."""


class AnswerTooLargeError(aiohttp.ClientPayloadError):
    """More than `ANSWER_LIMIT`."""


class Parameters:
    """What python-telegram-bot's `RequestData` is to a request, of plain values: without an object for each of them.
    Lists and dictionaries go as JSON within, as the Bot API has them.
    """

    __slots__ = ("_values",)

    contains_files = False
    multipart_data = None

    def __init__(self, values: Mapping[str, object]) -> None:
        """What is not to be sent must not be in it."""
        self._values = values

    @property
    def json_parameters(self) -> dict[str, str]:
        """Each as text."""
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in self._values.items()
        }

    @property
    def json_payload(self) -> bytes:
        """All together."""
        return json.dumps(self.json_parameters).encode()


class AiohttpRequest(BaseRequest):
    """One pool of connections for one or more bots; open between `initialize` and `shutdown`.

    `timeout`, in seconds: how long a silence of Telegram's is borne, and how long writing may take; callers may give
    others call by call (python-telegram-bot adds the time of the long poll by itself). A call takes no longer than
    connecting, writing and reading may take together, however slowly an answer drips.
    """

    __slots__ = ("_connect", "_connections", "_session", "_timeout", "_trust_env")

    def __init__(
        self,
        connections: int,
        *,
        timeout: float,
        connect_timeout: float = CONNECT_TIMEOUT,
        trust_env: bool = False,
    ) -> None:
        """`connections` at a time at most; `trust_env`: take a proxy from the environment."""
        self._connections = connections
        self._timeout = timeout
        self._connect = connect_timeout
        self._trust_env = trust_env
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds, where a call gives none."""
        return self._timeout

    async def initialize(self) -> None:
        """Open, unless it is."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "User-Agent": self.USER_AGENT,
                    "Content-Type": "application/json",
                    "Accept-Encoding": "identity",
                },
                auto_decompress=False,
                trust_env=self._trust_env,
            )

    async def shutdown(self) -> None:
        """Close; calls under way fail."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(  # noqa: PLR0917 - the signature is python-telegram-bot's
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = _LATER,
        write_timeout: object = _LATER,
        connect_timeout: object = _LATER,
        pool_timeout: object = _LATER,
    ) -> tuple[int, bytes]:
        """HTTP status and body. Raises NetworkError (see the module), BadRequest where files were to be sent."""
        if self._session is None:
            raise NetworkError("The transport is closed") from NotReachedError("the transport is closed")
        if request_data is not None and request_data.contains_files:
            raise BadRequest("This bot's transport sends no files: send a link, or a file_id")
        connect = _sum(_seconds(connect_timeout, self._connect), _seconds(pool_timeout, 0.0))
        read = _seconds(read_timeout, self._timeout)
        total = _sum(connect, read, _seconds(write_timeout, self._timeout))
        limits = aiohttp.ClientTimeout(total=total, connect=connect, sock_read=read)
        body = None if request_data is None else request_data.json_payload
        try:
            return await _exchange(self._session, method, url, body, limits)
        except (aiohttp.ClientError, OSError, RuntimeError, ValueError) as error:
            failure = _failure(error)
        raise failure  # not inside: aiohttp's error, which holds the token, would be its context

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """As python-telegram-bot's own, but what cannot be read is not logged. Raises TelegramError."""
        try:
            answer = json.loads(payload.decode(errors="replace"))
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response")
        return answer


async def _exchange(
    session: aiohttp.ClientSession, method: str, url: str, body: bytes | None, limits: aiohttp.ClientTimeout
) -> tuple[int, bytes]:
    async with session.request(method, url, data=body, timeout=limits, allow_redirects=False) as response:
        answer = bytearray()
        async for chunk in response.content.iter_any():
            answer += chunk
            if len(answer) > ANSWER_LIMIT:
                raise AnswerTooLargeError
    is_page = response.status >= 300 and not answer.startswith(b"{")
    return response.status, b"" if is_page else bytes(answer)


def _seconds(given: object, otherwise: float) -> float | None:
    """What the caller gave; None is for ever."""
    return given if given is None or isinstance(given, int | float) else otherwise


def _sum(*parts: float | None) -> float | None:
    known = [each for each in parts if each is not None]
    return sum(known) if len(known) == len(parts) else None


def _failure(error: Exception) -> NetworkError:
    """What python-telegram-bot expects, with a cause that says whether anything was sent."""
    words = type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorError):
        words = f"{words}: {error.os_error}"  # has the host's address at most
    cause: Exception
    if isinstance(error, _NOT_REACHED):
        cause, text = NotReachedError(words), f"Telegram could not be reached ({words})"
    else:
        cause, text = AnswerLostError(words), f"The answer was lost ({words})"
    failure = TimedOut(text) if isinstance(error, TimeoutError) else NetworkError(text)
    failure.__cause__ = cause
    return failure
