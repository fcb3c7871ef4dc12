"""Several processes that ask one exchange from one address, on a clock that does not wait: together within its limits."""

from __future__ import annotations

import asyncio
import math
import random
from datetime import UTC, datetime

import pytest
from tests.unit.exchanges.test_admission import BINANCE, Counting, in_virtual_time, load, now

from coinassay.domain.budget import Ledger, Window
from coinassay.errors import Conflict, ExchangeThrottled, StorageError
from coinassay.exchanges.budgets import Budgets, Flow, PerMinute, alike, binance
from coinassay.exchanges.keeper import LEASE, Shared
from coinassay.exchanges.limiter import DEADLINE, Limiter
from coinassay.services.ports import StoredBudget

PUBLISHED = 1200.0
"""Units a minute, of what decides how many accounts of Binance are read."""


class Store:
    """A database that takes its time."""

    def __init__(self, latency: float = 0.002) -> None:
        self.ledger = b""
        self.version = 0
        self.writes = 0
        self.conflicts = 0
        self.fails = False
        self._latency = latency

    async def read_budget(self, egress: str, exchange: str) -> StoredBudget:
        if self.fails:
            raise StorageError
        found = StoredBudget(egress, exchange, self.ledger, self.version, datetime.fromtimestamp(now() + 1e9, UTC))
        await asyncio.sleep(self._latency)
        return found

    async def write_budget(self, budget: StoredBudget, ledger: bytes) -> None:
        await asyncio.sleep(self._latency)
        if budget.version != self.version:
            self.conflicts += 1
            raise Conflict
        self.ledger = ledger
        self.version += 1
        self.writes += 1

    async def list_budgets(self) -> list[StoredBudget]:
        return [await self.read_budget("", "binance")] if self.ledger else []


def process(store: Store, budgets: Budgets = binance, name: str = "") -> Limiter:
    loop = asyncio.get_running_loop()
    shared = Shared(store, "", name) if name else Shared.of(store, "")
    return Limiter(budgets, loop, loop.time, exchange="binance", shared=shared)


async def kill(one: Limiter) -> None:
    """As SIGKILL does: nobody is told."""
    keeper = one._keeper
    assert keeper is not None
    task, keeper._task, keeper.known = keeper._task, None, False
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await one.close()


class Exchange:
    """What several processes ask together, by minutes of its own clock."""

    def __init__(self, *processes: Limiter, latency: float = 0.1) -> None:
        self.sides = [Counting(each, latency, seed=3) for each in processes]
        for side in self.sides[1:]:
            side.minutes = self.sides[0].minutes
        self._latency = latency

    def most(self, pool: str) -> float:
        return self.sides[0].most(pool)

    def add(self, one: Limiter) -> Counting:
        self.sides.append(Counting(one, self._latency, seed=3))
        self.sides[-1].minutes = self.sides[0].minutes
        return self.sides[-1]


EARN = "/sapi/earn"


AT_ONCE = 76
"""Loads that 95 % of a minute's units are enough for."""


def per_minute(loads: int, seconds: float) -> float:
    """Units of what decides. A minute's may go at once, so that loads end in as many bunches as there are minutes."""
    minutes = math.ceil(loads / AT_ONCE) - 1
    return AT_ONCE * 15 * minutes / (seconds / 60)


@in_virtual_time
async def test_a_process_alone_uses_nearly_all_of_a_published_limit() -> None:
    store = Store()
    one = process(store)
    exchange = Exchange(one)
    begin = now()
    await asyncio.gather(*(load(exchange.sides[0], patience=3600) for _ in range(400)))
    took = now() - begin
    await one.close()
    assert exchange.most(EARN) <= PUBLISHED
    assert 0.9 * PUBLISHED <= per_minute(400, took)
    assert store.writes / took <= 5


@in_virtual_time
async def test_processes_together_stay_within_what_is_published_and_use_it() -> None:
    store = Store()
    sides = [process(store) for _ in range(3)]
    exchange = Exchange(*sides)
    begin = now()
    await asyncio.gather(*(load(side, patience=3600) for side in exchange.sides for _ in range(300)))
    took = now() - begin
    for each in sides:
        await each.close()
    assert exchange.most(EARN) <= PUBLISHED
    assert 0.9 * PUBLISHED <= per_minute(900, took)
    assert store.writes / took <= 5


