"""Meters of limits that are shared with other processes: what was lent is used from memory, and nothing else passes.

Their numbers come from a ledger (`coinassay.domain.budget`) that `coinassay.exchanges.keeper` looks after. Times are on
the limiter's own clock.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from coinassay.domain.budget import Flow, Grant, Report, Window
from coinassay.exchanges import budgets
from coinassay.exchanges.meters import GRAIN, INSTANT

SOON = 0.02
"""Seconds until it is worth looking again when the ledger has what is missing."""

RESERVE_SHARE = 0.02
"""Of a window's units, what is borrowed beyond what is asked for, so that not every single request asks the ledger."""

RESERVE_KEPT = 2.0
"""Seconds after the last request until it is given back."""

GRACE = 0.5
"""Seconds of a time line that may have passed unused since they were given: what is used of them all the same is owed
to the ledger. Without it nobody could use a grant of exactly what was wanted: some of it passes on its way."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What those who wait for a limit need of it."""

    units: float = 0.0
    shared: float = 0.0
    first: float = 0.0
    """What the first of them needs, the shared ones aside."""
    first_shared: float = 0.0


class LeasedWindow:
    """So many units in any stretch of time, lent from the ledger's."""

    def __init__(self, units: float, seconds: float, kept: float, now: float, used: Callable[[], None]) -> None:
        """`used` is called when units were taken."""
        self.units = units
        self.seconds = seconds
        self.kept = kept
        self._used = used
        self._unused = 0.0
        self._under_way = 0.0
        self._answered: deque[tuple[float, float]] = deque()
        self._lent_until = -math.inf
        self._resume = now
        self._free = units
        """Of the ledger's, when it was last seen."""
        self._coming: list[tuple[float, float]] = []
        """When which of its units come free."""
        self._seen = 0.0
        self._asked_at = -math.inf

    @property
    def is_idle(self) -> bool:
        """Whether the ledger need not hear of it."""
        return self._unused <= INSTANT and self._under_way <= INSTANT and not self._answered and not self._seen

    def wait(self, cost: float, now: float, ahead: float = 0.0, *, shared: bool = False) -> float:
        paused = max(0.0, self._resume - now)
        most = self.units if shared else self.units - self.kept
        unused = self._unused if now < self._lent_until else 0.0
        missing = ahead + min(cost, most) - unused
        if missing <= INSTANT:
            return paused
        free = self._free - (0.0 if shared else self.kept)
        if missing - free <= INSTANT:
            return max(paused, SOON)
        for at, units in self._coming:
            free += units
            if missing - free <= INSTANT:
                return max(paused, at - now, SOON)
        return max(paused, SOON, math.ceil((missing - INSTANT) / most) * self.seconds)

    def take(self, cost: float, now: float) -> None:
        self._unused -= cost
        self._under_way += cost
        self._asked_at = now
        self._used()

    def end(self, cost: float, now: float) -> None:
        self._leave(cost)
        at = math.ceil(now / GRAIN) * GRAIN
        if self._answered and self._answered[-1][0] == at:
            cost += self._answered.pop()[1]
        self._answered.append((at, cost))

    def give_back(self, cost: float) -> None:
        self._leave(cost)
        self._unused += cost

    def pause(self, until: float, now: float) -> None:
        self._resume = max(self._resume, until)

    def notice(self, units: float) -> None:
        """The exchange says that it has counted so many in its current window."""
        self._seen = max(self._seen, units)

    def limit(self) -> Window:
        return Window(self.units, self.seconds, self.kept)

    def report(self, now: float, demand: Demand, holders: int, *, leaving: bool = False) -> Report:
        """What the ledger is to be told now. Units that nobody here needs are left out: they are given back by it.

        `leaving`: nothing will be asked any more.
        """
        if now >= self._lent_until:
            self._unused = min(0.0, self._unused)
        wanted = demand.units + demand.shared
        reserve = self.units * RESERVE_SHARE / holders
        if not leaving and self._free > reserve and (now - self._asked_at < RESERVE_KEPT or wanted):
            wanted += reserve
        self._unused = min(self._unused, wanted)
        answered, self._answered = self._answered, deque()
        seen, self._seen = self._seen, 0.0
        unused = max(0.0, self._unused)
        short = max(0.0, wanted - self._unused)
        shared = min(short, max(0.0, demand.shared - unused))
        return Report(
            answered=[(now - at, units) for at, units in answered],
            holding=max(0.0, self._under_way + self._unused),
            unused=unused,
            want=short - shared,
            want_shared=shared,
            least=max(0.0, min(demand.first, self.units - self.kept) - unused),
            step=min(demand.first, self.units - self.kept),
            step_shared=min(demand.first_shared, self.units),
            seen=seen,
        )

    def unreported(self, report: Report, now: float) -> None:
        """The ledger could not be told."""
        self._answered.extendleft((now - ago, units) for ago, units in reversed(report.answered))

    def granted(self, grant: Grant, pool: Window | Flow, now: float, at: float, lent_until: float, own: str) -> None:
        """What the ledger said: `pool` is its side of it, `at` its time when it is `now` here."""
        assert isinstance(pool, Window)
        self._unused += grant.units
        self._lent_until = lent_until
        self._free = max(0.0, pool.units - pool.used())
        mine = self._under_way
        self._coming = [(now + left, units) for left, units in pool.coming_free(at, own)]
        if mine > INSTANT:
            self._coming.append((now + self.seconds, mine))

    def _leave(self, cost: float) -> None:
        left = self._under_way - cost
        self._under_way = left if left > INSTANT else 0.0  # so that rounding does not add up


