"""What a client is told when something goes wrong: the one table from error class to status and body.

Every error is JSON with a string `error`, because clients recognise errors by that key alone and match the English
texts. What is our own trouble (a setting, the database) is told without its details: they are in the log.

The error of an exchange is passed on as `unknown_market_api_error`, the code that tools for this interface know, with
our own finer code in `error_attributes.exchange`. Where asking again may help the status is 503, otherwise 422: a
client that repeats by itself does so for 5xx only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from coinassay import errors
from coinassay.api.wire.error import DescribedFirst, ErrorBody
from coinassay.domain.imports import BadAnswer
from coinassay.domain.money import NotANumber
from coinassay.errors import CoinassayError

LONGEST_RETRY_AFTER = 10
"""Seconds up to which `Retry-After` is sent.

py3cw's HTTP adapter sleeps as long as `Retry-After` says, up to five times, before its caller hears of the error: the
300 s of a rate limit would freeze a bot for 25 minutes, and each of its blind repetitions would count against it. A
longer wait is said in the body only, in words and as the number `retry_after`, where no library sleeps on it.
"""

MARKET_ERROR = "unknown_market_api_error"


class MethodNotAllowed(CoinassayError):
    """This path does not answer this method."""

    code = "method_not_allowed"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__()
        self.allowed = tuple(allowed)


class PayloadTooLarge(CoinassayError):
    """The request's body is too large."""

    code = "payload_too_large"

    def __init__(self, largest: int) -> None:
        super().__init__(f"The request's body is too large: at most {largest} bytes are read.")


class UnsupportedContentType(CoinassayError):
    """The body's content type is not one of application/json and application/x-www-form-urlencoded."""

    code = "unsupported_content_type"


class MalformedRequest(CoinassayError):
    """What was sent is not a correct HTTP/1.1 request."""

    code = "malformed_request"


class HeadTooLarge(CoinassayError):
    """The request's address or header fields are too large."""

    code = "head_too_large"


class RequestTooSlow(CoinassayError):
    """The request took too long to arrive."""

    code = "request_too_slow"


@dataclass(frozen=True, slots=True)
class Row:
    status: int
    error: str = ""
    """What `error` says; empty: the class's own code."""
    says: str = "text"
    """`error_description`: "text" is the first line of the class's docstring, whatever the message, because clients
    match it or because the message is not for strangers; "message" is the error's own message; "nothing" leaves
    `error_description` out."""


TABLE: Mapping[type[CoinassayError], Row] = {
    CoinassayError: Row(500, "internal_error"),
    errors.InvalidRequest: Row(400),
    errors.NotFound: Row(404),
    errors.NoVolume: Row(404, "Volume data not found", says="message"),
    errors.UnknownPair: Row(400, "Unknown pair", says="nothing"),
    errors.Conflict: Row(409),
    errors.ConfigurationError: Row(500, "internal_error"),
    errors.StorageError: Row(503),
    NotANumber: Row(500, "internal_error"),
    BadAnswer: Row(500, "internal_error"),
    MethodNotAllowed: Row(405),
    PayloadTooLarge: Row(413, says="message"),
    UnsupportedContentType: Row(415),
    MalformedRequest: Row(400),
    HeadTooLarge: Row(431),
    RequestTooSlow: Row(408),
    errors.AccessError: Row(403),
    errors.NotAuthenticated: Row(401),
    errors.SignatureInvalid: Row(401),
    errors.PermissionDenied: Row(403),
    errors.TooManyRequests: Row(429, says="message"),
    errors.Banned: Row(418, says="message"),
    errors.UnavailableForAccount: Row(403, "Forbidden. Unavailable for this account.", says="nothing"),
    errors.UnavailableForAccountType: Row(403, "Forbidden. Unavailable for this account type.", says="nothing"),
    errors.DustLimit: Row(422),
    errors.ExchangeError: Row(422, MARKET_ERROR, says="message"),
    errors.CredentialsRejected: Row(422),
    errors.ExchangePermissionMissing: Row(422, MARKET_ERROR, says="message"),
    errors.NotSupportedByExchange: Row(422, MARKET_ERROR, says="message"),
    errors.OnlyReads: Row(422, MARKET_ERROR, says="message"),
    errors.UnexpectedReply: Row(422, MARKET_ERROR, says="message"),
    errors.ExchangeUnavailable: Row(503, MARKET_ERROR, says="message"),
    errors.ExchangeThrottled: Row(503, MARKET_ERROR, says="message"),
    errors.ClockSkew: Row(503, MARKET_ERROR, says="message"),
}

EXCHANGE_ERRORS = tuple(each for each in TABLE if issubclass(each, errors.ExchangeError))
"""What whatever asks an exchange may raise."""

Headers = tuple[tuple[bytes, bytes], ...]


def is_our_trouble(error: CoinassayError) -> bool:
    """Whether the answer leaves out what happened, so that only the log can tell."""
    row = row_of(type(error))
    return row.status >= 500 and row.says != "message"


@dataclass(frozen=True, slots=True)
class ErrorReply:
    status: int
    code: str
    """Our own code, for the log."""
    body: bytes
    headers: Headers = ()


def row_of(error: type[CoinassayError]) -> Row:
    """The row of the class, or of the nearest class it descends from."""
    return next(TABLE[each] for each in error.__mro__ if each in TABLE)


def reply_to(error: CoinassayError) -> ErrorReply:
    """Status, body and headers for `error`."""
    row = row_of(type(error))
    code = row.error or error.code
    described: str | msgspec.UnsetType = error.message if row.says == "message" else _text_of(type(error))
    wait = getattr(error, "retry_after", None)
    if wait is not None:
        described = f"{described} Try again in {wait} seconds."
    attributes: Mapping[str, Sequence[str]] | msgspec.UnsetType = msgspec.UNSET
    headers: list[tuple[bytes, bytes]] = []
    if row.says == "nothing":
        described = msgspec.UNSET
    elif isinstance(error, errors.InvalidRequest):
        attributes = error.fields
    elif isinstance(error, errors.ExchangeError):
        attributes = {"exchange": [error.code]}
    elif isinstance(error, MethodNotAllowed):
        headers.append((b"allow", ", ".join(error.allowed).encode()))
    body: ErrorBody | DescribedFirst = ErrorBody(
        error=code,
        error_description=described,
        error_attributes=attributes,
        retry_after=msgspec.UNSET if wait is None else wait,
    )
    if isinstance(error, (errors.CredentialsRejected, errors.DustLimit)):
        body = DescribedFirst(described, code)
    if wait is not None and wait <= LONGEST_RETRY_AFTER:
        headers.append((b"retry-after", str(wait).encode()))
    return ErrorReply(row.status, error.code, msgspec.json.encode(body), tuple(headers))


def reply_to_crash(request_id: str) -> ErrorReply:
    """For an error nobody foresaw: what happened is in the log under `request_id`, not in the answer."""
    described = f"Something went wrong on this server. Its log has the details under {request_id}."
    body = ErrorBody(error="internal_error", error_description=described)
    return ErrorReply(500, "crash", msgspec.json.encode(body))


def _text_of(error: type[CoinassayError]) -> str:
    """The first line of the docstring; a class without one speaks as its parent does."""
    documented = next(each for each in error.__mro__ if each.__doc__ and each in TABLE)
    return (documented.__doc__ or "").strip().split("\n")[0]
