"""GET accounts/market_pairs, in both versions."""

from __future__ import annotations

import pytest
from tests.api.client import BASE, Client
from tests.api.conftest import House

from coinassay.domain.pair import Instrument, Leverage, Pair
from coinassay.errors import ExchangeThrottled, ExchangeUnavailable, NotSupportedByExchange

PATHS = ["/ver1/accounts/market_pairs", "/v2/accounts/market_pairs"]

BTC = Pair("USDT_BTC", "BTC/USDT", "BTC", "USDT")
ETH = Pair("BTC_ETH", "ETH/BTC", "ETH", "BTC")
CONTRACT = Pair("USDT_1INCHUSDT", "1INCH/USDT:USDT", "1INCH", "USDT", Instrument.LINEAR, "USDT", leverage=Leverage())


@pytest.fixture(autouse=True)
def scripts(house: House) -> None:
    house.market_data.script_pairs("binance", [BTC, ETH])
    house.market_data.script_pairs("binance_futures", [CONTRACT])


@pytest.mark.parametrize("path", PATHS)
async def test_an_array_of_quote_and_base(alice: Client, path: str) -> None:
    reply = await alice.get(f"{path}?market_code=binance")
    assert (200, b'["USDT_BTC","BTC_ETH"]') == (reply.status_code, reply.body)


async def test_contracts_go_by_their_own_name(alice: Client) -> None:
    assert ["USDT_1INCHUSDT"] == (await alice.get(f"{PATHS[0]}?market_code=binance_futures")).json()


@pytest.mark.parametrize("headers", [{}, {"apikey": "nobody", "signature": "rubbish"}])
async def test_nobody_has_to_sign(alice: Client, headers: dict[str, str]) -> None:
    target = f"{BASE}{PATHS[0]}?market_code=binance".encode()
    assert 200 == (await alice.send_unsigned("GET", target, headers=headers)).status_code


async def test_older_clients_name_the_market_by_its_display_type(alice: Client) -> None:
    reply = await alice.get(f"{PATHS[0]}?pretty_display_type=BinanceFutures")
    assert ["USDT_1INCHUSDT"] == reply.json()
    reply = await alice.get(f"{PATHS[0]}?pretty_display_type=BinanceFutures&market_code=binance")
    assert ["USDT_BTC", "BTC_ETH"] == reply.json(), "the code counts"


async def test_unknown_parameters_are_ignored(alice: Client) -> None:
    assert 2 == len((await alice.get(f"{PATHS[0]}?market_code=binance&limit=1&secret=x&account_id=7")).json())


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "is missing"),
        ("?", "is missing"),
        ("?market_code=", "does not have a valid value"),
        ("?market_code=ftx", "does not have a valid value"),
        ("?market_code[]=binance", "is invalid"),
        ("?market_code=bin%00ance", "is invalid"),
        ("?pretty_display_type=Nowhere", "does not have a valid value"),
    ],
)
async def test_a_market_that_is_none(alice: Client, query: str, text: str) -> None:
    reply = await alice.get(PATHS[0] + query)
    assert reply.json() == {
        "error": "record_invalid",
        "error_description": "Invalid parameters",
        "error_attributes": {"market_code": [text]},
    }
    assert 400 == reply.status_code


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ExchangeUnavailable("binance did not answer in 15 s."), 503, "exchange_unavailable"),
        (ExchangeThrottled("wait", retry_after=3), 503, "exchange_throttled"),
        (NotSupportedByExchange("no"), 422, "not_supported_by_exchange"),
    ],
)
async def test_an_exchange_that_cannot_be_asked(
    house: House, alice: Client, error: ExchangeUnavailable, status: int, code: str
) -> None:
    house.market_data.script_pairs("binance", error)
    reply = await alice.get(f"{PATHS[0]}?market_code=binance")
    assert (status, "unknown_market_api_error") == (reply.status_code, reply.error)
    assert {"exchange": [code]} == reply.json()["error_attributes"]


async def test_paper_trading_has_the_pairs_of_its_source_or_of_the_daily_closes(house: House, alice: Client) -> None:
    path = f"{PATHS[0]}?market_code=paper_trading"
    assert ["USDT_BTC", "BTC_ETH"] == (await alice.get(path)).json()
    house.market_data.script_pairs("binance", ExchangeUnavailable())
    assert {"USD_BTC", "USDT_BTC", "BTC_ETH"} <= set((await alice.get(path)).json())
