"""Ways from an asset to a dollar: at most three legs, the account's own exchange first.

Of the usable routes the one with the fewest legs is taken; at the same number real markets come before an assumed peg,
the own exchange before other sources, then the better known intermediate currency (HUBS). Nothing depends on the order
in which quotes arrive.

A peg is assumed of a currency only where no market prices it, and prices of another source are used only where it is
certain that its code means the same coin: the same code can be another coin elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

from coinassay.domain.money import CONTEXT, ONE, divide
from coinassay.domain.quotes import Edge, Graph
from coinassay.domain.rates import ASSUMED_PEG, MAX_LEGS, USD, Leg, Rate

HUBS = (
    "USD",
    "USDT",
    "USDC",
    "EUR",
    "BTC",
    "ETH",
    "FDUSD",
    "GBP",
    "JPY",
    "KRW",
    "TRY",
    "BRL",
    "AUD",
    "CAD",
    "CHF",
    "BNB",
)
"""Preferred intermediate currencies, best first. What else an exchange quotes in comes after them, by code."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the routes need to know of the codes."""

    pegs: Mapping[str, str] = field(default_factory=dict)
    """What may be taken for what at one to one where no market says better: USDT -> USD."""
    certain: Callable[[str, str], bool] = lambda source, code: False
    """Whether `code` at `source` is beyond doubt the coin that usually goes by it."""
    cash: Callable[[str], bool] = lambda code: False
    """Whether the code is a fiat currency or a stablecoin."""


class Reach(IntEnum):
    """How far the other sources are used."""

    OWN = 0
    """Not at all."""
    CASH = 1
    """For the last leg, from a stablecoin or fiat currency to USD."""
    ALL = 2
    """For every leg whose two ends are certain."""


class Unit(NamedTuple):
    """A code the asset is quoted under, and how many units of the asset one of it is."""

    code: str
    multiplier: Decimal = ONE


class _Route(NamedTuple):
    """Ordered: the smaller the better."""

    length: int
    assumed: int
    foreign: int
    places: tuple[int, ...]
    """Of the foreign sources used, in the configured order."""
    hubs: tuple[int, ...]
    legs: tuple[Leg, ...]


class _Step(NamedTuple):
    leg: Leg
    place: int
    """0 the own exchange, then the other sources in order; ASSUMED for a peg."""


_ASSUMED = -1


