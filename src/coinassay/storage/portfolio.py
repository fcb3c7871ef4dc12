"""What the last good loads found, as it is asked for: finished shares, and what is held column by column."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from coinassay.domain.account import Account, Mode
from coinassay.domain.allocation import Part, Shown, Told, allocate, show
from coinassay.domain.balance import Balance, Position
from coinassay.domain.breakdown import Contents, Held
from coinassay.services.ports import State
from coinassay.storage import statements as sql
from coinassay.storage.accounts import account_of, of_mode
from coinassay.storage.loads import Loads, stakes_of


class Portfolios(Loads):
    """The ports LoadStore and PortfolioStore."""

    async def list_included(self, user_id: int, mode: Mode) -> Sequence[Account]:
        return await self._db.fetch_all_kept(sql.LIST_INCLUDED, of_mode(user_id, mode), account_of)

    async def list_states(self, user_id: int, mode: Mode) -> Sequence[State]:
        rows = await self._db.fetch_all(sql.LIST_STATES, of_mode(user_id, mode))
        return [(account_id, version) for account_id, version in rows]

    async def list_shown(self, account_id: int) -> Sequence[Shown]:
        row = await self._db.fetch_one(sql.GET_ALLOCATION, {"account_id": account_id})
        if row is None or row[0] is None:
            return ()
        _, btc_rate, body = row
        return await self._worked_out(account_id, btc_rate) if body is None else _shown.decode(body)

    async def list_parts(self, account_ids: Sequence[int]) -> Sequence[tuple[State, Part]]:
        parts: list[tuple[State, Part]] = []
        rows = await self._db.fetch_all(sql.LIST_ALLOCATIONS, {"account_ids": account_ids})
        decode = _told.decode
        for account_id, version, loaded, btc_rate, body in rows:
            shares: Sequence[Told] = ()
            if body is not None:
                shares = decode(body)
            elif loaded:
                shares = await self._worked_out(account_id, btc_rate)
            parts.append(((account_id, version), Part(btc_rate, shares)))
        return parts

    async def _worked_out(self, account_id: int, btc_rate: Decimal | None) -> Sequence[Shown]:
        """For a load by a version that did not keep its allocation."""
        return [show(share) for share in allocate(stakes_of(await self.list_holdings(account_id)), btc_rate)]

    async def list_contents(self, account_ids: Sequence[int]) -> Sequence[tuple[State, Contents]]:
        positions: dict[int, list[Position]] = {}
        for account_id, *rest in await self._db.fetch_all(sql.LIST_POSITIONS, {"account_ids": account_ids}):
            positions.setdefault(account_id, []).append(Position(*rest))
        found: dict[int, tuple[State, Contents]] = {}
        held: list[Held] = []
        for row in await self._db.fetch_all(sql.LIST_CONTENTS, {"account_ids": account_ids}):
            account_id, version, btc_rate, btc_day_ago, asset, *rest = row
            if account_id not in found:
                held = []
                contents = Contents(account_id, btc_rate, btc_day_ago, held, positions.get(account_id, ()))
                found[account_id] = (account_id, version), contents
            if asset is not None:
                wallet, total, free, locked, borrowed, unrealised, price, day_ago, usd = rest
                balance = Balance(asset, wallet, total, free, locked, borrowed, unrealised)
                held.append(Held(balance, price, day_ago, usd))
        return list(found.values())


class _Told(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The beginning of a Shown: the rest is left unread."""

    asset: str
    amount: str
    usd: str | None


_told = msgspec.json.Decoder(list[_Told])
_shown = msgspec.json.Decoder(list[Shown])
