"""Who asks too often waits: first a pause (429), and who goes on regardless is banned (418) for longer and longer.

100 requests a minute, then 429 for 300 s, then bans from 2 minutes to 3 days are the limits of the interface
(https://github.com/3commas-io/3commas-official-api-docs). How a ban comes about is not published; here:

- A window of `period` seconds begins with the first request after the last one ended. The request after the allowed
  number starts the pause.
- Whoever sends as many requests again during one pause has not understood it, and is banned. A client with a handful
  of requests under way when the pause begins is not.
- Requests during a ban do not lengthen it. The next ban is four times as long, up to three days; a day without one
  after the end of the last begins at the first step again.

Kept in the memory of one process, for at most `capacity` callers: those not heard of for longest are forgotten.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from coinassay.errors import Banned, TooManyRequests

FIRST_BAN = 120
LONGEST_BAN = 3 * 24 * 3600
BAN_GROWTH = 4
FORGIVEN_AFTER = 24 * 3600

Seconds = Callable[[], float]
"""A clock that only ever goes forward, e.g. time.monotonic."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `requests` in `period` seconds, else a pause of `pause` seconds."""

    requests: int = 100
    period: int = 60
    pause: int = 300


class _Caller:
    __slots__ = ("ban_ends", "bans", "count", "during_pause", "pause_ends", "window_ends")

    def __init__(self) -> None:
        self.window_ends = -math.inf
        self.count = 0
        self.pause_ends = -math.inf
        self.during_pause = 0
        self.ban_ends = -math.inf
        self.bans = 0


class RateLimiter:
    """Counts the requests of each caller."""

    def __init__(self, limit: RateLimit, clock: Seconds, capacity: int = 10_000) -> None:
        self._limit = limit
        self._clock = clock
        self._capacity = capacity
        self._callers: OrderedDict[Hashable, _Caller] = OrderedDict()

    def __len__(self) -> int:
        return len(self._callers)

    def count(self, who: Hashable) -> None:
        """Counts one request. Raises TooManyRequests, or Banned, when it is one too many."""
        now = self._clock()
        caller = self._callers.get(who)
        if caller is None:
            caller = self._callers[who] = _Caller()
            if len(self._callers) > self._capacity:
                self._callers.popitem(last=False)
        else:
            self._callers.move_to_end(who)
            self._refuse(caller, now)
        if now >= caller.window_ends:
            caller.window_ends = now + self._limit.period
            caller.count = 0
        caller.count += 1
        if caller.count > self._limit.requests:
            caller.pause_ends = now + self._limit.pause
            caller.during_pause = 0
            caller.window_ends = -math.inf
            raise TooManyRequests(self._limit.pause)

    def _refuse(self, caller: _Caller, now: float) -> None:
        if now < caller.ban_ends:
            raise Banned(math.ceil(caller.ban_ends - now))
        if now >= caller.pause_ends:
            return
        caller.during_pause += 1
        if caller.during_pause <= self._limit.requests:
            raise TooManyRequests(math.ceil(caller.pause_ends - now))
        if now >= caller.ban_ends + FORGIVEN_AFTER:
            caller.bans = 0
        length = min(FIRST_BAN * BAN_GROWTH**caller.bans, LONGEST_BAN)
        caller.bans = min(caller.bans + 1, 10)
        caller.ban_ends = now + length
        caller.pause_ends = -math.inf
        raise Banned(length)
