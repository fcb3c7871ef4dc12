"""What can be traded at an exchange, and by which rules."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Instrument(StrEnum):
    """`instrumentKind` on the wire."""

    SPOT = "spot"
    LINEAR = "linear_futures"
    """Settled in what it is quoted in."""
    INVERSE = "inverse_futures"
    """Settled in something else, mostly what is traded."""


@dataclass(frozen=True, slots=True)
class PairRules:
    """What orders an exchange takes. None: it does not say, or it has no such rule.

    Prices and totals are in the pair's price currency, lots in units of the base, but for inverse contracts, whose
    lots are contracts.
    """

    price_step: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    lot_step: Decimal | None = None
    min_lot: Decimal | None = None
    max_lot: Decimal | None = None
    min_market_lot: Decimal | None = None
    """Of market orders."""
    max_market_lot: Decimal | None = None
    min_total: Decimal | None = None
    max_total: Decimal | None = None
    min_market_total: Decimal | None = None
    bid_multiplier_up: Decimal | None = None
    """A buying price may be at most so many times the average price."""
    bid_multiplier_down: Decimal | None = None
    ask_multiplier_up: Decimal | None = None
    ask_multiplier_down: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Leverage:
    """How a contract may be leveraged."""

    cross: bool = True
    isolated: bool = True
    max: Decimal | None = None
    """None: the exchange tells it to nobody without a key."""


@dataclass(frozen=True, slots=True)
class Pair:
    code: str
    """"USDT_BTC": what is paid with, then what is traded; of a contract "USDT_BTCUSDT": what it is settled in, then the
    exchange's own name of it."""
    symbol: str
    """"BTC/USDT", "BTC/USDT:USDT"."""
    base: str
    quote: str
    instrument: Instrument = Instrument.SPOT
    settle: str = ""
    """Of a contract."""
    rules: PairRules = PairRules()
    leverage: Leverage | None = None
    """Of a contract."""
    margin: bool = False
    """Whether a spot market can also be traded with borrowed money."""

    @property
    def price_currency(self) -> str:
        """What its prices are said in: the wire names the currency of settlement for linear contracts."""
        return self.settle if self.settle and self.instrument is Instrument.LINEAR else self.quote
