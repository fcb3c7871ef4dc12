"""Reading trades: each once, however many there are and wherever the reading was broken off."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.exchanges.world import NOW, connection, connector, serving

from coinassay.domain.pair import Pair
from coinassay.domain.trade import EPOCH, Trade
from coinassay.errors import CredentialsRejected, ExchangeUnavailable, NotSupportedByExchange, UnexpectedReply
from coinassay.exchanges.connector import ExchangeConnector
from coinassay.exchanges.fills import DAY, MILLISECOND, OutOfTime, Progress, by_ccxt, candidates, to_trade
from coinassay.services.ports import NewTrades
from coinassay.testing.http import Reply, Request
from coinassay.testing.simulator.exchange import SimulatedExchange

NOW_MS = (NOW - EPOCH) // MILLISECOND


@pytest.fixture
async def binance() -> AsyncIterator[SimulatedExchange]:
    async with await SimulatedExchange.start("binance") as exchange:
        yield exchange


@pytest.fixture
async def reader(binance: SimulatedExchange) -> AsyncIterator[ExchangeConnector]:
    async with connector({"binance": binance.url}) as made:
        yield made


def at(days: float) -> datetime:
    return NOW - timedelta(days=days)


def told(new: NewTrades) -> list[tuple[str, str, str]]:
    return [(f"{each.base}/{each.quote}", each.id, str(each.cost.normalize())) for each in new.trades]


# ------------------------------------------------------------------------------------------------------ Binance


async def test_trades_are_read_back_to_the_first(binance: SimulatedExchange, reader: ExchangeConnector) -> None:
    user = binance.add_user("alice")
    binance.trade(user, "BTC/USDT", "0.5", "50000.10", at=at(2000))
    binance.trade(user, "BTC/USDT", "0.1", "60000", at=at(0), buy=False)
    binance.trade(user, "ETH/BTC", "2", "0.04", at=at(10))
    new = await reader.fetch_trades(connection("binance", user), "{}", ["BTC"], NOW, 10)
    assert {
        ("BTC/USDT", "1", "25000.05"),
        ("BTC/USDT", "2", "6E+3"),
        ("ETH/BTC", "1", "0.08"),
    } == set(told(new))
    first = next(each for each in new.trades if each.cost == Decimal("25000.05"))
    assert (Decimal("0.5"), at(2000)) == (first.amount, first.at)
    assert (NOW, True, True) == (new.read_until, new.complete, new.guessed)


async def test_the_next_reading_tells_only_what_is_new(binance: SimulatedExchange, reader: ExchangeConnector) -> None:
    user = binance.add_user("alice")
    binance.trade(user, "BTC/USDT", "1", "50000")
    of = connection("binance", user)
    first = await reader.fetch_trades(of, "{}", ["BTC"], NOW, 10)
    binance.trade(user, "BTC/USDT", "1", "51000")
    binance.trade(user, "ADA/USDT", "100", "0.5")
    second = await reader.fetch_trades(of, first.cursors, ["ADA"], NOW, 10)
    assert {("BTC/USDT", "2", "5.1E+4"), ("ADA/USDT", "1", "5E+1")} == set(told(second))
    assert () == (await reader.fetch_trades(of, second.cursors, [], NOW, 10)).trades, "what was held is remembered"


async def test_more_trades_than_go_on_a_page_are_all_read(
    binance: SimulatedExchange, reader: ExchangeConnector
) -> None:
    user = binance.add_user("alice")
    for _ in range(2001):
        binance.trade(user, "BTC/USDT", "1", "1")
    binance.forget_requests()
    new = await reader.fetch_trades(connection("binance", user), "{}", ["BTC"], NOW, 20)
    assert 2001 == len(new.trades) == len({each.id for each in new.trades})


async def test_a_market_that_nobody_who_held_that_could_have_used_is_not_asked(
    binance: SimulatedExchange, reader: ExchangeConnector
) -> None:
    user = binance.add_user("alice")
    await reader.fetch_trades(connection("binance", user), "{}", [], NOW, 10)
    assert 0 == user.requests["/api/v3/myTrades"]
    await reader.fetch_trades(connection("binance", user), "{}", ["ADA"], NOW, 10)
    markets = sum(symbol.startswith("ADA/") for symbol in binance.symbols)
    assert 0 < user.requests["/api/v3/myTrades"] <= markets


async def test_a_reading_that_runs_out_of_time_goes_on_where_it_stopped(binance: SimulatedExchange) -> None:
    user = binance.add_user("alice")
    for symbol in ("ADA/USDT", "BTC/USDT", "ETH/USDT"):
        binance.trade(user, symbol, "1", "1")
    seconds = 0.0

    def slow() -> float:
        nonlocal seconds
        seconds += 0.3
        return seconds

    seen: list[str] = []
    cursors, rounds = "{}", 0
    async with connector({"binance": binance.url}, monotonic=slow) as reader:
        of = connection("binance", user)
        await reader.fetch_pairs(of.market, 1000)
        while True:
            new = await reader.fetch_trades(of, cursors, ["ADA", "BTC", "ETH"], NOW + rounds * MILLISECOND, 10)
            seen += (f"{each.base} {each.id}" for each in new.trades)
            cursors, rounds = new.cursors, rounds + 1
            if new.read_until is not None:
                break
            assert rounds < 50
    assert rounds > 1
    assert ["ADA 1", "BTC 1", "ETH 1"] == sorted(seen)
    assert NOW == new.read_until, "what was traded since the reading began may have been missed"


async def test_what_was_read_before_an_error_is_kept_and_the_error_met_again(binance: SimulatedExchange) -> None:
    user = binance.add_user("alice")
    binance.trade(user, "ADA/USDT", "1", "1")
    binance.trade(user, "BTC/USDT", "1", "2")
    failing = True

    async def answer(request: Request) -> Reply:
        if failing and request.params.get("symbol") == "BTCUSDT":
            return Reply(503, b"{}")
        return await _ask(binance, request)

    async with serving({"*": answer}) as server, connector({"binance": server.url}) as reader:
        of = connection("binance", user)
        first = await reader.fetch_trades(of, "{}", ["ADA", "BTC"], NOW, 10)
        assert ([("ADA/USDT", "1", "1")], None) == (told(first), first.read_until)
        with pytest.raises(ExchangeUnavailable):
            await reader.fetch_trades(of, first.cursors, [], NOW, 10)
        failing = False
        second = await reader.fetch_trades(of, first.cursors, [], NOW + timedelta(seconds=9), 10)
    assert ([("BTC/USDT", "1", "2")], NOW) == (told(second), second.read_until)


async def test_rejected_keys_are_said_to_be(binance: SimulatedExchange, reader: ExchangeConnector) -> None:
    user = binance.add_user("alice")
    binance.remove_user(user)
    with pytest.raises(CredentialsRejected):
        await reader.fetch_trades(connection("binance", user), "{}", ["BTC"], NOW, 10)


async def test_margin_trades_cost_their_price_times_their_amount(
    binance: SimulatedExchange, reader: ExchangeConnector
) -> None:
    user = binance.add_user("alice", wallets={"margin": {"BTC": "1"}})
    binance.trade(user, "BTC/USDT", "0.3", "50000.01", wallet="margin")
    async with connector({"binance_margin": binance.url, "binance": binance.url}) as margin:
        new = await margin.fetch_trades(connection("binance_margin", user), "{}", ["BTC"], NOW, 10)
    assert [("BTC/USDT", "1", "15000.003")] == told(new)


@pytest.mark.parametrize(
    "body", [{}, [{}], [{"id": "1", "price": "x", "qty": "1", "time": 1}], [{"id": 1, "price": "1", "qty": "1"}]]
)
async def test_rubbish_is_no_trade(binance: SimulatedExchange, body: Any) -> None:
    user = binance.add_user("alice")
    async with serving({"/api/v3/myTrades": body}) as server, connector({"binance": server.url}) as reader:
        server.answers["/api/v3/exchangeInfo"] = lambda request: _ask(binance, request)
        with pytest.raises(UnexpectedReply):
            await reader.fetch_trades(connection("binance", user), "{}", ["BTC"], NOW, 10)


async def _ask(exchange: SimulatedExchange, request: Request) -> Reply:
    return await exchange._answer(request)


@pytest.mark.parametrize("code", ["paper_trading", "binance_futures", "binance_futures_coin", "bithumb"])
async def test_where_trades_are_not_told_nobody_is_asked(code: str) -> None:
    async with serving({"*": {}}) as server, connector({"bithumb": server.url, "binance": server.url}) as reader:
        with pytest.raises(NotSupportedByExchange):
            await reader.fetch_trades(connection(code), "{}", ["BTC"], NOW, 10)
        assert not server.asked


# ------------------------------------------------------------------------------------------------------- Kraken


async def test_kraken_is_read_page_by_page_by_the_common_reader() -> None:
    """It tells the newest 50 of a span; the reader closes the gap behind them."""
    async with await SimulatedExchange.start("kraken") as kraken:
        user = kraken.add_user("alice", wallets={"spot": {"BTC": "1"}})
        for n in range(120):
            kraken.trade(user, "BTC/USD", "0.1", f"{50000 + n}", at=at(100) + timedelta(minutes=n))
        kraken.trade(user, "ETH/EUR", "1", "2000", at=at(1000))
        async with connector({"kraken": kraken.url}) as reader:
            of = connection("kraken", user)
            first = await reader.fetch_trades(of, "{}", ["BTC"], NOW, 20)
            assert 120 == len(first.trades) == len({each.id for each in first.trades})
            assert {("BTC", "USD")} == {(each.base, each.quote) for each in first.trades}
            assert Decimal(600714) == sum(each.cost for each in first.trades)
            assert not first.guessed
            assert (NOW, False) == (first.read_until, first.complete), "what is older than two years is not asked for"
            kraken.trade(user, "ETH/EUR", "1", "2000", at=NOW + timedelta(seconds=5))
            second = await reader.fetch_trades(of, first.cursors, [], NOW + timedelta(minutes=1), 20)
            assert [("ETH/EUR", "2E+3")] == [(market, cost) for market, _, cost in told(second)]
            assert "120 BTC" not in str(await reader.fetch_reading(of, 10)), "the catalogue changes no balance"


# ------------------------------------------------------------------------------------------- the common reader


class FakeExchange:
    """Tells the newest or the oldest `page` of its trades within a span, as exchanges do."""

    id = "fake"
    name = "Fake"

    def __init__(
        self, trades: Sequence[tuple[int, int]], page: int, *, newest: bool, feature: Mapping[str, Any] | None = None
    ) -> None:
        """`trades`: number and milliseconds."""
        self.trades = trades
        self.page = page
        self.newest = newest
        self.calls: list[tuple[str | None, int, int]] = []
        self.markets = {"BTC/USDT": {"base": "BTC", "quote": "USDT", "settle": None}}
        self.features = {"spot": {"fetchMyTrades": feature or {}}}

    async def fetch_my_trades(
        self, symbol: str | None, since: int, limit: int | None, params: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        until = params["until"]
        self.calls.append((symbol, since, until))
        found = sorted((when, number) for number, when in self.trades if since <= when <= until)
        chosen = found[-self.page :] if self.newest else found[: self.page]
        return [
            {"id": str(number), "timestamp": when, "symbol": "BTC/USDT", "amount": "1", "cost": str(number)}
            for when, number in chosen
        ]


def progress_of(cursors: Mapping[str, Any] | None = None, now: int = NOW_MS) -> Progress:
    return Progress(dict(cursors or {}), (), now, lambda: None)


def numbers(trades: Sequence[Trade]) -> list[int]:
    return sorted(int(each.id) for each in trades)


@given(
    st.lists(st.integers(NOW_MS - 700 * DAY, NOW_MS), unique=True, max_size=60),
    st.integers(2, 12),
    st.booleans(),
    st.sampled_from([None, 7, 30, 100000]),
    st.booleans(),
)
async def test_every_trade_is_read_once(
    times: list[int], page: int, newest: bool, until_days: int | None, said: bool
) -> None:
    feature = {"limit": page if said else None, "daysBack": None, "untilDays": until_days}
    exchange = FakeExchange(list(enumerate(times)), page, newest=newest, feature=feature)
    progress = progress_of()
    await by_ccxt(exchange, progress, "spot", [None])
    assert list(range(len(times))) == numbers(progress.trades)
    cursors = json.loads(json.dumps(progress.cursors(finished=True)))
    again = progress_of(cursors, NOW_MS + 1000)
    exchange.trades = [*exchange.trades, (1000, NOW_MS + 500)]
    await by_ccxt(exchange, again, "spot", [None])
    assert [1000] == numbers(again.trades)


async def test_a_trade_that_is_told_late_is_not_missed() -> None:
    exchange = FakeExchange([(1, NOW_MS - 1000)], 50, newest=True)
    first = progress_of()
    await by_ccxt(exchange, first, "spot", [None])
    exchange.trades = [(1, NOW_MS - 1000), (2, NOW_MS - 2000)]
    second = progress_of(first.cursors(finished=True), NOW_MS + 60_000)
    await by_ccxt(exchange, second, "spot", [None])
    assert [2] == numbers(second.trades)


async def test_a_limited_history_is_asked_for_as_far_as_it_goes() -> None:
    exchange = FakeExchange([(1, NOW_MS - 80 * DAY), (2, NOW_MS - 95 * DAY)], 50, newest=True, feature={"daysBack": 90})
    progress = progress_of()
    await by_ccxt(exchange, progress, "spot", [None])
    assert ([1], False) == (numbers(progress.trades), progress.complete)
    assert NOW_MS - 90 * DAY == exchange.calls[0][1]


async def test_a_long_stream_is_read_on_from_the_middle() -> None:
    """Each reading has time for two requests only, in any order in which the exchange tells its trades."""
    for newest in (True, False):
        exchange = FakeExchange([(n, NOW_MS - n * DAY) for n in range(40)], 5, newest=newest)
        found: list[Trade] = []
        cursors: Mapping[str, Any] = {}
        for tick in range(60):
            left = 2

            def check() -> None:
                nonlocal left
                if not left:
                    raise OutOfTime
                left -= 1

            progress = Progress(dict(cursors), (), NOW_MS + tick, check)
            try:
                await by_ccxt(exchange, progress, "spot", [None])
                finished = True
            except OutOfTime:
                finished = False
            found += progress.trades
            cursors = json.loads(json.dumps(progress.cursors(finished=finished)))
            if finished:
                break
        assert finished
        assert list(range(40)) == numbers(found)


async def test_streams_that_are_read_are_not_asked_again_in_the_same_round() -> None:
    exchange = FakeExchange([(1, NOW_MS - 5)], 50, newest=True, feature={"limit": 50})
    left = 1

    def check() -> None:
        nonlocal left
        if not left:
            raise OutOfTime
        left -= 1

    progress = Progress({}, (), NOW_MS, check)
    with pytest.raises(OutOfTime):
        await by_ccxt(exchange, progress, "spot", ["BTC/USDT", "ETH/USDT"])
    cursors = json.loads(json.dumps(progress.cursors(finished=False)))
    second = progress_of(cursors, NOW_MS + 5000)
    await by_ccxt(exchange, second, "spot", ["BTC/USDT", "ETH/USDT"])
    assert ["BTC/USDT", "ETH/USDT"] == [symbol for symbol, _, _ in exchange.calls]
    assert NOW_MS == second.began


@pytest.mark.parametrize(
    "row",
    [
        {"symbol": "BTC/USDT", "timestamp": 1, "amount": "1", "cost": "1"},
        {"id": "1", "symbol": "BTC/USDT", "timestamp": None, "amount": "1", "cost": "1"},
        {"id": "1", "symbol": "BTCUSDT", "timestamp": 1, "amount": "1", "cost": "1"},
        {"id": "1", "symbol": "BTC/USDT", "timestamp": 1, "amount": "1", "cost": None},
        {"id": "1", "symbol": "BTC/USDT", "timestamp": 1, "amount": 1.5, "cost": "1"},
    ],
)
def test_a_trade_has_an_id_a_market_a_time_and_exact_numbers(row: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedReply):
        to_trade(FakeExchange([], 1, newest=True), row)


def test_contracts_cost_what_they_are_settled_in() -> None:
    exchange = SimpleNamespace(
        id="x", name="X", markets={"BTC/USD:BTC": {"base": "BTC", "quote": "USD", "settle": "BTC"}}
    )
    row = {"id": "1", "symbol": "BTC/USD:BTC", "timestamp": 1, "amount": "100", "cost": "-0.002"}
    trade = to_trade(exchange, row)
    assert ("BTC", Decimal("0.002")) == (trade.quote, trade.cost)
    closed = to_trade(exchange, row | {"symbol": "ETH/USDT:USDT"})
    assert ("ETH", "USDT") == (closed.base, closed.quote)


def test_markets_are_those_between_what_was_held_and_common_money() -> None:
    pairs = [Pair(f"{q}_{b}", f"{b}/{q}", b, q) for b, q in (part.split("/") for part in MARKETS.split())]
    assert "ADA/BTC ADA/USDT ADA/DOT BTC/DOT" == " ".join(pair.symbol for pair in candidates(pairs, ["ADA", "DOT"]))


MARKETS = "ADA/BTC ADA/USDT ADA/TRY ADA/DOT BTC/DOT SOL/DOT BTC/USDT ETH/BTC"
