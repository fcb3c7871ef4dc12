"""What is kept of when accounts are due, of running loads, and of what is done from time to time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from coinassay.domain.refresh import Refresh


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to load an account; whoever holds it renews it."""

    holder: str
    taken_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LoadOutcome:
    """How an attempt to load an account ended; an empty `failure` is a good load."""

    finished_at: datetime
    failure: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What follows from a load: when the account is due next, and that it is loaded by `holder` no more."""

    refresh: Refresh
    """Stored, but for `every` and `rejected`."""
    holder: str
    """Of the lease, which is given back if it is still his."""


class RefreshStore(Protocol):
    async def claim_due(self, now: datetime, until: datetime, limit: int) -> Sequence[int]:
        """The ids of accounts that are due, the longest first, at most `limit`. They are due again at `until`, unless
        `settle_refresh` says otherwise before: nobody else gets them meanwhile."""
        ...

    async def find_next_due(self) -> datetime | None:
        """When the first of all accounts is due."""
        ...

    async def find_refresh(self, account_id: int) -> Refresh | None:
        """None for an account that has gone; one that nothing is stored for is due when it was made."""
        ...

    async def list_refreshes(self, user_id: int) -> Sequence[Refresh]:
        """Of all accounts of the user, oldest first."""
        ...

    async def settle_refresh(self, refresh: Refresh, lease: str = "") -> None:
        """Stores all of it but `every` and `rejected`, and gives back the lease, if it is still held by this holder.
        Nothing for an account that has gone."""
        ...

    async def set_refresh_interval(
        self, account_id: int, every: timedelta | None, next_at: datetime | None
    ) -> None: ...

    async def list_astray(self, now: datetime, default: timedelta, limit: int) -> Sequence[Refresh]:
        """Accounts that nothing is stored for, those that never come although nothing speaks against it, those that
        come later than the `default` interval explains, and those that were settled later than `now`: by a clock that
        has gone back since."""
        ...

    async def take_lease(
        self, account_id: int, lease: Lease, expired: datetime, abandoned: datetime | None = None
    ) -> bool:
        """Whether it is held from now on: nobody held it, or it expired at `expired` or before, or it still expires at
        `abandoned`.

        Raises NotFound when the account has gone.
        """
        ...

    async def renew_lease(self, account_id: int, holder: str, expires_at: datetime) -> bool:
        """False where it is no longer held."""
        ...

    async def find_lease(self, account_id: int) -> Lease | None: ...

    async def drop_lease(self, account_id: int, holder: str) -> None: ...

    async def find_outcome(self, account_id: int, since: datetime) -> LoadOutcome | None:
        """The last attempt to load the account, if it began at `since` or later."""
        ...

    async def claim_chore(self, name: str, now: datetime, until: datetime, horizon: datetime) -> bool:
        """Whether what is done from time to time is due, or is not due before `horizon`; then it is due again at
        `until`."""
        ...

    async def settle_chore(self, name: str, next_at: datetime) -> None: ...
