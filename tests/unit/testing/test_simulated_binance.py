"""The simulated Binance, asked by ccxt over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import ccxt.async_support as ccxt
import httpx
import pytest

from coinassay.testing import SimulatedExchange, SimulatedUser


def d(value: str) -> Decimal:
    return Decimal(value)


def positive(totals: dict[str, str]) -> dict[str, str]:
    return {code: total for code, total in totals.items() if Decimal(total)}


# --------------------------------------------------------------------------------------------------- market


async def test_the_catalogue_and_all_tickers_are_read(binance: SimulatedExchange, connect: Any) -> None:
    client = connect(binance)
    await client.load_markets()
    tickers = await client.fetch_tickers()

    spot = {symbol for symbol, market in client.markets.items() if market["spot"]}
    assert set(binance.symbols) == spot == set(tickers)
    assert not client.markets["BTC/TUSD"]["active"]
    ticker = tickers["BTC/USDT"]
    assert d(ticker["bid"]) < d(ticker["last"]) < d(ticker["ask"])
    assert binance.price("BTC/USDT") == d(ticker["last"])
    assert 1 == binance.requests["/api/v3/ticker/24hr"]


async def test_a_dead_market_keeps_its_last_price_and_its_time(binance: SimulatedExchange, connect: Any) -> None:
    client = connect(binance)
    ticker = await client.fetch_ticker("BTC/TUSD")

    assert ("209847.00000000", "0.00000000") == (ticker["last"], ticker["info"]["bidPrice"])
    assert 0 == d(ticker["baseVolume"])
    assert timedelta(days=199) < datetime.now(UTC) - datetime.fromisoformat(ticker["datetime"]) < timedelta(days=201)


async def test_prices_are_changed_and_markets_come_and_go(binance: SimulatedExchange, connect: Any) -> None:
    binance.set_price("BTC/USDT", bid="63722.1", ask="63722.123456789012", last="63722.11", volume="12.5", open="1")
    binance.set_price("XYZ/USDT", last="3")
    binance.remove_market("ETH/USDT")
    client = connect(binance)

    await client.load_markets()
    assert "ETH/USDT" not in client.markets
    tickers = await client.fetch_tickers(["BTC/USDT", "XYZ/USDT"])
    shown = [tickers["BTC/USDT"][name] for name in ("bid", "ask", "last", "baseVolume", "open")]
    assert ["63722.10000000", "63722.123456789012", "63722.11000000", "12.50000000", "1.00000000"] == shown
    assert ["3.00000000"] * 3 == [tickers["XYZ/USDT"][name] for name in ("bid", "ask", "last")]


async def test_a_new_price_is_shown_at_once(binance: SimulatedExchange, connect: Any) -> None:
    client = connect(binance)
    for price in ("60000.00000000", "60001.00000000"):
        binance.set_price("BTC/USDT", last=price)
        assert price == (await client.fetch_tickers())["BTC/USDT"]["last"]
    binance.remove_market("ETH/USDT")
    assert "ETH/USDT" not in await client.load_markets(True)


async def test_a_large_catalogue_is_made_on_demand(binance: SimulatedExchange, connect: Any) -> None:
    binance.fill_catalogue(500)
    client = connect(binance, options={"fetchMarkets": {"types": ["spot"]}})

    assert 500 == len(await client.load_markets()) == len(await client.fetch_tickers())


def test_an_unknown_symbol_is_refused(simulated_binance: SimulatedExchange, http: httpx.Client) -> None:
    reply = http.get(f"{simulated_binance.url}/api/v3/ticker/24hr?symbol=NOSUCH")

    assert (400, {"code": -1121, "msg": "Invalid symbol."}) == (reply.status_code, reply.json())


# ------------------------------------------------------------------------------------------------- balances


async def test_every_wallet_is_read_to_the_last_digit(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user(
        wallets={
            "spot": {"BTC": "0.123456789012345678", "USDT": ("100", "20.00000001")},
            "earn_flexible": {"ETH": "2.5"},
            "earn": {"DOT": "3"},
            "funding": {"ETH": ("1", "0.5")},
            "margin": {"ETH": {"free": "1", "borrowed": "0.2", "interest": "0.01"}},
            "isolated BTC/USDT": {"BTC": {"free": "1", "borrowed": "0.5"}, "USDT": "10"},
            "isolated ETH/USDT": {"USDT": "7"},
            "futures": {"USDT": "1000"},
            "coin_futures": {"BTC": {"free": "0.5", "unrealised": "-0.01"}},
        }
    )
    client = connect(binance, user, catalogue=False)

    spot = await client.fetch_balance()
    assert {"BTC": "0.123456789012345678", "USDT": "120.00000001", "LDETH": "2.5"} == positive(spot["total"])
    assert "20.00000001" == spot["used"]["USDT"]
    assert {"ETH": "1.5"} == (await client.fetch_balance({"type": "funding"}))["total"]
    margin = await client.fetch_balance({"type": "margin"})
    assert ({"ETH": "1"}, {"ETH": "0.21"}) == (margin["total"], margin["debt"])
    isolated = await client.fetch_balance({"marginMode": "isolated"})
    assert {"BTC": "1", "ETH": "0", "USDT": "17"} == isolated["total"]
    assert {"BTC": "0.5", "ETH": "0", "USDT": "0"} == isolated["debt"]
    assert {"USDT": "1000.00000000"} == (await client.fetch_balance({"type": "swap"}))["total"]
    coin = await client.fetch_balance({"type": "swap", "subType": "inverse"})
    assert {"BTC": "0.49000000"} == coin["total"]
    locked = await client.sapiGetSimpleEarnLockedPosition()
    assert [("DOT", "3.00000000")] == [(row["asset"], row["amount"]) for row in locked["rows"]]
    flexible = await client.sapiGetSimpleEarnFlexiblePosition()
    assert [("ETH", "2.50000000")] == [(row["asset"], row["totalAmount"]) for row in flexible["rows"]]


async def test_one_isolated_pair_is_picked(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user(wallets={"isolated BTC/USDT": {"BTC": "1"}, "isolated ETH/USDT": {"ETH": "2"}})
    client = connect(binance, user)

    isolated = await client.fetch_balance({"marginMode": "isolated", "symbols": ["ETH/USDT"]})

    assert {"ETH": "2", "USDT": "0"} == isolated["total"]


async def test_what_was_never_opened_is_said_as_binance_says_it(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user()
    client = connect(binance, user, catalogue=False)

    assert {} == positive((await client.fetch_balance())["total"])
    assert {} == (await client.fetch_balance({"type": "funding"}))["total"]
    assert {} == (await client.fetch_balance({"marginMode": "isolated"}))["total"]
    with pytest.raises(ccxt.ExchangeError, match=r"-3003.*Margin account does not exist"):
        await client.fetch_balance({"type": "margin"})
    with pytest.raises(ccxt.AuthenticationError, match=r"-2015.*request ip: 127"):
        # an instance that was let in before takes the same answer for a ban
        await connect(binance, user, catalogue=False).fetch_balance({"type": "swap"})


async def test_locked_earn_comes_in_pages(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user(wallets={"earn": {f"C{number}": "1" for number in range(25)}})
    client = connect(binance, user)

    sizes = [len((await client.sapiGetSimpleEarnLockedPosition({"current": page}))["rows"]) for page in (1, 2, 3, 4)]
    assert [10, 10, 5, 0] == sizes
    assert 25 == len((await client.sapiGetSimpleEarnLockedPosition({"size": 100}))["rows"])


async def test_positions_and_their_profit_are_in_the_futures_wallet(binance: SimulatedExchange, connect: Any) -> None:
    binance.set_price("BTC/USDT", last="63000")
    user = binance.add_user(wallets={"futures": {"USDT": "1000"}})
    binance.set_position(user, "BTC/USDT", "-0.1", "60000", leverage="20")
    client = connect(binance, user, exchange_id="binanceusdm")

    balance = await client.fetch_balance()
    [position] = await client.fetch_positions()

    assert "700.00000000" == balance["total"]["USDT"]
    assert ("BTC/USDT:USDT", "short", "-300.00000000") == (
        position["symbol"],
        position["side"],
        position["unrealizedPnl"],
    )
    [third] = (await client.fapiPrivateV3GetAccount())["positions"]
    [second] = (await client.fapiPrivateV2GetAccount())["positions"]
    assert ("-0.100", "-6300.00000000", "-300.00000000") == (
        third["positionAmt"],
        third["notional"],
        third["unrealizedProfit"],
    )
    assert "60000.00000000" == second["entryPrice"]
    assert "entryPrice" not in third
    binance.set_position(user, "BTC/USDT", "0", "60000")
    assert [] == await client.fetch_positions()


async def test_users_see_their_own_wallets(binance: SimulatedExchange, connect: Any) -> None:
    alice = binance.add_user("alice", wallets={"spot": {"BTC": "1"}})
    bob = binance.add_user("bob", wallets={"spot": {"ETH": "2"}})

    for user, held in ((alice, {"BTC": "1"}), (bob, {"ETH": "2"})):
        balance = await connect(binance, user, catalogue=False).fetch_balance()
        assert held == positive(balance["total"])
    assert {"/api/v3/account": 1} == alice.requests == bob.requests


# ------------------------------------------------------------------------------------- keys and signatures


async def test_a_wrong_secret_and_a_wrong_key_are_refused(binance: SimulatedExchange, connect: Any) -> None:
    user = binance.add_user()
    with pytest.raises(ccxt.AuthenticationError, match="-1022"):
        await connect(binance, user, secret="x" + user.secret[1:], catalogue=False).fetch_balance()
    with pytest.raises(ccxt.ExchangeError, match=r"-2008.*Invalid Api-Key ID"):
        await connect(binance, user, apiKey="A" * 64, catalogue=False).fetch_balance()
    with pytest.raises(ccxt.AuthenticationError, match=r"-2014.*API-key format invalid"):
        await connect(binance, user, apiKey="short", catalogue=False).fetch_balance()
    binance.remove_user(user)
    with pytest.raises(ccxt.ExchangeError, match="-2008"):
        await connect(binance, user, catalogue=False).fetch_balance()


@pytest.mark.parametrize(
    "limits", [{"ip_allowlist": ["203.0.113.7", "2001:db8::/32"]}, {"permissions": ["trade"]}], ids=["address", "scope"]
)
async def test_address_and_scope_are_refused_alike(
    binance: SimulatedExchange, connect: Any, limits: dict[str, Any]
) -> None:
    client = connect(binance, binance.add_user(**limits), catalogue=False)

    with pytest.raises(ccxt.AuthenticationError, match=r"-2015.*Invalid API-key, IP, or permissions for action"):
        await client.fetch_balance()


async def test_an_allowed_address_is_let_in(binance: SimulatedExchange, connect: Any) -> None:
    client = connect(binance, binance.add_user(ip_allowlist=["127.0.0.0/8"]), catalogue=False)

    await client.fetch_balance()
    assert (await client.sapiGetAccountApiRestrictions())["ipRestrict"]


async def test_restrictions_are_those_of_the_key(binance: SimulatedExchange, connect: Any) -> None:
    for permissions, expected in (
        (["read"], (True, False, False)),
        (["read", "trade", "withdraw"], (True, True, True)),
    ):
        client = connect(binance, binance.add_user(permissions=permissions))
        shown = await client.sapiGetAccountApiRestrictions()
        assert expected == tuple(
            shown[name] for name in ("enableReading", "enableSpotAndMarginTrading", "enableWithdrawals")
        )


async def test_a_clock_that_is_off_is_refused_and_can_be_put_right(binance: SimulatedExchange, connect: Any) -> None:
    client = connect(binance, binance.add_user(), catalogue=False)
    for skew, text in ((timedelta(minutes=5), "outside of the recvWindow"), (timedelta(minutes=-5), "1000ms ahead")):
        binance.shift_clock(skew)
        client.options["timeDifference"] = 0
        with pytest.raises(ccxt.InvalidNonce, match=text):
            await client.fetch_balance()
        await client.load_time_difference()
        await client.fetch_balance()


def signed(url: str, user: SimulatedUser, path: str, **params: Any) -> str:
    query = urlencode(params)
    return f"{url}{path}?{query}&signature={hmac.new(user.secret.encode(), query.encode(), hashlib.sha256).hexdigest()}"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, -1102),
        ({"timestamp": "soon"}, -1100),
        ({"timestamp": 0}, -1021),
        ({"timestamp": "now", "recvWindow": 60_001}, -1131),
        ({"timestamp": "now", "recvWindow": 60_000}, None),
    ],
)
def test_the_time_of_a_request_is_checked(
    simulated_binance: SimulatedExchange, http: httpx.Client, params: dict[str, Any], code: int | None
) -> None:
    user = simulated_binance.add_user()
    given = {name: int(time.time() * 1000) if each == "now" else each for name, each in params.items()}
    url = signed(simulated_binance.url, user, "/api/v3/account", **given)
    reply = http.get(url, headers={"X-MBX-APIKEY": user.api_key})

    assert (400 if code else 200) == reply.status_code
    assert code == reply.json().get("code")


def test_a_request_without_signature_or_key_is_refused(
    simulated_binance: SimulatedExchange, http: httpx.Client
) -> None:
    user = simulated_binance.add_user()
    url = f"{simulated_binance.url}/api/v3/account?timestamp={int(time.time() * 1000)}"

    assert -1102 == http.get(url, headers={"X-MBX-APIKEY": user.api_key}).json()["code"]
    reply = http.get(url)
    assert (401, -2014) == (reply.status_code, reply.json()["code"])


def test_a_signature_holds_for_the_very_characters_that_were_sent(
    simulated_binance: SimulatedExchange, http: httpx.Client
) -> None:
    user = simulated_binance.add_user()
    now = int(time.time() * 1000)
    good = signed(simulated_binance.url, user, "/api/v3/account", timestamp=now, recvWindow=5000)

    assert 200 == http.get(good, headers={"X-MBX-APIKEY": user.api_key}).status_code
    changed = good.replace("recvWindow=5000", "recvWindow=5001")
    assert -1022 == http.get(changed, headers={"X-MBX-APIKEY": user.api_key}).json()["code"]


# ------------------------------------------------------------------------------------------------ Binance.US


async def test_binance_us_has_no_other_wallets(connect: Any) -> None:
    async with await SimulatedExchange.start("binanceus") as exchange:
        user = exchange.add_user(wallets={"spot": {"BTC": "1.5"}})
        client = connect(exchange, user)
        assert "BTC/USD" in await client.load_markets()
        assert {"BTC": "1.5"} == positive((await client.fetch_balance())["total"])
        exchange.deposit(user, "BTC", "0.1")
        assert ["0.1"] == [each["amount"] for each in await client.fetch_deposits()]

        com = connect(exchange, user, exchange_id="binance")
        for path in (
            "sapiPostAssetGetFundingAsset",
            "sapiGetSimpleEarnLockedPosition",
            "sapiGetAccountApiRestrictions",
        ):
            with pytest.raises(ccxt.ExchangeNotAvailable, match="404 Not Found"):
                await getattr(com, path)()
        with pytest.raises(ccxt.ExchangeNotAvailable, match="404"):
            await com.fapiPrivateV3GetAccount()
