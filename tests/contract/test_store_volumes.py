"""The port VolumeStore."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.contract.records import NOW, a_load, held, new_account

from coinassay.domain.account import User
from coinassay.domain.snapshot import Money
from coinassay.domain.trade import DayVolume
from coinassay.errors import Conflict, NotFound
from coinassay.services.ports import TradeReading, VolumeStore
from coinassay.storage.store import Store

DAY = timedelta(days=1)
FIRST = datetime(2026, 2, 27, tzinfo=UTC)


def volume(day: datetime, usd: str, btc: str = "0.1", trades: int = 1, approximate: bool = False) -> DayVolume:
    return DayVolume(day, Money(Decimal(usd), Decimal(btc)), trades, approximate)


async def test_nothing_was_read_of_a_new_account(store: Store, alice: User) -> None:
    port: VolumeStore = store
    account = await store.add_account(alice.id, new_account(), NOW)
    assert TradeReading() == await port.find_trade_reading(account.id)
    assert [] == await port.list_volumes(account.id, FIRST, NOW)


async def test_volumes_of_a_day_are_added_up_exactly(store: Store, alice: User) -> None:
    port: VolumeStore = store
    account = await store.add_account(alice.id, new_account(), NOW)
    long = "0." + "0" * 40 + "1"
    reading = await port.record_trades(
        account.id, TradeReading(None, '{"a":1}'), [volume(FIRST, "1.1"), volume(FIRST + DAY, "7")]
    )
    assert TradeReading(None, '{"a":1}', True, 1) == reading == await port.find_trade_reading(account.id)
    done = replace(reading, read_at=NOW, complete=False)
    assert 2 == (await port.record_trades(account.id, done, [volume(FIRST, long, "0.02", 5, True)])).version
    assert [
        volume(FIRST, "1." + "1" + "0" * 39 + "1", "0.12", 6, True),
        volume(FIRST + DAY, "7"),
    ] == await port.list_volumes(account.id, FIRST, NOW)
    assert replace(done, version=2) == await port.find_trade_reading(account.id)


async def test_days_are_picked_from_the_start_until_before_the_end(store: Store, alice: User) -> None:
    account = await store.add_account(alice.id, new_account(), NOW)
    days = [FIRST, FIRST + DAY, FIRST + 2 * DAY]
    await store.record_trades(account.id, TradeReading(), [volume(day, "1") for day in days])
    found = await store.list_volumes(account.id, days[1], days[2])
    assert [days[1]] == [each.day for each in found]


async def test_what_another_process_has_read_meanwhile_is_not_counted_twice(store: Store, alice: User) -> None:
    account = await store.add_account(alice.id, new_account(), NOW)
    reading = await store.find_trade_reading(account.id)
    await store.record_trades(account.id, reading, [volume(FIRST, "1")])
    with pytest.raises(Conflict):
        await store.record_trades(account.id, reading, [volume(FIRST, "1")])
    assert [volume(FIRST, "1")] == await store.list_volumes(account.id, FIRST, NOW)


async def test_an_account_that_has_gone_is_not_found(store: Store, alice: User) -> None:
    account = await store.add_account(alice.id, new_account(), NOW)
    await store.record_trades(account.id, TradeReading(), [volume(FIRST, "1")])
    await store.remove_account(alice.id, account.id)
    assert [] == await store.list_volumes(account.id, FIRST, NOW)
    with pytest.raises(NotFound):
        await store.record_trades(account.id, TradeReading(), [])


async def test_what_was_ever_held_is_remembered(store: Store, alice: User) -> None:
    port: VolumeStore = store
    account = await store.add_account(alice.id, new_account(), NOW)
    await store.record_load(a_load(account.id, held("1 BTC", at="50000"), held("9 XYZ"), at=NOW - DAY))
    await store.record_load(a_load(account.id, held("1 ETH", at="2000"), at=NOW))
    assert {"BTC", "XYZ", "ETH"} == await port.list_assets(account.id, NOW - 2 * DAY)
    assert {"ETH"} == await port.list_assets(account.id, NOW - DAY)
    assert frozenset() == await port.list_assets(account.id, NOW)
