"""What the use cases need to be kept of the past, and how it is thinned out and added to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coinassay.domain.past import PastAccount
from coinassay.domain.snapshot import Flow, Snapshot


class PastStore(Protocol):
    async def find_past(self, account_ids: Sequence[int], moment: datetime) -> Mapping[int, PastAccount]:
        """For each account the latest snapshot at or before the moment; accounts without one are left out."""
        ...


class PastNumbers(Protocol):
    async def list_past_numbers(self, account_ids: Sequence[int]) -> Sequence[int]:
        """For each account a number. As long as it is the same, snapshots were only added behind its last one, or
        dropped where another of the same UTC day followed."""
        ...


@dataclass(frozen=True, slots=True)
class Thinned:
    """How far the history of an account was thinned: what lies before has been dealt with."""

    account_id: int
    hourly_to: datetime | None
    daily_to: datetime | None


class RetentionStore(Protocol):
    async def list_to_thin(self, hourly: datetime, daily: datetime, after: int, limit: int) -> Sequence[Thinned]:
        """Accounts with an id above `after` that were not thinned up to both cuts so far, by id."""
        ...

    async def list_measured(self, account_id: int, start: datetime, end: datetime, limit: int) -> Sequence[datetime]:
        """The oldest `limit` of the account's own snapshots from `start` on and before `end`, oldest first. Its very
        first one is left out, and so are imported ones: they are kept."""
        ...

    async def drop_snapshots(self, progress: Thinned, moments: Sequence[datetime]) -> None:
        """Drops the account's snapshots of these moments, with what they were made of, and notes the progress: in one
        transaction."""
        ...

    async def drop_attempts(self, account_id: int, before: datetime, most: int, limit: int) -> int:
        """Drops up to `limit` records of attempts to load the account: those that ended before the moment, and those
        beyond the `most` newest. Gives how many it were."""
        ...


class ImportStore(Protocol):
    async def find_first_measured(self, account_id: int) -> Snapshot | None:
        """The account's first snapshot that is this program's own."""
        ...

    async def list_imported(self, account_id: int) -> Sequence[Snapshot]:
        """Oldest first."""
        ...

    async def record_import(
        self, account_id: int, base_version: int, snapshots: Sequence[Snapshot], flows: Sequence[Flow], at: datetime
    ) -> None:
        """Puts these in the place of all snapshots and flows that were imported so far, and makes the account's net
        deposits the sum of its flows again: in one transaction. Raises NotFound, and Conflict when the account has
        another version than `base_version`."""
        ...
