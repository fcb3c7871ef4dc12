"""What an exchange's refusal becomes: tried on ccxt's own handling of the exchange's documented answers."""

from __future__ import annotations

import asyncio
import binascii
from collections.abc import Iterator
from typing import Any

import ccxt.async_support as ccxt
import pytest
from ccxt.base import errors as foreign

from coinassay.errors import (
    ClockSkew,
    CredentialsRejected,
    ExchangeError,
    ExchangePermissionMissing,
    ExchangeThrottled,
    ExchangeUnavailable,
    NotSupportedByExchange,
    UnexpectedReply,
)
from coinassay.exchanges.errors import (
    CCXT_CLASSES,
    Answer,
    Circumstances,
    Phase,
    circumstances_of,
    is_ambiguous,
    note,
    scrub,
    to_ours,
)
from coinassay.exchanges.replies import clean

URL = "https://api.example.com/private?apiKey=AKIA0123456789ABCDEF&signature=0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def refusal(exchange_id: str, status: int, body: str, *, remembered: bool = True) -> Exception:
    """What ccxt raises for such an answer; without `remembered` only ccxt's own message tells of it."""
    exchange = getattr(ccxt, exchange_id)()
    json = exchange.parse_json(body)
    try:
        exchange.handle_errors(status, "Reason", URL, "GET", {}, body, json, {}, None)
        exchange.handle_http_status_code(status, "Reason", URL, "GET", body)
    except Exception as e:  # noqa: BLE001 - whatever it raises is what is looked at
        if remembered:
            note(e, Circumstances(Phase.ANSWERED, Answer(status, None, body)))
        return e
    raise AssertionError(f"{exchange_id} takes {body} for an answer")


# ------------------------------------------------------------------------------------------------------- classes


def flat(tree: dict[str, Any]) -> Iterator[str]:
    for name, children in tree.items():
        yield name
        yield from flat(children)


def all_classes(cls: type[Exception]) -> Iterator[type[Exception]]:
    yield cls
    for each in cls.__subclasses__():
        yield from all_classes(each)


def test_every_class_of_ccxt_is_mapped() -> None:
    assert set(flat(foreign.error_hierarchy)) == set(CCXT_CLASSES)
    in_code = {each.__name__ for each in all_classes(foreign.BaseError) if each.__module__ == "ccxt.base.errors"}
    assert in_code == set(CCXT_CLASSES)


@pytest.mark.parametrize("name", sorted(CCXT_CLASSES))
def test_each_class_becomes_one_of_ours(name: str) -> None:
    mapped = to_ours(getattr(foreign, name)("kraken said something"), "kraken")
    assert isinstance(mapped, ExchangeError)
    assert type(mapped) is not ExchangeError
    assert "kraken" == mapped.exchange_id
    assert mapped.message


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AuthenticationError", CredentialsRejected),
        ("PermissionDenied", ExchangePermissionMissing),
        ("AccountNotEnabled", NotSupportedByExchange),
        ("AccountSuspended", ExchangePermissionMissing),
        ("NotSupported", NotSupportedByExchange),
        ("InvalidNonce", ClockSkew),
        ("RateLimitExceeded", ExchangeThrottled),
        ("DDoSProtection", ExchangeThrottled),
        ("RequestTimeout", ExchangeUnavailable),
        ("OnMaintenance", ExchangeUnavailable),
        ("ExchangeNotAvailable", ExchangeUnavailable),
        ("BadResponse", UnexpectedReply),
        ("NullResponse", UnexpectedReply),
        ("ExchangeError", UnexpectedReply),
        ("InsufficientFunds", UnexpectedReply),
    ],
)
def test_what_a_class_means_where_nothing_else_is_known(name: str, expected: type[ExchangeError]) -> None:
    assert expected is type(to_ours(getattr(foreign, name)("x"), "x"))


def test_one_of_ours_stays_as_it_is() -> None:
    known = UnexpectedReply("as it is", exchange_id="kraken")
    assert known is to_ours(known, "kraken")


# -------------------------------------------------------------------------------------------------- the exchanges

KEY, SCOPE, CLOCK = CredentialsRejected, ExchangePermissionMissing, ClockSkew
THROTTLED, DOWN, NONE, RUBBISH = ExchangeThrottled, ExchangeUnavailable, NotSupportedByExchange, UnexpectedReply

