"""Servers on one database, an exchange that refuses what it publishes as too much, and one of them killed."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from tests.integration.machine import Machine, get
from tests.integration.test_many_loads import connect, exchange, load_all

pytestmark = pytest.mark.slow

EARN = "/sapi/v1/simple-earn/locked/position"
LIMIT = 12_000
AT_ONCE = 76
"""Accounts whose locked Simple Earn, of weight 150, may be read in a minute by 95 % of it."""


@contextmanager
def killed(machine: Machine) -> Iterator[None]:
    """A server, until SIGKILL ends it."""
    with machine.log.open("wb") as log:
        process = subprocess.Popen(machine.command("serve", "--port", "0"), env=machine.environment, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def load_for(seconds: float, url: str, key: dict[str, str], ids: list[int]) -> None:
    """Whoever asks hangs up afterwards; his loads wait on for their turn."""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(seconds):
            await load_all(url, key, ids)


def test_servers_on_one_database_are_never_refused_and_neither_is_one_that_takes_the_place_of_a_killed_one(
    tmp_path: Path,
) -> None:
    machines = [Machine(_made(tmp_path / name)) for name in "abc"]
    options = ("--users", "120", "--catalogue", "300", "--latency", "0.05", "--enforce-limits")
    with exchange(*options) as simulated:
        for machine in machines:
            machine.environment["COINASSAY_HOME"] = str(machines[0].home)
            machine.environment["COINASSAY_EXCHANGE_BASE_URLS"] = json.dumps({"binance": simulated["url"]})
            machine.environment["COINASSAY_RATE_LIMIT"] = "1000/60"
        first, second, third = machines
        key, ids = asyncio.run(connect(first, simulated["users"]))
        with killed(second):
            with killed(first):
                urls = [first.served_url(), second.served_url()]

                async def both() -> None:
                    await asyncio.gather(load_for(5, urls[0], key, ids[:50]), load_for(5, urls[1], key, ids[50:100]))

                asyncio.run(both())
            with killed(third):
                asyncio.run(load_for(4, third.served_url(), key, ids[100:]))
                _, told, _ = get(f"{simulated['url']}/__control__/limits")
                _, asked, _ = get(f"{simulated['url']}/__control__/requests")
                listed = json.loads(third.run("limits", "--json").stdout)
    assert 0 == told["refused"]
    assert AT_ONCE - 8 <= asked[EARN] <= 2 * AT_ONCE, "twice: where a minute has ended meanwhile"
    assert told["most"][EARN] <= LIMIT
    (budget,) = listed
    meters = {meter["name"]: meter for meter in budget["meters"]}
    assert ("binance", "default") == (budget["exchange"], budget["egress"])
    assert 20 <= budget["waiting"]
    assert float(meters["/sapi/simple-earn/locked/position"]["used"]) >= 15 * (AT_ONCE - 8)


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory
