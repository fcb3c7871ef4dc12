"""What is not as it should be, of many accounts at once: what an overview has to say beside the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coinassay.domain.account import WalletStatus


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
    """As they were then; empty for a failed one."""


class AttentionStore(Protocol):
    """Each in one statement, for any number of accounts."""

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
