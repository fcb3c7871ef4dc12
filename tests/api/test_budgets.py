"""How much of the exchanges' limits is taken, as it is asked for."""

from __future__ import annotations

from tests.api.client import Client
from tests.api.conftest import House
from tests.api.test_examples import write_budget

from coinassay.domain.budget import Flow, Ledger


async def test_nothing_is_taken_where_no_exchange_was_asked(alice: Client) -> None:
    reply = await alice.get("/api/v1/budgets")
    assert (200, []) == (reply.status_code, reply.json())


async def test_every_exchange_that_was_asked_and_each_of_its_limits(house: House, alice: Client) -> None:
    await write_budget(house)
    stored = await house.store.read_budget("203.0.113.7", "kraken")
    now = stored.now.timestamp()
    ledger = Ledger(paused_until=now + 100, pools={"": Flow(0.8, 12.0, now, int(now // 60), 7.5)})
    await house.store.write_budget(stored, ledger.encode())
    binance, kraken = (await alice.get("/api/v1/budgets")).json()
    assert binance == {
        "exchange": "binance",
        "egress": "203.0.113.7",
        "processes": 1,
        "waiting": 2,
        "paused_until": None,
        "meters": [{"name": "/api", "limit": "1140.0", "seconds": 60, "used": "204.0"}],
    }
    assert ("kraken", 0, 0) == (kraken["exchange"], kraken["processes"], kraken["waiting"])
    assert kraken["paused_until"].endswith("Z")
    (meter,) = kraken["meters"]
    assert ("", "60.0", 60) == (meter["name"], meter["limit"], meter["seconds"])
