"""py3cw from PyPI, unmodified but for the base URL, against a real server process and simulated exchanges."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import py3cw.request
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from py3cw.request import Py3CW
from tests.acceptance.installation import EXCHANGE_KEY, EXCHANGE_SECRET, KRAKEN_KEY, KRAKEN_SECRET, Installation, Key

from coinassay.domain.money import divide
from coinassay.testing import SimulatedExchange

pytestmark = pytest.mark.slow

SEED_KEYS = """id auto_balance_period auto_balance_portfolio_id auto_balance_currency_change_limit autobalance_enabled
hedge_mode_available hedge_mode_enabled is_locked smart_trading_supported smart_selling_supported available_for_trading
stats_supported trading_supported market_buy_supported market_sell_supported conditional_buy_supported bots_allowed
bots_ttp_allowed bots_tsl_allowed gordon_bots_available multi_bots_allowed created_at updated_at last_auto_balance
fast_convert_available grid_bots_allowed api_key_invalid market_icon deposit_enabled include_in_summary
supported_market_types primary_display_currency_profit_percentage primary_display_currency_profit
day_profit_primary_display_currency_percentage day_profit_primary_display_currency primary_display_currency_amount
total_primary_display_currency_profit available_include_in_summary api_key name auto_balance_method auto_balance_error
customer_id subaccount_name lock_reason btc_amount usd_amount day_profit_btc day_profit_usd day_profit_btc_percentage
day_profit_usd_percentage btc_profit usd_profit usd_profit_percentage btc_profit_percentage total_btc_profit
total_usd_profit pretty_display_type exchange_name market_code api_keys_state""".split()  # noqa: SIM905
"""The keys of the documented load_balances answer, in its order."""


class Client:
    """py3cw as its users call it."""

    def __init__(self, installation: Installation, key: Key | None = None, selfsigned: str | None = None) -> None:
        self.py3cw = Py3CW(
            key=key.api_key if key else "",
            secret=None if selfsigned else key.secret if key else "",
            selfsigned=selfsigned,
            request_options={"request_timeout": 30, "nr_of_retries": 0},
        )

    def call(self, action: str, account_id: int | None = None, payload: Any = None, mode: str = "") -> tuple[Any, Any]:
        answer: tuple[Any, Any] = self.py3cw.request(
            entity="accounts",
            action=action,
            action_id=None if account_id is None else str(account_id),
            payload=payload,
            additional_headers={"Forced-Mode": mode} if mode else None,
        )
        return answer

    def ok(self, action: str, account_id: int | None = None, payload: Any = None, mode: str = "") -> Any:
        error, data = self.call(action, account_id, payload, mode)
        assert not error, error
        return data

    def refused(self, action: str, account_id: int | None = None, payload: Any = None) -> tuple[int, str]:
        error, data = self.call(action, account_id, payload)
        assert error
        assert {} == data
        return error["status_code"], error["msg"]


@pytest.fixture(scope="module", autouse=True)
def base_url(installation: Installation) -> Any:
    """py3cw has no option for it: the one thing that is changed."""
    before = py3cw.request.API_URL
    py3cw.request.API_URL = installation.url
    yield
    py3cw.request.API_URL = before


@pytest.fixture(scope="module")
def client(installation: Installation) -> Client:
    return Client(installation, installation.key("py3cw"))


@pytest.fixture(scope="module", autouse=True)
def holdings(binance: SimulatedExchange, kraken: SimulatedExchange) -> None:
    binance.add_user(
        api_key=EXCHANGE_KEY,
        secret=EXCHANGE_SECRET,
        wallets={"spot": {"BTC": "0.12345678", "USDT": ("100.5", "20.25")}, "funding": {"ETH": "2.000000000000000001"}},
    )
    binance.set_price("BTC/USDT", bid="60000.10", ask="60000.12", last="60000.11", volume="1000")
    binance.set_price("ETH/USDT", bid="2500.50", ask="2500.52", last="2500.51", volume="1000")
    kraken.add_user(api_key=KRAKEN_KEY, secret=KRAKEN_SECRET, wallets={"spot": {"BTC": "1.5", "USD": "10.01"}})
    kraken.set_price("BTC/USD", bid="60000.0", ask="60000.2", last="60000.1", volume="1000")


@pytest.fixture(scope="module")
def account(client: Client, holdings: None) -> Any:
    return client.ok(
        "new",
        payload={"type": "binance", "name": "My Binance", "api_key": EXCHANGE_KEY, "secret": EXCHANGE_SECRET},
    )


def test_new_list_info_load_pie(client: Client, account: Any) -> None:
    assert ("binance", "My Binance", EXCHANGE_KEY) == (account["market_code"], account["name"], account["api_key"])
    assert account["id"] in [each["id"] for each in client.ok("")]
    info = client.ok("account_info", account["id"])
    assert "auto_balance_portfolio" in info

    loaded = client.ok("load_balances", account["id"])
    assert SEED_KEYS == list(loaded)
    btc = Decimal("0.12345678") * Decimal("60000.11")
    usd = btc + Decimal("120.75") + Decimal("2.000000000000000001") * Decimal("2500.51")
    assert usd == Decimal(loaded["usd_amount"])
    assert divide(usd, Decimal("60000.11")) == Decimal(loaded["btc_amount"])

    rows = client.ok("pie_chart_data", account["id"])
    assert ["BTC", "ETH", "USDT"] == [row["code"] for row in rows]
    assert (0.12345678, "0.12345678", "7407.42") == (rows[0]["amount"], rows[0]["btc_value"], rows[0]["usd_value"])
    assert {"currency": "USD", "amount": str(btc.normalize())} == rows[0]["primary_display_currency"]
    assert ("1", "Bitcoin (BTC)", account["id"]) == (rows[0]["coinmarketcapid"], rows[0]["name"], rows[0]["account_id"])
    assert all(row["y"] == row["percentage"] for row in rows)


def test_a_key_that_may_trade_is_let_in_with_a_warning(
    client: Client, installation: Installation, binance: SimulatedExchange
) -> None:
    user = binance.add_user(permissions=["read", "trade"], wallets={"spot": {"USDT": "5"}})
    fields = {"type": "binance", "name": "Trader", "api_key": user.api_key, "secret": user.secret}
    account = client.ok("new", payload={**fields, "types_to_create": ["binance"]})
    assert ("binance", "ok", False) == (account["market_code"], account["api_keys_state"], account["api_key_invalid"])
    warnings = [json.loads(line) for line in installation.log.read_text().splitlines() if '"cautions"' in line]
    (warning,) = (each for each in warnings if each["account_id"] == account["id"])
    assert any("may trade" in each for each in warning["cautions"])
    assert True is client.ok("remove", account["id"])


def test_the_secret_is_in_no_answer(client: Client, account: Any) -> None:
    answers = [client.ok(""), client.ok("account_info", account["id"]), client.ok("load_balances", account["id"])]
    assert EXCHANGE_SECRET not in json.dumps(answers)


def test_kraken(client: Client) -> None:
    account = client.ok(
        "new", payload={"type": "kraken", "name": "My Kraken", "api_key": KRAKEN_KEY, "secret": KRAKEN_SECRET}
    )
    loaded = client.ok("load_balances", account["id"])
    assert Decimal("1.5") * Decimal("60000.1") + Decimal("10.01") == Decimal(loaded["usd_amount"])
    assert "KrakenSpot" != loaded["market_code"]


def test_paper(client: Client) -> None:
    account = client.ok("new", payload={"type": "paper_trading", "name": "Play money"})
    loaded = client.ok("load_balances", account["id"])
    assert Decimal(loaded["usd_amount"]) > 10000
    assert ["BTC", "USDT"] == sorted(row["code"] for row in client.ok("pie_chart_data", account["id"]))
    assert [account["id"]] == [each["id"] for each in client.ok("", mode="paper")]
    assert account["id"] not in [each["id"] for each in client.ok("", mode="real")]
    assert True is client.ok("remove", account["id"])
    status, text = client.refused("account_info", account["id"])
    assert 404 == status
    assert "not_found Not Found" in text


def test_an_rsa_key_signs_as_well(installation: Installation, account: Any) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = installation.home.parent / "public.pem"
    public.write_bytes(
        private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    made = installation.cli(
        "keys", "create", "rsa", "--permissions", "ACCOUNTS_READ", "--public-key", str(public), "--json"
    )
    key = json.loads(made.stdout)
    assert key["secret"] is None
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    client = Client(installation, Key(key["api_key"], ""), selfsigned=pem)
    assert account["id"] == client.ok("account_info", account["id"])["id"]
    assert 403 == client.refused("load_balances", account["id"])[0]


class TestRefusals:
    def test_unknown_account(self, client: Client) -> None:
        for action in ("account_info", "load_balances", "pie_chart_data", "remove"):
            status, text = client.refused(action, 2_000_000_000)
            assert 404 == status
            assert "not_found Not Found None" in text

    def test_another_users_account(self, installation: Installation, account: Any) -> None:
        installation.cli("users", "add", "bob")
        bob = Client(installation, installation.key("bobs", "--user", "bob"))
        assert [] == bob.ok("")
        for action in ("account_info", "load_balances", "pie_chart_data", "remove"):
            assert 404 == bob.refused(action, account["id"])[0]

    def test_a_reading_key_may_not_load(self, installation: Installation, account: Any) -> None:
        reader = Client(installation, installation.key("reader", permissions="ACCOUNTS_READ"))
        assert reader.ok("pie_chart_data", account["id"]) is not None
        for action in ("load_balances", "remove"):
            status, text = reader.refused(action, account["id"])
            assert 403 == status
            assert "access_denied Api key doesn't have enough permissions" in text

    def test_a_wrong_secret_and_an_unknown_key(self, installation: Installation) -> None:
        key = installation.key("wrong")
        status, text = Client(installation, Key(key.api_key, "not-the-secret")).refused("")
        assert (401, True) == (status, "signature_invalid Provided signature is invalid" in text)
        status, text = Client(installation, Key("0" * 64, key.secret)).refused("")
        assert (401, True) == (status, "api_key_invalid_or_expired Unauthorized. Invalid or expired api key." in text)

    def test_a_revoked_key(self, installation: Installation) -> None:
        key = installation.key("soon-gone")
        client = Client(installation, key)
        client.ok("")
        rows = json.loads(installation.cli("keys", "list", "--json").stdout)
        (row,) = [each for each in rows if each["name"] == "soon-gone"]
        installation.cli("keys", "revoke", str(row["id"]))
        assert 401 == client.refused("")[0]

    def test_rejected_exchange_keys(self, client: Client, binance: SimulatedExchange) -> None:
        bad = client.ok(
            "new", payload={"type": "binance", "name": "bad", "api_key": "no-such-key", "secret": "no-such-secret"}
        )
        status, text = client.refused("load_balances", bad["id"])
        assert 422 == status
        assert "invalid_api_key API keys are no longer valid or incorrect." in text
        info = client.ok("account_info", bad["id"])
        assert (True, True) == (info["api_key_invalid"], info["api_keys_state"] != "ok")
        assert "0.0" == info["usd_amount"]

    def test_a_key_that_may_withdraw(
        self, client: Client, installation: Installation, binance: SimulatedExchange
    ) -> None:
        user = binance.add_user(permissions=["read", "withdraw"])
        fields = {"type": "binance", "name": "too much", "api_key": user.api_key, "secret": user.secret}
        status, text = client.refused("new", payload=fields)
        assert 400 == status
        assert "record_invalid Invalid parameters {'api_key': [\"may withdraw" in text
        assert "too much" not in [each["name"] for each in client.ok("")]
        assert user.secret not in installation.log.read_text()

    def test_the_same_key_twice(self, client: Client, account: Any) -> None:
        status, text = client.refused(
            "new",
            payload={"type": "binance", "name": "again", "api_key": EXCHANGE_KEY, "secret": EXCHANGE_SECRET},
        )
        assert 400 == status
        assert "This account is already connected!" in text

    def test_missing_and_short_fields(self, client: Client) -> None:
        status, text = client.refused("new", payload={"type": "binance", "name": "x", "api_key": "abc"})
        assert 400 == status
        assert "record_invalid Invalid parameters" in text
        for expected in ("minimum is 2 characters", "minimum is 5 characters", "'secret': ['is missing']"):
            assert expected in text
