"""Whole loads, one after the other: who is let in gets all of his requests before those who came later.

Without it the requests of many accounts interleave, and where there is not enough for all of them at once no load ends
in time. What a load of its kind will take is learned from those before it and set aside when it is let in; what it did
not take is given back at its end. Belongs to one event loop, that of its `Limiter`.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self

from coinassay.exchanges.meters import INSTANT
from coinassay.exchanges.pools import Pool

AT_ONCE = 32
"""Loads inside at the same time: more would only wait for connections and CPU while their time runs. An exchange that
answers in a second still lets 32 accounts pass each second."""

PROBES = 4
"""Loads let in together while nothing is known of what one takes; the others wait for the first to end."""

FORGET = 8
"""How slowly less is expected: a load that takes less moves what is expected by one part in so many."""

LOAD: ContextVar[Load | None] = ContextVar("the load a request is made for", default=None)


class Load:
    """One load, from its arrival on: `async with` waits until it is let in, and its end lets in the next.

    Its time starts when it is let in, and stands still while a request of its own waits for its turn.
    """

    def __init__(self, queue: LoadQueue, kind: str, exchange_id: str, timeout: float, patience: float) -> None:
        self.kind = kind
        self.exchange_id = exchange_id
        self.timeout = timeout
        self.ticket = 0
        self.turn: asyncio.Future[None] | None = None
        self.set_aside: dict[Pool, float] = {}
        self.taken: dict[Pool, float] = {}
        self.has_asked = False
        self._queue = queue
        self._patience = patience
        self._arrived_at = self._let_in_at = queue.now()
        self._waiting = 0
        self._waiting_since = 0.0
        self._stood = 0.0
        self._token: Token[Load | None] | None = None

    async def __aenter__(self) -> Self:
        """Raises ExchangeThrottled when it would not be let in within `patience` seconds, or when the exchange has
        asked for a pause longer than `timeout`."""
        await self._queue.enter(self)
        self._let_in_at = self._queue.now()
        self._token = LOAD.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            LOAD.reset(self._token)
        self._queue.leave(self)

    @property
    def gives_up_at(self) -> float:
        return self._arrived_at + self._patience

    @property
    def waited(self) -> float:
        """Seconds in queues of our own so far."""
        return self._let_in_at - self._arrived_at + self._stood

    def left(self) -> float:
        """Seconds of its own time that are left."""
        now = self._waiting_since if self._waiting else self._queue.now()
        return self.timeout - (now - self._let_in_at - self._stood)

    def belongs_to(self, queue: LoadQueue) -> bool:
        return self._queue is queue

    def draw(self, pool: Pool, cost: float) -> bool:
        """Takes it from what was set aside, if there is enough."""
        left = self.set_aside.get(pool, 0.0)
        if left + INSTANT < cost:
            return False
        self.set_aside[pool] = max(0.0, left - cost)
        self.note(pool, cost)
        return True

    def release(self, pool: Pool) -> None:
        """Gives back what was set aside and is not enough: it would wait for what it holds itself."""
        left = self.set_aside.pop(pool, 0.0)
        if left > 0:
            pool.meter.give_back(left)

    def note(self, pool: Pool, cost: float) -> None:
        """A request of its own is on its way."""
        self.has_asked = True
        if not pool.by_key:
            self.taken[pool] = self.taken.get(pool, 0.0) + cost

    def stop_clock(self) -> None:
        if not self._waiting:
            self._waiting_since = self._queue.now()
        self._waiting += 1

    def start_clock(self) -> None:
        self._waiting -= 1
        if not self._waiting:
            self._stood += self._queue.now() - self._waiting_since


class LoadQueue:
    """Loads in the order they came. One passes another only where the two need nothing in common."""

    def __init__(
        self,
        now: Callable[[], float],
        pause: Callable[[], float],
        pump: Callable[[], None],
        too_long: Callable[[str, float], Exception],
    ) -> None:
        """`pause`: seconds during which nothing may be sent; `pump` is called when somebody may be let in."""
        self.now = now
        self._pause = pause
        self._pump = pump
        self._too_long = too_long
        self._lines: dict[str, deque[Load]] = {}
        self._expected: dict[str, dict[Pool, float]] = {}
        """By kind of load, what one takes of each budget that all accounts share."""
        self._probing: dict[str, int] = {}
        self._inside = 0
        self._tickets = 0

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def expect(self, kind: str, needs: Mapping[Pool, float]) -> None:
        """Says what a load of that kind takes, where it need not be learned."""
        self._expected.setdefault(kind, dict(needs))

    def needs(self) -> dict[Pool, list[tuple[float, float]]]:
        """What the next loads in line need of each budget, by kind of load: together, and one of them."""
        found: dict[Pool, list[tuple[float, float]]] = {}
        for kind, line in self._lines.items():
            for pool, cost in self._expected.get(kind, {}).items():
                found.setdefault(pool, []).append((cost * min(len(line), AT_ONCE), cost))
        return found

    async def enter(self, load: Load) -> None:
        self._tickets += 1
        load.ticket = self._tickets
        if self._pause() > load.timeout:
            raise self._too_long(load.exchange_id, self._pause())
        if not self._lines and self._wait(load.kind) <= INSTANT:
            self._let_in(load)
            return
        wait = self._estimate(load.kind)
        if self.now() + wait > load.gives_up_at:
            raise self._too_long(load.exchange_id, wait)
        load.turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(load.kind, deque()).append(load)
        self._pump()
        try:
            async with asyncio.timeout(load.gives_up_at - self.now()):
                await load.turn
        except BaseException as e:
            if load.turn.done() and not load.turn.cancelled() and load.turn.exception() is None:
                self.leave(load)  # let in at the very moment its caller left
            else:
                self._remove(load)
            if isinstance(e, TimeoutError):
                raise self._too_long(load.exchange_id, max(1.0, self._estimate(load.kind))) from e
            raise

    def leave(self, load: Load) -> None:
        self._inside -= 1
        for pool, left in load.set_aside.items():
            if left > 0:
                pool.meter.give_back(left)
        load.set_aside = {}
        self._learn(load)
        if self._lines:
            self._pump()

    def admit(self) -> float:
        """Lets in whoever may; seconds until it is worth trying again, infinite when something else has to happen."""
        soonest = math.inf
        closed: set[Pool] = set()
        waiting = sorted(self._lines, key=lambda kind: self._lines[kind][0].ticket)
        while waiting:
            kind = waiting.pop(0)
            wait = self._wait(kind, closed)
            if wait <= INSTANT:
                line = self._lines[kind]
                self._let_in(line.popleft())
                if line:
                    waiting.append(kind)
                    waiting.sort(key=lambda each: self._lines[each][0].ticket)
                else:
                    del self._lines[kind]
                continue
            soonest = min(soonest, wait)
            if kind not in self._expected:
                break
            closed.update(self._expected[kind])
        return soonest

    def refuse(self, pause: float) -> None:
        """Tells those whose own time is shorter than a pause the exchange has asked for."""
        for line in self._lines.values():
            for load in line:
                if load.turn is not None and not load.turn.done() and pause > load.timeout:
                    load.turn.set_exception(self._too_long(load.exchange_id, pause))

    def close(self) -> None:
        for line in self._lines.values():
            for load in line:
                if load.turn is not None:
                    load.turn.cancel()

    def _wait(self, kind: str, closed: AbstractSet[Pool] = frozenset()) -> float:
        """Seconds until the next load of this kind may be let in. `closed`: what a load that came earlier waits for."""
        if self._inside >= AT_ONCE:
            return math.inf
        needs = self._expected.get(kind)
        if needs is None:
            free = not closed and self._probing.get(kind, 0) < PROBES
            return self._pause() if free else math.inf
        wait = self._pause()
        for pool, cost in needs.items():
            if pool in closed or pool.has_load_waiting():
                return math.inf
            wait = max(wait, pool.meter.wait(cost, self.now()))
        return wait

    def _estimate(self, kind: str) -> float:
        """Seconds until a load that comes now is let in, as far as that can be said."""
        ahead: dict[Pool, float] = {}
        for each, line in self._lines.items():
            for pool, cost in self._expected.get(each, {}).items():
                ahead[pool] = ahead.get(pool, 0.0) + cost * len(line)
        now = self.now()
        needs = self._expected.get(kind, {})
        waits = (pool.meter.wait(cost, now, ahead.get(pool, 0.0)) for pool, cost in needs.items())
        return max(self._pause(), *waits, 0.0)

    def _remove(self, load: Load) -> None:
        line = self._lines.get(load.kind)
        if line is not None and load in line:
            line.remove(load)
            if not line:
                del self._lines[load.kind]
        self._pump()

    def _let_in(self, load: Load) -> None:
        needs = self._expected.get(load.kind)
        if needs is None:
            self._probing[load.kind] = self._probing.get(load.kind, 0) + 1
        else:
            load.set_aside = dict(needs)
            now = self.now()
            for pool, cost in needs.items():
                pool.meter.take(cost, now)
        self._inside += 1
        if load.turn is not None and not load.turn.done():
            load.turn.set_result(None)

    def _learn(self, load: Load) -> None:
        known = self._expected.get(load.kind)
        if known is None:
            self._probing[load.kind] = max(0, self._probing.get(load.kind, 0) - 1)
        if not load.has_asked:
            return
        known = self._expected.setdefault(load.kind, {})
        for pool in known.keys() | load.taken.keys():
            before, taken = known.get(pool, 0.0), load.taken.get(pool, 0.0)
            expected = max(taken, before - (before - taken) / FORGET)
            if expected - taken < 0.01 * taken:
                expected = taken
            if expected > 0.01:
                known[pool] = expected
            else:
                known.pop(pool, None)
