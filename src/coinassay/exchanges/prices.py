"""Prices of exchanges, asked without keys, in the thread of their catalogues."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from coinassay.domain.rates import Quote
from coinassay.errors import (
    CredentialsRejected,
    ExchangeError,
    ExchangePermissionMissing,
    ExchangeUnavailable,
    NotSupportedByExchange,
    UnexpectedReply,
)
from coinassay.exchanges.background import Background
from coinassay.exchanges.calls import ask
from coinassay.exchanges.public import Catalogues, Key
from coinassay.exchanges.quotes import is_usable, pairs_for, quote_of, quotes_of
from coinassay.services.ports import Clock

AT_ONCE = 8
"""Single tickers asked for at the same time."""

ONE_BY_ONE = frozenset(("coinbaseinternational", "deribit", "gemini", "mudrex"))
"""Exchanges whose list of all prices is of no use: without bid and ask, by currency, or for futures only."""


class Prices:
    """All of it but `quotes` runs in the thread."""

    def __init__(
        self,
        catalogues: Catalogues,
        background: Background,
        clock: Clock,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalogues = catalogues
        self._background = background
        self._clock = clock
        self._now = now

    async def quotes(self, key: Key, codes: Sequence[str], until: float) -> Sequence[Quote]:
        """What is known at `until` (time.monotonic). Raises ExchangeError."""
        return await self._background.run(lambda: self._quotes(key, codes, until))

    async def _quotes(self, key: Key, codes: Sequence[str], until: float) -> Sequence[Quote]:
        if key not in self._catalogues and not (await self._catalogues.bare(key)).has.get("spot"):
            return ()  # before a catalogue is fetched in which there is no spot market
        exchange = (await self._catalogues.loaded(key)).exchange
        quotes: list[Quote] = []
        refusal: ExchangeError | None = None
        if exchange.has.get("fetchTickers") and exchange.id not in ONE_BY_ONE:
            try:
                quotes = await self._catalogues.shared("prices", key, lambda: self._all(exchange))
            except (NotSupportedByExchange, CredentialsRejected, ExchangePermissionMissing) as e:
                refusal = e  # only by symbol, or only with a key: asked one by one it may answer
        if any(quote.bid is not None and quote.ask is not None for quote in quotes):
            return quotes
        # Some lists have last prices only (Coinbase): the markets that matter are then asked for bid and ask.
        good = {(quote.base, quote.quote) for quote in quotes if is_usable(quote)}
        pairs = [symbol for symbol in pairs_for(codes, exchange.markets) if tuple(symbol.split("/")) not in good]
        if not exchange.has.get("fetchTicker") or (refusal is not None and not pairs):
            if refusal is not None:
                raise refusal
            return quotes
        if not pairs:
            return quotes
        single = await self._single(exchange, pairs, until, alone=not quotes)
        renewed = {(quote.base, quote.quote) for quote in single}
        return [*(quote for quote in quotes if (quote.base, quote.quote) not in renewed), *single]

    async def _all(self, exchange: Any) -> list[Quote]:
        tickers = await ask(exchange.id, exchange.fetch_tickers())
        return self._read(exchange, tickers.values() if isinstance(tickers, dict) else tickers)

    async def _single(self, exchange: Any, symbols: Sequence[str], until: float, *, alone: bool) -> list[Quote]:
        """The quotes that came until then. A market that could not be asked for has one that says so, and no numbers:
        without it, a coin whose ticker failed could not be told from one without a market.

        `alone`: nothing else is known of these prices, so the first failure is raised when none came.
        """
        free = asyncio.Semaphore(AT_ONCE)

        async def one(symbol: str) -> Any:
            async with free:
                return await ask(exchange.id, exchange.fetch_ticker(symbol))

        tasks = [asyncio.create_task(one(symbol)) for symbol in symbols]
        try:
            await asyncio.wait(tasks, timeout=max(0.0, until - self._now()))
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        found = [self._one(exchange, symbol, result) for symbol, result in zip(symbols, results, strict=True)]
        if alone and not any(isinstance(each, Quote) and _has_price(each) for each in found):
            raise next(
                (each for each in found if isinstance(each, ExchangeError)),
                UnexpectedReply(f"{exchange.id} sent prices without a price.", exchange_id=exchange.id),
            )
        quotes = (
            _missed(exchange, symbol, each) if isinstance(each, ExchangeError) else each
            for symbol, each in zip(symbols, found, strict=True)
        )
        return [quote for quote in quotes if quote is not None]

    def _one(self, exchange: Any, symbol: str, result: Any) -> Quote | ExchangeError | None:
        """What came of asking for one market."""
        if isinstance(result, asyncio.CancelledError):
            return ExchangeUnavailable(f"{exchange.id} did not say the price in time.", exchange_id=exchange.id)
        if isinstance(result, BaseException):
            if isinstance(result, ExchangeError):
                return result
            raise result
        quote = quote_of(result, exchange.markets, exchange.id, self._clock())
        if quote is not None and not _has_price(quote) and not result.get("info"):
            return UnexpectedReply(f"{exchange.id} sent a price without a price.", exchange_id=exchange.id)
        return quote

    def _read(self, exchange: Any, tickers: Iterable[Any]) -> list[Quote]:
        """Raises UnexpectedReply where not one of them has a price: ccxt makes that of `{}` and of HTML."""
        quotes = quotes_of(tickers, exchange.markets, exchange.id, self._clock())
        if not any(map(_has_price, quotes)):
            raise UnexpectedReply(f"{exchange.id} sent prices without a price.", exchange_id=exchange.id)
        return quotes


def _has_price(quote: Quote) -> bool:
    return bool(quote.bid or quote.ask or quote.last)


def _missed(exchange: Any, symbol: str, error: ExchangeError) -> Quote | None:
    """None where the exchange did answer: that it has no such market, or tells it to key holders only."""
    if isinstance(error, (NotSupportedByExchange, CredentialsRejected)):
        return None
    market = exchange.markets[symbol]
    return Quote(market["base"], market["quote"], exchange.id, None, failure=error.message)
