"""`refresh`: accounts that load themselves, against what their exchange allows, what asking costs, and one worker.

Workers are `coinassay worker` on one SQLite database. The exchange is the simulated Binance with 50 ms of latency, in a
process of its own. What it allows is raised (COINASSAY_EXCHANGE_LIMITS, an even flow of ccxt's units), because what
Binance really allows one address would take two hours for 10,000 accounts; how close to it the product keeps does not
depend on the number.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.harness import ROOT, BenchError, Line, Profile, Side, cores, cpu_seconds, environment, ratio
from bench.load import TICKERS, Child, Exchange
from bench.product import MARKET, Installation
from coinassay.bootstrap import open_store
from coinassay.domain.account import Credentials, NewAccount

LATENCY = 0.05
"""Seconds until the exchange answers."""

LIMIT = 600.0
"""Units a second, where the exchange's limit is what decides: about 30 accounts a second."""
UNREACHED = 100_000.0

FEW = 8
"""Loads at a time of each worker, where neither limit nor CPU is to decide."""

PATIENCE = 120.0

Users = Sequence[Mapping[str, str]]


class Refreshing:
    """An installation with an account for each of the exchange's users, and workers on it."""

    def __init__(self, home: Path, exchange: Exchange, database_url: str = "") -> None:
        self.exchange = exchange
        self.installation = Installation.create(home, database_url)
        asyncio.run(self._add(exchange.users))
        self._running: list[subprocess.Popen[bytes]] = []
        self._rows: Any = (
            psycopg.connect(database_url, autocommit=True)
            if database_url
            else sqlite3.connect(self.installation.settings().database, timeout=30, isolation_level=None)
        )
        self._beginning = "to_timestamp(0)" if database_url else "0"

    async def _add(self, users: Users) -> None:
        store = await open_store(self.installation.settings())
        try:
            owner = (await store.list_users())[0]
            for first in range(0, len(users), 500):
                new = [NewAccount(MARKET, each["name"], _credentials(each)) for each in users[first : first + 500]]
                await store.add_accounts(owner.id, new, datetime.now(UTC))
        finally:
            await store.close()

    @contextlib.contextmanager
    def workers(self, count: int, limit: float, concurrency: int) -> Iterator[list[subprocess.Popen[bytes]]]:
        settings = {
            **self.installation.environment(),
            "COINASSAY_EXCHANGE_BASE_URLS": json.dumps({MARKET: self.exchange.url}),
            "COINASSAY_EXCHANGE_LIMITS": json.dumps({MARKET: limit}),
            "COINASSAY_REFRESH_INTERVAL": "1d",
            "COINASSAY_LOG_LEVEL": "error",
        }
        command = [sys.executable, "-m", "coinassay", "worker", "--concurrency", str(concurrency)]
        running = self._running = [subprocess.Popen(command, cwd=ROOT, env=environment(settings)) for _ in range(count)]
        for each in running:
            os.sched_setaffinity(each.pid, cores()[0] if count == 1 else set.union(*cores()))
        try:
            yield running
        finally:
            for each in running:
                each.send_signal(signal.SIGTERM)
            for each in running:
                try:
                    each.wait(40)
                except subprocess.TimeoutExpired:
                    each.kill()
                    each.wait()

    def make_due(self) -> None:
        """All accounts at once."""
        self._rows.execute(
            "INSERT INTO refreshes (account_id, next_at, failures, failure, reason) "
            f"SELECT id, {self._beginning}, 0, '', '' FROM accounts WHERE true "
            f"ON CONFLICT (account_id) DO UPDATE SET next_at = {self._beginning}"
        )

    def loads(self) -> int:
        """That went well so far. Raises BenchError where one did not."""
        found = dict(self._rows.execute("SELECT failure, count(*) FROM loads GROUP BY failure").fetchall())
        if set(found) - {""}:
            raise BenchError(f"loads failed: {found}")
        return int(found.get("", 0))

    def wait_for(self, loads: int, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while self.loads() < loads:
            if any(each.poll() is not None for each in self._running):
                raise BenchError("a worker ended at its start")
            if time.monotonic() > deadline:
                raise BenchError(f"only {self.loads()} of {loads} loads in {seconds:g} s")
            time.sleep(0.05)

    def close(self) -> None:
        self._rows.close()


def _credentials(user: Mapping[str, str]) -> Credentials:
    return Credentials({"api_key": user["api_key"], "secret": user["secret"]})


class Costs:
    """What ccxt's units a request costs, by the exchange's path."""

    def __init__(self) -> None:
        import ccxt

        endpoints = ccxt.binance().describe()["api"]
        self._costs: dict[str, float] = {}
        for group, path in (("public", "/api/v3/"), ("private", "/api/v3/"), ("sapi", "/sapi/v1/")):
            for method in sorted(endpoints[group], key="get".__eq__):  # of a path with several, what reads
                for name, cost in endpoints[group][method].items():
                    self._costs[path + name] = float(cost["cost"] if isinstance(cost, dict) else cost)
        self._costs[TICKERS] = 16.0  # of all markets: weight 80

    def of(self, requests: Counter[str]) -> float:
        return sum(self._costs[path] * count for path, count in requests.items())


def run(profile: Profile, work: Path) -> list[Line]:
    return [*_against_the_limit(profile, work), *_cost_of_a_refresh(profile, work), _two_workers(profile, work)]


# ------------------------------------------------------------------------------------------------- against the limit


def _against_the_limit(profile: Profile, work: Path) -> list[Line]:
    accounts = profile.scaled(10_000, 300)
    costs = Costs()
    lines = []
    with ExitStack() as stack:
        exchange = stack.enter_context(Exchange(accounts, LATENCY, profile.scaled(1000, 300)))
        refreshing = Refreshing(work / "limit", exchange)
        stack.callback(refreshing.close)
        for count, name in ((1, "one worker"), (2, "two workers on one database")):
            refreshing.make_due()
            with refreshing.workers(count, LIMIT, 64):
                refreshing.wait_for(refreshing.loads() + profile.scaled(100, 5))
                exchange.take_requests()
                before, began = refreshing.loads(), time.perf_counter()
                time.sleep(profile.scaled(30, 2))
                asked = exchange.take_requests()
                seconds, loads = time.perf_counter() - began, refreshing.loads() - before
            used = costs.of(asked) / seconds / LIMIT
            wanted = not profile.quick
            lines.append(
                Line(
                    "refresh",
                    f"{accounts} accounts due at once, {name}",
                    "the exchange's limit",
                    f"{used:.2f}",
                    f"{loads / seconds:.0f} accounts a second, {sum(asked.values()) / max(1, loads):.1f} requests "
                    "each; limited by the exchange's limit",
                    ">= 0.9" if wanted else "",
                    0.9 <= used <= 1.02 if wanted else None,
                )
            )
    return lines


# ------------------------------------------------------------------------------------------------ cost of a refresh


def _cost_of_a_refresh(profile: Profile, work: Path) -> list[Line]:
    accounts = profile.scaled(400, 20)
    product = Side("a refresh, warm")
    others = {
        "balances": Side("with ccxt's fetch_balance"),
        "held": Side("the same, zeros left out"),
        "calls": Side("the bare calls, unread"),
    }
    loads_a_second = []
    with ExitStack() as stack:
        exchange = stack.enter_context(Exchange(accounts, 0, profile.scaled(2500, 300)))
        refreshing = Refreshing(work / "cost", exchange)
        stack.callback(refreshing.close)
        user = exchange.users[0]
        child = Child("bench.reference.bare_ccxt", exchange.url, user["api_key"], user["secret"], cpus=cores()[0])
        bare = stack.enter_context(child)
        refreshing.make_due()
        (worker,) = stack.enter_context(refreshing.workers(1, UNREACHED, 64))
        refreshing.wait_for(accounts)
        bare.ask({"loads": 20, "tickers": 1, "how": "balances"})
        each = accounts // 4
        for _ in range(profile.scaled(5, 2)):
            time.sleep(1.0)
            exchange.take_requests()
            before, began, used = refreshing.loads(), time.perf_counter(), -cpu_seconds(worker.pid)
            refreshing.make_due()
            refreshing.wait_for(before + accounts)
            used += cpu_seconds(worker.pid)
            loads_a_second.append(accounts / (time.perf_counter() - began))
            seen = exchange.take_requests()
            product.add(cpu_ms=used * 1000 / accounts)
            for how, side in others.items():
                used = -cpu_seconds(bare.process.pid)
                bare.ask({"loads": each, "tickers": 0, "how": how})
                used += cpu_seconds(bare.process.pid)
                side.add(cpu_ms=used * 1000 / each)
    lines = []
    for how, side in others.items():
        value = ratio(product, side, "cpu_ms")
        beside = (
            f"CPU {product.median('cpu_ms'):.2f} : {side.median('cpu_ms'):.2f} ms, "
            f"{(sum(seen.values()) - seen[TICKERS]) / accounts:g} requests; "
            f"{statistics.median(loads_a_second):.0f} accounts a second, limited by CPU"
        )
        goal, met = ("", None) if how == "held" else ("<= 1.5", value.value <= 1.5)
        lines.append(Line("refresh", product.name, side.name, str(value), beside, goal, met))
    return lines


# ------------------------------------------------------------------------------------------------------- two workers


def _two_workers(profile: Profile, work: Path) -> Line:
    accounts = profile.scaled(1000, 40)
    sides = {1: Side("one worker"), 2: Side(f"two workers, {FEW} loads at a time each")}
    with ExitStack() as stack:
        exchange = stack.enter_context(Exchange(accounts, LATENCY, profile.scaled(1000, 300)))
        refreshing = Refreshing(work / "two", exchange)
        stack.callback(refreshing.close)
        refreshing.make_due()
        with refreshing.workers(2, UNREACHED, 64):
            refreshing.wait_for(accounts)
        for _ in range(profile.scaled(3, 1)):
            for count, side in sides.items():
                with refreshing.workers(count, UNREACHED, FEW) as workers:
                    refreshing.make_due()
                    begin = refreshing.loads()
                    refreshing.wait_for(begin + count * profile.scaled(60, 5))  # until all have begun
                    before, began = refreshing.loads(), time.perf_counter()
                    used = -sum(cpu_seconds(each.pid) for each in workers)
                    refreshing.wait_for(before + profile.scaled(500, 10))
                    seconds = time.perf_counter() - began
                    used += sum(cpu_seconds(each.pid) for each in workers)
                    side.add(rate=(refreshing.loads() - before) / seconds, busy=used / seconds)
    value = ratio(sides[2], sides[1], "rate")
    wanted = not profile.quick
    return Line(
        "refresh",
        sides[2].name,
        sides[1].name,
        str(value),
        f"{sides[2].median('rate'):.0f} : {sides[1].median('rate'):.0f} accounts a second, limited by loads at a time; "
        f"CPU {sides[2].median('busy'):.2f} : {sides[1].median('busy'):.2f} of {os.cpu_count()}",
        ">= 1.8" if wanted else "",
        value.value >= 1.8 if wanted else None,
    )
