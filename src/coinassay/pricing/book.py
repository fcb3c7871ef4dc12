"""USD rates for what an account holds: its own exchange first, then the configured other sources."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

from coinassay.domain.balance import Balance
from coinassay.domain.currency import Resolved
from coinassay.domain.market import Market
from coinassay.domain.money import ONE, ZERO
from coinassay.domain.quotes import Graph
from coinassay.domain.rates import BTC, Rate, RateBook
from coinassay.domain.routing import Router, Rules, Unit
from coinassay.errors import ExchangeError, NotSupportedByExchange
from coinassay.pricing.catalogue import BundledCatalogue
from coinassay.pricing.closes import Closes
from coinassay.pricing.quotes import QuoteCache
from coinassay.services.ports import Catalogue, Clock, PriceListStore, QuoteSource

PAPER = "paper"
"""`Market.exchange_id` of accounts that exist only here."""

PAPER_TIMEOUT = 3.0
"""Seconds to wait for an exchange before the daily closes price a paper account."""

PAPER_REST = timedelta(minutes=5)
"""How long a source that did not answer a paper account is left alone: none of the loads in between waits for it."""

ELSEWHERE_TIMEOUT = 5.0
"""Seconds to wait for a source that is not the account's own exchange."""

CASH = ("USDT", "USDC", "EUR")
"""What other sources are asked for as well, so that a route has a last leg."""


class RateService:
    """The rate source of coinassay.services.ports."""

    def __init__(
        self,
        quotes: QuoteSource,
        catalogue: Catalogue,
        clock: Clock,
        *,
        fallbacks: Sequence[str] = (),
        paper_source: str | None = None,
        closes: Closes | None = None,
        pegs: Mapping[str, Mapping[str, str]] | None = None,
        ttl_seconds: float = 30,
        retry_seconds: float = 5,
        elsewhere_timeout: float = ELSEWHERE_TIMEOUT,
        paper_timeout: float = PAPER_TIMEOUT,
        shared: PriceListStore | None = None,
    ) -> None:
        """`fallbacks` and `paper_source` are ids of exchanges whose public prices may be used, best first.

        `closes` price paper accounts when none of them can be reached; `pegs` say by exchange ("*": everywhere) what
        may be taken for what at one to one where no market prices it; both are those shipped where not given. A quote
        serves for `ttl_seconds`. `shared`: where several processes keep what exchanges have answered.
        """
        self._quotes = QuoteCache(quotes, clock, ttl_seconds=ttl_seconds, retry_seconds=retry_seconds, shared=shared)
        self._catalogue = catalogue
        self._clock = clock
        self._fallbacks = tuple(dict.fromkeys(fallbacks))
        self._paper_sources = tuple(dict.fromkeys((*([paper_source] if paper_source else []), *fallbacks)))
        self._closes = closes or Closes()
        self._pegs = pegs
        self._elsewhere_timeout = elsewhere_timeout
        self._paper_timeout = paper_timeout
        self._rest_until: dict[str, datetime] = {}
        self._routers: dict[str, list[tuple[tuple[Graph, ...], Router]]] = {}
        self._closes_graph: Graph | None = None
        self._without_prices: dict[str, Graph] = {}

    async def fetch_rates(self, market: Market, balances: Sequence[Balance], timeout: float) -> RateBook:
        """Rates by `Balance.asset` for all `balances` and BTC.

        Raises ExchangeError where the own exchange could not be asked and no fresh answer of it is kept.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        wanted = _Wanted(balances)
        failures: list[str] = []
        if market.exchange_id == PAPER:
            own = await self._paper(wanted.codes, deadline, failures)
        else:
            own = await self._own(market.exchange_id, wanted.codes, timeout)
        others: list[Graph] = []
        silent: list[str] = []
        found = self._route(own, others, wanted, wanted.units)
        remaining = [source for source in self._fallbacks if source != own.source]
        for place, source in enumerate(remaining):
            lacking = [asset for asset, rate in found.items() if _lacks(rate)]
            if own is self._closes_graph or not lacking:
                break
            share = (deadline - loop.time()) / (len(remaining) - place)
            codes = {code for code in _codes(lacking, found) if self._is_certain(source, code)}
            graph = await self._ask(source, codes, min(share, self._elsewhere_timeout), failures)
            if graph is None:
                silent.append(source)
            else:
                others.append(graph)
                found.update(self._route(own, others, wanted, lacking))
        return RateBook(
            as_of=self._clock() if own is self._closes_graph else own.at,
            rates={asset: rate for asset, rate in found.items() if isinstance(rate, Rate)},
            refusals={asset: "; ".join((why, *failures)) for asset, why in found.items() if isinstance(why, str)},
            unreached=frozenset(
                asset
                for asset, why in found.items()
                if isinstance(why, str) and self._may_be_missed(asset, own, others, silent)
            ),
        )

    async def prepare(self, market: Market, timeout: float) -> None:
        """Asks the own exchange for its prices ahead of the balances, where it has not just been asked."""
        if market.exchange_id == PAPER:
            return
        with suppress(ExchangeError):
            await self._quotes.get(market.exchange_id, (BTC,), timeout)

    async def close(self) -> None:
        await self._quotes.close()

    async def _own(self, exchange_id: str, codes: Iterable[str], timeout: float) -> Graph:
        try:
            return await self._quotes.get(exchange_id, codes, timeout)
        except NotSupportedByExchange:
            if exchange_id not in self._without_prices:
                absent = f"{exchange_id} has no public prices"
                self._without_prices[exchange_id] = Graph(exchange_id, (), self._clock(), absent=absent)
            return self._without_prices[exchange_id]

    async def _paper(self, codes: Iterable[str], deadline: float, failures: list[str]) -> Graph:
        """The first real exchange that answers, or the bundled closes. What failed is added to `failures`."""
        loop = asyncio.get_running_loop()
        deadline = min(deadline, loop.time() + self._paper_timeout)
        sources = [source for source in self._paper_sources if not self._rests(source)]
        for place, source in enumerate(sources):
            share = (deadline - loop.time()) / (len(sources) - place)
            graph = await self._ask(source, codes, share, failures)
            if graph is not None:
                self._rest_until.pop(source, None)
                failures.clear()
                return graph
            self._rest_until[source] = self._clock() + PAPER_REST
        if self._closes_graph is None:
            self._closes_graph = self._closes.graph(self._clock())
        return self._closes_graph

    def _rests(self, source: str) -> bool:
        """Whether the source is left alone. An answer that came too late for the load that waited for it ends that."""
        until = self._rest_until.get(source)
        return until is not None and self._clock() < until and not self._quotes.answers(source)

    async def _ask(self, source: str, codes: Iterable[str], timeout: float, failures: list[str]) -> Graph | None:
        """Another source's quotes. That it cannot be asked is only a reason why an asset has no rate."""
        try:
            return await self._quotes.get(source, {*codes, *CASH, BTC}, timeout)
        except ExchangeError as e:
            failures.append(f"{source} could not be asked: {e.message}")
            return None

    def _may_be_missed(self, asset: str, own: Graph, others: Sequence[Graph], silent: Sequence[str]) -> bool:
        """Whether the asset may have no rate only because somebody could not be asked. `silent`: the sources that gave
        no answer at all."""
        if own.missed:
            return True
        sources = (*silent, *(other.source for other in others if other.missed))
        return any(self._is_certain(own.source, asset) and self._is_certain(source, asset) for source in sources)

    # ------------------------------------------------------------------------------------------------ routes

    def _route(
        self, own: Graph, others: Sequence[Graph], wanted: _Wanted, assets: Iterable[str]
    ) -> dict[str, Rate | str]:
        router = self._router(own, tuple(others))
        return {asset: router.find_rate(asset, wanted.units[asset]) for asset in assets}

    def _router(self, own: Graph, others: tuple[Graph, ...]) -> Router:
        """One router for all accounts that are valued from the same quotes."""
        graphs = (own, *others)
        known = self._routers.get(own.source, [])
        for its_graphs, router in known:
            if len(its_graphs) == len(graphs) and all(a is b for a, b in zip(its_graphs, graphs, strict=True)):
                return router
        router = Router(own, others, self._rules(own.source))
        current = [each for each in known if each[0][0] is own and len(each[0]) != len(graphs)]
        self._routers[own.source] = [*current, (graphs, router)]
        return router

    def _rules(self, source: str) -> Rules:
        by_exchange = self._pegs
        if by_exchange is None:
            by_exchange = self._pegs = BundledCatalogue().pegs
        pegs = {code: to for code, to in by_exchange.get("*", {}).items() if self._is_certain(source, code)}
        return Rules({**pegs, **by_exchange.get(source, {})}, self._is_certain, self._is_cash)

    def _is_certain(self, source: str, code: str) -> bool:
        if self._catalogue.resolve(source, code) != Resolved(code, ONE):
            return False
        entry = self._catalogue.find(code, source)
        return entry.cmc_id is not None or entry.kind == "fiat"

    def _is_cash(self, code: str) -> bool:
        return self._catalogue.find(code).kind in ("fiat", "stablecoin")


