"""The simulated Kraken, asked by ccxt over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import ccxt.async_support as ccxt
import httpx
import pytest

from coinassay.testing import SimulatedExchange


async def test_the_catalogue_and_all_tickers_are_read(kraken: SimulatedExchange, connect: Any) -> None:
    client = connect(kraken)
    await client.load_markets()
    tickers = await client.fetch_tickers()

    assert set(kraken.symbols) == set(client.markets) == set(tickers)
    assert {"XXBTZUSD", "XDGUSD", "USDTZUSD", "USDCUSD", "LUNAUSD", "LUNA2USD", "SOLXBT", "ZEURZUSD"} <= {
        market["id"] if market["id"] != "EURUSD" else "ZEURZUSD" for market in client.markets.values()
    }
    assert kraken.price("BTC/USD") == Decimal(tickers["BTC/USD"]["last"])
    assert kraken.price("LUNC/USD") == Decimal(tickers["LUNC/USD"]["last"])
    assert "LUNA" == client.markets["LUNC/USD"]["info"]["base"]


async def test_a_dead_market_keeps_its_last_price(kraken: SimulatedExchange, connect: Any) -> None:
    client = connect(kraken)
    ticker = await client.fetch_ticker("BTC/DAI")

    assert not client.markets["BTC/DAI"]["active"]
    assert ("209847.00000", "0.00000") == (ticker["last"], ticker["info"]["b"][0])


async def test_a_new_price_is_shown_at_once(kraken: SimulatedExchange, connect: Any) -> None:
    client = connect(kraken)
    for price in ("60000.00000", "60001.00000"):
        kraken.set_price("BTC/USD", last=price)
        assert price == (await client.fetch_tickers())["BTC/USD"]["last"]
    kraken.remove_market("ETH/USD")
    assert "ETH/USD" not in await client.load_markets(True)


def test_single_tickers_go_by_any_of_their_names(simulated_kraken: SimulatedExchange, http: httpx.Client) -> None:
    kraken = simulated_kraken
    kraken.set_price("BTC/USD", bid="63722.1", ask="63722.123456789012", last="63722.1")
    for name in ("XXBTZUSD", "XBTUSD", "XBT/USD"):
        result = http.get(f"{kraken.url}/0/public/Ticker", params={"pair": f"{name},XDGUSD"}).json()["result"]
        assert ["XXBTZUSD", "XDGUSD"] == list(result)
        assert ("63722.10000", "63722.123456789012") == (result["XXBTZUSD"]["b"][0], result["XXBTZUSD"]["a"][0])
    unknown = http.get(f"{kraken.url}/0/public/Ticker?pair=NOSUCH")
    assert (200, {"error": ["EQuery:Unknown asset pair"]}) == (unknown.status_code, unknown.json())


async def test_time_and_status_are_told(kraken: SimulatedExchange, connect: Any) -> None:
    assert 2 > abs(await connect(kraken).fetch_time() / 1000 - datetime.now(UTC).timestamp())
    assert "ok" == (await connect(kraken).fetch_status())["status"]


def test_assets_go_by_either_of_their_names(simulated_kraken: SimulatedExchange, http: httpx.Client) -> None:
    kraken = simulated_kraken
    assets = http.get(f"{kraken.url}/0/public/Assets?asset=XBT,ZUSD").json()["result"]
    assert {"XXBT": "XBT", "ZUSD": "USD"} == {name: each["altname"] for name, each in assets.items()}
    assert "WTC" in http.get(f"{kraken.url}/0/public/Assets").json()["result"]


async def test_balances_are_read_to_the_last_digit_under_krakens_names(kraken: SimulatedExchange, connect: Any) -> None:
    held: dict[str, Any] = {
        "BTC": ("1.2", "0.000000000123456789"),
        "USD": "5.1234",
        "DOGE": "1",
        "BTC.F": "0.25",
        "DOT.S": "10",
        "ETH2.S": "3",
        "USD.HOLD": "2",
        "KFEE": "7",
        "LUNC": "8",
        "LUNA": "9",
    }
    client = connect(kraken, kraken.add_user(wallets={"spot": held}), catalogue=False)

    balance = await client.fetch_balance()

    assert ["XXBT", "ZUSD", "XXDG", "XBT.F", "DOT.S", "ETH2.S", "USD.HOLD", "KFEE", "LUNA", "LUNA2"] == list(
        balance["info"]["result"]
    )
    totals = {code: Decimal(total) for code, total in balance["total"].items()}
    assert {
        "BTC": Decimal("1.200000000123456789"),
        "USD": Decimal("5.1234"),
        "DOGE": 1,
        "BTC.F": Decimal("0.25"),
        "DOT.S": 10,
        "ETH2.S": 3,
        "USD.HOLD": 2,
        "KFEE": 7,
        "LUNC": 8,
        "LUNA": 9,
    } == totals
    assert "0.000000000123456789" == balance["used"]["BTC"]
    plain = (await client.privatePostBalance())["result"]
    assert ("1.200000000123456789", "5.1234") == (plain["XXBT"], plain["ZUSD"])


async def test_key_and_signature_are_checked(kraken: SimulatedExchange, connect: Any) -> None:
    user, other = kraken.add_user(), kraken.add_user()
    with pytest.raises(ccxt.ExchangeError, match="EAPI:Invalid signature"):
        await connect(kraken, user, secret=other.secret, catalogue=False).fetch_balance()
    with pytest.raises(ccxt.AuthenticationError, match="EAPI:Invalid key"):
        await connect(kraken, user, apiKey="nobody", catalogue=False).fetch_balance()
    assert {} == user.requests


async def test_a_nonce_has_to_grow(kraken: SimulatedExchange, connect: Any) -> None:
    client = connect(kraken, kraken.add_user(wallets={"spot": {"BTC": "1"}}), catalogue=False)

    for nonce, accepted in ((7, True), (7, False), (6, False), (8, True), (10**15, True), (9, False), (2**64, False)):
        client.incrementing_nonce = lambda nonce=nonce: nonce
        if accepted:
            assert "1.0000000000" == (await client.fetch_balance())["total"]["BTC"]
        else:
            with pytest.raises(ccxt.InvalidNonce, match="EAPI:Invalid nonce"):
                await client.fetch_balance()


async def test_each_key_has_its_own_nonce(kraken: SimulatedExchange, connect: Any) -> None:
    for user in (kraken.add_user(), kraken.add_user()):
        client = connect(kraken, user, catalogue=False)
        client.incrementing_nonce = lambda: 7
        await client.fetch_balance()


async def test_a_refused_signature_does_not_use_up_the_nonce(kraken: SimulatedExchange, connect: Any) -> None:
    user, other = kraken.add_user(), kraken.add_user()
    wrong = connect(kraken, user, secret=other.secret, catalogue=False)
    wrong.incrementing_nonce = lambda: 2**63
    with pytest.raises(ccxt.ExchangeError, match="Invalid signature"):
        await wrong.fetch_balance()

    await connect(kraken, user, catalogue=False).fetch_balance()


async def test_scopes_are_krakens_own(kraken: SimulatedExchange, connect: Any) -> None:
    reader = connect(kraken, kraken.add_user(permissions=["read"], ip_allowlist=["127.0.0.1"]))
    info = (await reader.privatePostGetApiKeyInfo())["result"]
    assert ["query-funds", "query-open-trades", "query-closed-trades", "query-ledger"] == info["permissions"]
    assert ["127.0.0.1"] == info["ipAllowlist"]

    funds_only = connect(kraken, kraken.add_user(permissions=["query-funds"]), catalogue=False)
    await funds_only.fetch_balance()
    with pytest.raises(ccxt.PermissionDenied, match="EGeneral:Permission denied"):
        await funds_only.fetch_ledger()

    trader = connect(kraken, kraken.add_user(permissions=["trade", "withdraw"]), catalogue=False)
    info = (await trader.privatePostGetApiKeyInfo())["result"]
    assert ["modify-trades", "close-trades", "withdraw-funds"] == info["permissions"]
    with pytest.raises(ccxt.PermissionDenied):
        await trader.fetch_balance()

    elsewhere = connect(kraken, kraken.add_user(ip_allowlist=["203.0.113.7"]), catalogue=False)
    with pytest.raises(ccxt.PermissionDenied):
        await elsewhere.fetch_balance()


async def test_movements_are_in_the_statuses_and_the_ledger(kraken: SimulatedExchange, connect: Any) -> None:
    user = kraken.add_user(wallets={"spot": {"BTC": "1"}})
    long_ago = datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    kraken.deposit(user, "BTC", "0.1", fee="0.001", at=long_ago)
    kraken.deposit(user, "EUR", "50", state="pending")
    kraken.withdraw(user, "BTC", "0.5", fee="0.0002")
    client = connect(kraken, user)

    deposits = await client.fetch_deposits()
    assert [("EUR", "50.0000", "0.0000", "pending"), ("BTC", "0.1010000000", "0.0010000000", "ok")] == [
        (each["currency"], each["amount"], each["fee"]["cost"], each["status"]) for each in deposits
    ]
    assert "2024-01-02T03:04:05.000Z" == deposits[1]["datetime"]
    assert ["EUR"] == [each["currency"] for each in await client.fetch_deposits(since=1_710_000_000_000)]
    assert ["BTC"] == [each["currency"] for each in await client.fetch_deposits("BTC")]
    until = {"until": 1_710_000_000_000}
    assert ["BTC"] == [each["currency"] for each in await client.fetch_deposits(params=until)]

    [withdrawal] = await client.fetch_withdrawals()
    assert ("0.5000000000", "0.0002000000") == (withdrawal["amount"], withdrawal["fee"]["cost"])

    entries = await client.fetch_ledger()
    assert [("in", "0.1010000000", "1.1000000000"), ("out", "0.5", "0.5998000000")] == [
        (each["direction"], each["amount"], each["after"]) for each in entries
    ]
    assert "2024-01-02T03:04:05.678Z" == entries[0]["datetime"]
    assert Decimal("0.5998") == Decimal((await client.fetch_balance())["total"]["BTC"])


async def test_long_histories_come_in_pages(kraken: SimulatedExchange, connect: Any) -> None:
    user = kraken.add_user(wallets={"spot": {"BTC": "100"}})
    start = datetime(2024, 1, 1, tzinfo=UTC)
    for number in range(120):
        kraken.withdraw(user, "BTC", "0.001", at=start + timedelta(hours=number))
    client = connect(kraken, user)

    sizes = [len((await client.privatePostLedgers({"ofs": ofs}))["result"]["ledger"]) for ofs in (0, 50, 100, 150)]
    assert [50, 50, 20, 0] == sizes
    first = (await client.privatePostWithdrawStatus({"cursor": "true", "limit": 100}))["result"]
    rest = (await client.privatePostWithdrawStatus({"cursor": first["next_cursor"], "limit": 100}))["result"]
    assert (100, 20) == (len(first["withdrawals"]), len(rest["withdrawals"]))
    assert "next_cursor" not in rest
    refs = {each["refid"] for each in first["withdrawals"] + rest["withdrawals"]}
    assert 120 == len(refs)


async def test_an_unknown_method_is_said_to_be_one(kraken: SimulatedExchange, connect: Any) -> None:
    client = connect(kraken, kraken.add_user())
    with pytest.raises(ccxt.ExchangeError, match="EGeneral:Unknown method"):
        await client.privatePostTradeVolume()
    with pytest.raises(ccxt.ExchangeError, match="EGeneral:Unknown method"):
        await client.publicGetOHLC()
