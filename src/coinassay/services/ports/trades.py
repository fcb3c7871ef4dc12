"""What the use cases need of trades: those of exchanges are read, those on paper are made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from coinassay.domain.account import Account
from coinassay.domain.paper import PaperTrade, PaperTradeKind
from coinassay.domain.trade import DayVolume, Trade, Transfer
from coinassay.services.ports.exchanges import Connection
from coinassay.services.ports.storage import Load


@dataclass(frozen=True, slots=True)
class PaperChange:
    """A paper account after an operation: what it holds, and the load that values it."""

    balances: Mapping[str, Decimal]
    load: Load
    """Has a `base_version`: the balances were worked out from those of that version."""
    trades: tuple[PaperTrade, ...] = ()
    volume: DayVolume | None = None
    """Of the trades."""


@dataclass(frozen=True, slots=True)
class PaperAccount:
    """What `transfer_data` shows of an account."""

    id: int
    name: str
    market_code: str
    balances: Mapping[str, Decimal]


class PaperStore(Protocol):
    async def record_paper_trades(self, operation: PaperChange) -> Account:
        """Balances, trades, volume and load in one transaction. Raises NotFound, Conflict as `record_load` does."""
        ...

    async def record_transfer(self, source: PaperChange, target: PaperChange, asset: str, amount: Decimal) -> Transfer:
        """Both accounts in one transaction. Gives what `source` saw of it. Raises NotFound, Conflict."""
        ...

    async def list_transfers(
        self, account_id: int, asset: str, since: datetime, *, limit: int, offset: int = 0
    ) -> Sequence[Transfer]:
        """Newest first."""
        ...

    async def list_paper_accounts(self, user_id: int) -> Sequence[PaperAccount]:
        """All of the user's, oldest first: one statement."""
        ...

    async def find_last_paper_trade(self, account_id: int, kind: PaperTradeKind) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class TradeReading:
    """How far the trades of an account were read."""

    read_at: datetime | None = None
    """All trades up to then are counted; None while the first reading goes on."""
    cursors: str = "{}"
    """What `TradeSource` needs to go on."""
    complete: bool = True
    """False where the exchange no longer tells the oldest trades."""
    version: int = 0
    """0: nothing was ever read."""


@dataclass(frozen=True, slots=True)
class NewTrades:
    """What came of asking for trades."""

    trades: tuple[Trade, ...]
    """Not among those of an earlier answer with the cursors it was asked with."""
    cursors: str
    read_until: datetime | None
    """All trades up to then have been told; None where there may be more: ask again with `cursors`."""
    complete: bool = True
    """False where some trades were not asked for: those that are too old."""
    guessed: bool = False
    """Where the exchange tells the trades of one market at a time: those were asked that fit what the account holds or
    held, and in others there may be trades, too."""


class TradeSource(Protocol):
    """Reads the trades of accounts."""

    async def fetch_trades(
        self, connection: Connection, cursors: str, assets: Sequence[str], now: datetime, timeout: float
    ) -> NewTrades:
        """The trades since `cursors` ("{}": all of them) as far as they could be read in `timeout` seconds.

        `assets` are those the account holds or may have held, for exchanges that want to be asked market by market.
        Raises NotSupportedByExchange where the exchange tells nobody his trades, ExchangeError.
        """
        ...


class VolumeStore(Protocol):
    async def list_volumes(self, account_id: int, start: datetime, end: datetime) -> Sequence[DayVolume]:
        """Of the days from `start` until before `end`, oldest first; only those on which there was a trade."""
        ...

    async def find_trade_reading(self, account_id: int) -> TradeReading:
        """The empty one where nothing was ever read."""
        ...

    async def record_trades(self, account_id: int, reading: TradeReading, volumes: Sequence[DayVolume]) -> TradeReading:
        """Adds the volumes to what is stored and sets the reading, which is given back with its new version.

        Raises Conflict, and adds nothing, when the stored one has another version than `reading`; NotFound.
        """
        ...

    async def list_assets(self, account_id: int, after: datetime) -> frozenset[str]:
        """What the account was seen to hold in its snapshots after that moment."""
        ...
