"""Quotes, the routes between currencies, and the rates as of one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ONE

USD = "USD"
BTC = "BTC"

DAILY_CLOSE = "daily close"
"""The source of a price that is a day's close and no live quote."""

MAX_LEGS = 3
MAX_SPREAD = Decimal("0.10")
MAX_QUOTE_AGE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Quote:
    """An observed price: units of `quote` for one unit of `base`. Decimals are the exchange's own digits."""

    base: str
    quote: str
    source: str
    """Who was asked: an exchange id, or DAILY_CLOSE for a bundled or imported close."""
    at: datetime | None
    """When the exchange says the price was made; None where it does not say."""
    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    volume: Decimal | None = None
    """Traded in 24 h, in base or quote units: only its being above zero counts."""
    open: Decimal | None = None
    """The price 24 h before, where the exchange says it."""
    failure: str = ""
    """Why the exchange could not be asked for this market, in words; there are no numbers then."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One step of a route: `price` units of `to` for one unit of `from_`, as applied (already turned round)."""

    from_: str
    to: str
    price: Decimal
    source: str
    """Exchange id, DAILY_CLOSE, or ASSUMED_PEG."""
    at: datetime | None
    """When the exchange says the price was made; where it does not say, when it was asked. None for an assumed peg."""
    inverted: bool = False
    """The market quotes `to`/`from_`; `price` is one divided by its price."""
    open: Decimal | None = None
    """`price` 24 h before, where the exchange says it; as applied, like `price`."""

    @property
    def assumed(self) -> bool:
        return self.source == ASSUMED_PEG


ASSUMED_PEG = "assumed peg"


@dataclass(frozen=True, slots=True)
class Rate:
    """The number used to convert one unit of an asset, with its provenance.

    USD itself has the price 1 and no legs.
    """

    asset: str
    currency: str
    price: Decimal
    legs: tuple[Leg, ...] = ()

    @property
    def day_ago(self) -> Decimal | None:
        """The price 24 h before: the product of the legs' opens, an assumed peg being 1 then as now. None where the
        source of one leg does not say it."""
        if not self.legs:
            return ONE if self.asset == self.currency else None
        product = ONE
        for leg in self.legs:
            then = ONE if leg.assumed else leg.open
            if then is None:
                return None
            product = CONTEXT.multiply(product, then)
        return product

    @property
    def assumed_peg(self) -> bool:
        return any(leg.assumed for leg in self.legs)

    @property
    def stale_source(self) -> bool:
        """Whether a leg is a daily close, not a live quote."""
        return any(leg.source == DAILY_CLOSE for leg in self.legs)


@dataclass(frozen=True, slots=True)
class RateBook:
    """USD rates as of one moment, by `Balance.asset`; a missing one is an answer: `refusals` says why."""

    as_of: datetime
    rates: Mapping[str, Rate] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(default_factory=dict)
    default_refusal: str = "no market found"
    unreached: frozenset[str] = frozenset()
    """Assets without a rate that a source might have priced which could not be asked."""

    def get(self, asset: str) -> Rate | None:
        """The rate of one unit of `asset` in USD, or None where no usable price leads there."""
        return self.rates.get(asset)

    def why_not(self, asset: str) -> str:
        """Why `asset` has no rate, in a sentence for people."""
        return self.refusals.get(asset, self.default_refusal)
