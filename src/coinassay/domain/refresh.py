"""When an account is read again: pure rules, without a clock of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from coinassay.errors import CoinassayError, ExchangeThrottled

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

OFF = timedelta(0)
"""The interval of an account that is loaded only when somebody asks for it."""
SHORTEST = timedelta(seconds=30)
LONGEST = timedelta(days=7)

LONGEST_DELAY = timedelta(hours=6)
"""What failures put a refresh off to at most, unless its interval is longer or the exchange asks for more."""
FIRST_DELAY = timedelta(minutes=10)
"""What the first failure puts it off to at most."""
JITTER = 0.1
"""The part of an interval, or of a delay, that chance decides on."""

_GOLDEN = 0x9E3779B9
"""2**32 divided by the golden ratio. Multiples of it, modulo 2**32, divide a circle as evenly as can be, however many
there are: Knuth, The Art of Computer Programming, volume 3, section 6.4."""

Jitter = Callable[[], float]
"""A number from 0 to 1, another one each time."""


class Paused(StrEnum):
    """Why an account is not refreshed."""

    NO = ""
    OFF = "off"
    KEY = "key"
    """The exchange rejected its key: it is asked again when the key was changed, or a load somebody asked for works."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """When an account is due, as it is stored."""

    account_id: int
    user_id: int
    next_at: datetime | None
    """None: not by itself."""
    every: timedelta | None = None
    """Set for this account, OFF included; None: the installation's."""
    failures: int = 0
    """In a row, up to now."""
    failure: str = ""
    """Code of the last error; empty after a good load."""
    reason: str = ""
    rejected: bool = False
    """Whether the exchange rejected the key, as the account itself says."""
    refreshed_at: datetime | None = None
    """When the last load ended, good or bad."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The installation's interval, and chance.

    Each account has its own place in the interval, so that any number of them are spread over it evenly. After
    whatever brought them out of step (a downtime, a load somebody asked for, a clock that jumped) each goes back to it.
    """

    default: timedelta
    """OFF: only accounts with an interval of their own are refreshed."""
    jitter: Jitter

    def interval(self, every: timedelta | None) -> timedelta:
        return self.default if every is None else every

    def paused(self, refresh: Refresh) -> Paused:
        if refresh.rejected:
            return Paused.KEY
        return Paused.OFF if self.interval(refresh.every) == OFF else Paused.NO

    def after_load(self, refresh: Refresh, now: datetime) -> datetime | None:
        """The account's next place in the interval that is not nearer than half of it."""
        interval = self.interval(refresh.every)
        if interval == OFF:
            return None
        slot = self._slot(refresh.account_id, interval, now + interval / 2)
        return slot + interval * (JITTER * (self.jitter() - 0.5))

    def after_failure(self, refresh: Refresh, error: CoinassayError, now: datetime) -> datetime | None:
        """`refresh.failures` counts this one. The delay doubles with each; where the exchange says when it wants to be
        asked again, it decides."""
        interval = self.interval(refresh.every)
        if interval == OFF or refresh.rejected:
            return None
        delay = min(FIRST_DELAY, interval) * (1 << min(max(0, refresh.failures - 1), 20))
        delay = min(delay, max(LONGEST_DELAY, interval))
        if isinstance(error, ExchangeThrottled) and error.retry_after is not None:
            delay = timedelta(seconds=error.retry_after)
        return now + delay * (1 + JITTER * self.jitter())

    def settle(self, refresh: Refresh, error: CoinassayError | None, now: datetime) -> Refresh:
        """What is to be stored after a load that ended at `now`, in `error` where it failed."""
        if error is None:
            loaded = replace(refresh, refreshed_at=now, failures=0, failure="", reason="")
            return replace(loaded, next_at=self.after_load(loaded, now))
        asked_to_wait = isinstance(error, ExchangeThrottled) and error.retry_after is not None
        failures = refresh.failures + (0 if asked_to_wait else 1)
        failed = replace(refresh, refreshed_at=now, failures=failures, failure=error.code, reason=error.message)
        return replace(failed, next_at=self.after_failure(failed, error, now))

    def soon(self, account_id: int, every: timedelta | None, now: datetime) -> datetime | None:
        """The account's next place in the interval: for an account of which nothing is known."""
        interval = self.interval(every)
        return None if interval == OFF else self._slot(account_id, interval, now)

    def _slot(self, account_id: int, interval: timedelta, earliest: datetime) -> datetime:
        """The first place of the account at or after `earliest`."""
        phase = interval * (account_id * _GOLDEN % 2**32 / 2**32)
        return earliest + (EPOCH + phase - earliest) % interval


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def read_interval(text: str) -> timedelta:
    """From "10m", "30s", "2h", "1d", seconds without a unit, or "off".

    Raises ValueError, in words for whoever wrote it.
    """
    text = text.strip().lower()
    if text == "off":
        return OFF
    match = re.fullmatch(r"([0-9]{1,7})([smhd]?)", text)
    if match is None:
        raise ValueError(f"{text!r} is not an interval; write for example 30s, 10m, 2h, 1d or off")
    interval = timedelta(seconds=int(match[1]) * _UNITS[match[2] or "s"])
    if not SHORTEST <= interval <= LONGEST:
        raise ValueError(f"{text!r} is not from {write_interval(SHORTEST)} to {write_interval(LONGEST)}")
    return interval


def write_interval(interval: timedelta) -> str:
    """As `read_interval` reads it, in the largest unit that has no fraction."""
    if interval == OFF:
        return "off"
    seconds = interval // timedelta(seconds=1)
    unit = next(unit for unit in "dhms" if seconds % _UNITS[unit] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"