ROWS = [
    ("binance", 400, '{"code":-2008,"msg":"Invalid Api-Key ID."}', KEY),
    ("binance", 401, '{"code":-2014,"msg":"API-key format invalid."}', KEY),
    ("binance", 400, '{"code":-1022,"msg":"Signature for this request is not valid."}', KEY),
    ("binance", 401, '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}', KEY),
    ("binance", 400, '{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}', CLOCK),
    ("binance", 400, '{"code":-3003,"msg":"Margin account does not exist."}', NONE),
    ("binance", 429, '{"code":-1003,"msg":"Too much request weight used."}', THROTTLED),
    ("binance", 418, '{"code":-1003,"msg":"Way too many requests; IP banned until 1772366400000."}', THROTTLED),
    ("binance", 451, '{"code":0,"msg":"Service unavailable from a restricted location."}', DOWN),
    ("binanceusdm", 400, '{"code":-2008,"msg":"Invalid Api-Key ID."}', KEY),
    ("okx", 401, '{"msg":"API key doesn\'t exist","code":"50119"}', KEY),
    ("okx", 401, '{"msg":"API frozen, please contact customer service","code":"50100"}', KEY),
    ("okx", 401, '{"msg":"This API key doesn\'t have permission to use this function","code":"50120"}', KEY),
    ("okx", 401, '{"msg":"Invalid Sign","code":"50113"}', KEY),
    ("okx", 401, '{"msg":"Your IP 1.2.3.4 is not included in your API key\'s IP whitelist.","code":"50110"}', SCOPE),
    ("okx", 401, '{"msg":"Timestamp request expired","code":"50102"}', CLOCK),
    ("okx", 429, '{"msg":"Too Many Requests","code":"50011"}', THROTTLED),
    ("okx", 503, '{"reason":"upstream"}', DOWN),
    ("myokx", 401, '{"msg":"API key doesn\'t exist","code":"50119"}', KEY),
    ("kraken", 200, '{"error":["EAPI:Invalid signature"]}', KEY),
    ("kraken", 200, '{"error":["EAPI:Invalid key"]}', KEY),
    ("kraken", 200, '{"error":["EAPI:Invalid nonce"]}', CLOCK),
    ("kraken", 200, '{"error":["EGeneral:Permission denied"]}', SCOPE),
    ("kraken", 200, '{"error":["EAPI:Rate limit exceeded"]}', THROTTLED),
    ("kraken", 200, '{"error":["EGeneral:Temporary lockout"]}', THROTTLED),
    ("kraken", 200, '{"error":["EService:Unavailable"]}', DOWN),
    ("kraken", 200, '{"error":["EService:Busy"]}', DOWN),
    ("coinbase", 401, '{"error":"unauthenticated","message":"invalid"}', KEY),
    ("coinbase", 401, "Unauthorized\n", KEY),
    ("coinbase", 403, '{"error":"PERMISSION_DENIED","error_details":"Missing required scopes","message":"x"}', SCOPE),
    ("htx", 200, '{"status":"error","err-code":"login-required","err-msg":"log in","data":null}', KEY),
    ("htx", 200, '{"status":"error","err-code":"api-signature-not-valid","err-msg":"Verification failure"}', KEY),
    ("htx", 200, '{"status":"error","err-code":"api-signature-not-valid","err-msg":"Signature not valid: Invalid submission time"}', CLOCK),
    # https://github.com/HuobiRDCenter/huobi_Python/issues/110
    ("htx", 200, '{"status":"error","err-code":"api-signature-not-valid","err-msg":"Signature not valid: Incorrect IP address [IP地址错误]:192.0.2.7"}', SCOPE),
    ("bitstamp", 403, '{"status":"error","reason":"Authentication failed","code":"API0006"}', KEY),
    ("bitstamp", 403, '{"status":"error","reason":"No","code":"API0006"}', KEY),
    ("bitstamp", 403, '{"status":"error","reason":"IP address not allowed","code":"API0002"}', SCOPE),
    ("bitstamp", 403, '{"status":"error","reason":"No permission found","code":"API0003"}', SCOPE),
    ("bitstamp", 403, '{"status":"error","reason":"Invalid nonce","code":"API0004"}', CLOCK),
    ("mexc", 400, '{"code":10072,"msg":"Api key info invalid"}', KEY),
    ("mexc", 400, '{"code":700006,"msg":"IP [1.2.3.4] not in the ip white list"}', SCOPE),
    ("mexc", 400, '{"code":700007,"msg":"No permission to access the endpoint."}', SCOPE),
    ("mexc", 400, '{"code":700003,"msg":"Timestamp for this request is outside of the recvWindow."}', CLOCK),
    ("bitfinex", 500, '["error",10020,"params: invalid"]', KEY),
    ("bitfinex", 500, '["error",10100,"apikey: digest invalid"]', KEY),
    ("bitfinex", 500, '["error",10114,"nonce: small"]', CLOCK),
    ("bitfinex", 503, '{"message":"unknown"}', DOWN),
    ("kucoin", 401, '{"code":"400006","msg":"The requested ip address is not in the api whitelist"}', SCOPE),
    ("kucoin", 403, '{"code":"400007","msg":"Access denied, require more permission."}', SCOPE),
    ("kucoin", 400, '{"code":"400002","msg":"KC-API-TIMESTAMP Invalid"}', CLOCK),
    ("kucoin", 401, '{"code":"400003","msg":"KC-API-KEY not exists"}', KEY),
    ("kucoin", 401, '{"code":"400004","msg":"Invalid KC-API-PASSPHRASE"}', KEY),
    ("kucoin", 429, '{"code":"429000","msg":"Too many requests"}', THROTTLED),
    ("kucoin", 503, '{"code":"1","msg":"?"}', DOWN),
    ("gate", 403, '{"label":"REQUEST_EXPIRED","message":"gap between request Timestamp and server time"}', CLOCK),
    ("gate", 401, '{"label":"INVALID_KEY","message":"Invalid key provided"}', KEY),
    ("gate", 401, '{"label":"INVALID_SIGNATURE","message":"Signature mismatch"}', KEY),
    ("gate", 403, '{"label":"FORBIDDEN","message":"no"}', SCOPE),
    ("gate", 403, '{"label":"IP_FORBIDDEN","message":"no"}', SCOPE),
    ("gate", 400, '{"label":"USER_NOT_FOUND","message":"please transfer funds first"}', NONE),
    ("bitget", 400, '{"code":"40085","msg":"You are in Unified Account mode","data":null}', NONE),
    ("bitget", 400, '{"code":"40037","msg":"Apikey does not exist","data":null}', KEY),
    ("bitget", 400, '{"code":"40018","msg":"Invalid IP","data":null}', SCOPE),
    ("bybit", 200, '{"retCode":10003,"retMsg":"API key is invalid."}', KEY),
    ("bybit", 200, '{"retCode":10002,"retMsg":"invalid request, check your server timestamp or recv_window"}', CLOCK),
    ("bybit", 200, '{"retCode":10010,"retMsg":"Unmatched IP, please check your API key\'s bound IP."}', SCOPE),
    ("bybit", 200, '{"retCode":10005,"retMsg":"Permission denied"}', SCOPE),
    ("bybit", 403, "<!DOCTYPE HTML><html>blocked in your country</html>", DOWN),
    ("bybit", 503, '{"retCode":5,"retMsg":"?"}', DOWN),
    ("gemini", 400, '{"result":"error","reason":"InvalidSignature","message":"InvalidSignature"}', KEY),
    ("gemini", 403, '{"result":"error","reason":"MissingRole","message":"To access this endpoint, log in"}', SCOPE),
    ("cryptocom", 401, '{"id":1,"code":40101,"message":"Unauthorized"}', KEY),
    ("coinbaseexchange", 401, '{"message":"Invalid API Key"}', KEY),
    ("coinbaseexchange", 400, '{"message":"request timestamp expired"}', CLOCK),
    ("deribit", 400, '{"jsonrpc":"2.0","error":{"message":"invalid_credentials","code":13004}}', KEY),
    ("poloniex", 401, '{"code":24602,"message":"Invalid signature"}', KEY),
    ("bitvavo", 403, '{"errorCode":304,"error":"Request was not received within acceptable window."}', CLOCK),
    ("digifinex", 500, "{}", DOWN),
    ("kucoin", 403, '{"x":1}', DOWN),
    ("xt", 200, '{"rc":1,"mc":"AUTH_104","ma":[],"result":null}', SCOPE),
]  # fmt: skip


