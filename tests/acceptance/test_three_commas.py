"""three-commas from PyPI, unmodified but for the base URL: its calls, its types, and every error it recognises."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import py3cw.request
import pytest
from tests.acceptance.installation import Installation, Key

from coinassay.testing import SimulatedExchange

with warnings.catch_warnings():  # the client defines a class inside an enum, which Python 3.13 reads differently
    warnings.simplefilter("ignore", DeprecationWarning)
    from three_commas import api

pytestmark = pytest.mark.slow

NAME, SECRET = "three-commas-binance-key", "three-commas-binance-secret"

accounts = api.ver1.accounts


@pytest.fixture
def as_(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Callable[[Key], None]:
    """Chooses the key the client works with: it reads it from the environment at each call."""
    monkeypatch.setattr(py3cw.request, "API_URL", installation.url)

    def use(key: Key) -> None:
        monkeypatch.setenv("THREE_COMMAS_API_KEY", key.api_key)
        monkeypatch.setenv("THREE_COMMAS_API_SECRET", key.secret)

    return use


@pytest.fixture(scope="module")
def key(installation: Installation) -> Key:
    return installation.key("three-commas")


@pytest.fixture(scope="module")
def binance_user(binance: SimulatedExchange) -> None:
    binance.add_user(api_key=NAME, secret=SECRET, wallets={"spot": {"USDT": "24"}})


def test_a_life_of_an_account(as_: Callable[[Key], None], key: Key, binance_user: None) -> None:
    as_(key)
    error, new = accounts.post_new(
        payload={"type": "binance", "name": "three commas", "api_key": NAME, "secret": SECRET}
    )
    assert not error
    account_id = new["id"]
    error, every = accounts.get()
    assert not error
    assert account_id in [each["id"] for each in every]
    error, loaded = accounts.post_load_balances_by_id(account_id)
    assert not error
    assert Decimal(24) == Decimal(str(loaded["usd_amount"]))
    error, info = accounts.get_by_id(account_id)
    assert not error
    assert "three commas" == info["name"]
    error, rows = accounts.post_pie_chart_data_by_id(account_id)
    assert not error
    assert ["USDT"] == [row["code"] for row in rows]

    error, _ = accounts.post_new(payload={"type": "binance", "name": "twice", "api_key": NAME, "secret": SECRET})
    assert error.is_account_already_connected_error()
    error, gone = accounts.post_remove_by_id(account_id)
    assert (False, True) == (bool(error), gone)
    error, _ = accounts.get_by_id(account_id)
    assert error.is_not_found_error()


def test_forced_mode(as_: Callable[[Key], None], key: Key) -> None:
    as_(key)
    _, paper = accounts.post_new(payload={"type": "paper_trading", "name": "paper"})
    error, info = accounts.get_by_id(paper["id"], forced_mode="paper")
    assert not error
    assert "paper_trading" == info["market_code"]


def test_errors_it_recognises(as_: Callable[[Key], None], key: Key, installation: Installation) -> None:
    as_(Key("unknown-key", "x"))
    error, _ = accounts.get()
    assert error.is_api_key_invalid_or_expired()
    assert 401 == error.get_status_code()

    reader = installation.key("only-reads", permissions="ACCOUNTS_READ")
    as_(reader)
    error, _ = accounts.post_new(payload={"type": "paper_trading", "name": "not allowed"})
    assert error.is_api_key_has_no_permission_error()
    assert 403 == error.get_status_code()

    as_(key)
    error, _ = accounts.post_load_balances_by_id(2_000_000_000)
    assert error.is_not_found_error()
    assert 404 == error.get_status_code()
    error, data = accounts.get()
    assert not error
    assert isinstance(data, list)
    unused: Any = error
    assert not unused.is_api_key_has_no_permission_error()
