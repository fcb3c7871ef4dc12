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


class AttentionStore(Protocol):
    """Each in one statement for any number of accounts."""

    async def list_unread(self, account_ids: Sequence[int]) -> Mapping[int, Sequence[WalletStatus]]:
        """By account, the wallets that were not read at the last good load. Accounts without one are left out."""
        ...

    async def list_last_failed(self, account_ids: Sequence[int]) -> Mapping[int, LastFailure]:
        """By account, the latest load where it failed. Accounts whose latest load was good, or that have none, are left
        out."""
        ...
