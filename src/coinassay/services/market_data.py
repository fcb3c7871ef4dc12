"""What can be traded in the accounts of a market, by which rules and at which price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from coinassay.domain.account import PAPER
from coinassay.domain.market import Market
from coinassay.domain.money import divide
from coinassay.domain.pair import Pair
from coinassay.domain.rates import BTC, DAILY_CLOSE, USD, Quote
from coinassay.errors import ExchangeError, UnknownPair
from coinassay.services.ports import AccountStore, Clock, DailyCloses, MarketData, Markets

TIMEOUT = 15.0
"""Seconds for everything one question takes."""

PAPER_TIMEOUT = 3.0
"""Seconds that an exchange gets to price paper trading before the daily closes do."""

PAPER_REST = timedelta(minutes=5)
"""How long an exchange is left alone after it did not answer for paper trading."""

PAPER_QUOTES = (USD, "USDT", BTC)
"""What everything with a daily close can be paid with on paper."""


@dataclass(frozen=True, slots=True)
class PairRates:
    pair: Pair
    quote: Quote


class MarketDataService:
    def __init__(
        self,
        accounts: AccountStore,
        markets: Markets,
        data: MarketData,
        closes: DailyCloses,
        clock: Clock,
        *,
        paper_sources: Sequence[str] = (),
        timeout: float = TIMEOUT,
    ) -> None:
        """`paper_sources`: ids of the exchanges whose pairs and prices paper trading has, the best first; the daily
        closes when none of them answers. `timeout` in seconds."""
        self._accounts = accounts
        self._markets = markets
        self._data = data
        self._closes = closes
        self._clock = clock
        self._paper_sources = [found for each in paper_sources if (found := _spot_market(markets, each)) is not None]
        self._timeout = timeout
        self._rest_until: dict[str, datetime] = {}
        self._closing: Mapping[str, Pair] | None = None

    async def list_pairs(self, market: Market) -> Sequence[str]:
        """The codes of the pairs ("USDT_BTC", "USDT_BTCUSDT"). Raises ExchangeError."""
        return tuple((await self._pairs(market))[1])

    async def rates(self, market: Market, code: str) -> PairRates:
        """Rules and price of one pair. Raises UnknownPair, ExchangeError."""
        source, pairs = await self._pairs(market)
        pair = pairs.get(code)
        if pair is None:
            raise UnknownPair
        if source is None:
            return PairRates(pair, self._close(pair))
        if market.code != PAPER:
            return PairRates(pair, await self._data.fetch_quote(source, pair, self._timeout))
        try:
            return PairRates(pair, await self._data.fetch_quote(source, pair, PAPER_TIMEOUT))
        except ExchangeError:
            self._leave_alone(source)
            closing = self._closing_pairs().get(code)
            if closing is None:
                raise
            return PairRates(closing, self._close(closing))

    async def pair_of_account(self, user_id: int, account_id: int, code: str) -> Pair:
        """A pair that can be traded in one account. Raises NotFound, UnknownPair, ExchangeError."""
        account = await self._accounts.get_account(user_id, account_id)
        market = self._markets.find(account.market_code)
        if market is None:
            raise UnknownPair
        pair = (await self._pairs(market))[1].get(code)
        if pair is None:
            raise UnknownPair
        return pair

    async def _pairs(self, market: Market) -> tuple[Market | None, Mapping[str, Pair]]:
        """The pairs by code, and whose they are; None: of the daily closes."""
        if market.code != PAPER:
            return market, await self._data.fetch_pairs(market, self._timeout)
        for source in self._paper_sources:
            rest = self._rest_until.get(source.code)
            if rest is not None and self._clock() < rest:
                continue
            try:
                return source, await self._data.fetch_pairs(source, PAPER_TIMEOUT)
            except ExchangeError:
                self._leave_alone(source)
        return None, self._closing_pairs()

    def _closing_pairs(self) -> Mapping[str, Pair]:
        if self._closing is None:
            self._closing = _pairs_of(self._closes)
        return self._closing

    def _leave_alone(self, source: Market) -> None:
        self._rest_until[source.code] = self._clock() + PAPER_REST

    def _close(self, pair: Pair) -> Quote:
        """The closes of the last day that both sides have one for."""
        sides = [pair.base] if pair.quote == USD else [pair.base, pair.quote]
        day = min(close[0] for each in sides if (close := self._closes.latest(each)) is not None)
        prices = [close[1] for each in sides if (close := self._closes.find(each, day)) is not None]
        price = None
        if len(prices) == len(sides):
            price = prices[0] if pair.quote == USD else divide(*prices)
        return Quote(pair.base, pair.quote, DAILY_CLOSE, datetime.combine(day, time(), UTC), last=price)


def _spot_market(markets: Markets, exchange_id: str) -> Market | None:
    """The market whose pairs are the exchange's spot markets."""
    spot = [each for each in markets.list() if each.exchange_id == exchange_id and "spot" in each.kinds]
    return next((each for each in spot if each.kinds == ("spot",)), spot[0] if spot else None)


def _pairs_of(closes: DailyCloses) -> Mapping[str, Pair]:
    codes = tuple(closes.codes)
    counters = [each for each in PAPER_QUOTES if each == USD or each in codes]
    pairs = (
        Pair(f"{quote}_{base}", f"{base}/{quote}", base, quote) for quote in counters for base in codes if base != quote
    )
    return {pair.code: pair for pair in pairs}