@in_virtual_time
async def test_an_even_flow_is_shared_to_the_last_unit_and_no_faster() -> None:
    store = Store()
    sides = [process(store, alike(Flow(16, 4))) for _ in range(3)]
    exchange = Exchange(*sides)
    begin = now()
    asking = [("public", "x", 1.0)] * 4
    await asyncio.gather(*(load(side, asking, patience=3600) for side in exchange.sides for _ in range(100)))
    took = now() - begin
    for each in sides:
        await each.close()
    assert (1200 - 4) / 16 <= took <= 1200 / 16 / 0.95
    assert store.writes / took <= 5


@in_virtual_time
async def test_whoever_comes_second_gets_its_share() -> None:
    store = Store()
    first, second = process(store), process(store)
    exchange = Exchange(first, second)
    await load(exchange.sides[1])
    busy = [asyncio.create_task(load(exchange.sides[0], patience=3600)) for _ in range(300)]
    await asyncio.sleep(70)
    begin = now()
    await asyncio.gather(*(load(exchange.sides[1], patience=3600) for _ in range(25)))
    assert now() - begin <= 75, "a third of a minute's, and not after all of the others"
    assert exchange.most(EARN) <= PUBLISHED
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    await first.close()
    await second.close()


@pytest.mark.parametrize("gracefully", [True, False])
def test_a_process_that_starts_right_after_another_gets_no_fresh_budget(gracefully: bool) -> None:
    @in_virtual_time
    async def scenario() -> None:
        store = Store()
        first = process(store)
        exchange = Exchange(first)
        await asyncio.gather(*(load(exchange.sides[0]) for _ in range(70)))
        await (first.close() if gracefully else kill(first))
        second = process(store)
        side = exchange.add(second)
        begin = now()
        await asyncio.gather(*(load(side, patience=3600) for _ in range(100)))
        assert exchange.most(EARN) <= PUBLISHED
        assert now() - begin <= 60 + (0 if gracefully else LEASE) + 70, "what was lost is lost for a window"
        await second.close()

    scenario()


@in_virtual_time
async def test_killed_in_the_middle_of_its_loads_again_and_again() -> None:
    store = Store()
    exchange = Exchange()
    chance = random.Random(5)
    for _ in range(12):
        one = process(store)
        side = exchange.add(one)
        loads = [asyncio.create_task(load(side, patience=3600)) for _ in range(40)]
        await asyncio.sleep(chance.uniform(0.05, 25))
        for task in loads:
            task.cancel()
        await kill(one)
        await asyncio.gather(*loads, return_exceptions=True)
    assert exchange.most(EARN) <= PUBLISHED
    last = process(store)
    await asyncio.gather(*(load(exchange.add(last), patience=3600) for _ in range(10)))
    await last.close()


@in_virtual_time
async def test_what_is_not_used_is_given_back_and_the_ledger_left_alone() -> None:
    store = Store()
    one = process(store)
    exchange = Exchange(one)
    await load(exchange.sides[0])
    await load(exchange.sides[0])
    await asyncio.sleep(10)
    writes = store.writes
    ledger = Ledger.decode(store.ledger)
    assert {} == ledger.holders
    earn = ledger.pools[EARN]
    assert isinstance(earn, Window)
    assert 30 == round(earn.used())
    assert 30 == round(sum(earn.spent.values()))
    await asyncio.sleep(600)
    assert store.writes == writes
    await one.close()


@in_virtual_time
async def test_a_pause_that_one_was_asked_for_is_kept_by_all_and_survives_a_restart() -> None:
    store = Store()
    first, second = process(store), process(store)
    exchange = Exchange(first, second)
    await asyncio.gather(*(load(side) for side in exchange.sides))
    first.refused(120)
    await asyncio.sleep(3)
    with pytest.raises(ExchangeThrottled) as raised:
        await load(exchange.sides[1])
    assert 110 <= (raised.value.retry_after or 0) <= 120
    await kill(first)
    await kill(second)
    third = process(store)
    side = exchange.add(third)
    with pytest.raises(ExchangeThrottled):
        await load(side)
    await asyncio.sleep(118)
    await load(side)
    await third.close()


@in_virtual_time
async def test_nothing_is_asked_while_the_database_says_nothing() -> None:
    store = Store()
    one = process(store)
    exchange = Exchange(one)
    store.fails = True
    waiting = asyncio.create_task(load(exchange.sides[0]))
    await asyncio.sleep(30)
    assert not exchange.sides[0].minutes
    store.fails = False
    await waiting
    await one.close()


