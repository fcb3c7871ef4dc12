"""Every account, market and user call that real clients have: on a simulated real account, on paper, and refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from tests.acceptance.clients import ACCOUNTS, CLIENTS, GENERAL, ONE, USERS, RealClient
from tests.acceptance.installation import Installation, Key

from coinassay.testing import SimulatedExchange

pytestmark = pytest.mark.slow

NOBODYS = 2_000_000_000

VALUE = Decimal("0.5") * Decimal("60000.11") + Decimal(2) * Decimal("2500.51") + Decimal("120.75")
"""Of what each client's user has at the exchange, in dollars."""


@dataclass
class Known:
    """What the parts know of each other."""

    installation: Installation
    exchange_key: Key
    account_id: int = 0


def fields_of(key: Key) -> dict[str, str]:
    return {"api_key": key.api_key, "secret": key.secret}


def number(value: Any) -> Decimal:
    """What a client made of an amount: a string, or its language's number."""
    return Decimal(str(value))


# ------------------------------------------------------------------------------------------------- a real account


def connected(client: RealClient, known: Known) -> None:
    fields = {"type": "binance", "name": "Mine + äöü", **fields_of(known.exchange_key)}
    made = client.get(f"POST {ACCOUNTS}/new", params=fields)
    assert ("binance", "Mine + äöü") == (made["market_code"], made["name"])
    known.account_id = made["id"]


def values(client: RealClient, known: Known) -> None:
    loaded = client.get(f"POST {ONE}/load_balances", known.account_id)
    assert VALUE == number(loaded["usd_amount"])
    assert [known.account_id] == [each["id"] for each in client.get(f"GET {ACCOUNTS}")]
    info = client.get(f"GET {ONE}", known.account_id)
    assert {} == info["available_for_trading"]
    assert "error" not in info
    summary = client.get(f"GET {ONE}", "summary")
    assert VALUE == number(summary["usd_amount"])

    slices = client.get(f"POST {ONE}/pie_chart_data", known.account_id)
    assert ["BTC", "ETH", "USDT"] == [row["code"] for row in slices]
    assert Decimal("0.5") == number(slices[0]["amount"])
    rows = client.get(f"POST {ONE}/account_table_data", known.account_id)
    assert {"BTC", "ETH", "USDT"} == {row["currency_code"] for row in rows}
    (usdt,) = [row for row in rows if row["currency_code"] == "USDT"]
    assert (Decimal("120.75"), Decimal("20.25")) == (number(usdt["position"]), number(usdt["on_orders"]))
    assert len(client.get(f"POST {ONE}/pie_chart_data", "summary")) == len(slices)

    chart = client.get(f"GET {ONE}/balance_chart_data", known.account_id, {"date_from": "2024-09-18T18:58:55.469Z"})
    assert VALUE == number(chart[-1]["usd"])


def changes(client: RealClient, known: Known) -> None:
    renamed = client.get(f"POST {ONE}/rename", known.account_id, {"name": "Another: name & more"})
    assert "Another: name & more" == renamed["name"]
    if client.has(f"POST {ACCOUNTS}/update"):
        changed = client.get(f"POST {ACCOUNTS}/update", params={"account_id": known.account_id, "name": "Mine again"})
        assert "Mine again" == changed["name"]


def around_the_account(client: RealClient, known: Known) -> None:
    if client.has(route := f"GET {ONE}/active_trading_entities"):
        assert 0 == client.get(route, known.account_id)["data"]["active_bots_count"]
    if client.has(route := f"GET {ONE}/networks_info"):
        networks = client.get(route, known.account_id, {"purpose": "deposit"})
        assert networks[0]["network_list"]
    if client.has(route := f"GET {ONE}/leverage_data"):
        assert ["none"] == [each["code"] for each in client.get(route, known.account_id, {"pair": "USDT_BTC"})]
    if client.has(route := f"GET {ONE}/volume/total"):
        assert 0 == number(client.get(route, known.account_id)["volume_usd"])
    if client.has(route := f"GET {ACCOUNTS}/types_to_connect"):
        rows = client.get(route, params={"type": "binance", "name": "again", **fields_of(known.exchange_key)})
        assert ("binance", True) == (rows[0]["type"], rows[0]["connected"])


