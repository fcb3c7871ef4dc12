"""The queue before each exchange: all accounts at it together ask no more often than it allows.

ccxt's throttler belongs to one exchange object, while exchanges count by IP address: with an object per account the
sum of them would be banned. So every object of an exchange waits here. How much it allows is in
`coinassay.exchanges.budgets`. Requests that everybody waits for go first, then whole loads in the order they came
(`coinassay.exchanges.admission`).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import math
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple

from coinassay.errors import ExchangeThrottled
from coinassay.exchanges.admission import LOAD, Load, LoadQueue
from coinassay.exchanges.budgets import FAMILIES, Budgets, Flow, alike, budgets_of
from coinassay.exchanges.meters import INSTANT
from coinassay.exchanges.pools import Pool, Waiter

DEADLINE: ContextVar[float | None] = ContextVar("when the caller stops waiting", default=None)
"""On the clock of time.monotonic, for requests that belong to no load. Who could not be served before it is told at
once."""

PATIENCE = 600.0
"""Seconds a load waits to be let in, and afterwards for its own requests, before its caller is sent away: 500 accounts
at Binance take six minutes at what Binance allows. The load goes on when its caller does not wait so long."""

FIRST_PAUSE = 5.0
LONGEST_GUESSED_PAUSE = 60.0
LONGEST_PAUSE = 86_400.0
"""Seconds. Also a Retry-After beyond it is not believed: one request a day hurts nobody."""


class Passed(NamedTuple):
    """A request that was let go, to be handed back when it has ended."""

    pool: Pool
    cost: float


class Limiter:
    """The queue before one exchange. Belongs to one event loop; may be used from the others, too."""

    def __init__(
        self,
        budgets: Budgets,
        loop: asyncio.AbstractEventLoop,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._budgets = budgets
        self._now = now
        self._loop = loop
        self._pools: dict[str, Pool] = {}
        self._busy: list[Pool] = []
        """Those somebody waits for."""
        self._loads = LoadQueue(now, self.pause_left, self._pump, self._too_long)
        self._timer: asyncio.TimerHandle | None = None
        self._paused_until = -math.inf
        self._refusals = 0

    def load(self, kind: str, exchange_id: str, timeout: float, patience: float = PATIENCE) -> Load:
        """A load of an account, to be entered with `async with` in the limiter's own loop; loads of one `kind` ask
        about the same. `timeout`: seconds for it once it is let in."""
        return Load(self._loads, kind, exchange_id, timeout, patience)

    async def enter(self, exchange: Any, api: str, path: str, cost: float) -> Passed:
        """Waits for the turn of a request of ccxt's object `exchange`, at `path` of its `api`, that costs so much.

        Raises ExchangeThrottled at once when it would not come in time. What is returned goes to `leave`.
        """
        if asyncio.get_running_loop() is self._loop:
            return await self._enter(exchange, api, path, cost)
        asked = asyncio.run_coroutine_threadsafe(self._enter(exchange, api, path, cost), self._loop)
        try:
            return await asyncio.wrap_future(asked)
        except asyncio.CancelledError:
            asked.cancel()
            asked.add_done_callback(self._unsent)
            raise

    def leave(self, passed: Passed) -> None:
        """The request was answered, or has failed."""
        self._in_loop(self._leave, passed)

    def refused(self, retry_after: float | None) -> None:
        """The exchange asks for fewer requests: nobody asks it anything for `retry_after` seconds, or for a guess that
        grows with each refusal in a row."""
        self._in_loop(self._refused, retry_after)

    def served(self) -> None:
        if self._refusals:
            self._in_loop(self._served)

    def pause_left(self) -> float:
        """Seconds until anything may be asked again."""
        return max(0.0, self._paused_until - self._now())

    def check_pause(self, exchange_id: str) -> None:
        """Raises ExchangeThrottled when the exchange has asked for a pause that lasts beyond `DEADLINE`. May be called
        in any thread."""
        deadline, pause = DEADLINE.get(), self.pause_left()
        if deadline is not None and pause > INSTANT and self._now() + pause > deadline:
            raise self._too_long(exchange_id, pause)

    @property
    def waiting(self) -> int:
        """Requests, and loads that are not let in yet."""
        requests = sum(not waiter.turn.done() for pool in self._busy for waiter in pool.queue)
        return requests + len(self._loads)

    def close(self) -> None:
        """Sends those who wait away."""
        if self._timer is not None:
            self._timer.cancel()
        self._loads.close()
        for pool in self._busy:
            for waiter in pool.queue:
                waiter.turn.cancel()

    async def _enter(self, exchange: Any, api: str, path: str, cost: float) -> Passed:
        budget = self._budgets(api, path)
        pool = exchange.own_pool if budget.by_key else self._pools.get(budget.pool)
        if pool is None:
            pool = Pool(budget.allowance.meter(self._now()), by_key=budget.by_key)
            if budget.by_key:
                exchange.own_pool = pool
            else:
                self._pools[budget.pool] = pool
        passed = Passed(pool, max(cost, budget.least))
        load = LOAD.get()
        if load is not None and not load.belongs_to(self._loads):
            load = None
        if load is not None and load.draw(pool, passed.cost):
            return passed
        now = self._now()
        ticket = 0 if load is None else load.ticket
        wait = max(self.pause_left(), pool.wait(passed.cost, now, ticket))
        if wait <= INSTANT:
            pool.meter.take(passed.cost, now)
        else:
            await self._queue(exchange.id, passed, load, wait)
        if load is not None:
            load.note(pool, passed.cost)
        return passed

    async def _queue(self, exchange_id: str, passed: Passed, load: Load | None, wait: float) -> None:
        pool, cost = passed
        waiter = Waiter(
            0 if load is None else load.ticket,
            cost,
            turn=self._loop.create_future(),
            load=load,
            deadline=DEADLINE.get() if load is None else load.gives_up_at,
            exchange_id=exchange_id,
        )
        self._check(waiter, wait)
        if pool not in self._busy:
            self._busy.append(pool)
        pool.add(waiter)
        if load is not None:
            load.stop_clock()
        try:
            self._pump()
            await waiter.turn
        except asyncio.CancelledError:
            if waiter.granted:  # in the very moment the caller left
                pool.meter.give_back(cost)
            else:
                pool.drop(waiter)
            self._pump()
            raise
        finally:
            if load is not None:
                load.start_clock()

    def _check(self, waiter: Waiter, wait: float) -> None:
        """Raises ExchangeThrottled for who cannot be served in time."""
        if waiter.deadline is not None and self._now() + wait > waiter.deadline:
            raise self._too_long(waiter.exchange_id, wait)
        pause = self.pause_left()
        if waiter.load is not None and pause > waiter.load.left():
            raise self._too_long(waiter.exchange_id, pause)

    def _pump(self) -> None:
        """Lets those pass whose turn it is, and comes back for the next."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        wait = self.pause_left()
        if wait <= INSTANT:
            now = self._now()
            wait = min((pool.serve(now) for pool in self._busy), default=math.inf)
            self._busy = [pool for pool in self._busy if pool.queue]
            wait = min(wait, self._loads.admit())
        if wait < math.inf and (self._busy or len(self._loads)):
            self._timer = self._loop.call_later(wait, self._pump)

    def _leave(self, passed: Passed) -> None:
        passed.pool.meter.end(passed.cost, self._now())

    def _unsent(self, asked: concurrent.futures.Future[Passed]) -> None:
        """Gives back what was granted to a caller of another loop in the very moment it left."""
        if not asked.cancelled() and asked.exception() is None:
            passed = asked.result()
            self._in_loop(passed.pool.meter.give_back, passed.cost)

    def _too_long(self, exchange_id: str, wait: float) -> ExchangeThrottled:
        seconds = math.ceil(wait)
        reason = (
            "The exchange asked for a pause"
            if self._paused_until > self._now()
            else "This server already asks the exchange as often as it may"
        )
        return ExchangeThrottled(
            f"{reason}: the next request may go in {seconds} s.", exchange_id=exchange_id, retry_after=seconds
        )

    def _refused(self, retry_after: float | None) -> None:
        now = self._now()
        if retry_after is None:
            if self._paused_until > now:  # sent before the first of them was refused
                return
            retry_after = min(LONGEST_GUESSED_PAUSE, FIRST_PAUSE * 2**self._refusals)
        self._refusals = min(self._refusals + 1, 10)
        self._paused_until = max(self._paused_until, now + min(retry_after, LONGEST_PAUSE))
        for pool in (*self._pools.values(), *self._busy):
            pool.meter.pause(self._paused_until, now)
        for pool in self._busy:  # who cannot be served in time is told now, not when the time is over
            for waiter in pool.queue:
                if not waiter.turn.done():
                    try:
                        self._check(waiter, self.pause_left())
                    except ExchangeThrottled as e:
                        waiter.turn.set_exception(e)
        self._loads.refuse(self.pause_left())
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
            self._loop.call_soon_threadsafe(partial(call, *args))


class Limiters:
    """One limiter for each exchange, all in the event loop that `bind` was called in first."""

    def __init__(self, overrides: Mapping[str, Any], now: Callable[[], float] = time.monotonic) -> None:
        """`overrides`: units a second by ccxt id, where the published budget is not wanted."""
        self._overrides = {exchange_id: float(rate) for exchange_id, rate in overrides.items()}
        self._now = now
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
                limiter = Limiter(budgets, self._loop or asyncio.get_running_loop(), self._now)
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

    def close(self) -> None:
        for limiter in self._limiters.values():
            limiter.close()
        self._limiters.clear()
