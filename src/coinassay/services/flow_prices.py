"""What deposits and withdrawals were worth at their own time (docs/explanation/flows.md)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from coinassay.domain.balance import Balance
from coinassay.domain.market import Market
from coinassay.domain.money import CONTEXT, ONE, divide
from coinassay.domain.movement import Sight
from coinassay.domain.rates import BTC, DAILY_CLOSE, USD, RateBook
from coinassay.domain.snapshot import FlowPrice, Money, PriceOrigin
from coinassay.domain.trade import start_of_day
from coinassay.domain.valuation import in_btc
from coinassay.errors import ExchangeError
from coinassay.services.ports import DailyCloses, RateSource
from coinassay.services.ports.flows import PastPrice, PastPrices

RECENT = timedelta(minutes=15)
"""So long ago the present price is that of the time."""
NEAR = timedelta(hours=1)
"""So far from a snapshot its prices are better than a close of the day."""
FAR = timedelta(days=7)
"""Beyond it a snapshot says nothing about a price."""
MOST_QUESTIONS = 24
"""Past prices asked of an exchange for one load."""
LEAST_TIME = 0.5
"""Seconds: with less left, nothing is asked."""

Need = tuple[str, datetime]
"""An asset and the moment its price is wanted of."""


@dataclass(slots=True)
class Known:
    """What is at hand without asking anybody."""

    book: RateBook
    """The rates of the present load."""
    sights: Sequence[Sight] = ()
    """Snapshots around the moments asked about."""
    asked: dict[Need, PastPrice | None] = field(default_factory=dict)


class FlowPrices:
    """The order: the user's dollar is a dollar; the present price; a snapshot of the account within the hour; the
    bundled close of the day; the exchange's own past price; the nearest snapshot of the account; and for an asset that
    the present load has a price for, that price, because then its value holds the movement at it."""

    def __init__(
        self,
        rates: RateSource,
        closes: DailyCloses,
        past: PastPrices,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rates = rates
        self._closes = closes
        self._past = past
        self._now = monotonic

    async def find(
        self, market: Market, needs: Iterable[Need], known: Known, now: datetime, timeout: float
    ) -> Mapping[Need, FlowPrice]:
        """By need; what has no price is left out."""
        until = self._now() + timeout
        wanted = list(dict.fromkeys(needs))
        recent = await self._present(market, [asset for asset, at in wanted if now - at <= RECENT], known, until)
        found: dict[Need, FlowPrice] = {}
        for asset, at in wanted:
            price = _ticker(asset, recent) if now - at <= RECENT else None
            if price is None:
                price = await self._past_price(market, asset, at, known, until)
            if price is not None:
                found[asset, at] = price
        return found

    async def _present(self, market: Market, assets: Sequence[str], known: Known, until: float) -> RateBook:
        """The rates of the load, and those of assets that it did not find."""
        missing = {asset for asset in assets if known.book.get(asset) is None} - {USD}
        left = until - self._now()
        if not missing or left < LEAST_TIME:
            return known.book
        try:
            more = await self._rates.fetch_rates(market, [Balance(asset, "", ONE) for asset in sorted(missing)], left)
        except ExchangeError:
            return known.book
        return RateBook(more.as_of, {**more.rates, **known.book.rates})

    async def _past_price(
        self, market: Market, asset: str, at: datetime, known: Known, until: float
    ) -> FlowPrice | None:
        sight = _nearest(known.sights, asset, at)
        near = sight is not None and abs(sight.taken_at - at) <= NEAR
        if sight is not None and near:
            return _held(asset, sight)
        price = self._close(asset, at)
        if price is None:
            price = await self._asked(market, asset, at, known, until)
        if price is None and sight is not None:
            return _held(asset, sight)
        if price is None:
            return _ticker(asset, known.book)
        btc = price if asset == BTC else self._close(BTC, at) or await self._asked(market, BTC, at, known, until)
        if btc is not None:
            rate: Decimal | None = btc.usd
        else:
            any_sight = min(known.sights, key=lambda each: abs(each.taken_at - at), default=None)
            present = known.book.get(BTC)
            rate = (any_sight and any_sight.btc_rate) or (None if present is None else present.price)
        return FlowPrice(PriceOrigin.CLOSE, price.usd, rate, price.at, price.source)

    def _close(self, asset: str, at: datetime) -> PastPrice | None:
        """Of that very day."""
        day = start_of_day(at)
        if asset == USD:
            return PastPrice(ONE, day, "")
        found = self._closes.find(asset, day.date())
        if found is None or found[0] != day.date():
            return None
        return PastPrice(found[1], day.astimezone(UTC), DAILY_CLOSE)

    async def _asked(self, market: Market, asset: str, at: datetime, known: Known, until: float) -> PastPrice | None:
        which = asset, at.replace(second=0, microsecond=0)
        if which in known.asked:
            return known.asked[which]
        left = until - self._now()
        if len(known.asked) >= MOST_QUESTIONS or left < LEAST_TIME:
            return None
        try:
            found = await self._past.fetch_past_price(market, asset, at, left)
        except ExchangeError:
            found = None
        known.asked[which] = found
        return found


def worth(asset: str, amount: Decimal, price: FlowPrice) -> Money:
    """An amount at a price, in both currencies."""
    usd = CONTEXT.multiply(amount, price.usd)
    return Money(usd, amount if asset == BTC else in_btc(usd, price.btc_rate))


def _ticker(asset: str, book: RateBook) -> FlowPrice | None:
    rate, btc = book.get(asset), book.get(BTC)
    btc_rate = None if btc is None else btc.price
    if asset == USD:
        return FlowPrice(PriceOrigin.TICKER, ONE, btc_rate, book.as_of)
    if rate is None:
        return None
    return FlowPrice(PriceOrigin.TICKER, rate.price, btc_rate, book.as_of, rate.legs[0].source if rate.legs else "")


def _nearest(sights: Sequence[Sight], asset: str, at: datetime) -> Sight | None:
    """The snapshot nearest to the moment in which the asset had a value."""
    priced = [each for each in sights if each.values.get(asset) and each.amounts.get(asset)]
    found = min(priced, key=lambda each: abs(each.taken_at - at), default=None)
    return None if found is None or abs(found.taken_at - at) > FAR else found


def _held(asset: str, sight: Sight) -> FlowPrice:
    price = divide(sight.values[asset], sight.amounts[asset])
    return FlowPrice(PriceOrigin.HELD, price, sight.btc_rate, sight.taken_at)
