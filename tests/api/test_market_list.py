"""GET accounts/market_list: what this server can really connect, for anybody."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from tests.api.client import BASE, Client, Reply
from tests.api.conftest import House

from coinassay.domain.account import User
from coinassay.errors import InvalidRequest

PATH = "/ver1/accounts/market_list"

ROW_KEYS = [
    "market_name",
    "market_url",
    "market_icon",
    "help_link",
    "market_code",
    "form_fields",
    "available_connection_flows",
    "third_party_allowed",
    "trusted_ips",
    "trusted_ips_input_type",
    "fast_connect_action_name",
]
"""Those of today's documentation, in its order."""


async def rows_by_code(client: Client) -> dict[str, dict[str, Any]]:
    reply = await client.get(PATH)
    assert 200 == reply.status_code
    return {row["market_code"]: row for row in reply.json()}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"apikey": "nobody"},
        {"apikey": "nobody", "signature": "rubbish"},
        {"signature": "0" * 64, "Forced-Mode": "sideways"},
    ],
)
async def test_nobody_has_to_sign(alice: Client, headers: dict[str, str]) -> None:
    reply: Reply = await alice.send_unsigned("GET", f"{BASE}{PATH}".encode(), headers=headers)
    assert 200 == reply.status_code
    assert (await alice.get(PATH)).json() == reply.json()


async def test_a_row_is_as_documented(alice: Client) -> None:
    rows = await rows_by_code(alice)
    assert all(ROW_KEYS == list(row) for row in rows.values())
    assert rows["binance_us"] == {
        "market_name": "Binance US",
        "market_url": "https://www.binance.us",
        "market_icon": "https://coins.example/img/exchanges/binance.svg",
        "help_link": "https://github.com/binance-us/binance-official-api-docs",
        "market_code": "binance_us",
        "form_fields": {
            "required": [
                {"field": "secret", "localized_name": "API Secret:"},
                {"field": "api_key", "localized_name": "API Key:"},
            ],
            "optional": [],
        },
        "available_connection_flows": ["form"],
        "third_party_allowed": False,
        "trusted_ips": [],
        "trusted_ips_input_type": "inline",
        "fast_connect_action_name": "binance_us",
    }


async def test_nothing_is_null(alice: Client) -> None:
    """A strict client of this interface takes no null in any of them."""
    assert not [(code, key) for code, row in (await rows_by_code(alice)).items() for key in row if row[key] is None]


async def test_the_form_asks_for_further_fields_after_secret_and_key(alice: Client) -> None:
    rows = await rows_by_code(alice)
    fields = {
        code: [each["field"] for each in rows[code]["form_fields"]["required"]] for code in ("kucoin", "bitstamp")
    }
    assert {"kucoin": ["secret", "api_key", "passphrase"], "bitstamp": ["secret", "api_key"]} == fields
    assert [{"field": "customer_id", "localized_name": "Customer Id:"}] == rows["bitstamp"]["form_fields"]["optional"]


async def test_what_can_be_connected_and_nothing_else_is_listed(alice: Client) -> None:
    rows = await rows_by_code(alice)
    assert ["binance", "binance_us"] == list(rows)[:2]
    assert not {"paper_trading", "ftx", "bittrex", "bitmex", "binance_tr"} & rows.keys()
    assert {"mexc", "whitebit"} <= rows.keys(), "what 3Commas does not know goes by its ccxt id"


async def test_the_form_is_what_connecting_checks(house: House, alice: Client, alice_user: User) -> None:
    for code, row in (await rows_by_code(alice)).items():
        required = {each["field"] for each in row["form_fields"]["required"]}
        with pytest.raises(InvalidRequest) as caught:
            await house.services.accounts.connect(alice_user.id, code, "My account", {})
        assert required == caught.value.fields.keys(), code


async def test_no_exchange_is_asked_and_ccxt_is_not_loaded(alice: Client) -> None:
    before = "ccxt" in sys.modules
    await alice.get(PATH)
    assert before == ("ccxt" in sys.modules)


async def test_only_get(alice: Client) -> None:
    reply = await alice.post(PATH)
    assert (405, "method_not_allowed") == (reply.status_code, reply.error)
