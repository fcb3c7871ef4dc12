"""Many loads at once, on a clock that does not wait: an exchange that counts by its own minutes, and our queue."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.exchanges.virtual import virtually

from coinassay.errors import ExchangeThrottled
from coinassay.exchanges.admission import AT_ONCE, PROBES, Load
from coinassay.exchanges.budgets import Budget, Budgets, Flow, PerMinute, alike, binance
from coinassay.exchanges.limiter import Limiter

BINANCE = SimpleNamespace(id="binance", own_pool=None)
SPOT = (("private", "account", 4.0), ("sapi", "funding", 0.1), ("sapi", "earn", 15.0))
"""api, path and ccxt's cost of what a load asks."""

PUBLISHED = {"/api": 1200.0, "/sapi/funding": 1200.0, "/sapi/earn": 1200.0}
"""In ccxt's units a minute."""

Asking = Sequence[tuple[str, str, float]]


def now() -> float:
    return asyncio.get_running_loop().time()


def limiter(budgets: Budgets = binance) -> Limiter:
    loop = asyncio.get_running_loop()
    return Limiter(budgets, loop, loop.time)


class Counting:
    """An exchange that counts what it is asked by minutes of its own clock, at some moment before it answers."""

    def __init__(self, one: Limiter, latency: float = 0.1, seed: int = 1) -> None:
        self.one = one
        self.latency = latency
        self.minutes: Counter[tuple[str, int]] = Counter()
        self.answered: list[tuple[float, str]] = []
        self._chance = random.Random(seed)
        self._offset = self._chance.uniform(0, 60)

    async def ask(self, api: str, path: str, cost: float) -> None:
        passed = await self.one.enter(BINANCE, api, path, cost)
        try:
            before = self._chance.uniform(0, self.latency)
            await asyncio.sleep(before)
            pool = "/api" if api in ("public", "private") else f"/sapi/{path}"
            self.minutes[pool, int((now() + self._offset) // 60)] += round(cost * 10)
            await asyncio.sleep(self.latency - before)
            self.answered.append((now(), path))
        finally:
            self.one.leave(passed)

    def most(self, pool: str) -> float:
        return max(count for (each, _), count in self.minutes.items() if each == pool) / 10


async def load(
    exchange: Counting, asking: Asking = SPOT, kind: str = "binance", timeout: float = 20, patience: float = 600
) -> Load:
    """Raises ExchangeThrottled when it may not begin, TimeoutError when its time was not enough."""
    async with exchange.one.load(kind, "binance", timeout, patience) as one:
        tasks = [asyncio.create_task(exchange.ask(*each)) for each in asking]
        pending = set(tasks)
        try:
            while pending and (left := one.left()) > 0:
                _, pending = await asyncio.wait(pending, timeout=left)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if pending:
            raise TimeoutError
        for task in tasks:
            task.result()
    return one


async def ends(*loads: Awaitable[Any]) -> list[float | BaseException]:
    """When each ended, or what it raised."""

    async def one(each: Awaitable[Any]) -> float:
        await each
        return now()

    return await asyncio.gather(*map(one, loads), return_exceptions=True)


def in_virtual_time(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def run() -> None:
        virtually(test())  # type: ignore[arg-type]  # a coroutine function's result

    run.__name__ = test.__name__
    return run


# ------------------------------------------------------------------------------------------------- what is allowed


@in_virtual_time
async def test_sixty_accounts_at_once_are_loaded_at_once() -> None:
    exchange = Counting(limiter())
    begin = now()
    found = await ends(*(load(exchange) for _ in range(60)))
    assert all(isinstance(each, float) and each - begin < 1 for each in found), found


@in_virtual_time
async def test_five_hundred_accounts_at_once_take_what_binance_allows_and_no_more() -> None:
    """80 requests for locked Simple Earn a minute are published (weight 150 of 12000), 76 of them used."""
    exchange = Counting(limiter())
    begin = now()
    found = await ends(*(load(exchange) for _ in range(500)))
    times = [each for each in found if isinstance(each, float)]
    assert 500 == len(times), Counter(map(repr, found))
    assert sorted(times) == times  # first come, first served
    least = 499 // 80 * 60
    assert least <= max(times) - begin < least + 5
    for pool, units in PUBLISHED.items():
        assert exchange.most(pool) <= 0.95 * units
    assert 75 * 15 <= exchange.most("/sapi/earn")


@in_virtual_time
async def test_prices_come_first_however_many_loads_wait() -> None:
    exchange = Counting(limiter())
    loads = asyncio.gather(*(load(exchange) for _ in range(400)))
    for _ in range(6):
        await asyncio.sleep(29.7)
        begin = now()
        await exchange.ask("public", "ticker/24hr", 16)
        assert now() - begin < 0.2
    await loads


@in_virtual_time
async def test_something_is_kept_for_prices_when_loads_have_taken_all_they_may() -> None:
    exchange = Counting(limiter(alike(PerMinute(100, kept=20))))
    loads = [asyncio.create_task(load(exchange, [("private", "x", 10.0)])) for _ in range(20)]
    await asyncio.sleep(1)
    assert 8 == len(exchange.answered)
    begin = now()
    await exchange.ask("public", "prices", 16)
    assert now() - begin < 0.2
    await asyncio.gather(*loads)
    assert exchange.most("/api") <= 100


@in_virtual_time
async def test_prices_pass_requests_that_wait_already() -> None:
    exchange = Counting(limiter(alike(Flow(rate=1, burst=1))), latency=0)
    waiting = [asyncio.create_task(load(exchange, [("private", f"load {n}", 1)] * 4)) for n in range(3)]
    await asyncio.sleep(1.5)
    await exchange.ask("public", "prices", 1)
    assert len(exchange.answered) <= 3
    await asyncio.gather(*waiting)


@in_virtual_time
async def test_a_load_that_was_let_in_gets_all_it_needs_before_the_next() -> None:
    """Also what nobody could foresee: further pages of one account."""
    exchange = Counting(limiter(alike(Flow(rate=1, burst=1))), latency=0.01)
    asking = [("private", "a", 1.0), ("private", "b", 1.0)]
    for _ in range(3):
        await load(exchange, asking)
    exchange.answered.clear()

    async def named(number: int) -> None:
        pages = 5 if number == 1 else 2
        await load(exchange, [("private", f"{number}", 1.0)] * pages)

    await asyncio.gather(*(named(number) for number in range(4)))
    order = [path for _, path in exchange.answered]
    assert sorted(order) == order


@in_virtual_time
async def test_nobody_passes_a_load_that_waits_for_more_than_it_was_thought_to_need() -> None:
    exchange = Counting(limiter(alike(PerMinute(100))))
    usual = [("private", "usual", 10.0)]
    await load(exchange, usual)
    await asyncio.sleep(61)

    async def pages() -> None:
        async with exchange.one.load("binance", "binance", 20):
            await exchange.ask("private", "page", 10.0)
            await exchange.ask("private", "page", 95.0)

    first = asyncio.create_task(pages())
    await asyncio.sleep(1)
    others = [asyncio.create_task(load(exchange, usual)) for _ in range(5)]
    await asyncio.gather(first, *others)
    assert ["page", "page", *["usual"] * 5] == [path for _, path in exchange.answered[1:]]


@in_virtual_time
async def test_loads_that_need_nothing_in_common_do_not_wait_for_each_other() -> None:
    exchange = Counting(limiter())
    margin = [("sapi", "margin/account", 1.0)]
    await load(exchange, margin, "binance_margin")
    await load(exchange)
    loads = [asyncio.create_task(load(exchange)) for _ in range(200)]
    await asyncio.sleep(1)
    begin = now()
    await load(exchange, margin, "binance_margin")
    assert now() - begin < 1
    await asyncio.gather(*loads)


@in_virtual_time
async def test_a_costly_load_is_not_passed_for_ever_by_cheap_ones() -> None:
    exchange = Counting(limiter(alike(PerMinute(100))))
    cheap, dear = [("private", "cheap", 10.0)], [("private", "dear", 90.0)]
    await load(exchange, cheap, "cheap")
    await load(exchange, dear, "dear")
    await asyncio.sleep(61)
    for _ in range(3):
        await load(exchange, cheap, "cheap")  # leaves room for seven of these, and for none of the others
    order: list[str] = []

    async def one(kind: str, asking: Asking) -> None:
        await load(exchange, asking, kind)
        order.append(kind)

    await asyncio.gather(one("dear", dear), *(one("cheap", cheap) for _ in range(15)))
    assert "dear" == order[0]


# ------------------------------------------------------------------------------------------------------ time


@in_virtual_time
async def test_time_runs_from_when_a_load_is_let_in() -> None:
    exchange = Counting(limiter(), latency=5)
    found = await asyncio.gather(*(load(exchange, timeout=6) for _ in range(100)))
    assert found[0].waited < 1
    assert found[-1].waited > 60


@in_virtual_time
async def test_time_stands_still_while_a_load_waits_for_its_own_requests() -> None:
    """The third page waits for a minute in our own queue: nobody's fault, and no failure."""
    exchange = Counting(limiter(alike(PerMinute(100))))
    one = await load(exchange, [("private", "page", 50.0)] * 3, timeout=5)
    assert 60 <= one.waited < 61
    assert 4 < one.left() <= 5


@in_virtual_time
async def test_an_exchange_that_hangs_takes_a_loads_time_and_nothing_else() -> None:
    exchange = Counting(limiter(), latency=3600)
    begin = now()
    found = await ends(load(exchange, timeout=5))
    assert isinstance(found[0], TimeoutError)
    assert 5 == now() - begin


@in_virtual_time
async def test_who_would_wait_too_long_is_sent_away_at_once_and_told_for_how_long() -> None:
    exchange = Counting(limiter())
    await load(exchange)
    begin = now()
    found = await ends(*(load(exchange, patience=125) for _ in range(500)))
    refused = [each for each in found if isinstance(each, ExchangeThrottled)]
    assert len(refused) + sum(isinstance(each, float) for each in found) == 500
    assert 3 * 76 - 1 == 500 - len(refused)
    assert all(126 <= (each.retry_after or 0) <= 420 for each in refused)
    assert now() - begin < 125


@in_virtual_time
async def test_patience_ends_also_where_nobody_could_foresee_it() -> None:
    exchange = Counting(limiter(), latency=3600)
    hanging = [asyncio.create_task(load(exchange, timeout=1000)) for _ in range(PROBES)]
    await asyncio.sleep(1)
    begin = now()
    with pytest.raises(ExchangeThrottled):
        await load(exchange, patience=30)
    assert 30 == now() - begin
    assert 0 == exchange.one.waiting
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


# -------------------------------------------------------------------------------------------------- who goes away


@in_virtual_time
async def test_nothing_is_lost_when_callers_leave() -> None:
    exchange = Counting(limiter())
    await load(exchange)
    chance = random.Random(7)
    for _ in range(5):
        tasks = [asyncio.create_task(load(exchange)) for _ in range(100)]
        for _ in range(30):
            await asyncio.sleep(chance.choice((0, 0.01, 0.1)))
            for task in chance.sample(tasks, 10):
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert 0 == exchange.one.waiting
    await asyncio.sleep(61)
    begin = now()
    await asyncio.gather(*(load(exchange) for _ in range(76)))
    assert now() - begin < 1


@in_virtual_time
async def test_a_caller_who_leaves_in_the_moment_he_is_let_in_leaves_his_place() -> None:
    exchange = Counting(limiter(alike(PerMinute(10))))
    asking = [("private", "x", 10.0)]
    await load(exchange, asking)
    leaving = asyncio.create_task(load(exchange, asking))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    exchange.one._loop.virtual += 61  # type: ignore[attr-defined]
    exchange.one._pump()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    begin = now()
    await load(exchange, asking)
    assert now() - begin < 1


@in_virtual_time
async def test_no_more_are_inside_than_there_are_connections_for() -> None:
    exchange = Counting(limiter(alike(Flow(1e6, 1e6))), latency=1)
    await load(exchange)
    inside = most = 0

    async def one() -> None:
        nonlocal inside, most
        async with exchange.one.load("binance", "binance", 20):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(1)
            inside -= 1

    await asyncio.gather(*(one() for _ in range(100)))
    assert AT_ONCE == most


# -------------------------------------------------------------------------------------------------------- pauses


@in_virtual_time
async def test_a_pause_that_is_longer_than_a_loads_time_is_told_to_all_who_wait() -> None:
    exchange = Counting(limiter())
    await load(exchange)
    loads = [asyncio.create_task(load(exchange, timeout=20)) for _ in range(200)]
    await asyncio.sleep(1)
    exchange.one.refused(30)
    found = await asyncio.gather(*loads, return_exceptions=True)
    refused = [each for each in found if isinstance(each, ExchangeThrottled)]
    assert len(found) - len(refused) == 75  # were inside
    assert {30} == {each.retry_after for each in refused}
    with pytest.raises(ExchangeThrottled, match="asked for a pause"):
        await load(exchange, timeout=20)


@in_virtual_time
async def test_a_short_pause_is_waited_for() -> None:
    exchange = Counting(limiter())
    exchange.one.refused(7)
    begin = now()
    found = await asyncio.gather(*(load(exchange) for _ in range(10)))
    assert 7 <= now() - begin < 8
    assert all(7 <= each.waited for each in found)


@in_virtual_time
async def test_what_is_learned_of_one_account_is_unlearned_from_others() -> None:
    """One account has ten pages; afterwards others do not have to wait for room for ten."""
    exchange = Counting(limiter())
    earn = ("sapi", "earn", 15.0)
    await load(exchange, [*SPOT, *[earn] * 9])
    for _ in range(10):
        await asyncio.gather(*(load(exchange) for _ in range(5)))
    await asyncio.sleep(120)
    begin = now()
    await asyncio.gather(*(load(exchange) for _ in range(60)))
    assert now() - begin < 2


@in_virtual_time
async def test_closing_sends_all_away() -> None:
    exchange = Counting(limiter(lambda api, path: Budget("", PerMinute(20))))
    loads = [asyncio.create_task(load(exchange)) for _ in range(10)]
    await asyncio.sleep(1)
    await exchange.one.close()
    found = await asyncio.gather(*loads, return_exceptions=True)
    assert any(isinstance(each, asyncio.CancelledError) for each in found)
    assert 0 == exchange.one.waiting
