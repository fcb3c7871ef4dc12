"""How much of the exchanges' limits is taken, for whoever wants to see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from coinassay.domain.budget import Flow, Ledger, Window
from coinassay.services.ports.budgets import BudgetStore

MINUTE = 60
LONGEST_LEASE = 60.0


@dataclass(frozen=True, slots=True)
class Meter:
    """One of an exchange's limits. Units are ccxt's: an endpoint has a cost in them."""

    name: str
    """What is counted together: a path, or "" for all requests."""
    limit: Decimal
    """Units in `seconds`, as many of them as are used here."""
    seconds: int
    used: Decimal
    """In the last `seconds`; of an even flow, since the database's minute began. With what is lent to processes."""


@dataclass(frozen=True, slots=True)
class Budget:
    """An exchange's limits towards one egress address, all processes together."""

    exchange: str
    """ccxt id."""
    egress: str
    meters: Sequence[Meter]
    processes: int
    """That have asked lately."""
    waiting: int
    """Requests, and loads that are not let in yet, in all of them."""
    paused_until: datetime | None
    """The exchange has asked to be left alone until then."""


class BudgetService:
    def __init__(self, store: BudgetStore) -> None:
        self._store = store

    async def list_budgets(self) -> Sequence[Budget]:
        """Of every exchange that was ever asked, by egress address and exchange. Raises StorageError."""
        found = []
        for stored in await self._store.list_budgets():
            now = stored.now.timestamp()
            ledger = Ledger.decode(stored.ledger)
            ledger.forget(now, LONGEST_LEASE)
            paused = ledger.paused_until > now
            found.append(
                Budget(
                    exchange=stored.exchange,
                    egress=stored.egress,
                    meters=tuple(_meter(name, pool) for name, pool in sorted(ledger.pools.items())),
                    processes=len(ledger.holders),
                    waiting=sum(waiting for _, waiting in ledger.holders.values()),
                    paused_until=datetime.fromtimestamp(ledger.paused_until, UTC) if paused else None,
                )
            )
        return found


def _meter(name: str, pool: Window | Flow) -> Meter:
    if isinstance(pool, Window):
        return Meter(name, _units(pool.units), round(pool.seconds), _units(pool.used()))
    return Meter(name, _units(pool.burst + pool.rate * MINUTE), MINUTE, _units(pool.used()))


def _units(number: float) -> Decimal:
    """Units are counted in binary floating point, money never is: a hundredth of a unit is exact enough."""
    return Decimal(f"{number:.2f}")
