"""POST /accounts/{id}/account_table_data"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.api.client import Client
from tests.api.conftest import START, House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, User
from coinassay.domain.balance import Position, Reading, WalletReading
from coinassay.domain.breakdown import Line
from coinassay.domain.rates import Leg, Rate, RateBook
from coinassay.errors import ExchangeUnavailable
from coinassay.services.portfolio import PortfolioService
from coinassay.services.ports import State
from coinassay.testing.text import bal

FIELDS = [
    "currency_code",
    "currency_name",
    "currency_icon",
    "currency_slug",
    "percentage",
    "position",
    "position_available",
    "position_type",
    "borrowed",
    "on_orders",
    "on_orders_with_leverage",
    "on_orders_long",
    "on_orders_short",
    "equity",
    "current_price",
    "current_price_usd",
    "day_change_percent",
    "day_change_percent_btc",
    "day_change_percent_usd",
    "btc_value",
    "usd_value",
    "available_long",
    "available_short",
    "available_with_leverage_long",
    "available_with_leverage_short",
    "account_id",
    "is_wallet",
]
TEXTS = {"currency_code", "currency_name", "currency_icon", "currency_slug"}


def path_of(account: Account) -> str:
    return f"/ver1/accounts/{account.id}/account_table_data"


def with_opens(**prices: tuple[str, str]) -> RateBook:
    """USD rates, each now and 24 h before."""
    rates = {}
    for asset, (price, then) in prices.items():
        leg = Leg(asset, "USD", Decimal(price), "binanceus", START, open=Decimal(then))
        rates[asset] = Rate(asset, "USD", Decimal(price), (leg,))
    return RateBook(START, rates)


async def test_an_unknown_account_is_not_found(alice: Client) -> None:
    reply = await alice.post("/ver1/accounts/4711/account_table_data")
    assert (reply.status_code, reply.error) == (404, "not_found")


async def test_another_users_account_does_not_exist(alice: Client, bob: Client, alices_account: Account) -> None:
    assert (await alice.post(path_of(alices_account))).status_code == 201
    reply = await bob.post(path_of(alices_account))
    assert (reply.status_code, reply.error) == (404, "not_found")


async def test_writing_alone_is_not_enough(
    house: House, app: Application, alice_user: User, alices_account: Account
) -> None:
    writer = await house.add_client(alice_user, app, "ACCOUNTS_WRITE")
    assert (await writer.post(path_of(alices_account))).status_code == 403


async def test_an_account_that_was_never_loaded_has_no_rows(house: House, alice: Client, alice_user: User) -> None:
    reply = await alice.post(path_of(await house.connect(alice_user)))
    assert (reply.status_code, reply.body) == (201, b"[]")


async def test_a_row_as_documented(house: House, alice: Client, alice_user: User) -> None:
    house.rates.script("binance_us", with_opens(BTC=("50000", "40000"), ETH=("2000", "1600")))
    account = await house.load(await house.connect(alice_user), "3 ETH, 0.5 locked, 1 borrowed in margin")
    reply = await alice.post(path_of(account))
    assert reply.body == (
        b'[{"currency_code":"ETH","currency_name":"Ethereum","currency_icon":"https://coins.example/img/coins/ETH.svg"'
        b',"currency_slug":"eth","percentage":100.0,"position":3.0,"position_available":2.5,"position_type":0.0'
        b',"borrowed":1.0,"on_orders":0.5,"on_orders_with_leverage":0.0,"on_orders_long":0.0,"on_orders_short":0.0'
        b',"equity":2.0,"current_price":0.04,"current_price_usd":2000.0,"day_change_percent":0.0'
        b',"day_change_percent_btc":0.0,"day_change_percent_usd":25.0,"btc_value":0.08,"usd_value":4000.0'
        b',"available_long":0.0,"available_short":0.0,"available_with_leverage_long":0.0'
        b',"available_with_leverage_short":0.0,"account_id":%d,"is_wallet":false}]' % account.id
    )


async def test_every_field_has_its_type(alice: Client, alices_account: Account) -> None:
    rows = (await alice.post(path_of(alices_account))).json()
    assert len(rows) == 3
    for row in rows:
        assert list(row) == FIELDS
        for name, value in row.items():
            expected = str if name in TEXTS else int if name == "account_id" else bool if name == "is_wallet" else float
            assert type(value) is expected, name


async def test_the_table_and_the_pie_agree(alice: Client, alices_account: Account) -> None:
    rows = (await alice.post(path_of(alices_account))).json()
    pie = (await alice.post(f"/ver1/accounts/{alices_account.id}/pie_chart_data")).json()
    assert [row["currency_code"] for row in rows] == [each["code"] for each in pie] == ["BTC", "USDT", "ETH"]
    assert [round(row["percentage"], 2) for row in rows] == [each["percentage"] for each in pie]
    entity = (await alice.get(f"/ver1/accounts/{alices_account.id}")).json()
    total = sum(row["usd_value"] for row in rows)
    assert total == pytest.approx(float(entity["usd_amount"]), rel=1e-12)


async def test_wallets_are_added_up_and_debts_show(house: House, alice: Client, alice_user: User) -> None:
    account = await house.load(
        await house.connect(alice_user), "1 BTC", "0.5 BTC in funding", "0 USDT, 100 borrowed in margin"
    )
    rows = (await alice.post(path_of(account))).json()
    assert [(row["currency_code"], row["position"], row["equity"], row["usd_value"]) for row in rows] == [
        ("BTC", 1.5, 1.5, 95607.54),
        ("USDT", 0.0, -100.0, -100.0),
    ]
    assert [row["percentage"] for row in rows] == [100.0, 0.0]


async def test_what_has_no_price_has_no_value(house: House, alice: Client, alice_user: User) -> None:
    account = await house.load(await house.connect(alice_user), "9 XYZ")
    (row,) = (await alice.post(path_of(account))).json()
    figures = ("current_price", "current_price_usd", "usd_value", "btc_value", "percentage", "day_change_percent_usd")
    assert [row[name] for name in figures] == [0.0] * 6
    assert (row["position"], row["currency_name"], row["currency_slug"]) == (9.0, "XYZ", "xyz")


async def test_a_derivative_stands_beside_its_margin(house: House, alice: Client, alice_user: User) -> None:
    account = await house.connect(alice_user, "binance_futures", "Futures")
    position = Position("ETH/USDT:USDT", "futures", "short", Decimal(4), mark_price=Decimal(2000))
    margin = bal("100 USDT, 80 free, 5 unrealised in futures")
    house.connector.script(account.id, Reading((WalletReading("futures", (margin,), (position,)),)))
    account = await house.services.sync.sync_account(alice_user.id, account.id)
    rows = (await alice.post(path_of(account))).json()
    usdt, eth = rows
    assert (usdt["equity"], usdt["available_long"], usdt["available_short"]) == (105.0, 80.0, 80.0)
    assert (eth["currency_code"], eth["position_type"], eth["position"], eth["usd_value"]) == ("ETH", "short", 4.0, 0.0)
    assert eth["current_price_usd"] == 2000.0

    house.connector.script(
        account.id,
        Reading((WalletReading("futures", failure="exchange_unavailable"), WalletReading("spot", (bal("1 USDT"),)))),
    )
    await house.services.sync.sync_account(alice_user.id, account.id)
    rows = (await alice.post(path_of(account))).json()
    assert [(row["currency_code"], row["position"]) for row in rows] == [("USDT", 101.0), ("ETH", 4.0)], "carried"

    house.connector.script(account.id, Reading((WalletReading("futures", (margin,)),)))
    await house.services.sync.sync_account(alice_user.id, account.id)
    assert [row["currency_code"] for row in (await alice.post(path_of(account))).json()] == ["USDT"]


async def test_prices_of_the_day_before_outlive_a_load_without_prices(
    house: House, alice: Client, alice_user: User
) -> None:
    house.rates.script(
        "binance_us", with_opens(BTC=("50000", "40000"), ETH=("2000", "1000")), ExchangeUnavailable("no prices")
    )
    account = await house.load(await house.connect(alice_user), "1 ETH")
    await house.load(account, "2 ETH")
    (row,) = (await alice.post(path_of(account))).json()
    assert (row["position"], row["day_change_percent_usd"]) == (2.0, 100.0)


async def test_a_new_load_is_seen_at_once(house: House, alice: Client, alices_account: Account) -> None:
    before = (await alice.post(path_of(alices_account))).body
    assert (await alice.post(path_of(alices_account))).body == before
    await house.load(alices_account, "5 USDT")
    rows = (await alice.post(path_of(alices_account))).json()
    assert [(row["currency_code"], row["position"]) for row in rows] == [("USDT", 5.0)]


async def test_a_load_in_between_does_not_mix_two_moments(house: House, alice: Client, alices_account: Account) -> None:
    class Slow(PortfolioService):
        async def breakdown(self, account_ids: Sequence[int]) -> tuple[Sequence[State], Sequence[Line]]:
            account = await house.store.get_account(alices_account.user_id, alices_account.id)
            if account.version == alices_account.version:
                await house.load(alices_account, "1 BTC")
            return await super().breakdown(account_ids)

    house.services = replace(house.services, portfolio=Slow(house.store, house.store, house.clock))
    client = Client(house.app(), alice.api_key, alice.sign)
    for _ in range(2):
        rows = json.loads((await client.post(path_of(alices_account))).body)
        assert [(row["currency_code"], row["position"]) for row in rows] == [("BTC", 1.0)]
