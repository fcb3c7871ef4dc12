"""The table of errors is complete, and its texts are the ones clients match."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

import coinassay
from coinassay import errors
from coinassay.api.errors import (
    LONGEST_RETRY_AFTER,
    TABLE,
    MethodNotAllowed,
    PayloadTooLarge,
    UnsupportedContentType,
    reply_to,
    reply_to_crash,
)
from coinassay.errors import CoinassayError

DENIED = {"error": "access_denied", "error_description": "Api key doesn't have enough permissions"}


def subclasses(of: type[CoinassayError]) -> Iterator[type[CoinassayError]]:
    """Those of the pages are theirs alone."""
    yield of
    for each in of.__subclasses__():
        if each.__module__.startswith("coinassay.") and not each.__module__.startswith("coinassay.web."):
            yield from subclasses(each)


def test_every_error_has_its_row() -> None:
    for module in pkgutil.walk_packages(coinassay.__path__, "coinassay."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    missing = [each.__qualname__ for each in subclasses(CoinassayError) if each not in TABLE]
    assert not missing


def test_every_row_is_an_error_status() -> None:
    assert all(400 <= row.status < 600 for row in TABLE.values())
    assert {row.status for row in TABLE.values()}.isdisjoint({502, 504})  # gateways put their own HTML there


EXAMPLES: list[tuple[CoinassayError, int, dict[str, Any]]] = [
    (
        errors.NotAuthenticated("no such key: abc"),
        401,
        {"error": "api_key_invalid_or_expired", "error_description": "Unauthorized. Invalid or expired api key."},
    ),
    (
        errors.SignatureInvalid(),
        401,
        {"error": "signature_invalid", "error_description": "Provided signature is invalid"},
    ),
    (errors.PermissionDenied(), 403, DENIED),
    (errors.NotFound("account 7 is bob's"), 404, {"error": "not_found", "error_description": "Not Found"}),
    (
        errors.InvalidRequest({"name": ["is missing"], "api_key": ["is too short (minimum is 5 characters)"]}, "Why"),
        400,
        {
            "error": "record_invalid",
            "error_description": "Invalid parameters",
            "error_attributes": {"name": ["is missing"], "api_key": ["is too short (minimum is 5 characters)"]},
        },
    ),
    (
        errors.CredentialsRejected("binance says: -2015"),
        422,
        {"error_description": "API keys are no longer valid or incorrect.", "error": "invalid_api_key"},
    ),
    (
        errors.TooManyRequests(300),
        429,
        {
            "error": "too_many_requests",
            "error_description": "Too many requests. Try again in 300 seconds.",
            "retry_after": 300,
        },
    ),
    (
        errors.Banned(120),
        418,
        {
            "error": "banned",
            "error_description": "Banned for going on after the limit was reached. Try again in 120 seconds.",
            "retry_after": 120,
        },
    ),
    (errors.UnavailableForAccount(), 403, {"error": "Forbidden. Unavailable for this account."}),
    (errors.UnavailableForAccountType(), 403, {"error": "Forbidden. Unavailable for this account type."}),
    (
        errors.DustLimit(),
        422,
        {
            "error_description": "Small balances can be converted only once every 6h",
            "error": "bnb_dust_limit_error",
        },
    ),
    (
        errors.NoVolume("No data available for the requested month"),
        404,
        {"error": "Volume data not found", "error_description": "No data available for the requested month"},
    ),
    (
        errors.ExchangePermissionMissing("binance refuses this machine's IP address."),
        422,
        {
            "error": "unknown_market_api_error",
            "error_description": "binance refuses this machine's IP address.",
            "error_attributes": {"exchange": ["exchange_permission_missing"]},
        },
    ),
    (
        errors.ExchangeUnavailable(),
        503,
        {
            "error": "unknown_market_api_error",
            "error_description": "The exchange did not answer.",
            "error_attributes": {"exchange": ["exchange_unavailable"]},
        },
    ),
    (
        errors.ExchangeThrottled(retry_after=30),
        503,
        {
            "error": "unknown_market_api_error",
            "error_description": "The exchange asks for fewer requests. Try again in 30 seconds.",
            "error_attributes": {"exchange": ["exchange_throttled"]},
            "retry_after": 30,
        },
    ),
    (
        errors.StorageError("unable to open /home/alice/coinassay.sqlite"),
        503,
        {"error": "storage", "error_description": "The database could not be read or written."},
    ),
    (
        errors.ConfigurationError("COINASSAY_MASTER_KEY=abc is wrong"),
        500,
        {"error": "internal_error", "error_description": "A setting is wrong."},
    ),
    (
        PayloadTooLarge(1000),
        413,
        {
            "error": "payload_too_large",
            "error_description": "The request's body is too large: at most 1000 bytes are read.",
        },
    ),
]


@pytest.mark.parametrize(("error", "status", "body"), EXAMPLES, ids=lambda each: getattr(each, "code", ""))
def test_an_error_is_said_in_these_words(error: CoinassayError, status: int, body: dict[str, Any]) -> None:
    reply = reply_to(error)
    assert reply.status == status
    assert json.loads(reply.body) == body
    assert list(json.loads(reply.body)) == list(body)
    assert reply.code == error.code


def test_rejected_keys_are_said_byte_for_byte_as_documented() -> None:
    assert reply_to(errors.CredentialsRejected()).body == (
        b'{"error_description":"API keys are no longer valid or incorrect.","error":"invalid_api_key"}'
    )


@pytest.mark.parametrize("error", [each for each, _, _ in EXAMPLES], ids=lambda each: each.code)
def test_clients_find_the_keys_they_look_for(error: CoinassayError) -> None:
    body = json.loads(reply_to(error).body)
    assert isinstance(body["error"], str)
    unavailable = isinstance(error, errors.UnavailableForAccount)  # documented without a description
    assert isinstance(body.get("error_description"), str) is not unavailable
    for texts in body.get("error_attributes", {}).values():
        assert all(isinstance(text, str) for text in texts)


@pytest.mark.parametrize(
    ("error", "pattern"),
    [
        (errors.NotFound(), r"Other error occurred: not_found Not Found None"),
        (errors.PermissionDenied(), r"access_denied Api key doesn't have enough permissions"),
        (errors.NotAuthenticated(), r"api_key_invalid_or_expired Unauthorized. Invalid or expired api key"),
        (errors.InvalidRequest({"name": ["x"]}), r"Other error occurred: record_invalid Invalid parameters (\{.*\})\."),
    ],
)
def test_the_predicates_of_three_commas_match(error: CoinassayError, pattern: str) -> None:
    """three-commas 0.2.9, three_commas/error.py, over py3cw's message."""
    body = json.loads(reply_to(error).body)
    message = " ".join(str(body.get(key)) for key in ("error", "error_description", "error_attributes"))
    assert re.search(pattern, f"Other error occurred: {message}.")