def a_real_account_is_never_traded_in(client: RealClient, known: Known) -> None:
    for operation in ("sell_all_to_usd", "sell_all_to_btc", "convert_dust_to_bnb"):
        if client.has(route := f"POST {ONE}/{operation}"):
            codes = {"codes": ["USDT"]} if operation == "convert_dust_to_bnb" else None
            answer = client.ask(route, known.account_id, codes)
            assert "Forbidden. Unavailable for this account" in answer.error


# --------------------------------------------------------------------------------------------------------- paper


def paper(client: RealClient, known: Known) -> None:
    new = f"POST {ACCOUNTS}/new"
    first, second = [client.get(new, params={"type": "paper_trading", "name": f"Paper {n}"})["id"] for n in (1, 2)]
    assert {first, second} == {each["id"] for each in client.get(f"GET {ACCOUNTS}", mode="paper")}
    assert not {first, second} & {each["id"] for each in client.get(f"GET {ACCOUNTS}", mode="real")}
    loaded = client.get(f"POST {ONE}/load_balances", first, mode="paper")
    assert number(loaded["usd_amount"]) > 10_000
    assert ["BTC", "USDT"] == sorted(row["code"] for row in client.get(f"POST {ONE}/pie_chart_data", first))

    if client.has(route := f"POST {ACCOUNTS}/transfer"):
        moved = client.get(
            route,
            params={"currency": "USDT", "amount": 250.5, "from_account_id": first, "to_account_id": second},
        )
        assert (first, second) == (moved["from_account_id"], moved["to_account_id"])
    if client.has(route := f"GET {ACCOUNTS}/transfer_history"):
        (row,) = client.get(route, params={"account_id": first, "currency": "USDT"})
        assert Decimal("250.5") == number(row["amount"])
    if client.has(route := f"GET {ACCOUNTS}/transfer_data"):
        assert {first, second} == {each["id"] for each in client.get(route)["accounts"]}
    if client.has(route := f"POST {ONE}/convert_dust_to_bnb"):
        assert "'codes'" in client.ask(route, first, {"codes": ["BTC"]}).error.replace('"', "'")

    sold = client.get(f"POST {ONE}/sell_all_to_btc", first)
    assert ["BTC"] == [row["code"] for row in client.get(f"POST {ONE}/pie_chart_data", first)]
    assert number(sold["btc_amount"]) > 0
    client.get(f"POST {ONE}/sell_all_to_usd", second)
    assert ["USDT"] == [row["code"] for row in client.get(f"POST {ONE}/pie_chart_data", second)]

    for each in (first, second):
        assert True is client.get(f"POST {ONE}/remove", each)
    assert [] == client.get(f"GET {ACCOUNTS}", mode="paper")


# ----------------------------------------------------------------------------------------------- markets and users


def markets(client: RealClient, known: Known) -> None:
    rows = {row["market_code"]: row for row in client.get(f"GET {ACCOUNTS}/market_list")}
    assert ["secret", "api_key"] == [field["field"] for field in rows["binance"]["form_fields"]["required"]]
    if client.has(route := f"GET {ACCOUNTS}/market_pairs"):
        assert "USDT_BTC" in client.get(route, params={"market_code": "binance"})
    route = f"GET {ACCOUNTS}/currency_rates"
    if "makeRequest" in client.calls.values():  # its method takes no parameters
        assert "is missing" in client.ask(route).error
    else:
        assert Decimal("60000.11") == number(
            client.get(route, params={"market_code": "binance", "pair": "USDT_BTC"})["last"]
        )
    if client.has(route := f"GET {ACCOUNTS}/currency_rates_with_leverage_data"):
        assert client.get(route, params={"market_code": "binance", "pair": "USDT_BTC"})["leverage_data"]


