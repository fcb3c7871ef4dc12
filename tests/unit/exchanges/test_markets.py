"""What can be connected, and that it agrees with the installed ccxt."""

from __future__ import annotations

import subprocess
import sys

import pytest

from coinassay.domain.market import FIELD_LABELS
from coinassay.exchanges import generate_markets
from coinassay.exchanges.markets import CCXT_CREDENTIALS, MarketTable, ccxt_credentials

TABLE = MarketTable()

OF_3COMMAS = [
    "binance",
    "binance_us",
    "binance_margin",
    "binance_futures",
    "binance_futures_coin",
    "binance_futures_eea",
    "bybit_spot",
    "bybit_usdt_perpetual",
    "bybit",
    "bitget",
    "kucoin",
    "okex",
    "okex_futures",
    "coinbase_advanced",
    "gdax",
    "gate_io",
    "gate_io_usdt_perpetual",
    "gate_io_btc_perpetual",
    "huobi",
    "crypto_com",
    "kraken",
    "bitfinex",
    "bitstamp",
    "deribit",
    "gemini",
    "poloniex",
    "paper_trading",
]


def test_the_file_is_what_the_installed_ccxt_says() -> None:
    """After an upgrade of ccxt: python -m coinassay.exchanges.generate_markets"""
    assert generate_markets.TARGET.read_text("utf-8") == generate_markets.render(generate_markets.generate())


def test_all_market_codes_of_3commas_are_offered_first() -> None:
    codes = [market.code for market in TABLE.list()]
    assert set() == set(OF_3COMMAS) - set(codes)
    assert len(codes) == len(set(codes))
    assert codes.index("paper_trading") < codes.index("alpaca")


@pytest.mark.parametrize("code", ["bitmex", "bittrex", "ftx", "ftx_us", "binance_tr", "", "Binance", "okx", "htx"])
def test_what_is_gone_or_goes_by_another_code_is_not_offered(code: str) -> None:
    """binance_tr: ccxt 4.5.90 has no such exchange."""
    assert TABLE.find(code) is None


def test_every_exchange_ccxt_can_read_is_offered_once() -> None:
    exchanges = generate_markets.generate()
    offered = [market.exchange_id for market in TABLE.list()]
    assert set(exchanges) == set(offered) - {"paper"}
    by_id = {market.code for market in TABLE.list()} & set(exchanges)
    assert "mexc" in by_id
    assert "binanceusdm" not in by_id, "binance_futures already"


def test_the_names_on_the_wire() -> None:
    market = TABLE.find("binance_us")
    assert market is not None
    assert ("Binance US Spot", "BinanceUs", "binance", ("spot",)) == (
        market.name,
        market.display_type,
        market.icon,
        market.kinds,
    )
    paper = TABLE.find("paper_trading")
    assert paper is not None
    assert ("Paper trading account", "PaperTrading", "paper_trading", ()) == (
        paper.name,
        paper.display_type,
        paper.icon,
        paper.required,
    )


@pytest.mark.parametrize(
    ("code", "required", "optional"),
    [
        ("binance", ("secret", "api_key"), ()),
        ("okex", ("secret", "api_key", "passphrase"), ()),
        ("kucoin", ("secret", "api_key", "passphrase"), ()),
        ("bitget", ("secret", "api_key", "passphrase"), ()),
        ("gdax", ("secret", "api_key", "passphrase"), ()),
        ("bitstamp", ("secret", "api_key"), ("customer_id",)),
        ("coinmate", ("secret", "api_key", "customer_id"), ()),
        ("ndax", ("secret", "api_key", "passphrase", "customer_id", "login"), ()),
        ("hyperliquid", ("wallet_address", "private_key"), ()),
        ("woofipro", ("secret", "api_key", "account_id"), ()),
        ("paper_trading", (), ()),
    ],
)
def test_which_credentials_a_market_wants(code: str, required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    market = TABLE.find(code)
    assert market is not None
    assert (required, optional) == (market.required, market.optional)


def test_every_credential_of_ccxt_has_a_field_of_ours_with_a_label() -> None:
    wanted = {name for entry in generate_markets.generate().values() for name in entry["credentials"]}
    assert set() == wanted - set(CCXT_CREDENTIALS.values())
    assert set() == {field for market in TABLE.list() for field in market.required} - set(FIELD_LABELS)


def test_credentials_under_ccxts_names() -> None:
    assert {"apiKey": "k", "secret": "s", "password": "p", "uid": "u"} == ccxt_credentials(
        {"api_key": "k", "secret": "s", "passphrase": "p", "customer_id": "u", "subaccount_name": "ignored"}
    )


def test_reading_the_table_and_the_plans_loads_no_ccxt() -> None:
    """0.5 s and 96 MB that a server which only answers reads must not pay; nor cryptography, for the table."""
    code = (
        "import sys; from coinassay.exchanges.markets import MarketTable; from coinassay.exchanges.wallets import plan; "
        "assert all(plan(market) for market in MarketTable().list() if market.required); "
        "sys.exit(bool({'ccxt', 'aiohttp', 'cryptography'} & set(sys.modules)))"
    )
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


@pytest.mark.parametrize(
    ("code", "others"),
    [
        ("binance", "binance_margin binance_portfolio_margin binance_futures binance_futures_coin"),
        ("binance_futures_eea", "binance binance_margin binance_portfolio_margin binance_futures_coin"),
        ("binance_us", ""),
        ("bybit", "bybit_spot bybit_usdt_perpetual"),
        ("gate_io", "gate_io_usdt_perpetual gate_io_btc_perpetual"),
        ("kucoin", "kucoinfutures"),
        ("kraken", ""),
        ("coinbase_advanced", ""),
        ("paper_trading", ""),
    ],
)
def test_one_key_opens_several_markets(code: str, others: str) -> None:
    table = MarketTable()
    market = table.find(code)
    assert market is not None
    assert [code, *others.split()] == [each.code for each in table.sharing_keys(market)]
