"""`start`: from the start of the process to its first answer, and what is in memory then."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from bench.harness import (
    BenchError,
    Line,
    Profile,
    Server,
    Side,
    cpu_seconds,
    free_port,
    in_turn,
    ratio,
    rss_mb,
    uvicorn,
)
from bench.product import Installation, call

_IMPORT = re.compile(r"^import time:\s+\d+ \|\s+\d+ \|\s+([\w.]+)$", re.MULTILINE)


def run(profile: Profile, work: Path) -> list[Line]:
    installation = Installation.create(work / "home")
    product = Side("coinassay serve")
    first = Side("coinassay serve, its first start")
    starlette = Side("empty Starlette on uvicorn")
    homes = (work / f"fresh{n}" for n in range(1000))

    def empty() -> Server:
        port = free_port()
        return Server("empty", uvicorn("bench.reference.empty_starlette:app", port), port, work / "empty.log")

    in_turn(1, [lambda: _start(installation.serve, Side("")), lambda: _start(empty, Side(""))])
    in_turn(
        profile.rounds,
        [
            lambda: _start(installation.serve, product),
            lambda: _start(lambda: Installation(next(homes)).serve(), first),
            lambda: _start(empty, starlette),
        ],
    )
    lines = []
    for side, goal in ((product, True), (first, False)):
        value = ratio(side, starlette, "seconds")
        beside = (
            f"{side.median('seconds') * 1000:.0f} : {starlette.median('seconds') * 1000:.0f} ms, "
            f"CPU x {ratio(side, starlette, 'cpu').value:.2f}, "
            f"{side.median('rss_mb'):.0f} : {starlette.median('rss_mb'):.0f} MB"
        )
        wanted, met = ("<= 4", value.value <= 4) if goal else ("", None)
        lines.append(Line("start", side.name, starlette.name, str(value), beside, wanted, met))
    return [*lines, _without_ccxt(installation)]


def _start(serve: Callable[[], Server], side: Side) -> None:
    with serve() as server:
        seconds = server.wait_until_ready()
        side.add(seconds=seconds, cpu=cpu_seconds(server.pid), rss_mb=rss_mb(server.pid))


def _without_ccxt(installation: Installation) -> Line:
    """Python itself says what it imports (-X importtime): before a load of an exchange account, and after one.

    That load fails, because nothing listens where its exchange should be; what counts is that ccxt was fetched for it.
    """
    nowhere = f"http://127.0.0.1:{free_port()}"
    key = installation.issue_key()
    nobody = {"name": "nobody", "api_key": "k" * 64, "secret": "s" * 64}
    (account_id,) = installation.add_exchange_accounts([nobody])
    with installation.serve(base_url=nowhere, python=("-X", "importtime")) as server:
        server.wait_until_ready()
        call(server, key, "POST", f"/accounts/{account_id}/pie_chart_data")
        before = _imported(server)
        call(server, key, "POST", f"/accounts/{account_id}/load_balances")
        after = _imported(server)
    if "coinassay.api.app" not in before or not _of(after, "ccxt"):
        raise BenchError("what the server imports could not be told")
    count = _of(before, "ccxt")
    return Line(
        "start",
        "ccxt modules after pie_chart_data",
        "after load_balances",
        str(count),
        f"{count} : {_of(after, 'ccxt')}; of all packages {len(before)} : {len(after)}",
        "0",
        count == 0,
    )


def _imported(server: Server) -> set[str]:
    return set(_IMPORT.findall(server.log.read_text(errors="replace")))


def _of(modules: set[str], package: str) -> int:
    return sum(name.partition(".")[0] == package for name in modules)
