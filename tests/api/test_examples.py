"""The examples in the description are what a server answers: alice's accounts, made up, at a fixed time.

`UPDATE_EXAMPLES=1 pytest tests/api/test_examples.py` writes them anew.
"""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from tests.api.client import Client, whole
from tests.api.conftest import START, House

from coinassay.api import description
from coinassay.api.description.openapi import operation_id
from coinassay.api.routes import all_routes
from coinassay.api.routing import Router
from coinassay.domain.account import PAPER, User
from coinassay.domain.budget import Ledger, Window
from coinassay.domain.network import CoinNetworks, DepositAddress, Network
from coinassay.domain.pair import Instrument, Leverage, Pair, PairRules
from coinassay.domain.rates import Quote
from coinassay.domain.trade import Trade
from coinassay.testing.text import rates_of

FILE = Path(description.__file__).parent / "examples.json"
PAPER_KEY = re.compile(r'"api_key": "[0-9a-f]{32}"')
"""Random for each paper account."""
SECRET = "its-secret"
JSON = "application/json"
LONGEST = 3
"""Rows of a list that are shown."""

PRICES = {"BTC": "63738.36", "ETH": "2597.33817", "USDT": "1", "ADA": "0.35", "BNB": "610.2"}
SPOT = Pair(
    "USDT_BTC",
    "BTC/USDT",
    "BTC",
    "USDT",
    rules=PairRules(
        price_step=Decimal("0.01"),
        min_price=Decimal("0.01"),
        lot_step=Decimal("0.00001"),
        min_lot=Decimal("0.00001"),
        max_lot=Decimal("9000"),
        min_total=Decimal("5"),
    ),
)
CONTRACT = Pair(
    "USDT_BTCUSDT",
    "BTC/USDT:USDT",
    "BTC",
    "USDT",
    Instrument.LINEAR,
    rules=PairRules(price_step=Decimal("0.1"), lot_step=Decimal("0.001"), min_lot=Decimal("0.001")),
    leverage=Leverage(max=Decimal(125)),
)
QUOTE = Quote(
    "BTC",
    "USDT",
    bid=Decimal("63738.35"),
    ask=Decimal("63738.36"),
    last=Decimal("63738.36"),
    at=START,
    source="binance",
)

TRADES = [
    Trade("1", START - timedelta(days=2), "BTC", "USDT", Decimal("0.01"), Decimal("650.5")),
    Trade("2", START - timedelta(days=1), "ETH", "USDT", Decimal("0.5"), Decimal("1300.25")),
]
COIN = CoinNetworks(
    "USDT",
    "Tether USDt",
    (
        Network(
            "TRX",
            "Tron (TRC20)",
            default=True,
            deposits=True,
            withdrawals=True,
            address_pattern="^T[1-9A-HJ-NP-Za-km-z]{33}$",
            withdraw_fee=Decimal(1),
            withdraw_min=Decimal(10),
        ),
    ),
)
ADDRESS = DepositAddress("TXmVpin5vq5gdZsciyyjdZgKRUju4st1wM", "")


