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
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple

from coinassay.errors import ExchangeThrottled
from coinassay.exchanges.admission import LOAD, Load, LoadQueue
from coinassay.exchanges.budgets import Budget, Budgets
from coinassay.exchanges.keeper import Keeper, Shared
from coinassay.exchanges.leased import SOON, Demand, Leased, lease
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
    alone: Load | None = None
    """Where it belongs to no load: its place among them."""


class Limiter:
    """The queue before one exchange. Belongs to one event loop; may be used from the others, too."""

    def __init__(
        self,
        budgets: Budgets,
        loop: asyncio.AbstractEventLoop,
        now: Callable[[], float] = time.monotonic,
        *,
        exchange: str = "",
        shared: Shared | None = None,
    ) -> None:
        """`shared`: where other processes ask the same `exchange` from the same address."""
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
        self._keeper = None if shared is None else Keeper(shared, exchange, self, now)

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

    def counted(self, passed: Passed, weight: float) -> None:
        """The exchange says what it has counted, with what other programs ask from the same address."""
        self._in_loop(self._counted, passed.pool, weight)

    def refused(self, retry_after: float | None) -> None:
        """The exchange asks for fewer requests: nobody asks it anything for `retry_after` seconds, or for a guess that
        grows with each refusal in a row."""
        self._in_loop(self._refused, retry_after)

    def served(self) -> None:
        if self._refusals:
            self._in_loop(self._served)

    def pause_left(self) -> float:
        """Seconds until anything may be asked again."""
        unknown = self._keeper is not None and not self._keeper.known  # another process may have been told to pause
        return max(SOON if unknown else 0.0, self._paused_until - self._now())

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

    # What its keeper asks. A budget of one API key is not shared: an account is read by one process at a time.

    def meters(self) -> Mapping[str, Leased]:
        return {name: pool.meter for name, pool in self._pools.items() if isinstance(pool.meter, Leased)}

    def demand(self) -> Mapping[str, Demand]:
        """What all that wait need of each budget."""
        of_loads = self._loads.needs()
        return {name: _demand(pool, of_loads.get(pool, ())) for name, pool in self._pools.items()}

    def pause(self, seconds: float) -> None:
        """Another process was told to ask nothing for so long."""
        self._pause_until(self._now() + seconds)

    def look_again(self) -> None:
        """There may be more than there was."""
        self._pump()

    async def close(self) -> None:
        """Sends those who wait away, and gives back what other processes may use."""
        if self._timer is not None:
            self._timer.cancel()
        self._loads.close()
        for pool in self._busy:
            for waiter in pool.queue:
                waiter.turn.cancel()
        if self._keeper is not None:
            await self._keeper.close()

    async def _enter(self, exchange: Any, api: str, path: str, cost: float) -> Passed:
        budget = self._budgets(api, path)
        pool = self._pool(exchange, budget)
        passed = Passed(pool, max(cost, budget.least))
        load = LOAD.get()
        if load is not None and not load.belongs_to(self._loads):
            load = None
        if load is None and not budget.by_key and getattr(exchange, "of_account", False):
            return await self._enter_alone(exchange.id, passed)
        if load is not None and load.draw(pool, passed.cost):
            return passed
        if load is not None:
            load.release(pool)
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

    def _pool(self, exchange: Any, budget: Budget) -> Pool:
        pool = exchange.own_pool if budget.by_key else self._pools.get(budget.pool)
        if pool is None:
            now = self._now()
            if self._keeper is None or budget.by_key:
                pool = Pool(budget.allowance.meter(now), by_key=budget.by_key)
            else:
                pool = Pool(lease(budget.allowance, now, self._keeper.stay), weight=budget.weight)
            if budget.by_key:
                exchange.own_pool = pool
            else:
                self._pools[budget.pool] = pool
        return pool

    async def _enter_alone(self, exchange_id: str, passed: Passed) -> Passed:
        """A request for one account that is part of no load (its trades, its networks, its key's examination) takes its
        place among the loads as one of a single request: nobody's load waits for what came after it."""
        pool, cost, _ = passed
        deadline = DEADLINE.get()
        patience = PATIENCE if deadline is None else max(0.0, deadline - self._now())
        kind = f"alone {id(pool)} {cost:g}"
        self._loads.expect(kind, {pool: cost})
        alone = self.load(kind, exchange_id, patience, patience)
        await self._loads.enter(alone)
        alone.draw(pool, cost)
        return Passed(pool, cost, alone)

    async def _queue(self, exchange_id: str, passed: Passed, load: Load | None, wait: float) -> None:
        pool, cost, _ = passed
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
        if not self._busy and not len(self._loads):
            return
        if self._keeper is not None:
            if wait <= 2 * SOON:
                self._keeper.wake()
            else:
                self._keeper.stay()
        if wait < math.inf:
            self._timer = self._loop.call_later(wait, self._pump)

    def _leave(self, passed: Passed) -> None:
        passed.pool.meter.end(passed.cost, self._now())
        if passed.alone is not None:
            self._loads.leave(passed.alone)

    def _counted(self, pool: Pool, weight: float) -> None:
        if pool.weight and isinstance(pool.meter, Leased):
            pool.meter.notice(weight * pool.weight)

    def _give_back(self, passed: Passed) -> None:
        passed.pool.meter.give_back(passed.cost)
        if passed.alone is not None:
            self._loads.leave(passed.alone)

    def _unsent(self, asked: concurrent.futures.Future[Passed]) -> None:
        """Gives back what was granted to a caller of another loop in the very moment it left."""
        if not asked.cancelled() and asked.exception() is None:
            self._in_loop(self._give_back, asked.result())

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
        self._pause_until(now + min(retry_after, LONGEST_PAUSE))
        if self._keeper is not None:
            self._keeper.wake()

    def _pause_until(self, moment: float) -> None:
        now = self._now()
        self._paused_until = max(self._paused_until, moment)
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


def _demand(pool: Pool, of_loads: Iterable[tuple[float, float]]) -> Demand:
    """`of_loads`: what loads that are not let in yet need of it, all of a kind and one of them."""
    waiting = [waiter for waiter in sorted(pool.queue) if not waiter.turn.done()]
    shared = [waiter.cost for waiter in waiting if not waiter.ticket]
    own = [waiter.cost for waiter in waiting if waiter.ticket]
    firsts = [*own[:1], *(one for _, one in of_loads)]
    return Demand(
        units=sum(own) + sum(units for units, _ in of_loads),
        shared=sum(shared),
        first=firsts[0] if firsts else 0.0,
        first_shared=shared[0] if shared else 0.0,
    )
