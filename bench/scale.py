"""What more accounts need than one machine can be: a simulation with the exchanges' published limits.

    python -m bench.scale            # simulates 1,000, 100,000 and 10,000,000 accounts with the inputs below
    python -m bench.scale --measure  # measures the inputs of this machine first (half a minute, needs PostgreSQL)

A discrete-event simulation: accounts come due at their places in the interval, wait at the meter of their exchange and
egress address (the program's own, `coinassay.exchanges.meters`, with its own budgets), take a worker's CPU, and then
the database's time. Accounts at different egress addresses have no limit in common, so one address's accounts are
simulated, all of them, with their share of the workers and of the database. How many addresses, workers and databases
there are is worked out beforehand from what each can do (`plan`); the simulation shows whether that is enough, and
which part is used most.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from coinassay.exchanges.budgets import Flow, PerMinute, binance, published
from coinassay.exchanges.meters import INSTANT

INTERVAL = 600.0
"""Seconds between two loads of an account, as it is by default."""

FULL = 0.9
"""How much of anything is planned for use. The rest is for what was not planned."""

DAYS, HOURLY_DAYS, YEAR = 7, 90, 365
"""How long every snapshot is kept, how long one an hour; afterwards one a day (COINASSAY_RETENTION)."""


WRITERS, SECONDS = 32, 3.0


@dataclass(frozen=True)
class Inputs:
    """What one load costs. The defaults are what `--measure` found on two shared cores with PostgreSQL 15."""

    cpu: float = 0.0057
    """Seconds of a worker's CPU."""
    transactions: float = 5.8
    """Of PostgreSQL that write something."""
    wal_bytes: float = 14_000.0
    """Written ahead by PostgreSQL."""
    snapshot_bytes: float = 482.0
    """Of disk, with what it was made of, ten coins."""
    commits: float = 11_000.0
    """A second that PostgreSQL manages on one machine, waiting for the disk each time."""


@dataclass(frozen=True)
class Market:
    """An exchange: the part of all accounts that are there, and what a load of one takes of its scarcest limit."""

    name: str
    share: float
    limit: Flow | PerMinute | None
    """By egress address; None: by API key, so that addresses do not matter."""
    units: float
    latency: float = 0.3

    @property
    def rate(self) -> float:
        """Loads a second that one address may make."""
        if self.limit is None:
            return math.inf
        return (self.limit.units / 60 if isinstance(self.limit, PerMinute) else self.limit.rate) / self.units


MARKETS = (
    # Locked Simple Earn: weight 150 of 12,000 a minute, ccxt's cost 15; the spot wallet alone is weight 20 of 6,000.
    Market("binance", 0.5, binance("sapi", "simple-earn/locked/position").allowance, 15),
    # ccxt's rate for the exchange (rateLimit 20 and 110 ms) and three requests of cost 1 and up a load.
    Market("bybit", 0.2, published(20, 5000), 5),
    Market("okx", 0.2, published(110, 0), 3),
    Market("kraken", 0.1, None, 3),
)
"""The shares are an assumption; Binance, with the scarcest limit, decides whatever they are."""


@dataclass(frozen=True)
class Plan:
    accounts: int
    addresses: int
    workers: int
    databases: int


def plan(accounts: int, inputs: Inputs, markets: Sequence[Market] = MARKETS) -> Plan:
    """The least of each that should be enough."""
    addresses = max(math.ceil(accounts * each.share / INTERVAL / (each.rate * FULL)) for each in markets)
    rate = accounts / INTERVAL
    return Plan(
        accounts,
        addresses,
        workers=math.ceil(rate * inputs.cpu / FULL),
        databases=math.ceil(rate * inputs.transactions / (inputs.commits * FULL)),
    )


@dataclass(frozen=True)
class Outcome:
    plan: Plan
    loads: int
    """That were simulated."""
    late: float
    """Seconds after an account was due until its load ended: 95 of 100 took no longer."""
    interval: float
    """Seconds between two loads of an account, on average."""
    used: dict[str, float]
    """The part that was used of each exchange's limit, of the workers' CPU and of the databases' transactions."""

    @property
    def limited_by(self) -> str:
        return max(self.used, key=self.used.__getitem__)