class LeasedFlow:
    """An even flow with a burst: moments of the ledger's time line, used before they have passed."""

    def __init__(self, rate: float, burst: float, now: float, used: Callable[[], None]) -> None:
        self.rate = rate
        self.burst = burst
        self._used = used
        self._ranges: deque[list[float]] = deque()
        """Moments that may be used: from, to, and where they end on the ledger's time line."""
        self._debt = 0.0
        self._resume = now
        self._given_until = now
        """By the ledger to anybody."""
        self._asked_at = -math.inf

    @property
    def is_idle(self) -> bool:
        return self._debt <= INSTANT and not self._ranges

    def wait(self, cost: float, now: float, ahead: float = 0.0, *, shared: bool = False) -> float:
        paused = max(0.0, self._resume - now)
        missing = (ahead + min(cost, self.burst) + self._debt) / self.rate
        early = self.burst / self.rate
        self._pass(now)
        for n, (start, end, _) in enumerate(self._ranges, start=1):
            late = GRACE if n == len(self._ranges) else INSTANT / self.rate
            if missing <= end - start + late:
                return max(paused, start + missing - early - now) if missing > 0 else paused
            missing -= end - start
        return max(paused, SOON, max(now, self._given_until) + missing - early - now)

    def take(self, cost: float, now: float) -> None:
        self._pass(now)
        left = cost / self.rate
        while left > INSTANT / self.rate and self._ranges:
            first = self._ranges[0]
            part = min(left, first[1] - first[0])
            first[0] += part
            left -= part
            self._pass(now)
        if left > INSTANT / self.rate:
            self._debt += left * self.rate
        self._asked_at = now
        self._used()

    def end(self, cost: float, now: float) -> None:
        pass

    def give_back(self, cost: float) -> None:
        if self._debt > INSTANT:
            paid = min(self._debt, cost)
            self._debt -= paid
            cost -= paid
        if self._ranges and cost > INSTANT:
            self._ranges[0][0] -= cost / self.rate  # moments before the ones it has: it had them, nobody else did

    def pause(self, until: float, now: float) -> None:
        self._resume = max(self._resume, until)
        self._ranges.clear()

    def notice(self, units: float) -> None:
        pass

    def limit(self) -> Flow:
        return Flow(self.rate, self.burst)

    def report(self, now: float, demand: Demand, holders: int, *, leaving: bool = False) -> Report:
        self._pass(now)
        debt, self._debt = self._debt, 0.0
        held = sum(end - start for start, end, _ in self._ranges) * self.rate
        wanted = demand.units + demand.shared
        if not leaving and now - self._asked_at < RESERVE_KEPT:
            wanted += self.burst * 0.5 / holders
        returned = (0.0, 0.0)
        if not demand.units and not demand.shared and held > wanted + INSTANT:
            last = self._ranges[-1]
            back = min(held - wanted, (last[1] - last[0]) * self.rate)
            last[1] -= back / self.rate
            returned = (last[2], back)
            self._pass(now)
            held -= back
        short = max(0.0, wanted - held)
        return Report(
            holding=held,
            want=short,
            least=max(0.0, min(max(demand.first, demand.shared), self.burst) - held),
            debt=debt,
            returned=returned,
        )

    def unreported(self, report: Report, now: float) -> None:
        self._debt += report.debt

    def granted(self, grant: Grant, pool: Window | Flow, now: float, at: float, lent_until: float, own: str) -> None:
        assert isinstance(pool, Flow)
        if grant.units > INSTANT:
            start = now + grant.starts_in
            self._ranges.append([start, start + grant.units / self.rate, grant.ends])
        self._given_until = now + pool.given_until - at

    def _pass(self, now: float) -> None:
        """Moments that have passed are lost, and those that are used."""
        while self._ranges:
            first = self._ranges[0]
            first[0] = max(first[0], now)
            if first[1] - first[0] > INSTANT / self.rate:
                return
            self._ranges.popleft()


Leased = LeasedWindow | LeasedFlow


def lease(allowance: budgets.Flow | budgets.PerMinute, now: float, used: Callable[[], None]) -> Leased:
    """The meter of an allowance that is shared."""
    if isinstance(allowance, budgets.PerMinute):
        return LeasedWindow(allowance.units, budgets.MINUTE, allowance.kept, now, used)
    return LeasedFlow(allowance.rate, allowance.burst, now, used)
