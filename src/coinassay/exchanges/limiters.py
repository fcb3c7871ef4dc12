"""The limiters of all exchanges."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from coinassay.exchanges.budgets import FAMILIES, Flow, alike, budgets_of
from coinassay.exchanges.keeper import Shared
from coinassay.exchanges.limiter import Limiter

OWN_LIMIT = " (set)"
"""After the name of an exchange whose limit a setting gives: it is another one than the published."""


class Limiters:
    """One limiter for each exchange, all in the event loop that `bind` was called in first."""

    def __init__(
        self,
        overrides: Mapping[str, Any],
        now: Callable[[], float] = time.monotonic,
        shared: Shared | None = None,
    ) -> None:
        """`overrides`: units a second by ccxt id, where the published budget is not wanted. `shared`: where processes
        share their limits; each has its own where not given."""
        self._overrides = {exchange_id: float(rate) for exchange_id, rate in overrides.items()}
        self._now = now
        self._shared = shared
        self._loop: asyncio.AbstractEventLoop | None = None
        self._limiters: dict[tuple[str, bool], Limiter] = {}
        self._lock = threading.Lock()

    def bind(self) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()

    def of(self, exchange: Any) -> Limiter:
        """The limiter of a ccxt exchange object. May be called in any thread."""
        name, override = self._name(exchange.id)
        with self._lock:
            limiter = self._limiters.get(name)
            if limiter is None:
                budgets = budgets_of(exchange) if override is None else alike(Flow(override, max(1.0, override)))
                limiter = Limiter(
                    budgets,
                    self._loop or asyncio.get_running_loop(),
                    self._now,
                    exchange=name[0] + (OWN_LIMIT if name[1] else ""),
                    shared=self._shared,
                )
                self._limiters[name] = limiter
            return limiter

    def check_pause(self, exchange_id: str) -> None:
        """Tells a caller at once who waits for what others ask: raises ExchangeThrottled when the exchange has asked
        for a pause that lasts beyond the caller's `DEADLINE`. May be called in any thread."""
        limiter = self._limiters.get(self._name(exchange_id)[0])
        if limiter is not None:
            limiter.check_pause(exchange_id)

    def _name(self, exchange_id: str) -> tuple[tuple[str, bool], float | None]:
        """Which limiter it is, and its rate where a setting gives one."""
        override = self._overrides.get(exchange_id)
        family = exchange_id if override is not None else FAMILIES.get(exchange_id, exchange_id)
        return (family, override is not None), override

    async def close(self) -> None:
        for limiter in self._limiters.values():
            await limiter.close()
        self._limiters.clear()