def test_only_a_short_wait_is_sent_where_libraries_sleep_on_it() -> None:
    assert reply_to(errors.TooManyRequests(LONGEST_RETRY_AFTER)).headers == ((b"retry-after", b"10"),)
    assert reply_to(errors.TooManyRequests(LONGEST_RETRY_AFTER + 1)).headers == ()
    assert reply_to(errors.ExchangeThrottled()).headers == ()


def test_a_wrong_method_is_told_the_right_ones() -> None:
    assert reply_to(MethodNotAllowed(("GET", "HEAD", "OPTIONS"))).headers == ((b"allow", b"GET, HEAD, OPTIONS"),)


def test_other_contents_are_named() -> None:
    body = json.loads(reply_to(UnsupportedContentType()).body)
    assert body["error"] == "unsupported_content_type"
    assert "application/json" in body["error_description"]


def test_a_class_added_elsewhere_answers_like_its_parent() -> None:
    class MoreSpecial(errors.ExchangeUnavailable):
        code = "more_special"

    reply = reply_to(MoreSpecial("kraken is down for maintenance."))
    assert reply.status == 503
    assert json.loads(reply.body)["error_description"] == "kraken is down for maintenance."


def test_a_crash_says_where_to_look() -> None:
    reply = reply_to_crash("abc123")
    assert reply.status == 500
    assert json.loads(reply.body) == {
        "error": "internal_error",
        "error_description": "Something went wrong on this server. Its log has the details under abc123.",
    }
