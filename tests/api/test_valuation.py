"""GET /api/v1/accounts/{id}/valuation, of the summary, and /loads."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.conftest import PRICES, START, House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, User
from coinassay.domain.balance import Reading, WalletReading
from coinassay.domain.rates import ASSUMED_PEG, Leg, Rate
from coinassay.errors import CredentialsRejected, ExchangeError, ExchangeUnavailable
from coinassay.testing.text import bal, rates_of

D = Decimal
AT = "2026-03-01T12:00:00.123Z"
DOWN = WalletReading("futures", failure="exchange_unavailable", reason="It is down.")


def path(account: Account, what: str = "valuation") -> str:
    return f"/api/v1/accounts/{account.id}/{what}"


async def valuation_of(client: Client, account: Account) -> Any:
    reply = await client.get(path(account))
    assert reply.status_code == 200
    return reply.json()


async def load(house: House, account: Account, *answers: Reading | ExchangeError) -> None:
    house.connector.script(account.id, *answers)
    await house.services.sync.sync_account(account.user_id, account.id)


# ------------------------------------------------------------------------------------------------ one account


async def test_a_complete_account(house: House, alice: Client, alices_account: Account) -> None:
    house.clock.advance(minutes=2)
    found = await valuation_of(alice, alices_account)
    assert found["state"] == "complete"
    assert (found["loaded_at"], found["age_seconds"]) == (AT, 120)
    assert (found["name"], found["market_code"], found["account_id"]) == ("My Binance US", "binance_us", 1)
    entity = (await alice.get(f"/ver1/accounts/{alices_account.id}")).json()
    for name in ("usd_amount", "btc_amount", "primary_display_currency_amount"):
        assert found[name] == entity[name]
    assert found["btc_rate"] == "63738.36"
    assert [each["asset"] for each in found["holdings"]] == ["BTC", "USDT", "ETH"]
    assert (found["unpriced"], found["positions"]) == ([], [])
    assert found["wallets"] == [
        {"wallet": "spot", "state": "ok", "read_at": AT, "age_seconds": 120, "failure": "", "reason": ""}
    ]
    assert found["refresh"]["interval_seconds"] == 600
    assert found["refresh"]["failures"] == 0


async def test_every_price_says_where_it_is_from(house: House, alice: Client, alices_account: Account) -> None:
    old = START - timedelta(hours=1)
    legs = (
        Leg("ADA", "BTC", D("0.00001"), "binance", START, inverted=True),
        Leg("BTC", "USDT", D("60000"), "kraken", old),
        Leg("USDT", "USD", D(1), ASSUMED_PEG, None),
    )
    book = rates_of(PRICES, START)
    house.rates.script("binance_us", type(book)(START, {**book.rates, "ADA": Rate("ADA", "USD", D("0.6"), legs)}))
    await load(house, alices_account, Reading((WalletReading("spot", (bal("10 ADA"),)),)))
    house.clock.advance(seconds=30)
    (held,) = (await valuation_of(alice, alices_account))["holdings"]
    assert (held["amount"], held["price_usd"], held["usd_value"]) == ("10.0", "0.6", "6.0")
    assert (held["assumed_peg"], held["price_age_seconds"]) == (True, 3630)
    assert held["legs"] == [
        {
            "base": "ADA",
            "quote": "BTC",
            "price": "0.00001",
            "source": "binance",
            "at": AT,
            "age_seconds": 30,
            "assumed": False,
            "inverted": True,
        },
        {
            "base": "BTC",
            "quote": "USDT",
            "price": "60000.0",
            "source": "kraken",
            "at": "2026-03-01T11:00:00.123Z",
            "age_seconds": 3630,
            "assumed": False,
            "inverted": False,
        },
        {
            "base": "USDT",
            "quote": "USD",
            "price": "1.0",
            "source": "assumed peg",
            "at": None,
            "age_seconds": None,
            "assumed": True,
            "inverted": False,
        },
    ]


async def test_what_has_no_price_says_why(house: House, alice: Client, alices_account: Account) -> None:
    await load(house, alices_account, Reading((WalletReading("spot", (bal("1 BTC"), bal("9 XYZ"))),)))
    found = await valuation_of(alice, alices_account)
    assert found["state"] == "complete"
    assert [each["asset"] for each in found["holdings"]] == ["BTC"]
    assert [(each["asset"], each["amount"], each["reason"]) for each in found["unpriced"]] == [
        ("XYZ", "9.0", "no market found")
    ]


async def test_a_wallet_that_fails_is_carried(house: House, alice: Client, alices_account: Account) -> None:
    spot = WalletReading("spot", (bal("1 BTC"),))
    await load(house, alices_account, Reading((spot, WalletReading("futures", (bal("2 BTC in futures"),)))))
    house.clock.advance(minutes=1)
    await load(house, alices_account, Reading((spot, DOWN)))
    found = await valuation_of(alice, alices_account)
    assert found["state"] == "partial"
    assert found["usd_amount"] == "191215.08"
    assert found["wallets"][1] == {
        "wallet": "futures",
        "state": "carried",
        "read_at": AT,
        "age_seconds": 60,
        "failure": "exchange_unavailable",
        "reason": "It is down.",
    }


async def test_a_load_that_fails_makes_it_stale(house: House, alice: Client, alices_account: Account) -> None:
    before = await valuation_of(alice, alices_account)
    with pytest.raises(ExchangeUnavailable):
        await load(house, alices_account, ExchangeUnavailable("It is down."))
    found = await valuation_of(alice, alices_account)
    assert (before["state"], found["state"]) == ("complete", "stale")
    assert found["usd_amount"] == before["usd_amount"]
    assert (found["refresh"]["failures"], found["refresh"]["failure"]) == (1, "exchange_unavailable")


async def test_time_makes_it_stale(house: House, alice: Client, alices_account: Account) -> None:
    house.clock.advance(minutes=61)
    assert (await valuation_of(alice, alices_account))["state"] == "stale"


async def test_an_account_that_was_never_loaded(house: House, alice: Client, alice_user: User) -> None:
    account = await house.connect(alice_user)
    found = await valuation_of(alice, account)
    assert (found["state"], found["loaded_at"], found["age_seconds"]) == ("none", None, None)
    assert (found["holdings"], found["wallets"], found["btc_rate"], found["flows"]) == ([], [], None, None)


# -------------------------------------------------------------------------------------------------- together


async def test_all_accounts(house: House, alice: Client, alices_account: Account, alice_user: User) -> None:
    async def together() -> Any:
        return (await alice.get("/api/v1/accounts/summary/valuation")).json()

    assert (await together())["state"] == "complete"
    other = await house.connect(alice_user, name="Other")
    found = await together()
    assert found["state"] == "partial"
    assert [(each["account_id"], each["state"]) for each in found["accounts"]] == [
        (alices_account.id, "complete"),
        (other.id, "none"),
    ]
    await load(house, other, Reading((WalletReading("spot", (bal("1 BTC"),)),)))
    found = await together()
    summary = (await alice.get("/ver1/accounts/summary")).json()
    assert found["state"] == "complete"
    for name in ("usd_amount", "btc_amount", "primary_display_currency_amount"):
        assert found[name] == summary[name]
    assert D(found["usd_amount"]) == sum(D(each["usd_amount"]) for each in found["accounts"])


async def test_nobody_sees_what_is_others(bob: Client, alices_account: Account) -> None:
    for what in ("valuation", "loads"):
        assert (await bob.get(path(alices_account, what))).error == "not_found"
    found = (await bob.get("/api/v1/accounts/summary/valuation")).json()
    assert (found["state"], found["accounts"], found["usd_amount"]) == ("none", [], "0.0")


# ----------------------------------------------------------------------------------------------------- loads


async def test_the_last_attempts(house: House, alice: Client, alices_account: Account) -> None:
    house.clock.advance(minutes=1)
    await load(house, alices_account, Reading((WalletReading("spot", (bal("1 BTC"),)), DOWN)))
    house.clock.advance(minutes=1)
    with pytest.raises(CredentialsRejected):
        await load(house, alices_account, CredentialsRejected("The key is wrong."))
    found = (await alice.get(path(alices_account, "loads"))).json()
    assert [(each["good"], each["failure"], each["finished_at"][11:16]) for each in found] == [
        (False, "invalid_api_key", "12:02"),
        (True, "", "12:01"),
        (True, "", "12:00"),
    ]
    assert found[0]["reason"] == "The key is wrong."
    assert [(each["wallet"], each["state"]) for each in found[1]["wallets"]] == [("spot", "ok"), ("futures", "unknown")]
    assert found[1]["wallets"][1]["reason"] == "It is down."
    page = (await alice.get(f"{path(alices_account, 'loads')}?limit=1&before={found[0]['finished_at']}")).json()
    assert page == found[1:2]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "before=yesterday"])
async def test_what_cannot_be_read(alice: Client, alices_account: Account, query: str) -> None:
    reply = await alice.get(f"{path(alices_account, 'loads')}?{query}")
    assert (reply.status_code, reply.error) == (400, "record_invalid")


async def test_a_key_that_may_not_read(
    house: House, alice_user: User, app: Application, alices_account: Account
) -> None:
    client = await house.add_client(alice_user, app, permissions="BOTS_READ")
    for what in (path(alices_account), path(alices_account, "loads"), "/api/v1/accounts/summary/valuation"):
        assert (await client.get(what)).error == "access_denied"
