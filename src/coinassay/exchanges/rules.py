"""What ccxt's catalogue says of each market, in a tenth of its memory, with the exchange's own digits.

Nothing here imports ccxt.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from coinassay.domain.money import CONTEXT, LARGEST_EXPONENT, ONE, ZERO, NotANumber, decimal_of
from coinassay.domain.pair import Instrument, Leverage, Pair, PairRules

DECIMAL_PLACES = 2
SIGNIFICANT_DIGITS = 3
"""ccxt's `precisionMode`: what its precision of prices and amounts is. Otherwise it is the step itself."""

NO_RULES = PairRules()
LEVERAGED = Leverage()


class Digits:
    """Makes ccxt's numbers while it reads a catalogue, and remembers how the exchange wrote each.

    They have to be floats and no others: some of ccxt's classes calculate with them, and it takes subclasses for no
    numbers. What they calculate is a float that nobody wrote: its shortest digits are taken.
    """

    def __init__(self) -> None:
        self._written: dict[float, Decimal | None] = {}

    def __call__(self, value: Any) -> float:
        number = float(value)
        try:
            written = decimal_of(value if isinstance(value, (str, int)) else repr(value))
        except NotANumber:
            return number
        if self._written.setdefault(number, written) != written:
            self._written[number] = None  # two numbers that a float cannot tell apart: neither is guessed
        return number

    def read(self, number: Any) -> Decimal | None:
        """The exact number, None for what is none."""
        if isinstance(number, bool) or not isinstance(number, (str, int, float)):
            return None
        if isinstance(number, float) and number in self._written:
            return self._written[number]
        try:
            return decimal_of(repr(number) if isinstance(number, float) else number)
        except NotANumber:
            return None


class Listing:
    """The pairs of one catalogue that are traded now: spot markets by code, contracts by code."""

    __slots__ = ("contracts", "spot")

    def __init__(self, spot: Mapping[str, Pair], contracts: Mapping[str, Pair]) -> None:
        self.spot = spot
        self.contracts = contracts


def listing_of(exchange: Any, digits: Digits) -> Listing:
    """From an exchange object whose markets have just been loaded, its numbers made by `digits`."""
    spot: dict[str, Pair] = {}
    contracts: dict[str, Pair] = {}
    numbers = Numbers(exchange.precisionMode, digits)
    for market in exchange.markets.values():
        pair = pair_of(market, numbers)
        if pair is not None:
            (spot if pair.instrument is Instrument.SPOT else contracts).setdefault(pair.code, pair)
    return Listing(spot, contracts)


def pair_of(market: Mapping[str, Any], numbers: Numbers) -> Pair | None:
    """None for options, and for what is not traded or has no two sides."""
    symbol, base, quote = market.get("symbol"), market.get("base"), market.get("quote")
    if not symbol or not base or not quote or market.get("active") is False or market.get("option"):
        return None
    if not market.get("contract"):
        if not market.get("spot") or "/" not in symbol:
            return None
        return Pair(
            f"{quote}_{base}",
            symbol,
            base,
            quote,
            rules=_rules(market, numbers, ONE),
            margin=market.get("margin") is True,
        )
    settle, name = market.get("settle") or quote, market.get("id")
    if not name:
        return None
    inverse = bool(market.get("inverse")) or (market.get("linear") is not True and settle == base)
    size = ONE if inverse else numbers.read(market.get("contractSize")) or ONE
    return Pair(
        code=f"{settle}_{name}",
        symbol=symbol,
        base=base,
        quote=quote,
        instrument=Instrument.INVERSE if inverse else Instrument.LINEAR,
        settle=settle,
        rules=_rules(market, numbers, size),
        leverage=_leverage(market, numbers),
    )