class Recorder:
    def __init__(self, client: Client, house: House) -> None:
        self._client = client
        self._router = Router(all_routes(house.services, house.options()))
        self.rows: dict[str, Any] = {}

    async def get(self, path: str, **headers: str) -> Any:
        return await self._record("GET", path, None, headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return await self._record("POST", path, body, headers)

    async def put(self, path: str, body: Any) -> Any:
        return await self._record("PUT", path, body, {})

    async def patch(self, path: str, body: Any) -> Any:
        return await self._record("PATCH", path, body, {})

    async def delete(self, path: str, body: Any = None) -> Any:
        return await self._record("DELETE", path, body, {})

    async def _record(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        target = whole(path)
        route, _ = self._router.find(method, target.partition("?")[0].encode())
        sent = b"" if body is None else json.dumps(body).encode()
        media = {"content-type": "application/json"} if sent else {}
        client = self._client.with_headers(**media, **headers)
        reply = await client.send(method, target, sent)
        assert reply.status_code == route.status, reply.body
        request: dict[str, Any] = {"method": method, "target": target}
        if headers:
            request["headers"] = {name.replace("_", "-").title(): value for name, value in headers.items()}
        if body is not None:
            request["body"] = body
        self.rows[operation_id(route)] = {
            "request": request,
            "status": reply.status_code,
            "answer": reply.body.decode() if route.media != JSON else _shortened(reply.body),
        }
        return reply.json() if route.media == JSON else reply.body


def _shortened(body: bytes) -> Any:
    """Long lists cut; everything else as it came."""
    if not body.startswith(b"["):
        return msgspec.Raw(body)
    return msgspec.json.decode(body, type=list[msgspec.Raw])[:LONGEST]


async def write_budget(house: House) -> None:
    """As a process would that has asked an exchange just now; the database's own clock says when that is."""
    stored = await house.store.read_budget("203.0.113.7", "binance")
    now = stored.now.timestamp()
    window = Window(units=1140.0, seconds=60.0, kept=40.0, spent={int(now) + 50: 204.0})
    ledger = Ledger(holders={"a": (now + 30, 2)}, pools={"/api": window})
    await house.store.write_budget(stored, ledger.encode())


async def tell(house: House, alice: Client, alice_user: User) -> Recorder:
    """One request to each endpoint, in an order that makes sense."""
    house.rates.script("binance", rates_of(PRICES, START))
    house.rates.script(PAPER, rates_of(PRICES, START))
    house.market_data.script_pairs("binance", [SPOT])
    house.market_data.script_pairs("binance_futures", [CONTRACT])
    house.market_data.script_quote("binance", SPOT.code, QUOTE)
    house.market_data.script_quote("binance_futures", CONTRACT.code, QUOTE)
    call = Recorder(alice, house)

    await call.get("/ver1/ping")
    await call.get("/ver1/time")
    await call.get("/ver1/validate")
    await call.get("/ver1/accounts/market_list")
    await call.get("/ver1/accounts/market_pairs?market_code=binance")
    await call.get("/v2/accounts/market_pairs?market_code=binance_futures")
    await call.get("/ver1/accounts/currency_rates?market_code=binance&pair=USDT_BTC")
    await call.get("/ver1/accounts/currency_rates_with_leverage_data?market_code=binance_futures&pair=USDT_BTCUSDT")

    await call.get("/ver1/accounts/types_to_connect?type=binance&name=My+Binance")
    key = {"api_key": "a-key-of-binance", "secret": SECRET}
    mine = (await call.post("/ver1/accounts/new", {"type": "binance", "name": "Binance", **key}))["id"]
    await call.post(f"/ver1/accounts/{mine}/rename", {"name": "My Binance"})
    await call.post("/ver1/accounts/update", {"account_id": mine, "include_in_summary": True})
    one = f"/ver1/accounts/{mine}"
    for days, balances in ((28, ["0.11 BTC", "900 USDT"]), (1, ["0.12 BTC", "1.05 ETH", "850 USDT"])):
        house.clock.now = START - timedelta(days=days)
        house.connector.script(mine, balances)
        await call.post(f"{one}/load_balances")
    await house.services.events.flush()
    await call.get("/api/v1/events?last_event_id=4")
    house.clock.now = START
    house.connector.script(mine, ["0.12 BTC", "1.05 ETH, 0.25 locked", "870.5 USDT", "9 XYZ"])
    await call.post(f"{one}/load_balances")
    await call.get("/ver1/accounts", forced_mode="real")
    await call.get(one)
    await call.post(f"{one}/pie_chart_data")
    await call.get(f"/api/v1/accounts/{mine}/valuation")
    await call.get(f"/api/v1/accounts/{mine}/loads?limit=2")
    await call.get("/api/v1/accounts/summary/valuation", forced_mode="real")
    await call.post(f"{one}/account_table_data")
    await call.get(f"{one}/balance_chart_data?date_from=2026-02-26&date_to=2026-03-01")
    await call.get(f"{one}/leverage_data?pair=USDT_BTC")
    await call.get(f"/api/v1/accounts/{mine}/profit?from=2026-02-28")
    added = await call.post(
        f"/api/v1/accounts/{mine}/flows",
        {"kind": "deposit", "asset": "USDT", "amount": "250.5", "reference": "bank-7"},
    )
    await call.get(f"/api/v1/accounts/{mine}/flows")
    await call.delete(f"/api/v1/accounts/{mine}/flows", {"id": added["id"]})
    await call.get(f"/api/v1/accounts/{mine}/composition?at=2026-02-28")

    house.trades.script(mine, TRADES)
    await call.get(f"{one}/volume/daily?date=2026-02-28")
    await call.get(f"{one}/volume/monthly?month=2026-02")
    await call.get(f"{one}/volume/total")
    await call.get(f"{one}/active_trading_entities")
    house.wallets.networks = [COIN]
    house.wallets.addresses["USDT", "TRX"] = ADDRESS
    await call.get(f"{one}/networks_info?purpose=deposit")
    await call.get(f"{one}/deposit_data?currency=USDT&network=TRX")

    await call.get("/ver1/accounts/summary", forced_mode="real")
    await call.post("/ver1/accounts/summary/pie_chart_data", forced_mode="real")
    await call.post("/ver1/accounts/summary/account_table_data", forced_mode="real")
    await call.get("/ver1/accounts/summary/balance_chart_data?date_from=2026-02-26", forced_mode="real")
    await call.get("/api/v1/accounts/summary/profit?from=2026-03-01", forced_mode="real")
    await call.get("/api/v1/accounts/summary/composition?at=2026-02-28", forced_mode="real")

    first, second = [
        await house.services.accounts.connect(alice_user.id, PAPER, name, {}, balances)
        for name, balances in (
            ("Play money", {"ETH": Decimal("1.5"), "USDT": Decimal(2500), "ADA": Decimal("1.25")}),
            ("More play money", {"BTC": Decimal("0.1")}),
        )
    ]
    await call.post(
        "/ver1/accounts/transfer",
        {"currency": "USDT", "amount": 250.5, "from_account_id": first.id, "to_account_id": second.id},
    )
    await call.get(f"/ver1/accounts/transfer_history?account_id={first.id}&currency=USDT")
    await call.get("/ver1/accounts/transfer_data")
    await call.post(f"/ver1/accounts/{first.id}/convert_dust_to_bnb", {"codes": ["ADA"]})
    await call.post(f"/ver1/accounts/{second.id}/sell_all_to_usd")
    await call.post(f"/ver1/accounts/{second.id}/sell_all_to_btc")

    await call.get("/ver1/users/current_mode")
    await call.get("/ver1/users/permissions_info")
    await call.put("/ver1/users/locale", {"locale": "en"})
    await call.post("/ver1/users/change_mode", {"mode": "real"})
    await house.store.record_currency_rates({"EUR": Decimal("1.0812")}, house.clock.now)
    await call.get("/api/v1/user")
    await write_budget(house)
    await call.get("/api/v1/budgets")
    await call.patch("/api/v1/user", {"display_currency": "EUR"})
    await call.get("/api/v1/accounts/1/refresh")
    await call.patch("/api/v1/accounts/1/refresh", {"every": "30m"})
    await call.post(f"/ver1/accounts/{mine}/remove")
    return call


async def test_the_examples_are_what_is_answered(house: House, alice: Client, alice_user: User) -> None:
    rows = (await tell(house, alice, alice_user)).rows
    told = msgspec.json.format(msgspec.json.encode(rows), indent=1).decode() + "\n"
    told = PAPER_KEY.sub('"api_key": "00112233445566778899aabbccddeeff"', told)
    if os.environ.get("UPDATE_EXAMPLES"):
        FILE.write_text(told)
    assert told == FILE.read_text(), "UPDATE_EXAMPLES=1 writes them anew"


async def test_every_operation_has_one(house: House) -> None:
    known = json.loads(FILE.read_text())
    names = [operation_id(route) for route in all_routes(house.services, house.options())]
    assert sorted(names) == sorted(set(names)), "two operations of one name"
    assert set(names) == set(known)


def test_no_secret_is_answered() -> None:
    rows = json.loads(FILE.read_text())
    assert SECRET in json.dumps(rows)
    assert SECRET not in json.dumps([row["answer"] for row in rows.values()])
