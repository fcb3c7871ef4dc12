"""What can go wrong for a client; see the package's docstring for the tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ClientError(Exception):
    """The call gave no result."""


class Unreachable(ClientError):
    """The server did not answer."""


class NotUnderstood(ClientError):
    """The answer is not of this interface: is the URL the one of a Coinassay server?"""


class ApiError(ClientError):
    """The server refused the call."""

    def __init__(
        self,
        status: int,
        error: str,
        description: str = "",
        attributes: Mapping[str, Sequence[str]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        """`attributes` says what is wrong with each parameter; `retry_after` is in seconds."""
        super().__init__(f"{status} {error}: {description}" if description else f"{status} {error}")
        self.status = status
        self.error = error
        self.description = description
        self.attributes = dict(attributes or {})
        self.retry_after = retry_after


class InvalidRequest(ApiError):
    """A parameter is missing or wrong."""


class NotAuthenticated(ApiError):
    """The key is unknown, revoked or not for this address, or the signature does not fit."""


class PermissionDenied(ApiError):
    """The key lacks the permission, or this kind of account cannot do it."""


class NotFound(ApiError):
    """There is no such account for this user."""


class CredentialsRejected(ApiError):
    """The exchange no longer takes the account's API key."""


class ExchangeFailed(ApiError):
    """The exchange could not be read; nothing was changed."""


class TooManyRequests(ApiError):
    """The limit is reached; going on leads to a ban."""


BY_STATUS: Mapping[int, type[ApiError]] = {
    400: InvalidRequest,
    401: NotAuthenticated,
    403: PermissionDenied,
    404: NotFound,
    418: TooManyRequests,
    429: TooManyRequests,
}


def error_of(status: int, body: Any) -> ApiError:
    """The exception for an answer with `status` and the decoded `body`. Raises NotUnderstood for another shape."""
    if not isinstance(body, dict) or not isinstance(body.get("error"), str):
        raise NotUnderstood(f"status {status} without an error of this interface")
    error = body["error"]
    kind = BY_STATUS.get(status, ApiError)
    if error == "invalid_api_key":
        kind = CredentialsRejected
    elif error == "unknown_market_api_error":
        kind = ExchangeFailed
    return kind(
        status, error, body.get("error_description") or "", body.get("error_attributes"), body.get("retry_after")
    )
