"""One ccxt object for each account that was read lately."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from coinassay.domain.account import Credentials
from coinassay.domain.market import Market
from coinassay.exchanges import library
from coinassay.exchanges.addresses import Addresses
from coinassay.exchanges.limiters import Limiters
from coinassay.exchanges.markets import ccxt_credentials
from coinassay.services.ports import Connection

SIZE = 2000
"""Accounts kept, 10 to 20 kB each."""

IDLE = 900.0
"""Seconds after which an account's object, and with it its keys, leaves the memory."""

NEEDS_CATALOGUE = frozenset(("nado",))
"""Exchanges whose balances are read through ccxt's summary, and whose currencies are numbers that only its catalogue
translates. All others need none; a test looks through ccxt for new ones."""

Catalogue = Callable[[str, str | None], Awaitable[Any]]
"""The object without keys of an exchange id and base URL, with its markets loaded."""


@dataclass(slots=True)
class _Slot:
    exchange: Any
    market_code: str
    base_url: str | None
    credentials: Credentials
    used_at: float
    leases: int = 0


class Instances:
    """Belongs to the event loop it is first used in. Two loads of one account share its object."""

    def __init__(
        self,
        addresses: Addresses,
        limiters: Limiters,
        catalogue: Catalogue,
        *,
        size: int = SIZE,
        idle: float = IDLE,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._addresses = addresses
        self._limiters = limiters
        self._catalogue = catalogue
        self._size = size
        self._idle = idle
        self._now = now
        self._slots: OrderedDict[int, _Slot] = OrderedDict()
        """By account id, the longest unused first."""
        self._session: Any = None
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._slots)

    @asynccontextmanager
    async def lease(self, connection: Connection) -> AsyncIterator[Any]:
        """The account's ccxt object; a new one when its credentials have changed."""
        loaded = await library.load()
        slot = self._slot_of(loaded, connection)
        slot.leases += 1
        try:
            if slot.exchange.id in NEEDS_CATALOGUE:
                share(await self._catalogue(slot.exchange.id, slot.base_url), slot.exchange)
            yield slot.exchange
        finally:
            slot.leases -= 1
            slot.used_at = self._now()

    @asynccontextmanager
    async def borrow(
        self, market: Market, credentials: Credentials, beside: Market | None = None
    ) -> AsyncIterator[Any]:
        """An object of its own for credentials that belong to no account (yet). Nothing of it is kept. `beside`: the
        market they were given for, where they are tried at another one."""
        base_url = self._addresses.of_account(market, beside)
        exchange = self._make(await library.load(), market, credentials, base_url)
        try:
            if exchange.id in NEEDS_CATALOGUE:
                share(await self._catalogue(exchange.id, base_url), exchange)
            yield exchange
        finally:
            exchange.session = None

    def _make(self, loaded: library.Library, market: Market, credentials: Credentials, base_url: str | None) -> Any:
        if self._session is None:
            self._session = loaded.open_session()
        exchange = loaded.account(market.exchange_id, self._session, ccxt_credentials(credentials), base_url)
        exchange.limiter = self._limiters.of(exchange)
        return exchange

    def _slot_of(self, loaded: library.Library, connection: Connection) -> _Slot:
        slot = self._slots.pop(connection.account_id, None)
        base_url = self._addresses.of_account(connection.market)
        if (
            slot is None
            or slot.market_code != connection.market.code
            or slot.base_url != base_url
            or slot.credentials != connection.credentials
        ):
            if slot is not None:
                _let_go(slot)
            exchange = self._make(loaded, connection.market, connection.credentials, base_url)
            slot = _Slot(exchange, connection.market.code, base_url, connection.credentials, self._now())
        self._slots[connection.account_id] = slot
        while len(self._slots) > self._size:
            _let_go(self._slots.popitem(last=False)[1])
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._idle, self._sweep)
        return slot

    def _sweep(self) -> None:
        self._timer = None
        old = self._now() - self._idle
        for account_id in [key for key, slot in self._slots.items() if not slot.leases and slot.used_at <= old]:
            _let_go(self._slots.pop(account_id))
        if self._slots:
            self._timer = asyncio.get_running_loop().call_later(self._idle / 4, self._sweep)

    def forget(self, account_id: int) -> None:
        """A load that is under way ends with the object it has; the next one starts anew."""
        slot = self._slots.pop(account_id, None)
        if slot is not None:
            _let_go(slot)

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._slots:
            _let_go(self._slots.popitem()[1])
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()


def _let_go(slot: _Slot) -> None:
    """The session is everybody's: it is only let go of. In the middle of a load the object keeps it until the end."""
    if not slot.leases:
        slot.exchange.session = None


def share(source: Any, exchange: Any) -> None:
    """Gives `exchange` the catalogue of `source`, without copying it."""
    if exchange.markets is source.markets:
        return
    exchange.set_markets_from_exchange(source)
    for name, value in source.options.items():
        if name not in exchange.options:  # what is made while the catalogue is loaded
            exchange.options[name] = value
