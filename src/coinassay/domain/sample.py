"""A made-up past for a made-up account: how today's prices would have come about had they moved as the bundled daily
closes did up to their last day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from coinassay.domain.imports import DayKnown
from coinassay.domain.money import CONTEXT, ONE, ZERO, add_up, divide, rounded
from coinassay.domain.series import ONE_DAY, start_of
from coinassay.domain.snapshot import Money

BALANCES: Mapping[str, Decimal] = MappingProxyType(
    {
        "BTC": Decimal("0.42"),
        "ETH": Decimal("5.5"),
        "SOL": Decimal("38.25"),
        "XRP": Decimal("2600"),
        "ADA": Decimal("3100"),
        "LINK": Decimal("92.4"),
        "DOGE": Decimal("6400"),
        "USDT": Decimal("2350.75"),
    }
)
"""By code. All of them have daily closes."""

DAYS = 730
HELD: Sequence[tuple[int, Decimal]] = (
    (DAYS, Decimal("0.40")),
    (610, Decimal("0.55")),
    (455, Decimal("0.70")),
    (300, Decimal("0.92")),
    (150, Decimal("0.80")),
    (38, ONE),
)
"""From so many days ago on, which part of the balances was there. What differs was deposited or withdrawn."""

_TICK = timedelta(microseconds=1)
_CENTS, _SATOSHI = 2, 8


class Closes(Protocol):
    def find(self, code: str, day: date) -> tuple[date, Decimal] | None: ...

    def latest(self, code: str) -> tuple[date, Decimal] | None: ...


def past_of(values: Mapping[str, Decimal], btc_rate: Decimal, closes: Closes, today: date) -> Sequence[DayKnown]:
    """The days before `today`, oldest first. `values`: present US dollars by code; `btc_rate`: those of a BTC.

    Codes without closes stay at their present value.
    """
    path = Path((*values, "BTC"), closes)
    days = []
    before = ZERO
    for ago in range(DAYS, 0, -1):
        whole = add_up(CONTEXT.multiply(value, path.at(code, ago)) for code, value in values.items())
        rate = CONTEXT.multiply(btc_rate, path.at("BTC", ago))
        held = next(part for since, part in reversed(HELD) if ago <= since)
        joined = ZERO if ago == DAYS else CONTEXT.subtract(held, before)
        before = held
        end = start_of(today - timedelta(days=ago)) + ONE_DAY - _TICK
        days.append(DayKnown(end, _money(whole, held, rate), _money(whole, joined, rate)))
    return days


class Path:
    """What prices were to the present ones, had they moved as the closes did up to the last day all of them have."""

    def __init__(self, codes: Iterable[str], closes: Closes) -> None:
        latest = {code: found for code in codes if (found := closes.latest(code)) is not None}
        self._last_day = min((day for day, _ in latest.values()), default=date.min)
        self._closes = closes
        self._last = {code: close for code in latest if (close := self._close(code, self._last_day)) is not None}

    def at(self, code: str, ago: int) -> Decimal:
        """So many days ago; 1 for what has no closes."""
        last = self._last.get(code)
        close = None if last is None else self._close(code, self._last_day - timedelta(days=ago))
        return ONE if close is None or last is None else divide(close, last)

    def _close(self, code: str, day: date) -> Decimal | None:
        found = self._closes.find(code, day)
        return None if found is None else found[1]


def _money(whole: Decimal, part: Decimal, btc_rate: Decimal) -> Money:
    usd = rounded(CONTEXT.multiply(whole, part), _CENTS)
    return Money(usd, rounded(divide(usd, btc_rate), _SATOSHI))
