"""`limits`: many accounts at once within what Binance allows, beside what that takes at least.

The simulated Binance enforces its published limits here: a request too many would be refused, and the run would fail.
The product has its own default limits.
"""

from __future__ import annotations

import json
import math
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.harness import BenchError, Line, LoadGenerator, Profile
from bench.load import LATENCY, Exchange, load_requests
from bench.product import Installation

MINUTE = 60.0
TIMEOUT = 900.0

LOCKED_EARN = 12_000 // 150
"""Accounts whose locked Simple Earn may be read in a minute: weight 150 of 12,000. All else they need is allowed more
often (the spot wallet: weight 20 of 6,000)."""


def least(accounts: int) -> float:
    """Seconds: a minute's allowance at once, the next a minute later; and one answer."""
    return (math.ceil(accounts / LOCKED_EARN) - 1) * MINUTE + LATENCY


def run(profile: Profile, work: Path) -> list[Line]:
    accounts = profile.scaled(500, 10)
    with ExitStack() as stack:
        exchange = stack.enter_context(Exchange(accounts, LATENCY, profile.scaled(2500, 300), "--enforce-limits"))
        installation = Installation.create(work / "home")
        ids = installation.add_exchange_accounts(exchange.users)
        file = load_requests(work / "requests.json", ids, installation.issue_key())
        generator = LoadGenerator()
        stack.callback(generator.close)
        server = stack.enter_context(installation.serve(exchange.url))
        server.wait_until_ready()
        began = time.perf_counter()
        generator.run(server.port, file, TIMEOUT, 0, accounts, connections=accounts)
        seconds = time.perf_counter() - began
        _check(exchange, accounts)
    ratio = seconds / least(accounts)
    wanted = not profile.quick  # few accounts need not wait at all: what remains is the import of ccxt
    return [
        Line(
            "limits",
            f"{accounts} accounts at once, default limits",
            "the least Binance allows",
            f"{ratio:.2f}",
            f"{seconds:.1f} : {least(accounts):.1f} s, no request refused",
            "<= 1.1" if wanted else "",
            ratio <= 1.1 if wanted else None,
        )
    ]


def _check(exchange: Exchange, accounts: int) -> None:
    with urllib.request.urlopen(f"{exchange.url}/__control__/limits") as reply:
        refused = json.loads(reply.read())["refused"]
    if refused:
        raise BenchError(f"the exchange refused {refused} requests")
    asked: Sequence[int] = [count for path, count in exchange.take_requests().items() if "/simple-earn/" in path]
    if asked != [accounts]:
        raise BenchError(f"{accounts} accounts were loaded with {asked} requests for earn")