class Simulation:
    """The accounts of one egress address and their share of workers and databases."""

    def __init__(self, planned: Plan, inputs: Inputs, markets: Sequence[Market] = MARKETS) -> None:
        self._planned = planned
        self._markets = markets
        self._cpu = Station(inputs.cpu / (planned.workers / planned.addresses))
        self._database = Station(inputs.transactions / (inputs.commits * planned.databases / planned.addresses))
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._number = 0
        self._lates: list[float] = []
        self._gaps: list[float] = []

    def run(self, seconds: float) -> Outcome:
        gates = {}
        for market in self._markets:
            count = round(self._planned.accounts * market.share / self._planned.addresses)
            gates[market.name] = Gate(self, market)
            for n in range(count):
                self._due(gates[market.name], INTERVAL * n / count, None)
        while self._events and self._events[0][0] < seconds:
            now, _, work = heapq.heappop(self._events)
            work(now)
        # Counted from the second interval on: the first begins with an unused minute.
        measured = seconds - INTERVAL
        used = {
            f"{name}'s limit": gate.passed * gate.market.units / (gate.market.rate * gate.market.units * measured)
            for name, gate in gates.items()
            if gate.market.limit is not None
        }
        used["worker CPU"] = self._cpu.busy / measured
        used["database transactions"] = self._database.busy / measured
        lates = sorted(self._lates)
        return Outcome(
            self._planned,
            len(lates),
            lates[int(len(lates) * 0.95)] if lates else 0.0,
            statistics.fmean(self._gaps) if self._gaps else 0.0,
            used,
        )

    def at(self, moment: float, work: Callable[[float], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (moment, self._number, work))

    def _due(self, gate: Gate, at: float, last: float | None) -> None:
        def worked(now: float) -> None:
            done = self._database.serve(self._cpu.serve(now))
            if at >= INTERVAL:
                self._lates.append(done - at)
                if last is not None:
                    self._gaps.append(done - last)
            # The next place of the account's in the interval that is not over yet.
            self._due(gate, at + INTERVAL * max(1, math.ceil((done - at) / INTERVAL)), done)

        self.at(at, lambda now: gate.arrive(now, worked))


class Station:
    """Serves one after the other, as fast as all workers of the address together."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._free_at = 0.0
        self.busy = 0.0

    def serve(self, now: float) -> float:
        """When it is done."""
        self._free_at = max(now, self._free_at) + self._seconds
        if now >= INTERVAL:
            self.busy += self._seconds
        return self._free_at


class Gate:
    """An exchange's meter towards one address, and who waits for it."""

    def __init__(self, simulation: Simulation, market: Market) -> None:
        self.market = market
        self.passed = 0
        self._simulation = simulation
        self._meter = None if market.limit is None else market.limit.meter(0.0)
        self._queue: list[Callable[[float], None]] = []
        self._first = 0
        self._awaited = False

    def arrive(self, now: float, work: Callable[[float], None]) -> None:
        self._queue.append(work)
        if not self._awaited:
            self._pump(now)

    def _pump(self, now: float) -> None:
        self._awaited = False
        while self._first < len(self._queue):
            wait = 0.0 if self._meter is None else self._meter.wait(self.market.units, now)
            if wait > INSTANT:
                self._awaited = True
                self._simulation.at(now + wait, self._pump)
                return
            self._ask(now, self._queue[self._first])
            self._first += 1
        self._queue.clear()
        self._first = 0

    def _ask(self, now: float, work: Callable[[float], None]) -> None:
        meter, units = self._meter, self.market.units
        if meter is not None:
            meter.take(units, now)
        if now >= INTERVAL:
            self.passed += 1

        def answered(then: float) -> None:
            if meter is not None:
                meter.end(units, then)
            work(then)

        self._simulation.at(now + self.market.latency, answered)


def snapshots(days: int = YEAR) -> float:
    """Of an account after so many days, thinned as it is by default."""
    every = min(days, DAYS) * 86_400 / INTERVAL
    hourly = max(0, min(days, HOURLY_DAYS) - DAYS) * 24
    return every + hourly + max(0, days - HOURLY_DAYS)


def table(outcomes: Sequence[Outcome], inputs: Inputs) -> str:
    head = (
        *("accounts", "loads a second", "egress addresses", "workers (cores)", "databases", "transactions a second"),
        *("written ahead", "stored after a year", "95 of 100 done after", "used", "decides"),
    )
    rows = [head, tuple("---" for _ in head)]
    for each in outcomes:
        rate = each.plan.accounts / INTERVAL
        rows.append(
            (
                f"{each.plan.accounts:,}",
                f"{rate:,.1f}",
                f"{each.plan.addresses:,}",
                f"{each.plan.workers:,}",
                f"{each.plan.databases:,}",
                f"{rate * inputs.transactions:,.0f}",
                f"{_bytes(rate * inputs.wal_bytes)}/s",
                _bytes(each.plan.accounts * snapshots() * inputs.snapshot_bytes),
                f"{each.late:.0f} s",
                ", ".join(f"{name} {part:.0%}" for name, part in each.used.items()),
                each.limited_by,
            )
        )
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _bytes(number: float) -> str:
    for name, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if number >= size:
            return f"{number / size:,.1f} {name}"
    return f"{number / 1e3:,.1f} kB"


def simulate(accounts: int, inputs: Inputs, intervals: int = 4) -> Outcome:
    return Simulation(plan(accounts, inputs), inputs).run(intervals * INTERVAL)


def measure(inputs: Inputs, accounts: int = 300) -> Inputs:
    """The inputs of this machine: warm refreshes of a worker on PostgreSQL; and what that can commit: as much as for
    `WRITERS` at once where it does not wait for the disk, but no more than `WRITERS` each time the disk has it."""
    import psycopg
    from tests import postgres

    from bench.harness import cpu_seconds
    from bench.load import Exchange
    from bench.refresh import UNREACHED, Refreshing

    with tempfile.TemporaryDirectory(prefix="coinassay-scale-") as work, postgres.running() as cluster:
        url = cluster.create_database()
        with Exchange(accounts, 0.05, 300) as exchange, psycopg.connect(url, autocommit=True) as rows:

            def counted() -> tuple[int, int, int]:
                """Transactions that wrote something, bytes written ahead, and bytes of snapshots so far."""
                found = rows.execute(
                    "SELECT txid_snapshot_xmax(txid_current_snapshot()),"
                    " pg_current_wal_lsn() - '0/0'::pg_lsn,"
                    " pg_total_relation_size('snapshots') + pg_total_relation_size('compositions')"
                ).fetchone()
                assert found is not None
                return int(found[0]), int(found[1]), int(found[2])

            refreshing = Refreshing(Path(work) / "home", exchange, url)
            refreshing.make_due()
            with refreshing.workers(1, UNREACHED, 64) as (worker,):
                refreshing.wait_for(accounts)
                time.sleep(2)
                before, used = counted(), cpu_seconds(worker.pid)
                for n in (2, 3, 4):
                    refreshing.make_due()
                    refreshing.wait_for(n * accounts)
                time.sleep(2)  # statistics are told now and then
                after, used = counted(), cpu_seconds(worker.pid) - used
            refreshing.close()
            loads = 3 * accounts
            rows.execute("CREATE TABLE written (n bigint)")
            with ThreadPoolExecutor(WRITERS) as pool:
                commits = sum(pool.map(_commit, [url] * WRITERS)) / SECONDS
        commits = min(commits, WRITERS / _disk_seconds(Path(work) / "written"))
    return replace(
        inputs,
        cpu=used / loads,
        transactions=(after[0] - before[0]) / loads,
        wal_bytes=(after[1] - before[1]) / loads,
        snapshot_bytes=(after[2] - before[2]) / loads,
        commits=commits,
    )


def _commit(url: str) -> int:
    import psycopg

    count, until = 0, time.monotonic() + SECONDS
    with psycopg.connect(url, autocommit=True) as rows:
        while time.monotonic() < until:
            rows.execute("INSERT INTO written VALUES (1)")
            count += 1
    return count


def _disk_seconds(file: Path) -> float:
    """Until the disk has what was written."""
    taken = []
    with file.open("wb") as out:
        for _ in range(50):
            out.write(bytes(8192))
            out.flush()
            began = time.perf_counter()
            os.fdatasync(out.fileno())
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description="What more accounts need.")
    parser.add_argument("accounts", nargs="*", type=int, default=[1000, 100_000, 10_000_000])
    parser.add_argument("--measure", action="store_true", help="measure what a load costs on this machine first")
    options = parser.parse_args(arguments)
    inputs = measure(Inputs()) if options.measure else Inputs()
    print(json.dumps({name: round(value, 5) for name, value in asdict(inputs).items()}))
    print(table([simulate(accounts, inputs) for accounts in options.accounts], inputs))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
