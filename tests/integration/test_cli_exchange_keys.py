"""`coinassay accounts check` and what `accounts add` says, at a simulated exchange."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.test_cli import Cli, cli, empty

from coinassay.testing import SimulatedExchange, SimulatedUser

__all__ = ["cli", "empty"]


@pytest.fixture(scope="module")
def binance() -> Iterator[SimulatedExchange]:
    with SimulatedExchange.running("binance") as exchange:
        yield exchange


@pytest.fixture
def examining(cli: Cli, binance: SimulatedExchange) -> Cli:
    urls = {"binance": binance.url, "binance_margin": binance.url}
    cli.set(KEY_CHECK="on", EXCHANGE_BASE_URLS=json.dumps(urls))
    return cli


def options(user: SimulatedUser, directory: Path) -> tuple[str, ...]:
    file = directory / "secret"
    file.write_text(user.secret)
    return "--api-key", user.api_key, "--secret", str(file)


def findings(text: str) -> dict[str, str]:
    """The lines of the table."""
    return dict(line.split("\t") for line in text.splitlines() if "\t" in line)


def test_a_key_that_only_reads(examining: Cli, binance: SimulatedExchange, tmp_path: Path) -> None:
    user = binance.add_user(ip_allowlist=["127.0.0.1"])
    text = examining.ok("accounts", "check", "binance", *options(user, tmp_path))
    assert {
        "works": "yes",
        "may read": "yes",
        "may trade": "no",
        "may withdraw": "no",
        "bound to addresses": "yes",
        "expires": "unknown",
        "this clock is ahead by": "0.0 s",
        "wallet spot": "yes",
    }.items() <= findings(text).items()
    assert findings(text)["as binance_futures"].startswith("no: ")
    assert text.count("\n") == text.count("\t"), "nothing to say about it"
    assert [] == examining.json("accounts", "list"), "nothing is stored"


def test_json(examining: Cli, binance: SimulatedExchange, tmp_path: Path) -> None:
    user = binance.add_user(permissions=["read", "trade"])
    found = examining.json("accounts", "check", "binance", *options(user, tmp_path))
    assert ("yes", "yes", "no", "no") == tuple(
        found[name] for name in ("works", "may_trade", "may_withdraw", "ip_bound")
    )
    assert {"readable": "yes", "reason": ""} == found["wallets"]["spot"]
    assert ["binance_margin", "binance_portfolio_margin", "binance_futures", "binance_futures_coin"] == list(
        found["others"]
    )
    assert 2 == len(found["cautions"])


def test_a_key_that_may_withdraw(examining: Cli, binance: SimulatedExchange, tmp_path: Path) -> None:
    given = options(binance.add_user(permissions=["read", "withdraw"]), tmp_path)
    result = examining.run("accounts", "check", "binance", *given)
    assert 1 == result.exit_code
    assert "yes" == findings(result.stdout)["may withdraw"]
    assert "error: api_key may withdraw" in result.stderr
    assert "error: api_key may withdraw" in examining.refused("accounts", "add", "binance", "Mine", *given)
    assert [] == examining.json("accounts", "list")
    examining.set(ALLOW_WITHDRAW_KEYS="on")
    assert "yes" == findings(examining.ok("accounts", "check", "binance", *given))["may withdraw"]
    text = examining.ok("accounts", "add", "binance", "Mine", *given)
    assert "The key may withdraw." in text
    assert "Connected Mine as account 1." in text


def test_a_key_that_does_not_work(examining: Cli, binance: SimulatedExchange, tmp_path: Path) -> None:
    user = binance.add_user()
    binance.remove_user(user)
    given = options(user, tmp_path)
    result = examining.run("accounts", "check", "binance", *given)
    assert (1, "no") == (result.exit_code, findings(result.stdout)["works"])
    text = examining.ok("accounts", "add", "binance", "Mine", *given)
    assert "The account could not be read." in text
    assert "key invalid" in examining.ok("accounts", "list")


def test_adding_says_what_was_found_once(examining: Cli, binance: SimulatedExchange, tmp_path: Path) -> None:
    given = options(binance.add_user(permissions=["read", "trade"]), tmp_path)
    result = examining.run("accounts", "add", "binance", "Mine", *given)
    assert (0, "") == (result.exit_code, result.stderr)
    assert "yes" == findings(result.stdout)["may trade"]
    made = examining.json("accounts", "add", "binance_margin", "Margin", *given)
    assert ("binance_margin", "yes") == (made["market_code"], made["key"]["may_trade"])


def test_a_paper_account_has_no_key(examining: Cli) -> None:
    assert examining.json("accounts", "add", "paper_trading", "Paper")["key"] is None


def test_what_cannot_be_examined(examining: Cli, tmp_path: Path) -> None:
    assert "There is no market 'nowhere'" in examining.refused("accounts", "check", "nowhere")
    text = examining.refused("accounts", "check", "binance", "--api-key", "abc")
    assert ("secret is missing" in text, "api_key is too short" in text) == (True, True)
