"""Our own Python client against a real server process."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.acceptance.installation import Installation

from coinassay.testing import SimulatedExchange
from coinassay_client import Client, CredentialsRejected, InvalidRequest, NotAuthenticated, NotFound

pytestmark = pytest.mark.slow


def test_a_life_of_an_account(installation: Installation, kraken: SimulatedExchange) -> None:
    user = kraken.add_user("client", wallets={"spot": {"USD": "10.25"}})
    key = installation.key("our-client")
    with Client(installation.url, key.api_key, key.secret) as client:
        assert client.ping()
        assert client.validate()
        assert client.time() > 1_700_000_000
        account = client.connect("kraken", "Mine & co. +%", api_key=user.api_key, secret=user.secret)
        assert "10.25" == client.load_balances(account["id"])["usd_amount"]
        assert "Mine & co. +%" == client.account(account["id"])["name"]
        (row,) = client.pie_chart_data(account["id"])
        assert ("USD", Decimal("10.25"), 100) == (row["code"], row["amount"], row["percentage"])
        assert account["id"] in [each["id"] for each in client.accounts()]
        client.remove(account["id"])
        with pytest.raises(NotFound):
            client.account(account["id"])
        with pytest.raises(InvalidRequest) as refused:
            client.connect("kraken", "x", api_key=user.api_key, secret="not base64")
        assert {"name", "secret"} == set(refused.value.attributes)
        paper = client.connect("paper_trading", "paper", balances={"BTC": "1"})
        assert Decimal(client.load_balances(paper["id"])["btc_amount"]) == 1
    with Client(installation.url, key.api_key, "wrong") as stranger, pytest.raises(NotAuthenticated):
        stranger.validate()


def test_rejected_exchange_keys(installation: Installation, kraken: SimulatedExchange) -> None:
    user = kraken.add_user("leaver", wallets={"spot": {"USD": "1"}})
    key = installation.key("our-client-2")
    with Client(installation.url, key.api_key, key.secret) as client:
        account = client.connect("kraken", "Leaving", api_key=user.api_key, secret=user.secret)
        client.load_balances(account["id"])
        kraken.remove_user(user)
        with pytest.raises(CredentialsRejected, match=r"API keys are no longer valid or incorrect\."):
            client.load_balances(account["id"])
        assert "1.0" == client.account(account["id"])["usd_amount"]