class Numbers:
    """Reads ccxt's numbers; of equal ones there is one object, for most markets have the same few."""

    def __init__(self, precision_mode: int, digits: Digits) -> None:
        self._mode = precision_mode
        self._digits = digits
        self._known: dict[Decimal, Decimal] = {}

    def read(self, value: Any) -> Decimal | None:
        """None for what is no number of zero or more."""
        number = self._digits.read(value)
        return self._one(number) if number is not None and number >= ZERO else None

    def above_zero(self, value: Any) -> Decimal | None:
        """None also for 0, which exchanges write where there is no upper limit or no step."""
        return self.read(value) or None

    def step(self, precision: Any) -> Decimal | None:
        """The smallest difference, as ccxt means the exchange's `precision`."""
        if self._mode == SIGNIFICANT_DIGITS:
            return None  # the step depends on the price
        if self._mode != DECIMAL_PLACES:
            return self.above_zero(precision)
        places = self.read(precision)
        if places is None or places != int(places) or places > LARGEST_EXPONENT:
            return None
        return self._one(Decimal((0, (1,), -int(places))))

    def times(self, number: Decimal | None, size: Decimal) -> Decimal | None:
        return number if number is None or size == ONE else self._one(CONTEXT.multiply(number, size))

    def _one(self, number: Decimal) -> Decimal:
        return self._known.setdefault(number, number)


def _rules(market: Mapping[str, Any], numbers: Numbers, size: Decimal) -> PairRules:
    """`size`: units of the base in one contract, in which ccxt counts the lots of contracts."""
    limits = market.get("limits") or {}
    precision = market.get("precision") or {}
    price, amount, cost, at_market = (limits.get(name) or {} for name in ("price", "amount", "cost", "market"))
    read, above, times = numbers.read, numbers.above_zero, numbers.times
    filters = _filters(market.get("info"))
    sides = filters.get("PERCENT_PRICE_BY_SIDE", {})
    percent = filters.get("PERCENT_PRICE", {})
    notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {}
    to_market = notional.get("applyMinToMarket", notional.get("applyToMarket"))
    return PairRules(
        price_step=numbers.step(precision.get("price")),
        min_price=read(price.get("min")),
        max_price=above(price.get("max")),
        lot_step=times(numbers.step(precision.get("amount")), size),
        min_lot=times(read(amount.get("min")), size),
        max_lot=times(above(amount.get("max")), size),
        min_market_lot=times(read(at_market.get("min")), size),
        max_market_lot=times(above(at_market.get("max")), size),
        min_total=read(cost.get("min")),
        max_total=above(cost.get("max")),
        min_market_total=read(notional.get("minNotional")) if to_market is True else None,
        bid_multiplier_up=above(sides.get("bidMultiplierUp", percent.get("multiplierUp"))),
        bid_multiplier_down=above(sides.get("bidMultiplierDown")),
        ask_multiplier_up=above(sides.get("askMultiplierUp")),
        ask_multiplier_down=above(sides.get("askMultiplierDown", percent.get("multiplierDown"))),
    )


def _filters(info: Any) -> Mapping[str, Mapping[str, Any]]:
    """Binance's filters by type (https://developers.binance.com/docs/binance-spot-api-docs/filters); others have none.

    What ccxt leaves out of its limits is in them: how far from the average price an order may be. Its futures have one
    PERCENT_PRICE for both sides: an upper bound for buying, a lower one for selling
    (https://developers.binance.com/docs/derivatives/usds-margined-futures/common-definition).
    """
    rows = info.get("filters") if isinstance(info, Mapping) else None
    if not isinstance(rows, list):
        return {}
    return {
        str(row["filterType"]): row for row in rows if isinstance(row, Mapping) and row.get("filterType") is not None
    }


def _leverage(market: Mapping[str, Any], numbers: Numbers) -> Leverage:
    modes = market.get("marginModes") or {}
    limit = ((market.get("limits") or {}).get("leverage") or {}).get("max")
    found = Leverage(modes.get("cross") is not False, modes.get("isolated") is not False, numbers.above_zero(limit))
    return LEVERAGED if found == LEVERAGED else found
