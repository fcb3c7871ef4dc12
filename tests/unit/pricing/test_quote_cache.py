"""Quotes are asked for once and shared; an exchange that fails is left in peace for a while."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coinassay.domain.quotes import Edge, Graph
from coinassay.domain.rates import Quote
from coinassay.errors import CoinassayError, ExchangeThrottled, ExchangeUnavailable, UnexpectedReply
from coinassay.pricing.quotes import KEPT, LONGEST_PAUSE, MOST_CODES, QuoteCache
from coinassay.testing import ScriptedQuotes, quotes_of

EVERYTHING = quotes_of({f"C{n}/USD": "bid 1, ask 1" for n in range(100)} | {"BTC/USD": "bid 9, ask 9"})


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class OneByOne:
    """An exchange that is asked market by market: it answers for the codes it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.price = 1

    async def fetch_quotes(self, exchange_id: str, codes: Sequence[str], timeout: float) -> Sequence[Quote]:
        self.asked.append(tuple(codes))
        await self.gate.wait()
        text = f"bid {self.price}, ask {self.price}"
        return quotes_of({f"{code}/USD": text for code in codes} | {"USDT/USD": text})


@pytest.fixture
def clock() -> Clock:
    return Clock()


Make = Callable[..., QuoteCache]


@pytest.fixture
async def make(clock: Clock) -> AsyncIterator[Make]:
    made: list[QuoteCache] = []

    def make(source: ScriptedQuotes | OneByOne, **options: Any) -> QuoteCache:
        made.append(QuoteCache(source, clock, **options))
        return made[-1]

    yield make
    for cache in made:
        await cache.close()


async def test_one_answer_serves_everybody_until_it_is_too_old(make: Make, clock: Clock) -> None:
    source = ScriptedQuotes({"kraken": EVERYTHING})
    cache = make(source, ttl_seconds=30)
    first = await cache.get("kraken", ["C1"], 5)
    clock.tick(30)
    assert first is await cache.get("kraken", ["C2", "NOSUCHCOIN"], 5)
    clock.tick(1)
    assert first is not await cache.get("kraken", ["C1"], 5)
    assert Counter({"kraken": 2}) == source.calls


async def test_concurrent_callers_wait_for_one_fetch(make: Make) -> None:
    source = ScriptedQuotes()
    source.script("kraken", EVERYTHING, delay=0.05)
    cache = make(source)
    graphs = await asyncio.gather(*(cache.get("kraken", [f"C{n}"], 5) for n in range(50)))
    assert {graphs[0]} == set(graphs)
    assert Counter({"kraken": 1}) == source.calls


async def test_a_caller_who_goes_away_does_not_end_the_fetch_for_the_others(make: Make) -> None:
    source = ScriptedQuotes()
    source.script("kraken", EVERYTHING, delay=0.05)
    cache = make(source)
    first = asyncio.create_task(cache.get("kraken", ["C1"], 5))
    second = asyncio.create_task(cache.get("kraken", ["C1"], 5))
    await asyncio.sleep(0.01)
    first.cancel()
    assert isinstance(await second, Graph)
    assert Counter({"kraken": 1}) == source.calls


async def test_an_impatient_caller_is_told_and_the_answer_is_there_for_the_next(make: Make) -> None:
    source = ScriptedQuotes()
    source.script("kraken", EVERYTHING, delay=0.08)
    cache = make(source)
    with pytest.raises(ExchangeUnavailable, match="kraken did not send its prices in time") as caught:
        await cache.get("kraken", ["C1"], 0.01)
    assert "kraken" == caught.value.exchange_id
    assert isinstance(await cache.get("kraken", ["C1"], 5), Graph)
    assert Counter({"kraken": 1}) == source.calls


