"""The price board of a simulated exchange: its markets and what they last traded at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ONE, ZERO, decimal_of, divide

Price = str | Decimal


@dataclass(slots=True)
class Pair:
    """One market. Prices are units of `quote` for one of `base`; `volume` is in units of `base`, over 24 hours."""

    base: str
    quote: str
    bid: Decimal
    ask: Decimal
    last: Decimal
    volume: Decimal
    open: Decimal
    """The price 24 hours before."""
    dead_since: int | None = None
    """Milliseconds since 1970 when it stopped trading; None while it trades."""

    @property
    def symbol(self) -> str:
        return f"{self.base}/{self.quote}"


class Board:
    """Pairs by symbol ("BTC/USDT"), and the coins that exist, with or without a market."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """`clock` gives milliseconds since 1970."""
        self._clock = clock
        self.pairs: dict[str, Pair] = {}
        self.coins: set[str] = set()
        self.version = 0
        """Grows with every change: what is made from the board may be kept as long as it stands."""

    def set_price(
        self,
        symbol: str,
        *,
        last: Price | None = None,
        bid: Price | None = None,
        ask: Price | None = None,
        volume: Price | None = None,
        open: Price | None = None,
    ) -> Pair:
        """Changes what is given, and makes the market where it does not exist yet.

        With `last` alone bid and ask are set to it too; with bid or ask alone the new market has the same other side.
        A dead market trades again.
        """
        base, quote = split(symbol)
        prices = [None if each is None else decimal_of(each) for each in (last, bid, ask, volume, open)]
        new_last, new_bid, new_ask, new_volume, new_open = prices
        if new_last is not None and new_bid is None and new_ask is None:
            new_bid = new_ask = new_last
        known = self.pairs.get(symbol)
        if known is None:
            start = next((each for each in (new_last, new_bid, new_ask) if each is not None), None)
            if start is None:
                raise ValueError(f"{symbol} has no price yet: give last, bid or ask")
            known = Pair(base, quote, start, start, start, ONE, start)
            self.pairs[symbol] = known
            self.coins |= {base, quote}
        known.last = known.last if new_last is None else new_last
        known.bid = known.bid if new_bid is None else new_bid
        known.ask = known.ask if new_ask is None else new_ask
        known.volume = known.volume if new_volume is None else new_volume
        known.open = known.open if new_open is None else new_open
        known.dead_since = None
        self.version += 1
        return known

    def kill(self, symbol: str, *, last: Price | None = None, days_ago: int = 200) -> Pair:
        """Stops trading: no bid, no ask, no volume, but the last price stays, as at real exchanges."""
        pair = self.pairs.get(symbol) or self.set_price(symbol, last=last)
        if last is not None:
            pair.last = pair.open = decimal_of(last)
        pair.bid = pair.ask = pair.volume = ZERO
        pair.dead_since = self._clock() - days_ago * 86_400_000
        self.version += 1
        return pair

    def remove(self, symbol: str) -> None:
        """Takes the market out of the catalogue; its coins stay."""
        del self.pairs[symbol]
        self.version += 1

    def add_coin(self, code: str) -> None:
        """A coin that may be held but has no market."""
        self.coins.add(code)
        self.version += 1

    def fill(self, size: int, quotes: tuple[str, ...]) -> None:
        """Adds made-up coins SIM0001, SIM0002, … until there are `size` markets, for measurements."""
        number = 0
        while len(self.pairs) < size:
            number += 1
            code = f"SIM{number:04d}"
            self.coins.add(code)
            for quote in quotes[: size - len(self.pairs)]:
                last = divide(Decimal(number), Decimal(1000))
                self.pairs[f"{code}/{quote}"] = Pair(code, quote, last, last, last, Decimal(1000 + number), last)
        self.version += 1

    def rate(self, asset: str, currency: str) -> Decimal | None:
        """The mid price of one `asset` in `currency` where a live market quotes the two, either way round."""
        if asset == currency:
            return ONE
        pair = self.pairs.get(f"{asset}/{currency}")
        if pair is not None and pair.bid and pair.ask:
            return middle(pair)
        pair = self.pairs.get(f"{currency}/{asset}")
        if pair is not None and pair.bid and pair.ask:
            return divide(ONE, middle(pair))
        return None


def middle(pair: Pair) -> Decimal:
    return CONTEXT.divide(CONTEXT.add(pair.bid, pair.ask), Decimal(2))


def split(symbol: str) -> tuple[str, str]:
    """Base and quote of "BTC/USDT"."""
    base, slash, quote = symbol.partition("/")
    if not (base and slash and quote):
        raise ValueError(f"not a symbol like BTC/USDT: {symbol!r}")
    return base, quote


def price_places(price: Decimal) -> int:
    """How finely a price of this size is quoted: 63722.10, 0.35214, 0.00001342."""
    return min(12, max(2, 4 - price.adjusted()))
