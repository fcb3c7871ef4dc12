"""The ledger while accounts are loaded, over a real store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from tests.unit.services.test_movements import House, house

from coinassay.domain.account import Account
from coinassay.domain.past import PastAccount
from coinassay.domain.snapshot import Flow, Leg, Snapshot
from coinassay.services.ledger import ATTEMPTS, LedgerService
from coinassay.storage.store import Store

__all__ = ["house"]


class Interrupted:
    """The stores of a ledger, with something that happens each time after the flows were read."""

    def __init__(self, store: Store, happen: Callable[[], Awaitable[object]]) -> None:
        self._store = store
        self._happen = happen

    async def find_starts(
        self, account_ids: Sequence[int], moments: Sequence[datetime]
    ) -> Mapping[int, Sequence[Snapshot | None]]:
        return await self._store.find_starts(account_ids, moments)

    async def list_flows(self, account_ids: Sequence[int], after: datetime) -> Mapping[int, Sequence[Flow]]:
        found = await self._store.list_flows(account_ids, after)
        await self._happen()
        return found

    async def list_legs(self, account_ids: Sequence[int]) -> Sequence[Leg]:
        return await self._store.list_legs(account_ids)

    async def find_past(self, account_ids: Sequence[int], moment: datetime) -> Mapping[int, PastAccount]:
        return await self._store.find_past(account_ids, moment)


class NoRates:
    async def list_rates(self, currency: str, moments: Sequence[datetime]) -> Sequence[Decimal | None]:
        raise AssertionError(currency)


async def test_a_deposit_that_is_loaded_meanwhile_is_no_profit(house: House) -> None:
    account = await house.account()
    await house.load(account, "1 BTC")
    amounts = iter(range(2, 9))
    loads = 1

    async def load() -> None:
        nonlocal loads
        if loads:
            loads -= 1
            amount = next(amounts)
            house.tell(account, "deposit", "1", number=f"{amount}")
            await house.load(account, f"{amount} BTC")

    async def read() -> Sequence[Account]:
        return [await house.store.get_account(account.user_id, account.id)]

    service = LedgerService(Interrupted(house.store, load), NoRates(), house)
    ledger = await service.current(read)
    assert [100000, 100000, 0] == [ledger.usd.closing, ledger.usd.net_deposits, ledger.usd.profit]
    loads = 9
    assert (await service.current(read)).days, "nobody waits for ever"
    assert loads == 9 - ATTEMPTS