@pytest.mark.parametrize(("exchange_id", "status", "body", "expected"), ROWS)
def test_what_an_exchange_means(exchange_id: str, status: int, body: str, expected: type[ExchangeError]) -> None:
    assert expected is type(to_ours(refusal(exchange_id, status, body), exchange_id))


DROPPED = {
    ("bitfinex", 500),
    ("bitfinex", 503),
    ("gemini", 403),
    ("okx", 503),
    ("kucoin", 403),
    ("kucoin", 503),
    ("bybit", 503),
    ("digifinex", 500),
}
"""Where ccxt's message lacks the status or the code: only the answer itself tells."""


@pytest.mark.parametrize(
    ("exchange_id", "status", "body", "expected"), [row for row in ROWS if (row[0], row[1]) not in DROPPED]
)
def test_ccxts_message_tells_it_too(exchange_id: str, status: int, body: str, expected: type[ExchangeError]) -> None:
    """For errors that were raised where the answer is not known any more."""
    error = refusal(exchange_id, status, body, remembered=False)
    assert expected is type(to_ours(error, exchange_id))


def test_a_key_of_binance_that_worked_before_is_not_called_a_ban() -> None:
    """ccxt raises DDoSProtection for -2015 once an object has been let in."""
    exchange = ccxt.binance({"options": {"hasAlreadyAuthenticatedSuccessfully": True}})
    body = '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}'
    with pytest.raises(foreign.DDoSProtection) as raised:
        exchange.handle_errors(401, "Unauthorized", URL, "GET", {}, body, exchange.parse_json(body), {}, None)
    assert CredentialsRejected is type(to_ours(raised.value, "binance"))


