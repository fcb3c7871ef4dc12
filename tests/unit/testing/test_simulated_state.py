"""What a simulated exchange is told, without a network."""

from __future__ import annotations

import asyncio
import sys
import threading
from decimal import Decimal

import httpx
import pytest

from coinassay.domain.money import NotANumber
from coinassay.testing import SimulatedExchange
from coinassay.testing.simulator.amounts import Amounts, amounts, padded
from coinassay.testing.simulator.board import price_places
from coinassay.testing.simulator.demo_market import NO_MARKET


def d(text: str) -> Decimal:
    return Decimal(text)


def test_amounts_are_given_in_three_ways() -> None:
    assert Amounts(d("1.5")) == amounts("1.5") == amounts(d("1.5")) == amounts({"free": "1.5"}) == amounts(["1.5"])
    assert Amounts(d("100"), d("20")) == amounts(("100", "20"))
    assert d("0.79") == amounts({"free": "1", "borrowed": "0.2", "interest": "0.01"}).net
    for wrong in ({"owned": "1"}, ("1", "2", "3")):
        with pytest.raises(ValueError, match=r"not an amount|a pair is"):
            amounts(wrong)
    with pytest.raises(NotANumber):
        amounts("lots")


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("1.5", 8, "1.50000000"),
        ("1E+2", 2, "100.00"),
        ("1E-12", 8, "0.000000000001"),
        ("10", 0, "10"),
        ("-0.5", 3, "-0.500"),
    ],
)
def test_numbers_are_padded_and_never_cut(value: str, places: int, text: str) -> None:
    assert text == padded(d(value), places)


@pytest.mark.parametrize(("price", "places"), [("63738.36", 2), ("101", 2), ("1.5", 4), ("0.1", 5), ("0.00001893", 9)])
def test_small_prices_are_quoted_more_finely(price: str, places: int) -> None:
    assert places == price_places(d(price))


@pytest.mark.parametrize("dialect", ["binance", "binanceus", "kraken"])
def test_the_demo_market_has_what_valuations_meet(dialect: str) -> None:
    exchange = SimulatedExchange(dialect)
    board = exchange._world.board
    coins = {pair.base for pair in board.pairs.values()}

    assert len(coins) >= 38
    assert any(pair.base in {"USDC", "USDT"} for pair in board.pairs.values())
    assert [pair.symbol for pair in board.pairs.values() if pair.dead_since] == [
        {"binance": "BTC/TUSD", "binanceus": "BTC/DAI", "kraken": "BTC/DAI"}[dialect]
    ]
    assert NO_MARKET in board.coins
    assert not any(NO_MARKET in (pair.base, pair.quote) for pair in board.pairs.values())
    for pair in board.pairs.values():
        if pair.dead_since is None:
            assert 0 < pair.bid < pair.last < pair.ask
            # at the prices of the table, no step may be more than a percent wide
            assert (pair.ask - pair.bid) * 50 < pair.last, pair.symbol


def test_a_market_needs_a_price_to_begin_with() -> None:
    exchange = SimulatedExchange(demo_market=False)
    assert () == exchange.symbols
    with pytest.raises(ValueError, match="has no price yet"):
        exchange.set_price("BTC/USDT", volume="3")
    for wrong in ("BTCUSDT", "/USDT", "BTC/"):
        with pytest.raises(ValueError, match="not a symbol"):
            exchange.set_price(wrong, last="3")
    exchange.set_price("BTC/USDT", bid="3")
    exchange.kill_market("BTC/USDT", last="5")
    assert d("5") == exchange.price("BTC/USDT")
    exchange.set_price("BTC/USDT", last="6")
    assert exchange._world.board.pairs["BTC/USDT"].dead_since is None


