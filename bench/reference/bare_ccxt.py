"""The ccxt calls a load makes and nothing else, in one process with one exchange object that is used again and again.

    python -m bench.reference.bare_ccxt URL API_KEY SECRET

Reads jobs from standard input, {"loads": 60, "tickers": 1, "how": "calls"}, and prints {} when each is done. `how`:
"calls" is the requests to the exchange alone, "balances" reads spot and funding with fetch_balance, as scripts do, and
"held" does so by one that knows how to have Binance leave out the coins that are not held.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any
from urllib.parse import urlsplit

import ccxt.async_support as ccxt


def binance(url: str, api_key: str, secret: str) -> Any:
    # ccxt's own throttler is at work, but has nothing to wait for.
    exchange = ccxt.binance({"apiKey": api_key, "secret": secret, "rateLimit": 0.001})
    exchange.urls["api"] = {
        name: url + urlsplit(each).path for name, each in exchange.urls["api"].items() if isinstance(each, str)
    }
    return exchange


async def calls(exchange: Any) -> None:
    await asyncio.gather(
        exchange.privateGetAccount({"omitZeroBalances": "true"}),
        exchange.sapiPostAssetGetFundingAsset(),
        exchange.sapiGetSimpleEarnLockedPosition({"current": 1, "size": 100}),
    )


async def balances(exchange: Any) -> None:
    await asyncio.gather(
        exchange.fetch_balance(),
        exchange.fetch_balance({"type": "funding"}),
        exchange.sapiGetSimpleEarnLockedPosition({"current": 1, "size": 100}),
    )


async def held(exchange: Any) -> None:
    await asyncio.gather(
        exchange.fetch_balance({"omitZeroBalances": "true"}),
        exchange.fetch_balance({"type": "funding"}),
        exchange.sapiGetSimpleEarnLockedPosition({"current": 1, "size": 100}),
    )


async def main(url: str, api_key: str, secret: str) -> None:
    exchange = binance(url, api_key, secret)
    try:
        await exchange.load_markets()
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            job = json.loads(line)
            load = {"calls": calls, "balances": balances, "held": held}[job["how"]]
            for _ in range(job["loads"]):
                await load(exchange)
            for _ in range(job["tickers"]):
                await exchange.fetch_tickers()
            print("{}", flush=True)
    finally:
        await exchange.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
