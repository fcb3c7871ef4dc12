"""Which accounts have an object, for how long, and what one sees of another: nothing."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.unit.exchanges.world import MARKETS, connection

from coinassay.exchanges.addresses import Addresses
from coinassay.exchanges.instances import Instances
from coinassay.exchanges.limiters import Limiters

HERE = "http://127.0.0.1:1"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def instances(catalogue: Callable[..., Any] | None = None, **options: Any) -> AsyncIterator[Instances]:
    async def none(exchange_id: str, base_url: str | None) -> Any:
        raise AssertionError("no catalogue is needed")

    limiters = Limiters({})
    limiters.bind()
    addresses = Addresses({"kraken": HERE, "binance": HERE, "nado": HERE}, MARKETS.list())
    made = Instances(addresses, limiters, catalogue or none, **options)
    yield made
    await made.close()
    await limiters.close()


async def exchange_of(made: Instances, account_id: int, code: str = "kraken", **fields: str) -> Any:
    given = {"api_key": "k", "secret": "c2VjcmV0"} | fields
    async with made.lease(connection(code, given, account_id)) as exchange:
        return exchange


async def test_an_account_keeps_its_object() -> None:
    async with instances() as made:
        first = await exchange_of(made, 1)
        assert first is await exchange_of(made, 1)
        assert first is not await exchange_of(made, 2)
        assert ("k", "c2VjcmV0") == (first.apiKey, first.secret)
        assert HERE == first.urls["api"]["private"]


async def test_new_credentials_or_another_market_make_a_new_object() -> None:
    async with instances() as made:
        first = await exchange_of(made, 1)
        second = await exchange_of(made, 1, secret="b3RoZXI=")
        assert "b3RoZXI=" == second.secret
        third = await exchange_of(made, 1, "binance")
        assert "binance" == third.id
        assert 1 == len(made)
        assert first.session is None
        assert second.session is None


async def test_all_accounts_share_the_session_the_tls_settings_and_the_limiter() -> None:
    async with instances() as made:
        first, second = await exchange_of(made, 1), await exchange_of(made, 2)
        assert first.session is second.session
        assert first.ssl_context is second.ssl_context
        assert first.ssl_context is not None  # or each makes its own, in 15 ms
        assert first.limiter is second.limiter
        assert (await exchange_of(made, 3, "binance")).limiter is not first.limiter


async def test_the_longest_unused_go_first_when_there_are_too_many() -> None:
    async with instances(size=2) as made:
        first, second = await exchange_of(made, 1), await exchange_of(made, 2)
        assert first is await exchange_of(made, 1)
        await exchange_of(made, 3)
        assert 2 == len(made)
        assert first is await exchange_of(made, 1)
        assert second is not await exchange_of(made, 2)


async def test_after_a_while_the_keys_leave_the_memory() -> None:
    clock = Clock()
    async with instances(idle=0.05, now=clock) as made:
        gone = weakref.ref(await exchange_of(made, 1))
        async with made.lease(connection("kraken", None, 2)):
            clock.now = 100.0
            await asyncio.sleep(0.1)
            assert 1 == len(made)  # the one in use stays
        clock.now = 200.0
        await asyncio.sleep(0.1)
        assert 0 == len(made)
        gc.collect()
        assert gone() is None


async def test_what_is_forgotten_is_made_anew_and_a_load_under_way_ends_well() -> None:
    async with instances() as made:
        async with made.lease(connection("kraken")) as exchange:
            made.forget(1)
            assert exchange.session is not None
            async with made.lease(connection("kraken")) as other:
                assert exchange is not other
        made.forget(1)
        made.forget(99)
        assert 0 == len(made)


async def test_closing_ends_the_session() -> None:
    async with instances() as made:
        session = (await exchange_of(made, 1)).session
        await made.close()
        assert session.closed
        assert 0 == len(made)


async def test_who_needs_a_catalogue_gets_the_shared_one() -> None:
    """nado names currencies by number; the codes are in its catalogue only."""
    import ccxt.async_support as ccxt

    source = ccxt.nado()
    source.set_markets([], {"USDT0": {"id": "0", "code": "USDT0"}, "KBTC": {"id": "1", "code": "KBTC"}})
    source.options["madeWhileLoading"] = {"1": "KBTC"}
    asked: list[tuple[str, str | None]] = []

    async def catalogue(exchange_id: str, base_url: str | None) -> Any:
        asked.append((exchange_id, base_url))
        return source

    async with instances(catalogue) as made:
        exchange = await exchange_of(made, 1, "nado")
        assert "KBTC" == exchange.safe_currency_code("1")
        assert exchange.currencies is source.currencies
        assert {"1": "KBTC"} == exchange.options["madeWhileLoading"]
        assert [("nado", HERE)] == asked
