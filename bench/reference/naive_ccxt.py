"""What people write first: a script for one account. New process, new exchange object, its own copy of everything.

    python -m bench.reference.naive_ccxt URL API_KEY SECRET              prints what the spot wallet is worth in USDT
    python -m bench.reference.naive_ccxt --memory N URL API_KEY SECRET   N objects in one process: prints MB for each

It reads less than the product does: the spot wallet only, valued by last prices.
"""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import urlsplit

import ccxt

from bench.harness import rss_mb


def binance(url: str, api_key: str, secret: str) -> Any:
    exchange = ccxt.binance({"apiKey": api_key, "secret": secret})
    exchange.urls["api"] = {
        name: url + urlsplit(each).path for name, each in exchange.urls["api"].items() if isinstance(each, str)
    }
    return exchange


def worth(exchange: Any) -> float:
    balance = exchange.fetch_balance()
    tickers = exchange.fetch_tickers()
    prices = {"USDT": 1.0, **{ticker["symbol"].removesuffix("/USDT"): ticker["last"] for ticker in tickers.values()}}
    return float(sum(amount * (prices.get(code) or 0.0) for code, amount in balance["total"].items()))


def memory(count: int, url: str, api_key: str, secret: str) -> float:
    import os

    kept = []
    first = 0.0
    for n in range(count + 1):
        exchange = binance(url, api_key, secret)
        exchange.fetch_balance()
        kept.append(exchange)
        if n == 0:  # the library itself is not on the account's account
            first = rss_mb(os.getpid())
    return (rss_mb(os.getpid()) - first) / count


if __name__ == "__main__":
    if sys.argv[1] == "--memory":
        print(memory(int(sys.argv[2]), *sys.argv[3:]))
    else:
        print(worth(binance(*sys.argv[1:])))
