"""A pause the exchange has asked for: who waits for prices is told as soon as who waits for balances."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.unit.exchanges.world import connection, connector

from coinassay.errors import ExchangeThrottled, ExchangeUnavailable
from coinassay.exchanges.connector import ExchangeConnector
from coinassay.testing.simulator.exchange import SimulatedExchange


async def refused(made: ExchangeConnector, exchange: SimulatedExchange, retry_after: int) -> None:
    """An account is read, and the exchange asks for a pause."""
    exchange.faults.add("throttled", endpoint="/api/v3/account", times=1, retry_after=retry_after)
    with pytest.raises(ExchangeThrottled):
        await made.fetch_reading(connection("binance_us", exchange.add_user()), 5)


@pytest.mark.parametrize("known", [True, False], ids=["catalogue known", "nothing known"])
async def test_prices_are_refused_at_once_during_a_pause(known: bool) -> None:
    async with (
        await SimulatedExchange.start("binanceus") as exchange,
        connector({"binance_us": exchange.url}) as made,
    ):
        if known:
            await made.fetch_quotes("binanceus", ["BTC"], 10)
        await refused(made, exchange, 30)
        asked = exchange.requests.total()
        started = time.monotonic()
        with pytest.raises(ExchangeThrottled) as raised:
            await made.fetch_quotes("binanceus", ["BTC"], 5)
        assert time.monotonic() - started < 1
        assert raised.value.retry_after in (29, 30)
        assert "asked for a pause" in raised.value.message
        assert asked == exchange.requests.total()


async def test_a_pause_that_ends_in_time_is_waited_for() -> None:
    async with (
        await SimulatedExchange.start("binanceus") as exchange,
        connector({"binance_us": exchange.url}) as made,
    ):
        await made.fetch_quotes("binanceus", ["BTC"], 10)
        await refused(made, exchange, 1)
        assert await made.fetch_quotes("binanceus", ["BTC"], 10)


async def test_a_pause_that_begins_meanwhile_is_what_is_told_at_the_end() -> None:
    async with (
        await SimulatedExchange.start("binanceus") as exchange,
        connector({"binance_us": exchange.url}) as made,
    ):
        await made.fetch_quotes("binanceus", ["BTC"], 10)
        exchange.faults.add("hang", endpoint="/api/v3/ticker/24hr")
        waiting = asyncio.create_task(made.fetch_quotes("binanceus", ["BTC"], 0.5))
        with pytest.raises(ExchangeUnavailable):
            await waiting
        waiting = asyncio.create_task(made.fetch_quotes("binanceus", ["BTC"], 0.5))
        await refused(made, exchange, 30)
        with pytest.raises(ExchangeThrottled):
            await waiting
