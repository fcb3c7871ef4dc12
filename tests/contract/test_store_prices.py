"""Public prices that processes share, over every database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from tests.contract.conftest import OpenStore

from coinassay.domain.quotes import Edge, Graph
from coinassay.domain.rates import Quote
from coinassay.errors import ExchangeUnavailable, StorageError
from coinassay.pricing.quotes import QuoteCache
from coinassay.pricing.shared import PriceList, SharedPrices
from coinassay.services.ports import StoredPrices
from coinassay.storage.store import Store
from coinassay.testing import quotes_of

EVERYTHING = quotes_of({f"C{n}/USD": "bid 1.10, ask 1.20" for n in range(100)} | {"BTC/USD": "bid 9, ask 9"})
TEN_MINUTES = timedelta(minutes=10)


def now() -> datetime:
    return datetime.now(UTC)


class Exchange:
    def __init__(self, latency: float = 0.0, quotes: Sequence[Quote] = EVERYTHING) -> None:
        self.latency = latency
        self.quotes = quotes
        self.asked = 0
        self.fails = False

    async def fetch_quotes(self, exchange_id: str, codes: Sequence[str], timeout: float) -> Sequence[Quote]:
        self.asked += 1
        await asyncio.sleep(self.latency)
        if self.fails:
            raise ExchangeUnavailable(exchange_id=exchange_id)
        return self.quotes


class Broken:
    """A database that has gone."""

    async def find_price_list(self, source: str, age: timedelta) -> StoredPrices | None:
        raise StorageError

    async def claim_price_list(self, source: str, holder: str, seconds: float) -> bool:
        raise StorageError

    async def publish_price_list(self, source: str, holder: str, body: bytes, age: timedelta, kept: timedelta) -> None:
        raise StorageError

    async def release_price_list(self, source: str, holder: str) -> None:
        raise StorageError


async def test_one_process_asks_for_all(open_store: OpenStore) -> None:
    exchange = Exchange(latency=0.2)
    caches = [QuoteCache(exchange, now, shared=await open_store()) for _ in range(4)]
    graphs = await asyncio.gather(*(cache.get("binance", ["BTC"], 10) for cache in caches))
    assert 1 == exchange.asked
    late = QuoteCache(exchange, now, shared=await open_store())
    graphs.append(await late.get("binance", ["C7"], 10))
    assert 1 == exchange.asked
    assert 1 == len({_price(graph) for graph in graphs})
    assert all(timedelta() <= now() - graph.at < timedelta(seconds=20) for graph in graphs)


async def test_all_digits_and_times_come_through(open_store: OpenStore) -> None:
    at = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    told = [
        *quotes_of({f"C{n}/USD": "bid 0.000000010, ask 123456789.000000001" for n in range(50)}),
        Quote("A", "USD", "binance", at, last=EVERYTHING[0].bid, volume=EVERYTHING[0].ask, open=EVERYTHING[0].bid),
        Quote("B", "USD", "binance", None, failure="The exchange did not answer."),
    ]
    one, other = await open_store(), await open_store()
    fetched = PriceList(now(), frozenset(("A", "C1")), True, told)
    ten = timedelta(seconds=10)

    async def fetch() -> PriceList:
        return fetched

    async def never() -> PriceList:
        raise AssertionError("it is there already")

    assert fetched == await SharedPrices(one, now, 10).get("binance", frozenset("A"), ten, fetch)
    found = await SharedPrices(other, now, 10).get("binance", frozenset("X"), ten, never)
    assert repr(told) == repr(found.quotes)
    assert (fetched.codes, True) == (found.codes, found.everything)
    assert abs(fetched.fetched_at - found.fetched_at) < timedelta(seconds=1)
    stored = await one.find_price_list("binance", TEN_MINUTES)
    assert stored is not None
    assert stored.age < timedelta(seconds=5)


async def test_what_is_older_than_wanted_is_asked_for_again(open_store: OpenStore) -> None:
    exchange = Exchange()
    first, second = [QuoteCache(exchange, now, shared=await open_store(), ttl_seconds=0.3) for _ in range(2)]
    await first.get("binance", ["BTC"], 10)
    await asyncio.sleep(0.2)
    graph = await second.get("binance", ["BTC"], 10)
    assert 1 == exchange.asked
    assert now() - graph.at >= timedelta(seconds=0.15), "its age goes along, or it would be kept twice as long"
    await asyncio.sleep(0.2)
    await second.get("binance", ["BTC"], 10)
    assert 2 == exchange.asked


async def test_a_list_of_single_markets_serves_those_who_want_the_same(open_store: OpenStore) -> None:
    exchange = Exchange(quotes=quotes_of({"BTC/USD": "bid 9, ask 9", "ETH/USD": "bid 3, ask 3"}))
    first, second = [QuoteCache(exchange, now, shared=await open_store()) for _ in range(2)]
    await first.get("gemini", ["BTC", "ETH"], 10)
    await second.get("gemini", ["ETH"], 10)
    assert 1 == exchange.asked
    await second.get("gemini", ["SOL"], 10)
    assert 2 == exchange.asked


async def test_who_was_killed_while_asking_keeps_nobody_waiting_for_long(store: Store) -> None:
    assert await store.claim_price_list("binance", "killed", 0.3)
    assert not await store.claim_price_list("binance", "other", 0.3)
    await asyncio.sleep(0.35)
    assert await store.claim_price_list("binance", "other", 30)
    await store.publish_price_list("binance", "killed", b"late", timedelta(), TEN_MINUTES)
    assert await store.find_price_list("binance", TEN_MINUTES) is None


class Meanwhile:
    """A database into which another process writes its answer between this one's two looks."""

    def __init__(self, store: Store, other: Callable[[], Awaitable[object]]) -> None:
        self.find_price_list = store.find_price_list
        self.publish_price_list = store.publish_price_list
        self.release_price_list = store.release_price_list
        self._store = store
        self._other = other

    async def claim_price_list(self, source: str, holder: str, seconds: float) -> bool:
        await self._other()
        return await self._store.claim_price_list(source, holder, seconds)


