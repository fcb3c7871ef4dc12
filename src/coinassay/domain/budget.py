"""How much of an exchange's limits is taken, as processes that ask from one address tell each other.

A `Ledger` is what they share. None of them writes down each of its requests: it is given units ahead, uses them from
memory, and says now and then what became of them (`settle`). What it was given counts as used from then on, so the
limits hold whatever becomes of a process:

- of a window (so many units in any minute) units are lent. They count until a window after their requests' answers, or,
  where the process is never heard of again, until a window after the lease they were lent for;
- of an even flow, units are moments: each unit is a part of the time line that is given out once. A process that dies
  leaves the moments it was given unused, and they pass.

Pure: `now` is an argument, in seconds since 1970 on the one clock that all of them read, the database's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from coinassay.errors import StorageError

NOTHING = 1e-6
"""Units not worth counting: less than what floats lose."""

LONGEST_PAUSE = 86_400.0
"""Seconds. No pause beyond it is believed: one request a day hurts nobody."""

MOST_POOLS = 64
"""Kept of an exchange while nobody uses them."""

LENT_SHARE = 0.5
"""Of a window's units, what all processes together may hold without using them."""

AHEAD = 0.5
"""Seconds of an even flow that are given out at once; each process may be given as much."""


class Lease(NamedTuple):
    """How long what is lent counts without being heard of again, and to how many it is lent."""

    seconds: float
    holders: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a process says of one limit, and what it wants of it."""

    answered: Sequence[tuple[float, float]] = ()
    """How many seconds ago units were answered, and how many."""
    holding: float = 0.0
    """Units it was lent that are not answered: under way, or for its next requests."""
    unused: float = 0.0
    """Those of them that no request has taken."""
    want: float = 0.0
    want_shared: float = 0.0
    """The same for requests that everybody waits for; they may have what is kept for them."""
    least: float = 0.0
    """Less than this of `want` is of no use to it."""
    step: float = 0.0
    """What one of those who wait needs: where there is not enough for all, a part of that is of no use either."""
    step_shared: float = 0.0
    seen: float = 0.0
    """Units the exchange itself has counted in its current window; 0 where it did not say."""
    debt: float = 0.0
    """Units of an even flow that were used without having been given."""
    returned: tuple[float, float] = (0.0, 0.0)
    """Where on the time line the last moments it was given end, and how many units of them it does not want."""


class Grant(NamedTuple):
    units: float = 0.0
    starts_in: float = 0.0
    """Seconds until the first of the moments, where it is a flow. Negative: it may be used at once."""
    ends: float = 0.0
    """Where they end on the time line."""


@dataclass(slots=True)
class Window:
    """So many units in any stretch of so many seconds."""

    units: float
    seconds: float
    kept: float = 0.0
    """Of the units, for shared requests alone."""
    spent: dict[int, float] = field(default_factory=dict)
    """Answered units by the second in which they come free."""
    lent: dict[str, tuple[float, float]] = field(default_factory=dict)
    """By process: until when it may use them, and how many."""

    def used(self) -> float:
        return sum(self.spent.values()) + sum(units for _, units in self.lent.values())

    def forget(self, now: float, longest: float) -> None:
        """What came free. `longest`: the longest lease; whatever would count for longer than possible (the clock was
        set back) counts for as long as possible."""
        last = math.ceil(now + self.seconds + longest)
        spent: dict[int, float] = {}
        for at, units in self.spent.items():
            if at > now:
                spent[min(at, last)] = spent.get(min(at, last), 0.0) + units
        self.spent = spent
        self.lent = {
            holder: (min(until, now + longest), units)
            for holder, (until, units) in self.lent.items()
            if until + self.seconds > now and units > NOTHING
        }

    def settle(self, holder: str, report: Report, now: float, lease: Lease) -> Grant:
        for ago, units in report.answered:
            at = math.ceil(now - ago + self.seconds)
            if at > now:
                self.spent[at] = self.spent.get(at, 0.0) + units
        self.lent[holder] = now + lease.seconds, report.holding
        foreign = report.seen - self.used()
        if foreign > NOTHING:  # somebody else asks from this address
            at = math.ceil(now + self.seconds)
            self.spent[at] = self.spent.get(at, 0.0) + foreign
        free = max(0.0, self.units - self.used())
        shared = _whole(min(report.want_shared, free), report.want_shared, report.unused, report.step_shared)
        most = max(report.least, self.units * LENT_SHARE / lease.holders - report.unused)
        given = min(report.want, most, max(0.0, free - shared - self.kept))
        given = _whole(given, report.want, report.unused, report.step)
        # What costs more than there ever is passes when all is free.
        if given + NOTHING < min(report.least, self.units - self.kept):
            given = 0.0
        self.lent[holder] = now + lease.seconds, report.holding + shared + given
        return Grant(shared + given)

    def coming_free(self, now: float, own: str) -> list[tuple[float, float]]:
        """In how many seconds units come free that others use, or that are answered, and how many; the next first."""
        found = [(at - now, units) for at, units in self.spent.items()]
        found += [(until + self.seconds - now, units) for holder, (until, units) in self.lent.items() if holder != own]
        return sorted(found)


@dataclass(slots=True)
class Flow:
    """`rate` units a second, and `burst` at once: the time line is given out up to `given_until`, a unit takes 1 / rate
    of it, and may be used `burst` / rate before its moment has passed (the generic cell rate algorithm of ITU-T I.371).
    """

    rate: float
    burst: float
    given_until: float = 0.0
    minute: int = 0
    used_in_minute: float = 0.0

    def used(self) -> float:
        return self.used_in_minute

    def forget(self, now: float, longest: float) -> None:
        self.given_until = min(self.given_until, now + self.burst / self.rate + longest)
        self._count(now)

    def settle(self, holder: str, report: Report, now: float, lease: Lease) -> Grant:
        self._count(now)
        end, units = report.returned
        if units > 0 and end == self.given_until:
            self.given_until = max(now, end - units / self.rate)
            self.used_in_minute = max(0.0, self.used_in_minute - units)
        start = max(now, self.given_until) + report.debt / self.rate
        room = (now + self.burst / self.rate + AHEAD * lease.holders - start) * self.rate
        least = min(max(report.least, report.want_shared), self.burst)
        given = min(report.want + report.want_shared, max(self.rate * AHEAD, least), max(0.0, room))
        if given + NOTHING < least:
            given = 0.0
        self.used_in_minute += given + report.debt
        if given or report.debt:
            self.given_until = start + given / self.rate
        return Grant(given, start - now, self.given_until)

    def _count(self, now: float) -> None:
        if self.minute != now // 60:
            self.minute, self.used_in_minute = int(now // 60), 0.0

    def hold(self, seconds: float, now: float) -> None:
        """Nothing flows meanwhile."""
        self.given_until = max(now, self.given_until) + seconds


@dataclass(slots=True)
class Ledger:
    """All limits of an exchange towards one address."""

    paused_until: float = 0.0
    """Until when the exchange asked to be left alone."""
    holders: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Processes: until when each is known to run, and how many requests and loads wait in it."""
    pools: dict[str, Window | Flow] = field(default_factory=dict)

    def forget(self, now: float, longest: float) -> None:
        self.paused_until = min(self.paused_until, now + LONGEST_PAUSE)
        self.holders = {
            holder: (min(until, now + longest), waiting)
            for holder, (until, waiting) in self.holders.items()
            if until > now
        }
        for pool in self.pools.values():
            pool.forget(now, longest)
        if len(self.pools) > MOST_POOLS:
            self.pools = {name: pool for name, pool in self.pools.items() if pool.used() > NOTHING}

    def pause(self, seconds: float, now: float) -> None:
        """The exchange asked for it."""
        longer = now + min(seconds, LONGEST_PAUSE) - max(now, self.paused_until)
        if longer > 0:
            self.paused_until = max(now, self.paused_until) + longer
            for pool in self.pools.values():
                if isinstance(pool, Flow):
                    pool.hold(longer, now)

    def pause_left(self, now: float) -> float:
        return max(0.0, self.paused_until - now)

    def enter(self, holder: str, waiting: int, now: float, lease: float) -> int:
        """That the process runs; how many do."""
        self.holders[holder] = now + lease, waiting
        return len(self.holders)

    def leave(self, holder: str) -> None:
        self.holders.pop(holder, None)

    def pool(self, name: str, limit: Window | Flow) -> Window | Flow:
        """The one of that name, made like `limit` where there is none or its numbers were others."""
        known = self.pools.get(name)
        if isinstance(known, Window) and isinstance(limit, Window):
            known.units, known.kept = limit.units, limit.kept
            if known.seconds == limit.seconds:
                return known
        elif isinstance(known, Flow) and isinstance(limit, Flow):
            known.rate, known.burst = limit.rate, limit.burst
            return known
        self.pools[name] = limit
        return limit

    def encode(self) -> bytes:
        windows = {
            name: [
                pool.units,
                pool.seconds,
                pool.kept,
                [[at, round(units, 6)] for at, units in sorted(pool.spent.items())],
                {holder: [round(until, 3), round(units, 6)] for holder, (until, units) in pool.lent.items()},
            ]
            for name, pool in self.pools.items()
            if isinstance(pool, Window)
        }
        flows = {
            name: [pool.rate, pool.burst, pool.given_until, pool.minute, round(pool.used_in_minute, 6)]
            for name, pool in self.pools.items()
            if isinstance(pool, Flow)
        }
        holders = {holder: [round(until, 3), waiting] for holder, (until, waiting) in self.holders.items()}
        document = {"paused": round(self.paused_until, 3), "holders": holders, "windows": windows, "flows": flows}
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, text: bytes) -> Ledger:
        """Raises StorageError for what `encode` did not write."""
        if not text:
            return cls()
        try:
            document = json.loads(text)
            pools: dict[str, Window | Flow] = {}
            for name, (units, seconds, kept, spent, lent) in document["windows"].items():
                pools[name] = Window(units, seconds, kept, {int(at): n for at, n in spent}, _pairs(lent))
            for name, fields in document["flows"].items():
                pools[name] = Flow(*fields)
            return cls(document["paused"], _pairs(document["holders"]), pools)
        except (ValueError, TypeError, KeyError) as e:
            raise StorageError("What was stored of an exchange's limits was changed by something else.") from e


def _whole(given: float, want: float, unused: float, step: float) -> float:
    """Less than `given` where it is not all that is wanted and a part of it, beside `unused`, would lie idle."""
    if step <= 0 or given + NOTHING >= want:
        return given
    enough = math.floor((unused + given + NOTHING) / step) * step
    return max(0.0, min(given, enough - unused))


def _pairs(table: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (first, second) for name, (first, second) in table.items()}
