"""Foreign errors become ours, once, here.

ccxt's classes alone do not say enough: several exchanges' "bad key" arrives as a plain ExchangeError or BadRequest, a
refused IP address or a clock that is off as AuthenticationError, a malformed secret as ValueError. So the exchange's
own code decides first, then its own words, then ccxt's class, then the HTTP status.

Nothing of a foreign error is passed on as it is: ccxt's messages hold the request's URL with its signature, and whole
bodies. What is passed on is the exchange's code and a short text, without anything that may be a key (`replies.clean`).
"""

from __future__ import annotations

import binascii
import math
import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum, auto

from coinassay import errors as ours
from coinassay.exchanges.error_codes import Kind, kind_of_code, kind_of_text
from coinassay.exchanges.replies import Reply, clean, is_rubbish, status_in

# ------------------------------------------------------------------------------------------------- circumstances


class Phase(Enum):
    """How far a request had come when an error was raised."""

    SIGNING = auto()
    SENDING = auto()
    ANSWERED = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """What is worth keeping of the last HTTP answer until its error has been understood."""

    status: int
    retry_after: float | None = None
    """Seconds."""
    body: str = ""
    weight: float | None = None
    """What the exchange says it has counted, where it does."""


LAST_ANSWER: ContextVar[Answer | None] = ContextVar("the exchange's last answer", default=None)


@dataclass(frozen=True, slots=True)
class Circumstances:
    phase: Phase
    answer: Answer | None = None


def note(error: BaseException, circumstances: Circumstances) -> None:
    """Remembers with the error how it came about. The first note stands."""
    error.__dict__.setdefault("_coinassay_circumstances", circumstances)


def circumstances_of(error: BaseException) -> Circumstances | None:
    found = error.__dict__.get("_coinassay_circumstances")
    return found if isinstance(found, Circumstances) else None


# ------------------------------------------------------------------------------------------------------- classes

CCXT_CLASSES: Mapping[str, Kind] = {
    "BaseError": Kind.RUBBISH,
    "ExchangeError": Kind.RUBBISH,
    "AuthenticationError": Kind.KEY,
    "PermissionDenied": Kind.SCOPE,
    "AccountNotEnabled": Kind.NOT_OPENED,
    "AccountSuspended": Kind.SUSPENDED,
    "ArgumentsRequired": Kind.NO_SUCH_THING,
    "BadRequest": Kind.RUBBISH,
    "BadSymbol": Kind.NO_SUCH_THING,
    "OperationRejected": Kind.RUBBISH,
    "NoChange": Kind.RUBBISH,
    "MarginModeAlreadySet": Kind.RUBBISH,
    "MarketClosed": Kind.DOWN,
    "ManualInteractionNeeded": Kind.SUSPENDED,
    "RestrictedLocation": Kind.REGION,
    "InsufficientFunds": Kind.RUBBISH,
    "InvalidAddress": Kind.RUBBISH,
    "AddressPending": Kind.RUBBISH,
    "InvalidOrder": Kind.RUBBISH,
    "OrderNotFound": Kind.RUBBISH,
    "OrderNotCached": Kind.RUBBISH,
    "OrderImmediatelyFillable": Kind.RUBBISH,
    "OrderNotFillable": Kind.RUBBISH,
    "DuplicateOrderId": Kind.RUBBISH,
    "ContractUnavailable": Kind.NO_SUCH_THING,
    "NotSupported": Kind.NO_SUCH_THING,
    "InvalidProxySettings": Kind.DOWN,
    "ExchangeClosedByUser": Kind.DOWN,
    "OperationFailed": Kind.DOWN,
    "NetworkError": Kind.DOWN,
    "DDoSProtection": Kind.THROTTLED,
    "RateLimitExceeded": Kind.THROTTLED,
    "ExchangeNotAvailable": Kind.DOWN,
    "OnMaintenance": Kind.DOWN,
    "InvalidNonce": Kind.CLOCK,
    "ChecksumError": Kind.RUBBISH,
    "RequestTimeout": Kind.DOWN,
    "BadResponse": Kind.RUBBISH,
    "NullResponse": Kind.RUBBISH,
    "CancelPending": Kind.RUBBISH,
    "UnsubscribeError": Kind.RUBBISH,
}
"""Every class of ccxt.base.errors by name: this module is loaded where ccxt is not. A test walks them all."""

_VAGUE = frozenset(
    (
        *("BaseError", "ExchangeError", "AuthenticationError", "PermissionDenied", "AccountSuspended"),
        *("ArgumentsRequired", "BadRequest", "OperationRejected", "ExchangeNotAvailable"),
    )
)
"""Classes under which exchanges hide something else, so that their own words are asked first."""

