"""Servers as processes: they load what is due, two of them load an account once, and a killed one keeps nobody waiting."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.machine import Machine, get
from tests.integration.test_many_loads import connect, exchange, load_all

ACCOUNT = "/api/v3/account"
"""What each load asks the simulated Binance for once."""

pytestmark = pytest.mark.slow


@contextmanager
def killable(machine: Machine) -> Iterator[subprocess.Popen[bytes]]:
    with machine.log.open("wb") as log:
        process = subprocess.Popen(machine.command("serve", "--port", "0"), env=machine.environment, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def pair(tmp_path: Path) -> list[Machine]:
    """Two servers over one SQLite database."""
    made = []
    for name in "ab":
        (tmp_path / name).mkdir()
        made.append(Machine(tmp_path / name))
        made[-1].environment |= {
            "COINASSAY_HOME": str(made[0].home),
            "COINASSAY_RATE_LIMIT": "off",
            "COINASSAY_EXCHANGE_LIMITS": '{"binance": 100000}',
        }
    return made


def asked(simulated: Any) -> int:
    _, counts, _ = get(f"{simulated['url']}/__control__/requests")
    return int(counts.get(ACCOUNT, 0))


async def both(urls: list[str], key: dict[str, str], ids: list[int]) -> list[list[httpx.Response]]:
    return await asyncio.gather(*(load_all(url, key, ids) for url in urls))


def test_two_servers_that_are_asked_for_one_account_load_it_once(pair: list[Machine]) -> None:
    with ExitStack() as stack:
        simulated = stack.enter_context(exchange("--users", "1", "--latency", "0.2"))
        for machine in pair:
            machine.environment["COINASSAY_EXCHANGE_BASE_URLS"] = json.dumps({"binance": simulated["url"]})
        key, ids = asyncio.run(connect(pair[0], simulated["users"]))
        urls = []
        for machine in pair:
            stack.enter_context(machine.running("serve", "--port", "0"))
            urls.append(machine.served_url())
        (one,), (other,) = asyncio.run(both(urls, key, ids))
        assert (201, 201) == (one.status_code, other.status_code)
        assert one.json()["usd_amount"] == other.json()["usd_amount"] != "0"
        assert 1 == asked(simulated)


def test_who_is_killed_while_it_loads_is_followed_by_the_other(pair: list[Machine]) -> None:
    with ExitStack() as stack:
        simulated = stack.enter_context(exchange("--users", "1", "--latency", "0.7"))
        for machine in pair:
            machine.environment["COINASSAY_EXCHANGE_BASE_URLS"] = json.dumps({"binance": simulated["url"]})
        key, ids = asyncio.run(connect(pair[0], simulated["users"]))
        first = stack.enter_context(killable(pair[0]))
        stack.enter_context(pair[1].running("serve", "--port", "0"))
        urls = [machine.served_url() for machine in pair]

        async def kill_the_first() -> httpx.Response:
            holding = asyncio.create_task(load_all(urls[0], key, ids))
            async with asyncio.timeout(10):
                while await asyncio.to_thread(asked, simulated) == 0:  # noqa: ASYNC110 -- nobody tells
                    await asyncio.sleep(0.05)
            waiting = asyncio.create_task(load_all(urls[1], key, ids))
            await asyncio.sleep(0.3)
            first.send_signal(signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                await holding
            return (await waiting)[0]

        began = time.monotonic()
        reply = asyncio.run(kill_the_first())
        assert 201 == reply.status_code, reply.text
        assert time.monotonic() - began < 30
        assert 2 == asked(simulated)


def test_a_server_loads_what_is_due_and_lets_it_end_when_it_is_stopped(pair: list[Machine]) -> None:
    machine = pair[0]
    machine.environment |= {"COINASSAY_BACKGROUND": "auto", "COINASSAY_REFRESH_INTERVAL": "30s"}
    with exchange("--users", "30", "--latency", "0.3") as simulated:
        machine.environment["COINASSAY_EXCHANGE_BASE_URLS"] = json.dumps({"binance": simulated["url"]})
        asyncio.run(connect(machine, simulated["users"]))
        with machine.running("serve", "--port", "0") as process:
            machine.wait_for("chore finished")
            deadline = time.monotonic() + 10
            while asked(simulated) == 0:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            assert 0 == process.wait(30)
        states = json.loads(machine.run("accounts", "refresh", "--json").stdout)
        loaded = [state for state in states if state["refreshed_at"] is not None]
        assert asked(simulated) == len(loaded) > 0, "what was begun came to its end"
        assert [0] * 30 == [state["failures"] for state in states]


def test_a_server_that_is_told_not_to_leaves_it_to_a_worker(pair: list[Machine]) -> None:
    machine, helper = pair
    for each in pair:
        each.environment["COINASSAY_REFRESH_INTERVAL"] = "1h"
    with exchange("--users", "3") as simulated:
        for each in pair:
            each.environment["COINASSAY_EXCHANGE_BASE_URLS"] = json.dumps({"binance": simulated["url"]})
        asyncio.run(connect(machine, simulated["users"]))
        with machine.running("serve", "--port", "0"):
            machine.served_url()
            time.sleep(1.5)
            assert 0 == asked(simulated)
            with helper.running("worker"):
                deadline = time.monotonic() + 15
                while asked(simulated) < 3:
                    assert time.monotonic() < deadline, helper.log.read_text()
                    time.sleep(0.05)
        states = json.loads(machine.run("accounts", "refresh", "--json").stdout)
        assert all(state["refreshed_at"] for state in states)
        shown = machine.run("worker", "--check", "--json")
        assert {"good": True, "late": False, "workers": None} == json.loads(shown.stdout)
