"""`python -m coinassay.testing.simulator`: simulated exchanges as a process of their own.

Prints one JSON line for each dialect, {"dialect": …, "url": …, "users": [{"name", "api_key", "secret"}, …]}, and serves
until it is interrupted or, with --until-stdin-closes, its standard input is closed: it then ends with the process that
started it. The secrets are those of made-up users.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coinassay.testing.simulator.exchange import SimulatedExchange
from coinassay.testing.simulator.state import DIALECTS


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m coinassay.testing.simulator", description=__doc__)
    parser.add_argument(
        "--dialect", action="append", choices=sorted(DIALECTS), help="may be repeated; default: binance"
    )
    parser.add_argument("--port", type=int, default=0, help="of the first dialect, the next has the next; 0: free ones")
    parser.add_argument("--users-file", type=Path, help="JSON: a list of objects with the parameters of add_user")
    parser.add_argument("--users", type=int, default=0, metavar="N", help="makes up N users, each with ten coins")
    parser.add_argument("--catalogue", type=int, default=0, metavar="N", help="fills the catalogue up to N markets")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="of every answer")
    parser.add_argument(
        "--enforce-limits", action="store_true", help="refuses what comes more often than the real exchange allows"
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="ends when standard input is closed")
    return parser.parse_args(given)


MADE_UP_COINS = ("BTC", "ETH", "SOL", "XRP", "ADA", "DOT", "LINK", "LTC", "DOGE", "AVAX")


def populate(exchange: SimulatedExchange, count: int, listed: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Adds the users of a file, then `count` made-up ones, always the same; gives their credentials."""
    users = [exchange.add_user(**each) for each in listed]
    for number in range(count):
        held = {coin: f"{number + 1}.{place}0000001" for place, coin in enumerate(MADE_UP_COINS)}
        users.append(exchange.add_user(f"user {number}", wallets={"spot": held}))
    return [{"name": user.name, "api_key": user.api_key, "secret": user.secret} for user in users]


async def serve(options: argparse.Namespace) -> None:
    listed = json.loads(options.users_file.read_text(encoding="utf-8")) if options.users_file else []
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: the interrupt ends asyncio.run
            loop.add_signal_handler(each, stopped.set)
    async with contextlib.AsyncExitStack() as stack:
        for number, dialect in enumerate(dict.fromkeys(options.dialect or ["binance"])):
            port = options.port + number if options.port else 0
            exchange = await stack.enter_async_context(await SimulatedExchange.start(dialect, port))
            exchange.fill_catalogue(options.catalogue)
            if options.enforce_limits:
                exchange.enforce_limits()
            if options.latency:
                exchange.faults.add("latency", seconds=options.latency)
            users = populate(exchange, options.users, listed)
            line = json.dumps({"dialect": dialect, "url": exchange.url, "users": users})
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        if options.until_stdin_closes:
            # Not the loop's executor: that would be waited for after a signal, for as long as the input stays open.
            threading.Thread(target=_watch_stdin, args=(loop, stopped), daemon=True).start()
        await stopped.wait()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):  # the loop is closed already: a signal came first
        loop.call_soon_threadsafe(stopped.set)


def main(given: Sequence[str] | None = None) -> None:
    asyncio.run(serve(arguments(given)))


if __name__ == "__main__":
    main()
