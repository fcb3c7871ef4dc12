"""What the use cases need of deposits and withdrawals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from coinassay.domain.market import Market
from coinassay.domain.movement import FlowReading, Movement, Sight
from coinassay.domain.snapshot import Flow
from coinassay.services.ports.exchanges import Connection


@dataclass(frozen=True, slots=True)
class NewMovements:
    """What came of asking for deposits and withdrawals."""

    movements: tuple[Movement, ...]
    """Finished, under way and failed ones; in any order, each once."""
    read_until: datetime
    """All movements that the exchange listed up to then have been told."""


class MovementSource(Protocol):
    """Reads the deposits and withdrawals of accounts. Movements between wallets of one account are none."""

    async def fetch_movements(
        self, connection: Connection, start: datetime, now: datetime, timeout: float, *, thorough: bool = False
    ) -> NewMovements:
        """Those listed from `start` until `now`, or as far as they could be read in `timeout` seconds.

        `thorough`: also what an exchange lets be asked only now and then (deposits of money by bank at Binance). The
        same question gives the same references. Raises NotSupportedByExchange where the exchange does not tell
        them, ExchangeError.
        """
        ...


@dataclass(frozen=True, slots=True)
class PastPrice:
    """What one unit cost at a past moment, at an exchange."""

    usd: Decimal
    at: datetime
    """The beginning of the time the price is the close of."""
    source: str
    """The exchange's id and what was looked at: "binance 1m SOL/USDT"."""


class PastPrices(Protocol):
    async def fetch_past_price(self, market: Market, code: str, at: datetime, timeout: float) -> PastPrice | None:
        """From the public market data of the market's exchange; None where it has none that leads to US dollars.
        Raises ExchangeError."""
        ...


class FlowStore(Protocol):
    async def find_flow_reading(self, account_id: int) -> FlowReading | None:
        """None where nothing was ever asked."""
        ...

    async def list_sights(self, account_id: int, after: datetime, until: datetime) -> Sequence[Sight]:
        """What the account held in its snapshots after and until those moments, oldest first; the first and the last
        2,000 of them at most. `read_at` is the moment of the snapshot."""
        ...

    async def list_unpriced_flows(self, account_id: int) -> Sequence[Flow]: ...

    async def list_account_flows(self, account_id: int, *, limit: int, offset: int = 0) -> Sequence[Flow]:
        """Newest first."""
        ...

    async def list_unlinked_flows(
        self, user_id: int, assets: frozenset[str], after: datetime, until: datetime
    ) -> Sequence[Flow]:
        """Deposits and withdrawals of all accounts of the user that are no leg of a transfer, oldest first."""
        ...

    async def add_flow(self, flow: Flow, added_at: datetime) -> Flow:
        """A flow with a reference, counted in the account and in its snapshots since; the account has another version
        then. Where the reference is stored already that flow is given back and nothing counted. Raises NotFound."""
        ...

    async def remove_flow(self, account_id: int, flow_id: int, removed_at: datetime) -> None:
        """A manual one, as if it had never been. Raises NotFound, also for another account's flow and for one that is
        not manual."""
        ...

    async def link_flows(self, withdrawal: Flow, deposit: Flow, link: str) -> bool:
        """Makes two legs of one transfer of them. False, and nothing changed, where one of them is a leg already or is
        gone."""
        ...