async def test_exchanges_do_not_wait_for_each_other(make: Make) -> None:
    source = ScriptedQuotes({"kraken": EVERYTHING})
    source.script("binance", EVERYTHING, delay=5)
    cache = make(source)
    slow = asyncio.create_task(cache.get("binance", ["C1"], 5))
    await asyncio.sleep(0)
    assert "kraken" == (await asyncio.wait_for(cache.get("kraken", ["C1"], 5), 1)).source
    slow.cancel()


# -------------------------------------------------------------------------------------------- market by market


async def test_market_by_market_only_what_is_missing_is_asked_for(make: Make, clock: Clock) -> None:
    source = OneByOne()
    cache = make(source, ttl_seconds=30)
    assert "A" in await cache.get("bit2c", ["A", "B"], 5)
    await cache.get("bit2c", ["B"], 5)
    clock.tick(20)
    both = await cache.get("bit2c", ["B", "C"], 5)
    assert [("A", "B"), ("C",)] == source.asked
    assert all(code in both for code in "ABC")
    clock.tick(20)  # A and B are too old now, C is not
    await cache.get("bit2c", ["A", "C"], 5)
    assert ("A",) == source.asked[-1]


async def test_market_by_market_a_newer_price_takes_the_place_of_an_older_one(make: Make, clock: Clock) -> None:
    source = OneByOne()
    cache = make(source)
    await cache.get("bit2c", ["A"], 5)
    clock.tick(60)
    source.price = 7
    graph = await cache.get("bit2c", ["A"], 5)
    assert "7" in str(graph.edge("A", "USD"))
    clock.tick(KEPT.total_seconds() + 1)
    assert "A" not in await cache.get("bit2c", ["B"], 5)


async def test_market_by_market_a_failure_does_not_take_the_place_of_a_price(make: Make, clock: Clock) -> None:
    price = quotes_of({"A/USD": "bid 1, ask 1"})
    missed = [Quote("A", "USD", "scripted", None, failure="it did not answer")]
    source = ScriptedQuotes()
    source.script("gemini", price, missed, price)
    cache = make(source, ttl_seconds=30)
    assert not (await cache.get("gemini", ["A"], 5)).missed
    clock.tick(60)
    kept = await cache.get("gemini", ["A"], 5)
    assert (True, False) == (isinstance(kept.edge("A", "USD"), Edge), kept.missed)


async def test_market_by_market_a_failure_is_said_until_the_next_answer(make: Make, clock: Clock) -> None:
    missed = [Quote("A", "USD", "scripted", None, failure="it did not answer")]
    source = ScriptedQuotes()
    source.script("gemini", missed, quotes_of({"B/USD": "bid 1, ask 1"}))
    cache = make(source, ttl_seconds=30)
    graph = await cache.get("gemini", ["A"], 5)
    assert graph.missed
    assert "could not be asked: it did not answer (A/USD)" == graph.edge("A", "USD")
    clock.tick(60)
    assert not (await cache.get("gemini", ["B"], 5)).missed


async def test_a_list_without_bid_and_ask_does_not_hide_a_failure(make: Make, clock: Clock) -> None:
    """Coinbase: each answer has last prices of everything, and bid and ask of what was asked for."""
    listed = quotes_of({f"{code}/USD": "last 5, volume 1" for code in "AB"})
    missed = Quote("A", "USD", "scripted", None, failure="it did not answer")
    source = ScriptedQuotes()
    source.script("coinbase", listed, [missed, listed[1]], listed)
    cache = make(source, ttl_seconds=30)
    await cache.get("coinbase", ["BTC"], 5)
    assert (await cache.get("coinbase", ["A"], 5)).missed
    assert (await cache.get("coinbase", ["B"], 5)).missed
    clock.tick(60)
    assert not (await cache.get("coinbase", ["A"], 5)).missed


