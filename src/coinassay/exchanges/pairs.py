"""What can be traded at an exchange and at which price, asked without keys."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from coinassay.domain.market import Market
from coinassay.domain.pair import Pair
from coinassay.domain.rates import Quote
from coinassay.errors import ExchangeError, NotSupportedByExchange, UnexpectedReply
from coinassay.exchanges.addresses import Addresses
from coinassay.exchanges.background import Background
from coinassay.exchanges.calls import ask
from coinassay.exchanges.public import Catalogues, Key, lists_apart
from coinassay.exchanges.quotes import best, priced
from coinassay.services.ports import Clock

QUOTE_AGE = 3.0
"""Seconds for which one answer serves all who ask for the price of a pair."""

PAIRS_AGE = 60.0
"""Seconds until it is looked up again whether the catalogue was renewed."""

FAILURE_AGE = 15.0
"""Seconds for which an exchange that could not be asked for its pairs is left alone."""

MOST_QUOTES = 5000

MOST_MARKETS = 40

PERPETUAL_IN: Mapping[str, str] = {
    "bybit_usdt_perpetual": "USDT",
    "gate_io_usdt_perpetual": "USDT",
    "gate_io_btc_perpetual": "BTC",
}
"""Market codes with only those contracts that are settled in one currency and do not end at a date."""

PAID_IN: Mapping[str, str] = {"binance_futures_eea": "BNFCR"}
"""Market codes whose contracts are settled in another currency than ccxt's catalogue says: Binance settles them in its
credits for residents of the European Economic Area, and the wire calls the pairs by those (BNFCR_1INCHUSDT)."""

ON_MARGIN = frozenset(("binance_margin",))

BOOK_LIMITS = dict.fromkeys(("binance", "binanceusdm", "binancecoinm", "binanceus"), 5)
"""Rows of the order book to ask for; elsewhere as many as come unasked: many exchanges take only certain numbers."""


@dataclass(slots=True)
class _Kept:
    pairs: Mapping[str, Pair]
    failure: ExchangeError | None
    until: float


class Pairs:
    """All of it but `pairs` and `quote` runs in the thread of the catalogues."""

    def __init__(
        self,
        catalogues: Catalogues,
        background: Background,
        addresses: Addresses,
        clock: Clock,
        now: Callable[[], float] = time.monotonic,
        *,
        size: int = MOST_QUOTES,
        markets: int = MOST_MARKETS,
    ) -> None:
        """`size`: prices kept. `markets`: those whose pairs are kept."""
        self._catalogues = catalogues
        self._background = background
        self._addresses = addresses
        self._clock = clock
        self._now = now
        self._size = size
        self._markets = markets
        self._pairs: dict[str, _Kept] = {}
        """By market code."""
        self._quotes: dict[tuple[str, str], tuple[float, Quote]] = {}
        """By market code and symbol."""
        self._apart: dict[str, bool] = {}
        """By exchange: whether its contracts have a catalogue of their own."""

    async def pairs(self, market: Market) -> Mapping[str, Pair]:
        """By code, in the exchange's order. Raises ExchangeError."""
        kept = self._pairs.get(market.code)
        if kept is None or self._now() >= kept.until:
            known = kept.pairs if kept is not None else {}
            kept = self._pairs[market.code] = await self._background.run(lambda: self._read(market, known))
            if len(self._pairs) > self._markets:
                del self._pairs[next(iter(self._pairs))]
        if kept.failure is not None:
            raise copy.copy(kept.failure) from kept.failure
        return kept.pairs

    async def quote(self, market: Market, pair: Pair) -> Quote:
        """Raises ExchangeError."""
        which = market.code, pair.symbol
        kept = self._quotes.get(which)
        if kept is None or self._now() >= kept[0]:
            quote = await self._background.run(lambda: self._ask(market, pair))
            if len(self._quotes) >= self._size:
                self._quotes.clear()
            kept = self._quotes[which] = (self._now() + QUOTE_AGE, quote)
        return kept[1]

    async def listed(self, market: Market, *, futures: bool) -> Any:
        """The ccxt object with the catalogue of the market's spot markets or of its contracts, to be read only.

        Raises ExchangeError.
        """
        return await self._background.run(lambda: self._listed(market, futures))

    # ---------------------------------------------------------------------------------------------- in the thread

    async def _listed(self, market: Market, futures: bool) -> Any:
        return (await self._catalogues.loaded(await self._futures(market) if futures else self._key(market))).exchange

    async def _read(self, market: Market, known: Mapping[str, Pair]) -> _Kept:
        """Those that are known stand in when the exchange does not answer."""
        found: dict[str, Pair] = {}
        try:
            if "spot" in market.kinds:
                spot = (await self._catalogues.loaded(self._key(market))).listing.spot
                found.update((code, pair) for code, pair in spot.items() if belongs(market, pair))
            if "futures" in market.kinds:
                contracts = (await self._catalogues.loaded(await self._futures(market))).listing.contracts
                for pair in contracts.values():
                    if belongs(market, pair):
                        ours = as_paid(market, pair)
                        found[ours.code] = ours
        except ExchangeError as e:
            return _Kept(known, None if known else e, self._now() + FAILURE_AGE)
        return _Kept(found, None, self._now() + PAIRS_AGE)

    async def _ask(self, market: Market, pair: Pair) -> Quote:
        key = self._key(market) if pair.leverage is None else await self._futures(market)
        return await self._catalogues.shared(f"quote {pair.symbol}", key, lambda: self._fetch(key, pair))

    async def _fetch(self, key: Key, pair: Pair) -> Quote:
        """The ticker; bid and ask from the order book where it has none, as Binance's futures."""
        exchange = (await self._catalogues.loaded(key)).exchange
        symbol = pair.symbol
        if symbol not in exchange.markets:
            raise NotSupportedByExchange(f"{exchange.id} has closed this market.", exchange_id=exchange.id)
        quote = priced(await self._ticker(exchange, symbol), pair.base, pair.quote, exchange.id, self._clock())
        if (quote.bid is None or quote.ask is None) and exchange.has.get("fetchOrderBook"):
            limit = BOOK_LIMITS.get(exchange.id)
            book = await ask(exchange.id, exchange.fetch_order_book(symbol, limit))
            quote = replace(quote, bid=best(book.get("bids"), max), ask=best(book.get("asks"), min))
        if quote.last is None and quote.bid is None and quote.ask is None:
            raise UnexpectedReply(f"{exchange.id} did not say a price of {symbol}.", exchange_id=exchange.id)
        return quote

    async def _ticker(self, exchange: Any, symbol: str) -> Mapping[str, Any]:
        if exchange.has.get("fetchTicker"):
            found = await ask(exchange.id, exchange.fetch_ticker(symbol))
        elif exchange.has.get("fetchTickers"):
            found = (await ask(exchange.id, exchange.fetch_tickers([symbol]))).get(symbol)
        else:
            found = {}
        return found if isinstance(found, Mapping) else {}

    def _key(self, market: Market) -> Key:
        return Key(market.exchange_id, self._addresses.of_market(market))

    async def _futures(self, market: Market) -> Key:
        """The catalogue in which the contracts are: of their own where the exchange has a choice."""
        key = self._key(market)
        if key.exchange_id not in self._apart:
            self._apart[key.exchange_id] = lists_apart(await self._catalogues.bare(key))
        return key._replace(futures=True) if self._apart[key.exchange_id] else key


def belongs(market: Market, pair: Pair) -> bool:
    """Whether the pair can be traded in an account of this market code, and not only elsewhere at its exchange."""
    if pair.leverage is None:
        return pair.margin or market.code not in ON_MARGIN
    if market.code not in PERPETUAL_IN:
        return True
    return pair.settle == PERPETUAL_IN[market.code] and pair.symbol.endswith(f":{pair.settle}")


def as_paid(market: Market, pair: Pair) -> Pair:
    """The contract as an account of this market code knows it."""
    settle = PAID_IN.get(market.code)
    if settle is None:
        return pair
    return replace(pair, code=settle + pair.code.removeprefix(pair.settle), settle=settle)
