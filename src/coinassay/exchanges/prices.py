"""Catalogues and prices of exchanges, asked without keys, in a thread of their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from coinassay.domain.rates import Quote
from coinassay.errors import (
    CredentialsRejected,
    ExchangeError,
    ExchangePermissionMissing,
    ExchangeUnavailable,
    NotSupportedByExchange,
    UnexpectedReply,
)
from coinassay.exchanges import library
from coinassay.exchanges.background import Background
from coinassay.exchanges.calls import ask
from coinassay.exchanges.instances import NEEDS_CATALOGUE
from coinassay.exchanges.limiter import DEADLINE, Limiters
from coinassay.exchanges.quotes import is_usable, pairs_for, quotes_of
from coinassay.services.ports import Clock

_T = TypeVar("_T")
Key = tuple[str, str | None]
"""Exchange id and base URL."""

CATALOGUE_AGE = 6 * 3600.0
"""Seconds until the catalogue is fetched again. New markets wait so long; the old ones are served meanwhile."""

RETRY_AFTER = 600.0
"""Seconds until a failed renewal is tried again."""

LOAD_TIMEOUT = 60.0
"""Seconds a catalogue may take, longer than any one caller waits: the next one finds it there."""

AT_ONCE = 8
"""Single tickers asked for at the same time."""

ONE_BY_ONE = frozenset(("coinbaseinternational", "deribit", "gemini", "mudrex"))
"""Exchanges whose list of all prices is of no use: without bid and ask, by currency, or for futures only."""

TICKER_PARAMS = {exchange_id: {"category": "spot"} for exchange_id in ("bybit", "bybiteu", "bybitid")}

NEEDS_CURRENCIES = NEEDS_CATALOGUE | {"bitso", "hyperliquid", "kraken", "latoken"}
"""Exchanges whose markets are read along their currencies; for the others it is a request less."""


@dataclass(slots=True)
class _Public:
    exchange: Any
    renew_at: float


class Prices:
    """All of it but `quotes`, `catalogue` and `close` runs in the thread."""

    def __init__(self, limiters: Limiters, clock: Clock, now: Callable[[], float] = time.monotonic) -> None:
        self._limiters = limiters
        self._clock = clock
        self._now = now
        self._background = Background("coinassay prices")
        self._session: Any = None
        self._public: dict[Key, _Public] = {}
        self._tasks: dict[tuple[str, Key], asyncio.Task[Any]] = {}

    async def quotes(self, key: Key, codes: Sequence[str], until: float) -> Sequence[Quote]:
        """What is known at `until` (time.monotonic). Raises ExchangeError."""
        return await self._background.run(lambda: self._quotes(key, codes, until))

    async def catalogue(self, exchange_id: str, base_url: str | None) -> Any:
        """The object without keys with its catalogue. It belongs to the thread: here it is only read from."""
        return await self._background.run(lambda: self._loaded((exchange_id, base_url)))

    async def close(self) -> None:
        await self._background.close(self._close)

    async def _close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._public.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    # ------------------------------------------------------------------------------------------------- quotes

    async def _quotes(self, key: Key, codes: Sequence[str], until: float) -> Sequence[Quote]:
        if key not in self._public and not (await self._bare(key)).has.get("spot"):
            return ()  # before a catalogue is fetched in which there is no spot market
        exchange = await self._loaded(key)
        quotes: list[Quote] = []
        refusal: ExchangeError | None = None
        if exchange.has.get("fetchTickers") and exchange.id not in ONE_BY_ONE:
            try:
                quotes = await self._shared("prices", key, lambda: self._all(exchange))
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
        try:
            single = await self._single(exchange, pairs, until)
        except ExchangeError:
            if not quotes:
                raise
            return quotes
        renewed = {(quote.base, quote.quote) for quote in single}
        return [*(quote for quote in quotes if (quote.base, quote.quote) not in renewed), *single]

    async def _all(self, exchange: Any) -> list[Quote]:
        tickers = await ask(exchange.id, exchange.fetch_tickers(None, TICKER_PARAMS.get(exchange.id, {})))
        return self._read(exchange, tickers.values() if isinstance(tickers, dict) else tickers)

    async def _single(self, exchange: Any, symbols: Sequence[str], until: float) -> list[Quote]:
        """The quotes that came until then. Raises the first failure when none did."""
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
        tickers = [each for each in results if not isinstance(each, BaseException)]
        if tickers:
            return self._read(exchange, tickers)
        raise next(
            (each for each in results if isinstance(each, ExchangeError)),
            ExchangeUnavailable(f"{exchange.id} did not say any price in time.", exchange_id=exchange.id),
        )

    def _read(self, exchange: Any, tickers: Iterable[Any]) -> list[Quote]:
        """Raises UnexpectedReply where not one of them has a price: ccxt makes that of `{}` and of HTML."""
        quotes = quotes_of(tickers, exchange.markets, exchange.id, self._clock())
        if not any(quote.bid or quote.ask or quote.last for quote in quotes):
            raise UnexpectedReply(f"{exchange.id} sent prices without a price.", exchange_id=exchange.id)
        return quotes

    # ---------------------------------------------------------------------------------------------- catalogues

    async def _loaded(self, key: Key) -> Any:
        known = self._public.get(key)
        if known is None:
            return (await self._shared("catalogue", key, lambda: self._load(key))).exchange
        if self._now() >= known.renew_at:
            known.renew_at = self._now() + RETRY_AFTER
            self._started("catalogue", key, lambda: self._load(key))
        return known.exchange

    async def _bare(self, key: Key) -> Any:
        """A new object without keys, its catalogue not loaded."""
        loaded = await library.load()
        if self._session is None:
            self._session = loaded.open_session()
        exchange = loaded.public(key[0], self._session, key[1])
        exchange.limiter = self._limiters.of(exchange)
        return exchange

    async def _load(self, key: Key) -> _Public:
        exchange = await self._bare(key)
        prepare(exchange)
        await ask(exchange.id, exchange.load_markets())
        if not exchange.markets:  # what ccxt makes of `{}` and of HTML; kept, it would leave everything without a price
            raise UnexpectedReply(f"{exchange.id} sent a catalogue without a market.", exchange_id=exchange.id)
        strip(exchange)
        public = self._public[key] = _Public(exchange, self._now() + CATALOGUE_AGE)
        return public

    # ---------------------------------------------------------------------------------------------------- both

    async def _shared(self, name: str, key: Key, make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """The result of the one such task that is under way, for all who wait. It goes on when they leave."""
        return await asyncio.shield(self._started(name, key, make))

    def _started(self, name: str, key: Key, make: Callable[[], Coroutine[Any, Any, _T]]) -> asyncio.Task[_T]:
        task = self._tasks.get((name, key))
        if task is None:
            task = self._tasks[name, key] = asyncio.create_task(self._patiently(key[0], make))
            task.add_done_callback(lambda done: self._ended((name, key), done))
        return task

    def _ended(self, which: tuple[str, Key], task: asyncio.Task[Any]) -> None:
        self._tasks.pop(which, None)
        if not task.cancelled():
            task.exception()  # everybody may have left; a renewal has nobody who waits

    async def _patiently(self, exchange_id: str, make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Not by the deadline of the caller who happened to come first."""
        DEADLINE.set(self._now() + LOAD_TIMEOUT)
        try:
            async with asyncio.timeout(LOAD_TIMEOUT):
                return await make()
        except TimeoutError as e:
            raise ExchangeUnavailable(
                f"{exchange_id} did not answer in {LOAD_TIMEOUT:g} s.", exchange_id=exchange_id
            ) from e