def test_users_are_checked_when_they_are_added() -> None:
    exchange = SimulatedExchange("kraken")
    user = exchange.add_user("alice")
    with pytest.raises(ValueError, match="another user"):
        exchange.add_user(api_key=user.api_key)
    with pytest.raises(ValueError, match="base64"):
        exchange.add_user(secret="not base64!")
    with pytest.raises(ValueError, match="no such permission: fly"):
        exchange.add_user(permissions=["read", "fly"])
    with pytest.raises(ValueError, match="does not appear to be"):
        exchange.add_user(ip_allowlist=["here"])
    with pytest.raises(ValueError, match="there are binance, binanceus, kraken"):
        SimulatedExchange("mtgox")
    with pytest.raises(ValueError, match="no such permission"):
        SimulatedExchange("binance").add_user(permissions=["query-funds"])


def test_made_up_keys_are_always_the_same_and_look_the_part() -> None:
    first, second = (SimulatedExchange("binance").add_user("alice") for _ in range(2))
    assert (first.api_key, first.secret) == (second.api_key, second.secret)
    assert (64, 64) == (len(first.api_key), len(first.secret))
    assert first.api_key.isalnum()
    kraken = SimulatedExchange("kraken").add_user("alice")
    assert (56, 88) == (len(kraken.api_key), len(kraken.secret))
    exchange = SimulatedExchange("binance")
    assert 50 == len({exchange.add_user().api_key for _ in range(50)})


def test_a_secret_is_in_no_representation() -> None:
    exchange = SimulatedExchange("binance")
    user = exchange.add_user("alice", wallets={"spot": {"BTC": "1"}})
    assert user.secret not in f"{user!r} {exchange!r} {exchange._world!r} {exchange.requests!r}"


def test_exchanges_run_in_a_thread_for_code_without_an_event_loop(http: httpx.Client) -> None:
    before = threading.active_count()
    with SimulatedExchange.all_running("binance", "kraken") as exchanges:
        assert before + 1 == threading.active_count()
        assert 200 == http.get(f"{exchanges['binance'].url}/api/v3/ping").status_code
        assert [] == http.get(f"{exchanges['kraken'].url}/0/public/Time").json()["error"]
        assert {"/api/v3/ping": 1} == exchanges["binance"].requests
        urls = {each.url for each in exchanges.values()}
    assert 2 == len(urls)
    assert before == threading.active_count()
    for url in urls:
        with pytest.raises(httpx.ConnectError):
            http.get(url)


def test_the_thread_ends_when_the_port_is_taken() -> None:
    before = threading.active_count()
    with SimulatedExchange.running("binance") as exchange:
        port = int(exchange.url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"), SimulatedExchange.running("kraken", port):
            pass
    assert before == threading.active_count()


def test_state_may_change_while_it_is_served(simulated_binance: SimulatedExchange, http: httpx.Client) -> None:
    """Changed in one thread while another reads it: no half-changed state is ever sent."""
    simulated_binance.fill_catalogue(300)
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            simulated_binance.set_price("BTC/USDT", last="2")
            simulated_binance.set_price("N/USDT", last="1")
            simulated_binance.set_price("BTC/USDT", last="3")
            simulated_binance.remove_market("N/USDT")

    changing = threading.Thread(target=change)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    simulated_binance.set_price("BTC/USDT", last="1")
    changing.start()
    try:
        for _ in range(30):
            reply = http.get(f"{simulated_binance.url}/api/v3/ticker/24hr")
            books = {each["symbol"]: each for each in reply.json()}
            assert books["BTCUSDT"]["bidPrice"] == books["BTCUSDT"]["askPrice"]
    finally:
        over.set()
        changing.join()
        sys.setswitchinterval(before)


def test_only_loopback_addresses_are_served() -> None:
    async def start() -> None:
        await SimulatedExchange.start("binance", host="0.0.0.0")

    with pytest.raises(ValueError, match="loopback addresses only"):
        asyncio.run(start())


def test_requests_are_counted_by_path_without_what_may_be_secret(
    simulated_binance: SimulatedExchange, http: httpx.Client
) -> None:
    http.get(f"{simulated_binance.url}/api/v3/account?signature=abc&timestamp=1")
    assert {"/api/v3/account": 1} == simulated_binance.requests
    simulated_binance.forget_requests()
    assert {} == simulated_binance.requests