def users(client: RealClient, known: Known) -> None:
    if client.has(route := f"POST {USERS}/change_mode"):
        assert True is client.get(route, params={"mode": "paper"})
        if client.has(f"GET {USERS}/current_mode"):
            assert {"mode": "paper"} == client.get(f"GET {USERS}/current_mode")
        client.get(route, params={"mode": "real"})
    if client.has(route := f"GET {USERS}/permissions_info"):
        assert ["ACCOUNTS_READ", "ACCOUNTS_WRITE"] == client.get(route)["permissions"]
    if client.has(route := f"PUT {USERS}/locale"):
        assert {"locale": "de"} == client.get(route, params={"locale": "de"})


def service(client: RealClient, known: Known) -> None:
    if client.has("GET /ver1/ping"):
        assert {"pong": "pong"} == client.get("GET /ver1/ping")
    if client.has("GET /ver1/time"):
        assert client.get("GET /ver1/time")["server_time"] > 1_700_000_000
    if client.has("GET /ver1/validate"):
        assert {"valid": True} == client.get("GET /ver1/validate")


# ---------------------------------------------------------------------------------------------------------- refusals


def refusals(client: RealClient, known: Known) -> None:
    for operation in ("load_balances", "pie_chart_data", "account_table_data", "sell_all_to_usd", "remove"):
        assert "not_found Not Found" in client.ask(f"POST {ONE}/{operation}", NOBODYS).error
    given = {"type": "binance", "name": "twice", **fields_of(known.exchange_key)}
    assert "This account is already connected!" in client.ask(f"POST {ACCOUNTS}/new", params=given).error
    given = {"type": "binance", "name": "x", "api_key": "abc", "secret": "defghi"}
    short = client.ask(f"POST {ACCOUNTS}/new", params=given).error
    assert "record_invalid Invalid parameters" in short

    wrong = type(client)(known.installation.url, Key(client.key.api_key, "not-the-secret"))
    with wrong.running():
        assert "signature_invalid Provided signature is invalid" in wrong.ask(f"GET {ACCOUNTS}").error
    assert known.account_id in [each["id"] for each in client.get(f"GET {ACCOUNTS}")]


# ------------------------------------------------------------------------------------------------------- the tests

PARTS: tuple[Callable[[RealClient, Known], None], ...] = (
    connected,
    values,
    changes,
    around_the_account,
    a_real_account_is_never_traded_in,
    paper,
    markets,
    users,
    service,
    refusals,
)


@pytest.mark.parametrize("kind", CLIENTS, ids=lambda kind: kind.title.split()[0])
def test_every_call(
    kind: type[RealClient], installation: Installation, binance: SimulatedExchange, subtests: pytest.Subtests
) -> None:
    """Each client has a user of its own: what one chooses does not change what another sees."""
    name = kind.title.split()[0]
    user = binance.add_user(
        wallets={"spot": {"BTC": "0.5", "USDT": ("100.5", "20.25")}, "funding": {"ETH": "2"}}, permissions=["read"]
    )
    binance.set_price("BTC/USDT", bid="60000.10", ask="60000.12", last="60000.11", volume="1000")
    binance.set_price("ETH/USDT", bid="2500.50", ask="2500.52", last="2500.51", volume="1000")
    known = Known(installation, Key(user.api_key, user.secret))
    installation.cli("users", "add", name)
    client = kind(installation.url, installation.key("bot", "--user", name))
    with client.running():
        for part in PARTS:
            with subtests.test(part.__name__):
                part(client, known)
        assert set(client.calls) == client.made, "everything in its table was called"
        own = client.own_methods()
        assert own <= set(client.calls.values()), "everything it has is in its table"
        assert set(client.calls.values()) <= own | GENERAL
