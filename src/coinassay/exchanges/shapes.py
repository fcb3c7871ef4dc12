"""Whether an answer is the exchange's own, or rubbish that ccxt would take for an empty account.

For HTTP 200 with HTML, an empty or cut body or `{}`, ccxt 4.5.90 raises nothing: most of its exchanges look for their
list of balances with a default of "none" and answer with an empty balance. So an empty account is believed only when
the answer has the shape the exchange documents. Where ccxt passes on only a part of the answer as `info` (an empty list
for `{}` as well as for an empty account), the body itself decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from coinassay.errors import UnexpectedReply
from coinassay.exchanges.errors import LAST_ANSWER

_BINANCE = "balances[] userAssets[] assets[] []"
_BYBIT = "result.list[] result.balance[] result.loanAccountList[]"
_GATE = "[] balances{} total"
_HITBTC = "[]"
_KUCOIN = "data[] data.assets[] data.accounts[] data.accountEquity data.currency"
_OKX = "data[]"
_ORDERLY = "data.holding[] holding[]"

SHAPES: Mapping[str, str] = {
    "alpaca": "account.currency",
    "apex": "data.totalEquityValue totalEquityValue",
    "aster": "balances[]",
    "backpack": "{:}",
    "bequant": _HITBTC,
    "bigone": "data[]",
    "binance": _BINANCE,
    "binancecoinm": _BINANCE,
    "binanceus": _BINANCE,
    "binanceusdm": _BINANCE,
    "bingx": "data.balances[] data.assets[] data[]",
    "bit2c": "NIS",
    "bitbank": "data.assets[]",
    "bitbns": "data{}",
    "bitfinex": "[[]]",
    "bitflyer": "[]",
    "bitget": "data[] data.assets[]",
    "bithumb": "[] data{}",
    "bitopro": "data[]",
    "bitrue": "balances[] data.account[] account[]",
    "bitso": "payload.balances[]",
    "bitstamp": "[]",
    "bitteam": "result{}",
    "bittrade": "data.list[]",
    "bitvavo": "[]",
    "blockchaincom": "primary[]",
    "blofin": "data.details[] data[]",
    "btcbox": "jpy_balance",
    "btcmarkets": "[]",
    "btcturk": "data[]",
    "btse": "data[]",
    "bullish": "[]",
    "bybit": _BYBIT,
    "bybiteu": _BYBIT,
    "bybitid": _BYBIT,
    "bydfi": "data[]",
    "cex": "data{} {:}",
    "coinbase": "accounts[] data[] balance_summary{}",
    "coinbaseexchange": "[]",
    "coinbaseinternational": "result.summaries[] result.currency summaries[] currency",
    "coincheck": "jpy",
    "coinmate": "data{}",
    "coinone": "normalWallets[] krw{}",
    "coinsph": "balances[]",
    "coinspot": "balance{} balances[] balances{}",
    "cryptocom": "result.data[]",
    "cryptomus": "result[]",
    "deepcoin": "data[]",
    "delta": "result[]",
    "deribit": "result.summaries[] result.currency summaries[] currency",
    "derive": "result[] result.collaterals[]",
    "digifinex": "list[] data[]",
    "dydx": "subaccount{} equity",
    "extended": "data[]",
    "fmfwio": _HITBTC,
    "foxbit": "data[]",
    "gate": _GATE,
    "gateeu": _GATE,
    "gemini": "[]",
    "grvt": "result.spot_balances[] spot_balances[]",
    "hashkey": "balances[]",
    "hibachi": "assets[] balance",
    "hitbtc": _HITBTC,
    "hollaex": "updated_at",
    "htx": "data.list[] data[] data.details[]",
    "hyperliquid": "balances[] marginSummary{}",
    "independentreserve": "[]",
    "indodax": "return.balance{}",
    "kraken": "result{}",
    "krakenfutures": "accounts{}",
    "kucoin": _KUCOIN,
    "kucoinfutures": _KUCOIN,
    "latoken": "[]",
    "lbank": "data[] data.free{} data.balances[]",
    "lighter": "accounts[]",
    "luno": "balance[]",
    "mercado": "response_data.balance{}",
    "mexc": "balances[] data[]",
    "modetrade": _ORDERLY,
    "mudrex": "data.balance data.total",
    "myokx": _OKX,
    "nado": "data.spot_balances[] spot_balances[]",
    "ndax": "[]",
    "okx": _OKX,
    "okxus": _OKX,
    "onetrading": "balances[]",
    "p2b": "result{} {:}",
    "pacifica": "data.balance balance",
    "paradex": "results[]",
    "paymium": "balance_btc balance_eur",
    "phemex": "data[] data.account{}",
    "poloniex": "[] data.details[] details[]",
    "polymarket": "margin{}",
    "revolutx": "[] data[]",
    "tokocrypto": "data.accountAssets[] balances[]",
    "toobit": "balances[]",
    "upbit": "[]",
    "weex": "balances[]",
    "whitebit": "{:}",
    "woo": _ORDERLY,
    "woofipro": _ORDERLY,
    "xt": "result.assets[] result[]",
    "zaif": "return.funds{}",
    "zebpay": "data[]",
}
"""The documented shape of each balance, as ccxt 4.5.90 shows it in `fetch_balance`: alternatives, each a path
of keys that ends in a list of objects `[]`, a list of lists `[[]]`, an object `{}` or any value; `{:}` is a table of
objects by currency, which is never empty: `{}` cannot be told from rubbish."""


def believe(exchange_id: str, info: object, wallet: str = "") -> None:
    """Raises UnexpectedReply unless `info`, of ccxt's balance, or the body it came from has the exchange's own shape.

    Call it in the task that asked the exchange: the body is remembered there. `wallet` is for the message only.
    """
    shape = SHAPES.get(exchange_id)
    body = _body()
    if shape is None:
        believed = bool(info) and isinstance(info, (Mapping, list))
    elif info == [] and body is not None:
        # An empty list may be all that ccxt left of `{}`: the body has to say that it is one.
        believed = _has(shape, body)
    else:
        believed = _has(shape, info) or _has(shape, body) or _is_rows(info)
    if believed:
        return
    what = f"its {wallet} balances" if wallet else "its balances"
    raise UnexpectedReply(f"{exchange_id} sent an answer that is not {what}.", exchange_id=exchange_id)


def _body() -> Any:
    """The JSON of the last answer in this task, or None where it is not known."""
    answer = LAST_ANSWER.get()
    if answer is None:
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""


def _has(shape: str, found: object) -> bool:
    return any(_fits(found, alternative) for alternative in shape.split())


def _is_rows(info: object) -> bool:
    """Rows that ccxt took out of an answer."""
    return isinstance(info, list) and bool(info) and all(isinstance(each, Mapping) for each in info)


def _fits(found: object, alternative: str) -> bool:
    if alternative == "{:}":
        return isinstance(found, Mapping) and bool(found) and all(map(_is_account, found.values()))
    path, kind = _split(alternative)
    for key in path:
        if not isinstance(found, Mapping) or found.get(key) is None:
            return False
        found = found[key]
    if kind == "[]":
        return isinstance(found, list) and all(isinstance(each, Mapping) for each in found)
    if kind == "[[]]":
        return isinstance(found, list) and all(isinstance(each, list) for each in found)
    return isinstance(found, Mapping) if kind == "{}" else bool(path)


def _is_account(value: object) -> bool:
    """What stands at a currency: an object or a quantity."""
    return isinstance(value, Mapping) or (isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d*)?", value) is not None)


def _split(alternative: str) -> tuple[Sequence[str], str]:
    for kind in ("[[]]", "[]", "{}"):
        if alternative.endswith(kind):
            keys = alternative.removesuffix(kind)
            return (keys.split(".") if keys else [], kind)
    return alternative.split("."), ""
