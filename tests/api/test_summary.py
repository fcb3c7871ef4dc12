"""GET /accounts/summary and `summary` in the place of an id: pie_chart_data, account_table_data"""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.api.client import Client
from tests.api.conftest import PRICES, House

from coinassay.api.asgi import Application
from coinassay.domain.account import Account, Mode, User
from coinassay.domain.money import CONTEXT, plain
from coinassay.testing.text import rates_of

ENTITY, PIE, TABLE = (f"/ver1/accounts/summary{end}" for end in ("", "/pie_chart_data", "/account_table_data"))


@pytest.fixture
async def three(house: House, alice_user: User) -> list[Account]:
    """Loaded: two real accounts and one on paper."""
    one = await house.load(await house.connect(alice_user, name="One"), "1 BTC", "10 USDT", "7 XYZ")
    other = await house.load(await house.connect(alice_user, name="Other"), "2 BTC", "1 ETH")
    house.rates.script("paper_trading", rates_of(PRICES, house.clock()))
    paper = await house.services.accounts.connect(alice_user.id, "paper_trading", "Paper", {})
    return [one, other, await house.load(paper, "1000 USDT")]


async def refresh(house: House, accounts: list[Account]) -> list[Account]:
    return [await house.store.get_account(account.user_id, account.id) for account in accounts]


# ---------------------------------------------------------------------------------------------- refusals


async def test_permission_is_asked_for(house: House, app: Application, alice_user: User) -> None:
    writer = await house.add_client(alice_user, app, "ACCOUNTS_WRITE")
    replies = [await writer.get(ENTITY), await writer.post(PIE), await writer.post(TABLE)]
    assert [reply.status_code for reply in replies] == [403, 403, 403]


@pytest.mark.usefixtures("three")
async def test_another_mode_is_refused(alice: Client) -> None:
    replies = [
        await alice.get(ENTITY, forced_mode="demo"),
        await alice.post(PIE, forced_mode="demo"),
        await alice.post(TABLE, forced_mode="demo"),
    ]
    assert [reply.status_code for reply in replies] == [400, 400, 400]


@pytest.mark.usefixtures("three")
async def test_nobody_sees_anothers(bob: Client) -> None:
    entity = (await bob.get(ENTITY)).json()
    assert (entity["usd_amount"], entity["btc_amount"], entity["total_usd_profit"]) == ("0.0", "0.0", "0.0")
    assert (await bob.post(PIE)).body == (await bob.post(TABLE)).body == b"[]"


@pytest.mark.parametrize("what", ["load_balances", "remove", "rename"])
async def test_what_is_not_for_all_together_is_not_found(alice: Client, what: str) -> None:
    assert (await alice.post(f"/ver1/accounts/summary/{what}", {"name": "new name"})).status_code == 404


# ------------------------------------------------------------------------------------------------ entity


async def test_the_entity_has_every_field_of_an_account(alice: Client, three: list[Account]) -> None:
    reply = await alice.get(ENTITY)
    assert reply.status_code == 200
    summary = reply.json()
    account = (await alice.get(f"/ver1/accounts/{three[0].id}")).json()
    assert [name for name in account if name != "api_key"] == list(summary)
    for name, value in summary.items():
        assert type(value) is type(account[name]), name
    assert (summary["id"], summary["name"], summary["market_code"]) == (0, "Summary", "summary")
    assert (summary["available_include_in_summary"], summary["include_in_summary"]) == (True, True)
    assert summary["market_icon"] == "https://coins.example/img/exchanges/summary.svg"
    assert summary["supported_market_types"] == ["spot", "futures"]


async def test_amounts_and_profits_are_added_up(house: House, alice: Client, three: list[Account]) -> None:
    house.clock.advance(hours=30)
    house.rates.script("binance_us", rates_of({**PRICES, "BTC": "70000"}, house.clock()))
    for account, held in zip(three, (["1 BTC"], ["2 BTC", "1 ETH"]), strict=False):
        await house.load(account, *held)
    three = await refresh(house, three)
    summary = (await alice.get(ENTITY)).json()
    entities = [(await alice.get(f"/ver1/accounts/{account.id}")).json() for account in three]
    amounts = [
        "usd_amount",
        "btc_amount",
        "day_profit_usd",
        "day_profit_btc",
        "usd_profit",
        "btc_profit",
        "total_usd_profit",
        "total_btc_profit",
    ]
    for name in amounts:
        total = Decimal(0)
        for entity in entities:
            total = CONTEXT.add(total, Decimal(entity[name]))
        assert plain(total) == summary[name], name
    assert summary["usd_amount"] == "213597.33817"
    assert summary["day_profit_usd"] == "18774.92"
    assert summary["day_profit_usd_percentage"] == "9.64", "of the whole, not of the percentages"