class _Wanted:
    """What is to be priced, and under which codes its own exchange quotes it."""

    def __init__(self, balances: Iterable[Balance]) -> None:
        multipliers: dict[str, dict[str, Decimal]] = {BTC: {}}
        for balance in balances:
            codes = multipliers.setdefault(balance.asset, {})
            if balance.multiplier > ZERO:
                codes[balance.exchange_code or balance.asset] = balance.multiplier
        self.units = {asset: _units(asset, codes) for asset, codes in multipliers.items()}
        self.codes = {unit.code for units in self.units.values() for unit in units}


def _units(asset: str, codes: Mapping[str, Decimal]) -> tuple[Unit, ...]:
    """Where the asset is held under its own code its own market comes first, otherwise that of the exchange's code."""
    own = Unit(asset)
    others = tuple(Unit(code, codes[code]) for code in sorted(codes) if code != asset)
    return (own, *others) if asset in codes else (*others, own)


def _lacks(rate: Rate | str) -> bool:
    return isinstance(rate, str) or rate.assumed_peg


def _codes(assets: Iterable[str], found: Mapping[str, Rate | str]) -> set[str]:
    """The codes whose markets may complete the routes of `assets`."""
    codes = set(assets)
    for asset in assets:
        rate = found[asset]
        if isinstance(rate, Rate):
            codes.update(leg.from_ for leg in rate.legs if leg.assumed)
    return codes