_NO_TOKEN = re.compile(
    r"sign_?in\(\) method|call sign_?in|access token|auth-?token|auth-cookie|did not return", re.IGNORECASE
)
"""How ccxt itself complains that signing in brought nothing (bullish, coinbaseinternational, grvt, ndax, paradex)."""

_OUR_CLASS: Mapping[Kind, type[ours.ExchangeError]] = {
    Kind.KEY: ours.CredentialsRejected,
    Kind.KEY_OR_ACCESS: ours.CredentialsRejected,
    Kind.MALFORMED: ours.CredentialsRejected,
    Kind.SCOPE: ours.ExchangePermissionMissing,
    Kind.IP: ours.ExchangePermissionMissing,
    Kind.SUSPENDED: ours.ExchangePermissionMissing,
    Kind.CLOCK: ours.ClockSkew,
    Kind.THROTTLED: ours.ExchangeThrottled,
    Kind.DOWN: ours.ExchangeUnavailable,
    Kind.REGION: ours.ExchangeUnavailable,
    Kind.NOT_OPENED: ours.NotSupportedByExchange,
    Kind.UNIFIED: ours.NotSupportedByExchange,
    Kind.NO_SUCH_THING: ours.NotSupportedByExchange,
    Kind.RUBBISH: ours.UnexpectedReply,
}

_SENTENCES: Mapping[Kind, str] = {
    Kind.KEY: "The exchange rejects the API key or what was signed with its secret.",
    Kind.KEY_OR_ACCESS: (
        "The exchange refuses the request without saying which it is: the API key is wrong, or it does not allow this "
        "server's IP address, or it lacks the permission to read balances."
    ),
    Kind.MALFORMED: "The credentials are malformed: no request could be signed with them.",
    Kind.SCOPE: "The exchange knows the API key, but the key has no permission to read this.",
    Kind.IP: "The exchange knows the API key, but the key does not allow this server's IP address.",
    Kind.SUSPENDED: "The exchange has suspended the account, or waits for its owner to confirm something.",
    Kind.CLOCK: (
        "The exchange refuses the request's time or number: this machine's clock is off, or another program uses the "
        "same API key."
    ),
    Kind.THROTTLED: "The exchange asks for fewer requests.",
    Kind.DOWN: "The exchange did not answer.",
    Kind.REGION: (
        "The exchange refuses to answer this server's address: its country may be blocked, or too many requests came "
        "from it."
    ),
    Kind.NOT_OPENED: "The exchange says that the user has not opened this kind of account.",
    Kind.UNIFIED: "The exchange says that this is a unified account, which has no such wallet.",
    Kind.NO_SUCH_THING: "The exchange has no such thing.",
    Kind.RUBBISH: "The exchange's answer could not be understood.",
}


# ------------------------------------------------------------------------------------------------------- mapping


def to_ours(error: BaseException, exchange_id: str, secrets: Iterable[str] = ()) -> ours.ExchangeError:
    """The error of our tree that says what `error`, raised while talking to `exchange_id` (ccxt id), means.

    What is in `secrets` (the account's credentials) does not appear in its message. One of ours comes back as it is.
    """
    if isinstance(error, ours.ExchangeError):
        return error
    finding = _read(error, exchange_id)
    mapped = finding.as_error(exchange_id, secrets)
    mapped.__dict__[_AMBIGUOUS] = finding.kind is Kind.KEY_OR_ACCESS
    return mapped


_AMBIGUOUS = "_coinassay_ambiguous"


def is_ambiguous(error: ours.ExchangeError) -> bool:
    """Whether rejected credentials may as well mean a missing permission or a refused IP address."""
    return bool(error.__dict__.get(_AMBIGUOUS))


@dataclass(frozen=True, slots=True)
class _Finding:
    kind: Kind
    status: int | None = None
    code: str = ""
    text: str = ""
    retry_after: float | None = None

    def as_error(self, exchange_id: str, secrets: Iterable[str]) -> ours.ExchangeError:
        details = [f"HTTP {self.status}"] if self.status is not None and self.status >= 400 else []
        details += filter(None, (clean(self.code, secrets), clean(self.text, secrets)))
        message = _SENTENCES[self.kind]
        if details:
            message = f"{message} ({exchange_id}: {', '.join(dict.fromkeys(details))})"
        if self.kind is Kind.THROTTLED:
            wait = None if self.retry_after is None else math.ceil(self.retry_after)
            return ours.ExchangeThrottled(message, exchange_id=exchange_id, retry_after=wait)
        return _OUR_CLASS[self.kind](message, exchange_id=exchange_id)