def prepare(exchange: Any) -> None:
    """Spot only, and no request that is not needed: also fewer that can fail."""
    exchange.has = {**exchange.has, "fetchCurrencies": exchange.id in NEEDS_CURRENCIES}
    exchange.number = float  # the numbers of the catalogue are not used, and some classes calculate with them
    if exchange.has.get("spot"):
        exchange.options["defaultType"] = "spot"
    options = exchange.options.get("fetchMarkets")
    if not isinstance(options, dict):
        return
    types = options.get("types")
    if isinstance(types, list) and "spot" in types:
        options["types"] = ["spot"]
    elif isinstance(types, dict) and "spot" in types and all(isinstance(wanted, bool) for wanted in types.values()):
        options["types"] = {name: name == "spot" for name in types}
    if "fetchTickersFees" in options:
        options["fetchTickersFees"] = False


def strip(exchange: Any) -> None:
    """Frees the exchange's own rows, three quarters of a catalogue's memory. `markets` and `markets_by_id` hold
    different objects."""
    for market in exchange.markets.values():
        market["info"] = None
    for markets in exchange.markets_by_id.values():
        for market in markets:
            market["info"] = None
    for currency in exchange.currencies.values():
        currency["info"] = None
        currency["networks"] = {}
    exchange.number = str
