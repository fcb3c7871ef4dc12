"""What answers look like to a user who wants to see another currency than US dollars."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.api.client import Client
from tests.api.conftest import PRICES, START, House

from coinassay.domain.account import Account, User
from coinassay.domain.money import divide, plain
from coinassay.services.currencies import CurrencyService
from coinassay.services.display import DisplayService
from coinassay.testing.text import rates_of

D = Decimal


async def record(house: House, usd: str) -> None:
    """From now on a euro is worth so many dollars."""
    await house.store.record_currency_rates({"EUR": D(usd)}, house.clock())
    house.clock.advance(seconds=5)  # what was known before is not asked for again at once


@pytest.fixture
async def euros(house: House, alice_user: User) -> None:
    await house.store.set_display_currency(alice_user.id, "EUR")


async def entity_of(client: Client, account: Account) -> Any:
    return (await client.get(f"/ver1/accounts/{account.id}")).json()


@pytest.mark.usefixtures("euros")
async def test_an_account(house: House, alice: Client, alice_user: User) -> None:
    """10,000 dollars stay 10,000 dollars while a euro rises from 1 to 1.25 of them, and 1,000 are earned."""
    house.rates.script("binance_us", rates_of({**PRICES, "USDT": "1"}, START))
    account = await house.connect(alice_user)
    await record(house, "1")
    await house.load(account, "10000 USDT")
    house.clock.advance(hours=30)
    await record(house, "1.25")
    await house.load(account, "11000 USDT")
    entity = await entity_of(alice, account)

    assert entity["usd_amount"] == "11000.0"
    assert entity["primary_display_currency_amount"] == {"currency": "EUR", "amount": "8800.0"}
    for name in ("day_profit_primary_display_currency", "primary_display_currency_profit"):
        assert entity[name] == {"currency": "EUR", "amount": "-1200.0"}, name
    assert entity["total_primary_display_currency_profit"] == {"currency": "EUR", "amount": -1200.0}
    assert entity["primary_display_currency_profit_percentage"] == {"currency": "EUR", "amount": "-12.0"}
    assert entity["day_profit_primary_display_currency_percentage"] == {"currency": "EUR", "amount": "-12.0"}
    assert (entity["usd_profit"], entity["total_usd_profit"]) == ("1000.0", "1000.0")

    listed = (await alice.get("/ver1/accounts")).json()[0]
    summary = (await alice.get("/ver1/accounts/summary")).json()
    for name in entity:
        if "primary_display_currency" in name:
            assert listed[name] == entity[name] == summary[name], name


@pytest.mark.usefixtures("euros")
async def test_what_has_no_rate_is_in_dollars_and_says_so(house: House, alice: Client, alices_account: Account) -> None:
    """There was no rate when the account was opened, so what was earned since then is only known in dollars."""
    before = await entity_of(alice, alices_account)
    assert before["primary_display_currency_amount"] == {"currency": "USD", "amount": before["usd_amount"]}
    house.clock.advance(hours=30)
    await record(house, "1.25")
    after = await entity_of(alice, alices_account)
    euros = plain(divide(D(after["usd_amount"]), D("1.25")))
    assert after["primary_display_currency_amount"] == {"currency": "EUR", "amount": euros}
    assert after["total_primary_display_currency_profit"] == {"currency": "USD", "amount": 0.0}
    house.clock.advance(days=8)
    assert (await entity_of(alice, alices_account))["primary_display_currency_amount"]["currency"] == "USD"


async def test_bitcoin_needs_no_rate(house: House, alice: Client, alices_account: Account, alice_user: User) -> None:
    await house.store.set_display_currency(alice_user.id, "BTC")
    entity = await entity_of(alice, alices_account)
    assert entity["primary_display_currency_amount"] == {"currency": "BTC", "amount": entity["btc_amount"]}
    assert entity["primary_display_currency_profit"]["amount"] == entity["btc_profit"]
    rows = (await alice.post(f"/ver1/accounts/{alices_account.id}/pie_chart_data")).json()
    assert rows[0]["primary_display_currency"]["currency"] == "BTC"
    assert rows[0]["primary_display_currency"]["amount"].startswith(rows[0]["btc_value"][:9])


@pytest.mark.usefixtures("euros")
async def test_the_pie(house: House, alice: Client, bob: Client, alices_account: Account, alice_user: User) -> None:
    for path in (f"/ver1/accounts/{alices_account.id}/pie_chart_data", "/ver1/accounts/summary/pie_chart_data"):
        in_dollars = (await alice.post(path)).json()
        assert {row["primary_display_currency"]["currency"] for row in in_dollars} == {"USD"}
    for rate in ("1.25", "2"):
        await record(house, rate)
        for path in (f"/ver1/accounts/{alices_account.id}/pie_chart_data", "/ver1/accounts/summary/pie_chart_data"):
            rows = (await alice.post(path)).json()
            assert rows == (await alice.post(path)).json()
            for row, before in zip(rows, (await shown_in_dollars(house, alice, alice_user, path)), strict=True):
                usd = D(before["primary_display_currency"]["amount"])
                expected = {"currency": "EUR", "amount": plain(divide(usd, D(rate)))}
                assert row["primary_display_currency"] == expected
                assert row["usd_value"] == before["usd_value"]


async def shown_in_dollars(house: House, alice: Client, user: User, path: str) -> Any:
    await house.store.set_display_currency(user.id, "")
    rows = (await alice.post(path)).json()
    await house.store.set_display_currency(user.id, "EUR")
    return rows


async def test_the_installations_currency(house: House, alice: Client, alices_account: Account) -> None:
    await house.store.record_currency_rates({"ETH": D(2500)}, house.clock())
    services = house.services
    currencies = CurrencyService(house.store, Nothing(), services.catalogue, house.clock, "ETH")
    display = DisplayService(services.portfolio, house.store, currencies, house.clock)
    house.services = replace(services, currencies=currencies, display=display)
    client = Client(house.app(), alice.api_key, alice.sign)
    assert (await entity_of(client, alices_account))["primary_display_currency_amount"]["currency"] == "ETH"


class Nothing:
    """No daily closes."""

    codes = ()

    def latest(self, code: str) -> None:
        return None

    def find(self, code: str, day: object) -> None:
        return None


@pytest.mark.usefixtures("euros")
async def test_rates_are_recorded_with_loads(house: House, alices_account: Account) -> None:
    house.rates.script("binance_us", rates_of({**PRICES, "EUR": "1.0812"}, START))

    async def recorded() -> list[Decimal]:
        for _ in range(50):
            await asyncio.sleep(0.002)
        rates = await house.store.list_currency_rates("EUR", START, house.clock())
        return [rate.usd for rate in rates]

    house.clock.advance(minutes=6)
    await house.load(alices_account, "1 BTC")
    assert await recorded() == [D("1.0812")]
    house.rates.script("binance_us", rates_of({**PRICES, "EUR": "1.0900"}, START))
    house.clock.advance(minutes=4)
    await house.load(alices_account, "1 BTC")
    assert await recorded() == [D("1.0812")], "one in five minutes"
    house.clock.advance(minutes=1)
    await house.load(alices_account, "1 BTC")
    assert await recorded() == [D("1.0812"), D("1.0900")]
