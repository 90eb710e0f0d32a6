"""Why a document could not be had, in a sentence for an admin. It names the host at most, never a whole address."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from http import HTTPStatus

import aiohttp

from watchdog_bot.core.model import FailureWeight, FetchFailed

HARD, SOFT, TEMPORARY = FailureWeight.HARD, FailureWeight.SOFT, FailureWeight.TEMPORARY

# X509_V_ERR_* of OpenSSL's x509_vfy.h
_CERTIFICATES = {
    9: "is not valid yet", 10: "has expired", 18: "is signed by the server itself",
    19: "comes from an authority that nobody knows", 20: "comes from an unknown authority, or the server leaves out a link of its chain",
    21: "comes without the chain that proves it", 23: "has been withdrawn", 62: "is for another host name", 64: "is for another address",
}  # fmt: skip
_STATUS = {
    400: ("the server does not understand the request (400)", SOFT),
    401: ("it wants a name and a password (401)", HARD),
    402: ("it wants money (402)", HARD),
    403: ("the server refuses us (403)", SOFT),
    404: ("not there (404)", HARD),
    406: ("the server offers no form that we read (406)", SOFT),
    410: ("gone for good (410)", HARD),
    429: ("the server asks us to come less often (429)", TEMPORARY),
    451: ("withheld for legal reasons (451)", HARD),
}
_CHALLENGE_HEADERS = ("cf-mitigated", "x-sucuri-block")  # looked up without regard to case
_CHALLENGE = re.compile(
    rb"/cdn-cgi/challenge-platform/|cf-browser-verification|cf_chl_opt|<title>\s*Just a moment\.\.\."
    rb"|_Incapsula_Resource|ddos-guard/js-challenge|check\.ddos-guard\.net|geo\.captcha-delivery\.com"
    rb"|<title>\s*Attention Required! \| Cloudflare|sucuri_cloudproxy_js|/_Incapsula_|px-captcha|awsWafCookieDomainList"
    rb"|/\.within\.website/x/cmd/anubis|<title>\s*Vercel Security Checkpoint|/__qrator/|/\.bunny-shield/|\bwsidchk\b",
    re.IGNORECASE,
)
CHALLENGED = FetchFailed(
    "blocked by a challenge page (made for browsers); ask the source to let the bot's user agent through",
    SOFT,
)


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


_REFUSED = "refused address:"
# The first that fits, so the special come before the general.
_ERRORS: tuple[tuple[type[BaseException], str, FailureWeight], ...] = (
    (aiohttp.ClientConnectorSSLError, "no secure connection to {host} could be agreed on", SOFT),
    (aiohttp.ClientConnectorDNSError, "the name {host} leads nowhere (DNS)", TEMPORARY),
    (aiohttp.ConnectionTimeoutError, "no connection to {host} in time", TEMPORARY),
    (aiohttp.ClientConnectorError, "no connection to {host} ({cause})", TEMPORARY),
    (aiohttp.ServerDisconnectedError, "{host} closed the connection without an answer", TEMPORARY),
    (aiohttp.ClientPayloadError, "the answer broke off or contradicts its own length", TEMPORARY),
    (aiohttp.InvalidURL, "the address cannot be read", HARD),
    (
        aiohttp.ClientResponseError,
        "{host} does not answer in proper HTTP, or with far too many headers",
        SOFT,
    ),
    (TimeoutError, "{host} takes too long", TEMPORARY),
    (OSError, "the connection to {host} failed ({cause})", TEMPORARY),
)


def is_challenge(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether an answer is a test for browsers rather than a document."""
    if any(name in headers for name in _CHALLENGE_HEADERS):
        return True
    head = body[:65_536]
    return b"<" in head and b"<html" in head[:5000].lower() and _CHALLENGE.search(head) is not None


def for_status(status: int, *, retry_after: int | None) -> FetchFailed:
    """What a status other than 200, 304 and the redirects means."""
    cause, weight = _STATUS.get(status, (None, SOFT))
    if cause is None:
        cause = f"the server answers {status}{_phrase(status)}"
        if status >= 500:
            cause = f"the server has trouble of its own ({status}{_phrase(status)})"
    if status == 503 and retry_after is not None:
        weight = TEMPORARY
    return FetchFailed(cause, weight, retry_after=retry_after, gone=status == 410)


def for_error(error: BaseException, host: str) -> FetchFailed:
    """What an exception of the network means."""
    if isinstance(error, aiohttp.ClientConnectorError):
        host = error.host or host  # of the hop, not of the first one
        if (kind := _refused_kind(error.os_error)) is not None:
            return FetchFailed(f"{host} leads to a {kind} address, which feeds may not be fetched from", HARD)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return FetchFailed(_certificate(error.certificate_error), SOFT)
    for kinds, sentence, weight in _ERRORS:
        if isinstance(error, kinds):
            cause = _os_words(error) if isinstance(error, OSError) else type(error).__name__
            return FetchFailed(sentence.format(host=host, cause=cause), weight)
    return FetchFailed(f"the connection to {host} failed ({type(error).__name__})", SOFT)


def _refused_kind(error: OSError) -> str | None:
    """What the guard said, also where several addresses were tried and aiohttp joined what they said."""
    _, refused, rest = str(error).partition(_REFUSED)
    return rest.partition(",")[0].strip() if refused else None


def _certificate(error: Exception) -> str:
    code = getattr(error, "verify_code", None)
    if isinstance(error, ssl.SSLCertVerificationError) and code in _CERTIFICATES:
        return f"the server's certificate {_CERTIFICATES[code]}"
    return "the server's certificate is not valid"


def _os_words(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()[:100]
