from __future__ import annotations

from typing import Any

import ccxt.async_support as ccxt
import pytest
from tests.unit.exchanges.world import MARKETS, market

from coinassay.errors import ConfigurationError
from coinassay.exchanges.addresses import Addresses, checked, point_at

HERE = "http://127.0.0.1:8080"
THERE = "https://proxy.example.com/exchanges"


@pytest.mark.parametrize(
    "url", [HERE, THERE, "http://localhost", "http://[::1]:9", "http://127.8.8.8:1", "https://example.com:8443"]
)
def test_https_and_loopback_are_taken(url: str) -> None:
    assert url == checked("binance", url + "/")


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example .com",
        " https://api.example.com",
        "https://api.example.com\n",
        "https://api.exa\tmple.com",
        "https://api.example.com/\x00",
        "https://api.example.com/\x7f",
        "https://api.example.com/\u2028",
        "http://example.com",
        "http://10.0.0.1:8080",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "ftp://127.0.0.1",
        "127.0.0.1:8080",
        "",
        "https://",
        "https://user:secret@example.com",
        "https://example.com/?key=1",
        "https://example.com/#x",
        "http://127.0.0.1:99999",
        "http://[::1",
    ],
)
def test_anything_else_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Addresses({"binance": url})
    assert "binance" in raised.value.message
    assert raised.value.hint
    assert "secret" not in raised.value.message


def test_scheme_and_host_are_replaced_at_any_depth_and_paths_stay() -> None:
    api = {
        "spot": {"public": "https://api.{hostname}/v3", "private": "https://api.{hostname}/v3"},
        "list": ["http://old.example.com", "https://old.example.com/"],
        "ws": "wss://stream.example.com/ws",
        "nothing": None,
    }
    assert {
        "spot": {"public": f"{HERE}/v3", "private": f"{HERE}/v3"},
        "list": [HERE, f"{HERE}/"],
        "ws": "wss://stream.example.com/ws",
        "nothing": None,
    } == point_at(HERE, api)
    assert "https://old.example.com/" == api["list"][1]  # type: ignore[index]


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in values for text in strings(each)]


@pytest.mark.parametrize("exchange_id", ccxt.exchanges)
def test_every_exchange_of_ccxt_can_be_pointed_elsewhere(exchange_id: str) -> None:
    api = getattr(ccxt, exchange_id)().urls["api"]
    for url in strings(point_at(HERE, api)):
        assert url.startswith((HERE, "ws")), url


def test_a_market_codes_url_goes_before_that_of_its_exchange() -> None:
    addresses = Addresses({"binance_margin": HERE, "binance": THERE}, MARKETS.list())
    assert HERE == addresses.of_account(market("binance_margin"))
    assert THERE == addresses.of_account(market("binance"))
    assert addresses.of_account(market("kraken")) is None


def test_futures_have_the_prices_of_the_spot_exchange_of_their_house() -> None:
    assert ("binance", None) == Addresses({}).of_prices("binanceusdm")
    assert ("binance", None) == Addresses({}).of_prices("binancecoinm")
    assert ("kraken", None) == Addresses({}).of_prices("krakenfutures")
    assert ("kraken", None) == Addresses({}).of_prices("kraken")


def test_the_prices_of_a_market_that_was_pointed_elsewhere_are_asked_there_too() -> None:
    only_futures = Addresses({"binance_futures": HERE}, MARKETS.list())
    assert ("binance", HERE) == only_futures.of_prices("binanceusdm")
    assert ("binance", None) == only_futures.of_prices("binance")
    both = Addresses({"binance_futures": HERE, "binance": THERE}, MARKETS.list())
    assert ("binance", THERE) == both.of_prices("binanceusdm")
    only_margin = Addresses({"binance_margin": HERE}, MARKETS.list())
    assert ("binance", HERE) == only_margin.of_prices("binance")
    by_id = Addresses({"binanceusdm": HERE}, MARKETS.list())
    assert ("binance", HERE) == by_id.of_prices("binanceusdm")
    assert HERE == by_id.of_account(market("binance_futures"))