async def test_market_by_market_those_who_wait_are_asked_for_together(make: Make) -> None:
    source = OneByOne()
    source.gate.clear()
    cache = make(source)
    first = asyncio.create_task(cache.get("bit2c", ["FIRST"], 5))
    await asyncio.sleep(0.01)
    waiting = [asyncio.create_task(cache.get("bit2c", [code], 5)) for code in "ABCDEFGH"]
    await asyncio.sleep(0.01)
    source.gate.set()
    assert "FIRST" in await first
    for code, graph in zip("ABCDEFGH", await asyncio.gather(*waiting), strict=True):
        assert code in graph
    assert [("FIRST",), tuple("ABCDEFGH")] == source.asked


async def test_market_by_market_many_codes_are_asked_for_in_parts(make: Make) -> None:
    source = OneByOne()
    codes = [f"C{n}" for n in range(MOST_CODES * 2 + 1)]
    graph = await make(source).get("bit2c", codes, 5)
    assert all(code in graph for code in codes)
    assert [MOST_CODES, MOST_CODES, 1] == [len(asked) for asked in source.asked]
    assert sorted(codes) == [code for asked in source.asked for code in asked]


async def test_all_quotes_at_once_are_asked_for_once_however_many_codes(make: Make) -> None:
    source = ScriptedQuotes({"kraken": EVERYTHING})
    await make(source).get("kraken", [f"D{n}" for n in range(MOST_CODES * 5)], 5)
    assert Counter({"kraken": 1}) == source.calls


async def test_a_list_of_last_prices_covers_only_the_codes_it_was_asked_for(make: Make) -> None:
    """Coinbase's list has no bid and ask; they come for the codes asked for."""
    everybody = {f"C{n}/USD": "last 1, volume 1" for n in range(50)}

    class LastOnly(OneByOne):
        async def fetch_quotes(self, exchange_id: str, codes: Sequence[str], timeout: float) -> Sequence[Quote]:
            return quotes_of(everybody | {f"{code}/USD": "bid 5, ask 5" for code in codes})

    cache = make(LastOnly())
    await cache.get("coinbase", ["C1"], 5)
    both = await cache.get("coinbase", ["C2"], 5)
    assert isinstance(both.edge("C2", "USD"), Edge)
    assert isinstance(both.edge("C1", "USD"), Edge), "the later list must not hide the bid and ask of the earlier one"
    assert isinstance(both.edge("C3", "USD"), str)


# ---------------------------------------------------------------------------------------------------- failures


async def test_a_failure_is_not_repeated_at_once(make: Make, clock: Clock) -> None:
    source = ScriptedQuotes()
    source.script("kraken", UnexpectedReply("kraken answered with HTML.", exchange_id="kraken"), EVERYTHING)
    cache = make(source, retry_seconds=5)
    for _ in range(3):
        with pytest.raises(UnexpectedReply, match="kraken answered with HTML") as caught:
            await cache.get("kraken", ["C1"], 5)
        assert "kraken" == caught.value.exchange_id
    assert Counter({"kraken": 1}) == source.calls
    clock.tick(5)
    assert isinstance(await cache.get("kraken", ["C1"], 5), Graph)


async def test_the_pause_grows_with_each_failure_and_ends_with_the_first_answer(make: Make, clock: Clock) -> None:
    source = ScriptedQuotes()
    down = ExchangeUnavailable()
    source.script("kraken", *[down] * 12, EVERYTHING, down)
    cache = make(source, retry_seconds=5)

    async def pause() -> float:
        """Seconds until the exchange is asked again."""
        calls, waited = source.calls["kraken"], 0.0
        while calls == source.calls["kraken"]:
            clock.tick(1)
            waited += 1
            with pytest.raises(ExchangeUnavailable):
                await cache.get("kraken", ["C1"], 5)
        return waited

    with pytest.raises(ExchangeUnavailable):
        await cache.get("kraken", ["C1"], 5)
    assert [5, 10, 20, 40, 80, 160] == [await pause() for _ in range(6)]
    assert [LONGEST_PAUSE.total_seconds()] * 2 == [await pause() for _ in range(2)]
    for _ in range(4):
        clock.tick(LONGEST_PAUSE.total_seconds())
        try:
            await cache.get("kraken", ["C1"], 5)
        except ExchangeUnavailable:
            continue
    clock.tick(KEPT.total_seconds() + 1)  # the answer is too old to stand in
    with pytest.raises(ExchangeUnavailable):
        await cache.get("kraken", ["C1"], 5)
    assert 5 == await pause()


