"""Which quotes count, and the quotes of one source as a graph of legs.

A quote is usable when bid and ask are there, bid <= ask and the spread is at most 10 % of their middle, which is then
the price; a last price alone counts only with a 24 h volume above zero and a time within 24 h
(docs/explanation/semantics.md, Valuation). What is refused is refused in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from coinassay.domain.money import CONTEXT, ONE, ZERO, divide, plain, rounded
from coinassay.domain.rates import MAX_QUOTE_AGE, MAX_SPREAD, Leg, Quote

HALF = Decimal("0.5")
CLOCK_TOLERANCE = timedelta(hours=1)
"""How far an exchange's clock may be ahead of ours before a price's time is no time at all."""
LARGEST_PRICE_EXPONENT = 30
"""A price beyond 10**±30 is rubbish: the smallest real ones are about 1e-13 BTC, the largest about 1e10 IDR."""


def usable(quote: Quote, now: datetime) -> Decimal | str:
    """The price to use, or why there is none, in words."""
    bid, ask = _offered(quote.bid), _offered(quote.ask)
    if quote.failure:
        return f"could not be asked: {quote.failure}"
    if bid is None or ask is None:
        return _last(quote, now)
    if not (_sane(bid) and _sane(ask)):
        return "its price is absurd"
    if bid > ask:
        return "bid above ask"
    price = middle(bid, ask)
    if CONTEXT.subtract(ask, bid) > CONTEXT.multiply(price, MAX_SPREAD):
        return f"spread {_percent(spread(quote))}"
    return price


def spread(quote: Quote) -> Decimal | None:
    """(ask - bid) / middle of the two; None where one of them is missing."""
    bid, ask = _offered(quote.bid), _offered(quote.ask)
    if bid is None or ask is None:
        return None
    return divide(CONTEXT.subtract(ask, bid), middle(bid, ask))


def middle(bid: Decimal, ask: Decimal) -> Decimal:
    return CONTEXT.multiply(CONTEXT.add(bid, ask), HALF)


def _last(quote: Quote, now: datetime) -> Decimal | str:
    price, at = quote.last, quote.at
    if price is None:
        return "no price"
    if not price.is_finite() or price <= ZERO:
        return "its last price is not above zero"
    if not _sane(price):
        return "its price is absurd"
    if at is None:
        return "no bid and ask, and the last trade has no time"
    age = now - at
    if age > MAX_QUOTE_AGE:
        return f"last trade is {_old(age)} old"
    if age < -CLOCK_TOLERANCE:
        return "last trade lies in the future"
    if quote.volume is None:
        return "no bid and ask, and the volume of 24 h is not known"
    if not quote.volume.is_finite() or quote.volume <= ZERO:
        return "nothing traded in 24 h"
    return price


def _offered(price: Decimal | None) -> Decimal | None:
    """Exchanges write 0 where nobody bids or asks, or nothing was traded."""
    return price if price is not None and price.is_finite() and price > ZERO else None


def _sane(price: Decimal) -> bool:
    return -LARGEST_PRICE_EXPONENT <= price.adjusted() <= LARGEST_PRICE_EXPONENT


def _percent(share: Decimal | None) -> str:
    assert share is not None
    percent = CONTEXT.multiply(share, Decimal(100))
    text = plain(rounded(percent, 0 if percent >= Decimal(11) else 2)).removesuffix(".0")
    return "just over 10 %" if text == "10" else f"{text} %"


def _old(age: timedelta) -> str:
    hours = age // timedelta(hours=1)
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"


# ------------------------------------------------------------------------------------------------- the graph

Judge = Callable[[Quote, datetime], "Decimal | str"]


@dataclass(frozen=True, slots=True)
class Edge:
    """A usable leg, and its market's spread (the largest allowed one where only a last price is known)."""

    leg: Leg
    spread: Decimal


class Graph:
    """The quotes of one source at one moment. Built once, judged lazily, shared by everybody who asks."""

    __slots__ = ("_edges", "_further", "_judge", "_near", "_pairs", "absent", "at", "currencies", "missed", "source")

    def __init__(
        self, source: str, quotes: Iterable[Quote], at: datetime, *, judge: Judge = usable, absent: str = ""
    ) -> None:
        """`at` is when the source was asked, `absent` what to say of a code it does not quote."""
        self.source = source
        self.at = at
        self.absent = absent or f"no market at {source}"
        self.missed = False
        """Whether there is a market the source could not be asked for."""
        self._judge = judge
        pairs: dict[tuple[str, str], Quote] = {}
        further: dict[tuple[str, str], list[Quote]] = {}
        near: dict[str, list[str]] = {}
        for quote in quotes:
            base, counter = quote.base, quote.quote
            if base == counter:
                continue
            if quote.failure:
                self.missed = True
            pair = (base, counter)
            if pair in pairs:
                further.setdefault(pair, []).append(quote)
                continue
            pairs[pair] = quote
            if base in near:
                near[base].append(counter)
            else:
                near[base] = [counter]
        self._pairs = pairs
        self._further = further
        self._near = near
        self.currencies: frozenset[str] = frozenset(pair[1] for pair in pairs)
        """The codes that something is quoted in."""
        self._edges: dict[tuple[str, str], Edge | str | None] = {}

    def __contains__(self, code: str) -> bool:
        return code in self._near or code in self.currencies

    def __len__(self) -> int:
        return len(self._pairs)

    def quoted_in(self, code: str) -> Iterator[str]:
        """What `code` is quoted in, in the source's order."""
        return iter(self._near.get(code, ()))

    def beside(self, a: str, b: str) -> bool:
        """Whether there is a market of the two, usable or not."""
        return (a, b) in self._pairs or (b, a) in self._pairs

    def edge(self, a: str, b: str) -> Edge | str | None:
        """The leg from `a` to `b`, or why the market cannot be used, or None where there is none.

        Of several markets the one with the tightest spread counts; at the same spread the one not turned round.
        """
        try:
            return self._edges[a, b]
        except KeyError:
            edge = self._edges[a, b] = self._find(a, b)
            return edge

    def _find(self, a: str, b: str) -> Edge | str | None:
        best: Edge | None = None
        refusal: str | None = None
        for quote in self._markets(a, b):
            price = self._judge(quote, self.at)
            if isinstance(price, str):
                refusal = refusal or f"{price} ({quote.base}/{quote.quote})"
                continue
            width = spread(quote)
            if width is None:
                width = MAX_SPREAD
            if best is None or width < best.spread:
                best = Edge(self._leg(quote, price, a, b), width)
        return best or refusal

    def _markets(self, a: str, b: str) -> Iterator[Quote]:
        for pair in ((a, b), (b, a)):
            quote = self._pairs.get(pair)
            if quote is not None:
                yield quote
                yield from self._further.get(pair, ())

    def _leg(self, quote: Quote, price: Decimal, a: str, b: str) -> Leg:
        inverted = quote.base != a
        then = _offered(quote.open)
        if then is not None:
            then = None if not _sane(then) else divide(ONE, then) if inverted else then
        price = divide(ONE, price) if inverted else price
        return Leg(a, b, price, quote.source, quote.at or self.at, inverted, then)
