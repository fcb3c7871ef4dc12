"""The recorded balances of real accounts, replayed to real ccxt over HTTP: the sums are right to the last digit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.exchanges.replay import PAYLOADS, equities, said

ACCOUNT_MODE = 'GET /api/ua/v1/account/mode\n{"code":"200000","data":{"selfAccountMode":"CLASSIC"}}'


def recording(exchange_id: str, description: str) -> dict[str, Any]:
    recorded = json.loads((PAYLOADS / "recordings" / f"{exchange_id}.json").read_text("utf-8"))
    (found,) = (each for each in recorded["methods"]["fetchBalance"] if each["description"] == description)
    return dict(found)


CASES = [
    ("binance", "Spot balance", "binance", "spot", "GET /api/v3/account", ["0.919741 LTC", "0.02229833 ETH"]),
    ("binance", "Linear swap balance", "binance_futures", "futures", "GET /fapi/v3/account", ["31.022612 USDT"]),
    (
        "binance",
        "fetch papi balance",
        "binance_portfolio_margin",
        "portfolio",
        "GET /papi/v1/balance",
        [
            "0.00057786 ETH",
            "136.03451668 USDT owed 0.00019048",
            "0.000636 LTC",
            "0.0 USDC owed 0.00017186",
            "10.0325 ADA",
        ],
    ),
    ("kucoin", "trade balance", "kucoin", "trade", "GET /api/v1/accounts", ["40.12618754 USDT", "0.171021 LTC"]),
    ("kucoin", "cross balance", "kucoin", "margin", "GET /api/v1/margin/account", ["5.0 USDT"]),
    ("kucoin", "isolated balance", "kucoin", "isolated", "GET /api/v3/isolated/accounts", ["5.0 USDT"]),
]


@pytest.mark.parametrize(("exchange_id", "description", "market_code", "wallet", "route", "held"), CASES)
async def test_recorded_balance(
    exchange_id: str, description: str, market_code: str, wallet: str, route: str, held: list[str]
) -> None:
    answer = json.dumps(recording(exchange_id, description)["httpResponse"])
    assert held == await said(market_code, wallet, f"{ACCOUNT_MODE}\n\n{route}\n{answer}")


def test_no_recorded_balance_is_left_out() -> None:
    recorded = {
        (path.stem, each["description"])
        for path in (PAYLOADS / "recordings").glob("*.json")
        for each in json.loads(path.read_text("utf-8"))["methods"].get("fetchBalance", [])
    }
    assert recorded == {(exchange_id, description) for exchange_id, description, *_ in CASES}


async def test_portfolio_margin_debt_comes_off() -> None:
    answer = json.dumps(recording("binance", "fetch papi balance")["httpResponse"])
    found = await equities("binance_portfolio_margin", "portfolio", f"GET /papi/v1/balance\n{answer}")
    assert ("136.0343262", "-0.00017186") == (found["USDT"], found["USDC"])
