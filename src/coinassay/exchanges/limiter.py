"""How often this process asks an exchange: one bucket for all accounts at it.

ccxt's throttler belongs to one exchange object, while exchanges count by IP address: with an object per account the
sum of them would be banned. So every object of one exchange waits at the same `Limiter`, first come, first served.

Units are ccxt's: an endpoint has a `cost`, and an exchange lets one unit pass every `rateLimit` milliseconds. For
Binance that is exactly what it publishes: a weight of 6000 a minute by IP
(https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits) is 1200 units a minute in ccxt, with
rateLimit 50 and a cost of 0.2 for each weight of 1 (`account`: weight 20, cost 4); sapi's 12000 a minute have a cost of
0.1 each, so they fit the same bucket.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from coinassay.errors import ExchangeThrottled

DEADLINE: ContextVar[float | None] = ContextVar("when the caller stops waiting", default=None)
"""On the clock of time.monotonic. Who could not be served before it is told at once."""

BURST_SHARE = 0.2
"""The share of a window's units that may go at once. The rest flows evenly, so that no window sees more than the limit:
burst + rate x window = limit."""

SLOW = 5.0
"""Units a second below which an exchange's limit is taken to be one by the minute: those of Kraken, Bitso, bitFlyer or
BTC Markets are, and a load of several requests in a row need not be spread over seconds there."""

BY_THE_MINUTE = frozenset(("binance", "binancecoinm", "binanceus", "binanceusdm"))
"""Fast exchanges whose published limit is one by the minute all the same."""

FIRST_PAUSE = 5.0
LONGEST_GUESSED_PAUSE = 60.0
LONGEST_PAUSE = 86_400.0
"""Seconds. Also a Retry-After beyond it is not believed: one request a day hurts nobody."""

INSTANT = 1e-6
"""Seconds not worth waiting: less than what floats lose."""


class Bucket:
    """A token bucket. Pure: the time, in seconds, is an argument."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        """`rate` in units a second, `burst` units at once; both above zero."""
        if not (rate > 0 and burst > 0):
            raise ValueError("a bucket needs a rate and a burst above zero")
        self.rate = rate
        self.burst = burst
        self.paused_until = -math.inf
        self._tokens = burst
        self._at = now

    def wait(self, cost: float, now: float, ahead: float = 0.0) -> float:
        """Seconds until `cost` units may be taken, when `ahead` units are taken first; 0 for now.

        A cost above `burst` passes when the bucket is full, and leaves a debt.
        """
        self._refill(now)
        missing = ahead + min(cost, self.burst) - self._tokens
        flowing_from = max(self.paused_until, now)
        # Nothing flows in during a pause: it ends with what there was when it began.
        return max(0.0, flowing_from - now, flowing_from - now + missing / self.rate)

    def take(self, cost: float, now: float) -> None:
        self._refill(now)
        self._tokens -= cost

    def give_back(self, cost: float) -> None:
        self._tokens = min(self.burst, self._tokens + cost)

    def pause(self, seconds: float, now: float) -> None:
        """Nothing passes for `seconds`; a longer pause that is under way stays."""
        self._refill(now)
        self.paused_until = max(self.paused_until, now + seconds)

    def _refill(self, now: float) -> None:
        start = max(self._at, self.paused_until)
        if now > start:
            self._tokens = min(self.burst, self._tokens + (now - start) * self.rate)
        self._at = max(self._at, now)


@dataclass(slots=True)
class _Waiter:
    turn: asyncio.Future[None]
    cost: float
    deadline: float | None
    granted: bool = False


class Limiter:
    """The queue before one exchange. Belongs to one event loop; may be used from the others, too."""

    def __init__(
        self,
        exchange_id: str,
        rate: float,
        burst: float,
        loop: asyncio.AbstractEventLoop,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._exchange_id = exchange_id
        self._now = now
        self._bucket = Bucket(rate, burst, now())
        self._loop = loop
        self._queue: deque[_Waiter] = deque()
        self._queued = 0.0
        """Units that those in the queue will take."""
        self._timer: asyncio.TimerHandle | None = None
        self._refusals = 0

    async def acquire(self, cost: float) -> None:
        """Waits for the turn. Raises ExchangeThrottled at once when it would come after `DEADLINE`."""
        if asyncio.get_running_loop() is self._loop:
            await self._acquire(cost)
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._acquire(cost), self._loop))

    def refused(self, retry_after: float | None) -> None:
        """The exchange asks for fewer requests: nobody asks it anything for `retry_after` seconds, or for a guess that
        grows with each refusal in a row."""
        self._in_loop(self._refused, retry_after)

    def served(self) -> None:
        if self._refusals:
            self._in_loop(self._served)

    @property
    def waiting(self) -> int:
        return sum(1 for waiter in self._queue if not waiter.turn.done())

    def close(self) -> None:
        """Sends those who wait away."""
        if self._timer is not None:
            self._timer.cancel()
        while self._queue:
            self._queue.popleft().turn.cancel()

    async def _acquire(self, cost: float) -> None:
        wait = self._bucket.wait(cost, self._now(), self._queued)
        if wait <= INSTANT and not self._queue:
            self._bucket.take(cost, self._now())
            return
        deadline = DEADLINE.get()
        if deadline is not None and self._now() + wait > deadline:
            raise self._too_long(wait)
        waiter = _Waiter(self._loop.create_future(), cost, deadline)
        self._queue.append(waiter)
        self._queued += cost
        if self._timer is None:
            self._pump()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter.granted:  # in the very moment the caller left
                self._bucket.give_back(cost)
            else:
                self._queued -= cost
            self._pump()
            raise

    def _pump(self) -> None:
        """Lets those pass whose turn it is, and comes back for the next."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue:
            waiter = self._queue[0]
            if not waiter.turn.done():
                wait = self._bucket.wait(waiter.cost, self._now())
                if wait > INSTANT:
                    self._timer = self._loop.call_later(wait, self._pump)
                    return
                self._bucket.take(waiter.cost, self._now())
                self._queued -= waiter.cost
                waiter.granted = True
                waiter.turn.set_result(None)
            self._queue.popleft()

    def _too_long(self, wait: float) -> ExchangeThrottled:
        seconds = math.ceil(wait)
        reason = (
            "The exchange asked for a pause"
            if self._bucket.paused_until > self._now()
            else "This server already asks the exchange as often as it may"
        )
        return ExchangeThrottled(
            f"{reason}: the next request may go in {seconds} s.", exchange_id=self._exchange_id, retry_after=seconds
        )

    def _refused(self, retry_after: float | None) -> None:
        now = self._now()
        if retry_after is None:
            if self._bucket.paused_until > now:  # sent before the first of them was refused
                return
            retry_after = min(LONGEST_GUESSED_PAUSE, FIRST_PAUSE * 2**self._refusals)
        self._refusals = min(self._refusals + 1, 10)
        self._bucket.pause(min(retry_after, LONGEST_PAUSE), now)
        wait = self._bucket.paused_until - now
        for waiter in self._queue:  # who cannot be served in time is told now, not when the time is over
            if not waiter.turn.done() and waiter.deadline is not None and now + wait > waiter.deadline:
                self._queued -= waiter.cost
                waiter.turn.set_exception(self._too_long(wait))
        self._pump()

    def _served(self) -> None:
        self._refusals = 0

    def _in_loop(self, call: Callable[..., None], *args: Any) -> None:
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is self._loop:
            call(*args)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *args)


