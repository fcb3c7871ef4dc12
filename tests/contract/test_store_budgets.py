"""What processes share of exchanges' limits, over every database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.contract.conftest import OpenStore

from coinassay.domain.budget import Ledger
from coinassay.errors import Conflict
from coinassay.exchanges.budgets import PerMinute, alike
from coinassay.exchanges.keeper import Shared
from coinassay.exchanges.limiter import Limiter
from coinassay.services.budgets import BudgetService
from coinassay.storage.store import Store


async def test_an_exchange_nobody_has_asked_has_an_empty_one(store: Store) -> None:
    found = await store.read_budget("here", "binance")
    assert (b"", 0, "here", "binance") == (found.ledger, found.version, found.egress, found.exchange)
    assert abs(datetime.now(UTC) - found.now) < timedelta(seconds=5), "the databases of these tests run here"
    later = await store.read_budget("here", "binance")
    assert found.now <= later.now


async def test_what_another_process_has_changed_meanwhile_is_not_overwritten(open_store: OpenStore) -> None:
    one, other = await open_store(), await open_store()
    seen = await one.read_budget("here", "binance")
    await other.write_budget(await other.read_budget("here", "binance"), b"other")
    with pytest.raises(Conflict):
        await one.write_budget(seen, b"one")
    again = await one.read_budget("here", "binance")
    assert b"other" == again.ledger
    await one.write_budget(again, b"one")
    assert b"one" == (await other.read_budget("here", "binance")).ledger


async def test_each_egress_address_and_exchange_has_its_own(store: Store) -> None:
    for egress, exchange in (("there", "kraken"), ("here", "kraken"), ("here", "binance")):
        await store.write_budget(await store.read_budget(egress, exchange), f"{egress} {exchange}".encode())
    assert [
        ("here", "binance", b"here binance"),
        ("here", "kraken", b"here kraken"),
        ("there", "kraken", b"there kraken"),
    ] == [(each.egress, each.exchange, each.ledger) for each in await store.list_budgets()]


async def test_limiters_of_several_processes_take_together_no_more_than_there_is(open_store: OpenStore) -> None:
    loop = asyncio.get_running_loop()
    stores = [await open_store() for _ in range(3)]
    limiters = [
        Limiter(alike(PerMinute(30)), loop, exchange="binance", shared=Shared.of(each, "here")) for each in stores
    ]
    passed = 0
    enough = asyncio.Event()

    async def ask(limiter: Limiter) -> None:
        nonlocal passed
        limiter.leave(await limiter.enter(_Public, "public", "time", 1.0))
        passed += 1
        if passed == 30:
            enough.set()

    asking = [asyncio.create_task(ask(limiter)) for limiter in limiters for _ in range(20)]
    try:
        async with asyncio.timeout(10):
            await enough.wait()
        await asyncio.sleep(0.3)
        assert 30 == passed
        (budget,) = await BudgetService(stores[0]).list_budgets()
        (meter,) = budget.meters
        assert (Decimal("30.00"), Decimal("30.00"), 60) == (meter.used, meter.limit, meter.seconds)
        assert 28 <= budget.waiting <= 35, "as each of them last said"
    finally:
        for limiter in limiters:
            await limiter.close()
        await asyncio.gather(*asking, return_exceptions=True)
    ledger = Ledger.decode((await stores[0].read_budget("here", "binance")).ledger)
    assert {} == ledger.holders


class _Public:
    """What a ccxt object without keys is to the limiter."""

    id = "binance"
    own_pool = None
