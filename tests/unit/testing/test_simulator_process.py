"""Simulated exchanges as a process of their own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.slow


@contextmanager
def process(*options: str, lines: int = 1) -> Iterator[tuple[subprocess.Popen[str], list[dict[str, Any]]]]:
    command = [sys.executable, "-W", "error", "-m", "coinassay.testing.simulator", *options]
    started = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert started.stdout is not None
        yield started, [json.loads(started.stdout.readline()) for _ in range(lines)]
    finally:
        started.kill()
        started.communicate()


def test_each_exchange_prints_its_url_and_its_users(http: httpx.Client) -> None:
    with process("--dialect", "binance", "--dialect", "kraken", "--users", "3", "--catalogue", "300", lines=2) as run:
        binance, kraken = run[1]
        assert ("binance", "kraken") == (binance["dialect"], kraken["dialect"])
        assert 3 == len({user["api_key"] for user in binance["users"]})
        assert {"name", "api_key", "secret"} == set(kraken["users"][0])
        assert 300 == len(http.get(f"{binance['url']}/api/v3/exchangeInfo").json()["symbols"])
        assert 300 == len(http.get(f"{kraken['url']}/0/public/AssetPairs").json()["result"])

        run[0].send_signal(signal.SIGTERM)
        assert 0 == run[0].wait(10)
        assert run[0].stderr is not None
        assert "" == run[0].stderr.read()


async def test_users_come_from_a_file_and_faults_over_http(tmp_path: Path, connect: Any) -> None:
    users = [
        {"api_key": "key", "secret": "secret", "wallets": {"spot": {"BTC": ["1", "0.5"]}}, "permissions": ["read"]}
    ]
    (tmp_path / "users.json").write_text(json.dumps(users))
    with process("--users-file", str(tmp_path / "users.json"), "--latency", "0.05", "--until-stdin-closes") as run:
        [line] = run[1]
        exchange = httpx.URL(line["url"])
        client = connect(_At(str(exchange)), exchange_id="binance", catalogue=False, apiKey="key", secret="secret")
        assert "1.5" == (await client.fetch_balance())["total"]["BTC"]

        async with httpx.AsyncClient(trust_env=False) as http:
            await http.post(f"{line['url']}/__control__/faults", json={"kind": "throttled", "times": 1})
            reply = await http.get(f"{line['url']}/api/v3/ping")
            assert 429 == reply.status_code
            assert reply.elapsed.total_seconds() >= 0.05
            assert {"/api/v3/account": 1, "/api/v3/ping": 1} == (
                await http.get(f"{line['url']}/__control__/requests")
            ).json()

        assert run[0].stdin is not None
        run[0].stdin.close()
        run[0].stdin = None
        assert 0 == run[0].wait(10)


class _At:
    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