async def test_a_summary_of_nothing(alice: Client, house: House) -> None:
    summary = (await alice.get(ENTITY)).json()
    assert (summary["usd_amount"], summary["usd_profit_percentage"]) == ("0.0", "0.0")
    assert summary["created_at"] == "2026-03-01T12:00:00.123Z"


@pytest.mark.usefixtures("three")
async def test_the_mode_chooses(house: House, alice: Client, alice_user: User) -> None:
    assert (await alice.get(ENTITY, forced_mode="paper")).json()["usd_amount"] == "1000.0"
    assert [row["code"] for row in (await alice.post(PIE, forced_mode="paper")).json()] == ["USDT"]
    real = (await alice.post(TABLE, forced_mode="real")).json()
    assert {row["currency_code"] for row in real} == {"BTC", "ETH", "USDT", "XYZ"}
    await house.store.set_mode(alice_user.id, Mode.PAPER)
    assert len((await alice.post(TABLE)).json()) == 1


# --------------------------------------------------------------------------------------------------- pie


@pytest.mark.usefixtures("three")
async def test_shares_of_one_coin_are_added_up(alice: Client) -> None:
    reply = await alice.post(PIE)
    assert reply.status_code == 201
    rows = reply.json()
    assert [(row["code"], row["amount"], row["usd_value"], row["account_id"]) for row in rows] == [
        ("BTC", 3.0, "191215.08", 0),
        ("ETH", 1.0, "2597.34", 0),
        ("USDT", 1010.0, "1010.0", 0),
        ("XYZ", 7.0, "0.0", 0),
    ]
    assert rows[0]["btc_value"] == "3.0"
    assert rows[0]["percentage"] == rows[0]["y"] == 98.15


async def test_of_one_account_alone_it_is_its_own(house: House, alice: Client, alices_account: Account) -> None:
    own = (await alice.post(f"/ver1/accounts/{alices_account.id}/pie_chart_data")).json()
    assert [{**row, "account_id": 0} for row in own] == (await alice.post(PIE)).json()


async def test_an_account_taken_out_is_not_counted(alice: Client, three: list[Account]) -> None:
    before = (await alice.post(PIE)).body
    body = {"account_id": three[1].id, "include_in_summary": False}
    await alice.post("/ver1/accounts/update", body)
    assert [row["code"] for row in (await alice.post(PIE)).json()] == ["BTC", "USDT", "XYZ"]
    assert {row["account_id"] for row in (await alice.post(TABLE)).json()} == {three[0].id, three[2].id}
    assert (await alice.get(ENTITY)).json()["usd_amount"] == "64748.36"
    await alice.post("/ver1/accounts/update", {**body, "include_in_summary": True})
    assert (await alice.post(PIE)).body == before


async def test_changes_are_seen_at_once(house: House, alice: Client, three: list[Account]) -> None:
    assert len((await alice.post(TABLE)).json()) == 6
    await house.load(three[0], "5 USDT")
    assert [(row["code"], row["amount"]) for row in (await alice.post(PIE)).json()][-1] == ("USDT", 1005.0)
    assert len((await alice.post(TABLE)).json()) == 4
    await alice.post(f"/ver1/accounts/{three[1].id}/remove")
    assert [row["code"] for row in (await alice.post(PIE)).json()] == ["USDT"]
    assert len((await alice.post(TABLE)).json()) == 2


# ------------------------------------------------------------------------------------------------- table


async def test_rows_keep_their_own_account(alice: Client, three: list[Account]) -> None:
    reply = await alice.post(TABLE)
    assert reply.status_code == 201
    rows = reply.json()
    one, other, paper = (account.id for account in three)
    assert [(row["currency_code"], row["account_id"], row["position"]) for row in rows] == [
        ("BTC", other, 2.0),
        ("BTC", one, 1.0),
        ("ETH", other, 1.0),
        ("USDT", paper, 1000.0),
        ("USDT", one, 10.0),
        ("XYZ", one, 7.0),
    ]
    assert sum(row["percentage"] for row in rows) == pytest.approx(100)


async def test_a_code_that_is_another_coin_at_one_exchange(house: House, alice: Client, alice_user: User) -> None:
    house.rates.script("binance_us", rates_of({**PRICES, "DOGE": "0.1"}))
    house.rates.script("kraken", rates_of({**PRICES, "DOGE": "0.2"}))
    await house.load(await house.connect(alice_user), "1 DOGE")
    fields = {"api_key": "alices-kraken-key", "secret": "c2VjcmV0LXNlY3JldA=="}
    other = await house.services.accounts.connect(alice_user.id, "kraken", "Kraken", fields)
    await house.load(other, "1 DOGE")
    rows = (await alice.post(TABLE)).json()
    assert [row["currency_name"] for row in rows] == ["DOGE", "Dogecoin"]
