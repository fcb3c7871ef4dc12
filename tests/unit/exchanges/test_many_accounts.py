"""Many accounts at one exchange, through the connector: the order of requests, and how long each may take."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.unit.exchanges.world import connection, connector, plans, say, serving

from coinassay.errors import ExchangeThrottled, UnexpectedReply
from coinassay.exchanges import library
from coinassay.exchanges.reading import NOTHING, Fetched, Resolve, is_nothing
from coinassay.testing.http import Request
from coinassay.testing.simulator.exchange import SimulatedExchange

HERE = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
async def _imported() -> None:
    """What it takes to import ccxt is on nobody's account."""
    await library.load()


async def test_each_account_gets_all_its_wallets_or_has_to_come_again() -> None:
    """60 units a second for loads of 19.1: three in a second, and none is read by halves."""
    async with (
        await SimulatedExchange.start("binance") as exchange,
        connector({"binance": exchange.url}, limits={"binance": 60}) as made,
    ):
        users = [exchange.add_user(wallets={"spot": {"BTC": str(n)}, "funding": {"USDT": "1"}}) for n in range(1, 9)]
        readings = await asyncio.gather(
            *(made.fetch_reading(connection("binance", user, n), 1) for n, user in enumerate(users))
        )
        assert all(reading.complete for reading in readings)
        assert [f"{n}.0 BTC" for n in range(1, 9)] == [say(each)["spot"][0] for each in readings]
        assert readings[-1].waited > 1  # longer than it had for the exchange itself


async def test_who_would_wait_longer_than_anybody_should_is_told_when_to_come_again() -> None:
    async with (
        await SimulatedExchange.start("binance") as exchange,
        connector({"binance": exchange.url}, limits={"binance": 20}, patience=2) as made,
    ):
        users = [exchange.add_user() for _ in range(12)]
        await made.fetch_reading(connection("binance", users[0], 0), 1)
        found = await asyncio.gather(
            *(made.fetch_reading(connection("binance", user, n), 1) for n, user in enumerate(users)),
            return_exceptions=True,
        )
        refused = [each for each in found if isinstance(each, BaseException)]
        assert {ExchangeThrottled} == {type(each) for each in refused}
        assert 8 <= len(refused) <= 11
        assert all(isinstance(each, ExchangeThrottled) and (each.retry_after or 0) >= 2 for each in refused)
        assert sum(exchange.requests.values()) == 3 * (13 - len(refused))


async def test_what_a_load_waits_in_our_own_queue_is_not_taken_from_its_time() -> None:
    async def pages(exchange: Any, resolve: Resolve) -> Fetched:
        for _ in range(2):
            await exchange.limiter.enter(exchange, "private", "page", 50)
        return NOTHING

    async with connector({"binance": HERE}, plan=plans(("a", pages)), limits={"binance": 50}) as made:
        reading = await made.fetch_reading(connection("binance"), 0.4)
        assert reading.complete
        assert reading.waited > 0.5


async def test_a_load_that_came_to_nothing_leaves_its_place() -> None:
    async def fails(exchange: Any, resolve: Resolve) -> Fetched:
        await exchange.limiter.enter(exchange, "private", "x", 100)
        raise TypeError

    async with connector({"binance": HERE}, plan=plans(("a", fails)), limits={"binance": 400}) as made:
        for _ in range(6):  # four at once, the others a quarter of a second later
            with pytest.raises(UnexpectedReply):
                await made.fetch_reading(connection("binance"), 5)


async def test_a_load_that_hangs_forever_does_not_keep_the_others_out() -> None:
    async def hangs(exchange: Any, resolve: Resolve) -> Fetched:
        if connection_id.get("hangs"):
            await asyncio.sleep(3600)
        return NOTHING

    connection_id = {"hangs": True}
    async with connector({"binance": HERE}, plan=plans(("a", hangs))) as made:
        hanging = [asyncio.create_task(made.fetch_reading(connection("binance", None, n), 0.3)) for n in range(40)]
        await asyncio.sleep(0.05)
        connection_id["hangs"] = False
        reading = await asyncio.wait_for(made.fetch_reading(connection("binance", None, 99), 5), 10)
        assert reading.complete
        await asyncio.gather(*hanging, return_exceptions=True)


# -------------------------------------------------------------------------------------------------------- zeros


async def test_only_binance_itself_is_asked_to_leave_out_what_is_not_held() -> None:
    """Binance.US knows no such parameter and would refuse the request."""
    asked: list[Request] = []

    def remember(request: Request) -> object:
        asked.append(request)
        rows = [{"asset": "BTC", "free": "1.0", "locked": "0.0"}, {"asset": "ETH", "free": "0.0", "locked": "0.0"}]
        return '{"balances":[' + ",".join(str(row).replace("'", '"') for row in rows) + "]}"

    answers = {"/api/v3/account": remember, "/sapi/v1/asset/get-funding-asset": "[]"}
    answers["/sapi/v1/simple-earn/locked/position"] = '{"rows":[],"total":0}'
    async with serving(answers) as server, connector({"binance": server.url, "binance_us": server.url}) as made:
        for code in ("binance", "binance_us"):
            reading = await made.fetch_reading(connection(code), 5)
            assert ["1.0 BTC"] == say(reading)["spot"]
    assert ["true", None] == [request.params.get("omitZeroBalances") for request in asked]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"free": "0.00000000", "locked": "0.00000000"}, True),
        ({"free": "0", "locked": "0.0"}, True),
        ({"free": "0.00000000", "locked": "0.00000001"}, False),
        ({"free": "0.00000000"}, False),
        ({"free": "", "locked": "0"}, False),
        ({"free": "0.0.0", "locked": "0"}, False),
        ({"free": "-0.0", "locked": "0"}, False),
        ({"free": None, "locked": None}, False),
    ],
)
def test_nothing_is_what_is_written_as_zero_and_all_else_is_read(row: dict[str, Any], expected: bool) -> None:
    assert expected is is_nothing(row, "free", "locked")
