"""Sixty accounts at once under the limits Binance publishes, over HTTP: a server and an exchange as processes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.machine import Machine, get, signed

from coinassay.bootstrap import open_services
from coinassay.domain.api_key import Permission
from coinassay.settings import Settings

ACCOUNTS = 60

pytestmark = pytest.mark.slow


@contextmanager
def exchange(*options: str) -> Iterator[Mapping[str, Any]]:
    command = [sys.executable, "-m", "coinassay.testing.simulator", "--until-stdin-closes", *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.communicate(timeout=10)


async def connect(machine: Machine, users: Sequence[Mapping[str, str]]) -> tuple[dict[str, str], list[int]]:
    """A key of the owner's, and the ids of the accounts."""
    settings = Settings.from_env(machine.environment)
    async with open_services(settings, create=True) as services:
        owner = await services.users.add_user("owner", services.clock())
        issued = await services.api_keys.issue(
            owner.id, "all", frozenset((Permission.ACCOUNTS_READ, Permission.ACCOUNTS_WRITE))
        )
        ids = [(await services.accounts.connect(owner.id, "binance", user["name"], user)).id for user in users]
    return {"api_key": issued.key.api_key, "secret": issued.secret or ""}, ids


async def load_all(url: str, key: dict[str, str], ids: Sequence[int]) -> list[httpx.Response]:
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_connections=None)) as client:

        async def load(account_id: int) -> httpx.Response:
            path = f"/public/api/ver1/accounts/{account_id}/load_balances"
            return await client.post(path, headers=signed(key, path))

        return await asyncio.gather(*map(load, ids))


def test_sixty_accounts_at_once_are_all_loaded_at_once(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    options = ("--users", str(ACCOUNTS), "--catalogue", "500", "--latency", "0.1", "--enforce-limits")
    with exchange(*options) as simulated:
        machine.environment["COINASSAY_EXCHANGE_BASE_URLS"] = json.dumps({"binance": simulated["url"]})
        machine.environment["COINASSAY_RATE_LIMIT"] = "1000/60"
        key, ids = asyncio.run(connect(machine, simulated["users"]))
        with machine.running("serve", "--port", "0"):
            url = machine.served_url()
            begin = time.monotonic()
            replies = asyncio.run(load_all(url, key, ids))
            took = time.monotonic() - begin
            assert {201: ACCOUNTS} == Counter(reply.status_code for reply in replies), replies[0].text
            assert took < 40  # flowing evenly at Binance's rate, the requests for earn alone would take 45 s
            for account_id in ids:
                path = f"/public/api/ver1/accounts/{account_id}/pie_chart_data"
                status, shares, _ = get(f"{url}{path}", signed(key, path), "POST")
                assert (201, 10) == (status, len(shares))
        _, told, _ = get(f"{simulated['url']}/__control__/limits")
        assert 0 == told["refused"]
        assert 150 * ACCOUNTS == told["most"]["/sapi/v1/simple-earn/locked/position"]
        _, asked, _ = get(f"{simulated['url']}/__control__/requests")
        assert {"/api/v3/exchangeInfo": 1, "/api/v3/ticker/24hr": 1} == {
            path: asked[path] for path in ("/api/v3/exchangeInfo", "/api/v3/ticker/24hr")
        }
