"""ccxt objects without keys and their catalogues of markets, shared by all who ask for prices and pairs.

Everything here runs in the thread of `background`, but for `exchange` and `close`.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from coinassay.errors import ExchangeUnavailable, UnexpectedReply
from coinassay.exchanges import library
from coinassay.exchanges.background import Background
from coinassay.exchanges.calls import ask
from coinassay.exchanges.instances import NEEDS_CATALOGUE
from coinassay.exchanges.limiter import DEADLINE
from coinassay.exchanges.limiters import Limiters
from coinassay.exchanges.rules import Digits, Listing, listing_of

_T = TypeVar("_T")

CATALOGUE_AGE = 6 * 3600.0
"""Seconds until the catalogue is fetched again. New markets wait so long; the old ones are served meanwhile."""

RETRY_AFTER = 600.0
"""Seconds until a failed renewal is tried again."""

LOAD_TIMEOUT = 60.0
"""Seconds a catalogue may take, longer than any one caller waits: the next one finds it there."""

MOST_CATALOGUES = 24
"""Catalogues kept, 1 to 10 MB each: anyone may ask for the pairs of any exchange. The longest unused one goes first."""

NEEDS_CURRENCIES = NEEDS_CATALOGUE | {"bitso", "hyperliquid", "kraken", "latoken"}
"""Exchanges whose markets are read along their currencies; for the others it is a request less."""

SPOT_TYPES = frozenset(("spot", "margin"))
UNLISTED_TYPES = frozenset(("option", "options"))


class Key(NamedTuple):
    exchange_id: str
    base_url: str | None
    futures: bool = False
    """The derivatives of an exchange that can list them apart from its spot markets."""


@dataclass(slots=True)
class Public:
    """An exchange object with its markets, and what they are."""

    exchange: Any
    listing: Listing
    renew_at: float


class Catalogues:
    def __init__(
        self,
        limiters: Limiters,
        background: Background,
        now: Callable[[], float] = time.monotonic,
        *,
        size: int = MOST_CATALOGUES,
    ) -> None:
        """`size`: catalogues kept."""
        self._limiters = limiters
        self._background = background
        self._now = now
        self._size = size
        self._session: Any = None
        self._public: OrderedDict[Key, Public] = OrderedDict()
        self._tasks: dict[tuple[str, Key], asyncio.Task[Any]] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._public

    async def exchange(self, exchange_id: str, base_url: str | None) -> Any:
        """The object without keys with its catalogue. It belongs to the thread: elsewhere it is only read from."""
        key = Key(exchange_id, base_url)
        return (await self._background.run(lambda: self.loaded(key))).exchange

    async def loaded(self, key: Key) -> Public:
        """With its catalogue, which is at most CATALOGUE_AGE old, or older while it cannot be renewed.

        Raises ExchangeError.
        """
        known = self._public.get(key)
        if known is None:
            return await self.shared("catalogue", key, lambda: self._load(key))
        self._public.move_to_end(key)
        if self._now() >= known.renew_at:
            known.renew_at = self._now() + RETRY_AFTER
            self._started("catalogue", key, lambda: self._load(key))
        return known

    async def bare(self, key: Key) -> Any:
        """A new object without keys, its catalogue not loaded."""
        loaded = await library.load()
        if self._session is None:
            self._session = loaded.open_session()
        exchange = loaded.public(key.exchange_id, self._session, key.base_url)
        exchange.limiter = self._limiters.of(exchange)
        return exchange

    async def shared(self, name: str, key: Key, make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """The result of the one such task that is under way, for all who wait. It goes on when they leave: those whose
        time would be over before the exchange may be asked again are told at once (ExchangeThrottled)."""
        task = self._started(name, key, make)
        self._limiters.check_pause(key.exchange_id)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Ends the thread."""
        await self._background.close(self._close)

    async def _close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._public.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _load(self, key: Key) -> Public:
        exchange = await self.bare(key)
        digits = Digits()
        (prepare_futures if key.futures else prepare)(exchange)
        exchange.number = digits
        await ask(exchange.id, exchange.load_markets())
        if not exchange.markets:  # what ccxt makes of `{}` and of HTML; kept, it would leave everything without a price
            raise UnexpectedReply(f"{exchange.id} sent a catalogue without a market.", exchange_id=exchange.id)
        listing = listing_of(exchange, digits)
        strip(exchange)
        public = self._public[key] = Public(exchange, listing, self._now() + CATALOGUE_AGE)
        while len(self._public) > self._size:
            self._public.popitem(last=False)
        return public

    def _started(self, name: str, key: Key, make: Callable[[], Coroutine[Any, Any, _T]]) -> asyncio.Task[_T]:
        task = self._tasks.get((name, key))
        if task is None:
            task = self._tasks[name, key] = asyncio.create_task(self._patiently(key.exchange_id, make))
            task.add_done_callback(lambda done: self._ended((name, key), done))
        return task

    def _ended(self, which: tuple[str, Key], task: asyncio.Task[Any]) -> None:
        self._tasks.pop(which, None)
        if not task.cancelled():
            task.exception()  # everybody may have left; a renewal has nobody who waits

    async def _patiently(self, exchange_id: str, make: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Not by the deadline of the caller who happened to come first."""
        DEADLINE.set(self._now() + LOAD_TIMEOUT)
        try:
            async with asyncio.timeout(LOAD_TIMEOUT):
                return await make()
        except TimeoutError as e:
            raise ExchangeUnavailable(
                f"{exchange_id} did not answer in {LOAD_TIMEOUT:g} s.", exchange_id=exchange_id
            ) from e


# -------------------------------------------------------------------------------------------- ccxt's own objects


def lists_apart(exchange: Any) -> bool:
    """Whether the exchange's derivatives can be listed without its spot markets."""
    types = _types(exchange) or ()
    return any(name in SPOT_TYPES for name in types) and any(map(_is_derivative, types))


def prepare(exchange: Any) -> None:
    """Spot only where there is a choice, and no request that is not needed: also fewer that can fail."""
    _prepare(exchange)
    if exchange.has.get("spot"):
        exchange.options["defaultType"] = "spot"
    if "spot" in (_types(exchange) or ()):
        _choose(exchange, lambda name: name == "spot")


def prepare_futures(exchange: Any) -> None:
    """Derivatives only, without options."""
    _prepare(exchange)
    _choose(exchange, _is_derivative)


def _is_derivative(kind: str) -> bool:
    return kind not in SPOT_TYPES and kind not in UNLISTED_TYPES


def _prepare(exchange: Any) -> None:
    exchange.has = {**exchange.has, "fetchCurrencies": exchange.id in NEEDS_CURRENCIES}
    options = exchange.options.get("fetchMarkets")
    if isinstance(options, dict) and "fetchTickersFees" in options:
        options["fetchTickersFees"] = False


def _types(exchange: Any) -> Any:
    """ccxt's choice of kinds of markets: a list of names, or names with booleans.

    None where it has no choice, or has one written down and does not follow it (mexc).
    """
    options = exchange.options.get("fetchMarkets")
    types = options.get("types") if isinstance(options, dict) else None
    if isinstance(types, dict):
        return types if all(isinstance(wanted, bool) for wanted in types.values()) else None
    return types if isinstance(types, list) else None


def _choose(exchange: Any, wanted: Callable[[str], bool]) -> None:
    types = _types(exchange)
    options = exchange.options.get("fetchMarkets")
    if isinstance(types, list):
        options["types"] = [name for name in types if wanted(name)]
    elif types is not None:
        options["types"] = {name: wanted(name) for name in types}


def strip(exchange: Any) -> None:
    """Frees the exchange's own rows and what the listing holds, most of a catalogue's memory. `markets` and
    `markets_by_id` hold different objects."""
    keep = exchange.id in NEEDS_CATALOGUE
    for market in exchange.markets.values():
        _strip(market, keep)
    for markets in exchange.markets_by_id.values():
        for market in markets:
            _strip(market, keep)
    for currency in exchange.currencies.values():
        currency["info"] = None
        currency["networks"] = {}
    exchange.number = str


def _strip(market: dict[str, Any], keep: bool) -> None:
    market["info"] = None
    if not keep:
        market["limits"] = market["precision"] = _NOTHING


_NOTHING: dict[str, Any] = {}