class Limiters:
    """One limiter for each exchange, all in the event loop that `bind` was called in first."""

    def __init__(self, overrides: Mapping[str, Any], now: Callable[[], float] = time.monotonic) -> None:
        """`overrides`: units a second by ccxt id, where ccxt's own figure is not wanted."""
        self._overrides = {exchange_id: float(rate) for exchange_id, rate in overrides.items()}
        self._now = now
        self._loop: asyncio.AbstractEventLoop | None = None
        self._limiters: dict[str, Limiter] = {}
        self._lock = threading.Lock()

    def bind(self) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()

    def of(self, exchange: Any) -> Limiter:
        """The limiter of a ccxt exchange object. May be called in any thread."""
        with self._lock:
            limiter = self._limiters.get(exchange.id)
            if limiter is None:
                override = self._overrides.get(exchange.id)
                if override is None:
                    rate, burst = published(exchange.id, exchange.rateLimit)
                else:
                    rate, burst = override, max(1.0, override)
                loop = self._loop or asyncio.get_running_loop()
                limiter = self._limiters[exchange.id] = Limiter(exchange.id, rate, burst, loop, self._now)
            return limiter

    def close(self) -> None:
        for limiter in self._limiters.values():
            limiter.close()
        self._limiters.clear()


def published(exchange_id: str, rate_limit: float) -> tuple[float, float]:
    """Units a second, and units at once, from ccxt's `rateLimit` (milliseconds for a unit)."""
    rate = 1000 / max(rate_limit, 1.0)
    window = 60.0 if rate < SLOW or exchange_id in BY_THE_MINUTE else 1.0
    burst = BURST_SHARE * rate * window
    return (rate * (1 - BURST_SHARE), burst) if burst >= 1 else (rate, 1.0)
