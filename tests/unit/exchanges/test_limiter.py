"""Single requests at the limiter. Time is an argument where it can be; the rest waits for hundredths of a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import ccxt.async_support as ccxt
import pytest

from coinassay.errors import ExchangeThrottled
from coinassay.exchanges.background import Background
from coinassay.exchanges.budgets import Budget, Flow, alike
from coinassay.exchanges.limiter import (
    DEADLINE,
    FIRST_PAUSE,
    LONGEST_GUESSED_PAUSE,
    LONGEST_PAUSE,
    Limiter,
    Passed,
)
from coinassay.exchanges.limiters import Limiters

KRAKEN = SimpleNamespace(id="kraken", own_pool=None)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def limiter(rate: float, burst: float = 1.0, now: Callable[[], float] = time.monotonic) -> Limiter:
    return Limiter(alike(Flow(rate, burst)), asyncio.get_running_loop(), now)


async def acquire(one: Limiter, cost: float = 1.0, exchange: Any = KRAKEN) -> Passed:
    return await one.enter(exchange, "public", "ticker", cost)


async def test_those_who_wait_are_served_in_the_order_they_came() -> None:
    one = limiter(rate=200)
    order: list[int] = []

    async def ask(number: int) -> None:
        await acquire(one)
        order.append(number)

    await asyncio.gather(*(ask(number) for number in range(8)))
    assert list(range(8)) == order
    assert 0 == one.waiting


async def test_all_accounts_wait_at_one_bucket() -> None:
    one = limiter(rate=100)
    begin = time.monotonic()
    await asyncio.gather(*(acquire(one) for _ in range(11)))
    assert 0.09 <= time.monotonic() - begin


async def test_a_caller_who_leaves_frees_the_place() -> None:
    one = limiter(rate=20)
    await acquire(one)
    leaving = [asyncio.create_task(acquire(one)) for _ in range(50)]
    staying = asyncio.create_task(acquire(one))
    await asyncio.sleep(0)
    for task in leaving:
        task.cancel()
    await asyncio.wait_for(staying, 2)  # 51 places back it would have been 2.5 s
    assert 0 == one.waiting


async def test_what_was_granted_to_one_who_left_in_that_moment_is_given_back() -> None:
    clock = Clock()
    one = limiter(rate=0.001, burst=1, now=clock)
    await acquire(one)
    waiting = asyncio.create_task(acquire(one))
    await asyncio.sleep(0)
    clock.now += 1001
    one._pump()  # grants it
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(acquire(one), 0.5)


async def test_who_cannot_be_served_in_time_is_told_at_once() -> None:
    one = limiter(rate=0.1)
    await acquire(one)
    DEADLINE.set(time.monotonic() + 5)
    begin = time.monotonic()
    with pytest.raises(ExchangeThrottled) as raised:
        await acquire(one)
    assert time.monotonic() - begin < 4
    assert 10 == raised.value.retry_after
    assert "kraken" == raised.value.exchange_id
    assert 0 == one.waiting


async def test_the_exchange_asks_for_a_pause_and_everybody_keeps_it() -> None:
    clock = Clock()
    one = limiter(rate=100, burst=10, now=clock)
    one.refused(30)
    DEADLINE.set(clock.now + 20)
    with pytest.raises(ExchangeThrottled, match="asked for a pause") as raised:
        await acquire(one)
    assert 30 == raised.value.retry_after
    clock.now += 31
    await acquire(one)


async def test_those_who_wait_already_are_told_of_the_pause() -> None:
    one = limiter(rate=1)
    await acquire(one)
    DEADLINE.set(time.monotonic() + 5)
    waiting = asyncio.create_task(acquire(one))
    DEADLINE.set(None)
    patient = asyncio.create_task(acquire(one))
    await asyncio.sleep(0)
    one.refused(60)
    with pytest.raises(ExchangeThrottled):
        await asyncio.wait_for(waiting, 0.5)
    assert not patient.done()
    assert 1 == one.waiting
    await one.close()
    with pytest.raises(asyncio.CancelledError):
        await patient


async def test_a_pause_holds_budgets_that_nobody_has_asked_for_yet() -> None:
    clock = Clock()
    one = Limiter(lambda api, path: Budget(path, Flow(100, 10)), asyncio.get_running_loop(), clock)
    one.refused(30)
    DEADLINE.set(clock.now + 20)
    for path in ("a", "b"):
        with pytest.raises(ExchangeThrottled):
            await one.enter(KRAKEN, "", path, 1)


async def test_without_a_time_the_pause_is_guessed_and_grows_until_somebody_is_served() -> None:
    clock = Clock()
    one = limiter(rate=100, burst=10, now=clock)
    guesses = []
    for _ in range(6):
        one.refused(None)
        guesses.append(one.pause_left())
        one.refused(None)  # was under way when the first was refused
        assert guesses[-1] == one.pause_left()
        clock.now += guesses[-1] + 1
    assert [5, 10, 20, 40, 60, 60] == guesses
    assert FIRST_PAUSE == guesses[0]
    assert LONGEST_GUESSED_PAUSE == guesses[-1]
    one.served()
    one.refused(None)
    assert FIRST_PAUSE == one.pause_left()


async def test_no_exchange_is_left_alone_for_ever() -> None:
    clock = Clock()
    one = limiter(rate=1, now=clock)
    one.refused(1e12)
    assert LONGEST_PAUSE == one.pause_left()


async def test_another_event_loop_waits_in_the_same_queue() -> None:
    one = limiter(rate=100)
    other = Background("other loop")

    async def nothing() -> None:
        pass

    try:
        begin = time.monotonic()
        await asyncio.gather(acquire(one), *(other.run(lambda: acquire(one)) for _ in range(5)), acquire(one))
        assert time.monotonic() - begin >= 0.05
        DEADLINE.set(time.monotonic() + 3)
        await other.run(_refusing(one))
        with pytest.raises(ExchangeThrottled):
            await other.run(lambda: acquire(one))
    finally:
        await other.close(nothing)


def _refusing(one: Limiter):  # type: ignore[no-untyped-def]
    async def refuse() -> None:
        one.refused(60)
        await asyncio.sleep(0.01)

    return refuse


async def test_a_caller_of_another_event_loop_who_left_has_taken_nothing() -> None:
    clock = Clock()
    one = limiter(rate=0.001, burst=1, now=clock)
    other = Background("other loop")

    async def leave() -> None:
        task = asyncio.create_task(acquire(one))
        await asyncio.sleep(0)
        time.sleep(0.05)  # noqa: ASYNC251  granted meanwhile, if it is, and this loop has not heard of it
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def nothing() -> None:
        pass

    try:
        await other.run(leave)  # it was granted
        await asyncio.sleep(0.01)
        await asyncio.wait_for(acquire(one), 0.5)
        await other.run(leave)  # it was not
        await asyncio.sleep(0.01)
        assert 0 == one.waiting
    finally:
        await other.close(nothing)


# ------------------------------------------------------------------------------------------------------ budgets


async def test_what_is_counted_by_key_waits_for_its_own_key_only() -> None:
    one = Limiter(lambda api, path: Budget("key", Flow(0.001, 2), by_key=True), asyncio.get_running_loop())
    accounts = [SimpleNamespace(id="kraken", own_pool=None) for _ in range(20)]
    for account in accounts:
        for _ in range(2):
            await asyncio.wait_for(acquire(one, exchange=account), 0.5)
    DEADLINE.set(time.monotonic() + 5)
    with pytest.raises(ExchangeThrottled):
        await acquire(one, exchange=accounts[0])


async def test_an_endpoint_costs_at_least_its_published_weight() -> None:
    one = Limiter(lambda api, path: Budget("", Flow(1, 20), least=5), asyncio.get_running_loop())
    assert [5, 7] == [(await acquire(one, cost)).cost for cost in (1, 7)]


async def test_one_limiter_for_an_exchange_and_another_for_another() -> None:
    limiters = Limiters({"kraken": 7})
    limiters.bind()
    kraken, binance = ccxt.kraken(), ccxt.binance()
    assert limiters.of(kraken) is limiters.of(ccxt.kraken())
    assert limiters.of(kraken) is not limiters.of(binance)
    assert limiters.of(binance) is limiters.of(ccxt.binanceusdm())
    await limiters.close()


async def test_a_limit_that_was_set_for_one_exchange_is_not_its_siblings() -> None:
    for first, second in (("binance", "binanceusdm"), ("binanceusdm", "binance")):
        limiters = Limiters({first: 7})
        limiters.bind()
        assert limiters.of(getattr(ccxt, second)()) is not limiters.of(getattr(ccxt, first)())
        await limiters.close()


def test_an_override_is_taken_as_it_is() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        Limiters({"kraken": "many"})


async def test_a_limiter_made_before_anything_was_bound_belongs_to_the_running_loop() -> None:
    limiters = Limiters({})
    made = limiters.of(SimpleNamespace(id="x", rateLimit=100))
    await acquire(made)
    await limiters.close()
