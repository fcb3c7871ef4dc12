"""For how long snapshots are kept, and which of them go."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Retention:
    """Every snapshot is kept for `full`, the last of each hour for `hourly`, the last of each day for ever. Hours and
    days are those of UTC. An account's first snapshot stays in any case: total profit and history begin with it."""

    full: timedelta = timedelta(days=7)
    hourly: timedelta = timedelta(days=90)


DEFAULT = Retention()
FOR_EVER = timedelta(days=36500)
"""A century."""

_TEXT = re.compile(r"(\d{1,5})d/(\d{1,5})d", re.ASCII)


def retention_of(text: str) -> Retention:
    """The retention written as days in full and days by the hour, `7d/90d`, or `off` to keep everything.

    Raises ValueError, with what to write instead.
    """
    if text.lower() == "off":
        return Retention(FOR_EVER, FOR_EVER)
    match = _TEXT.fullmatch(text.lower())
    full, hourly = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= full <= hourly <= FOR_EVER.days:
        raise ValueError("is not a time to keep snapshots; write days in full and by the hour, for example 7d/90d")
    return Retention(timedelta(days=full), timedelta(days=hourly))


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the resolution changes at one moment. Each lies between two hours, or days: none is thinned in part."""

    hourly: datetime
    """Of the hours before, the last snapshot is kept."""
    daily: datetime
    """Of the days before, the last snapshot is kept. Not after `hourly`."""


def cuts(retention: Retention, now: datetime) -> Cuts:
    """The cuts as of `now`."""
    hourly = _begin(now - retention.full, HOUR)
    return Cuts(hourly, min(hourly, _begin(now - retention.hourly, DAY)))


def superseded(moments: Sequence[datetime], step: timedelta) -> list[datetime]:
    """Those that are followed by another of the same step (HOUR or DAY). `moments`: oldest first."""
    return [
        moment for moment, following in itertools.pairwise(moments) if _number(moment, step) == _number(following, step)
    ]


def _begin(moment: datetime, step: timedelta) -> datetime:
    return _EPOCH + _number(moment, step) * step


def _number(moment: datetime, step: timedelta) -> int:
    return (moment - _EPOCH) // step
