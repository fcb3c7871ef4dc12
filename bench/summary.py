"""`summary`: all accounts together against one account with as many coins. `list`: a page of accounts against one."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench import dataset
from bench.dataset import CODES, SMALL, AccountData, Dataset, Held, KeyData
from bench.harness import Line, LoadGenerator, Profile, Server, Side, cpu_seconds, in_turn, ratio
from bench.pie import KEPT, NEW
from bench.product import API, Installation

PAGE = 100
"""Accounts of the user who lists many."""

MANY, MERGED, PAGED, SINGLE = range(4)
"""Users: one with many accounts, one with a single account of many rows, one with a page of accounts, one with one."""

ROUNDS_OF_ONE = 5
"""Requests a round where each comes after a change of everything: there is but one such request."""


def run(profile: Profile, work: Path) -> list[Line]:
    count = profile.scaled(1000, 50)
    data = _data(count)
    with ExitStack() as stack:
        installation = Installation.create(work / "home")
        installation.store(data)
        server = stack.enter_context(installation.serve())
        server.wait_until_ready()
        generator = LoadGenerator()
        stack.callback(generator.close)
        one = data.large[0].id
        summary, pie = (
            (MANY, "POST", "accounts/summary/pie_chart_data"),
            (MERGED, "POST", f"accounts/{one}/pie_chart_data"),
        )
        calls = {
            "summary pie": summary,
            "pie": pie,
            "summary": (MANY, "GET", "accounts/summary"),
            "summary table": (MANY, "POST", "accounts/summary/account_table_data"),
            "page": (PAGED, "GET", f"accounts?per_page={PAGE}"),
            "single": (SINGLE, "GET", f"accounts?per_page={PAGE}"),
        }
        files = {}
        for name, (user, method, path) in calls.items():
            files[name] = file = work / f"{name}.json"
            file.write_text(json.dumps([signed(method, f"{API}/{path}", data.keys[user]).decode()]))
        return _lines(_measure(server, files, installation.outdate, generator, profile), count)


def _data(count: int) -> Dataset:
    """Many ordinary accounts, and one account that holds as many rows as the tenth of them: five of each coin."""
    wide = dataset.make(0, 1).large[0].holdings
    rng = random.Random(11)

    def account(user: int, holdings: tuple[Held, ...]) -> AccountData:
        return AccountData(holdings, user)

    def ordinary() -> tuple[Held, ...]:
        return tuple(rng.sample(wide, SMALL))

    small = [account(MANY, ordinary()) for _ in range(count)]
    small += [account(PAGED, ordinary()) for _ in range(PAGE)]
    small.append(account(SINGLE, ordinary()))
    large = [account(MERGED, wide * max(1, count // len(wide)))]
    keys = [KeyData(user, rng.randbytes(32).hex(), rng.randbytes(64).hex()) for user in range(4)]
    return Dataset(small, large, keys, {code: (code, None) for code in CODES})


def signed(method: str, target: str, key: KeyData) -> bytes:
    signature = hmac.new(key.secret.encode(), target.encode(), hashlib.sha256).hexdigest()
    lines = (
        f"{method} {target} HTTP/1.1",
        "Host: 127.0.0.1",
        f"APIKEY: {key.api_key}",
        f"Signature: {signature}",
        *(("Content-Length: 0",) if method == "POST" else ()),
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _measure(
    server: Server,
    files: dict[str, Path],
    outdate: Callable[[], None],
    generator: LoadGenerator,
    profile: Profile,
) -> dict[tuple[str, str], Side]:
    sides: dict[tuple[str, str], Side] = {}
    measures: list[Callable[[], None]] = []
    for name, file in files.items():
        for kept in (KEPT, NEW):
            side = sides[name, kept] = Side(f"{name}, {kept}")
            measures.append(
                partial(_one_round, generator, server, file, outdate if kept == NEW else None, side, profile)
            )
    in_turn(1, measures)  # to warm up: its figures are thrown away
    for side in sides.values():
        side.figures.clear()
    in_turn(profile.rounds, measures)
    return sides


def _one_round(
    generator: LoadGenerator,
    server: Server,
    file: Path,
    outdate: Callable[[], None] | None,
    side: Side,
    profile: Profile,
) -> None:
    used, answered = 0.0, 0
    for _ in range(1 if outdate is None else ROUNDS_OF_ONE):
        if outdate is not None:
            outdate()
        used -= cpu_seconds(server.pid)
        result = generator.run(server.port, file, profile.seconds, 0, 10**6 if outdate is None else 1, connections=1)
        used += cpu_seconds(server.pid)
        answered += result["requests"]
    side.add(cpu_us=used * 1e6 / answered)


def _lines(sides: dict[tuple[str, str], Side], count: int) -> list[Line]:
    lines = []
    together = f"{count} accounts x {SMALL} holdings"
    for name, other, what, against, goal in (
        ("summary pie", "pie", f"pie of {together}", "pie of one account, as many coins", 12),
        ("summary", "pie", f"entity of {together}", "pie of one account, as many coins", 0),
        ("summary table", "pie", f"table of {together}", "pie of one account, as many coins", 0),
        ("page", "single", f"list of {PAGE} accounts", "list of one", 15),
    ):
        for kept in (KEPT, NEW):
            over, under = sides[name, kept], sides[other, kept]
            cost = ratio(over, under, "cpu_us")
            beside = f"{over.median('cpu_us'):.0f} : {under.median('cpu_us'):.0f} us"
            wanted, met = (f"<= {goal}", cost.value <= goal) if goal else ("", None)
            bench = "list" if name == "page" else "summary"
            lines.append(Line(bench, f"{what}, {kept}", against, str(cost), beside, wanted, met))
    return lines
