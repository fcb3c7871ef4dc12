"""A valuation with everything it rests on: where each price is from, what could not be read or priced, and how old it
all is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coinassay.domain.account import Account, Mode, WalletStatus
from coinassay.domain.balance import Position
from coinassay.domain.completeness import Completeness, completeness, of_all
from coinassay.domain.movement import FlowReading
from coinassay.services.ports import AccountStore, Clock, LoadStore, PortfolioStore, StoredHolding
from coinassay.services.ports.attention import AttentionStore, PastLoad
from coinassay.services.ports.flows import FlowStore
from coinassay.services.refresh import RefreshService, RefreshState

ATTEMPTS = 3
"""How often a valuation is read that a load changes meanwhile."""


class Stores(AccountStore, LoadStore, PortfolioStore, AttentionStore, FlowStore, Protocol):
    """What this reads, usually one object."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An account and how far its total can be relied on."""

    account: Account
    state: Completeness
    refresh: RefreshState


@dataclass(frozen=True, slots=True)
class AccountValuation:
    """The last good load of an account."""

    standing: Standing
    at: datetime
    """Now."""
    holdings: Sequence[StoredHolding]
    positions: Sequence[Position]
    wallets: Sequence[WalletStatus]
    flows: FlowReading | None
    """How far deposits and withdrawals were read; None before the first time."""


class ValuationService:
    def __init__(self, stores: Stores, refresh: RefreshService, clock: Clock) -> None:
        self._stores = stores
        self._refresh = refresh
        self._clock = clock

    async def account(self, user_id: int, account_id: int) -> AccountValuation:
        """Raises NotFound."""
        for _ in range(ATTEMPTS):
            account = await self._stores.get_account(user_id, account_id)
            valuation = AccountValuation(
                self._standing(account, await self._refresh.get_state(user_id, account_id)),
                self._clock(),
                await self._stores.list_holdings(account_id),
                await self._stores.list_positions(account_id),
                await self._stores.list_wallets(account_id),
                await self._stores.find_flow_reading(account_id),
            )
            # Several statements: a load that ends between two of them would leave a total without its parts.
            if (await self._stores.get_account(user_id, account_id)).version == account.version:
                break
        return valuation

    async def together(self, user_id: int, mode: Mode) -> tuple[Completeness, Sequence[Standing]]:
        """The accounts that count in the summary, oldest first, and how far their sum can be relied on."""
        accounts = await self._stores.list_included(user_id, mode)
        states = {state.account_id: state for state in await self._refresh.states(user_id)}
        found = [self._standing(account, states[account.id]) for account in accounts if account.id in states]
        return of_all(standing.state for standing in found), found

    async def loads(self, user_id: int, account_id: int, before: datetime, limit: int) -> Sequence[PastLoad]:
        """The attempts to load it that ended before the moment, the latest first. Raises NotFound."""
        await self._stores.get_account(user_id, account_id)
        return await self._stores.list_loads(account_id, before, limit)

    def _standing(self, account: Account, refresh: RefreshState) -> Standing:
        state = completeness(account, refresh.failures > 0, refresh.interval, self._clock())
        return Standing(account, state, refresh)
