"""The port TradeSource, scripted and over a simulated exchange."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from coinassay.domain.account import Credentials
from coinassay.domain.trade import Trade
from coinassay.errors import ExchangeUnavailable, NotSupportedByExchange
from coinassay.exchanges.connector import ExchangeConnector
from coinassay.exchanges.markets import MarketTable
from coinassay.pricing.catalogue import BundledCatalogue
from coinassay.services.ports import Connection, TradeSource
from coinassay.testing.scripted import ScriptedTrades
from coinassay.testing.simulator.exchange import SimulatedExchange

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASSETS = ["BTC"]


@dataclass
class Case:
    """A source, an account of it, and how to let it trade and fail."""

    source: TradeSource
    connection: Connection
    trade: Callable[[str, str], object]
    """Amount and price of a trade of BTC for USDT."""
    fail: Callable[[], object]
    untold: Connection


def to_connection(code: str, fields: dict[str, str]) -> Connection:
    market = MarketTable().find(code)
    assert market is not None
    return Connection(1 if code == "binance" else 2, market, Credentials(fields))


@pytest.fixture(params=["scripted", "simulated"])
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    untold = to_connection("paper_trading", {"api_key": "p"})
    if request.param == "scripted":
        source, trades = ScriptedTrades(), list[Trade]()
        answers: list[list[Trade]] = []

        def trade(amount: str, price: str) -> None:
            number = len(trades) + 1
            made = Trade(str(number), NOW, "BTC", "USDT", Decimal(amount), Decimal(amount) * Decimal(price))
            trades.append(made)
            answers.append([made])
            source.script(1, *answers)

        source.script(2, NotSupportedByExchange())
        yield Case(
            source,
            to_connection("binance", {"api_key": "k", "secret": "s"}),
            trade,
            lambda: source.script(1, *answers, ExchangeUnavailable()),
            untold,
        )
        return
    async with await SimulatedExchange.start("binance") as exchange:
        user = exchange.add_user("alice")
        connector = ExchangeConnector(
            BundledCatalogue(), base_urls={"binance": exchange.url}, limits={"binance": 1e6}, clock=lambda: NOW
        )
        yield Case(
            connector,
            to_connection("binance", {"api_key": user.api_key, "secret": user.secret}),
            lambda amount, price: exchange.trade(user, "BTC/USDT", amount, price, at=NOW),
            lambda: exchange.faults.add("maintenance"),
            untold,
        )
        await connector.close()


async def read(case: Case, cursors: str = "{}") -> tuple[list[Trade], str]:
    """Everything there is to be told."""
    found: list[Trade] = []
    for _ in range(20):
        new = await case.source.fetch_trades(case.connection, cursors, ASSETS, NOW, 10)
        found += new.trades
        cursors = new.cursors
        if new.read_until is not None:
            assert new.read_until <= NOW
            return found, cursors
    raise AssertionError("the reading does not end")


async def test_an_account_that_never_traded(case: Case) -> None:
    trades, cursors = await read(case)
    assert [] == trades
    assert isinstance(cursors, str)


async def test_all_trades_are_told_with_exact_amounts(case: Case) -> None:
    case.trade("0.5", "50000.02")
    case.trade("0.00000001", "60000")
    trades, _ = await read(case)
    assert [
        ("BTC", "USDT", Decimal("0.5"), Decimal("25000.01")),
        ("BTC", "USDT", Decimal("1E-8"), Decimal("0.0006")),
    ] == [(each.base, each.quote, each.amount, each.cost) for each in trades]
    assert {NOW} == {each.at for each in trades}
    assert len(trades) == len({each.id for each in trades})


async def test_with_the_cursors_only_new_trades_are_told(case: Case) -> None:
    case.trade("1", "50000")
    _, cursors = await read(case)
    assert [] == (await read(case, cursors))[0]
    case.trade("2", "50000")
    assert [Decimal(2)] == [each.amount for each in (await read(case, cursors))[0]]


async def test_the_same_cursors_are_told_the_same(case: Case) -> None:
    """What could not be stored is asked for again."""
    case.trade("1", "50000")
    assert await read(case) == await read(case)


async def test_a_failure_is_an_exchange_error(case: Case) -> None:
    case.trade("1", "50000")
    _, cursors = await read(case)
    case.fail()
    with pytest.raises(ExchangeUnavailable):
        await read(case, cursors)


async def test_where_trades_are_not_told_it_is_said(case: Case) -> None:
    with pytest.raises(NotSupportedByExchange):
        await case.source.fetch_trades(case.untold, "{}", ASSETS, NOW + timedelta(1), 10)