def test_minus_2015_names_its_three_meanings() -> None:
    body = '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}'
    mapped = to_ours(refusal("binance", 401, body), "binance")
    assert is_ambiguous(mapped)
    for word in ("API key is wrong", "IP address", "permission"):
        assert word in mapped.message
    assert not is_ambiguous(to_ours(refusal("binance", 400, '{"code":-2008,"msg":"x"}'), "binance"))


@pytest.mark.parametrize("status", [401, 407, 511])
def test_a_proxy_that_wants_a_login_is_not_the_exchange_rejecting_a_key(status: int) -> None:
    assert ExchangeUnavailable is type(to_ours(refusal("kraken", status, "<html>log in</html>"), "kraken"))


def test_the_wait_an_exchange_asks_for_is_passed_on() -> None:
    error = foreign.DDoSProtection("binance 429 Too Many Requests {}")
    note(error, Circumstances(Phase.ANSWERED, Answer(429, 12.2, "{}")))
    mapped = to_ours(error, "binance")
    assert isinstance(mapped, ExchangeThrottled)
    assert 13 == mapped.retry_after


# ------------------------------------------------------------------------------------------- not from ccxt at all


@pytest.mark.parametrize("phase", [Phase.SIGNING, Phase.SENDING])
@pytest.mark.parametrize("error", [ValueError("bad PEM"), TypeError("None"), RuntimeError("?")])
def test_what_breaks_before_the_request_is_out_is_the_credentials(error: Exception, phase: Phase) -> None:
    fresh = type(error)(*error.args)
    note(fresh, Circumstances(phase))
    mapped = to_ours(fresh, "coinbase")
    assert CredentialsRejected is type(mapped)
    assert "malformed" in mapped.message


def test_a_secret_that_is_not_base64_is_malformed_wherever_it_is_noticed() -> None:
    assert "malformed" in to_ours(binascii.Error("Incorrect padding"), "kraken").message


@pytest.mark.parametrize("error", [TypeError("'NoneType' object is not iterable"), KeyError("data"), IndexError("0")])
def test_what_breaks_on_an_answer_is_the_answer(error: Exception) -> None:
    """htx: a TypeError on `{}`."""
    note(error, Circumstances(Phase.ANSWERED, Answer(200, None, "{}")))
    assert UnexpectedReply is type(to_ours(error, "htx"))


@pytest.mark.parametrize("error", [LookupError("'hex' is not a text encoding"), UnicodeError("replace")])
def test_an_answer_that_cannot_be_decoded_rejects_no_key(error: Exception) -> None:
    """It is raised before the answer is handed on, where otherwise only a header could not be made of a credential."""
    note(error, Circumstances(Phase.SENDING))
    assert UnexpectedReply is type(to_ours(error, "okx"))


@pytest.mark.parametrize(
    ("status", "expected"),
    [(500, DOWN), (502, DOWN), (401, KEY), (403, DOWN), (429, THROTTLED), (404, RUBBISH), (200, RUBBISH)],
)
def test_where_ccxt_stumbles_over_an_errors_body_the_status_tells(status: int, expected: type[ExchangeError]) -> None:
    """zebpay: its `handle_errors` raises TypeError for `{}`."""
    error = TypeError("'NoneType' object is not callable")
    note(error, Circumstances(Phase.ANSWERED, Answer(status, None, "{}")))
    assert expected is type(to_ours(error, "zebpay"))


