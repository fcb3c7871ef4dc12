"""A reading tells of each wallet as soon as it is done."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.exchanges.world import connection, connector, plans

from coinassay.domain.balance import Balance, WalletReading
from coinassay.errors import ExchangeUnavailable
from coinassay.exchanges.reading import Fetched, Resolve
from coinassay.testing.simulator.exchange import SimulatedExchange

HERE = "http://127.0.0.1:1"
BTC = Fetched((Balance("BTC", "spot", Decimal("0.1"), Decimal("0.1")),))


def after(answered: asyncio.Event | None, outcome: Fetched | Exception, done: asyncio.Event | None = None) -> Any:
    async def fetch(exchange: Any, resolve: Resolve) -> Fetched:
        if answered is not None:
            await answered.wait()
        if done is not None:
            done.set()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return fetch


async def test_each_wallet_is_told_when_it_is_done() -> None:
    first = asyncio.Event()
    wallets = plans(
        ("spot", after(first, BTC)),
        ("futures", after(None, ExchangeUnavailable("It is down."), first)),
    )
    told: list[WalletReading] = []
    async with connector({"kraken": HERE}, plan=wallets) as made:
        reading = await made.fetch_reading(replace(connection("kraken"), tell=told.append), 5)
    assert [each.wallet for each in told] == ["futures", "spot"]
    assert (told[0].failure, told[0].reason) == ("exchange_unavailable", "It is down.")
    assert sorted(told, key=lambda each: each.wallet) == sorted(reading.wallets, key=lambda each: each.wallet)


async def test_a_wallet_that_does_not_answer_is_told_once() -> None:
    told: list[WalletReading] = []
    async with connector(
        {"kraken": HERE}, plan=plans(("spot", after(None, BTC)), ("futures", after(asyncio.Event(), BTC)))
    ) as made:
        await made.fetch_reading(replace(connection("kraken"), tell=told.append), 0.2)
    assert [(each.wallet, each.failure) for each in told] == [("spot", ""), ("futures", "exchange_unavailable")]


async def test_when_nothing_can_be_read_that_is_told_too() -> None:
    told: list[WalletReading] = []
    wallets = plans(("spot", after(None, ExchangeUnavailable("It is down."))))
    async with connector({"kraken": HERE}, plan=wallets) as made:
        with pytest.raises(ExchangeUnavailable):
            await made.fetch_reading(replace(connection("kraken"), tell=told.append), 5)
    assert [(each.wallet, each.ok) for each in told] == [("spot", False)]


async def test_of_a_simulated_exchange() -> None:
    told: list[WalletReading] = []
    async with await SimulatedExchange.start("binance") as exchange, connector({"binance": exchange.url}) as made:
        user = exchange.add_user(wallets={"spot": {"BTC": "1"}})
        exchange.faults.add("server_error", wallet="funding")
        reading = await made.fetch_reading(replace(connection("binance", user), tell=told.append), 10)
    assert {each.wallet: each.ok for each in told} == {"spot": True, "funding": False, "earn": True}
    assert len(told) == len(reading.wallets)