def _read(error: BaseException, exchange_id: str) -> _Finding:
    names = [each.__name__ for each in type(error).__mro__ if each.__module__ == "ccxt.base.errors"]
    circumstances = circumstances_of(error)
    if not names:
        return _read_foreign(error, circumstances)
    message = str(error)
    answer = circumstances.answer if circumstances else None
    reply = Reply.of(answer.body if answer and answer.body else message, exchange_id)
    status = answer.status if answer else status_in(message)
    known = next((code for code in reply.codes if kind_of_code(exchange_id, code) is not None), None)
    if known is not None:
        kind = kind_of_code(exchange_id, known) or Kind.RUBBISH
        if kind is Kind.KEY and (said := kind_of_text(reply.text)) in (Kind.CLOCK, Kind.IP):
            kind = said  # htx: api-signature-not-valid with "Invalid submission time" or "Incorrect IP address"
    elif names[0] == "AuthenticationError" and _is_ccxts_own(message, answer):
        kind = _kind_of_status(status) or Kind.RUBBISH
    else:
        kind = _kind_of_class(names[0], reply, status, error)
    if kind is Kind.KEY and answer is None and circumstances is not None and circumstances.phase is Phase.SIGNING:
        kind = Kind.MALFORMED
    return _Finding(kind, status, known or reply.code, reply.text, answer.retry_after if answer else None)


def _is_ccxts_own(message: str, answer: Answer | None) -> bool:
    """Whether nobody rejected a key: signing in was answered with `{}`, and ccxt misses what should have come of it."""
    if answer is not None and answer.status < 400 and is_rubbish(answer.body):
        return True
    return _NO_TOKEN.search(message.partition("{")[0]) is not None


def _kind_of_class(name: str, reply: Reply, status: int | None, error: BaseException) -> Kind:
    if status in (407, 511) or (status == 401 and reply.is_page):
        return Kind.DOWN  # a proxy or a captive portal wants a login: ccxt calls all of it AuthenticationError
    if status == 451 or (status == 403 and reply.is_page):
        return Kind.REGION
    said = kind_of_text(reply.text) if name in _VAGUE else None
    if said is not None:
        return said
    if name in ("ExchangeError", "BadRequest", "BadResponse", "NullResponse"):
        by_status = _kind_of_status(status)
        if by_status is not None:
            return by_status
    if name == "ExchangeError" and _is_transport(error.__cause__):
        return Kind.DOWN
    return CCXT_CLASSES.get(name, Kind.RUBBISH)


def _kind_of_status(status: int | None) -> Kind | None:
    """What an HTTP status says by itself."""
    if status is not None and status >= 500:
        return Kind.DOWN
    return {401: Kind.KEY, 403: Kind.REGION, 418: Kind.THROTTLED, 429: Kind.THROTTLED, 451: Kind.REGION}.get(
        status or 0
    )


def _read_foreign(error: BaseException, circumstances: Circumstances | None) -> _Finding:
    """What is no ccxt error at all."""
    if isinstance(error, binascii.Error):  # a secret that is not base64
        return _Finding(Kind.MALFORMED)
    if _is_transport(error):
        return _Finding(Kind.DOWN)
    answer = circumstances.answer if circumstances else None
    by_status = _kind_of_status(answer.status) if answer else None
    if by_status is not None:  # zebpay: its handling of errors is the first to stumble over an error's body
        return _Finding(by_status, answer.status if answer else None)
    if isinstance(error, (LookupError, UnicodeError)) and circumstances and circumstances.phase is Phase.SENDING:
        return _Finding(Kind.RUBBISH)  # aiohttp, for an answer in a charset that is none ("hex", "idna")
    before_sending = circumstances is not None and circumstances.phase in (Phase.SIGNING, Phase.SENDING)
    # A bad PEM, an empty secret (TypeError, ValueError), a newline that aiohttp lets into no header (ValueError), and
    # the classes of the signing libraries: nothing but the credentials differs from what works for others.
    return _Finding(Kind.MALFORMED if before_sending else Kind.RUBBISH)


def _is_transport(error: BaseException | None) -> bool:
    """Whether the network failed. aiohttp's classes are told by their module: it is loaded only with ccxt."""
    return isinstance(error, (OSError, EOFError)) or any(
        each.__module__.startswith("aiohttp.") for each in type(error).__mro__
    )


def scrub(error: BaseException, message: str) -> BaseException:
    """`error` fit to be the cause of ours in a traceback: with `message` instead of its own, without its own causes."""
    error.args = (message,)
    error.__cause__ = error.__context__ = None
    error.__dict__.pop("_coinassay_circumstances", None)
    return error
