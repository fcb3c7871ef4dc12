"""When accounts are due, who loads one, and what is done from time to time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from coinassay.domain.account import KeyState
from coinassay.domain.refresh import OFF, Refresh
from coinassay.errors import NotFound
from coinassay.services.ports.refresh import Lease, LoadOutcome, Settled
from coinassay.storage import statements as sql
from coinassay.storage.database import Change, Row, change
from coinassay.storage.noun import Noun

_SECOND = timedelta(seconds=1)


class Refreshes(Noun):
    """The port RefreshStore."""

    async def claim_due(self, now: datetime, until: datetime, limit: int) -> Sequence[int]:
        (rows,) = await self._db.write([change(sql.CLAIM_DUE, now=now, until=until, limit=limit)])
        return [row[0] for row in rows]

    async def find_next_due(self) -> datetime | None:
        row = await self._db.fetch_one(sql.FIND_NEXT_DUE, {})
        found: datetime | None = None if row is None else row[0]
        return found

    async def find_refresh(self, account_id: int) -> Refresh | None:
        row = await self._db.fetch_one(sql.FIND_REFRESH, {"id": account_id})
        return None if row is None else _refresh(row)

    async def list_refreshes(self, user_id: int) -> Sequence[Refresh]:
        return [_refresh(row) for row in await self._db.fetch_all(sql.LIST_REFRESHES, {"user_id": user_id})]

    async def settle_refresh(self, refresh: Refresh, lease: str = "") -> None:
        try:
            await self._db.write(settling(Settled(refresh, lease)))
        except NotFound:
            return  # the account went with all of it

    async def set_refresh_interval(self, account_id: int, every: timedelta | None, next_at: datetime | None) -> None:
        """Raises NotFound when the account has gone."""
        row = _columns(Refresh(account_id, 0, next_at, every))
        await self._db.write([Change(sql.SET_INTERVAL, [row])])

    async def list_astray(self, now: datetime, default: timedelta, limit: int) -> Sequence[Refresh]:
        params = {"now": now, "on": default != OFF, "horizon": now + 2 * default, "limit": limit}
        return [_refresh(row) for row in await self._db.fetch_all(sql.LIST_ASTRAY, params)]

    async def take_lease(
        self, account_id: int, lease: Lease, expired: datetime, abandoned: datetime | None = None
    ) -> bool:
        (rows,) = await self._db.write(
            [
                change(
                    sql.TAKE_LEASE,
                    account_id=account_id,
                    holder=lease.holder,
                    taken_at=lease.taken_at,
                    expires_at=lease.expires_at,
                    expired=expired,
                    abandoned=abandoned,
                )
            ]
        )
        return bool(rows)

    async def renew_lease(self, account_id: int, holder: str, expires_at: datetime) -> bool:
        (rows,) = await self._db.write(
            [change(sql.RENEW_LEASE, account_id=account_id, holder=holder, expires_at=expires_at)]
        )
        return bool(rows)

    async def find_lease(self, account_id: int) -> Lease | None:
        row = await self._db.fetch_one(sql.FIND_LEASE, {"account_id": account_id})
        return None if row is None else Lease(*row)

    async def drop_lease(self, account_id: int, holder: str) -> None:
        await self._db.write([change(sql.DROP_LEASE, account_id=account_id, holder=holder)])

    async def find_outcome(self, account_id: int, since: datetime) -> LoadOutcome | None:
        row = await self._db.fetch_one(sql.FIND_OUTCOME, {"account_id": account_id})
        if row is None:
            return None
        started_at, finished_at, failure, reason = row
        return LoadOutcome(finished_at, failure, reason) if started_at >= since else None

    async def claim_chore(self, name: str, now: datetime, until: datetime, horizon: datetime) -> bool:
        (rows,) = await self._db.write([change(sql.CLAIM_CHORE, name=name, next_at=until, now=now, horizon=horizon)])
        return bool(rows)

    async def settle_chore(self, name: str, next_at: datetime) -> None:
        await self._db.write([change(sql.SETTLE_CHORE, name=name, next_at=next_at)])


def settling(settled: Settled | None) -> list[Change]:
    if settled is None:
        return []
    refresh = settled.refresh
    changes = [Change(sql.SETTLE_REFRESH, [_columns(refresh)])]
    if settled.holder:
        changes.append(change(sql.DROP_LEASE, account_id=refresh.account_id, holder=settled.holder))
    return changes


def due_at(account_id: int, moment: datetime) -> Change:
    """Makes a new account due."""
    return Change(sql.ADD_REFRESH, [_columns(Refresh(account_id, 0, moment))])


def resume(account_id: int, moment: datetime) -> Change:
    """Makes an account due whose key was changed, whatever came of its last load."""
    return change(sql.RESUME_REFRESH, account_id=account_id, next_at=moment, failures=0, failure="", reason="")


def _columns(refresh: Refresh) -> dict[str, object]:
    return {
        "account_id": refresh.account_id,
        "next_at": refresh.next_at,
        "every_seconds": None if refresh.every is None else refresh.every // _SECOND,
        "failures": refresh.failures,
        "failure": refresh.failure,
        "reason": refresh.reason,
        "refreshed_at": refresh.refreshed_at,
    }


def _refresh(row: Row) -> Refresh:
    account_id, user_id, created_at, key_state, stored, next_at, every, failures, failure, reason, refreshed_at = row
    rejected = key_state == KeyState.INVALID.value
    if stored is None:
        return Refresh(account_id, user_id, created_at, rejected=rejected)
    return Refresh(
        account_id,
        user_id,
        next_at,
        None if every is None else timedelta(seconds=every),
        failures,
        failure,
        reason,
        rejected,
        refreshed_at,
    )
