"""One budget of an exchange, and the requests that wait for it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coinassay.exchanges.meters import INSTANT, Meter

if TYPE_CHECKING:
    from coinassay.exchanges.admission import Load

_numbers = itertools.count()


@dataclass(slots=True, order=True)
class Waiter:
    """A request. What everybody waits for (prices, catalogues) goes first, then what the first load waits for."""

    ticket: int
    """The load's, or 0."""
    number: int = field(init=False, default_factory=lambda: next(_numbers))
    cost: float = field(compare=False, default=0.0)
    turn: asyncio.Future[None] = field(compare=False, kw_only=True)
    load: Load | None = field(compare=False, kw_only=True)
    deadline: float | None = field(compare=False, kw_only=True)
    exchange_id: str = field(compare=False, kw_only=True)
    granted: bool = field(compare=False, init=False, default=False)


class Pool:
    """Requests that are counted together. Belongs to one event loop."""

    __slots__ = ("by_key", "meter", "queue", "weight")

    def __init__(self, meter: Meter, *, by_key: bool = False, weight: float = 0.0) -> None:
        """`by_key`: of one API key alone. `weight`: units for what the exchange counts as one."""
        self.meter = meter
        self.weight = weight
        self.by_key = by_key
        self.queue: list[Waiter] = []

    def has_load_waiting(self) -> bool:
        return any(waiter.load is not None and not waiter.turn.done() for waiter in self.queue)

    def wait(self, cost: float, now: float, ticket: int) -> float:
        """Seconds until such a request passes, if nobody else comes before it."""
        ahead = sum(each.cost for each in self.queue if each.ticket <= ticket and not each.turn.done())
        return self.meter.wait(cost, now, ahead, shared=not ticket)

    def add(self, waiter: Waiter) -> None:
        heapq.heappush(self.queue, waiter)

    def drop(self, waiter: Waiter) -> None:
        if waiter in self.queue:
            self.queue.remove(waiter)
            heapq.heapify(self.queue)

    def serve(self, now: float) -> float:
        """Lets those pass whose turn it is; seconds until the next, infinite when nobody waits."""
        while self.queue:
            waiter = self.queue[0]
            if not waiter.turn.done():
                wait = self.meter.wait(waiter.cost, now, shared=waiter.load is None)
                if wait > INSTANT:
                    return wait
                self.meter.take(waiter.cost, now)
                waiter.granted = True
                waiter.turn.set_result(None)
            heapq.heappop(self.queue)
        return math.inf
