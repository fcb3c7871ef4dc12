"""What the last good loads found, as it is asked for: finished shares, and what is held column by column."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from coinassay.domain.account import Account, Mode
from coinassay.domain.allocation import Part, Shown, Told, allocate, show
from coinassay.domain.balance import Balance, Position
from coinassay.domain.breakdown import Contents, Held
from coinassay.errors import NotFound
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

    async def get_shown(self, account_id: int) -> tuple[State, Sequence[Shown]]:
        row = await self._db.fetch_one(sql.GET_ALLOCATION, {"account_id": account_id})
        if row is None:
            raise NotFound
        version, loaded, btc_rate, body = row
        shown: Sequence[Shown] = ()
        if body is not None:
            shown = _shown.decode(body)
        elif loaded:
            shown = await self._worked_out(account_id, btc_rate)
        return (account_id, version), shown

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
        while True:
            found = await self._contents(account_ids)
            derivatives = await self._derivatives(account_ids)
            if found.keys() == derivatives.keys():  # otherwise a load came between the two
                return [
                    (state, contents._replace(positions=derivatives[state]) if derivatives[state] else contents)
                    for state, contents in found.items()
                ]

    async def _contents(self, account_ids: Sequence[int]) -> dict[State, Contents]:
        """Without open derivatives."""
        found: dict[State, Contents] = {}
        held: list[Held] = []
        for row in await self._db.fetch_all(sql.LIST_CONTENTS, {"account_ids": account_ids}):
            account_id, version, btc_rate, btc_day_ago, asset, *rest = row
            state = (account_id, version)
            if state not in found:
                held = []
                found[state] = Contents(account_id, btc_rate, btc_day_ago, held)
            if asset is not None:
                wallet, total, free, locked, borrowed, unrealised, price, day_ago, usd = rest
                balance = Balance(asset, wallet, total, free, locked, borrowed, unrealised)
                held.append(Held(balance, price, day_ago, usd))
        return found

    async def _derivatives(self, account_ids: Sequence[int]) -> dict[State, list[Position]]:
        positions: dict[State, list[Position]] = {}
        for row in await self._db.fetch_all(sql.LIST_POSITIONS, {"account_ids": account_ids}):
            account_id, version, symbol, *rest = row
            own = positions.setdefault((account_id, version), [])
            if symbol is not None:
                own.append(Position(symbol, *rest))
        return positions

    async def list_positions(self, account_id: int) -> Sequence[Position]:
        found = await self._derivatives([account_id])
        return [position for positions in found.values() for position in positions]


class _Told(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The beginning of a Shown: the rest is left unread."""

    asset: str
    amount: str
    usd: str | None


_told = msgspec.json.Decoder(list[_Told])
_shown = msgspec.json.Decoder(list[Shown])
