"""Deposits and withdrawals written down beforehand, for the ports `MovementSource` and `PastPrices`.

    source = ScriptedMovements()
    source.tell(7, a_movement("deposit", "100", "USDT", at=noon))      # account 7: listed from now on
    source.tell(7, a_movement("withdrawal", "0.1", "BTC", at=noon, fee="0.0001", state="pending", number="w1"))
    source.tell(7, a_movement("withdrawal", "0.1", "BTC", at=noon, fee="0.0001", number="w1"))  # the same, completed
    source.fail(7, ExchangeUnavailable())                              # until `source.fail(7, None)`

A simulated year works with it like this: what the connector is told to read (ScriptedConnector) changes by the
movement's `signed` amount, and the movement is told here, in either order and as late as one likes. The load that first
shows it stores the flow (`Load.flows`, source EXCHANGE); what is told late is put where the amounts of two snapshots
show it. Times are `Movement.at`; keep the clock ticking between loads, two loads of one moment have nothing between.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime
from decimal import Decimal

from coinassay.domain.market import Market
from coinassay.domain.money import ZERO
from coinassay.domain.movement import Movement, MovementState, reference_of
from coinassay.domain.snapshot import FlowKind
from coinassay.errors import ExchangeError
from coinassay.services.ports import Connection
from coinassay.services.ports.flows import NewMovements, PastPrice


def a_movement(
    kind: str,
    amount: str,
    asset: str,
    *,
    at: datetime,
    number: str = "1",
    fee: str = "",
    state: str = "done",
    txid: str = "",
) -> Movement:
    """`kind`: "deposit" or "withdrawal"; `number`: the exchange's own of it; `amount` positive, without the fee."""
    what = FlowKind(kind)
    return Movement(
        reference_of(what, number),
        what,
        at,
        asset,
        Decimal(amount),
        Decimal(fee) if fee else ZERO,
        MovementState(state),
        txid,
    )


class ScriptedMovements:
    """Port `MovementSource`. An account that nothing was told of has none."""

    def __init__(self) -> None:
        self._told: dict[int, dict[str, Movement]] = {}
        self._failures: dict[int, ExchangeError] = {}
        self.asked: list[tuple[int, datetime, datetime]] = []
        """Account id, start and end of each question, failed ones too."""
        self.delay = 0.0
        """Seconds each answer takes."""

    def tell(self, account_id: int, *movements: Movement) -> None:
        """Lists them from now on; one with the reference of a former one takes its place."""
        self._told.setdefault(account_id, {}).update((each.reference, each) for each in movements)

    def fail(self, account_id: int, error: ExchangeError | None) -> None:
        """Every question fails from now on; None: no longer."""
        if error is None:
            self._failures.pop(account_id, None)
        else:
            self._failures[account_id] = error

    async def fetch_movements(
        self, connection: Connection, start: datetime, now: datetime, timeout: float, *, thorough: bool = False
    ) -> NewMovements:
        self.asked.append((connection.account_id, start, now))
        await asyncio.sleep(self.delay)
        if connection.account_id in self._failures:
            raise self._failures[connection.account_id]
        told = self._told.get(connection.account_id, {}).values()
        return NewMovements(tuple(each for each in told if each.at >= start), now)


class ScriptedPastPrices:
    """Port `PastPrices`. Prices by asset; an asset without one has none."""

    def __init__(self, prices: dict[str, str] | None = None) -> None:
        self.prices = dict(prices or {})
        self.asked: Counter[str] = Counter()
        """By asset."""

    async def fetch_past_price(self, market: Market, code: str, at: datetime, timeout: float) -> PastPrice | None:
        self.asked[code] += 1
        price = self.prices.get(code)
        return None if price is None else PastPrice(Decimal(price), at, f"{market.exchange_id} 1d {code}/USD")