class Router:
    """Finds rates among the quotes of the account's own exchange and of the other sources. Remembers what it found."""

    def __init__(self, own: Graph, others: Sequence[Graph] = (), rules: Rules | None = None) -> None:
        self._own = own
        self._others = tuple(others)
        self._rules = rules or Rules()
        further = set(own.currencies) | set(self._rules.pegs.values())
        self._hubs = HUBS + tuple(sorted(further.difference(HUBS)))
        self._place = {code: n for n, code in enumerate(self._hubs)}
        self._steps: dict[tuple[str, str, Reach], _Step | None] = {}
        self._routes: dict[tuple[str, Reach, bool], _Route | None] = {}
        self._rates: dict[tuple[str, tuple[Unit, ...]], Rate | str] = {}

    def find_rate(self, asset: str, units: tuple[Unit, ...] = ()) -> Rate | str:
        """USD for one unit of `asset`, or why there is no such number, in words.

        `units` are the codes under which the own exchange quotes it, best first (empty: the asset's own code).
        """
        key = (asset, units)
        known = self._rates.get(key)
        if known is None:
            known = self._rates[key] = self._find(asset, units or (Unit(asset),))
        return known

    def _find(self, asset: str, units: tuple[Unit, ...]) -> Rate | str:
        if asset == USD:
            return Rate(USD, USD, ONE)
        tentative: Rate | None = None
        for reach in Reach:
            if reach is not Reach.OWN and not self._others:
                break
            if reach is Reach.ALL and tentative is not None:
                break
            for unit in units:
                route = self._route(unit.code, reach)
                if route is not None:
                    rate = _rate(asset, unit, route.legs)
                    if not route.assumed:
                        return rate
                    tentative = rate
                    break
        return tentative or self._refusal(asset, units)

    # ------------------------------------------------------------------------------------------------ search

    def _route(self, start: str, reach: Reach, pegs: bool = True) -> _Route | None:
        """The best way from `start` to USD; without `pegs` one of real markets only."""
        key = (start, reach, pegs)
        if key not in self._routes:
            self._routes[key] = self._search(start, reach, pegs)
        return self._routes[key]

    def _search(self, start: str, reach: Reach, pegs: bool) -> _Route | None:
        paths: list[tuple[_Step, ...]] = [()]
        for left in range(MAX_LEGS, 0, -1):
            arrived = []
            for path in paths:
                here = path[-1].leg.to if path else start
                last = self._market(here, USD, reach) or (self._peg(here, USD, reach, left) if pegs else None)
                if last is not None:
                    arrived.append(_route_of((*path, last), self._place))
            if arrived:
                return min(arrived)
            if left > 1:
                paths = [longer for path in paths for longer in self._extend(start, path, reach, left if pegs else 0)]
        return None

    def _extend(self, start: str, path: tuple[_Step, ...], reach: Reach, pegged: int) -> Iterator[tuple[_Step, ...]]:
        """`path` with each leg that may follow; with `pegged` legs left also a peg."""
        here = path[-1].leg.to if path else start
        for hub in self._hubs:
            if hub in (USD, start) or any(step.leg.to == hub for step in path):
                continue
            step = self._market(here, hub, reach) or (self._peg(here, hub, reach, pegged) if pegged else None)
            if step is not None:
                yield (*path, step)

    def _market(self, a: str, b: str, reach: Reach) -> _Step | None:
        """The leg from `a` to `b`: of the own exchange, else of the first other source that may be used."""
        key = (a, b, reach)
        try:
            return self._steps[key]
        except KeyError:
            step = self._steps[key] = self._find_market(a, b, reach)
            return step

    def _find_market(self, a: str, b: str, reach: Reach) -> _Step | None:
        edge = self._own.edge(a, b)
        if isinstance(edge, Edge):
            return _Step(edge.leg, 0)
        if reach is Reach.ALL or (reach is Reach.CASH and b == USD and self._rules.cash(a)):
            certain = self._rules.certain
            for place, other in enumerate(self._others, 1):
                edge = other.edge(a, b)
                if isinstance(edge, Edge) and all(
                    certain(source, code) for source in (self._own.source, other.source) for code in (a, b)
                ):
                    return _Step(edge.leg, place)
        return None

    def _peg(self, a: str, b: str, reach: Reach, left: int) -> _Step | None:
        """The assumption that one `a` is one `b`, unless markets price `a` in the legs that are left."""
        if self._rules.pegs.get(a) != b:
            return None
        real = self._route(a, reach, pegs=False)
        if real is not None and real.length <= left:
            return None
        return _Step(Leg(a, b, ONE, ASSUMED_PEG, None), _ASSUMED)

    # --------------------------------------------------------------------------------------------- refusals

    def _refusal(self, asset: str, units: tuple[Unit, ...]) -> str:
        texts = [_why_not(self._own, [unit.code for unit in units], self._hubs)]
        if self._others:
            if self._rules.certain(self._own.source, asset):
                texts += (_why_not(other, [asset], self._hubs) for other in self._others)
            else:
                texts.append(f"prices from elsewhere are not used: {asset} may be another coin there")
        return "; ".join(texts)


def _route_of(steps: tuple[_Step, ...], places: Mapping[str, int]) -> _Route:
    return _Route(
        length=len(steps),
        assumed=sum(step.place == _ASSUMED for step in steps),
        foreign=sum(step.place > 0 for step in steps),
        places=tuple(step.place for step in steps if step.place > 0),
        hubs=tuple(places[step.leg.to] for step in steps),
        legs=tuple(step.leg for step in steps),
    )


def _rate(asset: str, unit: Unit, legs: tuple[Leg, ...]) -> Rate:
    """`legs` lead from one `unit.code` to USD; the rate is of one `asset`."""
    first = legs[0]
    if unit.code != asset or unit.multiplier != ONE:
        price, then = first.price, first.open
        if unit.multiplier != ONE:
            price = divide(price, unit.multiplier)
            then = None if then is None else divide(then, unit.multiplier)
        first = Leg(asset, first.to, price, first.source, first.at, first.inverted, then)
    price = first.price
    for leg in legs[1:]:
        price = CONTEXT.multiply(price, leg.price)
    return Rate(asset, USD, price, (first, *legs[1:]))


def _why_not(graph: Graph, codes: Sequence[str], hubs: Sequence[str]) -> str:
    known = [code for code in codes if code in graph]
    if not known:
        return graph.absent
    for code in known:
        ends = [hub for hub in hubs if graph.beside(code, hub)]
        edges = [graph.edge(code, end) for end in (*ends, *graph.quoted_in(code))]
        reason = next((edge for edge in edges if isinstance(edge, str)), None)
        if reason is not None and not any(isinstance(edge, Edge) for edge in edges):
            return f"{graph.source}: {reason}"
    return f"{graph.source}: no market leads to USD in {MAX_LEGS} steps"
