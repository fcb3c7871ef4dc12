"""The fastest this server could be in Python: raw ASGI, everything from memory, the same work and the same bytes.

For each request it verifies the HMAC over the raw path, looks up key and account, multiplies amounts by rates, adds up,
computes shares and BTC values in decimals, sorts, and writes the JSON. No database, no permissions, no rate limit, no
log. `BENCH_DATA` names the dataset's file. Started with the same uvicorn, loop and parser as the product.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Awaitable, Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import msgspec

from bench.dataset import BTC_RATE, Dataset

_EXACT = Context(prec=100, rounding=ROUND_HALF_UP)
_QUOTIENT = Context(prec=60, rounding=ROUND_HALF_UP)
_TWO = Decimal("0.01")
_EIGHT = Decimal("0.00000001")
_HUNDRED = Decimal(100)
_ZERO = Decimal(0)

_PREFIX = "/public/api/ver1/accounts/"
_SUFFIX = "/pie_chart_data"


class Money(msgspec.Struct):
    currency: str
    amount: str


class Row(msgspec.Struct):
    code: str
    coinmarketcapid: str | None
    name: str
    y: msgspec.Raw
    percentage: msgspec.Raw
    amount: msgspec.Raw
    btc_value: str
    usd_value: str
    primary_display_currency: Money
    account_id: int


class _Reply(Exception):
    def __init__(self, status: int, error: str) -> None:
        self.status = status
        self.body = msgspec.json.encode({"error": error})


_data = Dataset.load(Path(os.environ["BENCH_DATA"]))
_keys = {key.api_key.encode(): (key.user, key.secret.encode()) for key in _data.keys}
_accounts = {
    account.id: (
        account.user,
        [(held.code, Decimal(held.amount), Decimal(held.rate)) for held in account.holdings],
    )
    for account in _data.accounts
}
_names = {code: (f"{name} ({code})", cmc_id) for code, (name, cmc_id) in _data.currencies.items()}
_encode = msgspec.json.Encoder().encode


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    if "." not in text:
        return text + ".0"
    text = text.rstrip("0")
    return text + "0" if text[-1] == "." else text


def _user(scope: dict[str, Any]) -> int:
    api_key = signature = b""
    for name, value in scope["headers"]:
        if name == b"apikey":
            api_key = value
        elif name == b"signature":
            signature = value
    known = _keys.get(api_key)
    if known is None:
        raise _Reply(401, "api_key_invalid_or_expired")
    user, secret = known
    signed = scope["raw_path"]
    if scope["query_string"]:
        signed += b"?" + scope["query_string"]
    if not hmac.compare_digest(hmac.digest(secret, signed, "sha256").hex().encode(), signature.lower()):
        raise _Reply(401, "signature_invalid")
    return user


def _pie(scope: dict[str, Any]) -> bytes:
    user = _user(scope)
    path: str = scope["path"]
    if not (path.startswith(_PREFIX) and path.endswith(_SUFFIX) and scope["method"] == "POST"):
        raise _Reply(404, "not_found")
    text = path[len(_PREFIX) : -len(_SUFFIX)]
    found = _accounts.get(int(text)) if text.isascii() and text.isdigit() else None
    if found is None or found[0] != user:
        raise _Reply(404, "not_found")
    multiply, add, divide, quantize = _EXACT.multiply, _EXACT.add, _QUOTIENT.divide, _EXACT.quantize
    total = _ZERO
    slices = []
    for code, amount, rate in found[1]:
        usd = multiply(amount, rate)
        total = add(total, usd)
        slices.append((usd, code, amount))
    slices.sort(key=lambda each: (-each[0], each[1]))
    account_id = int(text)
    rows = []
    for usd, code, amount in slices:
        share = msgspec.Raw(_plain(quantize(divide(multiply(usd, _HUNDRED), total), _TWO)).encode())
        name, cmc_id = _names[code]
        rows.append(
            Row(
                code,
                cmc_id,
                name,
                share,
                share,
                msgspec.Raw(_plain(amount).encode()),
                _plain(quantize(divide(usd, BTC_RATE), _EIGHT)),
                _plain(quantize(usd, _TWO)),
                Money("USD", _plain(usd)),
                account_id,
            )
        )
    return _encode(rows)


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] != "http":
        return
    try:
        status, body = 201, _pie(scope)
    except _Reply as e:
        status, body = e.status, e.body
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
