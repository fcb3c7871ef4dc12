"""Python client of a Coinassay server, and of any other that answers the accounts API of 3Commas. Needs only httpx.

    from coinassay_client import Client

    with Client("http://127.0.0.1:8000", api_key, secret) as client:
        account = client.load_balances(1)
        for row in client.pie_chart_data(1):
            print(row["code"], row["usd_value"])

Numbers arrive exact: JSON numbers become `decimal.Decimal`, never float. Every refusal is an exception:

    ClientError
      Unreachable                          the server did not answer
      NotUnderstood                        it answered something else than the interface says
      ApiError(status, error, description, attributes)
        InvalidRequest     400             NotAuthenticated   401
        PermissionDenied   403             NotFound           404
        CredentialsRejected 422 invalid_api_key: the exchange no longer takes the key
        ExchangeFailed     422, 503        the exchange could not be read; nothing was changed
        TooManyRequests    429, 418        wait `retry_after` seconds
"""

from coinassay_client.client import Client
from coinassay_client.errors import (
    ApiError,
    ClientError,
    CredentialsRejected,
    ExchangeFailed,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    NotUnderstood,
    PermissionDenied,
    TooManyRequests,
    Unreachable,
)
from coinassay_client.signing import SignatureAuth, sign

__all__ = [
    "ApiError",
    "Client",
    "ClientError",
    "CredentialsRejected",
    "ExchangeFailed",
    "InvalidRequest",
    "NotAuthenticated",
    "NotFound",
    "NotUnderstood",
    "PermissionDenied",
    "SignatureAuth",
    "TooManyRequests",
    "Unreachable",
    "sign",
]
