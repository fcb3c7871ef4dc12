"""Everything that can go wrong, as types.

The docstring of a class is its message unless one is given. Nothing here knows HTTP or SQL: `coinassay.api.errors`
holds the one table that gives each class its status and body.

    CoinassayError
      InvalidRequest  NotFound (NoVolume)  Conflict  ConfigurationError  StorageError
      AccessError: NotAuthenticated (SignatureInvalid)  PermissionDenied  TooManyRequests (Banned)
                   UnavailableForAccount (UnavailableForAccountType)  DustLimit
      ExchangeError
        permanent: CredentialsRejected  ExchangePermissionMissing  NotSupportedByExchange  UnexpectedReply  OnlyReads
        retryable: ExchangeUnavailable  ExchangeThrottled  ClockSkew
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class CoinassayError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message if message is not None else (type(self).__doc__ or "").strip().split("\n")[0])

    @property
    def message(self) -> str:
        return str(self.args[0])


class InvalidRequest(CoinassayError):
    """Invalid parameters"""

    code = "record_invalid"

    def __init__(self, fields: Mapping[str, Sequence[str]], message: str | None = None) -> None:
        """`fields` maps each bad parameter to what is wrong with it, e.g. {"name": ["is missing"]}."""
        super().__init__(message)
        self.fields: dict[str, tuple[str, ...]] = {name: tuple(texts) for name, texts in fields.items()}


class NotFound(CoinassayError):
    """Not Found"""

    code = "not_found"


class NoVolume(NotFound):
    """No data available"""

    code = "no_volume"


class UnknownPair(CoinassayError):
    """There is no such pair in this market."""

    code = "unknown_pair"


class Conflict(CoinassayError):
    """The record was changed by somebody else at the same moment. Nothing was written."""

    code = "conflict"


class ConfigurationError(CoinassayError):
    """A setting is wrong."""

    code = "configuration"

    def __init__(self, message: str | None = None, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class StorageError(CoinassayError):
    """The database could not be read or written."""

    code = "storage"


class AccessError(CoinassayError):
    """The caller may not do this."""

    code = "access"


class NotAuthenticated(AccessError):
    """Unauthorized. Invalid or expired api key."""

    code = "api_key_invalid_or_expired"


class SignatureInvalid(NotAuthenticated):
    """Provided signature is invalid"""

    code = "signature_invalid"


class PermissionDenied(AccessError):
    """Api key doesn't have enough permissions"""

    code = "access_denied"


class TooManyRequests(AccessError):
    """Too many requests."""

    code = "too_many_requests"

    def __init__(self, retry_after: int, message: str | None = None) -> None:
        """`retry_after` in whole seconds."""
        super().__init__(message)
        self.retry_after = retry_after


class Banned(TooManyRequests):
    """Banned for going on after the limit was reached."""

    code = "banned"


class UnavailableForAccount(AccessError):
    """Forbidden. Unavailable for this account."""

    code = "unavailable_for_account"


class UnavailableForAccountType(UnavailableForAccount):
    """Forbidden. Unavailable for this account type."""

    code = "unavailable_for_account_type"


class DustLimit(AccessError):
    """Small balances can be converted only once every 6h"""

    code = "bnb_dust_limit_error"


class ExchangeError(CoinassayError):
    """The exchange could not be read."""

    code = "exchange"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, exchange_id: str = "") -> None:
        """`message` must hold no secret; `exchange_id` is the ccxt id or "paper"."""
        super().__init__(message)
        self.exchange_id = exchange_id


class CredentialsRejected(ExchangeError):
    """API keys are no longer valid or incorrect."""

    code = "invalid_api_key"


class ExchangePermissionMissing(ExchangeError):
    """The exchange knows the API key but does not let it do this: a missing scope or an IP restriction."""

    code = "exchange_permission_missing"


class NotSupportedByExchange(ExchangeError):
    """The exchange has no such thing."""

    code = "not_supported_by_exchange"


class OnlyReads(ExchangeError):
    """This program only reads: it places no orders and moves no coins."""

    code = "only_reads"


class UnexpectedReply(ExchangeError):
    """The exchange's answer does not have the exchange's own shape. Nothing was changed."""

    code = "unexpected_reply"


class ExchangeUnavailable(ExchangeError):
    """The exchange did not answer."""

    code = "exchange_unavailable"
    retryable = True


class ExchangeThrottled(ExchangeError):
    """The exchange asks for fewer requests."""

    code = "exchange_throttled"
    retryable = True

    def __init__(self, message: str | None = None, *, exchange_id: str = "", retry_after: int | None = None) -> None:
        """`retry_after` in whole seconds, where the exchange says it."""
        super().__init__(message, exchange_id=exchange_id)
        self.retry_after = retry_after


class ClockSkew(ExchangeError):
    """The exchange refuses the request's time: this machine's clock is off."""

    code = "clock_skew"
    retryable = True