def test_a_sign_in_that_was_not_answered_rejects_no_key() -> None:
    """grvt: ccxt misses its cookie whatever the status was."""
    for status, expected in ((500, DOWN), (200, RUBBISH), (401, KEY)):
        error = foreign.AuthenticationError("grvt signIn() failed to receive auth-cookie or account-id")
        note(error, Circumstances(Phase.ANSWERED, Answer(status, None, '{"message":"hello"}')))
        assert expected is type(to_ours(error, "grvt"))


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), asyncio.IncompleteReadError(b"", 5)])
def test_what_breaks_on_the_way_is_the_exchange_being_out_of_reach(error: Exception) -> None:
    assert ExchangeUnavailable is type(to_ours(error, "kraken"))


def test_what_ccxt_makes_of_a_broken_connection_is_no_rubbish() -> None:
    """For aiohttp's other errors ccxt raises a plain ExchangeError."""
    import aiohttp

    error = foreign.ExchangeError("kraken POST " + URL)
    error.__cause__ = aiohttp.ClientPayloadError("the body is not complete")
    assert ExchangeUnavailable is type(to_ours(error, "kraken"))


@pytest.mark.parametrize("text", ["requires a token, please call signIn() first", "did not return an access token"])
def test_nobody_rejected_a_key_where_signing_in_was_answered_with_rubbish(text: str) -> None:
    """bullish, coinbaseinternational: ccxt raises AuthenticationError for what it misses."""
    error = foreign.AuthenticationError(f"bullish {text}")
    note(error, Circumstances(Phase.SIGNING))
    assert UnexpectedReply is type(to_ours(error, "bullish"))
    empty = foreign.AuthenticationError("grvt failed")
    note(empty, Circumstances(Phase.ANSWERED, Answer(200, None, "{}")))
    assert UnexpectedReply is type(to_ours(empty, "grvt"))


# ---------------------------------------------------------------------------------------------------- no secrets

API_KEY = "AKIA0123456789ABCDEF"
SECRET = "hunter2"


@pytest.mark.parametrize(
    "error",
    [
        foreign.RequestTimeout(f"binance GET {URL}"),
        foreign.ExchangeNotAvailable(f"binance GET {URL} 403 Forbidden <html>{API_KEY}</html>"),
        foreign.AuthenticationError(f'binance {{"code":-9,"msg":"unknown key {API_KEY} with {SECRET}"}}'),
        foreign.ExchangeError(f'binance {{"error":"{API_KEY}","message":"see {URL}"}}'),
        foreign.ExchangeError(f"binance something about {API_KEY} and {SECRET}"),
        ValueError(f"Invalid header value: {API_KEY}"),
    ],
)
def test_no_message_holds_anything_secret(error: Exception) -> None:
    mapped = to_ours(error, "binance", (API_KEY, SECRET))
    for secret in (API_KEY, SECRET, "signature", "://", "0f1e2d3c"):
        assert secret not in mapped.message
        assert secret not in repr(mapped)
    assert "\n" not in mapped.message


def test_the_cause_can_be_logged() -> None:
    """Tracebacks print the messages of all causes: ccxt's hold the URL with its signature."""
    error = foreign.RequestTimeout(f"binance GET {URL}")
    error.__cause__ = TimeoutError(URL)
    note(error, Circumstances(Phase.SENDING, Answer(200, None, URL)))
    kept = scrub(error, to_ours(error, "binance").message)
    assert kept is error
    assert URL not in str(kept)
    assert kept.__cause__ is None
    assert circumstances_of(kept) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Invalid Api-Key ID.", "Invalid Api-Key ID."),
        ("api-signature-not-valid", "api-signature-not-valid"),
        ("STARKNET_SIGNATURE_VERIFICATION_FAILED", "STARKNET_SIGNATURE_VERIFICATION_FAILED"),
        ("Failed to find api-key 1c5ec63fd-660d-43ea-847a-0d3ba69e106e", "Failed to find api-key …"),
        ("key vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A", "key …"),
        ("IP [203.0.113.7] not in the ip white list", "IP [203.0.113.7] not in the ip white list"),
        ("see https://example.com/?sign=1 for\nmore", "see … for more"),
        ("x" * 500, "x" * 159 + "…"),
    ],
)
def test_texts_are_short_and_clean(text: str, expected: str) -> None:
    assert expected == clean(text)
