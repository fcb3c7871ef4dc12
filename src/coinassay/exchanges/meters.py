"""Counting requests against a budget: evenly with a burst (`Bucket`), or so many in any window of time (`Window`).

Pure: the time, in seconds, is an argument, and nothing here waits. Units are whatever the budget is in.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Protocol

INSTANT = 1e-6
"""Seconds not worth waiting, and units not worth counting: less than what floats lose."""

GRAIN = 0.25
"""Seconds to which a window rounds up when units come free: answers by the thousand become a few entries."""


class Meter(Protocol):
    def wait(self, cost: float, now: float, ahead: float = 0.0, *, shared: bool = False) -> float:
        """Seconds until `cost` units may be taken when `ahead` units are taken first; 0 for now.

        `shared` may have what is kept for requests that everybody waits for. What costs more than there ever is passes
        when nothing else is under way.
        """
        ...

    def take(self, cost: float, now: float) -> None:
        """The request is on its way, or will be."""
        ...

    def end(self, cost: float, now: float) -> None:
        """It was answered, or has failed."""
        ...

    def give_back(self, cost: float) -> None:
        """It was never sent."""
        ...

    def pause(self, until: float, now: float) -> None:
        """Nothing is taken before then."""
        ...


class Bucket:
    """A token bucket: `burst` units at once, then `rate` a second."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        if not (rate > 0 and burst > 0):
            raise ValueError("a bucket needs a rate and a burst above zero")
        self.rate = rate
        self.burst = burst
        self._tokens = burst
        self._at = now

    def wait(self, cost: float, now: float, ahead: float = 0.0, *, shared: bool = False) -> float:
        """What costs more than a burst passes when the bucket is full, and leaves a debt."""
        self._refill(now)
        missing = ahead + min(cost, self.burst) - self._tokens
        return max(0.0, self._at - now + max(0.0, missing) / self.rate)

    def take(self, cost: float, now: float) -> None:
        self._refill(now)
        self._tokens -= cost

    def end(self, cost: float, now: float) -> None:
        pass

    def give_back(self, cost: float) -> None:
        self._tokens = min(self.burst, self._tokens + cost)

    def pause(self, until: float, now: float) -> None:
        """Nothing flows in meanwhile: it ends with what there was when it began."""
        self._refill(now)
        self._at = max(self._at, until)

    def _refill(self, now: float) -> None:
        if now > self._at:
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
            self._at = now


class Window:
    """At most `units` in any stretch of `seconds`, wherever it begins: so also in each minute of somebody's clock.

    When the exchange counts a request, between its sending and its answer, is not known. So it counts here from when it
    is let go until `seconds` after its answer.
    """

    def __init__(self, units: float, seconds: float, kept: float, now: float) -> None:
        """`kept` of the units are for shared requests alone."""
        if not (units > 0 and seconds > 0 and 0 <= kept < units):
            raise ValueError("a window needs units and seconds above zero, and may keep less than all of them")
        self.units = units
        self.seconds = seconds
        self.kept = kept
        self._under_way = 0.0
        self._answered: deque[tuple[float, float]] = deque()
        """When units come free again, and how many; the next first."""
        self._past = 0.0
        """Units in `_answered`."""
        self._resume = now

    def wait(self, cost: float, now: float, ahead: float = 0.0, *, shared: bool = False) -> float:
        self._forget(now)
        most = self.units if shared else self.units - self.kept
        paused = max(0.0, self._resume - now)
        missing = ahead + min(cost, most) + self._under_way + self._past - most
        if missing <= INSTANT:
            return paused
        free = 0.0
        for at, units in self._answered:
            free += units
            if missing - free <= INSTANT:
                return max(paused, at - now)
        # What is under way comes free a window after its answer at the earliest, what is ahead a window after that.
        return max(paused, math.ceil((missing - INSTANT) / most) * self.seconds)

    def take(self, cost: float, now: float) -> None:
        self._under_way += cost

    def end(self, cost: float, now: float) -> None:
        self._leave(cost)
        self._past += cost
        at = math.ceil((now + self.seconds) / GRAIN) * GRAIN
        if self._answered and self._answered[-1][0] == at:
            cost += self._answered.pop()[1]
        self._answered.append((at, cost))

    def give_back(self, cost: float) -> None:
        self._leave(cost)

    def pause(self, until: float, now: float) -> None:
        self._resume = max(self._resume, until)

    def _leave(self, cost: float) -> None:
        left = self._under_way - cost
        self._under_way = left if left > INSTANT else 0.0  # so that rounding does not add up

    def _forget(self, now: float) -> None:
        answered = self._answered
        while answered and answered[0][0] <= now + INSTANT:
            self._past -= answered.popleft()[1]
        if not answered:
            self._past = 0.0
