"""`load`: load_balances against the ccxt calls it makes, many accounts at once against a script for each, and memory.

The exchange is the product's own simulated Binance with a catalogue of 2,500 markets, in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from bench.dataset import KeyData, signed_post
from bench.harness import (
    ROOT,
    BenchError,
    Line,
    LoadGenerator,
    Profile,
    Server,
    Side,
    cores,
    cpu_seconds,
    environment,
    in_turn,
    ratio,
    rss_mb,
)
from bench.product import API, Installation

LATENCY = 0.1
"""Seconds until the exchange answers, where many accounts are loaded."""

NO_LIMITS = {"COINASSAY_EXCHANGE_LIMITS": json.dumps({"binance": 100_000})}
"""Against a real exchange its own published limit decides; here the server is measured. The scripts know no limit that
they share either."""

ACCOUNT, TICKERS = "/api/v3/account", "/api/v3/ticker/24hr"

Users = Sequence[Mapping[str, str]]


class Child:
    """A process that is driven by lines and ends with its standard input."""

    def __init__(self, module: str, *arguments: str, cpus: set[int] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env=environment(),
            text=True,
        )
        if cpus:
            os.sched_setaffinity(self.process.pid, cpus)

    def read(self) -> Any:
        line = self._pipe(self.process.stdout).readline()
        if not line:
            raise BenchError(f"{self.process.args!r} ended")
        return json.loads(line)

    def ask(self, job: Mapping[str, object]) -> Any:
        stdin = self._pipe(self.process.stdin)
        stdin.write(json.dumps(job) + "\n")
        stdin.flush()
        return self.read()

    def _pipe(self, pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        self._pipe(self.process.stdin).close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._pipe(self.process.stdout).close()


class Exchange(Child):
    """The simulated exchange."""

    def __init__(self, users: int, latency: float, catalogue: int, *options: str) -> None:
        super().__init__(
            "coinassay.testing.simulator",
            *("--users", str(users), "--latency", str(latency), "--catalogue", str(catalogue)),
            *("--until-stdin-closes", *options),
            cpus=cores()[1],
        )
        told = self.read()
        self.url: str = told["url"]
        self.users: Users = told["users"]

    def take_requests(self) -> Counter[str]:
        """Requests by path since the last time."""
        with urllib.request.urlopen(f"{self.url}/__control__/requests") as reply:
            counts = Counter(json.loads(reply.read()))
        request = urllib.request.Request(f"{self.url}/__control__/requests", method="DELETE")
        urllib.request.urlopen(request).close()
        return counts


def run(profile: Profile, work: Path) -> list[Line]:
    return [
        *_cost_of_a_load(profile, work),
        _many_accounts(profile, work),
        _memory(profile, work),
    ]


# ------------------------------------------------------------------------------------------------ cost of a load


def _cost_of_a_load(profile: Profile, work: Path) -> list[Line]:
    loads = profile.scaled(80, 10)
    product = Side("load_balances, warm")
    others = {
        "balances": Side("with ccxt's fetch_balance"),
        "held": Side("the same, zeros left out"),
        "calls": Side("the bare calls, unread"),
    }
    with ExitStack() as stack:
        exchange = stack.enter_context(Exchange(users=20, latency=0, catalogue=profile.scaled(2500, 300)))
        server, file = _served(stack, work / "cost", exchange)
        generator = LoadGenerator()
        stack.callback(generator.close)
        user = exchange.users[0]
        child = Child("bench.reference.bare_ccxt", exchange.url, user["api_key"], user["secret"], cpus=cores()[0])
        bare = stack.enter_context(child)
        seen: Counter[str] = Counter()

        def measure_product() -> None:
            nonlocal seen
            exchange.take_requests()
            used = -cpu_seconds(server.pid)
            generator.run(server.port, file, 60, 0, loads, connections=4)
            used += cpu_seconds(server.pid)
            seen = exchange.take_requests()
            product.add(cpu_ms=used * 1000 / loads)

        def measure_bare(side: Side, how: str) -> None:
            exchange.take_requests()
            used = -cpu_seconds(bare.process.pid)
            bare.ask({"loads": loads, "tickers": seen[TICKERS], "how": how})
            used += cpu_seconds(bare.process.pid)
            asked = exchange.take_requests()
            if asked != seen:
                raise BenchError(f"the two sides asked for different things: {dict(seen)}, {dict(asked)}")
            side.add(cpu_ms=used * 1000 / loads)

        generator.run(server.port, file, 120, 0, 40, connections=4)
        bare.ask({"loads": 20, "tickers": 1, "how": "balances"})
        for _ in range(profile.rounds):
            # The product goes first: the others do what the exchange saw it ask for.
            measure_product()
            for how, side in others.items():
                measure_bare(side, how)
    requests = f"{sum(count for path, count in seen.items() if path != TICKERS) / loads:g} requests a load"
    lines = []
    for how, side in others.items():
        value = ratio(product, side, "cpu_ms")
        beside = f"CPU {product.median('cpu_ms'):.2f} : {side.median('cpu_ms'):.2f} ms, {requests}"
        goal, met = ("", None) if how == "held" else ("<= 1.3", value.value <= 1.3)
        lines.append(Line("load", product.name, side.name, str(value), beside, goal, met))
    return lines


def _served(stack: ExitStack, home: Path, exchange: Exchange) -> tuple[Server, Path]:
    """A server on an installation with an account for each user of the exchange, and a file with its load requests."""
    installation = Installation.create(home)
    key = installation.issue_key()
    ids = installation.add_exchange_accounts(exchange.users)
    server = stack.enter_context(installation.serve(exchange.url, settings=NO_LIMITS))
    server.wait_until_ready()
    return server, load_requests(home.parent / f"{home.name}.json", ids, key)


def load_requests(file: Path, ids: Sequence[int], key: KeyData) -> Path:
    file.write_text(json.dumps([signed_post(f"{API}/accounts/{each}/load_balances", key).decode() for each in ids]))
    return file


# ------------------------------------------------------------------------------------------------ many accounts


def _many_accounts(profile: Profile, work: Path) -> Line:
    accounts, scripts = profile.scaled(500, 20), profile.scaled(2, 1)
    product, naive = Side(f"{accounts} accounts at once"), Side("a script for each, in turn")
    with ExitStack() as stack:
        exchange = stack.enter_context(Exchange(users=accounts, latency=LATENCY, catalogue=profile.scaled(2500, 300)))
        installation = Installation.create(work / "many")
        ids = installation.add_exchange_accounts(exchange.users)
        file = load_requests(work / "many.json", ids, installation.issue_key())
        generator = LoadGenerator()
        stack.callback(generator.close)

        def measure_product() -> None:
            """A server that has just been started: ccxt and prices are not there yet."""
            with installation.serve(exchange.url, settings=NO_LIMITS) as server:
                server.wait_until_ready()
                exchange.take_requests()
                result = generator.run(server.port, file, 120, 0, accounts, connections=accounts)
                asked = exchange.take_requests()[ACCOUNT]
                if asked != accounts:
                    raise BenchError(f"{accounts} accounts were loaded with {asked} requests for balances")
                product.add(seconds=result["seconds"], cpu=cpu_seconds(server.pid))

        def measure_naive() -> None:
            began = time.perf_counter()
            for user in exchange.users[:scripts]:
                _naive(exchange, user)
            naive.add(seconds=(time.perf_counter() - began) / scripts * accounts)

        in_turn(profile.scaled(3, 1), [measure_product, measure_naive])
    value = ratio(naive, product, "seconds")
    beside = (
        f"{product.median('seconds'):.1f} s : {naive.median('seconds') / accounts:.1f} s a script "
        f"({len(naive.figures['seconds']) * scripts} run) x {accounts}"
    )
    return Line("load", product.name, naive.name, str(value), beside, ">= 20", value.value >= 20)


def _naive(exchange: Exchange, user: Mapping[str, str], *options: str) -> float:
    command = [
        *(sys.executable, "-m", "bench.reference.naive_ccxt"),
        *(*options, exchange.url, user["api_key"], user["secret"]),
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise BenchError(f"a naive script failed: {done.stderr[-1000:]}")
    return float(done.stdout)


# ------------------------------------------------------------------------------------------------------- memory


def _memory(profile: Profile, work: Path) -> Line:
    accounts, first = profile.scaled(500, 40), profile.scaled(100, 20)
    with ExitStack() as stack:
        exchange = stack.enter_context(Exchange(users=accounts, latency=0, catalogue=profile.scaled(2500, 300)))
        server, file = _served(stack, work / "memory", exchange)
        generator = LoadGenerator()
        stack.callback(generator.close)
        load: Callable[[int, int], object] = partial(generator.run, server.port, file, 120, connections=10)
        load(0, first)
        before = rss_mb(server.pid)
        load(first, accounts - first)
        after = rss_mb(server.pid)
        each = (after - before) / (accounts - first)
        naive = _naive(exchange, exchange.users[0], "--memory", str(profile.scaled(6, 2)))
    return Line(
        "load",
        "memory, each further account",
        "each further ccxt object",
        f"{each / naive:.4f}",
        f"{each:.3f} : {naive:.1f} MB; server {before:.0f} MB after {first}, {after:.0f} after {accounts}",
        "<= 0.5 MB",
        each <= 0.5,
    )
