"""Reading the trades of accounts at all exchanges (port TradeSource)."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from coinassay.domain.account import PAPER
from coinassay.domain.market import Market
from coinassay.domain.trade import EPOCH
from coinassay.errors import ExchangeError, NotSupportedByExchange
from coinassay.exchanges.calls import ask
from coinassay.exchanges.fills import (
    MILLISECOND,
    MOST_STREAMS,
    OutOfTime,
    Progress,
    by_ccxt,
    candidates,
    feature_of,
    moment,
)
from coinassay.exchanges.instances import Instances, share
from coinassay.exchanges.pairs import Pairs
from coinassay.exchanges.quirks import binance_trades
from coinassay.services.ports import Connection, NewTrades

KINDS = {"spot": "spot", "futures": "swap"}
"""ccxt's name of a kind of market by ours."""

UNREADABLE = frozenset(("binance_futures", "binance_futures_coin", "binance_futures_eea", "binance_portfolio_margin"))
"""Where trades are told for one market at a time and nothing the account holds says which: any contract may be traded
for USDT."""


class Trades:
    """Of one connector: shares its objects, limits and catalogues."""

    def __init__(self, instances: Instances, pairs: Pairs, now: Callable[[], float] = time.monotonic) -> None:
        self._instances = instances
        self._pairs = pairs
        self._now = now

    async def fetch(
        self, connection: Connection, cursors: str, assets: Sequence[str], now: datetime, until: float
    ) -> NewTrades:
        """What TradeSource.fetch_trades says; `until` on the clock of time.monotonic."""
        market = connection.market
        if market.code == PAPER or market.code in UNREADABLE:
            raise _untold(market)
        progress = Progress(json.loads(cursors), assets, (now - EPOCH) // MILLISECOND, lambda: self._check(until))
        read = self._read_binance if market.code in binance_trades.METHODS else self._read_by_ccxt
        try:
            finished = await read(connection, progress)
        except ExchangeError:
            if not progress.moved:
                raise
            finished = False  # what there is counts; the next reading will meet the error again, if it is still there
        return NewTrades(
            trades=tuple(progress.trades),
            cursors=json.dumps(progress.cursors(finished=finished)),
            read_until=moment(progress.began) if finished else None,
            complete=progress.complete,
            guessed=progress.guessed,
        )

    def _check(self, until: float) -> None:
        if self._now() >= until:
            raise OutOfTime

    async def _read_binance(self, connection: Connection, progress: Progress) -> bool:
        market = connection.market
        pairs = tuple((await self._pairs.pairs(market)).values())
        markets = (await self._pairs.listed(market, futures=False)).markets
        async with self._instances.lease(connection) as exchange:
            return await _in_time(connection, binance_trades.read(exchange, progress, market.code, pairs, markets))

    async def _read_by_ccxt(self, connection: Connection, progress: Progress) -> bool:
        market = connection.market
        async with self._instances.borrow(market, connection.credentials) as exchange:
            if not exchange.has.get("fetchMyTrades"):
                raise _untold(market)
        pairs = tuple((await self._pairs.pairs(market)).values())
        for ours in market.kinds:
            async with self._object(connection, futures=ours == "futures") as exchange:
                kind = KINDS[ours]
                symbols: list[str | None] = [None]
                if feature_of(exchange, kind).get("symbolRequired"):
                    progress.guessed = True
                    found = candidates(pairs, progress.assets)
                    symbols = [pair.symbol for pair in found if bool(pair.settle) == (kind == "swap")]
                    if len(symbols) > MOST_STREAMS:
                        symbols, progress.complete = symbols[:MOST_STREAMS], False
                if not await _in_time(connection, by_ccxt(exchange, progress, kind, symbols)):
                    return False
        return True

    @asynccontextmanager
    async def _object(self, connection: Connection, *, futures: bool) -> AsyncIterator[Any]:
        """A ccxt object with the catalogue its parser of trades needs: one of its own, except at an exchange that wants
        the numbers of one key's requests in order."""
        market = connection.market
        listed = await self._pairs.listed(market, futures=futures)
        lent = (
            self._instances.lease(connection)
            if getattr(listed, "in_order", False)
            else self._instances.borrow(market, connection.credentials)
        )
        async with lent as exchange:
            share(listed, exchange)
            yield exchange


def _untold(market: Market) -> NotSupportedByExchange:
    return NotSupportedByExchange(f"{market.name} tells nobody his trades.", exchange_id=market.exchange_id)


async def _in_time(connection: Connection, reading: Awaitable[None]) -> bool:
    """Whether the reading came to its end. Raises ExchangeError."""

    async def read() -> bool:
        try:
            await reading
        except OutOfTime:
            return False
        return True

    return await ask(connection.market.exchange_id, read(), tuple(connection.credentials.values()))
