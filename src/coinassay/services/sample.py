"""Sample data to look around in: a paper account with a made-up past, which is removed as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from coinassay.domain.account import PAPER, Account
from coinassay.domain.imports import records_of
from coinassay.domain.money import add_up
from coinassay.domain.sample import BALANCES, Closes, past_of
from coinassay.domain.series import day_of
from coinassay.errors import CoinassayError, NotFound
from coinassay.services.accounts import AccountService
from coinassay.services.ports import Clock, LoadStore
from coinassay.services.ports.history import ImportStore
from coinassay.services.ports.web import SampleStore
from coinassay.services.sync import SyncService

NAME = "Sample account (made up)"
ORIGIN = "sample"


class Stored(LoadStore, ImportStore, SampleStore, Protocol):
    """The stores this needs, usually one object."""


class SampleService:
    def __init__(
        self, stored: Stored, accounts: AccountService, sync: SyncService, closes: Closes, clock: Clock
    ) -> None:
        self._stored = stored
        self._accounts = accounts
        self._sync = sync
        self._closes = closes
        self._clock = clock

    async def list_accounts(self, user_id: int) -> Sequence[int]:
        """The ids of the user's accounts that are made up."""
        return await self._stored.list_samples(user_id)

    async def add(self, user_id: int) -> None:
        """Adds the account, unless the user has it. Raises ExchangeError, after which there is none."""
        if await self._stored.list_samples(user_id):
            return
        account = await self._accounts.connect(user_id, PAPER, NAME, {}, BALANCES)
        try:
            await self._stored.mark_sample(account.id)
            await self._fill(await self._sync.sync_account(user_id, account.id))
        except CoinassayError:
            await self._accounts.remove_account(user_id, account.id)
            raise

    async def remove(self, user_id: int) -> None:
        """With all that belongs to it; nothing where there is none."""
        for account_id in await self._stored.list_samples(user_id):
            await self._accounts.remove_account(user_id, account_id)

    async def _fill(self, account: Account) -> None:
        measured = await self._stored.find_first_measured(account.id)
        if measured is None or account.btc_rate is None:
            raise NotFound
        values = await self._values(account.id)
        days = await asyncio.to_thread(past_of, values, account.btc_rate, self._closes, day_of(measured.taken_at))
        snapshots, flows = records_of(account.id, days, measured, measured.total)
        await self._stored.record_import(
            account.id,
            account.version,
            [replace(each, origin=ORIGIN) for each in snapshots],
            flows,
            self._clock(),
        )

    async def _values(self, account_id: int) -> Mapping[str, Decimal]:
        """US dollars by code."""
        values: dict[str, Decimal] = {}
        for each in await self._stored.list_holdings(account_id):
            if each.usd is not None:
                values[each.balance.asset] = add_up([values.get(each.balance.asset, Decimal(0)), each.usd])
        return values
