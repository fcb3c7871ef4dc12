"""What an overview has to know of many accounts at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from coinassay.domain.account import Mode, WalletState, WalletStatus
from coinassay.domain.money import CONTEXT
from coinassay.services.ports.attention import LastFailure, PastLoad, Stake, Standing
from coinassay.storage import statements as sql
from coinassay.storage.accounts import of_mode
from coinassay.storage.codec import integer_to_moment
from coinassay.storage.noun import Noun


class Attention(Noun):
    """The port AttentionStore."""

    async def list_standings(self, user_id: int, mode: Mode) -> Sequence[Standing]:
        return [Standing(*row) for row in await self._db.fetch_all(sql.LIST_STANDINGS, of_mode(user_id, mode))]

    async def list_stakes(self, account_ids: Sequence[int]) -> Sequence[Stake]:
        add, subtract = CONTEXT.add, CONTEXT.subtract
        stakes = []
        for account_id, asset, amount, borrowed, unrealised, price, day_ago, usd in await self._db.fetch_all(
            sql.LIST_STAKES, {"account_ids": account_ids}
        ):
            if borrowed or unrealised:
                amount = add(subtract(amount, borrowed), unrealised)
            if amount:
                stakes.append(Stake(account_id, asset, amount, usd, price, day_ago))
        return stakes

    async def list_unread(self, account_ids: Sequence[int]) -> Mapping[int, Sequence[WalletStatus]]:
        unread: dict[int, list[WalletStatus]] = {}
        for account_id, wallet, state, *rest in await self._db.fetch_all(sql.LIST_UNREAD, {"account_ids": account_ids}):
            unread.setdefault(account_id, []).append(WalletStatus(wallet, WalletState(state), *rest))
        return unread

    async def list_last_failed(self, account_ids: Sequence[int]) -> Mapping[int, LastFailure]:
        rows = await self._db.fetch_all(sql.LIST_LAST_FAILED, {"account_ids": account_ids})
        return {account_id: LastFailure(at, failure, reason) for account_id, at, failure, reason in rows}

    async def list_loads(self, account_id: int, before: datetime, limit: int) -> Sequence[PastLoad]:
        params = {"account_id": account_id, "before": before, "limit": limit}
        rows = await self._db.fetch_all(sql.LIST_LOADS, params)
        return [
            PastLoad(
                started_at, finished_at, failure, reason, [_status(*each) for each in msgspec.json.decode(wallets)]
            )
            for _, started_at, finished_at, failure, reason, wallets in rows
        ]


def _status(wallet: str, state: str, read_at: int | None, failure: str, reason: str) -> WalletStatus:
    """As coinassay.storage.loads wrote it."""
    moment = None if read_at is None else integer_to_moment(read_at)
    return WalletStatus(wallet, WalletState(state), moment, failure, reason)