async def test_a_throttling_exchange_is_given_the_time_it_asks_for(make: Make, clock: Clock) -> None:
    source = ScriptedQuotes()
    source.script("kraken", ExchangeThrottled(retry_after=90), EVERYTHING)
    cache = make(source)
    for seconds in (0, 60, 29):
        clock.tick(seconds)
        with pytest.raises(ExchangeThrottled) as caught:
            await cache.get("kraken", ["C1"], 5)
        assert 90 == caught.value.retry_after
    clock.tick(1)
    assert isinstance(await cache.get("kraken", ["C1"], 5), Graph)


async def test_an_answer_stands_in_for_ten_minutes_while_the_exchange_is_out_of_reach(make: Make, clock: Clock) -> None:
    source = ScriptedQuotes()
    source.script("kraken", EVERYTHING, ExchangeUnavailable())
    cache = make(source)
    first = await cache.get("kraken", ["C1"], 5)
    for _ in range(10):
        clock.tick(60)
        assert first is await cache.get("kraken", ["C1"], 5)
    clock.tick(1)
    with pytest.raises(ExchangeUnavailable):
        await cache.get("kraken", ["C1"], 5)
    assert 1 < source.calls["kraken"] < 10


async def test_a_kept_answer_does_not_stand_in_for_codes_it_was_not_asked_for(make: Make, clock: Clock) -> None:
    class Failing(OneByOne):
        async def fetch_quotes(self, exchange_id: str, codes: Sequence[str], timeout: float) -> Sequence[Quote]:
            if "B" in codes:
                raise ExchangeUnavailable
            return await super().fetch_quotes(exchange_id, codes, timeout)

    cache = make(Failing())
    await cache.get("bit2c", ["A"], 5)
    with pytest.raises(ExchangeUnavailable):
        await cache.get("bit2c", ["A", "B"], 5)
    clock.tick(60)
    assert "A" in await cache.get("bit2c", ["A"], 5)


async def test_a_source_that_never_ends_is_given_up(make: Make) -> None:
    class Endless:
        async def fetch_quotes(self, exchange_id: str, codes: Sequence[str], timeout: float) -> Sequence[Quote]:
            await asyncio.Event().wait()
            raise AssertionError

    cache = make(Endless(), fetch_timeout=-0.98)
    with pytest.raises(ExchangeUnavailable, match="did not send its prices in time"):
        await cache.get("kraken", ["C1"], 5)


async def test_a_mistake_of_ours_is_not_taken_for_a_failure_of_the_exchange(make: Make) -> None:
    class Mistaken:
        async def fetch_quotes(self, exchange_id: str, codes: Sequence[str], timeout: float) -> Sequence[Quote]:
            raise LookupError("nothing was scripted")

    with pytest.raises(LookupError):
        await make(Mistaken()).get("kraken", ["C1"], 5)


async def test_what_nobody_asks_for_any_more_is_forgotten(make: Make, clock: Clock) -> None:
    cache = make(ScriptedQuotes(default=EVERYTHING))
    await cache.get("kraken", ["C1"], 5)
    clock.tick(KEPT.total_seconds() + 1)
    await cache.get("binance", ["C1"], 5)
    assert ["binance"] == list(cache._entries)


async def test_closing_ends_what_is_under_way(clock: Clock) -> None:
    source = ScriptedQuotes()
    source.script("kraken", EVERYTHING, delay=60)
    cache = QuoteCache(source, clock)
    waiting = asyncio.create_task(cache.get("kraken", ["C1"], 90))
    await asyncio.sleep(0.01)
    await cache.close()
    with pytest.raises(CoinassayError):
        await asyncio.wait_for(waiting, 1)
