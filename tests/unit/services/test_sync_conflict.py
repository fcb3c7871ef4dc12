"""An account that another process changes while it is being loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.unit.services.test_sync import House, Shelf, wallet

from coinassay.domain.account import Account
from coinassay.domain.snapshot import Money
from coinassay.errors import Conflict
from coinassay.services.ports import Load
from coinassay.services.sync import SyncService


class SharedShelf(Shelf):
    """Refuses what was worked out from another version, as the port says."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = lambda: None

    async def record_load(self, load: Load) -> Account:
        self.meanwhile()
        if load.base_version != self.account.version:
            raise Conflict
        account = await super().record_load(load)
        self.account = replace(account, version=account.version + 1)
        return self.account


def shared_house() -> tuple[House, SharedShelf]:
    house, shelf = House(wallet("spot", USDT="24")), SharedShelf()
    house.shelf = shelf
    house.service = SyncService(shelf, house.markets, house.exchange, house.prices, house.clock)
    return house, shelf


async def test_the_load_another_process_has_just_made_is_the_answer() -> None:
    house, shelf = shared_house()

    def load_elsewhere() -> None:
        shelf.account = replace(
            shelf.account, version=1, loaded_at=house.clock.now, net_deposits=Money(Decimal(24), Decimal("0.00048"))
        )

    shelf.meanwhile = load_elsewhere
    account = await house.load()
    assert (1, Decimal(24)) == (account.version, account.net_deposits.usd), "one deposit, not two"
    assert [] == shelf.loads
    assert 1 == house.exchange.calls


async def test_an_account_changed_otherwise_is_loaded_again() -> None:
    house, shelf = shared_house()

    def rename_elsewhere() -> None:
        if shelf.account.version == 0:
            shelf.account = replace(shelf.account, version=1, name="renamed")

    shelf.meanwhile = rename_elsewhere
    account = await house.load()
    assert ("renamed", 2, Decimal(24)) == (account.name, account.version, account.net_deposits.usd)
    assert 2 == house.exchange.calls


async def test_an_account_that_never_stands_still_is_given_up() -> None:
    house, shelf = shared_house()

    def change_elsewhere() -> None:
        shelf.account = replace(shelf.account, version=shelf.account.version + 1)

    shelf.meanwhile = change_elsewhere
    with pytest.raises(Conflict):
        await house.load()
    assert 3 == house.exchange.calls
    assert [] == shelf.loads