@in_virtual_time
async def test_a_lease_that_could_not_be_renewed_is_used_no_longer() -> None:
    store = Store()
    one = process(store)
    exchange = Exchange(one)
    asking = [("sapi", "earn", 15.0)]
    await load(exchange.sides[0], asking)
    store.fails = True
    await load(exchange.sides[0], asking)  # what was borrowed beyond the first need
    await asyncio.sleep(LEASE + 1)
    waiting = asyncio.create_task(load(exchange.sides[0], [("sapi", "earn", 1.0)]))
    await asyncio.sleep(5)
    assert 2 == len(exchange.sides[0].answered)
    store.fails = False
    await waiting
    await one.close()


@in_virtual_time
async def test_who_ends_gives_back_what_he_did_not_use() -> None:
    store = Store()
    for budgets, used in ((binance, 15), (alike(Flow(10, 20)), 15)):
        store.ledger = b""
        one = process(store, budgets)
        one.leave(await one.enter(BINANCE, "sapi", "earn", 15.0))
        await one.close()
        ledger = Ledger.decode(store.ledger)
        assert {} == ledger.holders
        (pool,) = ledger.pools.values()
        assert used == round(pool.used())


@in_virtual_time
async def test_what_other_programs_ask_from_the_same_address_counts() -> None:
    store = Store()
    one = process(store)
    exchange = Exchange(one)
    passed = await one.enter(BINANCE, "sapi", "earn", 15.0)
    one.leave(passed)
    one.counted(passed, 150 + 10_500)  # weights: ours, and somebody else's
    await asyncio.sleep(3)
    begin = now()
    ends = await asyncio.gather(*(_ended(exchange.sides[0]) for _ in range(20)))
    assert sum(end - begin < 1 for end in ends) < 6, "1140 units less 1065 are enough for five"
    assert max(ends) - begin < 62
    await one.close()


async def _ended(side: Counting) -> float:
    await load(side, [("sapi", "earn", 15.0)], patience=3600)
    return now()


# ------------------------------------------------------------------------------------- requests that are no load


class Key:
    """What a ccxt object of one account is to the limiter."""

    id = "binance"
    own_pool = None
    of_account = True


@in_virtual_time
async def test_a_request_of_one_account_waits_behind_the_loads_that_came_before() -> None:
    loop = asyncio.get_running_loop()
    one = Limiter(alike(PerMinute(60)), loop, loop.time)
    exchange = Counting(one)
    asking = [("private", "account", 15.0)]
    await load(exchange, asking)
    loads = [asyncio.create_task(load(exchange, asking)) for _ in range(7)]
    await asyncio.sleep(1)
    order: list[str] = []

    async def trades() -> None:
        one.leave(await one.enter(Key, "private", "myTrades", 4.0))
        order.append("trades")

    async def later() -> None:
        await load(exchange, asking)
        order.append("load")

    waiting = [asyncio.create_task(trades())]
    await asyncio.sleep(0)
    waiting.append(asyncio.create_task(later()))
    await asyncio.gather(*loads)
    assert [] == order
    await asyncio.gather(*waiting)
    assert ["trades", "load"] == order
    assert 0 == one.waiting


@in_virtual_time
async def test_a_request_of_one_account_that_cannot_be_served_in_time_is_told_at_once() -> None:
    loop = asyncio.get_running_loop()
    one = Limiter(alike(PerMinute(60)), loop, loop.time)
    exchange = Counting(one)
    await load(exchange, [("private", "account", 60.0)])
    token = DEADLINE.set(now() + 20)
    begin = now()
    with pytest.raises(ExchangeThrottled):
        await one.enter(Key, "private", "myTrades", 4.0)
    assert begin == now()
    DEADLINE.reset(token)
    assert 0 == one.waiting


@in_virtual_time
async def test_a_request_of_one_account_that_is_given_up_takes_nothing() -> None:
    loop = asyncio.get_running_loop()
    one = Limiter(alike(PerMinute(60)), loop, loop.time)
    exchange = Counting(one)
    await load(exchange, [("private", "account", 58.0)])
    waiting = asyncio.create_task(one.enter(Key, "private", "myTrades", 4.0))
    await asyncio.sleep(1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert 0 == one.waiting
    await asyncio.sleep(70)
    begin = now()
    await load(exchange, [("private", "account", 60.0)])
    assert now() - begin < 1
