"""What of many accounts at once is not as it should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coinassay.domain.account import WalletState, WalletStatus
from coinassay.services.ports.attention import LastFailure
from coinassay.storage import statements as sql
from coinassay.storage.noun import Noun


class Attention(Noun):
    """The port AttentionStore."""

    async def list_unread(self, account_ids: Sequence[int]) -> Mapping[int, Sequence[WalletStatus]]:
        unread: dict[int, list[WalletStatus]] = {}
        for account_id, wallet, state, *rest in await self._db.fetch_all(sql.LIST_UNREAD, {"account_ids": account_ids}):
            unread.setdefault(account_id, []).append(WalletStatus(wallet, WalletState(state), *rest))
        return unread

    async def list_last_failed(self, account_ids: Sequence[int]) -> Mapping[int, LastFailure]:
        rows = await self._db.fetch_all(sql.LIST_LAST_FAILED, {"account_ids": account_ids})
        return {account_id: LastFailure(at, failure, reason) for account_id, at, failure, reason in rows}