async def test_who_claims_after_another_has_answered_does_not_ask_again(open_store: OpenStore) -> None:
    exchange = Exchange()
    store = await open_store()
    other = QuoteCache(exchange, now, shared=await open_store())
    cache = QuoteCache(exchange, now, shared=Meanwhile(store, lambda: other.get("binance", ["BTC"], 10)))
    await cache.get("binance", ["BTC"], 10)
    assert 1 == exchange.asked
    assert await store.claim_price_list("binance", "x", 30), "nobody holds it any more"


async def test_an_exchange_that_fails_is_free_to_be_asked_again(open_store: OpenStore) -> None:
    exchange = Exchange()
    exchange.fails = True
    first, second = [QuoteCache(exchange, now, shared=await open_store()) for _ in range(2)]
    with pytest.raises(ExchangeUnavailable):
        await first.get("binance", ["BTC"], 10)
    exchange.fails = False
    assert await second.get("binance", ["BTC"], 10)
    assert 2 == exchange.asked


async def test_old_lists_are_dropped(store: Store) -> None:
    for source, age in (("old", 700), ("young", 500)):
        assert await store.claim_price_list(source, "x", 30)
        await store.publish_price_list(source, "x", b"body", timedelta(seconds=age), timedelta(hours=1))
    assert await store.claim_price_list("new", "x", 30)
    await store.publish_price_list("new", "x", b"body", timedelta(), TEN_MINUTES)
    day = timedelta(days=1)
    found = {source: await store.find_price_list(source, day) is not None for source in ("old", "young", "new")}
    assert {"old": False, "young": True, "new": True} == found


async def test_without_a_database_everybody_asks_for_himself() -> None:
    exchange = Exchange()
    cache = QuoteCache(exchange, now, shared=Broken())
    assert await cache.get("binance", ["BTC"], 10)
    assert 1 == exchange.asked


async def test_what_another_version_wrote_is_not_read(store: Store) -> None:
    assert await store.claim_price_list("binance", "x", 30)
    await store.publish_price_list("binance", "x", b"\x00\x01", timedelta(), TEN_MINUTES)
    exchange = Exchange()
    assert await QuoteCache(exchange, now, shared=store).get("binance", ["BTC"], 10)
    assert 1 == exchange.asked


def _price(graph: Graph) -> str:
    edge = graph.edge("C7", "USD")
    assert isinstance(edge, Edge)
    return str(edge.leg.price)
