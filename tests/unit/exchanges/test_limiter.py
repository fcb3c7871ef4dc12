"""Time in these tests is an argument where it can be; the rest waits for hundredths of a second."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import ccxt.async_support as ccxt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coinassay.errors import ExchangeThrottled
from coinassay.exchanges.background import Background
from coinassay.exchanges.limiter import (
    DEADLINE,
    FIRST_PAUSE,
    LONGEST_GUESSED_PAUSE,
    LONGEST_PAUSE,
    Bucket,
    Limiter,
    Limiters,
    published,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def limiter(rate: float, burst: float = 1.0, now: Clock | None = None) -> Limiter:
    return Limiter("kraken", rate, burst, asyncio.get_running_loop(), now or time.monotonic)


# ------------------------------------------------------------------------------------------------------- bucket


def test_a_burst_goes_at_once_and_the_rest_flows() -> None:
    bucket = Bucket(rate=2, burst=3, now=0)
    for _ in range(3):
        assert 0 == bucket.wait(1, 0)
        bucket.take(1, 0)
    assert 0.5 == bucket.wait(1, 0)
    assert 1.0 == bucket.wait(1, 0, ahead=1)
    assert 0 == bucket.wait(1, 0.5)


def test_what_costs_more_than_a_burst_passes_when_the_bucket_is_full_and_leaves_a_debt() -> None:
    bucket = Bucket(rate=1, burst=2, now=0)
    assert 0 == bucket.wait(40, 0)
    bucket.take(40, 0)
    assert 39 == bucket.wait(1, 0)


def test_nothing_flows_in_during_a_pause() -> None:
    bucket = Bucket(rate=1, burst=5, now=0)
    bucket.take(5, 0)
    bucket.pause(10, 0)
    assert 11 == bucket.wait(1, 0)
    assert 1 == bucket.wait(1, 10)
    bucket.pause(1, 0)
    assert 10 == bucket.paused_until


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(0.01, 3)), min_size=1, max_size=60),
    st.floats(0.1, 50),
    st.floats(1, 20),
)
def test_no_window_ever_sees_more_than_burst_and_rate(
    steps: list[tuple[float, float]], rate: float, burst: float
) -> None:
    bucket = Bucket(rate, burst, 0)
    now, taken = 0.0, []
    for pause, cost in steps:
        now += pause
        now += bucket.wait(cost, now)
        assert bucket.wait(cost, now) <= 1e-6
        bucket.take(cost, now)
        taken.append((now, cost))
    for start, (begin, _) in enumerate(taken):
        for end, last in taken[start:]:
            inside = sum(cost for at, cost in taken if begin <= at <= end)
            # The last one may leave a debt when it costs more than a burst.
            assert inside - max(0.0, last - burst) <= burst + rate * (end - begin) + max(c for _, c in taken) + 1e-6


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (1, 0), (-1, 1)])
def test_a_bucket_that_lets_nothing_pass_is_a_mistake(rate: float, burst: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        Bucket(rate, burst, 0)


# ------------------------------------------------------------------------------------------------------- limiter


async def test_those_who_wait_are_served_in_the_order_they_came() -> None:
    one = limiter(rate=200)
    order: list[int] = []

    async def ask(number: int) -> None:
        await one.acquire(1)
        order.append(number)

    await asyncio.gather(*(ask(number) for number in range(8)))
    assert list(range(8)) == order
    assert 0 == one.waiting


async def test_all_accounts_wait_at_one_bucket() -> None:
    one = limiter(rate=100)
    begin = time.monotonic()
    await asyncio.gather(*(one.acquire(1) for _ in range(11)))
    assert 0.09 <= time.monotonic() - begin < 1


async def test_a_caller_who_leaves_frees_the_place() -> None:
    one = limiter(rate=20)
    await one.acquire(1)
    leaving = [asyncio.create_task(one.acquire(1)) for _ in range(50)]
    staying = asyncio.create_task(one.acquire(1))
    await asyncio.sleep(0)
    for task in leaving:
        task.cancel()
    begin = time.monotonic()
    await asyncio.wait_for(staying, 1)  # 51 places back it would have been 2.5 s
    assert time.monotonic() - begin < 0.5
    assert 0 == one.waiting


async def test_what_was_granted_to_one_who_left_in_that_moment_is_given_back() -> None:
    clock = Clock()
    one = limiter(rate=0.001, burst=1, now=clock)
    await one.acquire(1)
    waiting = asyncio.create_task(one.acquire(1))
    await asyncio.sleep(0)
    clock.now += 1001
    one._pump()  # grants it
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert 0 == one._queued
    await asyncio.wait_for(one.acquire(1), 0.5)


async def test_who_cannot_be_served_in_time_is_told_at_once() -> None:
    one = limiter(rate=0.1)
    await one.acquire(1)
    DEADLINE.set(time.monotonic() + 5)
    begin = time.monotonic()
    with pytest.raises(ExchangeThrottled) as raised:
        await one.acquire(1)
    assert time.monotonic() - begin < 0.5
    assert 10 == raised.value.retry_after
    assert "kraken" == raised.value.exchange_id
    assert 0 == one.waiting


async def test_the_exchange_asks_for_a_pause_and_everybody_keeps_it() -> None:
    clock = Clock()
    one = limiter(rate=100, burst=10, now=clock)
    one.refused(30)
    DEADLINE.set(clock.now + 20)
    with pytest.raises(ExchangeThrottled, match="asked for a pause") as raised:
        await one.acquire(1)
    assert 30 == raised.value.retry_after
    clock.now += 31
    await one.acquire(1)


async def test_those_who_wait_already_are_told_of_the_pause() -> None:
    one = limiter(rate=1)
    await one.acquire(1)
    DEADLINE.set(time.monotonic() + 5)
    waiting = asyncio.create_task(one.acquire(1))
    DEADLINE.set(None)
    patient = asyncio.create_task(one.acquire(1))
    await asyncio.sleep(0)
    one.refused(60)
    with pytest.raises(ExchangeThrottled):
        await asyncio.wait_for(waiting, 0.5)
    assert not patient.done()
    assert 1 == one.waiting
    one.close()
    with pytest.raises(asyncio.CancelledError):
        await patient


async def test_without_a_time_the_pause_is_guessed_and_grows_until_somebody_is_served() -> None:
    clock = Clock()
    one = limiter(rate=100, burst=10, now=clock)
    guesses = []
    for _ in range(6):
        one.refused(None)
        guesses.append(one._bucket.paused_until - clock.now)
        one.refused(None)  # was under way when the first was refused
        assert guesses[-1] == one._bucket.paused_until - clock.now
        clock.now = one._bucket.paused_until + 1
    assert [5, 10, 20, 40, 60, 60] == guesses
    assert FIRST_PAUSE == guesses[0]
    assert LONGEST_GUESSED_PAUSE == guesses[-1]
    one.served()
    one.refused(None)
    assert FIRST_PAUSE == one._bucket.paused_until - clock.now


async def test_no_exchange_is_left_alone_for_ever() -> None:
    clock = Clock()
    one = limiter(rate=1, now=clock)
    one.refused(1e12)
    assert LONGEST_PAUSE == one._bucket.paused_until - clock.now


async def test_another_event_loop_waits_in_the_same_queue() -> None:
    one = limiter(rate=100)
    other = Background("other loop")

    async def nothing() -> None:
        pass

    try:
        begin = time.monotonic()
        await asyncio.gather(one.acquire(1), *(other.run(lambda: one.acquire(1)) for _ in range(5)), one.acquire(1))
        assert time.monotonic() - begin >= 0.05
        DEADLINE.set(time.monotonic() + 3)
        await other.run(_refusing(one))
        with pytest.raises(ExchangeThrottled):
            await other.run(lambda: one.acquire(1))
    finally:
        await other.close(nothing)


def _refusing(one: Limiter):  # type: ignore[no-untyped-def]
    async def refuse() -> None:
        one.refused(60)
        await asyncio.sleep(0.01)

    return refuse


# -------------------------------------------------------------------------------------------------------- rates


async def test_one_limiter_for_an_exchange_and_another_for_another() -> None:
    limiters = Limiters({"kraken": 7})
    limiters.bind()
    kraken, binance = ccxt.kraken(), ccxt.binance()
    assert limiters.of(kraken) is limiters.of(ccxt.kraken())
    assert limiters.of(kraken) is not limiters.of(binance)
    assert (7, 7) == (limiters.of(kraken)._bucket.rate, limiters.of(kraken)._bucket.burst)
    limiters.close()


def test_binance_gets_its_published_weight_of_6000_a_minute() -> None:
    """1200 of ccxt's units are 6000 of weight: `account` has weight 20 and cost 4."""
    binance = ccxt.binance()
    assert 4 == binance.api["private"]["get"]["account"]["cost"]
    rate, burst = published("binance", binance.rateLimit)
    assert pytest.approx(1200) == burst + 60 * rate
    assert 6000 / 20 * 4 == pytest.approx(burst + 60 * rate)


@pytest.mark.parametrize("exchange_id", ccxt.exchanges)
def test_nobody_is_asked_more_often_than_ccxt_says(exchange_id: str) -> None:
    exchange = getattr(ccxt, exchange_id)()
    rate, burst = published(exchange_id, exchange.rateLimit)
    assert 1 <= burst
    for window in (60.0, 600.0):
        assert burst + rate * window <= max(1.0, 1000 / exchange.rateLimit) * window + 1 + 1e-6


def test_an_override_is_taken_as_it_is() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        Limiters({"kraken": "many"})


async def test_a_limiter_made_before_anything_was_bound_belongs_to_the_running_loop() -> None:
    limiters = Limiters({})
    made = limiters.of(SimpleNamespace(id="x", rateLimit=100))
    await made.acquire(1)
    limiters.close()
