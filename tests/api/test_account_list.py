"""GET /accounts and GET /accounts/{id}"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from tests.api.client import Client
from tests.api.conftest import House

from coinassay.domain.account import Account, Mode, User
from coinassay.services.ports import Markets


async def names(client: Client, query: str = "", **headers: str) -> list[str]:
    reply = await client.get(f"/ver1/accounts{query}", **headers)
    assert reply.status_code == 200
    return [entity["name"] for entity in reply.json()]


@pytest.fixture
async def paper_and_real(house: House, alice_user: User) -> tuple[Account, Account]:
    paper = await house.services.accounts.connect(alice_user.id, "paper_trading", "Paper", {})
    return paper, await house.connect(alice_user, name="Real")


# --------------------------------------------------------------------------------------------------- list


@pytest.mark.parametrize(
    ("query", "attributes"),
    [
        ("page=0", {"page": ["does not have a valid value"]}),
        ("page=x", {"page": ["is invalid"]}),
        ("page=-1", {"page": ["is invalid"]}),
        ("per_page=0", {"per_page": ["does not have a valid value"]}),
        ("per_page=101", {"per_page": ["does not have a valid value"]}),
        ("page=2147483648", {"page": ["does not have a valid value"]}),
        ("api_key[]=x", {"api_key": ["is invalid"]}),
        ("api_key=%00", {"api_key": ["is invalid"]}),
        ("page=x&per_page=101", {"page": ["is invalid"], "per_page": ["does not have a valid value"]}),
    ],
)
async def test_wrong_parameters_are_named(alice: Client, query: str, attributes: dict[str, Any]) -> None:
    reply = await alice.get(f"/ver1/accounts?{query}")
    assert reply.status_code == 400
    assert reply.json() == {
        "error": "record_invalid",
        "error_description": "Invalid parameters",
        "error_attributes": attributes,
    }


async def test_another_mode_is_refused(alice: Client) -> None:
    reply = await alice.get("/ver1/accounts", forced_mode="demo")
    assert (reply.status_code, reply.json()["error_attributes"]) == (
        400,
        {"Forced-Mode": ["does not have a valid value"]},
    )


async def test_nobody_sees_anothers(bob: Client, alices_account: Account) -> None:
    reply = await bob.get("/ver1/accounts")
    assert (reply.status_code, reply.body) == (200, b"[]")
    assert await names(bob, f"?api_key={alices_account.api_key}") == []


async def test_accounts_come_oldest_first_in_pages(house: House, alice: Client, alice_user: User) -> None:
    for number in range(5):
        await house.connect(alice_user, name=f"Account {number}")
    assert await names(alice) == [f"Account {number}" for number in range(5)]
    assert await names(alice, "?per_page=2") == ["Account 0", "Account 1"]
    assert await names(alice, "?page=3&per_page=2") == ["Account 4"]
    assert await names(alice, "?page=4&per_page=2") == []
    assert await names(alice, "?page=2147483647&per_page=100") == []
    assert len(await names(alice, "?limit=1&offset=3")) == 5


async def test_accounts_are_found_by_their_exchange_key(house: House, alice: Client, alice_user: User) -> None:
    await house.connect(alice_user, name="One")
    other = await house.connect(alice_user, name="Other")
    assert await names(alice, f"?api_key={other.api_key}") == ["Other"]
    assert await names(alice, f"?api_key={other.api_key[:-1]}") == []


@pytest.mark.usefixtures("paper_and_real")
async def test_the_mode_chooses(house: House, alice: Client, alice_user: User) -> None:
    assert await names(alice) == ["Paper", "Real"]
    assert await names(alice, forced_mode="paper") == ["Paper"]
    assert await names(alice, forced_mode="real") == ["Real"]
    assert await names(alice, forced_mode="Real") == ["Real"]

    await house.store.set_mode(alice_user.id, Mode.PAPER)
    assert await names(alice) == ["Paper"]
    assert await names(alice, forced_mode="real") == ["Real"]
    assert await names(alice) == ["Paper"]


async def test_one_in_a_list_has_no_portfolio_field(alice: Client, alices_account: Account) -> None:
    listed = (await alice.get("/ver1/accounts")).json()
    detailed = (await alice.get(f"/ver1/accounts/{alices_account.id}")).json()
    assert "auto_balance_portfolio" not in listed[0]
    assert detailed.pop("auto_balance_portfolio") is None
    assert listed == [detailed]


# ---------------------------------------------------------------------------------------------------- one


async def test_an_unknown_account_is_not_found(alice: Client) -> None:
    reply = await alice.get("/ver1/accounts/4711")
    assert (reply.status_code, reply.json()) == (404, {"error": "not_found", "error_description": "Not Found"})


async def test_another_users_account_does_not_exist(bob: Client, alices_account: Account) -> None:
    reply = await bob.get(f"/ver1/accounts/{alices_account.id}")
    assert (reply.status_code, reply.error) == (404, "not_found")


async def test_one_account(alice: Client, alices_account: Account) -> None:
    reply = await alice.get(f"/ver1/accounts/{alices_account.id}")
    assert reply.status_code == 200
    entity = reply.json()
    assert "error" not in entity
    keys = list(entity)
    assert keys[keys.index("auto_balance_portfolio_id") + 1] == "auto_balance_portfolio"
    expected = {
        "id": alices_account.id,
        "name": "My Binance US",
        "market_code": "binance_us",
        "exchange_name": "Binance US Spot",
        "pretty_display_type": "BinanceUs",
        "market_icon": "https://coins.example/img/exchanges/binance.svg",
        "api_key": alices_account.api_key,
        "supported_market_types": ["spot"],
        "available_for_trading": {},
        "deposit_enabled": True,
        "fast_convert_available": True,
        "bots_tsl_allowed": True,
        "usd_amount": "20.846742752984",
    }
    assert {name: entity[name] for name in expected} == expected


@pytest.mark.usefixtures("paper_and_real")
async def test_a_paper_account_differs_where_documented(alice: Client) -> None:
    paper, real = (await alice.get("/ver1/accounts")).json()
    differing = {name for name in paper if paper[name] != real[name]}
    assert differing == {
        "id",
        "name",
        "api_key",
        "market_code",
        "exchange_name",
        "pretty_display_type",
        "market_icon",
        "deposit_enabled",
        "fast_convert_available",
        "bots_tsl_allowed",
    }
    assert (paper["deposit_enabled"], paper["fast_convert_available"], paper["bots_tsl_allowed"]) == (False,) * 3
    assert paper["market_icon"].endswith("/img/exchanges/paper_trading.svg")
    assert (paper["market_code"], paper["pretty_display_type"]) == ("paper_trading", "PaperTrading")


async def test_an_account_whose_market_is_no_longer_offered_is_still_shown(
    house: House, alice: Client, alices_account: Account
) -> None:
    class NoMarkets:
        def find(self, _: str) -> None:
            return None

    house.services = replace(house.services, markets=cast(Markets, NoMarkets()))
    client = Client(house.app(), alice.api_key, alice.sign)
    entity = (await client.get(f"/ver1/accounts/{alices_account.id}")).json()
    assert (entity["market_code"], entity["exchange_name"]) == ("binance_us", "binance_us")
    assert (await client.post(f"/ver1/accounts/{alices_account.id}/pie_chart_data")).status_code == 201
