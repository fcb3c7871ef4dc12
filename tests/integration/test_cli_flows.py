"""`coinassay flows`, run in this process on a paper account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from coinassay.cli.app import app
from coinassay.testing import SimulatedExchange


@pytest.fixture
def exchange() -> Iterator[SimulatedExchange]:
    with SimulatedExchange.running("binance") as running:
        running.set_price("BTC/USDT", last="50000")
        yield running


def run(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == status, result.output
    return result


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: SimulatedExchange) -> SimulatedExchange:
    """Account 1 holds a Bitcoin."""
    customer = exchange.add_user(wallets={"spot": {"BTC": "1"}})
    settings = {
        "HOME": str(tmp_path),
        "EXCHANGE_BASE_URLS": json.dumps({"binance": exchange.url}),
        "KEY_CHECK": "off",
        "PRICE_SOURCES": "binance",
    }
    for name, text in settings.items():
        monkeypatch.setenv(f"COINASSAY_{name}", text)
    run("init")
    secret = tmp_path / "secret.txt"
    secret.write_text(customer.secret)
    run("accounts", "add", "binance", "main", "--api-key", customer.api_key, "--secret", str(secret))
    return exchange


def test_add_list_and_remove(loaded: SimulatedExchange) -> None:
    assert "was not asked so far" in run("flows", "list", "1").stdout
    refused = run("flows", "add", "1", "deposit", "1", "USDT", status=1)
    assert "was never loaded" in refused.stderr
    run("accounts", "load", "1")
    added = run(
        "flows", "add", "1", "withdrawal", "0.5", "btc", "--value", "25000", "--reference", "cold", "--note", "x"
    )
    assert "Added withdrawal 2: 0.5 BTC, worth 25,000.00 USD." in " ".join(added.stdout.split())
    again = json.loads(
        run("flows", "add", "1", "withdrawal", "0.5", "BTC", "--value", "1", "--reference", "cold", "--json").stdout
    )
    assert (again["id"], again["usd_value"], again["amount"]) == (2, "-25000.0", "-0.5")
    listed = run("flows", "list", "1").stdout
    assert "withdrawal" in listed
    assert "The exchange was asked at" in listed
    as_json = json.loads(run("flows", "list", "1", "--json").stdout)
    assert [flow["kind"] for flow in as_json["flows"]] == ["withdrawal", "opening"]
    assert as_json["reading"]["state"] == "ok"
    run("flows", "remove", "1", "2")
    assert len(json.loads(run("flows", "list", "1", "--json").stdout)["flows"]) == 1
    assert "flow 2" in run("flows", "remove", "1", "2", status=1).stderr


@pytest.mark.parametrize(
    "arguments",
    [("gift", "1", "BTC"), ("deposit", "much", "BTC"), ("deposit", "1", "BTC", "--at", "soon")],
)
def test_what_makes_no_sense(loaded: SimulatedExchange, arguments: tuple[str, ...]) -> None:
    run("flows", "add", "1", *arguments, status=2)
    assert "account 9" in run("flows", "list", "9", status=1).stderr


def test_a_reading_that_failed_is_said(loaded: SimulatedExchange) -> None:
    run("accounts", "load", "1")
    (customer,) = loaded._world.users.values()
    loaded.deposit(customer, "BTC", "1")
    loaded.faults.add("server_error", endpoint="/sapi/v1/capital/deposit/hisrec")
    run("accounts", "load", "1")
    assert "could not be read since" in " ".join(run("flows", "list", "1").stdout.split())
