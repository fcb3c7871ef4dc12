"""What an overview has to know of many accounts at once, and above all what is not as it should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from coinassay.domain.account import Mode, WalletStatus


@dataclass(frozen=True, slots=True)
class LastFailure:
    """The latest attempt to load an account, which failed."""

    at: datetime
    failure: str
    """Code of the error."""
    reason: str
    """The same in words. Holds no secret."""


@dataclass(frozen=True, slots=True)
class PastLoad:
    """One attempt to load an account, and what came of it."""

    started_at: datetime
    finished_at: datetime
    failure: str
    """Code of the error; empty where it was good, or at least one wallet was read."""
    reason: str
    wallets: Sequence[WalletStatus]
    """As they were then; of a failed one those that were asked."""


class Standing(NamedTuple):
    """What everything that is shown of an account depends on."""

    account_id: int
    version: int
    last_load: int | None
    """The number of the latest attempt to load it, good or bad."""


class Stake(NamedTuple):
    """A balance of the last good load. Prices in USD."""

    account_id: int
    asset: str
    amount: Decimal
    """The equity: negative for a debt."""
    usd: Decimal | None
    """Its value; None where there is no price."""
    price: Decimal | None
    day_ago: Decimal | None
    """The price 24 h before, where it is known."""


class AttentionStore(Protocol):
    """Each in one statement, for any number of accounts."""

    async def list_standings(self, user_id: int, mode: Mode) -> Sequence[Standing]:
        """Of all accounts, oldest first."""
        ...

    async def list_stakes(self, account_ids: Sequence[int]) -> Sequence[Stake]:
        """Everything that is held, but for zeros, account by account."""
        ...

    async def list_unread(self, account_ids: Sequence[int]) -> Mapping[int, Sequence[WalletStatus]]:
        """By account, the wallets that were not read at the last good load. Accounts without one are left out."""
        ...

    async def list_last_failed(self, account_ids: Sequence[int]) -> Mapping[int, LastFailure]:
        """By account, the latest load where it failed. Accounts whose latest load was good, or that have none, are left
        out."""
        ...

    async def list_loads(self, account_id: int, before: datetime, limit: int) -> Sequence[PastLoad]:
        """The attempts that ended before the moment, the latest first."""
        ...
